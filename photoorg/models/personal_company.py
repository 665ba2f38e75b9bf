"""Learning what tags say of other tags, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from photoorg.models.personal import company_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_RIDGE = 8.0
_PHOTOS_AT_ONCE = 1024
"""Of 8,000 photos, so that nothing takes more than a few MB."""


@dataclass(frozen=True, slots=True)
class Company:
    """What tags say of other tags.

    Attributes:
        matrix: float32 [k, k], see `PersonalModel.company`.
        mean: float32 [k].
        scale: float32 [k].
        held_out: float32 [n, k], scores by what was learned from the other half of the photos.
    """

    matrix: Floats
    mean: Floats
    scale: Floats
    held_out: Floats

    @classmethod
    def fit(cls, tags: NDArray[np.bool_]) -> Company:
        """Learn from the tags bool [n, k] of photos."""
        usual = tags.mean(axis=0, dtype=np.float32)
        counted = together(tags, usual)
        whole = company_matrix(counted)
        # Of all photos' scores; their mean is 0, since what is usual is taken off their tags.
        variance = ((counted @ whole) * whole).sum(axis=0) / max(len(tags), 1)
        mean = np.zeros(len(usual), dtype=np.float32)
        scale = (1 / np.maximum(np.sqrt(np.maximum(variance, 0)), 0.02)).astype(np.float32)
        held_out = np.zeros(tags.shape, dtype=np.float32)
        for first in (0, 1):
            rows, others = tags[first::2], tags[1 - first :: 2]
            if len(rows) and len(others):
                learned = company_matrix(together(others, usual))
                scores = held_out[first::2]
                for start in range(0, len(rows), _PHOTOS_AT_ONCE):
                    part = slice(start, start + _PHOTOS_AT_ONCE)
                    scores[part] = company_scores(rows[part], learned, usual, mean, scale)
        return cls(whole, mean, scale, held_out)


def together(tags: NDArray[np.bool_], usual: Floats) -> NDArray[np.float64]:
    """Return how tags bool [n, k] go together, [k, k], what is usual being taken off them.

    Counted, and centred after: whole numbers are exact in float32, and it takes half the memory.
    """
    carried = tags.astype(np.float32)
    counted: NDArray[np.float64] = (carried.T @ carried).astype(np.float64)
    often = np.outer(np.diag(counted), usual)
    counted += len(tags) * np.outer(usual, usual).astype(np.float64) - often - often.T
    return counted


def company_matrix(counted: NDArray[np.float64]) -> Floats:
    """Regress each tag on all others; the diagonal is zero."""
    inverse = np.linalg.inv(counted + _RIDGE * np.eye(len(counted)))
    matrix = -inverse / np.diag(inverse)
    np.fill_diagonal(matrix, 0)
    return matrix.astype(np.float32)
