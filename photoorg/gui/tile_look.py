"""How the tiles of the grid look: their size, shape and headers, in the grid and the top bar."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject

from photoorg.gui.commands import Commands
from photoorg.gui.grid.layout import Grouping, TileShape
from photoorg.gui.grid.view import GridView
from photoorg.gui.shortcuts import Command
from photoorg.gui.top_bar import TopBar
from photoorg.gui.window_state import WindowState

_STEP: Final = 1.2


class TileLook(QObject):
    """Keeps the grid and the controls in the top bar in step."""

    def __init__(self, view: GridView, top_bar: TopBar, commands: Commands) -> None:
        super().__init__(view)
        self._view = view
        self._top_bar = top_bar
        top_bar.tile_size_chosen.connect(view.set_tile_size)
        top_bar.shape_chosen.connect(self.set_shape)
        top_bar.grouping_chosen.connect(self.set_grouping)
        view.tile_size_changed.connect(top_bar.set_tile_size)
        commands.on(Command.LARGER, lambda: self.resize(_STEP))
        commands.on(Command.SMALLER, lambda: self.resize(1 / _STEP))
        commands.on(Command.TOGGLE_SHAPE, self.toggle_shape)

    def resize(self, factor: float) -> None:
        """Make the tiles larger or smaller."""
        self._set_size(round(self._view.tile_size * factor))

    def set_shape(self, shape: TileShape) -> None:
        self._view.set_tile_shape(shape)
        self._top_bar.set_shape(shape)

    def toggle_shape(self) -> None:
        squares = self._view.tile_shape is TileShape.SQUARE
        self.set_shape(TileShape.JUSTIFIED if squares else TileShape.SQUARE)

    def set_grouping(self, grouping: Grouping) -> None:
        self._view.set_grouping(grouping)
        self._top_bar.set_grouping(grouping)

    def restore(self, state: WindowState) -> None:
        """Look as the last time."""
        self._set_size(state.tile_size)
        self.set_shape(state.shape)
        self.set_grouping(state.grouping)

    def _set_size(self, size: int) -> None:
        self._view.set_tile_size(size)
        self._top_bar.set_tile_size(self._view.tile_size)
