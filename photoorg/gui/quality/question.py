"""The foot of the review: the question, the ways to answer it, and what came of the answers."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from photoorg.gui.icons import IconSet
from photoorg.gui.quality.session import Case, ReviewKind, Verdict
from photoorg.gui.quality.words import shortened
from photoorg.gui.theme import SPACE_GROUP, SPACE_ITEM, SPACE_PANEL
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_label

_ANSWER_WIDTH: Final = 132

_NAMES: Final = {
    ReviewKind.UNCERTAIN: {Verdict.NO: "No", Verdict.SKIP: "Skip", Verdict.YES: "Yes"},
    ReviewKind.MISTAKES: {
        Verdict.NO: "Take it off",
        Verdict.SKIP: "Skip",
        Verdict.YES: "Keep it",
    },
}
_KEYS: Final = {Verdict.NO: "N or ←", Verdict.SKIP: "S or Space", Verdict.YES: "Y or →"}
_ICONS: Final = {Verdict.NO: "close", Verdict.SKIP: "chevron-right", Verdict.YES: "check"}


class AnswerButton(QWidget):
    """One way to answer, over the keys that do the same; it never takes the keyboard."""

    def __init__(self, verdict: Verdict, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QPushButton()
        self.button.setProperty("kind", "answer")
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.setFixedWidth(_ANSWER_WIDTH)
        icons.bind(self.button, _ICONS[verdict], "on_surround")
        keys = create_label(_KEYS[verdict], "on-surround-dimmed")
        keys.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.button)
        column.addWidget(keys)

    def name(self, text: str) -> None:
        """Say what the button does."""
        self.button.setText(f"\N{THIN SPACE}{text}")
        self.button.setAccessibleName(text)


class Question(QWidget):
    """Asks about one photo.

    Signals:
        answered(Verdict): the person said so with the mouse.
    """

    answered = Signal(object)

    def __init__(self, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._headline = create_label("", "question")
        self._sure = create_label("", "on-surround-dimmed")
        self._count = create_label("", "on-surround-dimmed", wrap=True)
        self._last = create_label("", "on-surround-dimmed", wrap=True)
        self._changes = create_label("", "on-surround-dimmed", wrap=True)
        self.answers = {verdict: AnswerButton(verdict, icons) for verdict in _KEYS}
        for verdict, answer in self.answers.items():
            answer.button.clicked.connect(
                lambda _=False, verdict=verdict: self.answered.emit(verdict)
            )
        self._build()

    def _build(self) -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "surround")
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_PANEL)
        for verdict in (Verdict.NO, Verdict.SKIP, Verdict.YES):
            buttons.addWidget(self.answers[verdict])
        row = QHBoxLayout()
        row.setSpacing(SPACE_GROUP)
        # Both sides are equally wide, whatever they say, so that the question is in the middle.
        row.addWidget(_side(self._count, self._last), 1)
        row.addLayout(buttons)
        row.addWidget(_side(self._changes), 1)
        self._changes.setAlignment(Qt.AlignmentFlag.AlignRight)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_GROUP, SPACE_PANEL, SPACE_GROUP, SPACE_PANEL)
        column.setSpacing(2)
        for label in (self._headline, self._sure):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addSpacing(SPACE_ITEM)
        column.addLayout(row)

    # -- what is said ------------------------------------------------------------------------
    @property
    def headline(self) -> str:
        """The question."""
        return self._headline.text()

    @property
    def sure(self) -> str:
        """How probable the tag is, in words."""
        return self._sure.text()

    @property
    def count(self) -> str:
        """How many answers were given."""
        return self._count.text()

    @property
    def last(self) -> str:
        """What was answered last."""
        return self._last.text()

    @property
    def changes(self) -> str:
        """What came of the answers."""
        return self._changes.text()

    def ask(self, case: Case, kind: ReviewKind) -> None:
        """Ask a question."""
        tag = shortened(case.tag)
        if kind is ReviewKind.MISTAKES:
            self._headline.setText(f"You tagged this “{tag}”. Is that right?")
            self._sure.setText(f"The model is {wording.percent(case.probability)} sure of it")
        else:
            self._headline.setText(f"Is this “{tag}”?")
            self._sure.setText(f"{wording.percent(case.probability)} sure")
        self._headline.setToolTip(case.tag if tag != case.tag else "")
        for verdict, answer in self.answers.items():
            answer.name(_NAMES[kind][verdict])

    def say(self, *, count: str, last: str, changes: str) -> None:
        """Say how the sitting goes.

        Args:
            count: how many answers were given.
            last: what was answered last, or taken back.
            changes: what came of the answers.
        """
        self._count.setText(count)
        self._last.setText(last)
        self._changes.setText(changes)
        for label in (self._count, self._last, self._changes):
            label.setVisible(bool(label.text()))


def _side(*labels: QLabel) -> QWidget:
    """Return labels at the bottom of a column that never widens for what they say."""
    side = QWidget()
    side.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    column = QVBoxLayout(side)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    column.addStretch(1)
    for label in labels:
        column.addWidget(label)
    return side
