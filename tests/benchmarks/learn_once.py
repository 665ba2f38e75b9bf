"""Trains one kind of model on made-up photos and tags, and prints what it took as JSON.

A process of its own, since memory that was once used is not always given back. `KIND PHOTOS`, and
`--pixels SIDE` for kinds that read photos themselves; `--epochs N` stops earlier.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from memory import peak_mb, resident_mb
from numpy.typing import NDArray

from photoorg.core.ids import ModelKey
from photoorg.core.modelling import EpochReport
from photoorg.features.words.base import Document
from photoorg.features.words.registry import train_text_vectors
from photoorg.models.registry import default_config, model_kind, train_model, with_epochs
from photoorg.models.schedule import Run
from photoorg.models.training_data import PixelSource, TrainingData

WORDS, TOPICS, TAGS, DIMENSION = 5000, 100, 20, 1280
FLATTENING = 10
"""Zipf and Mandelbrot: the word of rank r is as frequent as 1 / (r + 10)."""
FAVOURITES = 40
"""Words that a topic prefers."""
PREFERENCE = 200.0
BLOCK = 500
CLEAR = Path("/proc/self/clear_refs")


def made_up(photos: int) -> tuple[NDArray[np.float32], list[Document]]:
    """Return vectors [photos, 1280] that follow from topics and tags, and 20 tags a photo.

    Each photo is of one topic; half of its tags are mostly words that the topic prefers. Some words
    are on a sixth of the photos, and most on a few of 10,000, as in people's libraries.
    """
    rng = np.random.default_rng(0)
    common = -np.log(np.arange(WORDS) + FLATTENING)
    preferred = np.stack([rng.permutation(WORDS)[:FAVOURITES] for _ in range(TOPICS)])
    topic_looks = 3 * rng.normal(size=(TOPICS, DIMENSION)).astype(np.float32)
    word_looks = rng.normal(size=(WORDS, DIMENSION)).astype(np.float32)
    visual = np.empty((photos, DIMENSION), dtype=np.float32)
    documents = []
    for start in range(0, photos, BLOCK):
        topics = rng.integers(TOPICS, size=min(BLOCK, photos - start))
        chance = np.tile(common, (len(topics), 1))
        chance[np.arange(len(topics))[:, None], preferred[topics]] += np.log(PREFERENCE)
        # The largest of (log chance + Gumbel noise) are a draw without replacement.
        noise = rng.gumbel(size=chance.shape) + chance
        chosen = np.argpartition(-noise, TAGS, axis=1)[:, :TAGS]
        part = topic_looks[topics] + rng.normal(size=(len(topics), DIMENSION))
        for column in chosen.T:
            part += word_looks[column]
        visual[start : start + len(topics)] = part
        documents += [Document(tuple(f"word{each}" for each in row)) for row in chosen.tolist()]
    return visual, documents


def made_up_pixels(visual: NDArray[np.float32], side: int) -> PixelSource:
    """Return photos whose tints follow from their vectors, made when they are asked for."""
    tints = np.random.default_rng(1).normal(size=(visual.shape[1], 8 * 8 * 3)).astype(np.float32)
    spread = float(np.linalg.norm(visual[:1]))

    def pixels(rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        small = (128 + 48 * (visual[rows] @ tints) / spread).reshape(-1, 8, 8, 3)
        large = small.repeat(side // 8, axis=1).repeat(side // 8, axis=2)
        photos: NDArray[np.uint8] = np.clip(large, 0, 255).astype(np.uint8)
        return photos

    return pixels


def main(kind: str, photos: int, side: int, epochs: int | None) -> None:
    """Train, and print seconds, passes and peak memory."""
    visual, documents = made_up(photos)
    if CLEAR.exists():
        CLEAR.write_text("5", encoding="ascii")  # the peak counts from here on
    before = round(resident_mb())
    begun, spent = time.monotonic(), time.process_time()
    text = train_text_vectors(model_kind(kind).default_text, documents)
    pixels = made_up_pixels(visual, side) if side else None
    data = TrainingData.of(visual, ModelKey("made-up:1280"), documents, text, pixels=pixels)
    words, words_spent = time.monotonic() - begun, time.process_time() - spent
    reports: list[EpochReport] = []
    config = with_epochs(default_config(kind), epochs)
    if epochs and hasattr(config, "photo_schedule"):
        config = replace(config, photo_schedule=replace(config.photo_schedule, epochs=epochs))
    trained = train_model(kind, data, config=config, run=Run(on_epoch=reports.append))
    json.dump(
        {
            "text": text.kind,
            "text_seconds": round(words, 1),
            "text_processor_seconds": round(words_spent, 1),
            "tags": len(trained.tags.names),
            "learned": len(data.training_rows),
            "passes": len(reports),
            "most_passes": reports[-1].epochs if reports else 0,
            "passes_seconds": round(reports[-1].seconds, 1) if reports else 0,
            "first_passes_seconds": [round(report.seconds, 2) for report in reports[:2]],
            "seconds": round(time.monotonic() - begun, 1),
            "processor_seconds": round(time.process_time() - spent, 1),
            "before_mb": before,
            "peak_mb": round(peak_mb()),
            "metrics": dict(trained.manifest.metrics),
            "last": {} if not reports else dict(reports[-1].metrics),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("kind")
    parser.add_argument("photos", type=int)
    parser.add_argument("--pixels", type=int, default=0)
    parser.add_argument("--epochs", type=int)
    chosen = parser.parse_args()
    main(chosen.kind, chosen.photos, chosen.pixels, chosen.epochs)
