"""How wide a chip of the search box is, and how it is painted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap

from photoorg.core.ids import PhotoId
from photoorg.gui.icons import IconSet
from photoorg.gui.search.chips import QueryChip
from photoorg.gui.theme import FONT_BODY, FONT_SMALL, RADIUS, ThemeService, sized_font
from photoorg.gui.widgets.chip import mix

CHIP_HEIGHT: Final = 22
CROSS_ZONE: Final = 18
"""Width at the right end in which a click takes the chip away, while the pointer is on it."""

_GAP: Final = 2
"""On both sides, so that the caret stands between two chips."""
_PAD: Final = 7
_ICON: Final = 14
_SPACE: Final = 4
_THUMBNAIL: Final = 18
_MOST_LABEL: Final = 170
_CROSS_SIDE: Final = 6
_FILL: Final = 0.1
_HOVERED: Final = 0.16
"""How far a filled chip's ground is from the field's towards the colour of text."""

_MINUS: Final = "\N{MINUS SIGN}"

Thumbnails = Callable[[PhotoId | str], QPixmap | None]
"""Gives the small picture of a photo, or None while it is not there."""


class ChipPainter:
    """Paints chips; a negative one is an outline with a minus, so that colour is no sole sign."""

    def __init__(self, theme: ThemeService, icons: IconSet, thumbnails: Thumbnails) -> None:
        self._theme = theme
        self._icons = icons
        self._thumbnails = thumbnails
        self._font = sized_font(FONT_BODY)
        self._small = sized_font(FONT_SMALL)
        self._metrics = QFontMetricsF(self._font)
        self._small_metrics = QFontMetricsF(self._small)

    def width(self, chip: QueryChip) -> float:
        """Return how much room a chip takes on the line, pixels."""
        width = 2.0 * (_GAP + _PAD)
        if chip.negative:
            width += self._metrics.horizontalAdvance(_MINUS) + _SPACE
        if chip.photo is not None:
            width += _THUMBNAIL
        else:
            if chip.sort:
                width += _ICON + _SPACE
            width += min(_MOST_LABEL, self._metrics.horizontalAdvance(chip.label)) + 1
        if chip.weight != 1:
            width += _SPACE + self._small_metrics.horizontalAdvance(weight_words(chip.weight))
        return max(width, 2 * _GAP + CROSS_ZONE + 4)

    def paint(
        self,
        painter: QPainter,
        chip: QueryChip,
        area: QRectF,
        *,
        selected: bool,
        hovered: bool,
        on_cross: bool,
    ) -> None:
        """Paint a chip into the room that it takes."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_ground(painter, chip, area, selected=selected, hovered=hovered)
        self._paint_contents(painter, chip, area, selected=selected)
        if hovered:
            self._paint_cross(painter, area, on_cross=on_cross, chip=chip)
        painter.restore()

    def _paint_ground(
        self, painter: QPainter, chip: QueryChip, area: QRectF, *, selected: bool, hovered: bool
    ) -> None:
        raised, text = self._theme.color("raised"), self._theme.color("text")
        shape = QPainterPath()
        inner = area.adjusted(_GAP, 0.5, -_GAP, -0.5)
        shape.addRoundedRect(inner, RADIUS, RADIUS)
        if selected:
            painter.fillRect(area, self._theme.color("accent_strong"))
            return
        if chip.negative or chip.wrong:
            painter.fillPath(shape, raised)
            edge = self._theme.color("danger") if chip.wrong else mix(raised, text, 0.35)
            painter.setPen(QPen(edge, 1))
            painter.drawPath(shape)
            return
        painter.fillPath(shape, mix(raised, text, _HOVERED if hovered else _FILL))

    def _paint_contents(
        self, painter: QPainter, chip: QueryChip, area: QRectF, *, selected: bool
    ) -> None:
        left = area.left() + _GAP + _PAD
        right = area.right() - _GAP - _PAD
        tint = "on_accent" if selected else "danger" if chip.wrong else "text"
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(self._theme.color(tint))
        painter.setFont(self._font)
        if chip.negative:
            width = self._metrics.horizontalAdvance(_MINUS)
            painter.drawText(QRectF(left, area.top(), width, area.height()), int(middle), _MINUS)
            left += width + _SPACE
        if chip.weight != 1:
            words = weight_words(chip.weight)
            width = self._small_metrics.horizontalAdvance(words)
            painter.setFont(self._small)
            painter.drawText(
                QRectF(right - width, area.top(), width + 1, area.height()), int(middle), words
            )
            painter.setFont(self._font)
            right -= width + _SPACE
        if chip.photo is not None:
            self._paint_photo(painter, chip.photo, QPointF(left, area.center().y()))
            return
        if chip.sort:
            device = painter.device()
            ratio = device.devicePixelRatio() if device is not None else 1.0
            icon_tint = "on_accent" if selected else "dimmed"
            pixmap = self._icons.pixmap(chip.sort.value, _ICON, ratio, icon_tint)
            painter.drawPixmap(QPointF(left, area.center().y() - _ICON / 2), pixmap)
            left += _ICON + _SPACE
        label = self._metrics.elidedText(
            chip.label, Qt.TextElideMode.ElideMiddle, max(0.0, right - left + 1)
        )
        painter.drawText(
            QRectF(left, area.top(), right - left + 2, area.height()), int(middle), label
        )

    def _paint_photo(self, painter: QPainter, photo: PhotoId | str, at: QPointF) -> None:
        frame = QRectF(at.x(), at.y() - _THUMBNAIL / 2, _THUMBNAIL, _THUMBNAIL)
        pixmap = self._thumbnails(photo)
        if pixmap is None:
            device = painter.device()
            ratio = device.devicePixelRatio() if device is not None else 1.0
            icon = self._icons.pixmap("image", _ICON, ratio, "dimmed")
            painter.drawPixmap(frame.topLeft() + QPointF(2, 2), icon)
            return
        shape = QPainterPath()
        shape.addRoundedRect(frame, 3, 3)
        painter.setClipPath(shape)
        painter.drawPixmap(frame, pixmap, QRectF(pixmap.rect()))
        painter.setClipping(False)

    def _paint_cross(
        self, painter: QPainter, area: QRectF, *, on_cross: bool, chip: QueryChip
    ) -> None:
        zone = QRectF(area.right() - _GAP - CROSS_ZONE, area.top(), CROSS_ZONE, area.height())
        ground = self._theme.color("raised")
        if not (chip.negative or chip.wrong):
            ground = mix(ground, self._theme.color("text"), _HOVERED)
        cover = QPainterPath()
        cover.addRoundedRect(zone.adjusted(0, 1, -1, -1), RADIUS, RADIUS)
        painter.fillPath(cover, ground)
        pen = QPen(self._theme.color("text" if on_cross else "dimmed"), 1.5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        half = _CROSS_SIDE / 2
        for slope in (1, -1):
            offset = QPointF(half, half * slope)
            painter.drawLine(zone.center() - offset, zone.center() + offset)


def weight_words(weight: float) -> str:
    """Return "2×" for a weight."""
    return f"{weight:.6g}×"
