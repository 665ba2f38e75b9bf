"""Undo and redo, made of change sets and nothing else."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from photoorg.core.changes import ChangeSet, Operation

Apply = Callable[[Operation], ChangeSet]


class UndoHistory:
    """What a person did in this session, newest last; safe to use from several threads."""

    def __init__(self, apply: Apply, limit: int = 1000) -> None:
        self._apply = apply
        self._lock = threading.Lock()
        self._done: deque[ChangeSet] = deque(maxlen=limit)
        self._undone: deque[ChangeSet] = deque(maxlen=limit)

    def apply(self, operation: Operation) -> ChangeSet:
        """Carry out an operation and remember how to take it back."""
        with self._lock:
            change = self._apply(operation)
            if change.inverse is not None:
                self._done.append(change)
                self._undone.clear()
            return change

    def undo(self) -> ChangeSet | None:
        return self._step(self._done, self._undone)

    def redo(self) -> ChangeSet | None:
        return self._step(self._undone, self._done)

    def _step(self, source: deque[ChangeSet], target: deque[ChangeSet]) -> ChangeSet | None:
        """Apply the newest inverse of `source`; its own inverse goes to `target`.

        A step leaves `source` only when it is on disk, so a full disk does not eat it.
        """
        with self._lock:
            if not source or source[-1].inverse is None:
                return None
            change = self._apply(source[-1].inverse)
            source.pop()
            target.append(change)
            return change
