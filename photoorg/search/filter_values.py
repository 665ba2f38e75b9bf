"""Reads the values of filters: from what stands behind a colon to a condition.

Each reader returns None for a value that is not complete yet, and raises ValueError with a hint
for one that can never mean anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from photoorg.core.conditions import (
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
    RatingCompares,
    TagIs,
    Trait,
)
from photoorg.core.ids import PhotoId
from photoorg.core.query import Order, period
from photoorg.core.records import MediaType

_RATING = re.compile(r"(<=|>=|==|<|>|=|≤|≥)?([0-5]?)")
_NUMBER = re.compile(r"#([0-9]{0,18})")

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
MEDIA_TYPES: Mapping[str, MediaType] = {
    **{media_type.value: media_type for media_type in MediaType},
    "jpg": MediaType.JPEG,
    "tif": MediaType.TIFF,
    "heic": MediaType.HEIF,
}
TRAITS: Mapping[str, Trait] = {
    **{trait.value: trait for trait in Trait},
    "place": Trait.GPS,
    "tag": Trait.TAGS,
}
STATES: Mapping[str, Condition] = {
    "missing": IsMissing(),
    "tagged": Has(Trait.TAGS),
    "untagged": Not(Has(Trait.TAGS)),
    "rated": Has(Trait.RATING),
    "unrated": Not(Has(Trait.RATING)),
}
ORDERS: Mapping[str, Order] = {
    **{order.value: order for order in Order},
    "newest": Order.NEWEST,
    "oldest": Order.OLDEST,
}


def condition(prefix: str, value: str) -> Condition | None:
    """Read the value of a filter.

    Args:
        prefix: one of `FILTERS`.
        value: what stands behind its colon; not empty.

    Raises:
        ValueError: it can never mean anything; the message says what would.
    """
    return FILTERS[prefix](value)


def photo(value: str, *, quoted: bool) -> PhotoId | str | None:
    """Read the value of `like:`: "#12" is a photo's number, anything else a path.

    Raises:
        ValueError: it begins as a number and is none.
    """
    if quoted or not value.startswith("#"):
        return value
    number = _NUMBER.fullmatch(value)
    if number is None:
        raise ValueError('Write like:#12 for a photo of the library, or like:"/path/photo.jpg".')
    return PhotoId(int(number[1])) if number[1] else None


def order(value: str) -> Order:
    """Read the value of `sort:`.

    Raises:
        ValueError: there is no such order.
    """
    try:
        return ORDERS[value.lower()]
    except KeyError:
        raise ValueError(f"Known are {_listed('sort', ORDERS)}.") from None


def _media_type(value: str) -> Condition:
    try:
        return MediaTypeIs(MEDIA_TYPES[value.lower()])
    except KeyError:
        raise ValueError(f"Known types are {', '.join(MEDIA_TYPES)}.") from None


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
        return Has(TRAITS[value.lower()])
    except KeyError:
        raise ValueError(f"Known are {_listed('has', TRAITS)}.") from None


def _is(value: str) -> Condition:
    try:
        return STATES[value.lower()]
    except KeyError:
        raise ValueError(f"Known are {_listed('is', STATES)}.") from None


def _listed(prefix: str, names: Mapping[str, object]) -> str:
    return ", ".join(f"{prefix}:{name}" for name in names)


FILTERS: Mapping[str, Callable[[str], Condition | None]] = {
    "tag": TagIs,
    "folder": FolderContains,
    "name": NameContains,
    "camera": CameraContains,
    "type": _media_type,
    "rating": _rating,
    "date": _date,
    "has": _has,
    "is": _is,
    "album": InAlbum,
}
"""Readers of filters by what stands before the colon."""
