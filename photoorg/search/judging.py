"""Judges the photos of a library by a plan: which come into question, and how probable each is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from photoorg.core.conditions import AllOf, Condition, TagIs
from photoorg.core.errors import EnvironmentProblem, ModelFileProblem, QuerySyntaxError
from photoorg.core.ids import PhotoId
from photoorg.core.query import Like
from photoorg.core.records import PhotoScope
from photoorg.index import VectorIndex
from photoorg.search import words
from photoorg.search.meaning import Judgement, Meaning, Sight
from photoorg.search.plan import Check, Joined, Node, Plan, Wish
from photoorg.search.ports import FloatArray, IdArray, SearchCatalog, TagJudge
from photoorg.search.verdict import Labels, Universe, Verdict, joined, of_check, of_wish, without
from photoorg.search.words import Spellings, WordMatches

LookAt = Callable[[Path], FloatArray]
"""Gives the stored kind of vector (pooled, [v]) of a file outside the library."""

WORDS_ONLY = "Searching names, captions and tags only"

MOST_WISHES = 32
"""Parts of a query that are judged apart: each costs a pass or more over all photos."""

_NOTHING = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of judging.

    Attributes:
        universe: the photos that were judged.
        verdict: on them; None where nothing ranks or splits them.
        notice: what the person should know, or "".
    """

    universe: Universe
    verdict: Verdict | None
    notice: str


