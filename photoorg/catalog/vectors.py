"""Vectors of photos, by the model that made them, and what an index needs to follow them."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photoorg.catalog import joins
from photoorg.catalog.connection import current_revision
from photoorg.catalog.encoding import decode_ids, decode_path, encode_ids, prefix_of
from photoorg.catalog.records import FileStatus
from photoorg.catalog.writer import Transaction
from photoorg.core.changes import ChangeKind, ChangeSet
from photoorg.core.ids import ModelKey, PhotoId, Revision

_STORED: Final = np.dtype("<f2")


def store(
    tx: Transaction,
    model_key: ModelKey,
    photo_ids: Sequence[PhotoId],
    matrix: NDArray[np.float32],
) -> ChangeSet:
    """Store vectors, in place of older ones of the same model; see `Catalog.store_vectors`."""
    if matrix.ndim != 2 or len(matrix) != len(photo_ids):
        raise ValueError(f"{matrix.shape} does not hold one vector for each of {len(photo_ids)}")
    if not photo_ids:
        return tx.unchanged()
    with np.errstate(over="ignore"):
        halves = np.ascontiguousarray(matrix, dtype=_STORED)
    if not np.isfinite(halves).all():
        raise ValueError("a vector holds values that are not finite in float16")
    model_id = _ensure_model(tx, model_key, matrix.shape[1])
    current = joins.resolve(tx.db, photo_ids)
    rows = [
        (model_id, current[photo_id], tx.revision, row.tobytes())
        for photo_id, row in zip(photo_ids, halves, strict=True)
        if photo_id in current
    ]
    tx.db.executemany(
        """
        INSERT INTO vectors (model_id, photo_id, revision, vector) VALUES (?, ?, ?, ?)
        ON CONFLICT (model_id, photo_id)
        DO UPDATE SET revision = excluded.revision, vector = excluded.vector
        """,
        rows,
    )
    tx.db.executemany(
        "DELETE FROM vector_removals WHERE model_id = ? AND photo_id = ?",
        [row[:2] for row in rows],
    )
    return tx.changed([ChangeKind.VECTORS], current.values())


def drop(tx: Transaction, photo_ids: Collection[PhotoId]) -> None:
    """Forget the vectors of photos that look different now, or are gone."""
    ids = encode_ids(photo_ids)
    withdraw(tx, photo_ids)
    tx.db.execute("DELETE FROM vectors WHERE photo_id IN (SELECT value FROM json_each(?))", (ids,))


def forget(tx: Transaction, model_key: ModelKey) -> ChangeSet:
    """Forget all vectors of a model; see `Catalog.forget_vectors`."""
    model = _model(tx.db, model_key)
    if model is None:
        return tx.unchanged()
    tx.db.execute(
        """
        INSERT OR REPLACE INTO vector_removals (model_id, photo_id, revision)
        SELECT model_id, photo_id, ? FROM vectors WHERE model_id = ?
        """,
        (tx.revision, model[0]),
    )
    tx.db.execute("DELETE FROM vectors WHERE model_id = ?", model[:1])
    return tx.changed([ChangeKind.VECTORS], everything=True)


def withdraw(tx: Transaction, photo_ids: Collection[PhotoId]) -> None:
    """Let indexes know that photos left the library; their vectors are kept."""
    if not photo_ids:
        return
    ids = encode_ids(photo_ids)
    tx.db.execute(
        """
        INSERT OR REPLACE INTO vector_removals (model_id, photo_id, revision)
        SELECT model_id, photo_id, ? FROM vectors
        WHERE photo_id IN (SELECT value FROM json_each(?))
        """,
        (tx.revision, ids),
    )


def restore(tx: Transaction, photo_ids: Collection[PhotoId]) -> None:
    """Let indexes know that photos came back to the library with the vectors they had."""
    if not photo_ids:
        return
    ids = encode_ids(photo_ids)
    tx.db.execute(
        "UPDATE vectors SET revision = ? WHERE photo_id IN (SELECT value FROM json_each(?))",
        (tx.revision, ids),
    )
    tx.db.execute(
        """
        DELETE FROM vector_removals
        WHERE photo_id IN (SELECT value FROM json_each(?))
          AND EXISTS (
            SELECT 1 FROM vectors v
            WHERE v.model_id = vector_removals.model_id AND v.photo_id = vector_removals.photo_id)
        """,
        (ids,),
    )


def load(
    db: sqlite3.Connection, model_key: ModelKey, photo_ids: Sequence[PhotoId] | NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return (ids int64 [n], vectors float32 [n, d]) in the order asked for."""
    model = _model(db, model_key)
    if model is None:
        return np.empty(0, np.int64), np.empty((0, 0), np.float32)
    model_id, dimension = model
    rows = db.execute(
        """
        SELECT v.photo_id, v.vector FROM json_each(?) asked
        CROSS JOIN vectors v ON v.photo_id = asked.value AND v.model_id = ?
        ORDER BY asked.key
        """,
        (encode_ids(photo_ids), model_id),
    ).fetchall()
    ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
    halves = np.frombuffer(b"".join(row[1] for row in rows), _STORED)
    return ids, halves.reshape(len(rows), dimension).astype(np.float32)


