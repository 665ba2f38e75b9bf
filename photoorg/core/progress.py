"""Telling how far long work is, and stopping or pausing it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from photoorg.core.errors import Cancelled


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment in a piece of background work.

    Attributes:
        task: stable name of the work, such as "index".
        label: what is going on, in words for a person ("Reading photos").
        done: units finished so far, failures included.
        total: units known so far; 0 while that is not known.
        failed: how many of `done` failed.
        rate: units a second over the last few seconds.
        seconds_left: estimate, or None while there is none.
        paused: whether the person paused it.
        finished: whether this is the last report of this work.
        problem: whether it ended early; `label` then says why and what to do.
    """

    task: str
    label: str
    done: int = 0
    total: int = 0
    failed: int = 0
    rate: float = 0.0
    seconds_left: float | None = None
    paused: bool = False
    finished: bool = False
    problem: bool = False


class CancelToken:
    """A cancel and pause switch shared by whoever asks for work and whoever does it."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._running = threading.Event()
        self._running.set()

    def cancel(self) -> None:
        """Ask for the work to end; a paused worker wakes up to notice it."""
        self._cancelled.set()
        self._running.set()

    def pause(self) -> None:
        if not self._cancelled.is_set():
            self._running.clear()

    def resume(self) -> None:
        self._running.set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    @property
    def paused(self) -> bool:
        return not self._running.is_set()

    def check(self) -> None:
        """Wait while paused.

        Raises:
            Cancelled: somebody cancelled.
        """
        self._running.wait()
        if self._cancelled.is_set():
            raise Cancelled
