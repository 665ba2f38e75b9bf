"""The starter model's heads in torch, and what they are trained to do.

Three kinds of supervision share one space:

- captions: the symmetric contrastive loss of CLIP (Radford et al. 2021), with a part of the target
  spread over photos whose captions say nearly the same (a small set is full of dogs on grass);
- labels and caption words: a sigmoid loss per photo and word (as in SigLIP, Zhai et al. 2023),
  where a mask leaves out what nobody has said yes or no to;
- class names: vectors made to look like a class by the network's own classifier must be nearest to
  that class's name, and to the everyday words that cover the class; this teaches words that no
  training photo shows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


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


class HeadLosses:
    """The losses of one pair of heads; what is drawn at random comes from the caller's generator.

    Attributes:
        count: photos with labels.
    """

    def __init__(
        self,
        data: TrainingData,
        config: TrainingConfig,
        pair: HeadPair,
        rng: np.random.Generator,
    ) -> None:
        self._config = config
        self._pair = pair
        self._rng = rng
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
        captions = torch.from_numpy(data.captions)
        self._meanings = functional.normalize(captions.mean(dim=1), dim=-1)
        self.count = len(data.labels)

    def captions(
        self, images: torch.Tensor, texts: torch.Tensor, rows: torch.Tensor
    ) -> torch.Tensor:
        """Return the loss of captioned photos.

        Args:
            images: [n, width] outputs of the image head.
            texts: [n, width] outputs of the text head for a caption of each.
            rows: [n] which photos they are.
        """
        scores = images @ texts.T * self._pair.caption_scale.exp().clamp(max=100.0)
        meanings = self._meanings[rows]
        likeness = (meanings @ meanings.T).fill_diagonal_(-1.0) / self._config.soft_temperature
        share = self._config.soft_share
        target = (1 - share) * torch.eye(len(rows)) + share * likeness.softmax(dim=1)
        return 0.5 * (
            functional.cross_entropy(scores, target) + functional.cross_entropy(scores.T, target)
        )

    def labels(self, images: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """Return the loss of photos with labels or caption words.

        Args:
            images: [n, width] outputs of the image head.
            rows: [n] which of `TrainingData.labels` they are.
        """
        phrase = self._rng.integers(0, self._label_texts.shape[1], len(self._label_texts))
        texts = self._label_texts[torch.arange(len(phrase)), torch.from_numpy(phrase)]
        scores = images @ self._pair.text(texts).T * self._pair.label_scale.exp()
        losses = functional.binary_cross_entropy_with_logits(
            scores + self._pair.label_bias, self._labels[rows], reduction="none"
        )
        mask = self._label_mask[rows]
        return (losses * mask).sum() / mask.sum().clamp(min=1.0)

    def classes(self, count: int) -> torch.Tensor:
        """Return the loss of class names, on so many of the photos made to look like a class."""
        count = min(count, len(self._class_photos))
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
