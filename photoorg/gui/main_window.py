"""The window: puts the parts in their places and joins their signals. It decides little itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QSettings, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget

from photoorg.core.changes import ChangeKind, ChangeSet
from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.core.progress import Progress
from photoorg.core.records import PhotoScope
from photoorg.gui.albums.controller import AlbumsController
from photoorg.gui.browsing import BrowseController, Place
from photoorg.gui.bulk.controller import BulkController
from photoorg.gui.centre import Centre, CentrePage
from photoorg.gui.commands import Commands
from photoorg.gui.desktop import reveal
from photoorg.gui.editing import EditController
from photoorg.gui.engines.section import EnginesSection
from photoorg.gui.events import LibraryEvents
from photoorg.gui.failure_news import FailureNews
from photoorg.gui.folders import FolderController
from photoorg.gui.grid.drag import PhotoDrag
from photoorg.gui.grid.model import GridModel
from photoorg.gui.grid.view import GridView
from photoorg.gui.icons import IconSet
from photoorg.gui.inspector.inspector import Inspector
from photoorg.gui.knowledge.controller import KnowledgeController
from photoorg.gui.models.compare_view import CompareView
from photoorg.gui.models.controller import ModelsController
from photoorg.gui.models.page import ModelsPage
from photoorg.gui.pages import UndoToast
from photoorg.gui.panels import Panels, lay_out
from photoorg.gui.photo_actions import PhotoActions
from photoorg.gui.problems import ProblemReporter
from photoorg.gui.quality.controller import QualityController
from photoorg.gui.quality.screens import QualityScreens
from photoorg.gui.quality.wiring import connect_quality
from photoorg.gui.search.bar import SearchBar
from photoorg.gui.search.controller import SearchController
from photoorg.gui.search.recent import RecentSearches
from photoorg.gui.shortcuts import Command, ShortcutTable, Where
from photoorg.gui.sidebar import Sidebar
from photoorg.gui.status_bar import StatusBar
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import ThemeService
from photoorg.gui.thumbnails import ThumbnailLoader
from photoorg.gui.tile_look import TileLook
from photoorg.gui.top_bar import TopBar
from photoorg.gui.viewer.loader import PhotoReader
from photoorg.gui.viewer.viewer import Viewer
from photoorg.gui.why.controller import WhyController
from photoorg.gui.widgets.photo_mime import local_paths_of
from photoorg.gui.widgets.thumbs import Thumbs
from photoorg.gui.window_state import WindowState, load_keys, load_state, save_state


class MainWindow(QMainWindow):
    """Everything a person sees. Give it an open library; closing that is the caller's business."""

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        theme: ThemeService,
        icons: IconSet,
        settings: QSettings,
        read_photo: PhotoReader,
    ) -> None:
        super().__init__()
        self._library = library
        self._tasks = tasks
        self._settings = settings

        self.thumbnails = ThumbnailLoader(library.thumbnail_path, parent=self)
        self.thumbs = Thumbs(library.thumbnail_path, self)
        self.model = GridModel(library, tasks, self)
        self.view = GridView(
            self.model, self.thumbnails, theme, icons, PhotoDrag(library, tasks, theme, self)
        )
        self.viewer = Viewer(library, tasks, theme, icons, read_photo)
        self.sidebar = Sidebar(library, tasks, theme, icons)
        self.inspector = Inspector(library, tasks, theme, icons)
        self.search = SearchBar(library, tasks, theme, icons, RecentSearches(settings))
        self.top_bar = TopBar(icons, self.search)
        self.status = StatusBar(icons)
        compare, engines = CompareView(library, tasks, theme, icons), EnginesSection(library, tasks)
        models = ModelsPage(compare, engines, theme, icons)
        quality = QualityScreens(library, tasks, theme, icons, read_photo)
        self.centre = Centre(self.view, models, quality, theme, icons)
        self.panels = Panels(self.centre, self.top_bar, self.sidebar, self.inspector)
        self._browse_page = QWidget()
        self._pages = QStackedWidget()
        self._build()
        self.toast = UndoToast(theme, self._browse_page)

        self.events = LibraryEvents(library, self)
        self.edits = EditController(library, tasks, self)
        self.browse = BrowseController(library, tasks, self.model, self.view, self)
        self.folders = FolderController(library, tasks, self.edits, self)
        self.failure_news = FailureNews(
            library, tasks, self.centre.failures, self.status, self.sidebar, self
        )
        self.models = ModelsController(
            library, tasks, self.events, models, self.status, self._selected, self
        )
        self.quality = QualityController(library, tasks, self.events, self.edits, quality, self)
        self.albums = AlbumsController(
            self.search, self.centre.results, self.sidebar, self.edits, theme, self
        )
        self.asking = SearchController(self.search, self.centre, self.browse, self.sidebar, self)
        self.why = WhyController(
            library, tasks, self.inspector, self.viewer, self.thumbs, theme,
            lambda: self.browse.place.text,
        )  # fmt: skip
        self.problems = ProblemReporter(self.centre.banner, self)
        places: dict[Where, QWidget] = {
            Where.WINDOW: self,
            Where.PHOTOS: self.view,
            Where.VIEWER: self.viewer,
            Where.REVIEW: quality.review.asking,
        }
        self.commands = Commands(ShortcutTable(load_keys(settings)), places, self)
        self.look = TileLook(self.view, self.top_bar, self.commands)
        self.actions_on_photos = PhotoActions(library, tasks, self.edits, self, self.commands, self)
        self.bulk = BulkController(
            library, tasks, self.edits, self.centre, self.inspector, self.sidebar,
            self.actions_on_photos, self.thumbs, theme, icons, self.show_page,
        )  # fmt: skip
        self.knowledge = KnowledgeController(
            library, tasks, self.edits, self.centre, self.sidebar, self.toast, self.commands,
            self, theme, icons,
        )  # fmt: skip
        self._connect_library()
        self._connect_browsing()
        self._connect_editing()
        self._connect_commands()
        self._restore(load_state(settings))
        self.folders.refresh()
        self.browse.show_scope(PhotoScope())
        self.failure_news.refresh()
        self.status.set_progress(library.progress())

    # -- building -----------------------------------------------------------------------------
    def _build(self) -> None:
        self.setWindowTitle("photoorg")
        self.resize(1280, 800)
        self.setMinimumSize(800, 480)
        self.setAcceptDrops(True)
        beside = (self.sidebar, self.centre, self.inspector)
        lay_out(self._browse_page, self.top_bar, beside, self.status)
        self._pages.addWidget(self._browse_page)
        self._pages.addWidget(self.viewer)
        self.setCentralWidget(self._pages)

    # -- joining ------------------------------------------------------------------------------
    def _connect_library(self) -> None:
        self._tasks.failed.connect(self.problems.report)
        self.events.changed.connect(self._on_change)
        self.events.progressed.connect(self._on_progress)
        self.events.ended_early.connect(self.problems.report_end)
        self.view.visible_pending.connect(self._library.prioritise)
        self.status.pause_requested.connect(self._library.pause)
        self.status.resume_requested.connect(self._library.resume)
        self.status.cancel_requested.connect(self._library.cancel)
        for asked in (self.status.failures_requested, self.sidebar.failures_requested):
            asked.connect(lambda: self.show_page(CentrePage.FAILURES))
        for asked in (self.status.training_requested, self.sidebar.models_requested):
            asked.connect(lambda: self.show_page(CentrePage.MODELS))
        self.status.training_requested.connect(self.centre.models.open_training)
        for left in (self.centre.failures.closed, self.centre.models.closed):
            left.connect(lambda: self.show_page(CentrePage.PHOTOS))
        self.models.said.connect(self._say)
        self.models.model_changed.connect(self.inspector.refresh)
        self.models.model_changed.connect(self.why.refresh)
        self.centre.failures.retry_requested.connect(
            lambda: self._tasks.run(self._library.retry_failures, owner=self)
        )
        self.folders.known.connect(self._update_page)
        self.folders.connect_places(self.centre, self.sidebar)
        for part in (self.sidebar, self.inspector, self.centre.failures):
            part.reveal_requested.connect(reveal)

    def _connect_browsing(self) -> None:
        self.browse.place_changed.connect(self._on_place)
        self.browse.contents_changed.connect(self._update_page)
        self.sidebar.scope_selected.connect(self.show_scope)
        self.inspector.tag_activated.connect(lambda tag: self.show_scope(PhotoScope(tag=tag)))
        self.search.cleared.connect(self._on_search_cleared)
        self.search.left.connect(self.view.setFocus)
        self.search.selection_wanted.connect(self.actions_on_photos.add_to_search)
        self.actions_on_photos.search_requested.connect(self._on_photos_for_search)
        self.albums.run_requested.connect(self.asking.search_everywhere)
        self.centre.empty.clear_search_requested.connect(self.search.clear)
        self.status.clear_selection_requested.connect(self.view.clearSelection)
        self.top_bar.back_requested.connect(self.go_back)
        self.top_bar.sidebar_toggled.connect(self.panels.toggle_sidebar)
        self.top_bar.inspector_toggled.connect(self.panels.toggle_inspector)
        self.view.opened.connect(self.open_viewer)
        self.view.chosen.connect(self._on_chosen)
        self.view.menu_requested.connect(
            lambda place: self.actions_on_photos.show_menu(place, self.view)
        )
        self.viewer.closed.connect(self.close_viewer)
        self.why.photo_requested.connect(self.open_viewer)
        self.viewer.similar_requested.connect(self.find_similar)
        self.viewer.full_screen_requested.connect(self._set_full_screen)
        self.actions_on_photos.similar_requested.connect(self.find_similar)
        self.inspector.similar_requested.connect(self.find_similar)

    def _connect_editing(self) -> None:
        self.inspector.operation_requested.connect(self.edits.apply)
        self.inspector.step_requested.connect(self.view.step)
        self.inspector.left.connect(self.view.setFocus)
        self.actions_on_photos.tagging_requested.connect(self._on_tagging)
        self.edits.failed.connect(self.inspector.restore)
        self.edits.done.connect(self._on_edited)
        self.edits.undone.connect(lambda label: self._say_step("Undone", "undo", label))
        self.edits.undone.connect(self.inspector.restore)
        self.edits.redone.connect(lambda label: self._say_step("Done again", "redo", label))
        self.toast.undo_requested.connect(self.edits.undo)

    def _connect_commands(self) -> None:
        on = self.commands.on
        parts = (self.centre, self.sidebar, self.panels, self.commands)
        connect_quality(self.quality, self, *parts, self._say)
        on(Command.SEARCH, self._on_search_key)
        on(Command.SAVE_ALBUM, self.albums.save)
        on(Command.ADD_FOLDER, self.folders.choose)
        on(Command.TOGGLE_SIDEBAR, self.panels.toggle_sidebar)
        on(Command.TOGGLE_INSPECTOR, self.panels.toggle_inspector)
        on(Command.FULL_SCREEN, lambda: self._set_full_screen(not self.isFullScreen()))
        on(Command.SLIDESHOW, self._on_slideshow)
        on(Command.QUIT, self.close)
        on(Command.MODELS, self._on_models_key)
        on(Command.SHOW_WHY, self._on_why_key)
        on(Command.OPEN, self._on_open)
        on(Command.BACK, self._on_back)
        on(Command.SELECT_ALL, self.view.selectAll)
        on(Command.INVERT_SELECTION, self.view.invert_selection)
        on(Command.TOGGLE_SELECTED, self.view.toggle_current)
        on(Command.CLOSE_VIEWER, self._on_close_viewer)
        self.viewer.connect_commands(self.commands)

    # -- which photos are meant (PhotoChoice) -------------------------------------------------
    @property
    def in_viewer(self) -> bool:
        return self._pages.currentWidget() is self.viewer

    def current_photo(self) -> PhotoId | None:
        """Return the photo in the viewer, or the current one of the grid, or None."""
        return self.viewer.current_photo() if self.in_viewer else self.view.current_photo()

    def chosen_photos(self) -> tuple[PhotoId, ...]:
        """Return the photo in the viewer, or those selected in the grid."""
        if self.in_viewer:
            photo = self.viewer.current_photo()
            return () if photo is None else (photo,)
        return self._selected()

    def _selected(self) -> tuple[PhotoId, ...]:
        return tuple(map(PhotoId, self.view.selected_ids().tolist()))

    # -- going about --------------------------------------------------------------------------
    def show_scope(self, scope: PhotoScope) -> None:
        """Show everything, a folder or a tag."""
        self.centre.want(CentrePage.PHOTOS)
        self.search.reset()
        self.sidebar.select_scope(scope)
        self.browse.show_scope(scope)

    def find_similar(self, source: object) -> None:
        """Show photos like a PhotoId, a file or an encoded image."""
        if isinstance(source, Path):
            self._go_similar(source, source.name)
        elif isinstance(source, bytes):
            self._tasks.run(
                lambda: self._library.asking.keep_image(source),
                lambda path: self._go_similar(path, "pasted image"),
                owner=self,
            )
        elif isinstance(source, int):
            photo = PhotoId(source)
            place = self.model.place_of(photo)
            row = None if place is None else self.model.row(place)
            self._go_similar(photo, "this photo" if row is None else row.name)

    def _go_similar(self, source: PhotoId | Path, name: str) -> None:
        self.close_viewer()
        self.centre.want(CentrePage.PHOTOS)
        self.browse.find_similar(source, name)
        self.view.setFocus()

    def go_back(self) -> None:
        """Go back to where one was before the last answer."""
        self.browse.back()
        self.view.setFocus()

    def open_viewer(self, photo: PhotoId, among: tuple[PhotoId, ...] = ()) -> None:
        """Show a photo as large as the window, among those of the grid or some others."""
        self._pages.setCurrentWidget(self.viewer)
        self.viewer.open(np.asarray(among) if among else self.model.ids, photo)

    def close_viewer(self) -> None:
        """Go back to the grid, to the photo that was looked at last."""
        if not self.in_viewer:
            return
        photo = self.viewer.current_photo()
        self._pages.setCurrentWidget(self._browse_page)
        self.viewer.release()
        if self.isFullScreen():
            self.showNormal()
        if photo is not None and photo != self.view.current_photo():
            self.view.choose(photo)
        self.view.setFocus()

    def _on_open(self) -> None:
        if (photo := self.view.current_photo()) is not None:
            self.open_viewer(photo)

    def _on_back(self) -> None:
        if self.centre.wanted is not CentrePage.PHOTOS:
            self.show_page(CentrePage.PHOTOS)
        elif self.browse.place.is_answer:
            self.go_back()
        else:
            self.view.clearSelection()

    def _on_close_viewer(self) -> None:
        if self.viewer.in_slideshow:
            self.viewer.stop_slideshow()
        else:
            self.close_viewer()

    def _on_slideshow(self) -> None:
        if not self.in_viewer:
            if not len(self.model.ids):
                return
            first = PhotoId(int(self.model.ids[0]))
            self.open_viewer(self.view.current_photo() or first)
        self.viewer.toggle_slideshow()

    def _on_search_key(self) -> None:
        self.close_viewer()
        self.search.focus()

    def _on_photos_for_search(self, photos: tuple[PhotoId, ...], against: bool) -> None:
        self.close_viewer()
        self.search.add_photos(photos, against=against)

    def _on_search_cleared(self) -> None:
        self.browse.clear()
        self.view.setFocus()

    def _on_place(self, place: Place) -> None:
        self.albums.follow(place)
        self.top_bar.set_back_possible(possible=place.is_answer)
        why = "Why this photo?" if place.text else "What the model sees"
        self.commands.action(Command.SHOW_WHY, Where.PHOTOS).setText(why)
        self.top_bar.set_grouping_allowed(allowed=not place.is_answer)

    def _update_page(self) -> None:
        if not self.browse.loaded:
            return
        progress = self._library.progress()
        working = progress is not None and not progress.finished
        folders = self.folders.folders
        self.centre.update_page(
            self.browse.place,
            folders,
            len(self.model.ids),
            near=self.browse.answer.more,
            alternatives=self.browse.others,
            working=working,
        )
        self.panels.update()
        self.knowledge.set_shown(shown=self.centre.wanted is CentrePage.TIDY)

    # -- what changed -------------------------------------------------------------------------
    def _on_change(self, changes: ChangeSet) -> None:
        self.thumbnails.retry_absent()
        self.browse.on_change(changes)
        self.sidebar.on_change(changes)
        self.inspector.on_change(changes)
        self.knowledge.on_change(changes)
        self.bulk.on_change(changes)
        self.folders.on_change(changes)
        if changes.everything or ChangeKind.FAILURES in changes.kinds:
            self.failure_news.refresh()

    def _on_progress(self, progress: Progress) -> None:
        self.status.set_progress(progress)
        self.failure_news.tell()
        if progress.finished:
            self.folders.refresh()
            self.failure_news.refresh()
            self._update_page()

    def show_page(self, page: CentrePage) -> None:
        """Show the failures, the models, or the photos again."""
        self.close_viewer()
        self.centre.want(page)
        self._update_page()
        if page is CentrePage.MODELS:
            self.models.refresh()
            self.centre.models.focus()
        elif page is CentrePage.PHOTOS:
            self.view.setFocus()

    def _on_models_key(self) -> None:
        self.show_page(CentrePage.PHOTOS if self.centre.shows_models else CentrePage.MODELS)

    def _on_why_key(self) -> None:
        if not self.in_viewer:
            self.panels.want_inspector()
        self.why.toggle(self.current_photo())

    def _on_chosen(self) -> None:
        photos = self._selected()
        self.inspector.set_selection(photos)
        self.why.follow(photos[0] if len(photos) == 1 else None)
        self.status.set_selection(len(photos) if len(photos) > 1 else 0)

    def _on_edited(self, changes: ChangeSet) -> None:
        told = len(changes.photo_ids) > 1 or ChangeKind.ALBUMS in changes.kinds
        if told and changes.inverse is not None:
            self.toast.show_text(f"Done: {changes.label}")

    def _say_step(self, done: str, name: str, label: str) -> None:
        # A review says itself what it took back.
        if not self.centre.is_immersed:
            self._say(f"{done}: {label}" if label else f"There is nothing to {name}.")

    def _say(self, text: str) -> None:
        self.toast.show_text(text, undo=False)

    def _on_tagging(self) -> None:
        self.close_viewer()
        self.panels.want_inspector()
        self.inspector.focus_tag_edit()

    # -- how it looks -------------------------------------------------------------------------
    def _set_full_screen(self, wanted: bool) -> None:
        if wanted != self.isFullScreen():
            self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _restore(self, state: WindowState) -> None:
        if state.geometry is not None:
            self.restoreGeometry(state.geometry)
        self.panels.sidebar_wanted = state.sidebar
        self.panels.inspector_wanted = state.inspector
        self.look.restore(state)
        self.panels.update()
        self.view.setFocus()

    def state(self) -> WindowState:
        """Return what is remembered for the next time."""
        return WindowState(
            geometry=self.saveGeometry(),
            tile_size=self.view.tile_size,
            shape=self.view.tile_shape,
            grouping=self.view.grouping,
            sidebar=self.panels.sidebar_wanted,
            inspector=self.panels.inspector_wanted,
        )

    # -- events -------------------------------------------------------------------------------
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_paths_of(event.mimeData()) and event.source() is None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.folders.add(local_paths_of(event.mimeData()))
        event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:
        save_state(self._settings, self.state())
        event.accept()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange and self.in_viewer:
            self.viewer.setFocus()

    def release(self) -> None:
        """End threads and let go of the library; the window is of no use afterwards."""
        self.knowledge.set_shown(shown=False)
        self.events.close()
        self.thumbnails.shutdown()
        self.bulk.release()
