"""The pipeline from files to vectors: decoders, catalog, encoder, catalog, with bounded look-ahead.

Everything that is done is in the catalog within half a second, and what is left to do is read
from it, so a run that was cancelled or killed goes on where it was.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from photoorg.catalog.catalog import Catalog
from photoorg.catalog.records import (
    FailedFile,
    FileOutcome,
    PendingFile,
    PreparedFile,
    RecognisedFile,
    StoredFile,
)
from photoorg.core.errors import (
    Cancelled,
    EnvironmentProblem,
    MediaProblem,
    PhotoorgError,
    UnsupportedMedia,
)
from photoorg.core.ids import ContentHash, PhotoId
from photoorg.core.progress import CancelToken
from photoorg.jobs.messages import EncodeSlots, FileReply, PrepareFile, PrepareInput
from photoorg.jobs.pool import RequestKilledWorker, WorkerBug
from photoorg.jobs.workers import RESERVED_SLOTS, Workers

logger = logging.getLogger(__name__)

ENCODE_BATCH = 16
"""Photos in one request to the encoder; larger ones gain nothing and delay a person's own."""

ENCODE_REQUESTS = 2
"""Requests that the encoder may have before it, so that it never waits for this thread."""

REQUESTS_PER_DECODER = 2

STORE_EVERY_SECONDS = 0.25
STORE_EVERY_ITEMS = 128


@dataclass(frozen=True, slots=True)
class _SecondLook:
    """A photo that is in the catalog and lacks only its vector."""

    photo_id: PhotoId
    path: Path


@dataclass(frozen=True, slots=True)
class _EncodeJob:
    """Photos whose inputs lie in slots."""

    photo_ids: tuple[PhotoId, ...]
    slots: tuple[int, ...]


_DecodeJob: TypeAlias = PendingFile | _SecondLook


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A decoder's answer, or its failure."""

    job: _DecodeJob
    slot: int
    future: Future[Any]


@dataclass(frozen=True, slots=True)
class _Encoded:
    """The encoder's answer, or its failure."""

    job: _EncodeJob
    future: Future[Any]


@dataclass(slots=True)
class Tally:
    """What a run has done so far.

    Attributes:
        to_read: files that have to be read.
        to_encode: photos that have to be encoded, as far as known.
    """

    to_read: int = 0
    to_encode: int = 0
    read: int = 0
    encoded: int = 0
    new: int = 0
    changed: int = 0
    moved: int = 0
    failed: int = 0
    unsupported: int = 0


