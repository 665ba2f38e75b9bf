"""What learning the person's tags costs in a library of 50,000: prints figures, fails on none.

The library is made in one process and learned from in another, so that the peak of memory is
learning's own. Run with: pytest -m benchmark -s tests/benchmarks/test_benchmark_personal.py
"""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import numpy as np
import pytest
from memory import peak_mb

from photoorg.catalog.catalog import Catalog
from photoorg.core.changes import AddTag
from photoorg.core.ids import PhotoId
from photoorg.core.paths import CatalogPaths
from photoorg.core.progress import CancelToken
from photoorg.core.records import FoundFile, PhotoScope
from photoorg.jobs.library import Library
from photoorg.models.starter import StarterModel

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

PHOTOS = 50_000
TAGS = 500
TAGS_OF_PHOTO = 20
POOLED = 1280


def tagged_photos() -> np.ndarray:
    """Return which of the tags each photo has, [photos, 20]: some usual, most rare, in bunches."""
    random = np.random.default_rng(1)
    chance = 1 / (np.arange(TAGS) + 10.0)
    theme = random.integers(0, 50, PHOTOS)
    keys = np.empty((PHOTOS, TAGS_OF_PHOTO), dtype=np.int64)
    for number in range(50):
        weights = chance.copy()
        weights[number::50] *= 20
        photos = np.flatnonzero(theme == number)
        # The highest of (log weight + Gumbel noise) are a weighted draw without replacement.
        noise = random.gumbel(size=(len(photos), TAGS))
        keys[photos] = np.argpartition(-(np.log(weights) + noise), TAGS_OF_PHOTO)[:, :TAGS_OF_PHOTO]
    return keys


def make_library(root: Path) -> None:
    random = np.random.default_rng(2)
    tags = tagged_photos()
    looks = np.maximum(random.normal(0.1, 0.5, size=(TAGS, POOLED)), 0).astype(np.float32)
    with Catalog.open(CatalogPaths(root)) as catalog:
        folder = Path(Path.cwd().anchor) / "photos"
        catalog.add_folder(folder)
        files = [FoundFile(folder / f"{n:06}.jpg", 1000, 10**18 + n) for n in range(PHOTOS)]
        catalog.register_files(folder, files)
        ids = np.sort(catalog.photo_ids(PhotoScope()))
        key = StarterModel.load().visual_key
        for start in range(0, PHOTOS, 1000):
            chosen = tags[start : start + 1000]
            vectors = looks[chosen].mean(axis=1) + 0.1 * random.random(
                (len(chosen), POOLED), dtype=np.float32
            )
            listed = [PhotoId(i) for i in ids[start : start + 1000].tolist()]
            catalog.store_vectors(key, listed, vectors.astype(np.float32))
        for tag in range(TAGS):
            carried = ids[(tags == tag).any(axis=1)]
            catalog.apply(AddTag(f"tag {tag}", tuple(PhotoId(i) for i in carried.tolist())))


def learn(root: Path) -> None:
    """Learn, answer, learn again; prints what each took."""
    with Library.open(CatalogPaths(root), background=False) as library:
        catalog, learner = library.catalog, library.quality
        start = time.perf_counter()
        library.search("a dog", PhotoScope())
        print(f"\nindex of {PHOTOS:,} photos loaded  {time.perf_counter() - start:7.1f} s")
        before = peak_mb()
        print(f"peak memory before           {before:7.0f} MB")
        start, cpu = time.perf_counter(), time.process_time()
        made = learner.learn(CancelToken())
        assert made is not None
        seconds = time.perf_counter() - start
        print(
            f"learn {len(made.model.names)} tags anew           {seconds:7.1f} s"
            f" ({time.process_time() - cpu:.1f} s of CPU, {made.held_out:,} photos looked at)"
        )
        print(f"peak memory                  {peak_mb():7.0f} MB ({peak_mb() - before:+.0f})")
        ids = np.sort(catalog.photo_ids(PhotoScope()))
        for number in range(50):
            catalog.apply(AddTag(f"tag {10 * number}", (PhotoId(int(ids[37 * number])),)))
        start, cpu = time.perf_counter(), time.process_time()
        learner.catch_up()
        print(
            f"learn again after 50 answers {time.perf_counter() - start:7.1f} s"
            f" ({time.process_time() - cpu:.1f} s of CPU)"
        )
        print(f"peak memory                  {peak_mb():7.0f} MB ({peak_mb() - before:+.0f})")
        for name, work in (
            ("nothing new, looked up", learner.catch_up),
            ("report", learner.report),
            ("50 questions about all", lambda: learner.review(None)),
            ("50 questions about one", lambda: learner.review("tag 100")),
            ("200 doubts", lambda: learner.doubts(None)),
        ):
            start = time.perf_counter()
            work()
            print(f"{name:28} {time.perf_counter() - start:7.2f} s")
        listed = [PhotoId(i) for i in ids[:2000].tolist()]
        library.suggest(listed[:1])
        start = time.perf_counter()
        found = library.suggest(listed)
        seconds = time.perf_counter() - start
        assert len(found) == len(listed)
        print(f"suggestions                  {len(listed) / seconds:7.0f} photos/s")
        start = time.perf_counter()
        for photo in listed[:20]:
            library.suggest([photo])
        print(f"suggestions for one photo    {(time.perf_counter() - start) / 20 * 1e3:7.1f} ms")
        print(f"peak memory at the end       {peak_mb():7.0f} MB")


def test_learning_from_a_large_library(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    for work in (make_library, learn):
        process = spawn.Process(target=work, args=(tmp_path,))
        process.start()
        process.join()
        assert process.exitcode == 0
