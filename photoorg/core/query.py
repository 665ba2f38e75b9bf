"""What a search text means: the syntax tree between the parser and the engine.

A query is a sequence of parts. Leaves are texts (found by meaning and by letters), photos to be
like, tags to look as if one carried them, and conditions, which a photo passes or does not; groups
stand for brackets, `and` and `or`. Texts and photos that stand next to each other in one group are
summed up into one thing to look for, weighted and with signs; `and` and `or` join what is judged
apart.

`str(query)` prints text that parses to the same query, so that searches can be saved, edited and
shown as chips. Every part knows which characters of the typed text it was read from (`span`); two
parts that mean the same are equal wherever they stood.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import pairwise

from photoorg.core.conditions import (
    AllOf,
    AnyOf,
    CameraContains,
    Comparison,
    Condition,
    DateBetween,
    FolderContains,
    Has,
    InAlbum,
    IsMissing,
    MediaTypeIs,
    NameContains,
    Not,
    OneOf,
    OpenAlbum,
    RatingCompares,
    TagIs,
)
from photoorg.core.ids import PhotoId

OPERATOR_WORDS = frozenset({"and", "or", "not", "AND", "OR", "NOT"})
"""Words that join others unless `+`, `-` or a weight stands right before them."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of the typed text."""

    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Text:
    """Words to be found by meaning, and in names, captions and tags.

    Attributes:
        text: a single word, or with `quoted` any text.
        quoted: names and captions must have the words next to each other, in this order.
        weight: how much it counts against its neighbours; below 0 it pushes photos away.
        span: where it stands.
    """

    text: str
    quoted: bool = False
    weight: float = 1.0
    span: Span = field(default=Span(), compare=False)

    @property
    def plain(self) -> bool:
        """Whether it is a bare word, which reads as a caption together with its neighbours."""
        return not self.quoted and self.weight == 1

    def __str__(self) -> str:
        if self.quoted:
            return f"{_factor(self.weight)}{_quote(self.text)}"
        escape = "+" if self.plain and self.text in OPERATOR_WORDS else ""
        return f"{escape}{_factor(self.weight)}{self.text}"


@dataclass(frozen=True, slots=True)
class Like:
    """A photo that the answer shall be like.

    Attributes:
        photo: the number of a photo of the library, or the path of any.
        weight: as of a text.
        span: where it stands.
    """

    photo: PhotoId | str
    weight: float = 1.0
    span: Span = field(default=Span(), compare=False)

    def __str__(self) -> str:
        source = f"#{self.photo}"
        if isinstance(self.photo, str):
            source = _quote(self.photo) if self.photo.startswith("#") else _value(self.photo)
        return f"{_factor(self.weight)}like:{source}"


