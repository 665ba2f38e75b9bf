"""What is said in the middle of a page that has nothing to show."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from photoorg.gui.theme import SPACE_EMPTY, SPACE_GROUP, SPACE_ITEM
from photoorg.gui.widgets.build import create_button, create_label


class Notice(QWidget):
    """A headline, a sentence, and the way back.

    Signals:
        back_requested(): the button.
    """

    back_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._headline = create_label("", "empty", wrap=True)
        self._sentence = create_label("", wrap=True)
        self.button = create_button("Back to the photos")
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_EMPTY, 5 * SPACE_EMPTY, SPACE_EMPTY, SPACE_EMPTY)
        column.setSpacing(SPACE_ITEM)
        for label in (self._headline, self._sentence):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(label)
        column.addSpacing(SPACE_GROUP)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        self.button.clicked.connect(self.back_requested)
        self.say("")

    @property
    def text(self) -> str:
        """All that is said; "" where nothing is."""
        return "" if self.isHidden() else f"{self._headline.text()} {self._sentence.text()}".strip()

    def say(self, headline: str, sentence: str = "", *, back: bool = False) -> None:
        """Say something, or nothing at all.

        Args:
            headline: what is so; "" hides everything.
            sentence: what to do about it.
            back: offer the way back.
        """
        self._headline.setText(headline)
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        self.button.setVisible(back)
        self.setVisible(bool(headline))
