"""Changes that a person makes: one after the other, in the order they were asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from photoorg.core.changes import ChangeSet, Operation
from photoorg.core.library import LibraryPort
from photoorg.gui.tasks import TaskRunner

_Step = tuple[Callable[[], ChangeSet | None], str]


class EditController(QObject):
    """Carries out operations, undo and redo.

    The views hear of what came of them from the library's change sets, like of any other change.

    Signals:
        done(ChangeSet): an operation is on disk.
        undone(str): what was taken back, in words, or "" where there was nothing.
        redone(str): the same for redo.
        failed(): an operation could not be carried out; `TaskRunner.failed` says why.
    """

    done = Signal(object)
    undone = Signal(str)
    redone = Signal(str)
    failed = Signal()

    def __init__(
        self, library: LibraryPort, tasks: TaskRunner, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._steps: deque[_Step] = deque()
        self._busy = False

    def apply(self, operation: Operation) -> None:
        """Carry out an operation after those before it."""
        self._add((lambda: self._library.apply(operation), "apply"))

    def undo(self) -> None:
        """Take back the newest change."""
        self._add((self._library.undo, "undo"))

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._add((self._library.redo, "redo"))

    def remove_folder(self, remove: Callable[[], ChangeSet]) -> None:
        """Carry out a removal of a folder after the changes before it."""
        self._add((remove, "apply"))

    def _add(self, step: _Step) -> None:
        self._steps.append(step)
        if not self._busy:
            self._next()

    def _next(self) -> None:
        self._busy = bool(self._steps)
        if self._busy:
            function, kind = self._steps.popleft()
            self._tasks.run(
                function, lambda changes: self._on_done(kind, changes), self._on_error, owner=self
            )

    def _on_done(self, kind: str, changes: ChangeSet | None) -> None:
        if kind == "apply":
            self.done.emit(changes)
        else:
            said = self.undone if kind == "undo" else self.redone
            said.emit("" if changes is None else changes.label or "Change")
        self._next()

    def _on_error(self, error: Exception) -> None:
        self._tasks.failed.emit(error)
        self.failed.emit()
        self._next()
