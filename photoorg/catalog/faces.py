"""What a photo takes after: the best of its files.

Name, state, whether it is missing, and whether it shows in the library all follow from one file,
the photo's face: one that lies in the library before one of a folder that was removed, one that is
there before one that vanished, one that was read before one that was not. They are kept in the
photo's row so that no view has to look for the best file, and `refresh` is called wherever a file
or a folder changes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from photoorg.catalog import vectors
from photoorg.catalog.encoding import encode_ids
from photoorg.catalog.records import FileStatus
from photoorg.catalog.writer import Transaction
from photoorg.core.ids import PhotoId

_FACE: Final = f"""
    SELECT f.id, f.status, f.missing, d.covered AND f.status <> {int(FileStatus.UNSUPPORTED)}
    FROM files f JOIN folders d ON d.id = f.folder_id
    WHERE f.photo_id = photos.id
    ORDER BY d.covered DESC, f.missing, f.status, f.id
    LIMIT 1
"""  # noqa: S608 - made of constants

_FACELESS: Final = (None, int(FileStatus.PENDING), 1, 0)
"""A photo without files: its last one shows something else now. Hidden until it turns up again."""


@dataclass(frozen=True, slots=True)
class Turnover:
    """Photos that left the library, and those that came (back) to it."""

    hidden: frozenset[PhotoId]
    returned: frozenset[PhotoId]


def refresh(tx: Transaction, photo_ids: Iterable[PhotoId]) -> Turnover:
    """Bring photos in line with their files, and the vectors of those that come or go."""
    ids = encode_ids(photo_ids)
    before = _shown(tx.db, ids)
    tx.db.execute(
        """
        UPDATE photos SET (face_id, state, missing, shown) = (?, ?, ?, ?)
        WHERE id IN (SELECT value FROM json_each(?))
          AND NOT EXISTS (SELECT 1 FROM files WHERE photo_id = photos.id)
        """,
        (*_FACELESS, ids),
    )
    tx.db.execute(
        f"""
        UPDATE photos SET (face_id, state, missing, shown) = ({_FACE})
        WHERE id IN (SELECT value FROM json_each(?))
          AND EXISTS (SELECT 1 FROM files WHERE photo_id = photos.id)
        """,  # noqa: S608 - made of constants
        (ids,),
    )
    after = _shown(tx.db, ids)
    turnover = Turnover(frozenset(before - after), frozenset(after - before))
    vectors.withdraw(tx, turnover.hidden)
    vectors.restore(tx, turnover.returned)
    return turnover


def wrong_faces(db: sqlite3.Connection) -> list[PhotoId]:
    """Return photos that are not in line with their files; there should be none."""
    rows = db.execute(
        f"""
        SELECT id FROM photos
        WHERE (face_id, state, missing, shown) IS NOT ({_FACE})
          AND EXISTS (SELECT 1 FROM files WHERE photo_id = photos.id)
        UNION ALL
        SELECT id FROM photos
        WHERE shown AND NOT EXISTS (SELECT 1 FROM files WHERE photo_id = photos.id)
        """  # noqa: S608 - made of constants
    )
    return [row[0] for row in rows]


def _shown(db: sqlite3.Connection, ids: str) -> set[PhotoId]:
    rows = db.execute(
        "SELECT id FROM photos WHERE shown AND id IN (SELECT value FROM json_each(?))", (ids,)
    )
    return {row[0] for row in rows}
