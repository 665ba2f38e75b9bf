"""Old catalogs are brought up to date whole or not at all, after a copy was kept."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from catalog_builders import ROOT
from sqlite_utils import Database

from photoorg.catalog.catalog import Catalog
from photoorg.catalog.migrations import MIGRATIONS, Migration, prepare_database
from photoorg.catalog.schema import WORD_TABLES
from photoorg.core.changes import AddAlias, SetParent
from photoorg.core.errors import CatalogTooNew, EnvironmentProblem
from photoorg.core.ids import ModelKey, PhotoId
from photoorg.core.paths import CatalogPaths
from photoorg.core.records import PhotoScope, TagSource

OLD = Path(__file__).parent / "old_catalogs"
NEWEST = len(MIGRATIONS)


def versions_and_tables(database: Path) -> tuple[int, set[str]]:
    with closing(sqlite3.connect(database)) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        return version, {row[0] for row in db.execute("SELECT name FROM sqlite_master")}


def restore(dump: Path, database: Path) -> None:
    database.parent.mkdir(parents=True)
    with closing(sqlite3.connect(database)) as db:
        db.executescript(dump.read_text("utf-8"))


def add_places(database: Database) -> None:
    database.table("places").create({"id": int, "name": str}, pk="id")


def rebuild_tags(database: Database) -> None:
    """The step that SQLite's own ALTER TABLE cannot take: a table that others refer to."""
    database.table("tags").transform(rename={"name": "title"})


def fail_half_way(database: Database) -> None:
    database.table("places").create({"id": int}, pk="id")
    database.execute("DELETE FROM photo_tags")
    raise ZeroDivisionError


def test_a_new_catalog_has_the_newest_version_and_needs_no_copy(paths: CatalogPaths) -> None:
    Catalog.open(paths).close()
    assert versions_and_tables(paths.database)[0] == len(MIGRATIONS)
    assert list(paths.backups.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="the dump holds POSIX paths")
@pytest.mark.parametrize("dump", sorted(OLD.glob("*.sql")), ids=lambda dump: dump.stem)
def test_a_real_old_catalog_opens_with_everything_in_it(dump: Path, paths: CatalogPaths) -> None:
    restore(dump, paths.database)
    with Catalog.open(paths) as catalog:
        assert versions_and_tables(paths.database)[0] == len(MIGRATIONS)
        assert catalog.check() == []
        assert catalog.photo_ids(PhotoScope()).tolist() == [2, 1, 3]
        assert [(tag.name, tag.count) for tag in catalog.tags()] == [("sea", 2), ("Öl", 1)]
        details = catalog.details(PhotoId(1))
        assert details is not None
        assert details.paths == (Path("/photos/Rome/a.jpg"),)
        assert details.confirmed == (("sea", TagSource.PERSON), ("Öl", TagSource.FILE))
        assert details.rejected == ("sun",)
        assert details.metadata.rating == 4
        assert [hit.photo_id for hit in catalog.lexical_search(["rome"])] == [1]
        assert [hit.photo_id for hit in catalog.lexical_search(["harbour"])] == [1]
        catalog.apply(SetParent("sea", "water"))
        catalog.apply(AddAlias("Öl", "oil"))
        assert [(tag.name, tag.count, tag.parent, tag.aliases) for tag in catalog.tags()] == [
            ("sea", 2, "water", ()),
            ("water", 2, None, ()),
            ("Öl", 1, None, ("oil",)),
        ]
        assert [hit.photo_id for hit in catalog.lexical_search(["oil"])] == [1]
        assert catalog.check() == []
        ids, vectors = catalog.vectors(ModelKey("old model"), [PhotoId(1)])
        assert (ids.tolist(), vectors.tolist()) == ([1], [[0.5, -2.0]])


