"""Where popovers open."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from photoorg.gui.theme import SPACE_ITEM


def open_popover(popover: QWidget, corner: QPoint) -> None:
    """Show a popover in its window, near a corner and wholly inside.

    Args:
        popover: a child of a widget in the window.
        corner: upper left corner, in the window's coordinates.
    """
    window = popover.window()
    popover.setParent(window)
    if (layout := popover.layout()) is not None:
        layout.activate()
    popover.adjustSize()
    right = window.width() - popover.width() - SPACE_ITEM
    bottom = window.height() - popover.height() - SPACE_ITEM
    x = max(SPACE_ITEM, min(corner.x() + SPACE_ITEM, right))
    popover.move(x, max(SPACE_ITEM, min(corner.y(), bottom)))
    popover.show()
    popover.raise_()