class Judge:
    """Judges photos by plans. Safe to use from several threads at once.

    Args:
        catalog: words and filters.
        joint: photos in the space that they share with texts.
        meaning: judges by that space; None while it is not loaded.
        tag_judge: judges by tags; None while there is no model.
        notice: what the person should know of the model at each answer.
        spellings: other ways to write a word.
    """

    def __init__(
        self,
        catalog: SearchCatalog,
        joint: VectorIndex,
        meaning: Meaning | None,
        tag_judge: TagJudge | None,
        *,
        notice: Callable[[], str],
        spellings: Spellings,
    ) -> None:
        self._catalog = catalog
        self._joint = joint
        self._meaning = meaning
        self._tag_judge = tag_judge
        self._notice = notice
        self._spellings = spellings

    def judge(self, plan: Plan, scope: PhotoScope, look_at: LookAt | None) -> Judged:
        """Judge the photos of a scope.

        Raises:
            QuerySyntaxError: too much is joined.
            MediaProblem: a photo that is named by its path cannot be read.
        """
        wishes = plan.wishes()
        if len(wishes) > MOST_WISHES:
            raise QuerySyntaxError(
                f"This search joins {len(wishes)} things by “and”, “or” and brackets.",
                f"Up to {MOST_WISHES} can be answered.",
            )
        allowed = self._allowed(plan.condition, scope)
        if plan.root is None:
            return Judged(Universe(np.sort(self._all(allowed, scope))), None, "")
        sight, notice = self._look(wishes, look_at)
        matches = [words.look_up(self._catalog, wish.words, self._spellings) for wish in wishes]
        passing = {
            check.condition: self._catalog.select(check.condition) for check in plan.checks()
        }
        if _takes_unseen(plan.root):
            ids = np.sort(self._all(allowed, scope))
        else:
            ids = _union([sight.ids, *(each.ids for each in matches), *passing.values()])
            if allowed is not None:
                ids = ids[np.isin(ids, allowed)]
        universe = Universe(ids)
        case = _Case(
            universe,
            {
                id(wish): (judgement, match)
                for wish, judgement, match in zip(wishes, sight.judgements, matches, strict=True)
            },
            sight.ids,
            passing,
        )
        return Judged(universe, self._verdict(plan.root, case), notice)

    def _verdict(self, node: Node, case: _Case) -> Verdict:
        match node:
            case Wish():
                return self._of_wish(node, case)
            case Check(condition):
                return of_check(case.universe, case.passing[condition], condition)
            case Joined(parts, either, weight):
                return joined(
                    [self._verdict(part, case) for part in parts], either=either, weight=weight
                )

    def _of_wish(self, wish: Wish, case: _Case) -> Verdict:
        universe = case.universe
        judgement, matches = case.of[id(wish)]
        untold = 0.0 if wish.texts or wish.likes else 1.0
        likeness = universe.spread(case.seen, judgement.probability, untold)
        tie = universe.spread(case.seen, judgement.cosine, 0.0)
        wrong = [words.rejecting(self._catalog, wish.words)] if wish.words else []
        wrong.append(words.holding(self._catalog, wish.banned, self._spellings))
        if wish.ranks:
            wrong.append(np.sort(np.array(self._sources(wish), dtype=np.int64)))
        beside = universe.spread(case.seen, judgement.beside, 0.0 if wish.likes else 1.0)
        if wish.looks:
            shown, carrying = self._of_looks(wish, universe)
            likeness, beside = likeness * shown, beside * shown
            wrong.append(carrying)
        verdict = of_wish(universe, likeness, tie, beside, matches, self._labels(wish))
        if not wish.ranks:  # what is not seen is not there: see MOST_LIKE
            verdict = replace(verdict, probability=likeness)
        return without(verdict, universe, _union(wrong))

    def _of_looks(self, wish: Wish, universe: Universe) -> tuple[FloatArray, IdArray]:
        """Return how much photos look like tags, [n], and which carry them all, or may not."""
        shown = np.ones(len(universe), dtype=np.float32)
        wanted = [look.tag for look in wish.looks if look.weight > 0]
        wrong = _NOTHING
        if wanted:
            carrying: Condition = AllOf(tuple(map(TagIs, wanted)))
            if len(wanted) == 1:
                carrying = TagIs(wanted[0])
            wrong = _union([self._catalog.select(carrying), self._catalog.photos_rejecting(wanted)])
        if self._tag_judge is None:
            return np.zeros_like(shown) if wanted else shown, wrong
        ids, found = self._tag_judge.probabilities([look.tag for look in wish.looks])
        order = np.argsort(ids, kind="stable")
        for number, look in enumerate(wish.looks):
            each = universe.spread(ids[order], found[order, number], 0.0)
            part = each if look.weight > 0 else 1 - each
            shown *= part ** np.float32(abs(look.weight))
        return shown, wrong

    # -- what the pixels say ------------------------------------------------------------------
    def _look(self, wishes: list[Wish], look_at: LookAt | None) -> tuple[Sight, str]:
        """Return what the pixels say, and a notice where they cannot be asked, or not in full."""
        if self._meaning is None:
            return _blind(wishes), f"{WORDS_ONLY}: looking by meaning is not ready yet."
        if not len(self._joint):
            # What the model itself has to say, such as which photos it lacks, tells more.
            why = self._notice() or f"{WORDS_ONLY}: no photo has been looked at yet."
            return _blind(wishes), why
        photos = self._photos(self._meaning, wishes, look_at)
        try:
            sight = self._meaning.judge(wishes, photos)
        except (EnvironmentProblem, ModelFileProblem) as problem:
            return _blind(wishes), f"{WORDS_ONLY}: {problem.message}"
        unknown = ", ".join(f"“{word}”" for word in sight.unknown_words)
        strange = " or ".join(f"“{word}”" for word in sight.strange_words)
        unseen = ", ".join(dict.fromkeys(self._name(like) for like in sight.unseen))
        notices = (
            f"No vector for {unknown}." if unknown else "",
            f"No photo, no tag and no dictionary knows {strange}." if strange else "",
            f"Not looked at yet: {unseen}." if unseen else "",
            self._notice(),
        )
        return sight, " ".join(filter(None, notices))

    def _photos(
        self, meaning: Meaning, wishes: list[Wish], look_at: LookAt | None
    ) -> Mapping[PhotoId | str, FloatArray]:
        """Return the joint vectors of the photos that are named, where they have one."""
        found: dict[PhotoId | str, FloatArray] = {}
        for wish in wishes:
            for like in (*wish.likes, *wish.unlikes):
                known = self._photo_id(like)
                vector = meaning.photo(known) if known is not None else None
                if known is None and isinstance(like.photo, str) and look_at is not None:
                    vector = meaning.embed_photo(look_at(_path(like.photo)))
                if vector is not None:
                    found[like.photo] = vector
        return found

    def _photo_id(self, like: Like) -> PhotoId | None:
        """Return the photo of the library that is named, or None where it is outside."""
        if isinstance(like.photo, str):
            return self._catalog.photo_by_path(_path(like.photo))
        return like.photo

    def _sources(self, wish: Wish) -> list[PhotoId]:
        """Return the photos of the library that others shall be like."""
        return [known for like in wish.likes if (known := self._photo_id(like)) is not None]

    def _name(self, like: Like) -> str:
        if isinstance(like.photo, str):
            return Path(like.photo).name
        path = self._catalog.paths_of([like.photo]).get(like.photo)
        return path.name if path is not None else f"photo #{like.photo}"

    def _labels(self, wish: Wish) -> Labels:
        """Return what photos that show what is wished are told to be."""
        photos = ", ".join(dict.fromkeys(self._name(like) for like in wish.likes))
        tags = ", ".join(f"“{look.tag}”" for look in wish.looks if look.weight > 0)
        near = [
            f"looks like “{wish.label}”" if wish.label else "",
            f"like photo {photos}" if photos else "",
            f"could carry {tags}" if tags else "",
        ]
        far = [
            f"looks a little like “{wish.label}”" if wish.label else "",
            f"a little like photo {photos}" if photos else "",
            f"may not carry {tags}" if tags else "",
        ]
        return Labels(", ".join(filter(None, near)), ", ".join(filter(None, far)))

    # -- which photos -------------------------------------------------------------------------
    def _allowed(self, condition: Condition | None, scope: PhotoScope) -> IdArray | None:
        """Return the photos that pass a filter and the scope, or None where all do."""
        allowed = None if condition is None else self._catalog.select(condition)
        if scope.folder is None and scope.tag is None:
            return allowed
        within = self._catalog.photo_ids(scope)
        return within if allowed is None else np.intersect1d(within, allowed)

    def _all(self, allowed: IdArray | None, scope: PhotoScope) -> IdArray:
        return self._catalog.photo_ids(scope) if allowed is None else allowed


