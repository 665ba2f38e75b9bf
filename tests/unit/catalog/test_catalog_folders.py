"""Added folders, the tree below them, and what becomes of photos when one is removed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from catalog_builders import ROOT, Shelf, found, photo

from photoorg.catalog.catalog import Catalog
from photoorg.core.changes import AddTag, ChangeKind
from photoorg.core.conditions import FolderContains
from photoorg.core.errors import UsageProblem
from photoorg.core.ids import ModelKey, Revision
from photoorg.core.records import FolderNode, PhotoScope

MODEL = ModelKey("model")


def outline(nodes: tuple[FolderNode, ...]) -> list[object]:
    return [(node.path.name, node.count, outline(node.children)) for node in nodes]


def test_the_tree_counts_photos_in_and_below(shelf: Shelf) -> None:
    shelf.register("a.jpg", "x/b.jpg", "x/y/c.jpg", "x z/d.jpg")
    assert outline(tuple(shelf.catalog.folders())) == [
        ("photos", 4, [("x", 2, [("y", 1, [])]), ("x z", 1, [])])
    ]


def test_a_photo_in_two_folders_counts_once_further_up(shelf: Shelf) -> None:
    shelf.read("x/y/a.jpg", photo("bytes"))
    shelf.read("x/z/a.jpg", photo("bytes"))
    shelf.read("w/a.jpg", photo("bytes"))
    assert outline(tuple(shelf.catalog.folders())) == [
        ("photos", 1, [("w", 1, []), ("x", 1, [("y", 1, []), ("z", 1, [])])])
    ]


def test_a_moved_photo_counts_where_it_is(shelf: Shelf) -> None:
    shelf.read("x/a.jpg", photo("bytes"))
    shelf.vanish("x/a.jpg")
    assert outline(tuple(shelf.catalog.folders())) == [("photos", 1, [("x", 1, [])])]
    assert not shelf.catalog.folders()[0].children[0].present
    shelf.read("y/a.jpg", photo("bytes"))
    assert outline(tuple(shelf.catalog.folders())) == [("photos", 1, [("y", 1, [])])]
    assert len(shelf.catalog.photo_ids(PhotoScope(folder=ROOT / "x"))) == 0


def test_an_added_folder_is_present_when_it_is_there(catalog: Catalog, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    catalog.add_folder(here)
    catalog.add_folder(tmp_path / "not there")
    assert [(node.path.name, node.present) for node in catalog.folders()] == [
        ("here", True),
        ("not there", False),
    ]


def test_scope_is_the_folder_and_below_but_not_its_namesakes(shelf: Shelf) -> None:
    shelf.register("x/a.jpg", "x/y/b.jpg", "x2/c.jpg", "x!/d.jpg")
    inside = shelf.catalog.photo_ids(PhotoScope(folder=ROOT / "x"))
    assert {row.name for row in shelf.catalog.grid_rows(inside.tolist())} == {"a.jpg", "b.jpg"}


def test_removing_a_folder_hides_photos_and_adding_it_brings_all_back(shelf: Shelf) -> None:
    photo_id = shelf.read("a.jpg", photo("bytes")).photo_id
    shelf.catalog.apply(AddTag("beach", (photo_id,)))
    stored = shelf.catalog.store_vectors(MODEL, [photo_id], np.ones((1, 4), np.float32))
    removed = shelf.catalog.remove_folder(ROOT)
    assert {ChangeKind.PHOTOS_REMOVED, ChangeKind.FOLDERS} <= removed.kinds
    assert removed.everything
    assert shelf.shown() == []
    assert not shelf.catalog.tags()
    assert shelf.catalog.folders() == ()
    assert shelf.catalog.vector_count(MODEL) == 0
    (batch,) = shelf.catalog.vectors_since(MODEL, stored.revision)
    assert (batch.ids.tolist(), batch.removed.tolist()) == ([], [photo_id])
    shelf.catalog.add_folder(ROOT)
    assert shelf.shown() == [photo_id]
    assert shelf.tags_of(photo_id) == ("beach",)
    (batch,) = shelf.catalog.vectors_since(MODEL, stored.revision)
    assert (batch.ids.tolist(), batch.removed.tolist()) == ([photo_id], [])
    assert shelf.catalog.pending_files() == []


def test_a_folder_below_another_added_one_stays_covered(shelf: Shelf) -> None:
    shelf.read("x/a.jpg", photo("bytes"))
    shelf.catalog.add_folder(ROOT / "x")
    assert shelf.catalog.roots() == (ROOT, ROOT / "x")
    assert [node.path for node in shelf.catalog.folders()] == [ROOT]
    shelf.catalog.remove_folder(ROOT / "x")
    assert len(shelf.shown()) == 1
    shelf.catalog.add_folder(ROOT / "x")
    shelf.catalog.remove_folder(ROOT)
    assert len(shelf.shown()) == 1
    assert [node.path for node in shelf.catalog.folders()] == [ROOT / "x"]


def test_folder_names_count_from_the_added_one_down(shelf: Shelf) -> None:
    shelf.catalog.add_folder(ROOT / "trips" / "Rome")
    shelf.catalog.remove_folder(ROOT)
    shelf.catalog.register_files(
        ROOT / "trips" / "Rome", [found(ROOT / "trips" / "Rome" / "a.jpg")]
    )
    assert len(shelf.catalog.select(FolderContains("rOm"))) == 1
    assert len(shelf.catalog.select(FolderContains("trips"))) == 0
    shelf.catalog.add_folder(ROOT)
    assert len(shelf.catalog.select(FolderContains("trips"))) == 1
    assert [hit.where for hit in shelf.catalog.lexical_search(["trips"])] == ["folder"]


def test_content_of_a_removed_folder_is_known_when_it_turns_up_elsewhere(shelf: Shelf) -> None:
    photo_id = shelf.read("a.jpg", photo("bytes")).photo_id
    shelf.catalog.apply(AddTag("beach", (photo_id,)))
    shelf.catalog.remove_folder(ROOT)
    assert len(shelf.catalog.missing_hashes()) == 1
    other = Shelf(shelf.catalog, ROOT.parent / "elsewhere")
    assert other.read("b.jpg", photo("bytes")).photo_id == photo_id
    assert other.tags_of(photo_id) == ("beach",)


def test_the_root_of_a_file_system_can_be_added(catalog: Catalog) -> None:
    top = Path(ROOT.anchor)
    shelf = Shelf(catalog, top)
    shelf.register("a.jpg", "x/b.jpg")
    assert set(catalog.known_files(top)) == {str(top / "a.jpg"), str(top / "x" / "b.jpg")}
    assert [node.count for node in catalog.folders()] == [2]
    assert catalog.photo_by_path(top / "a.jpg") == shelf.photo_id("a.jpg")


def test_wrong_folders_are_refused(shelf: Shelf) -> None:
    with pytest.raises(UsageProblem, match="not an absolute path"):
        shelf.catalog.add_folder(Path("relative"))
    with pytest.raises(UsageProblem, match="not in the library"):
        shelf.catalog.remove_folder(ROOT / "x")
    before = shelf.catalog.revision()
    assert shelf.catalog.add_folder(ROOT).kinds == frozenset()
    assert shelf.catalog.revision() == before == Revision(1)
