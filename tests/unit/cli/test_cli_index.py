"""`photoorg index`: what it asks for, its JSON, and being interrupted."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from photoorg.core.errors import EnvironmentProblem
from photoorg.core.progress import CancelToken
from photoorg.core.records import Failure, IndexReport

REPORT = IndexReport(
    found=10,
    new=4,
    changed=1,
    moved=1,
    unchanged=1,
    missing=2,
    unsupported=1,
    failed=(Failure(Path("/photos/bad.jpg"), "It is damaged."),),
    encoded=5,
    seconds=2.0,
)


def test_json_has_the_keys_that_others_build_on(run, library, tmp_path) -> None:
    library.report = REPORT
    ran = run("index", tmp_path, "--json")
    assert ran.code == 0
    assert ran.document == {
        "found": 10,
        "new": 4,
        "changed": 1,
        "moved": 1,
        "unchanged": 1,
        "missing": 2,
        "unsupported": 1,
        "failed": [{"path": str(Path("/photos/bad.jpg")), "reason": "It is damaged."}],
        "encoded": 5,
        "seconds": 2.0,
        "photos_per_second": 3.0,
    }


def test_people_see_every_count_and_the_reasons(run, library, tmp_path) -> None:
    library.report = REPORT
    ran = run("index", tmp_path)
    assert ran.out.startswith("10 files in 2 s (3.0 photos/s)\n")
    for line in ("4 new", "1 changed", "1 moved", "2 missing", "1 unsupported", "1 failed"):
        assert line in ran.out
    assert "It is damaged." in ran.out


def test_folders_reach_the_library_absolute_and_tidy(run, library, tmp_path, monkeypatch) -> None:
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path / "photos")
    assert run("index", ".", "../photos", "--features", "other", "--workers", "3").code == 0
    assert library.asked == [("index", [tmp_path / "photos"] * 2, 3)]
    assert library.features == "other"


def test_a_first_index_needs_no_catalog(run, catalog, tmp_path) -> None:
    catalog.database.unlink()
    assert run("index", tmp_path).code == 0


def test_a_folder_that_is_gone_is_the_machines_fault(run, library) -> None:
    library.fails_with = EnvironmentProblem("The folder is not there.")
    assert run("index", "/nowhere").code == 1


def test_no_progress_is_written_into_a_pipe(run, tmp_path) -> None:
    assert run("index", tmp_path).err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="sends this process the signal of Ctrl+C")
def test_ctrl_c_cancels_in_an_orderly_way(run, library, tmp_path) -> None:
    before = signal.getsignal(signal.SIGINT)
    library.while_indexing = lambda _: os.kill(os.getpid(), signal.SIGINT)
    ran = run("index", tmp_path, "--json")
    assert ran.code == 130
    assert ran.out == ""
    assert "goes on where it was" in ran.err
    assert library.closed
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.skipif(sys.platform == "win32", reason="sends this process the signal of Ctrl+C")
def test_a_second_ctrl_c_does_not_wait(run, library, tmp_path) -> None:
    def stubborn(token: CancelToken) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        assert token.cancelled
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("went on")

    library.while_indexing = stubborn
    assert run("index", tmp_path).code == 130
