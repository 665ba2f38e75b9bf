"""Selections as arrays: Qt's selection model stays the truth, a mask mirrors it for painting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractItemModel, QItemSelection, QItemSelectionRange

from photoorg.gui.grid.contents import Ids


def selection_of(model: QAbstractItemModel, places: Ids) -> QItemSelection:
    """Return a selection of places, one range for each run without a gap.

    Args:
        model: a list.
        places: int64 [m], ascending, each once.
    """
    selection = QItemSelection()
    if not len(places):
        return selection
    breaks = np.flatnonzero(np.diff(places) != 1)
    firsts = places[np.concatenate(([0], breaks + 1))].tolist()
    lasts = places[np.append(breaks, len(places) - 1)].tolist()
    for first, last in zip(firsts, lasts, strict=True):
        selection.append(QItemSelectionRange(model.index(first, 0), model.index(last, 0)))
    return selection


class SelectionMask:
    """Which places are selected; answers at once however many ranges the selection has."""

    def __init__(self) -> None:
        self._mask: NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)

    def reset(self, count: int) -> None:
        """Begin anew with nothing selected among `count` places."""
        self._mask = np.zeros(count, dtype=np.bool_)

    def change(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Follow the selection model."""
        for chosen, value in ((deselected, False), (selected, True)):
            for i in range(chosen.count()):
                part = chosen.at(i)
                self._mask[part.top() : part.bottom() + 1] = value

    def __getitem__(self, place: int) -> bool:
        return bool(self._mask[place])

    def of(self, places: range) -> list[bool]:
        """Return which of some neighbouring places are selected."""
        chosen: list[bool] = self._mask[places.start : places.stop].tolist()
        return chosen

    @property
    def count(self) -> int:
        return int(np.count_nonzero(self._mask))

    def places(self) -> Ids:
        """Return the selected places, ascending."""
        return np.flatnonzero(self._mask).astype(np.int64)

    def others(self) -> Ids:
        """Return the places that are not selected, ascending."""
        return np.flatnonzero(~self._mask).astype(np.int64)
