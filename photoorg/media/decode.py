"""Decoding photos to RGB, scaled while decoding where the format can.

JPEG goes through Pillow, not OpenCV. Both are libjpeg-turbo; measured, Pillow takes 1 % longer on
camera photos and half a millisecond on small ones. In return it says when a file is cut off, and
keeps quiet, where OpenCV's libjpeg writes to the process's standard error.
"""

from __future__ import annotations

import math
import os
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from photoorg.core.errors import DamagedMedia, MediaProblem, MediaTooLarge, UnsupportedMedia
from photoorg.core.records import MediaType
from photoorg.media.color import to_eight_bits, to_srgb
from photoorg.media.containers import Parts, take_apart
from photoorg.media.containers.jpeg import END_OF_IMAGE, read_jpeg
from photoorg.media.containers.parts import JpegFrame, without_exif_header
from photoorg.media.containers.png import END_CHUNK, SIGNATURE
from photoorg.media.containers.tiff import open_tiff
from photoorg.media.exif import read_orientation
from photoorg.media.files import read_file
from photoorg.media.geometry import Pixels, fit, shrink, turn
from photoorg.media.limits import DEFAULT_LIMITS, Limits
from photoorg.media.raw import RawPicture, read_raw
from photoorg.media.sniff import sniff

_LEAST_SHOWN = 0.5
"""Of a photo that is cut off, so much must be there for it to be shown."""

_FREE_SCANS = 32
"""Cameras and programs write up to about ten; more are counted as more pixels to unpack."""

_TILE_WIDTH, _TILE_HEIGHT = 322, 323

_STANDARD_ERROR = 2
_TALKATIVE = frozenset({MediaType.TIFF, MediaType.RAW, MediaType.HEIF, MediaType.AVIF})
_quiet_lock = threading.RLock()

# What Pillow says of files that are whole but use what it does not know.
_NOT_KNOWN = re.compile(r"unknown|unsupported|not supported|cannot handle|unrecognized mode")


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """A photo as a person sees it.

    Attributes:
        pixels: uint8 [h, w, 3] sRGB, upright, perhaps smaller than the photo.
        width: pixels of the full photo, upright.
        height: pixels of the full photo, upright.
    """

    pixels: Pixels
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Request:
    """How large the answer must be at least, and what it may cost."""

    min_side: int | None
    min_long_side: int | None
    limits: Limits

    def scale(self, width: int, height: int) -> float:
        """Return the smallest scale that still gives what is asked, at most 1."""
        if self.min_side is None and self.min_long_side is None:
            return 1.0
        short, long = sorted((width, height))
        return min(1.0, max((self.min_side or 0) / short, (self.min_long_side or 0) / long))

    def long_side(self, width: int, height: int) -> int:
        """Return how many pixels the longer side must have."""
        return math.ceil(max(width, height) * self.scale(width, height))


