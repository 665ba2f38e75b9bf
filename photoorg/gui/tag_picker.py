"""A small popover that asks for another tag: into which one is merged, or to stand below it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from photoorg.core.library import LibraryPort
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import SPACE_ITEM, SPACE_PANEL, ThemeService
from photoorg.gui.widgets.build import create_label
from photoorg.gui.widgets.completion import CompletionList
from photoorg.gui.widgets.popover import Popover

_WIDTH = 260


class TagPicker(Popover):
    """Takes a tag with completion; Enter takes it, Esc closes.

    Signals:
        picked(str, str): the tag it was opened for, and the one that was chosen.
    """

    picked = Signal(str, str)

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        theme: ThemeService,
        parent: QWidget,
        *,
        question: str = "Merge “{}” into",
        answer: str = "Tag to merge into",
    ) -> None:
        """Make the popover.

        Args:
            library: completes what is typed.
            tasks: runs that.
            theme: gives the colours.
            parent: it is opened in the window of this.
            question: what is asked, with "{}" for the tag.
            answer: what the field is for, to be spoken.
        """
        super().__init__(theme, parent)
        self._library = library
        self._tasks = tasks
        self._tag = ""
        self._title = create_label()
        self._edit = QLineEdit()
        self._edit.setPlaceholderText("Other tag")
        self._question = question
        self._edit.setAccessibleName(answer)
        self._completions = CompletionList(self._edit, theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_PANEL, SPACE_PANEL, SPACE_PANEL, SPACE_PANEL)
        column.setSpacing(SPACE_ITEM)
        column.addWidget(self._title)
        column.addWidget(self._edit)
        self._edit.textEdited.connect(self._on_edited)
        self._edit.returnPressed.connect(lambda: self._pick(self._edit.text()))
        self._completions.chosen.connect(self._pick)
        self.hide()

    def open_at(self, tag: str, corner: QPoint) -> None:
        """Ask for the other tag.

        Args:
            tag: the tag that is asked about.
            corner: upper left corner, in the window's coordinates.
        """
        self._tag = tag
        window = self.window()
        self.setParent(window)
        self._title.setText(self._question.format(tag))
        self._edit.clear()
        self.setFixedWidth(_WIDTH)
        self.adjustSize()
        top = min(corner.y(), window.height() - self.height() - SPACE_ITEM)
        self.move(corner.x() + SPACE_ITEM, max(SPACE_ITEM, top))
        self.show()
        self.raise_()
        self._edit.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            return
        super().keyPressEvent(event)

    def _on_edited(self, text: str) -> None:
        self._tasks.run(
            lambda: self._library.complete_tag(text) if text.strip() else (),
            self._on_completions,
            key=(id(self), "complete"),
            owner=self,
        )

    def _on_completions(self, words: Sequence[str]) -> None:
        self._completions.offer([word for word in words if word != self._tag])

    def _pick(self, text: str) -> None:
        name = " ".join(text.split())
        if name and name != self._tag:
            self.hide()
            self.picked.emit(self._tag, name)
