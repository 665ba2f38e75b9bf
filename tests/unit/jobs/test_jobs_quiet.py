"""Work that waits until nothing more changes."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from photoorg.core.errors import Cancelled, EnvironmentProblem
from photoorg.jobs.quiet import Pace, QuietWorker

AT_ONCE = Pace(quiet=0.0, patience=0.0, rest=0.0)
NEVER = Pace(quiet=1e6, patience=1e6)


class Calls:
    """Remembers what work was asked for, and lets a test wait for it."""

    def __init__(self) -> None:
        self.asked: list[bool] = []
        self.problem: Exception | None = None
        self._changed = threading.Condition()

    def __call__(self, asked: bool) -> None:
        with self._changed:
            self.asked.append(asked)
            self._changed.notify_all()
        if self.problem is not None:
            raise self.problem

    def wait(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.asked) >= count, 10)


@pytest.fixture
def start() -> Iterator[Callable[[Calls, Pace], QuietWorker]]:
    workers = []

    def make(work: Calls, pace: Pace) -> QuietWorker:
        workers.append(QuietWorker("worker", work, pace))
        return workers[-1]

    yield make
    for worker in workers:
        worker.close()


def test_it_works_once_at_the_start_and_once_after_changes(start) -> None:
    calls = Calls()
    worker = start(calls, AT_ONCE)
    calls.wait(1)
    worker.notice()
    calls.wait(2)
    assert calls.asked == [False, False]


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
def test_it_steps_back_and_so_do_its_threads(start) -> None:
    found: list[int] = []

    class Asking(Calls):
        def __call__(self, asked: bool) -> None:
            own = threading.Thread(target=lambda: found.append(priority()))
            own.start()
            own.join()
            found.append(priority())
            super().__call__(asked)

    calls = Asking()
    start(calls, AT_ONCE)
    calls.wait(1)
    assert found == [priority() + 10] * 2


def priority() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_it_waits_for_quiet(start) -> None:
    calls = Calls()
    worker = start(calls, NEVER)
    worker.notice()
    time.sleep(0.05)
    assert calls.asked == []


def test_many_changes_are_one_piece_of_work(start) -> None:
    calls = Calls()
    worker = start(calls, Pace(quiet=0.05, patience=60))
    for _ in range(20):
        worker.notice()
    calls.wait(1)
    time.sleep(0.15)
    assert calls.asked == [False]


def test_patience_ends_where_changes_never_do(start) -> None:
    calls = Calls()
    worker = start(calls, Pace(quiet=60, patience=0.05, rest=0))
    deadline = time.monotonic() + 10
    while not calls.asked and time.monotonic() < deadline:
        worker.notice()
        time.sleep(0.01)
    assert calls.asked == [False]


def test_it_rests_as_long_as_its_work_took_times_a_factor(start) -> None:
    calls = Calls()
    worker = start(calls, Pace(quiet=0, patience=0, rest=1e9))
    calls.wait(1)
    worker.notice()
    time.sleep(0.05)
    assert calls.asked == [False]
    worker.hurry()
    calls.wait(2)
    assert calls.asked == [False, True]


def test_what_is_asked_for_outright_waits_for_nothing(start) -> None:
    calls = Calls()
    start(calls, NEVER).hurry()
    calls.wait(1)
    assert calls.asked == [True]


@pytest.mark.parametrize(
    ("problem", "level"),
    [(EnvironmentProblem("The disk is full."), "WARNING"), (ZeroDivisionError(), "ERROR")],
)
def test_a_failure_is_told_and_the_next_change_is_heard(start, caplog, problem, level) -> None:
    calls = Calls()
    calls.problem = problem
    with caplog.at_level(logging.WARNING):
        worker = start(calls, AT_ONCE)
        calls.wait(1)
        worker.notice()
        calls.wait(2)
        worker.close()
    assert [record.levelname for record in caplog.records] == [level, level]


def test_cancelled_work_ends_the_thread(start) -> None:
    calls = Calls()
    calls.problem = Cancelled()
    worker = start(calls, AT_ONCE)
    calls.wait(1)
    worker._thread.join(10)
    assert not worker._thread.is_alive()


def test_closing_waits_for_nobody_but_the_work_that_goes_on() -> None:
    worker = QuietWorker("worker", Calls(), NEVER)
    worker.close()
    assert not worker._thread.is_alive()
    worker.close()
