"""BiDNN of paper 001, section 2.2: two translating networks with one set of central weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.models.arrays import (
    Activation,
    Array,
    Initialisation,
    concatenate,
    dense,
    initial_parameters,
)
from photoorg.models.network import Network
from photoorg.models.preprocessing import Preprocessing, Scaling, fit_scaling
from photoorg.models.schedule import Schedule

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from photoorg.models.learned import Floats
    from photoorg.models.training_data import TrainingData

_LINEAR = frozenset({"tanh", "linear"})
"""Activations that do next to nothing to what is near zero."""

Direction: TypeAlias = Literal["from_visual", "from_text"]
"""The paper's network 1, from the photo to its tags, and network 2, the other way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BiDnnConfig:
    """Hyperparameters; the sizes are those of paper 001, section 3.1, the rest is not in it.

    Attributes:
        hidden: units of the first and third hidden layer.
        centre: units of the central layer; an embedding has twice as many numbers.
        activation: f of the hidden layers.
        output_activation: f of the output. The paper has one f throughout; inputs and targets are
            then brought into its range (see `into_range`). "linear" leaves them at unit variance.
        weight_penalty: on the squared Frobenius norms of all weight matrices.
        missing: what stands for a modality that is not there in an embedding: "duplicate" repeats
            the other one's central layer (section 2.2); "translate" embeds what the network expects
            in its place (query expansion, section 3.2, before embedding).
        visual_scaling: how visual vectors are brought to the network.
        text_scaling: the same for text vectors.
        components: most principal components, where a scaling takes them.
        whitening_floor: regularises "whiten"; see `preprocessing.whiten`.
        start: what the weights begin at, which the paper leaves open: near the best linear
            translations through the tied layers (see `canonical_start`), or at random. From a
            random start the central layers of a photo have nothing to do with each other, as the
            loss brings nothing of them together.
        canonical_ridge: regularises the canonical directions, in mean variances.
        initialisation: of the weights of a random start.
        schedule: how it is optimised.

    What the paper leaves open was chosen by the protocol `crossmodal-p10` on anchors and targets
    among Flickr8k's training photos.
    """

    hidden: int = 200
    centre: int = 100
    activation: Activation = "tanh"
    output_activation: Activation = "tanh"
    weight_penalty: float = 1e-5
    missing: Literal["duplicate", "translate"] = "duplicate"
    visual_scaling: Scaling = "whiten"
    text_scaling: Scaling = "whiten"
    components: int = 1280
    whitening_floor: float = 0.1
    start: Literal["canonical", "random"] = "canonical"
    canonical_ridge: float = 0.3
    initialisation: Initialisation = "glorot"
    schedule: Schedule = field(
        default_factory=lambda: Schedule(epochs=40, batch=256, learning_rate=3e-4, patience=4)
    )

    def __post_init__(self) -> None:
        if self.hidden < 1 or self.centre < 1 or self.components < 1:
            raise UsageProblem("Layers and components need at least one unit.")
        if not (self.weight_penalty >= 0 and self.whitening_floor >= 0):
            raise UsageProblem("The weight penalty and the whitening's floor must not be below 0.")
        if not self.canonical_ridge > 0:
            raise UsageProblem("The canonical directions' ridge must be above 0.")
        if self.start == "canonical" and not {self.activation, self.output_activation} <= _LINEAR:
            raise UsageProblem(
                "A canonical start needs activations that are linear near zero.",
                'Choose "tanh" or "linear", or a random start.',
            )


