from __future__ import annotations

import hashlib
import itertools
import json
import multiprocessing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from photoorg.core.errors import Cancelled, UsageProblem
from photoorg.core.modelling import EpochReport
from photoorg.core.progress import CancelToken
from photoorg.models import training
from photoorg.models.schedule import Run, Schedule
from photoorg.models.training import as_arrays, discard_checkpoint, optimise, trainable

SCHEDULE = Schedule(epochs=8, batch=16, learning_rate=0.05, patience=0)
RNG = np.random.default_rng(5)
INPUTS = RNG.normal(size=(90, 6)).astype(np.float32)
TARGETS = (INPUTS @ RNG.normal(size=(6, 3)) + 0.1 * RNG.normal(size=(90, 3))).astype(np.float32)
ROWS = np.arange(0, 80)


def train(
    schedule: Schedule = SCHEDULE, run: Run | None = None, *, data: str = "", noise: float = 0.1
) -> tuple[dict[str, np.ndarray], tuple[EpochReport, ...]]:
    """Fit a linear map; each step draws random noise, as denoising models do."""
    x, y = torch.from_numpy(INPUTS), torch.from_numpy(TARGETS)
    parameters = trainable(
        {"map.weight": np.zeros((3, 6), np.float32), "map.bias": np.zeros(3, np.float32)}
    )

    def predict(inputs: torch.Tensor) -> torch.Tensor:
        return inputs @ parameters["map.weight"].T + parameters["map.bias"]

    def loss(rows: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        jitter = noise * torch.randn(x[rows].shape, generator=generator)
        return ((predict(x[rows] + jitter) - y[rows]) ** 2).mean()

    reports = optimise(
        parameters,
        loss,
        ROWS,
        schedule,
        run or Run(),
        validate=lambda: {"loss": float(((predict(x[80:]) - y[80:]) ** 2).mean())},
        fingerprint=data,
    )
    return as_arrays(parameters), reports


def digest(arrays: dict[str, np.ndarray]) -> str:
    return hashlib.sha256(b"".join(arrays[name].tobytes() for name in sorted(arrays))).hexdigest()


def train_interrupted(
    stem: Path, schedule: Schedule, epoch: int, *, seed: int = 0, checks: int = 0
) -> None:
    """Train up to the middle of an epoch, and be cancelled there."""
    token = StoppingToken(checks)

    def on_epoch(report: EpochReport) -> None:
        if report.epoch == epoch:
            token.armed = True

    with pytest.raises(Cancelled):
        train(schedule, Run(seed, token, on_epoch, stem))


class StoppingToken(CancelToken):
    """Cancels at some later check, that is: in the middle of an epoch."""

    def __init__(self, checks: int) -> None:
        super().__init__()
        self.armed = False
        self._left = checks

    def check(self) -> None:
        if self.armed:
            self._left -= 1
            if self._left < 0:
                self.cancel()
        super().check()


def loss_log(reports: tuple[EpochReport, ...]) -> list[tuple[int, float, float]]:
    return [(report.epoch, report.loss, report.metrics["loss"]) for report in reports]


def test_training_finds_the_map_and_reports_each_epoch():
    heard: list[EpochReport] = []
    arrays, reports = train(replace(SCHEDULE, epochs=60), Run(on_epoch=heard.append), noise=0)
    best = np.linalg.lstsq(INPUTS[:80], TARGETS[:80], rcond=None)[0].T
    assert np.abs(arrays["map.weight"] - best).max() < 0.05
    assert tuple(heard) == reports
    assert [report.epoch for report in reports] == list(range(1, 61))
    assert reports[-1].loss < 0.1 * reports[0].loss
    assert all(a.seconds <= b.seconds for a, b in itertools.pairwise(reports))


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    first, reports = train()
    again, reports_again = train()
    other, _ = train(run=Run(seed=1))
    assert digest(first) == digest(again) != digest(other)
    assert loss_log(reports) == loss_log(reports_again)


@pytest.mark.parametrize("optimiser", ["adam", "sgd"])
@pytest.mark.parametrize(("epoch", "checks"), [(1, 0), (3, 2), (6, 4)])
def test_a_resumed_training_ends_with_the_bytes_of_an_uninterrupted_one(
    tmp_path, optimiser, epoch, checks
):
    schedule = replace(SCHEDULE, optimiser=optimiser, decay_every=3, decay=0.5)
    whole, reports = train(schedule)
    train_interrupted(tmp_path / "run", schedule, epoch, checks=checks)
    heard: list[EpochReport] = []
    resumed, resumed_reports = train(
        schedule, Run(on_epoch=heard.append, checkpoint=tmp_path / "run")
    )
    assert heard[0].epoch == epoch + 1  # it went on, and did not begin anew
    assert digest(resumed) == digest(whole)
    assert loss_log(resumed_reports) == loss_log(reports)
    assert list(tmp_path.iterdir()) == []


def test_a_training_is_resumed_in_another_process(tmp_path):
    # The single thread there and here sums in the same order.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        whole, _ = train()
        train_interrupted(tmp_path / "run", SCHEDULE, 4, checks=2)
    finally:
        torch.set_num_threads(before)
    answer = tmp_path / "answer.json"
    process = multiprocessing.get_context("spawn").Process(
        target=_resume_and_tell, args=(tmp_path / "run", answer)
    )
    process.start()
    process.join()
    assert process.exitcode == 0
    assert json.loads(answer.read_text()) == [5, digest(whole)]


def _resume_and_tell(stem: Path, answer: Path) -> None:
    torch.set_num_threads(1)
    heard: list[EpochReport] = []
    arrays, _ = train(run=Run(on_epoch=heard.append, checkpoint=stem))
    answer.write_text(json.dumps([heard[0].epoch, digest(arrays)]))


def test_cancelled_before_the_first_step_and_resumed(tmp_path):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        train(run=Run(token=token, checkpoint=tmp_path / "run"))
    resumed, _ = train(run=Run(checkpoint=tmp_path / "run"))
    assert digest(resumed) == digest(train()[0])


def test_without_a_checkpoint_cancelling_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        train(run=Run(token=token))
    assert list(tmp_path.iterdir()) == []


def test_more_epochs_go_on_where_fewer_were_stopped(tmp_path):
    longer = replace(SCHEDULE, epochs=12)
    train_interrupted(tmp_path / "run", SCHEDULE, 5)
    heard: list[EpochReport] = []
    resumed, _ = train(longer, Run(on_epoch=heard.append, checkpoint=tmp_path / "run"))
    assert heard[0].epoch == 6
    assert digest(resumed) == digest(train(longer)[0])


@pytest.mark.parametrize(
    "change",
    [
        {"schedule": replace(SCHEDULE, learning_rate=0.01)},
        {"seed": 3},
        {"data": "other photos"},
    ],
)
def test_a_checkpoint_of_another_training_is_not_taken_up(tmp_path, change):
    train_interrupted(tmp_path / "run", SCHEDULE, 4)
    schedule = change.get("schedule", SCHEDULE)
    heard: list[EpochReport] = []
    run = Run(change.get("seed", 0), None, heard.append, tmp_path / "run")
    resumed, _ = train(schedule, run, data=change.get("data", ""))
    assert heard[0].epoch == 1
    assert digest(resumed) == digest(train(schedule, Run(change.get("seed", 0)))[0])


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [
        (".safetensors", "cut"),
        (".safetensors", "flipped"),
        (".safetensors", "gone"),
        (".json", "cut"),
        (".json", "gone"),
        (".json", "nonsense"),
    ],
)
def test_a_damaged_checkpoint_begins_anew(tmp_path, suffix, damage):
    train_interrupted(tmp_path / "run", SCHEDULE, 4)
    file = tmp_path / f"run{suffix}"
    blob = bytearray(file.read_bytes())
    if damage == "gone":
        file.unlink()
    else:
        blob[len(blob) // 2] ^= 0x10
        file.write_bytes(
            {"cut": blob[: len(blob) // 2], "flipped": blob, "nonsense": b"{}"}[damage]
        )
    heard: list[EpochReport] = []
    resumed, _ = train(run=Run(on_epoch=heard.append, checkpoint=tmp_path / "run"))
    assert heard[0].epoch == 1
    assert digest(resumed) == digest(train()[0])


@pytest.mark.parametrize("written", [1, 2, 3, 5])
def test_a_checkpoint_that_was_being_written_leaves_the_one_before(tmp_path, monkeypatch, written):
    """As if the process was killed after the tensors were written and before the manifest was."""
    from photoorg.features import storage

    class Killed(BaseException):
        pass

    keep = training.save_model
    calls: list[Path] = []

    def save(stem: Path, *rest: object) -> None:
        calls.append(stem)
        before = [stem.with_suffix(".json").read_bytes()] if len(calls) > 2 else []
        keep(stem, *rest)
        if len(calls) == written:
            stem.with_suffix(".json").unlink()
            for text in before:
                stem.with_suffix(".json").write_bytes(text)
            raise Killed

    monkeypatch.setattr(training, "_CHECKPOINT_SECONDS", -1.0)
    monkeypatch.setattr(training, "save_model", save)
    with pytest.raises(Killed):
        train(run=Run(checkpoint=tmp_path / "run"))
    assert len(set(calls[-2:])) == min(written, 2)
    with pytest.raises(storage.ModelFileProblem):
        storage.load_model(calls[-1], kind="checkpoint")
    monkeypatch.setattr(training, "save_model", keep)
    heard: list[EpochReport] = []
    resumed, _ = train(run=Run(on_epoch=heard.append, checkpoint=tmp_path / "run"))
    assert heard[0].epoch == written
    assert digest(resumed) == digest(train()[0])
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_that_lacks_a_part_begins_anew(tmp_path):
    from photoorg.features.storage import load_model, save_model

    train_interrupted(tmp_path / "run", SCHEDULE, 4)
    file = load_model(tmp_path / "run", kind="checkpoint")
    fewer = {name: each for name, each in file.tensors.items() if name != "best.map.bias"}
    save_model(tmp_path / "run", file.manifest, fewer)
    heard: list[EpochReport] = []
    resumed, _ = train(run=Run(on_epoch=heard.append, checkpoint=tmp_path / "run"))
    assert heard[0].epoch == 1
    assert digest(resumed) == digest(train()[0])


def test_it_stops_early_and_returns_to_the_best_epoch():
    parameters = trainable({"x": np.zeros(1, np.float32)})
    held_out = iter([5.0, 3.0, 4.0, 3.5, 3.2, 1.0])
    values: list[float] = []

    def validate() -> dict[str, float]:
        values.append(float(parameters["x"].detach()))
        return {"loss": next(held_out)}

    reports = optimise(
        parameters,
        lambda rows, generator: (parameters["x"] - 9).square().sum() + 0 * len(rows),
        np.arange(4),
        Schedule(epochs=50, batch=2, learning_rate=0.1, patience=3),
        Run(),
        validate=validate,
    )
    assert len(reports) == 5  # best at the second, three more without a better one
    assert float(parameters["x"].detach()) == values[1]


def test_a_little_better_is_not_better_where_that_is_asked_for():
    parameters = trainable({"x": np.zeros(1, np.float32)})
    held_out = iter([5.0, 4.5, 4.1, 1.0])
    reports = optimise(
        parameters,
        lambda rows, generator: (parameters["x"] - 9).square().sum() + 0 * len(rows),
        np.arange(4),
        Schedule(epochs=50, batch=2, learning_rate=0.1, patience=2, tolerance=1.0),
        Run(),
        validate=lambda: {"loss": next(held_out)},
    )
    assert len(reports) == 3


def falling(held_out, run: Run, *, measure=None, epochs: int = 50):
    """Train one number, told its held-out losses."""
    parameters = trainable({"x": np.zeros(1, np.float32)})
    reports = optimise(
        parameters,
        lambda rows, generator: (parameters["x"] - 9).square().sum() + 0 * len(rows),
        np.arange(4),
        Schedule(epochs=epochs, batch=2, learning_rate=0.1, patience=2),
        run,
        validate=lambda: {"loss": next(held_out)},
        measure=None if measure is None else lambda: measure(parameters),
    )
    return float(parameters["x"].detach()), reports


def test_what_is_measured_is_told_and_decides_nothing():
    losses = (5.0, 3.0, 4.0, 3.5)
    heard: list[EpochReport] = []
    ranking = iter([10.0, 20.0, 30.0, 40.0])

    def measure(parameters) -> dict[str, float]:
        assert not (parameters["x"] + 1).requires_grad
        return {"map": next(ranking)}

    watched, reports = falling(iter(losses), Run(on_epoch=heard.append), measure=measure)
    alone, _ = falling(iter(losses), Run())
    assert tuple(heard) == reports
    assert [dict(report.metrics) for report in reports] == [
        {"loss": loss, "map": 10.0 * (place + 1)} for place, loss in enumerate(losses)
    ]
    assert watched == alone


def test_nothing_is_measured_where_nobody_hears_of_it(tmp_path):
    def measure(parameters) -> dict[str, float]:
        return {"map": 1.0}

    _, reports = falling(iter((5.0, 3.0)), Run(), measure=measure, epochs=2)
    assert reports[-1].metrics.keys() == {"loss"}
    kept = Run(checkpoint=tmp_path / "run")
    _, reports = falling(iter((5.0, 3.0)), kept, measure=measure, epochs=2)
    assert reports[-1].metrics.keys() == {"loss", "map"}


def test_parts_count_on_from_each_other():
    heard: list[EpochReport] = []
    run = Run(on_epoch=heard.append)
    _, past = falling(iter((5.0, 3.0, 4.0, 4.0)), run.part("one", following=7), epochs=5)
    _, last = falling(iter((5.0, 4.0, 3.0)), run.part("two", past=past), epochs=3)
    assert [(each.epoch, each.epochs) for each in heard] == [
        *((epoch, 12) for epoch in (1, 2, 3, 4)),
        *((epoch, 7) for epoch in (5, 6, 7)),
    ]
    assert [each.part for each in heard] == [1] * 4 + [2] * 3
    assert tuple(heard) == (*past, *last)
    assert all(a.seconds <= b.seconds for a, b in itertools.pairwise(heard))


def test_a_part_that_has_ended_is_not_learned_again(tmp_path):
    run = Run(checkpoint=tmp_path / "run").part("one", following=1)
    value, past = falling(iter((5.0, 3.0, 4.0, 4.0)), run)
    again, same = falling(iter(()), run)
    assert (again, same) == (value, past)
    assert {each.stem for each in tmp_path.iterdir()} == {"run-one", "run-one~"}


def test_a_later_part_goes_on_and_knows_those_before(tmp_path):
    _, past = falling(iter((5.0, 3.0, 4.0, 4.0)), Run())
    token = CancelToken()
    stopped = Run(0, token, lambda _: token.cancel(), tmp_path / "run").part("two", past=past)
    with pytest.raises(Cancelled):
        falling(iter((5.0, 4.0, 3.0)), stopped, epochs=3)
    kept = json.loads((tmp_path / "run-two.json").read_text())["config"]["reports"]
    assert [each["epoch"] for each in kept] == [1, 2, 3, 4, 5]
    heard: list[EpochReport] = []
    resumed = Run(on_epoch=heard.append, checkpoint=tmp_path / "run").part("two", past=past)
    value, reports = falling(iter((4.0, 3.0)), resumed, epochs=3)
    assert [each.epoch for each in heard] == [6, 7]
    assert [each.epoch for each in reports] == [5, 6, 7]
    assert value == falling(iter((5.0, 4.0, 3.0)), Run(), epochs=3)[0]


def test_a_loss_that_is_no_number_is_said(tmp_path):
    explosive = replace(SCHEDULE, optimiser="sgd", learning_rate=1e6)
    with pytest.raises(UsageProblem, match="lower learning rate"):
        train(explosive, Run(checkpoint=tmp_path / "run"))
    assert list(tmp_path.iterdir()) == []


def test_a_held_out_loss_that_is_no_number_is_said():
    parameters = trainable({"x": np.zeros(1, np.float32)})
    with pytest.raises(UsageProblem, match="does not converge"):
        optimise(
            parameters,
            lambda rows, generator: parameters["x"].square().sum() + 0 * len(rows),
            np.arange(4),
            SCHEDULE,
            Run(),
            validate=lambda: {"loss": float("nan")},
        )


def test_no_rows_is_said():
    with pytest.raises(UsageProblem, match="no photos"):
        optimise({}, lambda rows, generator: torch.zeros(()), np.arange(0), SCHEDULE, Run())


@pytest.mark.parametrize(
    "settings",
    [
        {"epochs": 0},
        {"batch": 0},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"optimiser": "newton"},
        {"momentum": 1.0},
        {"decay": 0.0},
        {"decay_every": -1},
        {"patience": -1},
        {"tolerance": -0.1},
    ],
)
def test_an_impossible_schedule_is_refused(settings):
    with pytest.raises(UsageProblem):
        Schedule(**settings)


def test_a_negative_seed_is_refused():
    with pytest.raises(UsageProblem):
        Run(seed=-1)


def test_the_parts_of_a_training_keep_checkpoints_of_their_own(tmp_path):
    run = Run(3, None, None, tmp_path / "run")
    assert run.part("visual").checkpoint == tmp_path / "run-visual"
    assert run.part("visual").seed == 3
    assert Run().part("visual").checkpoint is None
    discard_checkpoint(tmp_path / "run-visual")  # nothing there is fine
