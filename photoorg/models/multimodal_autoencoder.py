"""The two multimodal autoencoders of paper 001, section 2.1 and figure 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.models.arrays import Activation, Array, Initialisation, concatenate, dense
from photoorg.models.network import FusingNetwork, Network
from photoorg.models.preprocessing import Preprocessing, Scaling, fit_scaling
from photoorg.models.schedule import Schedule

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from photoorg.models.learned import Floats
    from photoorg.models.training_data import TrainingData

Shapes: TypeAlias = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MultimodalAutoencoderConfig:
    """Hyperparameters; the sizes are those of paper 001, section 3.1, the rest is not in it.

    Attributes:
        hidden: units of the outer hidden layers: of each modality's own in autoencoder 2.
        centre: units of the middle layer, the embedding.
        removal_rate: how often one modality is removed from a photo's input, in autoencoder 2 only;
            "sporadically" in the paper.
        text_weight: how much the tags' mean squared error counts against the photo's.
        weight_penalty: on the squared Frobenius norms of all weight matrices.
        activation: of the hidden layers; the output is linear.
        visual_scaling: how visual vectors are brought to the network.
        text_scaling: the same for text vectors.
        components: most principal components, where a scaling takes them.
        initialisation: of the weights.
        ridge: penalty of the regressions that stand in for a missing modality in autoencoder 1.
        schedule: how it is optimised.
    """

    hidden: int = 200
    centre: int = 100
    removal_rate: float = 0.3
    text_weight: float = 1.0
    weight_penalty: float = 0.0
    activation: Activation = "tanh"
    visual_scaling: Scaling = "pca"
    text_scaling: Scaling = "centre"
    components: int = 200
    initialisation: Initialisation = "glorot"
    ridge: float = 0.1
    schedule: Schedule = field(default_factory=lambda: Schedule(epochs=60, patience=6))

    def __post_init__(self) -> None:
        if self.hidden < 1 or self.centre < 1 or self.components < 1:
            raise UsageProblem("Layers and components need at least one unit.")
        if not 0 <= self.removal_rate <= 1 or not self.ridge > 0:
            raise UsageProblem("The removal rate must be between 0 and 1, and the ridge above 0.")
        if not (self.text_weight >= 0 and self.weight_penalty >= 0):
            raise UsageProblem("The weights of a loss's terms must not be below 0.")


class MultimodalAutoencoder1(FusingNetwork[MultimodalAutoencoderConfig]):
    """Both modalities side by side through a narrow middle (figure 1, left).

    With d = dim v + dim t:

        h1 = f(W1 [v; t] + b1)                                      [n, 200]
        h2 = f(W2 h1 + b2)                                          [n, 100], the embedding
        h3 = f(W3 h2 + b3)                                          [n, 200]
        [v'; t'] = W4 h3 + b4                                       [n, d]
        loss = mean (v - v')^2 + omega mean (t - t')^2

    `FusingNetwork` says what becomes of a missing modality.
    """

    kind: ClassVar[str] = "multimodal-autoencoder-1"
    config_type: ClassVar[type[Any]] = MultimodalAutoencoderConfig

    @property
    def dimension(self) -> int:
        return self.config.centre

    @classmethod
    def preprocess(cls, data: TrainingData, config: MultimodalAutoencoderConfig) -> Preprocessing:
        return _preprocess(data, config)

    @classmethod
    def shapes(cls, visual: int, text: int, config: MultimodalAutoencoderConfig) -> Shapes:
        return _layers(
            ("1", config.hidden, visual + text),
            ("2", config.centre, config.hidden),
            ("3", config.hidden, config.centre),
            ("4", visual + text, config.hidden),
        )

    @classmethod
    def loss(
        cls,
        parameters: Mapping[str, torch.Tensor],
        v: torch.Tensor,
        t: torch.Tensor,
        config: MultimodalAutoencoderConfig,
        generator: torch.Generator | None,
    ) -> torch.Tensor:
        del generator
        output = decode_jointly(parameters, encode_jointly(parameters, v, t, config), config)
        split = v.shape[1]
        errors = reconstruction_error(v, t, output[:, :split], output[:, split:], config)
        return errors + weight_decay(parameters, config)

    def encode(self, v: Floats, t: Floats) -> Floats:
        return encode_jointly(self.tensors, v, t, self.config)

    def decode(self, activations: Floats) -> Floats:
        return decode_jointly(self.tensors, activations, self.config)


class MultimodalAutoencoder2(Network[MultimodalAutoencoderConfig]):
    """A branch for each modality, and one middle layer in common (figure 1, right).

        h1_v = f(W1_v v + b1_v),  h1_t = f(W1_t t + b1_t)           [n, 200] each
        h2   = f(W2 [h1_v; h1_t] + b2)                              [n, 100], the embedding
        h3_v = f(W3_v h2 + b3_v), h3_t = f(W3_t h2 + b3_t)          [n, 200] each
        v' = W4_v h3_v + b4_v,    t' = W4_t h3_t + b4_t
        loss = mean (v - v')^2 + omega mean (t - t')^2

    In training one modality, either with the same probability, is now and then removed from the
    input (it becomes zero, its mean), while both must still be reconstructed; so the model is fit
    for missing modalities and translates.
    """

    kind: ClassVar[str] = "multimodal-autoencoder-2"
    config_type: ClassVar[type[Any]] = MultimodalAutoencoderConfig

    @property
    def dimension(self) -> int:
        return self.config.centre

    @classmethod
    def preprocess(cls, data: TrainingData, config: MultimodalAutoencoderConfig) -> Preprocessing:
        return _preprocess(data, config)

    @classmethod
    def shapes(cls, visual: int, text: int, config: MultimodalAutoencoderConfig) -> Shapes:
        return _layers(
            ("visual.1", config.hidden, visual),
            ("text.1", config.hidden, text),
            ("2", config.centre, 2 * config.hidden),
            ("visual.3", config.hidden, config.centre),
            ("text.3", config.hidden, config.centre),
            ("visual.4", visual, config.hidden),
            ("text.4", text, config.hidden),
        )

    @classmethod
    def loss(
        cls,
        parameters: Mapping[str, torch.Tensor],
        v: torch.Tensor,
        t: torch.Tensor,
        config: MultimodalAutoencoderConfig,
        generator: torch.Generator | None,
    ) -> torch.Tensor:
        """Return the loss; without a generator, its expected value over what may be removed."""
        penalty = weight_decay(parameters, config)
        if generator is not None:
            seen_v, seen_t = remove_sporadically(v, t, config.removal_rate, generator)
            return cls._error(parameters, seen_v, seen_t, v, t, config) + penalty
        whole = cls._error(parameters, v, t, v, t, config)
        halves = cls._error(parameters, v, t * 0, v, t, config) + cls._error(
            parameters, v * 0, t, v, t, config
        )
        rate = config.removal_rate
        return (1 - rate) * whole + rate / 2 * halves + penalty

    @staticmethod
    def _error(
        parameters: Mapping[str, torch.Tensor],
        seen_v: torch.Tensor,
        seen_t: torch.Tensor,
        v: torch.Tensor,
        t: torch.Tensor,
        config: MultimodalAutoencoderConfig,
    ) -> torch.Tensor:
        centre = encode_separately(parameters, seen_v, seen_t, config)
        output_v, output_t = decode_separately(parameters, centre, config)
        return reconstruction_error(v, t, output_v, output_t, config)

    def activations(
        self, v: Floats, t: Floats, has_visual: NDArray[np.bool_], has_text: NDArray[np.bool_]
    ) -> Floats:
        del has_visual, has_text
        return encode_separately(self.tensors, v, t, self.config)

    def text_from(self, v: Floats) -> Floats:
        t = np.zeros((len(v), self._preprocessing.text.dimension), dtype=np.float32)
        centre = encode_separately(self.tensors, v, t, self.config)
        return decode_separately(self.tensors, centre, self.config)[1]

    def visual_from(self, t: Floats) -> Floats:
        v = np.zeros((len(t), self._preprocessing.visual.dimension), dtype=np.float32)
        centre = encode_separately(self.tensors, v, t, self.config)
        return decode_separately(self.tensors, centre, self.config)[0]


def _preprocess(data: TrainingData, config: MultimodalAutoencoderConfig) -> Preprocessing:
    rows, most = data.training_rows, config.components
    return Preprocessing(
        fit_scaling(data.visual, config.visual_scaling, most, among=rows),
        fit_scaling(data.text_rows, config.text_scaling, most, among=rows),
    )


def encode_jointly(
    parameters: Mapping[str, Array], v: Array, t: Array, config: MultimodalAutoencoderConfig
) -> Array:
    """Return h2 [n, centre] of autoencoder 1."""
    outer = _dense(parameters, "1", concatenate([v, t]), config.activation)
    return _dense(parameters, "2", outer, config.activation)


def decode_jointly(
    parameters: Mapping[str, Array], centre: Array, config: MultimodalAutoencoderConfig
) -> Array:
    """Return [v'; t'] of autoencoder 1 from h2 [n, centre]."""
    outer = _dense(parameters, "3", centre, config.activation)
    return _dense(parameters, "4", outer, "linear")


def encode_separately(
    parameters: Mapping[str, Array], v: Array, t: Array, config: MultimodalAutoencoderConfig
) -> Array:
    """Return h2 [n, centre] of autoencoder 2."""
    of_visual = _dense(parameters, "visual.1", v, config.activation)
    of_text = _dense(parameters, "text.1", t, config.activation)
    return _dense(parameters, "2", concatenate([of_visual, of_text]), config.activation)


def decode_separately(
    parameters: Mapping[str, Array], centre: Array, config: MultimodalAutoencoderConfig
) -> tuple[Array, Array]:
    """Return v' and t' of autoencoder 2 from h2 [n, centre]."""
    of_visual = _dense(parameters, "visual.3", centre, config.activation)
    of_text = _dense(parameters, "text.3", centre, config.activation)
    return (
        _dense(parameters, "visual.4", of_visual, "linear"),
        _dense(parameters, "text.4", of_text, "linear"),
    )


def remove_sporadically(
    v: torch.Tensor, t: torch.Tensor, rate: float, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Set v or t of each photo to zero, each with probability rate / 2, never both."""
    import torch

    draw = torch.rand((len(v), 1), generator=generator)
    return v * (draw >= rate / 2), t * (draw < 1 - rate / 2)


