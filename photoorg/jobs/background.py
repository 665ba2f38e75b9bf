"""The window's background work: one indexing run at a time, on a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from photoorg.core.errors import Cancelled, PhotoorgError
from photoorg.core.progress import CancelToken, Progress
from photoorg.core.records import IndexReport

logger = logging.getLogger(__name__)

RunIndex = Callable[[Sequence[Path], CancelToken, Callable[[Progress], None]], IndexReport]


class BackgroundIndexer:
    """Runs indexing when asked to; folders asked for meanwhile make the next run.

    Reports go to `emit` from the indexer's thread. A run that fails for a reason that a person can
    mend ends with a last report that carries the reason as its label.
    """

    def __init__(self, run: RunIndex, emit: Callable[[Progress], None]) -> None:
        self._run = run
        self._emit = emit
        self._wanted: list[Path] = []
        self._wake = threading.Condition()
        self._token = CancelToken()
        self._closing = False
        self._thread: threading.Thread | None = None
        self.newest: Progress | None = None

    def request(self, folders: Sequence[Path]) -> None:
        """Index folders, now or after the run that goes on."""
        with self._wake:
            self._wanted.extend(folder for folder in folders if folder not in self._wanted)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="indexer", daemon=True)
                self._thread.start()
            self._wake.notify()

    def pause(self) -> None:
        """Pause; the report of it is sent at once, since the run itself now says nothing."""
        self._token.pause()
        self._tell_paused(paused=True)

    def resume(self) -> None:
        self._token.resume()
        self._tell_paused(paused=False)

    def cancel(self) -> None:
        """Stop the run and forget what was asked for meanwhile."""
        with self._wake:
            self._wanted.clear()
            self._token.cancel()

    def close(self) -> None:
        """Stop for good and wait for the thread."""
        with self._wake:
            self._closing = True
            self._wanted.clear()
            self._token.cancel()
            self._wake.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._wanted or self._closing)
                if self._closing:
                    return
                folders, self._wanted = self._wanted, []
                token = self._token = CancelToken()
            self._run_once(folders, token)

    def _run_once(self, folders: Sequence[Path], token: CancelToken) -> None:
        try:
            report = self._run(folders, token, self._hear)
        except Cancelled:
            logger.info("indexing was stopped; the next run goes on with it")
        except PhotoorgError as problem:
            logger.warning("indexing ended early: %s", problem)
            self._hear(Progress("index", str(problem), finished=True, problem=True))
        except Exception:
            logger.exception("indexing ended with a bug")
            message = "Indexing stopped because of an error in photoorg itself; the log says more."
            self._hear(Progress("index", message, finished=True, problem=True))
        else:
            logger.info("indexed: %s", report)

    def _hear(self, progress: Progress) -> None:
        self.newest = None if progress.finished else progress
        self._emit(progress)

    def _tell_paused(self, *, paused: bool) -> None:
        newest = self.newest
        if newest is not None:
            self._hear(
                Progress(
                    newest.task,
                    newest.label,
                    newest.done,
                    newest.total,
                    newest.failed,
                    paused=paused,
                )
            )
