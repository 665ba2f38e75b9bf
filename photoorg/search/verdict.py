"""How probable it is that photos are what a query asks for, and why.

A verdict is about the same photos everywhere in one query: arrays of [n] in the order of the
universe, the photos that come into question. Verdicts on the parts of a query are joined into one:
`and` multiplies, `or` takes the likelier side, `not` is one minus.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from photoorg.core.conditions import Condition
from photoorg.core.query import format_condition
from photoorg.search.ports import FloatArray, IdArray
from photoorg.search.words import WordMatches

MOST_LIKE = 0.98
"""Likeness alone is never as sure as a tag that the person confirmed (0.99)."""

_UNQUOTED = 0.2
"""What is left of a photo's probability where a quoted phrase stands in others but not in it."""

Places = NDArray[np.intp]
Reasons = Callable[[Places, float], list[str]]
"""Gives for photos, by their places, a few words on why; the bar tells what is likely enough."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement of each photo of the universe.

    Attributes:
        probability: float32 [n].
        tie: float32 [n], settles which of equally probable photos comes first.
        reasons: says why.
    """

    probability: FloatArray
    tie: FloatArray
    reasons: Reasons


class Universe:
    """The photos that come into question.

    Args:
        ids: int64 [n], ascending.
    """

    def __init__(self, ids: IdArray) -> None:
        self.ids = ids

    def __len__(self) -> int:
        return len(self.ids)

    def places_of(self, ids: IdArray) -> tuple[Places, NDArray[np.intp]]:
        """Return where some ids are: (places here, places among the ids) of those that are here.

        Args:
            ids: int64 [m], ascending.
        """
        if len(ids) == len(self.ids) and np.array_equal(ids, self.ids):
            everywhere = np.arange(len(ids))
            return everywhere, everywhere
        here = np.searchsorted(self.ids, ids)
        found = here < len(self.ids)
        found[found] = self.ids[here[found]] == ids[found]
        return here[found], np.flatnonzero(found)

    def spread(self, ids: IdArray, values: FloatArray, fill: float) -> FloatArray:
        """Return values [m] of ids [m] as [n], filled up where there is none."""
        here, there = self.places_of(ids)
        if len(here) == len(self.ids) == len(values):
            return values
        out = np.full(len(self.ids), fill, dtype=np.float32)
        out[here] = values[there]
        return out


@dataclass(frozen=True, slots=True)
class Labels:
    """What a wish is called in reasons.

    Attributes:
        near: of photos that the pixels speak for: "looks like “dog”".
        far: of the others: "looks a little like “dog”".
    """

    near: str
    far: str


def of_wish(
    universe: Universe,
    likeness: FloatArray,
    tie: FloatArray,
    beside: FloatArray,
    matches: WordMatches,
    labels: Labels,
) -> Verdict:
    """Join two independent witnesses, pixels and words: wrong only where both are (noisy or).

    Args:
        universe: the photos.
        likeness: float32 [n], what the pixels say.
        tie: float32 [n].
        beside: float32 [n], how probable all is that words cannot tell; see `Judgement`.
        matches: what the words say.
        labels: for the reasons.
    """
    likeness = likeness * np.float32(MOST_LIKE)
    probability = likeness * np.float32(_UNQUOTED if matches.required else 1)
    here, there = universe.places_of(matches.ids)
    said = matches.certainty[there] * beside[here]
    probability[here] = 1 - (1 - likeness[here]) * (1 - said)

    def reasons(places: Places, bar: float) -> list[str]:
        where = np.full(len(places), "", dtype=np.object_)
        if len(here):
            at = np.minimum(np.searchsorted(here, places), len(here) - 1)
            holds = here[at] == places
            where[holds] = matches.where[there[at[holds]]]
        said = []
        for word, like in zip(where.tolist(), likeness[places] >= bar, strict=True):
            if word:
                said.append(f"{word}, {labels.near}" if like and labels.near else word)
            else:
                said.append(labels.near if like else labels.far)
        return said

    return Verdict(probability, tie, reasons)


def of_check(universe: Universe, passing: IdArray, condition: Condition) -> Verdict:
    """Return certainty: photos pass a condition or do not."""
    here, _ = universe.places_of(passing)
    probability = np.zeros(len(universe), dtype=np.float32)
    probability[here] = 1
    text = format_condition(condition)

    def reasons(places: Places, bar: float) -> list[str]:
        del bar
        return [text if passes else "" for passes in probability[places] > 0]

    return Verdict(probability, np.zeros(len(universe), dtype=np.float32), reasons)


def joined(parts: Sequence[Verdict], *, either: bool, weight: float = 1.0) -> Verdict:
    """Join verdicts.

    Args:
        parts: one or more.
        either: the likelier one counts; else all do.
        weight: the exponent of what comes out; below 0 it is turned round first.
    """
    probability = parts[0].probability
    tie = parts[0].tie
    for part in parts[1:]:
        if either:
            tie = np.where(part.probability > probability, part.tie, tie)
            probability = np.maximum(probability, part.probability)
        else:
            tie = tie + part.tie
            probability = probability * part.probability
    if weight < 0:
        probability, tie = 1 - probability, -tie
    if abs(weight) != 1:
        probability = probability ** np.float32(abs(weight))

    def reasons(places: Places, bar: float) -> list[str]:
        if weight < 0:
            return [""] * len(places)
        said = [part.reasons(places, bar) for part in parts]
        if not either:
            return [
                ", ".join(dict.fromkeys(filter(None, each))) for each in zip(*said, strict=True)
            ]
        sides = np.stack([part.probability[places] for part in parts])
        # The sides that carry it, not those that happen to be there as well.
        counts = sides >= np.maximum(sides.max(axis=0) / 2, bar)
        counts |= sides == sides.max(axis=0)
        return [
            _listed(tuple(words for words, on in zip(each, mask, strict=True) if on))
            for each, mask in zip(zip(*said, strict=True), counts.T.tolist(), strict=True)
        ]

    return Verdict(probability, tie, reasons)


def without(verdict: Verdict, universe: Universe, ids: IdArray) -> Verdict:
    """Return a verdict in which some photos, int64 [m] ascending, are surely wrong."""
    if not len(ids):
        return verdict
    here, _ = universe.places_of(ids)
    probability = verdict.probability.copy()
    probability[here] = 0
    return Verdict(probability, verdict.tie, verdict.reasons)


@lru_cache(maxsize=1024)
def _listed(reasons: tuple[str, ...]) -> str:
    """Return reasons as one, each once; thousands of photos have the same few."""
    return ", ".join(dict.fromkeys(filter(None, reasons)))
