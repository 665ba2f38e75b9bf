"""Suggestions for many photos at once, and passing a tag on to photos that look alike."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from photoorg.core.ids import PhotoId
from photoorg.core.progress import CancelToken, Progress

MOST_PHOTOS = 10_000
"""Photos that suggestions can be had for at once."""

MOST_ALIKE = 200
"""Photos that a tag is offered for at once: as many as a person looks through."""

EVEN = 0.5
"""Probability from which on a tag rather fits than not."""


@dataclass(frozen=True, slots=True)
class BulkSuggestion:
    """One tag that several photos may deserve.

    Attributes:
        tag: its name.
        photos: which, with their probabilities, most probable first.
    """

    tag: str
    photos: tuple[tuple[PhotoId, float], ...]

    @property
    def expected(self) -> float:
        """How many of the photos that rather deserve it than not do, if the probabilities hold.

        Without the others: a tag that might fit everything a little fits nothing.
        """
        return sum(probability for _, probability in self.photos if probability >= EVEN)

    def above(
        self, least: float, left_out: Collection[PhotoId] = frozenset()
    ) -> tuple[PhotoId, ...]:
        """Return the photos that are at least so likely to deserve it, most probable first."""
        count = bisect_right(self.photos, -least, key=lambda pair: -pair[1])
        return tuple(photo for photo, _ in self.photos[:count] if photo not in left_out)


@dataclass(frozen=True, slots=True)
class BulkAnswer:
    """What can be suggested for a selection.

    Attributes:
        suggestions: each tag once, by `expected`, most first.
        asked: how many photos were asked about.
        unseen: how many of them were not looked at yet, so that nothing can be said of them.
    """

    suggestions: tuple[BulkSuggestion, ...] = ()
    asked: int = 0
    unseen: int = 0


@dataclass(frozen=True, slots=True)
class Alike:
    """Photos that a tag may be passed on to.

    Attributes:
        tag: its name.
        seeds: how many photos they are compared with.
        photos: which, with how alike they are (at most 1), most alike first; neither the seeds
            themselves, nor photos that carry the tag or were denied it.
        cut: likeness from which on the tag probably fits, as far as the seeds tell.
        note: why there are none, or "".
    """

    tag: str
    seeds: int = 0
    photos: tuple[tuple[PhotoId, float], ...] = ()
    cut: float = 0.0
    note: str = ""


class BulkPort(Protocol):
    """What an open library can do for many photos at once. Every method blocks."""

    def suggest(
        self,
        photo_ids: Sequence[PhotoId],
        *,
        token: CancelToken | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> BulkAnswer:
        """Suggest tags for a selection; what is decided on a photo is not suggested for it.

        Args:
            photo_ids: at most `MOST_PHOTOS`.
            token: to stop.
            on_progress: told at most ten times a second, in the calling thread.

        Raises:
            UsageProblem: too many photos.
            PhotoorgError: no model can be used.
            Cancelled: through the token.
        """

    def propagate(self, tag: str, seeds: Sequence[PhotoId] = (), limit: int = MOST_ALIKE) -> Alike:
        """Return the photos most like those that carry a tag, or like the seeds.

        Args:
            tag: what is to be passed on.
            seeds: the photos to be like; none for all that carry the tag.
            limit: most photos.
        """
