"""A training as it goes: what goes on, curves, and what to do when it ends."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from photoorg.core.modelling import (
    EpochReport,
    ModelInfo,
    TrainingState,
    TrainingStatus,
)
from photoorg.gui.icons import IconSet
from photoorg.gui.models.card import FigureLabel
from photoorg.gui.models.curve import Curve, CurveChart
from photoorg.gui.models.shelf import FIGURES, Shelf, epoch_words, seconds_left
from photoorg.gui.theme import (
    FONT_BODY,
    SPACE_GROUP,
    SPACE_ITEM,
    ThemeService,
    tabular_font,
)
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_button, create_label
from photoorg.gui.widgets.flow_layout import FlowLayout

LOSS: Final = "loss"
_SIGN = 20
_STEPS = 1000
_STOP: Final = "Stop training"
_TRAINING: Final = "Training"
"""The stage in which epochs go by."""
_STRIPES: Final = (("accent", False), ("text", False), ("dimmed", True))
"""Colour and dashes of the held-out figures, in the order of `FIGURES`; no colours of a state."""


class TrainingView(QWidget):
    """Shows a training from its first stage to its end.

    Attributes:
        head: its headline, for the page to place beside the button that closes the panel.

    Signals:
        cancel_requested: stop it.
        resume_requested(TrainingRequest): go on where it stopped.
        use_requested(str): use the finished model.
        again_requested: back to the form, for another training.
    """

    cancel_requested = Signal()
    resume_requested = Signal(object)
    use_requested = Signal(str)
    again_requested = Signal()

    def __init__(self, theme: ThemeService, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._state: TrainingState | None = None
        self._model: ModelInfo | None = None
        self.head = QWidget()
        self._sign = QLabel()
        self._sign_name = ("", "")
        self._headline = create_label("", "title", wrap=True)
        self._ingredients = create_label("", "dimmed", wrap=True)
        self._stage = create_label("", wrap=True)
        self._stage.setFont(tabular_font(FONT_BODY))
        self._left = create_label("", "dimmed")
        self._bar = QProgressBar()
        self.loss = CurveChart("Loss", theme)
        self.held_out = CurveChart("Held out", theme, unit="%")
        self.figures = tuple(FigureLabel(figure, leading=True) for figure in FIGURES)
        self._figures = QWidget()
        self.cancel = create_button(_STOP)
        self.resume = create_button("Go on", "primary")
        self.use = create_button("Use this one", "primary")
        self.again = create_button("Train another")
        self.copy = create_button("Copy report")
        self.copy.setToolTip("What went wrong inside the program, for those who can mend it")
        self._build()
        self._connect()
        theme.changed.connect(self._draw_sign)

    def _build(self) -> None:
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress of the training")
        head = QHBoxLayout(self.head)
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(SPACE_ITEM)
        head.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self._headline, 1)
        figures = QHBoxLayout(self._figures)
        figures.setContentsMargins(0, 0, 0, 0)
        figures.setSpacing(SPACE_GROUP)
        for figure in self.figures:
            figures.addWidget(figure)
        figures.addStretch(1)
        buttons = FlowLayout(spacing=SPACE_ITEM)
        for button in (self.use, self.resume, self.cancel, self.again, self.copy):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_ITEM)
        column.addWidget(self._ingredients)
        column.addWidget(self._stage)
        column.addWidget(self._figures)
        column.addWidget(self._bar)
        column.addWidget(self._left)
        column.addSpacing(SPACE_ITEM)
        column.addWidget(self.loss)
        column.addWidget(self.held_out)
        column.addSpacing(SPACE_GROUP - SPACE_ITEM)
        column.addLayout(buttons)

    def _connect(self) -> None:
        self.cancel.clicked.connect(self._on_cancel)
        self.again.clicked.connect(self.again_requested)
        self.copy.clicked.connect(self._on_copy)
        self.use.clicked.connect(self._on_use)
        self.resume.clicked.connect(self._on_resume)

    @property
    def state(self) -> TrainingState | None:
        """The training on show."""
        return self._state

    @property
    def headline(self) -> str:
        return self._headline.text()

    @property
    def explanation(self) -> str:
        """What goes on, or why it ended."""
        return self._stage.text()

    @property
    def unfinished(self) -> bool:
        """Whether the training on show still goes on, or could."""
        return self.is_running or (self._state is not None and self._state.resumable)

    def show_state(self, state: TrainingState, shelf: Shelf) -> None:
        """Show a moment of a training."""
        newly = self._state is None or self._state.status is not state.status
        focused = any(b.hasFocus() for b in (self.cancel, self.resume, self.use, self.again))
        self._state = state
        self._model = shelf.model(state.model_id) if state.model_id else None
        self._say(state, shelf)
        self._show_progress(state)
        self._show_curves(state)
        running = state.status is TrainingStatus.RUNNING
        finished = state.status is TrainingStatus.FINISHED
        self.cancel.setVisible(running)
        if newly:
            self.cancel.setText(_STOP)
        self.resume.setVisible(not running and not finished and state.resumable)
        in_use = self._model is not None and self._model.active
        self.use.setVisible(finished and bool(state.model_id))
        self.use.setEnabled(not in_use)
        self.use.setText("In use" if in_use else "Use this one")
        self.again.setVisible(not running)
        failed = state.status is TrainingStatus.FAILED
        self.again.setText("Change the choices" if failed else "Train another")
        self.copy.setVisible(bool(state.report))
        self._figures.setVisible(finished and self._model is not None and bool(self._model.metrics))
        for figure in self.figures:
            if self._model is not None:
                figure.show_model(self._model)
        if newly and focused:
            self.focus_next()

    def focus_next(self) -> None:
        """Give the focus to what can be done now."""
        for button in (self.cancel, self.use, self.resume, self.again):
            if not button.isHidden() and button.isEnabled():
                button.setFocus(Qt.FocusReason.OtherFocusReason)
                return

    # -- showing -----------------------------------------------------------------------------
    def _say(self, state: TrainingState, shelf: Shelf) -> None:
        title = shelf.kind_title(state.request.kind)
        epoch = epoch_words(state).lower()
        match state.status:
            case TrainingStatus.RUNNING:
                sign, headline = ("", ""), f"Training {title}"
                # "Training" stands in the headline.
                stage = "" if epoch and state.stage == _TRAINING else state.stage
                text = ", ".join(filter(None, (stage, epoch)))
                text = text[:1].upper() + text[1:]
            case TrainingStatus.FINISHED:
                sign, headline = ("check", "success"), f"{title} is ready"
                text = _measured(self._model)
            case TrainingStatus.CANCELLED:
                sign, headline = ("pause", "dimmed"), f"{title} was stopped"
                kept = "What it learned so far is kept." if state.resumable else ""
                text = " ".join(filter(None, (epoch and f"At {epoch}.", kept)))
            case TrainingStatus.FAILED:
                sign, headline, text = ("warning", "warning"), f"{title} failed", state.problem
        self._sign_name = sign
        self._draw_sign()
        self._sign.setVisible(bool(sign[0]))
        self._headline.setText(headline)
        self._ingredients.setText(wording.unbroken(shelf.ingredients(state.request)))
        self._stage.setText(text)
        self._stage.setVisible(bool(text))
        self.setAccessibleName(headline)
        self.setAccessibleDescription(text)

    def _show_progress(self, state: TrainingState) -> None:
        running = state.status is TrainingStatus.RUNNING
        self._bar.setVisible(running)
        left = seconds_left(state) if running else None
        # Training may stop before, when nothing is gained any more.
        self._left.setText("" if left is None else f"At most {wording.time_left(left)}")
        self._left.setVisible(left is not None)
        done, total = state.done, state.total
        if total <= 0 and state.reports:
            # The stage has no units of its own, so the passes are what can be counted.
            done, total = state.reports[-1].epoch, state.reports[-1].epochs
        self._bar.setRange(0, _STEPS if total > 0 else 0)
        if total > 0:
            self._bar.setValue(round(_STEPS * min(1.0, done / total)))

    def _show_curves(self, state: TrainingState) -> None:
        reports = state.reports
        running = state.status is TrainingStatus.RUNNING
        epochs = axis_end(reports[-1], going_on=running or state.resumable) if reports else 1
        # The losses of different parts have nothing in common: beside one, another is a flat line.
        part = [report for report in reports if report.part == reports[-1].part]
        training = tuple((float(report.epoch), report.loss) for report in part)
        held_out = Curve("held out", _points(part, LOSS), "dimmed", dashed=True)
        losses = [Curve("training", training), held_out]
        measured = [
            Curve(figure.name, _points(reports, figure.key), color, dashed=dashed)
            for figure, (color, dashed) in zip(FIGURES, _STRIPES, strict=True)
        ]
        self.loss.set_curves(losses, epochs)
        self.held_out.set_curves(measured, epochs)
        self.loss.setVisible(bool(reports) or self.is_running)
        self.held_out.setVisible(bool(self.held_out.curves))

    @property
    def is_running(self) -> bool:
        """Whether the training on show still goes on."""
        return self._state is not None and self._state.status is TrainingStatus.RUNNING

    def _draw_sign(self) -> None:
        name, tint = self._sign_name
        if name:
            pixmap = self._icons.pixmap(name, _SIGN, self.devicePixelRatioF(), tint)
            self._sign.setPixmap(pixmap)

    # -- what the person does ----------------------------------------------------------------
    def _on_cancel(self) -> None:
        # It stops after the batch that is under way; a second click would change nothing. It is
        # not disabled, for then it would lose the focus.
        if self.cancel.text() == _STOP:
            self.cancel.setText("Stopping…")
            self.cancel_requested.emit()

    def _on_resume(self) -> None:
        if self._state is not None:
            self.resume_requested.emit(self._state.request)

    def _on_copy(self) -> None:
        if self._state is not None:
            QGuiApplication.clipboard().setText(self._state.report)

    def _on_use(self) -> None:
        if self._state is not None and self._state.model_id:
            self.use_requested.emit(self._state.model_id)


def axis_end(last: EpochReport, *, going_on: bool) -> int:
    """Return how far the axis of the epochs goes.

    Training stops as soon as it gains no more, mostly long before the last epoch it might do, so
    the axis grows with the curve instead of keeping it in a corner.

    Args:
        last: the newest pass.
        going_on: whether more may follow.
    """
    if not going_on:
        return last.epoch
    room = next(end for end in _axis_ends() if end > last.epoch)
    return max(last.epoch, min(last.epochs, room))


def _axis_ends() -> Iterator[int]:
    for power in itertools.count(1):
        yield from (factor * 10**power for factor in (1, 2, 5))


def _measured(model: ModelInfo | None) -> str:
    """Introduce the held-out figures: of how many photos they are."""
    if model is not None and not model.metrics:
        return "There are too few photos and tags to measure it on others."
    count = wording.photos(model.held_out) if model is not None and model.held_out else "photos"
    return f"Measured on {count} that it has not seen:"


def _points(reports: Sequence[EpochReport], key: str) -> tuple[tuple[float, float], ...]:
    return tuple((float(r.epoch), r.metrics[key]) for r in reports if key in r.metrics)
