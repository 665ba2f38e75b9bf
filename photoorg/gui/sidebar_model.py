"""The tree behind the sidebar: all photos, folders, albums, tags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from photoorg.core.albums import Album
from photoorg.core.records import FolderNode, PhotoScope, TagCount
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.photo_mime import PHOTO_MIME, photo_ids_of

Index = QModelIndex | QPersistentModelIndex


class RowKind(StrEnum):
    """What a row of the sidebar is."""

    ALL = "all"
    SECTION = "section"
    FOLDER = "folder"
    ALBUM = "album"
    TAG = "tag"
    NOTE = "note"


ALBUM_MIME = "application/x-photoorg-album"
"""An album's name, UTF-8."""

MOST_TAGS = 500
"""Tags listed at once. Nobody scrolls through more, and the tree lays out row by row."""

_CHOICE = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
# Joined once: the view asks thousands of times. Headings are not enabled, so that the arrow keys
# pass over them.
_FLAGS = {
    RowKind.ALL: _CHOICE,
    # Albums are dropped between others, which to the view is a drop on their heading.
    RowKind.SECTION: Qt.ItemFlag.ItemIsDropEnabled,
    RowKind.FOLDER: _CHOICE,
    RowKind.NOTE: Qt.ItemFlag.NoItemFlags,
    RowKind.ALBUM: _CHOICE | Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled,
    RowKind.TAG: _CHOICE
    | Qt.ItemFlag.ItemIsEditable
    | Qt.ItemFlag.ItemIsDropEnabled
    | Qt.ItemFlag.ItemIsDragEnabled,
}


TAG_MIME = "application/x-photoorg-tag"
"""What a dragged tag is handed over as: its name in UTF-8."""


class Role(int, Enum):
    """What the delegate and the view ask for besides Qt's own roles."""

    ROW = Qt.ItemDataRole.UserRole


@dataclass(slots=True, eq=False)
class Row:
    """One row; `eq=False` because two rows are the same only if they are one object.

    `count` is None where it is not known, `query` the search of an album.
    """

    kind: RowKind
    label: str
    count: int | None = 0
    path: Path | None = None
    present: bool = True
    top: bool = False
    query: str = ""
    parent: Row | None = None
    position: int = 0
    aliases: tuple[str, ...] = ()
    children: list[Row] = field(default_factory=list)

    def scope(self) -> PhotoScope | None:
        """Return the photos the row stands for; None for a heading or a note."""
        match self.kind:
            case RowKind.ALL:
                return PhotoScope()
            case RowKind.FOLDER:
                return PhotoScope(folder=self.path)
            case RowKind.TAG:
                return PhotoScope(tag=self.label)
            case RowKind.SECTION | RowKind.NOTE | RowKind.ALBUM:
                return None

    def adopt(self, children: list[Row]) -> None:
        """Take rows as children."""
        self.children = children
        for position, child in enumerate(children):
            child.parent = self
            child.position = position

    @property
    def depth(self) -> int:
        """Folders or tags above this one that are listed too."""
        above = self.parent
        opens = above is not None and above.kind in (RowKind.FOLDER, RowKind.TAG)
        return above.depth + 1 if above is not None and opens else 0

    def walk(self) -> Iterator[Row]:
        """Yield the rows below, parents first."""
        for child in self.children:
            yield child
            yield from child.walk()


def _folder_row(node: FolderNode, *, top: bool) -> Row:
    label = node.path.name or str(node.path)
    row = Row(RowKind.FOLDER, label, node.count, node.path, node.present, top)
    row.adopt([_folder_row(child, top=False) for child in node.children])
    return row


