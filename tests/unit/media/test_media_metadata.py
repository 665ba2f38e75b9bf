from __future__ import annotations

import zlib
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media_samples import (
    bag,
    encode,
    exif_block,
    iptc,
    photoshop,
    rational,
    raw,
    scene,
    segment,
    short,
    text,
    tiff,
    with_segments,
    xmp,
)
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from photoorg.core.records import GeoPoint, MediaType, PhotoMetadata
from photoorg.media.camera import camera_name
from photoorg.media.containers.parts import Parts
from photoorg.media.exif import read_exif, read_orientation
from photoorg.media.iptc import read_iptc
from photoorg.media.metadata import metadata_of, read_metadata
from photoorg.media.text import clean, parse_date
from photoorg.media.xmp import read_xmp

XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\x00"

FULL_EXIF = exif_block(
    {
        0x010E: text("Evening at the pier"),
        0x010F: text("NIKON CORPORATION"),
        0x0110: text("NIKON D70"),
        0x0112: short(6),
        0x4746: short(4),
    },
    exif={
        0x829A: rational((1, 250)),
        0x829D: rational((28, 10)),
        0x8827: short(400),
        0x9003: text("2021:05:04 03:02:01"),
        0x9011: text("-03:30"),
        0x9291: text("25"),
        0x920A: rational((50, 1)),
        0xA434: text("AF 50mm f/1.8"),
    },
    gps={
        1: text("S"),
        2: rational((33, 1), (51, 1), (3540, 100)),
        3: text("W"),
        4: rational((70, 1), (30, 1), (0, 1)),
    },
)


def exif_of(block: bytes) -> PhotoMetadata:
    return read_exif(Parts(exif=block[6:]))


def test_exif_gives_all_facts() -> None:
    facts = exif_of(FULL_EXIF)
    assert facts.taken_at == datetime(2021, 5, 4, 3, 2, 1, 250000)
    assert facts.utc_offset_minutes == -210
    assert (facts.camera, facts.lens) == ("NIKON D70", "AF 50mm f/1.8")
    assert facts.exposure == "1/250 s f/2.8 ISO 400 50 mm"
    assert facts.gps is not None
    assert facts.gps.latitude == pytest.approx(-(33 + 51 / 60 + 35.4 / 3600))
    assert facts.gps.longitude == pytest.approx(-70.5)
    assert (facts.rating, facts.caption) == (4, "Evening at the pier")
    assert read_orientation(FULL_EXIF[6:]) == 6


@pytest.mark.parametrize("tags", [{}, {0x9004: text("2020:01:02 03:04:05")}])
def test_exif_date_falls_back(tags: dict[int, tuple[int, int, bytes]]) -> None:
    facts = exif_of(exif_block({0x0132: text("2022:01:02 03:04:05")}, exif=tags))
    assert facts.taken_at == datetime(2020 if tags else 2022, 1, 2, 3, 4, 5)


def test_exif_nonsense_is_left_out() -> None:
    facts = exif_of(
        exif_block(
            {0x0112: short(77), 0x4746: short(900), 0x0132: text("0000:00:00 00:00:00")},
            exif={0x829A: rational((1, 0)), 0x829D: rational((0, 1)), 0x9003: text("    :  :  ")},
            gps={1: text("N"), 2: rational((0, 1)), 3: text("E"), 4: rational((0, 1))},
        )
    )
    assert facts == PhotoMetadata()


def test_windows_texts() -> None:
    facts = exif_of(
        exif_block(
            {
                0x9C9B: raw("Überfahrt\x00".encode("utf-16-le"), kind=1),
                0x9C9E: raw("sea; boat;sea\x00".encode("utf-16-le"), kind=1),
                0x4749: short(75),
            }
        )
    )
    assert (facts.title, facts.keywords, facts.rating) == ("Überfahrt", ("sea", "boat"), 4)


@pytest.mark.parametrize(
    ("make", "model", "name"),
    [
        ("Canon", "Canon EOS 40D", "Canon EOS 40D"),
        ("OLYMPUS IMAGING CORP.", "E-M5", "OLYMPUS E-M5"),
        ("EASTMAN KODAK COMPANY", "KODAK DC240", "KODAK DC240"),
        ("CASIO COMPUTER CO.,LTD.", "EX-Z750", "CASIO EX-Z750"),
        ("SONY", "", "SONY"),
        ("", "X100", "X100"),
        ("Apple", "iPhone 5", "Apple iPhone 5"),
    ],
)
def test_camera_names_do_not_repeat_themselves(make: str, model: str, name: str) -> None:
    assert camera_name(make, model) == name


