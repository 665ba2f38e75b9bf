"""The loop that trains the starter model's heads; `starter_losses` has the heads and their losses.

The heads' linear shortcuts start from regularised canonical correlation (Hotelling 1936), which
alone finds nearly as many photos as heads trained from a random start.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from photoorg.core.progress import CancelToken, Progress
from photoorg.models.starter_losses import Head, HeadLosses, HeadPair, TrainingConfig, TrainingData
from photoorg.models.starter_parts import Heads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from photoorg.models.photo_features import ProgressListener


_PHOTO_RIDGE = 1.0
_TEXT_RIDGE = 0.1
_OUTER_START = 0.3


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

        def report(epoch: int, loss: float, before: int = head * config.epochs) -> None:
            if progress is not None:
                label = f"Training the heads, loss {loss:.3f}"
                whole = config.heads * config.epochs
                progress(Progress("train", label, before + epoch + 1, whole))

        pairs.append(train_pair(data, config, seed * 1000 + head, report, token))
    return _export([pair.image for pair in pairs]), _export([pair.text for pair in pairs])


def train_pair(
    data: TrainingData,
    config: TrainingConfig,
    seed: int,
    report: Callable[[int, float], None] | None = None,
    token: CancelToken | None = None,
) -> HeadPair:
    """Train one pair of heads.

    Args:
        data: what is learned from.
        config: hyperparameters.
        seed: of the start and all that is drawn.
        report: hears of each epoch and its last contrastive loss.
        token: lets the caller stop.

    Returns:
        The pair with the mean of its weights, in evaluation mode.

    Raises:
        Cancelled: the caller cancelled.
    """
    trainer = _Trainer(data, config, seed=seed)
    for epoch in range(config.epochs):
        if token is not None:
            token.check()
        loss = trainer.epoch()
        if report is not None:
            report(epoch, loss)
    return trainer.averaged()


class _Trainer:
    """The loop for one pair of heads."""

    def __init__(self, data: TrainingData, config: TrainingConfig, *, seed: int) -> None:
        self._config = config
        self._rng = np.random.default_rng(seed)
        self._photos = [torch.from_numpy(view) for view in data.photos]
        self._captions = torch.from_numpy(data.captions)
        self._labelled = [torch.from_numpy(view) for view in data.labelled]
        # Dropout and the weights' start draw from torch's generator: forked off, so that training
        # neither depends on nor disturbs what else the process draws.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._pair = HeadPair(
                data.photos[0].shape[1], data.captions.shape[2], data.labels.shape[1], config
            )
            self._generator_state = torch.random.get_rng_state()
        self._start_from_correlation(data)
        self._losses = HeadLosses(data, config, self._pair, self._rng)
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
        images = self._pair.image(self._pick_view(self._photos, rows))
        captions = self._losses.captions(images, self._pair.text(self._pick_captions(rows)), rows)
        chosen = torch.from_numpy(
            self._rng.integers(0, self._losses.count, min(self._batch // 2, self._losses.count))
        )
        labelled = self._pair.image(self._pick_view(self._labelled, chosen))
        loss = captions + config.label_weight * self._losses.labels(labelled, chosen)
        if self._step % config.class_every == 0:
            loss = loss + config.class_weight * self._losses.classes(self._batch // 2)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self._optimizer.step()
        self._step += 1
        decay = min(config.average, (1 + self._step) / (10 + self._step))
        with torch.no_grad():
            for mean, weight in zip(self._mean, self._pair.weights(), strict=True):
                mean.mul_(decay).add_(weight, alpha=1 - decay)
        return float(captions.detach())

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
