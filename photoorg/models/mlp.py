"""The multi-layer perceptron of paper 003, section 6.1: the baseline that is told the labels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import UsageProblem
from photoorg.features.storage import take_tensor
from photoorg.models.arrays import Activation, Array, concatenate
from photoorg.models.base import Observations, unit_rows
from photoorg.models.feed_forward import check_sizes, feed_forward, initial_layers, take_layers
from photoorg.models.learned import Floats, LearnedModel, Seen, Sides, training_fingerprint
from photoorg.models.preprocessing import Affine, Preprocessing, standardise
from photoorg.models.schedule import Schedule
from photoorg.models.watch import Watch, as_they_are

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import torch

    from photoorg.features.storage import ModelFile
    from photoorg.models.schedule import Run
    from photoorg.models.training_data import TrainingData

Weights: TypeAlias = "Mapping[str, torch.Tensor]"
Tensor: TypeAlias = "torch.Tensor"

CLASSIFICATION = Schedule(epochs=60, batch=50, optimiser="adam", learning_rate=5e-4, patience=6)
"""For tags and classes; optimiser and learning rate are the paper's."""

REGRESSION = Schedule(epochs=160, batch=50, optimiser="sgd", learning_rate=1e-4, patience=6)
"""For a number; optimiser and learning rate are the paper's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MlpConfig:
    """Hyperparameters. Of the paper's network only input, losses and optimisers are known.

    Attributes:
        hidden: sizes of the hidden layers; the last is the representation, 50-d as all others of
            the paper.
        activation: of the hidden layers.
        text_removal: share of the photos in a batch whose text is removed while tags are learned,
            so that photos without tags work.
        visual_removal: share whose photo is removed, so that texts alone work.
        schedule: how it is optimised.
    """

    hidden: tuple[int, ...] = (200, 50)
    activation: Activation = "relu"
    text_removal: float = 0.5
    visual_removal: float = 0.1
    schedule: Schedule = field(default_factory=lambda: CLASSIFICATION)

    def __post_init__(self) -> None:
        check_sizes(self.hidden)
        if not self.hidden:
            raise UsageProblem("A multi-layer perceptron needs a hidden layer.")
        if not (0 <= self.text_removal <= 1 and 0 <= self.visual_removal <= 1):
            raise UsageProblem("Shares of removal must lie between 0 and 1.")


class Mlp(LearnedModel[MlpConfig]):
    """Predicts labels from [v; t], both standardised; the last hidden layer is the representation.

        h = f(W2 f(W1 [v; t] + b1) + b2)            [n, 50]
        y = W3 h + b3                               [n, labels]

    The labels are the person's tags (`fit`: sigmoid cross-entropy), or what a protocol wants to be
    predicted (`fit_labels`: softmax cross-entropy of classes, or mean squared error of a number).

    A photo's text is made of the very tags that are to be predicted. So that a tag's own word never
    tells of it, the tags of a photo are split anew in each step: a random half of them is said, the
    others are to be predicted, and what is said does not count in the loss.
    """

    kind: ClassVar[str] = "mlp"
    config_type: ClassVar[type[Any]] = MlpConfig

    def __init__(self, config: MlpConfig, sides: Sides, tensors: Mapping[str, Floats]) -> None:
        super().__init__(config, sides, tensors)
        self._scaling = Preprocessing(
            Affine(tensors["visual.offset"], tensors["visual.factor"]),
            Affine(tensors["text.offset"], tensors["text.factor"]),
        )

    @property
    def dimension(self) -> int:
        return self.config.hidden[-1]

    @classmethod
    def fit(cls, data: TrainingData, config: MlpConfig, run: Run) -> Self:
        import torch
        from torch.nn import functional

        vocabulary = data.vocabulary()
        if not vocabulary:
            raise UsageProblem(
                "None of the photos to learn from has a tag.", "Tag some photos first."
            )
        tags = data.text.encode_words(vocabulary).vectors
        scaling = _scaling(data)
        v = torch.from_numpy(scaling.visual(data.visual))
        carried = TagLists.of(data, vocabulary)
        words = SaidWords(
            *(torch.from_numpy(each) for each in (tags, scaling.text.offset, scaling.text.factor))
        )

        def loss(parameters: Weights, rows: Tensor, generator: torch.Generator) -> Tensor:
            labels = torch.from_numpy(carried.table(rows.numpy()))
            return tag_loss(parameters, v[rows], labels, words, config, generator)

        def held_out_loss(parameters: Weights, rows: Tensor) -> Tensor:
            nothing = torch.zeros(len(rows), tags.shape[1])
            scores = outputs(parameters, representation(parameters, v[rows], nothing, config))
            labels = torch.from_numpy(carried.table(rows.numpy()))
            return functional.binary_cross_entropy_with_logits(scores, labels)

        watch = Watch(data)
        plain = Preprocessing(as_they_are(v.shape[1]), scaling.text).tensors()

        def measure(learned: Mapping[str, Floats]) -> Mapping[str, float]:
            model = cls(config, Sides.of(data), {**learned, **plain, "labels": tags})
            return watch.figures(model, v[data.validation_rows].numpy())

        learned = _optimise(data, config, run, loss, held_out_loss, len(vocabulary), measure)
        tensors = {**learned, **scaling.tensors(), "labels": tags}
        return cls(config, Sides.of(data), tensors)

    @classmethod
    def fit_labels(
        cls,
        data: TrainingData,
        labels: NDArray[np.int64] | NDArray[np.float32],
        config: MlpConfig,
        run: Run,
    ) -> Self:
        """Train to predict what each photo is labelled with, as the paper does.

        Args:
            data: photos and texts.
            labels: [n], classes from 0 (integers) or numbers to be regressed (floats); those of
                photos that are held out are used for early stopping only.
            config: hyperparameters; see `CLASSIFICATION` and `REGRESSION`.
            run: seed and so on.

        Raises:
            UsageProblem: there are no photos to learn from.
            Cancelled: through the run's token.
        """
        import torch
        from torch.nn import functional

        classes = np.issubdtype(labels.dtype, np.integer)
        scaling = _scaling(data)
        v = torch.from_numpy(scaling.visual(data.visual))
        t = torch.from_numpy(scaling.text(unit_rows(data.text_rows)) * data.has_text[:, None])
        wanted = torch.from_numpy(labels)

        def loss(parameters: Weights, rows: Tensor) -> Tensor:
            scores = outputs(parameters, representation(parameters, v[rows], t[rows], config))
            if classes:
                return functional.cross_entropy(scores, wanted[rows])
            return functional.mse_loss(scores[:, 0], wanted[rows])

        count = int(labels.max()) + 1 if classes else 1
        learned = _optimise(
            data, config, run, lambda parameters, rows, _: loss(parameters, rows), loss, count
        )
        tags = np.zeros((count, data.text_rows.shape[1]), dtype=np.float32)
        tensors = {**learned, **scaling.tensors(), "labels": tags}
        return cls(config, Sides.of(data), tensors)

    @classmethod
    def from_file(cls, config: MlpConfig, sides: Sides, file: ModelFile) -> Self:
        labels = take_tensor(file, "labels", (None, sides.text_dimension))
        sizes = (sides.visual_dimension + sides.text_dimension, *config.hidden)
        tensors = {
            **Preprocessing.take(file, sides).tensors(),
            **take_layers(file, "hidden", sizes),
            **take_layers(file, "output", (config.hidden[-1], len(labels))),
            "labels": labels,
        }
        return cls(config, sides, tensors)

    def embed_joint(self, seen: Observations) -> Floats:
        return unit_rows(self.features(seen))

    def features(self, seen: Observations) -> Floats:
        """Return the last hidden layer as it is, [n, dimension]; zero where nothing is known."""
        known = self.complete(seen)
        return self._represent(known) * (known.has_visual | known.has_text)[:, None]

    def predict(self, seen: Observations) -> Floats:
        """Return scores of the labels before softmax or sigmoid, or the number, [n, labels]."""
        return outputs(self.tensors, self._represent(self.complete(seen)))

    def tag_scores(self, seen: Observations, tags: Floats) -> Floats:
        """Return the outputs for the tags; for a tag never learned, those of the nearest one."""
        scores = self.predict(seen)
        learned = self.tensors["labels"]
        if np.array_equal(tags, learned):
            return scores
        nearest = (unit_rows(tags) @ unit_rows(learned).T).argmax(axis=1)
        return np.asarray(scores[:, nearest], dtype=np.float32)

    def _represent(self, known: Seen) -> Floats:
        units = replace(known, text=unit_rows(known.text))
        return representation(self.tensors, *self._scaling.inputs(units), self.config)


def representation(parameters: Mapping[str, Array], v: Array, t: Array, config: MlpConfig) -> Array:
    """Return the last hidden layer [n, dimension] for standardised v and t."""
    x = concatenate([v, t])
    return feed_forward(parameters, "hidden", x, hidden=config.activation, last=config.activation)


def outputs(parameters: Mapping[str, Array], features: Array) -> Array:
    """Return scores [n, labels] of representations [n, dimension]."""
    return feed_forward(parameters, "output", features)


class SaidWords(NamedTuple):
    """What turns some of a photo's tags into the text that is said of it.

    Attributes:
        tags: [labels, text dimension], the vectors of single tags.
        offset: [text dimension], of the standardising of unit text vectors.
        factor: [text dimension].
    """

    tags: torch.Tensor
    offset: torch.Tensor
    factor: torch.Tensor

    def text(self, given: Tensor) -> Tensor:
        """Return standardised text vectors of the tags given, bool [n, labels]; else zero."""
        said = given.float() @ self.tags
        lengths = said.norm(dim=1, keepdim=True)
        units = said / lengths.where(lengths > 0, 1.0)
        standardised: Tensor = (units - self.offset) * self.factor * (lengths > 0)
        return standardised


def tag_loss(
    parameters: Weights,
    v: Tensor,
    labels: Tensor,
    words: SaidWords,
    config: MlpConfig,
    generator: torch.Generator,
) -> Tensor:
    """Return the mean sigmoid cross-entropy of the tags that are not said.

    Args:
        parameters: the network's.
        v: [n, visual dimension], standardised.
        labels: float [n, labels], 1 for the tags that a photo carries.
        words: makes the text.
        config: what is removed how often.
        generator: draws what is said and what is removed.
    """
    from torch.nn import functional

    given = split_tags(labels, config.text_removal, generator)
    n = len(v)
    shown = uniform((n, 1), generator) >= config.visual_removal
    scores = outputs(parameters, representation(parameters, v * shown, words.text(given), config))
    return functional.binary_cross_entropy_with_logits(scores[~given], labels[~given])


def split_tags(labels: Tensor, removal: float, generator: torch.Generator) -> Tensor:
    """Draw which tags are said, bool [n, labels]: half of a photo's, or none if all are removed."""
    told = uniform((len(labels), 1), generator) >= removal
    return (labels > 0) & (uniform(labels.shape, generator) < 1 / 2) & told


