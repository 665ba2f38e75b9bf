"""The supervisor against workers that answer, refuse, fail, die, hang and never start."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import pytest

from photoorg.core.errors import Cancelled, DamagedMedia, WorkerUnavailable
from photoorg.jobs.pool import Lane, PoolLimits, RequestKilledWorker, WorkerBug, WorkerPool
from photoorg.jobs.worker import WorkerSpec

MakePool = Callable[..., WorkerPool]
LIMITS = PoolLimits(start_seconds=20, request_seconds=20, idle_seconds=20)


@dataclass
class _Trickster:
    """Does what it is told to, good or bad."""

    description = "trickster"

    def __call__(self, request: tuple[str, Any]) -> object:
        action, value = request
        if action == "echo":
            return value
        if action == "sleep":
            time.sleep(value)
            return value
        if action == "pid":
            return os.getpid()
        if action == "refuse":
            raise DamagedMedia(value, "a remedy")
        if action == "bug":
            return 1 // 0
        if action == "memory":
            raise MemoryError
        os._exit(value)


def _create(config: str) -> _Trickster:
    if config == "refuse":
        raise WorkerUnavailable("No weights.", "Fetch them.")
    if config == "bug":
        raise KeyError("start")
    if config == "die":
        os._exit(3)
    return _Trickster()


@pytest.fixture
def make_pool() -> Iterator[MakePool]:
    pools = []

    def make(config: str = "", count: int = 1, limits: PoolLimits = LIMITS) -> WorkerPool:
        pools.append(WorkerPool(WorkerSpec("trickster", _create, config), count, limits))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


def test_answers_arrive(make_pool: MakePool) -> None:
    pool = make_pool(count=2)
    futures = [pool.submit(("echo", number)) for number in range(50)]
    assert [future.result(20) for future in futures] == list(range(50))
    assert pool.description == "trickster"


def test_refusal_keeps_its_type_and_remedy_and_the_process(make_pool: MakePool) -> None:
    pool = make_pool()
    before = pool.submit(("pid", None)).result(20)
    with pytest.raises(DamagedMedia) as refusal:
        pool.submit(("refuse", "Cut short.")).result(20)
    assert (refusal.value.message, refusal.value.remedy) == ("Cut short.", "a remedy")
    assert pool.submit(("pid", None)).result(20) == before


def test_bug_comes_back_with_its_traceback(make_pool: MakePool) -> None:
    pool = make_pool()
    with pytest.raises(WorkerBug, match="ZeroDivisionError") as bug:
        pool.submit(("bug", None)).result(20)
    assert "1 // 0" in bug.value.report


def test_request_that_kills_costs_only_itself(make_pool: MakePool) -> None:
    pool = make_pool()
    futures = [pool.submit(("echo", 1)), pool.submit(("die", 7)), pool.submit(("echo", 2))]
    assert futures[0].result(20) == 1
    with pytest.raises(RequestKilledWorker, match="code 7"):
        futures[1].result(20)
    assert futures[2].result(20) == 2


def test_process_killed_from_outside_is_replaced_and_the_request_done(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.submit(("echo", 0)).result(20)
    slow = pool.submit(("sleep", 0.5))
    time.sleep(0.1)
    (victim,) = pool.process_ids()
    os.kill(victim, signal.SIGKILL)
    assert slow.result(20) == 0.5
    assert pool.process_ids() != (victim,)


def test_hung_request_is_given_up(make_pool: MakePool) -> None:
    pool = make_pool(limits=PoolLimits(start_seconds=20, request_seconds=0.3))
    with pytest.raises(RequestKilledWorker, match="no answer within"):
        pool.submit(("sleep", 30)).result(20)
    assert pool.submit(("echo", "alive")).result(20) == "alive"


def test_interactive_overtakes_bulk(make_pool: MakePool) -> None:
    pool = make_pool()
    finished: list[str] = []
    pool.submit(("sleep", 0.3))
    futures: list[Future[Any]] = []
    for name, lane in (("bulk 1", Lane.BULK), ("bulk 2", Lane.BULK), ("now", Lane.INTERACTIVE)):
        futures.append(pool.submit(("echo", name), lane))
        futures[-1].add_done_callback(lambda future: finished.append(future.result()))
    for future in futures:
        future.result(20)
    assert finished == ["now", "bulk 1", "bulk 2"]


@pytest.mark.parametrize(
    ("config", "reason"), [("refuse", "No weights"), ("bug", "KeyError"), ("die", "code 3")]
)
def test_worker_that_does_not_start_is_named(make_pool: MakePool, config: str, reason: str) -> None:
    with pytest.raises(WorkerUnavailable, match=reason):
        make_pool(config).submit(("echo", 1)).result(60)


def test_too_much_memory_is_a_refusal(make_pool: MakePool) -> None:
    with pytest.raises(Exception, match="memory"):
        make_pool().submit(("memory", None)).result(20)


def test_idle_process_ends_and_comes_back(make_pool: MakePool) -> None:
    pool = make_pool(limits=PoolLimits(start_seconds=20, idle_seconds=0.2))
    pool.submit(("echo", 1)).result(20)
    deadline = time.monotonic() + 10
    while pool.process_ids() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert pool.process_ids() == ()
    assert pool.submit(("echo", 2)).result(20) == 2


def test_close_is_quick_and_answers_everyone(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.submit(("echo", 0)).result(20)
    futures = [pool.submit(("sleep", 60)) for _ in range(3)]
    time.sleep(0.2)
    begun = time.monotonic()
    pool.close()
    assert time.monotonic() - begun < 5
    for future in [*futures, pool.submit(("echo", 1))]:
        with pytest.raises(Cancelled):
            future.result(1)
    assert pool.process_ids() == ()