def load_photo(
    path: Path,
    *,
    min_side: int | None = None,
    min_long_side: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> DecodedImage:
    """Read and decode a file; arguments and errors are those of `decode` and `read_file`."""
    data = read_file(path, limits)
    media_type = sniff(data)
    if media_type is None:
        raise UnsupportedMedia("This is not a photo in a format that photoorg reads.")
    return decode(data, media_type, min_side=min_side, min_long_side=min_long_side, limits=limits)


def load_for_view(
    path: Path, max_side: int | None = None, *, limits: Limits = DEFAULT_LIMITS
) -> DecodedImage:
    """Return a photo for the viewer: no side longer than `max_side`, or all of it.

    Raises:
        MediaProblem: the file cannot be read or shown; the message says why.
    """
    image = load_photo(path, min_long_side=max_side, limits=limits)
    height, width = image.pixels.shape[:2]
    if max_side is None or max(width, height) <= max_side:
        return image
    pixels = shrink(image.pixels, *fit(width, height, max_side))
    return DecodedImage(pixels, image.width, image.height)


def decode(
    data: bytes,
    media_type: MediaType,
    *,
    min_side: int | None = None,
    min_long_side: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    parts: Parts | None = None,
) -> DecodedImage:
    """Decode a photo upright into sRGB, at the smallest scale that comes cheap and is enough.

    Args:
        data: the whole file.
        media_type: as `sniff` says.
        min_side: the shorter side has at least so many pixels, where the photo has them.
        min_long_side: the same for the longer side. With neither, the photo comes whole.
        limits: checked against the header, before anything is unpacked.
        parts: the file taken apart, where the caller has done so already.

    Raises:
        MediaTooLarge: the picture would unpack to more than the limits, or than there is memory.
        DamagedMedia: it cannot be decoded, or too little of it is there.
        UnsupportedMedia: it uses a variant that photoorg cannot read.
    """
    request = _Request(min_side, min_long_side, limits)
    with _library_errors(media_type):
        match media_type:
            case MediaType.JPEG:
                return _decode_jpeg(parts or read_jpeg(data), request)
            case MediaType.RAW:
                return _decode_raw(data, request)
            case MediaType.HEIF:
                return _decode_heif(data, request)
            case _:
                parts = parts or take_apart(data, media_type)
                return _decode_whole(data, media_type, parts, request)


@contextmanager
def _library_errors(media_type: MediaType) -> Iterator[None]:
    """Turn whatever a decoder raises on hostile data into a problem with a reason."""
    name = media_type.value.upper()
    try:
        yield
    except MediaProblem:
        raise
    except MemoryError as error:
        raise MediaTooLarge("The picture needs more memory than there is.") from error
    except NotImplementedError as error:
        raise UnsupportedMedia(f"This variant of {name} cannot be read.") from error
    except Exception as error:
        # Decoders document no exceptions: on fuzzed files nearly every built-in one turns up.
        detail = str(error).lower()
        if "truncated" in detail:
            raise DamagedMedia(f"The {name} file is cut off.") from error
        if _NOT_KNOWN.search(detail):
            raise UnsupportedMedia(f"This variant of {name} cannot be read.") from error
        raise DamagedMedia(f"The {name} file is damaged and cannot be shown.") from error


@contextmanager
def _quiet(media_type: MediaType) -> Iterator[None]:
    """Keep the libraries' warnings about odd files in.

    `catch_warnings` swaps the process's filters, so only one thread may be inside. JPEG, which is
    nearly everything, goes without: its decoder sees no metadata, the source of all its warnings.
    libtiff, LibRaw and dav1d write to the standard error themselves, so for their formats that
    leads nowhere meanwhile.
    """
    with _quiet_lock, warnings.catch_warnings(), ExitStack() as stack:
        warnings.simplefilter("ignore")
        if media_type in _TALKATIVE:
            stack.enter_context(_standard_error_closed())
        yield


@contextmanager
def _standard_error_closed() -> Iterator[None]:
    """Lead the process's standard error nowhere; for C code that cannot be told to be silent."""
    try:
        kept = os.dup(_STANDARD_ERROR)
    except OSError:
        # A window's process may have none (pythonw on Windows).
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STANDARD_ERROR)
        yield
    finally:
        os.dup2(kept, _STANDARD_ERROR)
        os.close(nowhere)
        os.close(kept)


def _decode_jpeg(parts: Parts, request: _Request) -> DecodedImage:
    frame = parts.frame
    if frame is None:
        raise DamagedMedia("The JPEG file holds no picture.")
    _check_frame(frame, request.limits)
    stream = b"".join(parts.picture) + (b"" if frame.complete else END_OF_IMAGE)
    image = JpegImagePlugin.JpegImageFile(BytesIO(stream))
    # In one piece: with small ones Pillow copies what is left over each time.
    image.decodermaxblock = max(image.decodermaxblock, len(stream))
    width, height = image.size
    scale = request.scale(width, height)
    image.draft(None, (math.ceil(width * scale), math.ceil(height * scale)))
    image.load()
    if not frame.complete:
        _check_shown(np.asarray(image))
    return _finish(image, parts.icc, read_orientation(parts.exif), (width, height), request)


def _check_frame(frame: JpegFrame, limits: Limits) -> None:
    if not frame.width or not frame.height:
        raise DamagedMedia("The JPEG file says that its picture has no size.")
    limits.check_pixels(frame.width, frame.height)
    if frame.width * frame.height * frame.scans > limits.max_pixels * _FREE_SCANS:
        raise MediaTooLarge(f"The picture would take too long to unpack ({frame.scans} scans).")


def _check_shown(pixels: NDArray[np.uint8]) -> None:
    """Refuse a picture of which too little is there.

    libjpeg fills what is missing with coefficients of zero, which is the middle grey.

    Raises:
        DamagedMedia: less than half of the rows hold something.
    """
    rows = pixels.reshape(len(pixels), -1)
    filled = np.flatnonzero((rows != 128).any(axis=1))
    shown = (filled[-1] + 1) / len(rows) if len(filled) else 0.0
    if shown < _LEAST_SHOWN:
        raise DamagedMedia(f"The photo is cut off: only {shown:.0%} of it is there.")


