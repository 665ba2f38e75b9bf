"""SQLite connections: how they are set up, pooled for reading, and how their errors are named."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from photoorg.core.errors import (
    CatalogDamaged,
    CatalogLocked,
    EnvironmentProblem,
    PhotoorgError,
)
from photoorg.core.ids import Revision

# Ids come out of arrays; unadapted, SQLite takes a NumPy integer for a blob that equals no number.
sqlite3.register_adapter(np.int64, int)

R = TypeVar("R")

BUSY_TIMEOUT_MS = 10_000
"""How long SQLite waits for another process's transaction; ours last a second at most."""

PAGE_SIZE = 8192
"""Bytes; holds three 1280-wide float16 vectors, where the usual 4096 would hold one."""

_ENVIRONMENT = {
    sqlite3.SQLITE_FULL: ("The disk is full.", "Make room and try again; nothing was lost."),
    sqlite3.SQLITE_IOERR: (
        "The catalog cannot be read or written: the disk reports an error.",
        "See that its drive is connected and healthy, then try again.",
    ),
    sqlite3.SQLITE_READONLY: (
        "The catalog cannot be written.",
        "Mend the permissions of its folder, or choose another one with --catalog.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "The catalog cannot be opened.",
        "See that its folder is there and may be written, or choose another with --catalog.",
    ),
    sqlite3.SQLITE_PERM: (
        "The catalog may not be opened.",
        "Mend the permissions of its folder, or choose another one with --catalog.",
    ),
}


def named_error(error: sqlite3.Error) -> PhotoorgError | None:
    """Return what an error of SQLite means to a person, or None where it is a bug of ours."""
    # Only errors that SQLite itself raised carry a code; extended codes keep theirs in byte 0.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return CatalogLocked(
            "Another program is writing to the catalog.", "Wait for it to finish, or close it."
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return CatalogDamaged(
            "The catalog's file is damaged.",
            "Run “photoorg doctor --repair”, or put back a copy from its backups folder.",
        )
    if code in _ENVIRONMENT:
        return EnvironmentProblem(*_ENVIRONMENT[code])
    return None


@contextmanager
def naming_errors() -> Iterator[None]:
    """Raise SQLite's errors as ours where they come from the environment.

    Raises:
        CatalogLocked: another connection holds the write lock for too long.
        CatalogDamaged: the file is malformed or no database.
        EnvironmentProblem: disk full, drive gone, no permission.
    """
    try:
        yield
    except sqlite3.Error as error:
        named = named_error(error)
        if named is None:
            raise
        raise named from error


def connect(database: Path) -> sqlite3.Connection:
    """Open a connection in autocommit mode; the caller begins and ends transactions.

    It may wander between threads, one at a time.
    """
    connection = sqlite3.connect(
        database, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        for pragma in (
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            f"page_size = {PAGE_SIZE}",
            "cache_size = -4000",
            "temp_store = MEMORY",
            "foreign_keys = ON",
            # On macOS a plain fsync leaves data in the drive's own cache.
            "fullfsync = ON",
            # Pages that a hostile or broken file makes up are noticed instead of trusted.
            "cell_size_check = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def current_revision(connection: sqlite3.Connection) -> Revision:
    """Return the counter that each mutation raises by one."""
    return Revision(connection.execute("SELECT revision FROM catalog").fetchone()[0])


class Remembered(Generic[R]):
    """A read whose answer is kept until something changes in the catalog, whoever changes it.

    Args:
        query: the read; its answer is handed out many times, so it must be immutable.
    """

    def __init__(self, query: Callable[[sqlite3.Connection], R]) -> None:
        self._query = query
        self._kept: tuple[Revision, R] | None = None

    def __call__(self, connection: sqlite3.Connection) -> R:
        """Answer for the state that a connection, within a transaction, sees."""
        revision = current_revision(connection)
        kept = self._kept
        if kept is None or kept[0] != revision:
            self._kept = kept = revision, self._query(connection)
        return kept[1]


class ReaderPool:
    """Connections that can only read, handed to one thread at a time.

    There are never more than threads that read at once, and none is tied to a thread: those of
    task runners come and go.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._watch: sqlite3.Connection | None = None
        self._closed = False

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection inside a read transaction: all statements see one state.

        Raises:
            EnvironmentProblem: the pool is closed, or see `naming_errors`.
        """
        with naming_errors():
            connection = self._take()
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._give_back(connection)

    def data_version(self) -> int:
        """Return SQLite's `data_version` of one connection that is kept for it.

        A catalog that never writes sees every commit as foreign, so any one connection will do,
        but it has to be the same each time.
        """
        with self._lock, naming_errors():
            if self._watch is None:
                self._watch = self._connect()
            version: int = self._watch.execute("PRAGMA data_version").fetchone()[0]
            return version

    def close(self) -> None:
        """Close all connections; those in use are closed when they come back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            if self._watch is not None:
                idle.append(self._watch)
                self._watch = None
        for connection in idle:
            connection.close()

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise EnvironmentProblem("The catalog is closed.")
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self._database)
        connection.execute("PRAGMA query_only = ON")
        return connection
