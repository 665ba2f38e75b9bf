"""A model's relevance, put right for how many words were asked for.

A calibration over queries of all lengths holds on average: single words are more probable than it
says, long captions less, as most photos that are near to a caption lack a part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

CONFIG_KEY = "length_correction"
"""Under which a model's manifest keeps `LengthCorrection.numbers` in its configuration."""

_RIDGE = 0.5
_ITERATIONS = 50
_LEAST = 1e-6
_LEAST_SLOPE = 0.1
_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class LengthCorrection:
    """Corrected log odds: `offset + slope * log odds + length * ln(words)`.

    Attributes:
        offset: for a single word.
        slope: above 0, so that the order of photos stays.
        length: for each e-fold of the number of words.
    """

    offset: float = 0.0
    slope: float = 1.0
    length: float = 0.0

    @classmethod
    def of_config(cls, config: Mapping[str, Any]) -> LengthCorrection:
        """Return what a manifest's configuration holds; no correction where it holds none."""
        match config.get(CONFIG_KEY):
            case [float() | int() as offset, float() | int() as slope, float() | int() as length]:
                return cls(float(offset), max(float(slope), _LEAST_SLOPE), float(length))
        return cls()

    @property
    def numbers(self) -> list[float]:
        """What is kept of it."""
        return [self.offset, self.slope, self.length]

    def __call__(self, probability: NDArray[np.float32], words: int) -> NDArray[np.float32]:
        """Return corrected probabilities [n] of a query of so many words."""
        odds = self._shift(words) + self.slope * log_odds(probability)
        return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float32)

    def before(self, corrected: float, words: int) -> float:
        """Return the probability that is corrected to this one."""
        odds = (np.log(corrected / (1 - corrected)) - self._shift(words)) / self.slope
        return float(1 / (1 + np.exp(-odds)))

    def _shift(self, words: int) -> float:
        return self.offset + self.length * float(np.log(max(words, 1)))


def fit_length_correction(
    probability: NDArray[np.float32],
    words: NDArray[np.int64],
    truth: NDArray[np.bool_],
    weights: NDArray[np.float32],
) -> LengthCorrection:
    """Fit the correction by logistic regression (Newton's method, a small ridge).

    Args:
        probability: [pairs], relevance of a photo to a query, of photos that nothing learned from.
        words: [pairs], of the query.
        truth: [pairs], what is right.
        weights: [pairs], how much each counts: little where nobody said that it is wrong.
    """
    inputs = np.stack(
        [np.ones(len(words)), log_odds(probability), np.log(np.maximum(words, 1))], axis=1
    )
    start = np.array([0.0, 1.0, 0.0])
    solution = start.copy()
    for _ in range(_ITERATIONS):
        p = 1 / (1 + np.exp(-np.clip(inputs @ solution, -30, 30)))
        gradient = inputs.T @ (weights * (p - truth)) + _RIDGE * (solution - start)
        curvature = (inputs * (weights * p * (1 - p))[:, None]).T @ inputs
        step = np.linalg.solve(curvature + _RIDGE * np.eye(3), gradient)
        solution -= step
        if np.abs(step).max() < 1e-8:
            break
    offset, slope, length = np.round(solution, _DECIMALS).tolist()
    return LengthCorrection(offset, slope, length)


def log_odds(probability: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the log odds of probabilities, bounded at one in a million."""
    p = np.clip(np.asarray(probability, dtype=np.float64), _LEAST, 1 - _LEAST)
    return np.asarray(np.log(p) - np.log1p(-p))
