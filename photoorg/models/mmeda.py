"""MMEDA-I and MMEDA-II (paper 003, sections 6.4 and 3): photos and texts, from end to end."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Self, TypeAlias

import numpy as np

from photoorg.core.errors import ModelFileProblem, UsageProblem
from photoorg.features.storage import take_tensor
from photoorg.models.arrays import Activation, Array, concatenate
from photoorg.models.base import Observations, unit_rows
from photoorg.models.convolution import ConvConfig, encode_photos, read_photos, take_encoder
from photoorg.models.feed_forward import check_sizes, feed_forward, initial_layers, take_layers
from photoorg.models.learned import Floats, LearnedModel, Sides, training_fingerprint
from photoorg.models.matrix_factorisation import draw_block, mean_square
from photoorg.models.preprocessing import Affine, Preprocessing, standardise
from photoorg.models.ridge import RidgeMap
from photoorg.models.schedule import Schedule
from photoorg.models.watch import Watch, as_they_are

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from photoorg.features.storage import ModelFile
    from photoorg.models.mmeda_photos import PhotoPart
    from photoorg.models.schedule import Run
    from photoorg.models.training_data import TrainingData

Source: TypeAlias = Literal["auto", "pixels", "vectors"]
Weights: TypeAlias = "Mapping[str, torch.Tensor]"
Losses: TypeAlias = "dict[str, torch.Tensor]"
"""The terms of a loss, by the name of what is reconstructed."""

_HELD_OUT_AT_ONCE = 256
"""Photos whose loss is computed together: each time all columns are encoded anew."""

_KEPT = ("text.encoder.", "fusion.")


@dataclass(frozen=True, slots=True, kw_only=True)
class MmedaConfig:
    """Hyperparameters. Of paper 003's networks only the length of a representation is known.

    Attributes:
        source: what X0 is: the photos' pixels, or their stored vectors; "auto" takes pixels where
            there are some. A trained model says which of the two it was.
        factors: length of a representation.
        text_code: length of the text encoder's output.
        fusion: hidden layers of the feed-forward network that joins the codes.
        activation: of all layers but those that reconstruct.
        text_removal: share of the photos in a batch whose text is not shown, although it has to be
            reconstructed, so that photos without tags can be placed; none in the paper.
        columns: of the text matrix in a step; 0 for as many as there are rows, as in section 3.1.
            A column is as long as there are photos, so they are what a step costs.
        photos: the convolutional autoencoder; of it, stored vectors use only `dimension`.
        schedule: how it is optimised; batch and epochs are those of section 6.3.
    """

    source: Source = "auto"
    factors: int = 50
    text_code: int = 50
    fusion: tuple[int, ...] = (100,)
    activation: Activation = "tanh"
    text_removal: float = 0.0
    columns: int = 0
    photos: ConvConfig = field(default_factory=ConvConfig)
    schedule: Schedule = field(default_factory=lambda: Schedule(epochs=100, batch=32, patience=5))

    def __post_init__(self) -> None:
        check_sizes((self.factors, self.text_code, *self.fusion))
        if self.source not in ("auto", "pixels", "vectors"):
            raise UsageProblem(f"Photos cannot be taken from {self.source!r}.")
        if self.columns < 0:
            raise UsageProblem("The columns in a step must not be below 0.")
        if not 0 <= self.text_removal <= 1:
            raise UsageProblem("The share of texts to remove must lie between 0 and 1.")


class Mmeda(LearnedModel[MmedaConfig]):
    """What both variants share: X0 (photos) and X1 (text vectors) give a fused row factor.

        U = feed-forward(encoder0(X0) || encoder1(X1))        [n, 50]
        C = encoder2(X1^T)                                    [text dimension, 50]
        X1 ~ U C^T

    The columns of X1 come in batches as in section 3.1: one of them, as large as the batch of rows,
    is drawn in each step. Only weights of [50, photos] depend on the number of photos.

    With pixels, AE0 is convolutional. Stored vectors then reach it over a bridge (see
    `convolution`), and `embed_photos` is exact. With stored vectors AE0 is a vanilla autoencoder
    over them. What the photo of a text would look like is not a part of the paper's model: here it
    is a ridge regression from row factors to stored vectors.
    """

    config_type: ClassVar[type[Any]] = MmedaConfig

    def __init__(
        self, config: MmedaConfig, sides: Sides, tensors: Mapping[str, NDArray[Any]]
    ) -> None:
        super().__init__(config, sides, tensors)
        self._scaling = Preprocessing(
            Affine(tensors["visual.offset"], tensors["visual.factor"]),
            Affine(tensors["text.offset"], tensors["text.factor"]),
        )
        self._back = RidgeMap.of(tensors, "back")
        self._bridge = RidgeMap.of(tensors, "bridge") if config.source == "pixels" else None

    @classmethod
    @abstractmethod
    def decoder_inputs(cls, config: MmedaConfig) -> int:
        """Return the length of what AE0's decoder is given."""

    @classmethod
    @abstractmethod
    def initial(cls, text: int, photos: int, config: MmedaConfig, seed: int) -> dict[str, Floats]:
        """Draw all tensors but AE0's, for a text matrix [photos, text]."""

    @classmethod
    @abstractmethod
    def losses(
        cls, parameters: Weights, photos: PhotoPart, batch: Batch, config: MmedaConfig
    ) -> Losses:
        """Return the terms of the loss."""

    @property
    def dimension(self) -> int:
        return self.config.factors

    @classmethod
    def fit(cls, data: TrainingData, config: MmedaConfig, run: Run) -> Self:
        import torch

        from photoorg.models.training import as_arrays, optimise, trainable

        fingerprint = training_fingerprint(cls.kind, data, config)
        if config.source == "auto":
            config = replace(config, source="vectors" if data.pixels is None else "pixels")
        among = data.training_rows
        rows, split = np.concatenate([among, data.validation_rows]), len(among)
        scaling = Preprocessing(
            standardise(data.visual, among=among), standardise(data.text_rows, among=among)
        )
        if config.source == "pixels":
            x0 = torch.from_numpy(read_photos(data, rows, config.photos.side, run))
        else:
            x0 = torch.from_numpy(scaling.visual(data.visual, rows))
        x1 = torch.from_numpy(scaling.text(data.text_rows, rows))
        columns = x1[:split].T.contiguous()
        parameters = trainable(cls.initial(len(columns), split, config, run.seed))
        photos = create_photos(cls.decoder_inputs(config), x0.shape[1], config, run.seed)

        def loss(chosen: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
            batch = draw_batch(x0[chosen], x1[chosen], columns, config, generator)
            return total_loss(cls.losses(parameters, photos, batch, config))

        def held_out_loss() -> Mapping[str, float]:
            total = 0.0
            for part in torch.split(torch.arange(split, len(rows)), _HELD_OUT_AT_ONCE):
                batch = Batch(x0[part], x1[part], columns, slice(None), torch.ones(len(part), 1))
                losses = cls.losses(parameters, photos, batch, config)
                total += float(total_loss(losses)) * len(part)
            return {"loss": total / (len(rows) - split)}

        watch = Watch(data)

        def kept() -> dict[str, Floats]:
            """Return what is learned, AE0 apart."""
            with torch.no_grad():
                factors = encode_columns(parameters, columns, config).numpy()
            learned = as_arrays({n: x for n, x in parameters.items() if n.startswith(_KEPT)})
            return {**learned, "text.columns": factors}

        def measure() -> Mapping[str, float]:
            """Ask about photos by their codes; those of pixels come over no bridge."""
            codes = photos.codes(x0[split:])
            length = codes.shape[1]
            model = cls(
                replace(config, source="pixels"),
                replace(Sides.of(data), visual_dimension=length),
                {
                    **Preprocessing(as_they_are(length), scaling.text).tensors(),
                    **RidgeMap.identity(length).tensors("bridge"),
                    **RidgeMap.zero(config.factors, length).tensors("back"),
                    **kept(),
                },
            )
            return watch.figures(model, codes)

        optimise(
            {**parameters, **photos.parameters()},
            loss,
            np.arange(split),
            config.schedule,
            run,
            validate=held_out_loss if split < len(rows) else None,
            measure=measure if split < len(rows) else None,
            fingerprint=fingerprint,
        )
        learned, codes, stored = kept(), photos.codes(x0[:split]), data.visual[among]
        units = fuse(learned, codes, x1[:split].numpy(), config)
        bridge = RidgeMap.fit(stored, codes).tensors("bridge") if config.source == "pixels" else {}
        tensors = {
            **scaling.tensors(),
            **photos.kept(),
            **bridge,
            **RidgeMap.fit(units, stored).tensors("back"),
            **learned,
        }
        return cls(config, Sides.of(data), tensors)

    @classmethod
    def from_file(cls, config: MmedaConfig, sides: Sides, file: ModelFile) -> Self:
        visual, text, code = sides.visual_dimension, sides.text_dimension, config.photos.dimension
        if config.source == "pixels":
            photos = {
                **take_encoder(file, config.photos),
                **RidgeMap.take(file, "bridge", visual, code).tensors("bridge"),
            }
        elif config.source == "vectors":
            photos = take_layers(file, "photo.encoder", (visual, code))
        else:
            raise ModelFileProblem(f"The {cls.kind} model does not say what it saw of photos.")
        tensors = {
            **Preprocessing.take(file, sides).tensors(),
            **photos,
            **RidgeMap.take(file, "back", config.factors, visual).tensors("back"),
            **take_layers(file, "text.encoder", (text, config.text_code)),
            **take_layers(file, "fusion", fusion_sizes(config)),
            "text.columns": take_tensor(file, "text.columns", (text, config.factors)),
        }
        return cls(config, sides, tensors)

    def features(self, seen: Observations) -> Floats:
        """Return row factors [n, factors] as they are; zero where nothing is known."""
        known = self.complete(seen)
        v, t = self._scaling.inputs(known)
        if self._bridge is None:
            codes = feed_forward(self.tensors, "photo.encoder", v, last=self.config.activation)
        else:
            # Where there is no photo the bridge is given the mean one.
            offset = self._scaling.visual.offset
            codes = self._bridge(np.where(known.has_visual[:, None], known.visual, offset))
        units = fuse(self.tensors, codes, t, self.config)
        return np.asarray(units * (known.has_visual | known.has_text)[:, None], dtype=np.float32)

    def photo_features(self, photos: NDArray[np.uint8], text: Floats | None = None) -> Floats:
        """Return row factors [n, factors] of photos themselves, with their text vectors.

        Args:
            photos: uint8 [n, s, s, 3], of any size.
            text: [n, text dimension]; rows of zeros, or None, where nothing is said.

        Raises:
            UsageProblem: the model was trained on stored vectors.
        """
        if self.config.source != "pixels":
            raise UsageProblem(f"This {self.kind} model was trained on stored vectors, not photos.")
        codes = encode_photos(self.tensors, photos, self.config.photos)
        t = np.zeros((len(photos), self.sides.text_dimension), dtype=np.float32)
        if text is not None:
            t = self._scaling.text(text) * text.any(axis=1, keepdims=True)
        return fuse(self.tensors, codes, t, self.config)

    def embed_joint(self, seen: Observations) -> Floats:
        return unit_rows(self.features(seen))

    def embed_photos(self, photos: NDArray[np.uint8], text: Floats | None = None) -> Floats:
        """Map photos themselves, with their text vectors, to unit rows; see `photo_features`."""
        return unit_rows(self.photo_features(photos, text))

    def translate_image_to_text(self, visual: Floats) -> Floats:
        """Return U C^T in the text vectors' units, [n, text dimension]."""
        units = self.features(Observations(visual=visual))
        return self._scaling.text.inverse(units @ self.tensors["text.columns"].T)

    def translate_text_to_image(self, text: Floats) -> Floats:
        """Return stored vectors [n, visual dimension] by ridge regression on U."""
        return self._back(self.features(Observations(text=text)))


class MmedaI(Mmeda):
    """MMEDA-I (section 6.4): the fused row factor reconstructs both the photo and the text.

    loss = MSE(decoder0(U), X0) + MSE(U C^T, X1)                                  (equation 2)
    """

    kind: ClassVar[str] = "mmeda-1"

    @classmethod
    def decoder_inputs(cls, config: MmedaConfig) -> int:
        return config.factors

    @classmethod
    def initial(cls, text: int, photos: int, config: MmedaConfig, seed: int) -> dict[str, Floats]:
        rng = np.random.default_rng((seed, 1))
        return {
            **initial_layers(rng, "text.encoder", (text, config.text_code)),
            **initial_layers(rng, "fusion", fusion_sizes(config)),
            **initial_layers(rng, "columns.encoder", (photos, config.factors)),
        }

    @classmethod
    def losses(
        cls, parameters: Weights, photos: PhotoPart, batch: Batch, config: MmedaConfig
    ) -> Losses:
        units = fuse(parameters, photos.encode(batch.x0), batch.x1 * batch.shown, config)
        columns = encode_columns(parameters, batch.x2, config)
        return {
            "photo": mean_square(photos.decode(units), photos.target(batch.x0)),
            "text": mean_square(units @ columns.T, batch.x1[:, batch.block]),
        }


class MmedaII(MmedaI):
    """MMEDA-II (section 3): an autoencoder each for photos, texts and columns, and the product.

    loss = MSE(X0', X0) + MSE(X1', X1) + MSE(X2', X2) + MSE(X1'', X1)             (equation 1)

    with X0' = decoder0(encoder0(X0)), X1' = decoder1(encoder1(X1)), X2' = decoder2(encoder2(X2))
    for X2, a batch of rows of X1^T, and X1'' = U C^T.
    """

    kind: ClassVar[str] = "mmeda-2"

    @classmethod
    def decoder_inputs(cls, config: MmedaConfig) -> int:
        return config.photos.dimension

    @classmethod
    def initial(cls, text: int, photos: int, config: MmedaConfig, seed: int) -> dict[str, Floats]:
        rng = np.random.default_rng((seed, 2))
        return {
            **super().initial(text, photos, config, seed),
            **initial_layers(rng, "text.decoder", (config.text_code, text)),
            **initial_layers(rng, "columns.decoder", (config.factors, photos)),
        }

    @classmethod
    def losses(
        cls, parameters: Weights, photos: PhotoPart, batch: Batch, config: MmedaConfig
    ) -> Losses:
        photo_codes = photos.encode(batch.x0)
        text_codes = encode_text(parameters, batch.x1 * batch.shown, config)
        columns = encode_columns(parameters, batch.x2, config)
        units = join(parameters, photo_codes, text_codes, config)
        return {
            "photo": mean_square(photos.decode(photo_codes), photos.target(batch.x0)),
            "text": mean_square(feed_forward(parameters, "text.decoder", text_codes), batch.x1),
            "columns": mean_square(feed_forward(parameters, "columns.decoder", columns), batch.x2),
            "product": mean_square(units @ columns.T, batch.x1[:, batch.block]),
        }


class Batch(NamedTuple):
    """What a step sees.

    Attributes:
        x0: [b, ...], photos as AE0 takes them.
        x1: [b, text dimension], standardised.
        x2: [c, m], some columns of the whole text matrix, as rows.
        block: which columns those are.
        shown: [b, 1], 0 for rows whose text the encoder is not shown.
    """

    x0: torch.Tensor
    x1: torch.Tensor
    x2: torch.Tensor
    block: slice
    shown: torch.Tensor


def draw_batch(
    x0: torch.Tensor,
    x1: torch.Tensor,
    columns: torch.Tensor,
    config: MmedaConfig,
    generator: torch.Generator,
) -> Batch:
    """Add a batch of columns [text dimension, m], and what is removed."""
    import torch

    size = config.columns or config.schedule.batch
    block = draw_block(len(columns), -(-len(columns) // size), generator)
    shown = torch.rand(len(x0), 1, generator=generator) >= config.text_removal
    return Batch(x0, x1, columns[block], block, shown)


def total_loss(losses: Losses) -> torch.Tensor:
    """Return the sum of all terms."""
    import torch

    return torch.stack(list(losses.values())).sum()


def create_photos(given: int, dimension: int, config: MmedaConfig, seed: int) -> PhotoPart:
    """Make AE0, for photos or for stored vectors of some dimension; `given` is its decoder's."""
    from photoorg.models.mmeda_photos import PixelPhotos, StoredPhotos

    if config.source == "pixels":
        return PixelPhotos(config.photos, given, seed)
    return StoredPhotos(dimension, config.photos.dimension, given, config.activation, seed)


def encode_text(parameters: Mapping[str, Array], x1: Array, config: MmedaConfig) -> Array:
    """Return encoder1(X1), [n, text code]."""
    return feed_forward(parameters, "text.encoder", x1, last=config.activation)


def encode_columns(parameters: Mapping[str, Array], x2: Array, config: MmedaConfig) -> Array:
    """Return encoder2(X2), the column factors [c, factors]."""
    return feed_forward(parameters, "columns.encoder", x2, last=config.activation)


def join(
    parameters: Mapping[str, Array], photos: Array, texts: Array, config: MmedaConfig
) -> Array:
    """Return the row factors U [n, factors] of both encoders' codes."""
    codes = concatenate([photos, texts])
    return feed_forward(
        parameters, "fusion", codes, hidden=config.activation, last=config.activation
    )


def fuse(parameters: Mapping[str, Array], photos: Array, x1: Array, config: MmedaConfig) -> Array:
    """Return the row factors U [n, factors] of photo codes and standardised text vectors."""
    return join(parameters, photos, encode_text(parameters, x1, config), config)


def fusion_sizes(config: MmedaConfig) -> tuple[int, ...]:
    """Return the sizes of the feed-forward network that joins both codes."""
    return (config.photos.dimension + config.text_code, *config.fusion, config.factors)
