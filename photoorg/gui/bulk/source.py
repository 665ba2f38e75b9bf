"""What can be suggested for the selected photos, kept up to date for all who show it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from photoorg.core.bulk import MOST_PHOTOS, BulkAnswer
from photoorg.core.changes import ChangeKind, ChangeSet
from photoorg.core.errors import PhotoorgError
from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.core.progress import CancelToken, Progress
from photoorg.core.records import GridRow
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.widgets import wording

WAIT_MS: Final = 150
"""A selection that is still being made is not asked about."""

LIKELY: Final = 0.6
"""Suggestions at least so probable are accepted by one click, until the person says otherwise.

Eight of ten of them are right, see `search.suggest.SURE`.
"""

_RELEVANT: Final = frozenset(
    {ChangeKind.TAGS, ChangeKind.VECTORS, ChangeKind.PHOTOS_REMOVED, ChangeKind.PHOTOS_CHANGED}
)


@dataclass(frozen=True, slots=True)
class Suggested:
    """An answer with what is needed to picture it."""

    answer: BulkAnswer = field(default_factory=BulkAnswer)
    rows: Mapping[PhotoId, GridRow] = field(default_factory=dict)


class BulkSource(QObject):
    """Asks for suggestions for a selection, one question at a time, and drops what is outdated.

    Signals:
        changed(): another answer, another selection, or another `least`.
        progressed(Progress): how far the question under way is.
        refused(str): why there is no answer.
    """

    changed = Signal()
    progressed = Signal(object)
    refused = Signal(str)
    _told = Signal(object, object)

    def __init__(
        self, library: LibraryPort, tasks: TaskRunner, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._photo_ids: tuple[PhotoId, ...] = ()
        self._suggested: Suggested | None = None
        self._token = CancelToken()
        self._asking = self._again = False
        self._least = LIKELY
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self._ask)
        self._told.connect(self._on_told)

    @property
    def photo_ids(self) -> tuple[PhotoId, ...]:
        """The photos asked about."""
        return self._photo_ids

    @property
    def suggested(self) -> Suggested | None:
        """The newest answer for these photos, or None while there is none."""
        return self._suggested

    @property
    def least(self) -> float:
        """Probability from which a suggestion is accepted."""
        return self._least

    def set_least(self, least: float) -> None:
        """Accept suggestions from another probability on."""
        self._least = least
        self.changed.emit()

    def set_photos(self, photo_ids: Sequence[PhotoId]) -> None:
        """Ask about other photos; none ends what is under way."""
        wanted = tuple(photo_ids)
        if wanted == self._photo_ids:
            return
        self._photo_ids, self._suggested = wanted, None
        self._stop()
        self.changed.emit()
        if len(wanted) > MOST_PHOTOS:
            self.refused.emit(f"Tags are suggested for up to {wording.photos(MOST_PHOTOS)}.")
        elif wanted:
            self._timer.start()

    def refresh(self) -> None:
        """Ask again; the answer that is there stays until then.

        A question that is under way comes to its end first, or photos that change all the time,
        as while they are being read, would never have an answer.
        """
        if self._asking:
            self._again = True
        elif 0 < len(self._photo_ids) <= MOST_PHOTOS and not self._timer.isActive():
            self._timer.start()

    def on_change(self, changes: ChangeSet) -> None:
        """Ask again where a change concerns these photos."""
        concerned = changes.everything or not changes.photo_ids.isdisjoint(self._photo_ids)
        if concerned and changes.kinds & _RELEVANT:
            self.refresh()

    def settle(self, answered: Mapping[str, Collection[PhotoId]]) -> None:
        """Take suggestions out that were answered, without waiting for the next answer.

        Args:
            answered: tags, each with the photos that it was accepted or rejected for.
        """
        if self._suggested is None:
            return
        if self._asking:
            # Its answer would bring back what is settled.
            self._stop()
            self._timer.start()
        kept = []
        for each in self._suggested.answer.suggestions:
            gone = answered.get(each.tag, ())
            rest = tuple(pair for pair in each.photos if pair[0] not in gone)
            if rest:
                kept.append(replace(each, photos=rest))
        answer = replace(self._suggested.answer, suggestions=tuple(kept))
        self._suggested = replace(self._suggested, answer=answer)
        self.changed.emit()

    def _stop(self) -> None:
        """Let nobody hear of the question under way."""
        self._token.cancel()
        self._tasks.drop((id(self), "bulk"))
        self._timer.stop()
        self._asking = self._again = False

    def _ask(self) -> None:
        photo_ids = self._photo_ids
        self._asking, self._again = True, False
        token = self._token = CancelToken()

        def work() -> Suggested:
            answer = self._library.bulk.suggest(
                photo_ids, token=token, on_progress=lambda now: self._told.emit(token, now)
            )
            pictured = {photo for each in answer.suggestions for photo, _ in each.photos}
            rows = self._library.grid_rows(sorted(pictured))
            return Suggested(answer, {row.photo_id: row for row in rows})

        self._tasks.run(work, self._on_answer, self._on_error, key=(id(self), "bulk"), owner=self)

    def _on_told(self, token: CancelToken, progress: Progress) -> None:
        if token is self._token and not token.cancelled:
            self.progressed.emit(progress)

    def _on_answer(self, suggested: Suggested) -> None:
        self._suggested = suggested
        self._end()
        self.changed.emit()

    def _end(self) -> None:
        self._asking = False
        if self._again:
            self._timer.start()

    def _on_error(self, error: Exception) -> None:
        self._end()
        if not isinstance(error, PhotoorgError):
            self._tasks.failed.emit(error)
            return
        self.refused.emit(str(error))
