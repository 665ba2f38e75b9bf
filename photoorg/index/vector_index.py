"""The vectors of a library, searched by cosine."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photoorg.core.ids import ModelKey, Revision
from photoorg.index.graph import Graph
from photoorg.index.rows import BoolArray, FloatArray, IdArray, Rows, RowsView
from photoorg.index.snapshot import Manifest, Snapshot, SnapshotWriter, read_snapshot

EXACT_LIMIT = 150_000
"""Up to here every search is exact.

The design's figures for two idle cores and 256 dimensions are 3 ms at 100,000 rows and 69 ms at a
million, so the budget of 20 ms is kept up to here without a graph, which at 100,000 rows was
measured to cost 135 MB more and minutes to build.
"""

_HYSTERESIS = 0.8
"""Only below this share of the limit is a graph dropped, so that it is not built time and again."""

_SPOILED = 0.3
"""Above this share of dead rows, the rows are written anew."""

_STEP_ROWS = 32
"""Rows that one step adds to the graph; a search may have to wait for one step."""


class VectorIndex:
    """L2-normalised float32 vectors by photo id. Every method may be called from any thread.

    Fresh vectors are found from the moment that `add` returns. Above `exact_limit` a graph answers
    for the rows that `build_step` has put into it so far and exact search for the rest, so
    somebody has to call `build_step` in the background until it returns 0 (see `IndexKeeper`).

    Args:
        dimension: d.
        model_key: what made the vectors.
        exact_limit: number of vectors up to which there is no graph.
    """

    def __init__(
        self, dimension: int, *, model_key: ModelKey, exact_limit: int = EXACT_LIMIT
    ) -> None:
        self.dimension = dimension
        self.model_key = model_key
        self.exact_limit = exact_limit
        self._rows = Rows(dimension)
        self._graph: Graph | None = None
        self._graph_rows = 0
        self._state = threading.Lock()  # guards the three above; held for microseconds
        self._building = threading.Lock()  # one builder or saver at a time; taken before _state

    def __len__(self) -> int:
        with self._state:
            return self._rows.living

    def __contains__(self, photo_id: object) -> bool:
        if not isinstance(photo_id, int | np.integer):
            return False
        with self._state:
            return bool(len(self._rows.rows_of(np.array([photo_id], dtype=np.int64))))

    # -- changing ---------------------------------------------------------------------------
    def add(self, ids: NDArray[np.int64], vectors: FloatArray) -> None:
        """Add vectors, or put new ones in the place of those that the ids have.

        Args:
            ids: int64 [n]; where one occurs twice the last counts.
            vectors: float32 [n, d] of any length; a zero vector matches nothing.

        Raises:
            ValueError: shapes do not fit, a number is not finite, or an id is negative.
        """
        ids = np.asarray(ids, dtype=np.int64)
        vectors = self._normalised(vectors)
        if ids.shape != vectors.shape[:1]:
            raise ValueError(f"{ids.shape} ids for vectors of shape {vectors.shape}")
        from_the_end = np.unique(ids[::-1], return_index=True)[1]
        if len(from_the_end) != len(ids):
            keep = np.sort(len(ids) - 1 - from_the_end)
            ids, vectors = ids[keep], vectors[keep]
        with self._state:
            killed = self._rows.append(ids, vectors)
            graph = self._after_kills()
        if graph is not None:
            graph.remove(killed)

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Forget vectors; unknown ids are no matter."""
        with self._state:
            killed = self._rows.remove(np.asarray(ids, dtype=np.int64))
            graph = self._after_kills()
        if graph is not None:
            graph.remove(killed)

    def build_step(self, rows: int = _STEP_ROWS) -> int:
        """Put some more vectors into the graph, where there are enough for one.

        Returns:
            How many rows are still to come; 0 when there is nothing to do.
        """
        with self._building:
            with self._state:
                if self._rows.living <= self.exact_limit and self._graph is None:
                    return 0
                if self._graph is None:
                    self._graph = Graph.create(self.dimension, int(self._rows.count * 1.25))
                    self._graph_rows = 0
                graph, start, view = self._graph, self._graph_rows, self._rows.view()
            stop = min(start + rows, view.count)
            labels = start + np.flatnonzero(view.alive[start:stop])
            graph.add(labels, view.vectors(labels))
            with self._state:
                if self._graph is not graph:  # the rows were written anew meanwhile
                    return self._rows.count
                self._graph_rows = stop
                now = self._rows.view()
            graph.remove(labels[~now.alive[labels]])
            return now.count - stop

    def _after_kills(self) -> Graph | None:
        """Tidy up after rows died, under the lock; return the graph that must forget them."""
        rows = self._rows
        if self._graph is not None and rows.living < _HYSTERESIS * self.exact_limit:
            self._graph, self._graph_rows = None, 0
        if rows.dead > max(1024, _SPOILED * rows.count):
            self._rows = rows.compacted()
            self._graph, self._graph_rows = None, 0
        return self._graph

    # -- asking -----------------------------------------------------------------------------
    def search(
        self, query: FloatArray, k: int, allowed: NDArray[np.int64] | None = None
    ) -> tuple[IdArray, FloatArray]:
        """Return the nearest vectors, best first.

        Args:
            query: float32 [d] or [n, d], of any length.
            k: how many are wanted.
            allowed: only these ids; None for all.

        Returns:
            ids int64 and cosines float32, [m] for one query with m <= k; [n, k] for several, where
            rows with fewer answers are filled up with id -1 and cosine -inf.
        """
        query = np.asarray(query, dtype=np.float32)
        if query.ndim == 1:
            return self._search_one(self._normalised(query[None, :])[0], k, allowed)
        ids = np.full((len(query), k), -1, dtype=np.int64)
        cosines = np.full((len(query), k), -np.inf, dtype=np.float32)
        for row, one in enumerate(self._normalised(query)):
            found, scores = self._search_one(one, k, allowed)
            ids[row, : len(found)], cosines[row, : len(found)] = found, scores
        return ids, cosines

    def scores(self, query: FloatArray) -> tuple[IdArray, FloatArray]:
        """Return the exact cosine with every vector, in no order that matters.

        Args:
            query: float32 [d], or [m, d] for several at once.

        Returns:
            ids int64 [n]; cosines float32 [n], or [m, n] for several queries.
        """
        query = np.asarray(query, dtype=np.float32)
        view, _, _ = self._moment()
        scores = view.scores(self._normalised(np.atleast_2d(query)))
        if view.alive.all():
            ids = view.ids.copy()
        else:
            ids, scores = view.ids[view.alive], scores[:, view.alive]
        return ids, scores if query.ndim == 2 else scores[0]

    def vectors(self, ids: NDArray[np.int64]) -> tuple[IdArray, FloatArray]:
        """Return those ids that are there, int64 [n], and their vectors, float32 [n, d]."""
        with self._state:
            view, rows = self._rows.view(), self._rows.rows_of(np.asarray(ids, dtype=np.int64))
        return view.ids[rows], view.vectors(rows).reshape(len(rows), self.dimension)

    def ids(self) -> IdArray:
        """Return all ids, int64 [n]."""
        view, _, _ = self._moment()
        return view.ids[view.alive]

    def _moment(self) -> tuple[RowsView, Graph | None, int]:
        with self._state:
            return self._rows.view(), self._graph, self._graph_rows

    def _search_one(
        self, query: FloatArray, k: int, allowed: NDArray[np.int64] | None
    ) -> tuple[IdArray, FloatArray]:
        if allowed is None:
            view, graph, graph_rows = self._moment()
            mask = view.alive
        else:
            with self._state:
                view, graph, graph_rows = self._rows.view(), self._graph, self._graph_rows
                rows = self._rows.rows_of(np.asarray(allowed, dtype=np.int64))
            if graph is None or len(rows) <= self.exact_limit:
                return _best(view.ids[rows], view.scores_of(query, rows), k)
            mask = np.zeros(view.count, dtype=np.bool_)
            mask[rows] = True
        if graph is not None and graph_rows > view.count // 2:
            found = _search_graph(graph, graph_rows, view, query, k, mask)
            if found is not None:
                return found
        scores = view.scores(query[None, :])[0]
        if mask.all():
            return _best(view.ids, scores, k)
        return _best(view.ids[mask], scores[mask], k)

    def _normalised(self, vectors: FloatArray) -> FloatArray:
        vectors = np.asarray(vectors, dtype=np.float32)
        if vectors.ndim != 2 or vectors.shape[1] != self.dimension:
            raise ValueError(f"expected vectors of [n, {self.dimension}], got {vectors.shape}")
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(norms).all():
            raise ValueError("a vector holds a number that is not finite")
        normalised: FloatArray = vectors / np.maximum(norms, np.finfo(np.float32).tiny)
        return normalised

    # -- snapshots --------------------------------------------------------------------------
    def save(self, folder: Path, revision: Revision) -> None:
        """Write all to a folder so that a crash at any point leaves the old or this snapshot.

        Args:
            folder: made where it is not there; holds nothing but this index.
            revision: the catalog's revision up to which the index has heard of everything.

        Raises:
            EnvironmentProblem: the disk is full or the folder cannot be written.
        """
        with self._building, SnapshotWriter(folder) as writer:
            _, graph, _ = self._moment()
            if graph is not None:
                writer.write_graph(graph)
            view, still, graph_rows = self._moment()
            manifest = Manifest(
                model_key=self.model_key,
                dimension=self.dimension,
                revision=revision,
                rows=view.count,
                count=int(np.count_nonzero(view.alive)),
                graph_rows=graph_rows if still is graph else 0,
            )
            writer.commit(manifest, view)

    @classmethod
    def load(
        cls,
        folder: Path,
        dimension: int,
        *,
        model_key: ModelKey,
        exact_limit: int = EXACT_LIMIT,
    ) -> tuple[VectorIndex, Revision] | None:
        """Read what `save` wrote.

        Args:
            folder: the snapshot's folder.
            dimension: d that is expected.
            model_key: key that is expected.
            exact_limit: see the class.

        Returns:
            The index and the revision that it was saved with, or None where there is no snapshot.

        Raises:
            IndexProblem: the snapshot is damaged or made by another model, so the index has to be
                filled anew.
        """
        snapshot = read_snapshot(folder, model_key=model_key, dimension=dimension)
        if snapshot is None:
            return None
        index = cls(dimension, model_key=model_key, exact_limit=exact_limit)
        index._adopt(snapshot)
        return index, snapshot.manifest.revision

    def _adopt(self, snapshot: Snapshot) -> None:
        self._rows = snapshot.rows
        if snapshot.graph is not None and self._rows.living > _HYSTERESIS * self.exact_limit:
            self._graph, self._graph_rows = snapshot.graph, snapshot.manifest.graph_rows


