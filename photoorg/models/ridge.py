"""Linear maps by ridge regression, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from photoorg.features.storage import take_tensor
from photoorg.models.preprocessing import standardise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from photoorg.features.storage import ModelFile
    from photoorg.models.learned import Floats

_STRENGTH = 0.1
_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class RidgeMap:
    """Maps x [n, i] to (x - offset) W^T + bias, [n, o].

    Attributes:
        offset: float32 [i].
        weight: float32 [o, i].
        bias: float32 [o].
    """

    offset: Floats
    weight: Floats
    bias: Floats

    def __call__(self, rows: Floats) -> Floats:
        return np.asarray((rows - self.offset) @ self.weight.T + self.bias, dtype=np.float32)

    @classmethod
    def fit(cls, inputs: Floats, outputs: Floats) -> RidgeMap:
        """Minimise |Z W'^T + mean(y) - y|^2 / n + 0.1 |W'|^2 for standardised inputs Z.

        Args:
            inputs: float32 [n, i].
            outputs: float32 [n, o].

        Raises:
            UsageProblem: there are no rows.
        """
        scaling = standardise(inputs)
        mean = outputs.mean(axis=0, dtype=np.float64)
        gram = _STRENGTH * len(inputs) * np.eye(inputs.shape[1])
        right = np.zeros((inputs.shape[1], outputs.shape[1]))
        for start in range(0, len(inputs), _BLOCK):
            part = slice(start, start + _BLOCK)
            z = scaling(inputs[part]).astype(np.float64)
            gram += z.T @ z
            right += z.T @ (outputs[part] - mean)
        weight = np.linalg.solve(gram, right).T * scaling.factor
        return cls(scaling.offset, weight.astype(np.float32), mean.astype(np.float32))

    @classmethod
    def identity(cls, dimension: int) -> RidgeMap:
        """Return the map that changes nothing."""
        nothing = np.zeros(dimension, dtype=np.float32)
        return cls(nothing, np.eye(dimension, dtype=np.float32), nothing)

    @classmethod
    def zero(cls, inputs: int, outputs: int) -> RidgeMap:
        """Return the map to zero, for a model that is not asked for what a map leads to."""
        weight = np.zeros((outputs, inputs), dtype=np.float32)
        return cls(weight[0], weight, np.zeros(outputs, dtype=np.float32))

    def tensors(self, name: str) -> dict[str, Floats]:
        """Return the arrays to be stored under a name."""
        return {
            f"{name}.offset": self.offset,
            f"{name}.weight": self.weight,
            f"{name}.bias": self.bias,
        }

    @classmethod
    def of(cls, tensors: Mapping[str, Floats], name: str) -> RidgeMap:
        """Return the map that was stored under a name."""
        return cls(*(tensors[f"{name}.{part}"] for part in ("offset", "weight", "bias")))

    @classmethod
    def take(cls, file: ModelFile, name: str, inputs: int, outputs: int) -> RidgeMap:
        """Read what `tensors` stored.

        Raises:
            ModelFileProblem: a part is missing or has another shape.
        """
        return cls(
            take_tensor(file, f"{name}.offset", (inputs,)),
            take_tensor(file, f"{name}.weight", (outputs, inputs)),
            take_tensor(file, f"{name}.bias", (outputs,)),
        )