class BiDnn(Network[BiDnnConfig]):
    """Translates both ways at once; W2 and W3 are the same variables in both networks.

    Network 1 maps x1 = v to x2 = t, network 2 maps x2 to x1, each with biases of its own:

        h1_1 = f(W1_1 x1 + b1_1)        h2_1 = f(W2_1 x2 + b2_1)            [n, 200]
        h1_2 = f(W2   h1_1 + b1_2)      h2_2 = f(W3^T h2_1 + b2_2)          [n, 100]
        h1_3 = f(W3   h1_2 + b1_3)      h2_3 = f(W2^T h2_2 + b2_3)          [n, 200]
        o1   = f(W1_4 h1_3 + b1_4)      o2   = f(W2_4 h2_3 + b2_4)
        loss = (|o1 - x2|^2 + |o2 - x1|^2) 2 / (dim x1 + dim x2)

    which is the sum of both mean squared errors where both modalities have the same dimension, as
    in the paper; where they differ, each number counts the same.

    A photo's embedding is h1_2 next to h2_2; with one modality alone its own stands in both places
    (see `BiDnnConfig.missing`).
    """

    kind: ClassVar[str] = "bidnn"
    config_type: ClassVar[type[Any]] = BiDnnConfig

    @property
    def dimension(self) -> int:
        return 2 * self.config.centre

    @classmethod
    def preprocess(cls, data: TrainingData, config: BiDnnConfig) -> Preprocessing:
        rows, most = data.training_rows, config.components
        return Preprocessing(
            fit_scaling(
                data.visual, config.visual_scaling, most, among=rows, floor=config.whitening_floor
            ),
            fit_scaling(
                data.text_rows, config.text_scaling, most, among=rows, floor=config.whitening_floor
            ),
        )

    @classmethod
    def shapes(cls, visual: int, text: int, config: BiDnnConfig) -> Mapping[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {
            "central.2.weight": (config.centre, config.hidden),
            "central.3.weight": (config.hidden, config.centre),
        }
        for direction, inputs, outputs in (
            ("from_visual", visual, text),
            ("from_text", text, visual),
        ):
            shapes |= {
                f"{direction}.1.weight": (config.hidden, inputs),
                f"{direction}.1.bias": (config.hidden,),
                f"{direction}.2.bias": (config.centre,),
                f"{direction}.3.bias": (config.hidden,),
                f"{direction}.4.weight": (outputs, config.hidden),
                f"{direction}.4.bias": (outputs,),
            }
        return shapes

    @classmethod
    def start(
        cls,
        shapes: Mapping[str, tuple[int, ...]],
        v: Floats,
        t: Floats,
        config: BiDnnConfig,
        seed: int,
    ) -> dict[str, Floats]:
        if config.start == "random":
            return super().start(shapes, v, t, config, seed)
        return canonical_start(shapes, v, t, config, seed)

    @classmethod
    def loss(
        cls,
        parameters: Mapping[str, torch.Tensor],
        v: torch.Tensor,
        t: torch.Tensor,
        config: BiDnnConfig,
        generator: torch.Generator | None,
    ) -> torch.Tensor:
        del generator
        return bidirectional_loss(parameters, v, t, config)

    def activations(
        self, v: Floats, t: Floats, has_visual: NDArray[np.bool_], has_text: NDArray[np.bool_]
    ) -> Floats:
        if self.config.missing == "translate":
            v, t = (
                np.where(has_visual[:, None], v, self.visual_from(t)),
                np.where(has_text[:, None], t, self.text_from(v)),
            )
            has_visual = has_text = has_visual | has_text
        of_visual = central_layer(self.tensors, "from_visual", v, self.config)
        of_text = central_layer(self.tensors, "from_text", t, self.config)
        return concatenate(
            [
                np.where(has_visual[:, None], of_visual, of_text),
                np.where(has_text[:, None], of_text, of_visual),
            ]
        )

    def text_from(self, v: Floats) -> Floats:
        output = translate(self.tensors, "from_visual", v, self.config)
        return out_of_range(output, self.config.output_activation)

    def visual_from(self, t: Floats) -> Floats:
        output = translate(self.tensors, "from_text", t, self.config)
        return out_of_range(output, self.config.output_activation)


def canonical_start(
    shapes: Mapping[str, tuple[int, ...]], v: Floats, t: Floats, config: BiDnnConfig, seed: int
) -> dict[str, Floats]:
    """Let a network begin near the best linear translations through its tied layers.

    With the canonical directions U [dv, k] and V [dt, k] of the training photos and their
    correlations s [k], k = centre (Hotelling 1936), both central layers of a photo begin at about

        h1_2 = a sqrt(s) U^T v,        h2_2 = a sqrt(s) V^T t

    so that they agree as far as the modalities do, and the outputs at the regressions that go
    through them, E[t | v] = Ctt V diag(s) U^T v. `a` keeps activations where tanh is nearly linear.
    All else begins small and at random.

    Args:
        shapes: of the parameters.
        v: float32 [n, dv], standardised.
        t: float32 [n, dt], standardised.
        config: of the network.
        seed: of what is drawn.
    """
    parameters = {
        name: _CANONICAL_NOISE * value
        for name, value in initial_parameters(shapes, "glorot", seed).items()
    }
    of_v, of_t, correlations = canonical_directions(v, t, config.canonical_ridge)
    k = min(config.centre, config.hidden, len(correlations))
    root = np.sqrt(correlations[:k])
    diagonal = np.arange(k)
    parameters["central.2.weight"][diagonal, diagonal] = 1
    parameters["central.3.weight"][diagonal, diagonal] = 1
    size, (_, deviation) = _CANONICAL_SIZE, _RANGES[config.output_activation]
    for direction, own, outputs, others in (
        ("from_visual", of_v, t, of_t),
        ("from_text", of_t, v, of_v),
    ):
        parameters[f"{direction}.1.weight"][:k] = size / deviation * (own[:, :k] * root).T
        back = outputs.T @ (outputs @ others[:, :k]) / len(outputs)
        parameters[f"{direction}.4.weight"][:, :k] = deviation * back * root / size
    return {name: np.asarray(value, dtype=np.float32) for name, value in parameters.items()}


def canonical_directions(
    v: Floats, t: Floats, ridge: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return U [dv, k], V [dt, k] and correlations [k], greatest first, of rows of zero mean.

    U^T Cvv U = V^T Ctt V = I and U^T Cvt V = diag(s), with `ridge` times the mean variance added to
    both covariances' diagonals.
    """

    def root(x: Floats) -> NDArray[np.float64]:
        covariance = np.asarray(x.T @ x, dtype=np.float64) / len(x)
        mean = np.trace(covariance) / len(covariance) or 1.0  # of equal rows there is no variance
        covariance[np.diag_indices_from(covariance)] += ridge * mean
        values, vectors = np.linalg.eigh(covariance)
        return np.asarray((vectors / np.sqrt(values)) @ vectors.T)

    left, right = root(v), root(t)
    cross = np.asarray(v.T @ t, dtype=np.float64) / len(v)
    u, correlations, w = np.linalg.svd(left @ cross @ right, full_matrices=False)
    return left @ u, right @ w.T, correlations


def central_weights(parameters: Mapping[str, Array], direction: Direction) -> tuple[Array, Array]:
    """Return the tied weights as a network uses them: [centre, hidden] and [hidden, centre].

    They are W2 and W3 from photo to tags, and W3^T and W2^T from tags to photo: views of the same
    storage, so that a step of either network moves both.
    """
    second, third = parameters["central.2.weight"], parameters["central.3.weight"]
    return (second, third) if direction == "from_visual" else (third.T, second.T)


def central_layer(
    parameters: Mapping[str, Array], direction: Direction, x: Array, config: BiDnnConfig
) -> Array:
    """Return h_2 [n, centre] of one network from its standardised input x [n, d]."""
    second, _ = central_weights(parameters, direction)
    first = dense(
        into_range(x, config.output_activation),
        parameters[f"{direction}.1.weight"],
        parameters[f"{direction}.1.bias"],
        config.activation,
    )
    return dense(first, second, parameters[f"{direction}.2.bias"], config.activation)


def translate(
    parameters: Mapping[str, Array], direction: Direction, x: Array, config: BiDnnConfig
) -> Array:
    """Return the output o of one network, in the range of its activation, from x [n, d]."""
    _, third = central_weights(parameters, direction)
    centre = central_layer(parameters, direction, x, config)
    last = dense(centre, third, parameters[f"{direction}.3.bias"], config.activation)
    return dense(
        last,
        parameters[f"{direction}.4.weight"],
        parameters[f"{direction}.4.bias"],
        config.output_activation,
    )


def bidirectional_loss(
    parameters: Mapping[str, torch.Tensor], v: torch.Tensor, t: torch.Tensor, config: BiDnnConfig
) -> torch.Tensor:
    """Return the squared errors of (o1, x2) and (o2, x1) together, as `BiDnn` has them."""
    f = config.output_activation
    error_t = (translate(parameters, "from_visual", v, config) - into_range(t, f)) ** 2
    error_v = (translate(parameters, "from_text", t, config) - into_range(v, f)) ** 2
    size = (t.shape[1] + v.shape[1]) / 2
    loss = (error_t.sum(1) + error_v.sum(1)).mean() / size
    if config.weight_penalty:
        for name, value in parameters.items():
            if name.endswith(".weight"):
                loss = loss + config.weight_penalty * (value**2).sum()
    return loss


_CANONICAL_SIZE = 0.5
"""Deviation of a central unit that both modalities agree on: tanh bends it by a few percent."""

_CANONICAL_NOISE = 0.1
"""Share of a random start's size that all other weights have."""

_RANGES: Mapping[str, tuple[float, float]] = {
    "linear": (0.0, 1.0),
    "relu": (1.0, 1 / 3),
    "sigmoid": (0.5, 1 / 6),
    "tanh": (0.0, 1 / 3),
}
"""Where the mean lies in a function's range, and how long one standard deviation is there: what is
within three deviations of the mean can be reached."""


def into_range(x: Array, activation: Activation) -> Array:
    """Bring standardised x into the range of an activation function."""
    centre, deviation = _RANGES[activation]
    return x * deviation + centre


def out_of_range(x: Array, activation: Activation) -> Array:
    """Undo `into_range`."""
    centre, deviation = _RANGES[activation]
    return (x - centre) / deviation
