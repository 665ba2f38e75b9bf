"""The trainer against processes that finish, refuse, fail, die and do not listen."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest
from small_models import save_adapted, small_model

from photoorg.catalog.catalog import Catalog
from photoorg.core.errors import Cancelled, EnvironmentProblem, UsageProblem, WorkerUnavailable
from photoorg.core.ids import ModelKey
from photoorg.core.modelling import EpochReport, TrainingRequest, TrainingState, TrainingStatus
from photoorg.core.paths import CatalogPaths
from photoorg.core.progress import CancelToken, Progress
from photoorg.features.visual import VisualFiles
from photoorg.jobs import training
from photoorg.jobs.leftovers import only_one
from photoorg.jobs.messages import Crash, Refusal
from photoorg.jobs.model_store import ModelStore
from photoorg.jobs.pool import WorkerBug
from photoorg.jobs.training import LOCK, LOOKING_ANEW, RunProcess, Trainer
from photoorg.jobs.training_messages import (
    PassDone,
    StageReached,
    Stopped,
    Trained,
    TrainingJob,
)
from photoorg.jobs.training_process import (
    _Material,
    _past_reports,
    _pixels,
    _side,
    _Training,
)
from photoorg.jobs.workers import visual_files
from photoorg.models.registry import save_trained

pytestmark = pytest.mark.timeout(60)

PREPARED = "prepared"
PASSES = 200


# -- what the processes do --------------------------------------------------------------------
def finish(connection: Connection, job: TrainingJob) -> None:
    connection.send(StageReached("Training"))
    for number in range(1, PASSES + 1):
        connection.send(PassDone(EpochReport(number, PASSES, 1 / number, {"loss": 2 / number})))
    shutil.copytree(job.target.parent / PREPARED, job.target, dirs_exist_ok=True)
    connection.send(Trained())


def go_on(connection: Connection, job: TrainingJob) -> None:
    earlier = tuple(EpochReport(number, 9, 1.0) for number in (1, 2, 3))
    connection.send(PassDone(EpochReport(4, 9, 0.5), earlier))
    finish(connection, job)


def wait_for_stop(connection: Connection, job: TrainingJob) -> None:
    connection.send(PassDone(EpochReport(1, 9, 1.0)))
    connection.recv()
    job.unfinished.mkdir(parents=True)
    (job.unfinished / "checkpoint.safetensors").touch()
    connection.send(Stopped())


def be_deaf(connection: Connection, job: TrainingJob) -> None:
    connection.send(PassDone(EpochReport(1, 9, 1.0)))
    time.sleep(60)


def die(connection: Connection, job: TrainingJob) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(connection: Connection, job: TrainingJob) -> None:
    connection.send(Refusal(UsageProblem("No tags.", "Tag some photos.")))


def stumble(connection: Connection, job: TrainingJob) -> None:
    connection.send(Crash("KeyError: 'x'", "Traceback: line 7"))


def no_room(connection: Connection, job: TrainingJob) -> None:
    problem = EnvironmentProblem("The model cannot be written (No space left).", "Free some space.")
    connection.send(Refusal(problem))


# -- what the tests do ------------------------------------------------------------------------
class Run:
    """A trainer whose process is a function of this module, and what it told."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.store = ModelStore(catalog.paths.models, visual_files(catalog.paths))
        self.states: list[TrainingState] = []
        self.looked: Callable[[], ModelKey] = lambda: ModelKey("none")
        self.trainers: list[Trainer] = []

    def trainer(self, process: RunProcess) -> Trainer:
        made = Trainer(
            self.catalog,
            self.store,
            lambda features, token, on_progress: self.looked(),
            self.states.append,
            process=process,
        )
        self.trainers.append(made)
        return made

    def failing(self, process: RunProcess, request: TrainingRequest, error: type) -> TrainingState:
        with pytest.raises(error):
            self.trainer(process).run(request, CancelToken())
        return self.states[-1]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    paths = CatalogPaths(tmp_path / "catalog")
    paths.create()
    with Catalog.open(paths) as catalog:
        run = Run(catalog)
        yield run
        for trainer in run.trainers:
            trainer.close()
    left = [path.name for path in (*paths.scratch.iterdir(), *paths.models.glob(".new*"))]
    assert left == [], "work folders are deleted"


