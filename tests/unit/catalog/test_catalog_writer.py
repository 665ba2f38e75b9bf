"""The one writer: transactions, listeners, other processes, and errors named for a person."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from catalog_builders import ROOT, Shelf, found, photo

from photoorg.catalog import connection
from photoorg.catalog.catalog import Catalog
from photoorg.catalog.connection import named_error, naming_errors
from photoorg.catalog.writer import Transaction
from photoorg.core.changes import AddTag, ChangeKind, ChangeSet
from photoorg.core.errors import (
    CatalogDamaged,
    CatalogLocked,
    EnvironmentProblem,
    UsageProblem,
)
from photoorg.core.ids import PhotoId
from photoorg.core.paths import CatalogPaths
from photoorg.core.records import PhotoScope


def test_an_exception_rolls_everything_back(shelf: Shelf) -> None:
    heard: list[ChangeSet] = []
    shelf.catalog.subscribe(heard.append)
    before = shelf.catalog.revision()

    def fail(tx: Transaction) -> None:
        tx.db.execute("UPDATE folders SET label = 'half done'")
        tx.changed([ChangeKind.FOLDERS])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shelf.catalog._write(fail)
    assert shelf.catalog.revision() == before
    assert heard == []
    assert shelf.register("still works.jpg")


def test_a_write_holds_the_lock_from_its_first_read_on(shelf: Shelf) -> None:
    def read_while_another_tries_to_write(tx: Transaction) -> None:
        tx.db.execute("SELECT COUNT(*) FROM photos").fetchone()
        database = shelf.catalog.paths.database
        with (
            closing(sqlite3.connect(database, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("BEGIN IMMEDIATE")

    shelf.catalog._write(read_while_another_tries_to_write)


def test_every_mutation_raises_the_revision_by_one_and_is_heard_in_order(shelf: Shelf) -> None:
    heard: list[ChangeSet] = []
    unsubscribe = shelf.catalog.subscribe(heard.append)
    start = shelf.catalog.revision()
    shelf.register("a.jpg")
    shelf.catalog.apply(AddTag("x", (shelf.photo_id("a.jpg"),)))
    unsubscribe()
    shelf.register("b.jpg")
    assert [changes.revision for changes in heard] == [start + 1, start + 2]
    assert shelf.catalog.revision() == start + 3


def test_a_listener_that_fails_is_logged_and_the_others_still_hear(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[ChangeSet] = []

    def fail(_: ChangeSet) -> None:
        raise ZeroDivisionError

    shelf.catalog.subscribe(fail)
    shelf.catalog.subscribe(heard.append)
    with caplog.at_level(logging.CRITICAL + 1):
        shelf.register("a.jpg")
    assert len(heard) == 1


def test_a_listener_that_writes_is_told_off_instead_of_waiting_for_ever(shelf: Shelf) -> None:
    caught: list[RuntimeError] = []

    def write(_: ChangeSet) -> None:
        try:
            shelf.catalog.retry_failures()
        except RuntimeError as error:
            caught.append(error)

    shelf.catalog.subscribe(write)
    shelf.register("a.jpg")
    assert "must not write" in str(caught[0])


def test_many_threads_may_read_and_write_at_once(shelf: Shelf) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for i in range(10):
                shelf.register(f"{number}-{i}.jpg")
                assert len(shelf.shown()) > i
        except BaseException as error:  # noqa: BLE001 - asserted on in the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(shelf.shown()) == 60


def test_after_closing_nothing_is_read_or_written(paths: CatalogPaths) -> None:
    catalog = Catalog.open(paths)
    catalog.close()
    catalog.close()
    with pytest.raises(EnvironmentProblem, match="closed"):
        catalog.revision()
    with pytest.raises(EnvironmentProblem, match="closed"):
        catalog.add_folder(ROOT)


def test_closing_leaves_no_log_beside_the_database(paths: CatalogPaths) -> None:
    with Catalog.open(paths) as catalog:
        Shelf(catalog).register("a.jpg")
    assert [file.name for file in paths.root.glob("catalog.sqlite*")] == ["catalog.sqlite"]


def test_what_a_person_does_is_synced_and_bulk_work_is_not(shelf: Shelf) -> None:
    def synchronous(tx: Transaction) -> int:
        value: int = tx.db.execute("PRAGMA synchronous").fetchone()[0]
        return value

    normal, full = 1, 2
    assert shelf.catalog._write(synchronous) == normal
    assert shelf.catalog._write_durably(synchronous) == full
    assert shelf.catalog._write(synchronous) == normal


# -- reading only -----------------------------------------------------------------------------
def test_a_catalog_opened_for_reading_refuses_to_write_and_sees_what_others_write(
    shelf: Shelf, paths: CatalogPaths
) -> None:
    with Catalog.open(paths, read_only=True) as reader:
        assert len(reader.photo_ids(PhotoScope())) == 0
        before = reader.data_version()
        assert reader.data_version() == before
        shelf.register("a.jpg")
        assert reader.data_version() != before
        assert len(reader.photo_ids(PhotoScope())) == 1
        with pytest.raises(UsageProblem, match="reading only"):
            reader.add_folder(ROOT)


def test_reading_a_catalog_that_is_not_there_makes_none(paths: CatalogPaths) -> None:
    with pytest.raises(EnvironmentProblem, match="no catalog"):
        Catalog.open(paths, read_only=True)
    assert not paths.root.exists()


def test_a_reader_cannot_write_by_mistake(shelf: Shelf) -> None:
    with (
        pytest.raises(EnvironmentProblem, match="cannot be written"),
        shelf.catalog._readers.snapshot() as db,
    ):
        db.execute("DELETE FROM photos")


# -- other processes --------------------------------------------------------------------------
def test_the_window_notices_what_a_command_line_commits_but_not_itself(
    shelf: Shelf, paths: CatalogPaths
) -> None:
    before = shelf.catalog.data_version()
    shelf.register("own.jpg")
    assert shelf.catalog.data_version() == before
    with Catalog.open(paths) as command_line:
        command_line.register_files(ROOT, [found(ROOT / "foreign.jpg")])
    assert shelf.catalog.data_version() != before


WRITE_FROM_ANOTHER_PROCESS = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from catalog_builders import ROOT, found
from photoorg.catalog.catalog import Catalog
from photoorg.core.paths import CatalogPaths
with Catalog.open(CatalogPaths(Path(sys.argv[1]))) as catalog:
    catalog.add_folder(ROOT)
    for i in range(40):
        catalog.register_files(ROOT, [found(ROOT / f"{sys.argv[2]}-{i}.jpg")])
"""


