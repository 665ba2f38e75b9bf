"""How alike two photos are by their pixels, and when they are the same picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from photoorg.core.ids import PhotoId
from photoorg.search.ports import FloatArray, IdArray

RELEVANT = 0.45
"""Cosine of pooled vectors from which a photo counts as similar.

Measured on all pairs of 700 COCO photos with EfficientNet-Lite2: of pairs at 0.45 to 0.50, 69 %
share a label, at 0.40 to 0.45 56 %.
"""

SURPLUS = 100
"""Candidates beyond the limit that are compared exactly: the compact vectors are a little off."""

_SAME_COSINE = 0.96
"""Cosine of pooled vectors from which two photos are near-identical.

Of those 244,650 pairs of different photos the most alike reach 0.89; half of the copies
with 2 % trimmed off reach 0.97, half of the somewhat brighter ones 0.99.
"""

_SAME_BITS = 8
"""Differing bits of 64 up to which the difference hashes of two photos say the same.

Copies of 68 photos saved at quality 30, or at a third of their size, differ in 7 bits at most; of
the pairs of different photos three come as near as 8, at cosines below 0.5.
"""

_SAME_AT_LEAST = 0.6
"""Equal hashes mean nothing below this cosine: flat skies and black frames hash alike.

A copy at a third of the size, which blurs what the network sees, still has 0.61.
"""

HashSource = Callable[[Sequence[PhotoId]], tuple[IdArray, NDArray[np.uint64]]]


def cosines(vector: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return the cosine of a vector [d] with others [n, d], float32 [n]; 0 for zero vectors."""
    norms = np.linalg.norm(vectors, axis=1) * np.linalg.norm(vector)
    result: FloatArray = (vectors @ vector) / np.maximum(norms, np.finfo(np.float32).tiny)
    return result


def near_identical(
    ids: IdArray, alike: FloatArray, perceptual_hash: int | None, hashes_of: HashSource
) -> NDArray[np.bool_]:
    """Return which photos show the same picture, resized or saved again, bool [n].

    Args:
        ids: int64 [n].
        alike: float32 [n], cosines with the photo at hand.
        perceptual_hash: of the photo at hand, or None where it is not known.
        hashes_of: gives the hashes of photos.
    """
    identical: NDArray[np.bool_] = alike >= _SAME_COSINE
    candidates = ids[alike >= _SAME_AT_LEAST]
    if perceptual_hash is None or not len(candidates):
        return identical
    known, hashes = hashes_of([PhotoId(candidate) for candidate in candidates.tolist()])
    differing = np.bitwise_count(hashes ^ np.uint64(perceptual_hash))
    return identical | np.isin(ids, known[differing <= _SAME_BITS])
