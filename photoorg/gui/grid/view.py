"""The grid as a person uses it: choosing photos with mouse and keys, and coming back to a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget

from photoorg.core.ids import PhotoId
from photoorg.gui.grid.canvas import GridCanvas, HeldPlace
from photoorg.gui.grid.contents import Ids
from photoorg.gui.grid.delegate import PLAIN, SELECTED, TileState
from photoorg.gui.grid.drag import PhotoDrag
from photoorg.gui.grid.model import GridModel
from photoorg.gui.grid.moves import Move, target_of
from photoorg.gui.grid.selection import SelectionMask, selection_of
from photoorg.gui.icons import IconSet
from photoorg.gui.theme import ThemeService
from photoorg.gui.thumbnails import ThumbnailLoader

_ZOOM_STEP: Final = 1.15

_Select = QItemSelectionModel.SelectionFlag
_Keys = Qt.KeyboardModifier

_MOVES: Final = {
    Qt.Key.Key_Left: Move.LEFT,
    Qt.Key.Key_Right: Move.RIGHT,
    Qt.Key.Key_Up: Move.UP,
    Qt.Key.Key_Down: Move.DOWN,
    Qt.Key.Key_PageUp: Move.PAGE_UP,
    Qt.Key.Key_PageDown: Move.PAGE_DOWN,
    Qt.Key.Key_Home: Move.FIRST,
    Qt.Key.Key_End: Move.LAST,
}


@dataclass(frozen=True, slots=True, eq=False)
class GridState:
    """Where a person was: enough to come back after the photos were others for a while.

    Attributes:
        held: what is at the top of the view; None at the very top.
        selected: int64 [m] photo ids.
        current: the photo that has the keyboard.
    """

    held: HeldPlace | None
    selected: Ids
    current: PhotoId | None


class GridView(GridCanvas):
    """Thumbnails in rows.

    Signals:
        opened(PhotoId): double click.
        chosen(): the selection is another one, told once per turn of the event loop.
        tile_size_changed(int): by Ctrl+wheel.
        menu_requested(QPoint): global position; the selection is what the menu is for.
    """

    opened = Signal(object)
    chosen = Signal()
    tile_size_changed = Signal(int)
    menu_requested = Signal(QPoint)

    def __init__(
        self,
        model: GridModel,
        thumbnails: ThumbnailLoader,
        theme: ThemeService,
        icons: IconSet,
        drag: PhotoDrag,
        parent: QWidget | None = None,
    ) -> None:
        self._mask = SelectionMask()
        self._kept: GridState | None = None
        self._kept_height = 0
        super().__init__(model, thumbnails, theme, icons, parent)
        self._drag = drag
        self._anchor: int | None = None
        self._column_x: int | None = None
        self._pressed: QPoint | None = None
        self._release_selects: int | None = None
        self._band_base: Ids | None = None
        self._tell_chosen = QTimer(self, singleShot=True, interval=0)
        self._tell_chosen.timeout.connect(self.chosen)
        self.setAccessibleName("Photos")
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.viewport().setMouseTracking(True)
        model.modelAboutToBeReset.connect(self._on_about_to_reset)
        self.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self.selectionModel().currentChanged.connect(lambda: self.viewport().update())

    def _tile_states(self, tiles: range) -> list[TileState]:
        states = [SELECTED if selected else PLAIN for selected in self._mask.of(tiles)]
        current = self._current() if self.hasFocus() else None
        for special in (current, self._hovered):
            if special is not None and special in tiles:
                at = special - tiles.start
                states[at] = TileState(
                    self._mask[special], special == current, special == self._hovered
                )
        return states

    # -- what a person chose -------------------------------------------------------------------
    def selected_ids(self) -> Ids:
        """Return int64 [m], the selected photos in the order of the grid."""
        return self._grid.ids[self._mask.places()]

    @property
    def selected_count(self) -> int:
        return self._mask.count

    def current_photo(self) -> PhotoId | None:
        """Return the photo that has the keyboard, or None."""
        place = self._current()
        return None if place is None else self._grid.photo_id(place)

    def choose(self, photo_id: PhotoId) -> None:
        """Select one photo and bring it into view."""
        place = self._grid.place_of(photo_id)
        if place is not None:
            self._select_one(place)
            self._scroll_to(place)

    def select_ids(self, ids: Ids) -> None:
        """Select these photos, those that are not here left out."""
        places = self._grid.places_of(ids)
        self._select(places, _Select.ClearAndSelect)

    def selectAll(self) -> None:
        self._select(np.arange(len(self._grid.ids)), _Select.ClearAndSelect)

    def invert_selection(self) -> None:
        """Select what is not selected, and nothing else."""
        self._select(self._mask.others(), _Select.ClearAndSelect)

    def snapshot(self) -> GridState:
        """Return where a person is."""
        return GridState(self._held_top(), self.selected_ids(), self.current_photo())

    def restore(self, state: GridState) -> None:
        """Go back to where a person was; photos that are gone are left out."""
        selected = self._grid.places_of(state.selected)
        self._select(selected, _Select.ClearAndSelect)
        current = None if state.current is None else self._grid.place_of(state.current)
        if current is not None:
            self.selectionModel().setCurrentIndex(self._grid.index(current), _Select.NoUpdate)
        self._anchor = current
        self._hold(state.held)

    # -- the model changes ---------------------------------------------------------------------
    def _on_about_to_reset(self) -> None:
        self._kept = self.snapshot()
        self._kept_height = self.verticalScrollBar().value()

    def reset(self) -> None:
        super().reset()
        self._layout = None
        self._hovered = None
        self._anchor = None
        self._mask.reset(self._grid.rowCount())
        kept, self._kept = self._kept, None
        if kept is None:
            return
        # Qt's reset scrolls to the top. Where the photo that was held is gone, the height stays.
        self._laid_out()
        self.verticalScrollBar().setValue(self._kept_height)
        self.restore(kept)
        if self._mask.count != len(kept.selected):
            self._tell_chosen.start()

    # -- selecting -----------------------------------------------------------------------------
    def _select(self, places: Ids, flags: QItemSelectionModel.SelectionFlag) -> None:
        self.selectionModel().select(selection_of(self._grid, places), flags)

    def _select_one(self, tile: int) -> None:
        self._anchor = tile
        index = self._grid.index(tile)
        self.selectionModel().setCurrentIndex(index, _Select.ClearAndSelect)

    def _move_to(self, tile: int, modifiers: _Keys) -> None:
        """Make a tile current; Shift extends from the anchor, Ctrl leaves the selection alone."""
        if modifiers & _Keys.ShiftModifier and self._anchor is not None:
            first, last = sorted((self._anchor, tile))
            flag = _Select.Select if modifiers & _Keys.ControlModifier else _Select.ClearAndSelect
            self._select(np.arange(first, last + 1), flag)
            self.selectionModel().setCurrentIndex(self._grid.index(tile), _Select.NoUpdate)
        elif modifiers & _Keys.ControlModifier:
            self.selectionModel().setCurrentIndex(self._grid.index(tile), _Select.NoUpdate)
        else:
            self._select_one(tile)

    def _on_selection_changed(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        self._mask.change(selected, deselected)
        self.viewport().update()
        self._tell_chosen.start()

    # -- mouse ---------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        tile = self._tile_at(point)
        modifiers = event.modifiers()
        self._release_selects = None
        if event.button() == Qt.MouseButton.RightButton:
            if tile is not None and not self._mask[tile]:
                self._select_one(tile)
            return
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._pressed = point
        plain = not modifiers & (_Keys.ShiftModifier | _Keys.ControlModifier)
        if tile is None:
            keep = self._mask.places() if not plain else np.zeros(0, np.int64)
            self._band_base = keep
            self._select(keep, _Select.ClearAndSelect)
        elif modifiers & _Keys.ShiftModifier:
            self._move_to(tile, modifiers)
        elif modifiers & _Keys.ControlModifier:
            self._anchor = tile
            self.selectionModel().setCurrentIndex(self._grid.index(tile), _Select.Toggle)
        elif self._mask[tile]:
            # Perhaps the beginning of a drag of everything selected: decide when it is let go.
            self._release_selects = tile
            self.selectionModel().setCurrentIndex(self._grid.index(tile), _Select.NoUpdate)
        else:
            self._select_one(tile)
        if tile is not None:
            self._column_x = None
            self._drag.prepare(self._dragged_ids())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        if self._band_base is not None and self._pressed is not None:
            self._stretch_band(point)
            return
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            if (point - self._pressed).manhattanLength() >= QApplication.startDragDistance():
                self._begin_drag()
            return
        tile = self._tile_at(point)
        if tile != self._hovered:
            before, self._hovered = self._hovered, tile
            self._update_tile(before)
            self._update_tile(tile)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if self._release_selects is not None:
            self._select_one(self._release_selects)
        self._end_press()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        tile = self._tile_at(event.position().toPoint())
        if tile is not None and event.button() == Qt.MouseButton.LeftButton:
            self._end_press()
            self._select_one(tile)
            self.opened.emit(self._grid.photo_id(tile))

    def _end_press(self) -> None:
        self._pressed = None
        self._release_selects = None
        if self._band_base is not None:
            self._band_base = None
            self._band = QRect()
            self.viewport().update()

    def _dragged_ids(self) -> tuple[PhotoId, ...]:
        return tuple(map(PhotoId, self.selected_ids().tolist()))

    def _begin_drag(self) -> None:
        tile = self._current()
        row = None if tile is None else self._grid.row(tile)
        pixmap = None if row is None else self._thumbnails.peek(row.thumbnail_key)
        photos = self._dragged_ids()
        self._end_press()
        if photos:
            self._drag.start(self, photos, pixmap)

    def _stretch_band(self, point: QPoint) -> None:
        """Select what the rubber band touches, besides what was selected before."""
        if self._pressed is None or self._band_base is None:
            return
        self._band = QRect(self._pressed, point).normalized()
        touched = self._tiles_touched(self._band)
        self._select(np.union1d(self._band_base, touched), _Select.ClearAndSelect)
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave and self._hovered is not None:
            before, self._hovered = self._hovered, None
            self._update_tile(before)
        return super().viewportEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        point = event.globalPos()
        tile = self._current()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and tile is not None:
            point = self.viewport().mapToGlobal(self._tile_rect(tile).center())
        self.menu_requested.emit(point)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not event.modifiers() & _Keys.ControlModifier:
            super().wheelEvent(event)
            self._show_date()
            return
        steps = event.angleDelta().y() / 120
        self.set_tile_size(round(self._size * _ZOOM_STEP**steps), event.position().toPoint())
        self.tile_size_changed.emit(self._size)
        event.accept()

    # -- keys ----------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = _MOVES.get(Qt.Key(event.key()))
        if move is None:
            event.ignore()
            return
        layout = self._laid_out()
        current = self._current()
        vertical = move in (Move.UP, Move.DOWN, Move.PAGE_UP, Move.PAGE_DOWN)
        if current is not None and (self._column_x is None or not vertical):
            x, _, w, _ = layout.rect(current)
            self._column_x = x + w // 2
        column = self._column_x
        target = target_of(move, layout, current, column or 0, self.viewport().height())
        if target is None:
            return
        self._move_to(target, event.modifiers())
        self._scroll_to(target)
        self._column_x = column if vertical else None
        self._show_date()

    def step(self, by: int) -> None:
        """Choose the next (1) or previous (-1) photo; stays at the ends."""
        current = self._current()
        if current is not None and 0 <= current + by < len(self._grid.ids):
            self._select_one(current + by)
            self._scroll_to(current + by)

    def toggle_current(self) -> None:
        """Select or deselect the current photo and leave the others as they are."""
        if (tile := self._current()) is not None:
            self._anchor = tile
            self.selectionModel().select(self._grid.index(tile), _Select.Toggle)
