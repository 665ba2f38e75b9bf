"""Several kinds of visual vectors side by side in one catalog, through the real processes."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from photoorg.catalog.catalog import Catalog
from photoorg.core.errors import Cancelled, UsageProblem
from photoorg.core.ids import ModelKey, PhotoId
from photoorg.core.modelling import DEFAULT_FEATURES
from photoorg.core.paths import CatalogPaths
from photoorg.core.progress import CancelToken, Progress
from photoorg.core.records import PhotoScope
from photoorg.features.registry import PACKAGED_VISUAL, visual_spec
from photoorg.features.visual import NotLearnedYet, WeightsMissing
from photoorg.jobs.indexing import encode_missing
from photoorg.jobs.learning import learn_features
from photoorg.jobs.library import Library
from photoorg.jobs.workers import Workers, learned_folder, visual_files

pytestmark = pytest.mark.timeout(300)

DEFAULT = visual_spec().key
WORDS = visual_spec("bovw-sift").key


@pytest.fixture(scope="module")
def folder(real_photos: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for photo in real_photos.values():
        shutil.copyfile(photo, folder / photo.name)
    return folder


@pytest.fixture(scope="module")
def paths(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> CatalogPaths:
    """A catalog indexed with the default features."""
    paths = CatalogPaths(tmp_path_factory.mktemp("catalog"))
    index(paths, folder, DEFAULT_FEATURES)
    return paths


@pytest.fixture
def catalog(paths: CatalogPaths) -> Iterator[Catalog]:
    with Library.open(paths, background=False) as library:
        yield library.catalog


def index(paths: CatalogPaths, folder: Path, features: str) -> int:
    """Index as the command line does; return how many vectors were computed."""
    with Library.open(paths, background=False, features=features) as library:
        return library.index(
            [folder], on_progress=lambda _progress: None, token=CancelToken()
        ).encoded


def everything(catalog: Catalog, key: ModelKey) -> tuple[list[int], NDArray[np.float32]]:
    photos = [PhotoId(photo) for photo in catalog.photo_ids(PhotoScope()).tolist()]
    ids, vectors = catalog.vectors(key, photos)
    order = np.argsort(ids)
    return ids[order].tolist(), vectors[order]


def found(paths: CatalogPaths, text: str) -> list[int]:
    with Library.open(paths, background=False) as library:
        return [int(hit.photo_id) for hit in library.search(text, PhotoScope()).hits]


def test_a_second_kind_leaves_the_first_and_search_as_they_are(
    paths: CatalogPaths, folder: Path
) -> None:
    before = found(paths, "a cat")
    with Library.open(paths, background=False) as library:
        first = everything(library.catalog, DEFAULT)
    photos = len(first[0])
    assert before

    assert index(paths, folder, "bovw-sift") == photos
    with Library.open(paths, background=False) as library:
        ids, vectors = everything(library.catalog, DEFAULT)
        assert ids == first[0]
        np.testing.assert_array_equal(vectors, first[1])
        words = everything(library.catalog, WORDS)
    assert words[0] == ids
    assert words[1].shape == (photos, 1000)
    np.testing.assert_allclose(np.linalg.norm(words[1], axis=1), 1, atol=1e-2)
    assert found(paths, "a cat") == before
    assert index(paths, folder, "bovw-sift") == 0
    assert index(paths, folder, DEFAULT_FEATURES) == 0


def test_a_catalog_from_before_the_captions_is_looked_at_anew(folder: Path, tmp_path: Path) -> None:
    paths = CatalogPaths(tmp_path / "catalog")
    photos = index(paths, folder, PACKAGED_VISUAL)
    with Library.open(paths, background=False) as library:
        old = everything(library.catalog, visual_spec(PACKAGED_VISUAL).key)
        # Letters are found at once, whatever was looked at.
        assert len(library.search("name:IMG", PhotoScope()).hits) == photos
    assert not found(paths, "a cat")

    assert index(paths, folder, DEFAULT_FEATURES) == photos
    assert found(paths, "a cat")
    with Library.open(paths, background=False) as library:
        kept = everything(library.catalog, visual_spec(PACKAGED_VISUAL).key)
    assert kept[0] == old[0]
    np.testing.assert_array_equal(kept[1], old[1])


def test_learned_features_are_learned_first(paths: CatalogPaths, folder: Path) -> None:
    with pytest.raises(NotLearnedYet):
        visual_spec("conv-autoencoder", visual_files(paths))
    heard: list[Progress] = []
    with Library.open(paths, background=False, features="conv-autoencoder") as library:
        report = library.index([folder], on_progress=heard.append, token=CancelToken())
        spec = visual_spec("conv-autoencoder", visual_files(paths))
        ids, vectors = everything(library.catalog, spec.key)
        assert everything(library.catalog, DEFAULT)[0] == ids
    assert report.encoded == len(ids)
    assert vectors.shape == (len(ids), 200)
    labels = [progress.label for progress in heard]
    assert "Reading photos to learn from" in labels
    assert "Learning what your photos look like" in labels
    learned = learned_folder(paths) / "conv-autoencoder.safetensors"
    state = learned.stat().st_mtime_ns
    assert index(paths, folder, "conv-autoencoder") == 0
    assert learned.stat().st_mtime_ns == state


def test_missing_vectors_of_a_kind_for_training(folder: Path, tmp_path: Path) -> None:
    paths = CatalogPaths(tmp_path / "catalog")
    index(paths, folder, DEFAULT_FEATURES)
    with Library.open(paths, background=False) as library:
        key = encode_missing(
            library.catalog, "bovw-sift", token=CancelToken(), on_progress=lambda _: None
        )
        assert key == WORDS
        assert everything(library.catalog, WORDS)[0] == everything(library.catalog, DEFAULT)[0]


def test_missing_weights_are_told_before_anything_starts(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    before = threading.active_count()
    with pytest.raises(WeightsMissing, match="VGG-16"):
        encode_missing(catalog, "vgg16", token=CancelToken(), on_progress=lambda _: None)
    assert threading.active_count() == before


def test_learning_can_be_stopped_and_keeps_nothing(
    folder: Path, real_photos: Mapping[str, Path], tmp_path: Path
) -> None:
    paths = CatalogPaths(tmp_path)
    paths.create()
    token = CancelToken()

    def stop(progress: Progress) -> None:
        if progress.label.startswith("Learning"):
            token.cancel()

    with pytest.raises(Cancelled):
        learn_features(
            paths,
            "conv-autoencoder",
            list(real_photos.values()),
            token=token,
            on_progress=stop,
        )
    assert not learned_folder(paths).exists()
    assert not list(paths.scratch.iterdir())


def test_too_few_photos_to_learn_from(real_photos: Mapping[str, Path], tmp_path: Path) -> None:
    paths = CatalogPaths(tmp_path)
    paths.create()
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff no photo")
    photos = [*list(real_photos.values())[:2], tmp_path / "broken.jpg"]
    with pytest.raises(UsageProblem, match="2 photos are too few"):
        learn_features(
            paths, "conv-autoencoder", photos, token=CancelToken(), on_progress=lambda _: None
        )


def test_a_close_look_tells_where(paths: CatalogPaths, real_photos: Mapping[str, Path]) -> None:
    workers = Workers(paths, DEFAULT_FEATURES, decoders=1)
    try:
        seen = workers.look_at(real_photos["cat"])
        close = workers.look_closely(real_photos["cat"])
        assert close.map.shape == (9, 9, 1280)
        np.testing.assert_allclose(close.map.mean(axis=(0, 1)), close.vector, atol=1e-4)
        np.testing.assert_allclose(close.vector, seen.vector, atol=1e-3)
    finally:
        workers.close()
    other = Workers(paths, "bovw-sift", decoders=1)
    try:
        with pytest.raises(UsageProblem, match="bovw-sift"):
            other.look_closely(real_photos["cat"])
        assert other.look_at(real_photos["cat"]).vector.shape == (1000,)
    finally:
        other.close()
