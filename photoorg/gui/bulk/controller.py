"""Joins selection, pages and library: tags for many photos at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu

from photoorg.core.changes import ChangeKind, ChangeSet
from photoorg.core.errors import PhotoorgError
from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.gui.bulk.page import SuggestPage
from photoorg.gui.bulk.spread_page import Spread, SpreadPage, find_alike
from photoorg.gui.centre import Centre, CentrePage
from photoorg.gui.editing import EditController
from photoorg.gui.icons import IconSet
from photoorg.gui.inspector.inspector import Inspector
from photoorg.gui.photo_actions import PhotoActions
from photoorg.gui.sidebar import Sidebar
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import ThemeService
from photoorg.gui.widgets.thumbs import Thumbs

TAGS_IN_MENU: Final = 12
_KEY: Final = "spread"


class BulkController(QObject):
    """Opens the two pages, keeps them up to date, and hands on what they ask for.

    Args:
        library: asked from tasks alone.
        tasks: runs them.
        edits: carries out what is decided.
        centre: where the pages are shown.
        inspector: leads to them, and shows the same suggestions for the selection.
        sidebar: leads to them from a tag.
        actions: leads to them from the menu of the chosen photos.
        thumbs: pictures photos.
        show_page: brings a page of the centre into view.
    """

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        edits: EditController,
        centre: Centre,
        inspector: Inspector,
        sidebar: Sidebar,
        actions: PhotoActions,
        thumbs: Thumbs,
        theme: ThemeService,
        icons: IconSet,
        show_page: Callable[[CentrePage], None],
    ) -> None:
        super().__init__(inspector)
        self._library = library
        self._tasks = tasks
        self._inspector = inspector
        self._source = source = inspector.bulk.source
        self._thumbs = thumbs
        self._show_page = show_page
        self._seeds: tuple[PhotoId, ...] = ()
        self.page = SuggestPage(source, thumbs, theme, icons)
        self.spread = SpreadPage(thumbs, theme, icons)
        centre.add(CentrePage.SUGGEST, self.page)
        centre.add(CentrePage.SPREAD, self.spread)
        for page in (self.page, self.spread):
            page.operation_requested.connect(edits.apply)
            page.closed.connect(lambda: show_page(CentrePage.PHOTOS))
        edits.failed.connect(source.refresh)
        inspector.bulk.page_requested.connect(self.open_page)
        inspector.spread_requested.connect(self.open_spread)
        sidebar.spread_requested.connect(self.open_spread)
        actions.suggestions_requested.connect(self.suggest_for)
        actions.menu_opening.connect(self._on_menu)

    def open_page(self) -> None:
        """Show suggestions for the selected photos, tag by tag."""
        if self._source.photo_ids:
            self._show_page(CentrePage.SUGGEST)
            self.page.focus()

    def suggest_for(self, photo_ids: Sequence[PhotoId]) -> None:
        """Show suggestions for some photos, tag by tag."""
        self._source.set_photos(photo_ids)
        self.open_page()

    def open_spread(self, tag: str, seeds: Sequence[PhotoId] = ()) -> None:
        """Show photos that a tag may be given to.

        Args:
            tag: its name.
            seeds: photos that they are to be like; none for all that carry the tag.
        """
        self._seeds = tuple(seeds)
        self.spread.begin(tag)
        self._show_page(CentrePage.SPREAD)
        self.spread.focus()
        self._find()

    def _on_menu(self, menu: QMenu) -> None:
        """Offer to pass on the tags of the chosen photos, which the inspector has read already."""
        photos, tags = self._inspector.photo_ids, self._inspector.tags
        if not tags:
            return
        given = menu.addMenu("Give a tag to similar photos")
        for tag in tags[:TAGS_IN_MENU]:
            # An ampersand would be taken for the mark of a key.
            name = tag.replace("&", "&&")
            given.addAction(f"{name}…", partial(self.open_spread, tag, photos))

    def release(self) -> None:
        """Stop what is under way and let go of the small photos; the window closes."""
        self._source.set_photos(())
        self._thumbs.shutdown()

    def on_change(self, changes: ChangeSet) -> None:
        """Ask again where a change concerns what is shown."""
        self._source.on_change(changes)
        relevant = changes.kinds & {ChangeKind.TAGS, ChangeKind.VECTORS}
        if relevant and self.spread.isVisible():
            self._find()

    def _find(self) -> None:
        tag, seeds = self.spread.tag, self._seeds

        def on_found(spread: Spread) -> None:
            if spread.alike.tag == self.spread.tag:
                self.spread.show_spread(spread)

        self._tasks.run(
            lambda: find_alike(self._library, tag, seeds),
            on_found,
            self._on_error,
            key=_KEY,
            owner=self,
        )

    def _on_error(self, error: Exception) -> None:
        if isinstance(error, PhotoorgError):
            self.spread.show_problem(str(error))
        else:
            self._tasks.failed.emit(error)
