"""Sudden deaths in the middle of indexing: of a worker, and of the whole program."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from photoorg.catalog.catalog import Catalog
from photoorg.core.changes import AddTag
from photoorg.core.errors import Cancelled
from photoorg.core.modelling import DEFAULT_FEATURES
from photoorg.core.paths import CatalogPaths
from photoorg.core.progress import CancelToken, Progress
from photoorg.core.records import PhotoScope
from photoorg.features.registry import visual_spec
from photoorg.jobs.library import Library

pytestmark = pytest.mark.timeout(300)

PHOTOS = 120


@pytest.fixture(scope="module")
def folder(real_photos: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many photos with different bytes and the same few pictures."""
    folder = tmp_path_factory.mktemp("photos")
    sources = list(real_photos.values())
    for number in range(PHOTOS):
        copy = folder / f"{number:03}.jpg"
        shutil.copyfile(sources[number % len(sources)], copy)
        with copy.open("ab") as end:
            end.write(f"copy {number}".encode())
    return folder


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def counts(paths: CatalogPaths) -> tuple[int, int]:
    """Return how many files wait to be read, and how many vectors there are."""
    with Catalog.open(paths, read_only=True) as catalog:
        key = visual_spec(DEFAULT_FEATURES).key
        return len(catalog.pending_files()), catalog.vector_count(key)


def test_kill_9_of_the_whole_program_loses_nothing_confirmed(folder: Path, tmp_path: Path) -> None:
    paths = CatalogPaths(tmp_path / "catalog")
    command = [sys.executable, "-m", "photoorg", "index", str(folder), "--catalog", str(paths.root)]
    program = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: paths.database.exists() and _stored(paths) > 0)
        with Library.open(paths, background=False) as beside:
            first = beside.photo_ids(PhotoScope())[0]
            beside.apply(AddTag("kept", (first,)))
        children = _children(program.pid)
        assert program.poll() is None, "the program ended before it could be killed"
    finally:
        program.kill()
        program.wait()
    wait_until(lambda: not any(_alive(child) for child in children), 20)
    waiting, vectors = counts(paths)
    assert waiting > 0 or vectors < PHOTOS, "there was nothing left to do"

    with Library.open(paths, background=False) as library:
        report = library.index([folder], on_progress=lambda _: None, token=CancelToken())
        assert report.failed == ()
        details = library.details(first)
        assert details is not None
        assert [tag for tag, _ in details.confirmed] == ["kept"]
        assert report.found == report.new + report.unchanged
        assert report.unchanged > 0
        assert library.catalog.check() == []
    assert counts(paths) == (0, PHOTOS)


def test_killed_workers_cost_no_photo(folder: Path, tmp_path: Path) -> None:
    paths = CatalogPaths(tmp_path / "catalog")
    with Library.open(paths, background=False) as library:
        killed: list[int] = []

        def on_progress(progress: Progress) -> None:
            if progress.total and progress.done >= 5 and len(killed) < 3:
                victims = [pid for pid in library.worker_processes() if pid not in killed]
                if victims:
                    killed.append(victims[0])
                    os.kill(victims[0], signal.SIGKILL)

        report = library.index([folder], on_progress=on_progress, token=CancelToken())
        assert len(killed) == 3
        assert (report.new, report.encoded, report.failed) == (PHOTOS, PHOTOS, ())


def test_cancelled_indexing_goes_on_where_it_was(folder: Path, tmp_path: Path) -> None:
    paths = CatalogPaths(tmp_path / "catalog")
    with Library.open(paths, background=False) as library:
        token = CancelToken()

        def on_progress(progress: Progress) -> None:
            if progress.total and progress.done >= 10:
                token.cancel()

        with pytest.raises(Cancelled):
            library.index([folder], on_progress=on_progress, token=token)
        waiting = len(library.catalog.pending_files())
        assert 0 < waiting < PHOTOS
        report = library.index([folder], on_progress=lambda _: None, token=CancelToken())
        assert report.new == waiting
        assert report.unchanged == PHOTOS - waiting
    assert counts(paths) == (0, PHOTOS)


def test_pause_stops_the_work_and_resume_goes_on(folder: Path, tmp_path: Path) -> None:
    with Library.open(CatalogPaths(tmp_path / "catalog"), background=False) as library:
        token = CancelToken()
        paused_at: list[float] = []

        def on_progress(progress: Progress) -> None:
            if progress.total and progress.done >= 5 and not paused_at:
                paused_at.append(time.monotonic())
                token.pause()

        runner = threading.Thread(
            target=library.index,
            args=([folder],),
            kwargs={"on_progress": on_progress, "token": token},
        )
        runner.start()
        wait_until(lambda: bool(paused_at))
        time.sleep(1.0)
        before = len(library.catalog.pending_files())
        time.sleep(1.0)
        assert len(library.catalog.pending_files()) == before > 0
        token.resume()
        runner.join(120)
        assert library.catalog.pending_files() == []


def test_a_full_disk_is_named_and_nothing_is_lost(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thumbnail folder that cannot be written stops the run with a remedy, not with failures."""
    paths = CatalogPaths(tmp_path / "catalog")
    with Library.open(paths, background=False) as library:
        shutil.rmtree(paths.thumbnails)
        paths.thumbnails.write_text("in the way")
        with pytest.raises(Exception, match="thumbnail") as problem:
            library.index([folder], on_progress=lambda _: None, token=CancelToken())
        assert problem.value.remedy
        paths.thumbnails.unlink()
        report = library.index([folder], on_progress=lambda _: None, token=CancelToken())
        assert (report.new, report.failed) == (PHOTOS, ())


def _stored(paths: CatalogPaths) -> int:
    try:
        return counts(paths)[1]
    except Exception:  # noqa: BLE001 - the program is still creating the catalog
        return 0


def _children(process: int) -> list[int]:
    listing = Path(f"/proc/{process}/task/{process}/children")
    return [int(child) for child in listing.read_text().split()] if listing.exists() else []


def _alive(process: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False
