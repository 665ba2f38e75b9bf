"""Reads what a person types into the search box.

The reader forgives: whatever is not a known filter is words, and a filter without a value yet
("rating:>") counts for nothing while it is being typed. Only a value that can never mean anything
("date:banana") is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from photoorg.core.conditions import (
    CameraContains,
    Comparison,
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
    Trait,
)
from photoorg.core.errors import QuerySyntaxError
from photoorg.core.query import Filter, Part, Query, Text, period
from photoorg.core.records import MediaType

_QUOTES = '"“„'
_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"\S+")
_SIGN = re.compile(r"[-\u2212](?=[^-\u2212\s])")  # the second is what word processors write
_WEIGHT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)\*(?=\S)")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"|[“„]([^“”„]*)[”“]')
_RATING = re.compile(r"(<=|>=|==|<|>|=|≤|≥)?([0-5]?)")

_COMPARISONS = {
    "": Comparison.EQUAL,
    "=": Comparison.EQUAL,
    "==": Comparison.EQUAL,
    "<": Comparison.LESS,
    "<=": Comparison.AT_MOST,
    "≤": Comparison.AT_MOST,
    ">": Comparison.MORE,
    ">=": Comparison.AT_LEAST,
    "≥": Comparison.AT_LEAST,
}
_MEDIA_TYPES = {
    **{media_type.value: media_type for media_type in MediaType},
    "jpg": MediaType.JPEG,
    "tif": MediaType.TIFF,
    "heic": MediaType.HEIF,
}
_TRAITS = {
    **{trait.value: trait for trait in Trait},
    "place": Trait.GPS,
    "tag": Trait.TAGS,
}


def parse(text: str) -> Query:
    """Read a search text.

    Words and "quoted phrases" are texts; `-` before one pushes photos away and `2*` weighs it.
    Filters are `tag:`, `folder:`, `name:`, `camera:`, `type:`, `rating:`, `date:`, `has:` and
    `is:missing`, each turned round by `-`; values with spaces stand in quotes.

    Raises:
        QuerySyntaxError: a filter has an impossible value; the message says where.
    """
    return Query(tuple(_Reader(text).parts()))


class _Reader:
    """One pass over a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._dropped = 0  # characters left out of the text so far, for positions in messages

    def parts(self) -> list[Part]:
        parts: list[Part] = []
        while True:
            self._take(_SPACE)
            if self._at == len(self._text):
                return parts
            part = self._part()
            if part is not None:
                parts.append(part)

    def _part(self) -> Part | None:
        start = self._at
        negative = self._take(_SIGN) is not None
        prefix = self._take(_PREFIX)
        if prefix is not None:
            condition = self._condition(prefix[1].lower(), start)
            if condition is None:
                return None
            return Filter(Not(condition) if negative else condition)
        factor_at = self._at
        weight = 1.0
        if (factor := _WEIGHT.match(self._text, self._at)) and float(factor[1]) > 0:
            weight = float(factor[1])
            self._at = factor.end()
            if weight == 1:  # says nothing; what follows is read as if it were not there
                self._leave_out(factor_at, factor.end(), start)
                return None
        text = self._phrase_or_word()
        if text is None:  # a quote that was never closed
            self._leave_out(self._at, self._at + 1, start)
            return None
        return replace(text, weight=-weight if negative else weight) if text.text else None

    def _phrase_or_word(self) -> Text | None:
        if self._text[self._at] in _QUOTES:
            quoted = self._take(_QUOTED)
            return None if quoted is None else Text(_unquote(quoted), quoted=True)
        word = self._take(_WORD)
        return Text(word[0] if word else "")

    def _condition(self, prefix: str, start: int) -> Condition | None:
        """Read a filter's value; None while there is none yet."""
        at = self._at
        if self._text[at : at + 1] in tuple(_QUOTES):
            quoted = self._take(_QUOTED)
            if quoted is not None:
                value = _unquote(quoted)
            else:  # still being typed: it goes on to the end
                value = _tidy(self._text[at + 1 :])
                self._at = len(self._text)
        else:
            word = self._take(_WORD)
            value = word[0] if word else ""
        if not value:
            return None
        try:
            return _FILTERS[prefix](value)
        except ValueError as error:
            raise QuerySyntaxError(
                f"“{value}” at character {start + self._dropped + 1} is no {prefix}.", str(error)
            ) from error

    def _leave_out(self, first: int, last: int, start: int) -> None:
        """Leave characters out and read again from `start`."""
        self._text = self._text[:first] + self._text[last:]
        self._dropped += last - first
        self._at = start

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
        return match


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _unquote(match: re.Match[str]) -> str:
    straight, curly = match[1], match[2]
    return _tidy(curly if straight is None else straight.replace('""', '"'))


# Each of these raises ValueError with a hint, or returns None for a value that is not complete.
def _media_type(value: str) -> Condition:
    try:
        return MediaTypeIs(_MEDIA_TYPES[value.lower()])
    except KeyError:
        raise ValueError(f"Known types are {', '.join(_MEDIA_TYPES)}.") from None


def _rating(value: str) -> Condition | None:
    match = _RATING.fullmatch(value)
    if match is None:
        raise ValueError("Write rating:3, rating:>=3 or rating:<5; ratings go from 0 to 5.")
    comparison, number = match[1] or "", match[2]
    return RatingCompares(_COMPARISONS[comparison], int(number)) if number else None


def _date(value: str) -> Condition | None:
    first, dots, last = value.partition("..")
    if not first and not last:
        return None
    try:
        if not dots:
            return DateBetween(*period(first))
        edges = [period(edge) if edge else None for edge in (first, last)]
    except ValueError:
        raise ValueError(
            "Write date:2021, date:2021-07, date:2021-07-14, date:2021..2023 or date:2021.."
        ) from None
    begin, end = edges
    if begin is not None and end is not None and begin[0] > end[0]:
        begin, end = end, begin
    return DateBetween(begin[0] if begin else None, end[1] if end else None)


def _has(value: str) -> Condition:
    try:
        return Has(_TRAITS[value.lower()])
    except KeyError:
        raise ValueError(f"Known are {', '.join(f'has:{name}' for name in _TRAITS)}.") from None


def _is(value: str) -> Condition:
    if value.lower() != "missing":
        raise ValueError("Known is is:missing.")
    return IsMissing()


_FILTERS: dict[str, Callable[[str], Condition | None]] = {
    "tag": TagIs,
    "folder": FolderContains,
    "name": NameContains,
    "camera": CameraContains,
    "type": _media_type,
    "rating": _rating,
    "date": _date,
    "has": _has,
    "is": _is,
}
_PREFIX = re.compile(rf"({'|'.join(_FILTERS)}):", re.IGNORECASE)
