"""Tags that were doubted and that the person stands by."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from catalog_builders import Shelf, photo

from photoorg.catalog.catalog import Catalog
from photoorg.catalog.migrations import MIGRATIONS, prepare_database
from photoorg.core.changes import (
    AddTag,
    ChangeKind,
    ChangeSet,
    ConfirmTag,
    KeepTag,
    MergeTags,
    RejectTag,
    RemoveTag,
    RenameTag,
)
from photoorg.core.errors import CatalogTooNew, UsageProblem
from photoorg.core.ids import PhotoId
from photoorg.core.paths import CatalogPaths
from photoorg.core.records import TagSource

OLD = Path(__file__).parent / "old_catalogs"


@pytest.fixture
def two(shelf: Shelf) -> tuple[PhotoId, ...]:
    photos = tuple(shelf.read(f"{name}.jpg", photo(name)).photo_id for name in "ab")
    shelf.catalog.apply(AddTag("cat", photos))
    return photos


def kept(shelf: Shelf, photos: tuple[PhotoId, ...]) -> list[set[str]]:
    found = shelf.catalog.kept_tags(photos)
    return [set(found[photo_id]) for photo_id in photos]


def undo(shelf: Shelf, changes: ChangeSet) -> ChangeSet:
    assert changes.inverse is not None
    return shelf.catalog.apply(changes.inverse)


def test_what_is_kept_is_remembered_and_taken_back(shelf: Shelf, two: tuple[PhotoId, ...]) -> None:
    changes = shelf.catalog.apply(KeepTag("Cat", two[:1]))
    assert changes.kinds == {ChangeKind.TAGS, ChangeKind.PHOTOS_CHANGED}
    assert changes.label == "Keep tag “cat” on 1 photo"
    assert kept(shelf, two) == [{"cat"}, set()]
    assert shelf.catalog.confirmed_tags(two) == dict.fromkeys(two, frozenset({"cat"}))
    details = shelf.catalog.details(two[0])
    assert details is not None
    assert details.confirmed == (("cat", TagSource.KEPT),)
    undone = undo(shelf, changes)
    assert kept(shelf, two) == [set(), set()]
    undo(shelf, undone)
    assert kept(shelf, two) == [{"cat"}, set()]


def test_to_keep_what_is_kept_changes_nothing(shelf: Shelf, two: tuple[PhotoId, ...]) -> None:
    shelf.catalog.apply(KeepTag("cat", two))
    before = shelf.catalog.revision()
    for operation in (KeepTag("cat", two), AddTag("cat", two), ConfirmTag("cat", two)):
        assert shelf.catalog.apply(operation).inverse is None
    assert shelf.catalog.revision() == before
    assert kept(shelf, two) == [{"cat"}, {"cat"}]


def test_only_a_tag_that_a_photo_carries_is_kept(shelf: Shelf, two: tuple[PhotoId, ...]) -> None:
    shelf.catalog.apply(RejectTag("cat", two[:1]))
    bare = shelf.read("c.jpg", photo("c")).photo_id
    changes = shelf.catalog.apply(KeepTag("cat", (*two, bare)))
    assert changes.photo_ids == {two[1]}
    assert kept(shelf, (*two, bare)) == [set(), {"cat"}, set()]
    with pytest.raises(UsageProblem, match="no tag"):
        shelf.catalog.apply(KeepTag("dog", two))


def test_a_tag_of_the_file_is_kept_whatever_becomes_of_the_file(shelf: Shelf) -> None:
    photo_id = shelf.read("d.jpg", photo("d", keywords=["dog"])).photo_id
    changes = shelf.catalog.apply(KeepTag("dog", (photo_id,)))
    assert kept(shelf, (photo_id,)) == [{"dog"}]
    undo(shelf, changes)
    details = shelf.catalog.details(photo_id)
    assert details is not None
    assert details.confirmed == (("dog", TagSource.FILE),)


def test_it_goes_along_with_renaming_and_merging(shelf: Shelf, two: tuple[PhotoId, ...]) -> None:
    shelf.catalog.apply(KeepTag("cat", two[:1]))
    shelf.catalog.apply(RenameTag("cat", "kitty"))
    assert kept(shelf, two) == [{"kitty"}, set()]
    shelf.catalog.apply(AddTag("pet", two))
    changes = shelf.catalog.apply(MergeTags("kitty", "pet"))
    assert kept(shelf, two) == [{"pet"}, set()]
    undo(shelf, changes)
    assert kept(shelf, two) == [{"kitty"}, set()]


def test_taking_the_tag_off_or_rejecting_it_ends_it(shelf: Shelf, two: tuple[PhotoId, ...]) -> None:
    shelf.catalog.apply(KeepTag("cat", two))
    shelf.catalog.apply(RejectTag("cat", two[:1]))
    removed = shelf.catalog.apply(RemoveTag("cat", two[1:]))
    assert kept(shelf, two) == [set(), set()]
    undo(shelf, removed)
    assert kept(shelf, two) == [set(), {"cat"}]


def test_a_photo_that_turns_out_to_be_another_takes_it_along(shelf: Shelf) -> None:
    known = shelf.read("e.jpg", photo("same")).photo_id
    shelf.register("copy.jpg")
    unread = shelf.photo_id("copy.jpg")
    shelf.catalog.apply(AddTag("cat", (unread,)))
    shelf.catalog.apply(KeepTag("cat", (unread,)))
    assert shelf.read("copy.jpg", photo("same")).photo_id == known
    assert kept(shelf, (known, unread)) == [{"cat"}, {"cat"}]


def test_a_catalog_from_before_can_keep_tags_and_the_older_program_refuses_it(
    paths: CatalogPaths,
) -> None:
    paths.database.parent.mkdir(parents=True)
    with closing(sqlite3.connect(paths.database)) as db:
        db.executescript((OLD / "version_1.sql").read_text("utf-8"))
    with Catalog.open(paths) as catalog:
        assert not any(catalog.kept_tags([PhotoId(1)]).values())
        catalog.apply(KeepTag("sea", (PhotoId(1),)))
        assert catalog.kept_tags([PhotoId(1)])[PhotoId(1)] == {"sea"}
        assert catalog.check() == []
    before = next(n for n, each in enumerate(MIGRATIONS) if each.name == "kept-tags")
    with pytest.raises(CatalogTooNew):
        prepare_database(paths, read_only=False, migrations=MIGRATIONS[:before])
