"""Smart albums of an open library: counted, searched within, renamed, undone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from photoorg.cli.main import main
from photoorg.core.albums import Album
from photoorg.core.changes import AddTag, DeleteAlbum, RenameAlbum, SaveAlbum
from photoorg.core.errors import QuerySyntaxError, UsageProblem
from photoorg.core.ids import PhotoId
from photoorg.core.paths import CatalogPaths
from photoorg.core.records import FoundFile, PhotoScope
from photoorg.jobs.library import Library

ROOT = Path(Path.cwd().anchor) / "photos"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(CatalogPaths(tmp_path / "catalog"), background=False) as library:
        library.catalog.add_folder(ROOT)
        names = ("harbour.jpg", "mountain.jpg", "a.jpg")
        found = [FoundFile(ROOT / name, 10, 1_600_000_000_000_000_000) for name in names]
        library.catalog.register_files(ROOT, found)
        library.apply(AddTag("sea", (PhotoId(1),)))
        library.apply(AddTag("trip", (PhotoId(1), PhotoId(2))))
        yield library


def found(library: Library, text: str) -> list[int]:
    results = library.search(text, PhotoScope())
    return sorted(hit.photo_id for hit in results.hits[: results.relevant])


def test_albums_are_counted_where_a_filter_decides(library: Library) -> None:
    library.apply(SaveAlbum("Trip", "tag:trip"))
    library.apply(SaveAlbum("Harbour", "harbour"))
    library.apply(SaveAlbum("Odd", "date:banana"))
    assert library.albums.all() == [
        Album("Trip", "tag:trip", 2),
        Album("Harbour", "harbour", None),
        Album("Odd", "date:banana", None),
    ]
    library.apply(AddTag("trip", (PhotoId(3),)))
    assert library.albums.all()[0].count == 3


def test_other_searches_are_offered_within_a_place_and_an_album(library: Library) -> None:
    library.apply(SaveAlbum("Trip", "tag:trip"))
    everything = PhotoScope()
    assert library.search("harbour rating:5", everything).relevant == 0
    offered = library.asking.alternatives("harbour rating:5", everything)
    assert [(other.query, other.count) for other in offered] == [("harbour", 1)]
    assert library.asking.alternatives("mountain rating:5", PhotoScope(tag="sea")) == ()
    within = library.asking.alternatives("mountain album:trip rating:5", everything)
    assert ("mountain album:trip", 1) in [(other.query, other.count) for other in within]


def test_a_search_within_an_album(library: Library) -> None:
    library.apply(SaveAlbum("Trip", "tag:trip"))
    library.apply(SaveAlbum("Ships", "harbour"))
    assert found(library, "album:trip") == [1, 2]
    assert found(library, "album:Trip -tag:sea") == [2]
    assert found(library, "album:ships") == [1]
    assert found(library, "-album:ships") == [2, 3]
    assert found(library, "mountain album:trip") == [2]
    assert found(library, "album:nowhere") == []


def test_the_command_line_knows_albums(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    library.apply(SaveAlbum("Sea side", "tag:sea"))
    root = library.catalog.paths.root
    assert main(["search", 'album:"sea side"', "--json", "--catalog", str(root)]) == 0
    (hit,) = json.loads(capsys.readouterr().out)
    assert hit["path"] == str(ROOT / "harbour.jpg")


def test_a_new_name_reaches_the_albums_that_name_it_and_is_undone_in_one_step(
    library: Library,
) -> None:
    library.apply(SaveAlbum("Trip", "tag:trip"))
    library.apply(SaveAlbum("Sea trip", "album:trip tag:sea"))
    library.apply(RenameAlbum("Trip", "Long way"))
    assert library.albums.all()[1].query == 'album:"Long way" tag:sea'
    assert found(library, 'album:"sea trip"') == [1]
    library.undo()
    assert [album.query for album in library.albums.all()] == ["tag:trip", "album:trip tag:sea"]
    library.redo()
    assert library.albums.all()[0].name == "Long way"


def test_an_album_within_itself_is_refused_and_one_from_elsewhere_is_an_error(
    library: Library,
) -> None:
    library.apply(SaveAlbum("A", "tag:sea"))
    library.apply(SaveAlbum("B", "album:a"))
    with pytest.raises(UsageProblem, match="would contain itself"):
        library.apply(SaveAlbum("a", "dog album:b"))
    library.catalog.apply(SaveAlbum("A", "album:b"))
    with pytest.raises(QuerySyntaxError, match="contains itself"):
        library.search("album:a", PhotoScope())
    assert [album.count for album in library.albums.all()] == [None, None]


def test_a_deleted_album_comes_back_by_undo(library: Library) -> None:
    library.apply(SaveAlbum("Trip", "tag:trip"))
    library.apply(DeleteAlbum("Trip"))
    assert library.albums.all() == []
    library.undo()
    assert library.albums.all() == [Album("Trip", "tag:trip", 2)]
