"""What the model sees in a photo, as words with bars; in the inspector and over the viewer."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from photoorg.core.modelling import Explanation
from photoorg.gui.theme import FONT_BODY, RADIUS, SPACE_ITEM, ThemeService, sized_font
from photoorg.gui.why.heat import ramp
from photoorg.gui.widgets.build import create_button, create_label
from photoorg.gui.widgets.chip import mix
from photoorg.gui.widgets.elided_label import ElidedLabel

WORDS: Final = 6
_LINE: Final = 24
_BAR: Final = 88
_BAR_HEIGHT: Final = 6
_GRADIENT_STOPS: Final = 9


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
        self._share = min(1.0, max(0.0, cosine))
        self.setText(word)
        self.setAccessibleName(f"{word}, {round(self._share * 100)} of 100")
        self.setToolTip(f"Show what speaks for “{word}”")
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
        if self.underMouse():
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


class HeatLegend(QWidget):
    """The colours of a heat map from little to much."""

    def __init__(self, kind: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        line = QHBoxLayout(self)
        line.setContentsMargins(4, 0, 4, 0)
        line.setSpacing(SPACE_ITEM)
        line.addWidget(create_label("Speaks for it: little", kind))
        line.addWidget(_Ramp(), 1)
        line.addWidget(create_label("much", kind))


class _Ramp(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(6)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        gradient = QLinearGradient(0, 0, self.width(), 0)
        places = np.linspace(0.0, 1.0, _GRADIENT_STOPS, dtype=np.float32)
        for place, (red, green, blue) in zip(places.tolist(), ramp(places).tolist(), strict=True):
            color = self.palette().color(self.foregroundRole())
            color.setRgbF(red / 255, green / 255, blue / 255)
            gradient.setColorAt(place, color)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()), 3, 3)
        painter.fillPath(shape, gradient)


class WhyPanel(QWidget):
    """Says what the model sees in a photo, or what it takes for a tag.

    Signals:
        word_chosen(str): what speaks for this word? "" asks about the photo as a whole.
    """

    word_chosen = Signal(str)

    def __init__(
        self, theme: ThemeService, *, on_photo: bool = False, parent: QWidget | None = None
    ) -> None:
        """Create an empty panel.

        Args:
            theme: gives the colours.
            on_photo: whether it lies over a photo, on a dark ground of its own.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._theme = theme
        self._on_photo = on_photo
        dimmed = "on-surround-dimmed" if on_photo else "dimmed"
        self._title = ElidedLabel()
        self._title.setProperty("kind", "on-surround" if on_photo else "")
        self.whole = create_button("Whole photo", "on-surround-link" if on_photo else "link")
        self.whole.setToolTip("What the model sees in the photo as a whole")
        self.whole.clicked.connect(lambda: self.word_chosen.emit(""))
        self._bars = [WordBar(theme, on_photo=on_photo) for _ in range(WORDS)]
        self._legend = HeatLegend(dimmed)
        self._note = create_label("", dimmed, wrap=True)
        self._caption = create_label("It comes near these words:", dimmed)
        self._build()

    def _build(self) -> None:
        margin = 12 if self._on_photo else 0
        if self._on_photo:
            self.setFixedWidth(272)
            self.whole.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        head = QHBoxLayout()
        head.setContentsMargins(4, 0, 4, 0)
        head.addWidget(self._title, 1)
        head.addWidget(self.whole)
        column = QVBoxLayout(self)
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self._note)
        column.addWidget(self._legend)
        column.addSpacing(4)
        column.addWidget(self._caption)
        for label in (self._note, self._caption):
            label.setIndent(4)
        for bar in self._bars:
            column.addWidget(bar)
            bar.clicked.connect(lambda _=False, bar=bar: self.word_chosen.emit(bar.text()))
        self.clear()

    @property
    def title(self) -> str:
        return self._title.text()

    @property
    def note(self) -> str:
        """What is missing and why; "" where nothing is."""
        return "" if self._note.isHidden() else self._note.text()

    @property
    def words(self) -> list[str]:
        """The words shown, nearest first."""
        return [bar.text() for bar in self._bars if not bar.isHidden()]

    @property
    def bars(self) -> tuple[WordBar, ...]:
        return tuple(bar for bar in self._bars if not bar.isHidden())

    @property
    def shows_legend(self) -> bool:
        return not self._legend.isHidden()

    def clear(self) -> None:
        """Show nothing."""
        self.set_question("")
        for bar in self._bars:
            bar.hide()
        self._legend.hide()
        self._say("")

    def set_question(self, tag: str) -> None:
        """Say what is asked; the words from before stay until the answer comes."""
        self._title.setText(f"Why “{tag}”?" if tag else "The whole photo")
        self.whole.setVisible(bool(tag))
        self._legend.hide()
        self._say("" if self.words else "Looking at the photo…")
        self.adjustSize()

    def show_answer(self, explanation: Explanation) -> None:
        """Show what the model sees."""
        self.set_question(explanation.tag)
        for number, bar in enumerate(self._bars):
            known = number < len(explanation.words)
            bar.setVisible(known)
            if known:
                bar.show_word(*explanation.words[number])
        heat = explanation.heat
        self._legend.setVisible(heat is not None and bool(heat.any()))
        self._say(explanation.note)
        self.adjustSize()

    def show_problem(self, text: str) -> None:
        """Say why there is no answer."""
        for bar in self._bars:
            bar.hide()
        self._legend.hide()
        self._say(text)
        self.adjustSize()

    def _say(self, text: str) -> None:
        self._note.setText(text)
        self._note.setVisible(bool(text))
        self._caption.setVisible(bool(self.words))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._on_photo:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("surround", 0.86))
            painter.drawRoundedRect(self.rect(), RADIUS, RADIUS)
