"""A chart of what a training measured after each epoch, drawn in the window's own colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from photoorg.gui.theme import FONT_SMALL, SPACE_ITEM, ThemeService, sized_font, tabular_font

CHART_HEIGHT: Final = 168
_HEAD_LINE: Final = 16
_KEY: Final = 14
_KEY_ROOM: Final = _KEY + 16
"""Sample of a line in the legend, and what it takes with the gaps around it."""
_TICK_ROOM: Final = 6
_FIRST: Final = 1
"""The first epoch: where the axis begins."""
_LEAST_EXTENT: Final = 1e-9
_LEAST_ROOM: Final = 0.01
_FLAT_SHARE: Final = 0.05
"""Room above and below a curve of one height, as a part of that height."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a chart.

    Attributes:
        name: what was measured, for a person.
        points: epoch and value, in the order of the epochs.
        color: token of the theme.
        dashed: told apart from another line by more than its colour.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    color: str = "accent"
    dashed: bool = False

    @property
    def drawable(self) -> tuple[tuple[float, float], ...]:
        """The points that are numbers."""
        return tuple(point for point in self.points if all(map(math.isfinite, point)))


def nice_ticks(low: float, high: float, most: int = 4) -> tuple[float, ...]:
    """Return round values from at most `low` to at least `high`, one, two or five apart.

    Args:
        low: smallest value to be covered.
        high: largest value to be covered; a range without extent is given some.
        most: steps at most.
    """
    if high - low <= max(_LEAST_EXTENT, 1e-9 * abs(high), 1e-9 * abs(low)):
        room = max(_FLAT_SHARE * abs(high), _LEAST_ROOM)
        low, high = low - room, high + room
    rough = (high - low) / most
    size = 10.0 ** math.floor(math.log10(rough))
    for factor in (1, 2, 5, 10):
        step = factor * size
        first, last = math.floor(low / step), math.ceil(high / step)
        if last - first <= most:
            break
    return tuple(round(tick * step, 12) for tick in range(first, last + 1))


def tick_text(value: float, ticks: Sequence[float]) -> str:
    """Return a value with as many decimals as its neighbours need to be told apart."""
    step = ticks[1] - ticks[0]
    return f"{value:,.{max(0, -math.floor(math.log10(step) + 1e-9))}f}"


