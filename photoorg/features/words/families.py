"""How each family of text vectors is trained and put together again from a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import ModelFileProblem
from photoorg.features.storage import ModelFile, take_tensor
from photoorg.features.words.base import Document, TextVectors
from photoorg.features.words.corpus import Corpus, TrainingRun, read_corpus, unpack_words
from photoorg.features.words.word_mean import (
    WEIGHTED,
    DenseTable,
    WordMeans,
    WordTable,
    WordWeights,
)

Trainer: TypeAlias = Callable[[str, Sequence[Document], TrainingRun], TextVectors]
Restorer: TypeAlias = Callable[[str, ModelFile], TextVectors]

BAG_SIZE = 5018
"""Paper 000, section 2: the tags that NUS-WIDE's list has."""


@dataclass(frozen=True, slots=True)
class Family:
    """Training and restoring of text vectors; both take the kind's name first.

    Attributes:
        train: learns from documents; raises UsageProblem where they are too few, and Cancelled.
        restore: rebuilds from a file; raises ModelFileProblem where it is not what it should be.
    """

    train: Trainer
    restore: Restorer


def word_family(
    train_table: Callable[[Corpus, TrainingRun], WordTable],
    restore_table: Callable[[ModelFile], WordTable],
) -> Family:
    """Return the family whose documents are means of the words of a trained table."""

    def train(kind: str, documents: Sequence[Document], run: TrainingRun) -> TextVectors:
        corpus = read_corpus(documents)
        weights = WordWeights.of(corpus) if kind.endswith(WEIGHTED) else None
        return WordMeans(kind, train_table(corpus, run), weights)

    def restore(kind: str, file: ModelFile) -> TextVectors:
        return WordMeans(kind, restore_table(file), _restore_weights(kind, file))

    return Family(train, restore)


def dense_table(file: ModelFile) -> DenseTable:
    """Restore the table of word2vec, glove and semantic-tags."""
    words = read_words(file)
    return DenseTable(words, take_tensor(file, "vectors", (len(words), None)))


def word2vec_family(*, skip_gram: bool, hierarchical: bool = False) -> Family:
    """Return the family of Word2Vec, in one of its forms."""

    def train(corpus: Corpus, run: TrainingRun) -> WordTable:
        from photoorg.features.words.gensim_words import train_word2vec

        return train_word2vec(corpus, run, skip_gram=skip_gram, hierarchical=hierarchical)

    return word_family(train, dense_table)


def fasttext_family() -> Family:
    """Return the family of word vectors that unseen words have too."""

    def train(corpus: Corpus, run: TrainingRun) -> WordTable:
        from photoorg.features.words.gensim_words import train_fasttext

        return train_fasttext(corpus, run)

    def restore(file: ModelFile) -> WordTable:
        from photoorg.features.words.fasttext import NgramTable

        words = read_words(file)
        vectors = take_tensor(file, "vectors", (len(words), None))
        buckets = take_tensor(file, "buckets", (None, vectors.shape[1]))
        if len(buckets) == 0:
            raise ModelFileProblem("The text vectors have no n-grams.")
        seen = read_tensor(file, "seen_ngrams").astype(np.int64)
        return NgramTable(words, vectors, seen, buckets.astype(np.float16))

    return word_family(train, restore)


def glove_family() -> Family:
    """Return the family of GloVe trained on the corpus."""

    def train(corpus: Corpus, run: TrainingRun) -> WordTable:
        from photoorg.features.words.glove import train_glove

        return train_glove(corpus, run)

    return word_family(train, dense_table)


def semantic_tags_family() -> Family:
    """Return the family of paper 000's tag vectors."""

    def train(corpus: Corpus, run: TrainingRun) -> WordTable:
        from photoorg.features.words.semantic_tags import train_semantic_tags

        return train_semantic_tags(corpus, run)

    return word_family(train, dense_table)


def glove_6b_family() -> Family:
    """Return the family of the packaged GloVe vectors; only tf-idf weights are learnt."""

    def train(kind: str, documents: Sequence[Document], run: TrainingRun) -> TextVectors:
        from photoorg.features.words.glove_6b import shared_table

        weighted = kind.endswith(WEIGHTED)
        weights = WordWeights.of(read_corpus(documents, min_count=1)) if weighted else None
        run.report(1, 1)
        return WordMeans(kind, shared_table(), weights)

    def restore(kind: str, file: ModelFile) -> TextVectors:
        from photoorg.features.words.glove_6b import shared_table

        return WordMeans(kind, shared_table(), _restore_weights(kind, file))

    return Family(train, restore)


