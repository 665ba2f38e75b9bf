"""The bar at the bottom: there only while it has something to say."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from photoorg.core.progress import Progress
from photoorg.gui.icons import IconSet
from photoorg.gui.theme import (
    FONT_BODY,
    SPACE_ITEM,
    SPACE_PANEL,
    STATUS_BAR_HEIGHT,
    tabular_font,
)
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_button, create_icon_button, create_label
from photoorg.gui.widgets.elided_label import ElidedLabel

_BAR_WIDTH = 120
_BAR_STEPS = 1000


def progress_words(progress: Progress) -> str:
    """Return "132 of 1,000 · 42 photos/s · about 2 min left", the parts that are known."""
    parts = []
    if progress.total:
        parts.append(f"{progress.done:,} of {progress.total:,}")
    elif progress.done:
        parts.append(f"{progress.done:,}")
    if progress.paused:
        return " · ".join([*parts, "paused"])
    if progress.rate > 0:
        parts.append(wording.rate(progress.rate))
    if progress.seconds_left is not None:
        parts.append(wording.time_left(progress.seconds_left))
    return " · ".join(parts)


class StatusBar(QWidget):
    """Selection at the left, background work at the right.

    Signals:
        pause_requested: pause the work.
        resume_requested: go on.
        cancel_requested: stop the work.
        failures_requested: show the files that could not be read.
        clear_selection_requested: select nothing.
        training_requested: show how the training goes.
    """

    pause_requested = Signal()
    resume_requested = Signal()
    cancel_requested = Signal()
    failures_requested = Signal()
    clear_selection_requested = Signal()
    training_requested = Signal()

    def __init__(self, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._progress: Progress | None = None
        self._selection = create_label()
        self._clear = create_icon_button(icons, "close", "Clear selection")
        self._failures = create_button("", "link")
        self._training = create_button("", "link")
        self._label = ElidedLabel()
        self._figures = create_label("", "dimmed")
        self._bar = QProgressBar()
        self._pause = create_icon_button(icons, "pause", "Pause")
        self._cancel = create_icon_button(icons, "stop", "Stop")
        self._build()
        self._clear.clicked.connect(self.clear_selection_requested)
        self._failures.clicked.connect(self.failures_requested)
        self._training.clicked.connect(self.training_requested)
        self._pause.clicked.connect(self._on_pause)
        self._cancel.clicked.connect(self.cancel_requested)
        self.set_selection(0)
        self.set_failures(0)
        self.set_training("")
        self.set_progress(None)

    def _build(self) -> None:
        self.setFixedHeight(STATUS_BAR_HEIGHT)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "panel")
        self.setAccessibleName("Status")
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(_BAR_WIDTH)
        self._bar.setAccessibleName("Progress")
        line = QHBoxLayout(self)
        line.setContentsMargins(SPACE_PANEL, 0, SPACE_PANEL, 0)
        line.setSpacing(SPACE_ITEM)
        for at_left in (self._selection, self._clear):
            line.addWidget(at_left)
        line.addStretch(1)
        self._training.setFont(tabular_font(FONT_BODY))
        for at_right in (self._training, self._failures, self._label, self._bar, self._figures):
            line.addWidget(at_right)
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        buttons.addWidget(self._pause)
        buttons.addWidget(self._cancel)
        line.addLayout(buttons)

    # -- what the window calls ---------------------------------------------------------------
    def set_progress(self, progress: Progress | None) -> None:
        """Show a moment of background work; None or a finished one takes it away."""
        running = progress if progress is not None and not progress.finished else None
        self._progress = running
        for part in (self._label, self._bar, self._figures, self._pause, self._cancel):
            part.setVisible(running is not None)
        if running is not None:
            if self._label.text() != running.label:
                self._label.setText(running.label)
                self._figures.setMinimumWidth(0)
            self._figures.setText(progress_words(running))
            self._figures.setVisible(bool(self._figures.text()))
            # Only grows while one kind of work goes on: the bar beside it must not wobble.
            wide = max(self._figures.minimumWidth(), self._figures.sizeHint().width())
            self._figures.setMinimumWidth(wide)
            self._show_bar(running)
            self._show_pause(paused=running.paused)
        self._update_visibility()

    def set_selection(self, count: int) -> None:
        """Show how many photos are selected."""
        self._selection.setText(f"{count:,} selected")
        self._show(bool(count), self._selection, self._clear)

    def set_failures(self, count: int) -> None:
        """Show how many files could not be read."""
        self._failures.setText(f"{wording.files(count)} could not be read")
        self._show(bool(count), self._failures)

    def set_training(self, text: str) -> None:
        """Say how far a training is, and lead to it; "" where none runs."""
        self._training.setText(text)
        self._training.setToolTip("Show the training")
        self._show(bool(text), self._training)

    # -- inside ------------------------------------------------------------------------------
    def _show(self, on: bool, *parts: QWidget) -> None:
        for part in parts:
            part.setVisible(on)
        self._update_visibility()

    def _update_visibility(self) -> None:
        # Failures alone do not open the bar: it is for what goes on, and they are told then.
        parts = (self._selection, self._training, self._label)
        self.setVisible(any(not part.isHidden() for part in parts))

    def _show_bar(self, progress: Progress) -> None:
        """Fill the bar, or let it run where no end is known."""
        if progress.total <= 0:
            self._bar.setRange(0, 0)
            return
        self._bar.setRange(0, _BAR_STEPS)
        self._bar.setValue(round(_BAR_STEPS * min(1.0, progress.done / progress.total)))

    def _show_pause(self, *, paused: bool) -> None:
        name = "Resume" if paused else "Pause"
        if self._pause.accessibleName() == name:
            return
        self._icons.bind(self._pause, "play" if paused else "pause", "dimmed")
        self._pause.setAccessibleName(name)
        self._pause.setToolTip(name)

    def _on_pause(self) -> None:
        if self._progress is None:
            return
        if self._progress.paused:
            self.resume_requested.emit()
        else:
            self.pause_requested.emit()
