"""What the grid, the inspector and the viewer show."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photoorg.catalog.assertions import SOURCES
from photoorg.catalog.connection import Remembered
from photoorg.catalog.encoding import (
    clean_text,
    decode_ids,
    decode_path,
    decode_time,
    encode_ids,
    encode_path,
    parent_of,
    prefix_of,
    range_below,
    tag_key,
)
from photoorg.catalog.records import FileStatus
from photoorg.catalog.tag_tree import BELOW_NAMED
from photoorg.core.ids import PhotoId
from photoorg.core.records import (
    NO_DAY,
    GeoPoint,
    GridOutline,
    GridRow,
    MediaType,
    PhotoDetails,
    PhotoMetadata,
    PhotoScope,
    PhotoState,
    TagSource,
)

_STATES: Final = {
    FileStatus.READY: PhotoState.READY,
    FileStatus.PENDING: PhotoState.PENDING,
    FileStatus.FAILED: PhotoState.FAILED,
    # Never shown, but its details may be asked for by an id from before it was read.
    FileStatus.UNSUPPORTED: PhotoState.FAILED,
}

_MANY: Final = 2000
"""Photos from which on the order of the whole library is worth having."""

_DAY_US: Final = 24 * 60 * 60 * 1_000_000

_OUTLINE: Final = np.dtype(
    [("place", np.int64), ("aspect", np.float32), ("dated_at", np.int64), ("color", np.uint32)]
)


class DateOrder:
    """Photos in the order of the grid; that of the whole library is kept until something changes.

    To list 100,000 photos takes SQLite 30 ms, and to bring half of them into order twice as long.
    """

    def __init__(self) -> None:
        self._newest_first = Remembered(_newest_first)

    def photo_ids(self, db: sqlite3.Connection, scope: PhotoScope) -> NDArray[np.int64]:
        """Return the photos of a scope, int64 [n], in its order."""
        if scope.folder is not None or scope.tag is not None:
            return _photo_ids(db, scope)
        newest_first = self._newest_first(db)
        return newest_first if scope.newest_first else newest_first[::-1]

    def sort(
        self, db: sqlite3.Connection, ids: NDArray[np.int64], *, newest_first: bool
    ) -> NDArray[np.int64]:
        """Return those of some photos that the library shows, in the order of the grid."""
        if len(ids) < _MANY:
            return _in_date_order(db, ids, newest_first=newest_first)
        everything = self._newest_first(db)
        kept = everything[np.isin(everything, ids)]
        return kept if newest_first else kept[::-1]


def _newest_first(db: sqlite3.Connection) -> NDArray[np.int64]:
    ids = _photo_ids(db, PhotoScope())
    ids.setflags(write=False)  # it is handed out to everybody
    return ids


def _photo_ids(db: sqlite3.Connection, scope: PhotoScope) -> NDArray[np.int64]:
    conditions, parameters = ["p.shown"], list[bytes | str]()
    if scope.folder is not None:
        conditions.append(
            """
            p.id IN (
                SELECT f.photo_id FROM files f JOIN folders d ON d.id = f.folder_id
                JOIN photos q ON q.id = f.photo_id
                WHERE (d.path = ? OR d.path >= ? AND d.path < ?)
                  AND d.covered AND f.missing = q.missing)
            """
        )
        folder = str(scope.folder)
        parameters += [encode_path(folder), *range_below(folder)]
    if scope.tag is not None:
        conditions.append(f"p.id IN ({BELOW_NAMED})")
        parameters += [tag_key(scope.tag)] * 2
    order = "DESC" if scope.newest_first else "ASC"
    rows = db.execute(
        f"""
        SELECT p.id FROM photos p WHERE {" AND ".join(conditions)}
        ORDER BY p.dated_at {order}, p.id {order}
        """,  # noqa: S608 - made of the constants above
        parameters,
    )
    return decode_ids(rows)


def _in_date_order(
    db: sqlite3.Connection, ids: NDArray[np.int64], *, newest_first: bool
) -> NDArray[np.int64]:
    order = "DESC" if newest_first else "ASC"
    rows = db.execute(
        f"""
        SELECT p.id FROM json_each(?) asked CROSS JOIN photos p ON p.id = asked.value
        WHERE p.shown ORDER BY p.dated_at {order}, p.id {order}
        """,  # noqa: S608 - made of the constants above
        (encode_ids(ids.tolist()),),
    )
    return decode_ids(rows)


def grid_outline(db: sqlite3.Connection, ids: NDArray[np.int64]) -> GridOutline:
    """Return shape, day and colour of many tiles, aligned with their ids."""
    rows = np.fromiter(
        db.execute(
            """
            SELECT asked.key, IIF(p.height > 0, CAST(p.width AS REAL) / p.height, 0.0),
                p.dated_at, p.average_color
            FROM json_each(?) asked CROSS JOIN photos p ON p.id = asked.value
            """,
            (json.dumps(ids.tolist()),),
        ),
        dtype=_OUTLINE,
    )
    outline = GridOutline(
        aspects=np.zeros(len(ids), np.float32),
        days=np.full(len(ids), NO_DAY, np.int32),
        colors=np.zeros(len(ids), np.uint32),
    )
    outline.aspects[rows["place"]] = rows["aspect"]
    outline.days[rows["place"]] = rows["dated_at"] // _DAY_US
    outline.colors[rows["place"]] = rows["color"]
    return outline


def grid_rows(db: sqlite3.Connection, ids: Sequence[PhotoId]) -> list[GridRow]:
    """Return tiles in the order asked for; unknown ids are left out."""
    asked = encode_ids(ids)
    tags: defaultdict[PhotoId, list[str]] = defaultdict(list)
    for photo_id, name in db.execute(
        """
        SELECT pt.photo_id, t.name FROM photo_tags pt JOIN tags t ON t.id = pt.tag_id
        WHERE pt.photo_id IN (SELECT value FROM json_each(?)) AND pt.state = 1 ORDER BY t.key
        """,
        (asked,),
    ):
        tags[photo_id].append(name)
    rows = db.execute(
        """
        SELECT p.id, f.name, p.content_hash, p.width, p.height, p.average_color, p.dated_at,
            p.state, p.missing, COALESCE(p.rating, p.file_rating, 0), f.reason
        FROM json_each(?) asked CROSS JOIN photos p ON p.id = asked.value
        LEFT JOIN files f ON f.id = p.face_id ORDER BY asked.key
        """,
        (asked,),
    )
    return [
        GridRow(
            photo_id=photo_id,
            name=clean_text(decode_path(name or b"")),
            thumbnail_key=content_hash or "",
            width=width,
            height=height,
            average_color=average_color,
            taken_at=decode_time(dated_at),
            state=_STATES[state],
            missing=missing == 1,
            rating=rating,
            tags=tuple(tags.get(photo_id, ())),
            reason=reason or "",
        )
        for (
            photo_id,
            name,
            content_hash,
            width,
            height,
            average_color,
            dated_at,
            state,
            missing,
            rating,
            reason,
        ) in rows
    ]


def details(db: sqlite3.Connection, photo_id: PhotoId) -> PhotoDetails | None:
    """Return all that is known of a photo, or None where it is gone."""
    cursor = db.execute(
        """
        SELECT p.*, f.reason FROM photos p LEFT JOIN files f ON f.id = p.face_id WHERE p.id = ?
        """,
        (photo_id,),
    )
    values = cursor.fetchone()
    if values is None:
        return None
    row = dict(zip((column[0] for column in cursor.description), values, strict=True))
    confirmed: list[tuple[str, TagSource]] = []
    rejected: list[str] = []
    for name, is_confirmed, source in db.execute(
        """
        SELECT t.name, pt.state, pt.source FROM photo_tags pt JOIN tags t ON t.id = pt.tag_id
        WHERE pt.photo_id = ? ORDER BY t.key
        """,
        (photo_id,),
    ):
        if is_confirmed:
            confirmed.append((name, SOURCES[source]))
        else:
            rejected.append(name)
    return PhotoDetails(
        photo_id=photo_id,
        paths=_paths(db, photo_id, missing=row["missing"]),
        thumbnail_key=row["content_hash"] or "",
        media_type=None if row["media_type"] is None else MediaType(row["media_type"]),
        file_size=row["file_size"],
        width=row["width"],
        height=row["height"],
        state=_STATES[row["state"]],
        missing=row["missing"] == 1,
        metadata=_metadata(row),
        confirmed=tuple(confirmed),
        rejected=tuple(rejected),
        reason=row["reason"] or "",
    )


def paths_of(db: sqlite3.Connection, ids: Sequence[PhotoId]) -> dict[PhotoId, Path]:
    """Return where the best file of each photo lies."""
    rows = db.execute(
        """
        SELECT p.id, d.path, f.name
        FROM json_each(?) asked CROSS JOIN photos p ON p.id = asked.value
        JOIN files f ON f.id = p.face_id JOIN folders d ON d.id = f.folder_id
        ORDER BY asked.key
        """,
        (encode_ids(ids),),
    )
    return {photo_id: _join(folder, name) for photo_id, folder, name in rows}


def photo_by_path(db: sqlite3.Connection, path: Path) -> PhotoId | None:
    """Return the photo of a file in the library, or None."""
    parent = parent_of(str(path))
    row = db.execute(
        """
        SELECT f.photo_id FROM files f
        JOIN folders d ON d.id = f.folder_id JOIN photos p ON p.id = f.photo_id
        WHERE d.path = ? AND f.name = ? AND d.covered AND p.shown
        """,
        (encode_path(parent), encode_path(path.name)),
    ).fetchone()
    return None if row is None else PhotoId(row[0])


def cameras(db: sqlite3.Connection) -> list[str]:
    """Return the names of cameras, most photos first."""
    rows = db.execute(
        "SELECT camera FROM photos WHERE shown AND camera <> '' "
        "GROUP BY camera ORDER BY COUNT(*) DESC, camera"
    )
    return [row[0] for row in rows]


def perceptual_hashes(
    db: sqlite3.Connection, ids: Sequence[PhotoId] | None
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return (ids int64 [n], hashes uint64 [n]) of photos that have one."""
    if ids is None:
        cursor = db.execute(
            "SELECT id, perceptual_hash FROM photos "
            "WHERE shown AND perceptual_hash IS NOT NULL ORDER BY id"
        )
    else:
        cursor = db.execute(
            """
            SELECT p.id, p.perceptual_hash
            FROM json_each(?) asked CROSS JOIN photos p ON p.id = asked.value
            WHERE p.perceptual_hash IS NOT NULL ORDER BY asked.key
            """,
            (encode_ids(ids),),
        )
    table = np.array(cursor.fetchall(), np.int64).reshape(-1, 2)
    return table[:, 0].copy(), table[:, 1].copy().view(np.uint64)


