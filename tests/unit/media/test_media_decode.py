from __future__ import annotations

import struct
import threading
import warnings
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media_samples import (
    FORMATS,
    QUADRANTS,
    corners,
    dng,
    encode,
    exif_block,
    long,
    raw,
    scene,
    segment,
    short,
    tiff,
    with_segments,
)
from PIL import Image, ImageCms

from photoorg.core.errors import DamagedMedia, MediaProblem, MediaTooLarge, UnsupportedMedia
from photoorg.core.records import MediaType
from photoorg.media.decode import decode, load_for_view, load_photo
from photoorg.media.geometry import shrink, turn
from photoorg.media.limits import Limits

LOSSY = 22
"""How far a lossy encoder may move the middle of a plain quadrant."""


def assert_is_scene(pixels: np.ndarray, tolerance: int = LOSSY) -> None:
    assert np.abs(corners(pixels) - np.array(QUADRANTS)).max() <= tolerance


def stored(orientation: int) -> np.ndarray:
    """Return the scene as a camera held that way stores it: the inverse of turning it upright."""
    inverse = {6: 8, 8: 6}.get(orientation, orientation)
    return turn(scene(), inverse)


def oriented_exif(orientation: int) -> bytes:
    return exif_block({0x0112: short(orientation)})


@pytest.mark.parametrize("kind", [*FORMATS, MediaType.HEIF])
def test_every_format_shows_the_scene(kind: MediaType) -> None:
    image = decode(encode(scene(), kind), kind)
    assert (image.width, image.height) == (96, 64)
    assert image.pixels.shape == (64, 96, 3)
    assert image.pixels.dtype == np.uint8
    assert_is_scene(image.pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    "kind", [MediaType.JPEG, MediaType.PNG, MediaType.WEBP, MediaType.TIFF, MediaType.AVIF]
)
def test_orientation_is_applied_once(kind: MediaType, orientation: int) -> None:
    options = {"exif": oriented_exif(orientation)}
    if kind is MediaType.TIFF:
        options = {"tiffinfo": {0x0112: orientation}}
    image = decode(encode(stored(orientation), kind, **options), kind)
    assert (image.width, image.height) == (96, 64)
    assert_is_scene(image.pixels)


def test_heif_is_not_turned_twice() -> None:
    data = encode(stored(6), MediaType.HEIF, exif=oriented_exif(6))
    image = decode(data, MediaType.HEIF)
    assert (image.width, image.height) == (96, 64)
    assert_is_scene(image.pixels)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "RGBA", "LA", "I;16", "RGB"])
def test_colour_modes_in_tiff(mode: str) -> None:
    if mode == "I;16":
        picture = Image.fromarray(
            (np.asarray(Image.fromarray(scene()).convert("L")) * 257.0).astype(np.uint16)
        )
    else:
        picture = Image.fromarray(scene()).convert(mode)
    pixels = decode(encode(picture, MediaType.TIFF), MediaType.TIFF).pixels
    expected = np.asarray(
        Image.fromarray(scene()).convert("L" if mode == "I;16" else mode).convert("RGB")
    )
    assert np.abs(corners(pixels) - corners(expected)).max() <= 3


def test_sixteen_bit_png_keeps_its_brightness() -> None:
    grey = np.full((20, 20), 200 * 257, np.uint16)
    assert decode(encode(grey, MediaType.PNG), MediaType.PNG).pixels.mean() == 200


def test_float_tiff_is_shown() -> None:
    picture = Image.fromarray(np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20))
    pixels = decode(encode(picture, MediaType.TIFF), MediaType.TIFF).pixels
    assert (pixels[0, 0, 0], pixels[-1, -1, 0]) == (0, 255)


def test_transparency_lies_over_white() -> None:
    clear = np.zeros((16, 16, 4), np.uint8)
    clear[:8] = (10, 20, 30, 255)
    for kind in (MediaType.PNG, MediaType.WEBP, MediaType.TIFF):
        options = {"lossless": True} if kind is MediaType.WEBP else {}
        pixels = decode(encode(Image.fromarray(clear), kind, **options), kind).pixels
        assert tuple(pixels[2, 2]) == (10, 20, 30)
        assert tuple(pixels[12, 12]) == (255, 255, 255)