def uniform(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    """Draw numbers in [0, 1)."""
    import torch

    return torch.rand(tuple(shape), generator=generator)


class TagLists(NamedTuple):
    """Which labels each photo carries, in a few bytes for each.

    Attributes:
        starts: int64 [n + 1], where the labels of a photo begin.
        columns: int64 [all labels of all photos].
        labels: how many there are.
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    labels: int

    @classmethod
    def of(cls, data: TrainingData, vocabulary: Sequence[str]) -> TagLists:
        """Gather the tags of all photos that are in a vocabulary."""
        column = {tag: number for number, tag in enumerate(vocabulary)}
        lists = [sorted({column[tag] for tag in tags if tag in column}) for tags in data.tags]
        starts = np.cumsum([0, *(len(each) for each in lists)])
        flat = np.fromiter((label for each in lists for label in each), dtype=np.int64)
        return cls(starts, flat, len(vocabulary))

    def table(self, rows: NDArray[np.int64]) -> Floats:
        """Return float32 [rows, labels], 1 for each label that a photo carries."""
        table = np.zeros((len(rows), self.labels), dtype=np.float32)
        for place, row in enumerate(rows.tolist()):
            table[place, self.columns[self.starts[row] : self.starts[row + 1]]] = 1
        return table


def _scaling(data: TrainingData) -> Preprocessing:
    """Return the standardising of visual vectors, and of text vectors of unit length."""
    among = data.training_rows
    return Preprocessing(
        standardise(data.visual, among=among), standardise(unit_rows(data.text_rows[among]))
    )


def _optimise(
    data: TrainingData,
    config: MlpConfig,
    run: Run,
    loss: Callable[[Weights, Tensor, torch.Generator], Tensor],
    held_out_loss: Callable[[Weights, Tensor], Tensor],
    labels: int,
    measure: Callable[[Mapping[str, Floats]], Mapping[str, float]] | None = None,
) -> dict[str, Floats]:
    """Train a network with so many outputs; return its tensors.

    Args:
        data: what to learn from.
        config: hyperparameters.
        run: seed and so on.
        loss: of parameters and rows, with what draws at random.
        held_out_loss: of parameters and rows.
        labels: how many outputs there are.
        measure: held-out figures of a network's tensors.
    """
    import torch

    from photoorg.models.training import as_arrays, optimise, trainable

    rng = np.random.default_rng(run.seed)
    inputs = data.visual.shape[1] + data.text_rows.shape[1]
    parameters = trainable(
        {
            **initial_layers(rng, "hidden", (inputs, *config.hidden)),
            **initial_layers(rng, "output", (config.hidden[-1], labels)),
        }
    )
    held_out = torch.from_numpy(data.validation_rows)
    optimise(
        parameters,
        lambda rows, generator: loss(parameters, rows, generator),
        data.training_rows,
        config.schedule,
        run,
        validate=lambda: (
            {"loss": float(held_out_loss(parameters, held_out))} if len(held_out) else {}
        ),
        measure=None if measure is None else lambda: measure(as_arrays(parameters)),
        fingerprint=f"{labels}|{training_fingerprint(Mlp.kind, data, config)}",
    )
    return as_arrays(parameters)
