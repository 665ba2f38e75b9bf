"""The one thread that writes: whole transactions, one after the other."""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from photoorg.catalog.connection import connect, current_revision, naming_errors
from photoorg.core.changes import ChangeKind, ChangeSet, Operation
from photoorg.core.errors import EnvironmentProblem
from photoorg.core.ids import PhotoId, Revision

logger = logging.getLogger(__name__)

R = TypeVar("R")


class Transaction:
    """A write in progress.

    Attributes:
        db: the connection, inside a transaction that the writer ends.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self._revision: Revision | None = None
        self.changes: list[ChangeSet] = []

    @property
    def revision(self) -> Revision:
        """The revision that this write makes; asking for it makes it."""
        if self._revision is None:
            self.db.execute("UPDATE catalog SET revision = revision + 1")
            self._revision = current_revision(self.db)
        return self._revision

    def changed(
        self,
        kinds: Iterable[ChangeKind],
        photo_ids: Iterable[PhotoId] = (),
        *,
        everything: bool = False,
        label: str = "",
        inverse: Operation | None = None,
    ) -> ChangeSet:
        """Return a change set for listeners to hear once this is committed."""
        changes = ChangeSet(
            frozenset(kinds), self.revision, frozenset(photo_ids), everything, label, inverse
        )
        self.changes.append(changes)
        return changes

    def unchanged(self) -> ChangeSet:
        """Return the change set of a write that found nothing to do."""
        return ChangeSet(frozenset(), current_revision(self.db))


_Job = tuple[Callable[[sqlite3.Connection], None], "Future[None]"]


class Writer:
    """Owns the connection that writes, and the thread that uses it."""

    def __init__(self, database: Path) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._listeners: dict[object, Callable[[ChangeSet], None]] = {}
        with naming_errors():
            self._db = connect(database)
        self._durable = True  # SQLite's own default
        # A daemon, so that a program that forgets to close still ends; what it was told is done
        # is committed all the same.
        self._thread = threading.Thread(target=self._serve, name="catalog-writer", daemon=True)
        self._thread.start()

    def subscribe(self, listener: Callable[[ChangeSet], None]) -> Callable[[], None]:
        """Tell `listener` each committed change, on the writer's thread; returns how to stop."""
        key = object()
        with self._lock:
            self._listeners[key] = listener

        def unsubscribe() -> None:
            with self._lock:
                self._listeners.pop(key, None)

        return unsubscribe

    def run(self, change: Callable[[Transaction], R], *, durable: bool) -> R:
        """Carry out a change in a transaction of its own and wait until it is committed.

        Any exception rolls all of it back.

        Args:
            change: what to do, given the transaction.
            durable: whether it survives a power cut, and not only the death of the process.

        Raises:
            EnvironmentProblem: the catalog is closed, or see `naming_errors`.
        """
        results: list[R] = []
        self._submit(lambda db: results.append(self._transact(db, change, durable=durable)))
        return results[0]

    def data_version(self) -> int:
        """Return a number that changes when another connection has committed."""
        versions: list[int] = []
        self._submit(lambda db: versions.append(db.execute("PRAGMA data_version").fetchone()[0]))
        return versions[0]

    def close(self) -> None:
        """Finish what waits, end the thread, and close the connection."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()

    def _submit(self, work: Callable[[sqlite3.Connection], None]) -> None:
        if threading.current_thread() is self._thread:
            raise RuntimeError("a listener must not write: the writer would wait for itself")
        done: Future[None] = Future()
        with self._lock:
            if self._closed:
                raise EnvironmentProblem("The catalog is closed.")
            self._jobs.put((work, done))
        done.result()

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, done = job
            try:
                with naming_errors():
                    work(self._db)
            except BaseException as error:  # noqa: BLE001 - the caller's thread raises it
                done.set_exception(error)
            else:
                done.set_result(None)
            # Nothing of the last job is kept alive while waiting for the next.
            del job, work, done
        self._db.close()

    def _transact(
        self, db: sqlite3.Connection, change: Callable[[Transaction], R], *, durable: bool
    ) -> R:
        if durable != self._durable:
            # In WAL mode NORMAL leaves it to checkpoints to sync, FULL syncs each commit.
            db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable
        transaction = Transaction(db)
        db.execute("BEGIN IMMEDIATE")
        try:
            result = change(transaction)
            db.execute("COMMIT")
        except BaseException:
            # A full disk makes SQLite roll back by itself.
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        for changes in transaction.changes:
            self._tell(changes)
        return result

    def _tell(self, changes: ChangeSet) -> None:
        with self._lock:
            listeners = list(self._listeners.values())
        for listener in listeners:
            try:
                listener(changes)
            except Exception:
                # The change is committed: another listener's bug must not make it look failed.
                logger.exception("a listener failed to take in %s", changes.kinds)