def _paths(db: sqlite3.Connection, photo_id: PhotoId, *, missing: int) -> tuple[Path, ...]:
    rows = db.execute(
        """
        SELECT d.path, f.name FROM files f JOIN folders d ON d.id = f.folder_id
        JOIN photos p ON p.id = f.photo_id
        WHERE f.photo_id = ? AND f.missing = ? ORDER BY f.id <> p.face_id, d.covered DESC, f.id
        """,
        (photo_id, missing),
    )
    return tuple(_join(folder, name) for folder, name in rows)


def _join(folder: bytes, name: bytes) -> Path:
    return Path(prefix_of(decode_path(folder)) + decode_path(name))


def _metadata(row: dict[str, object]) -> PhotoMetadata:
    """Return what the file says, and for the rating what the person says, if anything."""
    taken_at, latitude, longitude = row["taken_at"], row["latitude"], row["longitude"]
    rating = row["file_rating"] if row["rating"] is None else row["rating"]
    offset = row["utc_offset_minutes"]
    gps = None
    if isinstance(latitude, float) and isinstance(longitude, float):
        gps = GeoPoint(latitude, longitude)
    return PhotoMetadata(
        taken_at=decode_time(taken_at) if isinstance(taken_at, int) else None,
        utc_offset_minutes=offset if isinstance(offset, int) else None,
        camera=str(row["camera"]),
        lens=str(row["lens"]),
        exposure=str(row["exposure"]),
        gps=gps,
        rating=rating if isinstance(rating, int) else None,
        title=str(row["title"]),
        caption=str(row["caption"]),
        keywords=tuple(json.loads(str(row["keywords"]))),
    )
