"""What every container format comes down to: the picture's bytes, and descriptions beside it."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

MAX_PACKET = 8 * 2**20
"""Longest metadata packet or colour profile, in bytes, that is looked at."""


@dataclass(frozen=True, slots=True)
class JpegFrame:
    """The frame header of a JPEG.

    Attributes:
        scans: how often the picture's data passes over the whole picture.
        complete: the end-of-image marker is there.
    """

    width: int
    height: int
    components: int
    progressive: bool
    scans: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Parts:
    """A file taken apart without decoding anything.

    Attributes:
        picture: the bytes that decide what the file shows, in file order; empty where the
            structure is too damaged to tell. Editing metadata does not change them.
        frame: the frame header of a JPEG.
        exif: a TIFF structure whose first directory is IFD0.
        exif_directory: a TIFF structure whose first directory is the Exif IFD (Canon CR3 only).
        gps_directory: a TIFF structure whose first directory is the GPS IFD (Canon CR3 only).
        xmp: the XMP packet, not yet parsed.
        iptc: IPTC-IIM data sets, not yet parsed.
        icc: the ICC profile.
    """

    picture: tuple[memoryview, ...] = ()
    frame: JpegFrame | None = None
    exif: bytes = b""
    exif_directory: bytes = b""
    gps_directory: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    icc: bytes = b""


def iptc_in_photoshop(resources: bytes) -> bytes:
    """Return the IPTC-IIM data sets within Photoshop image resources ("8BIM" blocks).

    A damaged block ends the search; what was found until then counts.

    Source: Adobe Photoshop File Formats Specification, "Image Resource Blocks"; id 0x0404.
    """
    position = 0
    while position + 12 <= len(resources):
        # Other signatures than 8BIM ("PHUT", "MeSa") have the same layout.
        identifier = struct.unpack_from(">H", resources, position + 4)[0]
        name_length = resources[position + 6]
        size_at = position + 6 + ((1 + name_length + 1) & ~1)
        if size_at + 4 > len(resources):
            break
        size = struct.unpack_from(">I", resources, size_at)[0]
        start = size_at + 4
        if identifier == 0x0404:
            return resources[start : start + size]
        position = start + ((size + 1) & ~1)
    return b""


def without_exif_header(block: bytes) -> bytes:
    """Return the TIFF structure of an Exif block that may begin with "Exif" and two bytes."""
    return block[6:] if block[:4] == b"Exif" else block


def inflate(packed: bytes) -> bytes:
    """Unpack a zlib stream; empty where it is damaged or longer than `MAX_PACKET`."""
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(packed, MAX_PACKET)
    except zlib.error:
        return b""
    return b"" if unpacker.unconsumed_tail else plain
