"""How good a model is while it learns: after each pass it is asked of photos that were held out.

The figures are those that the finished model is listed with, as far as they need no calibration:
how well it ranks photos for a tag, and whether a photo's words find it. They are of the same photos
as for the finished model, but only some hundreds of tags and of searches are looked at, so that it
costs little beside the pass.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from photoorg.models.base import Observations
from photoorg.models.metrics import best_ranks, mean_average_precision, retrieval_figures
from photoorg.models.preprocessing import Affine

if TYPE_CHECKING:
    from photoorg.models.learned import Floats, LearnedModel
    from photoorg.models.training_data import TrainingData

Number = TypeVar("Number", bound=np.generic)

TAG_RANKING, FOUND_BY_WORDS = "map", "r@10"
"""Names of the figures."""

_FOUND_AMONG = 10
_MOST_PHOTOS = 4000
_MOST_SEARCHES = 250
_MOST_TAGS = 200


@dataclass(frozen=True, slots=True)
class _Questions:
    """What a model is asked.

    Attributes:
        photos: int64 [g], photos that are ranked for tags, and searched.
        tags: float32 [k, text dimension], vectors of tags.
        carried: bool [g, k], which photos carry them.
        wanted: int64 [m], which of the photos are searched for.
        words: float32 [m, text dimension], what is said of those.
    """

    photos: NDArray[np.int64]
    tags: Floats
    carried: NDArray[np.bool_]
    wanted: NDArray[np.int64]
    words: Floats


class Watch:
    """Measures a model on the photos that were held out of its training.

    Args:
        data: what it learns from; nothing is read of it before the first question.
    """

    def __init__(self, data: TrainingData) -> None:
        self._data = data

    def figures(
        self, model: LearnedModel[Any], visual: Floats | None = None
    ) -> Mapping[str, float]:
        """Return figures in percent; none where no photo was held out.

        Args:
            model: as it is now.
            visual: float32 [held-out photos, d], their visual vectors, where the model takes other
                ones than the stored: those that are brought to it already need not be so anew.

        Returns:
            "map": mean over tags of average precision, where one that has a vector is carried by a
            photo held out; "r@10": how many photos are among the first ten of all that were held
            out when their own words are searched for, where these are more than ten.
        """
        if not len(self._data.validation_rows):
            return {}
        questions = self._questions
        visual = self._data.visual[questions.photos] if visual is None else _thin(visual)
        figures = {}
        if questions.carried.any():
            scores = model.tag_scores(Observations(visual=visual), questions.tags)
            figures[TAG_RANKING] = 100 * mean_average_precision(scores, questions.carried)[0]
        if len(visual) > _FOUND_AMONG:
            likeness = model.embed_texts(questions.words) @ model.embed_images(visual).T
            own = questions.wanted[:, None] == np.arange(len(visual))
            found = retrieval_figures(best_ranks(likeness, own), (_FOUND_AMONG,))
            figures[FOUND_BY_WORDS] = found.recall_at[_FOUND_AMONG]
        return {name: round(value, 2) for name, value in figures.items()}

    @cached_property
    def _questions(self) -> _Questions:
        data = self._data
        photos = _thin(data.validation_rows)
        names = data.vocabulary()
        carried = data.tag_matrix(names, photos)
        # The most frequent come first, so each n-th of them is as rare as all are.
        asked = _thin(np.flatnonzero(carried.any(axis=0)), _MOST_TAGS)
        encoded = data.text.encode_words([names[place] for place in asked.tolist()])
        wanted = _thin(np.arange(len(photos)), _MOST_SEARCHES)
        return _Questions(
            photos,
            encoded.vectors[encoded.known],
            carried[:, asked[encoded.known]],
            wanted,
            data.text_rows[photos[wanted]],
        )


def _thin(rows: NDArray[Number], most: int = _MOST_PHOTOS) -> NDArray[Number]:
    """Return at most so many rows, evenly spaced."""
    return rows[:: max(1, math.ceil(len(rows) / most))]


def as_they_are(dimension: int) -> Affine:
    """Return the map of vectors that are brought to a model already."""
    return Affine(np.zeros(dimension, dtype=np.float32), np.ones(dimension, dtype=np.float32))
