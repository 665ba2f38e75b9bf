"""The grid's model: an array of ids, and a cache of rows that is filled in the background."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from enum import IntEnum
from typing import Any, Final

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.core.records import GridRow, SearchHit
from photoorg.gui.grid.contents import GridContents, Ids
from photoorg.gui.tasks import TaskRunner

AnyIndex = QModelIndex | QPersistentModelIndex

PAGE: Final = 128
"""Rows asked for at once."""
CACHED_ROWS: Final = 20_000
PAGES_UNDER_WAY: Final = 2


class GridRole(IntEnum):
    """Roles beyond Qt's own."""

    PHOTO_ID = Qt.ItemDataRole.UserRole
    ROW = Qt.ItemDataRole.UserRole + 1


class GridModel(QAbstractListModel):
    """Photos in grid order. `data` and `row` answer from memory alone, or not at all yet.

    Rows arrive a page at a time after `request`, and `dataChanged` says so. A row that a change
    set touched stays on show until its fresh version is there, so nothing flickers.
    """

    def __init__(
        self, library: LibraryPort, tasks: TaskRunner, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._contents = GridContents()
        self._rows: OrderedDict[int, GridRow] = OrderedDict()
        self._stale: set[int] = set()
        self._asked: set[int] = set()
        self._hits: Sequence[SearchHit] = ()
        self._waiting: list[PhotoId] = []
        self._under_way = 0

    @property
    def contents(self) -> GridContents:
        return self._contents

    @property
    def ids(self) -> Ids:
        return self._contents.ids

    def set_contents(self, contents: GridContents) -> None:
        """Show other photos, or the same ones in other places."""
        if self._contents.same_tiles(contents):
            return
        self.beginResetModel()
        self._contents = contents
        self._asked.clear()
        self.endResetModel()

    def photo_id(self, place: int) -> PhotoId:
        return PhotoId(int(self._contents.ids[place]))

    def place_of(self, photo_id: int) -> int | None:
        """Return where a photo is, or None."""
        return self._contents.index.place(photo_id)

    def places_of(self, ids: Ids) -> Ids:
        """Return the places of photos, those that are not here left out, ascending."""
        places = self._contents.index.places(ids)
        return np.sort(places[places >= 0])

    def row(self, place: int) -> GridRow | None:
        """Return what a tile shows, or None while that is on its way."""
        return self._rows.get(int(self._contents.ids[place]))

    def set_hits(self, hits: Sequence[SearchHit]) -> None:
        """Take what says why each photo is here, in the same order; none where nothing is to say.

        Only of what is looked at it is asked.
        """
        self._hits = hits

    def note(self, place: int) -> str:
        """Return why a photo is here ("identical", "tag beach"), or an empty string."""
        return self._hits[place].why if place < len(self._hits) else ""

    def request(self, places: range) -> None:
        """See to it that these rows will be there.

        A newer request takes the place of what an older one has not begun to read, so the rows
        that a fast scroll passed by are not read at all.
        """
        ids = self._contents.ids[places.start : places.stop].tolist()
        for photo in ids:
            if photo in self._rows:
                self._rows.move_to_end(photo)
        self._waiting = [
            PhotoId(photo)
            for photo in ids
            if (photo not in self._rows or photo in self._stale) and photo not in self._asked
        ]
        self._fetch_next()

    def invalidate(self, photo_ids: Collection[PhotoId]) -> None:
        """Fetch these rows anew when they are next asked for."""
        self._stale.update(photo for photo in photo_ids if photo in self._rows)
        self._asked.difference_update(photo_ids)

    def invalidate_all(self) -> None:
        """Fetch every row anew when it is next asked for."""
        self._stale.update(self._rows)
        self._asked.clear()

    def _fetch_next(self) -> None:
        while self._waiting and self._under_way < PAGES_UNDER_WAY:
            page, self._waiting = self._waiting[:PAGE], self._waiting[PAGE:]
            self._asked.update(page)
            self._under_way += 1
            self._fetch(page)

    def _fetch(self, page: Sequence[PhotoId]) -> None:
        def on_error(error: Exception) -> None:
            self._under_way -= 1
            self._asked.difference_update(page)
            self._tasks.failed.emit(error)

        self._tasks.run(
            lambda: self._library.grid_rows(page),
            lambda rows: self._on_rows(page, rows),
            on_error,
            owner=self,
        )

    def _on_rows(self, page: Sequence[PhotoId], rows: Sequence[GridRow]) -> None:
        self._under_way -= 1
        self._fetch_next()
        # An invalidation while the page was under way took it out of `_asked`: read it again.
        current = {photo for photo in page if photo in self._asked}
        self._asked.difference_update(page)
        self._stale.difference_update(current)
        for row in rows:
            self._rows[row.photo_id] = row
            self._rows.move_to_end(row.photo_id)
        while len(self._rows) > CACHED_ROWS:
            gone, _ = self._rows.popitem(last=False)
            self._stale.discard(gone)
        places = self._contents.index.places(np.asarray(page, dtype=np.int64))
        places = places[places >= 0]
        if len(places):
            self.dataChanged.emit(self.index(int(places.min())), self.index(int(places.max())))

    # -- Qt ---------------------------------------------------------------------------------
    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._contents)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == GridRole.PHOTO_ID:
            return self.photo_id(index.row())
        row = self.row(index.row())
        if row is None:
            return None
        if role == GridRole.ROW:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return problem_of(row) or None
        return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return (
            Qt.ItemFlag.ItemIsEnabled
            | Qt.ItemFlag.ItemIsSelectable
            | Qt.ItemFlag.ItemIsDragEnabled
            | Qt.ItemFlag.ItemNeverHasChildren
        )


def problem_of(row: GridRow) -> str:
    """Return why a photo bears a sign, in words, or an empty string."""
    if row.missing:
        return f"{row.name} is no longer where it was. Its tags are kept; it may have been moved."
    if row.reason:
        return f"{row.name}: {row.reason}"
    return ""
