"""A thread that works when it has been quiet for a while."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from photoorg.core.errors import Cancelled, PhotoorgError

logger = logging.getLogger(__name__)

_NICENESS = 10


@dataclass(frozen=True, slots=True)
class Pace:
    """When work begins after something changed.

    Attributes:
        quiet: seconds for which nothing more must have changed.
        patience: seconds after which it begins in any case.
        rest: how many times as long as the last work took there is none in any case, so that it
            does not take a core while photos are being indexed for an hour.
    """

    quiet: float = 3.0
    patience: float = 20.0
    rest: float = 5.0


class QuietWorker:
    """Calls `work` a little after each change, never twice at once; once at the start too.

    Where the system knows priorities of threads (Linux), it steps back behind all that a person
    waits for, and so do the threads that it starts.

    Args:
        name: of the thread.
        work: told whether it was asked for outright. What it raises is logged, and the next change
            has it called again; `Cancelled` ends the thread.
        pace: when to begin.
    """

    def __init__(self, name: str, work: Callable[[bool], None], pace: Pace) -> None:
        self._work = work
        self._pace = pace
        self._wake = threading.Condition()
        self._closed = False
        self._hurried = False
        self._last = time.monotonic()
        self._first: float | None = self._last
        self._not_before = 0.0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def notice(self) -> None:
        """Something changed."""
        with self._wake:
            self._last = time.monotonic()
            if self._first is None:
                self._first = self._last
                self._wake.notify()

    def hurry(self) -> None:
        """Begin at once, whether anything changed or not."""
        with self._wake:
            self._hurried = True
            self._wake.notify()

    def close(self) -> None:
        """Begin nothing more, and wait for what goes on."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        while (asked := self._next()) is not None:
            started = time.monotonic()
            try:
                self._work(asked)
            except Cancelled:
                return
            except PhotoorgError as problem:
                logger.warning("%s: %s", self._thread.name, problem)
            except Exception:
                logger.exception("%s ended with a bug", self._thread.name)
            ended = time.monotonic()
            self._not_before = ended + self._pace.rest * (ended - started)

    def _next(self) -> bool | None:
        """Wait until there is something to do; return whether it was asked for, None at the end."""
        with self._wake:
            while not self._closed:
                if self._hurried:
                    self._hurried, self._first = False, None
                    return True
                if self._first is None:
                    self._wake.wait()
                    continue
                due = min(self._last + self._pace.quiet, self._first + self._pace.patience)
                wait = max(due, self._not_before) - time.monotonic()
                if wait <= 0:
                    self._first = None
                    return False
                self._wake.wait(wait)
            return None
