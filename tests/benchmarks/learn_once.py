"""Trains one kind of model on made-up photos and tags, and prints what it took as JSON.

A process of its own, since the peak of a process's memory never falls. `KIND PHOTOS`.
"""

from __future__ import annotations

import json
import resource
import sys
import time

import numpy as np

from photoorg.core.ids import ModelKey
from photoorg.features.words.base import Document
from photoorg.features.words.registry import train_text_vectors
from photoorg.models.registry import model_kind, train_model
from photoorg.models.schedule import Run
from photoorg.models.training_data import TrainingData

WORDS, TAGS, DIMENSION = 500, 20, 1280


def made_up(photos: int) -> tuple[np.ndarray, list[Document]]:
    """Return vectors [photos, 1280] that follow from the tags, and 20 tags a photo."""
    rng = np.random.default_rng(0)
    chance = 1 / (np.arange(WORDS) + 5)
    # The largest of (log chance + Gumbel noise) are a draw without replacement.
    noise = rng.gumbel(size=(photos, WORDS)).astype(np.float32) + np.log(chance / chance.sum())
    chosen = np.argsort(-noise, axis=1)[:, :TAGS]
    looks = rng.normal(size=(WORDS, DIMENSION)).astype(np.float32)
    visual = np.empty((photos, DIMENSION), dtype=np.float32)
    for start in range(0, photos, 1000):
        part = looks[chosen[start : start + 1000]].sum(axis=1)
        visual[start : start + 1000] = part + rng.normal(size=part.shape)
    return visual, [Document(tuple(f"word{number}" for number in row)) for row in chosen.tolist()]


def main(kind: str, photos: int) -> None:
    """Train, and print seconds, passes and peak memory."""
    visual, documents = made_up(photos)
    begun = time.monotonic()
    text = train_text_vectors(model_kind(kind).default_text, documents)
    words = time.monotonic() - begun
    data = TrainingData.of(visual, ModelKey("made-up:1280"), documents, text)
    passes: list[int] = []
    begun, spent = time.monotonic(), time.process_time()
    trained = train_model(kind, data, run=Run(on_epoch=lambda report: passes.append(report.epoch)))
    print(
        json.dumps(
            {
                "text": text.kind,
                "text_seconds": round(words, 1),
                "passes": len(passes),
                "seconds": round(time.monotonic() - begun, 1),
                "processor_seconds": round(time.process_time() - spent, 1),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "metrics": dict(trained.manifest.metrics),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
