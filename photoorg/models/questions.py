"""Which questions a review asks: of which photo, whether it deserves which tag.

Asked is what is expected to help most: an answer helps where it changes what is decided. Of a tag's
best answer (`expected_f1`) a photo that is in it and turns out wrong is taken out, and one that is
not in it and turns out right is put in. With the bar t, which is half of the expected F1, and a
photo of probability p, that is worth min(p (1 - t), t (1 - p)), most at the bar itself. How much it
matters depends on the tag: one photo more or less changes a rare tag's F1 by far more than a common
one's. A tag that may be on no photo at all counts as far as it is likely to be on any. And a tag
that has too few examples to be suggested counts as one of `_UNTAUGHT` photos at most: without that
the commonest tags would be asked about last, and never be suggested.

`photoorg evaluate review` compares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from photoorg.models.expected_f1 import best_answers
from photoorg.models.personal import LEAST_EXAMPLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


_UNTAUGHT = 40.0
"""Chosen on photos set aside for calibration: after 2,000 answers from the names alone 77 of 80
tags have their examples, not 53, and a quarter of what deserves a tag is suggested, not a sixth;
after 500 the library's macro-F1 is .66, not .68."""


class Question(NamedTuple):
    """One question.

    Attributes:
        row: of the photo.
        column: of the tag.
        usefulness: see `usefulness`.
    """

    row: int
    column: int
    usefulness: float


def usefulness(probability: Floats, examples: NDArray[np.int64]) -> Floats:
    """Return by how much an answer is expected to raise its tag's F1, [n, k], 0 to 1.

    Of tags with few examples it is what it would be if they were rarer, see above.

    Args:
        probability: [n, k], that the answer is yes; 1 and 0 where it was given.
        examples: [k], photos that carry each tag.
    """
    best = best_answers(probability)
    bar = best.f1 / 2
    changes = np.minimum(probability * (1 - bar), bar * (1 - probability))
    with np.errstate(divide="ignore"):  # log 0 for what is certain is meant
        anywhere = 1 - np.exp(np.log1p(-probability.astype(np.float64)).sum(axis=0))
    photos = np.maximum(best.length + best.mass, 1)
    photos = np.where(examples < LEAST_EXAMPLES, np.minimum(photos, _UNTAUGHT), photos)
    matters = 2 * anywhere / photos
    return np.asarray(changes * matters, dtype=np.float32)


def choose_questions(
    probability: Floats,
    free: NDArray[np.bool_],
    examples: NDArray[np.int64],
    limit: int,
    rng: np.random.Generator,
) -> list[Question]:
    """Return questions, most useful first, each photo once: its next one waits for this answer.

    Args:
        probability: [n, k], that the answer is yes; 1 and 0 where it was given.
        free: bool [n, k], what may be asked.
        examples: [k], photos that carry each tag.
        limit: questions at most.
        rng: decides among equals.
    """
    if not free.any():
        return []
    # Of equals the first is taken, so which one is first is drawn.
    columns = rng.permutation(probability.shape[1])
    useful = np.where(free, usefulness(probability, examples), -1)[:, columns]
    best = useful.argmax(axis=1)
    of_best = useful[np.arange(len(best)), best]
    order = np.lexsort((rng.random(len(best)), -of_best))[:limit]
    return [
        Question(row, int(columns[best[row]]), float(of_best[row]))
        for row in order.tolist()
        if of_best[row] >= 0
    ]
