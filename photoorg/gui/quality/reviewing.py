"""Leads through a review: asks the library for questions, and has the answers carried out."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QObject, Signal

from photoorg.core.changes import ChangeSet
from photoorg.core.library import LibraryPort
from photoorg.core.quality import QualityReport
from photoorg.gui.editing import EditController
from photoorg.gui.quality import words
from photoorg.gui.quality.review import ReviewView
from photoorg.gui.quality.session import (
    Answer,
    Case,
    Key,
    ReviewKind,
    ReviewSession,
    Verdict,
    case_of,
)
from photoorg.gui.quality.summary import SummaryRow
from photoorg.gui.tasks import TaskRunner

QUESTIONS: Final = 50
"""Questions asked for at once."""

MISTAKES: Final = 200


class ReviewController(QObject):
    """Joins a sitting, the view that shows it and the library.

    An answer is shown as given at once and carried out behind it; where the library refuses it,
    the question comes back.

    Signals:
        begun: a review is to be shown.
        ended: it is over; show the list of tags again.
    """

    begun = Signal()
    ended = Signal()

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        edits: EditController,
        view: ReviewView,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._edits = edits
        self._view = view
        self._session: ReviewSession | None = None
        self._before = QualityReport()
        self._report = QualityReport()
        self._fetching = False
        self._note = ""
        self._steps: deque[Answer | None] = deque()
        self._backs = 0
        edits.done.connect(self._on_done)
        edits.undone.connect(self._on_undone)
        edits.failed.connect(self._on_failed)
        view.answered.connect(self.answer)
        view.left.connect(self.leave)
        view.more_requested.connect(self.go_on)

    @property
    def session(self) -> ReviewSession | None:
        """The sitting that is under way or has just ended; None where there is none."""
        return self._session

    # -- what the person does ----------------------------------------------------------------
    def begin(self, kind: ReviewKind, tag: str | None, report: QualityReport) -> None:
        """Begin to go through the photos of one tag, or of all.

        Args:
            kind: uncertain photos or probable mistakes.
            tag: the tag, or None.
            report: how good the tags are before the first answer.
        """
        self._session = ReviewSession(kind, tag)
        self._before = self._report = report
        self._note = ""
        self._view.begin(kind, tag)
        self.begun.emit()
        self._fetch()

    def answer(self, verdict: Verdict) -> None:
        """Answer the question whose photo is on show."""
        session = self._session
        if session is None or self._view.shows_end or not self._view.shows_photo:
            return
        answer = session.answer(verdict)
        if answer is None:
            return
        operation = answer.operation
        if operation is not None:
            self._steps.append(answer)
            self._edits.apply(operation)
        self._note = ""
        self._show()

    def take_back(self) -> bool:
        """Take the last answer back and return to its photo; False where no review is shown."""
        if self._session is None or not self._view.isVisible():
            return False
        if self._steps:
            # It is not known yet whether there is a step to be undone.
            self._backs += 1
            return True
        answer = self._session.take_back()
        if answer is None:
            self._note = "There is nothing to take back here"
        else:
            self._note = "Taken back: answer again"
            if answer.operation is not None and answer.undoable:
                self._steps.append(None)
                self._edits.undo()
        self._show()
        return True

    def leave(self) -> None:
        """End: say what came of it first, then go back to the list."""
        session = self._session
        if session is None:
            return
        if session.answers and not self._view.shows_end:
            self._end(session)
        else:
            self.stop()

    def stop(self) -> None:
        """Go back to the list without a word; the answers stand."""
        if self._session is None:
            return
        self._session = None
        self._tasks.drop(self._key)
        self._fetching = False
        self._view.release()
        self.ended.emit()

    def go_on(self) -> None:
        """Ask more after the end was shown."""
        if self._session is not None:
            self._view.begin(self._session.kind, self._session.tag)
            self._show()

    # -- news --------------------------------------------------------------------------------
    def set_report(self, report: QualityReport) -> None:
        """Take over how good the tags are now; what is most useful to ask may have changed."""
        session = self._session
        if session is None:
            return
        learned = report.learned_at != self._report.learned_at
        self._report = report
        if self._view.shows_end:
            self._summarise(session)
            return
        if learned and session.kind is ReviewKind.UNCERTAIN:
            session.exhausted = False
            self._fetch()
        self._tell(session)

    @property
    def _key(self) -> tuple[int, str]:
        return id(self), "questions"

    def _fetch(self) -> None:
        session = self._session
        if session is None:
            return
        self._fetching = True
        known = session.known()
        self._tasks.run(
            lambda: _questions(self._library, session, known),
            lambda cases: self._on_questions(session, cases),
            self._on_refused,
            key=self._key,
            owner=self,
        )

    def _on_questions(self, session: ReviewSession, cases: Sequence[Case]) -> None:
        self._fetching = False
        if session is not self._session:
            return
        mistakes = session.kind is ReviewKind.MISTAKES
        session.exhausted = mistakes or len(cases) < QUESTIONS
        session.offer(cases)
        if not self._view.shows_end:
            self._show()

    def _on_refused(self, error: Exception) -> None:
        self._fetching = False
        self._tasks.failed.emit(error)
        if self._session is not None:
            self._session.exhausted = True
            self._show()

    # -- what came of answers ----------------------------------------------------------------
    def _on_done(self, changes: ChangeSet) -> None:
        answer = self._pop_step()
        if answer is not None:
            answer.undoable = changes.inverse is not None
        self._go_back()

    def _on_undone(self) -> None:
        self._pop_step()
        self._go_back()

    def _on_failed(self) -> None:
        answer = self._pop_step()
        if answer is not None and self._session is not None:
            self._session.withdraw(answer)
            self._note = "That could not be kept: answer again"
            self._show()
        self._go_back()

    def _pop_step(self) -> Answer | None:
        return self._steps.popleft() if self._steps else None

    def _go_back(self) -> None:
        while self._backs and not self._steps:
            self._backs -= 1
            self.take_back()

    # -- showing -----------------------------------------------------------------------------
    def _show(self) -> None:
        """Show the question that is next, or what there is to say where there is none."""
        session = self._session
        if session is None:
            return
        if session.wants_more and not self._fetching:
            self._fetch()
        case = session.current
        if case is not None:
            left = f"{session.left:,} to go" if session.exhausted else ""
            self._view.ask(case, session.kind, session.upcoming, left)
            self._tell(session)
        elif self._fetching:
            self._view.begin(session.kind, session.tag)
        elif session.answers:
            self._end(session)
        else:
            self._view.summary.show_nothing(*_nothing(session, self._report))
            self._view.show_end()

    def _tell(self, session: ReviewSession) -> None:
        changes = words.changes(self._before, self._report, session.tag)
        if session.answered and self._report.learning:
            changes = f"Learning from your answers…\n{changes}"
        self._view.question.say(
            count=_count(session), last=self._note or _last(session), changes=changes
        )

    def _end(self, session: ReviewSession) -> None:
        if session.answered:
            self._tasks.run(self._library.quality.learn_now, owner=self)
        self._summarise(session)
        self._view.show_end()

    def _summarise(self, session: ReviewSession) -> None:
        if not session.answers:
            return
        rows = [
            SummaryRow(
                tag,
                _yes_no(session.kind, yes, no),
                words.change(words.of_tag(self._before, tag), words.of_tag(self._report, tag)),
            )
            for tag, (yes, no) in session.counts_by_tag().items()
        ]
        answers = session.answered
        headline = "1 answer" if answers == 1 else f"{answers:,} answers"
        state = "The model is learning from your answers…" if self._report.learning else ""
        self._view.summary.show_result(
            headline if answers else "Nothing answered",
            _count(session),
            rows,
            state=state,
            more=bool(session.left),
        )


def _questions(library: LibraryPort, session: ReviewSession, known: frozenset[Key]) -> list[Case]:
    """Ask the library. Blocks: call it from a task."""
    if session.kind is ReviewKind.MISTAKES:
        return [case_of(doubt) for doubt in library.quality.doubts(session.tag, MISTAKES)]
    return [case_of(item) for item in library.quality.review(session.tag, QUESTIONS, known)]


def _yes_no(kind: ReviewKind, yes: int, no: int) -> str:
    """Return "8 yes · 4 no", or how many tags were kept and taken off."""
    said = ("kept", "taken off") if kind is ReviewKind.MISTAKES else ("yes", "no")
    return " · ".join(f"{count:,} {word}" for count, word in zip((yes, no), said, strict=True))


def _count(session: ReviewSession) -> str:
    """Return "8 yes · 4 no · 2 skipped"; "" before the first answer."""
    if not session.answers:
        return ""
    text = _yes_no(session.kind, session.count(Verdict.YES), session.count(Verdict.NO))
    skipped = session.count(Verdict.SKIP)
    return f"{text} · {skipped:,} skipped" if skipped else text


def _last(session: ReviewSession) -> str:
    """Return what was answered last, and how to take it back."""
    if not session.answers:
        return ""
    answer = session.answers[-1]
    tag = words.shortened(answer.case.tag, 24)
    mistakes = session.kind is ReviewKind.MISTAKES
    said = {
        Verdict.YES: f"Kept “{tag}”" if mistakes else f"Yes to “{tag}”",
        Verdict.NO: f"Took “{tag}” off" if mistakes else f"No to “{tag}”",
        Verdict.SKIP: "Skipped",
    }
    return f"{said[answer.verdict]}\nCtrl+Z goes back"


def _nothing(session: ReviewSession, report: QualityReport) -> tuple[str, str]:
    """Return headline and sentence for a review that has nothing to ask."""
    if not report.model:
        return (
            "Nothing was learned yet",
            "Give some photos tags first. The model learns from them by itself.",
        )
    of = "" if session.tag is None else f" for “{words.shortened(session.tag)}”"
    if session.kind is ReviewKind.MISTAKES:
        return (
            f"No probable mistakes{of}",
            "None of the tags that you gave looks wrong to the model.",
        )
    return (
        f"Nothing to ask{of} just now",
        "The model is sure of every photo, or you have decided on all of them.",
    )
