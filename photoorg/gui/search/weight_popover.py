"""How much a photo counts in a search: once, twice, or against."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from photoorg.gui.search.chips import QueryChip
from photoorg.gui.theme import SPACE_CHIP, SPACE_ITEM, ThemeService
from photoorg.gui.widgets.build import create_button, create_label
from photoorg.gui.widgets.popover import Popover

_CHOICES: Final = (("1×", 1.0, "Counts once"), ("2×", 2.0, "Counts twice"))
_AGAINST: Final = -1.0


class WeightPopover(Popover):
    """Opens under a photo's chip; the buttons can be reached by Tab and arrow keys.

    Signals:
        weight_chosen(QueryChip, float): how much it shall count, below 0 against it.
        removed(QueryChip): it shall leave the search.
        closed: the focus may go back to the box.
    """

    weight_chosen = Signal(object, float)
    removed = Signal(object)
    closed = Signal()

    def __init__(self, theme: ThemeService, anchor: QWidget) -> None:
        super().__init__(theme, anchor)
        self._anchor = anchor
        self._chip: QueryChip | None = None
        self.setAccessibleName("How much the photo counts")
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_ITEM, SPACE_ITEM, SPACE_ITEM, SPACE_ITEM)
        column.setSpacing(SPACE_ITEM)
        column.addWidget(create_label("Photos like this one", "dimmed"))
        row = QHBoxLayout()
        row.setSpacing(SPACE_CHIP)
        self._buttons = {}
        against = ("\N{MINUS SIGN}", _AGAINST, "Without photos like it")
        for label, weight, help_text in (*_CHOICES, against):
            button = create_button(label, "segment")
            button.setCheckable(True)
            button.setToolTip(help_text)
            button.setAccessibleName(help_text)
            button.clicked.connect(lambda _checked=False, chosen=weight: self._choose(chosen))
            row.addWidget(button)
            self._buttons[weight] = button
        remove = create_button("Remove", "quiet")
        remove.clicked.connect(self._remove)
        row.addWidget(remove)
        column.addLayout(row)
        self.hide()

    def open_for(self, chip: QueryChip, area: QRect) -> None:
        """Open under a chip.

        Args:
            chip: whose weight is asked.
            area: where it is, in the coordinates of the anchor.
        """
        self._chip = chip
        weight = -chip.weight if chip.negative else chip.weight
        for value, button in self._buttons.items():
            button.setChecked(value == weight)
        window = self._anchor.window()
        self.setParent(window)
        self.adjustSize()
        corner = self._anchor.mapTo(window, QPoint(area.left(), self._anchor.height() + 6))
        self.move(min(corner.x(), window.width() - self.width() - SPACE_ITEM), corner.y())
        self.show()
        self.raise_()
        self._buttons[1.0].setFocus(Qt.FocusReason.PopupFocusReason)
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)

    def close_popover(self) -> None:
        """Close and give the focus back."""
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        self.hide()
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_popover()
            return
        super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        pressed = event.type() == QEvent.Type.MouseButtonPress and self.isVisible()
        if pressed and isinstance(watched, QWidget):
            outside = watched is not self and not self.isAncestorOf(watched)
            if outside:
                self.close_popover()
        return False

    def _choose(self, weight: float) -> None:
        self.close_popover()
        if self._chip is not None:
            self.weight_chosen.emit(self._chip, weight)

    def _remove(self) -> None:
        self.close_popover()
        if self._chip is not None:
            self.removed.emit(self._chip)
