"""What search costs at 100,000 photos: prints figures, fails only on wrong answers.

Run with: pytest -m benchmark -s tests/benchmarks/test_benchmark_search.py
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from memory import resident_mb

from photoorg.catalog.catalog import Catalog
from photoorg.core.changes import AddTag
from photoorg.core.ids import ModelKey, PhotoId, Revision
from photoorg.core.paths import CatalogPaths
from photoorg.core.records import FoundFile, PhotoScope
from photoorg.features.text import TextEncoder, create_text_encoder
from photoorg.index import VectorIndex
from photoorg.index.rows import FloatArray
from photoorg.search.engine import SearchEngine

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

PHOTOS = 100_000
JOINT = 256
POOLED = 1280
KEY = ModelKey("benchmark")


def clustered(count: int, dimension: int, seed: int, clusters: int = 2000) -> FloatArray:
    """Unit vectors in bunches, as photos come; made in parts, to measure memory fairly."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((clusters, dimension), dtype=np.float32)
    out = np.empty((count, dimension), dtype=np.float32)
    for start in range(0, count, 5000):
        size = min(5000, count - start)
        part = centres[random.integers(0, clusters, size)]
        part = part + 0.8 * random.standard_normal((size, dimension), dtype=np.float32)
        out[start : start + size] = part / np.linalg.norm(part, axis=1, keepdims=True)
    return out


