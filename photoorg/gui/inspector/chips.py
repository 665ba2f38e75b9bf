"""A paragraph of chips that keeps the focus while its chips come and go."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEasingCurve, QPoint, QPropertyAnimation, QRect, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QLabel, QSizePolicy, QWidget

from photoorg.gui.theme import ThemeService
from photoorg.gui.widgets.chip import CHIP_MOTION_MS, Chip, ChipData
from photoorg.gui.widgets.flow_layout import FlowLayout


class ChipBoard(QWidget):
    """Shows chips in lines. Who had the focus keeps it, or the chip that takes the place does.

    Signals:
        accepted(str): a chip was accepted.
        dismissed(str): a chip was dismissed.
        menu_requested(str, QPoint): a context menu was asked for.
        why_requested(str): why is a tag suggested?
        hint_changed(str): help for the chip pointed at or focused; "" when there is none.
    """

    accepted = Signal(str)
    dismissed = Signal(str)
    menu_requested = Signal(str, object)
    why_requested = Signal(str)
    hint_changed = Signal(str)

    def __init__(self, theme: ThemeService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._chips: list[Chip] = []
        self._flow = FlowLayout(self, spacing=4)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def chips(self) -> tuple[Chip, ...]:
        """The chips in order, without those that are fading away."""
        return tuple(chip for chip in self._chips if not chip.leaving)

    def chip(self, tag: str) -> Chip | None:
        """Return the chip of a tag."""
        return next((chip for chip in self.chips if chip.data.tag == tag), None)

    def set_chips(self, wanted: Sequence[ChipData], *, restart: bool = False) -> None:
        """Show these chips, keeping the widgets of tags that stay.

        Args:
            wanted: what to show, in order.
            restart: another photo is shown, so a focus inside goes to the first chip.
        """
        focused = self._focused_index()
        known = {chip.data.tag: chip for chip in self.chips}
        chips: list[Chip] = []
        for data in wanted:
            chip = known.pop(data.tag, None) or self._create(data)
            if chip.data != data:
                chip.set_data(data)
            chips.append(chip)
        for chip in self._chips:
            if chip.leaving and not restart:
                chips.insert(min(self._chips.index(chip), len(chips)), chip)
            elif chip.leaving:
                known[chip.data.tag] = chip
        if chips != self._chips:
            self._chips = chips
            self._lay_out()
        # The focus moves before its widget goes, or Qt would give it to somebody of its own choice.
        if focused is not None:
            self._focus(0 if restart else focused)
        for chip in known.values():
            chip.hide()
            chip.deleteLater()

    def release(self, tag: str) -> None:
        """Take answers for a tag again: what was asked for could not be done."""
        chip = self.chip(tag)
        if chip is not None:
            chip.set_data(chip.data)

    def focus_first(self) -> None:
        """Give the first chip the focus."""
        self._focus(0)

    # -- focus -------------------------------------------------------------------------------
    def _focused_index(self) -> int | None:
        if self.hasFocus():
            return 0
        holder = QApplication.focusWidget()
        chips = self.chips
        if isinstance(holder, Chip) and holder in chips:
            return chips.index(holder)
        return None

    def _focus(self, index: int) -> None:
        chips = self.chips
        if chips:
            chips[min(index, len(chips) - 1)].setFocus(Qt.FocusReason.TabFocusReason)
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        else:
            # Hold the focus until chips come, so that it is not lost between two photos.
            self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_step(self, distance: int) -> None:
        index = self._focused_index()
        if index is not None and 0 <= index + distance < len(self.chips):
            self._focus(index + distance)

    # -- chips -------------------------------------------------------------------------------
    def _create(self, data: ChipData) -> Chip:
        chip = Chip(data, self._theme, self)
        chip.accepted.connect(self.accepted)
        chip.dismissed.connect(self._on_dismissed)
        chip.menu_requested.connect(self.menu_requested)
        chip.why_requested.connect(self.why_requested)
        chip.step.connect(self._on_step)
        chip.pointed.connect(lambda inside: self.hint_changed.emit(chip.hint() if inside else ""))
        chip.faded.connect(lambda: self._on_faded(chip))
        return chip

    def _on_dismissed(self, tag: str) -> None:
        chip = self.chip(tag)
        if chip is not None:
            index = self._focused_index()
            chip.fade_out()
            if index is not None:
                self._focus(index)
        self.dismissed.emit(tag)

    def _on_faded(self, chip: Chip) -> None:
        if chip not in self._chips:
            return
        index = self._focused_index()
        self._chips.remove(chip)
        self._lay_out()
        if index is not None:
            self._focus(index)
        chip.hide()
        chip.deleteLater()

    def _lay_out(self) -> None:
        # Else Qt would arrange all of them, and all around them, after each one that appears.
        self._flow.setEnabled(False)
        while self._flow.takeAt(0) is not None:
            continue
        before: QWidget = self
        for chip in self._chips:
            self._flow.addWidget(chip)
            chip.show()
            QWidget.setTabOrder(before, chip)
            before = chip
        self._flow.setEnabled(True)
        self._flow.invalidate()
        self.updateGeometry()


class Flight(QLabel):
    """A picture of a chip on its way from one place to another, above everything else."""

    def __init__(self, picture: QPixmap, start: QRect, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setPixmap(picture)
        self.setGeometry(QRect(start.topLeft(), picture.deviceIndependentSize().toSize()))

    def fly_to(self, end: QPoint) -> QPropertyAnimation:
        """Move there and vanish; return the running animation."""
        animation = QPropertyAnimation(self, b"pos", self)
        animation.setDuration(CHIP_MOTION_MS)
        animation.setEndValue(end)
        animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        animation.finished.connect(self.deleteLater)
        self.show()
        self.raise_()
        animation.start()
        return animation
