"""File rows: what a scan finds, what waits to be read, and what could not be."""

from __future__ import annotations

import os
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from photoorg.catalog import faces, folders
from photoorg.catalog.encoding import (
    clean_text,
    decode_path,
    encode_ids,
    encode_modified,
    encode_path,
    fold,
    lies_below,
    parent_of,
    prefix_of,
    range_below,
)
from photoorg.catalog.records import FailedFile, FileStatus, KnownFile, PendingFile, Registered
from photoorg.catalog.writer import Transaction
from photoorg.core.changes import ChangeKind, ChangeSet
from photoorg.core.errors import UsageProblem
from photoorg.core.ids import ContentHash, FileId, FolderId, PhotoId
from photoorg.core.records import Failure, FoundFile

PENDING: Final = int(FileStatus.PENDING)
FAILED: Final = int(FileStatus.FAILED)
UNSUPPORTED: Final = int(FileStatus.UNSUPPORTED)

_Place = tuple[FolderId, bytes]
"""A folder's row and the encoded name in it: what is unique about a file."""


# -- writes -----------------------------------------------------------------------------------
def register(tx: Transaction, root: Path, found: Sequence[FoundFile]) -> Registered:
    """Add files as pending photos; see `Catalog.register_files`."""
    base = folders.require_covered(tx.db, root)
    places = _make_places(tx, base, found)
    file_ids, photo_ids = _insert_provisional(tx.db, found, places)
    known = [(index, place) for index, place in enumerate(places) if file_ids[index] is None]
    renewed: list[PhotoId] = []
    for index, place in known:
        file_id, photo_id = _renew(tx.db, place, found[index])
        file_ids[index] = file_id
        renewed.append(photo_id)
    faces.refresh(tx, renewed)
    kinds = {ChangeKind.FOLDERS}
    if photo_ids:
        kinds.add(ChangeKind.PHOTOS_ADDED)
    if renewed:
        kinds.add(ChangeKind.PHOTOS_CHANGED)
    changes = tx.changed(kinds, [*photo_ids, *renewed]) if found else tx.unchanged()
    return Registered(tuple(each for each in file_ids if each is not None), changes)


def update(tx: Transaction, found: Sequence[FoundFile]) -> Registered:
    """Note new sizes and times; see `Catalog.update_files`."""
    if not found:
        return Registered((), tx.unchanged())
    file_ids: list[FileId] = []
    photo_ids: list[PhotoId] = []
    for file, place in zip(found, _find_places(tx.db, found), strict=True):
        file_id, photo_id = _renew(tx.db, place, file)
        file_ids.append(file_id)
        photo_ids.append(photo_id)
    faces.refresh(tx, photo_ids)
    changes = tx.changed([ChangeKind.PHOTOS_CHANGED, ChangeKind.FOLDERS], photo_ids)
    return Registered(tuple(file_ids), changes)


def mark_missing(tx: Transaction, file_ids: Sequence[FileId], *, missing: bool) -> ChangeSet:
    """Note that files are gone, or there again."""
    rows = tx.db.execute(
        """
        UPDATE files SET missing = ?1
        WHERE id IN (SELECT value FROM json_each(?2)) AND missing <> ?1 RETURNING photo_id
        """,
        (missing, encode_ids(file_ids)),
    ).fetchall()
    return _changed(tx, {row[0] for row in rows}, ChangeKind.FOLDERS)


def store_failures(tx: Transaction, items: Sequence[FailedFile]) -> ChangeSet:
    """Note files that could not be read; see `Catalog.store_failures`."""
    photo_ids: set[PhotoId] = set()
    for item in items:
        row = tx.db.execute(
            """
            UPDATE files SET size = ?, modified_ns = ?, status = ?, missing = 0,
                content_hash = NULL, reason = ?
            WHERE id = ? AND modified_ns <= ? RETURNING photo_id
            """,
            (
                item.found.size,
                item.found.modified_ns,
                UNSUPPORTED if item.unsupported else FAILED,
                clean_text(item.reason),
                item.file_id,
                item.found.modified_ns,
            ),
        ).fetchone()
        if row is not None:
            photo_ids.add(row[0])
    return _changed(tx, photo_ids, ChangeKind.FAILURES)


def retry_failures(tx: Transaction) -> ChangeSet:
    """Make the failed files pending again."""
    rows = tx.db.execute(
        "UPDATE files SET status = ?, reason = '' WHERE status = ? AND status > 1 "
        "RETURNING photo_id",
        (PENDING, FAILED),
    ).fetchall()
    return _changed(tx, {row[0] for row in rows}, ChangeKind.FAILURES)