def test_processes_that_open_and_write_at_once_lose_nothing(paths: CatalogPaths) -> None:
    here = str(Path(__file__).parent)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE_FROM_ANOTHER_PROCESS, str(paths.root), str(i), here]
        )
        for i in range(3)
    ]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]
    with Catalog.open(paths) as catalog:
        assert len(catalog.known_files(ROOT)) == 120
        assert len(catalog.photo_ids(PhotoScope())) == 120
        assert catalog.revision() == 121  # the folder was added once
        assert catalog.check() == []


def test_a_lock_held_for_too_long_is_named(
    paths: CatalogPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_MS", 50)
    with Catalog.open(paths) as catalog, closing(sqlite3.connect(paths.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CatalogLocked) as caught:
            catalog.add_folder(ROOT)
        assert caught.value.remedy
        assert catalog.roots() == ()  # reading goes on
        other.rollback()
        catalog.add_folder(ROOT)


# -- errors -----------------------------------------------------------------------------------
def test_a_full_disk_is_named_and_loses_nothing(shelf: Shelf) -> None:
    shelf.read("a.jpg", photo("bytes"))

    def limit(tx: Transaction) -> None:
        tx.db.execute("PRAGMA max_page_count = 1")

    shelf.catalog._write(limit)
    many = [found(ROOT / f"{'x' * 100}{i}.jpg") for i in range(2000)]
    with pytest.raises(EnvironmentProblem, match="disk is full") as caught:
        shelf.catalog.register_files(ROOT, many)
    assert caught.value.remedy
    shelf.catalog._write(lambda tx: tx.db.execute("PRAGMA max_page_count = 1000000"))
    assert len(shelf.shown()) == 1
    shelf.catalog.apply(AddTag("still works", (PhotoId(1),)))


def test_a_file_that_is_no_database_is_named(paths: CatalogPaths) -> None:
    paths.create()
    paths.database.write_bytes(b"This is not a database." * 1000)
    for read_only in (False, True):
        with pytest.raises(CatalogDamaged) as caught:
            Catalog.open(paths, read_only=read_only)
        assert "backups" in caught.value.remedy
    assert paths.database.read_bytes().startswith(b"This is not")


def test_a_malformed_page_is_named(paths: CatalogPaths) -> None:
    with Catalog.open(paths) as catalog:
        Shelf(catalog).catalog.register_files(ROOT, [found(ROOT / f"{i}.jpg") for i in range(999)])
    content = bytearray(paths.database.read_bytes())
    page = connection.PAGE_SIZE
    content[page:] = b"\xff" * (len(content) - page)
    paths.database.write_bytes(content)
    with pytest.raises(CatalogDamaged), Catalog.open(paths) as catalog:
        catalog.photo_ids(PhotoScope())


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EnvironmentProblem, match="cannot be written"):
        Catalog.open(CatalogPaths(tmp_path / "file" / "catalog"))


def test_our_own_mistakes_are_not_blamed_on_the_machine() -> None:
    assert named_error(sqlite3.ProgrammingError("no code")) is None
    with (
        pytest.raises(sqlite3.OperationalError),
        naming_errors(),
        closing(sqlite3.connect(":memory:")) as db,
    ):
        db.execute("SELECT * FROM nowhere")
