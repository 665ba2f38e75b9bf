"""The line above an answer: how much was found, in which order, and what was made of the words."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from photoorg.core.query import Filter, Order, Query
from photoorg.core.records import SearchResults
from photoorg.gui.search.chips import ChipSort, chips_of
from photoorg.gui.theme import SPACE_CHIP, SPACE_ITEM, SPACE_PANEL, ThemeService
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_button, create_label
from photoorg.gui.widgets.elided_label import ElidedLabel
from photoorg.search.tokens import Kind, tokens

LINE_HEIGHT: Final = 32
SECOND_HEIGHT: Final = 24
_ORDERS: Final = ((Order.RELEVANCE, "Relevance"), (Order.NEWEST, "Date"))


class ResultsLine(QWidget):
    """Is there only while an answer is on show; a second line only where there is more to say.

    Signals:
        search_requested(str): ask this instead; the text of the box is to be it.
        more_requested: show what is less relevant too.
        save_requested: keep the search as an album.
        update_requested(str): keep it as the album of this name.
    """

    search_requested = Signal(str)
    more_requested = Signal()
    save_requested = Signal()
    update_requested = Signal(str)

    def __init__(self, theme: ThemeService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._literal = ""
        self._album = ""
        self.count = create_label()
        self.more = create_button("Show more", "link")
        self.correction = ElidedLabel()
        self.instead = create_button("", "link")
        self.notice = ElidedLabel()
        self.notice.setProperty("kind", "dimmed")
        self._sort_label = create_label("Sort", "dimmed")
        self.orders: dict[Order, QPushButton] = {}
        self.save = create_button("", "quiet")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "window")
        self._build()
        self.more.clicked.connect(self.more_requested)
        self.instead.clicked.connect(lambda: self.search_requested.emit(self._literal))
        self.save.clicked.connect(self._on_save)
        self.hide()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_PANEL, 0, SPACE_ITEM, 0)
        column.setSpacing(0)
        line = QHBoxLayout()
        line.setSpacing(SPACE_ITEM)
        line.addWidget(self.count)
        line.addWidget(self.more)
        line.addStretch(1)
        line.addWidget(self._sort_label)
        group = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(0)
        for order, label in _ORDERS:
            button = create_button(label, "segment")
            button.setCheckable(True)
            button.setAccessibleName(f"Sort by {label.lower()}")
            button.clicked.connect(lambda _checked=False, chosen=order: self._on_order(chosen))
            group.addButton(button)
            row.addWidget(button)
            self.orders[order] = button
        line.addLayout(row)
        line.addWidget(self.save)
        self._first = QWidget()
        self._first.setFixedHeight(LINE_HEIGHT)
        line.setContentsMargins(0, 0, 0, 0)
        self._first.setLayout(line)
        column.addWidget(self._first)
        self._second = QWidget()
        self._second.setFixedHeight(SECOND_HEIGHT)
        said = QHBoxLayout(self._second)
        said.setContentsMargins(0, 0, 0, SPACE_CHIP)
        said.setSpacing(SPACE_CHIP)
        said.addWidget(self.correction)
        said.addWidget(self.instead)
        said.addWidget(self.notice)
        said.addStretch(1)
        column.addWidget(self._second)

    # -- what the window calls ---------------------------------------------------------------
    def show_answer(
        self,
        text: str,
        query: Query | None,
        results: SearchResults,
        shown: int,
        *,
        within: str = "",
    ) -> None:
        """Say how an answer came about.

        Args:
            text: what was searched for; "" for photos like another.
            query: the same, read; None where it was not typed.
            results: the answer.
            shown: how many of its photos are on show.
            within: the folder or tag that alone was searched, or "" for the whole library.
        """
        self._text = text
        more = len(results.hits) > shown > 0
        # Of an empty answer the page tells.
        found = f"{wording.photos(shown)} in “{within}”" if within else wording.photos(shown)
        self.count.setText(found if shown else "")
        self.more.setVisible(more)
        self._show_correction(results.corrected)
        self.notice.setText(results.notice)
        self._second.setVisible(bool(results.notice or results.corrected))
        judged = query is not None and any(not isinstance(p, Filter) for p in query.leaves())
        for part in (self._sort_label, *self.orders.values()):
            part.setVisible(judged and shown > 0)
        if query is not None:
            order = query.sort.order if query.sort is not None else Order.RELEVANCE
            self.orders[Order.RELEVANCE if order is Order.RELEVANCE else Order.NEWEST].setChecked(
                True
            )
        self.save.setVisible(bool(text))
        self.show()

    def set_album(self, album: str, *, changed: bool) -> None:
        """Say to which album the search belongs, and whether it is another search by now."""
        self._album = album if changed else ""
        if album and not changed:
            self.save.setText(f"Album “{_short(album)}”")
        else:
            self.save.setText(f"Update “{_short(album)}”" if album else "Save as album")
        self.save.setEnabled(not album or changed)
        self.save.setToolTip("Keep this search (Ctrl+S)" if not album else "")

    def _show_correction(self, corrected: tuple[tuple[str, str], ...]) -> None:
        used = ", ".join(f"“{word}”" for _, word in corrected)
        typed = ", ".join(f"“{word}”" for word, _ in corrected)
        self.correction.setText(f"Showing photos for {used} ·" if corrected else "")
        self.correction.setVisible(bool(corrected))
        self.instead.setText(f"Search for {typed} instead")
        self.instead.setVisible(bool(corrected))
        self._literal = as_typed(self._text, [word for word, _ in corrected])

    def _on_order(self, order: Order) -> None:
        self.search_requested.emit(with_order(self._text, order))

    def _on_save(self) -> None:
        if self._album:
            self.update_requested.emit(self._album)
        else:
            self.save_requested.emit()


def with_order(text: str, order: Order) -> str:
    """Return a search text that asks for an order; relevance goes without saying."""
    kept = text
    for chip in reversed(chips_of(text)):
        if chip.sort is ChipSort.ORDER:
            kept = kept[: chip.start].rstrip() + kept[chip.end :]
    kept = kept.strip()
    return kept if order is Order.RELEVANCE else f"{kept} sort:{order}"


def as_typed(text: str, words: list[str]) -> str:
    """Return a search text with some words in quotes, in which they mean what they say."""
    wanted = {word.casefold() for word in words}
    for token in reversed(tokens(text)):
        if token.kind is Kind.WORD and token.value.casefold() in wanted:
            start = token.span.end - len(token.value)
            text = f'{text[:start]}"{token.value}"{text[token.span.end :]}'
    return text


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}…"
