"""The sidebar: where photos are, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QSignalBlocker,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QMenu, QVBoxLayout, QWidget

from photoorg.core.albums import Album
from photoorg.core.changes import (
    AddTag,
    ChangeKind,
    ChangeSet,
    DeleteAlbum,
    MergeTags,
    MoveAlbum,
    RenameAlbum,
    RenameTag,
    SetParent,
)
from photoorg.core.library import LibraryPort
from photoorg.core.records import FolderNode, PhotoScope, TagCount
from photoorg.gui.icons import IconSet
from photoorg.gui.knowledge.tag_menu import TagMenu
from photoorg.gui.search.completing import quoted
from photoorg.gui.sidebar_delegate import SidebarDelegate
from photoorg.gui.sidebar_model import Role, Row, RowKind, SidebarModel
from photoorg.gui.sidebar_tree import SidebarTree
from photoorg.gui.tag_picker import TagPicker
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import SIDEBAR_WIDTH, SPACE_ITEM, ThemeService
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_labelled_button
from photoorg.gui.widgets.photo_mime import local_paths_of

LOOKS_LIKE = "Find untagged photos that look like this"

FILTER_FROM = 16
"""From this many tags on there is a field to filter them."""

_REFRESH_MS = 300
"""Counts change often while photos are read; the eye needs them no faster."""

_RELEVANT = frozenset(
    {
        ChangeKind.FOLDERS,
        ChangeKind.TAGS,
        ChangeKind.ALBUMS,
        ChangeKind.PHOTOS_ADDED,
        ChangeKind.PHOTOS_REMOVED,
    }
)


class Sidebar(QWidget):
    """Lists folders and tags and says which photos to show.

    Signals:
        scope_selected(PhotoScope): show these photos.
        add_folder_requested: ask the person for a folder.
        models_requested: show the models.
        quality_requested(str): show how good the suggestions are, of this tag or with "" of all.
        failures_requested: show the files that could not be read.
        folders_dropped(tuple[Path, ...]): folders were dropped to be added.
        remove_folder_requested(Path): take a folder out of the library.
        rescan_requested: look for changes on disk.
        reveal_requested(Path): show a folder in the file manager.
        operation_requested(Operation): carry this out.
        album_selected(Album): run this album's search.
        albums_known(list[Album]): the albums were read again.
        search_requested(str): search for this everywhere.
        spread_requested(str): give this tag to photos like those that carry it.
        tidy_requested: show what could be tidied up among the tags.
    """

    album_selected = Signal(object)
    albums_known = Signal(object)
    search_requested = Signal(str)
    scope_selected = Signal(object)
    add_folder_requested = Signal()
    models_requested = Signal()
    quality_requested = Signal(str)
    failures_requested = Signal()
    folders_dropped = Signal(object)
    remove_folder_requested = Signal(object)
    rescan_requested = Signal()
    reveal_requested = Signal(object)
    operation_requested = Signal(object)
    spread_requested = Signal(str)
    tidy_requested = Signal()

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
        self._scope = PhotoScope()
        self._album = ""
        self._expanded: set[Path] = set()
        self._open_tags: set[str] = set()
        self._picker = TagPicker(library, tasks, theme, self)
        self.tag_menu = TagMenu(library, tasks, theme, icons, self)
        self._model = SidebarModel(self)
        self._tree = SidebarTree()
        self._tree.setModel(self._model)
        self._tree.setItemDelegate(SidebarDelegate(theme, icons, self._tree))
        self._filter = QLineEdit()
        self._filter.setPlaceholderText("Filter tags")
        self._filter.setAccessibleName("Filter tags")
        self._filter.setClearButtonEnabled(False)
        self._filter.hide()
        self._models = create_labelled_button(icons, "models", "Models", "place")
        self._models.setToolTip("Models that suggest tags, and training (Ctrl+M)")
        self._models.setCheckable(True)
        self._quality = create_labelled_button(icons, "quality", "Tag quality", "place")
        self._quality.setToolTip("How good the suggestions are, and review (Ctrl+Shift+M)")
        self._quality.setCheckable(True)
        self._add = create_labelled_button(icons, "folder-add", "Add folder", "place")
        self._failures = create_labelled_button(icons, "warning", "", "place")
        self._failures.hide()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REFRESH_MS)
        self._build()
        self._connect(theme)
        self.refresh()

    def _build(self) -> None:
        self.setFixedWidth(SIDEBAR_WIDTH)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "panel")
        self.setAcceptDrops(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_ITEM, SPACE_ITEM, SPACE_ITEM, SPACE_ITEM)
        column.setSpacing(SPACE_ITEM)
        column.addWidget(self._tree, 1)
        column.addWidget(self._filter)
        foot = QVBoxLayout()
        foot.setSpacing(SPACE_ITEM // 2)
        for place in (self._failures, self._quality, self._models, self._add):
            foot.addWidget(place)
        column.addLayout(foot)

    def _connect(self, theme: ThemeService) -> None:
        self._timer.timeout.connect(self._read)
        self._add.clicked.connect(self.add_folder_requested)
        self._failures.clicked.connect(self.failures_requested)
        self._models.clicked.connect(self._on_models)
        self._quality.clicked.connect(self._on_quality)
        self._filter.textChanged.connect(self._on_filter)
        self._tree.selectionModel().currentChanged.connect(self._on_current)
        self._tree.released.connect(self._on_released)
        self._tree.menu_requested.connect(self._on_menu)
        self._tree.expanded.connect(lambda index: self._remember(index, expanded=True))
        self._tree.collapsed.connect(lambda index: self._remember(index, expanded=False))
        self._model.rename_requested.connect(self._on_rename)
        self._model.tag_moved.connect(self._on_tag_moved)
        self._model.album_rename_requested.connect(
            lambda name, new: self.operation_requested.emit(RenameAlbum(name, new))
        )
        self._model.album_moved.connect(
            lambda name, place: self.operation_requested.emit(MoveAlbum(name, place))
        )
        self._tree.delete_requested.connect(self._on_delete)
        self._model.tag_dropped.connect(
            lambda tag, photos: self.operation_requested.emit(AddTag(tag, photos))
        )
        self._picker.picked.connect(
            lambda tag, into: self.operation_requested.emit(MergeTags(tag, into))
        )
        self.tag_menu.operation_requested.connect(self.operation_requested)
        self.tag_menu.scope_requested.connect(self.scope_selected)
        theme.changed.connect(self._tree.viewport().update)

    # -- what the window calls ---------------------------------------------------------------
    @property
    def scope(self) -> PhotoScope:
        """The photos chosen here."""
        return self._scope

    def select_scope(self, scope: PhotoScope, album: str = "") -> None:
        """Mark a scope, or the album of a name, as what is shown, without asking for it."""
        self._scope = scope
        self._album = album
        self._mark_scope()

    def set_failures(self, count: int) -> None:
        """Say how many files could not be read, and lead to them; nothing where there are none."""
        text = f"{wording.files(count)} not read"
        self._failures.setText(f"\N{THIN SPACE}{text}")
        self._failures.setAccessibleName(text)
        self._failures.setVisible(bool(count))

    def set_page_shown(self, *, models: bool, quality: bool) -> None:
        """Mark the models or tag quality as what is on show, or the photos again."""
        if models or quality:
            self._tree.selectionModel().clearSelection()
        elif self._models.isChecked() or self._quality.isChecked():
            self._mark_scope()
        self._models.setChecked(models)
        self._quality.setChecked(quality)

    def on_change(self, changes: ChangeSet) -> None:
        """Read everything again where a change concerns it, a few times a second."""
        relevant = set(_RELEVANT)
        if self._model.rowCount(self._model.albums_index):
            relevant.add(ChangeKind.PHOTOS_CHANGED)  # a rating may decide who is in an album
        if changes.kinds & relevant and not self._timer.isActive():
            self._timer.start()

    def refresh(self) -> None:
        """Read folders and tags now."""
        self._timer.stop()
        self._read()

    # -- filling -----------------------------------------------------------------------------
    def _read(self) -> None:
        self._tasks.run(
            lambda: (self._library.folders(), self._library.tags(), self._library.albums.all()),
            self._on_read,
            key=(id(self), "sidebar"),
            owner=self,
        )

    def _on_read(
        self, answer: tuple[Sequence[FolderNode], Sequence[TagCount], Sequence[Album]]
    ) -> None:
        if self._tree.state() is QAbstractItemView.State.EditingState:
            # New rows would close the editor and lose what is being typed.
            self._timer.start()
            return
        folders, tags, albums = answer
        scroll = self._tree.verticalScrollBar().value()
        with QSignalBlocker(self._tree.selectionModel()):
            self._model.set_folders(folders)
            self._model.set_albums(albums)
            self._model.set_tags(tags)
        self._filter.setVisible(len(tags) >= FILTER_FROM)
        self._restore()
        self._tree.verticalScrollBar().setValue(scroll)
        self.albums_known.emit(list(albums))

    def _restore(self) -> None:
        """Open what was open and mark what was marked, after rows were replaced."""
        model = self._model
        for section in (model.folders_index, model.albums_index, model.tags_index):
            self._tree.setRowHidden(section.row(), QModelIndex(), not model.rowCount(section))
            self._tree.setExpanded(section, True)
        folders = self._model.row_of(self._model.folders_index)
        for folder in folders.walk():
            # Folders that were added are open at first, those below them are not.
            if folder.path in self._expanded or (folder.top and len(folders.children) == 1):
                self._tree.setExpanded(self._model.index_of(folder), True)
        for tag in self._model.row_of(self._model.tags_index).walk():
            if tag.children and (self._filter.text() or tag.label in self._open_tags):
                self._tree.setExpanded(self._model.index_of(tag), True)
        self._mark_scope()

    def _mark_scope(self) -> None:
        self._model.keep(self._scope.tag)
        album = self._model.index_of_album(self._album)
        index = album if album.isValid() else self._model.index_of_scope(self._scope)
        selection = self._tree.selectionModel()
        with QSignalBlocker(selection):
            if index.isValid():
                flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
                selection.setCurrentIndex(index, flag)
            else:
                selection.clear()
        self._tree.viewport().update()

    def _remember(self, index: QModelIndex, *, expanded: bool) -> None:
        row = self._model.row_of(index)
        path = row.path
        if row.kind is RowKind.TAG and not self._filter.text():
            (self._open_tags.add if expanded else self._open_tags.discard)(row.label)
        if path is not None and expanded:
            self._expanded.add(path)
        elif path is not None:
            self._expanded.discard(path)

    # -- what the person does ----------------------------------------------------------------
    def _on_models(self) -> None:
        # It is checked once the models are on show, not by the click itself.
        self._models.setChecked(False)
        self.models_requested.emit()

    def _on_quality(self) -> None:
        self._quality.setChecked(False)
        self.quality_requested.emit("")

    def _on_current(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        row = self._model.row_of(index)
        if row.kind in (RowKind.TAG, RowKind.ALBUM) and self._tree.held:
            return  # it may be about to be dragged, and the photos on show are to stay
        if row.kind is RowKind.ALBUM:
            if row.label == self._album:
                return
            self._album = row.label
            self.album_selected.emit(Album(row.label, row.query, row.count))
            return
        scope = row.scope()
        if scope is not None and (scope != self._scope or self._album):
            self._scope, self._album = scope, ""
            self.scope_selected.emit(scope)

    def _on_released(self, dragged: bool) -> None:
        if dragged:
            self._mark_scope()
        else:
            self._on_current(self._tree.currentIndex())

    def _on_filter(self, text: str) -> None:
        with QSignalBlocker(self._tree.selectionModel()):
            self._model.set_filter(text)
        self._restore()
        if text:
            self._tree.setRowHidden(self._model.tags_index.row(), QModelIndex(), False)
            position = QAbstractItemView.ScrollHint.PositionAtTop
            self._tree.scrollTo(self._model.tags_index, position)

    def _on_rename(self, tag: str, name: str) -> None:
        # A name that is taken means that the two are one; undo parts them again.
        taken = name in self._model.tag_names
        self.operation_requested.emit(MergeTags(tag, name) if taken else RenameTag(tag, name))

    def _on_tag_moved(self, tag: str, above: str | None) -> None:
        if above is not None:
            self._open_tags.add(above)  # to be seen where it went
        self.operation_requested.emit(SetParent(tag, above))

    def _on_menu(self, index: QModelIndex, position: QPoint) -> None:
        row = index.data(Role.ROW)
        menu = self.create_menu(row, index) if isinstance(row, Row) else None
        if menu is not None:
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(position)

    def create_menu(self, row: Row, index: QModelIndex) -> QMenu | None:
        """Return the context menu of a row, None for headings."""
        menu = QMenu(self)
        path = row.path
        if row.kind is RowKind.FOLDER and path is not None:
            show = menu.addAction("Show in file manager")
            show.triggered.connect(lambda: self.reveal_requested.emit(path))
            show.setEnabled(row.present)
            menu.addAction("Rescan", self.rescan_requested.emit)
            if row.top:
                menu.addSeparator()
                remove = menu.addAction("Remove from library")
                remove.triggered.connect(lambda: self.remove_folder_requested.emit(path))
        elif row.kind is RowKind.TAG:
            self._fill_tag_menu(menu, row, index)
        elif index == self._model.tags_index:
            menu.addAction("Tidy up tags…", self.tidy_requested.emit)
        elif row.kind is RowKind.ALBUM:
            menu.addAction("Show photos", lambda: self._tree.setCurrentIndex(index))
            menu.addSeparator()
            menu.addAction("Rename", lambda: self._tree.edit(index))
            menu.addAction("Delete album", lambda: self._on_delete(row))
        elif row.kind is RowKind.ALL:
            menu.addAction("Add folder…", self.add_folder_requested.emit)
            menu.addAction("Rescan", self.rescan_requested.emit)
        else:
            menu.deleteLater()
            return None
        return menu

    def _fill_tag_menu(self, menu: QMenu, row: Row, index: QModelIndex) -> None:
        """Add what a tag offers: finding, giving and judging, its names, its place in the tree."""
        tag, looks = row.label, f"looks:{quoted(row.label)}"
        menu.addAction("Show photos", lambda: self._tree.setCurrentIndex(index))
        menu.addAction(LOOKS_LIKE, lambda: self.search_requested.emit(looks))
        self.tag_menu.add_related(menu, row, lambda: self._corner(index))
        menu.addSeparator()
        menu.addAction("Give to similar photos…", lambda: self.spread_requested.emit(tag))
        menu.addAction("Quality and review", lambda: self.quality_requested.emit(tag))
        menu.addSeparator()
        menu.addAction("Rename", lambda: self._tree.edit(index))
        self.tag_menu.add_names(menu, row, lambda: self._corner(index))
        menu.addAction("Merge into…", lambda: self._pick_target(row, index))
        menu.addSeparator()
        self.tag_menu.add_places(menu, row, lambda: self._corner(index))

    def _on_delete(self, row: Row) -> None:
        """Delete an album: undo brings it back. Tags and folders have no such key."""
        if row.kind is RowKind.ALBUM:
            self.operation_requested.emit(DeleteAlbum(row.label))

    def _pick_target(self, row: Row, index: QModelIndex) -> None:
        self._picker.open_at(row.label, self._corner(index))

    def _corner(self, index: QModelIndex) -> QPoint:
        """Return where a popover about a row opens, in the window's coordinates."""
        corner = self._tree.visualRect(index).bottomLeft()
        return self._tree.viewport().mapTo(self.window(), corner)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._filter.hasFocus():
            self._filter.clear()
            self._tree.setFocus()
            return
        super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(path.is_dir() for path in local_paths_of(event.mimeData())):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        folders = tuple(path for path in local_paths_of(event.mimeData()) if path.is_dir())
        if folders:
            event.acceptProposedAction()
            self.folders_dropped.emit(folders)
