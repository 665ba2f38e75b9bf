"""IPTC-IIM: what newsrooms and older programs write.

Source: IPTC-NAA Information Interchange Model 4.2.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import datetime

from photoorg.core.records import PhotoMetadata
from photoorg.media.containers.tiff import decode_text
from photoorg.media.text import clean, unique

_TITLE, _KEYWORD, _DATE, _TIME, _CAPTION = (2, 5), (2, 25), (2, 55), (2, 60), (2, 120)
_MAX_DATA_SETS = 10_000


def read_iptc(data: bytes) -> PhotoMetadata:
    """Read title, caption, date and keywords; damage ends the reading, nothing is raised.

    The character set marker (1:90) is believed only as far as the bytes bear it out: many programs
    write UTF-8 without saying so, and some say so and write Latin-1.
    """
    texts: dict[tuple[int, int], list[str]] = {}
    for kind, value in data_sets(data):
        if kind in {_TITLE, _KEYWORD, _DATE, _TIME, _CAPTION} and (
            text := clean(decode_text(value))
        ):
            texts.setdefault(kind, []).append(text)

    def first(kind: tuple[int, int]) -> str:
        return texts.get(kind, [""])[0]

    return PhotoMetadata(
        taken_at=_date(first(_DATE), first(_TIME)),
        title=first(_TITLE),
        caption=first(_CAPTION),
        keywords=unique(texts.get(_KEYWORD, [])),
    )


def data_sets(data: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Yield ((record, number), value) of each data set until one is damaged."""
    position = 0
    for _ in range(_MAX_DATA_SETS):
        if position + 5 > len(data) or data[position] != 0x1C:
            return
        kind = (data[position + 1], data[position + 2])
        length = int.from_bytes(data[position + 3 : position + 5], "big")
        position += 5
        if length & 0x8000:
            # An extended data set: the low bits say how many bytes hold the length.
            size = length & 0x7FFF
            if size > 4:
                return
            length = int.from_bytes(data[position : position + size], "big")
            position += size
        if position + length > len(data):
            return
        yield kind, data[position : position + length]
        position += length


def _date(date: str, time: str) -> datetime | None:
    """Put 20240131 and 235959+0100 together; the zone is left out."""
    digits = re.sub(r"\D", "", date)[:8]
    clock = re.sub(r"\D", "", time)[:6].ljust(6, "0")
    with contextlib.suppress(ValueError):
        return datetime.strptime(digits + clock, "%Y%m%d%H%M%S")
    return None