@dataclass(frozen=True, slots=True)
class _Case:
    """What was gathered for one query.

    Attributes:
        universe: the photos that come into question.
        of: by the identity of each wish what pixels and words say to it.
        seen: int64 [m] ascending, the photos that the judgements are about.
        passing: photos by condition.
    """

    universe: Universe
    of: Mapping[int, tuple[Judgement, WordMatches]]
    seen: IdArray
    passing: Mapping[Condition, IdArray]


def _takes_unseen(node: Node) -> bool:
    """Whether a photo of which nothing is known may be what is asked for."""
    match node:
        case Wish():
            return not node.ranks
        case Check():
            return False
        case Joined(parts, either, weight):
            told = [_takes_unseen(part) for part in parts]
            return (any(told) if either else all(told)) if weight > 0 else not all(told)


def _blind(wishes: list[Wish]) -> Sight:
    nothing = np.empty(0, dtype=np.float32)
    return Sight(_NOTHING, tuple(Judgement(nothing, nothing, nothing) for _ in wishes))


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _union(ids: list[IdArray]) -> IdArray:
    """Return what is in any of some ids, ascending; each of them is, too."""
    longest = max(ids, key=len, default=_NOTHING)
    others = [each for each in ids if each is not longest and len(each)]
    if not others:
        return longest
    more = np.unique(np.concatenate(others))
    more = more[~np.isin(more, longest, assume_unique=True)]
    return np.sort(np.concatenate([longest, more])) if len(more) else longest
