"""Latent semantic analysis and the plain bag of tags: documents as sums over their words.

LSA: Deerwester et al. 1990, with tf-idf weights; the row "LSA" of paper 000's table 2. Bag of tags:
paper 000, section 3.2, first paragraph. Encoding needs numpy only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoorg.features.words.base import Document, EncodedTexts
from photoorg.features.words.corpus import Corpus, TrainingRun, pack_words
from photoorg.features.words.encoder import VocabularyEncoder, WordNumbers

_DENSE_CELLS = 4_000_000
"""Documents times words up to which the decomposition is exact instead of randomised."""
_POWER_ITERATIONS = 7


class LsaVectors(VocabularyEncoder):
    """Documents folded into the space of the corpus's first singular vectors."""

    def __init__(
        self,
        kind: str,
        words: tuple[str, ...],
        idf: NDArray[np.float32],
        components: NDArray[np.float32],
    ) -> None:
        """Take what was computed.

        Args:
            kind: name on the command line.
            words: the vocabulary.
            idf: inverse document frequencies [words].
            components: right singular vectors, a row per word [words, dimension].
        """
        super().__init__(kind, components.shape[1])
        self._words = words
        self._idf = idf
        self._components = components
        self._numbers = WordNumbers(words)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return self._words

    def encode(self, documents: Sequence[Document]) -> EncodedTexts:
        numbers, unknown = self._numbers(documents)
        vectors = np.zeros((len(documents), self.dimension), np.float32)
        for row, known in enumerate(numbers):
            if len(known):
                columns, weights = _unit_tf_idf(known, self._idf)
                vectors[row] = weights @ self._components[columns]
        known_rows = np.array([len(each) > 0 for each in numbers], np.bool_)
        return EncodedTexts(vectors, known_rows, unknown)

    def tensors(self) -> Mapping[str, NDArray[Any]]:
        return {
            "words": pack_words(self._words),
            "idf": self._idf,
            "components": self._components,
        }

    def config(self) -> Mapping[str, Any]:
        return {}


class TagBags(VocabularyEncoder):
    """Binary vectors: which words of the vocabulary a document has."""

    def __init__(self, kind: str, words: tuple[str, ...]) -> None:
        super().__init__(kind, len(words))
        self._words = words
        self._numbers = WordNumbers(words)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return self._words

    def encode(self, documents: Sequence[Document]) -> EncodedTexts:
        numbers, unknown = self._numbers(documents)
        vectors = np.zeros((len(documents), self.dimension), np.float32)
        for row, known in enumerate(numbers):
            vectors[row, known] = 1
        known_rows = np.array([len(each) > 0 for each in numbers], np.bool_)
        return EncodedTexts(vectors, known_rows, unknown)

    def tensors(self) -> Mapping[str, NDArray[Any]]:
        return {"words": pack_words(self._words)}

    def config(self) -> Mapping[str, Any]:
        return {}


def train_lsa(kind: str, corpus: Corpus, run: TrainingRun) -> LsaVectors:
    """Decompose the corpus's tf-idf matrix, each document normalised to length 1.

    The dimension is the matrix's rank where that is less than was asked for.

    Raises:
        Cancelled: somebody cancelled.
    """
    from scipy.sparse import csr_matrix
    from sklearn.utils.extmath import randomized_svd

    idf = corpus.inverse_document_frequencies()[:-1]
    index = corpus.index()
    rows = [
        _unit_tf_idf(np.array([index[token] for token in tokens], np.intp), idf)
        for tokens in corpus.documents
    ]
    starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    matrix = csr_matrix(
        (
            np.concatenate([weights for _, weights in rows]).astype(np.float64),
            np.concatenate([columns for columns, _ in rows]),
            starts,
        ),
        shape=(len(corpus.documents), len(corpus.words)),
    )
    rank = min(run.dimension, *matrix.shape)
    if matrix.shape[0] * matrix.shape[1] <= _DENSE_CELLS:
        _, strengths, right = np.linalg.svd(matrix.toarray(), full_matrices=False)
        strengths, right = strengths[:rank], right[:rank]
    else:
        _, strengths, right = randomized_svd(
            matrix, rank, n_iter=_POWER_ITERATIONS, random_state=run.seed
        )
    run.report(1, 1)
    right = right[strengths > strengths[0] * 1e-6]
    # Signs are arbitrary; each vector's largest component is made positive.
    peaks = np.abs(right).argmax(axis=1)
    right = right * np.sign(right[np.arange(len(right)), peaks])[:, None]
    return LsaVectors(kind, corpus.words, idf, np.ascontiguousarray(right.T, np.float32))


def _unit_tf_idf(
    numbers: NDArray[np.intp], idf: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return a document's distinct words and their tf-idf weights, of length 1 together."""
    columns, counts = np.unique(numbers, return_counts=True)
    weights = counts.astype(np.float32) * idf[columns]
    return columns, weights / np.linalg.norm(weights)
