"""Putting words, dates and ratings from files into one form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta

_MAX_TEXT = 10_000

_DATE = re.compile(
    r"\s*(\d{4})[:\-/. ](\d{1,2})[:\-/. ](\d{1,2})"
    r"(?:[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,6})\d*)?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?"
)
_OFFSET = re.compile(r"\s*(?:(Z)|([+-])(\d{1,2}):?(\d{2}))")

_EARLIEST_YEAR = 1826
"""The oldest photo there is; a year before it comes from a camera whose clock was never set."""


def clean(text: str) -> str:
    """Return text in Unicode's composed form, without control characters, of bearable length."""
    kept = "".join(c for c in text[:_MAX_TEXT] if c in "\n\t" or unicodedata.category(c)[0] != "C")
    return unicodedata.normalize("NFC", kept).strip()


def unique(words: Iterable[str]) -> tuple[str, ...]:
    """Return cleaned words in their order, each once, without empty ones."""
    return tuple(dict.fromkeys(filter(None, map(clean, words))))


def parse_date(text: str) -> tuple[datetime | None, int | None]:
    """Read a date as Exif or XMP writes it.

    Returns:
        Local time without a zone, and the zone's minutes east of UTC; None each where unknown.
    """
    found = _DATE.match(text[:64])
    if found is None:
        return None, None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    if year < _EARLIEST_YEAR:
        return None, None
    # Some cameras count midnight as hour 24.
    extra = timedelta(days=1) if hour == 24 else timedelta()
    fraction = int((found[7] or "0").ljust(6, "0"))
    try:
        moment = datetime(year, month, day, hour % 24, minute, min(second, 59), fraction) + extra
    except (ValueError, OverflowError):
        return None, None
    return moment, parse_offset(found[8] or "")


def parse_offset(text: str) -> int | None:
    """Read "+02:00" or "Z" as minutes east of UTC."""
    found = _OFFSET.match(text[:16])
    if found is None:
        return None
    if found[1]:
        return 0
    minutes = 60 * int(found[3]) + int(found[4])
    return None if minutes > 14 * 60 else minutes * (-1 if found[2] == "-" else 1)


def stars_of_percent(percent: float) -> int:
    """Return 0 to 5 stars; Windows writes 1, 25, 50, 75, 99 for one to five."""
    return 0 if percent <= 0 else min(5, 1 + round(percent / 25))
