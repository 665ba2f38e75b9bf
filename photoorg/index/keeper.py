"""Keeps indexes in step with the vectors that a catalog holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from photoorg.core.ids import ModelKey, Revision
from photoorg.core.progress import CancelToken
from photoorg.index.rows import FloatArray, IdArray
from photoorg.index.snapshot import IndexProblem
from photoorg.index.vector_index import VectorIndex


class Batch(Protocol):
    """Changes to the vectors of one model; `photoorg.catalog.records.VectorBatch` is one."""

    @property
    def ids(self) -> IdArray:
        """int64 [n], photos with a new vector."""

    @property
    def matrix(self) -> FloatArray:
        """float32 [n, d]."""

    @property
    def revision(self) -> Revision:
        """Where to go on after the last batch."""

    @property
    def removed(self) -> IdArray:
        """int64 [m], photos that lost their vector; disjoint from all `ids`."""


class VectorSource(Protocol):
    """Where vectors come from; `photoorg.catalog.Catalog` is one."""

    def revision(self) -> Revision:
        """Return the present revision."""

    def vectors_since(self, model_key: ModelKey, revision: Revision) -> Iterable[Batch]:
        """Yield what changed after a revision: at least one batch, all of the same revision."""


@dataclass(frozen=True, slots=True)
class Target:
    """An index to be kept.

    Attributes:
        name: the folder of its snapshot, below the keeper's.
        dimension: of the index's vectors.
        model_key: what the index's vectors are made with, `transform` included.
        transform: float32 [n, d of the source] -> float32 [n, dimension].
    """

    name: str
    dimension: int
    model_key: ModelKey
    transform: Callable[[FloatArray], FloatArray]


class IndexKeeper:
    """Several indexes over the same stored vectors, which are read once for all of them.

    Call `catch_up` at the start and whenever the catalog says that vectors changed, `build` in the
    background after it, and `save` now and then and at the end. All may be called from any thread;
    searches in `indexes` never wait for them.

    Args:
        source: the catalog.
        source_key: which of its vectors.
        targets: the indexes.
        folder: where their snapshots are; None keeps none.
    """

    def __init__(
        self,
        source: VectorSource,
        source_key: ModelKey,
        targets: Sequence[Target],
        folder: Path | None,
    ) -> None:
        self.problems: list[str] = []
        self._source = source
        self._source_key = source_key
        self._targets = tuple(targets)
        self._folder = folder
        self._following = threading.Lock()
        loaded = [self._load(target) for target in self._targets]
        self.indexes = {
            target.name: index for target, (index, _) in zip(self._targets, loaded, strict=True)
        }
        self._revision = min((revision for _, revision in loaded), default=Revision(0))
        self._saved = self._revision

    @property
    def source_key(self) -> ModelKey:
        """Which of the catalog's vectors the indexes are made from."""
        return self._source_key

    @property
    def revision(self) -> Revision:
        """The catalog's revision up to which the indexes have heard of everything."""
        return self._revision

    def _load(self, target: Target) -> tuple[VectorIndex, Revision]:
        if self._folder is not None:
            try:
                loaded = VectorIndex.load(
                    self._folder / target.name, target.dimension, model_key=target.model_key
                )
            except IndexProblem as problem:
                self.problems.append(str(problem))
            else:
                if loaded is not None and loaded[1] <= self._source.revision():
                    return loaded
        # Nothing usable, or the catalog was put back to an older state.
        return VectorIndex(target.dimension, model_key=target.model_key), Revision(0)

    def catch_up(self, token: CancelToken | None = None) -> int:
        """Take in all vectors that are newer than the indexes, and drop those that are gone.

        Returns:
            How many vectors were taken in or dropped.

        Raises:
            Cancelled: through the token; a later call takes in the same vectors again.
        """
        changed = 0
        with self._following:
            reached = self._revision
            for batch in self._source.vectors_since(self._source_key, self._revision):
                if token is not None:
                    token.check()
                self._take_in(batch)
                changed += len(batch.ids) + len(batch.removed)
                reached = batch.revision
            self._revision = reached
        return changed

    def _take_in(self, batch: Batch) -> None:
        for target in self._targets:
            index = self.indexes[target.name]
            index.remove(batch.removed)
            if len(batch.ids):
                index.add(batch.ids, target.transform(batch.matrix))

    def build(self, token: CancelToken | None = None) -> None:
        """Finish the graphs of indexes that are large enough for one.

        Raises:
            Cancelled: through the token; a later call goes on from there.
        """
        for index in self.indexes.values():
            while index.build_step():
                if token is not None:
                    token.check()

    def save(self) -> None:
        """Write snapshots, where anything changed since the last ones.

        Raises:
            EnvironmentProblem: the disk is full or the folder cannot be written.
        """
        if self._folder is None:
            return
        with self._following:
            if self._revision == self._saved:
                return
            for target in self._targets:
                self.indexes[target.name].save(self._folder / target.name, self._revision)
            self._saved = self._revision
