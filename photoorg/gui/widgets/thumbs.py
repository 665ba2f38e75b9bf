"""Small thumbnails for several widgets, through one loader.

A `ThumbnailLoader` decodes what was wanted last and nothing else, which is right for one grid.
Here the wishes of several widgets are put together first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QPixmap

from photoorg.gui.thumbnails import ThumbnailLoader, ThumbnailRequest

_CACHE_BYTES: Final = 48 * 1024 * 1024


class Thumbs(QObject):
    """Keeps small thumbnails.

    Signals:
        loaded(list): keys whose pixmaps are there now.
    """

    loaded = Signal(list)

    def __init__(self, path_of: Callable[[str], Path], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loader = ThumbnailLoader(path_of, cache_bytes=_CACHE_BYTES, parent=self)
        self._wanted: dict[int, tuple[ThumbnailRequest, ...]] = {}
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._ask)
        self._loader.loaded.connect(self.loaded)

    def peek(self, key: str) -> QPixmap | None:
        """Return a pixmap that is there, at whatever size, or None; never waits."""
        return self._loader.peek(key)

    def want(self, who: QObject, requests: Sequence[ThumbnailRequest]) -> None:
        """Decode these for a widget, in place of what it wanted before."""
        key = id(who)
        if key not in self._wanted:
            who.destroyed.connect(lambda: self._wanted.pop(key, None))
        if self._wanted.get(key) != tuple(requests):
            self._wanted[key] = tuple(requests)
            self._timer.start()

    @property
    def idle(self) -> bool:
        """Whether all that is wanted is there (for tests)."""
        return not self._timer.isActive() and self._loader.idle

    def shutdown(self) -> None:
        """End the threads and wait for them."""
        self._timer.stop()
        self._loader.shutdown()

    def _ask(self) -> None:
        self._loader.want(request for wishes in self._wanted.values() for request in wishes)
