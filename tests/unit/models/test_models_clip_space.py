"""Probabilities from an engine's cosines, without anybody's labels."""

from __future__ import annotations

import numpy as np
import pytest

from photoorg.core.ids import ModelKey
from photoorg.models.base import unit_rows
from photoorg.models.clip_space import ClipSpace

RNG = np.random.default_rng(1)
KEY = ModelKey("engine")
TEXT = unit_rows(RNG.normal(size=(1, 64)))[0]


def library(photos: int, right: int, gain: float) -> np.ndarray:
    """Photos of which the first are right: their cosine with the text is larger by `gain`."""
    rows = unit_rows(RNG.normal(size=(photos, 64))) * 0.3
    rows[:right] += gain * TEXT
    return unit_rows(rows + 0.9 * unit_rows(RNG.normal(size=(1, 64))))


@pytest.mark.parametrize("scale", [100.0, 112.0])
def test_right_photos_stand_out_and_others_do_not(scale: float) -> None:
    photos = library(400, 12, 0.3)
    told = ClipSpace(photos, scale, KEY).relevance(TEXT, photos @ TEXT)
    assert np.mean(told[:12] > 0.5) > 0.8  # they are noisy too
    assert np.mean(told[12:] > 0.5) < 0.05
    order = np.argsort(photos @ TEXT)
    assert (np.diff(told[order]) >= 0).all()


def test_a_word_that_nothing_shows_has_few_answers() -> None:
    photos = library(400, 0, 0.0)
    told = ClipSpace(photos, 100.0, KEY).relevance(TEXT, photos @ TEXT)
    assert np.mean(told > 0.5) < 0.03


@pytest.mark.parametrize("photos", [0, 1, 5])
def test_a_small_library_gives_sound_numbers(photos: int) -> None:
    rows = library(max(photos, 1), 0, 0.0)[:photos]
    told = ClipSpace(rows, 100.0, KEY).relevance(TEXT, rows @ TEXT)
    assert told.shape == (photos,)
    assert np.isfinite(told).all()
