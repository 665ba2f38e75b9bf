"""Slopes and offsets of tags, against what made the answers and against a general optimiser."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from photoorg.models import personal_calibration
from photoorg.models.personal_calibration import COMPANY, SEEN, Usual, calibrate
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


def test_many_examples_give_each_tag_its_own_slope_and_offset() -> None:
    slopes, offsets = np.linspace(0.2, 1.8, 9), np.linspace(-2, 0.5, 9)
    said, right = answers(slopes, offsets, 20_000)
    found, added = calibrate(said, np.zeros(9, dtype=np.float32), right, SEEN, least=LEAST)
    np.testing.assert_allclose(found, slopes, atol=0.08)
    np.testing.assert_allclose(added, offsets, atol=0.1)


def test_what_is_known_before_is_not_learned_again() -> None:
    slopes, offsets = np.array([0.5, 1.0]), np.array([-1.0, 0.5])
    said, right = answers(slopes, offsets, 20_000)
    known = np.asarray(offsets + slopes * said, dtype=np.float32)
    noise = np.random.default_rng(1).normal(size=said.shape).astype(np.float32)
    found, added = calibrate(noise, known, right, Usual(0.5, 0.3), least=LEAST)
    np.testing.assert_allclose(found, personal_calibration._SMALLEST, atol=0.03)
    np.testing.assert_allclose(added, 0, atol=0.1)


def test_few_examples_stay_near_the_usual() -> None:
    said, right = answers(np.array([2.0]), np.array([-1.0]), 20, seed=2)
    found, _ = calibrate(said, np.float32([-1.0]), right, SEEN, least=1)
    assert abs(found[0] - SEEN.slope) < abs(found[0] - 2.0)


def test_tags_of_too_few_photos_get_the_mean_slope() -> None:
    slopes = np.array([1.5] * 6 + [0.3])
    said, right = answers(slopes, np.full(7, -1.0), 4000, seed=3)
    right[:, 6] = False
    right[: LEAST - 1, 6] = True
    found, added = calibrate(said, np.full(7, -1, np.float32), right, SEEN, least=LEAST)
    assert 1.2 < found[6] < 1.5
    assert added[6] == 0


def test_without_examples_all_is_as_usual() -> None:
    found, added = calibrate(
        np.ones((4, 3), np.float32),
        np.zeros(3, np.float32),
        np.zeros((4, 3), bool),
        COMPANY,
        least=LEAST,
    )
    np.testing.assert_allclose(found, COMPANY.slope)
    assert (added == 0).all()


@pytest.mark.parametrize("partly", [False, True], ids=["heard everywhere", "heard in part"])
def test_it_is_the_posterior_mode(partly: bool) -> None:
    """Of one tag, where the mean slope is held, a general optimiser finds the same."""
    said, right = answers(np.array([1.2]), np.array([-0.7]), 60, seed=4)
    heard = np.ones(said.shape, bool)
    if partly:
        heard[::3] = False
    known = np.full(said.shape, -0.2, np.float32)
    found, added = calibrate(said, known, right, SEEN, heard=heard if partly else None, least=LEAST)
    pull = SEEN.deviation**-2

    def loss(at: np.ndarray) -> float:
        slope, offset, mean = at
        odds = known + heard * (slope * said + offset)
        likelihood = -(right * odds - np.logaddexp(0, odds)).sum()
        return float(
            likelihood
            + pull * (slope - mean) ** 2 / 2
            + personal_calibration._COMMON_CAUTION * (mean - SEEN.slope) ** 2 / 2
            + offset**2 / (2 * personal_calibration._OFFSET_DEVIATION**2)
        )

    best = minimize(loss, [0.7, 0.0, 0.7], method="BFGS").x
    assert found[0] == pytest.approx(best[0], abs=5e-3)
    assert added[0] == pytest.approx(best[1], abs=5e-3)


@pytest.mark.parametrize("scale", [1e-6, 1e3])
def test_odd_witnesses_give_numbers(scale: float) -> None:
    said = np.full((30, 2), scale, np.float32)
    right = np.zeros((30, 2), bool)
    right[:6, 0] = True
    right[:, 1] = True
    found, added = calibrate(said, np.zeros(2, np.float32), right, SEEN, least=LEAST)
    assert np.isfinite(found).all()
    assert np.isfinite(added).all()
    assert (found > 0).all()


def test_work_can_be_ended_half_way() -> None:
    said, right = answers(np.ones(3), np.zeros(3), 100)

    def check() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        calibrate(said, np.zeros(3, np.float32), right, SEEN, least=LEAST, check=check)
