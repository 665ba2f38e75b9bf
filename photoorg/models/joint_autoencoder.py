"""The joint autoencoder of paper 000, section 3.3: one hidden layer that sees photo and tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from photoorg.core.errors import UsageProblem
from photoorg.models.arrays import Activation, Array, Initialisation, concatenate, dense
from photoorg.models.network import FusingNetwork
from photoorg.models.preprocessing import Preprocessing, standardise, whiten
from photoorg.models.schedule import Schedule

if TYPE_CHECKING:
    import torch

    from photoorg.models.learned import Floats
    from photoorg.models.training_data import TrainingData


@dataclass(frozen=True, slots=True, kw_only=True)
class OneHiddenLayerConfig:
    """Hyperparameters of all three networks, by default those of paper 000, section 4.

    Attributes:
        components: of the PCA-whitened visual vector.
        whitening_floor: regularises the whitening; see `whiten`. The paper does not say whether it
            was. Without it, components of little variance, mostly noise, weigh as much as others.
        overcompleteness: hidden units per input.
        text_weight: mu, how much more the tags' reconstruction counts than the photo's.
        weight_penalty: lambda, on the squared Frobenius norms of both weight matrices. The paper
            does not give it. It decides what the features are: with next to none an over-complete
            layer copies its input; the larger it is, the more do directions that both modalities
            have in common outweigh those of one alone.
        activation: of the hidden layer. The paper does not name it.
        initialisation: of the weights. The paper does not name it.
        ridge: penalty of the regressions that stand in for a missing modality; not the paper's.
        schedule: how it is optimised. The paper says stochastic gradient descent only.

    What the paper leaves open was chosen by the area under the ROC curve (protocol `tag-auc`) on a
    sixth of Flickr8k's training photos, with dense SIFT.
    """

    components: int = 200
    whitening_floor: float = 0.3
    overcompleteness: float = 1.4
    text_weight: float = 10.0
    weight_penalty: float = 2.0
    activation: Activation = "relu"
    initialisation: Initialisation = "glorot"
    ridge: float = 0.1
    schedule: Schedule = field(default_factory=lambda: Schedule(epochs=60, patience=6))

    def __post_init__(self) -> None:
        if self.components < 1 or not self.overcompleteness > 0 or not self.ridge > 0:
            raise UsageProblem("Components, over-completeness and ridge must be above 0.")
        if not (self.text_weight >= 0 and self.weight_penalty >= 0):
            raise UsageProblem("The weights of a loss's terms must not be below 0.")
        if not self.whitening_floor >= 0:
            raise UsageProblem("The whitening's floor must not be below 0.")


@dataclass(frozen=True, slots=True, kw_only=True)
class JointAutoencoderConfig(OneHiddenLayerConfig):
    """Hyperparameters; see `OneHiddenLayerConfig`."""


class JointAutoencoder(FusingNetwork[JointAutoencoderConfig]):
    """Reconstructs [v; t] from [v; t]; the hidden activations are the joint features.

    With v PCA-whitened and t standardised (d = dim v + dim t, h = overcompleteness * d):

        h  = f(W1 [v; t] + b1)                                      [n, h]
        [v'; t'] = W2 h + b2                                        [n, d]
        loss = |v - v'|^2 + mu |t - t'|^2 + lambda (|W1|^2 + |W2|^2)

    The paper calls the model "not very robust to missing modalities" and means the cross-modal ones
    for them; `FusingNetwork` says what becomes of a photo without tags all the same.
    """

    kind: ClassVar[str] = "joint-autoencoder"
    config_type: ClassVar[type[Any]] = JointAutoencoderConfig

    @property
    def dimension(self) -> int:
        return len(self.tensors["hidden.bias"])

    @classmethod
    def preprocess(cls, data: TrainingData, config: JointAutoencoderConfig) -> Preprocessing:
        rows = data.training_rows
        return Preprocessing(
            whiten(data.visual, config.components, among=rows, floor=config.whitening_floor),
            standardise(data.text_rows, among=rows),
        )

    @classmethod
    def shapes(
        cls, visual: int, text: int, config: JointAutoencoderConfig
    ) -> Mapping[str, tuple[int, ...]]:
        return one_hidden_layer(visual + text, visual + text, config.overcompleteness)

    @classmethod
    def loss(
        cls,
        parameters: Mapping[str, torch.Tensor],
        v: torch.Tensor,
        t: torch.Tensor,
        config: JointAutoencoderConfig,
        generator: torch.Generator | None,
    ) -> torch.Tensor:
        del generator
        return joint_loss(parameters, v, t, config)

    def encode(self, v: Floats, t: Floats) -> Floats:
        return hidden(self.tensors, v, t, self.config)

    def decode(self, activations: Floats) -> Floats:
        return reconstruct(self.tensors, activations)


def one_hidden_layer(
    inputs: int, outputs: int, overcompleteness: float
) -> dict[str, tuple[int, ...]]:
    """Return the shapes of W1, b1, W2, b2 for a hidden layer that is larger than the input."""
    units = max(1, round(overcompleteness * inputs))
    return {
        "hidden.weight": (units, inputs),
        "hidden.bias": (units,),
        "output.weight": (outputs, units),
        "output.bias": (outputs,),
    }


def hidden(
    parameters: Mapping[str, Array], v: Array, t: Array, config: JointAutoencoderConfig
) -> Array:
    """Return the joint features f(W1 [v; t] + b1), [n, h], of whitened v and standardised t."""
    return dense(
        concatenate([v, t]),
        parameters["hidden.weight"],
        parameters["hidden.bias"],
        config.activation,
    )


def reconstruct(parameters: Mapping[str, Array], features: Array) -> Array:
    """Return [v'; t'] = W2 h + b2, [n, dim v + dim t]."""
    return dense(features, parameters["output.weight"], parameters["output.bias"])


def joint_loss(
    parameters: Mapping[str, torch.Tensor],
    v: torch.Tensor,
    t: torch.Tensor,
    config: JointAutoencoderConfig,
) -> torch.Tensor:
    """Return the mean over photos of the objective of section 3.3."""
    output = reconstruct(parameters, hidden(parameters, v, t, config))
    errors = weighted_errors(output, v, t, config.text_weight)
    return errors.mean() + weight_decay(parameters, config.weight_penalty)


def weighted_errors(
    output: torch.Tensor, v: torch.Tensor, t: torch.Tensor, text_weight: float
) -> torch.Tensor:
    """Return |v - v'|^2 + mu |t - t'|^2 of each photo, [n], for outputs [v'; t']."""
    split = v.shape[1]
    return ((v - output[:, :split]) ** 2).sum(1) + text_weight * ((t - output[:, split:]) ** 2).sum(
        1
    )


def weight_decay(parameters: Mapping[str, torch.Tensor], penalty: float) -> torch.Tensor:
    """Return lambda (|W1|^2 + |W2|^2)."""
    squares = (parameters["hidden.weight"] ** 2).sum() + (parameters["output.weight"] ** 2).sum()
    return penalty * squares
