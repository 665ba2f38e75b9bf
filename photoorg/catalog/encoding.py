"""How names, texts and times are written in the database.

Paths are kept as the bytes that the system uses, because a file's name need not be valid Unicode:
SQLite's text must be, and bytes compare in the order that range queries on path prefixes need.
"""

from __future__ import annotations

import calendar
import json
import os
import time
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import UsageProblem

# Python hands out undecodable bytes of POSIX names, and lone UTF-16 halves of Windows names, as
# surrogates; each needs its own handler to come back unchanged.
_NAME_ERRORS = "surrogatepass" if os.name == "nt" else "surrogateescape"

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_LATEST_SECOND = calendar.timegm((9999, 12, 31, 0, 0, 0))
_EARLIEST_SECOND = calendar.timegm((1, 1, 2, 0, 0, 0))

_QUARTER = 15 * 60

MAX_TAG_LENGTH = 200


def encode_path(path: str) -> bytes:
    """Return a path or a name as the bytes that the system knows it by."""
    return path.encode("utf-8", _NAME_ERRORS)


def decode_path(encoded: bytes) -> str:
    """Return what `encode_path` was given."""
    return encoded.decode("utf-8", _NAME_ERRORS)


def prefix_of(folder: str) -> str:
    """Return what the path of everything below a folder begins with."""
    return folder if folder.endswith(os.sep) else folder + os.sep


def parent_of(path: str) -> str:
    """Return the folder that holds an absolute path; a file system's root holds itself."""
    head = path.rpartition(os.sep)[0]
    return head if os.sep in head else prefix_of(head)


def range_below(folder: str) -> tuple[bytes, bytes]:
    """Return bounds [first, last) on the encoded paths of everything below a folder."""
    prefix = encode_path(prefix_of(folder))
    return prefix, prefix[:-1] + bytes([prefix[-1] + 1])


def lies_below(path: str, folder: str) -> bool:
    """Return whether a path is a folder itself or in or below it."""
    return path == folder or path.startswith(prefix_of(folder))


def absolute(path: Path) -> str:
    """Return an absolute path as text, without `..`, but with its symlinks.

    Raises:
        UsageProblem: the path is relative; what it is relative to is not the catalog's to know.
    """
    if not path.is_absolute():
        raise UsageProblem(f"“{path}” is not an absolute path.")
    return os.path.normpath(path)


def clean_text(text: str) -> str:
    """Return text that SQLite can store and search: no NUL, and marks in place of surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def fold(text: str) -> str:
    """Return what texts are compared by where letter case does not count.

    Canonical caseless matching of the Unicode Standard, section 3.13, D145.
    """
    if text.isascii():
        return clean_text(text).lower()
    decomposed = unicodedata.normalize("NFD", clean_text(text))
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", decomposed.casefold()))


def tag_key(name: str) -> str:
    """Return what tags are told apart by: letter case and the width of spaces do not count."""
    return fold(" ".join(name.split()))


def clean_tag(name: str) -> str:
    """Return a tag's name as it is kept: composed, one line, single spaces.

    Raises:
        UsageProblem: nothing is left of it, or it is too long.
    """
    return clean_name(name, "A tag")


def clean_name(name: str, what: str) -> str:
    """Return the name of a thing ("A tag", "An album") as it is kept; see `clean_tag`."""
    composed = unicodedata.normalize("NFC", clean_text(name))
    printable = "".join(" " if unicodedata.category(c) == "Cc" else c for c in composed)
    cleaned = " ".join(printable.split())
    if not cleaned:
        raise UsageProblem(f"{what} needs a name.")
    if len(cleaned) > MAX_TAG_LENGTH:
        raise UsageProblem(f"{what}'s name has at most {MAX_TAG_LENGTH} characters.")
    return cleaned


def encode_ids(ids: Iterable[int]) -> str:
    """Return ids for `json_each(?)`, which takes any number of them as one parameter."""
    return json.dumps([int(each) for each in ids])


def decode_ids(rows: Iterable[tuple[int]]) -> NDArray[np.int64]:
    """Return ids as SQL gives them, int64 [n], one by one: 100,000 tuples would take 10 MB."""
    return np.fromiter((each for (each,) in rows), np.int64)


def encode_time(moment: datetime) -> int:
    """Return a time without a zone as microseconds since 1970-01-01 of the same clock."""
    return (moment.replace(tzinfo=None) - _EPOCH) // _MICROSECOND


def decode_time(microseconds: int) -> datetime:
    """Return what `encode_time` was given."""
    return _EPOCH + timedelta(microseconds=microseconds)


def encode_modified(modified_ns: int) -> int:
    """Return a modification time on this machine's clock, as `encode_time` would.

    A time that no calendar holds (drives without a clock write such) moves to its nearest end.
    """
    seconds, rest = divmod(modified_ns, 1_000_000_000)
    bounded = min(max(seconds, _EARLIEST_SECOND), _LATEST_SECOND)
    return (bounded + _utc_offset(bounded // _QUARTER)) * 1_000_000 + rest // 1000


@lru_cache(maxsize=4096)
def _utc_offset(quarter: int) -> int:
    """Return this machine's offset from UTC in seconds during a quarter of an hour.

    Clocks change on the quarter, and the files of a folder come from few of them.
    """
    try:
        return time.localtime(quarter * _QUARTER).tm_gmtoff
    except (OverflowError, OSError, ValueError):
        return 0  # Windows knows no local time before 1970; the zone matters little that far out
