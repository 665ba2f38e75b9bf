"""What the library tells, brought to the GUI thread and gathered to a few times a second."""

from __future__ import annotations

import threading
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from shiboken6 import isValid

from photoorg.core.changes import ChangeSet
from photoorg.core.library import LibraryEvent, LibraryPort
from photoorg.core.modelling import TrainingState
from photoorg.core.progress import Progress
from photoorg.core.quality import QualityChanged

PERIOD_MS: Final = 100


def merge_changes(first: ChangeSet, second: ChangeSet) -> ChangeSet:
    """Return one change set that refreshes views as both do; it is no undo step."""
    return ChangeSet(
        kinds=first.kinds | second.kinds,
        revision=max(first.revision, second.revision),
        photo_ids=first.photo_ids | second.photo_ids,
        everything=first.everything or second.everything,
    )


class LibraryEvents(QObject):
    """Hears a library on any thread and speaks on the GUI thread.

    Signals:
        changed(ChangeSet): what came together since the last time.
        progressed(Progress): the newest report of running work, or its last one.
        ended_early(Progress): work that could not go on; its label says why. None is left out.
        trained(TrainingState): the newest word on a training.
        judged: there is news of how good the suggestions are.
    """

    changed = Signal(object)
    progressed = Signal(object)
    ended_early = Signal(object)
    trained = Signal(object)
    judged = Signal()
    _arrived = Signal()

    def __init__(self, library: LibraryPort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._changes: ChangeSet | None = None
        self._progress: Progress | None = None
        self._problems: list[Progress] = []
        self._training: TrainingState | None = None
        self._judged = False
        self._timer = QTimer(self, singleShot=True, interval=PERIOD_MS)
        self._timer.timeout.connect(self._tell)
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe = library.subscribe(self._hear)

    def close(self) -> None:
        """Hear no more, and say nothing of what was heard."""
        self._unsubscribe()
        self._timer.stop()

    def _hear(self, event: LibraryEvent) -> None:
        """Take an event; called on any thread."""
        with self._lock:
            news = (self._changes, self._progress, self._training)
            first = not self._judged and all(each is None for each in news)
            if isinstance(event, QualityChanged):
                self._judged = True
            elif isinstance(event, TrainingState):
                self._training = event
            elif isinstance(event, Progress):
                self._progress = event
                if event.problem:
                    self._problems.append(event)
            elif self._changes is None:
                self._changes = event
            else:
                self._changes = merge_changes(self._changes, event)
        if first and isValid(self):
            self._arrived.emit()

    @Slot()
    def _on_arrived(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _tell(self) -> None:
        with self._lock:
            changes, self._changes = self._changes, None
            progress, self._progress = self._progress, None
            problems, self._problems = self._problems, []
            training, self._training = self._training, None
            judged, self._judged = self._judged, False
        for problem in problems:
            self.ended_early.emit(problem)
        if changes is not None:
            self.changed.emit(changes)
        if progress is not None:
            self.progressed.emit(progress)
        if training is not None:
            self.trained.emit(training)
        if judged:
            self.judged.emit()
