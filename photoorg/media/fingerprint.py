"""Identity: of bytes, of pictures, and of looks."""

from __future__ import annotations

from hashlib import blake2b

import cv2
import numpy as np

from photoorg.core.ids import ContentHash, PixelHash
from photoorg.core.records import MediaType
from photoorg.media.containers import Parts, take_apart
from photoorg.media.geometry import Pixels

_DIGEST_BYTES = 16
"""128 bits: no accidental twins among any number of photos a person can have."""


def content_hash(data: bytes) -> ContentHash:
    """Return the hex digest (BLAKE2b, 128 bits) of a file's bytes."""
    return ContentHash(blake2b(data, digest_size=_DIGEST_BYTES).hexdigest())


def pixel_hash(
    data: bytes, media_type: MediaType, pixels: Pixels, *, parts: Parts | None = None
) -> PixelHash:
    """Return the hex digest of what a file shows, unchanged by edits to its metadata.

    It is taken of the encoded picture, not of decoded pixels: cheaper, and another version of a
    decoder does not make every photo a new one. Orientation counts as metadata.

    Args:
        data: the whole file.
        media_type: as `sniff` says.
        pixels: uint8 [h, w, 3], hashed instead where the structure is too damaged to tell picture
            from metadata.
        parts: the file taken apart, where the caller has done so already.
    """
    picture = (parts or take_apart(data, media_type)).picture
    if not picture:
        shape = repr(pixels.shape).encode()
        picture = (memoryview(shape), np.ascontiguousarray(pixels).data)
    digest = blake2b(media_type.value.encode(), digest_size=_DIGEST_BYTES)
    for piece in picture:
        digest.update(piece)
    return PixelHash(digest.hexdigest())


def perceptual_hash(pixels: Pixels) -> int:
    """Return the 64-bit difference hash of a picture.

    Each bit says whether, in the picture shrunk to 9 x 8 greys, a pixel is brighter than its left
    neighbour; near-identical pictures differ in few bits. Source: N. Krawetz, "Kind of Like That",
    2013.

    Args:
        pixels: uint8 [h, w, 3].
    """
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    # First to a multiple: averaging over areas is fast only where the ratio is whole.
    middle = cv2.resize(gray, (9 * 32, 8 * 32), interpolation=cv2.INTER_LINEAR)
    small = cv2.resize(middle, (9, 8), interpolation=cv2.INTER_AREA)
    return int.from_bytes(np.packbits(small[:, 1:] > small[:, :-1]).tobytes(), "big")
