"""Tags are counted once between changes, and never too seldom."""

from __future__ import annotations

import pytest
from catalog_builders import Shelf, photo

from photoorg.catalog import tags
from photoorg.catalog.catalog import Catalog
from photoorg.core.changes import AddAlias, AddTag, RemoveTag, RenameTag, SetParent
from photoorg.core.ids import PhotoId


@pytest.fixture
def photos(shelf: Shelf) -> list[PhotoId]:
    return [shelf.read(f"{n}.jpg", photo(str(n))).photo_id for n in range(4)]


@pytest.fixture
def counted(monkeypatch) -> list[int]:
    """Gets an entry each time tags are counted."""
    times: list[int] = []
    count = tags.counts

    def noting(connection):
        times.append(1)
        return count(connection)

    monkeypatch.setattr(tags, "counts", noting)
    return times


def names(catalog: Catalog) -> list[tuple[str, int, str | None, tuple[str, ...]]]:
    return [(tag.name, tag.count, tag.parent, tag.aliases) for tag in catalog.tags()]


def test_tags_are_counted_once_between_changes(shelf, photos, counted) -> None:
    shelf.catalog.apply(AddTag("cat", tuple(photos)))
    assert names(shelf.catalog) == [("cat", 4, None, ())]
    assert names(shelf.catalog) == [("cat", 4, None, ())]
    assert len(counted) == 1


def test_each_change_is_seen_at_once(shelf, photos) -> None:
    catalog = shelf.catalog
    assert names(catalog) == []
    steps = [
        (AddTag("cat", tuple(photos)), [("cat", 4, None, ())]),
        (RemoveTag("cat", (photos[0],)), [("cat", 3, None, ())]),
        (RenameTag("cat", "pet"), [("pet", 3, None, ())]),
        (AddAlias("pet", "darling"), [("pet", 3, None, ("darling",))]),
        (
            SetParent("pet", "animal"),
            [("animal", 3, None, ()), ("pet", 3, "animal", ("darling",))],
        ),
    ]
    for step, expected in steps:
        changes = catalog.apply(step)
        assert names(catalog) == expected
    catalog.apply(changes.inverse)
    assert names(catalog) == [("pet", 3, None, ("darling",))]
    catalog.remove_folder(shelf.root)
    assert [tag.count for tag in catalog.tags()] == [0]


def test_what_another_process_changed_is_seen_too(shelf, photos, paths) -> None:
    assert names(shelf.catalog) == []
    with Catalog.open(paths) as other:
        other.apply(AddTag("cat", (photos[0],)))
    assert names(shelf.catalog) == [("cat", 1, None, ())]
