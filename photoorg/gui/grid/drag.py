"""Dragging photos out of the grid: onto a tag inside the window, as files into other programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QPoint, QRect, Qt
from PySide6.QtGui import QDrag, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import FONT_SMALL, ThemeService, sized_font
from photoorg.gui.widgets.photo_mime import photo_mime_data

FILE_LIMIT: Final = 500
"""More photos than this are dragged inside the window only: no program opens so many at once."""

_PREVIEW: Final = 96


class PhotoDrag(QObject):
    """Knows the files of the photos that may be dragged before the drag begins.

    Paths come from the catalog, so they are read from the press of the button on; a drag that
    begins before they are there carries photo ids alone.
    """

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        theme: ThemeService,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._theme = theme
        self._prepared: tuple[tuple[PhotoId, ...], tuple[Path, ...]] = ((), ())

    def prepare(self, photo_ids: Sequence[PhotoId]) -> None:
        """Read where the files of these photos lie, in the background."""
        wanted = tuple(photo_ids)
        if wanted == self._prepared[0] or len(wanted) > FILE_LIMIT:
            return

        def read() -> tuple[Path, ...]:
            found = (self._library.details(photo) for photo in wanted)
            return tuple(d.paths[0] for d in found if d and d.paths and not d.missing)

        def keep(paths: tuple[Path, ...]) -> None:
            self._prepared = (wanted, paths)

        self._tasks.run(read, keep, key="drag paths", owner=self)

    def start(self, source: QWidget, photo_ids: Sequence[PhotoId], pixmap: QPixmap | None) -> None:
        """Drag photos until the button is let go."""
        wanted = tuple(photo_ids)
        paths = self._prepared[1] if self._prepared[0] == wanted else ()
        drag = QDrag(source)
        drag.setMimeData(photo_mime_data(wanted, paths))
        if pixmap is not None:
            drag.setPixmap(self._preview(pixmap, len(wanted)))
            drag.setHotSpot(QPoint(_PREVIEW // 2, _PREVIEW // 2))
        drag.exec(Qt.DropAction.CopyAction)

    def _preview(self, pixmap: QPixmap, count: int) -> QPixmap:
        """Return a small square of the photo, with the number of photos where there are more."""
        ratio = pixmap.devicePixelRatio()
        side = round(_PREVIEW * ratio)
        cover = pixmap.scaled(
            side,
            side,
            Qt.AspectRatioMode.KeepAspectRatioByExpanding,
            Qt.TransformationMode.SmoothTransformation,
        )
        cut = QRect((cover.width() - side) // 2, (cover.height() - side) // 2, side, side)
        preview = cover.copy(cut)
        preview.setDevicePixelRatio(ratio)
        if count > 1:
            painter = QPainter(preview)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(sized_font(FONT_SMALL))
            text = f"{count:,}"
            width = max(22, painter.fontMetrics().horizontalAdvance(text) + 12)
            badge = QRect(_PREVIEW - width - 4, 4, width, 22)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("accent_strong"))
            painter.drawRoundedRect(badge, 11, 11)
            painter.setPen(self._theme.color("on_accent"))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
            painter.end()
        return preview
