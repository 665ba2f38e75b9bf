"""A navigable small-world graph that is searched while it grows.

Malkov & Yashunin 2018, "Efficient and robust approximate nearest neighbor search using
Hierarchical Navigable Small World graphs", in the implementation of hnswlib. hnswlib lets several
threads add, or several threads search, but not both at once, and nothing may run beside
`resize_index`; a lock that favours searches keeps these apart. Adding goes in small steps, so a
search never waits longer than for one step.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hnswlib
import numpy as np

from photoorg.index.rows import BoolArray, FloatArray, IdArray

_LINKS = 16
"""M: links of a node; 12 to 16 does for 128 to 256 dimensions."""

_EF_CONSTRUCTION = 100
"""Width of the search while building: 200 takes twice the time for no recall gained here."""

_EF_SEARCH = 128
"""Width of a search: recall@10 of 1.00 at 100,000 clustered vectors, in 1 ms."""

_SEED = 1
_GROWTH = 1.25


class SearchFirstLock:
    """Many searches at once, or one change; a change waits until no search is at work.

    Searches are short and asked for by a person, changes are background work, so searches go
    first.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._searching = 0
        self._changing = False

    @contextmanager
    def searching(self) -> Iterator[None]:
        with self._condition:
            self._searching += 1
            self._condition.wait_for(lambda: not self._changing)
        try:
            yield
        finally:
            with self._condition:
                self._searching -= 1
                self._condition.notify_all()

    @contextmanager
    def changing(self) -> Iterator[None]:
        with self._condition:
            self._condition.wait_for(lambda: not self._changing and self._searching == 0)
            self._changing = True
        try:
            yield
        finally:
            with self._condition:
                self._changing = False
                self._condition.notify_all()


class Graph:
    """HNSW over normalised vectors; labels are row numbers, and no label is ever used twice."""

    def __init__(self, index: hnswlib.Index, living: BoolArray) -> None:
        """Take over an index; `create` and `load` make one.

        Args:
            index: of hnswlib, for inner products.
            living: bool [n], which labels are there and not removed.
        """
        index.set_ef(_EF_SEARCH)
        self._index = index
        self._living = living
        self._count = int(np.count_nonzero(living))
        self._lock = SearchFirstLock()

    @classmethod
    def create(cls, dimension: int, capacity: int) -> Graph:
        """Return an empty graph that need not grow before it holds `capacity` rows."""
        index = hnswlib.Index("ip", dimension)
        index.init_index(capacity, M=_LINKS, ef_construction=_EF_CONSTRUCTION, random_seed=_SEED)
        return cls(index, np.zeros(capacity, dtype=np.bool_))

    @classmethod
    def load(cls, path: Path, dimension: int, living: BoolArray) -> Graph:
        """Read a graph that `save` wrote, after its checksum was found right.

        Args:
            path: the file.
            dimension: d.
            living: bool [n], which labels are there and not removed.

        Raises:
            RuntimeError: hnswlib cannot read it.
        """
        index = hnswlib.Index("ip", dimension)
        index.load_index(str(path), max_elements=len(living))
        return cls(index, living)

    def add(self, labels: IdArray, vectors: FloatArray) -> None:
        """Add vectors [n, d]; searches wait meanwhile, so keep n small."""
        if not len(labels):
            return
        top = int(labels.max()) + 1
        with self._lock.changing():
            if top > len(self._living):
                capacity = int(top * _GROWTH)
                self._index.resize_index(capacity)
                grown = np.zeros(capacity, dtype=np.bool_)
                grown[: len(self._living)] = self._living
                self._living = grown
            self._index.add_items(vectors, labels)
            self._living[labels] = True
            self._count += len(labels)

    def remove(self, labels: IdArray) -> None:
        """Take labels out of all answers; unknown and removed ones are no matter."""
        with self._lock.changing():
            known = labels[labels < len(self._living)]
            known = known[self._living[known]]
            for label in known.tolist():
                self._index.mark_deleted(label)
            self._living[known] = False
            self._count -= len(known)

    def search(self, query: FloatArray, count: int) -> tuple[IdArray, FloatArray] | None:
        """Return up to `count` labels with their cosines, best first.

        Returns:
            None where the graph does not lead to `count` living nodes (hnswlib gives all or
            nothing); the caller then searches exactly.
        """
        with self._lock.searching():
            wanted = min(count, self._count)
            if wanted == 0:
                return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
            # hnswlib widens a search to k where k is larger; the surplus keeps recall at the tail.
            reach = min(self._count, wanted + wanted // 4)
            try:
                labels, distances = self._index.knn_query(query[None, :], k=reach, num_threads=1)
            except RuntimeError:
                return None
        return labels[0, :wanted].astype(np.int64), 1.0 - distances[0, :wanted]

    def save(self, path: Path) -> None:
        """Write the graph; additions wait meanwhile, searches do not."""
        with self._lock.searching():
            self._index.save_index(str(path))
