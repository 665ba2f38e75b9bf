"""The middle of the window: the photos, or a page that says why there are none."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from photoorg.core.records import Alternative, FolderNode
from photoorg.gui.browsing import Place
from photoorg.gui.failures import FailuresPanel
from photoorg.gui.grid.view import GridView
from photoorg.gui.icons import IconSet
from photoorg.gui.models.page import ModelsPage
from photoorg.gui.pages import EmptyPage, ErrorBanner, FirstRunPage
from photoorg.gui.quality.screens import QualityScreens
from photoorg.gui.search.results_line import ResultsLine
from photoorg.gui.theme import SPACE_ITEM, ThemeService


class CentrePage(Enum):
    """What can be asked for in place of the photos."""

    PHOTOS = "photos"
    FAILURES = "failures"
    MODELS = "models"
    QUALITY = "quality"
    SUGGEST = "suggest"
    SPREAD = "spread"
    TIDY = "tidy"


class Centre(QWidget):
    """Holds the pages and decides which one is on show."""

    def __init__(
        self,
        view: GridView,
        models: ModelsPage,
        quality: QualityScreens,
        theme: ThemeService,
        icons: IconSet,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.view = view
        self.models = models
        self.quality = quality
        self.first_run = FirstRunPage(theme, icons)
        self.empty = EmptyPage(theme, icons)
        self.failures = FailuresPanel(theme, icons)
        self.banner = ErrorBanner(theme, icons)
        self.results = ResultsLine(theme)
        self._pages = QStackedWidget()
        for page in (view, self.first_run, self.empty, self.failures, models, quality):
            self._pages.addWidget(page)
        self._added: dict[CentrePage, QWidget] = {}
        self._wanted = CentrePage.PHOTOS
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        banner_room = QVBoxLayout()
        banner_room.setContentsMargins(SPACE_ITEM, 0, SPACE_ITEM, 0)
        banner_room.addWidget(self.banner)
        column.addLayout(banner_room)
        column.addWidget(self.results)
        column.addWidget(self._pages, 1)

    def add(self, page: CentrePage, widget: QWidget) -> None:
        """Take in what is shown for a page that has the whole room beside the sidebar."""
        self._added[page] = widget
        self._pages.addWidget(widget)

    @property
    def page(self) -> QWidget | None:
        """What is on show."""
        return self._pages.currentWidget()

    @property
    def is_first_run(self) -> bool:
        return self.page is self.first_run

    @property
    def shows_models(self) -> bool:
        return self.page is self.models

    @property
    def shows_quality(self) -> bool:
        return self.page is self.quality

    @property
    def is_immersed(self) -> bool:
        """Whether what is on show leaves room for nothing else."""
        return self.shows_quality and self.quality.immersed

    @property
    def shows_added(self) -> bool:
        """Whether a page is on show that somebody added."""
        return self.page in self._added.values()

    @property
    def wanted(self) -> CentrePage:
        """What was asked for last."""
        return self._wanted

    def want(self, page: CentrePage) -> None:
        """Ask for a page, or for the photos again; then call `update_page`."""
        self._wanted = page

    def update_page(
        self,
        place: Place,
        folders: Sequence[FolderNode] | None,
        count: int,
        *,
        near: int,
        working: bool,
        alternatives: Sequence[Alternative] = (),
    ) -> None:
        """Show the page that fits.

        Args:
            place: where the person is.
            folders: of the library; None while they are not known.
            count: photos in the grid.
            near: hits of an answer that are not shown, because they hardly match.
            working: whether background work runs, which may bring photos.
            alternatives: changed searches that find something where an answer is empty.
        """
        self.results.setVisible(place.is_answer and self._wanted is CentrePage.PHOTOS)
        if self._wanted is CentrePage.FAILURES:
            self._show(self.failures)
        elif self._wanted is CentrePage.MODELS:
            self._show(self.models)
        elif self._wanted is CentrePage.QUALITY:
            self._show(self.quality)
        elif self._wanted in self._added:
            self._show(self._added[self._wanted])
        elif count or folders is None:
            self._show(self.view)
        elif not folders and not place.is_answer:
            self._show(self.first_run)
        elif place.text:
            self.empty.show_no_results(place.text, near=near, alternatives=alternatives)
            self._show(self.empty)
        elif place.is_answer:
            self.empty.show_nothing_similar(place.name, near=near)
            self._show(self.empty)
        elif place.scope.tag is not None:
            self.empty.show_no_tagged(place.scope.tag)
            self._show(self.empty)
        elif working:
            self._show(self.view)
        else:
            self._show_empty_folder(place, folders)

    def _show_empty_folder(self, place: Place, folders: Sequence[FolderNode]) -> None:
        path = place.scope.folder or folders[0].path
        present = {node.path: node.present for top in folders for node in _all_below(top)}
        if present.get(path, True):
            self.empty.show_empty_folder(path.name or str(path))
        else:
            self.empty.show_missing_folder(path.name or str(path))
        self._show(self.empty)

    def _show(self, page: QWidget) -> None:
        if self._pages.currentWidget() is not page:
            self._pages.setCurrentWidget(page)


def _all_below(node: FolderNode) -> list[FolderNode]:
    """Return a folder and all below it."""
    found = [node]
    for child in node.children:
        found.extend(_all_below(child))
    return found