class VisibleFirst:
    """Photos that somebody is looking at, told from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: tuple[PhotoId, ...] = ()

    def set(self, photo_ids: Sequence[PhotoId]) -> None:
        with self._lock:
            self._wanted = tuple(photo_ids)

    def get(self) -> tuple[PhotoId, ...]:
        with self._lock:
            return self._wanted


class Ingest:
    """One run over all that is pending in the catalog."""

    def __init__(
        self,
        catalog: Catalog,
        workers: Workers,
        token: CancelToken,
        visible: VisibleFirst,
        on_tally: Callable[[Tally], None],
        *,
        read_files: bool = True,
    ) -> None:
        """Prepare a run.

        Args:
            catalog: says what is pending, and gets what comes of it.
            workers: processes to use; they also say which vectors are computed.
            token: to pause and stop.
            visible: photos to read first.
            on_tally: told often how far it is.
            read_files: whether to read what was found but not read; else only the vectors of
                photos that were read before are computed.
        """
        self._read_files = read_files
        self._catalog = catalog
        self._workers = workers
        self._token = token
        self._visible = visible
        self._on_tally = on_tally
        self._model_key = workers.visual.key
        self._arrivals: queue.SimpleQueue[_Decoded | _Encoded] = queue.SimpleQueue()
        self._to_read: dict[PhotoId, deque[PendingFile]] = {}
        self._to_decode: deque[_SecondLook] = deque()
        self._to_encode: deque[tuple[PhotoId, int]] = deque()
        self._decoding = 0
        self._encoding = 0
        self._prepared: list[tuple[PreparedFile, int]] = []
        self._recognised: list[RecognisedFile] = []
        self._failures: list[FailedFile] = []
        self._vectors: list[tuple[tuple[PhotoId, ...], NDArray[np.float32]]] = []
        self._last_store = time.monotonic()
        self._vanished: dict[tuple[int, int], frozenset[ContentHash]] = {}
        self.tally = Tally()

    def run(self) -> Tally:
        """Work until nothing is left.

        Raises:
            Cancelled: the token was cancelled; all that was finished is stored.
            EnvironmentProblem: disk full, catalog locked, no worker starts.
        """
        self._plan()
        try:
            while self._feed():
                self._handle_arrivals()
                self._store_if_due()
                self._on_tally(self.tally)
                self._wait_if_paused()
        finally:
            self._drain()
            self._store()
            self._release()
            self._on_tally(self.tally)
        return self.tally

    # -- deciding what is next --------------------------------------------------------------
    def _plan(self) -> None:
        for pending in self._catalog.pending_files() if self._read_files else ():
            self._to_read.setdefault(pending.photo_id, deque()).append(pending)
            self.tally.to_read += 1
        self._vanished = dict(self._catalog.missing_hashes())
        self._to_decode.extend(
            _SecondLook(photo_id, path)
            for photo_id, path in self._catalog.photos_without_vector(self._model_key)
        )
        self.tally.to_encode = len(self._to_decode)
        if self._to_read or self._to_decode:
            self._workers.start()

    def _feed(self) -> bool:
        """Keep the workers busy; return whether anything is left to wait for."""
        room = REQUESTS_PER_DECODER * self._workers.decoders.count
        while self._decoding < room and (self._to_read or self._to_decode):
            slot = self._workers.slots.take(reserve=RESERVED_SLOTS)
            if slot is None:
                break
            self._decode(self._next_job(), slot)
        nothing_decoding = not (self._decoding or self._to_read or self._to_decode)
        flush = nothing_decoding and not self._prepared  # a last, smaller batch
        while self._encoding < ENCODE_REQUESTS and (
            len(self._to_encode) >= ENCODE_BATCH or (flush and self._to_encode)
        ):
            self._encode(min(ENCODE_BATCH, len(self._to_encode)))
        return bool(
            self._decoding or self._encoding or self._to_encode or self._unwritten or self._vectors
        )

    def _next_job(self) -> _DecodeJob:
        if not self._to_read:
            return self._to_decode.popleft()
        wanted = next((photo for photo in self._visible.get() if photo in self._to_read), None)
        photo_id = next(iter(self._to_read)) if wanted is None else wanted
        files = self._to_read[photo_id]
        pending = files.popleft()
        if not files:
            del self._to_read[photo_id]
        return pending

    def _decode(self, job: _DecodeJob, slot: int) -> None:
        request: PrepareFile | PrepareInput
        if isinstance(job, PendingFile):
            stamp = (job.found.size, job.found.modified_ns)
            hashes = self._vanished.get(stamp, frozenset())
            request = PrepareFile(str(job.found.path), slot, hashes)
        else:
            request = PrepareInput(str(job.path), slot)
        self._decoding += 1
        future = self._workers.decoders.submit(request)
        future.add_done_callback(lambda done: self._arrivals.put(_Decoded(job, slot, done)))

    def _encode(self, count: int) -> None:
        batch = [self._to_encode.popleft() for _ in range(count)]
        self._submit_encode(
            _EncodeJob(tuple(photo for photo, _ in batch), tuple(slot for _, slot in batch))
        )

    def _submit_encode(self, job: _EncodeJob) -> None:
        self._encoding += 1
        future = self._workers.encoder.submit(EncodeSlots(job.slots))
        future.add_done_callback(lambda done: self._arrivals.put(_Encoded(job, done)))

    # -- taking in what came back -----------------------------------------------------------
    def _handle_arrivals(self) -> None:
        """Wait a moment for the first answer, then take all that are there."""
        try:
            arrival = self._arrivals.get(timeout=0.05)
            while True:
                self._handle(arrival)
                arrival = self._arrivals.get_nowait()
        except queue.Empty:
            return

    def _handle(self, arrival: _Decoded | _Encoded) -> None:
        if isinstance(arrival, _Encoded):
            self._encoding -= 1
            self._take_vectors(arrival.job, arrival.future)
            return
        self._decoding -= 1
        error = arrival.future.exception()
        if error is not None:
            self._workers.slots.give_back(arrival.slot)
            self._take_failure(arrival.job, error)
        elif isinstance(arrival.job, _SecondLook):
            self._to_encode.append((arrival.job.photo_id, arrival.slot))
        else:
            self._take_file(arrival.job, arrival.slot, arrival.future.result())

    def _take_file(self, job: PendingFile, slot: int, reply: FileReply) -> None:
        self.tally.read += 1
        if reply.photo is None:
            self._workers.slots.give_back(slot)
            self._recognised.append(RecognisedFile(job.file_id, job.found, reply.content_hash))
        else:
            self._prepared.append((PreparedFile(job.file_id, job.found, reply.photo), slot))

    def _take_failure(self, job: _DecodeJob, error: BaseException) -> None:
        if isinstance(error, (Cancelled, EnvironmentProblem)) or not isinstance(
            error, PhotoorgError
        ):
            raise error
        if isinstance(job, _SecondLook):
            # It was read before and changed or vanished since; the next scan sees to it.
            logger.warning("cannot look at %s again: %s", job.path, error)
            self.tally.to_encode -= 1
            return
        self.tally.read += 1
        unsupported = isinstance(error, UnsupportedMedia)
        if unsupported:
            self.tally.unsupported += 1
        else:
            self.tally.failed += 1
        self._failures.append(FailedFile(job.file_id, job.found, _reason(error), unsupported))

    def _take_vectors(self, job: _EncodeJob, future: Future[Any]) -> None:
        error = future.exception()
        if isinstance(error, RequestKilledWorker) and len(job.slots) > 1:
            for photo_id, slot in zip(job.photo_ids, job.slots, strict=True):
                self._submit_encode(_EncodeJob((photo_id,), (slot,)))
            return
        for slot in job.slots:
            self._workers.slots.give_back(slot)
        if isinstance(error, (RequestKilledWorker, WorkerBug)):
            logger.error("no vector for photos %s: %s", job.photo_ids, error)
            self.tally.failed += len(job.photo_ids)
            return
        if error is not None:
            raise error
        self._vectors.append((job.photo_ids, future.result()))

    # -- writing down -----------------------------------------------------------------------
    @property
    def _unwritten(self) -> int:
        return len(self._prepared) + len(self._recognised) + len(self._failures)

    def _store_if_due(self) -> None:
        waiting = self._unwritten + ENCODE_BATCH * len(self._vectors)
        age = time.monotonic() - self._last_store
        idle = not self._decoding and not self._encoding
        if waiting and (waiting >= STORE_EVERY_ITEMS or age >= STORE_EVERY_SECONDS or idle):
            self._store()

    def _store(self) -> None:
        """Write all that has come back; from here on a crash does not cost it."""
        self._last_store = time.monotonic()
        prepared, self._prepared = self._prepared, []
        recognised, self._recognised = self._recognised, []
        failures, self._failures = self._failures, []
        vectors, self._vectors = self._vectors, []
        if failures:
            self._catalog.store_failures(failures)
        if recognised:
            self._count(self._catalog.store_recognised(recognised).outcomes)
        if prepared:
            self._store_prepared(prepared)
        if vectors:
            photo_ids = [photo for photos, _ in vectors for photo in photos]
            matrix = np.concatenate([matrix for _, matrix in vectors])
            self._catalog.store_vectors(self._model_key, photo_ids, matrix)
            self.tally.encoded += len(photo_ids)

    def _store_prepared(self, prepared: Sequence[tuple[PreparedFile, int]]) -> None:
        outcomes = self._catalog.store_prepared([file for file, _ in prepared]).outcomes
        self._count(outcomes)
        photos = {stored.file_id: stored.photo_id for stored in outcomes}
        known = self._with_vectors(
            stored.photo_id for stored in outcomes if stored.outcome is not FileOutcome.NEW
        )
        for file, slot in prepared:
            photo_id = photos.get(file.file_id)
            if photo_id is None or photo_id in known:
                self._workers.slots.give_back(slot)
            else:
                known.add(photo_id)  # two copies in one batch need one vector
                self._to_encode.append((photo_id, slot))
                self.tally.to_encode += 1

    def _with_vectors(self, photo_ids: Iterable[PhotoId]) -> set[PhotoId]:
        wanted = list(photo_ids)
        if not wanted:
            return set()
        ids, _ = self._catalog.vectors(self._model_key, wanted)
        return {PhotoId(int(photo_id)) for photo_id in ids}

    def _count(self, outcomes: Iterable[StoredFile]) -> None:
        for stored in outcomes:
            match stored.outcome:
                case FileOutcome.NEW | FileOutcome.DUPLICATE:
                    self.tally.new += 1
                case FileOutcome.CHANGED:
                    self.tally.changed += 1
                case FileOutcome.MOVED:
                    self.tally.moved += 1
                case FileOutcome.UNCHANGED:
                    pass

    # -- stopping ---------------------------------------------------------------------------
    def _wait_if_paused(self) -> None:
        if self._token.paused:
            self._store()
            self._on_tally(self.tally)
        self._token.check()

    def _drain(self) -> None:
        """Wait for what the workers still have, and keep the vectors among it."""
        while self._decoding or self._encoding:
            arrival = self._arrivals.get()
            if isinstance(arrival, _Decoded):
                self._decoding -= 1
                self._workers.slots.give_back(arrival.slot)
                continue
            self._encoding -= 1
            for slot in arrival.job.slots:
                self._workers.slots.give_back(slot)
            if arrival.future.exception() is None:
                self._vectors.append((arrival.job.photo_ids, arrival.future.result()))

    def _release(self) -> None:
        for _, slot in self._to_encode:
            self._workers.slots.give_back(slot)
        self._to_encode.clear()


def _reason(error: PhotoorgError) -> str:
    """Put a failure in words for a person."""
    if isinstance(error, RequestKilledWorker):
        return f"Reading it ended the program that reads photos ({error.message})."
    if isinstance(error, MediaProblem):
        return error.message
    return str(error)