@pytest.fixture
def request_(tmp_path: Path) -> TrainingRequest:
    (tmp_path / "photos").mkdir()
    return TrainingRequest("bidnn", data=tmp_path / "photos")


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def test_a_finished_model_is_kept_and_all_passes_are_told(run, request_) -> None:
    save_trained(run.store.folder / PREPARED, small_model())
    begun = time.monotonic()
    model_id = run.trainer(finish).run(request_, CancelToken())
    seconds = time.monotonic() - begun
    assert [info.model_id for info in run.store.infos()] == ["starter", model_id]
    last = run.states[-1]
    assert (last.status, last.model_id, last.problem) == (TrainingStatus.FINISHED, model_id, "")
    assert [report.epoch for report in last.reports] == list(range(1, PASSES + 1))
    assert last.request.text == "word2vec-skipgram-hs", "the kind's own is filled in"
    stages = list(dict.fromkeys(state.stage for state in run.states))
    assert stages == ["Gathering photos", "Training"]
    assert len(run.states) < 10 * seconds + 5, "at most ten times a second"


def test_passes_of_an_earlier_run_come_first(run, request_) -> None:
    save_trained(run.store.folder / PREPARED, small_model())
    run.trainer(go_on).run(request_, CancelToken())
    last = run.states[-1]
    assert [report.epoch for report in last.reports][:5] == [1, 2, 3, 4, 1]
    assert last.earlier == 3


def test_cancelling_is_heard_within_a_second_and_keeps_what_was_learned(run, request_) -> None:
    trainer = run.trainer(wait_for_stop)
    trainer.start(request_)
    wait_until(lambda: trainer.state.reports)
    begun = time.monotonic()
    trainer.cancel()
    wait_until(lambda: trainer.state.status is not TrainingStatus.RUNNING)
    assert time.monotonic() - begun < 3
    assert trainer.state.status is TrainingStatus.CANCELLED
    assert trainer.state.resumable
    assert run.states[-1] == trainer.state
    trainer.close()
    with pytest.raises(UsageProblem):
        trainer.start(request_)


def test_a_process_that_does_not_listen_is_ended(run, request_, monkeypatch) -> None:
    monkeypatch.setattr(training, "_STOP_SECONDS", 0.2)
    token = CancelToken()
    trainer = run.trainer(be_deaf)
    threading.Thread(
        target=lambda: (wait_until(lambda: trainer.state and trainer.state.reports), token.cancel())
    ).start()
    with pytest.raises(Cancelled):
        trainer.run(request_, token)
    assert trainer.state.status is TrainingStatus.CANCELLED
    assert not trainer.state.resumable


def test_closing_ends_it(run, request_) -> None:
    trainer = run.trainer(wait_for_stop)
    trainer.start(request_)
    wait_until(lambda: trainer.state.reports)
    trainer.close()
    assert trainer.state.status is TrainingStatus.CANCELLED
    assert trainer.process_id is None


@pytest.mark.skipif(os.name == "nt", reason="no signals there")
def test_a_killed_process_is_told_with_what_to_do(run, request_) -> None:
    state = run.failing(die, request_, WorkerUnavailable)
    assert state.status is TrainingStatus.FAILED
    assert "signal 9" in state.problem
    assert "goes on" in state.problem


@pytest.mark.parametrize(
    ("process", "error", "said"),
    [(refuse, UsageProblem, "Tag some photos."), (no_room, EnvironmentProblem, "Free some space.")],
)
def test_a_refusal_is_told_with_what_to_do(run, request_, process, error, said) -> None:
    state = run.failing(process, request_, error)
    assert state.status is TrainingStatus.FAILED
    assert said in state.problem
    assert not state.resumable


def test_a_bug_comes_with_its_report(run, request_) -> None:
    state = run.failing(stumble, request_, WorkerBug)
    assert state.report == "Traceback: line 7"
    assert "An error in photoorg itself" in state.problem


def test_a_bug_of_the_program_comes_with_its_report(run) -> None:
    def stumbling() -> ModelKey:
        raise ZeroDivisionError

    run.looked = stumbling
    state = run.failing(finish, TrainingRequest("bidnn"), WorkerBug)
    assert "ZeroDivisionError" in state.report


def test_an_empty_library_has_nothing_to_teach(run) -> None:
    state = run.failing(finish, TrainingRequest("bidnn"), UsageProblem)
    assert "no photos" in state.problem


