"""A photo that can be fitted, zoomed at the pointer and moved about."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from photoorg.gui.theme import FONT_BODY, ThemeService, sized_font

LARGEST_SCALE: Final = 8.0
LARGEST_FIT: Final = 3.0
"""A small photo is not blown up more than this to fill the window."""

_WHEEL_STEP: Final = 1.2
_Buttons = Qt.MouseButton


class PhotoCanvas(QWidget):
    """Shows one photo.

    Scales are screen pixels for one pixel of the photo: 1.0 is 100 %.

    Signals:
        scale_changed(): `scale` or `fitted` is another.
        more_pixels_wanted(): the photo is shown larger than the pixels that are there allow.
        moved(): the pointer moved.
    """

    scale_changed = Signal()
    more_pixels_wanted = Signal()
    moved = Signal()

    def __init__(self, theme: ThemeService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pixmap = QPixmap()
        self._heat: QImage | None = None
        self._full = QSize()
        self._message = ""
        self._fitted = True
        self._scale = 1.0
        self._middle = QPointF()
        self._grabbed: QPointF | None = None
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFont(sized_font(FONT_BODY))

    # -- what is shown ------------------------------------------------------------------------
    def show_photo(self, pixmap: QPixmap, full: QSize, *, same: bool = False) -> None:
        """Show a photo.

        Args:
            pixmap: it, at whatever resolution there is by now.
            full: the photo's own size, pixels.
            same: it is the photo on show with more pixels: keep scale and place.
        """
        self._pixmap = pixmap
        self._message = ""
        keeps_place = same and not self._fitted and self._full == full
        self._full = full
        if not keeps_place:
            self._fitted = True
            self._fit()
        self.update()

    def show_message(self, message: str) -> None:
        """Say below the photo, or in its place, why there is no more to see."""
        self._message = message
        self.update()

    def set_heat(self, heat: QImage | None) -> None:
        """Lay a picture that covers the whole photo over it; None takes it away."""
        self._heat = heat
        self.update()

    @property
    def shows_heat(self) -> bool:
        return self._heat is not None

    def clear(self) -> None:
        """Show nothing, and let go of the pixels."""
        self._pixmap = QPixmap()
        self._heat = None
        self._full = QSize()
        self._message = ""
        self._fitted = True
        self.update()

    @property
    def scale(self) -> float:
        return self._scale

    @property
    def fitted(self) -> bool:
        return self._fitted

    @property
    def device_size(self) -> QSize:
        """The canvas in screen pixels."""
        return (QSizeF(self.size()) * self.devicePixelRatioF()).toSize()

    # -- scale --------------------------------------------------------------------------------
    def fit(self) -> None:
        """Show the whole photo."""
        self._fitted = True
        self._fit()
        self._after_scale()

    def zoom_to(self, scale: float, at: QPointF | None = None) -> None:
        """Show at a scale, holding still what is at a point (default: the middle).

        A scale below that of the whole photo shows the whole photo.
        """
        if self._full.isEmpty():
            return
        smallest = self._fit_scale()
        if scale <= smallest * 1.001 and scale < 1.0:
            self.fit()
            return
        scale = min(scale, max(LARGEST_SCALE, smallest))
        point = self._centre() if at is None else at
        held = self._photo_point(point)
        self._fitted = False
        self._scale = scale
        self._middle = held - (point - self._centre()) * (self._ratio() / scale)
        self._keep_inside()
        self._after_scale()

    def toggle_scale(self, at: QPointF | None = None) -> None:
        """Change between the whole photo and 100 %."""
        if self._fitted:
            self.zoom_to(1.0, at)
        else:
            self.fit()

    def _after_scale(self) -> None:
        self.update()
        self.scale_changed.emit()
        if self._lacks_pixels():
            self.more_pixels_wanted.emit()

    def _lacks_pixels(self) -> bool:
        if self._full.isEmpty() or self._pixmap.isNull():
            return False
        wanted = min(1.0, self._scale) * self._full.width()
        return self._pixmap.width() < self._full.width() and wanted > self._pixmap.width() * 1.01

    def _ratio(self) -> float:
        return self.devicePixelRatioF()

    def _fit_scale(self) -> float:
        room = self.device_size
        scale = min(room.width() / self._full.width(), room.height() / self._full.height())
        return min(scale, LARGEST_FIT)

    def _fit(self) -> None:
        if self._full.isEmpty():
            return
        self._scale = self._fit_scale()
        self._middle = QPointF(self._full.width() / 2, self._full.height() / 2)

    def _centre(self) -> QPointF:
        return QPointF(self.width() / 2, self.height() / 2)

    def _photo_point(self, point: QPointF) -> QPointF:
        """Return the point of the photo, in its own pixels, below a point of the canvas."""
        from_middle = point - self._centre()
        return self._middle + from_middle * (self._ratio() / self._scale)

    def _keep_inside(self) -> None:
        """Leave no empty stripe on a side where the photo could fill it."""
        room = QSizeF(self.device_size) / (2 * self._scale)

        def limited(middle: float, half_room: float, full: int) -> float:
            if 2 * half_room >= full:
                return full / 2
            return min(max(middle, half_room), full - half_room)

        self._middle = QPointF(
            limited(self._middle.x(), room.width(), self._full.width()),
            limited(self._middle.y(), room.height(), self._full.height()),
        )

    # -- events -------------------------------------------------------------------------------
    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._full.isEmpty():
            return
        if self._fitted:
            self._fit()
        else:
            self._keep_inside()
        self._after_scale()

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = event.angleDelta().y() / 120
        if steps:
            self.zoom_to(self._scale * _WHEEL_STEP**steps, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == _Buttons.LeftButton and not self._fitted:
            self._grabbed = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.moved.emit()
        if self._grabbed is None:
            return
        self._middle -= (event.position() - self._grabbed) * (self._ratio() / self._scale)
        self._grabbed = event.position()
        self._keep_inside()
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == _Buttons.LeftButton:
            self.toggle_scale(event.position())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self._theme.color("surround"))
        if not self._pixmap.isNull() and not self._full.isEmpty():
            self._paint_photo(painter)
        if self._message:
            painter.setPen(self._theme.color("on_surround"))
            foot = self.rect().adjusted(24, 24, -24, -24)
            place = Qt.AlignmentFlag.AlignCenter
            if not self._pixmap.isNull():
                place = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
            painter.drawText(foot, place | Qt.TextFlag.TextWordWrap, self._message)

    def _paint_photo(self, painter: QPainter) -> None:
        scale = self._scale / self._ratio()
        top_left = self._centre() - self._middle * scale
        target = QRectF(top_left, QSizeF(self._full) * scale)
        seen = target.intersected(QRectF(self.rect()))
        if seen.isEmpty():
            return
        # Only what is seen is scaled: at 800 % the whole would be gigabytes.
        smooth = self._scale < 4.0
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawPixmap(seen, self._pixmap, _part(seen, target, self._pixmap.size()))
        if self._heat is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(seen, self._heat, _part(seen, target, self._heat.size()))


def _part(seen: QRectF, target: QRectF, size: QSize) -> QRectF:
    """Return the part of a picture that is seen of it.

    Args:
        seen: what is in view.
        target: where the whole picture lies.
        size: of the picture, in its own pixels.
    """
    across, down = size.width() / target.width(), size.height() / target.height()
    corner = seen.topLeft() - target.topLeft()
    return QRectF(
        corner.x() * across, corner.y() * down, seen.width() * across, seen.height() * down
    )
