"""Finding and mending what can be wrong with a catalog."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from photoorg.catalog import faces
from photoorg.catalog.connection import connect, named_error, naming_errors
from photoorg.catalog.copies import copy_database, copy_name
from photoorg.catalog.records import Finding
from photoorg.catalog.schema import WORD_TABLES
from photoorg.catalog.writer import Transaction
from photoorg.core.changes import ChangeKind
from photoorg.core.errors import CatalogDamaged
from photoorg.core.paths import CatalogPaths

_ORPHANS = """
    FROM photos WHERE content_hash IS NULL AND rating IS NULL
      AND NOT EXISTS (SELECT 1 FROM files WHERE photo_id = photos.id)
      AND NOT EXISTS (SELECT 1 FROM photo_tags WHERE photo_id = photos.id AND source >= 1)
"""


def check(database: Path) -> list[Finding]:
    """Return everything that is wrong; an empty list is good news.

    On a connection of its own, as SQLite counts checking a word index as writing, though nothing
    is. Not in one transaction: others may write meanwhile, and each check is a statement that sees
    one state.
    """
    with naming_errors(), closing(connect(database)) as db:
        return list(_check(db))


def repair(tx: Transaction) -> list[Finding]:
    """Mend what can be mended, and return what was found.

    Raises:
        CatalogDamaged: the file itself is malformed.
    """
    # Imported only here: it costs 0.4 s, which every start would feel.
    from sqlite_utils import Database

    findings = list(_check(tx.db))
    damage = [finding for finding in findings if not finding.repairable]
    if damage:
        raise CatalogDamaged(
            damage[0].message, "Put back a copy from the catalog's backups folder."
        )
    codes = {finding.code for finding in findings}
    if "words" in codes:
        database = Database(tx.db, execute_plugins=False)
        for table in WORD_TABLES:
            database.table(table).rebuild_fts()
    if "orphans" in codes:
        tx.db.execute(f"DELETE {_ORPHANS}")
    if "faces" in codes:
        faces.refresh(tx, faces.wrong_faces(tx.db))
    if findings:
        kinds = [ChangeKind.PHOTOS_CHANGED, ChangeKind.FOLDERS, ChangeKind.TAGS]
        tx.changed(kinds, everything=True, label="Repair the catalog")
    return findings


def keep_copy(paths: CatalogPaths, reason: str) -> None:
    """Keep a copy among the catalog's own backups."""
    paths.create()
    copy_database(paths.database, paths.backups / copy_name(reason))


def backup(database: Path, path: Path) -> None:
    """Write a copy where the person wants it; see `Catalog.backup`."""
    copy_database(database, path)


def _check(db: sqlite3.Connection) -> Iterator[Finding]:
    for (line,) in db.execute("PRAGMA integrity_check(10)"):
        if line != "ok":
            yield Finding("file", f"The catalog's file is damaged: {line}.", repairable=False)
    for table, rowid, parent, _ in db.execute("PRAGMA foreign_key_check"):
        message = f"Row {rowid} of {table} refers to a row of {parent} that is not there."
        yield Finding("references", message, repairable=False)
    for table in WORD_TABLES:
        if not _words_agree(db, table):
            yield Finding("words", f"The word index {table} is out of step.", repairable=True)
    wrong = len(faces.wrong_faces(db))
    if wrong:
        yield Finding("faces", f"{wrong} photos are out of step with their files.", repairable=True)
    (orphans,) = db.execute(f"SELECT COUNT(*) {_ORPHANS}").fetchone()
    if orphans:
        message = f"{orphans} photos have neither a file nor anything said of them."
        yield Finding("orphans", message, repairable=True)


def _words_agree(db: sqlite3.Connection, table: str) -> bool:
    """Return whether a word index holds exactly the words of the rows that it stands for."""
    try:
        # rank 1: compare with the content table, not only the index with itself.
        db.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")  # noqa: S608
    except sqlite3.DatabaseError as error:
        if isinstance(named_error(error), CatalogDamaged):
            return False
        raise
    return True
