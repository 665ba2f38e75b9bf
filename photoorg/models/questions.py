"""Which questions a review asks: of which photo, whether it deserves which tag.

Tags take turns, and of a tag any of its most probable photos is asked about. To ask for the most
probable or the most doubtful photos alone teaches a model what such photos are like, and it comes
to misjudge all others; `photoorg evaluate review` compares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

POOL = 50
"""Photos that may deserve a tag, from which one is drawn."""


def choose_questions(
    probability: NDArray[np.float32],
    free: NDArray[np.bool_],
    answers: NDArray[np.int64],
    limit: int,
    rng: np.random.Generator,
) -> list[tuple[int, int]]:
    """Return questions as pairs of row and column, each row once, in the order to ask them.

    The tag with the fewest answers has its turn, those of this round counted in.

    Args:
        probability: [n, k], that the answer is yes.
        free: bool [n, k], what may be asked.
        answers: [k], what was said of each tag so far, yes or no.
        limit: questions at most.
        rng: draws photos, and tags among equals.
    """
    # Past these a tag has no photo that another has not taken.
    depth = min(POOL + limit, len(probability))
    ranked = np.argsort(-np.where(free, probability, -1), axis=0, kind="stable")[:depth]
    turns = answers + rng.random(len(answers))
    open_tags = np.ones(len(answers), dtype=np.bool_)
    taken = np.zeros(len(probability), dtype=np.bool_)
    chosen: list[tuple[int, int]] = []
    while len(chosen) < limit and open_tags.any():
        column = int(np.argmin(np.where(open_tags, turns, np.inf)))
        rows = ranked[:, column]
        pool = rows[free[rows, column] & ~taken[rows]][:POOL]
        if not len(pool):
            open_tags[column] = False
            continue
        row = int(rng.choice(pool))
        taken[row] = True
        turns[column] += 1
        chosen.append((row, column))
    return chosen
