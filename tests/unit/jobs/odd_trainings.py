"""A training as its process does it, in this process, on made-up photos."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from photoorg.core.modelling import EpochReport, TrainingRequest
from photoorg.core.progress import CancelToken, Progress
from photoorg.features.visual import VisualFiles
from photoorg.jobs.training_messages import VISUAL, WORDS, TrainingJob
from photoorg.jobs.training_process import _Training
from photoorg.models.registry import TrainedModel, load_trained

DIMENSION = 24
"""Length of the photos' visual vectors."""


class Silent:
    """Hears how far a training is."""

    def __init__(self) -> None:
        self.passes: list[EpochReport] = []

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        pass

    def progress(self, progress: Progress) -> None:
        pass

    def passed(self, report: EpochReport, earlier: tuple[EpochReport, ...]) -> None:
        self.passes.append(report)


def train(
    folder: Path, kind: str, text: str, tags: Sequence[Sequence[str]], *, epochs: int = 1
) -> TrainedModel:
    """Train as the process does, on made-up photos with these tags."""
    rng = np.random.default_rng(0)
    work, target = folder / "work", folder / "target"
    for each in (work, target):
        each.mkdir()
    rng.normal(size=(len(tags), DIMENSION)).astype(np.float32).tofile(work / VISUAL)
    lines = []
    for number, said in enumerate(tags):
        file = work / f"{number}.png"
        pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((80, 64)).save(file)
        lines.append(json.dumps({"tags": list(said), "captions": [], "file": str(file)}))
    (work / WORDS).write_text("\n".join(lines) + "\n")
    request = TrainingRequest(kind, text=text, epochs=epochs)
    job = TrainingJob(
        request,
        work,
        target,
        folder / "unfinished",
        VisualFiles(),
        folder / "cache",
        f"looks:{DIMENSION}",
        "My library",
        "2026-03-04T05:06:07+00:00",
    )
    _Training(job, Silent(), CancelToken()).run()  # type: ignore[arg-type]
    return load_trained(target)
