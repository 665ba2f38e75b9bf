"""What crosses the pipe between the program and its worker processes: plain, frozen, picklable."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from photoorg.core.errors import PhotoorgError
from photoorg.core.ids import ContentHash
from photoorg.core.records import PreparedPhoto
from photoorg.features.visual import Device, VisualFiles
from photoorg.jobs.slots import SlotLayout

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class DecoderConfig:
    """What a decoder needs to know."""

    thumbnails: Path
    slots: SlotLayout


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """What an encoder needs to know.

    Attributes:
        features: name of the visual vector, such as "efficientnet-lite2".
        device: "auto", "cpu", "cuda" or "mps".
        cache: where exported networks are kept.
        files: where its weights, or what was learned, may be.
    """

    features: str
    device: Device
    cache: Path
    files: VisualFiles
    slots: SlotLayout


@dataclass(frozen=True, slots=True)
class LearnerConfig:
    """What a learner of visual vectors needs to know.

    Attributes:
        features: name of the visual vector, such as "conv-autoencoder".
        device: "auto", "cpu", "cuda" or "mps".
        folder: where the encoder is kept once it is learned.
    """

    features: str
    device: Device
    folder: Path
    slots: SlotLayout


@dataclass(frozen=True, slots=True)
class Ready:
    """First message of a worker: it has loaded what it needs.

    Attributes:
        description: what it runs on, such as "OpenVINO on CPU, 2 threads".
    """

    description: str


@dataclass(frozen=True, slots=True)
class Success:
    """A request was met."""

    value: object


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request cannot be met, for a reason that a person should see."""

    error: PhotoorgError


@dataclass(frozen=True, slots=True)
class Crash:
    """A request ran into a bug of ours; the worker lives on.

    Attributes:
        report: the traceback as text.
    """

    summary: str
    report: str


@dataclass(frozen=True, slots=True)
class PrepareFile:
    """Ask a decoder for all that one read and one decode of a file give.

    Attributes:
        path: the file.
        slot: where the network's input goes, see `photoorg.jobs.slots`.
        known_hashes: contents of vanished files; if this is one of them, decoding is skipped.
    """

    path: str
    slot: int
    known_hashes: frozenset[ContentHash] = frozenset()


@dataclass(frozen=True, slots=True)
class FileReply:
    """A decoder's answer.

    Attributes:
        content_hash: identity of the bytes.
        photo: None where the content is one of the known hashes; then the slot is untouched.
    """

    content_hash: ContentHash
    photo: PreparedPhoto | None


@dataclass(frozen=True, slots=True)
class PrepareInput:
    """Ask a decoder for the network's input, and keep no thumbnail.

    Attributes:
        source: a path, or an encoded image (pasted, or dropped from another program).
        slot: where the input goes.
    """

    source: str | bytes
    slot: int


@dataclass(frozen=True, slots=True)
class EncodeSlots:
    """Ask an encoder for the visual vectors of the inputs in some slots.

    The answer is a float32 array [len(slots), dimension].
    """

    slots: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EncodeMap:
    """Ask an encoder for one photo's vector and for where in the photo it comes from.

    The answer is two float32 arrays: [dimension] and [h, w, dimension].
    """

    slot: int


@dataclass(frozen=True, slots=True)
class EncodeTexts:
    """Ask an encoder that has a text side for the vectors of texts; answered by `TextVectors`."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextVectors:
    """Texts in the space of the same encoder's photos.

    Attributes:
        vectors: float32 [n, dimension], unit rows.
        scale: what the model was trained to multiply cosines with.
    """

    vectors: NDArray[np.float32]
    scale: float


@dataclass(frozen=True, slots=True)
class LearnSlots:
    """Ask a learner to begin to learn from the photos in some slots; the answer comes at once."""

    slots: tuple[int, ...]
    seed: int


@dataclass(frozen=True, slots=True)
class AskLearning:
    """Ask a learner how far it is; the answer is a `LearningState`."""


@dataclass(frozen=True, slots=True)
class LearningState:
    """How far a learner is.

    Attributes:
        done: steps so far.
        total: steps at most; 0 while that is not known.
        finished: whether the encoder is learned and kept.
    """

    done: int
    total: int
    finished: bool
