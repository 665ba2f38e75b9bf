"""The doctor finds what is wrong, mends it, and keeps copies."""

from __future__ import annotations

from pathlib import Path

import pytest
from catalog_builders import ROOT, Shelf, photo

from photoorg.catalog import connection
from photoorg.catalog.catalog import Catalog
from photoorg.core.changes import AddTag
from photoorg.core.errors import CatalogDamaged, EnvironmentProblem, UsageProblem
from photoorg.core.paths import CatalogPaths
from photoorg.core.records import PhotoScope

BREAKAGES = {
    "words": (
        "INSERT INTO file_words (file_words, rowid, name_key) VALUES ('delete', 1, 'a.jpg')",
        "INSERT INTO tag_words (rowid, name) VALUES (77, 'ghost')",
        "INSERT INTO photo_words (photo_words) VALUES ('delete-all')",
        "DROP TRIGGER folder_words_update",
    ),
    "faces": ("UPDATE photos SET shown = 0, missing = 1", "UPDATE photos SET face_id = NULL"),
    "orphans": ("INSERT INTO photos (dated_at, state, missing, shown) VALUES (0, 1, 1, 0)",),
}


def break_with(shelf: Shelf, statement: str) -> None:
    shelf.catalog._write(lambda tx: tx.db.execute(statement))


@pytest.mark.parametrize(
    ("code", "statement"),
    [(code, statement) for code, statements in BREAKAGES.items() for statement in statements],
)
def test_the_doctor_finds_and_mends(shelf: Shelf, code: str, statement: str) -> None:
    shelf.read("a.jpg", photo("bytes", caption="harbour"))
    break_with(shelf, statement)
    if "TRIGGER" in statement:
        break_with(shelf, "UPDATE folders SET label = 'unheard of'")
    assert [finding.code for finding in shelf.catalog.check()] == [code]
    assert [finding.code for finding in shelf.catalog.repair()] == [code]
    assert shelf.catalog.check() == []
    assert shelf.catalog.lexical_search(["harbour"])
    assert shelf.catalog.lexical_search(["a.jpg"])
    (copy,) = shelf.catalog.paths.backups.iterdir()
    assert copy.name.endswith("before-repair.sqlite")


def test_a_healthy_catalog_is_left_alone(shelf: Shelf) -> None:
    before = shelf.catalog.revision()
    assert shelf.catalog.repair() == []
    assert shelf.catalog.revision() == before


def test_what_cannot_be_mended_is_said(paths: CatalogPaths) -> None:
    with Catalog.open(paths) as catalog:
        shelf = Shelf(catalog)
        shelf.register("a.jpg")
        catalog._write(lambda tx: None)
        with connection.connect(paths.database) as db:
            db.execute("PRAGMA foreign_keys = OFF")
            db.execute("DELETE FROM photos")
        db.close()
        assert "references" in [finding.code for finding in catalog.check()]
        with pytest.raises(CatalogDamaged, match="refers to a row"):
            catalog.repair()


def test_a_backup_is_a_catalog_of_its_own(shelf: Shelf, tmp_path: Path) -> None:
    photo_id = shelf.read("a.jpg", photo("bytes")).photo_id
    shelf.catalog.apply(AddTag("sea", (photo_id,)))
    restored = CatalogPaths(tmp_path / "restored")
    restored.create()
    shelf.catalog.backup(restored.database)
    shelf.catalog.apply(AddTag("later", (photo_id,)))
    assert sorted(file.name for file in restored.root.glob("catalog*")) == ["catalog.sqlite"]
    with Catalog.open(restored) as copy:
        assert [tag.name for tag in copy.tags()] == ["sea"]
        assert len(copy.photo_ids(PhotoScope(folder=ROOT))) == 1
        assert copy.check() == []


def test_a_backup_overwrites_nothing_and_leaves_nothing_half_done(
    shelf: Shelf, tmp_path: Path
) -> None:
    precious = tmp_path / "precious.jpg"
    precious.write_bytes(b"a photo")
    with pytest.raises(UsageProblem, match="already"):
        shelf.catalog.backup(precious)
    assert precious.read_bytes() == b"a photo"
    with pytest.raises(EnvironmentProblem, match="cannot be written"):
        shelf.catalog.backup(tmp_path / "no such folder" / "copy.sqlite")
    assert not list(tmp_path.glob(".copying-*"))
