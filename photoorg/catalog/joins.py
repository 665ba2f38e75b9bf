"""Photos that turned out to be others: their old ids go on working.

A file shows as a photo of its own until its bytes are read; if they are those of a known photo, the
two become one. The window, its undo list and workers may still speak of the old id.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from photoorg.catalog.encoding import encode_ids
from photoorg.catalog.writer import Transaction
from photoorg.core.ids import PhotoId


def resolve(db: sqlite3.Connection, photo_ids: Collection[PhotoId]) -> dict[PhotoId, PhotoId]:
    """Return what each photo is called now; those that are gone are left out."""
    ids = encode_ids(photo_ids)
    rows = db.execute(
        """
        SELECT id, id FROM photos WHERE id IN (SELECT value FROM json_each(?1))
        UNION ALL
        SELECT old_id, photo_id FROM joined WHERE old_id IN (SELECT value FROM json_each(?1))
        """,
        (ids,),
    )
    return dict(rows.fetchall())


def record(tx: Transaction, old_id: PhotoId, photo_id: PhotoId) -> None:
    """Note that one photo goes on as another, as do those that had become it."""
    tx.db.execute("UPDATE joined SET photo_id = ? WHERE photo_id = ?", (photo_id, old_id))
    tx.db.execute("INSERT INTO joined (old_id, photo_id) VALUES (?, ?)", (old_id, photo_id))
