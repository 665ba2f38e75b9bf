"""The tree view of the sidebar: what keys, clicks and drags do in it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QTreeView, QWidget

from photoorg.gui.sidebar_delegate import in_chevron
from photoorg.gui.sidebar_model import Role, Row


class SidebarTree(QTreeView):
    """The tree, with a context menu key and no selection by drags from outside.

    Signals:
        menu_requested(QModelIndex, QPoint): a context menu at a global position.
        delete_requested(Row): Delete was pressed on a row.
        released(bool): the mouse button was let go; True after a drag.

    Attributes:
        held: a row is being pressed, which may become a drag.
    """

    menu_requested = Signal(object, object)
    delete_requested = Signal(object)
    released = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.held = False
        self.setHeaderHidden(True)
        # The delegate indents and draws the chevrons, so that rows are of one width.
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setUniformRowHeights(True)
        self.setExpandsOnDoubleClick(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setMouseTracking(True)
        self.setAccessibleName("Folders, albums and tags")
        self.customContextMenuRequested.connect(self._on_menu)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        row = index.data(Role.ROW)
        if isinstance(row, Row) and in_chevron(row, event.position().x()):
            self.setExpanded(index, not self.isExpanded(index))
            return
        self.held = event.button() == Qt.MouseButton.LeftButton
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self.held = False
        self.released.emit(False)

    def startDrag(self, actions: Qt.DropAction) -> None:
        super().startDrag(actions)  # returns when the drag is over
        self.held = False
        self.released.emit(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentIndex().data(Role.ROW)
        if event.key() == Qt.Key.Key_Delete and isinstance(row, Row):
            self.delete_requested.emit(row)
        else:
            super().keyPressEvent(event)

    def _on_menu(self, position: QPoint) -> None:
        index = self.indexAt(position)
        if index.isValid():
            self.menu_requested.emit(index, self.viewport().mapToGlobal(position))
