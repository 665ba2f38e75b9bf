"""Which photos look as if they carried a tag that was learned from the person."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from photoorg.core.ids import PhotoId
from photoorg.index import VectorIndex
from photoorg.models.personal import LEAST_EXAMPLES, PersonalModel, column_of
from photoorg.search.personal import SaidCatalog, Sight, judge_photos
from photoorg.search.ports import FloatArray, IdArray, TagJudge
from photoorg.search.spread import Ranked, TagRanker

_CANDIDATES = 600
"""Photos nearest to a tag that are judged; a person waits for the answer."""


class LearnedLooks:
    """Finds the photos of the library that a learned tag probably fits.

    The index gives the photos nearest to where those with the tag are; the model judges them.

    Args:
        catalog: vectors, and what was said of photos.
        sight: looks at photos.
        index: the library's photos by their embeddings.
        learned: returns the newest model, or None while there is none.
    """

    def __init__(
        self,
        catalog: SaidCatalog,
        sight: Sight,
        index: VectorIndex,
        learned: Callable[[], PersonalModel | None],
    ) -> None:
        self._catalog = catalog
        self._sight = sight
        self._index = index
        self._learned = learned

    def find(self, tag: str, count: int = _CANDIDATES) -> tuple[IdArray, FloatArray, float] | None:
        """Return photos [n] with probabilities [n] and the tag's threshold; None if not learned."""
        model = self._learned()
        column = None if model is None else column_of(model.names).get(tag.casefold())
        if model is None or column is None or model.examples[column] < LEAST_EXAMPLES:
            return None
        near, _ = self._index.search(model.direction(column), count)
        listed = [PhotoId(photo_id) for photo_id in near.tolist()]
        chunks = list(judge_photos(self._catalog, self._sight, model, listed))
        ids = np.array([photo_id for photos, _ in chunks for photo_id in photos], dtype=np.int64)
        found = [probability[:, column] for _, probability in chunks]
        probability = np.concatenate(found) if found else np.empty(0, dtype=np.float32)
        return ids, probability, float(model.thresholds[column])


class PersonalTagJudge:
    """Keeps `TagJudge`: learned tags by what was learned, all others by their names.

    Args:
        looks: finds photos of learned tags.
        by_name: judges the others.
    """

    def __init__(self, looks: LearnedLooks, by_name: TagJudge) -> None:
        self._looks = looks
        self._by_name = by_name

    def probabilities(self, tags: Sequence[str]) -> tuple[IdArray, FloatArray]:
        """Return (ids [n], probabilities [n, tags]); see `TagJudge`.

        Photos far from where a learned tag is have probability 0 of it.
        """
        found = {number: self._looks.find(tag) for number, tag in enumerate(tags)}
        unknown = [number for number, each in found.items() if each is None]
        ids, named = self._by_name.probabilities([tags[number] for number in unknown])
        result = np.zeros((len(ids), len(tags)), dtype=np.float32)
        result[:, unknown] = named
        order = np.argsort(ids, kind="stable")
        for number, each in found.items():
            if each is not None and len(ids):
                at = np.minimum(np.searchsorted(ids, each[0], sorter=order), len(ids) - 1)
                rows = order[at]
                here = ids[rows] == each[0]  # the index may have grown meanwhile
                result[rows[here], number] = each[1][here]
        return ids, result


class PersonalRanker:
    """Keeps `TagRanker`: a learned tag by its probability, others as another ranker does.

    Args:
        looks: finds photos of learned tags.
        otherwise: ranks for tags that were not learned.
    """

    def __init__(self, looks: LearnedLooks, otherwise: TagRanker) -> None:
        self._looks = looks
        self._otherwise = otherwise

    def rank(
        self, tag: str, seeds: IdArray, denied: IdArray, left_out: IdArray, limit: int
    ) -> Ranked:
        hidden = np.unique(np.concatenate([seeds, denied, left_out]))
        found = self._looks.find(tag, limit + len(hidden) + _CANDIDATES)
        if found is None:
            return self._otherwise.rank(tag, seeds, denied, left_out, limit)
        ids, probability, threshold = found
        kept = ~np.isin(ids, hidden)
        ids, probability = ids[kept], probability[kept]
        best = np.lexsort((ids, -probability))[:limit]
        cut = threshold if np.isfinite(threshold) else 0.5
        return Ranked(ids[best], probability[best], cut)
