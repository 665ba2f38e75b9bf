"""Which questions a review asks: of which photo, whether it deserves which tag.

Asked is what is expected to help most: an answer helps where it changes what is decided. Of a tag's
best answer (`expected_f1`) a photo that is in it and turns out wrong is taken out, and one that is
not in it and turns out right is put in. With the bar t, which is half of the expected F1, and a
photo of probability p, that is worth min(p (1 - t), t (1 - p)), most at the bar itself. How much it
matters depends on the tag: one photo more or less changes a rare tag's F1 by far more than a common
one's. A tag that may be on no photo at all counts as far as it is likely to be on any.

`photoorg evaluate review` compares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from photoorg.models.expected_f1 import best_answers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


class Question(NamedTuple):
    """One question.

    Attributes:
        row: of the photo.
        column: of the tag.
        usefulness: by how much the tag's F1 is expected to rise by the answer, 0 to 1.
    """

    row: int
    column: int
    usefulness: float


def usefulness(probability: Floats) -> Floats:
    """Return by how much an answer is expected to raise its tag's F1, [n, k], 0 to 1.

    Args:
        probability: [n, k], that the answer is yes; 1 and 0 where it was given.
    """
    best = best_answers(probability)
    bar = best.f1 / 2
    changes = np.minimum(probability * (1 - bar), bar * (1 - probability))
    with np.errstate(divide="ignore"):  # log 0 for what is certain is meant
        anywhere = 1 - np.exp(np.log1p(-probability.astype(np.float64)).sum(axis=0))
    matters = 2 * anywhere / np.maximum(best.length + best.mass, 1)
    return np.asarray(changes * matters, dtype=np.float32)


def choose_questions(
    probability: Floats, free: NDArray[np.bool_], limit: int, rng: np.random.Generator
) -> list[Question]:
    """Return questions, most useful first, each photo once: its next one waits for this answer.

    Args:
        probability: [n, k], that the answer is yes; 1 and 0 where it was given.
        free: bool [n, k], what may be asked.
        limit: questions at most.
        rng: decides among equals.
    """
    if not free.any():
        return []
    # Of equals the first is taken, so which one is first is drawn.
    columns = rng.permutation(probability.shape[1])
    useful = np.where(free, usefulness(probability), -1)[:, columns]
    best = useful.argmax(axis=1)
    of_best = useful[np.arange(len(best)), best]
    order = np.lexsort((rng.random(len(best)), -of_best))[:limit]
    return [
        Question(row, int(columns[best[row]]), float(of_best[row]))
        for row in order.tolist()
        if of_best[row] >= 0
    ]
