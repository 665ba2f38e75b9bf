"""What a search text means: the syntax tree between the parser and the engine.

A query is a sequence of parts that all count: texts, found by meaning and by letters, and
conditions, which a photo passes or does not. `str(query)` prints text that parses to the same
query, so that searches can be saved, edited and shown as chips.

The tree is closed under growth: a further kind of part (a photo to be like, a bracketed group)
joins the union `Part` with its own `__str__`, and only the parser's and the engine's one `match`
statement need learn of it; alternatives and negation among conditions are already there as
`AnyOf`, `AllOf` and `Not`.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

from photoorg.core.conditions import (
    AllOf,
    AnyOf,
    CameraContains,
    Condition,
    DateBetween,
    FolderContains,
    Has,
    IsMissing,
    MediaTypeIs,
    NameContains,
    Not,
    RatingCompares,
    TagIs,
)


@dataclass(frozen=True, slots=True)
class Text:
    """Words to be found by meaning, and in names, captions and tags.

    Attributes:
        text: a single word, or with `quoted` any text.
        quoted: names and captions must have the words next to each other, in this order.
        weight: how much it counts against the other texts; below 0 it pushes photos away.
    """

    text: str
    quoted: bool = False
    weight: float = 1.0

    def __str__(self) -> str:
        sign = "-" if self.weight < 0 else ""
        size = abs(self.weight)
        factor = "" if size == 1 else f"{size:.6g}*"
        return f"{sign}{factor}{_quote(self.text) if self.quoted else self.text}"


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition that every photo of the answer meets."""

    condition: Condition

    def __str__(self) -> str:
        return format_condition(self.condition)


Part = Text | Filter


@dataclass(frozen=True, slots=True)
class Query:
    """A whole search text."""

    parts: tuple[Part, ...] = ()

    def __str__(self) -> str:
        return " ".join(str(part) for part in self.parts)

    @property
    def texts(self) -> tuple[Text, ...]:
        return tuple(part for part in self.parts if isinstance(part, Text))

    @property
    def condition(self) -> Condition | None:
        """All filters as one condition, or None where there is none."""
        conditions = tuple(part.condition for part in self.parts if isinstance(part, Filter))
        if not conditions:
            return None
        return conditions[0] if len(conditions) == 1 else AllOf(conditions)


def format_condition(condition: Condition) -> str:
    """Return a condition as a person would type it.

    Brackets with `and` and `or` stand for conditions that the search box cannot take yet; saved
    searches and messages still show them.
    """
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
            return f"rating:{comparison}{rating}"
        case DateBetween(first, last):
            return f"date:{_format_dates(first, last)}"
        case Has(trait):
            return f"has:{trait}"
        case IsMissing():
            return "is:missing"
        case Not(inner):
            return f"-{format_condition(inner)}"
        case AllOf(conditions):
            return f"({' and '.join(map(format_condition, conditions))})"
        case AnyOf(conditions):
            return f"({' or '.join(map(format_condition, conditions))})"


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _value(text: str) -> str:
    plain = text and text[0] not in "“„" and not any(c.isspace() or c == '"' for c in text)
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