def minilm_family() -> Family:
    """Return the family of the packaged sentence encoder."""

    def load(kind: str) -> TextVectors:
        from photoorg.features.minilm import MiniLM
        from photoorg.features.words.sentences import SentenceVectors

        return SentenceVectors(kind, MiniLM.load())

    def train(kind: str, _documents: Sequence[Document], run: TrainingRun) -> TextVectors:
        run.report(1, 1)
        return load(kind)

    return Family(train, lambda kind, _file: load(kind))


def paragraph_family(*, distributed_memory: bool) -> Family:
    """Return the family of paragraph vectors, in one of their two forms."""

    def train(kind: str, documents: Sequence[Document], run: TrainingRun) -> TextVectors:
        from photoorg.features.words.paragraphs import train_paragraphs

        corpus = read_corpus(documents)
        return train_paragraphs(kind, corpus, run, distributed_memory=distributed_memory)

    def restore(kind: str, file: ModelFile) -> TextVectors:
        from photoorg.features.words.paragraphs import ParagraphVectors

        words = read_words(file)
        vectors = take_tensor(file, "vectors", (len(words), None))
        hidden = take_tensor(file, "hidden", vectors.shape)
        occurrences = read_tensor(file, "occurrences").astype(np.int64)
        if occurrences.shape != (len(words),) or (occurrences < 1).any():
            raise ModelFileProblem("The text vectors' word counts make no sense.")
        return ParagraphVectors(
            kind, words, occurrences, vectors, hidden, distributed_memory=distributed_memory
        )

    return Family(train, restore)


def lda_family() -> Family:
    """Return the family of topic shares."""

    def train(kind: str, documents: Sequence[Document], run: TrainingRun) -> TextVectors:
        from photoorg.features.words.topics import train_topics

        return train_topics(kind, read_corpus(documents), run)

    def restore(kind: str, file: ModelFile) -> TextVectors:
        from photoorg.features.words.topics import TopicVectors

        words = read_words(file)
        topics = take_tensor(file, "topics", (len(words), None))
        prior = take_tensor(file, "prior", (topics.shape[1],))
        if (topics <= 0).any() or (prior <= 0).any():
            raise ModelFileProblem("The text vectors' topics make no sense.")
        return TopicVectors(kind, words, topics, prior)

    return Family(train, restore)


def lsa_family() -> Family:
    """Return the family of latent semantic analysis."""

    def train(kind: str, documents: Sequence[Document], run: TrainingRun) -> TextVectors:
        from photoorg.features.words.lsa import train_lsa

        return train_lsa(kind, read_corpus(documents), run)

    def restore(kind: str, file: ModelFile) -> TextVectors:
        from photoorg.features.words.lsa import LsaVectors

        words = read_words(file)
        return LsaVectors(
            kind,
            words,
            take_tensor(file, "idf", (len(words),)),
            take_tensor(file, "components", (len(words), None)),
        )

    return Family(train, restore)


def bag_family() -> Family:
    """Return the family of binary vectors over the vocabulary."""

    def train(kind: str, documents: Sequence[Document], run: TrainingRun) -> TextVectors:
        from photoorg.features.words.lsa import TagBags

        corpus = read_corpus(documents, min_count=1, limit=run.dimension)
        run.report(1, 1)
        return TagBags(kind, corpus.words)

    def restore(kind: str, file: ModelFile) -> TextVectors:
        from photoorg.features.words.lsa import TagBags

        return TagBags(kind, read_words(file))

    return Family(train, restore)


def read_tensor(file: ModelFile, name: str) -> NDArray[np.generic]:
    """Return one tensor in its own type.

    Raises:
        ModelFileProblem: it is not there.
    """
    try:
        return file.tensors[name]
    except KeyError:
        raise ModelFileProblem(f"The text vectors lack the part “{name}”.") from None


def read_words(file: ModelFile, name: str = "words") -> tuple[str, ...]:
    """Return a vocabulary.

    Raises:
        ModelFileProblem: it is not there or cannot be read.
    """
    return unpack_words(read_tensor(file, name))


def _restore_weights(kind: str, file: ModelFile) -> WordWeights | None:
    if not kind.endswith(WEIGHTED):
        return None
    words = read_words(file, "idf_words")
    return WordWeights(words, take_tensor(file, "idf", (len(words) + 1,)))
