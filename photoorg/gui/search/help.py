"""What can be typed in the search box, in plain words."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from photoorg.gui.icons import IconSet
from photoorg.gui.theme import FONT_BODY, SPACE_GROUP, SPACE_ITEM, ThemeService, sized_font
from photoorg.gui.widgets.build import create_button, create_fold, create_label
from photoorg.gui.widgets.popover import Popover

EXAMPLES: Final = (
    ("beach sunset", "Photos that look like it, or are named or tagged so"),
    ("beach -people", "Without something"),
    ("2*snow dog", "One word counts more than another"),
    ("“summer house”", "These words, in this order"),
    ("cat or dog", "Either; also and, not, and brackets"),
    ("tag:dog -tag:blurry", "With a tag of yours, without one"),
    ("rating:>=3 date:2021..2023", "Three stars or more, taken in these years"),
    ("looks:beach", "Looks like your tag, but does not carry it yet"),
    ("is:untagged sort:date", "Without any tag, newest first"),
)
"""A search, and what it finds."""

TABLE: Final = (
    ("red car, “red car”", "words by meaning; words that stand so in a name or caption"),
    ("-car, 2*car, 0.5*car", "less of it; more of it; half as much"),
    ("a or b, a and b, not a, (…)", "joined; “red car or blue car” is one of two"),
    ("like:#12, -like:#12", "like a photo: drop or paste one here, or use its menu"),
    ("looks:tag", "photos that look as if they carried a tag, and do not"),
    ("tag:dog", "carries a tag"),
    ("rating:4, rating:>=3", "stars, 0 to 5, also < <= >"),
    ("date:2021, 2021-07, 2021-07-14", "when it was taken; 2021..2023, 2021.., ..2020"),
    ("folder:Rome, name:img", "lies in such a folder; the file's name holds it"),
    ("camera:x-t4, type:heic", "which camera; which kind of file"),
    ("has:gps, tags, caption, rating", "what the photo has"),
    ("is:untagged, tagged, unrated, missing", "what state it is in"),
    ('album:"Summer trip"', "what a saved album finds"),
    ("sort:date, -date, relevance", "newest first, oldest first, best match first"),
)
"""What can be typed, and what it means."""

_TABLE_HEIGHT: Final = 260


class SearchHelp(Popover):
    """A list of examples; a click puts one in the box. Below it, folded, all that can be typed.

    Signals:
        example_chosen(str): an example, ready to be searched for.
    """

    example_chosen = Signal(str)

    def __init__(self, theme: ThemeService, icons: IconSet, anchor: QWidget) -> None:
        super().__init__(theme, anchor)
        self._anchor = anchor
        self._icons = icons
        self.setAccessibleName("Search help")
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_GROUP, SPACE_GROUP, SPACE_GROUP, SPACE_ITEM)
        column.setSpacing(SPACE_ITEM)
        column.addLayout(self._examples())
        drop = "Drop photos here, or paste one, to find others like them."
        column.addWidget(create_label(drop, "dimmed", wrap=True))
        self._fold = create_fold("All that can be typed")
        self._fold.toggled.connect(self._on_fold)
        column.addWidget(self._fold)
        self._table = _create_table()
        column.addWidget(self._table)
        self._on_fold(opened=False)
        self.hide()

    def _examples(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE_GROUP)
        grid.setVerticalSpacing(SPACE_ITEM)
        for row, (example, meaning) in enumerate(EXAMPLES):
            button = create_button(example, "link")
            button.setFont(sized_font(FONT_BODY, QFont.Weight.Medium))
            button.setAccessibleDescription(meaning)
            button.clicked.connect(lambda _checked=False, text=example: self._choose(text))
            grid.addWidget(button, row, 0)
            grid.addWidget(create_label(meaning), row, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def _on_fold(self, opened: bool) -> None:
        self._icons.bind(self._fold, "chevron-down" if opened else "chevron-right", "dimmed")
        self._table.setVisible(opened)
        self._fit()

    def _fit(self) -> None:
        layout = self.layout()
        if layout is not None:
            layout.activate()
        self.adjustSize()

    def toggle(self) -> None:
        """Open under the anchor, or close."""
        if self.isVisible():
            self.close_help()
            return
        window = self._anchor.window()
        self.setParent(window)
        self.setFixedWidth(max(self._anchor.width(), min(560, window.width() - 2 * SPACE_GROUP)))
        self._fit()
        left = self._anchor.mapTo(window, QPoint(0, self._anchor.height() + 4))
        self.move(min(left.x(), window.width() - self.width() - SPACE_GROUP), left.y())
        self.show()
        self.raise_()
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)

    def close_help(self) -> None:
        """Close, wherever the focus is."""
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(watched, QWidget):
            inside = watched is self or self.isAncestorOf(watched)
            # The anchor's own button toggles, so presses there are left to it.
            if (
                not inside
                and watched is not self._anchor
                and not self._anchor.isAncestorOf(watched)
            ):
                self.close_help()
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            self.close_help()
            return True
        return False

    def _choose(self, example: str) -> None:
        self.close_help()
        self.example_chosen.emit(typed(example))


def typed(example: str) -> str:
    """Return an example as it is typed, with straight quotes."""
    return example.replace("“", '"').replace("”", '"')


def _create_table() -> QScrollArea:
    inside = QWidget()
    grid = QGridLayout(inside)
    grid.setContentsMargins(0, 0, SPACE_ITEM, 0)
    grid.setHorizontalSpacing(SPACE_GROUP)
    grid.setVerticalSpacing(SPACE_ITEM)
    for row, (syntax, meaning) in enumerate(TABLE):
        label = create_label(syntax)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(create_label(meaning, "dimmed", wrap=True), row, 1)
    grid.setColumnStretch(1, 1)
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFixedHeight(_TABLE_HEIGHT)
    area.viewport().setAutoFillBackground(False)
    inside.setAutoFillBackground(False)
    return area
