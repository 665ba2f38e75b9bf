"""Thumbnails for painters: decoded on threads, kept in memory up to a number of bytes.

A painter looks with `peek` and never waits. Who knows what is in view says so with `want`: that
replaces whatever was wanted before, so a fast scroll leaves nothing behind in the queue.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QImageReader, QPixmap
from shiboken6 import isValid

CACHE_BYTES: Final = 192 * 1024 * 1024
DECODERS: Final = 2
REQUEST_LIMIT: Final = 2_000


@dataclass(frozen=True, slots=True)
class ThumbnailRequest:
    """One thumbnail at one size.

    Attributes:
        key: names the thumbnail file.
        width: device pixels to cover.
        height: device pixels to cover; what sticks out is cut off evenly.
    """

    key: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Entry:
    pixmap: QPixmap
    width: int
    height: int

    @property
    def bytes(self) -> int:
        return self.pixmap.width() * self.pixmap.height() * 4


def decode_cover(path: Path, width: int, height: int) -> QImage:
    """Return an image that covers a size, centred and cut, or a null image where there is none.

    An image smaller than the size is not blown up; only its shape is made to fit.
    """
    reader = QImageReader(str(path))
    full = reader.size()
    if not full.isValid() or full.isEmpty():
        return QImage()
    scale = min(1.0, max(width / full.width(), height / full.height()))
    scaled = QSize(max(1, round(full.width() * scale)), max(1, round(full.height() * scale)))
    shape = QSize(width, height)
    if shape.width() > scaled.width() or shape.height() > scaled.height():
        shape.scale(scaled, Qt.AspectRatioMode.KeepAspectRatio)
    cut = QRect(
        (scaled.width() - shape.width()) // 2,
        (scaled.height() - shape.height()) // 2,
        max(1, shape.width()),
        max(1, shape.height()),
    )
    reader.setScaledSize(scaled)
    reader.setScaledClipRect(cut)
    image = reader.read()
    if image.isNull():
        return image
    return image.convertToFormat(QImage.Format.Format_RGB32)


class ThumbnailLoader(QObject):
    """Decodes thumbnails, what is in view first.

    Signals:
        loaded(list): keys whose pixmaps are there now.
    """

    loaded = Signal(list)
    _decoded = Signal()

    def __init__(
        self,
        path_of: Callable[[str], Path],
        *,
        cache_bytes: int = CACHE_BYTES,
        parent: QObject | None = None,
    ) -> None:
        """Start the decoding threads.

        Args:
            path_of: where a thumbnail lies; called on any thread, must not block for long.
            cache_bytes: pixmaps kept beyond this are dropped, those unused longest first.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._path_of = path_of
        self._cache_bytes = cache_bytes
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._used_bytes = 0
        self._absent: set[str] = set()
        self._generation = 0

        self._condition = threading.Condition()
        self._wanted: OrderedDict[str, ThumbnailRequest] = OrderedDict()
        self._under_way: dict[str, ThumbnailRequest] = {}
        self._results: list[tuple[int, ThumbnailRequest, QImage]] = []
        self._closed = False
        self._decoded.connect(self._on_decoded, Qt.ConnectionType.QueuedConnection)
        self._threads = [
            threading.Thread(target=self._decode_loop, name=f"photoorg-thumbnails-{i}", daemon=True)
            for i in range(DECODERS)
        ]
        for thread in self._threads:
            thread.start()

    def peek(self, key: str) -> QPixmap | None:
        """Return the pixmap that is there, at whatever size, or None; never waits."""
        entry = self._entries.get(key)
        return None if entry is None else entry.pixmap

    def want(self, requests: Iterable[ThumbnailRequest]) -> None:
        """Decode these, the first first, and nothing that was wanted before but is not here."""
        missing: OrderedDict[str, ThumbnailRequest] = OrderedDict()
        for request in requests:
            entry = self._entries.get(request.key)
            if entry is not None:
                self._entries.move_to_end(request.key)
                if (entry.width, entry.height) == (request.width, request.height):
                    continue
            if request.key not in self._absent and len(missing) < REQUEST_LIMIT:
                missing.setdefault(request.key, request)
        with self._condition:
            for key, request in self._under_way.items():
                if missing.get(key) == request:
                    del missing[key]
            self._wanted = missing
            self._condition.notify_all()

    def retry_absent(self) -> None:
        """Look again for files that were not there, also for those that a thread just missed."""
        self._generation += 1
        self._absent.clear()

    @property
    def used_bytes(self) -> int:
        return self._used_bytes

    @property
    def idle(self) -> bool:
        """Whether nothing is wanted, under way or waiting to be taken over."""
        with self._condition:
            return not (self._wanted or self._under_way or self._results)

    def shutdown(self) -> None:
        """End the threads and wait for them."""
        with self._condition:
            self._closed = True
            self._wanted.clear()
            self._condition.notify_all()
        for thread in self._threads:
            thread.join()

    # -- on the decoding threads ------------------------------------------------------------
    def _decode_loop(self) -> None:
        while (taken := self._take()) is not None:
            generation, request = taken
            image = decode_cover(self._path_of(request.key), request.width, request.height)
            with self._condition:
                if self._under_way.get(request.key) is request:
                    del self._under_way[request.key]
                if self._closed:
                    return
                self._results.append((generation, request, image))
                first = len(self._results) == 1
            if first and isValid(self):
                self._decoded.emit()

    def _take(self) -> tuple[int, ThumbnailRequest] | None:
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._wanted)
            if self._closed:
                return None
            key, request = self._wanted.popitem(last=False)
            self._under_way[key] = request
            return self._generation, request

    # -- on the GUI thread ------------------------------------------------------------------
    @Slot()
    def _on_decoded(self) -> None:
        with self._condition:
            results, self._results = self._results, []
        loaded = []
        for generation, request, image in results:
            if image.isNull():
                if generation == self._generation:
                    self._absent.add(request.key)
                continue
            self._keep(request, QPixmap.fromImage(image))
            loaded.append(request.key)
        while self._used_bytes > self._cache_bytes and len(self._entries) > 1:
            _, dropped = self._entries.popitem(last=False)
            self._used_bytes -= dropped.bytes
        if loaded:
            self.loaded.emit(loaded)

    def _keep(self, request: ThumbnailRequest, pixmap: QPixmap) -> None:
        before = self._entries.pop(request.key, None)
        if before is not None:
            self._used_bytes -= before.bytes
        entry = _Entry(pixmap, request.width, request.height)
        self._entries[request.key] = entry
        self._used_bytes += entry.bytes
