"""The indexer's thread and the meter that speaks for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from photoorg.core.errors import EnvironmentProblem
from photoorg.core.progress import CancelToken, Progress
from photoorg.core.records import IndexReport
from photoorg.jobs.background import BackgroundIndexer
from photoorg.jobs.meter import Meter


class _Runs:
    """Stands in for indexing: records its calls and does as told."""

    def __init__(self) -> None:
        self.calls: list[list[Path]] = []
        self.reports: list[Progress] = []
        self.started = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()
        self.error: Exception | None = None

    def __call__(
        self, folders: Sequence[Path], token: CancelToken, report: Callable[[Progress], None]
    ) -> IndexReport:
        self.calls.append(list(folders))
        report(Progress("index", "Reading photos", 1, 2))
        self.started.set()
        self.go_on.wait(10)
        token.check()
        if self.error is not None:
            raise self.error
        report(Progress("index", "Done", 2, 2, finished=True))
        return IndexReport()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def runs() -> _Runs:
    return _Runs()


def test_folders_asked_for_meanwhile_make_one_next_run(runs: _Runs) -> None:
    indexer = BackgroundIndexer(runs, runs.reports.append)
    runs.go_on.clear()
    indexer.request([Path("a")])
    runs.started.wait(10)
    indexer.request([Path("b")])
    indexer.request([Path("c"), Path("b")])
    runs.go_on.set()
    wait_until(lambda: len(runs.calls) == 2 and indexer.newest is None)
    indexer.close()
    assert runs.calls == [[Path("a")], [Path("b"), Path("c")]]


def test_cancel_drops_what_waits_and_the_next_request_runs(runs: _Runs) -> None:
    indexer = BackgroundIndexer(runs, runs.reports.append)
    runs.go_on.clear()
    indexer.request([Path("a")])
    runs.started.wait(10)
    indexer.request([Path("b")])
    indexer.cancel()
    runs.go_on.set()
    indexer.request([Path("c")])
    wait_until(lambda: len(runs.calls) == 2)
    indexer.close()
    assert runs.calls == [[Path("a")], [Path("c")]]


def test_pause_and_resume_are_reported_at_once(runs: _Runs) -> None:
    indexer = BackgroundIndexer(runs, runs.reports.append)
    runs.go_on.clear()
    indexer.request([Path("a")])
    runs.started.wait(10)
    indexer.pause()
    assert indexer.newest is not None
    assert indexer.newest.paused
    indexer.resume()
    assert not indexer.newest.paused
    runs.go_on.set()
    wait_until(lambda: indexer.newest is None)
    indexer.close()
    assert [report.paused for report in runs.reports] == [False, True, False, False]


def test_closing_ends_a_paused_run(runs: _Runs) -> None:
    indexer = BackgroundIndexer(runs, runs.reports.append)
    runs.go_on.clear()
    indexer.request([Path("a")])
    runs.started.wait(10)
    indexer.pause()
    runs.go_on.set()
    indexer.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (EnvironmentProblem("The disk is full.", "Make room."), "full. Make room"),
        (KeyError("bug"), "an error in photoorg itself"),
    ],
)
def test_a_run_that_fails_says_why_and_the_next_one_works(
    runs: _Runs, error: Exception, words: str
) -> None:
    indexer = BackgroundIndexer(runs, runs.reports.append)
    runs.error = error
    indexer.request([Path("a")])
    wait_until(lambda: any(report.problem for report in runs.reports))
    assert words in runs.reports[-1].label
    runs.error = None
    indexer.request([Path("a")])
    wait_until(lambda: len(runs.calls) == 2)
    indexer.close()


def test_meter_reports_seldom_and_tells_rate_and_time_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    reports: list[Progress] = []
    meter = Meter("index", reports.append)
    for done in range(300):
        meter.update("Reading photos", done, 1000)
        now[0] += 0.01
    assert 25 <= len(reports) <= 31
    assert reports[-1].rate == pytest.approx(100, rel=0.02)
    assert reports[-1].seconds_left == pytest.approx((1000 - reports[-1].done) / 100, rel=0.02)
    meter.update("Learning what photos show", 0, 1000)
    assert reports[-1].rate == 0
    assert reports[-1].seconds_left is None
    meter.finish("Done", 300, 2)
    assert (reports[-1].finished, reports[-1].done, reports[-1].failed) == (True, 300, 2)
