"""The bar at the top: one search box in the middle, how the photos are shown at the right."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSlider, QToolButton, QWidget

from photoorg.gui.grid.canvas import LARGEST_TILE, SMALLEST_TILE
from photoorg.gui.grid.layout import Grouping, TileShape
from photoorg.gui.icons import IconSet
from photoorg.gui.theme import SEARCH_BOX_WIDTH, SPACE_ITEM, TOP_BAR_HEIGHT
from photoorg.gui.widgets.build import create_icon_button

_SLIDER_WIDTH = 112
_GROUPINGS = {
    Grouping.NONE: "Without dates",
    Grouping.MONTH: "By month",
    Grouping.DAY: "By day",
}


class TopBar(QWidget):
    """Signals are what a person asks for; setters show what holds and ask for nothing.

    Signals:
        sidebar_toggled(): show or hide the sidebar.
        inspector_toggled(): show or hide the inspector.
        back_requested(): go back to where one was.
        tile_size_chosen(int): height of rows, pixels.
        shape_chosen(TileShape): rows or squares.
        grouping_chosen(Grouping): headers.
    """

    sidebar_toggled = Signal()
    inspector_toggled = Signal()
    back_requested = Signal()
    tile_size_chosen = Signal(int)
    shape_chosen = Signal(object)
    grouping_chosen = Signal(object)

    def __init__(self, icons: IconSet, search: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._shape = TileShape.JUSTIFIED
        self._sidebar = create_icon_button(icons, "sidebar", "Sidebar (F9)", "text")
        self._inspector = create_icon_button(icons, "inspector", "Inspector (F10)", "text")
        self._back = create_icon_button(icons, "chevron-left", "Back (Esc)", "text")
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._shape_button = create_icon_button(icons, "grid", "", "text")
        self._group_button = create_icon_button(icons, "calendar", "Group by date", "text")
        self._group_actions: dict[Grouping, QAction] = {}
        self._build(search)
        self._connect()
        self.set_shape(TileShape.JUSTIFIED)
        self.set_grouping(Grouping.NONE)
        self.set_back_possible(possible=False)

    def _build(self, search: QWidget) -> None:
        self.setFixedHeight(TOP_BAR_HEIGHT)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "panel")
        self._slider.setRange(SMALLEST_TILE, LARGEST_TILE)
        self._slider.setFixedWidth(_SLIDER_WIDTH)
        self._slider.setToolTip("Size of the thumbnails (Ctrl+wheel)")
        self._slider.setAccessibleName("Size of the thumbnails")
        menu = QMenu(self)
        choices = QActionGroup(menu)
        for grouping, text in _GROUPINGS.items():
            action = QAction(text, menu, checkable=True)
            action.triggered.connect(lambda _, chosen=grouping: self.grouping_chosen.emit(chosen))
            choices.addAction(action)
            menu.addAction(action)
            self._group_actions[grouping] = action
        self._group_menu = menu
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE_ITEM, 0, SPACE_ITEM, 0)
        layout.setSpacing(SPACE_ITEM)
        # Both sides are equally wide, so that the box stands in the middle of the window.
        layout.addWidget(_side(Qt.AlignmentFlag.AlignLeft, self._sidebar, self._back), 1)
        search.setMinimumWidth(min(280, SEARCH_BOX_WIDTH))
        layout.addWidget(search, 2)
        right = (self._slider, self._shape_button, self._group_button, self._inspector)
        layout.addWidget(_side(Qt.AlignmentFlag.AlignRight, *right), 1)

    def _connect(self) -> None:
        self._sidebar.clicked.connect(self.sidebar_toggled)
        self._inspector.clicked.connect(self.inspector_toggled)
        self._back.clicked.connect(self.back_requested)
        self._slider.valueChanged.connect(self.tile_size_chosen)
        self._shape_button.clicked.connect(self._on_shape)
        self._group_button.clicked.connect(self._on_group)

    def set_tile_size(self, size: int) -> None:
        self._slider.blockSignals(True)
        self._slider.setValue(size)
        self._slider.blockSignals(False)

    def set_shape(self, shape: TileShape) -> None:
        self._shape = shape
        squares = shape is TileShape.SQUARE
        # The button shows what it leads to, like the play button of a player.
        self._icons.bind(self._shape_button, "rows" if squares else "grid")
        name = "Show whole photos in rows (G)" if squares else "Show squares (G)"
        self._shape_button.setToolTip(name)
        self._shape_button.setAccessibleName(name)

    def set_grouping(self, grouping: Grouping) -> None:
        self._group_actions[grouping].setChecked(True)
        grouped = grouping is not Grouping.NONE
        self._icons.bind(self._group_button, "calendar", "accent_strong" if grouped else "text")

    def set_grouping_allowed(self, *, allowed: bool) -> None:
        """Say whether the order is one of dates, so that there can be headers."""
        self._group_button.setEnabled(allowed)

    def set_back_possible(self, *, possible: bool) -> None:
        self._back.setVisible(possible)

    def _on_shape(self) -> None:
        squares = self._shape is TileShape.SQUARE
        self.shape_chosen.emit(TileShape.JUSTIFIED if squares else TileShape.SQUARE)

    def _on_group(self) -> None:
        button: QToolButton = self._group_button
        self._group_menu.popup(button.mapToGlobal(QPoint(0, button.height() + 4)))


def _side(alignment: Qt.AlignmentFlag, *widgets: QWidget) -> QWidget:
    side = QWidget()
    row = QHBoxLayout(side)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACE_ITEM)
    if alignment == Qt.AlignmentFlag.AlignRight:
        row.addStretch()
    for widget in widgets:
        row.addWidget(widget)
    if alignment == Qt.AlignmentFlag.AlignLeft:
        row.addStretch()
    return side
