"""The photos of an answer as arrays; what is said of each is put into words when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from photoorg.core.ids import PhotoId
from photoorg.core.records import SearchHit

Words = Callable[[NDArray[np.intp]], Sequence[str]]
"""Gives why photos were found, by their places in whatever it knows of."""

_AT_ONCE = 256
"""Photos of which words are found together: about as many as a large screen shows."""


class Hits(Sequence[SearchHit]):
    """Photos, best first. To make 40,000 records and reasons takes longer than to search for them.

    Args:
        ids: int64 [n].
        scores: [n].
        words: says why; None where there is nothing to say.
        places: intp [n], what `words` knows the photos by; None for 0 to n - 1.
    """

    def __init__(
        self,
        ids: NDArray[np.int64],
        scores: NDArray[np.floating],
        words: Words | None = None,
        places: NDArray[np.intp] | None = None,
    ) -> None:
        self.ids = ids
        self._scores = scores
        self._words = words
        self._places = np.arange(len(ids)) if places is None else places
        self._said: dict[int, Sequence[str]] = {}

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, place: int) -> SearchHit: ...

    @overload
    def __getitem__(self, place: slice) -> Hits: ...

    def __getitem__(self, place: int | slice) -> SearchHit | Hits:
        if isinstance(place, slice):
            return Hits(self.ids[place], self._scores[place], self._words, self._places[place])
        at = range(len(self))[place]  # from the end where below 0; raises where it is beyond
        why = self._why(at // _AT_ONCE)[at % _AT_ONCE]
        return SearchHit(PhotoId(int(self.ids[at])), float(self._scores[at]), why)

    def __iter__(self) -> Iterator[SearchHit]:
        for number, start in enumerate(range(0, len(self), _AT_ONCE)):
            part = slice(start, start + _AT_ONCE)
            ids = map(PhotoId, self.ids[part].tolist())
            yield from map(SearchHit, ids, self._scores[part].tolist(), self._why(number))

    def _why(self, number: int) -> Sequence[str]:
        """Return the words on one lot of photos."""
        said = self._said.get(number)
        if said is None:
            part = self._places[number * _AT_ONCE : (number + 1) * _AT_ONCE]
            said = [""] * len(part) if self._words is None else self._words(part)
            self._said[number] = said
        return said


def ids_of(hits: Sequence[SearchHit]) -> NDArray[np.int64]:
    """Return the photos of hits, int64 [n]."""
    if isinstance(hits, Hits):
        return hits.ids
    return np.fromiter((hit.photo_id for hit in hits), np.int64, len(hits))
