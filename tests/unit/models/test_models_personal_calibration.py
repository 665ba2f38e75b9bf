"""Slopes and offsets of tags, against what made the answers and against a general optimiser."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from photoorg.models import personal_calibration
from photoorg.models.personal_calibration import COMPANY, SEEN, SEEN_AGAIN, Witness, calibrate
from photoorg.models.starter_parts import sigmoid

LEAST = 5


def answers(
    slopes: np.ndarray, offsets: np.ndarray, count: int, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """What a witness says, and what is right, when these are the slopes and offsets."""
    random = np.random.default_rng(seed)
    said = (2 * random.normal(size=(count, len(slopes)))).astype(np.float32)
    odds = (slopes * said + offsets).astype(np.float32)
    return said, random.random(said.shape) < sigmoid(odds)


def zeros(count: int) -> np.ndarray:
    return np.zeros(count, dtype=np.float32)


def test_many_examples_give_each_tag_its_own_slope_and_offset() -> None:
    slopes, offsets = np.linspace(0.2, 1.8, 9), np.linspace(-2, 0.5, 9)
    said, right = answers(slopes, offsets, 20_000)
    found = calibrate([said], zeros(9), right, [SEEN], least=LEAST)
    np.testing.assert_allclose(found.slopes[0], slopes, atol=0.08)
    np.testing.assert_allclose(found.offsets, offsets, atol=0.1)


def test_witnesses_that_tell_partly_the_same_share_the_weight() -> None:
    """The second repeats the first with noise: what both say counts once."""
    said, right = answers(np.array([1.0]), np.array([-1.0]), 20_000, seed=5)
    noise = np.random.default_rng(6).normal(size=said.shape).astype(np.float32)
    found = calibrate([said, said + noise], zeros(1), right, [SEEN, Witness(0.5, 0.5)], least=LEAST)
    assert found.slopes[0] == pytest.approx(1.0, abs=0.1)
    assert found.slopes[1] == pytest.approx(0.0, abs=0.1)


def test_what_is_known_before_is_not_learned_again() -> None:
    slopes, offsets = np.array([0.5, 1.0]), np.array([-1.0, 0.5])
    said, right = answers(slopes, offsets, 20_000)
    known = np.asarray(offsets + slopes * said, dtype=np.float32)
    noise = np.random.default_rng(1).normal(size=said.shape).astype(np.float32)
    found = calibrate([said, noise], known, right, [SEEN_AGAIN, COMPANY], least=LEAST)
    np.testing.assert_allclose(found.slopes[0], 0, atol=0.05)
    np.testing.assert_allclose(found.slopes[1], COMPANY.least, atol=0.05)
    np.testing.assert_allclose(found.offsets, 0, atol=0.1)


def test_few_examples_stay_near_the_usual() -> None:
    said, right = answers(np.array([2.0]), np.array([-1.0]), 20, seed=2)
    found = calibrate([said], np.float32([-1.0]), right, [SEEN], least=1)
    assert abs(found.slopes[0, 0] - SEEN.slope) < abs(found.slopes[0, 0] - 2.0)


def test_tags_of_too_few_photos_get_the_mean_slope() -> None:
    slopes = np.array([1.5] * 6 + [0.3])
    said, right = answers(slopes, np.full(7, -1.0), 4000, seed=3)
    right[:, 6] = False
    right[: LEAST - 1, 6] = True
    found = calibrate([said], np.full(7, -1, np.float32), right, [SEEN], least=LEAST)
    assert 1.2 < found.slopes[0, 6] < 1.5
    assert found.offsets[6] == 0


def test_without_examples_all_is_as_usual() -> None:
    ones = np.ones((4, 3), np.float32)
    found = calibrate(
        [ones, ones], zeros(3), np.zeros((4, 3), bool), [SEEN_AGAIN, COMPANY], least=LEAST
    )
    np.testing.assert_allclose(found.slopes[0], SEEN_AGAIN.slope)
    np.testing.assert_allclose(found.slopes[1], COMPANY.slope)
    assert (found.offsets == 0).all()


@pytest.mark.parametrize("partly", [False, True], ids=["heard everywhere", "heard in part"])
def test_it_is_the_posterior_mode(partly: bool) -> None:
    """Of one tag, a general optimiser finds the same slopes, offset and mean slopes."""
    one, right = answers(np.array([1.2]), np.array([-0.7]), 60, seed=4)
    other = np.random.default_rng(7).normal(size=one.shape).astype(np.float32)
    witnesses = [SEEN, Witness(0.1, 0.4, least=-1)]
    heard = np.ones(one.shape, bool)
    if partly:
        heard[::3] = False
    known = np.full(one.shape, -0.2, np.float32)
    found = calibrate(
        [one, other], known, right, witnesses, heard=heard if partly else None, least=LEAST
    )

    def loss(at: np.ndarray) -> float:
        slopes, means, offset = at[:2], at[2:4], at[4]
        odds = known + heard * (slopes[0] * one + slopes[1] * other + offset)
        held = sum(
            (slope - mean) ** 2 / (2 * each.deviation**2)
            + personal_calibration._COMMON_CAUTION * (mean - each.slope) ** 2 / 2
            for slope, mean, each in zip(slopes, means, witnesses, strict=True)
        )
        held += offset**2 / (2 * personal_calibration._OFFSET_DEVIATION**2)
        return float(held - (right * odds - np.logaddexp(0, odds)).sum())

    best = minimize(loss, [0.7, 0.1, 0.7, 0.1, 0.0], method="BFGS").x
    np.testing.assert_allclose(found.slopes[:, 0], best[:2], atol=5e-3)
    assert found.offsets[0] == pytest.approx(best[4], abs=5e-3)


@pytest.mark.parametrize("scale", [1e-6, 1e3])
def test_odd_witnesses_give_numbers(scale: float) -> None:
    said = np.full((30, 2), scale, np.float32)
    right = np.zeros((30, 2), bool)
    right[:6, 0] = True
    right[:, 1] = True
    found = calibrate([said, said], zeros(2), right, [SEEN_AGAIN, COMPANY], least=LEAST)
    assert np.isfinite(found.slopes).all()
    assert np.isfinite(found.offsets).all()
    assert (found.slopes[1] > 0).all()


def test_work_can_be_ended_half_way() -> None:
    said, right = answers(np.ones(3), np.zeros(3), 100)

    def check() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        calibrate([said], zeros(3), right, [SEEN], least=LEAST, check=check)
