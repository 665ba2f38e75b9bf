"""Exit codes, and where what goes wrong is told."""

from __future__ import annotations

import subprocess
import sys

import pytest

from photoorg.core.errors import (
    Cancelled,
    CatalogTooNew,
    DamagedMedia,
    EnvironmentProblem,
    ModelFileProblem,
    QuerySyntaxError,
    UsageProblem,
)
from photoorg.core.paths import CatalogPaths


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EnvironmentProblem("The disk is full.", "Make room."), 1),
        (CatalogTooNew("The catalog is from a newer photoorg."), 1),
        (DamagedMedia("The file is no photo."), 1),
        (ModelFileProblem("The model is damaged."), 1),
        (UsageProblem("That is no tag."), 2),
        (QuerySyntaxError("A quotation mark is missing."), 2),
        (Cancelled("Interrupted.", "It goes on where it was."), 130),
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_errors_are_told_in_words_on_standard_error(run, library, error, code, as_json) -> None:
    library.fails_with = error
    ran = run("search", "cat", *["--json"] * as_json)
    assert ran.code == code
    assert ran.out == ""
    assert str(error) in ran.err
    assert "Traceback" not in ran.err
    assert library.closed


def test_an_interrupt_closes_the_library_and_exits_130(run, library) -> None:
    library.fails_with = KeyboardInterrupt()
    ran = run("search", "cat")
    assert (ran.code, ran.out, ran.err) == (130, "", "Interrupted.\n")
    assert library.closed


def test_a_bug_is_not_dressed_up_as_the_persons_fault(run, library) -> None:
    library.fails_with = ZeroDivisionError("a bug")
    with pytest.raises(ZeroDivisionError):
        run("search", "cat")
    assert library.closed


@pytest.mark.parametrize("command", [("search", "cat"), ("tag", "list"), ("backup", "b.sqlite")])
def test_without_a_catalog_one_is_told_how_to_make_it(run, catalog, library, command) -> None:
    catalog.database.unlink()
    ran = run(*command)
    assert ran.code == 1
    assert "photoorg index FOLDER" in ran.err
    assert library.asked == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("search",),
        ("search", "cat", "--limit", "0"),
        ("search", "cat", "--limit", "many"),
        ("similar", "a.jpg", "b.jpg"),
        ("tag", "add", "beach"),
        ("tag", "add", " ", "a.jpg"),
        ("tag", "praise", "beach", "a.jpg"),
        ("index", "photos", "--workers", "-1"),
        ("evaluate", "nothing", "--data", "d"),
        ("evaluate", "suggest"),
        ("backup",),
    ],
)
def test_a_wrong_command_line_exits_2_with_its_usage(run, library, arguments, capsys) -> None:
    with pytest.raises(SystemExit) as left:
        run(*arguments)
    written = capsys.readouterr()
    assert left.value.code == 2
    assert written.out == ""
    assert "usage: photoorg" in written.err
    assert library.asked == []


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path) -> None:
    program = """
import sys
from photoorg.cli.main import main
from photoorg.core.records import TagCount

class Library:
    def tags(self):
        return [TagCount(1, "tag" * 10, 1)] * 100_000
    def close(self):
        pass

sys.exit(main(["tag", "list", "--catalog", sys.argv[1]], opener=lambda paths, features: Library()))
"""
    paths = CatalogPaths(tmp_path)
    paths.database.touch()
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline().startswith("tag")
        running.stdout.close()
        assert running.stderr.read() == ""
    assert running.returncode == 1
