"""Training a model in the background: one at a time, in a process of its own."""

from __future__ import annotations

import logging
import multiprocessing
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TypeAlias

from photoorg.catalog.catalog import Catalog
from photoorg.core.errors import (
    Cancelled,
    EnvironmentProblem,
    PhotoorgError,
    UsageProblem,
    WorkerUnavailable,
)
from photoorg.core.ids import ModelKey
from photoorg.core.modelling import TrainingRequest, TrainingState, TrainingStatus
from photoorg.core.paths import user_cache_folder
from photoorg.core.progress import CancelToken, Progress
from photoorg.features.visual import VisualFiles
from photoorg.jobs.gathering import gather
from photoorg.jobs.leftovers import only_one, working_folder
from photoorg.jobs.messages import Crash, Refusal
from photoorg.jobs.model_store import ModelStore
from photoorg.jobs.pool import WorkerBug
from photoorg.jobs.training_messages import (
    PassDone,
    StageReached,
    Stopped,
    StopTraining,
    Trained,
    TrainingJob,
)
from photoorg.jobs.training_process import run_training
from photoorg.jobs.workers import visual_files

logger = logging.getLogger(__name__)

LookAtPhotos: TypeAlias = Callable[[str, CancelToken, Callable[[Progress], None]], ModelKey]
"""Computes the library's missing visual vectors of a kind; returns what makes them."""

RunProcess: TypeAlias = Callable[[Connection, TrainingJob], None]

LOCK = "training.lock"
SCRATCH = "training"
LOOKING = "Looking at photos"
LOOKING_ANEW = "Looking at photos with the adapted network"
GOES_ON = "Train with the same choices again: it goes on from what is kept."

_TELL_SECONDS = 0.1
_GLANCE_SECONDS = 0.05
_STOP_SECONDS = 10.0
"""For the process to keep its state, once it is asked to stop; then it is killed."""


