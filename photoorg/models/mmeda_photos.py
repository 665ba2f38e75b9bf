"""AE0 of MMEDA (paper 003): the autoencoder of photos, over pixels or over stored vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from photoorg.features.conv_autoencoder import ConvDecoder, ConvEncoder, as_fractions
from photoorg.models.convolution import encode_batches, encoder_tensors
from photoorg.models.feed_forward import feed_forward, initial_layers
from photoorg.models.training import as_arrays, trainable

if TYPE_CHECKING:
    from photoorg.models.arrays import Activation
    from photoorg.models.convolution import ConvConfig
    from photoorg.models.learned import Floats

ENCODER, DECODER = "photo.encoder", "photo.decoder"


class PhotoPart(Protocol):
    """AE0. What its decoder is given is the code in MMEDA-II, the row factor in MMEDA-I."""

    def parameters(self) -> dict[str, torch.Tensor]:
        """Return the leaf tensors to be optimised."""

    def encode(self, x0: torch.Tensor) -> torch.Tensor:
        """Return codes [n, code]."""

    def decode(self, given: torch.Tensor) -> torch.Tensor:
        """Return X0', shaped as `target`."""

    def target(self, x0: torch.Tensor) -> torch.Tensor:
        """Return X0 as it is to be reconstructed."""

    def codes(self, x0: torch.Tensor) -> Floats:
        """Return the codes of many photos, without gradients, float32 [n, code]."""

    def kept(self) -> dict[str, Floats]:
        """Return the tensors that a trained model keeps."""


class StoredPhotos:
    """A vanilla autoencoder over standardised stored vectors, float32 [n, d].

    Args:
        dimension: d.
        code: length of the encoder's output.
        given: length of the decoder's input.
        activation: of the encoder.
        seed: of the start values.
    """

    def __init__(
        self, dimension: int, code: int, given: int, activation: Activation, seed: int
    ) -> None:
        rng = np.random.default_rng((seed, 0))
        self._activation: Activation = activation
        self._parameters = trainable(
            {
                **initial_layers(rng, ENCODER, (dimension, code)),
                **initial_layers(rng, DECODER, (given, dimension)),
            }
        )

    def parameters(self) -> dict[str, torch.Tensor]:
        return self._parameters

    def encode(self, x0: torch.Tensor) -> torch.Tensor:
        return feed_forward(self._parameters, ENCODER, x0, last=self._activation)

    def decode(self, given: torch.Tensor) -> torch.Tensor:
        return feed_forward(self._parameters, DECODER, given)

    def target(self, x0: torch.Tensor) -> torch.Tensor:
        return x0

    def codes(self, x0: torch.Tensor) -> Floats:
        with torch.no_grad():
            return np.asarray(self.encode(x0).numpy(), dtype=np.float32)

    def kept(self) -> dict[str, Floats]:
        return {
            name: value
            for name, value in as_arrays(self._parameters).items()
            if name.startswith(ENCODER)
        }


class PixelPhotos:
    """A convolutional autoencoder over photos, uint8 [n, side, side, 3].

    Args:
        config: of the network.
        given: length of the decoder's input.
        seed: of the start values.
    """

    def __init__(self, config: ConvConfig, given: int, seed: int) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._encoder = ConvEncoder(config.network())
            self._decoder = ConvDecoder(config.network(given))

    def parameters(self) -> dict[str, torch.Tensor]:
        return {
            **{f"{ENCODER}.{name}": leaf for name, leaf in self._encoder.named_parameters()},
            **{f"{DECODER}.{name}": leaf for name, leaf in self._decoder.named_parameters()},
        }

    def encode(self, x0: torch.Tensor) -> torch.Tensor:
        codes: torch.Tensor = self._encoder(as_fractions(x0))
        return codes

    def decode(self, given: torch.Tensor) -> torch.Tensor:
        photos: torch.Tensor = self._decoder(given)
        return photos

    def target(self, x0: torch.Tensor) -> torch.Tensor:
        return as_fractions(x0)

    def codes(self, x0: torch.Tensor) -> Floats:
        return encode_batches(self._encoder, x0.numpy())

    def kept(self) -> dict[str, Floats]:
        return encoder_tensors(self._encoder)
