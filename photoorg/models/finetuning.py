"""Text-space regression as in paper 002, section 3: the whole network learns, from pixels.

The fine-tuned network is a visual encoder of its own (`features.finetuned`), with its own key: the
photos of a library have to be encoded by it before the head that was trained with it can be used.

A library's photos are few against the paper's million. So the head is not drawn at random: it is
first trained alone, over the vectors of the network as it is, which keeps the large steps of an
untrained head from spoiling the network (Kumar et al. 2022, linear probing then fine-tuning).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch.utils.checkpoint import checkpoint

from photoorg.core.errors import UsageProblem
from photoorg.features.efficientnet import ORIGINAL, Variant
from photoorg.features.efficientnet_torch import PooledNetwork, load_network
from photoorg.features.encoder_changes import visual_variant
from photoorg.features.finetuned import finetuned_spec
from photoorg.models.feed_forward import initial_layers
from photoorg.models.learned import Sides, training_fingerprint
from photoorg.models.preprocessing import Affine, Preprocessing
from photoorg.models.schedule import Run, Schedule
from photoorg.models.text_regression import (
    Regression,
    Scaling,
    TextRegression,
    TextRegressionConfig,
    regress,
    regression_loss,
    text_scaling,
)
from photoorg.models.training import as_arrays, optimise, trainable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from photoorg.core.ids import ModelKey
    from photoorg.models.training_data import PixelSource, TrainingData

_AT_ONCE = 8
_CROP = 0.875


@dataclass(frozen=True, slots=True, kw_only=True)
class FinetuningConfig:
    """Hyperparameters, by default those of paper 002, section 3.

    Attributes:
        loss: as for the head alone.
        scaling: as for the head alone.
        input_size: side of the square that the network sees, pixels.
        schedule: stochastic gradient descent at 1e-3 with momentum 0.9, batches of 120. The paper
            multiplies the rate by 0.1 every 100,000 steps; three epochs do not get there.
    """

    loss: Regression = "cross-entropy"
    scaling: Scaling = "standardised"
    input_size: int = 260
    schedule: Schedule = field(
        default_factory=lambda: Schedule(
            epochs=3, batch=120, optimiser="sgd", learning_rate=1e-3, momentum=0.9
        )
    )


@dataclass(frozen=True, slots=True)
class Finetuned:
    """What fine-tuning gives.

    Attributes:
        network: from photos to pooled vectors; see `features.finetuned.save_finetuned`.
        model: the head over those vectors.
        rate: photos learned from in a second.
    """

    network: PooledNetwork
    model: TextRegression
    rate: float


def finetune(data: TrainingData, config: FinetuningConfig, run: Run) -> Finetuned:
    """Train EfficientNet-Lite2 and a linear layer on its pooled vector to regress text vectors.

    Where the visual vectors are those of the network as it is, the layer begins as the head that
    suits them best. Batch normalisation keeps the statistics of ImageNet. A batch goes through the
    network eight photos at a time, and its activations are computed anew for the gradient, so that
    batches of 120 fit in memory. After a stop, training goes on from the last whole epoch.

    Args:
        data: with pixels.
        config: hyperparameters.
        run: seed and so on.

    Raises:
        UsageProblem: there are no photos, only their vectors.
        ModelFileProblem: the network's weights are not installed.
        Cancelled: through the run's token.
    """
    pixels = data.pixels
    if pixels is None:
        raise UsageProblem("Fine-tuning learns from the photos themselves, not from their vectors.")
    among, held_out = data.training_rows, data.validation_rows
    text = text_scaling(data.text_rows, config.scaling, among)
    targets = torch.from_numpy(text(data.text_rows))
    variant = _variant(data.visual_key)
    network, classifier = load_network(variant)
    features = classifier.weight.shape[1]
    head = trainable(_first_head(data, config, run, features, variant))
    body = {
        f"network.{name}": leaf
        for name, leaf in network.named_parameters()
        if "classifier" not in name
    }

    def look(photos: torch.Tensor) -> torch.Tensor:
        run.check()  # a whole batch takes half a minute
        return cast("torch.Tensor", network(photos))

    def loss(chosen: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        images = augmented(read(pixels, chosen.numpy()), config.input_size, generator)
        parts = [
            checkpoint(look, part, use_reentrant=False) for part in torch.split(images, _AT_ONCE)
        ]
        return regression_loss(regress(head, torch.cat(parts)), targets[chosen], config.loss)

    def held_out_loss() -> dict[str, float]:
        total = 0.0
        for chosen in torch.split(torch.from_numpy(held_out), _AT_ONCE):
            images = squashed(read(pixels, chosen.numpy()), config.input_size)
            psi = regress(head, look(images))
            total += float(regression_loss(psi, targets[chosen], config.loss)) * len(chosen)
        return {"loss": total / len(held_out)}

    reports = optimise(
        {**head, **body},
        loss,
        among,
        config.schedule,
        run,
        validate=held_out_loss if len(held_out) else None,
        fingerprint=training_fingerprint("text-regression-finetuned", data, config),
    )
    identity = Affine(np.zeros(features, dtype=np.float32), np.ones(features, dtype=np.float32))
    spec = finetuned_spec(network)
    model = TextRegression(
        TextRegressionConfig(loss=config.loss, scaling=config.scaling),
        Sides(spec.key, features, data.text.key, targets.shape[1]),
        {**as_arrays(head), **Preprocessing(identity, text).tensors()},
    )
    rate = len(among) * len(reports) / max(reports[-1].seconds, 1e-9)
    return Finetuned(network.eval(), model, rate)


def _variant(key: ModelKey) -> Variant:
    """Return the network that makes the vectors of a key, or the packaged one."""
    shipped = visual_variant()
    return shipped if shipped.spec.key == key else ORIGINAL


def _first_head(
    data: TrainingData, config: FinetuningConfig, run: Run, features: int, variant: Variant
) -> dict[str, NDArray[np.float32]]:
    """Return the layer that training begins with."""
    if data.visual_key != variant.spec.key:
        rng = np.random.default_rng(run.seed)
        return initial_layers(rng, "head", (features, data.text_rows.shape[1]))
    alone = TextRegressionConfig(loss=config.loss, scaling=config.scaling)
    probe = TextRegression.fit(data, alone, Run(run.seed, run.token)).tensors
    # The network's vectors reach the layer as they are: their standardising becomes a part of it.
    weight = probe["head.0.weight"] * probe["visual.factor"]
    bias = probe["head.0.bias"] - weight @ probe["visual.offset"]
    return {"head.0.weight": weight, "head.0.bias": bias}


def read(pixels: PixelSource, rows: NDArray[np.int64]) -> torch.Tensor:
    """Return photos as float32 [n, 3, s, s] from 0 to 255."""
    return torch.from_numpy(np.array(pixels(rows))).permute(0, 3, 1, 2).float()


def augmented(photos: torch.Tensor, side: int, generator: torch.Generator) -> torch.Tensor:
    """Crop 7/8 of each photo [n, 3, s, s], mirror half of them: uint8 [n, side, side, 3]."""
    n, _, height, width = photos.shape
    crop = max(1, int(height * _CROP)), max(1, int(width * _CROP))
    tops = torch.randint(height - crop[0] + 1, (n,), generator=generator)
    lefts = torch.randint(width - crop[1] + 1, (n,), generator=generator)
    mirror = torch.rand(n, generator=generator) < 1 / 2
    parts = []
    for photo, top, left, turned in zip(photos, tops, lefts, mirror, strict=True):
        part = photo[:, top : top + crop[0], left : left + crop[1]]
        parts.append(part.flip(2) if turned else part)
    return squashed(torch.stack(parts), side)


def squashed(photos: torch.Tensor, side: int) -> torch.Tensor:
    """Bring photos [n, 3, s, s] to uint8 [n, side, side, 3]."""
    resized = torch.nn.functional.interpolate(
        photos, size=(side, side), mode="bilinear", align_corners=False, antialias=True
    )
    return resized.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)