def test_each_step_keeps_a_copy_of_the_state_before_it(paths: CatalogPaths) -> None:
    with Catalog.open(paths) as catalog:
        catalog.add_folder(ROOT)
    steps = (*MIGRATIONS, Migration("add-places", add_places), Migration("nothing", lambda _: None))
    prepare_database(paths, read_only=False, migrations=steps)
    copies = sorted(paths.backups.iterdir())
    assert [copy.name.partition("-before-")[2] for copy in copies] == [
        f"add-places-from-v{NEWEST}.sqlite",
        f"nothing-from-v{NEWEST + 1}.sqlite",
    ]
    assert [versions_and_tables(copy)[0] for copy in copies] == [NEWEST, NEWEST + 1]
    assert "places" not in versions_and_tables(copies[0])[1]
    assert "places" in versions_and_tables(paths.database)[1]
    with closing(sqlite3.connect(copies[0])) as db:
        assert db.execute("SELECT COUNT(*) FROM folders").fetchone() == (1,)


def test_a_step_that_fails_changes_nothing_and_can_be_tried_again(paths: CatalogPaths) -> None:
    Catalog.open(paths).close()
    before = versions_and_tables(paths.database)
    steps = (*MIGRATIONS, Migration("fails", fail_half_way))
    with pytest.raises(ZeroDivisionError):
        prepare_database(paths, read_only=False, migrations=steps)
    assert versions_and_tables(paths.database) == before
    steps = (*MIGRATIONS, Migration("works", add_places))
    prepare_database(paths, read_only=False, migrations=steps)
    assert versions_and_tables(paths.database)[0] == NEWEST + 1


def test_rebuilding_a_table_does_not_take_those_with_it_that_refer_to_it(
    paths: CatalogPaths,
) -> None:
    restore(OLD / "version_1.sql", paths.database)
    Catalog.open(paths).close()

    def drop_word_triggers_and_rebuild(database: Database) -> None:
        for event in ("insert", "delete", "update"):
            database.execute(f"DROP TRIGGER tag_words_{event}")
        rebuild_tags(database)

    steps = (*MIGRATIONS, Migration("rebuild", drop_word_triggers_and_rebuild))
    prepare_database(paths, read_only=False, migrations=steps)
    with closing(sqlite3.connect(paths.database)) as db:
        assert db.execute("SELECT COUNT(*) FROM photo_tags").fetchone() == (4,)
        assert db.execute("SELECT title FROM tags ORDER BY id").fetchone() == ("Öl",)


def test_a_step_that_leaves_a_dangling_reference_is_refused(paths: CatalogPaths) -> None:
    restore(OLD / "version_1.sql", paths.database)
    Catalog.open(paths).close()

    def delete_photos(database: Database) -> None:
        database.execute("DELETE FROM photos")

    step = Migration("careless", delete_photos)
    with pytest.raises(RuntimeError, match="careless left a dangling reference"):
        prepare_database(paths, read_only=False, migrations=(*MIGRATIONS, step))
    with Catalog.open(paths) as catalog:
        assert len(catalog.photo_ids(PhotoScope())) == 3


def test_a_newer_catalog_is_refused_politely_and_not_touched(paths: CatalogPaths) -> None:
    Catalog.open(paths).close()
    with closing(sqlite3.connect(paths.database)) as db:
        db.execute("PRAGMA user_version = 99")
    before = paths.database.read_bytes()
    for read_only in (False, True):
        with pytest.raises(CatalogTooNew) as caught:
            Catalog.open(paths, read_only=read_only)
        assert "newer photoorg" in caught.value.message
        assert "Update" in caught.value.remedy
    assert paths.database.read_bytes() == before


def test_an_old_catalog_is_not_changed_by_one_who_only_reads(paths: CatalogPaths) -> None:
    Catalog.open(paths).close()
    steps = (*MIGRATIONS, Migration("add-places", add_places))
    with pytest.raises(EnvironmentProblem, match="older photoorg"):
        prepare_database(paths, read_only=True, migrations=steps)
    assert versions_and_tables(paths.database)[0] == NEWEST


def test_the_word_tables_are_those_of_the_schema(paths: CatalogPaths) -> None:
    Catalog.open(paths).close()
    assert set(WORD_TABLES) <= versions_and_tables(paths.database)[1]
