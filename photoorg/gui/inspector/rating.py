"""Five stars that can be clicked."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from photoorg.gui.icons import IconSet
from photoorg.gui.theme import RADIUS, ThemeService

STARS = 5
_SIDE = 16
_PITCH = 20


class RatingStars(QWidget):
    """Shows a rating; a click on a star sets it, on the last lit star clears it.

    Signals:
        rated(int): the rating asked for, 0 to 5.
    """

    rated = Signal(int)

    def __init__(self, theme: ThemeService, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icons = icons
        self._rating = 0
        self._hovered = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setToolTip("Rate with 1 to 5, 0 clears")
        self.set_rating(0)
        theme.changed.connect(self.update)

    @property
    def rating(self) -> int:
        return self._rating

    def set_rating(self, rating: int) -> None:
        """Show a rating, 0 to 5."""
        self._rating = rating
        stars = "1 star" if rating == 1 else f"{rating} stars"
        self.setAccessibleName(f"Rating: {stars}" if rating else "Not rated")
        self.update()

    def star_center(self, star: int) -> QPointF:
        """Return the middle of a star, 1 to 5."""
        return QPointF(_SIDE / 2 + (star - 1) * _PITCH, self.height() / 2)

    def sizeHint(self) -> QSize:
        return QSize((STARS - 1) * _PITCH + _SIDE, 24)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hovered = self._star_at(event.position())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hovered = 0
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        star = self._star_at(event.position())
        if event.button() is Qt.MouseButton.LeftButton and star:
            self._rate(0 if star == self._rating else star)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match Qt.Key(event.key()):
            case Qt.Key.Key_Left:
                self._rate(max(0, self._rating - 1))
            case Qt.Key.Key_Right:
                self._rate(min(STARS, self._rating + 1))
            case _:
                event.ignore()

    def _rate(self, rating: int) -> None:
        if rating != self._rating:
            self.rated.emit(rating)

    def _star_at(self, position: QPointF) -> int:
        star = int(position.x() // _PITCH) + 1
        inside = 0 <= position.y() < self.height() and 1 <= star <= STARS
        return star if inside else 0

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        lit = self._hovered or self._rating
        for star in range(1, STARS + 1):
            name, token = ("star-filled", "text") if star <= lit else ("star", "dimmed")
            pixmap = self._icons.pixmap(name, _SIDE, self.devicePixelRatioF(), token)
            corner = self.star_center(star) - QPointF(_SIDE / 2, _SIDE / 2)
            painter.drawPixmap(corner, pixmap)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)