def _decode_whole(
    data: bytes, media_type: MediaType, parts: Parts, request: _Request
) -> DecodedImage:
    """Decode a format that Pillow cannot scale on the way."""
    opener: Callable[[BytesIO], ImageFile]
    stream = data
    match media_type:
        case MediaType.PNG:
            # Without its texts, which may unpack to gigabytes.
            stream = b"".join((SIGNATURE, *parts.picture, END_CHUNK))
            opener = PngImagePlugin.PngImageFile
        case MediaType.WEBP:
            opener = WebPImagePlugin.WebPImageFile
        case MediaType.AVIF:
            opener = AvifImagePlugin.AvifImageFile
        case MediaType.TIFF:
            _check_tiles(data, request.limits)
            opener = TiffImageFile
        case MediaType.GIF:
            opener = GifImageFile
        case _:
            opener = BmpImageFile
    with _quiet(media_type):
        image = opener(BytesIO(stream))
        request.limits.check_pixels(*image.size)
        image.load()
    return _finish(
        image, _profile(image, parts), _orientation(image, media_type, parts), image.size, request
    )


def _profile(image: Image.Image, parts: Parts) -> bytes:
    icc = parts.icc or image.info.get("icc_profile")
    return icc if isinstance(icc, bytes) else b""


def _orientation(image: Image.Image, media_type: MediaType, parts: Parts) -> int:
    """Return the orientation that is still to be applied."""
    if media_type is MediaType.TIFF:
        return 1  # Pillow has turned it while loading.
    if media_type is MediaType.AVIF:
        # The container's rotation counts, not the camera's note; Pillow puts the one in the other.
        exif = image.info.get("exif")
        return read_orientation(without_exif_header(exif)) if isinstance(exif, bytes) else 1
    return read_orientation(parts.exif)


def _check_tiles(data: bytes, limits: Limits) -> None:
    """Refuse tiles larger than any picture: they are allocated whole."""
    first = open_tiff(data)
    if first is not None and _TILE_WIDTH in first:
        limits.check_pixels(first.integer(_TILE_WIDTH) or 0, first.integer(_TILE_HEIGHT) or 0)


def _decode_heif(data: bytes, request: _Request) -> DecodedImage:
    with _quiet(MediaType.HEIF):
        heif = pillow_heif.open_heif(BytesIO(data), convert_hdr_to_8bit=True)
        request.limits.check_pixels(*heif.size)
        image: Image.Image = heif.to_pillow()
    icc = heif.info.get("icc_profile") or b""
    # libheif has turned the picture as the container says; Exif repeats that and is not asked.
    return _finish(image, icc, 1, image.size, request)


def _decode_raw(data: bytes, request: _Request) -> DecodedImage:
    def is_enough(width: int, height: int, full_width: int, full_height: int) -> bool:
        # Developing gives half of the photo's size, so never ask for more.
        needed = min(request.long_side(full_width, full_height), max(full_width, full_height) // 2)
        return max(width, height) >= needed

    with _quiet(MediaType.RAW):
        raw = read_raw(data, is_enough, request.limits)
    if isinstance(raw, RawPicture):
        pixels = raw.pixels
    else:
        preview = read_jpeg(raw.jpeg)
        pixels = _decode_jpeg(preview, request).pixels
        if read_orientation(preview.exif) == 1:
            pixels = turn(pixels, raw.orientation)
    return DecodedImage(pixels, raw.width, raw.height)


def _finish(
    image: Image.Image, icc: bytes, orientation: int, size: tuple[int, int], request: _Request
) -> DecodedImage:
    """Bring a loaded picture to sRGB, to the size asked for, and upright.

    Args:
        image: the picture, perhaps scaled already.
        icc: its colour profile, or nothing.
        orientation: Exif's, still to be applied.
        size: width and height of the full photo, as stored.
        request: what size the answer must have.
    """
    image = to_eight_bits(image)
    width, height = size
    scale = request.scale(width, height)
    factor = int(min(image.width / (width * scale), image.height / (height * scale)))
    if factor > 1:
        image = image.reduce(factor)
    pixels = turn(np.asarray(to_srgb(image, icc)), orientation)
    if orientation >= 5:
        width, height = height, width
    return DecodedImage(pixels, width, height)
