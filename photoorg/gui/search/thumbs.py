"""The small pictures of photos that a search names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPixmap

from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.thumbnails import decode_cover

SIDE: Final = 54
"""Pixels of a side: three for each of the chip's, for dense screens."""

_KEPT: Final = 64


class QueryThumbs(QObject):
    """Reads small pictures in the background and keeps the last few.

    Signals:
        loaded(): there are more pictures than before.
    """

    loaded = Signal()

    def __init__(
        self, library: LibraryPort, tasks: TaskRunner, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._pixmaps: dict[PhotoId | str, QPixmap] = {}
        self._asked: set[PhotoId | str] = set()

    def peek(self, photo: PhotoId | str) -> QPixmap | None:
        """Return a photo's picture if it is there; never waits."""
        pixmap = self._pixmaps.get(photo)
        return None if pixmap is None or pixmap.isNull() else pixmap

    def want(self, photos: Iterable[PhotoId | str]) -> None:
        """Read the pictures of these that were not read yet."""
        wanted = [photo for photo in photos if photo not in self._asked]
        if not wanted:
            return
        if len(self._asked) > _KEPT:
            self._asked.clear()
            self._pixmaps.clear()
        self._asked.update(wanted)
        self._tasks.run(
            lambda: [(photo, self._read(photo)) for photo in wanted], self._on_read, owner=self
        )

    def _read(self, photo: PhotoId | str) -> QImage:
        if isinstance(photo, str):
            return decode_cover(Path(photo), SIDE, SIDE)
        rows = self._library.grid_rows([photo])
        if not rows or not rows[0].thumbnail_key:
            return QImage()
        return decode_cover(self._library.thumbnail_path(rows[0].thumbnail_key), SIDE, SIDE)

    def _on_read(self, images: list[tuple[PhotoId | str, QImage]]) -> None:
        for photo, image in images:
            if not image.isNull():
                self._pixmaps[photo] = QPixmap.fromImage(image)
        self.loaded.emit()
