"""Text-space regression (paper 002, section 3): photos are placed in the space of text vectors."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.models.arrays import Array
from photoorg.models.base import Observations, unit_rows
from photoorg.models.feed_forward import check_sizes, feed_forward, initial_layers, take_layers
from photoorg.models.learned import Floats, LearnedModel, Sides, training_fingerprint
from photoorg.models.preprocessing import Affine, Preprocessing, standardise
from photoorg.models.schedule import Schedule
from photoorg.models.watch import Watch, as_they_are

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from photoorg.features.storage import ModelFile
    from photoorg.models.schedule import Run
    from photoorg.models.training_data import TrainingData

Regression: TypeAlias = Literal["cross-entropy", "mse"]
Scaling: TypeAlias = Literal["raw", "standardised"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRegressionConfig:
    """Hyperparameters of the head over stored features.

    The paper trains the whole network, by stochastic gradient descent for 300,000 to 500,000 steps
    (see `finetune`). The head alone has one layer and converges in seconds with Adam.

    Attributes:
        hidden: sizes of hidden layers; none, as the paper only replaces the network's last layer.
        loss: sigmoid cross-entropy (equation 2), or the mean squared error it was compared with.
        scaling: of the text vectors before the sigmoid. The paper takes them raw ("raw"), trained
            on a million texts. Those of a small library all point in much the same direction and
            are short: standardised they use the sigmoid's range, likeness is that of centred
            vectors, and photos are found better by their texts (Flickr8k, 3,000 photos, held-out
            recall@10: 44.7 against 37.0).
        schedule: how the head is optimised; the batch is the paper's.
    """

    hidden: tuple[int, ...] = ()
    loss: Regression = "cross-entropy"
    scaling: Scaling = "standardised"
    schedule: Schedule = field(default_factory=lambda: Schedule(epochs=60, batch=120, patience=5))

    def __post_init__(self) -> None:
        check_sizes(self.hidden)
        if self.loss not in ("cross-entropy", "mse"):
            raise UsageProblem(f"There is no loss called {self.loss!r}.")
        if self.scaling not in ("raw", "standardised"):
            raise UsageProblem(f"There is no scaling called {self.scaling!r}.")


class TextRegression(LearnedModel[TextRegressionConfig]):
    """Regresses the text vector phi(x) of what is said of a photo I from the photo's features.

        psi(I) = W standardised(features(I)) + b                                   [n, D]
        loss = cross-entropy of sigmoid(phi(x)) and sigmoid(psi(I))     (paper 002, equation 2)

    The joint space is that of the text vectors, so that any text that the vectors know can be
    searched for, and queries can be added and subtracted. A photo with tags is placed at the mean
    of the two directions, psi(I) and phi(x).
    """

    kind: ClassVar[str] = "text-regression"
    config_type: ClassVar[type[Any]] = TextRegressionConfig

    def __init__(
        self, config: TextRegressionConfig, sides: Sides, tensors: Mapping[str, Floats]
    ) -> None:
        super().__init__(config, sides, tensors)
        self._scaling = Preprocessing(
            Affine(tensors["visual.offset"], tensors["visual.factor"]),
            Affine(tensors["text.offset"], tensors["text.factor"]),
        )

    @property
    def dimension(self) -> int:
        return self.sides.text_dimension

    @classmethod
    def fit(cls, data: TrainingData, config: TextRegressionConfig, run: Run) -> Self:
        import torch

        from photoorg.models.training import as_arrays, optimise, trainable

        among, held_out = data.training_rows, data.validation_rows
        scaling = Preprocessing(
            standardise(data.visual, among=among),
            text_scaling(data.text_rows, config.scaling, among),
        )
        rows = np.concatenate([among, held_out])
        v = torch.from_numpy(scaling.visual(data.visual, rows))
        targets = torch.from_numpy(scaling.text(data.text_rows, rows))
        rng = np.random.default_rng(run.seed)
        sizes = (v.shape[1], *config.hidden, targets.shape[1])
        parameters = trainable(initial_layers(rng, "head", sizes))

        watch = Watch(data)

        def loss(chosen: slice | torch.Tensor) -> torch.Tensor:
            return regression_loss(regress(parameters, v[chosen]), targets[chosen], config.loss)

        def measure() -> Mapping[str, float]:
            psi = regress(parameters, v[len(among) :]).numpy()
            return regression_figures(watch, data, psi, scaling.text)

        optimise(
            parameters,
            lambda chosen, _: loss(chosen),
            np.arange(len(among)),
            config.schedule,
            run,
            validate=(
                (lambda: {"loss": float(loss(slice(len(among), None)))}) if len(held_out) else None
            ),
            measure=measure if len(held_out) else None,
            fingerprint=training_fingerprint(cls.kind, data, config),
        )
        return cls(config, Sides.of(data), {**as_arrays(parameters), **scaling.tensors()})

    @classmethod
    def from_file(cls, config: TextRegressionConfig, sides: Sides, file: ModelFile) -> Self:
        sizes = (sides.visual_dimension, *config.hidden, sides.text_dimension)
        tensors = {
            **Preprocessing.take(file, sides).tensors(),
            **take_layers(file, "head", sizes),
        }
        return cls(config, sides, tensors)

    def embed_joint(self, seen: Observations) -> Floats:
        known = self.complete(seen)
        v, phi = self._scaling.inputs(known)
        psi = regress(self.tensors, v) * known.has_visual[:, None]
        return unit_rows(unit_rows(psi) + unit_rows(phi))

    def translate_image_to_text(self, visual: Floats) -> Floats:
        """Return psi(I) in the text vectors' own units, [n, text dimension]."""
        return self._scaling.text.inverse(regress(self.tensors, self._scaling.visual(visual)))


def regress(parameters: Mapping[str, Array], v: Array) -> Array:
    """Return psi, [n, text dimension], of standardised features [n, visual dimension]."""
    return feed_forward(parameters, "head", v)


def regression_loss(psi: torch.Tensor, phi: torch.Tensor, loss: Regression) -> torch.Tensor:
    """Return the mean over photos and dimensions of equation 2, or of the squared error.

    Args:
        psi: [n, D], what was regressed from the photos.
        phi: [n, D], the text vectors.
        loss: which of the two.
    """
    from torch.nn import functional

    if loss == "mse":
        return functional.mse_loss(psi, phi)
    return functional.binary_cross_entropy_with_logits(psi, phi.sigmoid())


def regression_figures(
    watch: Watch, data: TrainingData, psi: Floats, text: Affine
) -> Mapping[str, float]:
    """Return held-out figures of a regression while it is learned.

    Args:
        watch: measures.
        data: with the photos that are held out.
        psi: [held-out photos, D], what is regressed from them.
        text: brings text vectors to what is regressed.
    """
    length = psi.shape[1]
    # A model that is given psi in place of features has nothing to compute.
    model = TextRegression(
        TextRegressionConfig(),
        replace(Sides.of(data), visual_dimension=length),
        {
            **Preprocessing(as_they_are(length), text).tensors(),
            "head.0.weight": np.eye(length, dtype=np.float32),
            "head.0.bias": np.zeros(length, dtype=np.float32),
        },
    )
    return watch.figures(model, psi)


def text_scaling(rows: Floats, scaling: Scaling, among: NDArray[np.int64]) -> Affine:
    """Return what is done to text vectors [n, D] before the sigmoid, by some of them."""
    if scaling == "standardised":
        return standardise(rows, among=among)
    dimension = rows.shape[1]
    return Affine(np.zeros(dimension, dtype=np.float32), np.ones(dimension, dtype=np.float32))
