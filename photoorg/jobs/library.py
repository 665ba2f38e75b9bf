"""An open library: the real `LibraryPort`, for the window and the command line."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from photoorg.catalog.catalog import Catalog
from photoorg.core.blas import SingleThreadedBlas
from photoorg.core.changes import ChangeSet, Operation
from photoorg.core.errors import EnvironmentProblem, UsageProblem
from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryEvent, Unsubscribe
from photoorg.core.modelling import DEFAULT_FEATURES
from photoorg.core.paths import CatalogPaths
from photoorg.core.progress import CancelToken, Progress
from photoorg.core.quality import QualityPort
from photoorg.core.records import (
    Alternative,
    Failure,
    FolderNode,
    GridOutline,
    GridRow,
    IndexReport,
    PhotoDetails,
    PhotoScope,
    SearchResults,
    Suggestion,
    TagCount,
)
from photoorg.features.registry import visual_spec
from photoorg.jobs.active_model import JOINT
from photoorg.jobs.albums import Albums
from photoorg.jobs.asking import Asking
from photoorg.jobs.background import BackgroundIndexer
from photoorg.jobs.bulk import Bulk
from photoorg.jobs.doctor import Finding, examine
from photoorg.jobs.engines import Engines
from photoorg.jobs.follower import Follower
from photoorg.jobs.indexing import index_folders, learn_before_indexing
from photoorg.jobs.ingest import VisibleFirst
from photoorg.jobs.knowledge import Knowledge
from photoorg.jobs.library_models import LibraryModels
from photoorg.jobs.model_store import ModelStore
from photoorg.jobs.modelling import Modelling
from photoorg.jobs.outside import OutsidePhotos
from photoorg.jobs.personal import Looks, PersonalLearning
from photoorg.jobs.search_service import SearchService
from photoorg.jobs.undo import UndoHistory
from photoorg.jobs.why import Why
from photoorg.jobs.workers import Workers, visual_files
from photoorg.media.thumbnails import ThumbnailStore

logger = logging.getLogger(__name__)


class Library(LibraryModels):
    """Opens, wires and closes what an open library consists of; the work is done elsewhere.

    With `background` (the window) a thread keeps the indexes in step with the catalog and notices
    what other processes commit; without it (the command line) that happens on demand. While it is
    open, matrix products of this process take one thread; see `core.blas`.
    """

    def __init__(self, catalog: Catalog, *, background: bool, features: str) -> None:
        """Take over an open catalog; use `Library.open`."""
        self._catalog = catalog
        self._features = features
        self._thumbnails = ThumbnailStore(catalog.paths.thumbnails)
        self._history = UndoHistory(catalog.apply)
        self._visible = VisibleFirst()
        self._workers: Workers | None = None
        self._other_workers: dict[str, Workers] = {}
        self._lock = threading.Lock()
        self._listeners: list[Callable[[LibraryEvent], None]] = []
        store = ModelStore(catalog.paths.models, visual_files(catalog.paths))
        self._quality = PersonalLearning(catalog, self._looks, self._emit)
        self._search = SearchService(catalog, store, self._quality.model)
        self._knowledge = Knowledge(catalog, self._search)
        self._albums = Albums(catalog, self._search.albums)
        self._asking = Asking(catalog, self._alternatives)
        self._bulk = Bulk(catalog, self._search, self._refresh)
        self._modelling = Modelling(catalog, store, self._search, self._workers_for, self._emit)
        self._why = Why(
            catalog, self._search, lambda: self._modelling.explainer()[0], self._refresh
        )
        self._engines = Engines(catalog, self._search, self._emit)
        self._outside = OutsidePhotos(self._search, self._workers_for, self._engines.workers_with)
        self._indexer = BackgroundIndexer(self._index, self._emit)
        self._follower: Follower | None = None
        self._unsubscribe = catalog.subscribe(self._emit)
        if background:
            self._follower = Follower(catalog, self._search, self._hear_others, self._follow_choice)
            self._quality.follow()
            self._engines.start()
        self._blas = ExitStack()
        self._blas.enter_context(SingleThreadedBlas())

    @classmethod
    def open(
        cls, paths: CatalogPaths, *, background: bool = True, features: str = DEFAULT_FEATURES
    ) -> Self:
        """Open the library in a catalog folder; create it where there is none.

        Raises:
            CatalogTooNew, CatalogLocked, CatalogDamaged, EnvironmentProblem: see `Catalog.open`.
        """
        paths.create()
        return cls(Catalog.open(paths), background=background, features=features)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def catalog(self) -> Catalog:
        return self._catalog

    @property
    def knowledge(self) -> Knowledge:
        return self._knowledge

    @property
    def engines(self) -> Engines:
        return self._engines

    # -- browsing ---------------------------------------------------------------------------
    def photo_ids(self, scope: PhotoScope) -> NDArray[np.int64]:
        return self._catalog.photo_ids(scope)

    def grid_outline(self, photo_ids: NDArray[np.int64]) -> GridOutline:
        return self._catalog.grid_outline(photo_ids)

    def grid_rows(self, photo_ids: Sequence[PhotoId]) -> Sequence[GridRow]:
        return self._catalog.grid_rows(photo_ids)

    def details(self, photo_id: PhotoId) -> PhotoDetails | None:
        return self._catalog.details(photo_id)

    def folders(self) -> Sequence[FolderNode]:
        return self._catalog.folders()

    def tags(self) -> Sequence[TagCount]:
        return self._catalog.tags()

    def tag_states(self, photo_ids: Sequence[PhotoId]) -> Mapping[str, int]:
        return self._catalog.tag_states(photo_ids)

    def complete_tag(self, prefix: str, limit: int = 8) -> Sequence[str]:
        """Return the person's own tags, then words of the vocabulary that were never used yet."""
        own = self._catalog.complete_tag(prefix, limit)
        known = {tag.casefold() for tag in own}
        words = (word for word in self._search.words(prefix) if word.casefold() not in known)
        return [*own, *words][:limit]

    def thumbnail_path(self, key: str) -> Path:
        return self._thumbnails.path(key)

    def photo_by_path(self, path: Path) -> PhotoId | None:
        return self._catalog.photo_by_path(path)

    def paths_of(self, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, Path]:
        return self._catalog.paths_of(photo_ids)

    @property
    def albums(self) -> Albums:
        return self._albums

    @property
    def asking(self) -> Asking:
        return self._asking

    # -- asking -----------------------------------------------------------------------------
    def search(self, text: str, scope: PhotoScope) -> SearchResults:
        self._refresh()
        return self._search.search(text, scope, self._outside.vector)

    def _alternatives(self, text: str, scope: PhotoScope) -> Sequence[Alternative]:
        return self._search.alternatives(text, scope, self._outside.vector)

    def similar(self, source: PhotoId | Path | bytes, limit: int = 500) -> SearchResults:
        self._refresh()
        if isinstance(source, (Path, bytes)):
            known = self._catalog.photo_by_path(source) if isinstance(source, Path) else None
            if known is None:
                seen = self._outside.look_alike(source)
                return self._search.engine.similar(
                    seen.vector, limit, perceptual_hash=seen.perceptual_hash
                )
            source = known
        return self._search.engine.similar(source, limit)

    def suggest(
        self, photo_ids: Sequence[PhotoId], limit: int = 10
    ) -> Mapping[PhotoId, Sequence[Suggestion]]:
        if self._follower is None:
            self._quality.catch_up()
        return self._search.suggester.suggest(photo_ids, limit)

    @property
    def bulk(self) -> Bulk:
        return self._bulk

    @property
    def why(self) -> Why:
        return self._why

    # -- changing ---------------------------------------------------------------------------
    def apply(self, operation: Operation) -> ChangeSet:
        return self._history.apply(self._albums.prepared(operation))

    def undo(self) -> ChangeSet | None:
        return self._history.undo()

    def redo(self) -> ChangeSet | None:
        return self._history.redo()

    @property
    def quality(self) -> QualityPort:
        return self._quality

    # -- background work --------------------------------------------------------------------
    def add_folders(self, folders: Sequence[Path]) -> None:
        self._indexer.request(self._remember(folders))

    def rescan(self) -> None:
        roots = self._catalog.roots()
        if roots:
            self._indexer.request(roots)

    def remove_folder(self, folder: Path) -> ChangeSet:
        return self._catalog.remove_folder(folder)

    def prioritise(self, photo_ids: Sequence[PhotoId]) -> None:
        self._visible.set(photo_ids)

    def pause(self) -> None:
        self._indexer.pause()

    def resume(self) -> None:
        self._indexer.resume()

    def cancel(self) -> None:
        self._indexer.cancel()

    def progress(self) -> Progress | None:
        return self._indexer.newest

    def failures(self) -> Sequence[Failure]:
        return self._catalog.failures()

    def retry_failures(self) -> None:
        self._catalog.retry_failures()
        self.rescan()

    def subscribe(self, listener: Callable[[LibraryEvent], None]) -> Unsubscribe:
        with self._lock:
            self._listeners = [*self._listeners, listener]

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = [other for other in self._listeners if other != listener]

        return unsubscribe

    def index(
        self,
        folders: Sequence[Path],
        *,
        on_progress: Callable[[Progress], None],
        token: CancelToken,
        workers: int | None = None,
        weights: Path | None = None,
    ) -> IndexReport:
        """Remember folders and index them now, in the calling thread.

        Args:
            folders: they need not be absolute.
            on_progress: told at most ten times a second.
            token: to stop; another call goes on with the work.
            workers: decoder processes; by default one a core.
            weights: of the network that computes the visual vectors, where it needs a file.

        Raises:
            Cancelled: through the token.
            EnvironmentProblem: a folder is not there, the disk is full, ...
        """
        remembered = self._remember(folders)
        learn_before_indexing(
            self._catalog, self._features, remembered, token=token, on_progress=on_progress
        )
        self._start_workers(workers, weights)
        return self._index(remembered, token, on_progress)

    def worker_processes(self) -> tuple[int, ...]:
        """Return the ids of the worker processes that run now."""
        with self._lock:
            running = [*filter(None, (self._workers,)), *self._other_workers.values()]
        trainer = self._modelling.trainer_process()
        return (
            *(pid for workers in running for pid in workers.decoders.process_ids()),
            *(pid for workers in running for pid in workers.encoder.process_ids()),
            *self._engines.process_ids(),
            *(() if trainer is None else (trainer,)),
        )

    # -- care -------------------------------------------------------------------------------
    def doctor(self, *, repair: bool) -> Sequence[Finding]:
        """Check the library and what it depends on; see `photoorg.jobs.doctor`."""
        return examine(self._catalog, self._search, self._start_workers(), repair=repair)

    def backup(self, path: Path) -> None:
        """Write a copy of the catalog; see `Catalog.backup`."""
        self._catalog.backup(path)

    def close(self) -> None:
        """Stop intake, cancel, join, drain the writer, snapshot the indexes, close."""
        self._indexer.close()
        self._engines.close()
        self._modelling.close()
        self._quality.close()
        if self._follower is not None:
            self._follower.close()
        with self._lock:
            running = [*filter(None, (self._workers,)), *self._other_workers.values()]
            self._workers, self._other_workers = None, {}
        for workers in running:
            workers.close()
        self._unsubscribe()
        try:
            self._search.save()
        except EnvironmentProblem as problem:
            # It is rebuilt from the catalog at the next start, so it is not worth a dialog now.
            logger.warning("the search index was not saved: %s", problem)
        self._catalog.close()
        self._blas.close()

    def _index(
        self,
        folders: Sequence[Path],
        token: CancelToken,
        on_progress: Callable[[Progress], None],
    ) -> IndexReport:
        report = index_folders(
            self._catalog,
            self._start_workers(),
            folders,
            token=token,
            visible=self._visible,
            on_progress=on_progress,
        )
        self._modelling.look_for_model(self._features, token, on_progress)
        self._engines.look_again(token, on_progress)
        return report

    def _looks(self) -> Looks | None:
        """Return what looks at photos for the personal model."""
        self._refresh()
        parts = self._search.starter_parts
        if parts.starter is None or parts.encoder is None:
            return None
        return Looks(parts.starter, parts.encoder, parts.keepers[0].indexes[JOINT])

    def _remember(self, folders: Sequence[Path]) -> list[Path]:
        absolute = [Path(folder).expanduser().absolute() for folder in folders]
        for folder in absolute:
            if not folder.exists():
                raise EnvironmentProblem(f"The folder {folder} is not there.")
            if not folder.is_dir():
                raise UsageProblem(f"{folder} is not a folder.", "Name the folder that it is in.")
        roots = set(self._catalog.roots())
        for folder in absolute:
            if folder not in roots:
                self._catalog.add_folder(folder)
        return absolute

    def _start_workers(self, decoders: int | None = None, weights: Path | None = None) -> Workers:
        with self._lock:
            if self._workers is None:
                self._workers = Workers(
                    self._catalog.paths, self._features, weights=weights, decoders=decoders
                )
            return self._workers

    def _workers_for(self, features: str) -> Workers:
        """Return the workers for a kind of visual vectors; those that rest end by themselves.

        A network that was learned or adapted anew since is loaded anew.
        """
        if features == self._features:
            return self._start_workers()
        key = visual_spec(features, visual_files(self._catalog.paths)).key
        with self._lock:
            outdated = self._other_workers.get(features)
            if outdated is not None and outdated.visual.key == key:
                return outdated
            fresh = self._other_workers[features] = Workers(self._catalog.paths, features)
        if outdated is not None:
            outdated.close()
        return fresh

    def _hear_others(self, change: ChangeSet) -> None:
        """Pass on what another process committed."""
        self._quality.notice(change)
        self._emit(change)

    def _follow_choice(self) -> None:
        """Use the model that another process chose, if one did."""
        if self._modelling.follow_choice():
            self._look_for_model()

    def _look_for_model(self) -> None:
        """Have photos looked at, in the background, that lack what the model in use takes.

        They came since its training.
        """
        if self._follower is not None and self._modelling.features_in_use != self._features:
            self.rescan()

    def _refresh(self) -> None:
        """Without a follower, bring the indexes up to date before they are asked."""
        if self._follower is None:
            self._search.catch_up()

    def _emit(self, event: LibraryEvent) -> None:
        for listener in self._listeners:
            listener(event)
