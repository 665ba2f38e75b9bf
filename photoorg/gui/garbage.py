"""Cycles of objects are collected on the GUI thread alone.

Python collects on whatever thread happens to allocate. Where a cycle holds a widget or a model, it
would be destroyed there: that waits for the interpreter while it holds a lock of Qt's, and the GUI
thread, which has the interpreter, may wait for that very lock. Then the window stands still for
good. So Python's own collection is off while a window is open, and a timer does the same work.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QTimer

INTERVAL_MS = 500


@contextmanager
def garbage_collected_here() -> Iterator[None]:
    """Collect garbage on this thread, which runs Qt's event loop, and on no other."""
    before = gc.isenabled()
    gc.disable()
    timer = QTimer(interval=INTERVAL_MS)
    timer.timeout.connect(collect_due)
    timer.start()
    try:
        yield
    finally:
        timer.stop()
        collect_due()
        if before:
            gc.enable()


def collect_due() -> int:
    """Collect the oldest generation that Python would collect by now.

    Returns:
        How many objects were found that nothing reaches.
    """
    counts, thresholds = gc.get_count(), gc.get_threshold()
    for generation in (2, 1, 0):
        if counts[generation] > thresholds[generation]:
            return gc.collect(generation)
    return 0
