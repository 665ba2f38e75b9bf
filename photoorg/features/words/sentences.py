"""MiniLM as text vectors: whole sentences, pretrained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoorg.core.ids import ModelKey
from photoorg.features.text import TextEncoder
from photoorg.features.words.base import Document, EncodedTexts
from photoorg.features.words.normalise import JOINER


class SentenceVectors:
    """A sentence encoder as a text vectoriser. See `TextVectors`."""

    def __init__(self, kind: str, encoder: TextEncoder) -> None:
        self._kind = kind
        self._encoder = encoder

    @property
    def kind(self) -> str:
        return self._kind

    @property
    def key(self) -> ModelKey:
        return self._encoder.key

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return ()

    def encode(self, documents: Sequence[Document]) -> EncodedTexts:
        """Encode what was written, or the tokens where only they are given."""
        return self._encode(
            [each.text.strip() or " ".join(each.tokens).replace(JOINER, " ") for each in documents]
        )

    def encode_words(self, words: Sequence[str]) -> EncodedTexts:
        return self._encode([word.strip() for word in words])

    def tensors(self) -> Mapping[str, NDArray[Any]]:
        return {}

    def config(self) -> Mapping[str, Any]:
        return {}

    def _encode(self, texts: Sequence[str]) -> EncodedTexts:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        known = np.array([bool(text) for text in texts], np.bool_)
        if known.any():
            vectors[known] = self._encoder.encode([text for text in texts if text])
        return EncodedTexts(vectors, known)
