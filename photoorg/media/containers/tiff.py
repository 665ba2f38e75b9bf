"""TIFF directories: the structure of TIFF files, of Exif blocks and of most RAW formats.

Own code, because everything here needs it before, or without, an image library: telling RAW from
TIFF, the orientation, dates and GPS of every format, and identity that survives metadata edits.
Pillow's `getexif` also warns through the process's warning filters on damaged blocks. A test holds
this reader against Pillow's on every sample JPEG, tag by tag.

Source: TIFF 6.0, section 2; Exif 3.0, section 4.6.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

from photoorg.media.containers.parts import Parts, iptc_in_photoshop

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
_RATIONALS = {5: "I", 10: "i"}

# 42 is TIFF; the others are the same structure under the flag of Olympus (RO, RS) and Panasonic.
_MAGIC = frozenset({42, 0x4F52, 0x5352, 0x55})

_MAX_ENTRIES = 4096
_MAX_DIRECTORIES = 64
_MAX_NUMBERS = 64
_MAX_STRIPS = 1_000_000

SUB_DIRECTORIES = 330
_XMP, _IPTC, _PHOTOSHOP, _ICC = 700, 33723, 34377, 34675

# Size, samples, compression, photometric, planes, predictor, colour map, extra samples.
_GEOMETRY = (256, 257, 258, 259, 262, 277, 284, 317, 320, 338)
# Where picture data lies: (offsets, lengths) of strips, tiles, an embedded JPEG.
_DATA_TAGS = ((273, 279), (324, 325), (513, 514))


class Directory:
    """One image file directory; entries that point outside the data count as absent."""

    def __init__(self, data: bytes, order: str, offset: int) -> None:
        self._data = data
        self._order = order
        self._entries: dict[int, tuple[int, int, int]] = {}
        self.next_offset = 0
        if not 0 < offset <= len(data) - 2:
            return
        count: int = struct.unpack_from(order + "H", data, offset)[0]
        for place in range(offset + 2, offset + 2 + 12 * min(count, _MAX_ENTRIES), 12):
            if place + 12 > len(data):
                return
            tag, kind, number = struct.unpack_from(order + "HHI", data, place)
            size = _SIZES.get(kind, 0) * number
            start = place + 8
            if size > 4:
                start = struct.unpack_from(order + "I", data, place + 8)[0]
            if size and start + size <= len(data):
                self._entries.setdefault(tag, (kind, number, start))
        place = offset + 2 + 12 * count
        if place + 4 <= len(data):
            self.next_offset = struct.unpack_from(order + "I", data, place)[0]

    def __contains__(self, tag: int) -> bool:
        return tag in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[int]:
        return iter(self._entries)

    def raw(self, tag: int) -> bytes:
        """Return an entry's bytes as they lie in the file; empty where it is absent."""
        if tag not in self._entries:
            return b""
        kind, number, start = self._entries[tag]
        return self._data[start : start + _SIZES[kind] * number]

    def numbers(self, tag: int, limit: int = _MAX_NUMBERS) -> tuple[float, ...]:
        """Return an entry's finite numbers; empty where it is absent, text, or a division by zero.

        Args:
            tag: the entry's.
            limit: at most so many; the rest is left out.
        """
        if tag not in self._entries:
            return ()
        kind, number, start = self._entries[tag]
        number = min(number, limit)
        if kind in _RATIONALS:
            pairs = struct.unpack_from(
                f"{self._order}{2 * number}{_RATIONALS[kind]}", self._data, start
            )
            if not all(pairs[1::2]):
                return ()
            return tuple(a / b for a, b in zip(pairs[::2], pairs[1::2], strict=True))
        if kind not in _CODES:
            return ()
        values = struct.unpack_from(f"{self._order}{number}{_CODES[kind]}", self._data, start)
        return values if all(map(math.isfinite, values)) else ()

    def number(self, tag: int) -> float | None:
        """Return an entry's first number, or None."""
        values = self.numbers(tag, limit=1)
        return values[0] if values else None

    def integer(self, tag: int) -> int | None:
        """Return an entry's first number as a whole one, or None."""
        value = self.number(tag)
        return None if value is None else int(value)

    def text(self, tag: int) -> str:
        """Return an entry's text up to its first NUL, stripped; empty where it is absent.

        Exif says ASCII, programs write UTF-8, and old ones Latin-1.
        """
        if tag not in self._entries or self._entries[tag][0] not in {1, 2, 7, 129}:
            return ""
        return decode_text(self.raw(tag).split(b"\x00", 1)[0])

    def sub_directory(self, tag: int) -> Directory:
        """Return the directory that an entry points to; an empty one where there is none."""
        return Directory(self._data, self._order, self.integer(tag) or 0)

    def sub_directories(self) -> tuple[Directory, ...]:
        """Return the directories listed under the SubIFDs tag."""
        offsets = self.numbers(SUB_DIRECTORIES, limit=_MAX_DIRECTORIES)
        return tuple(Directory(self._data, self._order, int(offset)) for offset in offsets)


def decode_text(raw: bytes) -> str:
    """Decode text whose encoding nobody wrote down: UTF-8 where it is that, else Latin-1."""
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip()


def open_tiff(data: bytes) -> Directory | None:
    """Return the first directory of a TIFF structure, or None where the data is none."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        return None
    magic, offset = struct.unpack_from(order + "HI", data, 2)
    return Directory(data, order, offset) if magic in _MAGIC else None


def read_tiff(data: bytes) -> Parts:
    """Take a TIFF file, or a RAW file built like one, apart."""
    first = open_tiff(data)
    if first is None:
        return Parts()
    return Parts(
        picture=_picture(data, first),
        exif=data,
        xmp=first.raw(_XMP),
        iptc=first.raw(_IPTC) or iptc_in_photoshop(first.raw(_PHOTOSHOP)),
        icc=first.raw(_ICC),
    )


def _picture(data: bytes, first: Directory) -> tuple[memoryview, ...]:
    """Return the geometry and the data of the first directory and those below it.

    Further pages are left out, as nothing here shows them; directories below the first are where
    RAW formats keep the photo.
    """
    view = memoryview(data)
    pieces: list[memoryview] = []
    has_data = False
    for directory in (first, *first.sub_directories()):
        pieces.extend(memoryview(directory.raw(tag)) for tag in _GEOMETRY if tag in directory)
        for offsets_tag, lengths_tag in _DATA_TAGS:
            offsets = directory.numbers(offsets_tag, limit=_MAX_STRIPS)
            lengths = directory.numbers(lengths_tag, limit=_MAX_STRIPS)
            if len(offsets) == len(lengths):
                ends = [int(a + b) for a, b in zip(offsets, lengths, strict=True)]
                # Overlapping strips could make gigabytes to hash out of a small file.
                if sum(lengths) <= len(data):
                    pieces.extend(
                        view[int(start) : end] for start, end in zip(offsets, ends, strict=True)
                    )
                    has_data = has_data or bool(offsets)
    return tuple(pieces) if has_data else ()
