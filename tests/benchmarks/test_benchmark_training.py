"""What each kind of model takes to learn from 10,000 photos with 20 tags each.

The budget is 5 minutes and 2 GB on two cores, for all that follows once the photos have vectors:
text vectors, training, calibration and measuring. Made-up photos stand in for real ones: 5,000
words as unevenly used as words are, vectors of 1280 numbers. Of kinds that learn from the photos'
pixels the rate is told as well, since it decides how long they take.

Run with: pytest -m benchmark -s tests/benchmarks/test_benchmark_training.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from photoorg.models.registry import model_kinds

PHOTOS, MANY_PHOTOS = 10_000, 100_000
SECONDS, MEGABYTES = 300, 2048
SIDE = 64
PASSES = 2

READERS = [kind.key for kind in model_kinds() if kind.reads_photos]
MANY = ("cmf", "cross-modal-1", "text-regression", "mf-pretrained", "mlp")
"""The kinds that learn fastest, and those that need most memory."""


def learn(kind: str, photos: int, *options: str) -> dict[str, Any]:
    """Train in a process of its own; return what it took."""
    program = Path(__file__).with_name("learn_once.py")
    done = subprocess.run(
        [sys.executable, str(program), kind, str(photos), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    took: dict[str, Any] = json.loads(done.stdout)
    return took


def tell(kind: str, photos: int, took: dict[str, Any]) -> None:
    """Print what a training took, beside the budget for 10,000 photos."""
    print(
        f"\n{kind} on {took['text']}, {photos:,} photos, {took['tags']:,} tags:"
        f" {took['seconds']} s ({took['processor_seconds']} s of processor time),"
        f" of which text vectors {took['text_seconds']} s and {took['passes']} of at most"
        f" {took['most_passes']} passes {took['passes_seconds']} s;"
        f" peak {took['peak_mb']} MB, {took['before_mb']} MB of it before;"
        f" of the budget {took['seconds'] / SECONDS:.2f} of the time,"
        f" {took['peak_mb'] / MEGABYTES:.2f} of the memory; load {os.getloadavg()[0]:.1f};"
        f" held out {took['metrics']}, after the last pass {took['last']}"
    )


@pytest.mark.benchmark
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "kind", [kind.key for kind in model_kinds() if kind.key != "mf-conv-autoencoder"]
)
def test_training_from_stored_vectors(kind: str) -> None:
    tell(kind, PHOTOS, learn(kind, PHOTOS))


@pytest.mark.benchmark
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", MANY)
def test_many_photos_fit_in_memory(kind: str) -> None:
    tell(kind, MANY_PHOTOS, learn(kind, MANY_PHOTOS))


@pytest.mark.benchmark
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", READERS)
def test_training_from_pixels(kind: str) -> None:
    options = ("--pixels", str(SIDE), "--epochs", str(PASSES))
    took = learn(kind, PHOTOS, *options)
    first, second = took["first_passes_seconds"]
    rate = took["learned"] / (second - first)
    print(
        f"\n{kind} from pixels: {rate:.0f} photos/s, {PHOTOS / rate:.0f} s a pass over {PHOTOS:,};"
        f" peak {took['peak_mb']} MB; load {os.getloadavg()[0]:.1f}"
    )
