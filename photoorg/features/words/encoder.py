"""What the text vectorisers over a vocabulary have in common."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoorg.core.ids import ModelKey
from photoorg.features.words.base import Document, EncodedTexts
from photoorg.features.words.normalise import JOINER, Normaliser


class VocabularyEncoder(ABC):
    """Base of the text vectorisers that know a set of words. See `TextVectors`."""

    def __init__(self, kind: str, dimension: int) -> None:
        self._kind = kind
        self._dimension = dimension

    @property
    def kind(self) -> str:
        return self._kind

    @property
    def dimension(self) -> int:
        return self._dimension

    @cached_property
    def key(self) -> ModelKey:
        return ModelKey(f"{self._kind}:{self._digest()[:8]}:{self._dimension}")

    @property
    @abstractmethod
    def vocabulary(self) -> tuple[str, ...]: ...

    @abstractmethod
    def encode(self, documents: Sequence[Document]) -> EncodedTexts: ...

    @abstractmethod
    def tensors(self) -> Mapping[str, NDArray[Any]]: ...

    @abstractmethod
    def config(self) -> Mapping[str, Any]: ...

    def encode_words(self, words: Sequence[str]) -> EncodedTexts:
        """Encode each word or tag as a document; see `TextVectors.encode_words`.

        `unknown_words` are those of `words`, as they are written there.
        """
        encoded = self._encode_tags([self._normaliser.document(tags=[word]) for word in words])
        missing = (word for word, known in zip(words, encoded.known, strict=True) if not known)
        return EncodedTexts(encoded.vectors, encoded.known, tuple(dict.fromkeys(missing)))

    def _encode_tags(self, documents: Sequence[Document]) -> EncodedTexts:
        return self.encode(documents)

    @cached_property
    def _normaliser(self) -> Normaliser:
        return Normaliser([word for word in self.vocabulary if JOINER in word])

    def _digest(self) -> str:
        """Return the hex digest of all that the vectors depend on."""
        digest = hashlib.sha256(json.dumps(dict(self.config()), sort_keys=True).encode())
        for name, tensor in sorted(self.tensors().items()):
            digest.update(f"{name} {tensor.dtype} {tensor.shape}".encode())
            digest.update(np.ascontiguousarray(tensor).data)
        return digest.hexdigest()


class WordNumbers:
    """Turns documents into the numbers of their known words."""

    def __init__(self, words: Sequence[str]) -> None:
        self._index = {word: number for number, word in enumerate(words)}

    def __call__(
        self, documents: Sequence[Document]
    ) -> tuple[list[NDArray[np.intp]], tuple[str, ...]]:
        """Return each document's known words as numbers, and the unknown ones, each once."""
        numbers: list[NDArray[np.intp]] = []
        unknown: dict[str, None] = {}
        for document in documents:
            known: list[int] = []
            for token in document.tokens:
                number = self._index.get(token)
                if number is None:
                    unknown[token] = None
                else:
                    known.append(number)
            numbers.append(np.array(known, np.intp))
        return numbers, tuple(unknown)
