"""What two models say of the same photos, gathered away from the GUI thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.core.records import GridRow, PhotoScope, Suggestion

SAMPLE: Final = 24
"""Photos compared at once."""

SHOWN: Final = 6
"""Suggestions of each model for a photo."""

_LOOKED_AT: Final = 10 * SAMPLE


@dataclass(frozen=True, slots=True)
class Verdict:
    """One suggestion, as a comparison shows it.

    Attributes:
        tag: what is suggested.
        probability: 0 to 1.
        own: whether the person gave this tag to the photo.
        shared: whether the other model suggests it too.
    """

    tag: str
    probability: float
    own: bool
    shared: bool


@dataclass(frozen=True, slots=True)
class ComparedPhoto:
    """One photo with what both models say of it; None where a model cannot see it."""

    photo_id: PhotoId
    name: str
    thumbnail: Path | None
    tags: tuple[str, ...]
    left: tuple[Verdict, ...] | None
    right: tuple[Verdict, ...] | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on some photos.

    Attributes:
        left: id of a model.
        right: id of the other.
        photos: in the order of the grid.
    """

    left: str
    right: str
    photos: tuple[ComparedPhoto, ...]

    @property
    def own_tags(self) -> int:
        """How many tags the person gave to these photos."""
        return sum(len(photo.tags) for photo in self.photos)

    @property
    def found(self) -> tuple[int, int]:
        """How many of these each model has among its suggestions."""
        left = sum(verdict.own for photo in self.photos for verdict in photo.left or ())
        right = sum(verdict.own for photo in self.photos for verdict in photo.right or ())
        return left, right


def compare(
    library: LibraryPort, left: str, right: str, photo_ids: Sequence[PhotoId] = ()
) -> Comparison:
    """Ask two models. Blocks: call it from a task.

    Args:
        library: has the models and the photos.
        left: id of a model.
        right: id of the other.
        photo_ids: what to look at; none for recent photos, those with tags of one's own first.

    Raises:
        ModelFileProblem: a model is damaged or gone.
    """
    rows = _sample(library, photo_ids)
    ids = [row.photo_id for row in rows]
    by_left = library.suggest_with(left, ids, SHOWN)
    by_right = library.suggest_with(right, ids, SHOWN)
    photos = tuple(
        _compared(library, row, by_left.get(row.photo_id), by_right.get(row.photo_id))
        for row in rows
    )
    return Comparison(left, right, photos)


def _sample(library: LibraryPort, photo_ids: Sequence[PhotoId]) -> list[GridRow]:
    if photo_ids:
        return list(library.grid_rows(photo_ids[:SAMPLE]))
    newest = library.photo_ids(PhotoScope())[:_LOOKED_AT]
    rows = library.grid_rows([PhotoId(photo) for photo in newest.tolist()])
    seen = [row for row in rows if row.thumbnail_key]
    chosen = [*(row for row in seen if row.tags), *(row for row in seen if not row.tags)][:SAMPLE]
    kept = {row.photo_id for row in chosen}
    return [row for row in seen if row.photo_id in kept]


def _compared(
    library: LibraryPort,
    row: GridRow,
    left: Sequence[Suggestion] | None,
    right: Sequence[Suggestion] | None,
) -> ComparedPhoto:
    thumbnail = library.thumbnail_path(row.thumbnail_key) if row.thumbnail_key else None
    own = set(row.tags)
    return ComparedPhoto(
        row.photo_id,
        row.name,
        thumbnail,
        row.tags,
        _verdicts(left, right, own),
        _verdicts(right, left, own),
    )


def _verdicts(
    mine: Sequence[Suggestion] | None, others: Sequence[Suggestion] | None, own: set[str]
) -> tuple[Verdict, ...] | None:
    if mine is None:
        return None
    shared = {suggestion.tag for suggestion in others or ()}
    return tuple(
        Verdict(each.tag, each.probability, each.tag in own, each.tag in shared) for each in mine
    )