@dataclass(frozen=True, slots=True)
class Looks:
    """Photos that look as if they carried a tag, and do not carry it.

    Attributes:
        tag: its name, of one or more words.
        weight: as of a text.
        span: where it stands.
    """

    tag: str
    weight: float = 1.0
    span: Span = field(default=Span(), compare=False)

    def __str__(self) -> str:
        return f"{_factor(self.weight)}looks:{_value(self.tag)}"


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition that every photo of the answer meets."""

    condition: Condition
    span: Span = field(default=Span(), compare=False)

    def __str__(self) -> str:
        return format_condition(self.condition)


class Join(StrEnum):
    """How the parts of a group belong together."""

    NEXT = "next"
    """They stand side by side: texts and photos are summed up, everything else has to hold too."""
    AND = "and"
    OR = "or"


@dataclass(frozen=True, slots=True)
class Group:
    """Parts within brackets, or on both sides of `and` or `or`.

    Attributes:
        join: how the parts belong together.
        parts: two or more.
        weight: as of a text; below 0 it is everything but the group.
        span: with brackets, sign and weight.
    """

    join: Join
    parts: tuple[Part, ...]
    weight: float = 1.0
    span: Span = field(default=Span(), compare=False)

    def __str__(self) -> str:
        return f"{_factor(self.weight)}({self.within()})"

    def within(self) -> str:
        """Return what stands between the brackets."""
        match self.join:
            case Join.NEXT:
                return _print_neighbours(self.parts)
            case Join.AND:
                return _print_all(self.parts)
            case Join.OR:
                return " or ".join(
                    _print_operand(part, free=(Join.NEXT, Join.AND)) for part in self.parts
                )


Part = Text | Like | Looks | Filter | Group


class Order(StrEnum):
    """In which order an answer is shown; the value is what is typed after `sort:`."""

    RELEVANCE = "relevance"
    NEWEST = "date"
    OLDEST = "-date"


@dataclass(frozen=True, slots=True)
class Sort:
    """An order that was asked for."""

    order: Order
    span: Span = field(default=Span(), compare=False)

    def __str__(self) -> str:
        return f"sort:{self.order}"


@dataclass(frozen=True, slots=True)
class Query:
    """A whole search text.

    Attributes:
        parts: they stand next to each other; a text that is one `and` or `or` is one group.
        sort: the order asked for, or None.
    """

    parts: tuple[Part, ...] = ()
    sort: Sort | None = None

    def __str__(self) -> str:
        match self.parts:
            case (Group(weight=1.0) as group,):
                text = group.within()
            case parts:
                text = _print_neighbours(parts)
        return " ".join(filter(None, (text, str(self.sort or ""))))

    def leaves(self) -> Iterator[Text | Like | Looks | Filter]:
        """Return what is in the query without its groups, in order."""
        for part in self.parts:
            yield from leaves(part)

    @property
    def texts(self) -> tuple[Text, ...]:
        return tuple(part for part in self.leaves() if isinstance(part, Text))

    @property
    def condition(self) -> Condition | None:
        """All that is decided by conditions alone and holds for the whole answer, or None."""
        return joined_condition(self.parts)


def leaves(part: Part) -> Iterator[Text | Like | Looks | Filter]:
    """Return a part itself, or all that stands in a group, in order."""
    if isinstance(part, Group):
        for inner in part.parts:
            yield from leaves(inner)
    else:
        yield part


def joined_condition(parts: tuple[Part, ...]) -> Condition | None:
    """Return those of parts that are conditions as one that means all of them, or None."""
    conditions = [each for each in map(condition_of, parts) if each is not None]
    if not conditions:
        return None
    return conditions[0] if len(conditions) == 1 else AllOf(tuple(conditions))


def condition_of(part: Part) -> Condition | None:
    """Return a part as one condition, or None where it wants anything to be judged."""
    if isinstance(part, Filter):
        return part.condition
    if not isinstance(part, Group):
        return None
    conditions = [condition_of(inner) for inner in part.parts]
    known = tuple(condition for condition in conditions if condition is not None)
    if len(known) < len(conditions):
        return None
    whole: Condition = AnyOf(known) if part.join is Join.OR else AllOf(known)
    return Not(whole) if part.weight < 0 else whole


# -- printing ---------------------------------------------------------------------------------
def _factor(weight: float) -> str:
    size = abs(weight)
    return f"{'-' if weight < 0 else ''}{'' if size == 1 else f'{size:.6g}*'}"


def _print_neighbours(parts: tuple[Part, ...]) -> str:
    """Print parts that stand side by side; `and` between two bare words is one of a caption."""
    printed = [str(part) for part in parts]
    for at in range(1, len(parts) - 1):
        before, part, after = parts[at - 1 : at + 2]
        bare = _is_plain(before) and _is_plain(part) and _is_plain(after)
        if bare and isinstance(part, Text) and part.text == "and":
            printed[at] = "and"
    return " ".join(printed)


def _print_all(parts: tuple[Part, ...]) -> str:
    """Print parts joined by `and`, in capitals where it would else be a word of a caption."""
    printed = _print_operand(parts[0], free=(Join.NEXT,))
    for before, part in pairwise(parts):
        caption = _is_plain(_edge(before, -1)) and _is_plain(_edge(part, 0))
        operand = _print_operand(part, free=(Join.NEXT,))
        printed += f"{' AND ' if caption else ' and '}{operand}"
    return printed


def _print_operand(part: Part, free: tuple[Join, ...]) -> str:
    """Print one side of `and` or `or`; those groups bind tighter that need no brackets there."""
    if isinstance(part, Group) and part.weight == 1 and part.join in free:
        return part.within()
    return str(part)


def _edge(part: Part, which: int) -> Part:
    """Return the first (0) or last (-1) part of a side that is printed without brackets."""
    if isinstance(part, Group) and part.weight == 1 and part.join is Join.NEXT:
        return part.parts[which]
    return part


def _is_plain(part: Part) -> bool:
    return isinstance(part, Text) and part.plain


def format_condition(condition: Condition) -> str:
    """Return a condition as a person would type it."""
    match condition:
        case TagIs(name):
            return f"tag:{_value(name)}"
        case FolderContains(text):
            return f"folder:{_value(text)}"
        case NameContains(text):
            return f"name:{_value(text)}"
        case CameraContains(text):
            return f"camera:{_value(text)}"
        case MediaTypeIs(media_type):
            return f"type:{media_type}"
        case RatingCompares(comparison, rating):
            return f"rating:{'' if comparison is Comparison.EQUAL else comparison}{rating}"
        case DateBetween(first, last):
            return f"date:{_format_dates(first, last)}"
        case Has(trait):
            return f"has:{trait}"
        case IsMissing():
            return "is:missing"
        case InAlbum(name) | OpenAlbum(name):
            return f"album:{_value(name)}"
        case OneOf(photo_ids):
            return f"({' or '.join(f'like:#{photo_id}' for photo_id in photo_ids)})"
        case Not(inner):
            return f"-{format_condition(inner)}"
        case AllOf(conditions):
            return f"({' and '.join(map(format_condition, conditions))})"
        case AnyOf(conditions):
            return f"({' or '.join(map(format_condition, conditions))})"


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _value(text: str) -> str:
    plain = text and text[0] not in "“„" and not any(c.isspace() or c in '"()' for c in text)
    return text if plain else _quote(text)


def _format_dates(first: date | None, last: date | None) -> str:
    if first is not None and last is not None:
        full = first.isoformat()
        for short in (full[:4], full[:7], full):
            if period(short) == (first, last):
                return short
    return f"{_format_edge(first, 0)}..{_format_edge(last, 1)}"


def _format_edge(day: date | None, side: int) -> str:
    """Return the shortest text whose period begins (side 0) or ends (side 1) at a day."""
    if day is None:
        return ""
    full = day.isoformat()
    return next(text for text in (full[:4], full[:7], full) if period(text)[side] == day)


def period(text: str) -> tuple[date, date]:
    """Return the first and last day of "2021", "2021-07" or "2021-07-14".

    Raises:
        ValueError: it is none of these, or not a day that ever was.
    """
    numbers = text.split("-")
    if not all(number.isascii() and number.isdigit() for number in numbers):
        raise ValueError(f"{text!r} is not a date")
    lengths = tuple(len(number) for number in numbers)
    if not (lengths[0] == 4 and all(1 <= length <= 2 for length in lengths[1:])):
        raise ValueError(f"{text!r} is not a date")
    match [int(number) for number in numbers]:
        case [year]:
            return date(year, 1, 1), date(year, 12, 31)
        case [year, month] if 1 <= month <= 12 and year > 0:
            return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
        case [year, month, day]:
            return date(year, month, day), date(year, month, day)
        case _:
            raise ValueError(f"{text!r} is not a date")