class SidebarModel(QAbstractItemModel):
    """Folders and tags as a tree. New counts change rows in place; only a new shape moves rows.

    Signals:
        rename_requested(str, str): a tag was given a new name.
        tag_dropped(str, tuple): photos were dropped on a tag.
        album_rename_requested(str, str): an album was given a new name.
        album_moved(str, int): an album was dragged to another place among the albums.
        tag_moved(str, str | None): a tag was dropped on another, or None for the heading.
    """

    rename_requested = Signal(str, str)
    tag_dropped = Signal(str, object)
    album_rename_requested = Signal(str, str)
    album_moved = Signal(str, int)
    tag_moved = Signal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = Row(RowKind.SECTION, "")
        self._all = Row(RowKind.ALL, "All photos")
        self._folders = Row(RowKind.SECTION, "Folders")
        self._albums = Row(RowKind.SECTION, "Albums")
        self._tags = Row(RowKind.SECTION, "Tags")
        self._root.adopt([self._all, self._folders, self._albums, self._tags])
        self._known_folders: tuple[FolderNode, ...] = ()
        self._known_tags: tuple[TagCount, ...] = ()
        self._folded: tuple[str, ...] = ()
        self._kept: str | None = None
        self._filter = ""

    # -- filling -----------------------------------------------------------------------------
    def set_folders(self, nodes: Sequence[FolderNode]) -> None:
        """Show these folders."""
        if tuple(nodes) == self._known_folders:
            return
        self._known_folders = tuple(nodes)
        self._all.count = sum(node.count for node in nodes)
        self._tell(self._all)
        self._replace(self._folders, [_folder_row(node, top=True) for node in nodes])

    def set_albums(self, albums: Sequence[Album]) -> None:
        """Show these albums, in their order."""
        rows = [Row(RowKind.ALBUM, a.name, a.count, query=a.query) for a in albums]
        self._replace(self._albums, rows)

    def set_tags(self, tags: Sequence[TagCount]) -> None:
        """Show these tags, by name: a list that stands still is one that can be found in."""
        ordered = tuple(sorted(tags, key=lambda tag: tag.name.casefold()))
        if ordered != self._known_tags:
            self._known_tags = ordered
            self._folded = tuple("\n".join((tag.name, *tag.aliases)).casefold() for tag in ordered)
            self._show_tags()

    def set_filter(self, text: str) -> None:
        """Show only tags of which a name holds this text, below those above them."""
        self._filter = text.casefold().strip()
        self._show_tags()

    def keep(self, tag: str | None) -> None:
        """List this tag however many there are: its photos are on show."""
        self._kept = tag
        if tag is not None and not self.index_of_scope(PhotoScope(tag=tag)).isValid():
            self._show_tags()

    @property
    def tag_names(self) -> list[str]:
        """All tags, also those that the filter hides."""
        return [tag.name for tag in self._known_tags]

    def _show_tags(self) -> None:
        by_name = {tag.name: tag for tag in self._known_tags}
        found = [
            tag
            for tag, folded in zip(self._known_tags, self._folded, strict=True)
            if self._filter in folded
        ]
        # Those with others above them are not listed alone.
        listed: dict[str, TagCount] = {}
        for tag in found:
            if len(listed) < MOST_TAGS or tag.name == self._kept:
                step: TagCount | None = tag
                while step is not None and step.name not in listed:
                    listed[step.name] = step
                    step = by_name.get(step.parent or "")
        rows = {
            name: Row(RowKind.TAG, name, tag.count, aliases=tag.aliases)
            for name, tag in sorted(listed.items(), key=lambda each: each[0].casefold())
        }
        below: defaultdict[str | None, list[Row]] = defaultdict(list)
        for name, row in rows.items():
            parent = listed[name].parent
            below[parent if parent in rows else None].append(row)
        for name, row in rows.items():
            row.adopt(below[name])
        tops = below[None]
        if rest := len([tag for tag in found if tag.name not in listed]):
            tops.append(Row(RowKind.NOTE, f"{rest:,} more: type below to find them"))
        self._replace(self._tags, tops)

    def _replace(self, section: Row, rows: list[Row]) -> None:
        """Put new rows in a section, in place where the shape is the same."""
        if _same_shape(section.children, rows):
            self._update(section.children, rows)
            return
        where = self.index_of(section)
        if section.children:
            self.beginRemoveRows(where, 0, len(section.children) - 1)
            section.children = []
            self.endRemoveRows()
        if rows:
            self.beginInsertRows(where, 0, len(rows) - 1)
            section.adopt(rows)
            self.endInsertRows()

    def _update(self, rows: list[Row], fresh: list[Row]) -> None:
        for old, new in zip(rows, fresh, strict=True):
            if (old.count, old.present) != (new.count, new.present):
                old.count, old.present = new.count, new.present
                self._tell(old)
            old.aliases = new.aliases
            self._update(old.children, new.children)

    def _tell(self, row: Row) -> None:
        index = self.index_of(row)
        self.dataChanged.emit(index, index)

    # -- finding -----------------------------------------------------------------------------
    def row_of(self, index: Index) -> Row:
        """Return the row behind an index, the root for an invalid one."""
        if not index.isValid():
            return self._root
        row: Row = index.internalPointer()
        return row

    def index_of(self, row: Row) -> QModelIndex:
        """Return the index of a row."""
        return QModelIndex() if row is self._root else self.createIndex(row.position, 0, row)

    def index_of_scope(self, scope: PhotoScope) -> QModelIndex:
        """Return where a scope is listed, or an invalid index."""
        if scope.folder is None and scope.tag is None:
            return self.index_of(self._all)
        section = self._folders if scope.folder is not None else self._tags
        for row in section.walk():
            if (scope.folder is not None and row.path == scope.folder) or (
                scope.folder is None and row.label == scope.tag
            ):
                return self.index_of(row)
        return QModelIndex()

    @property
    def folders_index(self) -> QModelIndex:
        """The heading of the folders."""
        return self.index_of(self._folders)

    def index_of_album(self, name: str) -> QModelIndex:
        """Return where an album is listed, or an invalid index."""
        found = (row for row in self._albums.children if row.label == name)
        row = next(found, None)
        return QModelIndex() if row is None else self.index_of(row)

    @property
    def albums_index(self) -> QModelIndex:
        """The heading of the albums."""
        return self.index_of(self._albums)

    @property
    def tags_index(self) -> QModelIndex:
        """The heading of the tags."""
        return self.index_of(self._tags)

    # -- QAbstractItemModel ------------------------------------------------------------------
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return len(self.row_of(parent).children)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 1

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        children = self.row_of(parent).children
        if column != 0 or not 0 <= row < len(children):
            return QModelIndex()
        return self.createIndex(row, 0, children[row])

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]  # QObject has one too
        above = self.row_of(index).parent
        return QModelIndex() if above is None else self.index_of(above)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row_of(index)
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return row.label
            case Qt.ItemDataRole.ToolTipRole:
                return _tooltip(row)
            case Qt.ItemDataRole.AccessibleTextRole:
                return _spoken(row)
            case Role.ROW:
                return row
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for a new name; the row changes when the library says so."""
        row = self.row_of(index)
        name = " ".join(str(value).split())
        if row.kind in (RowKind.TAG, RowKind.ALBUM) and name and name != row.label:
            is_tag = row.kind is RowKind.TAG
            asked = self.rename_requested if is_tag else self.album_rename_requested
            asked.emit(row.label, name)
        return False

    def flags(self, index: Index) -> Qt.ItemFlag:
        return _FLAGS[self.row_of(index).kind]

    def mimeTypes(self) -> list[str]:
        return [PHOTO_MIME, ALBUM_MIME, TAG_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        mime = QMimeData()
        for row in map(self.row_of, indexes):
            mime.setData(ALBUM_MIME if row.kind is RowKind.ALBUM else TAG_MIME, row.label.encode())
        return mime

    def supportedDragActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.CopyAction | Qt.DropAction.LinkAction | Qt.DropAction.MoveAction

    def canDropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        target = self.row_of(parent)
        if data.hasFormat(ALBUM_MIME):
            return target is self._albums and row >= 0
        if data.hasFormat(TAG_MIME):
            return self._may_move(_label_of(data, TAG_MIME), target)
        return target.kind is RowKind.TAG and bool(photo_ids_of(data))

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        if not self.canDropMimeData(data, action, row, column, parent):
            return False
        if data.hasFormat(ALBUM_MIME):
            self._move_album(_label_of(data, ALBUM_MIME), row)
            return False  # the rows move when the library says so
        target = self.row_of(parent)
        if data.hasFormat(TAG_MIME):
            above = target.label if target.kind is RowKind.TAG else None
            self.tag_moved.emit(_label_of(data, TAG_MIME), above)
        else:
            self.tag_dropped.emit(target.label, photo_ids_of(data))
        return True

    def _move_album(self, name: str, row: int) -> None:
        """Ask for an album to stand before the row that it was dropped above."""
        index = self.index_of_album(name)
        if index.isValid() and row not in (index.row(), index.row() + 1):
            self.album_moved.emit(name, row - (row > index.row()))

    def _may_move(self, tag: str, target: Row) -> bool:
        """Return whether a tag may stand right below a row, where it does not stand yet."""
        moved = self.row_of(self.index_of_scope(PhotoScope(tag=tag)))
        if target is self._tags:
            return moved.parent is not self._tags
        if target.kind is not RowKind.TAG or moved.parent is target:
            return False
        step: Row | None = target
        while step is not None and step is not moved:
            step = step.parent
        return step is None


def _same_shape(rows: list[Row], others: list[Row]) -> bool:
    """Return whether rows differ in nothing that would move one of them."""
    return len(rows) == len(others) and all(
        row.label == other.label
        and (row.path, row.query) == (other.path, other.query)
        and _same_shape(row.children, other.children)
        for row, other in zip(rows, others, strict=True)
    )


def _label_of(data: QMimeData, mime: str) -> str:
    return bytes(data.data(mime).data()).decode("utf-8", "replace")


def _tooltip(row: Row) -> str:
    if row.kind is RowKind.TAG and row.aliases:
        return f"Also: {', '.join(row.aliases)}"
    if row.kind is RowKind.ALBUM:
        return row.query
    if row.kind is not RowKind.FOLDER:
        return ""
    if row.present:
        return str(row.path)
    return f"{row.path}\nNot there now. Connect its drive to see the full photos."


def _spoken(row: Row) -> str:
    if row.kind in (RowKind.SECTION, RowKind.NOTE):
        return row.label
    if row.count is None:
        return f"{row.label}, album"
    away = "" if row.present else ", not there now"
    return f"{row.label}, {wording.photos(row.count)}{away}"
