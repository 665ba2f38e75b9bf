"""A heat map as a picture to be laid over a photo."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

LARGEST_OPACITY: Final = 0.66
"""Of the hottest spot: the photo can still be made out below it."""

_SIDE: Final = 160
"""Pixels of the longer side that a coarse map is smoothed to; the painter does the rest."""

_FAINT: Final = 0.15
"""Below this part of the largest heat the photo is left as it is."""

# Nine colours of inferno (matplotlib, by Smith and van der Walt, CC0), evenly spaced: its lightness
# rises evenly, so what is hotter is brighter also for those who see no hues.
_INFERNO: Final = np.asarray(
    [
        (0, 0, 4),
        (31, 12, 72),
        (85, 15, 109),
        (136, 34, 106),
        (186, 54, 85),
        (227, 89, 51),
        (249, 140, 10),
        (249, 201, 50),
        (252, 255, 164),
    ],
    np.float32,
)

Floats = NDArray[np.float32]


def ramp(heat: Floats) -> Floats:
    """Return the colours [..., 3] in 0..255 of heat [...] in 0..1."""
    place = np.clip(heat, 0.0, 1.0) * (len(_INFERNO) - 1)
    below = np.minimum(place.astype(np.int64), len(_INFERNO) - 2)
    part = (place - below)[..., None]
    return np.asarray(_INFERNO[below] * (1 - part) + _INFERNO[below + 1] * part, np.float32)


def opacity(heat: Floats) -> Floats:
    """Return the opacity [...] of heat [...]: none where there is little, rising smoothly."""
    rise = np.clip((heat - _FAINT) / (1.0 - _FAINT), 0.0, 1.0)
    return np.asarray(LARGEST_OPACITY * np.sqrt(rise * (2.0 - rise)), np.float32)


def heat_image(heat: Floats) -> QImage:
    """Return a picture of a heat map that covers the whole photo.

    Args:
        heat: [h, w] in 0..1, top row first, at least one cell; what is no number counts as 0.
    """
    clean = np.nan_to_num(np.asarray(heat, np.float32), nan=0.0, posinf=1.0, neginf=0.0)
    height, width = clean.shape
    scale = max(1.0, _SIDE / max(height, width))
    smooth = _resize(clean, round(height * scale), round(width * scale))
    alpha = opacity(smooth)[..., None]
    pixels = np.concatenate([ramp(smooth) * alpha, 255 * alpha], axis=-1)
    rgba = np.ascontiguousarray(np.rint(pixels).astype(np.uint8))
    rows, columns = smooth.shape
    image = QImage(
        rgba.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888_Premultiplied
    )
    return image.copy()  # the pixels of the array do not outlive it


def _resize(values: Floats, height: int, width: int) -> Floats:
    """Interpolate [h, w] between the middles of its cells."""
    rows = _between(values.shape[0], height)
    columns = _between(values.shape[1], width)
    return np.asarray(rows @ values @ columns.T, np.float32)


def _between(cells: int, pixels: int) -> Floats:
    """Return the weights [pixels, cells] of linear interpolation."""
    places = np.clip((np.arange(pixels) + 0.5) * cells / pixels - 0.5, 0, cells - 1)
    distance = np.abs(places[:, None] - np.arange(cells)[None, :])
    return np.asarray(np.maximum(0.0, 1.0 - distance), np.float32)
