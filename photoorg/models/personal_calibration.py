"""Calibration of what speaks for tags, by photos that somebody tagged by hand.

How much a witness's word is worth differs from tag to tag: "person" shows in most photos and is
seen well, "handbag" neither. So each tag has a slope and an offset of its own, held to those of all
tags together where examples are few (a hierarchical logistic regression).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from photoorg.models.starter_parts import sigmoid

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_COMMON_CAUTION = 20.0
"""What holds the mean of all slopes to the usual one, in one over a variance."""

_OFFSET_DEVIATION = 0.7
_SMALLEST, _LARGEST = 0.02, 4.0
_STEPS = 40
_LARGEST_STEP = 0.3, 1.0
"""Of a slope and of an offset, in one step of Newton's method."""

_CLOSE = 1e-3
_TAGS_AT_ONCE = 50
"""Of 8,000 photos, so that nothing takes more than a few MB."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What is known of slopes before any example.

    Attributes:
        slope: of the usual tag.
        deviation: how far tags differ in it.
    """

    slope: float
    deviation: float


SEEN = Usual(0.7, 0.3)
"""Of log likelihood ratios of what is seen. Chosen, as all here, on COCO's calibration photos; half
or twice the deviation makes no difference that can be told from chance."""

COMPANY = Usual(0.25, 0.3)
"""Of those of other tags: most of what they say is seen already."""


def calibrate(
    said: Floats,
    log_odds: Floats,
    right: NDArray[np.bool_],
    usual: Usual,
    *,
    heard: NDArray[np.bool_] | None = None,
    least: int,
    check: Callable[[], None] = lambda: None,
) -> tuple[Floats, Floats]:
    """Return what each tag's witness is multiplied by, and what is added to it, [k] each.

    With those, `log_odds + slope * said + offset` are the log odds that tags are right, as far as
    these photos tell: the posterior mode, by Newton's method.

    Args:
        said: [n, k] log likelihood ratios, each photo left out of what judges it.
        log_odds: [n, k] or [k], what is known without them.
        right: bool [n, k].
        usual: what is known of slopes.
        heard: bool [n, k], where the witness says anything; everywhere by default.
        least: photos with a tag from which on it has a slope of its own; others have the mean one,
            and no offset.
        check: called now and then; what it raises ends the work.
    """
    count = said.shape[1]
    told = np.flatnonzero(right.sum(axis=0) >= least)
    slopes, offsets = np.full(count, usual.slope), np.zeros(count)
    known = np.broadcast_to(log_odds, said.shape)
    parts = [told[start : start + _TAGS_AT_ONCE] for start in range(0, len(told), _TAGS_AT_ONCE)]
    mean = usual.slope
    for _ in range(_STEPS):
        largest = 0.0
        for tags in parts:
            check()
            by_slope, by_offset = _newton_step(
                said[:, tags],
                known[:, tags],
                right[:, tags],
                None if heard is None else heard[:, tags],
                slopes[tags],
                offsets[tags],
                Usual(mean, usual.deviation),
            )
            slopes[tags] = np.clip(slopes[tags] - by_slope, _SMALLEST, _LARGEST)
            offsets[tags] -= by_offset
            largest = max(largest, np.abs(by_slope).max(), np.abs(by_offset).max())
        weight = usual.deviation**-2
        mean = float(
            (weight * slopes[told].sum() + _COMMON_CAUTION * usual.slope)
            / (weight * len(told) + _COMMON_CAUTION)
        )
        if largest < _CLOSE:
            break
    slopes[right.sum(axis=0) < least] = mean
    return slopes.astype(np.float32), offsets.astype(np.float32)


def _newton_step(
    said: Floats,
    known: Floats,
    right: NDArray[np.bool_],
    heard: NDArray[np.bool_] | None,
    slopes: NDArray[np.float64],
    offsets: NDArray[np.float64],
    usual: Usual,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what to take from slopes and offsets, [tags] each; arguments are of these tags."""
    added = said * slopes.astype(np.float32) + offsets.astype(np.float32)
    if heard is not None:
        added *= heard
    p = sigmoid(known + added)
    wrong, curvature = p - right, p * (1 - p)
    if heard is not None:
        wrong *= heard
        curvature *= heard
    pull, steady = usual.deviation**-2, _OFFSET_DEVIATION**-2
    weighted = curvature * said
    slope_gradient = _total(wrong * said) + pull * (slopes - usual.slope)
    offset_gradient = _total(wrong) + steady * offsets
    slope_curvature = _total(weighted * said) + pull
    offset_curvature = _total(curvature) + steady
    mixed = _total(weighted)
    determinant = slope_curvature * offset_curvature - mixed**2
    by_slope = (offset_curvature * slope_gradient - mixed * offset_gradient) / determinant
    by_offset = (slope_curvature * offset_gradient - mixed * slope_gradient) / determinant
    return (
        np.clip(by_slope, -_LARGEST_STEP[0], _LARGEST_STEP[0]),
        np.clip(by_offset, -_LARGEST_STEP[1], _LARGEST_STEP[1]),
    )


def _total(values: Floats) -> NDArray[np.float64]:
    return np.asarray(values.sum(axis=0, dtype=np.float64))
