"""A heat map as a picture: where it is hot, how much of the photo stays, what harms it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from photoorg.gui.why.heat import LARGEST_OPACITY, heat_image, opacity, ramp


def lightness(color: np.ndarray) -> float:
    linear = (color / 255) ** 2.2
    return float(linear @ (0.2126, 0.7152, 0.0722))


def test_hotter_is_brighter_in_even_steps() -> None:
    heat = np.linspace(0, 1, 33, dtype=np.float32)
    light = np.cbrt([lightness(color) for color in ramp(heat)])
    steps = np.diff(light)
    assert (steps > 0).all()
    assert steps[4:].max() < 3 * steps[4:].min()


def test_the_photo_stays_readable() -> None:
    heat = np.linspace(0, 1, 101, dtype=np.float32)
    cover = opacity(heat)
    assert cover[0] == 0
    assert (np.diff(cover) >= 0).all()
    assert cover.max() == pytest.approx(LARGEST_OPACITY)
    assert LARGEST_OPACITY < 0.75


def test_the_top_row_comes_first(qapp) -> None:
    heat = np.zeros((4, 6), np.float32)
    heat[0, 5] = 1.0
    image = heat_image(heat)
    assert image.width() / image.height() == pytest.approx(6 / 4, rel=0.02)

    def alpha(x: int, y: int) -> int:
        return QColor.fromRgba(image.pixel(x, y)).alpha()

    assert alpha(image.width() - 2, 1) == pytest.approx(255 * LARGEST_OPACITY, abs=2)
    assert alpha(1, 1) == alpha(1, image.height() - 2) == alpha(image.width() - 2, 155 // 2) == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 7), (400, 300)])
def test_any_shape_gives_a_picture(qapp, shape) -> None:
    image = heat_image(np.ones(shape, np.float32))
    assert not image.isNull()
    assert QColor.fromRgba(image.pixel(0, 0)).alpha() == pytest.approx(168, abs=2)


def test_what_is_no_number_is_cold(qapp) -> None:
    heat = np.full((3, 3), np.nan, np.float32)
    assert QColor.fromRgba(heat_image(heat).pixel(5, 5)).alpha() == 0
