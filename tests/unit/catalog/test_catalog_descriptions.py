"""What is said of photos, as models learn it."""

from __future__ import annotations

from catalog_builders import Shelf, photo

from photoorg.core.changes import AddTag, RejectTag
from photoorg.core.ids import PhotoId


def test_confirmed_tags_and_captions_of_the_whole_library(shelf: Shelf) -> None:
    first = shelf.read("1.jpg", photo("a", caption="A dog on a beach", keywords=["dog"])).photo_id
    second = shelf.read("2.jpg", photo("b")).photo_id
    shelf.catalog.apply(AddTag("New York", (first, second)))
    shelf.catalog.apply(RejectTag("cat", (first,)))
    said = shelf.catalog.words_of()
    assert [each.photo_id for each in said] == [first, second]
    assert said[0].tags == ("dog", "New York")
    assert said[0].captions == ("A dog on a beach",)
    assert said[0].thumbnail_key == photo("a").content_hash
    assert (said[1].tags, said[1].captions) == (("New York",), ())


def test_some_photos_each_once_and_unknown_ones_left_out(shelf: Shelf) -> None:
    ids = [shelf.read(f"{name}.jpg", photo(name)).photo_id for name in "abc"]
    shelf.catalog.apply(AddTag("x", tuple(ids)))
    said = shelf.catalog.words_of([ids[2], PhotoId(999), ids[0], ids[2]])
    assert [(each.photo_id, each.tags) for each in said] == [(ids[0], ("x",)), (ids[2], ("x",))]


def test_photos_outside_the_library_teach_nothing(shelf: Shelf) -> None:
    shelf.read("1.jpg", photo("a"))
    shelf.register("pending.jpg")
    assert [each.thumbnail_key for each in shelf.catalog.words_of()][1:] == [""]
    shelf.catalog.remove_folder(shelf.root)
    assert shelf.catalog.words_of() == []
