"""Asks, under the search box, what a search is to be called."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from photoorg.gui.search.chips import ChipSort, chips_of
from photoorg.gui.theme import SPACE_ITEM, SPACE_PANEL, ThemeService
from photoorg.gui.widgets.build import create_button, create_label
from photoorg.gui.widgets.popover import Popover
from photoorg.search.tokens import Kind, tokens

_WIDTH: Final = 320
_MOST: Final = 40


def name_for(text: str) -> str:
    """Return a name for a search: what it is about, without signs, operators and order."""
    labels = {chip.start: chip for chip in chips_of(text)}
    words: list[str] = []
    for token in tokens(text):
        chip = labels.get(token.span.start)
        if chip is not None:
            left_out = chip.negative or chip.photo is not None or chip.sort is ChipSort.ORDER
            words += [] if left_out else [chip.label.strip("“”")]
        elif token.kind is Kind.WORD and token.weight > 0:
            words.append(token.value)
    name = " ".join(words) or " ".join(text.split())
    name = name[:_MOST].strip()
    return name[:1].upper() + name[1:]


class SaveAlbumPopover(Popover):
    """One line for the name: Enter saves, Esc closes. An album of that name gets the search.

    Signals:
        named(str): this is what it is called.
        closed: the focus may go back to the box.
    """

    named = Signal(str)
    closed = Signal()

    def __init__(self, theme: ThemeService, anchor: QWidget) -> None:
        super().__init__(theme, anchor)
        self._anchor = anchor
        self._known: dict[str, str] = {}
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the album")
        self.name.setMaxLength(100)
        self.save = create_button("Save", "primary")
        self.note = create_label("", "dimmed", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_PANEL, SPACE_PANEL, SPACE_PANEL, SPACE_PANEL)
        column.setSpacing(SPACE_ITEM)
        column.addWidget(create_label("Save this search as an album"))
        row = QHBoxLayout()
        row.setSpacing(SPACE_ITEM)
        row.addWidget(self.name, 1)
        row.addWidget(self.save)
        column.addLayout(row)
        column.addWidget(self.note)
        self.name.textChanged.connect(self._on_text)
        self.name.returnPressed.connect(self._accept)
        self.save.clicked.connect(self._accept)
        self.name.installEventFilter(self)
        self.hide()

    def open_with(self, name: str, known: Collection[str]) -> None:
        """Ask for a name.

        Args:
            name: what is proposed.
            known: names of the albums that there are.
        """
        self._known = {each.casefold(): each for each in known}
        self.name.setText(name)
        self._on_text(name)
        window = self._anchor.window()
        self.setParent(window)
        self.setFixedWidth(_WIDTH)
        self.adjustSize()
        place = self._anchor.mapTo(window, QPoint(0, self._anchor.height() + 4))
        self.move(place)
        self.show()
        self.raise_()
        self.name.setFocus(Qt.FocusReason.PopupFocusReason)
        self.name.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            self.closed.emit()
            return
        super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            # Esc closes the question before it means anything to the window.
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
        elif event.type() == QEvent.Type.FocusOut and not self.save.hasFocus():
            self.hide()
        return False

    def _on_text(self, text: str) -> None:
        name = " ".join(text.split())
        taken = self._known.get(name.casefold())
        self.save.setEnabled(bool(name))
        self.save.setText("Save" if taken is None else "Update")
        said = "Its photos are whatever the search finds, also later."
        self.note.setText(said if taken is None else f"“{taken}” gets the new search.")

    def _accept(self) -> None:
        name = " ".join(self.name.text().split())
        if name:
            self.hide()
            self.named.emit(name)
            self.closed.emit()
