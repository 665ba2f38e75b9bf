"""What a tag's context menu offers besides showing, renaming and merging it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QMenu, QWidget

from photoorg.core.changes import SetParent
from photoorg.core.library import LibraryPort
from photoorg.core.records import PhotoScope
from photoorg.gui.icons import IconSet
from photoorg.gui.knowledge.alias_popover import AliasPopover
from photoorg.gui.knowledge.related_popover import RelatedPopover
from photoorg.gui.sidebar_model import Row, RowKind
from photoorg.gui.tag_picker import TagPicker
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import ThemeService


class TagMenu(QObject):
    """A place in the tree, other names, and related tags, each in a popover.

    Signals:
        operation_requested(Operation): carry this out.
        scope_requested(PhotoScope): show these photos.
        tag_requested(str): give this tag to the photos that are selected.
    """

    operation_requested = Signal(object)
    scope_requested = Signal(object)
    tag_requested = Signal(str)

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        theme: ThemeService,
        icons: IconSet,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.child_picker = TagPicker(
            library, tasks, theme, parent, question="New tag under “{}”", answer="Name of the tag"
        )
        self.parent_picker = TagPicker(
            library, tasks, theme, parent, question="Put “{}” under", answer="Tag to put it under"
        )
        self.aliases = AliasPopover(theme, icons, parent)
        self.related = RelatedPopover(library, tasks, theme, icons, parent)
        self.child_picker.picked.connect(
            lambda tag, child: self.operation_requested.emit(SetParent(child, tag))
        )
        self.parent_picker.picked.connect(
            lambda tag, above: self.operation_requested.emit(SetParent(tag, above))
        )
        self.aliases.operation_requested.connect(self.operation_requested)
        self.related.chosen.connect(lambda tag: self.scope_requested.emit(PhotoScope(tag=tag)))
        self.related.tag_requested.connect(self.tag_requested)

    def add_related(self, menu: QMenu, row: Row, corner: Callable[[], QPoint]) -> None:
        """Add what finds related tags.

        Args:
            menu: the context menu.
            row: the tag in the sidebar.
            corner: where popovers open, in the window's coordinates.
        """
        menu.addAction("Find related tags", lambda: self.related.open_at(row.label, corner()))

    def add_names(self, menu: QMenu, row: Row, corner: Callable[[], QPoint]) -> None:
        """Add what gives the tag other names; see `add_related`."""
        menu.addAction(
            "Other names…", lambda: self.aliases.open_at(row.label, row.aliases, corner())
        )

    def add_places(self, menu: QMenu, row: Row, corner: Callable[[], QPoint]) -> None:
        """Add what moves the tag in the tree; see `add_related`."""
        menu.addAction("New tag under it…", lambda: self.child_picker.open_at(row.label, corner()))
        menu.addAction("Put under…", lambda: self.parent_picker.open_at(row.label, corner()))
        if row.parent is not None and row.parent.kind is RowKind.TAG:
            menu.addAction(
                "Move to the top",
                lambda: self.operation_requested.emit(SetParent(row.label, None)),
            )
