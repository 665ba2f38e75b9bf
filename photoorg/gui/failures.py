"""The files that could not be read, with reasons, and what can be done about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from photoorg.core.records import Failure
from photoorg.gui.icons import IconSet
from photoorg.gui.theme import (
    FONT_BODY,
    FONT_SMALL,
    RADIUS,
    SPACE_EMPTY,
    SPACE_GROUP,
    SPACE_ITEM,
    SPACE_PANEL,
    ThemeService,
    sized_font,
)
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_button, create_icon_button, create_label

_ROW_HEIGHT = 48
_ICON = 20
FAILURE_ROLE = int(Qt.ItemDataRole.UserRole)

Index = QModelIndex | QPersistentModelIndex


class FailureModel(QAbstractListModel):
    """Failures as a list."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._failures: tuple[Failure, ...] = ()

    @property
    def failures(self) -> tuple[Failure, ...]:
        return self._failures

    def set_failures(self, failures: Sequence[Failure]) -> None:
        """Show these; nothing moves where they are the same."""
        wanted = tuple(failures)
        if wanted != self._failures:
            self.beginResetModel()
            self._failures = wanted
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._failures)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        failure = self._failures[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return f"{failure.path.name}: {failure.reason}"
            case Qt.ItemDataRole.ToolTipRole:
                return f"{failure.path}\n{failure.reason}"
        return failure if role == FAILURE_ROLE else None


class FailureDelegate(QStyledItemDelegate):
    """Name and reason, the folder dimmed at the right."""

    def __init__(self, theme: ThemeService, icons: IconSet, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icons = icons

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        failure = index.data(FAILURE_ROLE)
        if not isinstance(failure, Failure):
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = option.rect.adjusted(0, 1, 0, -1)
        self._paint_ground(painter, option)
        device = painter.device()
        ratio = device.devicePixelRatio() if device is not None else 1.0
        name, token = ("file", "dimmed") if failure.unsupported else ("warning", "warning")
        icon = self._icons.pixmap(name, _ICON, ratio, token)
        painter.drawPixmap(area.x() + SPACE_PANEL, area.center().y() - _ICON // 2, icon)

        left = SPACE_PANEL + _ICON + SPACE_PANEL
        upper = area.adjusted(left, 6, -SPACE_PANEL, -area.height() // 2)
        lower = area.adjusted(left, area.height() // 2, -SPACE_PANEL, -6)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(sized_font(FONT_BODY))
        painter.setPen(self._theme.color("text"))
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(failure.path.name, Qt.TextElideMode.ElideMiddle, upper.width())
        painter.drawText(upper, middle | Qt.AlignmentFlag.AlignLeft, shown)
        painter.setFont(sized_font(FONT_SMALL))
        # Dimmed text would fall below 4.5:1 on the ground of a selected row.
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.setPen(self._theme.color("text" if selected else "dimmed"))
        metrics = painter.fontMetrics()
        reason = f"{failure.reason}  ·  {failure.path.parent}"
        shown = metrics.elidedText(reason, Qt.TextElideMode.ElideRight, lower.width())
        painter.drawText(lower, middle | Qt.AlignmentFlag.AlignLeft, shown)
        painter.restore()

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        area = option.rect.adjusted(0, 1, -1, -2)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("pressed" if selected else "hover"))
            painter.drawRoundedRect(area, RADIUS, RADIUS)
        view = option.widget
        if option.state & QStyle.StateFlag.State_HasFocus and view is not None and view.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), RADIUS, RADIUS)


class FailureList(QListView):
    """A list of files that can be copied and shown in the file manager.

    Signals:
        reveal_requested(Path): show a file in the file manager.
    """

    reveal_requested = Signal(object)

    def __init__(self, theme: ThemeService, icons: IconSet, name: str) -> None:
        super().__init__()
        self._model = FailureModel(self)
        self.setModel(self._model)
        self.setItemDelegate(FailureDelegate(theme, icons, self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(name)
        self.customContextMenuRequested.connect(self._on_menu)
        self.doubleClicked.connect(self._reveal)
        theme.changed.connect(self.viewport().update)

    @property
    def failures(self) -> tuple[Failure, ...]:
        return self._model.failures

    def set_failures(self, failures: Sequence[Failure]) -> None:
        """Show these files."""
        self._model.set_failures(failures)

    def selected(self) -> list[Failure]:
        """Return the selected files in order, all of them where none is selected."""
        rows = sorted(index.row() for index in self.selectedIndexes())
        return [self.failures[row] for row in rows] if rows else list(self.failures)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            copy_failures(self.selected())
        else:
            super().keyPressEvent(event)

    def _reveal(self, index: QModelIndex) -> None:
        self.reveal_requested.emit(self.failures[index.row()].path)

    def _on_menu(self, position: QPoint) -> None:
        index = self.indexAt(position)
        if not index.isValid():
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Show in file manager", lambda: self._reveal(index))
        menu.addAction("Copy", lambda: copy_failures(self.selected()))
        menu.popup(self.viewport().mapToGlobal(position))


def copy_failures(failures: Sequence[Failure]) -> None:
    """Put paths and reasons on the clipboard, a line for each file."""
    lines = (f"{failure.path}\t{failure.reason}" for failure in failures)
    QGuiApplication.clipboard().setText("\n".join(lines))


class FailuresPanel(QWidget):
    """A page with the files that could not be read; those that are no photos are folded away.

    Signals:
        retry_requested: try the failed files again.
        reveal_requested(Path): show a file in the file manager.
        closed: go back to the photos.
    """

    retry_requested = Signal()
    reveal_requested = Signal(object)
    closed = Signal()

    def __init__(self, theme: ThemeService, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._title = create_label("", "title")
        self._explanation = create_label(
            "Your files were not changed. Each is tried again when it changes.", "dimmed"
        )
        self._retry = create_button("Try again")
        self._copy = create_button("Copy list")
        self._close = create_icon_button(icons, "close", "Back to the photos")
        self._failed = FailureList(theme, icons, "Files that could not be read")
        self._fold = create_button("", "fold")
        self._fold.setCheckable(True)
        self._unsupported = FailureList(theme, icons, "Files that are not photos")
        self._build()
        self._retry.clicked.connect(self.retry_requested)
        self._copy.clicked.connect(self._on_copy)
        self._close.clicked.connect(self.closed)
        self._fold.toggled.connect(self._on_fold)
        for view in (self._failed, self._unsupported):
            view.reveal_requested.connect(self.reveal_requested)
        self.set_failures(())

    def _build(self) -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "window")
        self.setAccessibleName("Files that could not be read")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._explanation)
        head = QHBoxLayout()
        head.setSpacing(SPACE_ITEM)
        head.addLayout(words, 1)
        head.addWidget(self._retry)
        head.addWidget(self._copy)
        head.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_EMPTY, SPACE_GROUP, SPACE_EMPTY, SPACE_GROUP)
        column.setSpacing(SPACE_ITEM)
        column.addLayout(head)
        column.addSpacing(SPACE_ITEM)
        column.addWidget(self._failed, 2)
        column.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._unsupported, 1)
        # Takes the height that closed lists leave.
        column.addStretch(0)

    def set_failures(self, failures: Sequence[Failure]) -> None:
        """Show these files."""
        failed = [failure for failure in failures if not failure.unsupported]
        others = [failure for failure in failures if failure.unsupported]
        self._failed.set_failures(failed)
        self._unsupported.set_failures(others)
        self._title.setText(
            f"{wording.files(len(failed))} could not be read" if failed else "Every photo was read"
        )
        self._explanation.setVisible(bool(failed))
        self._failed.setVisible(bool(failed))
        self._retry.setEnabled(bool(failed))
        self._copy.setEnabled(bool(failures))
        self._fold.setVisible(bool(others))
        self._on_fold(self._fold.isChecked())

    def _on_fold(self, opened: bool) -> None:
        others = self._unsupported.failures
        kind = "is not a photo" if len(others) == 1 else "are not photos"
        self._fold.setText(f"\N{THIN SPACE}{wording.files(len(others))} {kind}")
        self._icons.bind(self._fold, "chevron-down" if opened else "chevron-right", "dimmed")
        self._unsupported.setVisible(opened and bool(others))

    def _on_copy(self) -> None:
        copy_failures([*self._failed.failures, *self._unsupported.failures])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)