class Trainer:
    """Runs trainings. Every method may be called from any thread.

    Args:
        catalog: the photos and tags to learn from.
        store: where models are kept.
        look: computes missing visual vectors.
        emit: hears of every state, at most ten times a second; called from the trainer's thread.
        process: what the process runs.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: ModelStore,
        look: LookAtPhotos,
        emit: Callable[[TrainingState], None],
        *,
        process: RunProcess = run_training,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._look = look
        self._emit = emit
        self._process = process
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._token = CancelToken()
        self._closed = False
        self._state: TrainingState | None = None
        self._untold = False
        self._told = 0.0
        self._error: PhotoorgError | None = None
        self.process_id: int | None = None

    @property
    def state(self) -> TrainingState | None:
        """The newest word on the last training, or None before the first."""
        return self._state

    def start(self, request: TrainingRequest) -> None:
        """Start a training.

        Raises:
            UsageProblem: another one runs, here or in another process, or what is asked for is
                not there.
            EnvironmentProblem: the models' folder cannot be written.
        """
        request = complete(request, visual_files(self._catalog.paths))
        with self._lock:
            if self._closed or (self._thread is not None and self._thread.is_alive()):
                raise UsageProblem("A training is running.", "Cancel it, or wait for its end.")
            with ExitStack() as stack:
                if not stack.enter_context(only_one(self._store.folder / LOCK)):
                    raise UsageProblem(
                        "Another photoorg trains a model of this library.", "Wait for its end."
                    )
                self._token = token = CancelToken()
                self._error = None
                self._set(TrainingState(request, TrainingStatus.RUNNING, "Gathering photos"))
                held = stack.pop_all()
            self._thread = threading.Thread(
                target=self._work, args=(request, token, held), name="trainer", daemon=True
            )
            self._thread.start()

    def cancel(self) -> None:
        """Ask the training to stop; what it learned is kept."""
        self._token.cancel()

    def run(self, request: TrainingRequest, token: CancelToken) -> str:
        """Train in the background, but wait for the end; return the id of the finished model.

        Raises:
            UsageProblem: as `start`, or the photos do not allow it.
            Cancelled: through the token; what was learned is kept.
            PhotoorgError: whatever else kept the training from its end.
        """
        self.start(request)
        thread = self._thread
        while thread is not None and thread.is_alive():
            thread.join(_TELL_SECONDS)
            if token.cancelled:
                self.cancel()
        if self._error is not None:
            raise self._error
        return self._require_state().model_id

    def close(self) -> None:
        """Stop for good; the same request goes on another time."""
        with self._lock:
            self._closed = True
            self._token.cancel()
            thread = self._thread
        if thread is not None:
            thread.join()

    # -- the run ----------------------------------------------------------------------------
    def _work(self, request: TrainingRequest, token: CancelToken, held: ExitStack) -> None:
        with held:
            try:
                model_id = self._train(request, token)
            except PhotoorgError as problem:
                self._fail(problem)
            except Exception as error:
                logger.exception("the training ended with a bug")
                report = "".join(traceback.format_exception(error))
                said = f"An error in photoorg itself: {type(error).__name__}: {error}"
                self._fail(WorkerBug(said, report=report))
            else:
                self._end(TrainingStatus.FINISHED, model_id=model_id)

    def _train(self, request: TrainingRequest, token: CancelToken) -> str:
        """Return the id of the finished model."""
        with (
            working_folder(self._catalog.paths.scratch, SCRATCH) as work,
            self._store.new_folder() as target,
        ):
            visual_key = "" if request.data else self._gather(request, work, token)
            job = TrainingJob(
                request,
                work,
                target,
                self._store.unfinished(request),
                visual_files(self._catalog.paths),
                user_cache_folder() / "training",
                visual_key,
                "My library" if request.data is None else request.data.name,
                datetime.now().astimezone().isoformat(timespec="seconds"),
            )
            self._run_process(job, token)
            info = self._store.keep(target)
            self._store.discard_unfinished(request)
        if request.finetune:
            self._look_anew(info.features, token)
        return info.model_id

    def _look_anew(self, features: str, token: CancelToken) -> None:
        """Have an adapted network look at the library's photos: its model finds no others.

        A stop leaves the finished model as it is; it is told how many photos it lacks, and
        indexing goes on.
        """
        try:
            self._look_at(features, token, LOOKING_ANEW)
        except Cancelled:
            logger.info("stopped while %s looked at photos; its model is finished", features)

    def _gather(self, request: TrainingRequest, work: Path, token: CancelToken) -> ModelKey:
        """Write the library's photos to the work folder; return what made their vectors."""
        key = self._look_at(request.features, token, LOOKING)
        self._stage("Gathering photos and tags")
        pictures = request.finetune or _reads_photos(request.kind)
        if not gather(self._catalog, key, work, token, pictures=pictures):
            raise UsageProblem("There are no photos to learn from.", "Add a folder of photos.")
        return key

    def _look_at(self, features: str, token: CancelToken, stage: str) -> ModelKey:
        """Compute the library's missing vectors of a kind; return what makes them."""
        return self._look(
            features,
            token,
            lambda progress: self._stage(stage, progress.done, progress.total),
        )

    def _run_process(self, job: TrainingJob, token: CancelToken) -> None:
        """Have the process do the job.

        Raises:
            Cancelled: through the token; what was learned is kept.
            PhotoorgError: the training's own refusal, or a `WorkerBug`.
            WorkerUnavailable: the process died.
        """
        token.check()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=self._process, args=(theirs, job), name="trainer", daemon=True
        )
        with ours:
            process.start()
            self.process_id = process.pid
            theirs.close()
            try:
                self._follow(ours, process, token)
            finally:
                self.process_id = None
                ours.close()
                _end_process(process)

    def _follow(self, connection: Connection, process: SpawnProcess, token: CancelToken) -> None:
        """Pass on what the process tells until it ends."""
        deadline: float | None = None
        while True:
            if token.cancelled and deadline is None:
                deadline = time.monotonic() + _STOP_SECONDS
                _ask_to_stop(connection)
            if deadline is not None and time.monotonic() > deadline:
                logger.warning("the training did not stop in time and is killed")
                raise Cancelled
            self._tell_if_due()
            try:
                if not connection.poll(_GLANCE_SECONDS):
                    continue
                message = connection.recv()
            except (EOFError, OSError) as error:
                if token.cancelled:
                    raise Cancelled from error
                process.join(_STOP_SECONDS)
                raise WorkerUnavailable(
                    f"The process that trains the model ended unexpectedly"
                    f" ({_exit_reason(process.exitcode)}).",
                    GOES_ON,
                ) from error
            if self._hear(message):
                return

    def _hear(self, message: object) -> bool:
        """Take in a message; return whether the model is ready."""
        match message:
            case StageReached(stage, done, total):
                self._stage(stage, done, total)
            case PassDone(report, earlier):
                state = self._require_state()
                reports = (*earlier, *state.reports, report)
                count = state.earlier + len(earlier)
                self._set(replace(state, reports=reports, earlier=count), urgent=False)
            case Trained():
                return True
            case Stopped():
                raise Cancelled
            case Refusal(error):
                raise error
            case Crash(summary, report):
                logger.error("A bug in the training process:\n%s", report)
                raise WorkerBug(f"An error in photoorg itself: {summary}", report=report)
        return False

    # -- telling ----------------------------------------------------------------------------
    def _stage(self, stage: str, done: int = 0, total: int = 0) -> None:
        state = self._require_state()
        urgent = stage != state.stage
        self._set(replace(state, stage=stage, done=done, total=total), urgent=urgent)

    def _fail(self, error: PhotoorgError) -> None:
        self._error = error
        if isinstance(error, Cancelled):
            self._end(TrainingStatus.CANCELLED)
            return
        logger.info("the training ended early: %s", error)
        report = error.report if isinstance(error, WorkerBug) else ""
        self._end(TrainingStatus.FAILED, problem=str(error), report=report)

    def _end(
        self, status: TrainingStatus, *, model_id: str = "", problem: str = "", report: str = ""
    ) -> None:
        state = self._require_state()
        kept = status is not TrainingStatus.FINISHED and any(
            self._store.unfinished(state.request).glob("*.safetensors")
        )
        self._set(
            replace(
                state,
                status=status,
                model_id=model_id,
                problem=problem,
                resumable=kept,
                report=report,
            )
        )

    def _set(self, state: TrainingState, *, urgent: bool = True) -> None:
        self._state = state
        if urgent:
            self._told = 0.0
        self._tell_if_due(new=True)

    def _tell_if_due(self, *, new: bool = False) -> None:
        """Emit the newest state, unless it was emitted, or another one a moment ago."""
        self._untold = new or self._untold
        now = time.monotonic()
        if self._untold and now - self._told >= _TELL_SECONDS:
            self._untold, self._told = False, now
            self._emit(self._require_state())

    def _require_state(self) -> TrainingState:
        if self._state is None:
            raise AssertionError("a training begins with a state")
        return self._state


