"""The folders that the person added, and those below them."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from photoorg.catalog import faces
from photoorg.catalog.encoding import (
    absolute,
    decode_path,
    encode_path,
    fold,
    lies_below,
    parent_of,
    prefix_of,
    range_below,
)
from photoorg.catalog.writer import Transaction
from photoorg.core.changes import ChangeKind, ChangeSet
from photoorg.core.errors import UsageProblem
from photoorg.core.ids import FolderId
from photoorg.core.records import FolderNode


def roots(db: sqlite3.Connection) -> tuple[Path, ...]:
    """Return the added folders, in order of path."""
    return tuple(Path(path) for path in _root_paths(db))


def add_root(tx: Transaction, path: Path) -> ChangeSet:
    """Remember a folder; see `Catalog.add_folder`."""
    folder = absolute(path)
    if folder in _root_paths(tx.db):
        return tx.unchanged()
    tx.db.execute(
        """
        INSERT INTO folders (path, label, covered, added) VALUES (?, '', 1, 1)
        ON CONFLICT (path) DO UPDATE SET added = 1
        """,
        (encode_path(folder),),
    )
    return _cover_anew(tx, folder, ChangeKind.PHOTOS_ADDED, f"Add the folder {folder}")


def remove_root(tx: Transaction, path: Path) -> ChangeSet:
    """Forget a folder; see `Catalog.remove_folder`."""
    folder = absolute(path)
    if folder not in _root_paths(tx.db):
        raise UsageProblem(f"The folder {folder} is not in the library.")
    tx.db.execute("UPDATE folders SET added = 0 WHERE path = ?", (encode_path(folder),))
    return _cover_anew(tx, folder, ChangeKind.PHOTOS_REMOVED, f"Remove the folder {folder}")


def require_covered(db: sqlite3.Connection, path: Path) -> str:
    """Return a folder's path as text.

    Raises:
        UsageProblem: it is neither an added folder nor below one.
    """
    folder = absolute(path)
    if _outermost(folder, _root_paths(db)) is None:
        raise UsageProblem(f"The folder {folder} is not in the library.")
    return folder


def ensure(tx: Transaction, paths: Iterable[str]) -> dict[str, FolderId]:
    """Return the rows of folders that are part of the library, made where they lack.

    Folders on the way from an added one get a row too, as the tree shows them.

    Raises:
        UsageProblem: one is not part of the library.
    """
    all_roots = _root_paths(tx.db)
    wanted: set[str] = set()
    for path in paths:
        root = _outermost(path, all_roots)
        if root is None:
            raise UsageProblem(f"The folder {path} is not in the library.")
        wanted.add(root)
        step = path
        while step not in wanted:
            wanted.add(step)
            step = parent_of(step)
    ids: dict[str, FolderId] = {}
    for path in sorted(wanted):
        encoded = encode_path(path)
        row = tx.db.execute("SELECT id FROM folders WHERE path = ?", (encoded,)).fetchone()
        if row is None:
            row = tx.db.execute(
                "INSERT INTO folders (path, label, covered, added) VALUES (?, ?, 1, 0) "
                "RETURNING id",
                (encoded, _label(path, all_roots)),
            ).fetchone()
        ids[path] = FolderId(row[0])
    return ids


def ids_within(db: sqlite3.Connection, folder: str) -> list[FolderId]:
    """Return the rows of a folder and of all below it."""
    return [folder_id for folder_id, _ in _rows_within(db, folder)]


def tree(db: sqlite3.Connection) -> tuple[FolderNode, ...]:
    """Return the outermost added folders with those below them that hold photos."""
    all_roots = _root_paths(db)
    outermost = [root for root in all_roots if _outermost(root, all_roots) == root]
    rows = [
        (folder_id, decode_path(path))
        for folder_id, path in db.execute("SELECT id, path FROM folders WHERE covered")
    ]
    # Parents before children; a plain sort of paths would put "a b" between "a" and "a/c".
    rows.sort(key=lambda row: Path(row[1]).parts)
    parents = {path: parent_of(path) for _, path in rows if path not in outermost}
    counts, present = _count(db, rows, parents)
    children: dict[str, list[FolderNode]] = defaultdict(list)
    for folder_id, path in reversed(rows):
        is_root = path not in parents
        if not is_root and not counts[path]:
            continue
        node = FolderNode(
            folder_id=folder_id,
            path=Path(path),
            count=counts[path],
            present=Path(path).is_dir() if is_root else path in present,
            children=tuple(reversed(children.pop(path, []))),
        )
        children["" if is_root else parents[path]].append(node)
    return tuple(reversed(children[""]))


def _count(
    db: sqlite3.Connection, rows: Sequence[tuple[FolderId, str]], parents: dict[str, str]
) -> tuple[Counter[str], set[str]]:
    """Return how many distinct photos each folder holds with those below, and which are there."""
    path_of = dict(rows)
    direct: Counter[str] = Counter()
    present: set[str] = set()
    for folder_id, number, is_present in db.execute(
        """
        SELECT f.folder_id, COUNT(DISTINCT f.photo_id), MIN(f.missing) = 0
        FROM files f JOIN photos p ON p.id = f.photo_id
        WHERE p.shown AND f.missing = p.missing AND f.status < 3 GROUP BY f.folder_id
        """
    ):
        if folder_id in path_of:
            direct[path_of[folder_id]] = number
            if is_present:
                present.add(path_of[folder_id])
    total = Counter(direct)
    for _, path in reversed(rows):
        if path in parents:
            total[parents[path]] += total[path]
            if path in present:
                present.add(parents[path])
    # A photo with files in several folders was counted once for each of them further up.
    for folders_of_one in _shared_photos(db, path_of):
        above = Counter(step for path in folders_of_one for step in _way_up(path, parents))
        total.subtract({path: times - 1 for path, times in above.items()})
    return total, present


def _way_up(path: str, parents: dict[str, str]) -> Iterator[str]:
    """Yield a folder and those that hold it, up to an outermost added one."""
    yield path
    while path in parents:
        path = parents[path]
        yield path


def _shared_photos(db: sqlite3.Connection, path_of: dict[FolderId, str]) -> list[set[str]]:
    """Return, for each photo with files in several folders, the paths of these."""
    folders_of: dict[int, set[str]] = defaultdict(set)
    for photo_id, folder_id in db.execute(
        """
        SELECT f.photo_id, f.folder_id FROM files f JOIN photos p ON p.id = f.photo_id
        WHERE p.shown AND f.missing = p.missing AND f.status < 3 AND f.photo_id IN (
            SELECT photo_id FROM files GROUP BY photo_id HAVING COUNT(*) > 1)
        """
    ):
        if folder_id in path_of:
            folders_of[photo_id].add(path_of[folder_id])
    return [folders for folders in folders_of.values() if len(folders) > 1]


def _cover_anew(tx: Transaction, folder: str, kind: ChangeKind, label: str) -> ChangeSet:
    """Bring everything in and below a folder in line with the added folders that there are."""
    all_roots = _root_paths(tx.db)
    rows = _rows_within(tx.db, folder)
    tx.db.executemany(
        "UPDATE folders SET covered = ?, label = ? WHERE id = ?",
        [
            (_outermost(path, all_roots) is not None, _label(path, all_roots), folder_id)
            for folder_id, path in rows
        ],
    )
    photo_ids = tx.db.execute(
        """
        SELECT DISTINCT photo_id FROM files WHERE folder_id IN (
            SELECT id FROM folders WHERE path = ? OR path >= ? AND path < ?)
        """,
        (encode_path(folder), *range_below(folder)),
    ).fetchall()
    faces.refresh(tx, [row[0] for row in photo_ids])
    return tx.changed([kind, ChangeKind.FOLDERS, ChangeKind.TAGS], everything=True, label=label)


def _rows_within(db: sqlite3.Connection, folder: str) -> list[tuple[FolderId, str]]:
    rows = db.execute(
        "SELECT id, path FROM folders WHERE path = ? OR path >= ? AND path < ?",
        (encode_path(folder), *range_below(folder)),
    )
    return [(folder_id, decode_path(path)) for folder_id, path in rows]


def _root_paths(db: sqlite3.Connection) -> list[str]:
    rows = db.execute("SELECT path FROM folders WHERE added ORDER BY path")
    return [decode_path(row[0]) for row in rows]


def _outermost(path: str, all_roots: Sequence[str]) -> str | None:
    """Return the shortest added folder that a path is or lies below."""
    return min((root for root in all_roots if lies_below(path, root)), key=len, default=None)


def _label(path: str, all_roots: Sequence[str]) -> str:
    """Return, for searching, the names a person knows a folder by: from the added one down."""
    root = _outermost(path, all_roots)
    if root is None:
        return ""
    return fold(path.removeprefix(prefix_of(parent_of(root))))
