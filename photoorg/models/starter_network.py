"""The starter model's heads in torch, and the loop that trains them.

Three kinds of supervision share one space:

- captions: the symmetric contrastive loss of CLIP (Radford et al. 2021), with a part of the target
  spread over photos whose captions say nearly the same (a small set is full of dogs on grass);
- labels and caption words: a sigmoid loss per photo and word (as in SigLIP, Zhai et al. 2023),
  where a mask leaves out what nobody has said yes or no to;
- class names: vectors made to look like a class by the network's own classifier must be nearest to
  that class's name, and to the everyday words that cover the class; this teaches words that no
  training photo shows.

The heads' linear shortcuts start from regularised canonical correlation (Hotelling 1936), which
alone finds nearly as many photos as heads trained from a random start.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from photoorg.core.progress import CancelToken, Progress
from photoorg.models.starter_parts import Heads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from photoorg.models.photo_features import ProgressListener


_PHOTO_RIDGE = 1.0
_TEXT_RIDGE = 0.1
_OUTER_START = 0.3


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """What was chosen on photos set aside from the training split.

    Attributes:
        heads: how many pairs of heads are trained from different starts.
        hidden: width of the hidden layer.
        width: length of one head's output.
        epochs: passes over the captioned photos.
        batch: captioned photos a step; half as many labelled ones.
        image_dropout: of the image head's hidden layer.
        text_dropout: of the text head's hidden layer.
        soft_share: part of the contrastive target that goes to photos with like captions.
        soft_temperature: how alike those must be.
        blend_share: share of captions replaced by a random mean of the photo's captions.
        label_weight: of the label loss.
        class_weight: of the class-name loss.
        word_weight: within it, of the everyday words.
        class_every: steps from one class-name loss to the next; it is the costliest.
        average: decay of the running mean of the weights, which is what is kept.
    """

    heads: int = 2
    hidden: int = 512
    width: int = 384
    epochs: int = 24
    batch: int = 512
    learning_rate: float = 1.2e-3
    weight_decay: float = 0.05
    image_dropout: float = 0.25
    text_dropout: float = 0.1
    input_dropout: float = 0.1
    soft_share: float = 0.1
    soft_temperature: float = 0.05
    blend_share: float = 0.3
    label_weight: float = 12.0
    class_weight: float = 0.3
    word_weight: float = 20.0
    class_every: int = 4
    average: float = 0.995
    warm_up: int = 80


@dataclass(frozen=True, slots=True)
class TrainingData:
    """All that the loop sees, as inputs of the heads.

    Attributes:
        photos: one array per view of the captioned photos, each [c, p].
        captions: [c, 5, t] captions of each photo, repeated where there are fewer.
        labelled: one array per view of photos with labels or caption words, each [m, p].
        labels: [m, w] 1 where a word applies.
        label_mask: [m, w] how much a photo says about a word; 0 where nothing is known.
        label_texts: [w, phrases, t].
        class_photos: [s, p] vectors made to look like a class.
        class_of: [s] their classes.
        class_texts: for each class its names' text vectors, [names, t].
        word_texts: [u, phrases, t] of everyday words that cover classes.
        class_words: [classes, u] 1 where a word covers a class.
    """

    photos: Sequence[NDArray[np.float32]]
    captions: NDArray[np.float32]
    labelled: Sequence[NDArray[np.float32]]
    labels: NDArray[np.float32]
    label_mask: NDArray[np.float32]
    label_texts: NDArray[np.float32]
    class_photos: NDArray[np.float32]
    class_of: NDArray[np.int64]
    class_texts: Sequence[NDArray[np.float32]]
    word_texts: NDArray[np.float32]
    class_words: NDArray[np.float32]


class Head(nn.Module):
    """Two layers with a linear shortcut; [n, inputs] to unit rows [n, outputs]."""

    def __init__(
        self, inputs: int, hidden: int, outputs: int, dropout: float, input_dropout: float
    ) -> None:
        super().__init__()
        self.inner = nn.Linear(inputs, hidden)
        self.outer = nn.Linear(hidden, outputs, bias=False)
        self.shortcut = nn.Linear(inputs, outputs)
        self.dropout = nn.Dropout(dropout)
        self.input_dropout = nn.Dropout(input_dropout)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        inputs = self.input_dropout(inputs)
        inner = self.dropout(functional.gelu(self.inner(inputs), approximate="tanh"))
        return functional.normalize(self.outer(inner) + self.shortcut(inputs), dim=-1)


class HeadPair(nn.Module):
    """One image head, one text head, and the temperatures of the losses between them."""

    def __init__(self, inputs: int, text: int, words: int, config: TrainingConfig) -> None:
        super().__init__()
        self.image = Head(
            inputs, config.hidden, config.width, config.image_dropout, config.input_dropout
        )
        self.text = Head(
            text, config.hidden, config.width, config.text_dropout, config.input_dropout
        )
        self.caption_scale = nn.Parameter(torch.tensor(math.log(16.0)))
        self.label_scale = nn.Parameter(torch.tensor(math.log(12.0)))
        self.label_bias = nn.Parameter(torch.full((words,), -4.0))
        self.class_scale = nn.Parameter(torch.tensor(math.log(15.0)))
        self.word_bias = nn.Parameter(torch.tensor(-4.0))

    def weights(self) -> list[nn.Parameter]:
        """Return what is averaged and decayed: the heads, without temperatures."""
        return [*self.image.parameters(), *self.text.parameters()]

    def temperatures(self) -> list[nn.Parameter]:
        return [
            self.caption_scale,
            self.label_scale,
            self.label_bias,
            self.class_scale,
            self.word_bias,
        ]


def train_heads(
    data: TrainingData,
    config: TrainingConfig,
    *,
    seed: int,
    progress: ProgressListener | None = None,
    token: CancelToken | None = None,
) -> tuple[Heads, Heads]:
    """Train all pairs of heads.

    The same data, configuration, seed and number of threads give the same weights.

    Returns:
        Image heads and text heads.

    Raises:
        Cancelled: the caller cancelled.
    """
    pairs = []
    for head in range(config.heads):
        trainer = _Trainer(data, config, seed=seed * 1000 + head)
        for epoch in range(config.epochs):
            if token is not None:
                token.check()
            loss = trainer.epoch()
            if progress is not None:
                done = head * config.epochs + epoch + 1
                label = f"Training head {head + 1} of {config.heads}, loss {loss:.3f}"
                progress(Progress("train", label, done, config.heads * config.epochs))
        pairs.append(trainer.averaged())
    return _export([pair.image for pair in pairs]), _export([pair.text for pair in pairs])


class _Trainer:
    """The loop for one pair of heads."""

    def __init__(self, data: TrainingData, config: TrainingConfig, *, seed: int) -> None:
        self._config = config
        self._rng = np.random.default_rng(seed)
        self._photos = [torch.from_numpy(view) for view in data.photos]
        self._captions = torch.from_numpy(data.captions)
        self._labelled = [torch.from_numpy(view) for view in data.labelled]
        self._labels = torch.from_numpy(data.labels)
        self._label_mask = torch.from_numpy(data.label_mask)
        self._label_texts = torch.from_numpy(data.label_texts)
        self._class_photos = torch.from_numpy(data.class_photos)
        self._class_of = torch.from_numpy(data.class_of)
        self._class_texts = torch.from_numpy(np.concatenate(data.class_texts))
        self._word_texts = torch.from_numpy(data.word_texts)
        self._class_words = torch.from_numpy(data.class_words)
        counts = [len(texts) for texts in data.class_texts]
        self._class_counts = np.array(counts)
        self._class_starts = np.cumsum([0, *counts[:-1]])
        self._meanings = functional.normalize(self._captions.mean(dim=1), dim=-1)
        # Dropout and the weights' start draw from torch's generator: forked off, so that training
        # neither depends on nor disturbs what else the process draws.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._pair = HeadPair(
                data.photos[0].shape[1], data.captions.shape[2], data.labels.shape[1], config
            )
            self._generator_state = torch.random.get_rng_state()
        self._start_from_correlation(data)
        self._mean = [weight.detach().clone() for weight in self._pair.weights()]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": self._pair.weights(), "weight_decay": config.weight_decay},
                {"params": self._pair.temperatures(), "weight_decay": 0.0},
            ],
            lr=config.learning_rate,
            betas=(0.9, 0.98),
        )
        self._batch = min(config.batch, len(self._captions))
        self._steps_per_epoch = len(self._captions) // self._batch
        self._steps = config.epochs * self._steps_per_epoch
        self._step = 0

    def _start_from_correlation(self, data: TrainingData) -> None:
        images, texts = canonical_directions(
            data.photos[0], data.captions, min(self._config.width, data.captions.shape[2])
        )
        with torch.no_grad():
            for head, directions in ((self._pair.image, images), (self._pair.text, texts)):
                count = directions.shape[1]
                head.shortcut.weight.zero_()
                head.shortcut.weight[:count] = torch.from_numpy(directions.T.copy())
                head.shortcut.bias.zero_()
                head.outer.weight.mul_(_OUTER_START)

    def epoch(self) -> float:
        """Go once over the captioned photos; return the last contrastive loss."""
        order = self._rng.permutation(len(self._captions))
        loss = 0.0
        with torch.random.fork_rng(devices=[]):
            torch.random.set_rng_state(self._generator_state)
            for number in range(self._steps_per_epoch):
                rows = torch.from_numpy(order[number * self._batch :][: self._batch])
                loss = self._take_step(rows)
            self._generator_state = torch.random.get_rng_state()
        return loss

    def averaged(self) -> HeadPair:
        """Put the running mean of the weights into the heads and return them."""
        with torch.no_grad():
            for weight, mean in zip(self._pair.weights(), self._mean, strict=True):
                weight.copy_(mean)
        return self._pair.eval()

    def _take_step(self, rows: torch.Tensor) -> float:
        config = self._config
        rate = config.learning_rate * min(1.0, (self._step + 1) / config.warm_up)
        rate *= 0.5 * (1 + math.cos(math.pi * self._step / self._steps))
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        captions = self._caption_loss(rows)
        loss = captions + config.label_weight * self._label_loss()
        if self._step % config.class_every == 0 and len(self._class_photos):
            loss = loss + config.class_weight * self._class_loss()
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self._optimizer.step()
        self._step += 1
        decay = min(config.average, (1 + self._step) / (10 + self._step))
        with torch.no_grad():
            for mean, weight in zip(self._mean, self._pair.weights(), strict=True):
                mean.mul_(decay).add_(weight, alpha=1 - decay)
        return float(captions.detach())

    def _caption_loss(self, rows: torch.Tensor) -> torch.Tensor:
        images = self._pair.image(self._pick_view(self._photos, rows))
        texts = self._pair.text(self._pick_captions(rows))
        scores = images @ texts.T * self._pair.caption_scale.exp().clamp(max=100.0)
        meanings = self._meanings[rows]
        likeness = (meanings @ meanings.T).fill_diagonal_(-1.0) / self._config.soft_temperature
        share = self._config.soft_share
        target = (1 - share) * torch.eye(len(rows)) + share * likeness.softmax(dim=1)
        return 0.5 * (
            functional.cross_entropy(scores, target) + functional.cross_entropy(scores.T, target)
        )

    def _label_loss(self) -> torch.Tensor:
        count = min(self._batch // 2, len(self._labels))
        rows = torch.from_numpy(self._rng.integers(0, len(self._labels), count))
        phrase = self._rng.integers(0, self._label_texts.shape[1], len(self._label_texts))
        texts = self._label_texts[torch.arange(len(phrase)), torch.from_numpy(phrase)]
        images = self._pair.image(self._pick_view(self._labelled, rows))
        scores = images @ self._pair.text(texts).T * self._pair.label_scale.exp()
        losses = functional.binary_cross_entropy_with_logits(
            scores + self._pair.label_bias, self._labels[rows], reduction="none"
        )
        mask = self._label_mask[rows]
        return (losses * mask).sum() / mask.sum().clamp(min=1.0)

    def _class_loss(self) -> torch.Tensor:
        count = min(self._batch // 2, len(self._class_photos))
        rows = torch.from_numpy(self._rng.integers(0, len(self._class_photos), count))
        drawn = self._class_starts + self._rng.integers(0, self._class_counts)
        texts = self._pair.text(self._class_texts[torch.from_numpy(drawn)])
        images = self._pair.image(self._class_photos[rows])
        scores = images @ texts.T * self._pair.class_scale.exp()
        phrase = self._rng.integers(0, self._word_texts.shape[1], len(self._word_texts))
        words = self._word_texts[torch.arange(len(phrase)), torch.from_numpy(phrase)]
        likeness = images @ self._pair.text(words).T * self._pair.label_scale.exp()
        covered = functional.binary_cross_entropy_with_logits(
            likeness + self._pair.word_bias, self._class_words[self._class_of[rows]]
        )
        names = functional.cross_entropy(scores, self._class_of[rows])
        return names + self._config.word_weight * covered

    def _pick_view(self, views: list[torch.Tensor], rows: torch.Tensor) -> torch.Tensor:
        """Draw one view for each photo."""
        if len(views) == 1:
            return views[0][rows]
        drawn = torch.from_numpy(self._rng.integers(0, len(views), len(rows)))
        picked = views[0][rows]
        for number, view in enumerate(views[1:], start=1):
            picked = torch.where((drawn == number)[:, None], view[rows], picked)
        return picked

    def _pick_captions(self, rows: torch.Tensor) -> torch.Tensor:
        """Draw one caption for each photo, or now and then a random mean of all of them."""
        count = self._captions.shape[1]
        weights = np.eye(count)[self._rng.integers(0, count, len(rows))]
        blended = self._rng.random(len(rows)) < self._config.blend_share
        blends = self._rng.dirichlet(np.full(count, 0.6), len(rows))
        weights[blended] = blends[blended]
        captions = self._captions[rows]
        return (captions * torch.from_numpy(weights).float()[:, :, None]).sum(dim=1)


def canonical_directions(
    photos: NDArray[np.float32], captions: NDArray[np.float32], count: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return directions in which photos and their captions vary together.

    Args:
        photos: [c, p], centred.
        captions: [c, k, t], centred.
        count: how many directions.

    Returns:
        [p, count] and [t, count], each weighted by its correlation and scaled so that outputs have
        components of about unit size.
    """
    flat = captions.reshape(-1, captions.shape[2]).astype(np.float64)
    seen = photos.astype(np.float64)
    whiten_photos = _inverse_root(seen.T @ seen / len(seen), _PHOTO_RIDGE)
    whiten_texts = _inverse_root(flat.T @ flat / len(flat), _TEXT_RIDGE)
    across = seen.T @ captions.mean(axis=1).astype(np.float64) / len(seen)
    left, strength, right = np.linalg.svd(whiten_photos @ across @ whiten_texts)
    images = whiten_photos @ left[:, :count] * strength[:count]
    texts = whiten_texts @ right[:count].T * strength[:count]
    images /= np.sqrt(((seen @ images) ** 2).mean())
    texts /= np.sqrt(((flat @ texts) ** 2).mean())
    return images.astype(np.float32), texts.astype(np.float32)


def _inverse_root(covariance: NDArray[np.float64], ridge: float) -> NDArray[np.float64]:
    """Return the inverse square root of a covariance with `ridge` mean variances added."""
    size = len(covariance)
    values, vectors = np.linalg.eigh(
        covariance + ridge * np.trace(covariance) / size * np.eye(size)
    )
    root: NDArray[np.float64] = (vectors * values**-0.5) @ vectors.T
    return root


def _export(heads: Sequence[Head]) -> Heads:
    def stack(tensors: list[torch.Tensor]) -> NDArray[np.float32]:
        return torch.stack(tensors).detach().numpy().astype(np.float32)

    return Heads(
        stack([head.inner.weight for head in heads]),
        stack([head.inner.bias for head in heads]),
        stack([head.outer.weight for head in heads]),
        stack([head.shortcut.weight for head in heads]),
        stack([head.shortcut.bias for head in heads]),
    )
