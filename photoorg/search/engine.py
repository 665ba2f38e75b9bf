"""Answers the search box: meaning, words and filters in one ranking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import EnvironmentProblem, ModelFileProblem
from photoorg.core.ids import PhotoId
from photoorg.core.query import Query
from photoorg.core.records import PhotoScope, SearchHit, SearchResults
from photoorg.features.text import TextEncoder
from photoorg.index import VectorIndex
from photoorg.models.length_correction import LengthCorrection
from photoorg.search import cut, likeness, words
from photoorg.search.meaning import Judgement, Meaning, Wish
from photoorg.search.parser import parse
from photoorg.search.ports import (
    CorrectsLength,
    FloatArray,
    IdArray,
    LookAlikeModel,
    SearchCatalog,
    SearchModel,
)

RELEVANT = 0.5
"""A photo is shown before "Show more" where it is at least as likely right as wrong."""

_TAIL = 2000
"""Hits that are handed out although they are not relevant."""

_LOOKED_THROUGH = 2000
"""Best photos in which rejected tags are looked for."""

_MOST_LIKE = 0.98
"""Likeness alone is never as sure as a tag that the person confirmed (0.99)."""

_UNQUOTED = 0.2
"""What is left of a photo's probability where a quoted phrase stands in others but not in it."""

_WORDS_ONLY = "Searching names, captions and tags only"
_EVERYTHING = PhotoScope()


@dataclass(frozen=True, slots=True)
class _Ranking:
    """Photos with what speaks for them.

    Attributes:
        ids: int64 [n].
        probability: float32 [n], that the photo is what was asked for.
        likeness: float32 [n], the part of it that its pixels give.
        cosine: float32 [n], with the query vector; settles ties.
        where: [n], the place of its best matching word, or "".
    """

    ids: IdArray
    probability: FloatArray
    likeness: FloatArray
    cosine: FloatArray
    where: NDArray[np.object_]

    def only(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> _Ranking:
        return _Ranking(
            self.ids[chosen],
            self.probability[chosen],
            self.likeness[chosen],
            self.cosine[chosen],
            self.where[chosen],
        )

    def sorted(self) -> _Ranking:
        """Return the same, most probable first."""
        return self.only(np.lexsort((self.ids, -self.cosine, -self.probability)))


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
    ) -> None:
        self._catalog = catalog
        self._joint = joint_index
        self._similarity = similarity_index
        self._look_alike = look_alike
        self._notice = notice
        self._correction = LengthCorrection()
        if model is not None and isinstance(model, CorrectsLength):
            self._correction = model.length_correction
        self._meaning: Meaning | None = None
        if model is not None and text_encoder is not None:
            self._meaning = Meaning(joint_index, model, text_encoder)

    # -- text -------------------------------------------------------------------------------
    def search(self, query: str | Query, scope: PhotoScope = _EVERYTHING) -> SearchResults:
        """Answer a search text within a scope.

        Args:
            query: what was typed, or an already parsed query.
            scope: only photos of this view, and the order for queries that rank nothing.

        Raises:
            QuerySyntaxError: the text cannot be read; its message says where.
        """
        if isinstance(query, str):
            query = parse(query)
        wish = Wish.of(query.texts)
        if not wish.wanted:
            return self._in_scope_order(query, wish, scope)
        wanted = [text for text in query.texts if text.weight > 0]
        matches = words.look_up(self._catalog, wanted)
        seen, notice = self._look(wish)
        ranking = _fuse(seen, matches)
        allowed = self._allowed(query, scope)
        if allowed is not None:
            ranking = ranking.only(np.isin(ranking.ids, allowed))
        banned = words.holding(self._catalog, [text for text in query.texts if text.weight < 0])
        if len(banned):
            ranking.probability[np.isin(ranking.ids, banned)] = 0
        top = _leaders(ranking, self._bar(ranking, wish)).sorted()
        first = top.ids[:_LOOKED_THROUGH]
        top.probability[: len(first)][words.rejecting(self._catalog, wanted, first)] = 0
        return _results(top.sorted(), wish.label, notice, self._bar(top, wish))

    def _bar(self, ranking: _Ranking, wish: Wish) -> float:
        """Return the probability from which on a photo belongs to the answer."""
        return cut.bar(ranking.probability, len(wish.label.split()), self._correction)

    def _look(self, wish: Wish) -> tuple[Judgement, str]:
        """Return what the pixels say, and a notice where they cannot be asked, or not in full."""
        if self._meaning is None:
            return Judgement.none(), f"{_WORDS_ONLY}: looking by meaning is not ready yet."
        if not len(self._joint):
            # What the model itself has to say, such as which photos it lacks, tells more.
            why = self._notice() or f"{_WORDS_ONLY}: no photo has been looked at yet."
            return Judgement.none(), why
        try:
            seen = self._meaning.judge(wish)
        except (EnvironmentProblem, ModelFileProblem) as problem:
            return Judgement.none(), f"{_WORDS_ONLY}: {problem.message}"
        unknown = ", ".join(f"“{word}”" for word in seen.unknown_words)
        missing = f"No vector for {unknown}." if unknown else ""
        return seen, " ".join(filter(None, (missing, self._notice())))

    def _allowed(self, query: Query, scope: PhotoScope) -> IdArray | None:
        """Return the photos that pass filters and scope, or None where all do."""
        condition = query.condition
        allowed = None if condition is None else self._catalog.select(condition)
        if scope.folder is None and scope.tag is None:
            return allowed
        within = self._catalog.photo_ids(scope)
        return within if allowed is None else np.intersect1d(within, allowed)

    def _in_scope_order(self, query: Query, wish: Wish, scope: PhotoScope) -> SearchResults:
        """Answer a query that wants nothing to be ranked: filters, and things not to be seen."""
        ids = self._catalog.photo_ids(scope)
        if query.condition is not None:
            ids = ids[np.isin(ids, self._catalog.select(query.condition))]
        if not wish.unwanted:
            return SearchResults(_hits(ids, np.ones(len(ids)), [""] * len(ids)), len(ids))
        seen, notice = self._look(wish)
        probability = np.ones(len(ids), dtype=np.float32)
        _, here, there = np.intersect1d(ids, seen.ids, assume_unique=True, return_indices=True)
        probability[here] = seen.probability[there]
        unwanted = [text for text in query.texts if text.weight < 0]
        probability[np.isin(ids, words.holding(self._catalog, unwanted))] = 0
        kept = probability >= RELEVANT
        tail = np.flatnonzero(~kept)
        tail = tail[np.argsort(-probability[tail], kind="stable")][:_TAIL]
        shown = np.concatenate([np.flatnonzero(kept), tail])
        label = " ".join(text for text, _ in wish.unwanted)
        why = [f"without “{label}”"] * int(kept.sum()) + [f"may show “{label}”"] * len(tail)
        return SearchResults(_hits(ids[shown], probability[shown], why), int(kept.sum()), notice)

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
        return SearchResults(_hits(ids[order], cosines[order], why), int(relevant.sum()))


