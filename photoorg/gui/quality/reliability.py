"""Whether the percentages keep their word: what was said against what was right."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from photoorg.core.quality import QualityReport, ReliabilityBin
from photoorg.gui.quality import words
from photoorg.gui.theme import FONT_SMALL, SPACE_GROUP, SPACE_ITEM, ThemeService, tabular_font
from photoorg.gui.widgets.build import create_label

_SIZE: Final = QSize(260, 196)
_LEFT, _RIGHT, _FOOT, _TOP = 34, 14, 34, 20
_TICKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_SMALLEST, _LARGEST = 2.5, 5.5
"""Radius of a dot for one suggestion and for most of them."""

_EXPLANATION: Final = (
    "Each dot stands for suggestions of about the same percentage: how sure the model was, and how"
    " many of them were right. On the line a percentage keeps its word; below it, too much was"
    " promised. The thin lines show how uncertain a dot is, and larger dots stand for more"
    " suggestions."
)


class ReliabilityPlot(QWidget):
    """Dots with whiskers over a diagonal."""

    def __init__(self, theme: ThemeService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._bins: tuple[ReliabilityBin, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(_SIZE)
        self.setAccessibleName("Said against right")
        theme.changed.connect(self.update)

    @property
    def bins(self) -> tuple[ReliabilityBin, ...]:
        """What is drawn."""
        return self._bins

    def set_bins(self, bins: tuple[ReliabilityBin, ...]) -> None:
        """Draw these."""
        self._bins = bins
        said = (
            f"said {words.percent(b.predicted)}, right {words.percent(b.observed.value)}"
            for b in bins
        )
        self.setAccessibleDescription("; ".join(said) or "Nothing measured yet")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(_LEFT, _TOP, self.width() - _LEFT - _RIGHT, self.height() - _TOP - _FOOT)
        self._paint_axes(painter, area)
        if not self._bins:
            painter.setPen(self._theme.color("dimmed"))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "Nothing measured yet")
        most = max((each.count for each in self._bins), default=1)
        for each in self._bins:
            self._paint_bin(painter, area, each, most)

    def _paint_axes(self, painter: QPainter, area: QRectF) -> None:
        painter.setFont(tabular_font(FONT_SMALL))
        middle = Qt.AlignmentFlag.AlignVCenter
        for tick in _TICKS:
            # On whole pixels a hairline is one pixel wide.
            y = round(_down(tick, area)) + 0.5
            painter.setPen(QPen(self._theme.color("line"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(self._theme.color("dimmed"))
            label = f"{100 * tick:.0f}"
            beside = QRectF(0, y - 8, _LEFT - 6, 16)
            painter.drawText(beside, Qt.AlignmentFlag.AlignRight | middle, label)
            below = QRectF(_across(tick, area) - 20, area.bottom() + 3, 40, 14)
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | middle, label)
        painter.drawText(QRectF(0, 0, area.right(), 14), middle, "right, %")
        foot = QRectF(area.left(), area.bottom() + 17, area.width(), 14)
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight | middle, "said, %")
        pen = QPen(self._theme.color("dimmed"), 1)
        pen.setDashPattern([4.0, 3.0])
        painter.setPen(pen)
        painter.drawLine(area.bottomLeft(), area.topRight())

    def _paint_bin(self, painter: QPainter, area: QRectF, each: ReliabilityBin, most: int) -> None:
        x = _across(each.predicted, area)
        painter.setPen(QPen(self._theme.color("text"), 1.25))
        painter.drawLine(
            QPointF(x, _down(each.observed.low, area)), QPointF(x, _down(each.observed.high, area))
        )
        share = math.sqrt(each.count / most) if most else 0.0
        radius = _SMALLEST + (_LARGEST - _SMALLEST) * share
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("accent"))
        painter.drawEllipse(QPointF(x, _down(each.observed.value, area)), radius, radius)


class Reliability(QWidget):
    """The plot, with what it says in words at its side."""

    def __init__(self, theme: ThemeService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = ReliabilityPlot(theme)
        self._verdict = create_label("", wrap=True)
        self._count = create_label("", "dimmed", wrap=True)
        column = QVBoxLayout()
        column.setSpacing(SPACE_ITEM)
        column.addStretch(1)
        column.addWidget(self._verdict)
        column.addWidget(create_label(_EXPLANATION, "dimmed", wrap=True))
        column.addWidget(self._count)
        column.addStretch(1)
        words_block = QWidget()
        words_block.setLayout(column)
        words_block.setMaximumWidth(460)
        column.setContentsMargins(0, 0, 0, 0)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SPACE_GROUP)
        line.addWidget(self.plot)
        line.addWidget(words_block, 1)
        line.addStretch(0)

    @property
    def verdict(self) -> str:
        """What the plot says, in one sentence."""
        return self._verdict.text()

    def set_report(self, report: QualityReport) -> None:
        """Show how reliable the percentages of a report are."""
        self.plot.set_bins(report.reliability)
        self._verdict.setText(words.calibration(report))
        count = sum(each.count for each in report.reliability)
        self._count.setText(f"{count:,} suggestions were checked." if count else "")


def _across(share: float, area: QRectF) -> float:
    return area.left() + area.width() * share


def _down(share: float, area: QRectF) -> float:
    return area.bottom() - area.height() * share
