"""Cross-Modal I and II of paper 000, section 3.4: what a photo alone says of its tags."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from photoorg.models.arrays import Array, dense
from photoorg.models.joint_autoencoder import (
    OneHiddenLayerConfig,
    one_hidden_layer,
    reconstruct,
    weight_decay,
    weighted_errors,
)
from photoorg.models.network import Network, ridge_regression
from photoorg.models.preprocessing import Preprocessing, standardise, whiten

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from photoorg.models.learned import Floats
    from photoorg.models.training_data import TrainingData


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossModalConfig(OneHiddenLayerConfig):
    """Hyperparameters; see `OneHiddenLayerConfig`.

    Cross-Modal I does not reconstruct the photo, so `text_weight` does not matter to it. `ridge` is
    of the regression that stands for a text encoder.
    """

    weight_penalty: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossModalIIConfig(CrossModalConfig):
    """Hyperparameters; see `OneHiddenLayerConfig`. With two errors the penalty is larger."""

    weight_penalty: float = 2.0


class _CrossModal(Network[CrossModalConfig]):
    """What both have in common: h = f(W1 v + b1), [n, h], is all that a photo is known by.

    There is no text encoder. So that words find photos all the same, a text without a photo is
    given the visual vector that a ridge regression expects, fitted to the training photos:

        v^ = R t,   R = argmin |V - T R^T|^2 / n + rho |R|^2        [dim v, dim t]

    and stands where a photo with that vector would. Where the photo is seen, tags change nothing.
    """

    config_type: ClassVar[type[Any]] = CrossModalConfig

    @property
    def dimension(self) -> int:
        return len(self.tensors["hidden.bias"])

    @classmethod
    @abstractmethod
    def outputs(cls, visual: int, text: int) -> int:
        """Return how many numbers are reconstructed."""

    @classmethod
    def preprocess(cls, data: TrainingData, config: CrossModalConfig) -> Preprocessing:
        rows = data.training_rows
        return Preprocessing(
            whiten(data.visual, config.components, among=rows, floor=config.whitening_floor),
            standardise(data.text_rows, among=rows),
        )

    @classmethod
    def shapes(
        cls, visual: int, text: int, config: CrossModalConfig
    ) -> Mapping[str, tuple[int, ...]]:
        return one_hidden_layer(visual, cls.outputs(visual, text), config.overcompleteness)

    @classmethod
    def derived(
        cls, parameters: Mapping[str, Floats], v: Floats, t: Floats, config: CrossModalConfig
    ) -> dict[str, Floats]:
        del parameters
        return {"expected.visual": ridge_regression(t, v, config.ridge)}

    @classmethod
    def derived_shapes(
        cls, visual: int, text: int, config: CrossModalConfig
    ) -> Mapping[str, tuple[int, ...]]:
        del config
        return {"expected.visual": (visual, text)}

    def activations(
        self, v: Floats, t: Floats, has_visual: NDArray[np.bool_], has_text: NDArray[np.bool_]
    ) -> Floats:
        del has_text
        seen = np.where(has_visual[:, None], v, self.visual_from(t))
        return hidden(self.tensors, seen, self.config)

    def text_from(self, v: Floats) -> Floats:
        output = reconstruct(self.tensors, hidden(self.tensors, v, self.config))
        return output[:, -self._preprocessing.text.dimension :]

    def visual_from(self, t: Floats) -> Floats:
        return np.asarray(t @ self.tensors["expected.visual"].T, dtype=np.float32)


class CrossModalI(_CrossModal):
    """Reconstructs the tags from the photo alone: v -> h -> t.

    With v PCA-whitened and t standardised (h = overcompleteness * dim v):

        h  = f(W1 v + b1)                                           [n, h]
        t' = W2 h + b2                                              [n, dim t]
        loss = |t - t'|^2 + lambda (|W1|^2 + |W2|^2)
    """

    kind: ClassVar[str] = "cross-modal-1"

    @classmethod
    def outputs(cls, visual: int, text: int) -> int:
        del visual
        return text

    @classmethod
    def loss(
        cls,
        parameters: Mapping[str, torch.Tensor],
        v: torch.Tensor,
        t: torch.Tensor,
        config: CrossModalConfig,
        generator: torch.Generator | None,
    ) -> torch.Tensor:
        del generator
        output = reconstruct(parameters, hidden(parameters, v, config))
        return ((t - output) ** 2).sum(1).mean() + weight_decay(parameters, config.weight_penalty)


class CrossModalII(_CrossModal):
    """Reconstructs photo and tags from the photo alone: v -> h -> [v; t].

    With v PCA-whitened and t standardised (h = overcompleteness * dim v):

        h  = f(W1 v + b1)                                           [n, h]
        [v'; t'] = W2 h + b2                                        [n, dim v + dim t]
        loss = |v - v'|^2 + mu |t - t'|^2 + lambda (|W1|^2 + |W2|^2)
    """

    kind: ClassVar[str] = "cross-modal-2"
    config_type: ClassVar[type[Any]] = CrossModalIIConfig

    @classmethod
    def outputs(cls, visual: int, text: int) -> int:
        return visual + text

    @classmethod
    def loss(
        cls,
        parameters: Mapping[str, torch.Tensor],
        v: torch.Tensor,
        t: torch.Tensor,
        config: CrossModalConfig,
        generator: torch.Generator | None,
    ) -> torch.Tensor:
        del generator
        output = reconstruct(parameters, hidden(parameters, v, config))
        errors = weighted_errors(output, v, t, config.text_weight)
        return errors.mean() + weight_decay(parameters, config.weight_penalty)


def hidden(parameters: Mapping[str, Array], v: Array, config: CrossModalConfig) -> Array:
    """Return the features f(W1 v + b1), [n, h], of whitened v."""
    return dense(v, parameters["hidden.weight"], parameters["hidden.bias"], config.activation)
