"""The picture at the top of the inspector: one photo, or a handful of the selected ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from photoorg.gui.icons import IconSet
from photoorg.gui.inspector.data import MOSAIC
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import FONT_BODY, GUTTER, RADIUS_THUMBNAIL, ThemeService, sized_font

PREVIEW_HEIGHT = 200
_SIGN = 32


def read_images(paths: Sequence[Path]) -> list[QImage]:
    """Read thumbnails, leaving out those that are not there. Blocks: call it from a task."""
    images = (QImageReader(str(path)).read() for path in paths)
    return [image for image in images if not image.isNull()]


class Preview(QWidget):
    """Shows up to four thumbnails, or a sign with a sentence where there is none."""

    def __init__(
        self, theme: ThemeService, icons: IconSet, tasks: TaskRunner, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icons = icons
        self._tasks = tasks
        self._paths: tuple[Path, ...] = ()
        self._pixmaps: list[QPixmap] = []
        self._sign = ""
        self._message = ""
        self._heat: QImage | None = None
        self.setFixedHeight(PREVIEW_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def message(self) -> str:
        """The sentence in place of a picture."""
        return self._message

    @property
    def picture_count(self) -> int:
        """How many photos are shown."""
        return len(self._pixmaps)

    def show_photos(self, paths: Sequence[Path]) -> None:
        """Show thumbnails as soon as they are read; until then what was there stays."""
        wanted = tuple(paths[:MOSAIC])
        self._message = ""
        if wanted == self._paths:
            return
        self._paths = wanted
        self._heat = None
        self._tasks.run(
            lambda: read_images(wanted), self._on_read, key=(id(self), "preview"), owner=self
        )

    def show_message(self, sign: str, message: str) -> None:
        """Show an icon with a sentence instead of a photo."""
        self._tasks.drop((id(self), "preview"))
        self._paths = ()
        self._pixmaps = []
        self._heat = None
        self._sign = sign
        self._message = message
        self.update()

    @property
    def shows_heat(self) -> bool:
        return self._heat is not None

    def set_heat(self, heat: QImage | None) -> None:
        """Lay a heat map over the photo, where it is a single one; None takes it away."""
        self._heat = heat
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(276, PREVIEW_HEIGHT)

    def _on_read(self, images: list[QImage]) -> None:
        self._pixmaps = [QPixmap.fromImage(image) for image in images]
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        area = QRectF(self.rect())
        if self._message or not self._pixmaps:
            self._paint_message(painter, area)
        elif len(self._pixmaps) == 1:
            self._paint_whole(painter, area, self._pixmaps[0])
        else:
            for tile, pixmap in zip(_tiles(area, len(self._pixmaps)), self._pixmaps, strict=True):
                _paint_filling(painter, tile, pixmap)

    def _paint_message(self, painter: QPainter, area: QRectF) -> None:
        ground = QPainterPath()
        ground.addRoundedRect(area, RADIUS_THUMBNAIL, RADIUS_THUMBNAIL)
        painter.fillPath(ground, self._theme.color("hover"))
        if not self._message:
            return
        ratio = self.devicePixelRatioF()
        pixmap = self._icons.pixmap(self._sign, _SIGN, ratio, "dimmed")
        text_area = area.adjusted(24, 0, -24, 0)
        painter.setFont(sized_font(FONT_BODY))
        wrapped = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        needed = painter.boundingRect(text_area, int(wrapped), self._message)
        top = area.center().y() - (_SIGN + 8 + needed.height()) / 2
        painter.drawPixmap(round(area.center().x() - _SIGN / 2), round(top), pixmap)
        text_area.setTop(top + _SIGN + 8)
        painter.setPen(self._theme.color("dimmed"))
        painter.drawText(text_area, int(wrapped), self._message)

    def _paint_whole(self, painter: QPainter, area: QRectF, pixmap: QPixmap) -> None:
        size = pixmap.size().scaled(area.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF(
            round((area.width() - size.width()) / 2),
            round((area.height() - size.height()) / 2),
            size.width(),
            size.height(),
        )
        _clip(painter, target)
        painter.drawPixmap(target, pixmap, QRectF(pixmap.rect()))
        if self._heat is not None:
            painter.drawImage(target, self._heat)


def _clip(painter: QPainter, area: QRectF) -> None:
    shape = QPainterPath()
    shape.addRoundedRect(area, RADIUS_THUMBNAIL, RADIUS_THUMBNAIL)
    painter.setClipPath(shape)


def _tiles(area: QRectF, count: int) -> list[QRectF]:
    """Share an area out between two, three or four photos."""
    half = (area.width() - GUTTER) / 2
    left = QRectF(area.x(), area.y(), half, area.height())
    right = left.translated(half + GUTTER, 0)
    if count == 2:
        return [left, right]
    column = (area.height() - GUTTER) / 2
    upper = QRectF(right.x(), right.y(), half, column)
    lower = upper.translated(0, column + GUTTER)
    if count == 3:
        return [left, upper, lower]
    return [
        upper.translated(-half - GUTTER, 0),
        upper,
        lower.translated(-half - GUTTER, 0),
        lower,
    ]


def _paint_filling(painter: QPainter, area: QRectF, pixmap: QPixmap) -> None:
    """Fill an area with the middle of a photo."""
    scale = max(area.width() / pixmap.width(), area.height() / pixmap.height())
    width, height = area.width() / scale, area.height() / scale
    source = QRectF((pixmap.width() - width) / 2, (pixmap.height() - height) / 2, width, height)
    painter.save()
    _clip(painter, area)
    painter.drawPixmap(area, pixmap, source)
    painter.restore()
