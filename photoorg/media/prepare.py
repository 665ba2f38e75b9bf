"""One read and one decode of a file give all that the library keeps of it.

This is the hot path of indexing. Callers that run one such process per core should call
`cv2.setNumThreads(1)` once, so that the processes do not fight over cores.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

import cv2

from photoorg.core.errors import UnsupportedMedia
from photoorg.core.ids import ContentHash
from photoorg.core.records import PreparedPhoto
from photoorg.media.containers import take_apart
from photoorg.media.decode import decode
from photoorg.media.files import read_file
from photoorg.media.fingerprint import content_hash, perceptual_hash, pixel_hash
from photoorg.media.geometry import Pixels, shrink
from photoorg.media.limits import DEFAULT_LIMITS, Limits
from photoorg.media.metadata import metadata_of
from photoorg.media.sniff import sniff
from photoorg.media.thumbnails import (
    THUMBNAIL_SIDE,
    ThumbnailStore,
    encode_thumbnail,
    make_thumbnail,
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A photo read and decoded.

    Attributes:
        network_input: uint8 [s, s, 3] sRGB, the whole photo squashed to a square, antialiased; None
            where none was asked for.
    """

    photo: PreparedPhoto
    network_input: Pixels | None


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file whose content is known already, so it was not decoded."""

    content_hash: ContentHash
    file_size: int


def prepare_file(
    path: Path,
    *,
    input_size: int | None = None,
    store: ThumbnailStore | None = None,
    known_hashes: Container[str] = frozenset(),
    limits: Limits = DEFAULT_LIMITS,
) -> Prepared | Recognised:
    """Read a file once and prepare it.

    Args:
        path: the file.
        input_size: side of the square for the network, if there is to be one.
        store: where the thumbnail goes, if it is to be kept; one that is there already stays.
        known_hashes: content hashes that need no decoding, such as those of vanished files.
        limits: what the file may cost.

    Raises:
        UnsupportedMedia: not a photo, or not one that photoorg reads.
        DamagedMedia: it cannot be decoded.
        MediaTooLarge: it is over the limits.
        MediaProblem: it cannot be read, or is being written.
        EnvironmentProblem: the thumbnail cannot be stored.
    """
    data = read_file(path, limits)
    digest = content_hash(data)
    if digest in known_hashes:
        return Recognised(digest, len(data))
    return _prepare(data, digest, input_size, store, limits)


def prepare_bytes(
    data: bytes,
    *,
    input_size: int | None = None,
    store: ThumbnailStore | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Prepared:
    """Prepare an image that is no file of the library (pasted, dropped).

    Arguments and errors are those of `prepare_file`.
    """
    limits.check_bytes(len(data))
    return _prepare(data, content_hash(data), input_size, store, limits)


def _prepare(
    data: bytes,
    digest: ContentHash,
    input_size: int | None,
    store: ThumbnailStore | None,
    limits: Limits,
) -> Prepared:
    media_type = sniff(data)
    if media_type is None:
        raise UnsupportedMedia("This is not a photo in a format that photoorg reads.")
    parts = take_apart(data, media_type)
    image = decode(
        data,
        media_type,
        min_side=input_size,
        min_long_side=THUMBNAIL_SIDE,
        limits=limits,
        parts=parts,
    )
    thumbnail = make_thumbnail(image.pixels)
    if store is not None and not store.exists(digest):
        store.write(digest, encode_thumbnail(thumbnail))
    photo = PreparedPhoto(
        content_hash=digest,
        pixel_hash=pixel_hash(data, media_type, image.pixels, parts=parts),
        perceptual_hash=perceptual_hash(thumbnail),
        media_type=media_type,
        file_size=len(data),
        width=image.width,
        height=image.height,
        average_color=_average_color(thumbnail),
        metadata=metadata_of(parts),
    )
    return Prepared(photo, shrink(image.pixels, input_size, input_size) if input_size else None)


def _average_color(pixels: Pixels) -> int:
    """Return the mean colour of [h, w, 3] as 0xRRGGBB."""
    red, green, blue = (round(value) for value in cv2.mean(pixels)[:3])
    return red << 16 | green << 8 | blue