def _best(ids: IdArray, scores: FloatArray, k: int) -> tuple[IdArray, FloatArray]:
    """Return the k highest scores with their ids, best first; equal scores by id."""
    if k < len(scores):
        top = np.argpartition(-scores, k)[:k] if k > 0 else np.empty(0, dtype=np.intp)
        ids, scores = ids[top], scores[top]
    order = np.lexsort((ids, -scores))
    return ids[order], scores[order]


def _search_graph(
    graph: Graph, graph_rows: int, view: RowsView, query: FloatArray, k: int, mask: BoolArray
) -> tuple[IdArray, FloatArray] | None:
    """Join the graph's answer with an exact one for the rows that it does not hold yet.

    A filter that leaves some of the rows is met by asking for more than is wanted: here the
    allowed rows are always a good part of all.

    Returns:
        None where the graph alone does not give enough.
    """
    wanted = int(np.count_nonzero(mask[:graph_rows]))
    share = wanted / max(1, int(np.count_nonzero(view.alive[:graph_rows])))
    asked = k if share == 1.0 else int(k / max(share, 1e-3) * 1.5) + 16
    answer = graph.search(query, asked)
    if answer is None:
        return None
    labels, scores = answer
    usable = labels < graph_rows  # a builder may just have added more
    usable[usable] = mask[labels[usable]]
    labels, scores = labels[usable], scores[usable]
    if len(labels) < min(k, wanted):
        return None
    fresh = graph_rows + np.flatnonzero(mask[graph_rows:])
    fresh_scores = view.scores(query[None, :], start=graph_rows)[0][fresh - graph_rows]
    return _best(
        view.ids[np.concatenate([labels, fresh])], np.concatenate([scores, fresh_scores]), k
    )
