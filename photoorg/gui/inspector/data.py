"""What the inspector shows, gathered away from the GUI thread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.core.records import PhotoDetails, Suggestion

SUGGESTION_LIMIT = 10
SUGGESTION_SAMPLE = 200
"""Photos looked at for the suggestions of a larger selection, evenly spread over it."""

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
    """Suggested tags of the selected photos, most probable first."""

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


def suggest(library: LibraryPort, photo_ids: tuple[PhotoId, ...]) -> Suggested:
    """Ask for suggestions and sum them up for the selection. Blocks: call it from a task."""
    if len(photo_ids) == 1:
        found = library.suggest(photo_ids, SUGGESTION_LIMIT).get(photo_ids[0], ())
        return Suggested(photo_ids, tuple(found))
    step = max(1, -(-len(photo_ids) // SUGGESTION_SAMPLE))
    answers = library.suggest(photo_ids[::step], SUGGESTION_LIMIT)
    return Suggested(photo_ids, mean_suggestions(list(answers.values()), SUGGESTION_LIMIT))


def mean_suggestions(answers: Sequence[Sequence[Suggestion]], limit: int) -> tuple[Suggestion, ...]:
    """Average the probabilities of each tag over photos; a tag not listed counts as 0.

    Args:
        answers: the suggestions of each photo.
        limit: how many to keep.
    """
    total: defaultdict[str, float] = defaultdict(float)
    sources: dict[str, str] = {}
    for answer in answers:
        for suggestion in answer:
            total[suggestion.tag] += suggestion.probability
            sources.setdefault(suggestion.tag, suggestion.source)
    means = [Suggestion(tag, sum_ / len(answers), sources[tag]) for tag, sum_ in total.items()]
    means.sort(key=lambda suggestion: (-suggestion.probability, suggestion.tag))
    return tuple(means[:limit])
