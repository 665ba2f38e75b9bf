from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from media_samples import FORMATS, dng, encode, long, raw, scene, short, text, tiff

from photoorg.core.records import MediaType
from photoorg.media.sniff import sniff


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    body = major + b"\x00\x00\x00\x00" + b"".join(compatible)
    return struct.pack(">I", len(body) + 8) + b"ftyp" + body + b"\x00" * 16


@pytest.mark.parametrize("kind", [*FORMATS, MediaType.HEIF])
def test_knows_what_libraries_write(kind: MediaType) -> None:
    assert sniff(encode(scene(), kind)) is kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (ftyp(b"heic", b"mif1"), MediaType.HEIF),
        (ftyp(b"mif1", b"heic", b"mif1"), MediaType.HEIF),
        (ftyp(b"mif1", b"avif", b"mif1"), MediaType.AVIF),
        (ftyp(b"avis"), MediaType.AVIF),
        (ftyp(b"crx ", b"isom"), MediaType.RAW),
        (ftyp(b"isom", b"mp42"), None),
        (ftyp(b"qt  "), None),
        (b"FUJIFILMCCD-RAW 0201", MediaType.RAW),
        (b"IIRO\x08\x00\x00\x00", MediaType.RAW),
        (b"IIU\x00\x18\x00\x00\x00", MediaType.RAW),
        (b"II*\x00\x10\x00\x00\x00CR\x02\x00", MediaType.RAW),
        (b"FOVb" + b"\x00" * 20, MediaType.RAW),
        (b"RIFF\x00\x00\x00\x00WAVE", None),
        (b"BMX is a sport, and no picture", None),
        (b"%PDF-1.7", None),
        (b"", None),
        (b"\xff\xd8", None),
    ],
)
def test_tells_by_content(head: bytes, kind: MediaType | None) -> None:
    assert sniff(head) is kind


def test_tells_raw_from_tiff_by_what_it_holds_not_by_the_camera() -> None:
    plain = {256: long(8), 257: long(8), 262: short(2), 271: text("NIKON CORPORATION")}
    assert sniff(tiff(plain)) is MediaType.TIFF
    assert sniff(tiff(plain | {50706: raw(b"\x01\x04\x00\x00", kind=1)})) is MediaType.RAW
    assert sniff(tiff(plain, {330: {262: short(32803)}})) is MediaType.RAW
    assert sniff(tiff(plain, {330: {259: short(34713)}})) is MediaType.RAW
    assert sniff(dng()) is MediaType.RAW


@given(st.sampled_from([b"", b"II*\x00", b"MM\x00*", b"BM", b"\x00\x00\x00\x20ftyp"]), st.binary())
def test_never_fails(prefix: bytes, rest: bytes) -> None:
    assert sniff(prefix + rest) in {None, *MediaType}
