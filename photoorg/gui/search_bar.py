"""The search box at the top of the window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from photoorg.core.errors import QuerySyntaxError
from photoorg.core.library import LibraryPort
from photoorg.gui.icons import IconSet
from photoorg.gui.search_field import FIELD_HEIGHT, SearchField, complete_tag_token, tag_token
from photoorg.gui.search_help import SearchHelp
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import SEARCH_BOX_WIDTH, SPACE_PANEL, ThemeService
from photoorg.gui.widgets.build import create_label
from photoorg.gui.widgets.completion import CompletionList
from photoorg.gui.widgets.popover import Popover

DEBOUNCE_MS = 150


class SearchBar(QWidget):
    """One box for words, filters and photos.

    Signals:
        search_requested(str): search for this, not empty.
        cleared: nothing is searched for any more; go back to where one was.
        image_dropped(object): PhotoId, Path or bytes; find photos like it.
        left: Esc in an empty box; the focus should go back to the photos.
    """

    search_requested = Signal(str)
    cleared = Signal()
    image_dropped = Signal(object)
    left = Signal()

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        theme: ThemeService,
        icons: IconSet,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._asked = ""
        self._field = SearchField(theme, icons)
        self._completions = CompletionList(self._field, theme)
        self._help = SearchHelp(theme, self._field)
        self._error = _ErrorStrip(theme, self._field)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DEBOUNCE_MS)
        self.setMaximumWidth(SEARCH_BOX_WIDTH)
        self.setFixedHeight(FIELD_HEIGHT)
        self.setFocusProxy(self._field)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._field)
        self._connect()

    def _connect(self) -> None:
        self._timer.timeout.connect(self._ask)
        self._field.textEdited.connect(self._on_edited)
        self._field.returnPressed.connect(self._ask_at_once)
        self._field.escaped.connect(self._on_escaped)
        self._field.clear_clicked.connect(self.clear)
        self._field.similar_closed.connect(self.clear)
        self._field.help_clicked.connect(self._help.toggle)
        self._field.image_dropped.connect(self._on_image)
        self._help.example_chosen.connect(self.search_for)
        self._completions.chosen.connect(self._on_completion)

    # -- what the window calls ---------------------------------------------------------------
    @property
    def text(self) -> str:
        """What is typed."""
        return self._field.text()

    @property
    def error(self) -> str:
        """The error shown, or ""."""
        return self._error.text

    def focus(self) -> None:
        """Put the cursor in the box and mark what is there (Ctrl+F)."""
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._field.selectAll()

    def search_for(self, text: str) -> None:
        """Put a text in the box and search for it at once."""
        self._field.setText(text)
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._asked = ""
        self._ask_at_once()

    def set_similar(self, label: str | Path | None) -> None:
        """Say to what the photos shown are similar; None when they are not."""
        name = label.name if isinstance(label, Path) else label
        if name:
            self._forget()
            self._field.clear()
        self._field.set_similar(name)

    def set_error(self, error: QuerySyntaxError | str | None) -> None:
        """Say below the box why a text cannot be read; None or "" once it can."""
        self._error.show_text(str(error) if error else "")

    def set_notice(self, text: str) -> None:
        """Say in the box what a person should know of the answer; "" for nothing."""
        self._field.set_notice(text)

    def clear(self) -> None:
        """Empty the box and say so."""
        was_on = bool(self._asked or self._field.text() or self._field.similar)
        self._forget()
        self._field.clear()
        self._field.set_similar(None)
        if was_on:
            self.cleared.emit()

    def reset(self) -> None:
        """Empty the box without a word: the window went elsewhere by itself."""
        self._forget()
        self._field.clear()
        self._field.set_similar(None)

    def show_text(self, text: str) -> None:
        """Put a text in the box without asking: its answer is on show already."""
        self.reset()
        self._field.setText(text)
        self._asked = text

    def _forget(self) -> None:
        self._timer.stop()
        self._asked = ""
        self.set_error(None)
        self.set_notice("")
        self._completions.offer(())

    # -- asking ------------------------------------------------------------------------------
    def _on_edited(self, text: str) -> None:
        self.set_error(None)
        self._help.close_help()
        self._timer.start()
        prefix = tag_token(text[: self._field.cursorPosition()])
        if prefix is None:
            self._tasks.drop((id(self), "complete"))
            self._completions.offer(())
            return
        self._tasks.run(
            lambda: self._library.complete_tag(prefix),
            self._on_completions,
            key=(id(self), "complete"),
            owner=self,
        )

    def _ask_at_once(self) -> None:
        self._asked = ""
        self._ask()

    def _ask(self) -> None:
        self._timer.stop()
        text = self._field.text().strip()
        if not text:
            if self._asked:
                self._asked = ""
                self.cleared.emit()
        elif text != self._asked:
            self._asked = text
            self._field.set_similar(None)
            self.search_requested.emit(text)

    def _on_escaped(self) -> None:
        if self._field.text() or self._field.similar:
            self.clear()
        else:
            self.left.emit()

    def _on_image(self, image: object) -> None:
        self._forget()
        self.image_dropped.emit(image)

    # -- completing --------------------------------------------------------------------------
    def _on_completions(self, words: Sequence[str]) -> None:
        prefix = tag_token(self._field.text()[: self._field.cursorPosition()])
        offered = [] if prefix is None else [word for word in words if word != prefix]
        self._completions.offer(offered)

    def _on_completion(self, tag: str) -> None:
        cursor = self._field.cursorPosition()
        before = complete_tag_token(self._field.text()[:cursor], tag)
        self._field.setText(before + self._field.text()[cursor:].lstrip())
        self._field.setCursorPosition(len(before))
        self._ask_at_once()


class _ErrorStrip(Popover):
    """A line under the box that says why a text cannot be read."""

    def __init__(self, theme: ThemeService, anchor: QWidget) -> None:
        super().__init__(theme, anchor)
        self._anchor = anchor
        self._label = create_label("", "danger", wrap=True)
        line = QHBoxLayout(self)
        line.setContentsMargins(SPACE_PANEL, 6, SPACE_PANEL, 6)
        line.addWidget(self._label)
        self.hide()

    @property
    def text(self) -> str:
        return self._label.text()

    def show_text(self, text: str) -> None:
        self._label.setText(text)
        self._anchor.setAccessibleDescription(text)
        if not text:
            self.hide()
            return
        window = self._anchor.window()
        self.setParent(window)
        self.setFixedWidth(self._anchor.width())
        self.adjustSize()
        self.move(self._anchor.mapTo(window, QPoint(0, self._anchor.height() + 4)))
        self.show()
        self.raise_()
