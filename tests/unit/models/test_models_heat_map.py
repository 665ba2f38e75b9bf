"""Heat maps against the closed form for linear scores, and by what they must add up to."""

from __future__ import annotations

import numpy as np
import pytest

from photoorg.models.base import unit_rows
from photoorg.models.heat_map import contributions, heat_map


@pytest.fixture
def features() -> np.ndarray:
    return np.random.default_rng(4).gamma(1.0, size=(5, 4, 12)).astype(np.float32)


def test_of_a_linear_score_it_is_the_class_activation_map(features) -> None:
    weights = np.random.default_rng(5).normal(size=12).astype(np.float32)
    found = contributions(lambda visual: visual @ weights, features)
    np.testing.assert_allclose(found, features @ weights, rtol=1e-3, atol=1e-3)
    expected = np.maximum(features @ weights, 0)
    drawn = heat_map(lambda visual: visual @ weights, features)
    np.testing.assert_allclose(drawn, expected / expected.max(), atol=1e-3)
    assert drawn.dtype == np.float32


def test_the_mean_is_the_score_of_any_model(features) -> None:
    tag = unit_rows(np.random.default_rng(6).normal(size=12))

    def score(visual):
        return np.tanh(3 * unit_rows(np.maximum(visual - 0.5, 0)) @ tag)

    vector = features.reshape(-1, 12).mean(axis=0)
    assert contributions(score, features).mean() == pytest.approx(score(vector[None])[0], abs=1e-4)


def test_a_cosine_is_drawn_although_it_does_not_care_for_length() -> None:
    """Everywhere the same thing: each place speaks for it as much as the others do."""
    direction = unit_rows(np.arange(1, 9, dtype=np.float32))
    features = np.tile(direction, (3, 3, 1))
    drawn = heat_map(lambda visual: unit_rows(visual) @ direction, features)
    np.testing.assert_allclose(drawn, 1, atol=1e-3)


def test_the_place_that_shows_it_is_the_warmest_and_what_speaks_against_it_is_cold() -> None:
    features = np.full((3, 3, 4), 0.1, dtype=np.float32)
    features[0, 2] = [5, 0, 0, 0]
    features[2, 0] = [0, 5, 0, 0]
    towards, against = np.eye(4, dtype=np.float32)[:2]
    drawn = heat_map(lambda visual: unit_rows(visual) @ (towards - against), features)
    assert np.unravel_index(drawn.argmax(), drawn.shape) == (0, 2)
    assert drawn[0, 2] == 1
    assert drawn[2, 0] == 0


def test_nothing_speaks_for_it() -> None:
    features = np.ones((2, 2, 3), dtype=np.float32)
    assert not heat_map(lambda visual: -visual.sum(axis=1), features).any()
    assert not heat_map(lambda visual: visual.sum(axis=1), np.zeros((2, 2, 3), np.float32)).any()
