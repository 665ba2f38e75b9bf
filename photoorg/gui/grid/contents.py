"""Which photos the grid shows, with their outlines: a value, computed off the GUI thread."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.core.records import NO_DAY, GridOutline

Ids = NDArray[np.int64]


def _empty_outline() -> GridOutline:
    return GridOutline(np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros(0, np.uint32))


@dataclass(frozen=True, eq=False)
class GridContents:
    """Photos in the order of the grid.

    Attributes:
        ids: int64 [n], each photo once.
        outline: aligned with `ids`.
    """

    ids: Ids = field(default_factory=lambda: np.zeros(0, np.int64))
    outline: GridOutline = field(default_factory=_empty_outline)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def index(self) -> PhotoIndex:
        """Finds the places of photos."""
        return PhotoIndex(self.ids)

    def unread_last(self) -> GridContents:
        """Return the same with the photos that are not read yet at the end, without a day.

        Until a file is read its own date stands for the photo's. Files that were copied today would
        all stand before those read already, and a person who waits would see nothing else.
        """
        unread = self.outline.aspects <= 0
        if not unread.any():
            return self
        order = np.argsort(unread, kind="stable")
        days = np.where(unread, np.int32(NO_DAY), self.outline.days)
        outline = GridOutline(self.outline.aspects[order], days[order], self.outline.colors[order])
        return GridContents(self.ids[order], outline)

    def same_tiles(self, other: GridContents) -> bool:
        """Return whether both show the same photos in the same places and shapes."""
        return (
            np.array_equal(self.ids, other.ids)
            and np.array_equal(self.outline.aspects, other.outline.aspects)
            and np.array_equal(self.outline.days, other.outline.days)
            and np.array_equal(self.outline.colors, other.outline.colors)
        )


class PhotoIndex:
    """Finds the places of photos in an array of ids without a dictionary of a million entries."""

    def __init__(self, ids: Ids) -> None:
        self._order = np.argsort(ids)
        self._sorted = ids[self._order]

    def places(self, wanted: Ids) -> Ids:
        """Return int64 [m], the place of each wanted photo, or -1."""
        if not len(self._sorted):
            return np.full(len(wanted), -1, dtype=np.int64)
        # Neighbours are found next to each other, several times as fast as ids in any order.
        order = np.argsort(wanted)
        ascending = wanted[order]
        at = np.minimum(np.searchsorted(self._sorted, ascending), len(self._sorted) - 1)
        places = np.empty(len(wanted), dtype=np.int64)
        places[order] = np.where(self._sorted[at] == ascending, self._order[at], -1)
        return places

    def place(self, photo_id: int) -> int | None:
        """Return the place of one photo, or None."""
        found = int(self.places(np.asarray([photo_id], dtype=np.int64))[0])
        return None if found < 0 else found


def build_contents(
    library: LibraryPort, ids: Ids, previous: GridContents, stale: Collection[PhotoId] = ()
) -> GridContents:
    """Return the contents for some ids; asks only for outlines that are not known yet.

    Args:
        library: asked for what is not known.
        ids: int64 [n], in the order of the grid.
        previous: what is known already; its outlines are used again, save those of `stale` and
            those without an aspect.
        stale: photos whose outline may have changed.

    Blocks; call it off the GUI thread.
    """
    places = previous.index.places(ids)
    known = places >= 0
    if len(stale):
        known &= ~np.isin(ids, np.fromiter(stale, np.int64, len(stale)))
    aspects = np.zeros(len(ids), np.float32)
    days = np.zeros(len(ids), np.int32)
    colors = np.zeros(len(ids), np.uint32)
    from_previous = places[known]
    aspects[known] = previous.outline.aspects[from_previous]
    days[known] = previous.outline.days[from_previous]
    colors[known] = previous.outline.colors[from_previous]
    unknown = ~known
    if unknown.any():
        fresh = library.grid_outline(ids[unknown])
        aspects[unknown] = fresh.aspects
        days[unknown] = fresh.days
        colors[unknown] = fresh.colors
    return GridContents(ids, GridOutline(aspects, days, colors))
