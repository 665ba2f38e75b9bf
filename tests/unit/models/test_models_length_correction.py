import numpy as np
import pytest

from photoorg.models.length_correction import CONFIG_KEY, LengthCorrection, fit_length_correction


def test_the_fit_finds_what_the_truth_was_drawn_by():
    rng = np.random.default_rng(0)
    said = rng.uniform(0.01, 0.99, 200_000).astype(np.float32)
    words = rng.integers(1, 15, len(said))
    true = LengthCorrection(0.6, 0.8, -0.5)
    probability = np.array([true(said[words == n], n).sum() for n in range(1, 15)])
    chance = np.empty(len(said))
    for n in range(1, 15):
        chance[words == n] = true(said[words == n], n)
    truth = rng.uniform(size=len(said)) < chance
    assert truth.sum() == pytest.approx(probability.sum(), rel=0.01)
    found = fit_length_correction(said, words, truth, np.ones(len(said), dtype=np.float32))
    np.testing.assert_allclose(found.numbers, true.numbers, atol=0.06)


def test_without_evidence_nothing_is_corrected():
    none = np.empty(0, dtype=np.float32)
    found = fit_length_correction(none, none.astype(np.int64), none.astype(np.bool_), none)
    assert found == LengthCorrection()


def test_it_keeps_order_and_can_be_undone():
    correction = LengthCorrection(0.4, 0.9, -0.4)
    p = np.linspace(0.01, 0.99, 50, dtype=np.float32)
    corrected = correction(p, 7)
    assert (np.diff(corrected) > 0).all()
    back = [correction.before(float(each), 7) for each in corrected]
    np.testing.assert_allclose(back, p, atol=1e-4)
    np.testing.assert_allclose(LengthCorrection()(p, 7), p, atol=1e-6)


@pytest.mark.parametrize("kept", [None, [1, 2], ["a", 1, 0], "abc", {}])
def test_a_manifest_without_it_corrects_nothing(kept):
    assert LengthCorrection.of_config({CONFIG_KEY: kept}) == LengthCorrection()


def test_a_manifest_keeps_it():
    correction = LengthCorrection(0.4, 0.9, -0.4)
    assert LengthCorrection.of_config({CONFIG_KEY: correction.numbers}) == correction
    # A slope that would turn the order round is not taken.
    assert LengthCorrection.of_config({CONFIG_KEY: [0, -1, 0]}).slope > 0
