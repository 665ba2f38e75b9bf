"""Calibration by answers to questions, where what was not asked is not a "no".

Somebody who tags photos by hand gives a photo all its tags, so a tag that it lacks is a "no".
Somebody who answers questions says one thing of a photo, and nothing of its other tags. What an
answer says is right under the condition of what was seen, however the questions were chosen; how
often a tag is right in the library it does not say: of words that it knows the starter model does,
and of others a usual share stands in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from photoorg.models.starter_parts import sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_USUAL_SHARE = 0.04
"""Photos that carry a tag, where nothing says more: about what it is of COCO's labels."""

_USUAL_SLOPE = 0.85
_SLOPE_CAUTION = 500.0

_COMMON_DEVIATION, _OFFSET_DEVIATION = 1.5, 1.0
"""How far, in log odds, the usual share may be wrong for all tags together, and for one of them."""

_COMMON_FORETOLD, _OFFSET_FORETOLD = 0.3, 0.5
"""The same of what the starter model foretells; chosen, as all constants here, on photos set aside
for calibration. Twice or half as much made no difference that could be told from chance."""

_STEPS = 30
_HALVINGS = 30
_LEAST_SHARE = 1e-4
_FARTHEST = 40.0
"""Log odds among which those that foretell a share are looked for."""

_FEW_REJECTED = 0.2
"""Rejected suggestions, in parts of the confirmed ones, up to which nothing was asked."""


def given_by_hand(said: NDArray[np.int8]) -> float:
    """Return which part of what was confirmed was given by hand, 0 to 1, and not by asking.

    With each no, about one yes was given by asking: so it is with the questions of a review. A few
    rejected suggestions are no review, and change nothing.

    Args:
        said: [n, k], above 0 for yes, below for no.
    """
    yes, no = int((said > 0).sum()), int((said < 0).sum())
    reviewed = no / yes if yes else 1.0
    return float(np.clip((1 - reviewed) / (1 - _FEW_REJECTED), 0, 1))


def usual_odds(around: Floats, foretold: Floats) -> Floats:
    """Return each tag's log odds before any answer, [k].

    Where a share is foretold, they are such that the library's photos carry the tag as often; where
    none is, they are those of the usual share.

    Args:
        around: [b, k] log likelihood ratios of the library's photos.
        foretold: [k], part of the library that is expected to carry each tag; NaN for unknown.
    """
    share = np.where(np.isnan(foretold), _USUAL_SHARE, foretold)
    share = np.clip(share, _LEAST_SHARE, 1 - _LEAST_SHARE)
    odds = np.log(share / (1 - share))
    known = np.flatnonzero(~np.isnan(foretold))
    if len(around) and len(known):
        scaled = np.float32(_USUAL_SLOPE) * around[:, known]
        low, high = np.full(len(known), -_FARTHEST), np.full(len(known), _FARTHEST)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            p = sigmoid(scaled + middle.astype(np.float32))
            enough = p.mean(axis=0) >= share[known]
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        odds[known] = (low + high) / 2
    return np.asarray(odds, dtype=np.float32)


def calibrate_answers(
    total: Floats, said: NDArray[np.int8], usual: Floats, foretold: NDArray[np.bool_]
) -> tuple[float, Floats]:
    """Return what log likelihood ratios are multiplied by, and what is added to each tag's, [k].

    Newton's method in turn on the slope, an offset of all tags and one of each, held to what is
    usual. Only photos with a yes or a no to a tag count for it.

    Args:
        total: [n, k] log likelihood ratios, each photo left out of what judges it.
        said: [n, k], above 0 for yes, below for no.
        usual: [k], log odds before any answer; see `usual_odds`.
        foretold: bool [k], of which tags the starter model said how many photos carry them.
    """
    deviation = np.where(foretold, _OFFSET_FORETOLD, _OFFSET_DEVIATION)
    part = float(foretold.mean())
    together_deviation = part * _COMMON_FORETOLD + (1 - part) * _COMMON_DEVIATION
    slope, common = _USUAL_SLOPE, 0.0
    own = np.zeros(total.shape[1], dtype=np.float64)
    rows, tags = np.nonzero(said)
    x, y = total[rows, tags].astype(np.float64), (said[rows, tags] > 0).astype(np.float64)
    for _ in range(_STEPS):
        # Each by what the one before left over: two that mend the same error would overshoot.
        wrong, curvature = _residuals(slope * x + (usual + common + own)[tags], y)
        each = np.bincount(tags, wrong, len(own)) + own / deviation**2
        step = each / (np.bincount(tags, curvature, len(own)) + deviation**-2)
        own -= np.clip(step, -1, 1)
        wrong, curvature = _residuals(slope * x + (usual + common + own)[tags], y)
        together = (wrong.sum() + common / together_deviation**2) / (
            curvature.sum() + together_deviation**-2
        )
        common -= float(np.clip(together, -1, 1))
        wrong, curvature = _residuals(slope * x + (usual + common + own)[tags], y)
        gradient = (wrong * x).sum() + _SLOPE_CAUTION * (slope - _USUAL_SLOPE)
        change = gradient / ((curvature * x * x).sum() + _SLOPE_CAUTION)
        slope = float(np.clip(slope - np.clip(change, -0.2, 0.2), 0.05, 3.0))
        if max(abs(change), abs(together), np.abs(step).max(initial=0)) < 1e-4:
            break
    return slope, np.asarray(usual + common + own, dtype=np.float32)


def _residuals(
    log_odds: NDArray[np.float64], right: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what is said too much, and the curvature of the log likelihood, [answers] each."""
    p = sigmoid(log_odds.astype(np.float32)).astype(np.float64)
    return p - right, p * (1 - p)
