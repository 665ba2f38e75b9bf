"""A measured share as a thin bar with its uncertainty."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from photoorg.core.quality import Estimate
from photoorg.gui.theme import ThemeService

BAR_HEIGHT: Final = 4
ROOM: Final = 12
"""Height that the bar takes with its whisker."""

_CAP: Final = 3.5
_DOT: Final = 3.5


def paint_estimate(
    painter: QPainter,
    area: QRectF,
    estimate: Estimate,
    theme: ThemeService,
    *,
    target: float | None = None,
) -> None:
    """Paint a share from 0 to 1 as a bar, its interval as a whisker, and the share wanted.

    Args:
        painter: paints with antialiasing.
        area: at least `ROOM` high; the bar lies in its middle.
        estimate: the share; its end is marked with a dot.
        theme: gives the colours.
        target: marked with a tick across the track; None marks nothing.
    """
    text = theme.color("text")
    middle = round(area.center().y())
    track = QRectF(area.left(), middle - BAR_HEIGHT / 2, area.width(), BAR_HEIGHT)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("text", 0.12))
    painter.drawRoundedRect(track, 2, 2)
    filled = QRectF(track)
    filled.setWidth(max(BAR_HEIGHT, track.width() * estimate.value))
    painter.setBrush(theme.color("text", 0.36))
    painter.drawRoundedRect(filled, 2, 2)
    if target is not None:
        x = round(track.left() + track.width() * target) + 0.5
        painter.setPen(QPen(theme.color("accent"), 1))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
    low = track.left() + track.width() * estimate.low
    high = track.left() + track.width() * estimate.high
    painter.setPen(QPen(text, 1.25))
    painter.drawLine(QPointF(low, middle), QPointF(high, middle))
    for x in (low, high):
        painter.drawLine(QPointF(x, middle - _CAP), QPointF(x, middle + _CAP))
    painter.setPen(QPen(theme.color("window"), 1))
    painter.setBrush(text)
    painter.drawEllipse(QPointF(filled.right(), middle), _DOT, _DOT)
