"""The line in which tags are typed, with completion."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from photoorg.core.library import LibraryPort
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import ThemeService
from photoorg.gui.widgets.completion import CompletionList

MAX_TAG_LENGTH = 100


def clean_tag(text: str) -> str:
    """Return a typed tag with single spaces inside and none around."""
    return " ".join(text.split())[:MAX_TAG_LENGTH].strip()


class TagEdit(QLineEdit):
    """Takes one tag, or several with commas between; Enter hands them over.

    Signals:
        tags_entered(list): the tags typed, cleaned, without repetition, at least one.
        escaped: Esc in an empty line; the focus should go back to the photos.
    """

    tags_entered = Signal(list)
    escaped = Signal()

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        theme: ThemeService,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self.setPlaceholderText("Add tag")
        self.setAccessibleName("Add tag")
        self.setMaxLength(1000)
        self._completions = CompletionList(self, theme)
        self._completions.chosen.connect(self._on_chosen)
        self.textEdited.connect(self._on_edited)
        self.returnPressed.connect(self._on_return)

    @property
    def completions(self) -> CompletionList:
        """The list under the line."""
        return self._completions

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.escaped.emit()
            return
        super().keyPressEvent(event)

    def _on_edited(self, text: str) -> None:
        prefix = clean_tag(text.rpartition(",")[2])
        if not prefix:
            self._tasks.drop((id(self), "complete"))
            self._completions.offer(())
            return
        self._tasks.run(
            lambda: self._library.complete_tag(prefix),
            self._on_completions,
            key=(id(self), "complete"),
            owner=self,
        )

    def _on_completions(self, words: Sequence[str]) -> None:
        typed = clean_tag(self.text().rpartition(",")[2])
        # A word that is already typed in full needs no offer.
        self._completions.offer([word for word in words if word != typed])

    def _on_chosen(self, word: str) -> None:
        self._hand_over([*self.text().split(",")[:-1], word])

    def _on_return(self) -> None:
        self._hand_over(self.text().split(","))

    def _hand_over(self, parts: Sequence[str]) -> None:
        tags = list(dict.fromkeys(tag for tag in map(clean_tag, parts) if tag))
        self._tasks.drop((id(self), "complete"))
        self._completions.hide()
        self.clear()
        if tags:
            self.tags_entered.emit(tags)
