"""One trained model: what it is, how good it is, what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from photoorg.core.modelling import STARTER_ID, ModelInfo
from photoorg.gui.icons import IconSet
from photoorg.gui.models.shelf import (
    FIGURES,
    NOT_MEASURED,
    Figure,
    Shelf,
    figure_text,
    trained_on,
)
from photoorg.gui.theme import (
    FONT_BODY,
    FONT_TITLE,
    SPACE_GROUP,
    SPACE_ITEM,
    SPACE_PANEL,
    ThemeService,
    sized_font,
    tabular_font,
)
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_button, create_label
from photoorg.gui.widgets.elided_label import ElidedLabel

_SIGN = 16
_INSET = 13
"""What a button without a frame keeps free beside its text."""


class FigureLabel(QWidget):
    """A held-out figure over its name; the tooltip explains it."""

    def __init__(
        self, figure: Figure, parent: QWidget | None = None, *, leading: bool = False
    ) -> None:
        """Create a figure without a value.

        Args:
            figure: what it says.
            parent: Qt's owner.
            leading: it stands in a row that begins at the left, not at the end of one.
        """
        super().__init__(parent)
        self._figure = figure
        self._value = create_label()
        self._value.setFont(tabular_font(FONT_TITLE))
        name = create_label(figure.name, "dimmed")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for label in (self._value, name):
            label.setAlignment(
                Qt.AlignmentFlag.AlignLeft if leading else Qt.AlignmentFlag.AlignRight
            )
            column.addWidget(label)
        self.setToolTip(f"{figure.name}\n{figure.explanation}")

    @property
    def text(self) -> str:
        return self._value.text()

    def show_model(self, model: ModelInfo) -> None:
        """Show the figure of a model."""
        text = figure_text(model.metrics, self._figure.key)
        self._value.setText(text)
        spoken = "not measured" if text == NOT_MEASURED else f"{text} of 100"
        of = f"\nHere of {wording.photos(model.held_out)}." if model.held_out else ""
        self.setToolTip(f"{self._figure.name}\n{self._figure.explanation}{of}")
        self.setAccessibleName(f"{self._figure.name}: {spoken}")
        self.setAccessibleDescription(f"{self._figure.explanation}{of}")


class ModelCard(QWidget):
    """Shows a model. Deleting asks first, in its own place: it cannot be undone.

    Signals:
        use_requested(str): use the model with this id from now on.
        compare_requested(str): compare it with another.
        export_requested(str): write it to a file.
        delete_requested(str): delete it; the person has confirmed that.
    """

    use_requested = Signal(str)
    compare_requested = Signal(str)
    export_requested = Signal(str)
    delete_requested = Signal(str)

    def __init__(self, theme: ThemeService, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._model_id = ""
        self._sign_name = ("check", "accent_strong")
        self._offered: dict[QPushButton, bool] = {}
        self._title = ElidedLabel()
        self._title.setFont(sized_font(FONT_BODY, QFont.Weight.DemiBold))
        self._sign = QLabel()
        self._state = create_label("In use", "state")
        self._source = _create_lines()
        self._facts = _create_lines("dimmed")
        self._problem = create_label("", wrap=True)
        self.figures = tuple(FigureLabel(figure) for figure in FIGURES)
        self.use = create_button("Use this one")
        self.compare = create_button("Compare", "quiet")
        self.export = create_button("Export…", "quiet")
        self.delete = create_button("Delete", "quiet")
        self._question = create_label()
        self.confirm = create_button("Delete", "danger")
        self.keep = create_button("Keep")
        self._lower = QHBoxLayout()
        self._build()
        self._connect()
        self._ask(asking=False)
        theme.changed.connect(self._draw_sign)

    def _build(self) -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "raised")
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self._title)
        top.addSpacing(SPACE_ITEM)
        top.addWidget(self._sign)
        top.addWidget(self._state)
        top.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addLayout(top)
        words.addWidget(self._source)
        words.addWidget(self._facts)
        upper = QHBoxLayout()
        upper.setContentsMargins(_INSET, 0, 0, 0)
        upper.setSpacing(SPACE_GROUP)
        upper.addLayout(words, 1)
        for figure in self.figures:
            upper.addWidget(figure, 0, Qt.AlignmentFlag.AlignTop)
        self._problem.setIndent(_INSET)
        lower = self._lower
        lower.setSpacing(SPACE_ITEM // 2)
        for part in (self.use, self.compare, self.export, self.delete):
            lower.addWidget(part)
        lower.addWidget(self._question)
        lower.addSpacing(SPACE_ITEM)
        lower.addWidget(self.confirm)
        lower.addSpacing(SPACE_ITEM // 2)
        lower.addWidget(self.keep)
        lower.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_GROUP - _INSET, SPACE_PANEL, SPACE_GROUP, SPACE_ITEM)
        column.setSpacing(SPACE_ITEM)
        column.addLayout(upper)
        column.addWidget(self._problem)
        column.addLayout(lower)

    def _connect(self) -> None:
        self.use.clicked.connect(lambda: self.use_requested.emit(self._model_id))
        self.compare.clicked.connect(lambda: self.compare_requested.emit(self._model_id))
        self.export.clicked.connect(lambda: self.export_requested.emit(self._model_id))
        self.delete.clicked.connect(lambda: self._ask(asking=True))
        self.keep.clicked.connect(lambda: self._ask(asking=False))
        self.confirm.clicked.connect(self._on_confirm)

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        """All buttons, in the order of the Tab key."""
        return self.use, self.compare, self.export, self.delete, self.confirm, self.keep

    @property
    def question(self) -> str:
        """What it asks before it deletes."""
        return self._question.text()

    @property
    def asking(self) -> bool:
        """Whether it asks if the model should be deleted."""
        return not self._question.isHidden()

    @property
    def problem(self) -> str:
        """Why the model cannot be used, as shown; "" where it can."""
        return "" if self._problem.isHidden() else self._problem.text()

    @property
    def marked_in_use(self) -> bool:
        return not self._state.isHidden()

    def show_model(self, model: ModelInfo, shelf: Shelf) -> None:
        """Show a model; a question that is open stays open for the same one."""
        if model.model_id != self._model_id:
            self._ask(asking=False)
        self._model_id = model.model_id
        self._title.setText(model.title)
        self._source.setText(wording.unbroken(trained_on(model)))
        self._source.setVisible(bool(self._source.text()))
        self._facts.setText(wording.unbroken(shelf.facts(model)))
        then = " The starter takes over." if model.active else ""
        self._question.setText(f"Delete it for good?{then}")
        self._problem.setText(model.problem)
        self._problem.setVisible(bool(model.problem))
        self._state.setVisible(model.active)
        self._sign.setVisible(model.active or bool(model.problem))
        self._sign_name = ("warning", "warning") if model.problem else ("check", "accent_strong")
        self._draw_sign()
        for figure in self.figures:
            figure.setVisible(not model.problem)
            figure.show_model(model)
        starter = model.model_id == STARTER_ID
        self._offered = {
            self.use: not model.problem and not model.active,
            self.compare: not model.problem and len(shelf.usable) > 1,
            self.export: not model.problem and not starter,
            self.delete: not starter,
        }
        self._ask(asking=self.asking)
        self._name(model)

    def _name(self, model: ModelInfo) -> None:
        state = "damaged" if model.problem else "in use" if model.active else ""
        self.setAccessibleName(", ".join(filter(None, (model.title, state))))
        self.setAccessibleDescription(model.problem or trained_on(model))
        for button, does in (
            (self.use, "Use"),
            (self.compare, "Compare"),
            (self.export, "Export"),
            (self.delete, "Delete"),
            (self.confirm, "Delete for good:"),
            (self.keep, "Keep"),
        ):
            button.setAccessibleName(f"{does} {model.title}")

    def _ask(self, *, asking: bool) -> None:
        """Put the question in the place of the buttons, or the buttons back."""
        had_focus = any(b.hasFocus() for b in (self.delete, self.keep, self.confirm))
        for button in (self.use, self.compare, self.export, self.delete):
            button.setVisible(not asking and self._offered.get(button, True))
        for part in (self._question, self.confirm, self.keep):
            part.setVisible(asking)
        # The row begins where the text above begins, whether its first part has a frame or not.
        framed = asking or self._offered.get(self.use, True)
        self._lower.setContentsMargins(_INSET if framed else 0, 0, 0, 0)
        if had_focus:
            # The harmless answer, so that a second Enter does no harm.
            (self.keep if asking else self.delete).setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_confirm(self) -> None:
        self.delete_requested.emit(self._model_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.asking:
            self._ask(asking=False)
        else:
            super().keyPressEvent(event)

    def _draw_sign(self) -> None:
        name, tint = self._sign_name
        self._sign.setPixmap(self._icons.pixmap(name, _SIGN, self.devicePixelRatioF(), tint))


def _create_lines(kind: str = "") -> QLabel:
    """Return a label that takes as many lines as its text needs and never widens the card."""
    label = create_label("", kind, wrap=True)
    policy = label.sizePolicy()
    policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
    label.setSizePolicy(policy)
    return label
