"""What the model sees in a photo, as words with bars; in the inspector and over the viewer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QLinearGradient, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from photoorg.core.modelling import Explanation
from photoorg.gui.theme import RADIUS, SPACE_ITEM, ThemeService
from photoorg.gui.why.bar import WordBar
from photoorg.gui.why.heat import ramp
from photoorg.gui.widgets.build import create_button, create_label
from photoorg.gui.widgets.elided_label import ElidedLabel

WORDS: Final = 6
_SPACING: Final = 2
_GRADIENT_STOPS: Final = 9


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
        resized(): it is higher or lower now.
    """

    word_chosen = Signal(str)
    resized = Signal()

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
        self._parts = QVBoxLayout()
        self._heading = ""
        self._room = 1 << 16
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
        column.setSpacing(_SPACING)
        column.addLayout(head)
        column.addWidget(self._note)
        column.addWidget(self._legend)
        column.addLayout(self._parts)
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

    @property
    def on_photo(self) -> bool:
        """Whether it lies over a photo."""
        return self._on_photo

    def add_part(self, part: QWidget) -> None:
        """Take in something that is shown above the words."""
        self._parts.addWidget(part)

    def set_heading(self, heading: str) -> None:
        """Set what stands above in place of the question; "" for the question itself."""
        self._heading = heading

    def show_words(self, words: Sequence[tuple[str, float]]) -> None:
        """Show the words that come near, with how near they come, nearest first."""
        for number, bar in enumerate(self._bars):
            known = number < len(words)
            bar.setVisible(known)
            if known:
                bar.show_word(*words[number])
        self._caption.setVisible(bool(self.words))

    def clear(self) -> None:
        """Show nothing."""
        self._heading = ""
        self.set_question("")
        for bar in self._bars:
            bar.hide()
        self._legend.hide()
        self._say("")

    def set_question(self, tag: str) -> None:
        """Say what is asked; the words from before stay until others come."""
        question = f"Why “{tag}”?" if tag else "The whole photo"
        self._title.setText(self._heading or question)
        self.whole.setVisible(bool(tag) and not self._heading)
        self._legend.hide()
        self._say("Looking at the photo…")

    def show_answer(self, explanation: Explanation) -> None:
        """Show what the model sees."""
        self.set_question(explanation.tag)
        self.show_words(explanation.words)
        heat = explanation.heat
        self._legend.setVisible(heat is not None and bool(heat.any()))
        note = explanation.note
        if heat is not None and self._heading and explanation.tag and not note:
            note = f"The map shows what speaks for “{explanation.tag}”."
        self._say(note)

    def show_problem(self, text: str) -> None:
        """Say why there is no map; what else was answered stays."""
        self._legend.hide()
        self._say(text)

    def _say(self, text: str) -> None:
        self._note.setText(text)
        self._note.setVisible(bool(text))
        self._caption.setVisible(bool(self.words))

    def event(self, event: QEvent) -> bool:
        """Over a photo it is as high as what it says; that is known once its parts are laid out."""
        done = super().event(event)
        layout = self.layout()
        if self._on_photo and layout is not None and event.type() == QEvent.Type.LayoutRequest:
            # `adjustSize` would take the height that it needs at the width that it likes best.
            height = layout.totalHeightForWidth(self.width())
            self._drop_words(height - self._room)
            self.resize(self.width(), height)
        return done

    def set_room(self, height: int) -> None:
        """Say how high it may be; words that come less near make way."""
        self._room = height

    def _drop_words(self, surplus: int) -> None:
        bars = self.bars
        step = bars[0].height() + _SPACING if bars else 1
        for bar in bars[max(0, len(bars) - max(0, -(-surplus // step))) :]:
            bar.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._on_photo:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("surround", 0.86))
            painter.drawRoundedRect(self.rect(), RADIUS, RADIUS)
