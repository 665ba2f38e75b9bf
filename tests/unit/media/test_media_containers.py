from __future__ import annotations

import struct
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media_samples import (
    FORMATS,
    bag,
    encode,
    exif_block,
    long,
    rational,
    scene,
    segment,
    short,
    text,
    tiff,
    with_segments,
    xmp,
)
from PIL import Image

from photoorg.core.records import MediaType
from photoorg.media.containers import take_apart
from photoorg.media.containers.isobmff import read_cr3, read_heif
from photoorg.media.containers.jpeg import read_jpeg
from photoorg.media.containers.tiff import open_tiff
from photoorg.media.metadata import metadata_of, read_metadata
from photoorg.media.sniff import sniff


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def test_the_picture_of_a_jpeg_is_itself_a_jpeg() -> None:
    data = encode(scene(), MediaType.JPEG, progressive=True)
    marked = with_segments(data, segment(0xE1, exif_block({})), segment(0xFE, b"comment"))
    parts = read_jpeg(marked + b"\xff\xd8 another one \xff\xd9")
    with Image.open(BytesIO(b"".join(parts.picture))) as image:
        assert image.tobytes() == Image.open(BytesIO(data)).tobytes()
    assert parts.frame is not None
    assert (parts.frame.width, parts.frame.height, parts.frame.components) == (96, 64, 3)
    assert parts.frame.progressive
    assert parts.frame.complete
    assert parts.frame.scans == data.count(b"\xff\xda")


def test_the_end_of_a_jpeg_is_found_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode(scene(), MediaType.JPEG)
    for size in (1, 2, 3, 7):
        monkeypatch.setattr("photoorg.media.containers.jpeg._CHUNK", size)
        assert b"".join(read_jpeg(data + b"tail").picture)[-2:] == b"\xff\xd9"
        frame = read_jpeg(data[:-1]).frame
        assert frame is not None
        assert not frame.complete


def test_icc_chunks_are_put_in_order() -> None:
    def chunk(number: int, body: bytes) -> bytes:
        return segment(0xE2, b"ICC_PROFILE\x00" + bytes((number, 2)) + body)

    jpeg = with_segments(encode(scene(), MediaType.JPEG), chunk(2, b"file"), chunk(1, b"pro"))
    assert read_jpeg(jpeg).icc == b"profile"


def test_canon_cr3() -> None:
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    adobe = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
    inside = (
        box(b"CMT1", tiff({0x010F: text("Canon"), 0x0110: text("Canon EOS R")}))
        + box(b"CMT2", tiff({0x829A: rational((1, 80)), 0x9003: text("2019:08:07 06:05:04")}))
        + box(
            b"CMT4",
            tiff(
                {
                    1: text("N"),
                    2: rational((10, 1), (30, 1), (0, 1)),
                    3: text("E"),
                    4: rational((20, 1)),
                }
            ),
        )
    )
    data = (
        box(b"ftyp", b"crx \x00\x00\x00\x01crx isom")
        + box(b"moov", box(b"uuid", canon + inside))
        + box(b"uuid", adobe + xmp(bag("dc:subject", "volcano")))
        + box(b"mdat", b"the mosaic")
    )
    assert sniff(data) is MediaType.RAW
    facts = read_metadata(data, MediaType.RAW)
    assert (facts.camera, facts.exposure, facts.keywords) == ("Canon EOS R", "1/80 s", ("volcano",))
    assert facts.taken_at is not None
    assert facts.taken_at.year == 2019
    assert facts.gps is not None
    assert (facts.gps.latitude, facts.gps.longitude) == (10.5, 20.0)
    assert [bytes(piece) for piece in read_cr3(data).picture] == [b"the mosaic"]


def test_fujifilm_raf_tells_what_its_preview_tells() -> None:
    preview = with_segments(
        encode(scene(), MediaType.JPEG), segment(0xE1, exif_block({0x0110: text("X-T4")}))
    )
    head = b"FUJIFILMCCD-RAW ".ljust(84, b"0") + struct.pack(">II", 160, len(preview))
    assert read_metadata(head.ljust(160, b"\x00") + preview, MediaType.RAW).camera == "X-T4"


def test_tiff_entries_that_point_outside_count_as_absent() -> None:
    data = bytearray(tiff({0x010F: text("A long name of a maker"), 0x0112: short(3)}))
    data[18:22] = struct.pack("<I", 10_000)
    first = open_tiff(bytes(data))
    assert first is not None
    assert first.text(0x010F) == ""
    assert first.integer(0x0112) == 3


def test_tiff_directories_that_point_at_themselves_end() -> None:
    first = open_tiff(tiff({330: long(8), 0x8769: long(8)}))
    assert first is not None
    assert len(first.sub_directories()) == 1
    assert first.sub_directory(0x8769).integer(330) == 8


def test_overlapping_strips_are_not_hashed_a_million_times() -> None:
    count = 20_000
    data = tiff({256: long(8), 273: long(*[8] * count), 279: long(*[100_000] * count)})
    assert take_apart(data, MediaType.TIFF).picture == ()


@pytest.mark.parametrize("kind", [MediaType.HEIF, MediaType.AVIF])
def test_items_that_claim_more_than_there_is_are_refused(kind: MediaType) -> None:
    parts = read_heif(encode(scene(), kind))
    assert sum(map(len, parts.picture)) > 0
    assert metadata_of(read_heif(b"\x00\x00\x00\x10meta\x00\x00\x00\x00iloc")).keywords == ()


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_never_raises_and_never_makes_more_of_a_file(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([*FORMATS, MediaType.HEIF]))
    whole = bytearray(encode(scene(), kind))
    for _ in range(data.draw(st.integers(0, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    parts = take_apart(bytes(whole[:cut]), kind)
    assert sum(map(len, parts.picture)) <= 8 * len(whole) + 64
