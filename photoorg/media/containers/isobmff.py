"""Boxes of HEIF, AVIF and Canon CR3 files.

Source: ISO/IEC 14496-12 (boxes, iloc, iinf), ISO/IEC 23008-12 (HEIF); for CR3 the description at
lclevy's canon_cr3 (boxes CMT1, CMT2 and CMT4 are TIFF structures).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from photoorg.media.containers.parts import Parts, without_exif_header

_MAX_BOXES = 10_000
_MAX_ITEMS = 20_000
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_METADATA_ITEMS = frozenset({b"Exif", b"mime", b"uri "})


class _Malformed(Exception):
    """A box ends before what it announces."""


class _Reader:
    """Reads big-endian numbers one after the other."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self._data = data
        self.position = start
        self._end = min(end, len(data))

    def take(self, length: int) -> bytes:
        if length > self._end - self.position:
            raise _Malformed
        self.position += length
        return self._data[self.position - length : self.position]

    def number(self, length: int) -> int:
        return int.from_bytes(self.take(length), "big")

    def name(self) -> bytes:
        """Read up to, and skip, the next NUL."""
        end = self._data.find(b"\x00", self.position, self._end)
        if end < 0:
            raise _Malformed
        value = self._data[self.position : end]
        self.position = end + 1
        return value


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of the content of each box; a malformed one ends it."""
    end = len(data) if end is None else min(end, len(data))
    for _ in range(_MAX_BOXES):
        if start + 8 > end:
            return
        size, kind = struct.unpack_from(">I4s", data, start)
        header = 8
        if size == 1 and start + 16 <= end:
            size, header = struct.unpack_from(">Q", data, start + 8)[0], 16
        elif size == 0:
            size = end - start
        if size < header:
            return
        yield kind, start + header, min(start + size, end)
        start += size


def read_heif(data: bytes) -> Parts:
    """Take a HEIF or AVIF file apart; where its item tables are malformed nothing is found."""
    for kind, start, end in boxes(data):
        if kind == b"meta":
            try:
                return _read_items(data, start + 4, end)
            except _Malformed:
                return Parts()
    return Parts()


def read_cr3(data: bytes) -> Parts:
    """Take a Canon CR3 file apart; the picture is what lies in its media data box."""
    view = memoryview(data)
    found: dict[bytes, bytes] = {}
    picture: list[memoryview] = []
    for kind, start, end in boxes(data):
        if kind == b"mdat":
            picture.append(view[start:end])
        elif kind == b"uuid" and data[start : start + 16] == _XMP:
            found[b"XMP "] = data[start + 16 : end]
        elif kind == b"moov":
            for inner, inner_start, inner_end in boxes(data, start, end):
                if inner == b"uuid" and data[inner_start : inner_start + 16] == _CANON:
                    found.update(
                        (name, data[a:b]) for name, a, b in boxes(data, inner_start + 16, inner_end)
                    )
    return Parts(
        picture=tuple(picture),
        exif=found.get(b"CMT1", b""),
        exif_directory=found.get(b"CMT2", b""),
        gps_directory=found.get(b"CMT4", b""),
        xmp=found.get(b"XMP ", b""),
    )


def _read_items(data: bytes, start: int, end: int) -> Parts:
    inside = {kind: (a, b) for kind, a, b in boxes(data, start, end)}
    if b"iinf" not in inside or b"iloc" not in inside:
        raise _Malformed
    kinds = _item_kinds(data, *inside[b"iinf"])
    idat = inside.get(b"idat", (0, 0))
    places = _item_places(_Reader(data, *inside[b"iloc"]), idat[0])
    view = memoryview(data)
    picture: list[memoryview] = []
    exif = xmp = b""
    for item, extents in places.items():
        kind, content_type = kinds.get(item, (b"", b""))
        if kind not in _METADATA_ITEMS:
            picture.extend(view[a : a + length] for a, length in extents)
            continue
        if sum(length for _, length in extents) > len(data):
            continue
        content = b"".join(data[a : a + length] for a, length in extents)
        if kind == b"Exif" and not exif:
            skip = int.from_bytes(content[:4], "big")
            exif = without_exif_header(content[4:]) if skip < 6 else content[4 + skip :]
        elif content_type == b"application/rdf+xml" and not xmp:
            xmp = content
    if sum(map(len, picture)) > len(data):
        picture = []
    return Parts(picture=tuple(picture), exif=exif, xmp=xmp)


def _item_kinds(data: bytes, start: int, end: int) -> dict[int, tuple[bytes, bytes]]:
    """Return item type and content type by item id, from the item information box."""
    reader = _Reader(data, start, end)
    version = reader.number(4) >> 24
    reader.number(2 if version == 0 else 4)
    kinds: dict[int, tuple[bytes, bytes]] = {}
    for kind, entry_start, entry_end in boxes(data, reader.position, end):
        if kind != b"infe":
            continue
        entry = _Reader(data, entry_start, entry_end)
        entry_version = entry.number(4) >> 24
        if entry_version < 2:
            continue
        item = entry.number(2 if entry_version == 2 else 4)
        entry.number(2)
        item_kind = entry.take(4)
        content_type = b""
        if item_kind == b"mime":
            entry.name()
            content_type = entry.name()
        kinds[item] = (item_kind, content_type)
    return kinds


def _item_places(reader: _Reader, idat: int) -> dict[int, list[tuple[int, int]]]:
    """Return (start, length) of each item's extents by item id, from the item location box."""
    version = reader.number(4) >> 24
    sizes = reader.number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version in {1, 2} else 0
    id_size = 2 if version < 2 else 4
    count = reader.number(id_size)
    places: dict[int, list[tuple[int, int]]] = {}
    extents_left = _MAX_ITEMS
    for _ in range(count):
        item = reader.number(id_size)
        method = reader.number(2) & 15 if version in {1, 2} else 0
        reader.number(2)
        base = reader.number(base_size) + (idat if method == 1 else 0)
        extent_count = reader.number(2)
        extents_left -= 1 + extent_count
        if extents_left < 0:
            raise _Malformed
        extents: list[tuple[int, int]] = []
        for _ in range(extent_count):
            reader.number(index_size)
            offset = reader.number(offset_size)
            extents.append((base + offset, reader.number(length_size)))
        # Method 2 builds items from other items; the others' extents say it all.
        places[item] = extents if method < 2 else []
    return places
