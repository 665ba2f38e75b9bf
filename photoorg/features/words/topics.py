"""Latent Dirichlet allocation: documents as shares of topics.

Blei, Ng and Jordan 2003; trained with gensim by the online variational method of Hoffman, Blei and
Bach 2010. Paper 002, section 4 (200 and 400 topics). What a new document is made of is inferred
here by the same method, for many documents at once and without gensim.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoorg.features.words.base import Document, EncodedTexts
from photoorg.features.words.corpus import Corpus, TrainingRun, pack_words
from photoorg.features.words.encoder import VocabularyEncoder, WordNumbers

_EPOCHS = (4, 50)
_VISITS = 24_000
"""Documents to train on in all, which sets the epochs."""
_TRAINING_ITERATIONS = 30
"""Steps of one document's inference; gensim has 50, and takes longer."""
_ITERATIONS = 100
_CONVERGED = 1e-4
"""Mean change of gamma at which a batch of documents is done."""
_DOCUMENTS_AT_ONCE = 64
_TINY = np.float32(1e-30)


class TopicVectors(VocabularyEncoder):
    """Topic shares of documents."""

    def __init__(
        self,
        kind: str,
        words: tuple[str, ...],
        topics: NDArray[np.float32],
        prior: NDArray[np.float32],
    ) -> None:
        """Take what was trained.

        Args:
            kind: name on the command line.
            words: the vocabulary.
            topics: `exp(E[log beta])`, a row per word [words, topics].
            prior: alpha of the documents' Dirichlet distribution [topics].
        """
        super().__init__(kind, topics.shape[1])
        self._words = words
        self._topics = topics
        self._prior = prior
        self._numbers = WordNumbers(words)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return self._words

    def encode(self, documents: Sequence[Document]) -> EncodedTexts:
        numbers, unknown = self._numbers(documents)
        known = np.array([len(each) > 0 for each in numbers], np.bool_)
        vectors = np.zeros((len(documents), self.dimension), np.float32)
        # Documents of like length together: a batch is as long as its longest.
        order = sorted(np.flatnonzero(known).tolist(), key=lambda row: len(numbers[row]))
        for start in range(0, len(order), _DOCUMENTS_AT_ONCE):
            rows = order[start : start + _DOCUMENTS_AT_ONCE]
            vectors[rows] = self._shares([numbers[row] for row in rows])
        return EncodedTexts(vectors, known, unknown)

    def tensors(self) -> Mapping[str, NDArray[Any]]:
        return {"words": pack_words(self._words), "topics": self._topics, "prior": self._prior}

    def config(self) -> Mapping[str, Any]:
        return {}

    def _shares(self, texts: Sequence[NDArray[np.intp]]) -> NDArray[np.float32]:
        """Infer the topic shares of non-empty documents [documents, topics].

        Hoffman et al. 2010, algorithm 1, the inner loop; from equal shares instead of random ones,
        so that a document's vector is always the same. Documents that have converged stay as they
        are, so that a vector does not depend on what else is in the batch.
        """
        words = np.zeros((len(texts), max(map(len, texts))), np.intp)
        present = np.zeros(words.shape, np.float32)
        for row, text in enumerate(texts):
            words[row, : len(text)] = text
            present[row, : len(text)] = 1
        topics = self._topics[words]  # [documents, places, topics]
        gamma = np.ones((len(texts), self.dimension), np.float32)
        active = np.arange(len(texts))
        for _ in range(_ITERATIONS):
            before = gamma[active]
            weights = np.exp(_digamma(before) - _digamma(before.sum(axis=1, keepdims=True)))
            chosen = topics[active] if len(active) < len(texts) else topics
            norms = (chosen @ weights[:, :, None])[:, :, 0] + _TINY
            pulls = (present[active] / norms)[:, None, :] @ chosen
            after = self._prior + weights * pulls[:, 0, :]
            gamma[active] = after
            active = active[np.abs(after - before).mean(axis=1) >= _CONVERGED]
            if not len(active):
                break
        shares: NDArray[np.float32] = gamma / gamma.sum(axis=1, keepdims=True)
        return shares


def train_topics(kind: str, corpus: Corpus, run: TrainingRun) -> TopicVectors:
    """Train LDA; `run.dimension` is the number of topics.

    Raises:
        Cancelled: somebody cancelled.
    """
    from gensim.models import LdaModel

    index = corpus.index()
    bags = []
    for tokens in corpus.documents:
        numbers, counts = np.unique([index[token] for token in tokens], return_counts=True)
        bags.append(list(zip(numbers.tolist(), counts.tolist(), strict=True)))
    model = LdaModel(
        id2word=dict(enumerate(corpus.words)),
        num_topics=run.dimension,
        passes=1,
        iterations=_TRAINING_ITERATIONS,
        eval_every=None,
        random_state=run.seed,
    )
    epochs = run.epochs or int(np.clip(round(_VISITS / len(bags)), *_EPOCHS))
    for epoch in range(epochs):
        model.update(bags)
        run.report(epoch + 1, epochs)
    topics = np.exp(model.state.get_Elogbeta()).T
    return TopicVectors(
        kind,
        corpus.words,
        np.ascontiguousarray(np.maximum(topics, _TINY), np.float32),
        np.array(model.alpha, np.float32),
    )


def _digamma(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the logarithmic derivative of the gamma function, for positive arguments.

    Abramowitz and Stegun 6.3.5 (recurrence, up to 4 and beyond) and 6.3.18 (asymptotic series);
    good to float32's precision.
    """
    shift = 1 / x + 1 / (x + 1) + 1 / (x + 2) + 1 / (x + 3)
    y = x + np.float32(4)
    inverse = 1 / (y * y)
    series = inverse * (1 / 12 - inverse * (1 / 120 - inverse / 252))
    digamma: NDArray[np.float32] = np.log(y) - np.float32(0.5) / y - series - shift
    return digamma
