"""Reasons for suggestions and for finds, from the person's own photos: the real `WhyPort`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from photoorg.catalog.catalog import Catalog
from photoorg.catalog.records import Company
from photoorg.core.errors import UsageProblem
from photoorg.core.ids import PhotoId
from photoorg.core.reasons import NEAREST, FoundReasons, NearPhoto, TagPull, TagReasons
from photoorg.jobs.active_model import ALIKE
from photoorg.jobs.explain import Explainer
from photoorg.jobs.search_service import SearchService
from photoorg.search.likeness import cosines
from photoorg.search.parser import parse
from photoorg.search.reasons import found_reasons

Ids = NDArray[np.int64]

MOST_PULLS = 3
_LEAST_TOGETHER = 2
_LEAST_SHARE = 0.2
_ABOVE_USUAL = 1.5
"""A tag that goes with another no more often than with any photo says nothing for it."""

_COMPARED = 64
"""Photos whose exact vectors are read: the nearest by the compact ones, many more than told."""


class Why:
    """Gives reasons. Safe to use from several threads at once.

    Args:
        catalog: photos and tags.
        search: the model in use and the indexes.
        explainer: gives what asks the model in use about a photo.
        refresh: brings the indexes up to date, where nobody else does.
    """

    def __init__(
        self,
        catalog: Catalog,
        search: SearchService,
        explainer: Callable[[], Explainer],
        refresh: Callable[[], None],
    ) -> None:
        self._catalog = catalog
        self._search = search
        self._explainer = explainer
        self._refresh = refresh

    def of_tag(self, photo_id: PhotoId, tag: str) -> TagReasons:
        """Say what speaks for a tag on a photo, and what against it; see `WhyPort`."""
        self._demand(photo_id)
        self._refresh()
        words = self._words(photo_id)
        if not tag:
            return TagReasons(photo_id, tag, words)
        said = self._catalog.said_of_tag(tag)
        carriers, denied = (ids[ids != photo_id] for ids in said)
        near, against = self._nearest(photo_id, carriers), self._nearest(photo_id, denied)
        company = self._catalog.company(photo_id, tag)
        pulls = self._pulls(company, len(said.carriers))
        notes = []
        if not len(carriers):
            notes.append(f"No other photo carries “{tag}” yet.")
        elif near is None:
            notes.append("This photo was not looked at yet, so it cannot be compared.")
        elif not near:
            notes.append(f"The photos with “{tag}” were not looked at yet.")
        if len(carriers) and not company:
            notes.append("The photo carries no other tags yet that could speak for it.")
        elif len(carriers) and not pulls:
            notes.append(f"None of its tags goes with “{tag}” on other photos.")
        return TagReasons(
            photo_id, tag, words, tuple(near or ()), tuple(against or ()), pulls, tuple(notes)
        )

    def why_found(self, text: str, photo_id: PhotoId) -> FoundReasons:
        """Say what each part of a search makes of a photo; see `WhyPort`."""
        query = parse(text)
        self._demand(photo_id)
        self._refresh()
        finder = self._search.engine.evidence(self._catalog.photo_by_path)
        return found_reasons(photo_id, text, finder.find(query, photo_id))

    def _demand(self, photo_id: PhotoId) -> None:
        if not self._catalog.paths_of([photo_id]):
            raise UsageProblem("This photo is no longer in the library.")

    def _nearest(self, photo_id: PhotoId, among: Ids) -> list[NearPhoto] | None:
        """Return the nearest of some photos, nearest first; None where the photo has no vector."""
        parts = self._search.parts
        index = parts.keepers[0].indexes.get(ALIKE)
        if parts.starter is None or index is None:
            return None
        key = parts.starter.visual_key
        _, own = self._catalog.vectors(key, [photo_id])
        if not len(own):
            return None
        if len(among) > _COMPARED:
            compact = parts.starter.similarity(own)[0]
            among, _ = index.search(compact, _COMPARED, allowed=among)
        ids, vectors = self._catalog.vectors(key, [PhotoId(each) for each in among.tolist()])
        if not len(ids):
            return []
        alike = cosines(own[0], vectors)
        best = np.lexsort((ids, -alike))[:NEAREST].tolist()
        return [NearPhoto(PhotoId(int(ids[place])), float(alike[place])) for place in best]

    def _words(self, photo_id: PhotoId) -> tuple[tuple[str, float], ...]:
        """Return the words nearest to what the model in use sees; none where it saw nothing yet."""
        explainer = self._explainer()
        _, own = self._catalog.vectors(explainer.visual_key, [photo_id])
        return tuple(explainer.words(own[0])) if len(own) else ()

    def _pulls(self, company: Sequence[Company], carriers: int) -> tuple[TagPull, ...]:
        """Return the tags that stand with another more often than photos do, strongest first.

        Args:
            company: of the tags of the photo.
            carriers: photos that carry the other tag.
        """
        usual = carriers / max(1, self._search.indexed)
        least = max(_LEAST_SHARE, min(1.0, _ABOVE_USUAL * usual))
        pulls = [TagPull(*each) for each in company if each.both >= _LEAST_TOGETHER]
        pulls = [pull for pull in pulls if pull.share >= least]
        pulls.sort(key=lambda pull: (-pull.share, -pull.both, pull.tag))
        return tuple(pulls[:MOST_PULLS])
