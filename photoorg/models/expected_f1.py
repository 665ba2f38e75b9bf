"""Which photos have a tag, and how good that answer is expected to be, by calibrated probabilities.

Of all lengths k of an answer the one is taken whose expected F1 is highest,
`2 * sum(p[:k]) / (k + sum(p))` for the k most probable photos (Lewis 1995, SIGIR; Ye et al. 2012,
ICML). The bar is half of that F1: a photo above it raises the F1, one below it lowers it. A flat
bar of .5 would leave out what a rare tag has most of.

Suggestions are another matter: they are held to a wanted precision, see `personal_quality`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


class Answers(NamedTuple):
    """The best answer to "which photos have it" for each of k tags.

    Attributes:
        given: bool [n, k], the photos in it.
        f1: float32 [k], expected of it; 0 where no photo can have the tag.
        length: int64 [k], photos in it.
        mass: float32 [k], photos that are expected to have the tag.
    """

    given: NDArray[np.bool_]
    f1: Floats
    length: NDArray[np.int64]
    mass: Floats


def expected_f1(descending: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the expected F1 of the answers of all lengths, and how many photos are expected.

    Args:
        descending: [n, k] probabilities of photos, the highest first; n is at least 1.

    Returns:
        float64 [n, k], of the answers of 1 to n photos; 0 where no photo can have the tag.
        float64 [k].
    """
    found = np.cumsum(descending, axis=0, dtype=np.float64)
    mass: NDArray[np.float64] = found[-1]
    lengths = np.arange(1, len(found) + 1)[:, None]
    return 2 * found / (lengths + mass), mass


def best_answers(probability: Floats) -> Answers:
    """Return the answers of highest expected F1.

    Args:
        probability: [n, k]; 1 and 0 where it is known.
    """
    n, k = probability.shape
    if not n:
        nothing = np.zeros(k, dtype=np.float32)
        return Answers(np.zeros((0, k), dtype=np.bool_), nothing, np.zeros(k, np.int64), nothing)
    order = np.argsort(-probability, axis=0, kind="stable")
    expected, mass = expected_f1(np.take_along_axis(probability, order, axis=0))
    lengths = np.arange(1, n + 1)[:, None]
    count = np.where(mass > 0, expected.argmax(axis=0) + 1, 0)
    given = np.zeros((n, k), dtype=np.bool_)
    np.put_along_axis(given, order, lengths <= count, axis=0)
    return Answers(
        given,
        expected.max(axis=0).astype(np.float32),
        count,
        mass.astype(np.float32),
    )