def complete(request: TrainingRequest, files: VisualFiles) -> TrainingRequest:
    """Fill in what the request leaves to the kind, having looked at all of it.

    Raises:
        UsageProblem: there is no such kind, vector or folder.
    """
    from photoorg.features.registry import DEFAULT_VISUAL, PACKAGED_VISUAL, visual_spec
    from photoorg.features.words.registry import text_kind
    from photoorg.models.registry import model_kind

    kind = model_kind(request.kind)
    text = text_kind(request.text or kind.default_text)
    with suppress(EnvironmentProblem):  # what is missing is told where it is needed
        visual_spec(request.features, files)
    if request.finetune and not kind.finetunes:
        raise UsageProblem(
            f"A model of the kind {kind.key} is trained on stored features only.",
            "Leave “--finetune” away.",
        )
    if request.finetune and request.features not in {DEFAULT_VISUAL, PACKAGED_VISUAL}:
        raise UsageProblem(
            f"Fine-tuning adapts {DEFAULT_VISUAL} or {PACKAGED_VISUAL}, not {request.features}.",
            f"Choose the visual features {DEFAULT_VISUAL}, or train without fine-tuning.",
        )
    if request.epochs is not None and request.epochs < 1:
        raise UsageProblem("A training has at least one pass over the photos.")
    data = request.data
    if data is not None:
        data = data.expanduser().absolute()
        if not data.is_dir():
            raise UsageProblem(f"There is no folder {data}.")
    return replace(request, text=text.key, data=data)


def _reads_photos(kind: str) -> bool:
    from photoorg.models.registry import model_kind

    return model_kind(kind).reads_photos


def _ask_to_stop(connection: Connection) -> None:
    try:
        connection.send(StopTraining())
    except OSError:
        logger.info("the training process had ended before it could be asked to stop")


def _end_process(process: SpawnProcess) -> None:
    """Let a process end that was told to, or that has said its last word; kill it otherwise."""
    process.join(2.0)
    if process.is_alive():
        process.kill()
        process.join()
    process.close()


def _exit_reason(code: int | None) -> str:
    if code is not None and code < 0:
        return f"it was killed by signal {-code}, as happens when memory runs out"
    return f"code {code}"
