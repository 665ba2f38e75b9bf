"""The supervisor: keeps worker processes at work, replaces those that die, bounds every wait."""

from __future__ import annotations

import contextlib
import itertools
import logging
import multiprocessing
import queue
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import IntEnum
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from photoorg.core.errors import Cancelled, PhotoorgError, WorkerUnavailable
from photoorg.jobs.messages import Crash, Ready, Refusal, Success
from photoorg.jobs.worker import WorkerSpec, serve

logger = logging.getLogger(__name__)


class Lane(IntEnum):
    """A person's request overtakes bulk work."""

    INTERACTIVE = 0
    BULK = 1


class WorkerBug(PhotoorgError):
    """Our own code failed inside a worker; `report` is the traceback."""

    def __init__(self, message: str, remedy: str = "", report: str = "") -> None:
        super().__init__(message, remedy)
        self.report = report


class RequestKilledWorker(PhotoorgError):
    """A request ended its process, or kept it busy beyond all patience, each time it was tried."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How patient a pool is.

    Attributes:
        start_seconds: for a process to report ready (the very first start may export a network).
        start_tries: how often a process may fail to start before its requests are refused.
        request_seconds: for one request; after that the process is taken for hung and killed.
        request_tries: how often a request may end its process before it is given up.
        idle_seconds: after so long without work the process ends, to give its memory back; the
            next request starts a new one.
    """

    start_seconds: float = 300.0
    start_tries: int = 3
    request_seconds: float = 60.0
    request_tries: int = 2
    idle_seconds: float = 60.0


class WorkerPool:
    """A fixed number of worker processes behind one queue with two lanes.

    Each process is looked after by one thread, which hands it a request, waits for the answer for
    a bounded time, and replaces the process when it dies. A request that ends its process is
    tried once more and then fails alone: one bad photo does not end the run.
    """

    def __init__(self, spec: WorkerSpec, count: int, limits: PoolLimits | None = None) -> None:
        self.count = count
        self._queue: queue.PriorityQueue[_Task] = queue.PriorityQueue()
        self._order = itertools.count()
        self._closing = threading.Event()
        self._workers = [
            _Worker(f"{spec.name}-{number}", spec, limits or PoolLimits(), self._closing)
            for number in range(count)
        ]
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def start(self) -> Future[Any]:
        """Start the processes now instead of at the first request.

        Returns:
            A future that ends when one of them is ready, or with a `WorkerUnavailable`.
        """
        futures = [self._submit(_WARM_UP, Lane.BULK) for _ in self._workers]
        return futures[0]

    def submit(self, request: object, lane: Lane = Lane.BULK) -> Future[Any]:
        """Queue a request; the future gets the handler's value or a `PhotoorgError`.

        Callbacks on the future run on the pool's threads and must be short.
        """
        return self._submit(request, lane)

    def process_ids(self) -> tuple[int, ...]:
        """Return the ids of the processes that run now."""
        return tuple(pid for worker in self._workers if (pid := worker.process_id) is not None)

    @property
    def description(self) -> str:
        """What the workers run on, or "" as long as none has started."""
        return next((worker.description for worker in self._workers if worker.description), "")

    def close(self) -> None:
        """Refuse what is queued, end the processes, and wait for them."""
        with self._lock:
            self._closing.set()
            threads = list(self._threads)
        for _ in threads:
            self._queue.put(_Task(_LAST, next(self._order), _STOP, Future()))
        for thread in threads:
            thread.join()
        with contextlib.suppress(queue.Empty):
            while True:
                _fail(self._queue.get_nowait().future, Cancelled())

    def _submit(self, request: object, lane: Lane) -> Future[Any]:
        future: Future[Any] = Future()
        with self._lock:
            if self._closing.is_set():
                _fail(future, Cancelled())
                return future
            self._queue.put(_Task(lane, next(self._order), request, future))
            if not self._threads:
                for worker in self._workers:
                    thread = threading.Thread(
                        target=self._tend, args=(worker,), name=worker.name, daemon=True
                    )
                    self._threads.append(thread)
                    thread.start()
        return future

    def _tend(self, worker: _Worker) -> None:
        """Feed one worker until the pool closes; runs on a thread of its own."""
        while not self._closing.is_set():
            try:
                task = self._queue.get(timeout=worker.idle_seconds_left)
            except queue.Empty:
                worker.stop()
                continue
            if task.request is _STOP:
                break
            if task.deaths == 0 and not task.future.set_running_or_notify_cancel():
                continue
            try:
                task.future.set_result(worker.ask(task.request))
            except _ProcessLostError as loss:
                self._blame(task, worker, loss)
            except PhotoorgError as error:
                task.future.set_exception(error)
        worker.stop()

    def _blame(self, task: _Task, worker: _Worker, loss: _ProcessLostError) -> None:
        """Try the request that ended a process again, or give it up."""
        task.deaths += 1
        logger.warning("%s was lost (%s) while it worked on %s", worker.name, loss, task.request)
        if task.deaths < worker.limits.request_tries:
            self._queue.put(task)
        else:
            task.future.set_exception(RequestKilledWorker(str(loss)))


