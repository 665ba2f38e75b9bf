"""What answers questions in an open library, with the model that the person chose."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photoorg.catalog.catalog import Catalog
from photoorg.core.errors import EnvironmentProblem, ModelFileProblem, PhotoorgError
from photoorg.core.hits import ids_of
from photoorg.core.ids import ModelKey
from photoorg.core.modelling import STARTER_ID
from photoorg.core.progress import CancelToken
from photoorg.core.query import Query
from photoorg.core.records import Alternative, PhotoScope, SearchResults
from photoorg.jobs.active_model import JOINT, Parts, assemble_starter, assemble_trained
from photoorg.jobs.model_store import ModelStore
from photoorg.models.personal import PersonalModel
from photoorg.search.albums import AlbumOpener
from photoorg.search.engine import SearchEngine
from photoorg.search.judging import LookAt
from photoorg.search.parser import parse
from photoorg.search.ports import FloatArray, TagSuggester

logger = logging.getLogger(__name__)

LookOutside = Callable[[Path, ModelKey], FloatArray]
"""Gives a vector of a kind, [v], of a photo outside the library."""

Overlay = Callable[[Parts], Parts]
"""Puts something else in the place of some parts of the model in use."""


class SearchService:
    """Loads the parts when they are first needed, once; safe to use from several threads.

    Without a usable model the library still answers by names, captions and tags. Where the model
    that was chosen cannot be used, the starter answers, and each answer says so.

    Attributes:
        albums: opens the albums that a search names.
    """

    def __init__(
        self, catalog: Catalog, models: ModelStore, learned: Callable[[], PersonalModel | None]
    ) -> None:
        """Take over the catalog and its models; `learned` returns what the person taught."""
        self._catalog = catalog
        self._learned = learned
        self._models = models
        self._loading = threading.Lock()
        self._parts: Parts | None = None
        self._under: Parts | None = None
        self._overlay: Overlay | None = None
        self._starter: Parts | None = None
        self._fallback = ""
        self._asked = ""
        self._token = CancelToken()
        self.albums = AlbumOpener(catalog.albums)

    @property
    def parts(self) -> Parts:
        """What answers now."""
        return self._load()

    @property
    def engine(self) -> SearchEngine:
        return self._load().engine

    @property
    def suggester(self) -> TagSuggester:
        """The suggester.

        Raises:
            PhotoorgError: the model cannot be used; the message says why.
        """
        return _suggester_of(self._load())

    @property
    def starter_parts(self) -> Parts:
        """What answers by the starter, whichever model is in use."""
        return self._load_starter()

    @property
    def starter_suggester(self) -> TagSuggester:
        """The starter's suggester, whichever model is in use.

        Raises:
            PhotoorgError: the starter cannot be used; the message says why.
        """
        return _suggester_of(self._load_starter())

    @property
    def problem(self) -> PhotoorgError | None:
        """Why looking by meaning is not possible, or None."""
        return self._load().problem

    @property
    def indexed(self) -> int:
        """How many photos can be found by meaning."""
        return len(self._load().keepers[-1].indexes.get(JOINT, ()))

    def search(
        self, text: str, scope: PhotoScope, look_outside: LookOutside | None = None
    ) -> SearchResults:
        """Answer the search box.

        Args:
            text: what was typed.
            scope: only photos of this view.
            look_outside: looks at a photo outside the library that is named by its path.

        Raises:
            QuerySyntaxError: the text cannot be read; its message says where.
            MediaProblem: a photo that is named by its path cannot be read.
            PhotoorgError: such a photo cannot be looked at as the model in use does.
        """
        parts, opened, look_at = self._opened(text, look_outside)
        results = parts.engine.search(opened, scope, look_at=look_at)
        if self._fallback:
            notice = " ".join(filter(None, (self._fallback, results.notice)))
            results = replace(results, notice=notice)
        return results

    def alternatives(
        self, text: str, scope: PhotoScope, look_outside: LookOutside | None = None
    ) -> tuple[Alternative, ...]:
        """Return changed searches that find something; for arguments and errors see `search`."""
        parts, opened, look_at = self._opened(text, look_outside)
        return parts.engine.alternatives(opened, scope, look_at=look_at)

    def _opened(
        self, text: str, look_outside: LookOutside | None
    ) -> tuple[Parts, Query, LookAt | None]:
        """Return what answers, the query with its albums opened, and what looks outside."""
        parts = self._load()
        look_at: LookAt | None = None
        if look_outside is not None:
            look_at = partial(_look, look_outside, parts.keepers[-1].source_key)
        opened = self.albums.opened(
            parse(text), lambda query: _relevant(parts.engine, query, look_at)
        )
        return parts, opened, look_at

    def words(self, prefix: str) -> list[str]:
        """Return words of the vocabulary that begin with a prefix; none while it is not loaded."""
        parts = self._parts
        start = prefix.casefold()
        if parts is None:
            return []
        return [word for word in parts.vocabulary if word.casefold().startswith(start)]

    # -- the model in use -------------------------------------------------------------------
    def use(self, model_id: str) -> None:
        """Have a model answer from now on.

        Its index is brought up to date first, while the old model answers; then it takes over at
        once.

        Raises:
            ModelFileProblem: it is damaged or gone; the model in use stays.
            Cancelled: the library is being closed; the model in use stays.
        """
        starter = self._load_starter()
        if model_id == STARTER_ID:
            fresh = starter
        else:
            trained = self._models.load(model_id)
            fresh = assemble_trained(self._catalog, starter, model_id, trained)
            fresh.keepers[-1].catch_up(self._token)
        self._take_over(fresh, model_id)

    def follow_choice(self) -> bool:
        """Use the model that is chosen by now, where another process chose it.

        One that is damaged or gone leaves the starter to answer, as at the start.

        Returns:
            Whether another model was chosen.

        Raises:
            Cancelled: the library is being closed; the model in use stays.
        """
        chosen = self._models.chosen
        if self._parts is None or chosen == self._asked:
            return False
        try:
            self.use(chosen)
        except ModelFileProblem as problem:
            self._take_over(self._load_starter(), chosen, _fallback(chosen, problem))
        return True

    def _take_over(self, fresh: Parts, asked: str, fallback: str = "") -> None:
        """Have other parts answer.

        Args:
            fresh: what answers.
            asked: the model that was asked for.
            fallback: why another one answers, or "".
        """
        with self._loading:
            before, self._under = self._under, fresh
            self._parts = self._covered(fresh)
            self._asked, self._fallback = asked, fallback
        if before is not None and before.model_id not in (fresh.model_id, STARTER_ID):
            _save_quietly(before)

    def stop(self) -> None:
        """Have a change of model that goes on give up: the library is being closed."""
        self._token.cancel()

    # -- keeping up -------------------------------------------------------------------------
    def catch_up(self, token: CancelToken | None = None) -> None:
        """Take what is new in the catalog into the indexes.

        Raises:
            Cancelled: through the token.
        """
        for keeper in self._load().keepers:
            keeper.catch_up(token)

    def build(self, token: CancelToken) -> None:
        """Build the graphs of large indexes; long, and worth interrupting.

        Raises:
            Cancelled: through the token.
        """
        for keeper in self._load().keepers:
            keeper.build(token)

    def save(self) -> None:
        """Write snapshots of the indexes, if they were loaded and changed.

        Raises:
            EnvironmentProblem: the disk is full or the folder cannot be written.
        """
        parts = self._parts
        if parts is not None:
            for keeper in parts.keepers:
                keeper.save()

    def _load(self) -> Parts:
        parts = self._parts
        if parts is None:
            starter = self._load_starter()
            with self._loading:
                if self._parts is None:
                    self._under = self._assemble_chosen(starter)
                    self._parts = self._covered(self._under)
                parts = self._parts
        return parts

    def cover(self, overlay: Overlay | None) -> None:
        """Have an overlay's parts answer from now on, in one step; None takes it away again."""
        self._load()
        with self._loading:
            self._overlay = overlay
            if self._under is not None:
                self._parts = self._covered(self._under)

    def _covered(self, parts: Parts) -> Parts:
        return parts if self._overlay is None else self._overlay(parts)

    def _load_starter(self) -> Parts:
        with self._loading:
            if self._starter is None:
                self._starter = assemble_starter(self._catalog, self._learned)
            return self._starter

    def _assemble_chosen(self, starter: Parts) -> Parts:
        self._asked = model_id = self._models.chosen
        if model_id == STARTER_ID:
            return starter
        try:
            trained = self._models.load(model_id)
        except ModelFileProblem as problem:
            self._fallback = _fallback(model_id, problem)
            return starter
        return assemble_trained(self._catalog, starter, model_id, trained)


def _look(look_outside: LookOutside, key: ModelKey, path: Path) -> FloatArray:
    return look_outside(path, key)


def _relevant(engine: SearchEngine, query: Query, look_at: LookAt | None) -> NDArray[np.int64]:
    """Return the relevant photos of a query, int64 [n]."""
    results = engine.search(query, look_at=look_at)
    return ids_of(results.hits[: results.relevant])


def _fallback(model_id: str, problem: ModelFileProblem) -> str:
    """Say, also in the log, why the starter answers in place of the model that was chosen."""
    logger.warning("the model %s cannot be used: %s", model_id, problem)
    return f"The model {model_id} cannot be used, the starter answers: {problem.message}"


def _suggester_of(parts: Parts) -> TagSuggester:
    if parts.suggester is None:
        raise parts.problem or EnvironmentProblem("No model is ready to suggest tags.")
    return parts.suggester


def _save_quietly(parts: Parts) -> None:
    """Keep the index of a model that is no longer in use, so that going back to it is instant."""
    try:
        parts.keepers[-1].save()
    except EnvironmentProblem as problem:
        logger.warning("the index of %s was not saved: %s", parts.model_id, problem)
