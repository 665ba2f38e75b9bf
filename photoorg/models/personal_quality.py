"""How good a personal model's suggestions are, tag by tag, and from where on they are shown.

All of it is measured on photos that were left out of what judges them. Of few photos little can be
said, so what is counted is joined with what the calibrated probabilities promise, which count for
`_PROMISED` photos.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from photoorg.core.quality import Estimate, ReliabilityBin, TagTrust
from photoorg.models.personal import LEAST_EXAMPLES
from photoorg.models.personal_answers import given_by_hand
from photoorg.models.personal_fit import NO, UNSAID, YES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from photoorg.models.personal_fit import Learned

    Floats = NDArray[np.float32]

_PROMISED = 8.0
_LOWEST_THRESHOLD = 0.2
_CAUTION = 2.0
"""Standard errors that suggestions must seem better than is asked for: of many thresholds the
lowest that seems good enough is taken, which flatters it. With so many, 79 to 81 % of what is
suggested on COCO's calibration photos is right where 80 % are asked for."""

_Z = 1.645
"""Standard normal quantile of a 90 % interval."""

_BINS = 10

_BY_HAND = 0.5
"""Part of the tags that must have been given by hand for silence to be a no."""


@dataclass(frozen=True, slots=True)
class TagFigures:
    """What was measured of one tag.

    Attributes:
        trust: whether it is suggested.
        threshold: probability from which on; infinite where it is not.
        precision: of what would be suggested, by the threshold or, where there is none, at .5.
        recall: the same.
        gain: how much one more answer is expected to help, 0 to 1.
    """

    trust: TagTrust
    threshold: float
    precision: Estimate | None
    recall: Estimate | None
    gain: float


def judge(learned: Learned, said: NDArray[np.int8], target: float) -> tuple[TagFigures, ...]:
    """Return figures of each tag, by the photos that say something of it; see `told`.

    Args:
        learned: what was learned.
        said: int8 [n, k], what it was learned from.
        target: part of the suggestions that is to be right.
    """
    counted = told(said)
    return tuple(
        _judge_tag(learned.held_out[rows, tag], said[rows, tag], learned.library[:, tag], target)
        for tag, rows in enumerate(counted.T)
    )


def told(said: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Return what photos say of tags, bool [n, k]: yes, no, and what their silence says.

    Who tags photos by hand says no to a tag by not giving it. Who answered questions says nothing
    of what was not asked.

    Args:
        said: int8 [n, k].
    """
    silent_is_no = given_by_hand(said) >= _BY_HAND
    return np.full(said.shape, fill_value=True) if silent_is_no else said != UNSAID


def _judge_tag(
    held_out: Floats, said: NDArray[np.int8], library: Floats, target: float
) -> TagFigures:
    yes = said == YES
    examples = int(yes.sum())
    gain = expected_gain(examples, int((said == NO).sum()), library)
    if examples < LEAST_EXAMPLES:
        return TagFigures(TagTrust.TOO_FEW, float("inf"), None, None, gain)
    threshold = choose_threshold(held_out, yes, library, target)
    at = threshold if np.isfinite(threshold) else 0.5
    chosen = held_out >= at
    right = int((chosen & yes).sum())
    precision = interval(right, int(chosen.sum())) if chosen.any() else None
    recall = interval(right, examples)
    trust = TagTrust.TRUSTED if np.isfinite(threshold) else TagTrust.DOUBTFUL
    return TagFigures(trust, threshold, precision, recall, gain)


def choose_threshold(
    held_out: Floats, yes: NDArray[np.bool_], library: Floats, target: float
) -> float:
    """Return the lowest probability above which the wanted part of suggestions is right.

    For each threshold, the held-out photos above it are counted, and joined with the mean
    probability of the library's photos above it. Infinite where no threshold is good enough.

    Args:
        held_out: [n] probabilities of photos of which something is said.
        yes: bool [n], which of them carry the tag.
        library: [b] probabilities of photos that may get suggestions.
        target: part that is to be right, 0 to 1.
    """
    candidates = np.unique(np.concatenate([held_out[yes], library[library >= _LOWEST_THRESHOLD]]))
    candidates = candidates[candidates >= _LOWEST_THRESHOLD]
    if not len(candidates):
        return float("inf")
    if len(candidates) > 200:
        candidates = np.quantile(candidates, np.linspace(0, 1, 200)).astype(np.float32)
    taken = np.sort(held_out)
    right = np.sort(held_out[yes])
    around = np.sort(library)
    sums = np.concatenate([[0.0], np.cumsum(around[::-1], dtype=np.float64)])
    count = len(taken) - np.searchsorted(taken, candidates, side="left")
    hits = len(right) - np.searchsorted(right, candidates, side="left")
    above = len(around) - np.searchsorted(around, candidates, side="left")
    promised = np.where(above > 0, sums[above] / np.maximum(above, 1), candidates)
    expected = (hits + _PROMISED * promised) / (count + _PROMISED)
    error = np.sqrt(expected * (1 - expected) / (count + _PROMISED))
    good = expected - _CAUTION * error >= target
    # From the lowest threshold on, above which every higher one is good too.
    bad = np.flatnonzero(~good)
    first = int(bad[-1]) + 1 if len(bad) else 0
    return float(candidates[first]) if first < len(candidates) else float("inf")


def expected_gain(yes: int, no: int, library: Floats) -> float:
    """Return how much one more answer is expected to help, 0 to 1.

    What a tag lacks is the uncertainty of its probabilities over the library; one more of n
    answers takes about 1 / (n + 1) of what can be learned away.

    Args:
        yes: photos that carry the tag.
        no: photos that were rejected.
        library: [b] probabilities.
    """
    if not len(library):
        return 0.0
    doubt = float((4 * library * (1 - library)).sum() / max(float(library.sum()), 1.0))
    return min(doubt, 1.0) / (1 + 0.25 * (yes + no))


def interval(right: int, count: int) -> Estimate:
    """Return a share with Wilson's 90 % interval (1927)."""
    if count <= 0:
        raise ValueError("of nothing there is no share")
    share = right / count
    centre = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = (
        _Z
        * float(np.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2)))
        / (1 + _Z**2 / count)
    )
    # At 0 and 1 an end is the share itself, but for rounding.
    return Estimate(share, max(min(centre - half, share), 0.0), min(max(centre + half, share), 1.0))


def reliability(held_out: Floats, yes: NDArray[np.bool_]) -> tuple[ReliabilityBin, ...]:
    """Compare what was said with what is right, in bins of a tenth; empty ones are left out.

    Args:
        held_out: probabilities, of any shape.
        yes: the same shape.
    """
    flat, truth = held_out.ravel(), yes.ravel()
    place = np.minimum(flat * _BINS, _BINS - 1).astype(np.uint8)
    found = []
    for number in range(_BINS):
        inside = place == number
        count = int(inside.sum())
        if count:
            observed = interval(int(truth[inside].sum()), count)
            found.append(ReliabilityBin(float(flat[inside].mean()), observed, count))
    return tuple(found)
