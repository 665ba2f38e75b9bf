"""Where a key takes the current tile: arithmetic on a layout, without Qt's event machinery."""

from __future__ import annotations

from enum import Enum, auto

from photoorg.gui.grid.layout import GridLayout


class Move(Enum):
    """Ways to move among tiles."""

    LEFT = auto()
    RIGHT = auto()
    UP = auto()
    DOWN = auto()
    PAGE_UP = auto()
    PAGE_DOWN = auto()
    FIRST = auto()
    LAST = auto()


def target_of(
    move: Move, layout: GridLayout, current: int | None, column_x: int, page: int
) -> int | None:
    """Return the tile that a move leads to, or None where there are no tiles.

    Args:
        move: which way.
        layout: the tiles.
        current: from where; None goes to the first tile.
        column_x: x that moves up and down hold on to, pixels of the contents.
        page: pixels that a page move covers.
    """
    if layout.count == 0:
        return None
    if current is None:
        return layout.count - 1 if move is Move.LAST else 0
    row = int(layout.row_of[current])
    match move:
        case Move.LEFT:
            return max(0, current - 1)
        case Move.RIGHT:
            return min(layout.count - 1, current + 1)
        case Move.UP:
            return current if row == 0 else layout.tile_in_row(row - 1, column_x)
        case Move.DOWN:
            last = row == len(layout.row_top) - 1
            return current if last else layout.tile_in_row(row + 1, column_x)
        case Move.PAGE_UP:
            return layout.tile_in_row(
                min(row - 1, layout.row_at(_top(layout, row) - page)), column_x
            )
        case Move.PAGE_DOWN:
            return layout.tile_in_row(
                max(row + 1, layout.row_at(_top(layout, row) + page)), column_x
            )
        case Move.FIRST:
            return 0
        case Move.LAST:
            return layout.count - 1


def _top(layout: GridLayout, row: int) -> int:
    return int(layout.row_top[row])
