"""One sitting of questions and answers: what is asked, what was answered, what is taken back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from photoorg.core.changes import ConfirmTag, KeepTag, RejectTag
from photoorg.core.ids import PhotoId
from photoorg.core.quality import Doubt, ReviewItem

Key = tuple[PhotoId, str]

KEPT: Final = 2
"""Questions that new ones do not push aside: the one on show and the one that is prepared."""

LOW: Final = 12
"""With fewer questions than this left, more are asked for."""


class ReviewKind(Enum):
    """What is gone through."""

    UNCERTAIN = "uncertain"
    """Photos of which an answer helps most."""

    MISTAKES = "mistakes"
    """Tags that were given and look wrong."""


class Verdict(Enum):
    """What the person says of a tag on a photo."""

    YES = "yes"
    NO = "no"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Case:
    """One question: does the photo deserve the tag?

    Attributes:
        photo_id: the photo.
        tag: the tag.
        probability: that it does, by the model, 0 to 1.
        near: photos to compare it with, most telling first.
        doubted: whether the photo carries the tag already.
    """

    photo_id: PhotoId
    tag: str
    probability: float
    near: tuple[PhotoId, ...] = ()
    doubted: bool = False

    @property
    def key(self) -> Key:
        return self.photo_id, self.tag


def case_of(source: ReviewItem | Doubt) -> Case:
    """Return the question that an answer of `QualityPort` asks."""
    if isinstance(source, Doubt):
        return Case(source.photo_id, source.tag, source.probability, source.near, doubted=True)
    return Case(source.photo_id, source.tag, source.probability)


@dataclass(slots=True, eq=False)
class Answer:
    """A question with its answer.

    Attributes:
        case: what was asked.
        verdict: what was said.
        undoable: whether the library has a step to take back for it; it has none where the
            answer was on disk already.
    """

    case: Case
    verdict: Verdict
    undoable: bool = True

    @property
    def operation(self) -> ConfirmTag | KeepTag | RejectTag | None:
        """What is to be done in the library; nothing for a question that was skipped."""
        photos = (self.case.photo_id,)
        if self.verdict is Verdict.YES:
            make = KeepTag if self.case.doubted else ConfirmTag
            return make(self.case.tag, photos)
        return RejectTag(self.case.tag, photos) if self.verdict is Verdict.NO else None


class ReviewSession:
    """Knows the questions that are left and the answers that were given.

    Attributes:
        kind: what is gone through.
        tag: the only tag asked about, or None for all.
        exhausted: whether the library has no more questions for now.
    """

    def __init__(self, kind: ReviewKind, tag: str | None) -> None:
        self.kind = kind
        self.tag = tag
        self.exhausted = False
        self._queue: deque[Case] = deque()
        self._answers: list[Answer] = []

    # -- questions ---------------------------------------------------------------------------
    @property
    def current(self) -> Case | None:
        """The question on show; None where there is none left."""
        return self._queue[0] if self._queue else None

    @property
    def upcoming(self) -> tuple[Case, ...]:
        """The questions after that."""
        return tuple(self._queue)[1:]

    @property
    def left(self) -> int:
        """How many questions are left, the one on show among them."""
        return len(self._queue)

    @property
    def wants_more(self) -> bool:
        """Whether the library should be asked for more questions."""
        return not self.exhausted and len(self._queue) < LOW

    def known(self) -> frozenset[Key]:
        """Return what is not to be asked about again: what was answered or skipped, or is next."""
        kept = [case.key for case in self._first()]
        return frozenset([*(answer.case.key for answer in self._answers), *kept])

    def offer(self, cases: Iterable[Case]) -> None:
        """Take over new questions, most useful first, in place of those not yet prepared."""
        first = self._first()
        known = self.known()
        fresh = {case.key: case for case in cases if case.key not in known}
        self._queue = deque([*first, *fresh.values()])

    def _first(self) -> list[Case]:
        return [case for case, _ in zip(self._queue, range(KEPT), strict=False)]

    # -- answers -----------------------------------------------------------------------------
    @property
    def answers(self) -> tuple[Answer, ...]:
        """All answers that stand, oldest first, skipped questions among them."""
        return tuple(self._answers)

    def count(self, *verdicts: Verdict) -> int:
        """Return how many questions were answered in one of these ways."""
        return sum(answer.verdict in verdicts for answer in self._answers)

    @property
    def answered(self) -> int:
        """How many questions were answered, those skipped left out."""
        return self.count(Verdict.YES, Verdict.NO)

    def counts_by_tag(self) -> dict[str, tuple[int, int]]:
        """Return yes and no for each tag that was answered, most answered first."""
        counts: dict[str, list[int]] = {}
        for answer in self._answers:
            if answer.verdict is not Verdict.SKIP:
                pair = counts.setdefault(answer.case.tag, [0, 0])
                pair[answer.verdict is Verdict.NO] += 1
        ordered = sorted(counts.items(), key=lambda item: (-sum(item[1]), item[0].casefold()))
        return {tag: (yes, no) for tag, (yes, no) in ordered}

    def answer(self, verdict: Verdict) -> Answer | None:
        """Answer the question on show and go on; None where there is none."""
        if not self._queue:
            return None
        answer = Answer(self._queue.popleft(), verdict)
        self._answers.append(answer)
        return answer

    def take_back(self) -> Answer | None:
        """Go back to the question answered last; None where there is none."""
        if not self._answers:
            return None
        answer = self._answers.pop()
        self._queue.appendleft(answer.case)
        return answer

    def withdraw(self, answer: Answer) -> None:
        """Ask a question again whose answer could not be kept."""
        if answer in self._answers:
            self._answers.remove(answer)
            self._queue.appendleft(answer.case)
