"""How good the suggestions of the library in memory are, and what it would like to know."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from photoorg.core.errors import UsageProblem
from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryEvent
from photoorg.core.quality import (
    Doubt,
    Estimate,
    QualityChanged,
    QualityReport,
    ReliabilityBin,
    ReviewItem,
    TagQuality,
    TagTrust,
)


def trusted(
    tag: str, precision: float, recall: float, yes: int = 34, no: int = 12, **other: object
) -> TagQuality:
    """Return a tag that is suggested, with intervals as wide as its examples are few."""
    half = 0.9 / (yes + no) ** 0.5
    quality = TagQuality(
        tag=tag,
        confirmed=yes,
        rejected=no,
        trust=TagTrust.TRUSTED,
        precision=_estimate(precision, half * 0.7),
        recall=_estimate(recall, half),
        threshold=0.62,
        gain=0.2,
        waiting=18,
        needed=0,
    )
    return replace(quality, **other)


def _estimate(value: float, half: float) -> Estimate:
    return Estimate(value, max(0.0, value - half), min(1.0, value + half))


def doubtful(tag: str, precision: float, recall: float, **other: object) -> TagQuality:
    """Return a tag that is too often wrong."""
    quality = trusted(tag, precision, recall)
    return replace(quality, trust=TagTrust.DOUBTFUL, threshold=None, waiting=0, **other)


def too_few(tag: str, yes: int, no: int = 0) -> TagQuality:
    """Return a tag that lacks examples."""
    return TagQuality(
        tag, yes, no, TagTrust.TOO_FEW, None, None, None, 0.05 * yes, 0, max(0, 5 - yes)
    )


TAGS = (
    trusted("cat", 0.93, 0.81, 120, 31, gain=0.1, waiting=42),
    trusted("Grandma's garden", 0.84, 0.61, 21, 9, gain=0.72, waiting=18),
    doubtful("people", 0.64, 0.55, gain=0.95),
    trusted("temple", 0.88, 0.7, 14, 3, gain=0.31, waiting=0),
    too_few("moon", 2),
    trusted("travel", 0.81, 0.4, 310, 77, gain=0.04, waiting=1204),
)
BINS = (
    ReliabilityBin(0.08, Estimate(0.05, 0.03, 0.08), 900),
    ReliabilityBin(0.3, Estimate(0.34, 0.22, 0.47), 61),
    ReliabilityBin(0.52, Estimate(0.47, 0.33, 0.61), 44),
    ReliabilityBin(0.71, Estimate(0.74, 0.62, 0.84), 72),
    ReliabilityBin(0.93, Estimate(0.9, 0.84, 0.95), 240),
)
REPORT = QualityReport(
    tags=TAGS,
    target=0.8,
    held_out=1204,
    model="your words, 7",
    learned_at="2026-11-25T21:04:00",
    reliability=BINS,
    note="Photos of one series were kept together.",
)


@dataclass
class FakeQuality:
    """Keeps QualityPort. Every photo is asked about, in order, for each tag in turn.

    Attributes:
        emit: tells listeners.
        photos: how many photos there are.
        kept: says whether a tag was doubted on a photo, and is stood by.
        current: what `report` returns.
        asked: tags asked about, none for the tags of the report.
        found: the probable mistakes.
        calls: what was asked for.
        before: whether there is a model to go back to.
        refusal: raised by `review` and `doubts`.
    """

    emit: Callable[[LibraryEvent], None]
    photos: int
    kept: Callable[[PhotoId, str], bool]
    current: QualityReport = REPORT
    asked: tuple[str, ...] = ("Grandma's garden", "people")
    found: tuple[Doubt, ...] = (
        Doubt(PhotoId(1), "cat", 0.04, (PhotoId(7), PhotoId(2), PhotoId(12))),
        Doubt(PhotoId(6), "travel", 0.09, (PhotoId(7),)),
        Doubt(PhotoId(3), "people", 0.12, ()),
    )
    calls: list[tuple[object, ...]] = field(default_factory=list)
    before: bool = True
    refusal: Exception | None = None

    def report(self) -> QualityReport:
        self.calls.append(("report",))
        return self.current

    def review(
        self, tag: str | None, limit: int = 50, skip: Collection[tuple[PhotoId, str]] = ()
    ) -> Sequence[ReviewItem]:
        self.calls.append(("review", tag, limit, frozenset(skip)))
        if self.refusal is not None:
            raise self.refusal
        tags = self.asked if tag is None else (tag,)
        items = [
            ReviewItem(PhotoId(photo), name, 0.62 - 0.01 * (photo % 9), 1.0 - 0.001 * photo)
            for photo in range(1, self.photos + 1)
            for name in tags
        ]
        return [item for item in items if (item.photo_id, item.tag) not in set(skip)][:limit]

    def doubts(self, tag: str | None, limit: int = 200) -> Sequence[Doubt]:
        self.calls.append(("doubts", tag, limit))
        if self.refusal is not None:
            raise self.refusal
        doubted = [doubt for doubt in self.found if tag in (None, doubt.tag)]
        return [doubt for doubt in doubted if not self.kept(doubt.photo_id, doubt.tag)][:limit]

    def set_target(self, target: float) -> None:
        if not 0.6 <= target <= 0.95:
            raise UsageProblem(f"{target} is no target.")
        self.calls.append(("set_target", target))
        self.tell(replace(self.current, target=target))

    def learn_now(self) -> None:
        self.calls.append(("learn_now",))
        self.tell(replace(self.current, learning=True))

    def go_back(self) -> bool:
        self.calls.append(("go_back",))
        return self.before

    # -- for tests -----------------------------------------------------------------------------
    def tell(self, report: QualityReport) -> None:
        """Publish another report."""
        self.current = report
        self.emit(QualityChanged())

    def learned(self, *changed: TagQuality) -> None:
        """Publish that the model learned, and that these tags are as good now."""
        by_name = {quality.tag: quality for quality in changed}
        tags = tuple(by_name.get(quality.tag, quality) for quality in self.current.tags)
        minute = int(self.current.learned_at[14:16] or 0) + 1
        at = f"2026-11-25T21:{minute:02}:00"
        self.tell(replace(self.current, tags=tags, learned_at=at, learning=False))

    def times(self, name: str) -> int:
        """Return how often something was asked for."""
        return sum(call[0] == name for call in self.calls)
