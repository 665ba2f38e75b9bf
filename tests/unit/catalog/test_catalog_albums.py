"""Smart albums: kept in order, changed by operations, each with its exact inverse."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from catalog_builders import Shelf, photo
from hypothesis import given, settings
from hypothesis import strategies as st

from photoorg.catalog.catalog import Catalog
from photoorg.core.albums import Album
from photoorg.core.changes import (
    AlbumOperation,
    ChangeKind,
    DeleteAlbum,
    MoveAlbum,
    RenameAlbum,
    SaveAlbum,
)
from photoorg.core.conditions import AllOf, InAlbum, Not, OneOf, OpenAlbum
from photoorg.core.errors import UsageProblem
from photoorg.core.paths import CatalogPaths

OLD = Path(__file__).parent / "old_catalogs"


def albums(catalog: Catalog) -> list[tuple[str, str]]:
    return [(album.name, album.query) for album in catalog.albums()]


@pytest.fixture
def three(catalog: Catalog) -> Catalog:
    for name in "abc":
        catalog.apply(SaveAlbum(name, f"tag:{name}"))
    return catalog


def test_a_real_catalog_of_version_1_gets_a_place_for_albums(paths: CatalogPaths) -> None:
    paths.root.mkdir(parents=True)
    with closing(sqlite3.connect(paths.database)) as db:
        db.executescript((OLD / "version_1.sql").read_text("utf-8"))
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
    with Catalog.open(paths) as catalog:
        assert catalog.albums() == []
        catalog.apply(SaveAlbum("Sea", "tag:sea"))
    with Catalog.open(paths) as catalog:
        assert catalog.albums() == [Album("Sea", "tag:sea")]
        assert catalog.check() == []
    assert any("before-smart-albums-from-v1" in copy.name for copy in paths.backups.iterdir())


def test_albums_are_kept_in_the_order_of_saving(three: Catalog) -> None:
    assert albums(three) == [("a", "tag:a"), ("b", "tag:b"), ("c", "tag:c")]


def test_saving_under_a_known_name_updates_the_search(three: Catalog) -> None:
    changes = three.apply(SaveAlbum("B", "beach"))
    assert changes.kinds == {ChangeKind.ALBUMS}
    assert changes.label == "Update album “b”"
    assert changes.inverse == SaveAlbum("b", "tag:b", 1)
    assert albums(three) == [("a", "tag:a"), ("b", "beach"), ("c", "tag:c")]
    assert three.apply(SaveAlbum("b", "beach")).inverse is None


def test_a_deleted_album_comes_back_to_its_place(three: Catalog) -> None:
    changes = three.apply(DeleteAlbum("b"))
    assert changes.label == "Delete album “b”"
    assert albums(three) == [("a", "tag:a"), ("c", "tag:c")]
    assert changes.inverse is not None
    three.apply(changes.inverse)
    assert albums(three) == [("a", "tag:a"), ("b", "tag:b"), ("c", "tag:c")]


@pytest.mark.parametrize(("place", "order"), [(0, "cab"), (1, "acb"), (2, "abc"), (9, "abc")])
def test_albums_are_moved(three: Catalog, place: int, order: str) -> None:
    three.apply(MoveAlbum("c", place))
    assert "".join(name for name, _ in albums(three)) == order


def test_a_new_name_goes_with_new_searches_of_others(three: Catalog) -> None:
    three.apply(SaveAlbum("c", "album:a dog"))
    changes = three.apply(RenameAlbum("a", "Sea side", (("c", 'album:"Sea side" dog'),)))
    assert albums(three)[0] == ("Sea side", "tag:a")
    assert albums(three)[2] == ("c", 'album:"Sea side" dog')
    assert changes.inverse is not None
    three.apply(changes.inverse)
    assert albums(three) == [("a", "tag:a"), ("b", "tag:b"), ("c", "album:a dog")]


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (RenameAlbum("a", "B"), "There is an album “b” already"),
        (RenameAlbum("a", "  "), "An album needs a name"),
        (RenameAlbum("x", "y"), "There is no album “x”"),
        (DeleteAlbum("x"), "There is no album “x”"),
        (MoveAlbum("x", 0), "There is no album “x”"),
        (SaveAlbum("x", " \n "), "An album needs a search"),
        (SaveAlbum("", "dog"), "An album needs a name"),
        (SaveAlbum("x", "d" * 3000), "at most"),
    ],
)
def test_what_cannot_be_done_is_said(
    three: Catalog, operation: AlbumOperation, message: str
) -> None:
    before = albums(three)
    with pytest.raises(UsageProblem, match=message):
        three.apply(operation)
    assert albums(three) == before


def test_letter_case_of_a_name_can_be_changed(three: Catalog) -> None:
    three.apply(RenameAlbum("a", "A"))
    assert albums(three)[0] == ("A", "tag:a")


names = st.sampled_from(["a", "B", "b", "sea side", "Ö"])
operations = st.one_of(
    st.builds(SaveAlbum, names, st.sampled_from(["dog", "album:a", "x y"])),
    st.builds(RenameAlbum, names, names),
    st.builds(MoveAlbum, names, st.integers(-1, 4)),
    st.builds(DeleteAlbum, names),
)


@settings(max_examples=30)
@given(st.lists(operations, max_size=8))
def test_every_sequence_of_operations_can_be_taken_back(asked: list[AlbumOperation]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Catalog.open(CatalogPaths(Path(folder))) as catalog,
    ):
        states = [albums(catalog)]
        inverses = []
        for operation in asked:
            try:
                changes = catalog.apply(operation)
            except UsageProblem:
                continue
            if changes.inverse is None:
                assert albums(catalog) == states[-1]
                continue
            states.append(albums(catalog))
            inverses.append(changes.inverse)
        for inverse in reversed(inverses):
            assert albums(catalog) == states.pop()
            catalog.apply(inverse)
        assert albums(catalog) == states.pop() == []


def test_what_an_album_holds_is_a_filter_like_any_other(shelf: Shelf) -> None:
    first, second = (shelf.read(f"{name}.jpg", photo(name)).photo_id for name in "ab")
    catalog = shelf.catalog
    only = OpenAlbum("x", OneOf((first,)))
    assert catalog.select(only).tolist() == [first]
    assert catalog.select(Not(only)).tolist() == [second]
    assert catalog.count(OpenAlbum("all", AllOf(()))) == 2
    assert catalog.select(InAlbum("closed")).tolist() == []