def _changed(tx: Transaction, photo_ids: set[PhotoId], kind: ChangeKind) -> ChangeSet:
    if not photo_ids:
        return tx.unchanged()
    turnover = faces.refresh(tx, photo_ids)
    kinds = {ChangeKind.PHOTOS_CHANGED, kind}
    if turnover.hidden:
        kinds |= {ChangeKind.PHOTOS_REMOVED, ChangeKind.FOLDERS}
    return tx.changed(kinds, photo_ids)


def _make_places(tx: Transaction, base: str, found: Sequence[FoundFile]) -> list[_Place]:
    """Return where each file lies, with rows for folders that are new."""
    texts = [str(file.path) for file in found]
    parents = [parent_of(text) for text in texts]
    for parent in set(parents):
        if not lies_below(parent, base):
            raise UsageProblem(f"The folder {parent} does not lie in {base}.")
    ids = folders.ensure(tx, set(parents))
    return [
        (ids[parent], encode_path(text.rpartition(os.sep)[2]))
        for text, parent in zip(texts, parents, strict=True)
    ]


def _find_places(db: sqlite3.Connection, found: Sequence[FoundFile]) -> list[_Place]:
    places: list[_Place] = []
    ids: dict[str, FolderId] = {}
    for file in found:
        parent = str(file.path.parent)
        if parent not in ids:
            row = db.execute(
                "SELECT id FROM folders WHERE path = ?", (encode_path(parent),)
            ).fetchone()
            if row is None:
                raise UsageProblem(f"The file {file.path} is not in the library.")
            ids[parent] = row[0]
        places.append((ids[parent], encode_path(file.path.name)))
    return places


def _insert_provisional(
    db: sqlite3.Connection, found: Sequence[FoundFile], places: Sequence[_Place]
) -> tuple[list[FileId | None], list[PhotoId]]:
    """Insert a photo and a file for each path; return file ids, None for paths known before.

    All ids are chosen here and all rows inserted in bulk, as if no path were known: that is nearly
    always so, and looking first would cost more than taking back a few.
    """
    first_file, first_photo = _next_id(db, "files"), _next_id(db, "photos")
    count = len(found)
    db.executemany(
        """
        INSERT INTO photos (id, dated_at, file_size, face_id, state, missing, shown)
        VALUES (?, ?, ?, ?, ?, 0, 1)
        """,
        [
            (first_photo + i, encode_modified(file.modified_ns), file.size, first_file + i, PENDING)
            for i, file in enumerate(found)
        ],
    )
    inserted = db.executemany(
        """
        INSERT INTO files (id, folder_id, name, name_key, size, modified_ns, photo_id, status)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (folder_id, name) DO NOTHING
        """,
        [
            (
                first_file + i,
                *place,
                fold(decode_path(place[1])),
                file.size,
                file.modified_ns,
                first_photo + i,
                PENDING,
            )
            for i, (file, place) in enumerate(zip(found, places, strict=True))
        ],
    ).rowcount
    new = set(range(count))
    if inserted < count:
        rows = db.execute("SELECT id FROM files WHERE id >= ?", (first_file,))
        new = {row[0] - first_file for row in rows}
        db.executemany(
            "DELETE FROM photos WHERE id = ?",
            [(first_photo + i,) for i in range(count) if i not in new],
        )
    db.execute(
        "INSERT INTO file_words (rowid, name_key) SELECT id, name_key FROM files WHERE id >= ?",
        (first_file,),
    )
    return (
        [FileId(first_file + i) if i in new else None for i in range(count)],
        [PhotoId(first_photo + i) for i in sorted(new)],
    )


