"""What crosses the pipe between the program and the process that trains a model.

All of it is plain and frozen. What is large (vectors, tags, photos) lies in files of a work folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from photoorg.core.modelling import EpochReport, TrainingRequest
from photoorg.features.visual import VisualFiles

VISUAL = "visual.f32"
"""In the work folder: the visual vectors, float32 [n, d] row by row, nothing before or after."""

WORDS = "words.jsonl"
"""In the work folder: n lines, each a JSON object with "tags", "captions" and "file"."""


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """All that the process needs to know.

    Attributes:
        request: what to train; its `text` and `features` are filled in.
        work: folder with `VISUAL` and `WORDS`, where the library's own photos are learned from; the
            process may put files of its own into it.
        target: empty folder for the finished model.
        unfinished: folder for what a later run can go on from.
        files: where visual encoders look for their files.
        features_cache: folder where vectors of photos outside the library are kept.
        visual_key: what made the vectors in `VISUAL`; "" where the process makes them itself.
        source: what is learned from, in words for a person.
        created: ISO date and time.
    """

    request: TrainingRequest
    work: Path
    target: Path
    unfinished: Path
    files: VisualFiles
    features_cache: Path
    visual_key: str
    source: str
    created: str


@dataclass(frozen=True, slots=True)
class StageReached:
    """The process does something else now, or more of the same.

    Attributes:
        stage: for a person.
        done: units of the stage that are finished.
        total: units of the stage; 0 while that is not known.
    """

    stage: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class PassDone:
    """One pass over the training data is done.

    Attributes:
        report: the pass.
        earlier: with the first one, those that an earlier run had done.
    """

    report: EpochReport
    earlier: tuple[EpochReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Trained:
    """The model lies in the target folder; the last message."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The training was cancelled, and what it needs to go on is kept; the last message."""


@dataclass(frozen=True, slots=True)
class StopTraining:
    """Ask the process to stop; the only message that it is sent."""
