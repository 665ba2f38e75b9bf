"""Says how probable tags are by their names alone: what stands in for a model of the tags."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from photoorg.index import VectorIndex
from photoorg.models.vocabulary import phrases
from photoorg.search.ports import FloatArray, IdArray, SearchModel

_PHRASES = 2
"""Sentences around a tag's name: each costs the encoder some milliseconds while a person waits."""


class TextTagJudge:
    """Keeps `TagJudge` with the text side of a search model.

    Args:
        index: photos in the space that they share with texts.
        model: calibrates cosines.
        embed: gives the joint vectors [d] of texts.
    """

    def __init__(
        self,
        index: VectorIndex,
        model: SearchModel,
        embed: Callable[[Sequence[str]], Mapping[str, FloatArray]],
    ) -> None:
        self._index = index
        self._model = model
        self._embed = embed

    def probabilities(self, tags: Sequence[str]) -> tuple[IdArray, FloatArray]:
        """Return (ids [n], probabilities [n, tags]); see `TagJudge`.

        A tag is judged by the middle of several sentences around its name; one whose words are
        not known is improbable everywhere.
        """
        if not tags:
            ids = self._index.ids()
            return ids, np.zeros((len(ids), 0), dtype=np.float32)
        sentences = [phrases(tag)[:_PHRASES] for tag in tags]
        rows = self._embed([text for each in sentences for text in each])
        queries = np.stack([np.mean([rows[text] for text in each], axis=0) for each in sentences])
        lengths = np.linalg.norm(queries, axis=1, keepdims=True)
        queries = np.asarray(queries / np.maximum(lengths, 1e-6), dtype=np.float32)
        ids, scores = self._index.scores(queries)
        probabilities = [
            self._model.relevance(query, row) * np.float32(length > 0)
            for query, row, length in zip(queries, scores, lengths[:, 0], strict=True)
        ]
        return ids, np.stack(probabilities, axis=1)
