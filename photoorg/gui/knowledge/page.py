"""The page “Tidy up tags”: what could be merged or put in order, one click each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from photoorg.core.changes import MergeTags
from photoorg.core.knowledge import Proposal
from photoorg.core.library import LibraryPort
from photoorg.core.records import ProposalKind
from photoorg.gui.icons import IconSet
from photoorg.gui.knowledge.proposal_row import ProposalRow
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import SPACE_EMPTY, SPACE_GROUP, SPACE_ITEM, ThemeService
from photoorg.gui.widgets.build import create_icon_button, create_label

_WIDTH = 900
"""Longer rows are hard to follow from the tags to the buttons."""

MOST_ROWS = 60
"""Shown at once, the surest of each kind; others move up as these are decided."""

_GROUPS = (
    (ProposalKind.SAME_WORD, "The same word, written twice"),
    (ProposalKind.SAME_MEANING, "Tags that mean the same"),
    (ProposalKind.PARENT, "Tags that belong under another"),
)


class TidyPage(QWidget):
    """Shows proposals by kind; a decided one goes at once, and the next has the focus.

    Signals:
        closed: go back to the photos.
        operation_requested(Operation): carry this out.
    """

    closed = Signal()
    operation_requested = Signal(object)

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        theme: ThemeService,
        icons: IconSet,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._theme = theme
        self._proposals: list[Proposal] = []
        self._rows: list[ProposalRow] = []
        self._title = create_label("Tidy up tags", "title")
        self._said = create_label("", "dimmed", wrap=True)
        self._close = create_icon_button(icons, "close", "Back to the photos")
        self._close.clicked.connect(self.closed)
        self._nothing = create_label("", "empty")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing_hint = create_label("", wrap=True)
        self._nothing_hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self._scroll = QScrollArea()
        self._inner = QWidget()
        self._column = QVBoxLayout(self._inner)
        self._build()

    def _build(self) -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "window")
        self.setAccessibleName("Tidy up tags")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        inner = self._inner
        inner.setProperty("surface", "window")
        inner.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        inner.setMaximumWidth(_WIDTH)
        column = self._column
        column.setContentsMargins(0, 0, SPACE_ITEM, SPACE_EMPTY)
        column.addStretch(1)
        column.addWidget(self._nothing)
        column.addWidget(self._nothing_hint)
        column.addLayout(self._list)
        column.addStretch(3)
        self._scroll.setWidget(inner)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._said)
        head = QHBoxLayout()
        head.addLayout(words, 1)
        head.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        page = QVBoxLayout(self)
        page.setContentsMargins(SPACE_EMPTY, SPACE_GROUP, SPACE_EMPTY, 0)
        page.setSpacing(SPACE_GROUP)
        page.addLayout(head)
        page.addWidget(self._scroll, 1)

    # -- what is shown ------------------------------------------------------------------------
    @property
    def proposals(self) -> tuple[Proposal, ...]:
        """Those that are not decided yet."""
        return tuple(self._proposals)

    @property
    def rows(self) -> list[ProposalRow]:
        """What is on show, from the top."""
        return list(self._rows)

    @property
    def nothing(self) -> str:
        """What is said in place of a list, or ""."""
        return self._nothing.text()

    def show_busy(self) -> None:
        """Say that the tags are being looked at, unless there is something to see already."""
        if not self._proposals:
            self._say_nothing(
                "Looking at your tags…",
                "With hundreds of tags this takes a little while. You can go on meanwhile.",
            )

    def show_problem(self, message: str) -> None:
        """Say why there can be no proposals."""
        self._proposals = []
        self._fill()
        self._say_nothing("Tags cannot be compared now", message)

    def set_proposals(self, proposals: Sequence[Proposal]) -> None:
        """Show these; the place in the list is kept."""
        if list(proposals) == self._proposals and self.rows:
            return
        self._proposals = list(proposals)
        place = self._scroll.verticalScrollBar().value()
        self._fill()
        self._scroll.verticalScrollBar().setValue(place)

    def _fill(self) -> None:
        while (item := self._list.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._rows = []
        for kind, title in _GROUPS:
            of_kind = [each for each in self._proposals if each.kind is kind]
            if of_kind:
                heading = create_label(f"{title}  ·  {len(of_kind):,}", "dimmed")
                heading.setContentsMargins(0, SPACE_GROUP, 0, SPACE_ITEM // 2)
                self._list.addWidget(heading)
            for proposal in of_kind[: max(1, MOST_ROWS // len(_GROUPS))]:
                row = self._create_row(proposal)
                self._rows.append(row)
                self._list.addWidget(row)
        count = len(self._proposals)
        self._said.setText(
            f"{count:,} {'proposal' if count == 1 else 'proposals'}. Each is one step that can be"
            " undone; a name that is merged away stays as another name of the tag."
            if count
            else ""
        )
        self._said.setVisible(bool(count))
        self._say_nothing(
            "" if count else "Your tags are tidy",
            "" if count else "New proposals come with new tags and photos.",
        )

    def _say_nothing(self, headline: str, hint: str) -> None:
        # A list begins at the top, a word in its place stands a little above the middle.
        self._column.setStretch(0, int(bool(headline)))
        self._nothing.setText(headline)
        self._nothing.setVisible(bool(headline))
        self._nothing_hint.setText(hint)
        self._nothing_hint.setVisible(bool(hint))

    def _create_row(self, proposal: Proposal) -> ProposalRow:
        row = ProposalRow(proposal, self._library, self._tasks, self._theme)
        row.accepted.connect(lambda: self._decide(row, accepted=True))
        row.dismissed.connect(lambda: self._decide(row, accepted=False))
        return row

    # -- what the person does -----------------------------------------------------------------
    def _decide(self, row: ProposalRow, *, accepted: bool) -> None:
        rows = self.rows
        place = rows.index(row)
        proposal = row.proposal
        gone = {proposal.tag} if accepted and isinstance(proposal.operation, MergeTags) else set()
        self._proposals = [
            each
            for each in self._proposals
            if each is not proposal and not gone & {each.tag, each.other}
        ]
        had_focus = row.accept.hasFocus() or row.dismiss.hasFocus()
        self._fill()
        if had_focus and (left := self.rows):
            left[min(place, len(left) - 1)].accept.setFocus(Qt.FocusReason.OtherFocusReason)
        elif had_focus:
            self._close.setFocus(Qt.FocusReason.OtherFocusReason)
        self.operation_requested.emit(proposal.operation if accepted else proposal.dismissal)

    def focus(self) -> None:
        """Take the focus; Tab leads to the first proposal, so that no key decides by chance."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)
