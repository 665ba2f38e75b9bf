"""Calibration of what speaks for tags, by photos that somebody tagged by hand.

How much a witness's word is worth differs from tag to tag: "person" shows in most photos and is
seen well, "handbag" neither. So each tag has slopes and an offset of its own, held to those of all
tags together where examples are few (a hierarchical logistic regression).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from photoorg.models.starter_parts import sigmoid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_COMMON_CAUTION = 20.0
"""What holds the mean of all slopes to the usual one, in one over a variance."""

_OFFSET_DEVIATION = 0.7
_STEPS = 40
_LARGEST_STEP = 0.3, 1.0
"""Of slopes and of an offset, in one step of Newton's method."""

_CLOSE = 1e-3
_TAGS_AT_ONCE = 50
"""Of 8,000 photos, so that nothing takes more than a few MB."""


@dataclass(frozen=True, slots=True)
class Witness:
    """What is known of a witness's slopes before any example.

    Attributes:
        slope: of the usual tag.
        deviation: how far tags differ in it.
        least: no slope is below this.
        most: no slope is above this.
    """

    slope: float
    deviation: float
    least: float = 0.02
    most: float = 4.0


SEEN = Witness(0.7, 0.3)
"""Log likelihood ratios by what is seen. Chosen, as all here, on COCO's calibration photos; half or
twice the deviation makes no difference that can be told from chance."""

SEEN_AGAIN = Witness(0.0, 0.3, least=-0.9, most=0.5)
"""What of them is added on photos that have company: below 0, since both tell partly the same."""

COMPANY = Witness(0.25, 0.3)
"""Those by other tags: most of what they say is seen already."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What makes log odds: `known + sum(slopes * said) + offset`, where something was heard.

    Attributes:
        slopes: float32 [witnesses, k].
        offsets: float32 [k].
    """

    slopes: Floats
    offsets: Floats


def calibrate(
    said: Sequence[Floats],
    known: Floats,
    right: NDArray[np.bool_],
    witnesses: Sequence[Witness],
    *,
    heard: NDArray[np.bool_] | None = None,
    least: int,
    check: Callable[[], None] = lambda: None,
) -> Calibrated:
    """Return what each tag's witnesses are multiplied by, and what is added.

    It is the posterior mode, by Newton's method: tags' slopes are spread round those of all tags,
    these round the usual ones, and offsets round 0.

    Args:
        said: for each witness [n, k] log likelihood ratios, each photo left out of what judges it.
        known: [n, k] or [k], log odds that hold without them.
        right: bool [n, k].
        witnesses: what is known of each one's slopes.
        heard: bool [n, k], where the witnesses say anything; everywhere by default.
        least: photos with a tag from which on it has slopes of its own; others have the mean ones,
            and no offset.
        check: called now and then; what it raises ends the work.
    """
    count = right.shape[1]
    enough = right.sum(axis=0) >= least
    told = np.flatnonzero(enough)
    # [k, witnesses + 1], the offset last.
    found = np.tile(np.array([*(each.slope for each in witnesses), 0.0]), (count, 1))
    usual = found[0].copy()
    bounds = np.array([(each.least, each.most) for each in witnesses] + [(-np.inf, np.inf)]).T
    pull = np.array([*(each.deviation for each in witnesses), _OFFSET_DEVIATION]) ** -2
    mean = usual.copy()
    spread = np.broadcast_to(known, right.shape)
    parts = [told[start : start + _TAGS_AT_ONCE] for start in range(0, len(told), _TAGS_AT_ONCE)]
    for _ in range(_STEPS):
        largest = 0.0
        for tags in parts:
            check()
            step = _newton_step(
                [each[:, tags] for each in said],
                spread[:, tags],
                right[:, tags],
                None if heard is None else heard[:, tags],
                found[tags],
                mean,
                pull,
            )
            found[tags] = np.clip(found[tags] - step, *bounds)
            largest = max(largest, float(np.abs(step).max()))
        summed = pull * found[told].sum(axis=0) + _COMMON_CAUTION * usual
        mean = summed / (pull * len(told) + _COMMON_CAUTION)
        mean[-1] = 0.0  # offsets are of single tags alone
        if largest < _CLOSE:
            break
    found[~enough] = mean
    answer = found.T.astype(np.float32)
    return Calibrated(answer[:-1], answer[-1])


def _newton_step(
    said: Sequence[Floats],
    known: Floats,
    right: NDArray[np.bool_],
    heard: NDArray[np.bool_] | None,
    found: NDArray[np.float64],
    mean: NDArray[np.float64],
    pull: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return what to take from slopes and offsets, [tags, witnesses + 1].

    Args:
        said: for each witness [n, tags].
        known: [n, tags].
        right: bool [n, tags].
        heard: bool [n, tags], or None.
        found: [tags, witnesses + 1] by now.
        mean: [witnesses + 1], what they are held to.
        pull: [witnesses + 1], how much.
    """
    at = found.astype(np.float32)
    added = np.broadcast_to(at[:, -1], right.shape).copy()
    for number, each in enumerate(said):
        added += each * at[:, number]
    if heard is not None:
        added *= heard
    p = sigmoid(known + added)
    wrong, curved = p - right, p * (1 - p)
    if heard is not None:
        wrong *= heard
        curved *= heard
    terms: list[Floats | None] = [*said, None]  # the offset's term is 1 everywhere
    gradient = np.stack([_total(wrong, one) for one in terms], axis=1)
    gradient += pull * (found - mean)
    curvature = np.empty((len(found), len(terms), len(terms)))
    for row, one in enumerate(terms):
        weighted = curved if one is None else curved * one
        for column, other in enumerate(terms[: row + 1]):
            curvature[:, row, column] = curvature[:, column, row] = _total(weighted, other)
    curvature += np.diag(pull)
    step = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
    slopes, offsets = _LARGEST_STEP
    limit = np.array([*[slopes] * len(said), offsets])
    return np.clip(step, -limit, limit)


def _total(values: Floats, by: Floats | None) -> NDArray[np.float64]:
    """Return the sums over photos, [tags], of values [n, tags], or of their products."""
    weighted = values if by is None else values * by
    return np.asarray(weighted.sum(axis=0, dtype=np.float64))