def test_adobe_cmyk_jpeg_is_not_inverted() -> None:
    data = encode(Image.fromarray(scene()).convert("CMYK"), MediaType.JPEG, quality=95)
    assert_is_scene(decode(data, MediaType.JPEG).pixels)


def test_a_foreign_profile_is_converted() -> None:
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # What calls itself otherwise and takes red for green.
    icc = icc.replace("sRGB".encode("utf-16-be"), "odd!".encode("utf-16-be"))
    icc = icc.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")
    for kind in (MediaType.JPEG, MediaType.PNG, MediaType.TIFF, MediaType.WEBP):
        red = Image.fromarray(np.full((16, 16, 3), (250, 5, 5), np.uint8))
        pixel = decode(encode(red, kind, icc_profile=icc), kind).pixels[8, 8]
        assert pixel[1] > 200
        assert pixel[0] < 60


def test_a_profile_that_is_broken_or_of_another_space_is_ignored() -> None:
    grey = np.full((16, 16, 3), 128, np.uint8)
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for icc in (
        b"nonsense",
        lab,
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    ):
        data = encode(Image.fromarray(grey), MediaType.PNG, icc_profile=icc)
        assert decode(data, MediaType.PNG).pixels.mean() == 128


@pytest.mark.parametrize("kind", [MediaType.JPEG, MediaType.PNG, MediaType.WEBP])
@pytest.mark.parametrize("size", [(3000, 2000), (2000, 3000), (1500, 300), (300, 200)])
def test_scaled_decoding_is_enough_and_not_much_more(
    kind: MediaType, size: tuple[int, int]
) -> None:
    width, height = size
    data = encode(scene(width, height), kind)
    image = decode(data, kind, min_side=260, min_long_side=512)
    got_height, got_width = image.pixels.shape[:2]
    assert (image.width, image.height) == size
    assert max(got_width, got_height) >= min(512, max(size))
    assert min(got_width, got_height) >= min(260, *size)
    need = max(512 / max(size), 260 / min(size))
    assert got_width <= max(1.0, 2 * need) * width + 1 or (got_width, got_height) == size
    assert_is_scene(image.pixels)


def test_pixel_limit_is_checked_before_unpacking() -> None:
    for kind in (*FORMATS, MediaType.HEIF):
        with pytest.raises(MediaTooLarge, match="96 × 64"):
            decode(encode(scene(), kind), kind, limits=Limits(max_pixels=6000))
    with pytest.raises(MediaTooLarge):
        decode(dng(), MediaType.RAW, limits=Limits(max_pixels=6000))


def test_a_png_bomb_is_refused() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    png += struct.pack(">I", zlib.crc32(chunk)) + b"\x00\x00\x00\x00IDAT5\xafL\x1e"
    with pytest.raises(MediaTooLarge):
        decode(png, MediaType.PNG)


def test_a_tiff_with_a_giant_tile_is_refused() -> None:
    tags = {256: long(8), 257: long(8), 258: short(8), 259: short(5), 262: short(1), 277: short(1)}
    tiles = {322: long(2**20), 323: long(2**20), 324: long(8), 325: long(64)}
    with pytest.raises(MediaTooLarge):
        decode(tiff(tags | tiles), MediaType.TIFF)


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    data = encode(scene(640, 480), MediaType.JPEG, progressive=True)
    start = data.index(b"\xff\xda")
    end = data.index(b"\xff", start + 14)
    bomb = data[:start] + data[start:end] * 5000 + data[start:]
    with pytest.raises(MediaTooLarge, match="scans"):
        decode(bomb, MediaType.JPEG, limits=Limits(max_pixels=10_000_000))


