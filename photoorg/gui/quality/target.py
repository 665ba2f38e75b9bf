"""How right suggestions must be before they are made: a slider, and what it means."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from photoorg.core.quality import HIGHEST_TARGET, LOWEST_TARGET, QualityReport
from photoorg.gui.quality import words
from photoorg.gui.theme import FONT_BODY, SPACE_ITEM, tabular_font
from photoorg.gui.widgets.build import create_label

_STEP: Final = 0.05
_WAIT_MS: Final = 300
"""A slider that moves asks for nothing before it rests."""

_SLIDER_WIDTH: Final = 260


class TargetControl(QWidget):
    """Asks for the wanted precision.

    Signals:
        chosen(float): the person wants another one, 0 to 1.
    """

    chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(_places(LOWEST_TARGET), _places(HIGHEST_TARGET))
        self.slider.setPageStep(1)
        self.slider.setFixedWidth(_SLIDER_WIDTH)
        self.slider.setAccessibleName("Part of the suggestions that should be right")
        self._figure = create_label()
        self._figure.setFont(tabular_font(FONT_BODY, QFont.Weight.DemiBold))
        self._meaning = create_label("", "dimmed", wrap=True)
        self._target = LOWEST_TARGET
        self._timer = QTimer(self, singleShot=True, interval=_WAIT_MS)
        self._timer.timeout.connect(self._on_rest)
        self.slider.valueChanged.connect(self._on_moved)
        self._build()

    def _build(self) -> None:
        sentence = QHBoxLayout()
        sentence.setSpacing(4)
        sentence.addWidget(create_label("Suggest a tag only where at least"))
        sentence.addWidget(self._figure)
        sentence.addWidget(create_label("of its suggestions are right"))
        sentence.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(SPACE_ITEM)
        row.addWidget(create_label("more suggestions", "dimmed"))
        row.addWidget(self.slider)
        row.addWidget(create_label("fewer mistakes", "dimmed"))
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_ITEM)
        column.addLayout(sentence)
        column.addLayout(row)
        column.addWidget(self._meaning)

    @property
    def target(self) -> float:
        """The wanted precision on show, 0 to 1."""
        return self._target

    @property
    def meaning(self) -> str:
        """What it means, in words."""
        return self._meaning.text()

    def set_report(self, report: QualityReport) -> None:
        """Show what holds, unless the person is choosing something else just now."""
        if self.slider.isSliderDown() or self._timer.isActive():
            return
        with QSignalBlocker(self.slider):
            self.slider.setValue(_places(report.target))
        self._show(report.target)

    def _show(self, target: float) -> None:
        self._target = target
        self._figure.setText(words.percent(target))
        self._meaning.setText(words.meaning(target))
        self.slider.setAccessibleDescription(f"{words.percent(target)}. {words.meaning(target)}")

    def _on_moved(self, place: int) -> None:
        self._show(round(place * _STEP, 2))
        self._timer.start()

    def _on_rest(self) -> None:
        if self.slider.isSliderDown():
            self._timer.start()
        else:
            self.chosen.emit(self._target)


def _places(target: float) -> int:
    """Return where a target lies on the slider, in steps of five percent from 0."""
    return round(target / _STEP)
