"""Answers and errors come back on the GUI thread, to whoever still wants them."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QObject, QThread

from photoorg.core.errors import Cancelled
from photoorg.gui.tasks import TaskRunner


@pytest.fixture
def tasks(qapp):
    runner = TaskRunner(2)
    yield runner
    runner.shutdown()


class Receiver(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[object] = []

    def take(self, answer: object) -> None:
        self.heard.append(answer)


def test_work_is_off_the_gui_thread_and_its_answer_on_it(tasks: TaskRunner, qtbot) -> None:
    threads = []
    tasks.run(
        threading.current_thread, lambda thread: threads.extend((thread, QThread.currentThread()))
    )
    qtbot.waitUntil(lambda: bool(threads))
    assert threads[0] is not threading.main_thread()
    assert threads[1] is tasks.thread()


def test_an_error_goes_to_its_caller(tasks: TaskRunner, qtbot) -> None:
    caught = []
    with qtbot.assertNotEmitted(tasks.failed, wait=50):
        tasks.run(lambda: 1 // 0, None, caught.append)
        qtbot.waitUntil(lambda: bool(caught))
    assert isinstance(caught[0], ZeroDivisionError)


def test_an_error_that_nobody_takes_is_told(tasks: TaskRunner, qtbot) -> None:
    with qtbot.waitSignal(tasks.failed) as told:
        tasks.run(lambda: 1 // 0)
    assert isinstance(told.args[0], ZeroDivisionError)


def test_what_was_cancelled_is_no_error(tasks: TaskRunner, qtbot) -> None:
    def cancelled() -> None:
        raise Cancelled

    with qtbot.assertNotEmitted(tasks.failed, wait=80):
        tasks.run(cancelled)
        qtbot.waitUntil(lambda: tasks.busy == 0)


def test_only_the_newest_of_a_key_is_answered(tasks: TaskRunner, qtbot) -> None:
    gate = threading.Event()
    heard: list[int] = []
    ran: list[int] = []

    def work(number: int) -> int:
        ran.append(number)
        gate.wait(5)
        return number

    for number in range(20):
        tasks.run(lambda n=number: work(n), heard.append, key="same")
    gate.set()
    qtbot.waitUntil(lambda: tasks.busy == 0 and bool(heard))
    assert heard == [19]
    assert len(ran) <= 3, "what had not begun when a newer one came is not run at all"


def test_dropped_keys_are_not_answered(tasks: TaskRunner, qtbot) -> None:
    heard: list[int] = []
    gate = threading.Event()
    tasks.run(lambda: gate.wait(5), heard.append, key="gone")
    tasks.drop("gone")
    gate.set()
    qtbot.waitUntil(lambda: tasks.busy == 0)
    qtbot.wait(20)
    assert heard == []


def test_a_destroyed_receiver_is_not_called(tasks: TaskRunner, qtbot) -> None:
    from shiboken6 import delete

    receiver, gate = Receiver(), threading.Event()
    heard = receiver.heard
    tasks.run(lambda: gate.wait(5), receiver.take)
    delete(receiver)
    gate.set()
    qtbot.waitUntil(lambda: tasks.busy == 0)
    qtbot.wait(20)
    assert heard == []


def test_it_is_busy_until_the_last_answer_was_heard(tasks: TaskRunner, qtbot) -> None:
    heard: list[str] = []
    busy: list[int] = []
    ended = threading.Event()

    def go_on(answer: str) -> None:
        heard.append(answer)
        tasks.run(ended.set, lambda _: heard.append("second"))
        assert ended.wait(5)
        busy.append(tasks.busy)

    tasks.run(lambda: "first", go_on)
    qtbot.waitUntil(lambda: tasks.busy == 0)
    assert heard == ["first", "second"], "nothing was on its way when it was no longer busy"
    assert busy == [2]


def test_it_is_not_busy_after_an_answer_that_failed(tasks: TaskRunner, qtbot) -> None:
    with qtbot.captureExceptions() as caught:
        tasks.run(lambda: 0, lambda zero: 1 // zero)
        qtbot.waitUntil(lambda: tasks.busy == 0)
    assert caught[0][0] is ZeroDivisionError


def test_shutdown_waits_and_silences(qapp, qtbot) -> None:
    tasks = TaskRunner(1)
    heard: list[bool] = []
    tasks.run(lambda: threading.Event().wait(0.05), heard.append)
    tasks.run(lambda: True, heard.append)
    tasks.shutdown()
    assert tasks.busy == 0
    tasks.run(lambda: True, heard.append)
    qtbot.wait(20)
    assert heard == []
