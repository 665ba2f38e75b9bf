"""The column that the inspector's parts stand in, and the area that scrolls it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from photoorg.gui.theme import INSPECTOR_WIDTH, SPACE_GROUP, SPACE_PANEL


class ColumnScroll(QScrollArea):
    """Leaves the keys to the inspector, where Page Down goes to the next photo."""

    def __init__(self, content: QWidget, column: QVBoxLayout) -> None:
        """Scroll a column and set its margins.

        Args:
            content: what is scrolled.
            column: its layout.
        """
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)
        for ground in (content, self.viewport()):
            ground.setAutoFillBackground(False)
        # The bar stands in the margin and always has its room, so nothing moves when it is needed.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        right = max(0, SPACE_PANEL - self.verticalScrollBar().sizeHint().width())
        column.setContentsMargins(SPACE_PANEL, SPACE_PANEL, right, SPACE_GROUP)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()


class Column(QWidget):
    """A column whose least height is the one at the width of the inspector.

    Qt takes that of wrapped parts at their least width, where a paragraph of chips is a tower.
    """

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.heightForWidth(INSPECTOR_WIDTH - 2 * SPACE_PANEL))


def stack(*parts: QWidget | int) -> tuple[Column, QVBoxLayout]:
    """Return a widget with others in a column, the spaces given between them, and its layout."""
    holder = Column()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for part in parts:
        if isinstance(part, int):
            column.addSpacing(part)
        else:
            column.addWidget(part)
    column.addStretch(1)
    return holder, column
