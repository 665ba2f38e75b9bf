"""What a photo must be to pass a filter: the part of a query that a catalog can decide exactly.

The search layer builds conditions from what was typed; `photoorg.catalog.filters` turns them into
SQL. They are plain records so that both sides can be tested without the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from photoorg.core.ids import PhotoId
from photoorg.core.records import MediaType


class Comparison(StrEnum):
    """How a rating is compared; the value is the operator as typed and as SQL writes it."""

    LESS = "<"
    AT_MOST = "<="
    EQUAL = "="
    AT_LEAST = ">="
    MORE = ">"


class Trait(StrEnum):
    """Things that a photo has or has not, as typed after `has:`."""

    GPS = "gps"
    TAGS = "tags"
    CAPTION = "caption"
    RATING = "rating"


@dataclass(frozen=True, slots=True)
class TagIs:
    """Carries this tag or one below it, confirmed.

    Any name of the tag will do; it counts whole, letter case does not.
    """

    name: str


@dataclass(frozen=True, slots=True)
class FolderContains:
    """Lies in or below a folder whose own name contains the text; letter case does not count.

    Folders above those that the person added do not count.
    """

    text: str


@dataclass(frozen=True, slots=True)
class NameContains:
    """A file's name contains the text; letter case does not count."""

    text: str


@dataclass(frozen=True, slots=True)
class MediaTypeIs:
    """The content is of this format."""

    media_type: MediaType


@dataclass(frozen=True, slots=True)
class RatingCompares:
    """The rating, 0 where there is none, compares so with a number."""

    comparison: Comparison
    rating: int


@dataclass(frozen=True, slots=True)
class DateBetween:
    """Taken between two days, both of them included; None leaves a side open.

    A photo whose file tells no date counts with the time at which the file was last changed, as in
    the grid. A year is its first to its last day, and so is a month.
    """

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class CameraContains:
    """The camera's name contains the text; letter case does not count."""

    text: str


@dataclass(frozen=True, slots=True)
class Has:
    """Has a place, tags, a caption or a rating."""

    trait: Trait


@dataclass(frozen=True, slots=True)
class IsMissing:
    """No file of the photo is there any more."""


@dataclass(frozen=True, slots=True)
class InAlbum:
    """Is in the album of this name; the name counts whole, letter case does not."""

    name: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """Is one of these photos."""

    photo_ids: tuple[PhotoId, ...]


@dataclass(frozen=True, slots=True)
class OpenAlbum:
    """Is in the album of this name, which by now is known to be: passes the condition."""

    name: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class AllOf:
    """All conditions hold; true of every photo where there are none."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one condition holds; true of no photo where there are none."""

    conditions: tuple[Condition, ...]


Condition = (
    TagIs
    | FolderContains
    | NameContains
    | MediaTypeIs
    | RatingCompares
    | DateBetween
    | CameraContains
    | Has
    | IsMissing
    | InAlbum
    | OneOf
    | OpenAlbum
    | Not
    | AllOf
    | AnyOf
)
