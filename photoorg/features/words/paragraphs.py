"""Paragraph vectors (doc2vec): a vector for a document as a whole.

Le and Mikolov 2014: PV-DM predicts a word from its neighbours and the document's vector, PV-DBOW
from the document's vector alone. Papers 001 (table 2) and 002 (section 4, PV-DM). Trained with
gensim; of the model only the arrays are kept, and gensim's own inference runs on them.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoorg.features.words.base import Document, EncodedTexts
from photoorg.features.words.corpus import Corpus, TrainingRun, pack_words
from photoorg.features.words.encoder import VocabularyEncoder
from photoorg.features.words.gensim_words import CONTEXT_WINDOW, choose_epochs, train_gensim

_INFERENCE_EPOCHS = 30
_ALPHA, _LAST_ALPHA = 0.05, 0.0001
_NEGATIVE = 5


class ParagraphVectors(VocabularyEncoder):
    """Documents by inference with the trained words held fixed.

    A document's vector depends on its words alone: the start and the negative samples are drawn
    from a generator that is seeded by them.
    """

    def __init__(
        self,
        kind: str,
        words: tuple[str, ...],
        occurrences: NDArray[np.int64],
        vectors: NDArray[np.float32],
        hidden: NDArray[np.float32],
        *,
        distributed_memory: bool,
    ) -> None:
        """Take what was trained.

        Args:
            kind: name on the command line.
            words: the vocabulary, most frequent first.
            occurrences: of each word, for drawing negative samples [words].
            vectors: of words as neighbours [words, dimension].
            hidden: of words as what is predicted [words, dimension].
            distributed_memory: PV-DM, else PV-DBOW.
        """
        super().__init__(kind, vectors.shape[1])
        self._words = words
        self._occurrences = occurrences
        self._vectors = vectors
        self._hidden = hidden
        self._distributed_memory = distributed_memory
        self._index = frozenset(words)
        self._model: Any = None
        self._lock = threading.Lock()

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return self._words

    def encode(self, documents: Sequence[Document]) -> EncodedTexts:
        unknown: dict[str, None] = {}
        vectors = np.zeros((len(documents), self.dimension), np.float32)
        known = np.zeros(len(documents), np.bool_)
        # gensim draws from a generator that belongs to the model, so one document at a time.
        with self._lock:
            for row, document in enumerate(documents):
                words = [token for token in document.tokens if token in self._index]
                unknown.update((each, None) for each in document.tokens if each not in self._index)
                if words:
                    vectors[row], known[row] = self._infer(words), True
        return EncodedTexts(vectors, known, tuple(unknown))

    def tensors(self) -> Mapping[str, NDArray[Any]]:
        return {
            "words": pack_words(self._words),
            "occurrences": self._occurrences,
            "vectors": self._vectors,
            "hidden": self._hidden,
        }

    def config(self) -> Mapping[str, Any]:
        return {}

    def _infer(self, words: list[str]) -> NDArray[np.float32]:
        """Do what gensim's `Doc2Vec.infer_vector` does, from a start that is always the same.

        gensim's own start hangs on Python's hash of strings, which each process salts anew.
        """
        from gensim.models.doc2vec import train_document_dbow, train_document_dm

        if self._model is None:
            self._model = self._rebuild()
        model = self._model
        digest = blake2b("\n".join(words).encode(), digest_size=4).digest()
        model.random = np.random.RandomState(int.from_bytes(digest, "little"))
        start = model.random.random_sample((1, self.dimension))
        vector = ((start - 0.5) / self.dimension).astype(np.float32)
        free = np.ones(1, np.float32)
        # gensim would make these itself, and free them before it uses them.
        memory = {"work": np.zeros(self.dimension, np.float32)}
        if self._distributed_memory:
            memory["neu1"] = np.zeros(self.dimension, np.float32)
        update = train_document_dm if self._distributed_memory else train_document_dbow
        for alpha in np.linspace(_ALPHA, _LAST_ALPHA, _INFERENCE_EPOCHS):
            update(
                model,
                words,
                [0],
                alpha,
                learn_words=False,
                learn_hidden=False,
                doctag_vectors=vector,
                doctags_lockf=free,
                **memory,
            )
        inferred: NDArray[np.float32] = vector[0]
        return inferred

    def _rebuild(self) -> Any:
        """Put a gensim model around the arrays."""
        model = _new_model(
            self.dimension, seed=0, epochs=1, distributed_memory=self._distributed_memory
        )
        counts = dict(zip(self._words, self._occurrences.tolist(), strict=True))
        model.build_vocab_from_freq(counts, corpus_count=1)
        # gensim sorts the words by frequency, equally frequent ones in an order of its own.
        index = {word: number for number, word in enumerate(self._words)}
        order = [index[word] for word in model.wv.index_to_key]
        model.wv.vectors = np.ascontiguousarray(self._vectors[order])
        model.syn1neg = np.ascontiguousarray(self._hidden[order])
        return model


def train_paragraphs(
    kind: str, corpus: Corpus, run: TrainingRun, *, distributed_memory: bool
) -> ParagraphVectors:
    """Train PV-DM or PV-DBOW; the training documents' own vectors are not kept.

    Raises:
        Cancelled: somebody cancelled.
    """
    from gensim.models.doc2vec import TaggedDocument

    model = _new_model(
        run.dimension,
        seed=run.seed,
        epochs=run.epochs or choose_epochs(corpus),
        distributed_memory=distributed_memory,
    )
    texts = [TaggedDocument(tokens, [row]) for row, tokens in enumerate(corpus.documents)]
    train_gensim(model, texts, corpus, run)
    order = [model.wv.key_to_index[word] for word in corpus.words]
    return ParagraphVectors(
        kind,
        corpus.words,
        corpus.occurrences,
        np.array(model.wv.vectors[order], np.float32),
        np.array(model.syn1neg[order], np.float32),
        distributed_memory=distributed_memory,
    )


def _new_model(dimension: int, *, seed: int, epochs: int, distributed_memory: bool) -> Any:
    """Return an untrained gensim model."""
    from gensim.models import Doc2Vec

    return Doc2Vec(
        vector_size=dimension,
        window=CONTEXT_WINDOW,
        shrink_windows=False,
        dm=int(distributed_memory),
        negative=_NEGATIVE,
        alpha=_ALPHA,
        min_alpha=_LAST_ALPHA,
        sample=0,
        min_count=1,
        seed=seed,
        workers=1,
        epochs=epochs,
    )
