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
_LEAST_SHARE = 1e-4
_FARTHEST, _HALVINGS = 40.0, 30
"""Log odds between which those of a foretold share are looked for, and how finely."""

_LIKE, _BINS = 0.5, 81
"""Log odds that are about the same, and how many such steps are told apart."""

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
    x, y = total[rows, tags].astype(np.float64), said[rows, tags] > 0
    slack = np.exp(deviation + together_deviation)[tags]
    weight = np.where(y, asked_part(slope * x + usual[tags], y, slack), 1)
    for _ in range(_STEPS):
        # Each by what the one before left over: two that mend the same error would overshoot.
        wrong, curvature = _residuals(slope * x + (usual + common + own)[tags], y, weight)
        each = np.bincount(tags, wrong, len(own)) + own / deviation**2
        step = each / (np.bincount(tags, curvature, len(own)) + deviation**-2)
        own -= np.clip(step, -1, 1)
        wrong, curvature = _residuals(slope * x + (usual + common + own)[tags], y, weight)
        together = (wrong.sum() + common / together_deviation**2) / (
            curvature.sum() + together_deviation**-2
        )
        common -= float(np.clip(together, -1, 1))
        wrong, curvature = _residuals(slope * x + (usual + common + own)[tags], y, weight)
        gradient = (wrong * x).sum() + _SLOPE_CAUTION * (slope - _USUAL_SLOPE)
        change = gradient / ((curvature * x * x).sum() + _SLOPE_CAUTION)
        slope = float(np.clip(slope - np.clip(change, -0.2, 0.2), 0.05, 3.0))
        if max(abs(change), abs(together), np.abs(step).max(initial=0)) < 1e-4:
            break
    return slope, np.asarray(usual + common + own, dtype=np.float32)


def asked_part(
    log_odds: NDArray[np.float64], yes: NDArray[np.bool_], slack: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how far each yes may be the answer to a question, 0 to 1, [answers].

    A tag that was given by hand is no answer: nobody would have said no, so it does not tell how
    often a tag is right among photos like it. With each no that was said at odds of o, about o
    times yes was said. So many of the yes with about the same odds can have come of questions.

    Args:
        log_odds: [answers], before any answer was given.
        yes: bool [answers].
        slack: [answers], how many times more there may be, since the odds may be wrong.
    """
    place = np.clip(np.round(log_odds / _LIKE) + _BINS // 2, 0, _BINS - 1).astype(np.int64)
    said_no = np.bincount(place, np.where(yes, 0, np.exp(np.clip(log_odds, -30, 30))), _BINS)
    said_yes = np.bincount(place, yes, _BINS)
    near = np.ones(3)
    expected = np.convolve(said_no, near, "same")
    found = np.convolve(said_yes, near, "same")
    return np.asarray(np.minimum(1, slack * (expected / np.maximum(found, 1))[place]))


def _residuals(
    log_odds: NDArray[np.float64], right: NDArray[np.bool_], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what is said too much, and the curvature of the log likelihood, [answers] each."""
    p = sigmoid(log_odds.astype(np.float32)).astype(np.float64)
    return weight * (p - right), weight * p * (1 - p)
