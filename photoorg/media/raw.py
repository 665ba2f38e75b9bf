"""RAW files: the preview that the camera put in, or a quick development where that is too small."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import rawpy

from photoorg.core.errors import UnsupportedMedia
from photoorg.media.containers.jpeg import read_jpeg
from photoorg.media.geometry import Pixels, turn
from photoorg.media.limits import Limits

# LibRaw's `flip` in Exif's numbers.
_ORIENTATIONS = {0: 1, 3: 3, 5: 8, 6: 6}


@dataclass(frozen=True, slots=True)
class RawPreview:
    """The embedded JPEG.

    Attributes:
        jpeg: a whole JPEG file.
        orientation: Exif's, for a preview that does not tell its own.
        width: pixels of the full photo, upright.
        height: pixels of the full photo, upright.
    """

    jpeg: bytes
    orientation: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class RawPicture:
    """Pixels, upright, and the size of the full photo."""

    pixels: Pixels
    width: int
    height: int


def read_raw(
    data: bytes, is_enough: Callable[[int, int, int, int], bool], limits: Limits
) -> RawPreview | RawPicture:
    """Return what a RAW file shows.

    Args:
        data: the whole file.
        is_enough: told width and height of the preview, then of the photo; says whether the
            preview will do. Developing unpacks the whole mosaic, so it is far slower.
        limits: checked before anything is unpacked.

    Raises:
        UnsupportedMedia: LibRaw does not know this camera or this variant.
        MediaTooLarge: the picture is over the limits.
    """
    try:
        with rawpy.imread(BytesIO(data)) as raw:
            sizes = raw.sizes
            limits.check_pixels(sizes.raw_width, sizes.raw_height)
            swapped = sizes.flip in {5, 6}
            width, height = sizes.width, sizes.height
            width, height = (height, width) if swapped else (width, height)
            orientation = _ORIENTATIONS.get(sizes.flip, 1)
            preview = _preview(raw)
            if isinstance(preview, bytes):
                frame = read_jpeg(preview).frame
                if frame and is_enough(frame.width, frame.height, width, height):
                    return RawPreview(preview, orientation, width, height)
            elif preview is not None and is_enough(
                preview.shape[1], preview.shape[0], width, height
            ):
                return RawPicture(turn(preview, orientation), width, height)
            # Develops upright, with the white balance that the camera chose.
            pixels = raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8)
            return RawPicture(np.asarray(pixels, dtype=np.uint8), width, height)
    except (rawpy.LibRawFileUnsupportedError, rawpy.LibRawNotImplementedError) as error:
        raise UnsupportedMedia("This camera's RAW format cannot be read.") from error


def _preview(raw: rawpy.RawPy) -> bytes | Pixels | None:
    """Return the embedded JPEG, or bitmap [h, w, 3], or None where there is none to be used."""
    try:
        preview = raw.extract_thumb()
    except rawpy.LibRawError:
        return None
    if preview.format is rawpy.ThumbFormat.JPEG:
        return bytes(preview.data)
    bitmap = np.asarray(preview.data)
    is_rgb = bitmap.ndim == 3 and bitmap.shape[2] == 3 and bitmap.dtype == np.uint8
    return np.ascontiguousarray(bitmap) if is_rgb else None
