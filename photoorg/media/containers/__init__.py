"""Container formats taken apart into the picture's bytes and the descriptions beside it.

Nothing here decodes a picture, and nothing raises on damage: what can be read is given.
"""

from __future__ import annotations

from photoorg.core.records import MediaType
from photoorg.media.containers.gif import read_gif
from photoorg.media.containers.isobmff import read_cr3, read_heif
from photoorg.media.containers.jpeg import read_jpeg
from photoorg.media.containers.parts import Parts
from photoorg.media.containers.png import read_png
from photoorg.media.containers.tiff import read_tiff
from photoorg.media.containers.webp import read_webp

__all__ = ["Parts", "take_apart"]

_RAF_PREVIEW_AT = 84


def take_apart(data: bytes, media_type: MediaType) -> Parts:
    """Tell a file's picture from its descriptions.

    Args:
        data: the whole file.
        media_type: as `sniff` says.
    """
    match media_type:
        case MediaType.JPEG:
            return read_jpeg(data)
        case MediaType.PNG:
            return read_png(data)
        case MediaType.WEBP:
            return read_webp(data)
        case MediaType.GIF:
            return read_gif(data)
        case MediaType.TIFF:
            return read_tiff(data)
        case MediaType.HEIF | MediaType.AVIF:
            return read_heif(data)
        case MediaType.RAW:
            return _read_raw(data)
        case MediaType.BMP:
            return Parts(picture=(memoryview(data),))


def _read_raw(data: bytes) -> Parts:
    """Take a RAW file apart: built like TIFF, like MP4 (Canon CR3), or Fujifilm's own."""
    if data[4:8] == b"ftyp":
        return read_cr3(data)
    if data.startswith(b"FUJIFILM"):
        start = int.from_bytes(data[_RAF_PREVIEW_AT : _RAF_PREVIEW_AT + 4], "big")
        length = int.from_bytes(data[_RAF_PREVIEW_AT + 4 : _RAF_PREVIEW_AT + 8], "big")
        return read_jpeg(data[start : start + length])
    return read_tiff(data)
