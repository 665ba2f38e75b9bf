"""Stacks of dense layers over named tensors: the part that several models have in common."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.features.storage import take_tensor
from photoorg.models.arrays import Activation, Array, dense, glorot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from photoorg.features.storage import ModelFile


def feed_forward(
    parameters: Mapping[str, Array],
    name: str,
    x: Array,
    *,
    hidden: Activation = "relu",
    last: Activation = "linear",
) -> Array:
    """Pass rows through the layers `<name>.0`, `<name>.1`, ...

    Args:
        parameters: holds `<name>.<i>.weight` [o, i] and `<name>.<i>.bias` [o].
        name: of the stack.
        x: [n, inputs].
        hidden: activation of all layers but the last.
        last: activation of the last layer.

    Returns:
        [n, outputs].
    """
    layers = 0
    while f"{name}.{layers}.weight" in parameters:
        layers += 1
    for layer in range(layers):
        x = dense(
            x,
            parameters[f"{name}.{layer}.weight"],
            parameters[f"{name}.{layer}.bias"],
            last if layer == layers - 1 else hidden,
        )
    return x


def initial_layers(
    rng: np.random.Generator, name: str, sizes: Sequence[int]
) -> dict[str, NDArray[np.float32]]:
    """Draw the tensors of a stack.

    Args:
        rng: what is drawn from.
        name: of the stack.
        sizes: of its input, its hidden layers and its output.
    """
    tensors = {}
    for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
        tensors[f"{name}.{layer}.weight"] = glorot(rng, outputs, inputs)
        tensors[f"{name}.{layer}.bias"] = np.zeros(outputs, dtype=np.float32)
    return tensors


def take_layers(
    file: ModelFile, name: str, sizes: Sequence[int | None]
) -> dict[str, NDArray[np.float32]]:
    """Read a stack back.

    Args:
        file: what was read.
        name: of the stack.
        sizes: as for `initial_layers`; None at the end for any number of outputs.

    Raises:
        ModelFileProblem: a layer is missing or has another shape.
    """
    tensors = {}
    for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
        weight = take_tensor(file, f"{name}.{layer}.weight", (outputs, inputs))
        tensors[f"{name}.{layer}.weight"] = weight
        tensors[f"{name}.{layer}.bias"] = take_tensor(file, f"{name}.{layer}.bias", (len(weight),))
    return tensors


def check_sizes(sizes: Sequence[int]) -> None:
    """Refuse layers that cannot be.

    Raises:
        UsageProblem: a size is no number above 0.
    """
    for size in sizes:
        if not isinstance(size, int) or isinstance(size, bool) or not 0 < size < 1 << 16:
            raise UsageProblem(f"A layer cannot have {size!r} units.")
