"""WebP chunks. Source: the WebP container specification (RFC 9649)."""

from __future__ import annotations

from photoorg.media.containers.parts import Parts, without_exif_header

_PICTURE_CHUNKS = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"})
_MAX_CHUNKS = 100_000


def read_webp(data: bytes) -> Parts:
    """Take a WebP apart; a damaged chunk ends the reading, and what was found until then counts."""
    view = memoryview(data)
    picture: list[memoryview] = []
    found: dict[bytes, bytes] = {}
    position = 12
    for _ in range(_MAX_CHUNKS):
        if position + 8 > len(data):
            break
        kind = data[position : position + 4]
        end = position + 8 + int.from_bytes(data[position + 4 : position + 8], "little")
        if kind in _PICTURE_CHUNKS:
            picture.append(view[position:end])
        else:
            found.setdefault(kind, data[position + 8 : end])
        position = end + (end & 1)
    return Parts(
        picture=tuple(picture),
        exif=without_exif_header(found.get(b"EXIF", b"")),
        xmp=found.get(b"XMP ", b""),
        icc=found.get(b"ICCP", b""),
    )
