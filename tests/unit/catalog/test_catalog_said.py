"""What learning asks of a catalog: what is said of tags, which photos there are, what changed."""

from __future__ import annotations

import numpy as np
import pytest
from catalog_builders import ROOT, Shelf, photo

from photoorg.core.changes import AddTag, RejectTag, RemoveTag
from photoorg.core.ids import ModelKey, PhotoId, Revision

KEY = ModelKey("pooled")


@pytest.fixture
def photos(shelf: Shelf) -> list[PhotoId]:
    return [shelf.read(f"{name}.jpg", photo(name)).photo_id for name in "abcd"]


def said(shelf: Shelf) -> set[tuple[int, str, bool]]:
    found = shelf.catalog.said_of_tags()
    assert found.photo_ids.tolist() == sorted(found.photo_ids.tolist())
    names = [found.names[place] for place in found.tags.tolist()]
    return set(zip(found.photo_ids.tolist(), names, found.confirmed.tolist(), strict=True))


def look_at(shelf: Shelf, photos: list[PhotoId]) -> None:
    shelf.catalog.store_vectors(KEY, photos, np.ones((len(photos), 3), dtype=np.float32))


def test_all_that_is_said(shelf: Shelf, photos: list[PhotoId]) -> None:
    empty = shelf.catalog.said_of_tags()
    assert (empty.names, empty.photo_ids.tolist(), empty.confirmed.tolist()) == ((), [], [])
    one, two, three, _ = photos
    shelf.catalog.apply(AddTag("gone", (one,)))
    shelf.catalog.apply(AddTag("cat", (one, two)))
    shelf.catalog.apply(AddTag("sea", (two,)))
    shelf.catalog.apply(RejectTag("cat", (three,)))
    shelf.catalog.apply(RemoveTag("gone", (one,)))
    assert said(shelf) == {
        (one, "cat", True),
        (two, "cat", True),
        (two, "sea", True),
        (three, "cat", False),
    }
    assert shelf.catalog.said_of_tags().names == ("cat", "sea")


def test_photos_outside_the_library_say_nothing(shelf: Shelf, photos: list[PhotoId]) -> None:
    shelf.catalog.apply(AddTag("cat", tuple(photos)))
    look_at(shelf, photos)
    assert shelf.catalog.tags_in_use() == ["cat"]
    assert shelf.catalog.vector_ids(KEY).tolist() == photos
    shelf.catalog.remove_folder(ROOT)
    assert said(shelf) == set()
    assert shelf.catalog.tags_in_use() == []
    assert shelf.catalog.vector_ids(KEY).tolist() == []
    shelf.catalog.add_folder(ROOT)
    assert {photo_id for photo_id, _, _ in said(shelf)} == set(photos)
    assert shelf.catalog.vector_ids(KEY).tolist() == photos


def test_a_tag_that_was_only_rejected_is_in_use(shelf: Shelf, photos: list[PhotoId]) -> None:
    shelf.catalog.apply(RejectTag("cat", tuple(photos)))
    assert shelf.catalog.tags_in_use() == ["cat"]
    assert not shelf.catalog.tags()
    assert shelf.catalog.said_of_tags().names == ("cat",)


def test_of_a_model_that_nobody_knows_there_are_no_vectors(
    shelf: Shelf, photos: list[PhotoId]
) -> None:
    assert shelf.catalog.vector_ids(KEY).tolist() == []
    _, stored, removed = shelf.catalog.vectors_changed_since(KEY, Revision(0))
    assert (stored.tolist(), removed.tolist()) == ([], [])


def test_what_was_looked_at_again_is_told(shelf: Shelf, photos: list[PhotoId]) -> None:
    look_at(shelf, photos)
    reached, stored, _ = shelf.catalog.vectors_changed_since(KEY, Revision(0))
    assert stored.tolist() == photos
    look_at(shelf, photos[1:3])
    again, stored, _ = shelf.catalog.vectors_changed_since(KEY, reached)
    assert stored.tolist() == photos[1:3]
    shelf.catalog.remove_folder(ROOT)
    _, stored, removed = shelf.catalog.vectors_changed_since(KEY, again)
    assert (stored.tolist(), removed.tolist()) == ([], photos)


def test_confirmed_tags_are_told_from_rejected_ones(shelf: Shelf, photos: list[PhotoId]) -> None:
    one, two, *_ = photos
    shelf.catalog.apply(AddTag("cat", (one,)))
    shelf.catalog.apply(RejectTag("cat", (two,)))
    confirmed = shelf.catalog.confirmed_tags([one, two])
    assert (confirmed[one], confirmed[two]) == ({"cat"}, frozenset())
    assert shelf.catalog.decided_tags([two])[two] == {"cat"}
