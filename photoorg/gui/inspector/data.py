"""What the inspector shows, gathered away from the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.core.records import PhotoDetails, Suggestion

SUGGESTION_LIMIT = 10

RATING_LIMIT = 1000
"""Photos whose rating is compared; of more, the first ones speak for all."""

MOSAIC = 4
"""Photos of a selection that are pictured."""

TAG_LIMIT = 60
"""Tags shown for many photos, most used first."""


@dataclass(frozen=True, slots=True)
class Described:
    """Tags and facts of the selected photos.

    Attributes:
        photo_ids: what was asked for.
        details: of a single photo; None for many, or where it is gone.
        tags: how many of the photos carry each confirmed tag; fullest first for many photos,
            by name for one.
        rating: of all the photos, or 0 where they differ.
        thumbnail_keys: of the first photos, for the picture.
    """

    photo_ids: tuple[PhotoId, ...]
    details: PhotoDetails | None = None
    tags: tuple[tuple[str, int], ...] = ()
    rating: int = 0
    thumbnail_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggested:
    """Suggested tags of one photo, most probable first."""

    photo_ids: tuple[PhotoId, ...]
    suggestions: tuple[Suggestion, ...] = ()


def describe(library: LibraryPort, photo_ids: tuple[PhotoId, ...]) -> Described:
    """Read tags and facts. Blocks: call it from a task."""
    rows = library.grid_rows(photo_ids[:RATING_LIMIT])
    ratings = {row.rating for row in rows}
    rating = ratings.pop() if len(ratings) == 1 else 0
    keys = tuple(row.thumbnail_key for row in rows if row.thumbnail_key)[:MOSAIC]
    if len(photo_ids) == 1:
        details = library.details(photo_ids[0])
        tags = tuple((tag, 1) for tag, _ in details.confirmed) if details else ()
        return Described(photo_ids, details, tags, rating, keys)
    counts = sorted(library.tag_states(photo_ids).items(), key=lambda pair: (-pair[1], pair[0]))
    return Described(photo_ids, None, tuple(counts[:TAG_LIMIT]), rating, keys)


def suggest(library: LibraryPort, photo_id: PhotoId) -> Suggested:
    """Ask for suggestions for one photo. Blocks: call it from a task."""
    found = library.suggest((photo_id,), SUGGESTION_LIMIT).get(photo_id, ())
    return Suggested((photo_id,), tuple(found))
