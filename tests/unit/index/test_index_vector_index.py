import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoorg.core.ids import ModelKey
from photoorg.index import VectorIndex
from photoorg.index.rows import BLOCK_ROWS, FloatArray

KEY = ModelKey("test-key")


def clustered(count: int, dimension: int, seed: int = 0, clusters: int = 100) -> FloatArray:
    """Unit vectors around cluster centres: photos come in bunches, random directions do not."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((clusters, dimension))
    noise = 0.8 * random.standard_normal((count, dimension))
    vectors = centres[random.integers(0, clusters, count)] + noise
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def filled(count: int, dimension: int = 16, exact_limit: int = 150_000) -> VectorIndex:
    index = VectorIndex(dimension, model_key=KEY, exact_limit=exact_limit)
    index.add(np.arange(count), clustered(count, dimension))
    return index


def build(index: VectorIndex) -> None:
    while index.build_step(256):
        pass


def test_answers_are_cosines_best_first() -> None:
    index = VectorIndex(2, model_key=KEY)
    vectors = np.array([[2, 0], [0, 3], [1, 1]], dtype=np.float32)
    index.add(np.array([7, 8, 9]), vectors)
    ids, scores = index.search(np.array([5, 0], dtype=np.float32), 2)
    assert ids.tolist() == [7, 9]
    assert scores == pytest.approx([1, 0.5**0.5])
    assert len(index) == 3
    assert 8 in index
    assert 1 not in index


def test_several_queries_are_padded() -> None:
    index = filled(3)
    ids, scores = index.search(clustered(2, 16), 5)
    assert ids.shape == scores.shape == (2, 5)
    assert (ids[:, 3:] == -1).all()
    assert np.isneginf(scores[:, 3:]).all()
    assert ids[0, 0] == 0
    assert ids[1, 0] == 1


def test_an_empty_index_answers_with_nothing() -> None:
    index = VectorIndex(4, model_key=KEY)
    query = np.ones(4, dtype=np.float32)
    assert index.search(query, 3)[0].size == 0
    assert index.scores(query)[0].size == 0
    assert index.search(query, 3, allowed=np.array([1]))[0].size == 0
    assert index.vectors(np.array([1]))[1].shape == (0, 4)
    index.remove(np.array([1, 2]))
    assert index.build_step() == 0


def test_bad_input_is_refused() -> None:
    index = VectorIndex(2, model_key=KEY)
    with pytest.raises(ValueError, match="finite"):
        index.add(np.array([1]), np.array([[np.nan, 1]], dtype=np.float32))
    with pytest.raises(ValueError, match=r"\[n, 2\]"):
        index.add(np.array([1]), np.ones((1, 3), dtype=np.float32))
    with pytest.raises(ValueError, match="ids"):
        index.add(np.array([1, 2]), np.ones((1, 2), dtype=np.float32))
    with pytest.raises(ValueError, match="ids must lie"):
        index.add(np.array([-1]), np.ones((1, 2), dtype=np.float32))
    assert len(index) == 0


def test_a_zero_vector_matches_nothing() -> None:
    index = VectorIndex(2, model_key=KEY)
    index.add(np.array([1]), np.zeros((1, 2), dtype=np.float32))
    assert index.search(np.ones(2, dtype=np.float32), 1)[1].tolist() == [0]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["add", "remove"]), st.lists(st.integers(0, 30), max_size=12)),
        max_size=20,
    ),
    st.sampled_from([0, 10, 1000]),
)
def test_agrees_with_a_dictionary(steps: list[tuple[str, list[int]]], exact_limit: int) -> None:
    """Whatever is added, replaced and removed, with a graph or without: a dict is the oracle."""
    random = np.random.default_rng(3)
    index = VectorIndex(4, model_key=KEY, exact_limit=exact_limit)
    oracle: dict[int, FloatArray] = {}
    for kind, ids in steps:
        if kind == "add":
            vectors = random.standard_normal((len(ids), 4)).astype(np.float32)
            index.add(np.array(ids, dtype=np.int64), vectors)
            for photo_id, vector in zip(ids, vectors, strict=True):
                oracle[photo_id] = vector / np.linalg.norm(vector)
        else:
            index.remove(np.array(ids, dtype=np.int64))
            for photo_id in ids:
                oracle.pop(photo_id, None)
        index.build_step(5)
    query = np.array([1, 2, 3, 4], dtype=np.float32)
    expected = {key: float(vector @ query) / np.sqrt(30) for key, vector in oracle.items()}
    ids_, scores = index.scores(query)
    assert dict(zip(ids_.tolist(), scores.tolist(), strict=True)) == pytest.approx(
        expected, abs=1e-6
    )
    found, cosines = index.search(query, 5)
    assert cosines.tolist() == pytest.approx(sorted(expected.values(), reverse=True)[:5], abs=1e-6)
    assert len(set(found.tolist())) == len(found) == min(5, len(oracle))
    assert len(index) == len(oracle)


def test_rows_beyond_one_block_and_compaction() -> None:
    count = 2 * BLOCK_ROWS + 17
    index = filled(count, 8)
    vectors = clustered(count, 8)
    index.remove(np.arange(0, count, 2))
    assert len(index) == count // 2
    query = vectors[11]
    ids, scores = index.scores(query)
    assert set(ids.tolist()) == set(range(1, count, 2))
    assert scores == pytest.approx(vectors[ids] @ query, abs=1e-5)
    ids, scores = index.scores(vectors[[11, 12, 13]])
    assert scores == pytest.approx((vectors[ids] @ vectors[[11, 12, 13]].T).T, abs=1e-5)
    assert index.search(query, 1)[0].tolist() == [11]
    found, stored = index.vectors(np.array([11, 12, count - 2, 5]))
    assert sorted(found.tolist()) == [5, 11, count - 2]
    assert stored == pytest.approx(vectors[found], abs=1e-6)


@pytest.mark.parametrize("share", [0.001, 0.1, 0.9])
@pytest.mark.parametrize("exact_limit", [100, 100_000])
def test_a_filter_is_exact_or_nearly(share: float, exact_limit: int) -> None:
    count = 6000
    index = filled(count, 16, exact_limit)
    build(index)
    vectors = clustered(count, 16)
    random = np.random.default_rng(5)
    allowed = random.choice(count, max(1, int(share * count)), replace=False)
    hits = total = 0
    for query in clustered(30, 16, seed=6):
        ids, scores = index.search(query, 10, allowed=np.append(allowed, count + 5))
        best = allowed[np.argsort(-(vectors[allowed] @ query))[:10]]
        assert np.isin(ids, allowed).all()
        assert len(ids) == len(best)
        assert scores == pytest.approx(vectors[ids] @ query, abs=1e-5)
        hits, total = hits + len(set(ids.tolist()) & set(best.tolist())), total + len(best)
    assert hits / total >= 0.95


def test_the_graph_recalls_what_exact_search_finds() -> None:
    count, dimension = 12_000, 64
    index = filled(count, dimension, exact_limit=1000)
    build(index)
    assert index._graph is not None
    assert index._graph_rows == count
    vectors = clustered(count, dimension)
    queries = clustered(100, dimension, seed=1)
    found, _ = index.search(queries, 10)
    best = np.argsort(-(queries @ vectors.T), axis=1)[:, :10]
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, best, strict=True)])
    assert recall >= 0.95


def test_fresh_vectors_are_found_before_the_graph_knows_them() -> None:
    index = filled(3000, 16, exact_limit=1000)
    build(index)
    fresh = clustered(5, 16, seed=8)
    index.add(np.arange(10_000, 10_005), fresh)
    assert index.search(fresh[2], 1)[0].tolist() == [10_002]
    index.add(np.array([3]), fresh[4:5])  # photo 3 looks otherwise now
    assert set(index.search(fresh[4], 2)[0].tolist()) == {3, 10_004}
    index.remove(np.array([3]))
    assert 3 not in index.search(fresh[4], 50)[0]


def test_a_graph_that_is_no_longer_worth_it_is_dropped() -> None:
    index = filled(3000, 16, exact_limit=2000)
    build(index)
    index.remove(np.arange(2000))
    assert index._graph is None
    assert index.build_step() == 0
    assert index.search(clustered(3000, 16)[2500], 1)[0].tolist() == [2500]


def test_searches_run_while_vectors_come_and_go() -> None:
    """Adders, a remover and a builder against searchers: no answer is ever wrong or short."""
    count, dimension = 6000, 16
    vectors = clustered(count, dimension)
    index = VectorIndex(dimension, model_key=KEY, exact_limit=500)
    index.add(np.arange(1000), vectors[:1000])
    stop = threading.Event()

    def add() -> None:
        for start in range(1000, count, 50):
            index.add(np.arange(start, start + 50), vectors[start : start + 50])
        index.remove(np.arange(100, 300))

    def build_on() -> None:
        while not stop.is_set():
            if not index.build_step(32):
                stop.wait(0.001)

    def search() -> None:
        random = np.random.default_rng()
        while not stop.is_set():
            wanted = int(random.integers(300, 1000))
            ids, scores = index.search(vectors[wanted], 5)
            assert len(ids) == 5
            assert scores[0] == pytest.approx(1, abs=1e-4)
            ids, scores = index.scores(vectors[wanted])
            assert len(ids) == len(scores) == len(set(ids.tolist()))

    with ThreadPoolExecutor(3) as pool:
        workers = [pool.submit(work) for work in (build_on, search, search)]
        try:
            add()
        finally:
            stop.set()
        for worker in workers:
            worker.result(30)
    assert len(index) == count - 200
    build(index)
    assert index.search(vectors[5999], 1)[0].tolist() == [5999]
    assert not np.isin(index.search(vectors[200], 300)[0], np.arange(100, 300)).any()
