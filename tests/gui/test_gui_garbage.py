"""Cycles that hold Qt's objects die on the GUI thread."""

from __future__ import annotations

import gc
import threading

from PySide6.QtCore import QObject

from photoorg.gui.garbage import collect_due, garbage_collected_here


class Witness(QObject):
    """Says on which thread it is let go of."""

    def __init__(self, died_on: list[int]) -> None:
        super().__init__()
        self.itself = self
        self._died_on = died_on

    def __del__(self) -> None:
        self._died_on.append(threading.get_ident())


def allocate() -> None:
    """Give Python many reasons to collect."""
    for _ in range(200_000):
        cycle: list[object] = []
        cycle.append(cycle)


def test_a_busy_thread_destroys_no_object_of_qt(qtbot) -> None:
    died_on: list[int] = []
    gc.enable()
    with garbage_collected_here():
        Witness(died_on)
        thread = threading.Thread(target=allocate)
        thread.start()
        thread.join()
        assert not died_on
        qtbot.waitUntil(lambda: bool(died_on), timeout=5000)
    assert died_on == [threading.get_ident()]


def test_python_collects_again_where_no_window_is() -> None:
    gc.enable()
    with garbage_collected_here():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_only_what_is_due_is_collected() -> None:
    gc.collect()
    assert collect_due() == 0
    allocate()
    assert collect_due() > 1000