FINETUNING = TrainingRequest("text-regression", finetune=True)


@pytest.mark.parametrize("stopped", [False, True])
def test_an_adapted_network_looks_at_the_library_and_a_stop_leaves_its_model(
    run, request_, stopped
) -> None:
    save_adapted(run.store.folder / PREPARED, 1)
    looked: list[str] = []

    def look(features: str, token: CancelToken, on_progress) -> ModelKey:
        looked.append(features)
        on_progress(Progress("index", "Learning what photos show", 1, 2))
        if stopped:
            raise Cancelled
        return ModelKey("none")

    trainer = Trainer(run.catalog, run.store, look, run.states.append, process=finish)
    run.trainers.append(trainer)
    model_id = trainer.run(replace(FINETUNING, data=request_.data), CancelToken())
    info = run.store.infos()[1]
    assert info.model_id == model_id
    assert looked == [info.features]
    assert trainer.state.status is TrainingStatus.FINISHED
    assert LOOKING_ANEW in {state.stage for state in run.states}


def test_one_training_at_a_time(run, request_) -> None:
    first, second = run.trainer(wait_for_stop), run.trainer(finish)
    first.start(request_)
    with pytest.raises(UsageProblem, match="is running"):
        first.start(request_)
    with pytest.raises(UsageProblem, match="Another photoorg"):
        second.start(request_)
    wait_until(lambda: first.state.reports)
    first.close()
    with only_one(run.store.folder / LOCK) as free:
        assert free


@pytest.mark.parametrize(
    "request_",
    [
        TrainingRequest("oracle"),
        TrainingRequest("bidnn", features="clairvoyance"),
        TrainingRequest("bidnn", text="runes"),
        TrainingRequest("bidnn", data=Path("/nowhere/at/all")),
        TrainingRequest("bidnn", epochs=0),
        TrainingRequest("bidnn", finetune=True),
        TrainingRequest("text-regression", features="bovw-sift", finetune=True),
    ],
)
def test_what_is_not_there_is_said_at_once(run, request_) -> None:
    trainer = run.trainer(finish)
    with pytest.raises(UsageProblem):
        trainer.start(request_)
    assert trainer.state is None


# -- inside the process -----------------------------------------------------------------------
def test_photos_are_given_as_squares_in_any_order(real_photos, tmp_path, monkeypatch) -> None:
    files = tuple(real_photos.values())[:4]
    kept = _pixels(files, 16, tmp_path)
    monkeypatch.setattr("photoorg.jobs.training_process._PIXEL_CACHE_BYTES", 0)
    read = _pixels(files, 16, tmp_path / "not used")
    rows = np.array([2, 0, 2, 3])
    first = kept(rows)
    assert first.shape == (4, 16, 16, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first[0], first[2])
    np.testing.assert_array_equal(first, kept(rows))
    np.testing.assert_array_equal(first, read(rows))
    assert len(kept(rows[:0])) == 0


def test_what_was_learned_from_other_photos_or_words_is_not_gone_on_with(tmp_path) -> None:
    request = TrainingRequest("bidnn")
    job = TrainingJob(
        request, tmp_path, tmp_path, tmp_path / "kept", VisualFiles(), tmp_path, "", "", ""
    )
    visual = np.ones((2, 3), dtype=np.float32)

    def take_up(*, visual: np.ndarray = visual, tags=(("a",), ())) -> list[str]:
        material = _Material(visual, ModelKey("v"), tags, ((), ()), ())
        _Training(job, None, CancelToken())._take_up(material)
        left = [path.name for path in job.unfinished.glob("checkpoint*")]
        (job.unfinished / "checkpoint.safetensors").touch()
        return left

    assert take_up() == []
    assert take_up() == ["checkpoint.safetensors"]
    assert take_up(tags=(("a", "b"), ())) == []
    assert take_up(tags=(("a", "b"), ()), visual=2 * visual) == []
    assert take_up(tags=(("a", "b"), ()), visual=2 * visual) == ["checkpoint.safetensors"]


def test_without_a_readable_checkpoint_there_is_no_past(tmp_path) -> None:
    assert _past_reports(tmp_path) == ()
    (tmp_path / "checkpoint.json").write_text("{")
    assert _past_reports(tmp_path) == ()
    assert _side(object()) == 64