@pytest.mark.parametrize(
    ("written", "moment", "offset"),
    [
        ("2021:02:03 04:05:06", datetime(2021, 2, 3, 4, 5, 6), None),
        ("2021-02-03T04:05:06.5+02:00", datetime(2021, 2, 3, 4, 5, 6, 500000), 120),
        ("2021-02-03T04:05Z", datetime(2021, 2, 3, 4, 5), 0),
        ("2021-02-03", datetime(2021, 2, 3), None),
        ("2004:09:05 24:00:00", datetime(2004, 9, 6), None),
        ("9999:12:31 24:00:00", None, None),
        ("2021:13:03 04:05:06", None, None),
        ("0001:01:01 00:00:00", None, None),
        ("yesterday", None, None),
    ],
)
def test_dates(written: str, moment: datetime | None, offset: int | None) -> None:
    assert parse_date(written) == (moment, offset)


def test_iptc_charsets() -> None:
    marked = iptc((1, 90, b"\x1b%G"), (2, 25, "Zürich".encode()), (2, 25, "海".encode()))
    unmarked = iptc((2, 25, "Zürich".encode()), (2, 25, "Genève".encode("latin-1")))
    lying = iptc((1, 90, b"\x1b%G"), (2, 25, "Genève".encode("latin-1")))
    assert read_iptc(marked).keywords == ("Zürich", "海")
    assert read_iptc(unmarked).keywords == ("Zürich", "Genève")
    assert read_iptc(lying).keywords == ("Genève",)


def test_iptc_facts() -> None:
    facts = read_iptc(
        iptc(
            (2, 5, b"Title"),
            (2, 120, b"Caption"),
            (2, 55, b"20200131"),
            (2, 60, b"235958+0100"),
            (2, 25, b"a"),
            (2, 25, b" a "),
            (2, 25, b""),
        )
        + b"\x1c\x02\x19\xff\xff"
    )
    assert (facts.title, facts.caption, facts.keywords) == ("Title", "Caption", ("a",))
    assert facts.taken_at == datetime(2020, 1, 31, 23, 59, 58)


@pytest.mark.parametrize("kind", ["Bag", "Seq", "Alt"])
def test_xmp_keywords_in_any_container(kind: str) -> None:
    packet = xmp(bag("dc:subject", "sea", "R&amp;B", kind=kind))
    assert read_xmp(packet).keywords == ("sea", "R&B")


def test_xmp_keywords_are_the_union_of_all_fields() -> None:
    packet = xmp(
        bag("dc:subject", "Dublin", "pub")
        + bag("lr:hierarchicalSubject", "Places|Ireland|Dublin", "People|Molly")
        + bag("digiKam:TagsList", "Things/Boats", kind="Seq")
        + bag("MicrosoftPhoto:LastKeywordXMP", "harbour")
    )
    assert read_xmp(packet).keywords == ("Dublin", "pub", "harbour", "Molly", "Boats")
    assert read_xmp(packet).keyword_paths == (
        ("Places", "Ireland", "Dublin"),
        ("People", "Molly"),
        ("Things", "Boats"),
    )


def test_keyword_paths_that_say_nothing_are_left_out() -> None:
    endless = "|".join(str(step) for step in range(100))
    packet = xmp(bag("lr:hierarchicalSubject", "Dublin", "|Dublin|", "A| |B", endless))
    assert read_xmp(packet).keyword_paths == (("A", "B"),)


def test_xmp_facts_in_attribute_and_element_form() -> None:
    attributes = xmp("").replace(
        b'rdf:about=""',
        b'rdf:about="" xmp:Rating="3" exif:DateTimeOriginal="2020-01-02T03:04:05-05:00"'
        b' exif:GPSLatitude="51,30.5N" exif:GPSLongitude="0,7,30W"',
    )
    facts = read_xmp(attributes)
    assert (facts.rating, facts.taken_at) == (3, datetime(2020, 1, 2, 3, 4, 5))
    assert facts.utc_offset_minutes == -300
    assert facts.gps == GeoPoint(51 + 30.5 / 60, -0.125)
    titles = '<rdf:li xml:lang="de">Hafen</rdf:li><rdf:li xml:lang="x-default">Harbour</rdf:li>'
    elements = xmp(
        f"<xmp:Rating>-1</xmp:Rating><dc:title><rdf:Alt>{titles}</rdf:Alt></dc:title>"
        "<dc:description>Plain</dc:description>"
    )
    facts = read_xmp(elements)
    assert (facts.rating, facts.title, facts.caption) == (0, "Harbour", "Plain")


@pytest.mark.parametrize(("percent", "stars"), [(1, 1), (25, 2), (50, 3), (75, 4), (99, 5)])
def test_windows_ratings(percent: int, stars: int) -> None:
    packet = xmp(f"<MicrosoftPhoto:Rating>{percent}</MicrosoftPhoto:Rating>")
    assert read_xmp(packet).rating == stars
    assert exif_of(exif_block({0x4749: short(percent)})).rating == stars


def test_xmp_in_utf16_and_with_forbidden_characters() -> None:
    packet = xmp(bag("dc:subject", "straße"))
    for encoding in ("utf-16", "utf-16-be", "utf-16-le"):
        assert read_xmp(packet.decode().encode(encoding)).keywords == ("straße",)
    assert read_xmp(packet.replace(b"stra", b"str\x00a")).keywords == ("straße",)


