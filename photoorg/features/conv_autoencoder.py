"""A convolutional autoencoder, learned from the person's own photos without any labels.

Paper 003, section 6.3: two convolutional layers with max pooling, the output flattened and passed
through two linear layers to an embedding of 200; a decoder reconstructs the image; mean squared
error, batches of 32, 100 epochs. The paper leaves the rest open: here the photo is squashed to
64 x 64, the layers have 16 and 32 channels of 3 x 3 and ReLUs, the decoder mirrors the encoder with
nearest-neighbour enlargement, Adam learns at 1e-3, and learning stops early on photos held out.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
import torch
from torch import nn

from photoorg.core.errors import ModelFileProblem, UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.features.storage import Manifest, load_model, save_model
from photoorg.features.torch_encoder import ModuleEncoder, choose_device
from photoorg.features.visual import Device, Pixels, VisualSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from photoorg.core.progress import CancelToken

NAME = "conv-autoencoder"
MIN_PHOTOS = 10

_KERNEL = 3
_POOLING = 4  # two max poolings by 2


@dataclass(frozen=True, slots=True)
class ConvAutoencoderConfig:
    """What the paper says, and what it leaves open.

    Attributes:
        dimension: length of the embedding (paper: 200).
        batch: photos a step (paper: 32).
        epochs: at most so many (paper: 100).
        side: photos are squashed to squares of so many pixels; a multiple of 4.
        channels: of the two convolutional layers.
        hidden: width between the two linear layers.
        learning_rate: Adam's.
        held_out: share of the photos that only tells when to stop.
        patience: epochs without a better reconstruction of those, after which learning ends.
    """

    dimension: int = 200
    batch: int = 32
    epochs: int = 100
    side: int = 64
    channels: tuple[int, int] = (16, 32)
    hidden: int = 256
    learning_rate: float = 1e-3
    held_out: float = 0.1
    patience: int = 5

    def __post_init__(self) -> None:
        """Refuse what cannot be built.

        Raises:
            ValueError: the side is no multiple of 4.
        """
        if self.side % _POOLING:
            raise ValueError(f"the side {self.side} is not a multiple of {_POOLING}")


@dataclass(frozen=True, slots=True)
class ConvEpoch:
    """How learning stands after an epoch.

    Attributes:
        epoch: from 1.
        epochs: at most so many.
        loss: mean squared error of pixels from 0 to 1, photos learned from.
        held_out_loss: the same of the photos held out.
    """

    epoch: int
    epochs: int
    loss: float
    held_out_loss: float


EpochListener: TypeAlias = Callable[[ConvEpoch], None]


class ConvEncoder(nn.Module):
    """Photos to embeddings."""

    def __init__(self, config: ConvAutoencoderConfig) -> None:
        super().__init__()
        first, second = config.channels
        self.convolutions = nn.Sequential(
            nn.Conv2d(3, first, _KERNEL, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(first, second, _KERNEL, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.linear = nn.Sequential(
            nn.Linear(second * (config.side // _POOLING) ** 2, config.hidden),
            nn.ReLU(),
            nn.Linear(config.hidden, config.dimension),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Turn float32 [n, 3, s, s] from 0 to 1 into [n, dimension]."""
        maps = self.convolutions(x)  # [n, channels[1], s / 4, s / 4]
        return cast("torch.Tensor", self.linear(maps.flatten(1)))