def milliseconds(work: Callable[[], object], times: int = 30) -> str:
    """Return "median (best)" of some runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1e3)
    return f"{np.median(taken):7.1f} ms (best {min(taken):.1f})"


def test_vector_index(tmp_path: Path) -> None:
    vectors = clustered(PHOTOS, JOINT, seed=1)
    queries = clustered(200, JOINT, seed=2)
    truth = np.vstack([np.argsort(-(vectors @ query))[:10] for query in queries])
    print(f"\n{PHOTOS:,} x {JOINT} vectors")
    before = resident_mb()
    index = VectorIndex(JOINT, model_key=KEY, exact_limit=10_000)
    start = time.perf_counter()
    for first in range(0, PHOTOS, 1000):
        index.add(np.arange(first, first + 1000), vectors[first : first + 1000])
    print(f"add                     {time.perf_counter() - start:7.2f} s")
    print(f"memory, exact           {resident_mb() - before:7.0f} MB")
    numbers = iter(range(10**9))

    def query() -> FloatArray:
        return queries[next(numbers) % len(queries)]

    print(f"bare matrix x vector    {milliseconds(lambda: vectors @ query())}")
    print(f"exact search, k = 10    {milliseconds(lambda: index.search(query(), 10))}")
    print(f"exact scores of all     {milliseconds(lambda: index.scores(query()))}")
    allowed = np.random.default_rng(3).choice(PHOTOS, 5000, replace=False)
    print(f"among 5,000 allowed     {milliseconds(lambda: index.search(query(), 10, allowed))}")

    waits: list[float] = []
    built = threading.Event()

    def search_meanwhile() -> None:
        while not built.is_set():
            began = time.perf_counter()
            index.search(query(), 10)
            waits.append((time.perf_counter() - began) * 1e3)
            time.sleep(0.02)

    searcher = threading.Thread(target=search_meanwhile)
    searcher.start()
    start = time.perf_counter()
    while index.build_step():
        pass
    built.set()
    searcher.join()
    print(f"graph built             {time.perf_counter() - start:7.1f} s")
    print(
        f"searches meanwhile      {np.median(waits):7.1f} ms, 99 %: {np.quantile(waits, 0.99):.1f}"
    )
    print(f"memory, with graph      {resident_mb() - before:7.0f} MB")
    found, _ = index.search(queries, 10)
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, truth, strict=True)])
    print(f"recall@10               {recall:7.3f}")
    print(f"graph search, k = 10    {milliseconds(lambda: index.search(query(), 10))}")
    print(f"graph search, k = 600   {milliseconds(lambda: index.search(query(), 600))}")
    start = time.perf_counter()
    index.save(tmp_path, Revision(1))
    print(f"save                    {time.perf_counter() - start:7.2f} s")
    start = time.perf_counter()
    loaded = VectorIndex.load(tmp_path, JOINT, model_key=KEY, exact_limit=10_000)
    print(f"load                    {time.perf_counter() - start:7.2f} s")
    assert loaded is not None
    assert recall >= 0.95


class RandomHead:
    """A model of the right sizes that knows nothing; its arithmetic costs as much."""

    visual_key = ModelKey("pooled")

    def __init__(self) -> None:
        random = np.random.default_rng(4)
        self._text = random.standard_normal((384, JOINT)).astype(np.float32)
        self._joint = random.standard_normal((POOLED, JOINT)).astype(np.float32)
        self._compact = random.standard_normal((POOLED, JOINT)).astype(np.float32)

    def embed_texts(self, text: FloatArray) -> FloatArray:
        return _unit(text @ self._text)

    def embed_images(self, visual: FloatArray) -> FloatArray:
        return _unit(visual @ self._joint)

    def relevance(self, query: FloatArray, scores: FloatArray) -> FloatArray:
        assert query.shape == (JOINT,)
        return np.asarray(1 / (1 + np.exp(-30 * (scores - 0.2))), dtype=np.float32)

    def similarity(self, visual: FloatArray) -> FloatArray:
        return _unit(visual @ self._compact)


def _unit(rows: FloatArray) -> FloatArray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[tuple[Catalog, SearchEngine, TextEncoder]]:
    """A real catalog of 100,000 photos in 200 folders, one in twenty tagged, with vectors."""
    root = tmp_path / "photos"
    words = ("rome", "beach", "party", "garden", "trip")
    found = [
        FoundFile(root / f"{words[n % 5]} {n % 200}" / f"IMG_{n:06}.jpg", 1000 + n, n)
        for n in range(PHOTOS)
    ]
    for folder in {file.path.parent for file in found}:
        folder.mkdir(parents=True)
    model = RandomHead()
    encoder = create_text_encoder()
    with Catalog.open(CatalogPaths(tmp_path / "catalog")) as catalog:
        catalog.add_folder(root)
        for start in range(0, PHOTOS, 5000):
            catalog.register_files(root, found[start : start + 5000])
        ids = np.sort(catalog.photo_ids(PhotoScope()))
        assert len(ids) == PHOTOS
        catalog.apply(AddTag("dog", tuple(PhotoId(key) for key in ids[::20].tolist())))
        joint, alike = (VectorIndex(JOINT, model_key=KEY) for _ in range(2))
        joint.add(ids, clustered(PHOTOS, JOINT, seed=5))
        for start in range(0, PHOTOS, 5000):
            pooled = clustered(5000, POOLED, seed=start)
            part = ids[start : start + 5000]
            catalog.store_vectors(model.visual_key, [PhotoId(k) for k in part.tolist()], pooled)
            alike.add(part, model.similarity(pooled))
        yield catalog, SearchEngine(catalog, joint, alike, model, encoder, model), encoder


def test_search_engine(library: tuple[Catalog, SearchEngine, TextEncoder]) -> None:
    catalog, engine, encoder = library
    numbers = iter(range(10**9))
    print(f"\n{PHOTOS:,} photos in a real catalog, real text encoder, random head")
    print(
        f"text encoder alone      {milliseconds(lambda: encoder.encode([f'dog {next(numbers)}']))}"
    )
    for label, text in (
        ("new text", "a zebra by the sea {}"),
        ("new text, minus", "a zebra -people{}"),
        ("text, tag on 5,000", "dog"),
        ("text, word of 20,000", "beach"),
        ("new text, misspelt", "a zeebra moutain {}"),
        ("or, and, not", "(zebra{} or beach) and not (people or tag:dog)"),
        ("photo and text", "like:#77 + snow{}"),
        ("looks like tags", "looks:zebra{} -looks:people"),
        ("sorted by date", "beach {} sort:date"),
        ("nothing found", '"zebra {}" rating:5 has:gps'),
        ("text and filter", "zebra tag:dog"),
        ("filter only", "tag:dog"),
        ("empty text", ""),
    ):
        results = engine.search(text.format(0))
        took = milliseconds(lambda text=text: engine.search(text.format(next(numbers))), 15)
        print(f"{label:23} {took}  {len(results.hits):6} hits, {results.relevant} relevant")
    nothing = '"zebra {}" rating:5 has:gps'
    offered = engine.alternatives(nothing.format(0))
    took = milliseconds(lambda: engine.alternatives(nothing.format(next(numbers))), 15)
    print(f"other searches for that {took}  {len(offered)} offered")
    clicked = np.sort(catalog.photo_ids(PhotoScope()))[::997]

    def click(limit: int) -> object:
        return engine.similar(PhotoId(int(clicked[next(numbers) % len(clicked)])), limit)

    assert len(engine.similar(PhotoId(int(clicked[0])), 500).hits) == 500
    print(f"similar, limit 500      {milliseconds(lambda: click(500))}")
    print(f"similar, limit 60       {milliseconds(lambda: click(60))}")
