"""Photos from outside the library, seen as the model that answers sees those inside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from photoorg.core.errors import (
    EnvironmentProblem,
    ModelFileProblem,
    QuerySyntaxError,
    UsageProblem,
)
from photoorg.core.ids import ModelKey
from photoorg.features.registry import DEFAULT_VISUAL
from photoorg.jobs.model_store import features_of
from photoorg.jobs.search_service import SearchService
from photoorg.jobs.workers import SeenPhoto, Workers
from photoorg.search.ports import FloatArray


class OutsidePhotos:
    """Looks at photos that are not in the library. Safe to use from several threads at once.

    Args:
        search: the model in use.
        workers_for: gives the worker processes for a kind of visual vectors.
        engine_workers: gives those of an engine that makes a kind of vectors, or None.
    """

    def __init__(
        self,
        search: SearchService,
        workers_for: Callable[[str], Workers],
        engine_workers: Callable[[ModelKey], Workers | None],
    ) -> None:
        self._search = search
        self._workers_for = workers_for
        self._engine_workers = engine_workers

    def vector(self, path: Path, key: ModelKey) -> FloatArray:
        """Return the vector of a photo that a search names by its path, float32 [v].

        Args:
            path: of the photo.
            key: which vectors the model that answers compares.

        Raises:
            QuerySyntaxError: there is no such photo.
            MediaProblem: it cannot be read.
            PhotoorgError: it cannot be looked at; the message says why.
        """
        if not path.is_file():
            raise QuerySyntaxError(f"There is no photo “{path}”.", "Pick or drop it again.")
        return self._workers(key, path.name).look_at(path).vector

    def look_alike(self, source: Path | bytes) -> SeenPhoto:
        """Look at a photo as look-alike search compares them: always by the starter.

        Raises:
            MediaProblem: it cannot be read.
            WorkerUnavailable: no worker can look at it now.
        """
        starter = self._search.starter_parts.starter
        features = DEFAULT_VISUAL if starter is None else features_of(starter.manifest)
        return self._workers_for(features).look_at(source)

    def _workers(self, key: ModelKey, photo: str) -> Workers:
        """Return what computes vectors of a kind for the model in use.

        Raises:
            PhotoorgError: nothing does; the message says why.
        """
        of_engine = self._engine_workers(key)
        if of_engine is not None:
            return of_engine
        parts = self._search.parts
        models = [model for model in (parts.trained, parts.starter) if model is not None]
        features = [features_of(m.manifest) for m in models if m.manifest.visual_key == key]
        if not features:
            raise UsageProblem("Another model was put to use meanwhile.", "Search again.")
        cannot = f"“{photo}” cannot be compared: the model in use sees photos by {features[0]}"
        try:
            workers = self._workers_for(features[0])
        except (EnvironmentProblem, ModelFileProblem) as problem:
            message = f"{cannot}, which cannot be computed here. {problem.message}"
            raise EnvironmentProblem(message, problem.remedy) from problem
        if workers.visual.key != key:
            raise UsageProblem(
                f"{cannot} as they were before these were learned anew.",
                "Train the model again, or use another.",
            )
        return workers
