"""Smart albums: searches that are kept under a name, in the person's order."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple, assert_never

from photoorg.catalog.encoding import clean_name, clean_text, tag_key
from photoorg.catalog.writer import Transaction
from photoorg.core.albums import Album
from photoorg.core.changes import (
    AlbumOperation,
    ChangeKind,
    ChangeSet,
    DeleteAlbum,
    MoveAlbum,
    Operation,
    RenameAlbum,
    SaveAlbum,
)
from photoorg.core.errors import UsageProblem

# `key`: the name with letter case folded, as of tags. `place`: 0, 1, 2, ... without gaps.
TABLE: Final = """
    CREATE TABLE albums (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        query TEXT NOT NULL,
        place INTEGER NOT NULL
    )
"""

MAX_QUERY_LENGTH: Final = 2000


class _Row(NamedTuple):
    """An album as it is stored."""

    row_id: int
    name: str
    query: str
    place: int


def load(db: sqlite3.Connection) -> list[Album]:
    """Return the albums in order; they are not counted."""
    return [Album(row.name, row.query) for row in _rows(db)]


def apply(tx: Transaction, operation: AlbumOperation) -> ChangeSet:
    """Carry out an operation on albums; see `Catalog.apply`.

    Raises:
        UsageProblem: there is no such album, a name is empty or taken, or a search is empty.
    """
    match operation:
        case SaveAlbum(name, query, place):
            return _save(tx, clean_name(name, "An album"), _clean_query(query), place)
        case RenameAlbum(name, new_name, queries):
            return _rename(tx, _require(tx.db, name), clean_name(new_name, "An album"), queries)
        case MoveAlbum(name, place):
            return _move(tx, _require(tx.db, name), place)
        case DeleteAlbum(name):
            return _delete(tx, _require(tx.db, name))
    assert_never(operation)


def _save(tx: Transaction, name: str, query: str, place: int | None) -> ChangeSet:
    known = _find(tx.db, name)
    if known is None:
        return _create(tx, name, query, place)
    target = known.place if place is None else place
    if known.query == query and target == known.place:
        return tx.unchanged()
    _set_query(tx, known, query)
    _put(tx, known.row_id, target)
    inverse = SaveAlbum(known.name, known.query, known.place)
    return _changed(tx, f"Update album “{known.name}”", inverse)


def _create(tx: Transaction, name: str, query: str, place: int | None) -> ChangeSet:
    last = len(_rows(tx.db))
    cursor = tx.db.execute(
        "INSERT INTO albums (key, name, query, place) VALUES (?, ?, ?, ?)",
        (tag_key(name), name, query, last),
    )
    if place is not None and cursor.lastrowid is not None:
        _put(tx, cursor.lastrowid, place)
    return _changed(tx, f"Save album “{name}”", DeleteAlbum(name))


def _rename(
    tx: Transaction, album: _Row, new_name: str, queries: Sequence[tuple[str, str]]
) -> ChangeSet:
    taken = _find(tx.db, new_name)
    if taken is not None and taken.row_id != album.row_id:
        raise UsageProblem(f"There is an album “{taken.name}” already.", "Choose another name.")
    others = [(_find(tx.db, name), _clean_query(query)) for name, query in queries]
    before = tuple((other.name, other.query) for other, _ in others if other is not None)
    if album.name == new_name:
        return tx.unchanged()
    for other, query in others:
        if other is not None:
            _set_query(tx, other, query)
    tx.db.execute(
        "UPDATE albums SET key = ?, name = ? WHERE id = ?",
        (tag_key(new_name), new_name, album.row_id),
    )
    # An album that names itself is listed among the others, by then under its new name.
    renamed = tuple((new_name if name == album.name else name, text) for name, text in before)
    inverse = RenameAlbum(new_name, album.name, renamed)
    return _changed(tx, f"Rename album “{album.name}” to “{new_name}”", inverse)


def _move(tx: Transaction, album: _Row, place: int) -> ChangeSet:
    if not _put(tx, album.row_id, place):
        return tx.unchanged()
    return _changed(tx, f"Move album “{album.name}”", MoveAlbum(album.name, album.place))


def _delete(tx: Transaction, album: _Row) -> ChangeSet:
    tx.db.execute("DELETE FROM albums WHERE id = ?", (album.row_id,))
    tx.db.execute("UPDATE albums SET place = place - 1 WHERE place > ?", (album.place,))
    inverse = SaveAlbum(album.name, album.query, album.place)
    return _changed(tx, f"Delete album “{album.name}”", inverse)


def _put(tx: Transaction, row_id: int, place: int) -> bool:
    """Move an album to a place, or as near to it as there are albums; return whether it moved."""
    before = [row.row_id for row in _rows(tx.db)]
    order = [each for each in before if each != row_id]
    order.insert(max(0, min(place, len(order))), row_id)
    tx.db.executemany("UPDATE albums SET place = ? WHERE id = ?", enumerate(order))
    return order != before


def _set_query(tx: Transaction, album: _Row, query: str) -> None:
    tx.db.execute("UPDATE albums SET query = ? WHERE id = ?", (query, album.row_id))


def _changed(tx: Transaction, label: str, inverse: Operation) -> ChangeSet:
    return tx.changed([ChangeKind.ALBUMS], label=label, inverse=inverse)


def _rows(db: sqlite3.Connection) -> list[_Row]:
    rows = db.execute("SELECT id, name, query, place FROM albums ORDER BY place, id")
    return [_Row(*row) for row in rows]


def _find(db: sqlite3.Connection, name: str) -> _Row | None:
    row = db.execute(
        "SELECT id, name, query, place FROM albums WHERE key = ?", (tag_key(name),)
    ).fetchone()
    return None if row is None else _Row(*row)


def _require(db: sqlite3.Connection, name: str) -> _Row:
    row = _find(db, name)
    if row is None:
        raise UsageProblem(f"There is no album “{clean_text(name)}”.")
    return row


def _clean_query(query: str) -> str:
    """Return a search text as it is kept: one line.

    Raises:
        UsageProblem: it is empty, or too long.
    """
    cleaned = " ".join(clean_text(query).splitlines()).strip()
    if not cleaned:
        raise UsageProblem("An album needs a search.", "Type one into the search box first.")
    if len(cleaned) > MAX_QUERY_LENGTH:
        raise UsageProblem(f"An album's search has at most {MAX_QUERY_LENGTH} characters.")
    return cleaned
