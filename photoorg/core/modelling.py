"""What is said of models between the layers: kinds, trained models, training runs, explanations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from photoorg.core.ids import PhotoId

if TYPE_CHECKING:  # the command line's grammar reads this module, and starts at once
    import numpy as np
    from numpy.typing import NDArray

STARTER_ID = "starter"
"""The model that photoorg is shipped with; it cannot be deleted."""


DEFAULT_ID = "default"
"""What learns the person's own tags on top of the starter; it is learned anew all the time."""


@dataclass(frozen=True, slots=True)
class ModelKindInfo:
    """A kind of model that can be trained.

    Attributes:
        key: name on the command line, such as "bidnn".
        title: name for a person.
        summary: one sentence on what it does.
        source: where it comes from, such as "Vukotić et al. 2016".
        default_text: text vectors that it takes unless told otherwise.
        reads_photos: whether training reads the photos themselves, which takes long.
        finetunes: whether it can train the network under the features too.
    """

    key: str
    title: str
    summary: str
    source: str
    default_text: str
    reads_photos: bool = False
    finetunes: bool = False


@dataclass(frozen=True, slots=True)
class VectorKindInfo:
    """A kind of visual or text vector that a model can be trained on.

    Attributes:
        key: name on the command line.
        title: name for a person.
        ready: whether it can be used now.
        hint: what it is, or what is missing for it to be usable.
    """

    key: str
    title: str
    ready: bool = True
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A trained model.

    Attributes:
        model_id: stable name, also of its folder.
        kind: of `ModelKindInfo.key`, or "starter".
        title: the kind's name for a person.
        text: kind of its text vectors.
        features: kind of its visual vectors.
        source: what it was trained on, in words ("My library", a folder's name).
        photos: how many photos it was trained on.
        tags: how many tags it can suggest.
        created: ISO date and time, or "" where it came with the program.
        size: bytes on disk.
        metrics: held-out figures by name, in percent.
        held_out: how many photos those figures are of; 0 where that is not known.
        active: whether search and suggestions use it now.
        problem: why it cannot be used, or "".
        photos_per_second: how fast fine-tuning learned from photos; 0 where nothing was fine-tuned.
    """

    model_id: str
    kind: str
    title: str
    text: str
    features: str
    source: str
    photos: int
    tags: int
    created: str
    size: int
    metrics: Mapping[str, float] = field(default_factory=dict)
    active: bool = False
    problem: str = ""
    held_out: int = 0
    photos_per_second: float = 0.0


DEFAULT_FEATURES = "efficientnet-lite2-captions"
"""Visual vectors that every library has: what the starter model takes."""

STARTER_TEXT, STARTER_TEXT_TITLE = "minilm-captions", "MiniLM, taught by captions"
"""Text vectors that the starter model alone takes, and their name for a person."""


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """What to train.

    Attributes:
        kind: of `ModelKindInfo.key`.
        features: kind of visual vectors.
        text: kind of text vectors; "" for the kind's default.
        data: folder with `captions.tsv` or `labels.tsv`; None for the library's own tags.
        epochs: at most so many passes; None for the kind's default.
        seed: of all that is drawn at random.
        finetune: train the network under the features too, where the kind can.
    """

    kind: str
    features: str = DEFAULT_FEATURES
    text: str = ""
    data: Path | None = None
    epochs: int | None = None
    seed: int = 0
    finetune: bool = False


@dataclass(frozen=True, slots=True)
class EpochReport:
    """One pass over the training data.

    Attributes:
        epoch: from 1.
        epochs: at most so many.
        loss: mean over the pass.
        metrics: figures on the held-out part: "loss" is the held-out loss; the others are in
            percent and named as those of `ModelInfo`.
        seconds: since the training began.
        part: from 1. Some models are learned in parts, whose losses are of different things.
    """

    epoch: int
    epochs: int
    loss: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    part: int = 1


class TrainingStatus(StrEnum):
    """Where a training run is."""

    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TrainingState:
    """The newest word on a training run; also an event that listeners of a library hear.

    Attributes:
        request: what was asked for.
        status: where it is.
        stage: what goes on now, for a person ("Reading photos", "Training").
        done: units of the stage that are finished.
        total: units of the stage; 0 while that is not known.
        reports: all passes so far.
        earlier: how many of them an earlier run had done, which this one goes on from.
        model_id: of the finished model.
        problem: why it failed, in words.
        resumable: whether another run with the same request goes on where this one stopped.
        report: the traceback, where an error in photoorg itself ended it.
    """

    request: TrainingRequest
    status: TrainingStatus
    stage: str = ""
    done: int = 0
    total: int = 0
    reports: tuple[EpochReport, ...] = ()
    earlier: int = 0
    model_id: str = ""
    problem: str = ""
    resumable: bool = False
    report: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a model sees a tag in a photo.

    Attributes:
        photo_id: the photo.
        tag: what was asked about; "" for the photo as a whole.
        words: the words nearest to what the model sees, with their cosines, best first
            (paper 000, section 4.3).
        heat: float32 [h, w] in 0..1, which parts of the photo speak for the tag (paper 002,
            section 9), top row first; None where the features do not allow it.
        note: what is missing and why, or "".
    """

    photo_id: PhotoId
    tag: str
    words: Sequence[tuple[str, float]]
    heat: NDArray[np.float32] | None = None
    note: str = ""
