"""Counting the words of a corpus, and the files' form of a vocabulary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import ModelFileProblem, UsageProblem
from photoorg.core.progress import CancelToken
from photoorg.features.words.base import Document

MAX_WORDS = 50_000
"""Largest vocabulary: at 400 dimensions a table of 80 MB."""

_MANY_DOCUMENTS = 20_000


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents and the words in them that are worth a vector.

    Attributes:
        documents: the tokens of each document that are in `words`; documents without any are left
            out.
        words: the vocabulary, most frequent first, equally frequent ones in alphabetical order.
        occurrences: int64 [words].
        document_counts: int64 [words], documents that each word occurs in.
    """

    documents: tuple[tuple[str, ...], ...]
    words: tuple[str, ...]
    occurrences: NDArray[np.int64]
    document_counts: NDArray[np.int64]

    @property
    def size(self) -> int:
        """Tokens in all."""
        return int(self.occurrences.sum())

    def index(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words)}

    def inverse_document_frequencies(self) -> NDArray[np.float32]:
        """Return `log((1 + n) / (1 + df)) + 1` per word [words + 1].

        The last entry is that of a word that no document has. Smoothed, so that a word of every
        document still counts: in a library of three photos that is most of them.
        """
        counts = np.append(self.document_counts, 0)
        weights = np.log((1 + len(self.documents)) / (1 + counts)) + 1
        return weights.astype(np.float32)

    def require_neighbours(self) -> None:
        """Check that there is something to learn from which words occur together.

        Raises:
            UsageProblem: no document has two different words.
        """
        if not any(len(set(tokens)) > 1 for tokens in self.documents):
            raise UsageProblem(
                "No photo has two different words, so there is nothing to learn from which words"
                " go together.",
                "Add more tags or captions, or choose text vectors that come trained, such as"
                " minilm.",
            )


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """How text vectors are to be trained.

    Attributes:
        seed: the same seed and corpus give the same vectors.
        dimension: length of a vector.
        epochs: passes over the corpus; None lets the family choose by the corpus's size.
        token: cancels between epochs.
        on_epoch: called with the epochs done and to do.
    """

    seed: int
    dimension: int
    epochs: int | None = None
    token: CancelToken | None = None
    on_epoch: Callable[[int, int], None] | None = None

    def report(self, done: int, total: int) -> None:
        """Say that `done` of `total` epochs are done.

        Raises:
            Cancelled: somebody cancelled.
        """
        if self.on_epoch is not None:
            self.on_epoch(done, total)
        if self.token is not None:
            self.token.check()


def read_corpus(
    documents: Sequence[Document], *, min_count: int | None = None, limit: int = MAX_WORDS
) -> Corpus:
    """Count the words of documents.

    Args:
        documents: n documents; empty ones are passed over.
        min_count: occurrences that a word needs; None takes 1, or 2 from 20,000 documents on. A
            library's owner expects each tag to have a vector, however rare; in a large one
            words that occur once are often misspellings.
        limit: words to keep, the most frequent ones.

    Raises:
        UsageProblem: there are no words.
    """
    if min_count is None:
        min_count = 1 if len(documents) < _MANY_DOCUMENTS else 2
    occurrences = Counter(token for document in documents for token in document.tokens)
    least = min(min_count, max(occurrences.values(), default=0))
    ordered = sorted(
        (word for word, count in occurrences.items() if count >= least),
        key=lambda word: (-occurrences[word], word),
    )
    words = tuple(ordered[:limit])
    if not words:
        raise UsageProblem(
            "There are no words to learn from.", "Add tags or captions to some photos first."
        )
    kept = frozenset(words)
    texts = tuple(
        tokens
        for document in documents
        if (tokens := tuple(token for token in document.tokens if token in kept))
    )
    spread = Counter(word for tokens in texts for word in set(tokens))
    return Corpus(
        texts,
        words,
        np.array([occurrences[word] for word in words], np.int64),
        np.array([spread[word] for word in words], np.int64),
    )


def pack_words(words: Sequence[str]) -> NDArray[np.uint8]:
    """Return words as the bytes of one text, a line each; tokens have no white space in them."""
    return np.frombuffer("\n".join(words).encode(), np.uint8)


def unpack_words(packed: NDArray[Any]) -> tuple[str, ...]:
    """Return what `pack_words` was given.

    Raises:
        ModelFileProblem: it is something else.
    """
    try:
        words = tuple(packed.astype(np.uint8).tobytes().decode().split("\n"))
    except UnicodeDecodeError as error:
        raise ModelFileProblem(
            f"The words of the text vectors cannot be read ({error})."
        ) from error
    if "" in words or len(set(words)) != len(words):
        raise ModelFileProblem("The text vectors' words are empty or occur twice.")
    return words