_WARM_UP = object()
_STOP = object()
_LAST = -1  # sorts before every lane: a closing pool does not work through its queue


@dataclass(order=True, slots=True)
class _Task:
    """A request in the queue, ordered by lane and then by arrival."""

    lane: int
    order: int
    request: object = field(compare=False)
    future: Future[Any] = field(compare=False)
    deaths: int = field(default=0, compare=False)


class _ProcessLostError(Exception):
    """The process died, or had to be killed, while a request was on its way."""


class _TooSlowError(Exception):
    """No message within the time allowed."""


class _Worker:
    """One process, used by one thread."""

    _GLANCE_SECONDS = 0.1
    _FOREVER = 3600.0

    def __init__(
        self, name: str, spec: WorkerSpec, limits: PoolLimits, closing: threading.Event
    ) -> None:
        self.name = name
        self.limits = limits
        self.description = ""
        self.process_id: int | None = None
        self._spec = spec
        self._closing = closing
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None

    @property
    def idle_seconds_left(self) -> float:
        """How long to wait for work before the process should end."""
        return self.limits.idle_seconds if self._process is not None else self._FOREVER

    def ask(self, request: object) -> object:
        """Have the process meet one request.

        Raises:
            _ProcessLostError: the process is gone; a new one starts with the next request.
            WorkerUnavailable: no process can be started.
            PhotoorgError: the handler's own refusal, or a `WorkerBug`.
        """
        connection = self._connection or self._start()
        if request is _WARM_UP:
            return None
        try:
            connection.send(request)
            reply = self._receive(connection, self.limits.request_seconds)
        except (EOFError, OSError) as error:
            code = self._exit_code()
            self.stop()
            raise _ProcessLostError(f"it ended with code {code}") from error
        except _TooSlowError as error:
            self.stop(patience=0)
            raise _ProcessLostError(f"no answer within {error} s") from error
        match reply:
            case Success(value):
                return value
            case Refusal(refusal):
                raise refusal
            case Crash(summary, report):
                logger.error("A bug in %s:\n%s", self.name, report)
                raise WorkerBug(f"An error in photoorg itself: {summary}", report=report)
        raise WorkerBug(f"{self.name} sent {type(reply).__name__}, which is no answer.")

    def stop(self, *, patience: float = 2.0) -> None:
        """End the process: it leaves by itself when its pipe closes, or is killed if it does not.

        Args:
            patience: seconds for what it is doing now.
        """
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.join(patience)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
            self._process.close()
            self._process = self.process_id = None

    def _start(self) -> Connection:
        """Start a process and wait until it is ready."""
        context = multiprocessing.get_context("spawn")
        reason = ""
        for _ in range(self.limits.start_tries):
            ours, theirs = context.Pipe()
            self._connection = ours
            self._process = context.Process(
                target=serve, args=(theirs, self._spec), name=self.name, daemon=True
            )
            self._process.start()
            self.process_id = self._process.pid
            theirs.close()
            try:
                reply = self._receive(ours, self.limits.start_seconds)
            except (EOFError, OSError):
                reason = f"it ended with code {self._exit_code()}"
            except _TooSlowError as error:
                reason = f"it was not ready within {error} s"
            else:
                if isinstance(reply, Ready):
                    self.description = reply.description
                    return ours
                self.stop()
                if isinstance(reply, Refusal):
                    raise reply.error
                reason = reply.summary if isinstance(reply, Crash) else "it gave no sign"
            self.stop()
            logger.warning("%s did not start: %s", self.name, reason)
        raise WorkerUnavailable(
            f"A background process ({self._spec.name}) does not start: {reason}.",
            "Run “photoorg doctor” to see what is missing.",
        )

    def _receive(self, connection: Connection, seconds: float) -> object:
        """Wait for a message, but neither for ever nor beyond the pool's end."""
        deadline = time.monotonic() + seconds
        while not connection.poll(self._GLANCE_SECONDS):
            if self._closing.is_set():
                raise Cancelled
            if time.monotonic() > deadline:
                raise _TooSlowError(f"{seconds:g}")
        return connection.recv()

    def _exit_code(self) -> int | None:
        if self._process is None:
            return None
        self._process.join(1.0)
        return self._process.exitcode


def _fail(future: Future[Any], error: PhotoorgError) -> None:
    if future.running() or future.set_running_or_notify_cancel():
        future.set_exception(error)
