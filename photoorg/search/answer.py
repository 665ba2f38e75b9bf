"""From a verdict to an answer: what is relevant, in which order, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from photoorg.core.hits import Hits
from photoorg.search.ports import FloatArray, IdArray
from photoorg.search.verdict import Places, Universe, Verdict

RELEVANT = 0.5
"""Where nothing ranks, a photo stays that is at least as likely right as wrong."""

TAIL = 2000
"""Hits that are handed out although they are not relevant."""

Bar = Callable[[FloatArray], float]
"""Gives the probability from which on photos [n] belong to the answer; see `search.cut`."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """An answer, best first.

    Attributes:
        hits: the relevant photos, then the best of the others.
        relevant: how many are relevant.
    """

    hits: Hits
    relevant: int


def count_relevant(verdict: Verdict, bar: Bar) -> int:
    """Return how many photos `rank` would call relevant."""
    return int(np.count_nonzero(verdict.probability >= bar(verdict.probability)))


def rank(
    universe: Universe,
    verdict: Verdict,
    bar: Bar,
    in_order: Callable[[IdArray], IdArray] | None = None,
) -> Ranked:
    """Return photos by probability; those that are surely wrong are left out.

    Args:
        universe: the photos that were judged.
        verdict: on them.
        bar: tells where the answer ends.
        in_order: puts the ids of the relevant ones into another order.
    """
    probability = verdict.probability
    least = bar(probability)
    relevant = int(np.count_nonzero(probability >= least))
    keep = relevant + TAIL
    places = np.flatnonzero(probability > 0)
    if keep < len(places):
        places = places[np.argpartition(-probability[places], keep)[:keep]]
    places = _best_first(places, universe.ids, verdict)
    if in_order is not None:
        first = in_order(universe.ids[places[:relevant]])
        # A photo that left the library a moment ago has no date any more.
        places = np.concatenate([np.searchsorted(universe.ids, first), places[relevant:]])
        relevant = len(first)

    def why(some: Places) -> list[str]:
        return verdict.reasons(some, least)

    return Ranked(Hits(universe.ids[places], probability[places], why, places), relevant)


def _best_first(places: Places, ids: IdArray, verdict: Verdict) -> Places:
    """Return places by probability, then by the tie, then by id.

    Sorting by the probability alone takes a twentieth of the time that sorting by all three takes;
    few photos are exactly as probable as another.
    """
    least_wanted = -verdict.probability[places]
    order = np.argsort(least_wanted)
    places, ranked = places[order], least_wanted[order]
    equal = ranked[1:] == ranked[:-1]
    tied = np.flatnonzero(np.append(equal, False) | np.append(False, equal))
    among = places[tied]
    places[tied] = among[np.lexsort((ids[among], -verdict.tie[among], ranked[tied]))]
    return places


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

    def why(some: Places) -> list[str]:
        return [said[place >= count] for place in some.tolist()]

    return Ranked(Hits(ids[shown], probability[shown], why), count)
