"""From the texts of a query to vectors, and from vectors to probabilities.

The query vector is the weighted sum of text embeddings with what is not wanted subtracted (paper
002, section 8: vector arithmetic in the joint space). Subtraction alone only turns the ranking a
little, so each unwanted text also multiplies the probability of a photo by the probability that
the photo does not show it: a photo that surely shows people is gone from "beach -people", however
much beach it shows.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoorg.core.query import Text
from photoorg.features.text import TextEncoder
from photoorg.index import VectorIndex
from photoorg.search.ports import FloatArray, IdArray, KnowsWords, SearchModel

_REMEMBERED = 512


@dataclass(frozen=True, slots=True)
class Wish:
    """The texts of a query, sorted.

    Attributes:
        wanted: texts to look for with their weights. All words of ordinary weight are one text:
            together they read as a caption, which is what the text encoder knows best.
        unwanted: texts to keep away from with their weights, made positive.
    """

    wanted: tuple[tuple[str, float], ...]
    unwanted: tuple[tuple[str, float], ...]

    @classmethod
    def of(cls, texts: Sequence[Text]) -> Wish:
        caption = " ".join(text.text for text in texts if text.weight == 1)
        weighted = tuple(
            (text.text, text.weight) for text in texts if text.weight > 0 and text.weight != 1
        )
        return cls(
            wanted=((caption, 1.0), *weighted) if caption else weighted,
            unwanted=tuple((text.text, -text.weight) for text in texts if text.weight < 0),
        )

    @property
    def label(self) -> str:
        """What is looked for, in the person's words."""
        return " ".join(text for text, _ in self.wanted)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the pixels of photos say to a query.

    Attributes:
        ids: int64 [n].
        probability: float32 [n], that the photo is what is looked for.
        cosine: float32 [n], with the query vector: tells apart what is equally probable.
        unknown_words: words of the query that the model knows nothing of.
    """

    ids: IdArray
    probability: FloatArray
    cosine: FloatArray
    unknown_words: tuple[str, ...] = ()

    @classmethod
    def none(cls, unknown_words: tuple[str, ...] = ()) -> Judgement:
        nothing = np.empty(0, dtype=np.float32)
        return cls(np.empty(0, dtype=np.int64), nothing, nothing, unknown_words)


class Meaning:
    """Ranks photos by what texts mean. Safe to use from several threads at once."""

    def __init__(self, index: VectorIndex, model: SearchModel, encoder: TextEncoder) -> None:
        self._index = index
        self._model = model
        self._encoder = encoder
        self._known: OrderedDict[str, FloatArray] = OrderedDict()
        self._lock = threading.Lock()

    def judge(self, wish: Wish) -> Judgement:
        """Return how probable it is that each photo of the index is what is looked for.

        Where nothing is wanted, only unwanted, it is the probability that none of that is shown.
        Texts of unknown words alone say nothing; where no others are wanted, no photo is judged.

        Raises:
            PhotoorgError: the text encoder cannot answer.
        """
        texts = [text for text, _ in (*wish.wanted, *wish.unwanted)]
        unknown: tuple[str, ...] = ()
        if isinstance(self._encoder, KnowsWords):
            unknown = self._encoder.unknown_words(texts)
        embedded = self._embed(texts)
        told: NDArray[np.bool_] = np.asarray(embedded.any(axis=1))
        if not told[: len(wish.wanted)].any() if wish.wanted else not told.any():
            return Judgement.none(unknown)
        unwanted = embedded[len(wish.wanted) :]
        queries = unwanted
        if wish.wanted:
            weights = [weight for _, weight in wish.wanted] + [-w for _, w in wish.unwanted]
            total = np.asarray(weights, dtype=np.float32) @ embedded
            queries = np.vstack([total / max(float(np.linalg.norm(total)), 1e-6), unwanted])
        ids, scores = self._index.scores(queries)
        relevance = [self._model.relevance(*pair) for pair in zip(queries, scores, strict=True)]
        probability = relevance.pop(0) if wish.wanted else np.ones(len(ids), dtype=np.float32)
        avoided = zip(relevance, wish.unwanted, told[len(wish.wanted) :], strict=True)
        for shown, (_, weight), says in avoided:
            if says:
                probability = probability * (1 - shown) ** np.float32(weight)
        return Judgement(ids, probability, scores[0] if wish.wanted else probability, unknown)

    def _embed(self, texts: Sequence[str]) -> FloatArray:
        """Embed texts [n] to unit rows [n, d]; those met lately cost nothing."""
        with self._lock:
            rows = {text: self._known[text] for text in texts if text in self._known}
        missing = [text for text in dict.fromkeys(texts) if text not in rows]
        if missing:
            fresh = self._model.embed_texts(self._encoder.encode(missing))
            rows.update(zip(missing, fresh, strict=True))
        with self._lock:
            self._known.update(rows)
            for text in rows:
                self._known.move_to_end(text)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return np.vstack([rows[text] for text in texts])
