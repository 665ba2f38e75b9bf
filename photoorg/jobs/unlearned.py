"""What is to be said of the suggestions of tags while no model judges its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

from photoorg.core.errors import UsageProblem
from photoorg.core.ids import PhotoId
from photoorg.core.quality import (
    DEFAULT_TARGET,
    HIGHEST_TARGET,
    LOWEST_TARGET,
    Doubt,
    QualityReport,
    ReviewItem,
    TagQuality,
    TagTrust,
)
from photoorg.core.records import TagCount

EXAMPLES: Final = 5
"""Photos with a tag that are enough to begin with."""


class UnlearnedQuality:
    """Keeps `QualityPort` where nothing was learned: examples are counted, nothing is judged."""

    def __init__(self, tags: Callable[[], Sequence[TagCount]]) -> None:
        """Take over where the tags are read; the wanted precision holds for the session."""
        self._tags = tags
        self._target = DEFAULT_TARGET

    def report(self) -> QualityReport:
        return QualityReport(tuple(map(_unjudged, self._tags())), self._target)

    def review(
        self, tag: str | None, limit: int = 50, skip: Collection[tuple[PhotoId, str]] = ()
    ) -> Sequence[ReviewItem]:
        return ()

    def doubts(self, tag: str | None, limit: int = 200) -> Sequence[Doubt]:
        return ()

    def set_target(self, target: float) -> None:
        if not LOWEST_TARGET <= target <= HIGHEST_TARGET:
            raise UsageProblem(
                f"Of the suggestions {target:.0%} cannot be asked to be right.",
                f"Choose {LOWEST_TARGET:.0%} to {HIGHEST_TARGET:.0%}.",
            )
        self._target = target

    def learn_now(self) -> None:
        raise UsageProblem("There is no model yet that learns from your answers.")

    def go_back(self) -> bool:
        return False


def _unjudged(tag: TagCount) -> TagQuality:
    return TagQuality(
        tag=tag.name,
        confirmed=tag.count,
        rejected=0,
        trust=TagTrust.TOO_FEW,
        precision=None,
        recall=None,
        threshold=None,
        gain=0.0,
        waiting=0,
        needed=max(0, EXAMPLES - tag.count),
    )
