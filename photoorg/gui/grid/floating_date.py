"""The date of the row in view, beside the scroll bar while a person scrolls."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEasingCurve, QRectF, Qt, QTimer, QVariantAnimation
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from photoorg.gui.theme import FONT_BODY, MOTION_MS, RADIUS, SPACE_PANEL, ThemeService, sized_font

_STAYS_MS: Final = 900
_HEIGHT: Final = 28


class FloatingDate(QWidget):
    """A small label that comes while something scrolls and goes by itself."""

    def __init__(self, theme: ThemeService, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._text = ""
        self._opacity = 0.0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFont(sized_font(FONT_BODY, QFont.Weight.DemiBold))
        self._stay = QTimer(self, singleShot=True, interval=_STAYS_MS)
        self._stay.timeout.connect(self._on_stayed)
        self._fade = QVariantAnimation(self)
        self._fade.setDuration(MOTION_MS)
        self._fade.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._fade.setStartValue(1.0)
        self._fade.setEndValue(0.0)
        self._fade.valueChanged.connect(self._on_faded)
        self.hide()

    @property
    def text(self) -> str:
        return self._text

    def show_at(self, text: str, right: int, middle: int, height: int) -> None:
        """Show a date.

        Args:
            text: what it says.
            right: of its right edge, pixels of the parent.
            middle: of its vertical middle, pixels of the parent.
            height: of the parent, which it does not leave.
        """
        self._text = text
        width = self.fontMetrics().horizontalAdvance(text) + 2 * SPACE_PANEL
        top = min(max(middle - _HEIGHT // 2, 4), height - _HEIGHT - 4)
        self.setGeometry(right - width, top, width, _HEIGHT)
        self._fade.stop()
        self._opacity = 1.0
        self._stay.start()
        self.show()
        self.update()

    def _on_stayed(self) -> None:
        if self._theme.animations_enabled():
            self._fade.start()
        else:
            self.hide()

    def _on_faded(self, opacity: float) -> None:
        self._opacity = opacity
        self.setVisible(opacity > 0)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(self._opacity)
        painter.setPen(QPen(self._theme.color("line"), 1))
        painter.setBrush(self._theme.color("raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.setPen(self._theme.color("text"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)
