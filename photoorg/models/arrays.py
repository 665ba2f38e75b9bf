"""The few functions that the models' equations need, for numpy and torch alike.

A model's forward pass is written once, over arrays of either kind: torch runs it to learn, numpy
to be used, so that neither the window nor a cold search ever imports torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import torch

    Array = TypeVar("Array", NDArray[np.float32], torch.Tensor)
else:
    Array = TypeVar("Array")

Floats: TypeAlias = NDArray[np.float32]
Activation: TypeAlias = Literal["linear", "relu", "sigmoid", "tanh"]
Initialisation: TypeAlias = Literal["glorot", "he", "normal"]


def activate(name: Activation, x: Array) -> Array:
    """Apply an activation function element by element.

    Raises:
        ValueError: there is none of that name.
    """
    function = _ACTIVATIONS.get(name)
    if function is None:
        raise ValueError(f"there is no activation function called {name!r}")
    return function(x)


def dense(x: Array, weight: Array, bias: Array, activation: Activation = "linear") -> Array:
    """Return f(x W^T + b) for rows x [n, i], weight [o, i] and bias [o]: [n, o]."""
    return activate(activation, x @ weight.T + bias)


def concatenate(parts: Sequence[Array]) -> Array:
    """Join matrices [n, d1], [n, d2], ... to [n, d1 + d2 + ...]."""
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts, axis=1)
    import torch

    return torch.cat(list(parts), dim=1)


def _tanh(x: Array) -> Array:
    return np.tanh(x) if isinstance(x, np.ndarray) else x.tanh()


def _relu(x: Array) -> Array:
    return np.maximum(x, 0) if isinstance(x, np.ndarray) else x.relu()


def _sigmoid(x: Array) -> Array:
    # By the hyperbolic tangent, which overflows for no argument.
    return (_tanh(x * 0.5) + 1) * 0.5


def _linear(x: Array) -> Array:
    return x


_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "linear": _linear,
    "relu": _relu,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
}


def glorot(rng: np.random.Generator, outputs: int, inputs: int) -> Floats:
    """Draw a weight matrix [outputs, inputs] as Glorot and Bengio (2010, eq. 16) do."""
    limit = np.sqrt(6 / (outputs + inputs))
    return rng.uniform(-limit, limit, (outputs, inputs)).astype(np.float32)


def initial_parameters(
    shapes: Mapping[str, tuple[int, ...]], initialisation: Initialisation, seed: int
) -> dict[str, Floats]:
    """Draw matrices [outputs, inputs] at random; vectors, the biases, begin at zero.

    Args:
        shapes: by name, in an order that decides which numbers each matrix gets.
        initialisation: "glorot", "he" (He et al. 2015, eq. 10) or "normal" (deviation 0.01).
        seed: of the draw.

    Raises:
        ValueError: there is no such initialisation.
    """
    rng = np.random.default_rng(seed)
    parameters: dict[str, Floats] = {}
    for name, shape in shapes.items():
        if len(shape) == 1:
            parameters[name] = np.zeros(shape, dtype=np.float32)
        elif initialisation == "glorot":
            parameters[name] = glorot(rng, shape[0], shape[1])
        elif initialisation in _DEVIATIONS:
            deviation = _DEVIATIONS[initialisation](shape[1])
            parameters[name] = rng.normal(0, deviation, shape).astype(np.float32)
        else:
            raise ValueError(f"there is no initialisation called {initialisation!r}")
    return parameters


_DEVIATIONS: Mapping[str, Callable[[int], float]] = {
    "he": lambda inputs: float(np.sqrt(2 / inputs)),
    "normal": lambda inputs: 0.01,
}
