"""Convolutional autoencoder based matrix factorisation (paper 003, section 6.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from photoorg.models.base import Observations, unit_rows
from photoorg.models.convolution import (
    PAPER_CONV_SCHEDULE,
    ConvConfig,
    encode_batches,
    encode_photos,
    encoder_tensors,
    read_photos,
    take_encoder,
)
from photoorg.models.learned import Floats, LearnedModel, Sides, training_fingerprint
from photoorg.models.matrix_factorisation import (
    FactorisationConfig,
    encode_rows,
    factorise,
    take_factors,
)
from photoorg.models.preprocessing import Affine, Preprocessing, standardise
from photoorg.models.ridge import RidgeMap
from photoorg.models.schedule import Schedule
from photoorg.models.text_regression import TextRegression, TextRegressionConfig
from photoorg.models.watch import Watch, as_they_are

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from photoorg.core.modelling import EpochReport
    from photoorg.features.conv_autoencoder import ConvEncoder
    from photoorg.features.storage import ModelFile
    from photoorg.models.schedule import Run
    from photoorg.models.training_data import TrainingData

_LEAST_STRIDE = 4
_MOST_PROBED = 1000
"""Training photos that a probe is fitted to: at most so many, and one of four."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MfConvAutoencoderConfig(FactorisationConfig):
    """Hyperparameters; see `FactorisationConfig`.

    Attributes:
        photos: the convolutional autoencoder.
        photo_schedule: how that is optimised.
    """

    photos: ConvConfig = field(default_factory=ConvConfig)
    photo_schedule: Schedule = field(default_factory=lambda: PAPER_CONV_SCHEDULE)


class MfConvAutoencoder(LearnedModel[MfConvAutoencoderConfig]):
    """The factorisation of `MfPretrained` over features learned from the photos themselves.

    First a convolutional autoencoder learns to reconstruct the training photos, [n, 64, 64, 3], by
    200 numbers each; then those, standardised, take the place of the pre-trained representations.
    Stored vectors reach the model over a bridge (see `convolution`); `embed_photos` needs none.

    Training holds the photos at 64 x 64 in memory, 12 KB each.
    """

    kind: ClassVar[str] = "mf-conv-autoencoder"
    config_type: ClassVar[type[Any]] = MfConvAutoencoderConfig

    def __init__(
        self, config: MfConvAutoencoderConfig, sides: Sides, tensors: Mapping[str, Floats]
    ) -> None:
        super().__init__(config, sides, tensors)
        self._codes = Affine(tensors["codes.offset"], tensors["codes.factor"])
        self._text = Affine(tensors["text.offset"], tensors["text.factor"])
        self._bridge = RidgeMap.of(tensors, "bridge")
        self._back = RidgeMap.of(tensors, "back")

    @property
    def dimension(self) -> int:
        return self.config.factors

    @classmethod
    def fit(cls, data: TrainingData, config: MfConvAutoencoderConfig, run: Run) -> Self:
        from photoorg.models.training import discard_checkpoint

        among = data.training_rows
        rows = np.concatenate([among, data.validation_rows])
        fingerprint = training_fingerprint(cls.kind, data, config)
        photos = read_photos(data, rows, config.photos.side, run)
        watch = Watch(data)
        part = run.part("photos", following=config.schedule.epochs)
        encoder, past = learn_encoder(photos, data, config, part, fingerprint, watch)
        raw = encode_batches(encoder, photos)
        codes = standardise(raw[: len(among)])
        text = standardise(data.text_rows, among=among)
        v = codes(raw)
        stored = data.visual[among]
        bridge = RidgeMap.fit(stored, v[: len(among)])
        bridged = bridge(data.visual[data.validation_rows])
        kept = {
            **codes.tensors("codes"),
            **text.tensors("text"),
            **bridge.tensors("bridge"),
            **RidgeMap.fit(v[: len(among)], stored).tensors("back"),
            **encoder_tensors(encoder),
        }
        sides = replace(Sides.of(data), visual_dimension=v.shape[1])
        plain = {**kept, **RidgeMap.identity(v.shape[1]).tensors("bridge")}
        factors = factorise(
            v,
            text(data.text_rows, rows),
            len(among),
            config,
            run.part("factors", past=past),
            fingerprint,
            lambda factors: watch.figures(cls(config, sides, {**plain, **factors}), bridged),
        )
        if part.checkpoint is not None:
            discard_checkpoint(part.checkpoint)
        return cls(config, Sides.of(data), {**kept, **factors})

    @classmethod
    def from_file(cls, config: MfConvAutoencoderConfig, sides: Sides, file: ModelFile) -> Self:
        code, stored = config.photos.dimension, sides.visual_dimension
        tensors = {
            **Affine.take(file, "codes", code).tensors("codes"),
            **Affine.take(file, "text", sides.text_dimension).tensors("text"),
            **RidgeMap.take(file, "bridge", stored, code).tensors("bridge"),
            **RidgeMap.take(file, "back", code, stored).tensors("back"),
            **take_encoder(file, config.photos),
            **take_factors(file, {"visual": code, "text": sides.text_dimension}, config),
        }
        return cls(config, sides, tensors)

    def features(self, seen: Observations) -> Floats:
        """Return row factors [n, factors] as they are; zero where nothing is known."""
        known = self.complete(seen)
        return self._units(self._bridge(known.visual), known.text, known.has_visual, known.has_text)

    def photo_features(self, photos: NDArray[np.uint8], text: Floats | None = None) -> Floats:
        """Return row factors [n, factors] of photos uint8 [n, s, s, 3], and their text vectors."""
        codes = self._codes(encode_photos(self.tensors, photos, self.config.photos))
        if text is None:
            text = np.zeros((len(photos), self.sides.text_dimension), dtype=np.float32)
        return self._units(
            codes, text, np.ones(len(photos), dtype=np.bool_), np.asarray(text.any(axis=1))
        )

    def embed_joint(self, seen: Observations) -> Floats:
        return unit_rows(self.features(seen))

    def embed_photos(self, photos: NDArray[np.uint8], text: Floats | None = None) -> Floats:
        """Map photos themselves, with their text vectors, to unit rows [n, factors]."""
        return unit_rows(self.photo_features(photos, text))

    def translate_image_to_text(self, visual: Floats) -> Floats:
        """Return U T^T in the text vectors' units, [n, text dimension]."""
        units = self.features(Observations(visual=visual))
        return self._text.inverse(units @ self.tensors["text.columns"].T)

    def translate_text_to_image(self, text: Floats) -> Floats:
        """Return U V^T, brought back over the bridge to stored vectors [n, visual dimension]."""
        units = self.features(Observations(text=text))
        return self._back(units @ self.tensors["visual.columns"].T)

    def _units(
        self,
        v: Floats,
        text: Floats,
        has_visual: NDArray[np.bool_],
        has_text: NDArray[np.bool_],
    ) -> Floats:
        t = self._text(text) * has_text[:, None]
        units = encode_rows(self.tensors, v * has_visual[:, None], t, self.config)
        return np.asarray(units * (has_visual | has_text)[:, None], dtype=np.float32)


