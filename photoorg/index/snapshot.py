"""Snapshots of an index that survive a crash at any point.

The data files of each snapshot have names of their own; the manifest names them and is replaced
atomically after they are on disk. So the manifest is the one point of commitment: before it is
replaced the old snapshot holds, after it the new one. Files that no manifest names are left over
from a crash and are deleted by the next write.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np

from photoorg.core.errors import EnvironmentProblem, PhotoorgError
from photoorg.core.ids import ModelKey, Revision
from photoorg.index.graph import Graph
from photoorg.index.rows import BLOCK_ROWS, FloatArray, IdArray, Rows, RowsView

MANIFEST = "manifest.json"
_FORMAT = 1
_METRIC = "cosine"
_CHUNK = 1 << 20
_DATA_FILE = re.compile(r"[0-9a-f]{16}\.(ids|vectors|graph|manifest\.json)")


class IndexProblem(PhotoorgError):
    """A snapshot cannot be used; the index has to be filled anew from the catalog."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A data file as the manifest knows it."""

    name: str
    size: int
    crc32: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot holds.

    Attributes:
        revision: the catalog's revision up to which the snapshot is complete.
        rows: rows written, dead ones included.
        count: living vectors.
        graph_rows: rows that the graph has taken in; 0 where there is no graph.
        files: by role: "ids", "vectors", and "graph" where there is one.
    """

    model_key: ModelKey
    dimension: int
    revision: Revision
    rows: int
    count: int
    graph_rows: int
    format: int = _FORMAT
    metric: str = _METRIC
    byte_order: str = sys.byteorder
    files: dict[str, StoredFile] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot in memory."""

    manifest: Manifest
    rows: Rows
    graph: Graph | None


class SnapshotWriter:
    """Writes one snapshot; what it wrote is deleted again unless `commit` is reached.

    Raises:
        EnvironmentProblem: on leaving, where the disk is full or the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._token = secrets.token_hex(8)
        self._graph: StoredFile | None = None

    def __enter__(self) -> Self:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._problem(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        if error is not None:
            self._delete(f"{self._token}.*", keep=frozenset())
        if isinstance(error, OSError):
            raise self._problem(error) from error

    def write_graph(self, graph: Graph) -> None:
        """Write the graph. Comes before `commit`, whose rows then know of every removal in it."""
        path = self._path("graph")
        try:
            graph.save(path)
        except RuntimeError as error:  # all that hnswlib says of a full disk
            raise OSError(str(error)) from error
        with path.open("rb+") as file:
            checksum = _checksum(file)
            os.fsync(file.fileno())
            self._graph = StoredFile(path.name, file.tell(), checksum)

    def commit(self, manifest: Manifest, view: RowsView) -> None:
        """Write the rows, and make this the folder's snapshot.

        Args:
            manifest: without files; `graph_rows` 0 leaves the graph out.
            view: the rows.
        """
        files = {
            "ids": _write(self._path("ids"), [np.where(view.alive, view.ids, -1).tobytes()]),
            "vectors": _write(self._path("vectors"), _parts(view)),
        }
        if self._graph is not None and manifest.graph_rows:
            files["graph"] = self._graph
        content = asdict(replace(manifest, files=files))
        fresh = self._path(MANIFEST)
        _write(fresh, [json.dumps(content, indent=2).encode()])
        _sync_folder(self._folder)
        fresh.replace(self._folder / MANIFEST)
        _sync_folder(self._folder)
        kept = frozenset(stored.name for stored in files.values())
        self._delete("*.*", keep=kept)

    def _path(self, role: str) -> Path:
        return self._folder / f"{self._token}.{role}"

    def _delete(self, pattern: str, *, keep: frozenset[str]) -> None:
        for path in self._folder.glob(pattern):
            if _DATA_FILE.fullmatch(path.name) and path.name not in keep:
                with contextlib.suppress(OSError):  # the next snapshot tries again
                    path.unlink()

    def _problem(self, error: OSError) -> EnvironmentProblem:
        return EnvironmentProblem(
            f"The search index cannot be written to {self._folder} ({error.strerror or error}).",
            "Free some space or mend the folder's permissions.",
        )


def read_snapshot(folder: Path, *, model_key: ModelKey, dimension: int) -> Snapshot | None:
    """Read a folder's snapshot; None where there is none.

    Raises:
        IndexProblem: it is damaged, or does not fit what is expected.
    """
    text = _manifest_text(folder)
    while text is not None:
        try:
            return _read(folder, _parse_manifest(text), model_key, dimension)
        except FileNotFoundError as error:
            # Another process may have put a newer snapshot here while this one was being read.
            before, text = text, _manifest_text(folder)
            if text == before:
                raise IndexProblem(f"The search index is damaged ({error}).") from error
        except (OSError, ValueError, RuntimeError) as error:
            raise IndexProblem(f"The search index is damaged ({error}).") from error
    return None


def _manifest_text(folder: Path) -> bytes | None:
    try:
        return (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise IndexProblem(f"The search index cannot be read ({error.strerror}).") from error


def _read(folder: Path, manifest: Manifest, model_key: ModelKey, dimension: int) -> Snapshot:
    expected = (_FORMAT, _METRIC, sys.byteorder, model_key, dimension)
    found = (
        manifest.format,
        manifest.metric,
        manifest.byte_order,
        manifest.model_key,
        manifest.dimension,
    )
    if found != expected:
        raise IndexProblem(f"The search index was made for {found}, not for {expected}.")
    ids = _read_ids(folder, manifest)
    rows = Rows.restore(dimension, _read_vectors(folder, manifest), ids)
    if rows.living != manifest.count:
        raise IndexProblem("The search index does not hold as many vectors as it says.")
    return Snapshot(manifest, rows, _read_graph(folder, manifest, ids))


# -- writing ----------------------------------------------------------------------------------
def _write(path: Path, parts: Iterable[bytes | memoryview]) -> StoredFile:
    size = checksum = 0
    with path.open("xb") as file:
        for part in parts:
            file.write(part)
            size += len(part)
            checksum = zlib.crc32(part, checksum)
        file.flush()
        os.fsync(file.fileno())
    return StoredFile(path.name, size, checksum)


def _parts(view: RowsView) -> Iterator[memoryview]:
    for number, block in enumerate(view.blocks):
        used = block[: max(0, view.count - number * BLOCK_ROWS)]
        if used.size:
            yield used.data.cast("B")


def _checksum(file: BinaryIO) -> int:
    checksum = 0
    while chunk := file.read(_CHUNK):
        checksum = zlib.crc32(chunk, checksum)
    return checksum


def _sync_folder(folder: Path) -> None:
    """Push names to the disk; Windows has no such call and does it by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# -- reading ----------------------------------------------------------------------------------
