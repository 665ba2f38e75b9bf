"""GIF blocks. Source: GIF89a specification; the XMP specification, part 3, for its odd packet."""

from __future__ import annotations

from photoorg.media.containers.parts import Parts

_EXTENSION, _IMAGE = 0x21, 0x2C
_GRAPHIC_CONTROL, _APPLICATION = 0xF9, 0xFF
_XMP_APPLICATION = b"\x0bXMP DataXMP"
_XMP_TRAILER = 257
"""XMP is not cut into sub-blocks; a ramp of bytes after it leads readers that expect them out."""

_MAX_BLOCKS = 2_000_000


def read_gif(data: bytes) -> Parts:
    """Take a GIF apart; a damaged block ends the reading, and what was found until then counts."""
    view = memoryview(data)
    position = 13 + _color_table_length(data, 10)
    # Without the version: a comment makes an 89a out of an 87a.
    picture = [view[6:position]]
    xmp = b""
    blocks_left = _MAX_BLOCKS
    while position + 2 < len(data) and blocks_left > 0:
        start = position
        if data[position] == _IMAGE:
            position += 11 + _color_table_length(data, position + 9)
        elif data[position] == _EXTENSION:
            position += 2
        else:
            break
        body = position
        position, blocks_left = _skip_sub_blocks(data, position, blocks_left)
        if data[start] == _IMAGE or data[start + 1] == _GRAPHIC_CONTROL:
            picture.append(view[start:position])
        elif data[start + 1] == _APPLICATION and data[body : body + 12] == _XMP_APPLICATION:
            xmp = data[body + 12 : position - 1 - _XMP_TRAILER]
    return Parts(picture=tuple(picture), xmp=xmp)


def _color_table_length(data: bytes, flags_at: int) -> int:
    """Return the bytes of the colour table that the flags at this place announce."""
    flags = data[flags_at] if flags_at < len(data) else 0
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_sub_blocks(data: bytes, position: int, blocks_left: int) -> tuple[int, int]:
    """Return the place behind the empty sub-block that ends a row of them, and what is left."""
    while position < len(data) and data[position] and blocks_left > 0:
        position += 1 + data[position]
        blocks_left -= 1
    return min(position + 1, len(data)), blocks_left - 1
