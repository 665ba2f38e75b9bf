"""What can be typed in the search box, in plain words."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QWidget

from photoorg.gui.theme import FONT_BODY, SPACE_GROUP, SPACE_ITEM, ThemeService, sized_font
from photoorg.gui.widgets.build import create_button, create_label
from photoorg.gui.widgets.popover import Popover

EXAMPLES = (
    ("beach sunset", "Photos that look like it, or are named or tagged so"),
    ("beach -people", "Without something"),
    ("2*snow dog", "One word counts more than another"),
    ("“summer house”", "These words, in this order"),
    ("tag:dog  -tag:blurry", "With a tag of yours, without one"),
    ("rating:>=3", "Three stars or more"),
    ("date:2021..2023", "Taken in these years; also date:2022-07"),
    ("folder:Rome", "In a folder of this name"),
    ('camera:"X-T4"', "Taken with this camera"),
    ("has:gps", "With a place; also has:tags"),
    ("type:heic", "Of a file type"),
)


class SearchHelp(Popover):
    """A list of examples; a click puts one in the box.

    Signals:
        example_chosen(str): an example, ready to be searched for.
    """

    example_chosen = Signal(str)

    def __init__(self, theme: ThemeService, anchor: QWidget) -> None:
        super().__init__(theme, anchor)
        self._anchor = anchor
        self.setAccessibleName("Search help")
        grid = QGridLayout(self)
        grid.setContentsMargins(SPACE_GROUP, SPACE_GROUP, SPACE_GROUP, SPACE_GROUP)
        grid.setHorizontalSpacing(SPACE_GROUP)
        grid.setVerticalSpacing(SPACE_ITEM)
        for row, (example, meaning) in enumerate(EXAMPLES):
            button = create_button(example, "link")
            button.setFont(sized_font(FONT_BODY, QFont.Weight.Medium))
            button.setAccessibleDescription(meaning)
            button.clicked.connect(lambda _checked=False, text=example: self._choose(text))
            grid.addWidget(button, row, 0)
            grid.addWidget(create_label(meaning), row, 1)
        last = create_label(
            "Drop a photo here, or paste one, to find others like it.", "dimmed", wrap=True
        )
        grid.addWidget(last, len(EXAMPLES), 0, 1, 2)
        grid.setColumnStretch(1, 1)
        self.hide()

    def toggle(self) -> None:
        """Open under the anchor, or close."""
        if self.isVisible():
            self.close_help()
            return
        window = self._anchor.window()
        self.setParent(window)
        self.setFixedWidth(self._anchor.width())
        self.adjustSize()
        self.move(self._anchor.mapTo(window, QPoint(0, self._anchor.height() + 4)))
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
        self.example_chosen.emit(example.replace("“", '"').replace("”", '"'))