def reconstruction_error(
    v: torch.Tensor,
    t: torch.Tensor,
    output_v: torch.Tensor,
    output_t: torch.Tensor,
    config: MultimodalAutoencoderConfig,
) -> torch.Tensor:
    """Return mean (v - v')^2 + omega mean (t - t')^2, so that a longer vector does not drown."""
    return ((v - output_v) ** 2).mean() + config.text_weight * ((t - output_t) ** 2).mean()


def weight_decay(
    parameters: Mapping[str, torch.Tensor], config: MultimodalAutoencoderConfig
) -> torch.Tensor:
    """Return the penalty on all weight matrices, of which there is at least one."""
    squares = [(value**2).sum() for name, value in parameters.items() if name.endswith(".weight")]
    return config.weight_penalty * sum(squares[1:], squares[0])


def _layers(*layers: tuple[str, int, int]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of dense layers (name, outputs, inputs)."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, outputs, inputs in layers:
        shapes[f"layer.{name}.weight"] = (outputs, inputs)
        shapes[f"layer.{name}.bias"] = (outputs,)
    return shapes


def _dense(parameters: Mapping[str, Array], name: str, x: Array, activation: Activation) -> Array:
    return dense(
        x, parameters[f"layer.{name}.weight"], parameters[f"layer.{name}.bias"], activation
    )
