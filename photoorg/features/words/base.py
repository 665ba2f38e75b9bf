"""What text vectors are, whichever family they come from: documents in, vectors out.

They are trained on the tags and captions of a library and serve as the text side of the
cross-modal models. A text vectoriser is small, is saved as tensors (never pickled), and is used
without gensim and torch wherever its maths is a look-up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from photoorg.core.ids import ModelKey


@dataclass(frozen=True, slots=True)
class Document:
    """What is said of one photo, or what a person typed.

    Attributes:
        tokens: normalised words in the order of the text; a known multi-word tag is one token, with
            underscores ("new_york"). Empty where nothing is said.
        text: the words as they were written, for encoders of whole sentences.
    """

    tokens: tuple[str, ...]
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.tokens or self.text)


@dataclass(frozen=True, slots=True)
class EncodedTexts:
    """Vectors of documents or words.

    Attributes:
        vectors: float32 [n, dimension]; not normalised; zero where nothing was known.
        known: bool [n], whether at least one word had a vector.
        unknown_words: the words that had none, each once, in order of appearance.
    """

    vectors: NDArray[np.float32]
    known: NDArray[np.bool_]
    unknown_words: tuple[str, ...] = ()


class TextVectors(Protocol):
    """A trained text vectoriser. Safe to use from several threads at once."""

    @property
    def kind(self) -> str:
        """Name on the command line, such as "word2vec-cbow" or "glove+tfidf"."""

    @property
    def key(self) -> ModelKey:
        """Kind, dimension and a hash of all that the vectors depend on."""

    @property
    def dimension(self) -> int:
        """Length of one vector."""

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The words with a vector of their own, most frequent first; empty where there are none."""

    def encode(self, documents: Sequence[Document]) -> EncodedTexts:
        """Encode documents [n]."""

    def encode_words(self, words: Sequence[str]) -> EncodedTexts:
        """Encode single words or tags as they are written by a person, each for itself.

        Words are normalised as documents are; a multi-word tag that is no token of its own gets the
        mean of its words.
        """

    def tensors(self) -> Mapping[str, NDArray[Any]]:
        """Return all arrays that `load_text_vectors` needs."""

    def config(self) -> Mapping[str, Any]:
        """Return all else that `load_text_vectors` needs, as JSON values."""
