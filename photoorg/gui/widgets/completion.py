"""A short list of completions under a line edit, a child of the window and not a window itself.

Qt's own completer opens a popup window that takes the keyboard away; this list never has the
focus, so typing goes on undisturbed.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListView, QVBoxLayout, QWidget

from photoorg.core.records import AliasName
from photoorg.gui.theme import ThemeService
from photoorg.gui.widgets.popover import Popover

_MARGIN = 4


class CompletionList(Popover):
    """Offers words for what is being typed: Down and Up choose, Enter or a click takes one.

    Signals:
        chosen(str): a completion was taken.
    """

    chosen = Signal(str)

    def __init__(
        self, line_edit: QLineEdit, theme: ThemeService, anchor: QWidget | None = None
    ) -> None:
        """Watch a line edit.

        Args:
            line_edit: whose keys are watched.
            theme: gives the colours.
            anchor: the widget under which the list opens, the line edit itself by default.
        """
        super().__init__(theme, line_edit)
        self._line_edit = line_edit
        self._anchor = anchor or line_edit
        self._words = QStringListModel(self)
        self._taken: list[str] = []
        self._view = QListView(self)
        self._view.setModel(self._words)
        self._view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._view.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self._view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._view.setUniformItemSizes(True)
        self._view.setMouseTracking(True)
        self._view.setAccessibleName("Completions")
        self._view.clicked.connect(lambda index: self._take(index.row()))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        layout.addWidget(self._view)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        line_edit.installEventFilter(self)

    @property
    def words(self) -> list[str]:
        """What is offered now; empty while the list is closed."""
        return self._words.stringList() if self.isVisible() else []

    def offer(self, words: Sequence[str]) -> None:
        """Open with these words, none chosen; close where there are none."""
        self._taken = list(words)
        self._words.setStringList([_shown(word) for word in words])
        if not words or not self._line_edit.hasFocus():
            self.hide()
            return
        window = self._anchor.window()
        self.setParent(window)
        height = self._view.sizeHintForRow(0) * len(words) + 2 * _MARGIN + 2
        below = self._anchor.mapTo(window, QPoint(0, self._anchor.height() + 4))
        above = self._anchor.mapTo(window, QPoint(0, -height - 4))
        fits = below.y() + height <= window.height() or above.y() < 0
        self.setGeometry(below.x(), (below if fits else above).y(), self._anchor.width(), height)
        self._view.clearSelection()
        self._view.setCurrentIndex(self._words.index(-1))
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self._line_edit:
            return False
        if event.type() == QEvent.Type.FocusOut:
            self.hide()
        if event.type() == QEvent.Type.ShortcutOverride and self.isVisible():
            # Esc closes the list before it means anything to the window.
            if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._on_key(Qt.Key(event.key()))
        return False

    def _on_key(self, key: Qt.Key) -> bool:
        """Handle a key of the line edit; return whether it was for the list."""
        if not self.isVisible():
            return False
        row = self._view.currentIndex().row()
        count = self._words.rowCount()
        match key:
            case Qt.Key.Key_Down:
                self._view.setCurrentIndex(self._words.index((row + 1) % count))
            case Qt.Key.Key_Up:
                self._view.setCurrentIndex(self._words.index((row - 1) % count))
            case Qt.Key.Key_Escape:
                self.hide()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if row >= 0:
                self._take(row)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.hide()
                return False
            case _:
                return False
        return True

    def _take(self, row: int) -> None:
        self.hide()
        self.chosen.emit(str(self._taken[row]))


def _shown(word: str) -> str:
    """Return how a word is offered: another name of a tag with the tag that it stands for."""
    return f"{word} → {word.tag}" if isinstance(word, AliasName) else word
