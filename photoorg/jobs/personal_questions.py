"""Which answers would teach the personal model most, and which given tags it doubts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from photoorg.core.ids import ModelKey, PhotoId
from photoorg.core.quality import Doubt, ReviewItem, TagTrust
from photoorg.jobs.personal_shelf import Generation
from photoorg.models.personal import PersonalModel, column_of
from photoorg.models.questions import choose_questions
from photoorg.search.personal import SaidCatalog, Sight, judge_photos, names_now

Nearest = Callable[[NDArray[np.float32], int], Sequence[PhotoId]]
"""Returns the photos whose embeddings [e] are nearest to one."""

DOUBTFUL = 0.1
"""A given tag is doubted where it is less probable than this, the photo itself being left out."""

_STRANGE = 0.25
"""And where it is in this part of the tag's own photos, counted from the least probable: a tag that
is hard to see is not wrong on all of its photos."""

_SAMPLE = 2000
_NEAREST = 100
_TAGS_ASKED = 100
_SPEAK_AGAINST = 3


class JudgedCatalog(SaidCatalog, Protocol):
    """A catalog that knows which photos are in the library, and what the person stands by."""

    def confirmed_tags(self, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, frozenset[str]]:
        """Return the tags that each photo was given itself: those that can be taken off it."""

    def vector_ids(self, model_key: ModelKey) -> NDArray[np.int64]:
        """Return the photos in the library that have a vector of this model, int64, ascending."""

    def kept_tags(self, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, frozenset[str]]:
        """Return the tags of each photo that were doubted, and that the person stands by."""


def find_questions(
    catalog: JudgedCatalog,
    sight: Sight,
    model: PersonalModel,
    nearest: Nearest,
    sample: Sequence[PhotoId],
    tag: str | None,
    limit: int,
    skip: Collection[tuple[PhotoId, str]],
    rng: np.random.Generator,
) -> Sequence[ReviewItem]:
    """Return the questions whose answers help most, as `choose_questions` chooses them.

    Looked at are a sample of the library, and for each tag the photos nearest to what it looks
    like, in which a rare tag is found that a sample would miss.

    Args:
        catalog: of the library.
        sight: looks at photos.
        model: what was learned.
        nearest: finds photos by their embeddings.
        sample: photos of the library.
        tag: ask about this one alone; None asks about all, or any hundred where there are more.
        limit: questions at most.
        skip: what is not to be asked.
        rng: draws tags, and decides among equals.
    """
    spelled = names_now(catalog, model)
    columns = _asked(model, np.array([bool(name) for name in spelled]), tag, rng)
    if not len(columns):
        return ()
    names = [spelled[column] for column in columns.tolist()]
    found = set(sample[:_SAMPLE])
    for column in columns.tolist():
        found.update(nearest(model.direction(column), _NEAREST))
    listed = sorted(found.intersection(catalog.vector_ids(sight.visual_key).tolist()))
    decided, carrying = catalog.decided_tags(listed), catalog.carried_tags(listed)
    skipped: dict[PhotoId, set[str]] = {}
    for photo_id, name in skip:
        skipped.setdefault(photo_id, set()).add(name.casefold())
    place = {name.casefold(): at for at, name in enumerate(names)}
    photos: list[PhotoId] = []
    parts: list[NDArray[np.float32]] = []
    for ids, judged in judge_photos(catalog, sight, model, listed):
        photos += ids
        parts.append(judged[:, columns])
    if not photos:
        return ()
    probability = np.concatenate(parts)
    known = probability.copy()
    free = np.ones(probability.shape, dtype=np.bool_)
    for row, photo_id in enumerate(photos):
        carried = {each.casefold() for each in carrying.get(photo_id, ())}
        said = {each.casefold() for each in decided.get(photo_id, ())}
        for at in (place[name] for name in said if name in place):
            free[row, at] = False
            known[row, at] = names[at].casefold() in carried
        for at in (place[name] for name in skipped.get(photo_id, ()) if name in place):
            free[row, at] = False
    return tuple(
        ReviewItem(photos[row], names[at], float(probability[row, at]), useful)
        for row, at, useful in choose_questions(known, free, model.examples[columns], limit, rng)
    )


def _asked(
    model: PersonalModel,
    there: NDArray[np.bool_],
    tag: str | None,
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    """Return the columns of the tags to ask about, of those that are still there.

    Of many some are drawn: what the library shows of each takes time to look up.
    """
    if tag is not None:
        column = column_of(model.names).get(tag.casefold())
        return np.array([] if column is None or not there[column] else [column], dtype=np.intp)
    known = np.flatnonzero(there)
    return np.sort(rng.permutation(known)[:_TAGS_ASKED])


def find_doubts(
    catalog: JudgedCatalog,
    generation: Generation,
    visual_key: ModelKey,
    nearest: Callable[[PhotoId, int], Sequence[PhotoId]],
    tag: str | None,
    limit: int,
) -> Sequence[Doubt]:
    """Return given tags that are probably mistakes, least probable first.

    A tag's own photos are compared with each other, each judged by what was learned from the rest:
    doubted are those that are improbable, and the least probable of their tag. What the person was
    asked about already, and stands by, is left out.

    Args:
        catalog: of the library.
        generation: what was learned.
        visual_key: of the vectors by which photos were judged.
        nearest: returns the photos most alike to one.
        tag: look at this one alone; None looks at all.
        limit: mistakes at most.
    """
    model = generation.model
    probability = generation.held_out_probability.astype(np.float32)
    judged = [PhotoId(photo_id) for photo_id in generation.held_out_rows.tolist()]
    shown = frozenset(catalog.vector_ids(visual_key).tolist())
    given = catalog.confirmed_tags(judged)
    kept = catalog.kept_tags(judged)
    spelled = names_now(catalog, model)
    found: list[tuple[float, PhotoId, str]] = []
    for column, name in enumerate(spelled):
        if not name or (tag is not None and name.casefold() != tag.casefold()):
            continue
        if generation.figures[column].trust is TagTrust.TOO_FEW:
            continue
        rows = [
            row
            for row, photo_id in enumerate(judged)
            if photo_id in shown and name in given.get(photo_id, ())
        ]
        if not rows:
            continue
        own = probability[rows, column]
        bar = min(DOUBTFUL, float(np.quantile(own, _STRANGE)))
        found += [
            (float(p), judged[row], name)
            for row, p in zip(rows, own, strict=True)
            if p <= bar and name not in kept.get(judged[row], ())
        ]
    found.sort()
    carried = catalog.carried_tags(judged)
    return tuple(
        Doubt(photo_id, name, p, _against(carried, nearest(photo_id, 30), photo_id, name))
        for p, photo_id, name in found[:limit]
    )


def _against(
    carried: Mapping[PhotoId, frozenset[str]],
    alike: Sequence[PhotoId],
    photo_id: PhotoId,
    name: str,
) -> tuple[PhotoId, ...]:
    """Return the most alike photos that have tags, but not this one."""
    others = [
        each
        for each in alike
        if each != photo_id and carried.get(each) and name not in carried[each]
    ]
    return tuple(others[:_SPEAK_AGAINST])