def _fuse(seen: Judgement, matches: words.WordMatches) -> _Ranking:
    """Join two independent witnesses: wrong only where both are (noisy or)."""
    order = np.argsort(seen.ids, kind="stable")
    ids = seen.ids[order]
    likeness = seen.probability[order] * np.float32(_MOST_LIKE)
    at = np.searchsorted(ids, matches.ids)
    known = at < len(ids)
    known[known] = ids[at[known]] == matches.ids[known]
    probability = likeness * np.float32(_UNQUOTED if matches.required else 1)
    where = np.full(len(ids), "", dtype=np.object_)
    hit = at[known]
    probability[hit] = 1 - (1 - likeness[hit]) * (1 - matches.certainty[known])
    where[hit] = matches.where[known]
    unseen = np.zeros(int(np.count_nonzero(~known)), dtype=np.float32)
    return _Ranking(
        np.concatenate([ids, matches.ids[~known]]),
        np.concatenate([probability, matches.certainty[~known]]),
        np.concatenate([likeness, unseen]),
        np.concatenate([seen.cosine[order], unseen]),
        np.concatenate([where, matches.where[~known]]),
    )


def _leaders(ranking: _Ranking, bar: float) -> _Ranking:
    """Return the relevant photos and the best of the others, in no order."""
    keep = int(np.count_nonzero(ranking.probability >= bar)) + _TAIL
    if keep >= len(ranking.ids):
        return ranking
    return ranking.only(np.argpartition(-ranking.probability, keep)[:keep])


def _results(ranking: _Ranking, label: str, notice: str, bar: float) -> SearchResults:
    looks = f"looks like “{label}”"
    faint = f"looks a little like “{label}”"
    why: list[str] = []
    for place, like in zip(ranking.where, ranking.likeness >= bar, strict=True):
        if place:
            why.append(f"{place}, {looks}" if like else place)
        else:
            why.append(looks if like else faint)
    relevant = int(np.count_nonzero(ranking.probability >= bar))
    return SearchResults(_hits(ranking.ids, ranking.probability, why), relevant, notice)


def _hits(ids: IdArray, scores: NDArray[np.floating], why: Sequence[str]) -> tuple[SearchHit, ...]:
    return tuple(map(SearchHit, map(PhotoId, ids.tolist()), scores.tolist(), why))
