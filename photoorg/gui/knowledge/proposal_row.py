"""One proposal: the two tags with sample photos, why, and what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from photoorg.core.knowledge import Proposal
from photoorg.core.library import LibraryPort
from photoorg.core.records import ProposalKind
from photoorg.gui.knowledge.samples import SampleStrip
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import SPACE_GROUP, SPACE_ITEM, SPACE_PANEL, ThemeService
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_button, create_label
from photoorg.gui.widgets.elided_label import ElidedLabel

_SIDE = 48
_SAMPLES = 2
_BUTTON = 92
_BETWEEN = 40
_NARROW = 560


class ProposalRow(QWidget):
    """Two tags side by side with the two answers.

    Signals:
        accepted: do it.
        dismissed: do not propose it again.
    """

    accepted = Signal()
    dismissed = Signal()

    def __init__(
        self,
        proposal: Proposal,
        library: LibraryPort,
        tasks: TaskRunner,
        theme: ThemeService,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.proposal = proposal
        is_parent = proposal.kind is ProposalKind.PARENT
        self.accept = create_button("Put under" if is_parent else "Merge")
        self.dismiss = create_button("Not this", "quiet")
        what = (
            f"Put “{proposal.tag}” under “{proposal.other}”"
            if is_parent
            else f"Merge “{proposal.tag}” into “{proposal.other}”"
        )
        self.accept.setAccessibleName(what)
        self.accept.setToolTip(what)
        self.dismiss.setToolTip("Do not propose this again")
        for button in (self.accept, self.dismiss):
            button.setMinimumWidth(_BUTTON)
        self.accept.clicked.connect(self.accepted)
        self.dismiss.clicked.connect(self.dismissed)
        sides = QHBoxLayout()
        sides.setSpacing(SPACE_PANEL)
        tag_side = _side(
            library,
            tasks,
            theme,
            proposal.tag,
            wording.photos(proposal.tag_count),
            proposal.tag_thumbnails,
        )
        other_count = (
            wording.photos(proposal.other_count)
            if proposal.other_count or proposal.other_thumbnails
            else "a new tag"
        )
        other_side = _side(
            library, tasks, theme, proposal.other, other_count, proposal.other_thumbnails
        )
        between = create_label("under" if is_parent else "into", "dimmed")
        between.setFixedWidth(_BETWEEN)
        between.setAlignment(Qt.AlignmentFlag.AlignCenter)
        sides.addWidget(tag_side, 1)
        sides.addWidget(between)
        sides.addWidget(other_side, 1)
        # It says how sure it is in words, since 0.93 would promise too much.
        reason = ElidedLabel(f"{_sure(proposal.confidence)}: {proposal.reason}")
        reason.setProperty("kind", "dimmed")
        words = QVBoxLayout()
        words.setSpacing(SPACE_ITEM // 2)
        words.addLayout(sides)
        words.addWidget(reason)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, SPACE_ITEM, 0, SPACE_ITEM)
        row.setSpacing(SPACE_GROUP)
        row.addLayout(words, 1)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(SPACE_ITEM)
        self._buttons.addWidget(self.accept, 0, Qt.AlignmentFlag.AlignVCenter)
        self._buttons.addWidget(self.dismiss, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(self._buttons)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # In a narrow window the names go before the photos.
        narrow = event.size().width() < _NARROW
        direction = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        self._buttons.setDirection(direction)
        for strip in self.findChildren(SampleStrip):
            strip.setVisible(not narrow)


def _sure(confidence: float) -> str:
    if confidence >= 0.85:
        return "Almost certain"
    return "Likely" if confidence >= 0.65 else "Possible"


def _side(
    library: LibraryPort,
    tasks: TaskRunner,
    theme: ThemeService,
    name: str,
    count: str,
    keys: tuple[str, ...],
) -> QWidget:
    """Return one of the two tags: its photos, its name and how many there are."""
    side = QWidget()
    # Both sides are of one width, whatever they show, so that rows stand below each other.
    side.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    words = QVBoxLayout()
    words.setSpacing(0)
    words.addStretch(1)
    words.addWidget(ElidedLabel(name))
    words.addWidget(create_label(count, "dimmed"))
    words.addStretch(1)
    row = QHBoxLayout(side)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACE_ITEM)
    if keys:
        row.addWidget(SampleStrip(library, tasks, theme, keys, side=_SIDE, most=_SAMPLES))
    else:
        side.setMinimumHeight(_SIDE)
    row.addLayout(words, 1)
    return side
