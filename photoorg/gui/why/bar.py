"""A word and how near it is, as a bar; a click asks what speaks for it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from photoorg.gui.theme import FONT_BODY, SPACE_ITEM, ThemeService, sized_font
from photoorg.gui.widgets.chip import mix

_LINE: Final = 24
_BAR: Final = 88
_BAR_HEIGHT: Final = 6


class WordBar(QAbstractButton):
    """A word and how near it is; a click asks what speaks for it."""

    def __init__(
        self, theme: ThemeService, *, on_photo: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._on_photo = on_photo
        self._share = 0.0
        self.setFont(sized_font(FONT_BODY))
        self.setFixedHeight(_LINE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        # Over the photo the keys go through the photos.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus if on_photo else Qt.FocusPolicy.StrongFocus)
        theme.changed.connect(self.update)

    @property
    def share(self) -> float:
        """How much of the bar is filled."""
        return self._share

    def show_word(self, word: str, cosine: float) -> None:
        """Show a word; words that are not near at all have an empty bar."""
        self._show(word, cosine)
        self.setToolTip(f"Show what speaks for “{word}”")

    def show_part(self, part: str, strength: float, words: str) -> None:
        """Show a part of a search, and how much it speaks for a photo.

        Args:
            part: as typed.
            strength: 0 to 1.
            words: the same for a person.
        """
        self._show(part, strength)
        self.setAccessibleDescription(words)

    def _show(self, text: str, share: float) -> None:
        self._share = min(1.0, max(0.0, share))
        self.setText(text)
        self.setAccessibleName(f"{text}, {round(self._share * 100)} of 100")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, _LINE)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text = self._theme.color("on_surround" if self._on_photo else "text")
        ground = self._theme.color("surround" if self._on_photo else "panel")
        area = self.rect()
        if self.underMouse() and self.isEnabled():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(mix(ground, text, 0.10))
            painter.drawRoundedRect(area, 4, 4)
        room = area.adjusted(4, 0, -_BAR - SPACE_ITEM - 4, 0)
        shown = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, room.width()
        )
        painter.setPen(text)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)
        bar = QRectF(area.right() - _BAR - 3, (_LINE - _BAR_HEIGHT) / 2, _BAR, _BAR_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mix(ground, text, 0.14))
        painter.drawRoundedRect(bar, 3, 3)
        if self._share > 0:
            bar.setWidth(max(_BAR_HEIGHT, _BAR * self._share))
            painter.setBrush(mix(ground, text, 0.62))
            painter.drawRoundedRect(bar, 3, 3)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), 4, 4)
