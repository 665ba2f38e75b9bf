"""The panels at the sides: whether the person wants them, and whether there is room for them."""

from __future__ import annotations

from PySide6.QtCore import QObject

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
        if not (self._centre.shows_models or self._centre.shows_added):
            self.inspector_wanted = not self.inspector_wanted
            self.update()

    def want_inspector(self) -> None:
        """Unfold the inspector: something in it is about to be used."""
        self.inspector_wanted = True
        self.update()

    def update(self) -> None:
        """Show the panels that are wanted; the first run is a screen of its own."""
        started = not self._centre.is_first_run
        models = self._centre.shows_models
        self._top_bar.setVisible(started)
        self._sidebar.setVisible(started and self.sidebar_wanted)
        self._sidebar.set_models_shown(shown=models)
        alone = models or self._centre.shows_added
        self._inspector.setVisible(started and self.inspector_wanted and not alone)
