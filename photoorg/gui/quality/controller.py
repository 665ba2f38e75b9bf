"""Joins the screens of tag quality with the library."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from photoorg.core.library import LibraryPort
from photoorg.core.quality import QualityReport
from photoorg.gui.commands import Commands
from photoorg.gui.editing import EditController
from photoorg.gui.events import LibraryEvents
from photoorg.gui.quality.reviewing import ReviewController
from photoorg.gui.quality.screens import QualityScreens
from photoorg.gui.quality.session import ReviewKind, Verdict
from photoorg.gui.shortcuts import Command, Where
from photoorg.gui.tasks import TaskRunner

T = TypeVar("T")


class QualityController(QObject):
    """Reads reports, sets the wanted precision, and begins reviews, off the GUI thread.

    Signals:
        said(str): what was done, for a person.
    """

    said = Signal(str)

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        events: LibraryEvents,
        edits: EditController,
        screens: QualityScreens,
        parent: QObject,
    ) -> None:
        """Connect the screens.

        Args:
            library: knows how good the tags are.
            tasks: keeps it off the GUI thread.
            events: tell that there is news.
            edits: carry the answers out, in order with all other changes.
            screens: what is to be connected.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._edits = edits
        self._screens = screens
        self._report: QualityReport | None = None
        self._wanted_tag = ""
        self.reviewing = ReviewController(library, tasks, edits, screens.review, self)
        page = screens.page
        events.judged.connect(self._on_news)
        screens.shown.connect(self.refresh)
        page.review_requested.connect(lambda tag: self.review(ReviewKind.UNCERTAIN, tag))
        page.mistakes_requested.connect(lambda tag: self.review(ReviewKind.MISTAKES, tag))
        page.target_chosen.connect(self.set_target)
        page.learn_requested.connect(self.learn_now)
        page.back_requested.connect(self.go_back)
        self.reviewing.begun.connect(screens.show_review)
        self.reviewing.ended.connect(self._on_ended)

    def connect_commands(self, commands: Commands) -> None:
        """Answer by key; a key that is held down answers once."""
        for command, verdict in (
            (Command.ANSWER_YES, Verdict.YES),
            (Command.ANSWER_NO, Verdict.NO),
            (Command.ANSWER_LATER, Verdict.SKIP),
        ):
            commands.on(command, partial(self.reviewing.answer, verdict))
            commands.action(command, Where.REVIEW).setAutoRepeat(False)
        commands.on(Command.END_REVIEW, self.reviewing.leave)
        commands.on(Command.UNDO, self.undo)
        commands.on(Command.REDO, self.redo)

    def refresh(self) -> None:
        """Read the report again."""
        self._tasks.run(
            self._library.quality.report, self._on_report, key=(id(self), "report"), owner=self
        )

    def choose(self, tag: str) -> None:
        """Show one tag of the list, once there is a report; "" leaves all where it is."""
        if tag:
            self.reviewing.stop()
        self._wanted_tag = tag
        self.refresh()

    def review(self, kind: ReviewKind, tag: str) -> None:
        """Begin a review of a tag, or of all with ""."""
        if self._report is not None:
            self.reviewing.begin(kind, tag or None, self._report)

    def undo(self) -> None:
        """Take back the last answer of a review that is on show, else the newest change."""
        if not self.reviewing.take_back():
            self._edits.undo()

    def redo(self) -> None:
        """Do again what was taken back last; in a review the question is simply answered again."""
        if not self._screens.review.isVisible():
            self._edits.redo()

    def set_target(self, target: float) -> None:
        """Suggest from another part of right suggestions on."""
        self._do(lambda: self._library.quality.set_target(target))

    def learn_now(self) -> None:
        """Learn from the newest answers at once."""
        self._do(self._library.quality.learn_now)

    def go_back(self) -> None:
        """Use the model before the newest one."""
        self._do(
            self._library.quality.go_back,
            lambda gone: self.said.emit(
                "The model before is in use again" if gone else "There is no model before this one"
            ),
        )

    # -- inside ------------------------------------------------------------------------------
    def _do(self, work: Callable[[], T], then: Callable[[T], object] | None = None) -> None:
        """Do something, and read the report again whatever came of it."""

        def done(result: T) -> None:
            if then is not None:
                then(result)
            self.refresh()

        def failed(error: Exception) -> None:
            self._tasks.failed.emit(error)
            self.refresh()

        self._tasks.run(work, done, failed, owner=self)

    def _on_news(self) -> None:
        if self._report is not None:
            self.refresh()

    def _on_report(self, report: QualityReport) -> None:
        self._report = report
        self._screens.page.set_report(report)
        self.reviewing.set_report(report)
        if self._wanted_tag:
            self._screens.page.choose(self._wanted_tag)
            self._wanted_tag = ""

    def _on_ended(self) -> None:
        self._screens.show_page()
        self.refresh()
