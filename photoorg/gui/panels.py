"""The panels at the sides: whether the person wants them, and whether there is room for them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from photoorg.gui.centre import Centre
from photoorg.gui.inspector.inspector import Inspector
from photoorg.gui.sidebar import Sidebar
from photoorg.gui.top_bar import TopBar


class Panels(QObject):
    """Shows and hides sidebar, inspector and top bar.

    Attributes:
        sidebar_wanted: what the person chose; remembered for the next time.
        inspector_wanted: the same.
    """

    def __init__(
        self, centre: Centre, top_bar: TopBar, sidebar: Sidebar, inspector: Inspector
    ) -> None:
        super().__init__(centre)
        self._centre = centre
        self._top_bar = top_bar
        self._sidebar = sidebar
        self._inspector = inspector
        self.sidebar_wanted = True
        self.inspector_wanted = True

    def toggle_sidebar(self) -> None:
        self.sidebar_wanted = not self.sidebar_wanted
        self.update()

    def toggle_inspector(self) -> None:
        """Fold the inspector or unfold it; it has nothing to say beside a page of its own."""
        if not self._has_no_photos:
            self.inspector_wanted = not self.inspector_wanted
            self.update()

    def want_inspector(self) -> None:
        """Unfold the inspector: something in it is about to be used."""
        self.inspector_wanted = True
        self.update()

    def update(self) -> None:
        """Show the panels that are wanted; first run and review are screens of their own."""
        room = not (self._centre.is_first_run or self._centre.is_immersed)
        self._top_bar.setVisible(room)
        self._sidebar.setVisible(room and self.sidebar_wanted)
        self._sidebar.set_page_shown(
            models=self._centre.shows_models, quality=self._centre.shows_quality
        )
        self._inspector.setVisible(room and self.inspector_wanted and not self._has_no_photos)

    @property
    def _has_no_photos(self) -> bool:
        """Whether the middle shows nothing that the inspector could tell more of."""
        return self._centre.shows_models or self._centre.shows_quality or self._centre.shows_added


def lay_out(page: QWidget, top: QWidget, beside: Sequence[QWidget], bottom: QWidget) -> None:
    """Put a bar, what stands beside each other below it, and another bar onto a page.

    The second of those beside each other gets the room that the others leave.
    """
    middle = QHBoxLayout()
    middle.setContentsMargins(0, 0, 0, 0)
    middle.setSpacing(0)
    for place, part in enumerate(beside):
        middle.addWidget(part, int(place == 1))
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(top)
    column.addLayout(middle, 1)
    column.addWidget(bottom)
