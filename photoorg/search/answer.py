"""From a verdict to an answer: what is relevant, in which order, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoorg.core.ids import PhotoId
from photoorg.core.records import SearchHit
from photoorg.search.ports import FloatArray, IdArray
from photoorg.search.verdict import Universe, Verdict

RELEVANT = 0.5
"""Where nothing ranks, a photo stays that is at least as likely right as wrong."""

TAIL = 2000
"""Hits that are handed out although they are not relevant."""

_LEAST_RELEVANT = 0.03
"""Below this nothing is an answer, however far it stands out."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """An answer, best first.

    Attributes:
        hits: the relevant photos, then the best of the others.
        relevant: how many are relevant.
    """

    hits: tuple[SearchHit, ...]
    relevant: int


def relevant_from(probability: FloatArray) -> float:
    """Return the probability from which on a photo belongs to the answer.

    Relative to the best: of a word that training saw seldom, even the right photos are improbable
    and yet stand out. On COCO's labels over 128 photos, on which the share was also chosen, this
    gives precision 0.67 at recall 0.50, where a flat 0.5 gives 0.81 at 0.19 and leaves half of the
    words without an answer. The price: a word that nothing shows gets three answers on average.
    """
    best = float(probability.max(initial=0.0))
    return max(_LEAST_RELEVANT, best / 4)


def rank(
    universe: Universe,
    verdict: Verdict,
    bar: float,
    in_order: Callable[[IdArray], IdArray] | None = None,
) -> Ranked:
    """Return photos by probability; those that are surely wrong are left out.

    Args:
        universe: the photos that were judged.
        verdict: on them.
        bar: the probability from which on a photo is relevant.
        in_order: puts the ids of the relevant ones into another order.
    """
    probability = verdict.probability
    relevant = int(np.count_nonzero(probability >= bar))
    keep = relevant + TAIL
    places = np.flatnonzero(probability > 0)
    if keep < len(places):
        places = places[np.argpartition(-probability[places], keep)[:keep]]
    order = np.lexsort((universe.ids[places], -verdict.tie[places], -probability[places]))
    places = places[order]
    if in_order is not None:
        first = in_order(universe.ids[places[:relevant]])
        places[:relevant] = np.searchsorted(universe.ids, first)
    why = verdict.reasons(places, bar)
    return Ranked(hits(universe.ids[places], probability[places], why), relevant)


def split(ids: IdArray, universe: Universe, verdict: Verdict, label: str) -> Ranked:
    """Return photos in the order given, those that likely show what is unwanted last.

    Args:
        ids: int64 [m], the photos in order.
        universe: the same photos.
        verdict: on them.
        label: what is unwanted, or "" where no text tells.
    """
    probability = verdict.probability[np.searchsorted(universe.ids, ids)]
    kept = probability >= RELEVANT
    tail = np.flatnonzero(~kept)
    tail = tail[np.argsort(-probability[tail], kind="stable")][:TAIL]
    shown = np.concatenate([np.flatnonzero(kept), tail])
    count = int(kept.sum())
    said = (f"without “{label}”", f"may show “{label}”") if label else ("", "less likely")
    why = [said[0]] * count + [said[1]] * len(tail)
    return Ranked(hits(ids[shown], probability[shown], why), count)


def hits(ids: IdArray, scores: NDArray[np.floating], why: Sequence[str]) -> tuple[SearchHit, ...]:
    """Return photos [n] with their scores and reasons as hits."""
    return tuple(map(SearchHit, map(PhotoId, ids.tolist()), scores.tolist(), why))