class CurveChart(QWidget):
    """Curves over epochs, with round ticks; the newest value of each stands in the legend."""

    def __init__(
        self, title: str, theme: ThemeService, *, unit: str = "", parent: QWidget | None = None
    ) -> None:
        """Create an empty chart.

        Args:
            title: what the height means.
            theme: gives the colours.
            unit: of the values, such as "%".
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._title = title
        self._unit = unit
        self._theme = theme
        self._curves: tuple[Curve, ...] = ()
        self._epochs = 1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(CHART_HEIGHT)
        self.set_curves((), 1)
        theme.changed.connect(self.update)

    def set_curves(self, curves: Sequence[Curve], epochs: int) -> None:
        """Show other curves.

        Args:
            curves: those without a point are left out.
            epochs: how far the axis goes at least.
        """
        self._curves = tuple(curve for curve in curves if curve.drawable)
        ends = [curve.drawable[-1][0] for curve in self._curves]
        self._epochs = max(1, epochs, *(math.ceil(end) for end in ends))
        said = ", ".join(
            f"{c.name} {self._value(c)} at epoch {c.drawable[-1][0]:.0f}" for c in self._curves
        )
        self.setAccessibleName(self._title)
        self.setAccessibleDescription(said or "Nothing measured yet")
        self.update()

    @property
    def curves(self) -> tuple[Curve, ...]:
        """What is drawn."""
        return self._curves

    def sizeHint(self) -> QSize:
        return QSize(320, CHART_HEIGHT)

    def _value(self, curve: Curve) -> str:
        value = curve.drawable[-1][1]
        return f"{value:.1f}" if self._unit else f"{value:.3g}"

    # -- painting ----------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        values = [value for curve in self._curves for _, value in curve.drawable]
        heights = nice_ticks(min(values), max(values)) if values else (0.0, 1.0)
        top = self._paint_head(painter)
        plot = self._paint_axes(painter, top, heights, labelled=bool(values))
        if not values:
            painter.setPen(self._theme.color("dimmed"))
            painter.setFont(sized_font(FONT_SMALL))
            painter.drawText(plot, Qt.AlignmentFlag.AlignCenter, "Begins after the first epoch")
        for curve in self._curves:
            self._paint_curve(painter, plot, curve, heights)

    @property
    def _heading(self) -> str:
        return f"{self._title}, {self._unit}" if self._unit else self._title

    def _legend(self) -> tuple[list[str], bool]:
        """Return the texts of the legend, and whether it stands beside the title.

        The newest values are left out where there is no room for them.
        """
        metrics = QFontMetricsF(tabular_font(FONT_SMALL))

        def width(texts: list[str]) -> float:
            return sum(metrics.horizontalAdvance(text) + _KEY_ROOM for text in texts)

        with_values = [f"{curve.name} {self._value(curve)}" for curve in self._curves]
        beside = self.width() - metrics.horizontalAdvance(self._heading)
        if width(with_values) <= beside:
            return with_values, True
        if width(with_values) <= self.width():
            return with_values, False
        return [curve.name for curve in self._curves], False

    def _paint_head(self, painter: QPainter) -> float:
        """Write title and legend and return where they end."""
        painter.setFont(tabular_font(FONT_SMALL))
        metrics = QFontMetricsF(painter.font())
        texts, beside = self._legend()
        painter.setPen(self._theme.color("dimmed"))
        painter.drawText(
            QRectF(0, 0, self.width(), _HEAD_LINE), Qt.AlignmentFlag.AlignVCenter, self._heading
        )
        line = QRectF(0, 0 if beside else _HEAD_LINE, self.width(), _HEAD_LINE)
        right = line.right()
        for curve, text in zip(reversed(self._curves), reversed(texts), strict=True):
            width = metrics.horizontalAdvance(text)
            painter.setPen(self._theme.color("text"))
            place = QRectF(right - width, line.top(), width + 1, line.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
            right -= width + 4
            painter.setPen(self._pen(curve))
            middle = line.center().y()
            painter.drawLine(QPointF(right - _KEY, middle), QPointF(right, middle))
            right -= _KEY_ROOM - 4
        return line.bottom() + SPACE_ITEM

    def _paint_axes(
        self, painter: QPainter, top: float, heights: Sequence[float], *, labelled: bool
    ) -> QRectF:
        """Draw the lines of the grid with their values and return the area of the curves."""
        painter.setFont(tabular_font(FONT_SMALL))
        metrics = QFontMetricsF(painter.font())
        texts = [tick_text(height, heights) for height in heights] if labelled else []
        left = max((metrics.horizontalAdvance(text) for text in texts), default=0.0) + _TICK_ROOM
        # A point on the last epoch is a dot, and its half must not be cut off.
        plot = QRectF(left, top, self.width() - left - 4, self.height() - top - 20)
        for number, height in enumerate(heights):
            # On whole pixels a hairline is one pixel wide.
            y = round(_across(height, heights, plot.bottom(), plot.top())) + 0.5
            painter.setPen(QPen(self._theme.color("line"), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            if texts:
                painter.setPen(self._theme.color("dimmed"))
                box = QRectF(0, y - 8, left - _TICK_ROOM, 16)
                right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(box, right, texts[number])
        self._paint_epochs(painter, plot, metrics)
        return plot

    def _paint_epochs(self, painter: QPainter, plot: QRectF, metrics: QFontMetricsF) -> None:
        painter.setPen(self._theme.color("dimmed"))
        foot = plot.bottom() + 4
        end = f"epoch {self._epochs:,}"
        taken, room = plot.left(), plot.right() - metrics.horizontalAdvance(end) - SPACE_ITEM
        for tick in (_FIRST, *nice_ticks(0, self._epochs, 5)):
            if tick != int(tick) or not _FIRST <= tick < self._epochs:
                continue
            text = f"{tick:,.0f}"
            width = metrics.horizontalAdvance(text)
            start = max(plot.left(), self._x(tick, plot) - width / 2)
            if taken <= start and start + width < room:
                place = QRectF(start, foot, width + 1, 16)
                painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
                taken = start + width + SPACE_ITEM
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(plot.left(), foot, plot.width() + 4, 16), right, end)

    def _paint_curve(
        self, painter: QPainter, plot: QRectF, curve: Curve, heights: Sequence[float]
    ) -> None:
        line = QPolygonF(
            [
                QPointF(self._x(epoch, plot), _across(value, heights, plot.bottom(), plot.top()))
                for epoch, value in curve.drawable
            ]
        )
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(self._pen(curve))
        painter.drawPolyline(line)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color(curve.color))
        painter.drawEllipse(line.last(), 3.0, 3.0)

    def _x(self, epoch: float, plot: QRectF) -> float:
        extent = self._epochs - _FIRST
        return plot.left() + (plot.width() * (epoch - _FIRST) / extent if extent else 0.0)

    def _pen(self, curve: Curve) -> QPen:
        pen = QPen(self._theme.color(curve.color), 1.75)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if curve.dashed:
            pen.setDashPattern([3.0, 2.0])
        return pen


def _across(value: float, ticks: Sequence[float], start: float, end: float) -> float:
    """Return where a value lies between two places that stand for the first and last tick."""
    return start + (end - start) * (value - ticks[0]) / (ticks[-1] - ticks[0])
