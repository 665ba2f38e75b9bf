"""A popover with the tags that have most to do with one, each with sample photos."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from photoorg.core.knowledge import RelatedTag
from photoorg.core.library import LibraryPort
from photoorg.gui.icons import IconSet
from photoorg.gui.knowledge.placing import open_popover
from photoorg.gui.knowledge.samples import SampleStrip
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import SPACE_ITEM, SPACE_PANEL, ThemeService
from photoorg.gui.widgets.build import create_button, create_icon_button, create_label
from photoorg.gui.widgets.elided_label import ElidedLabel
from photoorg.gui.widgets.popover import Popover

_WIDTH = 320
_MOST = 6
_SIDE = 32
_SAMPLES = 3
_NAME_WIDTH = 110


class RelatedPopover(Popover):
    """One click shows the photos of a related tag, another gives it to those that are selected.

    Signals:
        chosen(str): show the photos of this tag.
        tag_requested(str): give this tag to the photos that are selected.
    """

    chosen = Signal(str)
    tag_requested = Signal(str)

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        theme: ThemeService,
        icons: IconSet,
        parent: QWidget,
    ) -> None:
        super().__init__(theme, parent)
        self._library = library
        self._tasks = tasks
        self._icons = icons
        self._corner = QPoint()
        self._title = ElidedLabel()
        self._said = create_label("", "dimmed", wrap=True)
        self._close = create_icon_button(icons, "close", "Close")
        self._close.clicked.connect(self.hide)
        self._list = QVBoxLayout()
        self._list.setSpacing(SPACE_ITEM)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_PANEL, SPACE_ITEM, SPACE_ITEM, SPACE_PANEL)
        column.setSpacing(SPACE_ITEM)
        column.addLayout(head)
        column.addWidget(self._said)
        column.addLayout(self._list)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.hide()

    @property
    def said(self) -> str:
        """What stands in place of a list."""
        return self._said.text()

    def open_at(self, tag: str, corner: QPoint) -> None:
        """Find what is related to a tag and show it.

        Args:
            tag: the tag.
            corner: upper left corner, in the window's coordinates.
        """
        self._corner = corner
        self._title.setText(f"Related to “{tag}”")
        self._show_rows((), "Looking at the photos…")
        self.setFixedWidth(_WIDTH)
        open_popover(self, corner)
        self.setFocus(Qt.FocusReason.PopupFocusReason)
        self._tasks.run(
            lambda: self._library.knowledge.related(tag, _MOST),
            lambda found: self._show_rows(
                found, "" if found else "No other tag has to do with it yet."
            ),
            self._on_error,
            key=(id(self), "related"),
            owner=self,
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            return
        super().keyPressEvent(event)

    def _on_error(self, error: Exception) -> None:
        self.hide()
        self._tasks.failed.emit(error)

    def _show_rows(self, found: Sequence[RelatedTag], said: str) -> None:
        while (item := self._list.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._said.setText(said)
        self._said.setVisible(bool(said))
        for related in found:
            row = self._row(related)
            self._list.addWidget(row)
            row.show()  # or the size would be reckoned without it
        if self.isVisible():
            self.updateGeometry()
            open_popover(self, self._corner)

    def _row(self, related: RelatedTag) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_ITEM)
        show = create_button("", "place")
        end = Qt.TextElideMode.ElideRight
        show.setText(show.fontMetrics().elidedText(related.name, end, _NAME_WIDTH))
        show.setAccessibleName(related.name)
        show.setToolTip(f"Show photos tagged “{related.name}”")
        show.clicked.connect(lambda: self._on_chosen(related.name))
        give = create_icon_button(self._icons, "plus", f"Tag the selected photos “{related.name}”")
        give.clicked.connect(lambda: self.tag_requested.emit(related.name))
        strip = SampleStrip(
            self._library,
            self._tasks,
            self._theme,
            related.thumbnail_keys,
            side=_SIDE,
            most=_SAMPLES,
        )
        row.addWidget(strip)
        row.addWidget(show, 1)
        row.addWidget(give)
        return line

    def _on_chosen(self, tag: str) -> None:
        self.hide()
        self.chosen.emit(tag)
