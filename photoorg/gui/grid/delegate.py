"""What one tile looks like. Paints from what it is given; asks nobody and waits for nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
)

from photoorg.core.records import GridRow
from photoorg.gui.icons import IconSet
from photoorg.gui.theme import (
    FONT_SMALL,
    RADIUS_THUMBNAIL,
    SELECTION_RING,
    SPACE_ITEM,
    ThemeService,
    sized_font,
)

_SIGN_SIDE: Final = 22
_SIGN_ICON: Final = 14
_HOVER_HEIGHT: Final = 56
_SMALLEST_WITH_HOVER: Final = 96
_STAR: Final = "★"

NEARLY_THE_SAME: Final = re.compile(r"identical|same photo")
"""In a note: worth a sign on the tile itself."""


@dataclass(frozen=True, slots=True)
class TileState:
    """How a tile stands just now."""

    selected: bool = False
    current: bool = False
    hovered: bool = False


PLAIN: Final = TileState()
SELECTED: Final = TileState(selected=True)
HOVERED: Final = TileState(hovered=True)


class TilePainter:
    """Paints tiles in the current theme; told to forget its colours when that changes."""

    def __init__(self, theme: ThemeService, icons: IconSet) -> None:
        self._theme = theme
        self._icons = icons
        self._corners: dict[float, tuple[QPixmap, ...]] = {}
        self._corners_now: tuple[QPixmap, ...] = ()
        self._font = sized_font(FONT_SMALL)
        self._metrics = QFontMetrics(self._font)
        self._ring = QPen()
        self._inner = QPen()
        self._focus = QPen()
        self.forget_colors()

    def forget_colors(self) -> None:
        """Take the colours of the theme anew."""
        self._corners.clear()
        self._ring = QPen(self._theme.color("accent"), SELECTION_RING)
        self._inner = QPen(self._theme.color("window"), 1)
        self._focus = QPen(self._theme.color("dimmed"), 1)

    def begin(self, painter: QPainter) -> None:
        """Make ready for tiles on what this painter paints on."""
        ratio = painter.device().devicePixelRatio()
        corners = self._corners.get(ratio)
        if corners is None:
            corners = _corner_pixmaps(self._theme.color("window"), ratio)
            self._corners[ratio] = corners
        self._corners_now = corners

    def paint(
        self,
        painter: QPainter,
        rect: QRect,
        color: int,
        row: GridRow | None,
        pixmap: QPixmap | None,
        note: str,
        state: TileState,
    ) -> None:
        """Paint a tile.

        Args:
            painter: the one that `begin` was told of, on the window's colour.
            rect: of the tile.
            color: average colour of the photo, 0xRRGGBB; shown until there is a pixmap.
            row: what is known of the photo, None while that is on its way.
            pixmap: the thumbnail at any size, None while that is on its way.
            note: why the photo is here, or an empty string.
            state: selected, current, hovered.
        """
        if pixmap is None:
            painter.fillRect(rect, QColor(color) if color else self._theme.color("panel"))
        else:
            painter.drawPixmap(rect, pixmap)
        if state.hovered and row is not None and rect.width() >= _SMALLEST_WITH_HOVER:
            self._paint_hover(painter, rect, row, note)
        if row is not None and (row.missing or row.reason):
            self._paint_sign(painter, rect, "missing" if row.missing else "warning")
        if NEARLY_THE_SAME.search(note):
            self._paint_pill(painter, rect, note)
        self._round_corners(painter, rect)
        if state.selected:
            self._paint_ring(painter, rect)
        elif state.current:
            painter.setPen(self._focus)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            edge = QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(edge, RADIUS_THUMBNAIL, RADIUS_THUMBNAIL)

    def _paint_ring(self, painter: QPainter, rect: QRect) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # A hairline in the window's colour parts the ring from a photo of its own colour.
        inside = SELECTION_RING + 0.5
        painter.setPen(self._inner)
        painter.drawRoundedRect(QRectF(rect).adjusted(inside, inside, -inside, -inside), 1.5, 1.5)
        middle = SELECTION_RING / 2
        painter.setPen(self._ring)
        painter.drawRoundedRect(QRectF(rect).adjusted(middle, middle, -middle, -middle), 2, 2)
        painter.restore()

    def _paint_hover(self, painter: QPainter, rect: QRect, row: GridRow, note: str) -> None:
        lines = [line for line in (" · ".join(row.tags), note, _STAR * row.rating) if line]
        if not lines:
            return
        foot = QRect(rect)
        foot.setTop(max(rect.top(), rect.bottom() - _HOVER_HEIGHT + 1))
        gradient = QLinearGradient(QPointF(foot.topLeft()), QPointF(foot.bottomLeft()))
        gradient.setColorAt(0.0, QColor(0, 0, 0, 0))
        gradient.setColorAt(1.0, QColor(0, 0, 0, 185))
        painter.fillRect(foot, gradient)
        painter.setFont(self._font)
        painter.setPen(QColor("#ffffff"))
        line = foot.adjusted(SPACE_ITEM, 0, -SPACE_ITEM, -SPACE_ITEM)
        flags = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
        for text in lines[:2] if rect.height() < _HOVER_HEIGHT * 2 else lines:
            fitting = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, flags, fitting)
            line.translate(0, -self._metrics.height() - 2)

    def _paint_pill(self, painter: QPainter, rect: QRect, note: str) -> None:
        """Say on the tile itself that the photo is the same as the one asked for, or nearly."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        text = note[:1].upper() + note[1:]
        width = min(self._metrics.horizontalAdvance(text) + 14, rect.width() - 12)
        pill = QRect(rect.left() + 6, rect.top() + 6, width, 20)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("raised", 0.92))
        painter.drawRoundedRect(pill, 10, 10)
        painter.setPen(self._theme.color("text"))
        fitting = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, width - 12)
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, fitting)
        painter.restore()

    def _paint_sign(self, painter: QPainter, rect: QRect, icon: str) -> None:
        place = sign_rect(rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("raised", 0.92))
        painter.drawEllipse(place)
        ratio = painter.device().devicePixelRatio()
        inset = (_SIGN_SIDE - _SIGN_ICON) // 2
        token = "warning" if icon == "warning" else "text"
        pixmap = self._icons.pixmap(icon, _SIGN_ICON, ratio, token)
        painter.drawPixmap(place.topLeft() + QPointF(inset, inset).toPoint(), pixmap)
        painter.restore()

    def _round_corners(self, painter: QPainter, rect: QRect) -> None:
        """Cover the corners with the window's colour: far cheaper than clipping every photo."""
        corners = self._corners_now
        left, top = rect.left(), rect.top()
        right = rect.right() - RADIUS_THUMBNAIL + 1
        bottom = rect.bottom() - RADIUS_THUMBNAIL + 1
        painter.drawPixmap(left, top, corners[0])
        painter.drawPixmap(right, top, corners[1])
        painter.drawPixmap(left, bottom, corners[2])
        painter.drawPixmap(right, bottom, corners[3])


def sign_rect(rect: QRect) -> QRect:
    """Return where the sign of a missing or failed photo lies in its tile."""
    margin = min(6, max(1, rect.width() // 16))
    return QRect(
        rect.right() - _SIGN_SIDE - margin + 1, rect.top() + margin, _SIGN_SIDE, _SIGN_SIDE
    )


def _corner_pixmaps(color: QColor, ratio: float) -> tuple[QPixmap, ...]:
    """Return top left, top right, bottom left, bottom right: all but a quarter of a disc."""
    radius = RADIUS_THUMBNAIL
    pixmaps = []
    for dx, dy in ((0, 0), (-radius, 0), (0, -radius), (-radius, -radius)):
        side = round(radius * ratio)
        pixmap = QPixmap(side, side)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        outside = QPainterPath()
        outside.addRect(QRectF(0, 0, radius, radius))
        disc = QPainterPath()
        disc.addEllipse(QRectF(dx, dy, 2 * radius, 2 * radius))
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(outside.subtracted(disc), color)
        painter.end()
        pixmaps.append(pixmap)
    return tuple(pixmaps)
