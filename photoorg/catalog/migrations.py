"""From nothing, or from an older catalog, to the tables that this version works with."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from photoorg.catalog import albums
from photoorg.catalog.connection import BUSY_TIMEOUT_MS, connect, named_error, naming_errors
from photoorg.catalog.copies import copy_database, copy_name
from photoorg.catalog.schema import TAG_TREE, VERSION_1
from photoorg.core.errors import CatalogLocked, CatalogTooNew, EnvironmentProblem
from photoorg.core.paths import CatalogPaths

if TYPE_CHECKING:
    from sqlite_utils import Database

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Migration:
    """One step from a version of the schema to the next.

    Attributes:
        name: what it does, for the log and for the name of the copy kept before it.
        apply: makes the changes. It is handed a sqlite-utils database, whose `transform` does what
            SQLite's ALTER TABLE cannot, inside a transaction that it must not end.
    """

    name: str
    apply: Callable[[Database], None]


def _create_version_1(database: Database) -> None:
    for statement in VERSION_1:
        database.execute(statement)


def _add_albums(database: Database) -> None:
    database.execute(albums.TABLE)


def _allow_kept_tags(_: Database) -> None:
    """Change no table: from here on `photo_tags.source` may be 2, for what the person stands by.

    An older photoorg would take that for the file's word or stumble over it, so it must be refused.
    """


def _grow_tag_tree(database: Database) -> None:
    for statement in TAG_TREE:
        database.execute(statement)


MIGRATIONS: Final = (
    Migration("first-tables", _create_version_1),
    Migration("smart-albums", _add_albums),
    Migration("tag-tree", _grow_tag_tree),
    Migration("kept-tags", _allow_kept_tags),
)
"""Migration i leads from `user_version` i to i + 1."""


def prepare_database(
    paths: CatalogPaths, *, read_only: bool, migrations: Sequence[Migration] = MIGRATIONS
) -> None:
    """See to it that the catalog is there and has the newest schema.

    Several processes may do this at once: one migrates, the others find it done.

    Raises:
        CatalogTooNew: it has a version that is not known here.
        EnvironmentProblem: it is not there, or too old, and may only be read.
    """
    if read_only:
        _check_readable(paths.database, len(migrations))
        return
    paths.create()
    with naming_errors(), closing(connect(paths.database)) as connection:
        # A newer catalog is refused before anything at all is written to it.
        version = _version(connection)
        _refuse_newer(version, len(migrations))
        _enable_wal(connection)
        is_new = version == 0
        while version < len(migrations):
            version = _migrate_once(connection, paths, migrations, keep_copy=not is_new)


def _check_readable(database: Path, newest: int) -> None:
    if not database.is_file():
        raise EnvironmentProblem(
            f"There is no catalog in {database.parent}.",
            "Make one with “photoorg index FOLDER”, or name another with --catalog.",
        )
    with naming_errors(), closing(connect(database)) as connection:
        version = _version(connection)
    _refuse_newer(version, newest)
    if version < newest:
        raise EnvironmentProblem(
            "The catalog was written by an older photoorg.",
            "Open it once with “photoorg doctor” to bring it up to date.",
        )


def _migrate_once(
    connection: sqlite3.Connection,
    paths: CatalogPaths,
    migrations: Sequence[Migration],
    *,
    keep_copy: bool,
) -> int:
    """Take one step, or none where another process took it; return the version reached."""
    # Imported only when tables change: it costs 0.4 s, which every start would feel.
    from sqlite_utils import Database

    # Rebuilding a table (sqlite-utils' transform) would otherwise cascade into those that refer to
    # it; the setting cannot change inside a transaction.
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        _refuse_newer(version, len(migrations))
        if version < len(migrations):
            migration = migrations[version]
            if version > 0 and keep_copy:
                # The write lock is held, so this second connection copies the last committed state.
                copy = paths.backups / copy_name(f"before-{migration.name}-from-v{version}")
                copy_database(paths.database, copy)
            logger.info("catalog: migration %d, %s", version + 1, migration.name)
            migration.apply(Database(connection, execute_plugins=False))
            _check_references(connection, migration)
            version += 1
            connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    finally:
        connection.execute("PRAGMA foreign_keys = ON")
    return version


def _check_references(connection: sqlite3.Connection, migration: Migration) -> None:
    broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    if broken is not None:
        raise RuntimeError(f"migration {migration.name} left a dangling reference: {broken}")


def _enable_wal(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging, so that readers never wait for the writer.

    The switch does not heed the busy timeout when two processes make it at once.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            is_busy = isinstance(named_error(error), CatalogLocked)
            if not is_busy or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _refuse_newer(version: int, newest: int) -> None:
    if version > newest:
        raise CatalogTooNew(
            "The catalog was written by a newer photoorg.",
            "Update photoorg, or choose another catalog with --catalog.",
        )
