"""Small square photos in one line or in many, to be clicked one by one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from photoorg.core.ids import PhotoId
from photoorg.core.records import GridRow
from photoorg.gui.theme import (
    FONT_SMALL,
    RADIUS_THUMBNAIL,
    SELECTION_RING,
    ThemeService,
    sized_font,
)
from photoorg.gui.thumbnails import ThumbnailRequest
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.thumbs import Thumbs

GAP: Final = 4
_FADED: Final = 0.28
_CROSS: Final = 5
_BADGE: Final = 10


@dataclass(frozen=True, slots=True)
class Tile:
    """One photo.

    Attributes:
        photo_id: which.
        key: names its thumbnail; "" where it has none.
        color: average colour, 0xRRGGBB, shown until the thumbnail is there.
        hint: what the pointer is told.
    """

    photo_id: PhotoId
    key: str
    color: int
    hint: str

    @classmethod
    def of(cls, row: GridRow, fact: str = "") -> Tile:
        """Return the tile of a photo that is known.

        Args:
            row: the photo.
            fact: what else to say beside its name.
        """
        hint = f"{row.name} · {fact}" if fact else row.name
        return cls(row.photo_id, row.thumbnail_key, row.average_color, hint)


class PhotoTiles(QWidget):
    """Shows tiles; those left out are faded and crossed, those added have a ring.

    With `lines` it shows no more lines than that, and says at the end how many are missing.

    Signals:
        clicked(PhotoId): by mouse, Space or Enter.
        more_requested(): the last tile, which says how many are missing, was clicked.
        overflow_changed(): another number of tiles has no room now.
    """

    clicked = Signal(object)
    more_requested = Signal()
    overflow_changed = Signal()

    def __init__(
        self,
        thumbs: Thumbs,
        theme: ThemeService,
        *,
        side: int = 72,
        lines: int | None = None,
        action: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """Create it empty.

        Args:
            thumbs: decodes the photos.
            theme: gives the colours.
            side: of a tile, pixels.
            lines: most lines; None for as many as needed.
            action: what a click does, for tooltips and screen readers.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._thumbs = thumbs
        self._theme = theme
        self._side = side
        self._lines = lines
        self._action = action
        self._tiles: tuple[Tile, ...] = ()
        self._total = 0
        self._left_out: frozenset[PhotoId] = frozenset()
        self._ringed: frozenset[PhotoId] = frozenset()
        self._current = 0
        self._shown = 0
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        thumbs.loaded.connect(self._on_loaded)
        theme.changed.connect(self.update)

    # -- what is shown -----------------------------------------------------------------------
    @property
    def tiles(self) -> tuple[Tile, ...]:
        return self._tiles

    @property
    def overflow(self) -> int:
        """How many tiles there is no room for."""
        return self._total - self._room(self.width())

    @property
    def left_out(self) -> frozenset[PhotoId]:
        return self._left_out

    def set_lines(self, lines: int | None) -> None:
        """Show at most so many lines, or all."""
        self._lines = lines
        self._on_shape()

    def set_tiles(
        self,
        tiles: Sequence[Tile],
        *,
        left_out: Collection[PhotoId] = frozenset(),
        ringed: Collection[PhotoId] = frozenset(),
        total: int | None = None,
    ) -> None:
        """Show these photos.

        Args:
            tiles: in order; of very many, enough to fill the lines.
            left_out: which of them are faded and crossed.
            ringed: which of them have the ring of a choice.
            total: how many there are, where not all are given.
        """
        self._tiles = tuple(tiles)
        self._total = len(self._tiles) if total is None else total
        self._left_out, self._ringed = frozenset(left_out), frozenset(ringed)
        self._current = min(self._current, max(0, len(self._tiles) - 1))
        self._on_shape()

    def tile_rect(self, place: int) -> QRect:
        """Return where a tile is."""
        row, column = divmod(place, self._columns(self.width()))
        step = self._side + GAP
        return QRect(column * step, row * step, self._side, self._side)

    # -- shape -------------------------------------------------------------------------------
    def _columns(self, width: int) -> int:
        return max(1, (width + GAP) // (self._side + GAP))

    def _room(self, width: int) -> int:
        """Return how many tiles can be shown."""
        if self._lines is None:
            return len(self._tiles)
        return min(len(self._tiles), self._lines * self._columns(width))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        lines = -(-self._room(width) // self._columns(width))
        return max(0, lines * (self._side + GAP) - GAP)

    def sizeHint(self) -> QSize:
        width = self.width() or 4 * (self._side + GAP)
        return QSize(4 * (self._side + GAP), self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._side, self.heightForWidth(max(self.width(), self._side)))

    def _on_shape(self) -> None:
        self.setFixedHeight(self.heightForWidth(max(self.width(), self._side)))
        self.setAccessibleName(wording.photos(self._total))
        self.updateGeometry()
        self.update()
        self.overflow_changed.emit()

    def resizeEvent(self, event: QEvent) -> None:
        height = self.heightForWidth(self.width())
        if height != self.height():
            self.setFixedHeight(height)
        self.overflow_changed.emit()

    # -- pointing ----------------------------------------------------------------------------
    def place_at(self, point: QPoint) -> int | None:
        """Return the place of the tile at a point, or None."""
        step = self._side + GAP
        column, row = point.x() // step, point.y() // step
        place = row * self._columns(self.width()) + column
        inside = point.x() >= 0 and point.y() >= 0 and column < self._columns(self.width())
        if inside and place < self._room(self.width()) and self.tile_rect(place).contains(point):
            return place
        return None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position().toPoint())
        if place is not None and event.button() is Qt.MouseButton.LeftButton:
            self._choose(place)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.setAccepted(event.button() is Qt.MouseButton.LeftButton)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self.place_at(event.pos())
            if place is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), self._spoken(place), self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        room = self._room(self.width())
        columns = self._columns(self.width())
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
        }
        key = Qt.Key(event.key())
        if key in steps and room and 0 <= self._current + steps[key] < room:
            self._current += steps[key]
            self.setAccessibleDescription(self._spoken(self._current))
            self.update()
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and room:
            self._choose(min(self._current, room - 1))
        else:
            event.ignore()

    def _choose(self, place: int) -> None:
        self._current = place
        if self.overflow and place == self._room(self.width()) - 1:
            self.more_requested.emit()
        else:
            self.clicked.emit(self._tiles[place].photo_id)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._tiles:
            self.setAccessibleDescription(self._spoken(self._current))
        self.update()

    def _spoken(self, place: int) -> str:
        if self.overflow and place == self._room(self.width()) - 1:
            return f"Show all {self._total:,}"
        tile = self._tiles[place]
        state = "left out" if tile.photo_id in self._left_out else ""
        return " · ".join(filter(None, (tile.hint, state, self._action)))

    # -- painting ----------------------------------------------------------------------------
    def _on_loaded(self, keys: list[str]) -> None:
        if not set(keys).isdisjoint(tile.key for tile in self._tiles[: self._shown]):
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        room = self._room(self.width())
        columns = self._columns(self.width())
        step = self._side + GAP
        # Painting asks for what is in view; a list of thousands decodes only that.
        area = event.rect()
        first = area.top() // step * columns
        last = min(room, (area.bottom() // step + 1) * columns)
        for place in range(first, last):
            self._paint_tile(painter, place)
        if self.overflow and room:
            self._paint_more(painter, self.tile_rect(room - 1))
        self._want(columns, room)

    def _want(self, columns: int, room: int) -> None:
        """Have the photos in view, and a line beyond, decoded."""
        step = self._side + GAP
        view = self.visibleRegion().boundingRect()
        first = max(0, view.top() // step * columns)
        last = min(room, (view.bottom() // step + 2) * columns)
        self._shown = last
        pixels = round(self._side * self.devicePixelRatioF())
        self._thumbs.want(
            self,
            [
                ThumbnailRequest(tile.key, pixels, pixels)
                for tile in self._tiles[first:last]
                if tile.key
            ],
        )

    def _paint_tile(self, painter: QPainter, place: int) -> None:
        tile = self._tiles[place]
        area = QRectF(self.tile_rect(place))
        shape = QPainterPath()
        shape.addRoundedRect(area, RADIUS_THUMBNAIL, RADIUS_THUMBNAIL)
        out = tile.photo_id in self._left_out
        painter.save()
        painter.setClipPath(shape)
        painter.setOpacity(_FADED if out else 1.0)
        pixmap = self._thumbs.peek(tile.key) if tile.key else None
        if pixmap is None:
            painter.fillRect(area, QColor(tile.color) if tile.color else self._theme.color("hover"))
        else:
            painter.drawPixmap(area, pixmap, _square(pixmap))
        painter.restore()
        if out:
            self._paint_cross(painter, area.center())
        if tile.photo_id in self._ringed:
            self._paint_ring(painter, area, SELECTION_RING)
        if self.hasFocus() and place == self._current:
            self._paint_ring(painter, area, 2)

    def _paint_cross(self, painter: QPainter, middle: QPointF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("raised"))
        painter.drawEllipse(middle, _BADGE, _BADGE)
        pen = QPen(self._theme.color("text"), 1.5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        for slope in (1, -1):
            offset = QPointF(_CROSS, _CROSS * slope) * 0.75
            painter.drawLine(middle - offset, middle + offset)

    def _paint_ring(self, painter: QPainter, area: QRectF, width: int) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._theme.color("accent"), width))
        half = width / 2
        painter.drawRoundedRect(area.adjusted(half, half, -half, -half), 2, 2)

    def _paint_more(self, painter: QPainter, area: QRect) -> None:
        """Say on the last tile how many more there are."""
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(area), RADIUS_THUMBNAIL, RADIUS_THUMBNAIL)
        painter.fillPath(shape, self._theme.color("surround", 0.62))
        painter.setFont(sized_font(FONT_SMALL))
        painter.setPen(self._theme.color("on_surround"))
        # The tile below the figure is one of those that cannot be told apart.
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, f"+{self.overflow + 1:,}")


def _square(pixmap: QPixmap) -> QRectF:
    """Return the middle of a pixmap that is as wide as it is high."""
    side = min(pixmap.width(), pixmap.height())
    return QRectF((pixmap.width() - side) / 2, (pixmap.height() - side) / 2, side, side)
