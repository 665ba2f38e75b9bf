"""A check box whose check is the program's own icon."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton, QWidget

from photoorg.gui.icons import IconSet

_CHECK = 14


class CheckBox(QCheckBox):
    """The stylesheet fills the box; a check in a colour of the theme it cannot draw."""

    def __init__(self, text: str, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._icons = icons

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        place = box.center()
        check = self._icons.pixmap("check", _CHECK, self.devicePixelRatioF(), "on_accent")
        QPainter(self).drawPixmap(place.x() - _CHECK // 2 + 1, place.y() - _CHECK // 2 + 1, check)
