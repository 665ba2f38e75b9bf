"""Figures and thresholds of the personal model, against brute force."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoorg.core.quality import TagTrust
from photoorg.models import personal_quality
from photoorg.models.personal import LEAST_EXAMPLES
from photoorg.models.personal_fit import NO, UNSAID, YES
from photoorg.models.personal_quality import (
    choose_threshold,
    expected_gain,
    interval,
    judge,
    reliability,
    told,
)

LOWEST = personal_quality._LOWEST_THRESHOLD
PROMISED = personal_quality._PROMISED
CAUTION = personal_quality._CAUTION
Z = personal_quality._Z


def floats(values: object) -> np.ndarray:
    return np.asarray(values, dtype=np.float32)


# -- Wilson's interval ------------------------------------------------------------------------


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_ends_of_the_interval_solve_its_equation(case: tuple[int, int]) -> None:
    right, count = case
    found = interval(right, count)
    assert 0 <= found.low <= found.value <= found.high <= 1
    share = right / count
    for end in (found.low, found.high):
        # Wilson: the ends are the p for which the share lies z standard errors of p away.
        assert (share - end) ** 2 == pytest.approx(Z**2 * end * (1 - end) / count, abs=1e-9)


def test_of_nothing_there_is_no_share() -> None:
    with pytest.raises(ValueError, match="nothing"):
        interval(0, 0)


# -- thresholds -------------------------------------------------------------------------------


def brute_force(held_out, yes, library, target) -> float:
    """Try each candidate from above, and stop at the first that is not good."""
    candidates = sorted({*held_out[yes].tolist(), *library.tolist()}, reverse=True)
    best = float("inf")
    for candidate in candidates:
        if candidate < np.float32(LOWEST):
            break
        taken, above = held_out >= candidate, library >= candidate
        promised = float(library[above].mean(dtype=np.float64)) if above.any() else candidate
        expected = ((taken & yes).sum() + PROMISED * promised) / (taken.sum() + PROMISED)
        error = np.sqrt(expected * (1 - expected) / (taken.sum() + PROMISED))
        if expected - CAUTION * error < target:
            break
        best = candidate
    return best


shares = st.integers(0, 50).map(lambda number: number / 50)


@given(
    st.lists(st.tuples(shares, st.booleans()), min_size=1, max_size=40),
    st.lists(shares, max_size=40),
    st.sampled_from([0.6, 0.8, 0.95]),
)
def test_the_threshold_is_the_one_that_trying_all_finds(
    judged: list[tuple[float, bool]], library: list[float], target: float
) -> None:
    held_out = floats([p for p, _ in judged])
    yes = np.array([right for _, right in judged])
    around = floats(library)
    found = choose_threshold(held_out, yes, around, target)
    assert found == pytest.approx(brute_force(held_out, yes, around, target))


def test_a_higher_target_never_lowers_the_threshold() -> None:
    random = np.random.default_rng(0)
    library = floats(random.beta(0.4, 2, 3000))
    held_out = floats(random.beta(0.6, 1, 2000))
    yes = random.random(2000) < held_out
    found = [choose_threshold(held_out, yes, library, t) for t in (0.6, 0.7, 0.8, 0.9, 0.95)]
    assert found == sorted(found)
    assert found[0] < found[-1]


def test_what_is_above_the_threshold_is_right_as_often_as_wanted() -> None:
    random = np.random.default_rng(1)
    held_out = floats(random.beta(0.6, 1, 4000))
    yes = random.random(4000) < held_out
    threshold = choose_threshold(held_out, yes, held_out, 0.8)
    fresh = floats(random.beta(0.6, 1, 4000))
    right = random.random(4000) < fresh
    assert right[fresh >= threshold].mean() == pytest.approx(0.8, abs=0.03)


# -- figures of a tag -------------------------------------------------------------------------


def test_a_tag_with_few_examples_is_not_suggested() -> None:
    said = np.full(20, UNSAID)
    said[: LEAST_EXAMPLES - 1] = YES
    figures = personal_quality._judge_tag(floats(said == YES), said, floats([0.1]), 0.8)
    assert figures.trust is TagTrust.TOO_FEW
    assert (figures.threshold, figures.precision, figures.recall) == (float("inf"), None, None)


def test_a_tag_that_is_told_apart_is_trusted() -> None:
    said = np.full(60, UNSAID)
    said[:20] = YES
    held_out = floats(np.where(said == YES, 0.97, 0.01))
    figures = personal_quality._judge_tag(held_out, said, held_out, 0.8)
    assert figures.trust is TagTrust.TRUSTED
    assert figures.precision is not None
    assert figures.recall is not None
    assert (figures.precision.value, figures.recall.value) == (1, 1)
    assert figures.precision.low > 0.8


def test_a_tag_that_is_a_matter_of_luck_is_doubtful_and_says_how_bad() -> None:
    random = np.random.default_rng(2)
    said = np.where(random.random(200) < 0.4, YES, NO)
    held_out = floats(random.uniform(0.3, 0.7, 200))
    figures = personal_quality._judge_tag(held_out, said, held_out, 0.9)
    assert figures.trust is TagTrust.DOUBTFUL
    assert figures.threshold == float("inf")
    assert figures.precision is not None
    assert figures.precision.value == pytest.approx(0.4, abs=0.15)


def test_without_a_library_there_is_nothing_to_gain() -> None:
    assert expected_gain(3, 0, floats([])) == 0


def test_gain_falls_with_answers_and_with_certainty() -> None:
    torn, sure = np.full(50, 0.5, np.float32), np.full(50, 0.999, np.float32)
    assert expected_gain(3, 0, torn) > expected_gain(30, 0, torn) > expected_gain(30, 30, torn)
    assert expected_gain(3, 0, sure) < expected_gain(3, 0, torn) <= 1


# -- silence -----------------------------------------------------------------------------------


def test_silence_is_a_no_of_who_tags_by_hand_alone() -> None:
    by_hand = np.full((40, 2), UNSAID, dtype=np.int8)
    by_hand[:10, 0] = YES
    assert told(by_hand).all()
    answered = by_hand.copy()
    answered[10:20, 1] = NO
    np.testing.assert_array_equal(told(answered), answered != UNSAID)


def test_photos_that_were_asked_about_other_tags_do_not_count_against_one() -> None:
    said = np.full((120, 2), UNSAID, dtype=np.int8)
    said[:20, 0] = YES
    said[20:40, 0] = NO
    said[40:, 1] = np.where(np.arange(80) % 2, YES, NO)
    held_out = floats(np.full((120, 2), 0.95))
    held_out[20:40, 0] = 0.01
    held_out[40:, 1] = np.where(said[40:, 1] == YES, 0.95, 0.01)
    figures = judge(SimpleNamespace(held_out=held_out, library=held_out), said, 0.8)
    for each in figures:
        assert each.trust is TagTrust.TRUSTED
        assert each.precision is not None
        assert each.precision.value == 1


# -- reliability ------------------------------------------------------------------------------


def test_bins_hold_everything_once() -> None:
    random = np.random.default_rng(3)
    said = floats(random.random((300, 4)))
    said[0] = [0, 1, 0.5, 0.1]
    yes = random.random((300, 4)) < said
    bins = reliability(said, yes)
    assert sum(each.count for each in bins) == said.size
    for each in bins:
        assert each.observed.value == pytest.approx(each.predicted, abs=0.12)
    assert [each.predicted for each in bins] == sorted(each.predicted for each in bins)


def test_of_nothing_there_are_no_bins() -> None:
    assert reliability(floats(np.zeros((5, 0))), np.zeros((5, 0), dtype=np.bool_)) == ()
