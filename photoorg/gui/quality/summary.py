"""The end of a review: how many answers were given, and what came of them, tag by tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from photoorg.gui.icons import IconSet
from photoorg.gui.theme import (
    FONT_BODY,
    SPACE_EMPTY,
    SPACE_ITEM,
    SPACE_PANEL,
    ThemeService,
    tabular_font,
)
from photoorg.gui.widgets.build import create_button, create_label
from photoorg.gui.widgets.elided_label import ElidedLabel

_WIDTH: Final = 560
_SIGN: Final = 40
_TABLE_HEIGHT: Final = 280
_MOST_ROWS: Final = 40
"""Tags listed; a sitting seldom comes to more."""


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """What came of the answers to one tag.

    Attributes:
        tag: its name.
        answers: "5 yes · 2 no".
        change: how good its suggestions were and are, in words.
    """

    tag: str
    answers: str
    change: str


class Summary(QWidget):
    """Says what came of the answers, or why there is nothing to answer.

    Signals:
        closed: back to the list of tags.
        more_requested: go on with more questions.
    """

    closed = Signal()
    more_requested = Signal()

    def __init__(self, theme: ThemeService, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._sign_name = "check"
        self._sign = create_label()
        self._headline = create_label("", "empty", wrap=True)
        self._sentence = create_label("", wrap=True)
        self._state = create_label("", "dimmed", wrap=True)
        self._table = QWidget()
        self._grid = QGridLayout(self._table)
        self._scroll = QScrollArea()
        self.more = create_button("Go on")
        self.done = create_button("Done", "primary")
        self._rows: tuple[SummaryRow, ...] = ()
        self._build()
        self.more.clicked.connect(self.more_requested)
        self.done.clicked.connect(self.closed)
        theme.changed.connect(self._draw_sign)

    def _build(self) -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "window")
        self._grid.setContentsMargins(0, 0, SPACE_ITEM, 0)
        self._grid.setHorizontalSpacing(SPACE_EMPTY)
        self._grid.setVerticalSpacing(SPACE_ITEM)
        self._grid.setColumnStretch(0, 1)
        self._scroll.setWidget(self._table)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for ground in (self._table, self._scroll.viewport()):
            ground.setAutoFillBackground(False)
        block = QWidget()
        block.setFixedWidth(_WIDTH)
        column = QVBoxLayout(block)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_PANEL)
        for label in (self._sign, self._headline, self._sentence, self._state):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addSpacing(SPACE_ITEM)
        column.addWidget(self._scroll)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_ITEM)
        buttons.addStretch(1)
        buttons.addWidget(self.more)
        buttons.addWidget(self.done)
        buttons.addStretch(1)
        column.addSpacing(SPACE_ITEM)
        column.addLayout(buttons)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(block)
        line.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(SPACE_EMPTY, SPACE_EMPTY, SPACE_EMPTY, SPACE_EMPTY)
        # A little above the middle is where the eye takes the middle to be.
        outer.addStretch(4)
        outer.addLayout(line)
        outer.addStretch(5)

    # -- what is said ------------------------------------------------------------------------
    @property
    def headline(self) -> str:
        return self._headline.text()

    @property
    def sentence(self) -> str:
        return self._sentence.text()

    @property
    def state(self) -> str:
        """Whether the model is still learning from the answers; "" where it is not."""
        return self._state.text()

    @property
    def rows(self) -> tuple[SummaryRow, ...]:
        """What came of the answers, tag by tag."""
        return self._rows

    def show_result(
        self, headline: str, sentence: str, rows: Sequence[SummaryRow], *, state: str, more: bool
    ) -> None:
        """Say what came of the answers.

        Args:
            headline: how many answers.
            sentence: which.
            rows: what came of them, tag by tag.
            state: whether the model is still learning from them, in words, or "".
            more: whether there are more questions.
        """
        self._say("check", headline, sentence, state)
        self.more.setVisible(more)
        self._fill(tuple(rows[:_MOST_ROWS]))

    def show_nothing(self, headline: str, sentence: str) -> None:
        """Say why there is nothing to answer."""
        self._say("check", headline, sentence, "")
        self.more.hide()
        self._fill(())

    def focus(self) -> None:
        """Take the keyboard."""
        self.done.setFocus(Qt.FocusReason.OtherFocusReason)

    def _say(self, sign: str, headline: str, sentence: str, state: str) -> None:
        self._sign_name = sign
        self._headline.setText(headline)
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        self._state.setText(state)
        self._state.setVisible(bool(state))
        self.setAccessibleName(headline)
        self.setAccessibleDescription(" ".join(filter(None, (sentence, state))))
        self._draw_sign()

    def _fill(self, rows: tuple[SummaryRow, ...]) -> None:
        if rows == self._rows and rows:
            return
        self._rows = rows
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for place, row in enumerate(rows):
            answers = create_label(row.answers, "dimmed")
            change = create_label(row.change)
            for label in (answers, change):
                label.setFont(tabular_font(FONT_BODY))
            for column, label in enumerate((ElidedLabel(row.tag), answers, change)):
                self._grid.addWidget(label, place, column)
                # Qt shows it later by itself, too late for the height of the table.
                label.show()
        self._grid.activate()
        self._scroll.setFixedHeight(min(_TABLE_HEIGHT, self._table.sizeHint().height()))
        self._scroll.setVisible(bool(rows))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            (self.more if self.more.hasFocus() else self.done).click()
        else:
            super().keyPressEvent(event)

    def _draw_sign(self) -> None:
        ratio = self.devicePixelRatioF()
        self._sign.setPixmap(self._icons.pixmap(self._sign_name, _SIGN, ratio, "dimmed"))
