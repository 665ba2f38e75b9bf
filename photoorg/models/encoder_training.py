"""Trains the ends of both networks under the starter model, together, on captioned photos.

Heads on frozen vectors stop at what the vectors say. Here the visual network's last two stages and
last convolution, and the text network's layers, learn with one pair of heads, by the losses of
`starter_losses`. Two things hold them to what they knew, which few captions speak of:

- the visual network's own classifier must go on saying what it said of each photo (knowledge
  distillation, Hinton et al. 2015);
- words of the vocabulary and names of classes must keep their vectors' directions, as far as
  captions let them.

The pair of heads is thrown away: `starter_training` trains heads on the new vectors, as on any
others, and finds as much as with the pair that was trained here (measured).

A batch's gradient is computed in pieces: first the vectors, then the loss's gradient for them, then
each piece once more with its part (Gao et al. 2021, GradCache), which is as exact as, and on a CPU
twice as fast as, a batch at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from photoorg.core.progress import CancelToken, Progress
from photoorg.features.efficientnet_torch import PooledNetwork, load_network
from photoorg.features.minilm_torch import SentenceNetwork
from photoorg.models.encoder_views import FROZEN_STAGES
from photoorg.models.starter_losses import HeadLosses, TrainingConfig
from photoorg.models.starter_network import train_pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from photoorg.features.visual import Classifier
    from photoorg.models.encoder_views import Views
    from photoorg.models.photo_features import ProgressListener
    from photoorg.models.starter_inputs import FittedInputs
    from photoorg.models.starter_losses import HeadPair, TrainingData
    from photoorg.models.starter_parts import ImageTransform

    Changes = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """What was chosen on 1,000 photos set aside from the training split.

    Attributes:
        epochs: passes over the captioned photos.
        batch: captioned photos a step.
        labelled: labelled photos a step, besides.
        visual_rate: learning rate of the visual network.
        text_rate: of the text network.
        head_rate: of the heads, which start trained.
        decay: weight decay, of visual network and heads; the text network has a fifth of it.
        distillation: weight of the classifier's loss.
        words: words and names a step that must keep their vectors.
        keeping: weight of that loss.
        average: decay of the running mean of all weights, which is what is kept.
        warm_up: steps until the rates are reached.
        clip: largest norm of a step's gradient.
        heads: how the heads are trained before, and with what losses.
    """

    epochs: int = 5
    batch: int = 256
    labelled: int = 85
    visual_rate: float = 3e-4
    text_rate: float = 5e-5
    head_rate: float = 3e-4
    decay: float = 0.05
    distillation: float = 0.5
    words: int = 64
    keeping: float = 1.0
    average: float = 0.99
    warm_up: int = 20
    clip: float = 5.0
    heads: TrainingConfig = field(default_factory=TrainingConfig)


@dataclass(frozen=True, slots=True)
class EncoderData:
    """What the networks learn from.

    Attributes:
        heads: all that heads learn from, over the packaged networks' vectors. Its labelled photos
            are those of `labelled`, several times over, followed by the captioned ones.
        inputs: what stands before the heads.
        classifier: the visual network's own.
        captioned: views of the captioned photos.
        labelled: views of the labelled photos.
        pooled: vectors of the captioned photos as they are, followed by the labelled ones'.
        captions: five for each captioned photo.
        words: words and names that no caption need have.
    """

    heads: TrainingData
    inputs: FittedInputs
    classifier: Classifier
    captioned: Views
    labelled: Views
    pooled: NDArray[np.float32]
    captions: Sequence[Sequence[str]]
    words: Sequence[str]


def train_encoders(
    data: EncoderData,
    config: EncoderConfig,
    *,
    seed: int = 0,
    progress: ProgressListener | None = None,
    token: CancelToken | None = None,
) -> tuple[Changes, Changes]:
    """Train both networks' ends.

    The same data, configuration, seed and number of threads give the same changes.

    Returns:
        What to add to the visual and to the text network's weights, by name; see
        `features.encoder_changes`.

    Raises:
        ModelFileProblem: a package with weights is not installed, or damaged.
        Cancelled: the caller cancelled.
    """
    steps = max(1, len(data.captioned) // config.batch)
    said = "Training the ends of the networks"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        pair = train_pair(data.heads, config.heads, seed, token=token)
        trainer = _Trainer(data, config, pair, steps * config.epochs, seed)
        for epoch in range(config.epochs):
            for number, rows in enumerate(trainer.batches()):
                if token is not None:
                    token.check()
                loss = trainer.step(rows)
                if progress is not None:
                    done = epoch * steps + number + 1
                    label = f"{said}, loss {loss:.3f}"
                    progress(Progress("train", label, done, steps * config.epochs))
        return trainer.changes()


class _Inputs(nn.Module):
    """`ImageTransform`, with gradients."""

    def __init__(self, image: ImageTransform) -> None:
        super().__init__()
        self._mean = torch.from_numpy(image.mean)
        self._scale = torch.from_numpy(image.scale)
        self._weight = torch.from_numpy(np.array(image.classifier_weight))
        self._bias = torch.from_numpy(np.array(image.classifier_bias))
        self._texts = torch.from_numpy(image.class_texts)
        self._offset = torch.from_numpy(image.offset)
        self._projection = torch.from_numpy(image.projection)
        self._sharpness = image.sharpness

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        # The root's slope is endless at zero.
        roots = (torch.sqrt(pooled.clamp(min=0) + 1e-6) - self._mean) * self._scale
        odds = functional.softmax(self._sharpness * self.scores(pooled), dim=-1)
        return (torch.cat([roots, odds @ self._texts], dim=1) - self._offset) @ self._projection

    def scores(self, pooled: torch.Tensor) -> torch.Tensor:
        """Return the classifier's scores, [n, classes]."""
        return pooled @ self._weight.T + self._bias


