"""What the model sees, folded away in the inspector until somebody wants to know."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from photoorg.core.modelling import Explanation
from photoorg.gui.icons import IconSet
from photoorg.gui.theme import ThemeService
from photoorg.gui.why.panel import WhyPanel
from photoorg.gui.widgets.build import create_fold


class WhySection(QWidget):
    """A heading that opens and closes, and the answer below it.

    Signals:
        toggled(bool): the person opened or closed it.
    """

    toggled = Signal(bool)

    def __init__(self, theme: ThemeService, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self.fold = create_fold("What the model sees")
        self.fold.setToolTip("The words it thinks of, and where it looks (W)")
        self.panel = WhyPanel(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.panel)
        self.fold.toggled.connect(self._on_toggled)
        self._show(opened=False)

    @property
    def opened(self) -> bool:
        return not self.panel.isHidden()

    def begin(self, tag: str) -> None:
        """Open it on a question."""
        self._show(opened=True)
        self.panel.set_question(tag)

    def show_answer(self, explanation: Explanation) -> None:
        self._show(opened=True)
        self.panel.show_answer(explanation)

    def show_problem(self, text: str) -> None:
        self._show(opened=True)
        self.panel.show_problem(text)

    def end(self) -> None:
        """Close it."""
        self._show(opened=False)
        self.panel.clear()

    def _on_toggled(self, opened: bool) -> None:
        self._show(opened=opened)
        self.toggled.emit(opened)

    def _show(self, *, opened: bool) -> None:
        with QSignalBlocker(self.fold):
            self.fold.setChecked(opened)
        self._icons.bind(self.fold, "chevron-down" if opened else "chevron-right", "dimmed")
        self.panel.setVisible(opened)