def _next_id(db: sqlite3.Connection, table: str) -> int:
    """Return an id that no row of an AUTOINCREMENT table has ever had."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return 1 if row is None else row[0] + 1


def _renew(db: sqlite3.Connection, place: _Place, found: FoundFile) -> tuple[FileId, PhotoId]:
    """Note that a known path is there; it is pending again if its size or time changed.

    Raises:
        UsageProblem: it is not known.
    """
    row = db.execute(
        "SELECT id, photo_id, size, modified_ns FROM files WHERE folder_id = ? AND name = ?", place
    ).fetchone()
    if row is None:
        raise UsageProblem(f"The file {found.path} is not in the library.")
    file_id, photo_id, size, modified_ns = row
    if (size, modified_ns) == (found.size, found.modified_ns):
        db.execute("UPDATE files SET missing = 0 WHERE id = ?", (file_id,))
        return file_id, photo_id
    db.execute(
        """
        UPDATE files SET size = ?, modified_ns = ?, status = ?, missing = 0, reason = ''
        WHERE id = ?
        """,
        (found.size, found.modified_ns, PENDING, file_id),
    )
    db.execute(
        "UPDATE photos SET dated_at = ?, file_size = ? WHERE id = ? AND content_hash IS NULL",
        (encode_modified(found.modified_ns), found.size, photo_id),
    )
    return file_id, photo_id


# -- reads ------------------------------------------------------------------------------------
_STATUSES: Final = tuple(FileStatus)


def known(db: sqlite3.Connection, root: Path) -> Mapping[str, KnownFile]:
    """Return what is known of every path in and below a folder; see `Catalog.known_files`."""
    bounds = (encode_path(str(root)), *range_below(str(root)))
    prefixes = {
        folder_id: prefix_of(decode_path(path))
        for folder_id, path in db.execute(
            "SELECT id, path FROM folders WHERE path = ? OR path >= ? AND path < ?", bounds
        )
    }
    rows = db.execute(
        """
        SELECT folder_id, name, id, photo_id, size, modified_ns, missing, status, content_hash
        FROM files WHERE folder_id IN (
            SELECT id FROM folders WHERE path = ? OR path >= ? AND path < ?)
        """,
        bounds,
    )
    return {
        prefixes[folder_id] + decode_path(name): KnownFile(
            file_id, photo_id, size, modified_ns, missing == 1, _STATUSES[status], content_hash
        )
        for (
            folder_id,
            name,
            file_id,
            photo_id,
            size,
            modified_ns,
            missing,
            status,
            content_hash,
        ) in rows
    }


def pending(db: sqlite3.Connection, limit: int | None) -> list[PendingFile]:
    """Return files that wait to be read, most recently modified first."""
    rows = db.execute(
        """
        SELECT f.id, f.photo_id, d.path, f.name, f.size, f.modified_ns
        FROM files f INDEXED BY files_pending CROSS JOIN folders d ON d.id = f.folder_id
        WHERE f.status = 1 AND NOT f.missing AND d.covered
        ORDER BY f.modified_ns DESC LIMIT ?
        """,
        (-1 if limit is None else limit,),
    )
    path_of = _path_maker()
    return [
        PendingFile(file_id, photo_id, FoundFile(path_of(folder, name), size, modified_ns))
        for file_id, photo_id, folder, name, size, modified_ns in rows
    ]


def missing_hashes(
    db: sqlite3.Connection,
) -> Mapping[tuple[int, int], frozenset[ContentHash]]:
    """Return the hashes of files that are gone by size and time; see `Catalog`."""
    rows = db.execute(
        """
        SELECT size, modified_ns, content_hash FROM files
        WHERE content_hash IS NOT NULL AND missing
        UNION
        SELECT size, modified_ns, content_hash FROM files
        WHERE content_hash IS NOT NULL AND folder_id IN (SELECT id FROM folders WHERE NOT covered)
        """
    )
    hashes: defaultdict[tuple[int, int], set[ContentHash]] = defaultdict(set)
    for size, modified_ns, content_hash in rows:
        hashes[size, modified_ns].add(content_hash)
    return {key: frozenset(values) for key, values in hashes.items()}


def failures(db: sqlite3.Connection) -> list[Failure]:
    """Return the files that could not be read, those that are no photos last."""
    rows = db.execute(
        """
        SELECT d.path, f.name, f.reason, f.status = ?
        FROM files f JOIN folders d ON d.id = f.folder_id
        WHERE f.status > 1 AND NOT f.missing AND d.covered
        ORDER BY f.status, d.path, f.name
        """,
        (UNSUPPORTED,),
    )
    path_of = _path_maker()
    return [
        Failure(path_of(folder, name), reason, unsupported == 1)
        for folder, name, reason, unsupported in rows
    ]


def _path_maker() -> Callable[[bytes, bytes], Path]:
    """Return how to make paths of encoded folders and names; a folder is decoded once."""
    prefixes: dict[bytes, str] = {}

    def path_of(folder: bytes, name: bytes) -> Path:
        prefix = prefixes.get(folder)
        if prefix is None:
            prefix = prefixes[folder] = prefix_of(decode_path(folder))
        return Path(prefix + decode_path(name))

    return path_of
