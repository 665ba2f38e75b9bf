"""A strip of sample photos: small, square, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from photoorg.core.library import LibraryPort
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import ThemeService
from photoorg.gui.thumbnails import decode_cover

_GAP = 2
_CORNER = 3


class SampleStrip(QWidget):
    """Shows up to some thumbnails; where there are fewer, less room is painted, none is empty."""

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        theme: ThemeService,
        keys: Sequence[str],
        *,
        side: int,
        most: int,
        parent: QWidget | None = None,
    ) -> None:
        """Begin to read the thumbnails.

        Args:
            library: knows where they are.
            tasks: reads them.
            theme: colours what is not read yet.
            keys: of the thumbnails.
            side: width and height of each, in pixels.
            most: so many have room.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._theme = theme
        self._side = side
        self._most = most
        self._count = min(most, len(keys))
        self._images: list[QImage] = []
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        paths = [library.thumbnail_path(key) for key in keys[:most]]
        pixels = round(side * 2)  # enough for twofold screens
        if paths:
            tasks.run(
                lambda: [decode_cover(path, pixels, pixels) for path in paths],
                self._on_read,
                owner=self,
            )

    def sizeHint(self) -> QSize:
        return QSize(self._most * (self._side + _GAP) - _GAP, self._side)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _on_read(self, images: list[QImage]) -> None:
        self._images = images
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for place in range(self._count):
            area = QRect(place * (self._side + _GAP), 0, self._side, self._side)
            shape = QPainterPath()
            shape.addRoundedRect(QRectF(area), _CORNER, _CORNER)
            painter.setClipPath(shape)
            if place < len(self._images) and not self._images[place].isNull():
                painter.drawImage(area, self._images[place])
            else:
                painter.fillRect(area, self._theme.color("line"))
