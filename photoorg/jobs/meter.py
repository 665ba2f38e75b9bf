"""Turning counts into progress reports: a rate over the last seconds, and not too many reports."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from photoorg.core.progress import Progress

REPORT_EVERY_SECONDS = 0.1
RATE_OVER_SECONDS = 8.0
MIN_RATE_SECONDS = 1.0
"""Before that much has been seen, a rate would be a guess."""


class Meter:
    """Reports on one piece of work, at most ten times a second."""

    def __init__(self, task: str, report: Callable[[Progress], None]) -> None:
        self._task = task
        self._report = report
        self._label = ""
        self._history: deque[tuple[float, int]] = deque()
        self._last_report = 0.0

    def update(
        self, label: str, done: int, total: int, *, failed: int = 0, paused: bool = False
    ) -> None:
        """Tell how far the work is; a new label or a pause starts the rate anew."""
        now = time.monotonic()
        urgent = label != self._label or paused
        if urgent:
            self._label = label
            self._history.clear()
        elif now - self._last_report < REPORT_EVERY_SECONDS:
            return
        self._history.append((now, done))
        while now - self._history[0][0] > RATE_OVER_SECONDS:
            self._history.popleft()
        self._last_report = now
        rate = self._rate()
        left = (total - done) / rate if rate > 0 and total else None
        self._report(Progress(self._task, label, done, total, failed, rate, left, paused=paused))

    def finish(self, label: str, done: int, failed: int) -> None:
        """Report the end, whatever was reported last."""
        self._report(Progress(self._task, label, done, done, failed, finished=True))

    def _rate(self) -> float:
        (begun, first), (now, last) = self._history[0], self._history[-1]
        return (last - first) / (now - begun) if now - begun >= MIN_RATE_SECONDS else 0.0
