"""Made-up photos whose vectors and tags share a hidden cause, and text vectors for their tags."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoorg.core.ids import ModelKey
from photoorg.features.words.base import Document, EncodedTexts
from photoorg.models.training_data import TrainingData

WORDS = ("beach", "dog", "snow", "city", "night", "food")
VISUAL, TEXT = 24, 8


class WordVectors:
    """A random vector for each word, the same in every process; documents are their mean."""

    kind = "made-up"

    def __init__(self, words: Sequence[str] = WORDS, dimension: int = TEXT) -> None:
        self.vocabulary = tuple(words)
        self.dimension = dimension
        self.key = ModelKey(f"made-up|{dimension}")

    def encode(self, documents: Sequence[Document]) -> EncodedTexts:
        vectors = np.zeros((len(documents), self.dimension), dtype=np.float32)
        known = np.zeros(len(documents), dtype=np.bool_)
        for row, document in enumerate(documents):
            words = [word for word in document.tokens if word in self.vocabulary]
            if words:
                vectors[row] = np.mean([self._vector(word) for word in words], axis=0)
                known[row] = True
        return EncodedTexts(vectors, known)

    def encode_words(self, words: Sequence[str]) -> EncodedTexts:
        return self.encode([Document((word,)) for word in words])

    def tensors(self) -> Mapping[str, NDArray[Any]]:
        return {}

    def config(self) -> Mapping[str, Any]:
        return {}

    def _vector(self, word: str) -> NDArray[np.float32]:
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
        return np.random.default_rng(seed).normal(size=self.dimension).astype(np.float32)


def tagged_photos(
    photos: int = 200,
    *,
    words: Sequence[str] = WORDS,
    tags: Sequence[Sequence[str]] | None = None,
    visual: int = VISUAL,
    side: int = 0,
    seed: int = 0,
) -> TrainingData:
    """Return photos that carry about a third of the words each, and look accordingly.

    Args:
        photos: how many.
        words: what can be said.
        tags: [photos], instead of those drawn at random.
        visual: dimension of the visual vectors.
        side: of the photos themselves, which are tinted by their tags; 0 for none.
        seed: of all that is drawn.
    """
    rng = np.random.default_rng(seed)
    if tags is None:
        carried = rng.random((photos, len(words))) < 1 / 3
        carried[np.arange(photos), rng.integers(0, len(words), photos)] = True
    else:
        carried = np.array([[word in each for word in words] for each in tags])
    looks = np.random.default_rng(99).normal(size=(len(words), visual))
    vectors = np.maximum(carried @ looks + 0.3 * rng.normal(size=(len(carried), visual)) + 2, 0)
    said = [[word for word, has in zip(words, row, strict=True) if has] for row in carried]
    pixels = None
    if side:
        tints = np.random.default_rng(98).normal(size=(len(words), 4, 4, 3))
        small = np.tensordot(carried.astype(float), tints, 1) * 40 + 128
        grain = rng.normal(0, 8, (len(carried), side, side, 3))
        big = small.repeat(side // 4, axis=1).repeat(side // 4, axis=2) + grain
        shown = np.clip(big, 0, 255).astype(np.uint8)

        def pixels(rows: NDArray[np.int64]) -> NDArray[np.uint8]:
            return shown[rows]

    return TrainingData.of(
        vectors.astype(np.float32),
        ModelKey(f"looks|{visual}"),
        [Document(tuple(each)) for each in said],
        WordVectors(words),
        tags=said,
        seed=seed,
        pixels=pixels,
    )
