"""fastText's vectors: those of known words, and those of unseen words out of their n-grams.

Bojanowski et al. 2017, Enriching word vectors with subword information, section 3.2. Numpy only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoorg.features.words.corpus import pack_words

MIN_NGRAM = 3
MAX_NGRAM = 6
"""Characters in an n-gram, the brackets at a word's ends included."""


class NgramTable:
    """Word vectors that unseen words share through their character n-grams.

    An unseen word takes the mean of those of its n-grams that some word of the vocabulary has; a
    bucket that an n-gram falls into by accident says nothing of it.
    """

    def __init__(
        self,
        words: tuple[str, ...],
        vectors: NDArray[np.float32],
        seen: NDArray[np.int64],
        buckets: NDArray[np.float16],
    ) -> None:
        """Take what was trained.

        Args:
            words: the vocabulary.
            vectors: [words, dimension], n-grams included.
            seen: hashes of the vocabulary's n-grams, in ascending order.
            buckets: n-gram vectors [buckets, dimension]; a hash's bucket is its remainder.
        """
        self._words = words
        self._vectors = vectors
        self._seen = seen
        self._seen_set = frozenset(seen.tolist())
        self._buckets = buckets
        self._index = {word: number for number, word in enumerate(words)}

    @property
    def dimension(self) -> int:
        return int(self._vectors.shape[1])

    @property
    def words(self) -> tuple[str, ...]:
        return self._words

    def look_up(self, words: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        vectors = np.zeros((len(words), self.dimension), np.float32)
        known = np.zeros(len(words), np.bool_)
        for row, word in enumerate(words):
            number = self._index.get(word)
            if number is not None:
                vectors[row], known[row] = self._vectors[number], True
                continue
            hashes = [each for each in ngram_hashes(word) if each in self._seen_set]
            if hashes:
                rows = [each % len(self._buckets) for each in hashes]
                vectors[row] = self._buckets[rows].mean(axis=0, dtype=np.float32)
                known[row] = True
        return vectors, known

    def tensors(self) -> Mapping[str, NDArray[Any]]:
        return {
            "words": pack_words(self._words),
            "vectors": self._vectors,
            "seen_ngrams": self._seen,
            "buckets": self._buckets,
        }

    def config(self) -> Mapping[str, Any]:
        return {}


def ngram_hashes(word: str) -> list[int]:
    """Return the 32-bit hashes of a word's n-grams, as fastText and gensim compute them."""
    text = f"<{word}>"
    return [
        _fnv1a(text[start : start + length].encode())
        for start in range(len(text))
        for length in range(MIN_NGRAM, min(MAX_NGRAM, len(text) - start) + 1)
    ]


def _fnv1a(data: bytes) -> int:
    """Return fastText's variant of the hash FNV-1a, which takes bytes as signed."""
    value = 2166136261
    for byte in data:
        value ^= byte if byte < 128 else byte | 0xFFFFFF00
        value = value * 16777619 & 0xFFFFFFFF
    return value