def changed_since(
    db: sqlite3.Connection, model_key: ModelKey, revision: Revision
) -> tuple[Revision, NDArray[np.int64], NDArray[np.int64]]:
    """Return the revision reached, and the photos that got or lost a vector on the way there."""
    reached = current_revision(db)
    model = _model(db, model_key)
    if model is None:
        return reached, np.empty(0, np.int64), np.empty(0, np.int64)
    stored = db.execute(
        """
        SELECT v.photo_id FROM vectors v
        WHERE v.model_id = ? AND v.revision > ?
          AND v.photo_id NOT IN (SELECT id FROM photos WHERE NOT shown)
        ORDER BY v.photo_id
        """,
        (model[0], revision),
    ).fetchall()
    removed = db.execute(
        "SELECT photo_id FROM vector_removals WHERE model_id = ? AND revision > ?",
        (model[0], revision),
    ).fetchall()
    return (
        reached,
        np.fromiter((row[0] for row in stored), np.int64, len(stored)),
        np.fromiter((row[0] for row in removed), np.int64, len(removed)),
    )


def count(db: sqlite3.Connection, model_key: ModelKey) -> int:
    """Return how many photos in the library have a vector of a model."""
    model = _model(db, model_key)
    if model is None:
        return 0
    number: int = db.execute(
        """
        SELECT COUNT(*) FROM vectors
        WHERE model_id = ? AND photo_id NOT IN (SELECT id FROM photos WHERE NOT shown)
        """,
        model[:1],
    ).fetchone()[0]
    return number


def photo_ids(db: sqlite3.Connection, model_key: ModelKey) -> NDArray[np.int64]:
    """Return the photos in the library that have a vector of a model, int64 [n], ascending."""
    model = _model(db, model_key)
    if model is None:
        return np.empty(0, np.int64)
    rows = db.execute(
        """
        SELECT photo_id FROM vectors
        WHERE model_id = ? AND photo_id NOT IN (SELECT id FROM photos WHERE NOT shown)
        ORDER BY photo_id
        """,
        model[:1],
    )
    return decode_ids(rows)


def photos_without(db: sqlite3.Connection, model_key: ModelKey) -> list[tuple[PhotoId, Path]]:
    """Return readable photos without a vector of a model, with a path, newest first."""
    model = _model(db, model_key)
    rows = db.execute(
        """
        SELECT p.id, d.path, f.name
        FROM photos p JOIN files f ON f.id = p.face_id JOIN folders d ON d.id = f.folder_id
        WHERE p.shown AND NOT p.missing AND p.state = ?
          AND NOT EXISTS (SELECT 1 FROM vectors v WHERE v.photo_id = p.id AND v.model_id = ?)
        ORDER BY p.dated_at DESC, p.id DESC
        """,
        (int(FileStatus.READY), None if model is None else model[0]),
    )
    return [
        (photo_id, Path(prefix_of(decode_path(folder)) + decode_path(name)))
        for photo_id, folder, name in rows
    ]


def _model(db: sqlite3.Connection, model_key: ModelKey) -> tuple[int, int] | None:
    """Return (id, dimension) of a model that has stored vectors."""
    row: tuple[int, int] | None = db.execute(
        "SELECT id, dimension FROM models WHERE key = ?", (model_key,)
    ).fetchone()
    return row


def _ensure_model(tx: Transaction, model_key: ModelKey, dimension: int) -> int:
    tx.db.execute(
        "INSERT INTO models (key, dimension) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
        (model_key, dimension),
    )
    model_id, stored = tx.db.execute(
        "SELECT id, dimension FROM models WHERE key = ?", (model_key,)
    ).fetchone()
    if stored != dimension:
        raise ValueError(f"{model_key} makes {stored} dimensions, not {dimension}")
    return int(model_id)
