"""Vectors by model, and what an index needs to follow them."""

from __future__ import annotations

import numpy as np
import pytest
from catalog_builders import ROOT, Shelf, photo

from photoorg.core.changes import ChangeKind
from photoorg.core.ids import ModelKey, PhotoId, Revision

MODEL = ModelKey("encoder/v1")


@pytest.fixture
def ids(shelf: Shelf) -> list[PhotoId]:
    return [shelf.read(f"{i}.jpg", photo(str(i))).photo_id for i in range(5)]


def matrix(rows: int, dimension: int = 8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, dimension)).astype(np.float32)


def test_vectors_come_back_in_float16_in_the_order_asked_for(
    shelf: Shelf, ids: list[PhotoId]
) -> None:
    stored = matrix(5)
    changes = shelf.catalog.store_vectors(MODEL, ids, stored)
    assert changes.kinds == {ChangeKind.VECTORS}
    asked = [ids[3], PhotoId(999), ids[0]]
    found, vectors = shelf.catalog.vectors(MODEL, asked)
    assert found.tolist() == [ids[3], ids[0]]
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, stored[[3, 0]].astype(np.float16))


def test_a_newer_vector_takes_the_place_of_the_older(shelf: Shelf, ids: list[PhotoId]) -> None:
    first = shelf.catalog.store_vectors(MODEL, ids, matrix(5))
    shelf.catalog.store_vectors(MODEL, ids[:1], matrix(1, seed=1))
    assert shelf.catalog.vector_count(MODEL) == 5
    (batch,) = shelf.catalog.vectors_since(MODEL, first.revision)
    assert batch.ids.tolist() == ids[:1]
    np.testing.assert_array_equal(batch.matrix, matrix(1, seed=1).astype(np.float16))
    assert batch.revision == shelf.catalog.revision()


def test_models_do_not_mix(shelf: Shelf, ids: list[PhotoId]) -> None:
    other = ModelKey("encoder/v2")
    shelf.catalog.store_vectors(MODEL, ids, matrix(5))
    shelf.catalog.store_vectors(other, ids[:2], matrix(2, 4))
    assert shelf.catalog.vector_count(other) == 2
    assert shelf.catalog.vectors(other, ids)[1].shape == (2, 4)
    without = [photo_id for photo_id, _ in shelf.catalog.photos_without_vector(other)]
    assert sorted(without) == ids[2:]
    assert shelf.catalog.photos_without_vector(MODEL) == []


def test_the_vectors_of_a_model_that_is_gone_are_forgotten(
    shelf: Shelf, ids: list[PhotoId]
) -> None:
    other = ModelKey("encoder/v2")
    shelf.catalog.store_vectors(MODEL, ids, matrix(5))
    kept = shelf.catalog.store_vectors(other, ids, matrix(5, 4))
    changes = shelf.catalog.forget_vectors(MODEL)
    assert changes.kinds == {ChangeKind.VECTORS}
    assert (shelf.catalog.vector_count(MODEL), shelf.catalog.vector_count(other)) == (0, 5)
    (batch,) = shelf.catalog.vectors_since(MODEL, kept.revision)
    assert (batch.ids.tolist(), batch.removed.tolist()) == ([], ids)
    assert not shelf.catalog.forget_vectors(ModelKey("never stored")).kinds
    shelf.catalog.store_vectors(MODEL, ids[:2], matrix(2))
    assert shelf.catalog.vector_count(MODEL) == 2


def test_batches_cover_everything_once(shelf: Shelf, ids: list[PhotoId]) -> None:
    shelf.catalog.store_vectors(MODEL, ids, matrix(5))
    batches = list(shelf.catalog.vectors_since(MODEL, Revision(0), batch_size=2))
    assert [len(batch.ids) for batch in batches] == [2, 2, 1]
    assert [each for batch in batches for each in batch.ids.tolist()] == ids
    assert {batch.revision for batch in batches} == {shelf.catalog.revision()}


def test_there_is_a_batch_even_where_nothing_is_new(shelf: Shelf) -> None:
    (batch,) = shelf.catalog.vectors_since(MODEL, Revision(0))
    assert (len(batch.ids), len(batch.removed)) == (0, 0)
    assert batch.revision == shelf.catalog.revision()


def test_writing_between_batches_is_possible_and_seen_next_time(
    shelf: Shelf, ids: list[PhotoId]
) -> None:
    shelf.catalog.store_vectors(MODEL, ids, matrix(5))
    batches = shelf.catalog.vectors_since(MODEL, Revision(0), batch_size=2)
    reached = next(batches).revision
    shelf.catalog.store_vectors(MODEL, ids[4:], matrix(1, seed=1))
    list(batches)
    (later,) = shelf.catalog.vectors_since(MODEL, reached)
    assert later.ids.tolist() == ids[4:]


def test_only_readable_photos_that_are_there_wait_for_a_vector(
    shelf: Shelf, ids: list[PhotoId]
) -> None:
    shelf.vanish("0.jpg")
    shelf.change("1.jpg", 1)
    waiting = shelf.catalog.photos_without_vector(MODEL)
    assert sorted(waiting) == [(ids[i], ROOT / f"{i}.jpg") for i in (2, 3, 4)]


def test_a_vector_for_a_photo_that_was_joined_goes_to_the_one_it_became(shelf: Shelf) -> None:
    known = shelf.read("a.jpg", photo("bytes")).photo_id
    shelf.register("b.jpg")
    provisional = shelf.photo_id("b.jpg")
    shelf.read("b.jpg", photo("bytes"))
    shelf.catalog.store_vectors(MODEL, [provisional, PhotoId(999)], matrix(2))
    assert shelf.catalog.vectors(MODEL, [known])[0].tolist() == [known]


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.full((1, 8), np.nan, np.float32), "not finite"),
        (np.full((1, 8), 1e6, np.float32), "not finite"),
        (np.ones((1, 4), np.float32), "dimensions"),
        (np.ones((2, 8), np.float32), "one vector for each"),
        (np.ones(8, np.float32), "one vector for each"),
    ],
)
def test_unfit_vectors_are_refused(
    shelf: Shelf, ids: list[PhotoId], vectors: np.ndarray, message: str
) -> None:
    shelf.catalog.store_vectors(MODEL, ids[1:2], matrix(1))
    with pytest.raises(ValueError, match=message):
        shelf.catalog.store_vectors(MODEL, ids[:1], vectors)
    assert shelf.catalog.vector_count(MODEL) == 1