def test_xmp_bombs_and_foreign_entities_give_nothing() -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    bomb = xmp(bag("dc:subject", "&a9;", "&f;")).replace(b"<x:xmpmeta", b"<x:xmpmeta", 1)
    assert read_xmp(doctype.encode() + bomb) == PhotoMetadata()
    inside = bomb.replace(b"<rdf:RDF", doctype.encode() + b"<rdf:RDF", 1)
    assert read_xmp(inside) == PhotoMetadata()
    deep = xmp("<dc:subject>" + "<dc:a>" * 50_000 + "</dc:a>" * 50_000 + "</dc:subject>")
    assert read_xmp(deep).keywords == ()


def jpeg_with_all(block: bytes = FULL_EXIF) -> bytes:
    return with_segments(
        encode(scene(), MediaType.JPEG),
        segment(0xE1, block),
        segment(0xE1, XMP_HEADER + xmp(bag("dc:subject", "from xmp", "both"))),
        segment(
            0xED,
            b"Photoshop 3.0\x00" + photoshop(iptc((2, 25, b"from iptc"), (2, 25, b"both"))),
        ),
    )


def test_jpeg_metadata_are_merged() -> None:
    facts = read_metadata(jpeg_with_all(), MediaType.JPEG)
    assert facts.keywords == ("from iptc", "both", "from xmp")
    assert facts.camera == "NIKON D70"
    assert facts.taken_at == datetime(2021, 5, 4, 3, 2, 1, 250000)


def test_boilerplate_is_no_caption() -> None:
    for words in ("OLYMPUS DIGITAL CAMERA", "SONY DSC", "Acme One"):
        facts = metadata_of(Parts(exif=tiff({0x010E: text(words), 0x0110: text("Acme One")})))
        assert facts.caption == ""


@pytest.mark.parametrize(
    "kind",
    [MediaType.JPEG, MediaType.PNG, MediaType.WEBP, MediaType.TIFF, MediaType.HEIF, MediaType.AVIF],
)
def test_every_format_carries_exif_and_xmp(kind: MediaType) -> None:
    packet = xmp(bag("dc:subject", "kite"))
    exif = Image.Exif()
    exif[0x0110] = "Kite One"
    options: dict[str, object] = {"exif": exif.tobytes()}
    if kind is MediaType.PNG:
        texts = PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", packet.decode(), zip=True)
        options["pnginfo"] = texts
    elif kind is MediaType.TIFF:
        options = {"exif": exif, "tiffinfo": {700: packet, 0x0110: "Kite One"}}
    else:
        options["xmp"] = packet
    facts = read_metadata(encode(scene(), kind, **options), kind)
    assert (facts.camera, facts.keywords) == ("Kite One", ("kite",))


def test_png_raw_profiles() -> None:
    data = photoshop(iptc((2, 25, b"pier")))
    texts = PngInfo()
    texts.add_text("Raw profile type iptc", f"\niptc\n{len(data)}\n{data.hex()}\n", zip=True)
    assert read_metadata(encode(scene(), MediaType.PNG, pnginfo=texts), MediaType.PNG).keywords == (
        "pier",
    )


def test_compressed_text_bombs_are_not_unpacked() -> None:
    packed = zlib.compress(b" " * (64 * 2**20) + xmp(bag("dc:subject", "bomb")))
    body = b"XML:com.adobe.xmp\x00\x01\x00\x00\x00" + packed
    chunk = len(body).to_bytes(4, "big") + b"iTXt" + body
    chunk += zlib.crc32(chunk[4:]).to_bytes(4, "big")
    png = encode(scene(), MediaType.PNG)
    assert read_metadata(png[:33] + chunk + png[33:], MediaType.PNG).keywords == ()


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_never_raises(data: st.DataObject) -> None:
    whole = bytearray(jpeg_with_all())
    for _ in range(data.draw(st.integers(1, 12))):
        whole[data.draw(st.integers(2, 1500))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    read_metadata(bytes(whole[:cut]), MediaType.JPEG)


@given(st.sampled_from(MediaType), st.sampled_from([b"", b"II*\x00\x08\x00\x00\x00"]), st.binary())
def test_noise_never_raises(kind: MediaType, prefix: bytes, noise: bytes) -> None:
    read_metadata(prefix + noise, kind)


@given(st.binary(), st.text())
def test_parsers_never_raise(noise: bytes, words: str) -> None:
    read_iptc(noise)
    read_iptc(b"\x1c\x02\x19" + noise)
    read_xmp(noise)
    read_xmp(xmp(words.replace("\ud800", "")))
    parse_date(words)
    assert clean(clean(words)) == clean(words)


@given(st.lists(st.text(min_size=1, max_size=40), max_size=8))
def test_iptc_keywords_come_back(words: list[str]) -> None:
    data = iptc(*((2, 25, word.encode("utf-8", "replace")) for word in words))
    expected = dict.fromkeys(filter(None, (clean(word) for word in words)))
    assert read_iptc(data).keywords == tuple(expected)
