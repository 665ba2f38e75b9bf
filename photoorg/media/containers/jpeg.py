"""JPEG segments.

Source: ITU-T T.81 (JPEG), annex B; JFIF 1.02; the XMP specification, part 3; ICC.1, annex B.4.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from photoorg.media.containers.parts import JpegFrame, Parts, iptc_in_photoshop, without_exif_header

END_OF_IMAGE = b"\xff\xd9"

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE_FRAMES = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_STANDALONE = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})
_SCAN, _END = 0xDA, 0xD9

# JFIF tells decoders that three components are YCbCr, so it stays; its resolution is metadata, so
# one neutral segment stands in for whichever there was.
_NEUTRAL_JFIF = memoryview(b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")

_XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\x00"
_ICC_HEADER = b"ICC_PROFILE\x00"
_PHOTOSHOP_HEADER = b"Photoshop 3.0\x00"

_CHUNK = 2**18

_MAX_SEGMENTS = 20_000
"""A file of nothing but empty segments must not keep us busy."""


@dataclass(slots=True)
class _Found:
    """What the application segments held; chunks are put together at the end."""

    exif: bytes = b""
    xmp: bytes = b""
    photoshop: bytes = b""
    icc_chunks: dict[int, bytes] | None = None

    def add(self, marker: int, body: bytes) -> None:
        if marker == 0xE1 and body[:4] == b"Exif" and not self.exif:
            self.exif = without_exif_header(body)
        elif marker == 0xE1 and body.startswith(_XMP_HEADER) and not self.xmp:
            self.xmp = body[len(_XMP_HEADER) :]
        elif marker == 0xED and body.startswith(_PHOTOSHOP_HEADER):
            self.photoshop += body[len(_PHOTOSHOP_HEADER) :]
        elif marker == 0xE2 and body.startswith(_ICC_HEADER) and len(body) > 14:
            self.icc_chunks = self.icc_chunks or {}
            self.icc_chunks.setdefault(body[12], body[14:])

    def parts(self, picture: tuple[memoryview, ...], frame: JpegFrame | None) -> Parts:
        chunks = self.icc_chunks or {}
        return Parts(
            picture=picture,
            frame=frame,
            exif=self.exif,
            xmp=self.xmp,
            iptc=iptc_in_photoshop(self.photoshop),
            icc=b"".join(chunks[number] for number in sorted(chunks)),
        )


def read_jpeg(data: bytes) -> Parts:
    """Take a JPEG apart.

    The picture's bytes put together are themselves a JPEG: the tables, the frame, the scans up to
    the end-of-image marker, and of the application segments only those that decide about colour
    transforms (JFIF in a neutral form, Adobe). Decoders see only that, never the metadata.

    Args:
        data: the file, beginning with FF D8.

    Returns:
        The parts; without a frame header before the data they hold no picture.
    """
    view = memoryview(data)
    picture = [view[:2]]
    found = _Found()
    frame: tuple[int, int, int, bool] | None = None
    position = 2
    for _ in range(_MAX_SEGMENTS):
        position = data.find(b"\xff", position)
        if position < 0 or position + 4 > len(data):
            break
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        if marker in _STANDALONE or length < 2:
            position += 2
            continue
        if marker == _END:
            break
        end = position + 2 + length
        if marker == _SCAN:
            last = _find_end(data, end)
            scan = view[position : last + 2] if last >= 0 else view[position:]
            picture.append(scan)
            if frame is None:
                break
            scans = data.count(b"\xff\xda", position, position + len(scan)) if frame[3] else 1
            return found.parts(tuple(picture), JpegFrame(*frame, scans, complete=last >= 0))
        if marker == 0xE0 and data[position + 4 : position + 9] == b"JFIF\x00":
            picture.append(_NEUTRAL_JFIF)
        elif marker == 0xEE and data[position + 4 : position + 9] == b"Adobe":
            picture.append(view[position:end])
        elif 0xE0 <= marker <= 0xEF:
            found.add(marker, data[position + 4 : end])
        elif marker != 0xFE:
            picture.append(view[position:end])
            if marker in _FRAMES and length >= 8 and end <= len(data):
                height, width, components = struct.unpack_from(">HHB", data, position + 5)
                frame = (width, height, components, marker in _PROGRESSIVE_FRAMES)
        position = end
    return found.parts((), None)


def _find_end(data: bytes, start: int) -> int:
    """Return where the first end-of-image marker lies, or -1.

    Within a scan FF stands before D9 nowhere else; embedded previews may follow it. Three times as
    fast as `bytes.find`, which stops at each FF.
    """
    for place in range(start, len(data) - 1, _CHUNK):
        count = min(len(data) - place, _CHUNK + 1)
        chunk = np.frombuffer(data, np.uint8, count, place)
        candidates = np.flatnonzero(chunk[1:] == _END)
        hits = candidates[chunk[candidates] == 0xFF]
        if len(hits):
            return place + int(hits[0])
    return -1
