"""PNG chunks.

Source: W3C PNG specification, third edition; the XMP specification, part 3; ImageMagick's
"Raw profile type" text chunks, in which many programs hide IPTC.
"""

from __future__ import annotations

import re

from photoorg.media.containers.parts import (
    Parts,
    inflate,
    iptc_in_photoshop,
    without_exif_header,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
END_CHUNK = b"\x00\x00\x00\x00IEND\xaeB`\x82"

_PICTURE_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT"})
_XMP_KEYWORD = b"XML:com.adobe.xmp"
_RAW_PROFILE = re.compile(rb"Raw profile type (exif|APP1|xmp|iptc|8bim)\Z")
_MAX_CHUNKS = 1_000_000


def read_png(data: bytes) -> Parts:
    """Take a PNG apart; a damaged chunk ends the reading, and what was found until then counts.

    The picture's bytes between `SIGNATURE` and `END_CHUNK` are themselves a PNG: the first picture
    of an animation, without any text.
    """
    view = memoryview(data)
    picture: list[memoryview] = []
    found: dict[str, bytes] = {}
    position = len(SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if position + 12 > len(data):
            break
        length = int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        start, end = position + 8, position + 8 + length
        if kind in _PICTURE_CHUNKS:
            # A last chunk that is cut off still shows something.
            picture.append(view[position : end + 4])
        elif kind == b"IEND" or end > len(data):
            break
        else:
            _read_description(kind, data[start:end], found)
        position = end + 4
    return Parts(
        picture=tuple(picture),
        exif=found.get("exif", b""),
        xmp=found.get("xmp", b""),
        iptc=found.get("iptc", b""),
        icc=found.get("icc", b""),
    )


def _read_description(kind: bytes, body: bytes, found: dict[str, bytes]) -> None:
    """Add to `found` what one chunk beside the picture says; the first of a kind stands."""
    if kind == b"eXIf":
        found.setdefault("exif", without_exif_header(body))
    elif kind == b"iCCP":
        _, _, packed = body.partition(b"\x00")
        found.setdefault("icc", inflate(packed[1:]))
    elif kind in {b"iTXt", b"zTXt", b"tEXt"}:
        keyword, _, rest = body.partition(b"\x00")
        if kind == b"iTXt" and keyword == _XMP_KEYWORD:
            found.setdefault("xmp", _international_text(rest))
        elif profile := _RAW_PROFILE.match(keyword):
            text = inflate(rest[1:]) if kind == b"zTXt" else rest
            _read_raw_profile(profile[1], _unhex(text), found)


def _international_text(rest: bytes) -> bytes:
    """Return the text of an iTXt chunk, from the byte after its keyword on."""
    compressed = rest[:1] == b"\x01"
    pieces = rest[2:].split(b"\x00", 2)
    if len(pieces) < 3:
        return b""
    return inflate(pieces[2]) if compressed else pieces[2]


def _unhex(text: bytes) -> bytes:
    """Return the bytes of a raw profile: a line with its name, one with its length, then hex."""
    lines = text.strip().split(b"\n", 2)
    try:
        return bytes.fromhex(lines[2].decode("ascii")) if len(lines) == 3 else b""
    except ValueError:
        return b""


def _read_raw_profile(kind: bytes, profile: bytes, found: dict[str, bytes]) -> None:
    if kind in {b"iptc", b"8bim"}:
        is_photoshop = profile[:4] == b"8BIM"
        found.setdefault("iptc", iptc_in_photoshop(profile) if is_photoshop else profile)
    elif kind == b"xmp":
        found.setdefault("xmp", profile)
    else:
        found.setdefault("exif", without_exif_header(profile))
