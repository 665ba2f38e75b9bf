from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from media_samples import (
    FORMATS,
    bag,
    dng,
    encode,
    exif_block,
    iptc,
    photoshop,
    scene,
    segment,
    text,
    with_segments,
    xmp,
)
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from photoorg.core.records import MediaType
from photoorg.media.fingerprint import content_hash, perceptual_hash, pixel_hash

NOTHING = np.zeros((1, 1, 3), np.uint8)
KEYWORD = xmp(bag("dc:subject", "harbour"))


def tagged(kind: MediaType) -> bytes:
    """Return the scene with a keyword written into it."""
    if kind is MediaType.PNG:
        texts = PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", KEYWORD.decode())
        return encode(scene(), kind, pnginfo=texts)
    if kind is MediaType.TIFF:
        return encode(scene(), kind, tiffinfo={700: KEYWORD, 270: "harbour"})
    if kind is MediaType.GIF:
        return encode(scene(), kind, comment=b"harbour")
    return encode(scene(), kind, xmp=KEYWORD)


@pytest.mark.parametrize("kind", [kind for kind in (*FORMATS, MediaType.HEIF) if kind != "bmp"])
def test_a_keyword_changes_the_file_but_not_the_picture(kind: MediaType) -> None:
    plain, edited = encode(scene(), kind), tagged(kind)
    other = encode(255 - scene(), kind)
    assert content_hash(plain) != content_hash(edited)
    assert pixel_hash(plain, kind, NOTHING) == pixel_hash(edited, kind, NOTHING)
    assert pixel_hash(plain, kind, NOTHING) != pixel_hash(other, kind, NOTHING)


def test_all_jpeg_metadata_are_left_out_but_the_adobe_transform() -> None:
    plain = encode(scene(), MediaType.JPEG)
    edited = with_segments(
        plain,
        segment(0xE1, exif_block({0x0110: text("X")})),
        segment(0xED, b"Photoshop 3.0\x00" + photoshop(iptc((2, 25, b"harbour")))),
        segment(0xFE, b"a comment"),
        segment(0xE2, b"ICC_PROFILE\x00\x01\x01profile"),
    )
    resolution = plain.replace(
        b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01", b"JFIF\x00\x01\x02\x01\x00H\x00H"
    )
    trailer = plain + b"trailing preview \xff\xd8\xff\xd9"
    transformed = with_segments(plain, segment(0xEE, b"Adobe\x00\x64\x00\x00\x00\x00\x00"))
    assert resolution != plain
    expected = pixel_hash(plain, MediaType.JPEG, NOTHING)
    for data in (edited, resolution, trailer):
        assert pixel_hash(data, MediaType.JPEG, NOTHING) == expected
    assert pixel_hash(transformed, MediaType.JPEG, NOTHING) != expected


def test_raw_is_told_by_its_mosaic() -> None:
    data = dng()
    retitled = data.replace(b"Acme One\x00", b"Acme Two\x00")
    darker = data[:-2] + b"\x00\x00"
    assert retitled != data
    assert pixel_hash(data, MediaType.RAW, NOTHING) == pixel_hash(retitled, MediaType.RAW, NOTHING)
    assert pixel_hash(data, MediaType.RAW, NOTHING) != pixel_hash(darker, MediaType.RAW, NOTHING)


def test_damaged_structure_falls_back_to_pixels() -> None:
    broken = b"\xff\xd8\xff\xe0 nothing here"
    first = pixel_hash(broken, MediaType.JPEG, scene())
    assert first == pixel_hash(broken + b"!", MediaType.JPEG, scene())
    assert first != pixel_hash(broken, MediaType.JPEG, 255 - scene())


def test_perceptual_hash_survives_scaling_and_compression_and_tells_pictures_apart() -> None:
    generator = np.random.default_rng(3)
    pictures = []
    for _ in range(12):
        coarse = generator.integers(0, 255, (7, 9, 3), dtype=np.uint8)
        pictures.append(np.asarray(Image.fromarray(coarse).resize((512, 384))))
    for number, picture in enumerate(pictures):
        small = np.asarray(Image.fromarray(picture).resize((200, 150)))
        own = (perceptual_hash(picture) ^ perceptual_hash(small)).bit_count()
        other = pictures[(number + 1) % len(pictures)]
        assert own <= 3
        assert (perceptual_hash(picture) ^ perceptual_hash(other)).bit_count() > 12


def test_perceptual_hash_has_64_bits() -> None:
    ramp = np.repeat(np.linspace(0, 255, 512).astype(np.uint8)[None, :, None], 64, axis=0)
    rising = np.repeat(ramp, 3, axis=2)
    assert perceptual_hash(rising) == 2**64 - 1
    assert perceptual_hash(rising[:, ::-1].copy()) == 0
    assert perceptual_hash(NOTHING) == 0


@given(st.sampled_from(MediaType), st.binary(max_size=200))
def test_never_fails(kind: MediaType, noise: bytes) -> None:
    assert len(pixel_hash(noise, kind, NOTHING)) == 32
    assert len(content_hash(noise)) == 32
