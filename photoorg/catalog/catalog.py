"""The catalog as the other layers see it: every read and every write, and nothing of SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from photoorg.catalog import (
    albums,
    browse,
    company,
    descriptions,
    doctor,
    files,
    filters,
    folders,
    identity,
    lexical,
    operations,
    said,
    tags,
    tree_operations,
    vectors,
)
from photoorg.catalog.connection import ReaderPool, Remembered, current_revision
from photoorg.catalog.migrations import prepare_database
from photoorg.catalog.records import (
    Company,
    FailedFile,
    Finding,
    KnownFile,
    LexicalHit,
    PendingFile,
    PhotoWords,
    PreparedFile,
    RecognisedFile,
    Registered,
    SaidOfTag,
    SaidOfTags,
    StoreOutcome,
    VectorBatch,
)
from photoorg.catalog.writer import Transaction, Writer
from photoorg.core.albums import Album
from photoorg.core.changes import ChangeSet, Operation
from photoorg.core.conditions import Condition
from photoorg.core.errors import UsageProblem
from photoorg.core.ids import ContentHash, FileId, ModelKey, PhotoId, Revision
from photoorg.core.paths import CatalogPaths
from photoorg.core.records import (
    Failure,
    FolderNode,
    FoundFile,
    GridOutline,
    GridRow,
    PhotoDetails,
    PhotoScope,
    TagCount,
)

P = ParamSpec("P")
R = TypeVar("R")


class Catalog:
    """An open catalog; every method may be called from any thread.

    A read sees one committed state. A write blocks until it is committed, raises the revision by
    one if it changed anything, and returns what it changed. What a person does (`apply` and the
    folders) is synced to the disk before it returns; what a rescan would find again survives the
    death of the process, but the last of it may go with a power cut.

    Every method may raise `CatalogLocked` (another program writes for too long), `CatalogDamaged`
    (the file is malformed) or `EnvironmentProblem` (disk full, drive gone).
    """

    def __init__(self, paths: CatalogPaths, readers: ReaderPool, writer: Writer | None) -> None:
        """Take over open connections; use `Catalog.open`."""
        self._paths = paths
        self._readers = readers
        self._writer = writer
        self._order = browse.DateOrder()
        self._tags = Remembered(lambda connection: tuple(tags.counts(connection)))

    @classmethod
    def open(cls, paths: CatalogPaths, *, read_only: bool = False) -> Catalog:
        """Open a catalog; create or upgrade it unless `read_only`.

        Raises:
            CatalogTooNew: a newer photoorg wrote it.
            EnvironmentProblem: there is none to read, or the folder cannot be written.
        """
        prepare_database(paths, read_only=read_only)
        writer = None if read_only else Writer(paths.database)
        return cls(paths, ReaderPool(paths.database), writer)

    def close(self) -> None:
        """Finish the writes that wait, and let go of the file. A second call does nothing."""
        if self._writer is not None:
            self._writer.close()
        self._readers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def paths(self) -> CatalogPaths:
        return self._paths

    def subscribe(self, listener: Callable[[ChangeSet], None]) -> Callable[[], None]:
        """Tell `listener` every change made through this object; returns how to stop that.

        It is called on the writer's thread, in order of revision, before the write returns. So it
        must be quick, and it must not write.
        """
        if self._writer is None:
            return lambda: None
        return self._writer.subscribe(listener)

    # -- what the person does -----------------------------------------------------------------
    def apply(self, operation: Operation) -> ChangeSet:
        """Carry out an operation, and say how to take it back.

        Photos that were joined to others since are found under their new id; photos that are gone
        are passed over. Where nothing changes, the change set has no kinds and no inverse.

        Raises:
            UsageProblem: an empty tag name, an unknown tag, a name that is taken, a rating
                outside 0 to 5.
        """
        return self._write_durably(operations.apply_operation, operation)

    def add_folder(self, path: Path) -> ChangeSet:
        """Remember a folder; photos known from a time when it was part of it come back at once.

        Raises:
            UsageProblem: the path is not absolute.
        """
        return self._write_durably(folders.add_root, path)

    def remove_folder(self, path: Path) -> ChangeSet:
        """Forget a folder; its photos leave the library, but what is known of them is kept.

        Raises:
            UsageProblem: it is not one of the folders that were added.
        """
        return self._write_durably(folders.remove_root, path)

    # -- what a scan finds --------------------------------------------------------------------
    def register_files(self, root: Path, found: Sequence[FoundFile]) -> Registered:
        """Add files below an added folder as pending photos, dated by modification time.

        A path that is already known is taken as `update_files` would.

        Raises:
            UsageProblem: `root` is not part of the library, or a file does not lie below it.
        """
        return self._write(files.register, root, found)

    def update_files(self, found: Sequence[FoundFile]) -> Registered:
        """Note new sizes and times of known paths; those files are pending again.

        Raises:
            UsageProblem: a path is not known.
        """
        return self._write(files.update, found)

    def mark_missing(self, file_ids: Sequence[FileId]) -> ChangeSet:
        """Note that files are no longer there; what is known of their photos stays."""
        return self._write(files.mark_missing, file_ids, missing=True)

    def mark_present(self, file_ids: Sequence[FileId]) -> ChangeSet:
        """Note that files are there again, with the size and time that are known."""
        return self._write(files.mark_missing, file_ids, missing=False)

    def store_prepared(self, items: Sequence[PreparedFile]) -> StoreOutcome:
        """Store what reading files gave, and join each file to the photo that it shows."""
        return self._write(identity.store_prepared, items)

    def store_recognised(self, items: Sequence[RecognisedFile]) -> StoreOutcome:
        """Join files to photos whose bytes are known.

        A file whose hash is not known after all is left out of the outcomes and stays pending.
        """
        return self._write(identity.store_recognised, items)

    def store_failures(self, items: Sequence[FailedFile]) -> ChangeSet:
        """Note files that could not be read; they are tried again when they change."""
        return self._write(files.store_failures, items)

    def retry_failures(self) -> ChangeSet:
        """Make the failed files pending again, except those that are no photos."""
        return self._write(files.retry_failures)

    def store_vectors(
        self, model_key: ModelKey, photo_ids: Sequence[PhotoId], matrix: NDArray[np.float32]
    ) -> ChangeSet:
        """Store vectors as float16, in place of older ones of the same model.

        Photos that were joined to others since are found under their new id; photos that are gone
        are passed over.

        Args:
            model_key: what made them.
            photo_ids: n photos.
            matrix: float32 [n, d], row i belongs to `photo_ids[i]`.

        Raises:
            ValueError: shapes do not fit, or a value is not finite in float16.
        """
        return self._write(vectors.store, model_key, photo_ids, matrix)

    def forget_vectors(self, model_key: ModelKey) -> ChangeSet:
        """Forget the vectors of a model that is gone for good; indexes hear that they left."""
        return self._write(vectors.forget, model_key)

    # -- reads for scans and background work --------------------------------------------------
    def roots(self) -> tuple[Path, ...]:
        """Return the folders that the person added, in order of path."""
        return self._read(folders.roots)

    def known_files(self, root: Path) -> Mapping[str, KnownFile]:
        """Return what is known of every path in and below a folder, missing files included."""
        return self._read(files.known, root)

    def pending_files(self, limit: int | None = None) -> Sequence[PendingFile]:
        """Return files that wait to be read, most recently modified first."""
        return self._read(files.pending, limit)

    def missing_hashes(self) -> Mapping[tuple[int, int], frozenset[ContentHash]]:
        """Return the content hashes of vanished files by (size, modified_ns).

        A new file of the same size and time is most likely one of them that was moved.
        """
        return self._read(files.missing_hashes)

    def photos_without_vector(self, model_key: ModelKey) -> list[tuple[PhotoId, Path]]:
        """Return readable photos that have no vector of this model, with a path, newest first."""
        return self._read(vectors.photos_without, model_key)

    def failures(self) -> Sequence[Failure]:
        """Return the files that could not be read, those that are no photos last."""
        return self._read(files.failures)

    # -- vectors ------------------------------------------------------------------------------
    def vectors(
        self, model_key: ModelKey, photo_ids: Sequence[PhotoId]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return (ids int64 [n], vectors float32 [n, d]) in the order asked for.

        Photos without a vector are left out; d is 0 for a model that is not known.
        """
        return self._read(vectors.load, model_key, photo_ids)

    def vectors_since(
        self, model_key: ModelKey, revision: Revision, *, batch_size: int = 4096
    ) -> Iterator[VectorBatch]:
        """Yield the vectors of photos in the library that were stored after a revision.

        There is at least one batch, so the caller always learns the revision reached; all batches
        carry the same. A vector that changes in between is given as it is by then, and again
        next time. No transaction is held open between batches.

        Args:
            model_key: what made them.
            revision: 0 for everything.
            batch_size: vectors to hold in memory at once.
        """
        reached, ids, removed = self._read(vectors.changed_since, model_key, revision)
        for start in range(0, max(len(ids), 1), batch_size):
            found, matrix = self._read(vectors.load, model_key, ids[start : start + batch_size])
            yield VectorBatch(found, matrix, reached, removed)
            removed = removed[:0]

    def vectors_changed_since(
        self, model_key: ModelKey, revision: Revision
    ) -> tuple[Revision, NDArray[np.int64], NDArray[np.int64]]:
        """Return the revision reached, and the photos that got or lost a vector on the way."""
        return self._read(vectors.changed_since, model_key, revision)

    def vector_count(self, model_key: ModelKey) -> int:
        """Return how many photos in the library have a vector of this model."""
        return self._read(vectors.count, model_key)

    def vector_ids(self, model_key: ModelKey) -> NDArray[np.int64]:
        """Return the photos in the library that have a vector of this model, int64, ascending."""
        return self._read(vectors.photo_ids, model_key)

    # -- browsing -----------------------------------------------------------------------------
    def photo_ids(self, scope: PhotoScope) -> NDArray[np.int64]:
        """Return the photos of a scope, int64 [n], in the order of the grid."""
        return self._read(self._order.photo_ids, scope)

    def in_date_order(self, ids: NDArray[np.int64], *, newest_first: bool) -> NDArray[np.int64]:
        """Return those of some photos that the library shows, int64 [n], as the grid has them."""
        return self._read(self._order.sort, ids, newest_first=newest_first)

    def grid_outline(self, photo_ids: NDArray[np.int64]) -> GridOutline:
        """Return shape, day and colour of many tiles; unknown ids get zeros and `NO_DAY`."""
        return self._read(browse.grid_outline, photo_ids)

    def grid_rows(self, photo_ids: Sequence[PhotoId]) -> Sequence[GridRow]:
        """Return tiles in the order asked for; unknown ids are left out.

        `taken_at` is the date that the grid is ordered by: the file's modification time where the
        photo itself tells none.
        """
        return self._read(browse.grid_rows, photo_ids)

    def details(self, photo_id: PhotoId) -> PhotoDetails | None:
        """Return all that is known of a photo, or None where it is gone.

        `paths` are its files that are there, or where none is, those that are missing.
        """
        return self._read(browse.details, photo_id)

    def paths_of(self, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, Path]:
        """Return where each photo lies (the best of its files); unknown ids are left out."""
        return self._read(browse.paths_of, photo_ids)

    def photo_by_path(self, path: Path) -> PhotoId | None:
        """Return the photo of a file in the library, or None."""
        return self._read(browse.photo_by_path, path)

    def perceptual_hashes(
        self, photo_ids: Sequence[PhotoId] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """Return (ids int64 [n], hashes uint64 [n]) of those that have one; None asks for all."""
        return self._read(browse.perceptual_hashes, photo_ids)

    def folders(self) -> Sequence[FolderNode]:
        """Return the added folders with those below them and distinct photos counted.

        `present` says for an added folder whether it is there now, and for others whether it was
        when last scanned.
        """
        return self._read(folders.tree)

    # -- tags ---------------------------------------------------------------------------------
    def tags_in_use(self) -> Sequence[str]:
        """Return the tags of which something is said on photos in the library, in no order."""
        return self._read(tags.in_use)

    def tags(self) -> Sequence[TagCount]:
        """Return the confirmed tags of photos in the library, most used first."""
        return self._read(self._tags)

    def tag_states(self, photo_ids: Sequence[PhotoId]) -> Mapping[str, int]:
        """Return how many of these photos carry each tag, confirmed, in order of name."""
        return self._read(tags.counts_among, photo_ids)

    def complete_tag(self, prefix: str, limit: int = 8) -> Sequence[str]:
        """Return tags that begin with what was typed, then those that contain it."""
        return self._read(tags.complete, prefix, limit)

    def decided_tags(self, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, frozenset[str]]:
        """Return the tags that are decided, by all their names, for each of the photos.

        Those are the confirmed ones and the ones above them, and the rejected ones.
        """
        return self._read(tags.decided, photo_ids)

    def dismissed_proposals(self) -> frozenset[tuple[str, str, str]]:
        """Return the proposals about tags that are not wanted; see `is_dismissed`."""
        return self._read(tree_operations.dismissed)

    def confirmed_tags(self, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, frozenset[str]]:
        """Return the tags that each of the photos was given, by their own names alone."""
        return self._read(said.confirmed, photo_ids)

    def carried_tags(self, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, frozenset[str]]:
        """Return the tags that each photo was given, and those above, unless they were rejected."""
        return self._read(said.carried, photo_ids)

    def kept_tags(self, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, frozenset[str]]:
        """Return the tags of each photo that were doubted, and that the person stands by."""
        return self._read(said.kept, photo_ids)

    def said_of_tags(self) -> SaidOfTags:
        """Return all that is known of tags on photos in the library, and what follows of it.

        A photo with a tag has those above it, too, unless it was denied them.
        """
        return self._read(said.everything)

    def photos_rejecting(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Return the photos on which any of the tags was rejected, int64 [n], ascending."""
        return self._read(tags.photos_rejecting, names)

    def said_of_tag(self, tag: str) -> SaidOfTag:
        """Return the photos in the library that carry a tag, and those that were denied it."""
        return self._read(company.said_of, tag)

    def company(self, photo_id: PhotoId, tag: str) -> Sequence[Company]:
        """Return how often each tag of a photo stands together with another, on other photos."""
        return self._read(company.of_photo, photo_id, tag)

    def words_of(self, photo_ids: Sequence[PhotoId] | None = None) -> Sequence[PhotoWords]:
        """Return what is said of photos, in order of id; None asks for the whole library."""
        return self._read(descriptions.load, photo_ids)

    # -- searching ----------------------------------------------------------------------------
    def select(self, condition: Condition) -> NDArray[np.int64]:
        """Return the photos in the library that pass a filter, int64 [n], ascending."""
        return self._read(filters.select, condition)

    def count(self, condition: Condition) -> int:
        """Return how many photos in the library pass a filter."""
        return self._read(filters.count, condition)

    def cameras(self) -> Sequence[str]:
        """Return the names of the cameras of photos in the library, most photos first."""
        return self._read(browse.cameras)

    def albums(self) -> Sequence[Album]:
        """Return the smart albums in the person's order, not counted."""
        return self._read(albums.load)

    def lexical_search(self, words: Sequence[str], limit: int = 500) -> Sequence[LexicalHit]:
        """Return photos whose tags, captions, names or folders hold any of the words, best first.

        An entry of several words is a phrase. Bounded: of a word that is in very many photos only
        the newest few thousand are looked at.
        """
        return self._read(lexical.search, words, limit)

    # -- housekeeping -------------------------------------------------------------------------
    def revision(self) -> Revision:
        """Return the counter that every mutation raises by one, whichever process made it."""
        return self._read(current_revision)

    def data_version(self) -> int:
        """Return a number that changes when another process (or `Catalog`) has committed.

        Only values of the same `Catalog` object may be compared. It waits for a running write.
        """
        if self._writer is None:
            return self._readers.data_version()
        return self._writer.data_version()

    def check(self) -> Sequence[Finding]:
        """Look for everything that can be wrong with a catalog; takes seconds on a large one."""
        return doctor.check(self._paths.database)

    def repair(self) -> Sequence[Finding]:
        """Mend what can be mended, after keeping a copy; returns what was found.

        Raises:
            CatalogDamaged: the file itself is malformed.
        """
        doctor.keep_copy(self._paths, "before-repair")
        return self._write_durably(doctor.repair)

    def backup(self, path: Path) -> None:
        """Write a consistent copy while others go on reading and writing.

        Raises:
            UsageProblem: there is a file of that name.
            EnvironmentProblem: the copy cannot be written.
        """
        doctor.backup(self._paths.database, path)

    # -- plumbing -----------------------------------------------------------------------------
    def _read(
        self,
        query: Callable[Concatenate[sqlite3.Connection, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        with self._readers.snapshot() as connection:
            return query(connection, *args, **kwargs)

    def _write(
        self, change: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        return self._require_writer().run(lambda tx: change(tx, *args, **kwargs), durable=False)

    def _write_durably(
        self, change: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        return self._require_writer().run(lambda tx: change(tx, *args, **kwargs), durable=True)

    def _require_writer(self) -> Writer:
        if self._writer is None:
            raise UsageProblem("This catalog was opened for reading only.")
        return self._writer
