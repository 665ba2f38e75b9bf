"""Search by an engine: its text side is asked in its worker process, its photos from an index."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoorg.catalog.catalog import Catalog
from photoorg.core.errors import EnvironmentProblem, WorkerUnavailable
from photoorg.core.ids import ModelKey
from photoorg.core.records import PhotoScope
from photoorg.index import IndexKeeper, Target, VectorIndex
from photoorg.jobs.active_model import ALIKE, JOINT, Parts, index_folder
from photoorg.jobs.messages import EncodeTexts, TextVectors
from photoorg.jobs.pool import Lane
from photoorg.jobs.workers import Workers
from photoorg.models.base import unit_rows
from photoorg.models.clip_space import SAMPLE, ClipSpace
from photoorg.search.engine import SearchEngine
from photoorg.search.spelling import Spelling

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 2.0
"""How long a person's query waits for the engine before words alone answer."""

_LOAD_SECONDS = 300.0


class EngineTextEncoder:
    """Texts by an engine's own process. Safe to use from several threads at once.

    Until the process has loaded the engine, queries are refused at once in words that search shows
    above the answer by names, captions and tags.
    """

    def __init__(self, workers: Workers, title: str) -> None:
        """Begin to load the engine.

        Args:
            workers: its processes.
            title: of the engine, for a person.
        """
        self._workers = workers
        self._title = title
        self._lock = threading.Lock()
        self._warm = self._ask(("photo",))

    @property
    def key(self) -> ModelKey:
        return ModelKey(f"{self._workers.visual.key}:text")

    @property
    def dimension(self) -> int:
        return self._workers.visual.dimension

    def first(self) -> TextVectors:
        """Wait until the engine is loaded; return what it makes of a word.

        Raises:
            PhotoorgError: it cannot be loaded.
        """
        value: TextVectors = self._warm.result(_LOAD_SECONDS)
        return value

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts as they are, in whatever language: unit rows [n, d].

        Raises:
            WorkerUnavailable: it is not loaded yet, or takes too long.
        """
        with self._lock:
            if not self._warm.done():
                raise WorkerUnavailable(f"{self._title} is being loaded.", "Try again shortly.")
            asked = self._ask(tuple(texts))
        try:
            found: TextVectors = asked.result(PATIENCE_SECONDS)
        except TimeoutError as error:
            with self._lock:
                self._warm = asked  # the process was lost or rests; it is being loaded again
            raise WorkerUnavailable(
                f"{self._title} is being loaded.", "Try again shortly."
            ) from error
        return found.vectors

    def _ask(self, texts: tuple[str, ...]) -> Future[Any]:
        return self._workers.encoder.submit(EncodeTexts(texts), Lane.INTERACTIVE)


class EngineSearch:
    """What an engine puts in the place of search by the model in use; the rest stays.

    Suggestions and look-alike search stay with the model in use.
    """

    def __init__(
        self,
        catalog: Catalog,
        name: str,
        key: ModelKey,
        dimension: int,
        encoder: EngineTextEncoder,
        scale: float,
        *,
        english: bool,
    ) -> None:
        """Assemble an engine's index from what is stored; call `catch_up` before it answers.

        Args:
            catalog: photos and vectors.
            name: of the engine; also of its index's folder.
            key: of its visual vectors.
            dimension: of them.
            encoder: its text side.
            scale: see `TextVectors`.
            english: it knows English only, so that other words are taken to be misspelt.
        """
        self._catalog = catalog
        self._space = ClipSpace(_sample(catalog, key, dimension), scale, key)
        target = Target(JOINT, dimension, ModelKey(f"{key}|joint"), self._space.embed_images)
        folder = index_folder(catalog, f"engine-{name}")
        self.keeper = IndexKeeper(catalog, key, (target,), folder)
        self._texts = encoder
        self._english = english

    def __call__(self, parts: Parts) -> Parts:
        """Return other parts with search by this engine."""
        joint = self.keeper.indexes[JOINT]
        nothing = VectorIndex(1, model_key=ModelKey(""))
        looked_at = parts.keepers[0].indexes

        def notice() -> str:
            lacking = len(looked_at.get(JOINT, ())) - len(joint)
            if lacking <= 0:
                return ""
            return f"Photos that the engine has not looked at yet: {lacking:,}."

        engine = SearchEngine(
            self._catalog,
            joint,
            looked_at.get(ALIKE, nothing),
            self._space,
            self._texts,
            parts.starter,
            notice=notice,
            looks=parts.looks,
            spelling=Spelling(self._catalog, parts.vocabulary, english=self._english),
        )
        return replace(parts, engine=engine, keepers=(*parts.keepers, self.keeper))

    def save(self) -> None:
        """Keep the index, so that coming back is instant."""
        try:
            self.keeper.save()
        except EnvironmentProblem as problem:
            logger.warning("an engine's index was not saved: %s", problem)


def _sample(catalog: Catalog, key: ModelKey, dimension: int) -> NDArray[np.float32]:
    """Return unit rows of some photos, the same ones each time."""
    ids = catalog.photo_ids(PhotoScope())
    chosen = np.random.default_rng(0).permutation(ids)[:SAMPLE]
    _, vectors = catalog.vectors(key, chosen.tolist())
    return unit_rows(vectors) if len(vectors) else np.empty((0, dimension), dtype=np.float32)
