"""Work off the GUI thread, with one way back and one path for errors.

Whatever `TaskRunner.run` is given runs on a pool of threads; its result or its error always comes
back on the GUI thread, and an error that the caller does not take ends in `TaskRunner.failed`,
where the window shows it. No caller can forget it.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot
from shiboken6 import isValid

from photoorg.core.errors import Cancelled

T = TypeVar("T")
OnError = Callable[[Exception], object]


@dataclass(frozen=True, slots=True)
class _Task:
    """What to do with an answer, and whether it is still wanted."""

    on_done: Callable[[Any], object] | None
    on_error: OnError | None
    owner: QObject | None
    key: Hashable | None
    number: int

    def receiver_lives(self) -> bool:
        """Return whether everybody who would hear the answer is still there."""
        receivers = [self.owner]
        for callback in (self.on_done, self.on_error):
            receiver = getattr(callback, "__self__", None)
            receivers.append(receiver if isinstance(receiver, QObject) else None)
        return all(receiver is None or isValid(receiver) for receiver in receivers)


class TaskRunner(QObject):
    """Runs functions on threads and brings their answers to the GUI thread.

    Signals:
        failed(Exception): an error that its caller does not handle.
    """

    failed = Signal(object)
    _finished = Signal(object, object)

    def __init__(self, threads: int = 4, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="photoorg-task")
        self._numbers = itertools.count(1)
        self._newest: dict[Hashable, int] = {}
        self._lock = threading.Lock()
        self._running: set[Future[Any]] = set()
        self._closed = False
        self._finished.connect(self._on_finished, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        function: Callable[[], T],
        on_done: Callable[[T], object] | None = None,
        on_error: OnError | None = None,
        *,
        key: Hashable | None = None,
        owner: QObject | None = None,
    ) -> None:
        """Run `function` on a thread, then one of the callbacks on the GUI thread.

        Args:
            function: takes no arguments and touches no widget, pixmap or other GUI object.
            on_done: gets what `function` returned.
            on_error: gets what it raised; without it `failed` is emitted.
            key: of tasks with one key only the newest is answered; an older one that has not
                begun is not run at all. Errors of stale tasks are dropped too.
            owner: nobody is called once this object is destroyed. The objects whose bound
                methods are given as callbacks are watched in any case.

        Call it on the GUI thread. After `shutdown` nothing is run.
        """
        if self._closed:
            return
        number = next(self._numbers)
        if key is not None:
            self._newest[key] = number
        task = _Task(on_done, on_error, owner, key, number)

        def work() -> T | None:
            return None if self._is_stale(task) else function()

        future: Future[T | None] = self._pool.submit(work)
        with self._lock:
            self._running.add(future)
        future.add_done_callback(lambda done: self._report(task, done))

    def drop(self, key: Hashable) -> None:
        """Let nobody hear of the tasks with this key that are under way."""
        self._newest.pop(key, None)

    @property
    def busy(self) -> int:
        """How many tasks are waiting, running, or not answered yet on the GUI thread."""
        with self._lock:
            return len(self._running)

    def shutdown(self) -> None:
        """Take no more work, drop what has not begun, wait for the rest, and call nobody."""
        self._closed = True
        self._newest.clear()
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            self._running.clear()

    def _is_stale(self, task: _Task) -> bool:
        if self._closed:
            return True
        return task.key is not None and self._newest.get(task.key) != task.number

    def _report(self, task: _Task, future: Future[Any]) -> None:
        """Hand an answer over; called on the thread of the pool."""
        if not future.cancelled() and not self._closed and isValid(self):
            self._finished.emit(task, future)
        else:
            self._forget(future)

    def _forget(self, future: Future[Any]) -> None:
        with self._lock:
            self._running.discard(future)

    @Slot(object, object)
    def _on_finished(self, task: _Task, future: Future[Any]) -> None:
        try:
            self._answer(task, future)
        finally:
            # Only now: who sees that nothing is busy may count on every answer, and on what
            # answers set going.
            self._forget(future)

    def _answer(self, task: _Task, future: Future[Any]) -> None:
        if self._is_stale(task):
            return
        if task.key is not None:
            del self._newest[task.key]
        if not task.receiver_lives():
            return
        error = future.exception()
        if error is None:
            if task.on_done is not None:
                task.on_done(future.result())
        elif isinstance(error, Cancelled):
            return
        elif not isinstance(error, Exception):
            raise error
        elif task.on_error is not None:
            task.on_error(error)
        else:
            self.failed.emit(error)
