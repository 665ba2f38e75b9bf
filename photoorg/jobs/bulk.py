"""Suggestions for many photos at once, and passing a tag on: the real `BulkPort`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from photoorg.catalog.catalog import Catalog
from photoorg.core.bulk import MOST_ALIKE, MOST_PHOTOS, Alike, BulkAnswer, BulkSuggestion
from photoorg.core.errors import UsageProblem
from photoorg.core.ids import PhotoId
from photoorg.core.progress import CancelToken, Progress
from photoorg.jobs.active_model import JOINT
from photoorg.jobs.meter import Meter
from photoorg.jobs.search_service import SearchService
from photoorg.search.personal_looks import PersonalRanker
from photoorg.search.spread import LikenessRanker, TagRanker

TAGS_A_PHOTO = 20
"""Tags that are asked for each photo; the less probable ones would not be looked at."""

_CHUNK = 256
"""Photos between two looks at whether the work is still wanted: about a tenth of a second."""


class Bulk:
    """Asks the model in use. Safe to use from several threads at once.

    Args:
        catalog: photos and tags.
        search: gives the model in use and its index.
        refresh: brings the index up to date, where nobody else does.
    """

    def __init__(
        self, catalog: Catalog, search: SearchService, refresh: Callable[[], None]
    ) -> None:
        self._catalog = catalog
        self._search = search
        self._refresh = refresh

    def suggest(
        self,
        photo_ids: Sequence[PhotoId],
        *,
        token: CancelToken | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> BulkAnswer:
        """Suggest tags for a selection; see `BulkPort`."""
        if len(photo_ids) > MOST_PHOTOS:
            raise UsageProblem(
                f"Tags are suggested for {MOST_PHOTOS:,} photos at once.", "Select fewer photos."
            )
        suggester = self._search.suggester
        meter = Meter("bulk", on_progress or (lambda _: None))
        found: defaultdict[str, list[tuple[PhotoId, float]]] = defaultdict(list)
        names: dict[str, str] = {}
        seen = 0
        for start in range(0, len(photo_ids), _CHUNK):
            if token is not None:
                token.check()
            chunk = suggester.suggest(photo_ids[start : start + _CHUNK], TAGS_A_PHOTO)
            seen += len(chunk)
            for photo_id, likely in chunk.items():
                for each in likely:
                    key = names.setdefault(each.tag.casefold(), each.tag)
                    found[key].append((photo_id, float(each.probability)))
            done = min(start + _CHUNK, len(photo_ids))
            meter.update("Looking for tags", done, len(photo_ids))
        suggestions = [BulkSuggestion(tag, _best_first(photos)) for tag, photos in found.items()]
        suggestions.sort(key=lambda each: (-each.expected, -each.photos[0][1], each.tag.casefold()))
        return BulkAnswer(tuple(suggestions), len(photo_ids), len(photo_ids) - seen)

    def propagate(self, tag: str, seeds: Sequence[PhotoId] = (), limit: int = MOST_ALIKE) -> Alike:
        """Return the photos most like those that carry a tag, or like the seeds; see `BulkPort`."""
        self._refresh()
        said = self._catalog.said_of_tag(tag)
        chosen = np.asarray(seeds, dtype=np.int64) if len(seeds) else said.carriers
        if not len(chosen):
            return Alike(tag, note=f"No photo carries “{tag}” yet.")
        ranked = self._ranker(by_tag=not len(seeds)).rank(
            tag, chosen, said.denied, said.carriers, limit
        )
        if not len(ranked.ids):
            return Alike(tag, len(chosen), note="No other photo can be compared with these yet.")
        pairs = zip(map(PhotoId, ranked.ids.tolist()), ranked.scores.tolist(), strict=True)
        return Alike(tag, len(chosen), tuple(pairs), ranked.cut)

    def _ranker(self, *, by_tag: bool) -> TagRanker:
        """Return what ranks photos for a tag, by all that carry it or by some photos only.

        Raises:
            PhotoorgError: no model can be used.
        """
        parts = self._search.parts
        index = parts.keepers[-1].indexes.get(JOINT)
        if index is None:
            raise self._search.problem or UsageProblem("No model is ready to compare photos.")
        alike = LikenessRanker(index)
        if by_tag and parts.looks is not None and parts.trained is None:
            return PersonalRanker(parts.looks, alike)
        return alike


def _best_first(
    photos: Sequence[tuple[PhotoId, float]],
) -> tuple[tuple[PhotoId, float], ...]:
    return tuple(sorted(photos, key=lambda pair: (-pair[1], pair[0])))