def _parse_manifest(text: bytes) -> Manifest:
    try:
        content: dict[str, Any] = json.loads(text)
        files = {role: StoredFile(**stored) for role, stored in content.pop("files").items()}
        manifest = Manifest(**content, files=files)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise IndexProblem(f"The search index has a damaged manifest ({error}).") from error
    numbers = (manifest.rows, manifest.count, manifest.graph_rows, manifest.revision)
    sensible = all(type(number) is int and number >= 0 for number in numbers)
    if not sensible or manifest.graph_rows > manifest.rows:
        raise IndexProblem("The search index has a damaged manifest (impossible numbers).")
    return manifest


def _open_checked(folder: Path, stored: StoredFile, expected_size: int | None = None) -> Path:
    if Path(stored.name).name != stored.name:
        raise IndexProblem("The search index names a file outside its folder.")
    path = folder / stored.name
    size = path.stat().st_size
    if size != stored.size or (expected_size is not None and size != expected_size):
        raise IndexProblem(f"The search index is damaged ({stored.name} has {size} bytes).")
    return path


def _check_sum(stored: StoredFile, checksum: int) -> None:
    if checksum != stored.crc32:
        raise IndexProblem(f"The search index is damaged (wrong checksum of {stored.name}).")


def _stored(manifest: Manifest, role: str) -> StoredFile:
    try:
        return manifest.files[role]
    except KeyError:
        raise IndexProblem(f"The search index lacks its {role}.") from None


def _read_ids(folder: Path, manifest: Manifest) -> IdArray:
    stored = _stored(manifest, "ids")
    content = _open_checked(folder, stored, manifest.rows * 8).read_bytes()
    _check_sum(stored, zlib.crc32(content))
    return np.frombuffer(content, dtype=np.int64).copy()


def _read_vectors(folder: Path, manifest: Manifest) -> list[FloatArray]:
    """Return the rows as blocks; full ones, to which nothing is written, are mapped from the file.

    Vectors that nobody asks for so take no memory, and the system may take back that of the others.
    """
    stored = _stored(manifest, "vectors")
    path = _open_checked(folder, stored, manifest.rows * manifest.dimension * 4)
    with path.open("rb") as file:
        _check_sum(stored, _checksum(file))
    if not manifest.rows:
        return []
    # Nobody changes the file: a newer snapshot has files of its own, and this one, even if it is
    # deleted, is there until the last who maps it is gone.
    mapped = np.asarray(
        np.memmap(path, np.float32, mode="r", shape=(manifest.rows, manifest.dimension))
    )
    full = manifest.rows - manifest.rows % BLOCK_ROWS
    blocks = [mapped[start : start + BLOCK_ROWS] for start in range(0, full, BLOCK_ROWS)]
    if full < manifest.rows:
        growing = np.empty((BLOCK_ROWS, manifest.dimension), dtype=np.float32)
        growing[: manifest.rows - full] = mapped[full:]
        blocks.append(growing)
    return blocks


def _read_graph(folder: Path, manifest: Manifest, ids: IdArray) -> Graph | None:
    if not manifest.graph_rows:
        return None
    stored = _stored(manifest, "graph")
    path = _open_checked(folder, stored)
    with path.open("rb") as file:
        _check_sum(stored, _checksum(file))
    living = ids >= 0
    living[manifest.graph_rows :] = False
    return Graph.load(path, manifest.dimension, living)
