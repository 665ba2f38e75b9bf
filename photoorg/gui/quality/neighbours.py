"""Photos to compare the one in question with: the most alike that lack its tag."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.gui.inspector.preview import read_images
from photoorg.gui.quality.words import shortened
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import RADIUS_THUMBNAIL, SPACE_GROUP, SPACE_ITEM, ThemeService
from photoorg.gui.widgets.build import create_label

MOST: Final = 3
"""Photos shown; more would be too small to compare."""

_WIDTH: Final = 300


class PhotoColumn(QWidget):
    """A few photos below each other, each as large as there is room."""

    def __init__(self, theme: ThemeService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pixmaps: list[QPixmap] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def count(self) -> int:
        """How many photos are shown."""
        return len(self._pixmaps)

    def set_pixmaps(self, pixmaps: Sequence[QPixmap]) -> None:
        """Show these."""
        self._pixmaps = list(pixmaps)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, 3 * _WIDTH)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        room = (self.height() - (MOST - 1) * SPACE_ITEM) // MOST
        top = 0
        for pixmap in self._pixmaps:
            size = pixmap.size().scaled(
                QSize(self.width(), room), Qt.AspectRatioMode.KeepAspectRatio
            )
            place = QRect(0, top, size.width(), size.height())
            shape = QPainterPath()
            shape.addRoundedRect(QRectF(place), RADIUS_THUMBNAIL, RADIUS_THUMBNAIL)
            painter.setClipPath(shape)
            painter.drawPixmap(place, pixmap)
            painter.setClipping(False)
            top += size.height() + SPACE_ITEM


class Neighbours(QWidget):
    """Reads and shows what a photo is to be compared with."""

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        theme: ThemeService,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._photos: tuple[PhotoId, ...] = ()
        self._title = create_label("", "on-surround", wrap=True)
        self._note = create_label("", "on-surround-dimmed", wrap=True)
        self.column = PhotoColumn(theme)
        self.setFixedWidth(_WIDTH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_GROUP, SPACE_GROUP, SPACE_GROUP, SPACE_GROUP)
        layout.setSpacing(SPACE_ITEM)
        layout.addWidget(self._title)
        layout.addWidget(self._note)
        layout.addWidget(self.column, 1)

    @property
    def photos(self) -> tuple[PhotoId, ...]:
        """What is shown, or about to be."""
        return self._photos

    @property
    def title(self) -> str:
        return self._title.text()

    def show_near(self, tag: str, near: Sequence[PhotoId]) -> None:
        """Show the photos that speak against a tag, as soon as they are read."""
        self._photos = tuple(near[:MOST])
        self._title.setText(f"Most alike, without “{shortened(tag)}”")
        self._note.setText(
            "If they show the same, they may lack the tag instead."
            if self._photos
            else "No photo without the tag is much like it."
        )
        self.column.set_pixmaps(())
        self._tasks.run(
            partial(_read, self._library, self._photos),
            self._on_read,
            key=(id(self), "neighbours"),
            owner=self,
        )

    def _on_read(self, images: list[QImage]) -> None:
        self.column.set_pixmaps([QPixmap.fromImage(image) for image in images])


def _read(library: LibraryPort, photos: tuple[PhotoId, ...]) -> list[QImage]:
    """Read thumbnails. Blocks: call it from a task."""
    rows = library.grid_rows(photos)
    return read_images([library.thumbnail_path(r.thumbnail_key) for r in rows if r.thumbnail_key])