def test_a_cut_off_jpeg_shows_what_is_there() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (400, 400, 3), dtype=np.uint8)
    for options in ({}, {"progressive": True}):
        data = encode(noise, MediaType.JPEG, **options)
        image = decode(data[: len(data) * 8 // 10], MediaType.JPEG)
        assert image.pixels[:150].std() > 20
    data = encode(noise, MediaType.JPEG)
    with pytest.raises(DamagedMedia, match=r"cut off: only \d+% of it is there"):
        decode(data[: len(data) // 4], MediaType.JPEG)


def test_jpeg_metadata_cannot_upset_the_decoder() -> None:
    data = with_segments(
        encode(scene(), MediaType.JPEG),
        segment(0xE1, b"Exif\x00\x00II*\x00\xff\xff\xff\xff"),
        segment(0xE2, b"MPF\x00" + b"\xff" * 40),
        segment(0xED, b"Photoshop 3.0\x00" + b"8BIM" * 9),
    )
    assert_is_scene(decode(data, MediaType.JPEG).pixels)


def test_raw_without_a_preview_is_developed_upright() -> None:
    wide = decode(dng(), MediaType.RAW, min_side=100)
    assert (wide.width, wide.height, wide.pixels.shape) == (640, 480, (240, 320, 3))
    assert wide.pixels[-9, :, 0].mean() > wide.pixels[9, :, 0].mean() + 100
    tall = decode(dng(orientation=6), MediaType.RAW, min_side=100)
    assert (tall.width, tall.height, tall.pixels.shape) == (480, 640, (320, 240, 3))
    assert tall.pixels[:, 9, 0].mean() > tall.pixels[:, -9, 0].mean() + 100


def test_raw_that_libraw_does_not_know_is_unsupported() -> None:
    with pytest.raises((UnsupportedMedia, DamagedMedia)):
        decode(b"FUJIFILMCCD-RAW " + b"\x00" * 400, MediaType.RAW)


def test_libraries_stay_silent(capfd: pytest.CaptureFixture[str]) -> None:
    tags = {256: long(64), 257: long(64), 258: short(1), 259: short(4), 262: short(0)}
    more = {277: short(1), 278: long(64), 700: raw(b"x" * 9), 296: short(12291)}
    fax = tiff(tags | more, strip=b"\xa5\x5a\x00\x17" * 40)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        files = [(fax, MediaType.TIFF), (encode(scene(), MediaType.TIFF)[:-60], MediaType.TIFF)]
        files += [(dng()[:-9999], MediaType.RAW), (dng()[:900], MediaType.RAW)]
        for kind in (MediaType.AVIF, MediaType.HEIF):
            whole = encode(scene(), kind)
            files += [(whole[:-50], kind), (whole[:-60] + bytes(60), kind)]
        for data, kind in files:
            with suppress(MediaProblem):
                decode(data, kind)
    assert capfd.readouterr() == ("", "")


def test_load_for_view_gives_the_size_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "no-extension"
    path.write_bytes(encode(scene(900, 600), MediaType.JPEG, exif=oriented_exif(6)))
    assert load_for_view(path, 300).pixels.shape == (300, 200, 3)
    assert load_for_view(path).pixels.shape == (900, 600, 3)
    assert load_for_view(path, 5000).pixels.shape == (900, 600, 3)
    assert load_photo(path, min_side=100).pixels.shape[1] >= 100
    path.write_text("words")
    with pytest.raises(UnsupportedMedia):
        load_for_view(path, 300)


def test_threads_may_decode_at_once() -> None:
    files = [(encode(scene(400, 300), kind), kind) for kind in FORMATS]
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for data, kind in files:
                assert_is_scene(decode(data, kind, min_side=50).pixels)
        except BaseException as error:  # noqa: BLE001 - carried to the main thread
            failures.append(error)

    filters = list(warnings.filters)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert list(warnings.filters) == filters


@pytest.mark.parametrize("width", [700, 400, 130, 64])
def test_shrinking_is_antialiased(width: int) -> None:
    stripes = np.zeros((300, 800, 3), np.uint8)
    stripes[:, ::2] = 255
    fine = shrink(stripes, width // 2, 100).astype(int)
    assert np.abs(fine - 127).max() <= 66


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_fuzzed_files_are_shown_or_refused(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([*FORMATS, MediaType.HEIF]))
    whole = bytearray(encode(scene(), kind))
    for _ in range(data.draw(st.integers(1, 10))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(len(whole) // 3, len(whole)))
    with suppress(MediaProblem):
        image = decode(bytes(whole[:cut]), kind, limits=Limits(max_pixels=4_000_000))
        assert image.pixels.ndim == 3
