"""Suggestions by the personal model, joined with what the model under it suggests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from photoorg.core.ids import ModelKey, PhotoId
from photoorg.core.records import Suggestion
from photoorg.models.personal import KIND, LEAST_EXAMPLES, PersonalModel, column_of
from photoorg.search.ports import FloatArray, TagCatalog, TagSuggester
from photoorg.search.suggest import LEAST

_CHUNK = 1024
"""Photos at once: a few MB of traits and probabilities."""


class Sight(Protocol):
    """What looks at photos for the personal model; `StarterModel` is one."""

    @property
    def visual_key(self) -> ModelKey:
        """Which stored vectors it takes."""

    def traits(self, visual: FloatArray) -> FloatArray:
        """Map stored vectors [n, v] to what tags are learned from, [n, d]."""


class SaidCatalog(TagCatalog, Protocol):
    """A catalog that tells yes from no."""

    def tags_in_use(self) -> Sequence[str]:
        """Return the tags of which something is said, in no particular order."""

    def carried_tags(self, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, frozenset[str]]:
        """Return the confirmed tags of each photo, and those above that were not rejected."""


class PersonalSuggester:
    """Suggests the tags that were learned from the person, and words of the model under it.

    Each learned tag is told what other tags a photo has, with those above them in the tree, as when
    it was learned. Safe to use from several threads at once.
    """

    def __init__(
        self,
        catalog: SaidCatalog,
        sight: Sight,
        general: TagSuggester,
        learned: Callable[[], PersonalModel | None],
    ) -> None:
        """Suggest.

        Args:
            catalog: vectors, and what was said of photos.
            sight: looks at photos.
            general: suggests what nobody has given examples of.
            learned: returns the newest model, or None while there is none.
        """
        self._catalog = catalog
        self._sight = sight
        self._general = general
        self._learned = learned

    def suggest(
        self, photo_ids: Sequence[PhotoId], limit: int = 10, *, decided: bool = False
    ) -> Mapping[PhotoId, Sequence[Suggestion]]:
        """Return likely tags of photos, most probable first; see `TagSuggester`.

        Those that are sure, by the threshold that each tag has learned, stand before the others.
        """
        model = self._learned()
        if model is None:
            return self._general.suggest(photo_ids, limit, decided=decided)
        spelled = names_now(self._catalog, model)
        taught = (model.examples >= LEAST_EXAMPLES) & np.array([bool(name) for name in spelled])
        # What is learned stands for what is suggested in general, so more of that is asked for.
        general = self._general.suggest(photo_ids, limit + int(taught.sum()), decided=decided)
        column = column_of(model.names)
        left_out = {} if decided else self._catalog.decided_tags(photo_ids)
        answer: dict[PhotoId, Sequence[Suggestion]] = {}
        for ids, probability in judge_photos(
            self._catalog, self._sight, model, photo_ids, alone=decided
        ):
            for photo_id, row in zip(ids, probability, strict=True):
                hidden = {column.get(tag.casefold()) for tag in left_out.get(photo_id, ())}
                own = [
                    Suggestion(
                        spelled[number],
                        float(row[number]),
                        KIND,
                        sure=bool(row[number] >= model.thresholds[number]),
                    )
                    for number in np.flatnonzero((row >= LEAST) & taught).tolist()
                    if number not in hidden
                ]
                others = [
                    each
                    for each in general.get(photo_id, ())
                    if (place := column.get(each.tag.casefold())) is None or not taught[place]
                ]
                ranked = sorted([*own, *others], key=lambda each: (-each.sure, -each.probability))
                answer[photo_id] = tuple(ranked[:limit])
        return answer


def names_now(catalog: SaidCatalog, model: PersonalModel) -> list[str]:
    """Return how a model's tags are written by now; "" for one of which nothing is said any more.

    One that was renamed or merged since is not known by its old name, and by its new one only when
    that was learned.
    """
    spelled = {name.casefold(): name for name in catalog.tags_in_use()}
    return [spelled.get(name.casefold(), "") for name in model.names]


def judge_photos(
    catalog: SaidCatalog,
    sight: Sight,
    model: PersonalModel,
    photo_ids: Sequence[PhotoId],
    *,
    alone: bool = False,
) -> Iterator[tuple[list[PhotoId], FloatArray]]:
    """Tell probabilities of a personal model's k tags, in chunks of photos.

    Args:
        catalog: vectors, and what was said of photos.
        sight: looks at photos.
        model: the model.
        photo_ids: those without a vector are left out.
        alone: judge by the pixels, without the tags that photos have.

    Yields:
        Photos [n] and float32 [n, k] for each chunk.
    """
    for start in range(0, len(photo_ids), _CHUNK):
        ids, vectors = catalog.vectors(sight.visual_key, photo_ids[start : start + _CHUNK])
        if len(ids):
            listed = [PhotoId(photo_id) for photo_id in ids.tolist()]
            tags = np.zeros((len(listed), len(model.names)), dtype=np.bool_)
            if not alone:
                tags = tag_rows(model.names, listed, catalog.carried_tags(listed))
            heard = model.witnesses(sight.traits(vectors), tags)
            yield listed, model.probabilities(heard)


def tag_rows(
    names: Sequence[str],
    photo_ids: Sequence[PhotoId],
    tags: Mapping[PhotoId, frozenset[str]],
) -> NDArray[np.bool_]:
    """Return which photo carries which tag, bool [photos, names]."""
    column = column_of(names)
    rows = np.zeros((len(photo_ids), len(names)), dtype=np.bool_)
    for row, photo_id in enumerate(photo_ids):
        for tag in tags.get(photo_id, ()):
            place = column.get(tag.casefold())
            if place is not None:
                rows[row, place] = True
    return rows