def learn_encoder(
    photos: NDArray[np.uint8],
    data: TrainingData,
    config: MfConvAutoencoderConfig,
    run: Run,
    fingerprint: str,
    watch: Watch,
) -> tuple[ConvEncoder, tuple[EpochReport, ...]]:
    """Train the convolutional autoencoder; return its encoder, and its passes.

    Its codes know nothing of tags. What they are measured by is what can be told from them by a
    linear map to text vectors, fitted to some of the training photos after each pass.

    Args:
        photos: uint8 [n, side, side, 3]: those to be trained on, then those held out.
        data: what is said of them.
        config: hyperparameters.
        run: seed and so on.
        fingerprint: of the training; see `training.optimise`.
        watch: measures on those held out.
    """
    import torch

    from photoorg.features.conv_autoencoder import ConvAutoencoder
    from photoorg.models.training import optimise

    split = len(data.training_rows)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(run.seed)
        network = ConvAutoencoder(config.photos.network())
    images = torch.from_numpy(photos)

    def held_out_loss() -> Mapping[str, float]:
        parts = torch.split(images[split:], config.photo_schedule.batch)
        total = sum(float(network.loss(part)) * len(part) for part in parts)
        return {"loss": total / (len(photos) - split)}

    def loss(chosen: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        del generator
        return network.loss(images[chosen])

    probed = slice(None, split, max(_LEAST_STRIDE, math.ceil(split / _MOST_PROBED)))

    def measure() -> Mapping[str, float]:
        learned = encode_batches(network.encoder, photos[probed])
        told = data.text_rows[data.training_rows[probed]]
        return watch.figures(
            linear_probe(data, learned, told), encode_batches(network.encoder, photos[split:])
        )

    reports = optimise(
        dict(network.named_parameters()),
        loss,
        np.arange(split),
        config.photo_schedule,
        run,
        validate=held_out_loss if split < len(photos) else None,
        measure=measure if split < len(photos) else None,
        fingerprint=fingerprint,
    )
    return network.encoder.eval(), reports


def linear_probe(data: TrainingData, codes: Floats, told: Floats) -> TextRegression:
    """Return what tells text vectors from codes, by ridge regression on some photos.

    Args:
        data: whose text vectors they are.
        codes: float32 [m, code].
        told: float32 [m, text dimension].
    """
    text = standardise(told)
    probe = RidgeMap.fit(codes, text(told))
    return TextRegression(
        TextRegressionConfig(),
        replace(Sides.of(data), visual_dimension=codes.shape[1]),
        {
            **Preprocessing(as_they_are(codes.shape[1]), text).tensors(),
            "head.0.weight": probe.weight,
            "head.0.bias": probe.bias - probe.weight @ probe.offset,
        },
    )
