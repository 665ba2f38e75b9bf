"""What each kind of model takes to learn from 10,000 photos with 20 tags each.

The budget is 5 minutes and 2 GB on two cores. Kinds learn from stored vectors here, not from
pixels. Run with: pytest -m benchmark -s tests/benchmarks/test_benchmark_training.py
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from photoorg.models.registry import model_kinds

PHOTOS = 10_000
SECONDS, MEGABYTES = 300, 2048


@pytest.mark.benchmark
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "kind", [kind.key for kind in model_kinds() if kind.key != "mf-conv-autoencoder"]
)
def test_training_from_stored_vectors(kind: str) -> None:
    program = Path(__file__).with_name("learn_once.py")
    done = subprocess.run(
        [sys.executable, str(program), kind, str(PHOTOS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    took = json.loads(done.stdout)
    print(
        f"\n{kind} on {took['text']}: {took['passes']} passes in {took['seconds']} s"
        f" ({took['processor_seconds']} s of processor time), peak {took['peak_mb']} MB;"
        f" of the budget {took['seconds'] / SECONDS:.2f} of the time,"
        f" {took['peak_mb'] / MEGABYTES:.2f} of the memory;"
        f" text vectors {took['text_seconds']} s; held out {took['metrics']}"
    )