class ConvDecoder(nn.Module):
    """Embeddings to photos: the encoder's layers in the opposite order."""

    def __init__(self, config: ConvAutoencoderConfig) -> None:
        super().__init__()
        first, second = config.channels
        small = config.side // _POOLING
        self.linear = nn.Sequential(
            nn.Linear(config.dimension, config.hidden),
            nn.ReLU(),
            nn.Linear(config.hidden, second * small**2),
            nn.ReLU(),
            nn.Unflatten(1, (second, small, small)),
        )
        self.convolutions = nn.Sequential(
            nn.Upsample(scale_factor=2),
            nn.Conv2d(second, first, _KERNEL, padding=1),
            nn.ReLU(),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(first, 3, _KERNEL, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, embedding: torch.Tensor) -> torch.Tensor:
        """Turn [n, dimension] into float32 [n, 3, s, s] from 0 to 1."""
        return cast("torch.Tensor", self.convolutions(self.linear(embedding)))


class ConvAutoencoder(nn.Module):
    """Encoder and decoder; the embedding is what photoorg keeps of a photo."""

    def __init__(self, config: ConvAutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = ConvEncoder(config)
        self.decoder = ConvDecoder(config)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Turn uint8 [n, s, s, 3] into embeddings, float32 [n, dimension]."""
        return cast("torch.Tensor", self.encoder(as_fractions(images)))

    def reconstruct(self, images: torch.Tensor) -> torch.Tensor:
        """Send uint8 [n, s, s, 3] through the bottleneck: float32 [n, 3, s, s] from 0 to 1."""
        return cast("torch.Tensor", self.decoder(self(images)))

    def loss(self, images: torch.Tensor) -> torch.Tensor:
        """Return the mean squared error of the reconstruction over all pixels and channels."""
        return nn.functional.mse_loss(self.reconstruct(images), as_fractions(images))

    @property
    def spec(self) -> VisualSpec:
        """What is known of the encoder; its key contains the hash of its weights."""
        digest = hashlib.sha256()
        for name, tensor in self.encoder.state_dict().items():
            digest.update(name.encode() + np.ascontiguousarray(tensor.cpu().numpy()).tobytes())
        side, dimension = self.config.side, self.config.dimension
        key = ModelKey(f"{NAME}:{digest.hexdigest()[:8]}:squash-{side}-x255:{dimension}")
        return VisualSpec(NAME, key, side, dimension, classes=0)


def as_fractions(images: torch.Tensor) -> torch.Tensor:
    """Turn uint8 [n, s, s, 3] into float32 [n, 3, s, s] from 0 to 1."""
    return images.permute(0, 3, 1, 2).float() / 255


def learn_conv_autoencoder(
    images: Pixels,
    config: ConvAutoencoderConfig | None = None,
    *,
    seed: int = 0,
    token: CancelToken | None = None,
    on_epoch: EpochListener | None = None,
    device: Device = "auto",
) -> ConvAutoencoder:
    """Learn to reconstruct photos.

    Args:
        images: uint8 [n, side, side, 3], RGB; 10,000 of 64 x 64 pixels take 123 MB.
        config: None takes the paper's.
        seed: the same photos, seed and machine give the same weights.
        token: lets the caller stop.
        on_epoch: hears of each epoch.
        device: where to compute.

    Returns:
        The network as it was after its best epoch, in evaluation mode on the CPU.

    Raises:
        UsageProblem: there are too few photos.
        ValueError: `images` has another type or shape.
        Cancelled: through the token.
    """
    config = config or ConvAutoencoderConfig()
    if images.dtype != np.uint8 or images.shape[1:] != (config.side, config.side, 3):
        raise ValueError(
            f"learning takes uint8 [n, {config.side}, {config.side}, 3],"
            f" not {images.dtype} {list(images.shape)}"
        )
    if len(images) < MIN_PHOTOS:
        raise UsageProblem(
            f"{len(images)} photos are too few to learn visual features from.",
            f"Add folders until there are at least {MIN_PHOTOS}.",
        )
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(images))
    held = max(1, round(config.held_out * len(images)))
    held_out, learned_from = np.sort(order[:held]), order[held:]
    place = torch.device(choose_device(device))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ConvAutoencoder(config)
    network.to(place).to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(network.parameters(), lr=config.learning_rate, fused=True)

    def losses(rows: NDArray[np.intp], *, learn: bool) -> float:
        """Go through some photos once; return their mean loss before each step."""
        total = 0.0
        for start in range(0, len(rows), config.batch):
            if token is not None:
                token.check()
            chosen = rows[start : start + config.batch]
            batch = torch.from_numpy(images[chosen]).to(place)
            with torch.set_grad_enabled(learn):
                loss = network.loss(batch)
            if learn:
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call] # torch leaves it untyped
                optimiser.step()
            total += float(loss.detach()) * len(chosen)
        return total / len(rows)

    best, best_state, since = float("inf"), copy.deepcopy(network.state_dict()), 0
    for epoch in range(1, config.epochs + 1):
        loss = losses(rng.permutation(learned_from), learn=True)
        held_out_loss = losses(held_out, learn=False)
        if on_epoch is not None:
            on_epoch(ConvEpoch(epoch, config.epochs, loss, held_out_loss))
        if held_out_loss < best:
            best, best_state, since = held_out_loss, copy.deepcopy(network.state_dict()), 0
        else:
            since += 1
        if since >= config.patience:
            break
    network.load_state_dict(best_state)
    return network.cpu().eval()


def create_encoder(
    network: ConvAutoencoder, device: Device = "auto", threads: int | None = None
) -> ModuleEncoder:
    """Make an encoder of a learned network.

    Raises:
        EnvironmentProblem: the device that was asked for by name cannot be used.
    """
    return ModuleEncoder(network.spec, network, choose_device(device), threads)


def learn_and_save(
    stem: Path,
    images: Iterable[Pixels],
    seed: int,
    token: CancelToken | None = None,
    on_step: Callable[[int, int], None] | None = None,
    device: Device = "auto",
) -> VisualSpec:
    """Learn the paper's network and keep it; see the functions for each.

    Args:
        stem: path without ending.
        images: batches of photos; they are held in memory together.
        seed: the same photos and seed give the same network.
        token: lets the caller stop.
        on_step: hears of epochs done, and of how many there may be.
        device: where to compute.
    """
    side = ConvAutoencoderConfig().side
    photos = np.concatenate([np.empty((0, side, side, 3), np.uint8), *images])
    last: list[ConvEpoch] = []

    def hear(epoch: ConvEpoch) -> None:
        last.append(epoch)
        if on_step is not None:
            on_step(epoch.epoch, epoch.epochs)

    network = learn_conv_autoencoder(photos, seed=seed, token=token, on_epoch=hear, device=device)
    training = {"photos": len(photos), "seed": seed, "epochs": len(last)}
    save_conv_autoencoder(stem, network, training=training)
    return network.spec


def save_conv_autoencoder(
    stem: Path, network: ConvAutoencoder, *, training: Mapping[str, Any]
) -> None:
    """Write a network; see `storage.save_model`.

    Args:
        stem: path without ending.
        network: what to write.
        training: what it was learned from, such as photos and seed.

    Raises:
        EnvironmentProblem: the folder cannot be written.
    """
    spec = network.spec
    sizes = {"input_size": spec.input_size, "dimension": spec.dimension}
    manifest = Manifest(
        kind=NAME,
        visual_key=spec.key,
        text_key=ModelKey(""),
        config={**sizes, "network": asdict(network.config)},
        training=training,
        versions={"torch": torch.__version__},
    )
    tensors = {name: tensor.cpu().numpy() for name, tensor in network.state_dict().items()}
    save_model(stem, manifest, tensors)


def load_conv_autoencoder(stem: Path) -> ConvAutoencoder:
    """Read a network, in evaluation mode on the CPU; see `storage.load_model`.

    Raises:
        ModelFileProblem: it is missing or damaged, or its parts do not fit together.
    """
    file = load_model(stem, kind=NAME)
    try:
        fields = dict(file.manifest.config["network"])
        config = ConvAutoencoderConfig(**{**fields, "channels": tuple(fields["channels"])})
        with torch.device("meta"):  # takes no memory, whatever sizes a forged manifest claims
            network = ConvAutoencoder(config)
        network.load_state_dict(
            {name: torch.from_numpy(tensor) for name, tensor in file.tensors.items()}, assign=True
        )
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ModelFileProblem(
            f"{stem} does not hold a whole {NAME} ({str(error).splitlines()[0]}).",
            "Learn it again.",
        ) from error
    if network.spec.key != file.manifest.visual_key:
        raise ModelFileProblem(
            f"{stem} holds other weights than it says: “{network.spec.key}” instead of"
            f" “{file.manifest.visual_key}”.",
            "Learn it again.",
        )
    return network.eval()
