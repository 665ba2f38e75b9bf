"""Several runs of training the encoders, and what is kept of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from photoorg.core.errors import Cancelled
from photoorg.core.progress import CancelToken, Progress
from photoorg.models import starter_encoders
from photoorg.models.encoder_training import EncoderConfig
from photoorg.models.starter_encoders import train_runs

CONFIG = EncoderConfig(runs=3)


@dataclass(frozen=True)
class Data:
    """What a fingerprint is made of, and the seed that it was made for."""

    seed: int
    captions: tuple[tuple[str, ...], ...] = (("a dog",),)
    words: tuple[str, ...] = ("dog",)
    pooled: np.ndarray = field(default_factory=lambda: np.ones((1, 2), dtype=np.float32))


class Trainer:
    """Changes that depend on the seed alone; each run tells its progress once."""

    def __init__(self) -> None:
        self.seeds: list[int] = []

    def __call__(self, data, config, *, seed, progress, token):
        if token is not None:
            token.check()
        assert data.seed == seed
        self.seeds.append(seed)
        if progress is not None:
            progress(Progress("train", "Training", 1, 1))
        random = np.random.default_rng(seed)
        return (
            {"conv.weight": random.normal(size=(4, 3, 2, 2)).astype(np.float32)},
            {"layer.weight": random.normal(size=(5, 6)).astype(np.float32)},
        )


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    found = Trainer()
    monkeypatch.setattr(starter_encoders, "train_encoders", found)
    return found


def test_the_mean_of_all_runs_is_kept(tmp_path: Path, trainer: Trainer) -> None:
    told: list[Progress] = []
    seen, read = train_runs(Data, tmp_path, CONFIG, seed=5, progress=told.append)
    assert trainer.seeds == [5, 6, 7]
    assert [each.label for each in told] == [f"Run {n} of 3: Training" for n in (1, 2, 3)]
    fresh = Trainer()
    runs = [fresh(Data(seed), CONFIG, seed=seed, progress=None, token=None) for seed in (5, 6, 7)]
    # A run is kept a byte a weight: within half a step of what it found.
    for found, number, name in ((seen, 0, "conv.weight"), (read, 1, "layer.weight")):
        expected = np.mean([run[number][name] for run in runs], axis=0)
        assert found[name].dtype == np.float32
        np.testing.assert_allclose(found[name], expected, atol=3.5 / 127 / 2)


def test_finished_runs_are_found_again(tmp_path: Path, trainer: Trainer) -> None:
    first = train_runs(Data, tmp_path, replace(CONFIG, runs=2))
    again = train_runs(Data, tmp_path, replace(CONFIG, runs=2))
    assert trainer.seeds == [0, 1]
    for one, other in zip(first, again, strict=True):
        for name, change in one.items():
            np.testing.assert_array_equal(change, other[name])
    train_runs(Data, tmp_path, CONFIG)
    assert trainer.seeds == [0, 1, 2], "one run more needs the new one alone"


@pytest.mark.parametrize(
    ("config", "changed"),
    [
        (replace(CONFIG, epochs=9), {}),
        (CONFIG, {"captions": (("a cat",),)}),
        (CONFIG, {"words": ("cat",)}),
        (CONFIG, {"pooled": np.zeros((1, 2), dtype=np.float32)}),
    ],
    ids=["configuration", "captions", "words", "photos"],
)
def test_runs_of_other_data_are_not_taken(
    tmp_path: Path, trainer: Trainer, config: EncoderConfig, changed: dict
) -> None:
    train_runs(Data, tmp_path, CONFIG)
    train_runs(lambda seed: Data(seed, **changed), tmp_path, config)
    assert trainer.seeds == [0, 1, 2, 0, 1, 2]


def test_a_stop_keeps_the_runs_before(tmp_path: Path, trainer: Trainer) -> None:
    token = CancelToken()

    def stop(told: Progress) -> None:
        if told.label.startswith("Run 2"):
            token.cancel()

    with pytest.raises(Cancelled):
        train_runs(Data, tmp_path, CONFIG, progress=stop, token=token)
    assert trainer.seeds == [0, 1]
    train_runs(Data, tmp_path, CONFIG)
    assert trainer.seeds == [0, 1, 2]
