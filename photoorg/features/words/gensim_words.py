"""Word2Vec and fastText, trained with gensim on a library's tags and captions.

Mikolov et al. 2013 (word2vec), Bojanowski et al. 2017 (fastText); papers 001 (2.3), 002 (section 4)
and 004 (section 3) use them. gensim pickles its models; here only the arrays are kept.

Paper 001 has 100 dimensions, a window of 5 and hierarchical softmax, paper 002 400 dimensions,
paper 004 100. They learn from running text of millions of words. Tags have no order, and a library
has thousands of words, so some settings differ; the constants below say which and why.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from photoorg.features.words.corpus import Corpus, TrainingRun
from photoorg.features.words.fasttext import MAX_NGRAM, MIN_NGRAM, NgramTable, ngram_hashes
from photoorg.features.words.word_mean import DenseTable

CONTEXT_WINDOW = 30
"""Words to either side that predict a word together (CBOW, PV-DM), or the whole document.

Tags have no order, so every tag is every other's neighbour. gensim's random shortening of windows
is off: it would prefer words that happen to stand side by side.
"""

_PAIR_WINDOW = 5
"""Words to either side that a word predicts one by one (skip-gram).

The cost grows with the window, so instead of widening it the words of a document are shuffled
before each epoch: its pairs are a random sample of all pairs. Up to six tags it is all of them.
"""

_VISITS = 600_000
"""Words to train on in all, which sets the epochs: small corpora need many to leave the start."""
_EPOCHS = (5, 100)

_SAMPLE = 0.0
"""No random leaving out of frequent words: function words are gone already, and in a library of
thirty tags each of them is "frequent" by the papers' threshold."""

_BUCKETS = 20_000
"""N-gram vectors of fastText: 2 million in the original, far more than a library's words have."""


def train_word2vec(
    corpus: Corpus, run: TrainingRun, *, skip_gram: bool, hierarchical: bool = False
) -> DenseTable:
    """Train Word2Vec: continuous bag of words, or skip-gram.

    Args:
        corpus: what to learn from.
        run: how.
        skip_gram: predict the neighbours from a word instead of a word from its neighbours.
        hierarchical: by hierarchical softmax (paper 001, section 3.1) instead of negative samples.

    Raises:
        UsageProblem: no document has two words.
        Cancelled: somebody cancelled.
    """
    corpus.require_neighbours()
    from gensim.models import Word2Vec

    window = _PAIR_WINDOW if skip_gram else CONTEXT_WINDOW
    output = {"hs": 1, "negative": 0} if hierarchical else {"hs": 0, "negative": 5}
    model = Word2Vec(sg=int(skip_gram), window=window, **output, **word_settings(corpus, run))
    train_gensim(model, _Shuffled(corpus.documents, run.seed), corpus, run)
    return DenseTable(corpus.words, np.array(model.wv[list(corpus.words)], np.float32))


def train_fasttext(corpus: Corpus, run: TrainingRun) -> NgramTable:
    """Train fastText (skip-gram over character n-grams), so that unseen words get vectors.

    Raises:
        UsageProblem: no document has two words.
        Cancelled: somebody cancelled.
    """
    corpus.require_neighbours()
    from gensim.models import FastText

    model = FastText(
        sg=1,
        min_n=MIN_NGRAM,
        max_n=MAX_NGRAM,
        bucket=_BUCKETS,
        window=_PAIR_WINDOW,
        **word_settings(corpus, run),
    )
    train_gensim(model, _Shuffled(corpus.documents, run.seed), corpus, run)
    seen = sorted({number for word in corpus.words for number in ngram_hashes(word)})
    return NgramTable(
        corpus.words,
        np.array(model.wv[list(corpus.words)], np.float32),
        np.array(seen, np.int64),
        np.array(model.wv.vectors_ngrams, np.float16),
    )


class _Shuffled:
    """Documents whose words come in another order each time that they are gone through."""

    def __init__(self, documents: Sequence[tuple[str, ...]], seed: int) -> None:
        self._documents = documents
        self._random = random.Random(seed)  # noqa: S311 (nothing is kept secret by it)

    def __iter__(self) -> Iterator[list[str]]:
        for tokens in self._documents:
            yield self._random.sample(tokens, len(tokens))


def word_settings(corpus: Corpus, run: TrainingRun) -> dict[str, Any]:
    """Return gensim's arguments, common to all that it trains on words."""
    return {
        "vector_size": run.dimension,
        "shrink_windows": False,
        "sample": _SAMPLE,
        "min_count": 1,  # `read_corpus` has left out the rare words
        "seed": run.seed,
        # One thread: with more, the order of updates and so the vectors differ from run to run.
        "workers": 1,
        "epochs": run.epochs or choose_epochs(corpus),
    }


def choose_epochs(corpus: Corpus) -> int:
    """Return how often to go through a corpus of this size."""
    return int(np.clip(round(_VISITS / corpus.size), *_EPOCHS))


def train_gensim(model: Any, texts: Any, corpus: Corpus, run: TrainingRun) -> None:
    """Train one of gensim's models with a vocabulary of its own making.

    Args:
        model: a Word2Vec, FastText or Doc2Vec without a vocabulary.
        texts: what the model takes as its corpus.
        corpus: where `texts` are from.
        run: how to train; its `report` is called after each epoch.

    Raises:
        Cancelled: somebody cancelled.
    """
    from gensim.models.callbacks import CallbackAny2Vec

    class Report(CallbackAny2Vec):  # type: ignore[misc]  # gensim has no type hints
        """Hears of the ends of epochs, when gensim's threads are idle."""

        def __init__(self) -> None:
            self._done = 0

        def on_epoch_end(self, model: Any) -> None:
            self._done += 1
            run.report(self._done, model.epochs)

    model.build_vocab(texts)
    model.train(
        texts,
        total_examples=len(corpus.documents),
        total_words=corpus.size,
        epochs=model.epochs,
        callbacks=[Report()],
    )
