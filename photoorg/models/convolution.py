"""What the models that read the photos themselves have in common.

Such a model learns a convolutional encoder from pixels. Photos of a library come to a model as
stored vectors, though, so beside the encoder it keeps a bridge: a ridge regression from the stored
vectors of the training photos to what the encoder makes of the same photos. `embed_photos` is exact
and wants pixels; all that goes by stored vectors is as good as the bridge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.features.storage import take_tensor
from photoorg.models.feed_forward import check_sizes
from photoorg.models.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from photoorg.features.conv_autoencoder import ConvAutoencoderConfig, ConvEncoder
    from photoorg.features.storage import ModelFile
    from photoorg.models.learned import Floats
    from photoorg.models.schedule import Run
    from photoorg.models.training_data import TrainingData

CONV = "conv."
"""Prefix of the convolutional encoder's tensors."""

_PHOTOS_AT_ONCE = 256
_KERNEL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvConfig:
    """The convolutional autoencoder of paper 003, section 6.3.

    Attributes:
        dimension: length of the encoder's output.
        side: photos are brought to squares of so many pixels; a multiple of 4.
        channels: of the two convolutional layers, which the paper does not give.
        hidden: width between the two linear layers, which the paper does not give.
    """

    dimension: int = 200
    side: int = 64
    channels: tuple[int, int] = (16, 32)
    hidden: int = 512

    def __post_init__(self) -> None:
        check_sizes((self.dimension, self.side, self.hidden, *self.channels))
        if len(self.channels) != 2 or self.side % 4:
            raise UsageProblem("A convolutional encoder has two layers, and a side that 4 divides.")

    def network(self, dimension: int | None = None) -> ConvAutoencoderConfig:
        """Return it as the features' own configuration, for another code length if need be."""
        from photoorg.features.conv_autoencoder import ConvAutoencoderConfig

        return ConvAutoencoderConfig(
            dimension=dimension or self.dimension,
            side=self.side,
            channels=self.channels,
            hidden=self.hidden,
        )

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Return the encoder's tensors by name, without `CONV`."""
        first, second = self.channels
        flat = second * (self.side // 4) ** 2
        return {
            "convolutions.0.weight": (first, 3, _KERNEL, _KERNEL),
            "convolutions.0.bias": (first,),
            "convolutions.3.weight": (second, first, _KERNEL, _KERNEL),
            "convolutions.3.bias": (second,),
            "linear.0.weight": (self.hidden, flat),
            "linear.0.bias": (self.hidden,),
            "linear.2.weight": (self.dimension, self.hidden),
            "linear.2.bias": (self.dimension,),
        }


PAPER_CONV_SCHEDULE = Schedule(epochs=100, batch=32, patience=5)
"""Section 6.3: batches of 32, 100 epochs."""


def read_photos(
    data: TrainingData, rows: NDArray[np.int64], side: int, run: Run
) -> NDArray[np.uint8]:
    """Read photos and bring them to one size; 10,000 of 64 x 64 pixels take 123 MB.

    Returns:
        uint8 [rows, side, side, 3].

    Raises:
        UsageProblem: the training data have no photos, only their vectors.
        Cancelled: through the run's token.
    """
    if data.pixels is None:
        raise UsageProblem(
            "This model learns from the photos themselves, and they are not at hand.",
            "Train it on photos whose files can be read.",
        )
    photos = np.empty((len(rows), side, side, 3), dtype=np.uint8)
    for start in range(0, len(rows), _PHOTOS_AT_ONCE):
        run.check()
        chosen = rows[start : start + _PHOTOS_AT_ONCE]
        photos[start : start + len(chosen)] = resize(data.pixels(chosen), side)
    return photos


def resize(photos: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Bring photos uint8 [n, s, s, 3] to [n, side, side, 3], by the mean of what a pixel covers."""
    if photos.shape[1:3] == (side, side):
        return photos
    import torch

    planes = torch.from_numpy(np.ascontiguousarray(photos)).permute(0, 3, 1, 2).float()
    small = torch.nn.functional.interpolate(planes, size=(side, side), mode="area")
    return np.asarray(small.round().to(torch.uint8).permute(0, 2, 3, 1).numpy())


def encode_photos(
    tensors: Mapping[str, NDArray[Any]], photos: NDArray[np.uint8], config: ConvConfig
) -> Floats:
    """Encode photos with a trained encoder.

    Args:
        tensors: the encoder's, with `CONV` before their names.
        photos: uint8 [n, s, s, 3], of any size.
        config: of the encoder.

    Returns:
        float32 [n, dimension].
    """
    import torch

    from photoorg.features.conv_autoencoder import ConvEncoder

    encoder = ConvEncoder(config.network())
    encoder.load_state_dict(
        {name: torch.from_numpy(np.array(tensors[CONV + name])) for name in config.shapes()}
    )
    return encode_batches(encoder, resize(photos, config.side))


def encode_batches(encoder: ConvEncoder, photos: NDArray[np.uint8]) -> Floats:
    """Encode photos of the right size, few at a time: float32 [n, dimension]."""
    import torch

    from photoorg.features.conv_autoencoder import as_fractions

    codes = []
    with torch.inference_mode():
        for start in range(0, len(photos), _PHOTOS_AT_ONCE):
            batch = torch.from_numpy(photos[start : start + _PHOTOS_AT_ONCE])
            codes.append(encoder(as_fractions(batch)))
    return np.asarray(torch.cat(codes).numpy(), dtype=np.float32)


def encoder_tensors(encoder: ConvEncoder) -> dict[str, Floats]:
    """Return an encoder's tensors, with `CONV` before their names."""
    return {CONV + name: np.array(leaf.numpy()) for name, leaf in encoder.state_dict().items()}


def take_encoder(file: ModelFile, config: ConvConfig) -> dict[str, Floats]:
    """Read an encoder back.

    Raises:
        ModelFileProblem: a tensor is missing or has another shape.
    """
    return {
        CONV + name: take_tensor(file, CONV + name, shape)
        for name, shape in config.shapes().items()
    }
