"""Paints the rows of the sidebar."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import (
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from photoorg.gui.icons import IconSet
from photoorg.gui.sidebar_model import Role, Row, RowKind
from photoorg.gui.theme import FONT_BODY, FONT_SMALL, RADIUS, ThemeService, sized_font

ROW_HEIGHT = 28
_ICON = 16
_CHEVRON = 12
_INDENT = 14
_LEFT = 4
_ICONS = {
    RowKind.ALL: "photos",
    RowKind.FOLDER: "folder",
    RowKind.TAG: "tag",
    RowKind.ALBUM: "album",
}


def _indent(row: Row) -> int:
    return _LEFT + row.depth * _INDENT


def in_chevron(row: Row, x: float) -> bool:
    """Return whether a horizontal position is on the sign that opens a folder or a tag."""
    return _opens(row) and x < _indent(row) + _CHEVRON + 2


def _opens(row: Row) -> bool:
    return row.kind in (RowKind.FOLDER, RowKind.TAG) and bool(row.children)


class SidebarDelegate(QStyledItemDelegate):
    """Icon, name, and the count at the right; headings are small and dimmed."""

    def __init__(self, theme: ThemeService, icons: IconSet, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icons = icons
        self._body = sized_font(FONT_BODY)
        self._small = sized_font(FONT_SMALL)
        self._body_metrics = QFontMetrics(self._body)
        self._small_metrics = QFontMetrics(self._small)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(0, ROW_HEIGHT)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        row = index.data(Role.ROW)
        if not isinstance(row, Row):
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = option.rect
        if row.kind in (RowKind.SECTION, RowKind.NOTE):
            self._paint_heading(painter, row, area)
        else:
            self._paint_ground(painter, option)
            self._paint_row(painter, row, option)
        painter.restore()

    def createEditor(
        self,
        parent: QWidget,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> QWidget:
        editor = QLineEdit(parent)
        editor.setAccessibleName("New name")
        editor.setMaxLength(100)
        return editor

    def updateEditorGeometry(
        self,
        editor: QWidget,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        row = index.data(Role.ROW)
        left = (_indent(row) if isinstance(row, Row) else _LEFT) + _CHEVRON + _ICON + 2
        editor.setGeometry(option.rect.adjusted(left, 0, -4, 0))

    def _paint_heading(self, painter: QPainter, row: Row, area: QRect) -> None:
        painter.setFont(self._small)
        painter.setPen(self._theme.color("dimmed"))
        bottom = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
        painter.drawText(area.adjusted(_LEFT + 2, 0, 0, -5), bottom, row.label)

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        view = option.widget
        ground = option.rect.adjusted(0, 1, -1, -1)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if selected or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("pressed" if selected else "hover"))
            painter.drawRoundedRect(ground, RADIUS, RADIUS)
        has_focus = bool(option.state & QStyle.StateFlag.State_HasFocus)
        if has_focus and view is not None and view.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.drawRoundedRect(ground.adjusted(1, 1, -1, -1), RADIUS, RADIUS)

    def _paint_row(self, painter: QPainter, row: Row, option: QStyleOptionViewItem) -> None:
        area = option.rect
        is_open = bool(option.state & QStyle.StateFlag.State_Open)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        device = painter.device()
        ratio = device.devicePixelRatio() if device is not None else 1.0
        token = "dimmed" if row.kind in (RowKind.TAG, RowKind.ALBUM) or not row.present else "text"
        name = "missing" if not row.present else _ICONS[row.kind]
        left = area.x() + _indent(row)
        if _opens(row):
            sign = "chevron-down" if is_open else "chevron-right"
            chevron = self._icons.pixmap(sign, _CHEVRON, ratio, "dimmed")
            painter.drawPixmap(left, area.y() + (area.height() - _CHEVRON) // 2, chevron)
        left += _CHEVRON + 2
        pixmap = self._icons.pixmap(name, _ICON, ratio, token)
        painter.drawPixmap(left, area.y() + (area.height() - _ICON) // 2, pixmap)

        middle = Qt.AlignmentFlag.AlignVCenter
        count = "" if row.count is None else f"{row.count:,}"
        painter.setFont(self._small)
        # Dimmed text would fall below 4.5:1 on the ground of a selected row.
        painter.setPen(self._theme.color("text" if selected else "dimmed"))
        count_area = area.adjusted(0, 0, -8, 0)
        painter.drawText(count_area, int(middle | Qt.AlignmentFlag.AlignRight), count)
        count_width = self._small_metrics.horizontalAdvance(count)

        painter.setFont(self._body)
        painter.setPen(self._theme.color("text" if row.present else "dimmed"))
        text_area = area.adjusted(left + _ICON + 8, 0, -count_width - 16, 0)
        text = self._body_metrics.elidedText(
            row.label, Qt.TextElideMode.ElideMiddle, text_area.width()
        )
        painter.drawText(text_area, int(middle | Qt.AlignmentFlag.AlignLeft), text)
