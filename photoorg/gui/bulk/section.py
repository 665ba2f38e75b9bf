"""Suggestions for all selected photos, as chips in the inspector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from photoorg.core.bulk import BulkSuggestion
from photoorg.core.changes import ConfirmTag, RejectTag
from photoorg.core.progress import Progress
from photoorg.gui.bulk.source import BulkSource
from photoorg.gui.inspector.chips import ChipBoard
from photoorg.gui.theme import SPACE_ITEM, ThemeService
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_button, create_label
from photoorg.gui.widgets.chip import Chip, ChipData, ChipKind

CHIPS: Final = 10
WORTH_TELLING: Final = 512
"""Of more photos it is told how far the work is."""


class BulkSection(QWidget):
    """Chips that say of how many of the photos a tag is likely; a click accepts it for those.

    Signals:
        operation_requested(Operation): carry this out.
        page_requested(): show the suggestions photo by photo.
        accepting(Chip): this chip is about to go where confirmed tags are.
    """

    operation_requested = Signal(object)
    page_requested = Signal()
    accepting = Signal(object)

    def __init__(
        self, source: BulkSource, theme: ThemeService, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.source = source
        self._title = create_label("Suggested", "dimmed")
        self.board = ChipBoard(theme)
        self.board.setAccessibleName("Suggested tags")
        self._hint = create_label(" ", "dimmed")
        self._state = create_label("", "dimmed", wrap=True)
        self.button = create_button("", "link")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._title)
        column.addWidget(self.board)
        column.addWidget(self._hint)
        column.addWidget(self._state)
        column.addWidget(self.button)
        column.addSpacing(SPACE_ITEM)
        self.board.accepted.connect(self._on_accepted)
        self.board.dismissed.connect(self._on_dismissed)
        self.board.menu_requested.connect(self._on_menu)
        self.board.hint_changed.connect(lambda text: self._hint.setText(text or " "))
        self.button.clicked.connect(self.page_requested)
        source.changed.connect(self._show)
        source.progressed.connect(self._on_progress)
        source.refused.connect(self._say)
        self._show()

    @property
    def state(self) -> str:
        """What is said beside the chips: that the work goes on, or what is missing."""
        return "" if self._state.isHidden() else self._state.text()

    def release(self) -> None:
        """Take answers again: what was asked for could not be done."""
        for chip in self.board.chips:
            self.board.release(chip.data.tag)
        self.source.refresh()

    def _show(self) -> None:
        suggested = self.source.suggested
        count = len(self.source.photo_ids)
        self.button.setText(f"Suggest tags for {wording.photos(count)}…")
        if suggested is None:
            self.board.set_chips([], restart=True)
            self._set_parts(chips=False, button=False)
            self._say("Looking for tags…" if count else "")
            return
        chips = [data for each in suggested.answer.suggestions if (data := self._chip(each))]
        self.board.set_chips(chips[:CHIPS])
        some = bool(suggested.answer.suggestions)
        self._set_parts(chips=bool(chips), button=some)
        unseen = suggested.answer.unseen
        if unseen:
            self._say(f"{wording.photos(unseen)} not looked at yet.")
        elif not some:
            self._say("No tags to suggest for these photos.")
        elif not chips:
            sure = wording.percent(self.source.least)
            self._say(f"No tag is at least {sure} likely on any of them.")
        else:
            self._say("")

    def _chip(self, suggestion: BulkSuggestion) -> ChipData | None:
        """Return the chip of a tag, or None where no photo is likely enough to deserve it."""
        above = suggestion.above(self.source.least)
        if not above:
            return None
        sure = sum(probability for _, probability in suggestion.photos[: len(above)])
        note = f"{len(above):,} of {len(self.source.photo_ids):,}"
        return ChipData(suggestion.tag, ChipKind.SUGGESTED, sure / len(above), note)

    def _set_parts(self, *, chips: bool, button: bool) -> None:
        self._title.setVisible(chips)
        self.board.setVisible(chips or self.board.hasFocus())
        self._hint.setVisible(chips)
        self.button.setVisible(button)

    def _say(self, text: str) -> None:
        self._state.setText(text)
        self._state.setVisible(bool(text))

    def _on_progress(self, progress: Progress) -> None:
        if progress.total >= WORTH_TELLING and self.source.suggested is None:
            self._say(f"Looking for tags… {progress.done:,} of {progress.total:,} photos")

    # -- what the person does ----------------------------------------------------------------
    def _of(self, tag: str) -> BulkSuggestion | None:
        suggested = self.source.suggested
        found = suggested.answer.suggestions if suggested else ()
        return next((each for each in found if each.tag == tag), None)

    def _on_accepted(self, tag: str) -> None:
        suggestion, chip = self._of(tag), self.board.chip(tag)
        if suggestion is None or chip is None:
            return
        self.accepting.emit(chip)
        photos = suggestion.above(self.source.least)
        self.operation_requested.emit(ConfirmTag(tag, photos))
        self.source.settle({tag: frozenset(photos)})

    def _on_dismissed(self, tag: str) -> None:
        suggestion = self._of(tag)
        if suggestion is not None:
            photos = suggestion.above(self.source.least)
            self.operation_requested.emit(RejectTag(tag, photos))
            self.source.settle({tag: frozenset(photos)})

    def _on_menu(self, tag: str, position: QPoint) -> None:
        chip = self.board.chip(tag)
        if chip is not None:
            menu = self.create_menu(chip)
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(position)

    def create_menu(self, chip: Chip) -> QMenu:
        """Return the context menu of a chip."""
        menu = QMenu(self)
        actions: list[tuple[str, Callable[[], object]]] = [
            ("Add tag", chip.accept),
            ("Not this tag", chip.dismiss),
            ("See the photos…", self.page_requested.emit),
        ]
        for text, act in actions:
            menu.addAction(text, act)
        return menu
