"""How good the suggestions of each tag are, and which answers would make them better.

`QualityPort` is the part of an open library that knows. Like those of
`photoorg.core.library.LibraryPort` its methods may be called from any thread and block until
they have their answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from photoorg.core.ids import PhotoId

DEFAULT_TARGET: Final = 0.8
"""Of ten suggestions eight are right, unless the person wants it otherwise."""

LOWEST_TARGET: Final = 0.6
HIGHEST_TARGET: Final = 0.95


class TagTrust(StrEnum):
    """Whether a tag is suggested, and if not, why."""

    TOO_FEW = "too_few"
    """Not enough examples yet."""

    TRUSTED = "trusted"
    """It is suggested above its threshold."""

    DOUBTFUL = "doubtful"
    """No threshold reaches the wanted precision, so it is not suggested."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured share with its uncertainty.

    Attributes:
        value: 0 to 1.
        low: lower end of the 90 % interval, 0 to 1.
        high: its upper end, 0 to 1.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class TagQuality:
    """What is known of the suggestions of one tag, measured on photos held out of learning.

    Attributes:
        tag: its name.
        confirmed: photos that carry it.
        rejected: photos of which the person said that it is wrong.
        trust: whether it is suggested.
        precision: part of its suggestions that are right; None where nothing could be measured.
        recall: part of the photos that should carry it for which it is suggested; None as above.
        threshold: probability from which on it is suggested, 0 to 1; None where it is not.
        gain: how much one more yes or no is expected to help, 0 to 1.
        waiting: photos that nobody has decided on and that are above the threshold.
        needed: examples that are still missing; 0 but for `TagTrust.TOO_FEW`.
    """

    tag: str
    confirmed: int
    rejected: int
    trust: TagTrust
    precision: Estimate | None
    recall: Estimate | None
    threshold: float | None
    gain: float
    waiting: int
    needed: int


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A photo of which the model would like to know whether it deserves a tag.

    Attributes:
        photo_id: the photo.
        tag: the tag in question.
        probability: that it is right, 0 to 1.
        usefulness: how much the answer is expected to help, 0 to 1.
    """

    photo_id: PhotoId
    tag: str
    probability: float
    usefulness: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """A tag on a photo that the model finds improbable there: perhaps a mistake.

    Attributes:
        photo_id: the photo.
        tag: a confirmed tag of it.
        probability: that it is right, 0 to 1.
        near: own photos that speak against it, most telling first: the most alike that do not
            carry the tag.
    """

    photo_id: PhotoId
    tag: str
    probability: float
    near: tuple[PhotoId, ...]


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Suggestions of about one probability, and how many of them are right.

    Attributes:
        predicted: mean probability that was said, 0 to 1.
        observed: part that is right.
        count: suggestions in it.
    """

    predicted: float
    observed: Estimate
    count: int


@dataclass(frozen=True, slots=True)
class QualityReport:
    """How good the suggestions are, tag by tag.

    Attributes:
        tags: in no particular order.
        target: wanted precision, 0 to 1.
        held_out: photos that it was judged on.
        model: name of the model that was judged; "" while nothing was learned.
        learned_at: when it learned, ISO 8601 in local time; "" while nothing was learned.
        learning: whether it is learning just now.
        reliability: said against observed, by probability; none while nothing was measured.
        note: one sentence for the person on how it was measured or what is missing, or "".
    """

    tags: tuple[TagQuality, ...] = ()
    target: float = DEFAULT_TARGET
    held_out: int = 0
    model: str = ""
    learned_at: str = ""
    learning: bool = False
    reliability: tuple[ReliabilityBin, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class QualityChanged:
    """`QualityPort.report` has news."""


class QualityPort(Protocol):
    """Judges suggestions, asks for the answers that help most, and finds probable mistakes."""

    def report(self) -> QualityReport:
        """Return how good the suggestions are by the newest word."""

    def review(
        self, tag: str | None, limit: int = 50, skip: Collection[tuple[PhotoId, str]] = ()
    ) -> Sequence[ReviewItem]:
        """Return the questions whose answers help most, each photo once.

        Args:
            tag: ask about this one alone; None asks about all.
            limit: questions at most.
            skip: photos with tags that are not to be asked about.
        """

    def doubts(self, tag: str | None, limit: int = 200) -> Sequence[Doubt]:
        """Return confirmed tags that are probably mistakes, least probable first.

        Args:
            tag: look at this one alone; None looks at all.
            limit: mistakes at most.
        """

    def set_target(self, target: float) -> None:
        """Suggest a tag only from where on this part of its suggestions is right.

        Args:
            target: wanted precision, `LOWEST_TARGET` to `HIGHEST_TARGET`.

        Raises:
            UsageProblem: it lies outside of these.
        """

    def learn_now(self) -> None:
        """Learn from the newest answers at once, in the background."""

    def go_back(self) -> bool:
        """Use the model before the newest one; False where there is none."""
