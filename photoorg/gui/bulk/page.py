"""Suggestions for a selection, tag by tag, with the photos that each would be given to."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSlider, QVBoxLayout, QWidget

from photoorg.core.changes import ConfirmTags, Operation, RejectTag
from photoorg.core.progress import Progress
from photoorg.gui.bulk.notice import Notice
from photoorg.gui.bulk.row import TagRow
from photoorg.gui.bulk.source import BulkSource, Suggested
from photoorg.gui.icons import IconSet
from photoorg.gui.theme import SPACE_EMPTY, SPACE_GROUP, SPACE_ITEM, ThemeService
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_button, create_icon_button, create_label
from photoorg.gui.widgets.elided_label import ElidedLabel
from photoorg.gui.widgets.thumbs import Thumbs

ROWS: Final = 24
"""Tags shown; those behind them are right on fewer photos than anybody would look through."""

_LEAST, _MOST = 15, 95
_SLIDER_WIDTH: Final = 200


class SuggestPage(QWidget):
    """Asks from which probability on suggestions are accepted, and shows what that comes to.

    Signals:
        operation_requested(Operation): carry this out.
        closed(): go back to the photos.
    """

    operation_requested = Signal(object)
    closed = Signal()

    def __init__(
        self,
        source: BulkSource,
        thumbs: Thumbs,
        theme: ThemeService,
        icons: IconSet,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._source = source
        self._thumbs = thumbs
        self._theme = theme
        self._rows: dict[str, TagRow] = {}
        self._refusal = ""
        self._title = create_label("", "title")
        self._about = ElidedLabel()
        self._about.setProperty("kind", "dimmed")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self._likely = create_label("")
        self._sum = create_label("", "dimmed")
        self.accept_button = create_button("", "primary")
        self.close_button = create_icon_button(icons, "close", "Back to the photos")
        self._list = QWidget()
        self._column = QVBoxLayout(self._list)
        self._state = Notice()
        self._choice = QWidget()
        self._build()
        self.slider.valueChanged.connect(lambda value: source.set_least(value / 100))
        self.accept_button.clicked.connect(self._on_accept_all)
        self.close_button.clicked.connect(self.closed)
        self._state.back_requested.connect(self.closed)
        source.changed.connect(self._on_changed)
        source.progressed.connect(self._on_progress)
        source.refused.connect(self._on_refused)
        self._show()

    def _build(self) -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "window")
        self.setAccessibleName("Suggest tags")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._about)
        head = QHBoxLayout()
        head.setSpacing(SPACE_ITEM)
        head.addLayout(words, 1)
        head.addWidget(self.accept_button)
        head.addWidget(self.close_button)
        self.slider.setRange(_LEAST, _MOST)
        self.slider.setFixedWidth(_SLIDER_WIDTH)
        self.slider.setAccessibleName("How likely a tag must be")
        self._likely.setMinimumWidth(self._likely.fontMetrics().horizontalAdvance(_likely(0.88)))
        choice = QHBoxLayout(self._choice)
        choice.setContentsMargins(0, 0, 0, 0)
        choice.setSpacing(SPACE_ITEM)
        choice.addWidget(self.slider)
        choice.addWidget(self._likely)
        choice.addWidget(self._sum, 1)
        self._column.setContentsMargins(0, 0, 0, SPACE_GROUP)
        self._column.setSpacing(0)
        self._column.addWidget(self._state)
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self._list)
        for ground in (self._list, scroll.viewport()):
            ground.setAutoFillBackground(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_EMPTY, SPACE_GROUP, SPACE_GROUP, 0)
        column.setSpacing(SPACE_GROUP)
        column.addLayout(head)
        column.addWidget(self._choice)
        column.addWidget(scroll, 1)

    # -- what is shown -----------------------------------------------------------------------
    @property
    def rows(self) -> tuple[TagRow, ...]:
        """The rows on show, in order."""
        shown = [row for row in self._rows.values() if not row.isHidden()]
        return tuple(sorted(shown, key=self._column.indexOf))

    @property
    def summary(self) -> str:
        return self._sum.text()

    @property
    def state(self) -> str:
        """What is said where there are no rows."""
        return self._state.text

    def focus(self) -> None:
        """Take the keyboard."""
        self.slider.setFocus(Qt.FocusReason.OtherFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()
        if self._refusal:
            self._on_refused(self._refusal)

    def _on_changed(self) -> None:
        self._refusal = ""
        # For each selection there are suggestions, and hardly ever does somebody look at this page.
        if self.isVisible():
            self._show()

    def _on_refused(self, why: str) -> None:
        self._refusal = why
        self._state.say("There are no suggestions", why, back=True)

    def _show(self) -> None:
        count = len(self._source.photo_ids)
        self._title.setText(f"Suggest tags for {wording.photos(count)}")
        blocked = self.slider.blockSignals(True)
        self.slider.setValue(round(self._source.least * 100))
        self.slider.blockSignals(blocked)
        self._likely.setText(_likely(self._source.least))
        suggested = self._source.suggested
        if suggested is None:
            self._drop_rows()
            self._about.setText(" ")
            if count:
                self._state.say("Looking for tags…")
            else:
                self._state.say("No photo is selected", "Select some to see their tags.", back=True)
        else:
            self._show_rows(suggested)
        self._update_sum()

    def _show_rows(self, suggested: Suggested) -> None:
        least = self._source.least
        found = [each for each in suggested.answer.suggestions if each.above(least)]
        likely = found[:ROWS]
        unseen = suggested.answer.unseen
        facts = [f"{wording.photos(unseen)} not looked at yet." if unseen else ""]
        facts.append("Click a photo to leave it out." if likely else "")
        if len(found) > ROWS:
            facts.append(f"The first {ROWS} of {len(found):,} tags; the others follow.")
        self._about.setText(" ".join(filter(None, facts)) or " ")
        wanted = {each.tag for each in likely}
        for tag in [tag for tag in self._rows if tag not in wanted]:
            self._rows[tag].hide()
        for place, each in enumerate(likely):
            row = self._rows.get(each.tag) or self._create_row(each.tag)
            if self._column.indexOf(row) != place:
                self._column.insertWidget(place, row)
            row.show_suggestion(each, suggested.rows, least, len(self._source.photo_ids))
            row.show()
        if likely:
            self._state.say("")
        elif suggested.answer.suggestions:
            self._state.say(
                "No tag is so likely", "Move the slider to the left to see less sure ones."
            )
        elif unseen == suggested.answer.asked:
            self._state.say(
                "These photos were not looked at yet", "Suggestions come once they are.", back=True
            )
        else:
            self._state.say("Nothing to suggest", "Every likely tag is decided already.", back=True)

    def _create_row(self, tag: str) -> TagRow:
        row = self._rows[tag] = TagRow(tag, self._thumbs, self._theme)
        row.accepted.connect(self._on_accept)
        row.rejected.connect(self._on_reject)
        row.left_out_changed.connect(self._update_sum)
        return row

    def _drop_rows(self) -> None:
        for row in self._rows.values():
            row.hide()
            row.deleteLater()
        self._rows.clear()

    def _update_sum(self) -> None:
        chosen = [row.chosen for row in self.rows]
        tags = sum(map(len, chosen))
        photos = len({photo for each in chosen for photo in each})
        given = "1 tag" if tags == 1 else f"{tags:,} tags"
        self._sum.setText(f"accepts {given} on {wording.photos(photos)}" if tags else "")
        self.accept_button.setText(f"Accept {given}" if tags else "Accept")
        self.accept_button.setEnabled(bool(tags))
        suggested = self._source.suggested
        some = suggested is not None and bool(suggested.answer.suggestions)
        self.accept_button.setVisible(some)
        self._choice.setVisible(some)

    def _on_progress(self, progress: Progress) -> None:
        if self._source.suggested is None:
            done = f"{progress.done:,} of {wording.photos(progress.total)}"
            self._state.say("Looking for tags…", done)

    # -- what the person does ----------------------------------------------------------------
    def _request(self, operation: Operation) -> None:
        self.operation_requested.emit(operation)

    def _on_accept(self, tag: str) -> None:
        photos = self._rows[tag].chosen
        self._request(ConfirmTags(((tag, photos),)))
        self._source.settle({tag: frozenset(photos)})

    def _on_reject(self, tag: str) -> None:
        photos = self._rows[tag].shown
        self._request(RejectTag(tag, photos))
        self._source.settle({tag: frozenset(photos)})

    def _on_accept_all(self) -> None:
        pairs = tuple((row.tag, row.chosen) for row in self.rows if row.chosen)
        if pairs:
            self._request(ConfirmTags(pairs))
            self._source.settle({tag: frozenset(photos) for tag, photos in pairs})

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)


def _likely(least: float) -> str:
    return f"at least {wording.percent(least)} likely"