class _Trainer:
    """The loop over both networks and one pair of heads."""

    def __init__(
        self, data: EncoderData, config: EncoderConfig, pair: HeadPair, steps: int, seed: int
    ) -> None:
        self._data, self._config, self._pair, self._steps = data, config, pair, steps
        self._rng = np.random.default_rng(seed)
        self._losses = HeadLosses(data.heads, config.heads, pair, self._rng)
        self._inputs = _Inputs(data.inputs.image)
        self._first_captioned = len(data.heads.labels) - len(data.captioned)
        # Batch normalisation keeps the statistics of ImageNet: the network stays in evaluation
        # mode, though its factors learn.
        network, _ = load_network()
        self._network: PooledNetwork = network.to(memory_format=torch.channels_last)
        frozen = tuple(f"network.blocks.{stage}." for stage in range(FROZEN_STAGES))
        left_out = ("network.conv_stem.", "network.bn1.", "network.classifier.", *frozen)
        self._visual = {
            name: weight
            for name, weight in network.named_parameters()
            if not name.startswith(left_out)
        }
        self._sentences = SentenceNetwork.load()
        self._text_mean = torch.from_numpy(data.inputs.text_mean)
        self._captions = [self._sentences.tokens(captions) for captions in data.captions]
        self._words = self._sentences.tokens(data.words)
        self._word_vectors = self._packaged_vectors()
        scores = data.pooled @ data.classifier.weight.T + data.classifier.bias
        self._odds = functional.softmax(torch.from_numpy(scores), dim=-1)
        groups: list[tuple[Sequence[torch.Tensor], float, float]] = [
            (pair.weights(), config.head_rate, config.decay),
            (pair.temperatures(), config.head_rate, 0.0),
            (list(self._visual.values()), config.visual_rate, config.decay),
            (list(self._sentences.weights.values()), config.text_rate, config.decay / 5),
        ]
        self._rates = [rate for _, rate, _ in groups]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": weights, "lr": rate, "weight_decay": decay}
                for weights, rate, decay in groups
            ],
            betas=(0.9, 0.98),
        )
        self._weights = [weight for weights, _, _ in groups for weight in weights]
        self._learned = {**self._visual, **self._sentences.weights}
        self._packaged = {name: weight.detach().clone() for name, weight in self._learned.items()}
        self._mean = {name: weight.detach().clone() for name, weight in self._learned.items()}
        self._step = 0

    def batches(self) -> Iterator[NDArray[np.int64]]:
        """Yield the captioned photos' rows once, in random batches."""
        count = len(self._data.captioned)
        size = min(self._config.batch, count)
        order = self._rng.permutation(count)
        for start in range(0, count - size + 1, size):
            yield np.sort(order[start : start + size])

    def step(self, rows: NDArray[np.int64]) -> float:
        """Learn from these captioned photos and some labelled ones; return the contrastive loss."""
        config, data = self._config, self._data
        share = min(1.0, (self._step + 1) / config.warm_up)
        share *= 0.5 * (1 + math.cos(math.pi * self._step / self._steps))
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * share
        self._pair.train()
        count = min(config.labelled, len(data.labelled))
        labelled = np.sort(self._rng.choice(len(data.labelled), count, replace=False))
        maps = [
            *self._pieces(data.captioned, rows),
            *self._pieces(data.labelled, labelled),
        ]
        pooled = self._pool(maps).requires_grad_()
        captions, total = self._loss(pooled, rows, labelled)
        self._optimizer.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        gradient = pooled.grad
        if gradient is None:
            raise AssertionError("the loss depends on the vectors")
        parts = torch.split(gradient, [len(piece) for piece in maps])
        for piece, part in zip(maps, parts, strict=True):
            self._network.forward_end(piece, FROZEN_STAGES).backward(part)  # type: ignore[no-untyped-call]  # as above
        nn.utils.clip_grad_norm_(self._weights, config.clip)
        self._optimizer.step()
        self._step += 1
        decay = min(config.average, (1 + self._step) / (10 + self._step))
        with torch.no_grad():
            for name, weight in self._learned.items():
                self._mean[name].mul_(decay).add_(weight, alpha=1 - decay)
        return float(captions.detach())

    def changes(self) -> tuple[Changes, Changes]:
        """Return the mean weights' differences from the packaged ones."""
        return self._difference(self._visual), self._difference(self._sentences.weights)

    def _difference(self, names: Iterable[str]) -> Changes:
        return {name: (self._mean[name] - self._packaged[name]).numpy() for name in names}

    def _loss(
        self, pooled: torch.Tensor, rows: NDArray[np.int64], labelled: NDArray[np.int64]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the contrastive loss, and the sum of all losses."""
        config = self._config.heads
        images = self._pair.image(self._inputs(pooled))
        drawn = self._rng.integers(0, len(self._captions[0]), len(rows))
        tokens = [self._captions[row][one] for row, one in zip(rows, drawn, strict=True)]
        vectors = self._sentences.encode(tokens, dropout=True)
        texts = self._pair.text((vectors - self._text_mean) * self._data.inputs.text_scale)
        captions = self._losses.captions(images[: len(rows)], texts, torch.from_numpy(rows))
        places = np.concatenate([self._first_captioned + rows, labelled])
        total = captions + config.label_weight * self._losses.labels(
            images, torch.from_numpy(places)
        )
        if self._step % config.class_every == 0:
            total = total + config.class_weight * self._losses.classes(self._config.batch // 2)
        seen = np.concatenate([rows, len(self._data.captioned) + labelled])
        distilled = functional.kl_div(
            functional.log_softmax(self._inputs.scores(pooled), dim=-1),
            self._odds[torch.from_numpy(seen)],
            reduction="batchmean",
        )
        return captions, (
            total + self._config.distillation * distilled + self._config.keeping * self._strayed()
        )

    def _strayed(self) -> torch.Tensor:
        """Return how far some words have turned from where they were: mean of 1 - cosine."""
        count = min(self._config.words, len(self._words))
        chosen = self._rng.choice(len(self._words), count, replace=False)
        now = self._sentences.encode([self._words[row] for row in chosen], dropout=False)
        return 1 - (now * self._word_vectors[torch.from_numpy(chosen)]).sum(dim=1).mean()

    def _packaged_vectors(self) -> torch.Tensor:
        with torch.no_grad():
            return torch.cat(
                [
                    self._sentences.encode(self._words[start : start + _TEXTS], dropout=False)
                    for start in range(0, len(self._words), _TEXTS)
                ]
            )

    def _pieces(self, views: Views, rows: NDArray[np.int64]) -> Iterator[torch.Tensor]:
        """Draw a view of each photo; yield them a few photos at a time."""
        drawn = self._rng.integers(0, len(views.maps), len(rows))
        for start in range(0, len(rows), _PIECE):
            piece = views.pick(drawn[start : start + _PIECE], rows[start : start + _PIECE])
            yield piece.contiguous(memory_format=torch.channels_last)

    def _pool(self, maps: Sequence[torch.Tensor]) -> torch.Tensor:
        with torch.no_grad():
            return torch.cat([self._network.forward_end(piece, FROZEN_STAGES) for piece in maps])


_PIECE = 32
_TEXTS = 256
