"""What a visual encoder is: photos in, pooled feature vectors out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from photoorg.core.errors import EnvironmentProblem, PhotoorgError
from photoorg.core.ids import ModelKey

Pixels: TypeAlias = npt.NDArray[np.uint8]
Floats: TypeAlias = npt.NDArray[np.float32]

MIN_COSINE = 0.999
"""How alike the vectors of two runtimes must be, to count as the same features."""


class RuntimeMismatch(PhotoorgError):
    """A runtime or device computes other vectors than the reference; use another one."""


class WeightsMissing(EnvironmentProblem):
    """A network's weights are not on this machine; the remedy says which, and where they are."""


class NotLearnedYet(EnvironmentProblem):
    """An encoder that is learned from the person's own photos has not been learned yet."""


Device: TypeAlias = Literal["auto", "cpu", "cuda", "mps"]
Status: TypeAlias = Literal["ready", "needs weights", "needs learning"]


@dataclass(frozen=True, slots=True)
class VisualSpec:
    """All there is to know of a visual encoder before it is loaded.

    Attributes:
        name: what the person calls it, such as "efficientnet-lite2".
        key: what made a vector: name, weights hash, preprocessing and dimension.
        input_size: side in pixels of the square that a photo is squashed to.
        dimension: length of the pooled vector.
        classes: how many classes the network tells apart; 0 where it has no classifier.
    """

    name: str
    key: ModelKey
    input_size: int
    dimension: int
    classes: int


class VisualEncoder(Protocol):
    """Turns squashed photos into vectors. To be used from one thread at a time."""

    @property
    def key(self) -> ModelKey:
        """What made the vectors."""

    @property
    def input_size(self) -> int:
        """Side of the square input, pixels."""

    @property
    def dimension(self) -> int:
        """Length of one vector."""

    @property
    def runtime(self) -> str:
        """What computes, for a person, such as "OpenVINO, CPU"."""

    def encode(self, images: Pixels) -> Floats:
        """Encode photos.

        Args:
            images: uint8 [n, input_size, input_size, 3], RGB.

        Returns:
            float32 [n, dimension], pooled and not normalised.

        Raises:
            ValueError: `images` has another type or shape.
        """


@runtime_checkable
class MapEncoder(VisualEncoder, Protocol):
    """An encoder whose vector is the mean of a map over the photo (global average pooling)."""

    def encode_maps(self, images: Pixels) -> tuple[Floats, Floats]:
        """Encode photos and tell where in them the vectors come from.

        Args:
            images: uint8 [n, input_size, input_size, 3], RGB.

        Returns:
            The pooled vectors, float32 [n, dimension], and the last activations before pooling,
            float32 [n, h, w, dimension]. Their mean over h and w is the vector, so what is linear
            in the vector (a class score, a tag's score) can be drawn onto the photo.

        Raises:
            ValueError: `images` has another type or shape.
        """


@dataclass(frozen=True, slots=True)
class VisualFiles:
    """Where to look for an encoder's files, besides the places that every installation has.

    Attributes:
        learned: folder of the encoders learned from one library's photos, or None for none.
        weights: file or folder that the person named; it goes before all other places.
    """

    learned: Path | None = None
    weights: Path | None = None


@dataclass(frozen=True, slots=True)
class VisualKind:
    """A visual encoder as it is offered to a person.

    Attributes:
        name: on the command line.
        title: in words.
        dimension: length of one vector; 0 where that depends on the weights.
        status: whether it can be used at once.
        hint: what to do where it cannot, or "".
    """

    name: str
    title: str
    dimension: int
    status: Status
    hint: str


@dataclass(frozen=True, slots=True)
class Classifier:
    """The linear layer that the network was trained with, on top of the pooled vector.

    Attributes:
        weight: float32 [classes, dimension].
        bias: float32 [classes].
    """

    weight: Floats
    bias: Floats

    def scores(self, pooled: Floats) -> Floats:
        """Return class scores (logits), float32 [n, classes], of vectors [n, dimension]."""
        scores: Floats = pooled @ self.weight.T + self.bias
        return scores


def check_images(images: Pixels, spec: VisualSpec) -> None:
    """Refuse a batch that the encoder would misread.

    Raises:
        ValueError: it is not uint8 [n, input_size, input_size, 3].
    """
    expected = (spec.input_size, spec.input_size, 3)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != expected:
        raise ValueError(
            f"{spec.name} takes uint8 [n, {spec.input_size}, {spec.input_size}, 3], "
            f"not {images.dtype} {list(images.shape)}"
        )


def least_cosine(ours: Floats, reference: Floats) -> float:
    """Return the smallest cosine between matching rows; 0 where a row is zero or not finite."""
    ours, reference = ours.astype(np.float64), reference.astype(np.float64)
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(reference, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosines = np.einsum("nd,nd->n", ours, reference) / lengths
    return float(np.nan_to_num(cosines, nan=0.0, posinf=0.0, neginf=0.0).min(initial=1.0))


def probe_images(size: int) -> Pixels:
    """Return pictures to compare two runtimes on, uint8 [5, size, size, 3].

    Seeded noise from coarse blots to single pixels: together they excite every channel, and no
    photo has to be shipped or found.
    """
    rng = np.random.default_rng(260)
    pictures = []
    for cell in (20, 130, 52, 5, 1):
        blots = rng.integers(0, 256, (-(-size // cell), -(-size // cell), 3), np.uint8)
        pictures.append(blots.repeat(cell, axis=0).repeat(cell, axis=1)[:size, :size])
    return np.stack(pictures)
