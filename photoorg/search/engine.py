"""Answers the search box: meaning, words and filters in one ranking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from photoorg.core.hits import Hits
from photoorg.core.ids import PhotoId
from photoorg.core.query import Order, Query
from photoorg.core.records import Alternative, PhotoScope, SearchResults
from photoorg.features.text import TextEncoder
from photoorg.index import VectorIndex
from photoorg.models.length_correction import LengthCorrection
from photoorg.search import answer, cut, likeness, near_misses
from photoorg.search.judging import Judge, Judged, LookAt
from photoorg.search.looks import TextTagJudge
from photoorg.search.meaning import Meaning
from photoorg.search.parser import parse
from photoorg.search.personal_looks import LearnedLooks, PersonalTagJudge
from photoorg.search.plan import Plan, plan
from photoorg.search.ports import (
    CorrectsLength,
    FloatArray,
    IdArray,
    LookAlikeModel,
    SearchCatalog,
    SearchModel,
    TagJudge,
)
from photoorg.search.reasons import EvidenceFinder
from photoorg.search.spelling import Spelling

_EVERYTHING = PhotoScope()


class SearchEngine:
    """Ranks the photos of a library. Safe to use from several threads at once.

    Args:
        catalog: words, filters and stored vectors.
        joint_index: photos in the space that they share with texts.
        similarity_index: compact look-alike vectors, made by `look_alike.similarity`.
        model: ranks texts; None while it is not loaded; make another engine when it is.
        text_encoder: None while it is not loaded.
        look_alike: compares photos; None while it is not loaded.
        notice: what the person should know of the model at each answer.
        tag_judge: says which photos look as if they carried a tag; None takes the model's text
            side.
        looks: finds photos of tags that were learned, before `tag_judge` is asked.
        spelling: corrects what was typed; None takes the library's words and English.
    """

    def __init__(
        self,
        catalog: SearchCatalog,
        joint_index: VectorIndex,
        similarity_index: VectorIndex,
        model: SearchModel | None,
        text_encoder: TextEncoder | None,
        look_alike: LookAlikeModel | None,
        *,
        notice: Callable[[], str] = lambda: "",
        tag_judge: TagJudge | None = None,
        looks: LearnedLooks | None = None,
        spelling: Spelling | None = None,
    ) -> None:
        self._catalog = catalog
        self._joint, self._model, self._encoder = joint_index, model, text_encoder
        self._similarity = similarity_index
        self._look_alike = look_alike
        self._correction = LengthCorrection()
        if model is not None and isinstance(model, CorrectsLength):
            self._correction = model.length_correction
        self._spelling = spelling or Spelling(catalog)
        meaning: Meaning | None = None
        if model is not None and text_encoder is not None:
            meaning = Meaning(joint_index, model, text_encoder, self._spelling.strange)
            tag_judge = tag_judge or TextTagJudge(joint_index, model, meaning.embed)
            if looks is not None:
                tag_judge = PersonalTagJudge(looks, tag_judge)
        self._judge = Judge(
            catalog,
            joint_index,
            meaning,
            tag_judge,
            notice=notice,
            spellings=self._spelling.compounds,
        )

    # -- text -------------------------------------------------------------------------------
    def search(
        self,
        query: str | Query,
        scope: PhotoScope = _EVERYTHING,
        *,
        look_at: LookAt | None = None,
    ) -> SearchResults:
        """Answer a search text within a scope.

        Args:
            query: what was typed, or an already parsed query.
            scope: only photos of this view, and the order for queries that rank nothing.
            look_at: gives the vector of a photo outside the library that is named by its path;
                without it such photos count for nothing.

        Raises:
            QuerySyntaxError: the text cannot be read; its message says where.
            MediaProblem: a photo that is named by its path cannot be read.
        """
        typed = parse(query) if isinstance(query, str) else query
        asked, corrected = self._spelling.correct(typed)
        return replace(self._answer(asked, scope, look_at), corrected=corrected)

    def alternatives(
        self,
        query: str | Query,
        scope: PhotoScope = _EVERYTHING,
        *,
        look_at: LookAt | None = None,
    ) -> tuple[Alternative, ...]:
        """Return changed searches that find something, for one that finds nothing relevant.

        Takes several times as long as the search itself; for the arguments and errors see that.
        """
        asked, _ = self._spelling.correct(parse(query) if isinstance(query, str) else query)

        def count(changed: Query) -> int:
            return self._count(changed, scope, look_at)

        return near_misses.alternatives(asked, self._spelling, self._near_words, count)

    def _near_words(self, word: str) -> Sequence[str]:
        return self._spelling.related(word) or self._spelling.near(word)

    def _answer(self, query: Query, scope: PhotoScope, look_at: LookAt | None) -> SearchResults:
        planned = plan(query)
        if planned.root is None and planned.condition is None:  # all of the scope
            ids = self._catalog.photo_ids(_ordered(scope, planned))
            return SearchResults(Hits(ids, np.ones(len(ids))), len(ids))
        judged = self._judge.judge(planned, scope, look_at)
        if judged.verdict is None or planned.root is None:
            ids = self._in_order(judged, scope, planned)
            return SearchResults(Hits(ids, np.ones(len(ids))), len(ids))
        if planned.root.ranks:
            dated: Callable[[IdArray], IdArray] | None = None
            if planned.order in (Order.NEWEST, Order.OLDEST):
                newest = planned.order is Order.NEWEST
                dated = partial(self._catalog.in_date_order, newest_first=newest)
            ranked = answer.rank(judged.universe, judged.verdict, self._bar(planned), dated)
        else:
            ids = self._in_order(judged, scope, planned)
            unwanted = " ".join(filter(None, (w.unwanted_label for w in planned.wishes())))
            ranked = answer.split(ids, judged.universe, judged.verdict, unwanted)
        return SearchResults(ranked.hits, ranked.relevant, judged.notice)

    def _count(self, query: Query, scope: PhotoScope, look_at: LookAt | None) -> int:
        """Return how many relevant photos `_answer` would give."""
        planned = plan(query)
        judged = self._judge.judge(planned, scope, look_at)
        if judged.verdict is None or planned.root is None:
            return len(judged.universe)
        if planned.root.ranks:
            return answer.count_relevant(judged.verdict, self._bar(planned))
        return int(np.count_nonzero(judged.verdict.probability >= answer.RELEVANT))

    def _bar(self, planned: Plan) -> answer.Bar:
        """Return what tells where the answer to a query ends."""
        words = max((len(wish.label.split()) for wish in planned.wishes()), default=1)
        return partial(cut.bar, words=max(words, 1), correction=self._correction)

    def _in_order(self, judged: Judged, scope: PhotoScope, planned: Plan) -> IdArray:
        """Return the photos that come into question in the scope's order, or that asked for."""
        scope = _ordered(scope, planned)
        if planned.condition is None:  # all of the scope
            return self._catalog.photo_ids(scope)
        return self._catalog.in_date_order(judged.universe.ids, newest_first=scope.newest_first)

    def evidence(self, photo_at: Callable[[Path], PhotoId | None]) -> EvidenceFinder:
        """Return what asks the same model about one photo; `photo_at` knows the library's."""
        return EvidenceFinder(
            self._catalog,
            self._joint,
            self._model,
            self._encoder,
            photo_at,
            self._spelling.strange,
        )

    # -- photos -----------------------------------------------------------------------------
    def similar(
        self,
        source: PhotoId | FloatArray,
        limit: int = 500,
        *,
        perceptual_hash: int | None = None,
        exclude: PhotoId | None = None,
    ) -> SearchResults:
        """Return photos that look like one of the library, or like any other.

        Args:
            source: a photo of the library, or the stored kind of vector (pooled, [v]) of any.
            limit: most hits.
            perceptual_hash: of a photo that is given as a vector, where it is known.
            exclude: a photo to leave out: the one itself, where a vector is of the library.
        """
        if self._look_alike is None:
            return SearchResults(notice="Looking for similar photos is not ready yet.")
        if isinstance(source, np.ndarray):
            vector = np.asarray(source, dtype=np.float32)
        else:
            exclude = PhotoId(int(source))
            _, found = self._catalog.vectors(self._look_alike.visual_key, [exclude])
            if not len(found):
                return SearchResults(notice="This photo has not been looked at yet.")
            vector = found[0]
            hashes = self._catalog.perceptual_hashes([exclude])[1]
            perceptual_hash = int(hashes[0]) if len(hashes) else None
        compact = self._look_alike.similarity(vector[None, :])[0]
        candidates, _ = self._similarity.search(compact, limit + likeness.SURPLUS)
        if exclude is not None:
            candidates = candidates[candidates != exclude]
        listed = [PhotoId(candidate) for candidate in candidates.tolist()]
        ids, vectors = self._catalog.vectors(self._look_alike.visual_key, listed)
        if not len(ids):
            return SearchResults()
        cosines = likeness.cosines(vector, vectors)
        identical = likeness.near_identical(
            ids, cosines, perceptual_hash, self._catalog.perceptual_hashes
        )
        order = np.lexsort((ids, -cosines, ~identical))[:limit]
        relevant = identical[order] | (cosines[order] >= likeness.RELEVANT)
        why = [
            "near-identical" if same else ("looks alike" if near else "looks a little alike")
            for same, near in zip(identical[order], relevant, strict=True)
        ]
        hits = Hits(ids[order], cosines[order], lambda some: [why[at] for at in some.tolist()])
        return SearchResults(hits, int(relevant.sum()))


def _ordered(scope: PhotoScope, planned: Plan) -> PhotoScope:
    """Return a scope in the order that is asked for, if one is."""
    if planned.order not in (Order.NEWEST, Order.OLDEST):
        return scope
    return replace(scope, newest_first=planned.order is Order.NEWEST)
