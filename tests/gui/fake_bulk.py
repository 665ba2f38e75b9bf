"""Many photos at once, in memory: suggestions of the fake library, summed up tag by tag."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from photoorg.core.bulk import MOST_ALIKE, Alike, BulkAnswer, BulkSuggestion
from photoorg.core.ids import PhotoId
from photoorg.core.progress import CancelToken, Progress
from photoorg.core.records import SearchResults, Suggestion


class FakeSource(Protocol):
    """What the fakes ask of the fake library."""

    def suggest(
        self, photo_ids: Sequence[PhotoId], limit: int
    ) -> Mapping[PhotoId, Sequence[Suggestion]]: ...
    def similar(self, source: PhotoId, limit: int) -> SearchResults: ...
    def carriers(self, tag: str) -> list[PhotoId]: ...
    def rejected(self, photo_id: PhotoId) -> Sequence[str]: ...


class FakeBulk:
    """Keeps `BulkPort`.

    Attributes:
        asked: the selections asked about.
        spread: the tags and seeds that photos were looked for.
        problem: raised by the next questions, where it is set.
        cut: likeness from which on a tag is said to fit.
    """

    def __init__(self, library: FakeSource) -> None:
        self._library = library
        self.asked: list[tuple[PhotoId, ...]] = []
        self.spread: list[tuple[str, tuple[PhotoId, ...]]] = []
        self.problem: Exception | None = None
        self.cut = 0.6

    def suggest(
        self,
        photo_ids: Sequence[PhotoId],
        *,
        token: CancelToken | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> BulkAnswer:
        self.asked.append(tuple(photo_ids))
        if self.problem is not None:
            raise self.problem
        if on_progress is not None:
            on_progress(Progress("bulk", "Looking for tags", 0, len(photo_ids)))
        if token is not None:
            token.check()
        found: defaultdict[str, list[tuple[PhotoId, float]]] = defaultdict(list)
        answers = self._library.suggest(photo_ids, 20)
        for photo, suggestions in answers.items():
            for each in suggestions:
                found[each.tag].append((photo, each.probability))
        listed = [
            BulkSuggestion(tag, tuple(sorted(photos, key=lambda pair: (-pair[1], pair[0]))))
            for tag, photos in found.items()
        ]
        listed.sort(key=lambda each: (-each.expected, -each.photos[0][1], each.tag))
        return BulkAnswer(tuple(listed), len(photo_ids), len(photo_ids) - len(answers))

    def propagate(self, tag: str, seeds: Sequence[PhotoId] = (), limit: int = MOST_ALIKE) -> Alike:
        self.spread.append((tag, tuple(seeds)))
        if self.problem is not None:
            raise self.problem
        carriers = self._library.carriers(tag)
        chosen = list(seeds) or carriers
        if not chosen:
            return Alike(tag, note=f"No photo carries “{tag}” yet.")
        hits = self._library.similar(chosen[0], 500).hits
        photos = [
            (hit.photo_id, hit.score)
            for hit in hits
            if hit.photo_id not in (*chosen, *carriers)
            and tag not in self._library.rejected(hit.photo_id)
        ]
        return Alike(tag, len(chosen), tuple(photos[:limit]), self.cut)
