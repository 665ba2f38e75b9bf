"""Joins the page “Tidy up tags” with the library: proposals are made only while it is on show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QObject, QTimer

from photoorg.core.changes import (
    AddAlias,
    AddTag,
    ChangeKind,
    ChangeSet,
    JudgeProposal,
    MergeTags,
    Operation,
    RemoveAlias,
    SetParent,
)
from photoorg.core.errors import PhotoorgError
from photoorg.core.ids import PhotoId
from photoorg.core.knowledge import Proposal
from photoorg.core.library import LibraryPort
from photoorg.gui.centre import Centre, CentrePage
from photoorg.gui.commands import Commands
from photoorg.gui.editing import EditController
from photoorg.gui.icons import IconSet
from photoorg.gui.knowledge.page import TidyPage
from photoorg.gui.pages import UndoToast
from photoorg.gui.shortcuts import Command
from photoorg.gui.sidebar import Sidebar
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import ThemeService

_AGAIN_MS = 600
"""After the last of several changes."""

_TOLD = (MergeTags, SetParent, AddAlias, RemoveAlias, JudgeProposal)


class Places(Protocol):
    """The window, as far as it goes from place to place."""

    def show_page(self, page: CentrePage) -> None:
        """Show a page, or the photos again."""

    def chosen_photos(self) -> tuple[PhotoId, ...]:
        """Return the photos to which a related tag is given."""


class KnowledgeController(QObject):
    """Asks for proposals, keeps them in step with changes, and carries out what is decided."""

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        edits: EditController,
        centre: Centre,
        sidebar: Sidebar,
        toast: UndoToast,
        commands: Commands,
        places: Places,
        theme: ThemeService,
        icons: IconSet,
    ) -> None:
        """Join the parts.

        Args:
            library: makes the proposals.
            tasks: runs what takes long.
            edits: carries out what is decided.
            centre: where the page with the proposals is shown.
            sidebar: where tags are moved and related ones are asked for; it leads to the page.
            toast: says what was done, with its way back.
            commands: a key leads to the page, too.
            places: the window.
            theme: colours.
            icons: on the page.
        """
        super().__init__(centre)
        self._library = library
        self._tasks = tasks
        self._edits = edits
        self.page = page = TidyPage(library, tasks, theme, icons)
        centre.add(CentrePage.TIDY, page)
        self._shown = False
        self._telling: list[Operation] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_AGAIN_MS)
        self._timer.timeout.connect(self._ask)
        self._toast = toast
        self._places = places
        sidebar.tidy_requested.connect(lambda: places.show_page(CentrePage.TIDY))
        commands.on(Command.TIDY_TAGS, lambda: places.show_page(CentrePage.TIDY))
        page.closed.connect(lambda: places.show_page(CentrePage.PHOTOS))
        for source in (page, sidebar):
            source.operation_requested.connect(self.apply)
        sidebar.tag_menu.tag_requested.connect(self._on_tag_given)
        edits.done.connect(self._on_done)
        edits.failed.connect(self._on_failed)
        # It shows a name that was refused as given; the problem itself is told by the window.
        edits.failed.connect(sidebar.tag_menu.aliases.hide)

    def apply(self, operation: Operation) -> None:
        """Carry out a change of the tree and say so, however few photos it concerns."""
        if isinstance(operation, _TOLD):
            self._telling.append(operation)
        self._edits.apply(operation)

    def set_shown(self, *, shown: bool) -> None:
        """Say whether the page is on show; what is worked out for one that is not is dropped."""
        if shown and not self._shown:
            self.page.show_busy()
            self._ask()
            self.page.focus()
        elif self._shown and not shown:
            self._timer.stop()
            self._library.knowledge.cancel_proposals()
        self._shown = shown

    def on_change(self, changes: ChangeSet) -> None:
        """Ask anew where tags changed, once they rest."""
        if self._shown and ChangeKind.TAGS in changes.kinds:
            self._timer.start()

    def _ask(self) -> None:
        self._tasks.run(
            self._library.knowledge.proposals,
            self._on_proposals,
            self._on_error,
            key=(id(self), "proposals"),
            owner=self,
        )

    def _on_proposals(self, proposals: Sequence[Proposal]) -> None:
        if self._shown and not self._timer.isActive():
            self.page.set_proposals(proposals)

    def _on_error(self, error: Exception) -> None:
        if isinstance(error, PhotoorgError):
            self.page.show_problem(str(error))
        else:
            self._tasks.failed.emit(error)

    def _on_done(self, changes: ChangeSet) -> None:
        if self._telling:
            self._telling.pop(0)
            if changes.inverse is not None:
                self._toast.show_text(f"Done: {changes.label}")

    def _on_tag_given(self, tag: str) -> None:
        if photos := self._places.chosen_photos():
            self._edits.apply(AddTag(tag, photos))
        else:
            text = "Select the photos that are to get the tag first."
            self._toast.show_text(text, undo=False)

    def _on_failed(self) -> None:
        self._telling.clear()
        if self._shown:
            self._timer.start()
