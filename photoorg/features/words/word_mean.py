"""Documents as the mean, or the tf-idf weighted mean, of their words' vectors.

Paper 002, section 4: the two ways to get from word to document vectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from photoorg.features.words.base import Document, EncodedTexts
from photoorg.features.words.corpus import Corpus, pack_words
from photoorg.features.words.encoder import VocabularyEncoder

WEIGHTED = "+tfidf"
"""Ends the names of the kinds whose documents are weighted means."""

_DOCUMENTS_AT_ONCE = 512
"""Bounds the gathered word vectors: 512 documents of 50 words at 400 dimensions are 40 MB."""


class WordTable(Protocol):
    """Vectors of single words. Safe to use from several threads at once."""

    @property
    def dimension(self) -> int: ...

    @property
    def words(self) -> tuple[str, ...]:
        """The words with a vector of their own, most frequent first."""

    def look_up(self, words: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return vectors [n, dimension], zero for words without one, and which words have one."""

    def tensors(self) -> Mapping[str, NDArray[Any]]:
        """Return the arrays that the table is made of."""

    def config(self) -> Mapping[str, Any]:
        """Return all else that it is made of, as JSON values."""


class DenseTable:
    """A vector for each word of a vocabulary and for no other."""

    def __init__(self, words: tuple[str, ...], vectors: NDArray[np.float32]) -> None:
        """Take the vectors [words, dimension]."""
        self._words = words
        self._vectors = vectors
        self._index = {word: number for number, word in enumerate(words)}

    @property
    def dimension(self) -> int:
        return int(self._vectors.shape[1])

    @property
    def words(self) -> tuple[str, ...]:
        return self._words

    def look_up(self, words: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        rows = np.array([self._index.get(word, -1) for word in words], np.intp)
        vectors = self._vectors[rows]
        vectors[rows < 0] = 0
        return vectors, rows >= 0

    def tensors(self) -> Mapping[str, NDArray[Any]]:
        return {"words": pack_words(self._words), "vectors": self._vectors}

    def config(self) -> Mapping[str, Any]:
        return {}


class WordWeights:
    """Inverse document frequencies of a corpus's words."""

    def __init__(self, words: tuple[str, ...], weights: NDArray[np.float32]) -> None:
        """Take the weights [words + 1]; the last one is for every other word."""
        self.words = words
        self.weights = weights
        self._index = {word: number for number, word in enumerate(words)}

    @classmethod
    def of(cls, corpus: Corpus) -> WordWeights:
        return cls(corpus.words, corpus.inverse_document_frequencies())

    def __call__(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Return the weights of words [n]."""
        return self.weights[[self._index.get(word, -1) for word in words]]


class WordMeans(VocabularyEncoder):
    """A word table as a text vectoriser."""

    def __init__(self, kind: str, table: WordTable, weights: WordWeights | None = None) -> None:
        super().__init__(kind, table.dimension)
        self._table = table
        self._weights = weights

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return self._table.words

    def encode(self, documents: Sequence[Document]) -> EncodedTexts:
        return self._means(documents, self._weights)

    def tensors(self) -> Mapping[str, NDArray[Any]]:
        tensors = dict(self._table.tensors())
        if self._weights is not None:
            tensors["idf_words"] = pack_words(self._weights.words)
            tensors["idf"] = self._weights.weights
        return tensors

    def config(self) -> Mapping[str, Any]:
        return self._table.config()

    def _encode_tags(self, documents: Sequence[Document]) -> EncodedTexts:
        # The contract asks for the plain mean of a tag's words.
        return self._means(documents, None)

    def _means(self, documents: Sequence[Document], weights: WordWeights | None) -> EncodedTexts:
        unknown: dict[str, None] = {}
        vectors = np.zeros((len(documents), self.dimension), np.float32)
        totals = np.zeros(len(documents), np.float32)
        for start in range(0, len(documents), _DOCUMENTS_AT_ONCE):
            batch = documents[start : start + _DOCUMENTS_AT_ONCE]
            words = tuple(dict.fromkeys(token for each in batch for token in each.tokens))
            if not words:
                continue
            table, known = self._table.look_up(words)
            unknown.update((word, None) for word, has in zip(words, known, strict=True) if not has)
            strength = np.where(known, np.float32(1) if weights is None else weights(words), 0)
            mixture = _mixture(batch, words, strength.astype(np.float32))
            rows = slice(start, start + len(batch))
            vectors[rows] = mixture @ table
            totals[rows] = mixture.sum(axis=1)
        known_rows = totals > 0
        vectors[known_rows] /= totals[known_rows, None]
        return EncodedTexts(vectors, known_rows, tuple(unknown))


def _mixture(
    documents: Sequence[Document], words: Sequence[str], strength: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return how much of each word is in each document [documents, words]."""
    column = {word: number for number, word in enumerate(words)}
    mixture = np.zeros((len(documents), len(words)), np.float32)
    for row, document in enumerate(documents):
        for token in document.tokens:
            number = column[token]
            mixture[row, number] += strength[number]
    return mixture
