"""The engines of an open library: fetched, put to work in the background, taken over, removed."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from photoorg.catalog.catalog import Catalog
from photoorg.core.changes import ChangeKind, ChangeSet
from photoorg.core.engines import BUILT_IN, EngineState, EngineStatus
from photoorg.core.errors import (
    Cancelled,
    EnvironmentProblem,
    ModelFileProblem,
    PhotoorgError,
    UsageProblem,
)
from photoorg.core.ids import ModelKey
from photoorg.core.progress import CancelToken, Progress
from photoorg.features.engine_catalog import ENGINES, Engine
from photoorg.features.open_clip_files import ENGINES as FOLDER
from photoorg.features.registry import visual_spec
from photoorg.features.visual import VisualSpec
from photoorg.jobs.active_model import forget_indexes
from photoorg.jobs.engine_search import EngineSearch, EngineTextEncoder
from photoorg.jobs.fetching import SPARE, fetch
from photoorg.jobs.indexing import encode_missing
from photoorg.jobs.packages import install, missing_packages
from photoorg.jobs.pool import PoolLimits
from photoorg.jobs.search_service import SearchService
from photoorg.jobs.workers import Workers, learned_folder, visual_files

logger = logging.getLogger(__name__)

TAKES_OVER_AT = 0.9
"""At the start an engine that has looked at so much of the library answers at once."""

_LIMITS = PoolLimits(idle_seconds=3600.0)
"""An engine takes seconds to load, so it is kept for an hour after the last question."""

_BUILT_IN = EngineState(
    BUILT_IN,
    "Built-in search",
    "Quick, and always there.",
    0,
    "Comes with photoorg",
    ("en",),
    status=EngineStatus.READY,
)

Listener = Callable[[EngineState], None]
Work = Callable[[Engine, CancelToken], EngineStatus]
"""Returns how far the engine is then."""


class Engines:
    """Keeps `EnginesPort`. One engine is worked on at a time, on a thread of its own.

    Which engine is wanted is written down before the work begins, so that a session that is closed
    or crashes goes on with it the next time.
    """

    def __init__(
        self,
        catalog: Catalog,
        search: SearchService,
        emit: Callable[[ChangeSet], None],
        offered: Sequence[Engine] = ENGINES,
        *,
        spare: int = SPARE,
    ) -> None:
        self._catalog = catalog
        self._search = search
        self._emit = emit
        self._offered = {engine.key: engine for engine in offered}
        self._spare = spare
        self._folder = learned_folder(catalog.paths) / FOLDER
        self._lock = threading.RLock()
        self._listeners: list[Listener] = []
        self._states: dict[str, EngineState] = {}
        self._workers: dict[str, Workers] = {}
        self._token = CancelToken()
        self._thread: threading.Thread | None = None
        self._busy = False
        self._current = BUILT_IN
        self._answering: EngineSearch | None = None

    # -- asking -----------------------------------------------------------------------------
    def engines(self) -> Sequence[EngineState]:
        with self._lock:
            built_in = _BUILT_IN
            if self._current == BUILT_IN:
                built_in = replace(_BUILT_IN, status=EngineStatus.IN_USE)
            return built_in, *(self._state(engine) for engine in self._offered.values())

    @property
    def languages(self) -> tuple[str, ...]:
        engine = self._offered.get(self._current)
        return _BUILT_IN.languages if engine is None else engine.languages

    @property
    def visual_key(self) -> ModelKey | None:
        """Which vectors the engine that answers now takes, or None for the built-in one."""
        engine = self._offered.get(self._current)
        return None if engine is None else self._spec(engine).key

    def workers_with(self, key: ModelKey) -> Workers | None:
        """Return the processes of an engine that make vectors of a kind, where they were made."""
        with self._lock:
            running = list(self._workers.values())
        return next((workers for workers in running if workers.visual.key == key), None)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        with self._lock:
            self._listeners = [*self._listeners, listener]

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = [other for other in self._listeners if other != listener]

        return unsubscribe

    def process_ids(self) -> tuple[int, ...]:
        """Return the ids of the processes that run for engines now."""
        with self._lock:
            running = list(self._workers.values())
        pools = [pool for workers in running for pool in (workers.decoders, workers.encoder)]
        return tuple(pid for pool in pools for pid in pool.process_ids())

    # -- doing ------------------------------------------------------------------------------
    def start(self) -> None:
        """Go on with the engine that was wanted last, in the background."""
        engine = self._offered.get(self._read_wanted())
        if engine is not None and self._is_here(engine):
            self._begin(engine, self._put_to_use, EngineStatus.LOOKING)

    def get(self, key: str) -> None:
        self._begin(self._find(key), self._fetch, EngineStatus.FETCHING)

    def use(self, key: str) -> None:
        if key == BUILT_IN:
            self._write_wanted(BUILT_IN)
            self.cancel()
            self._answer_with(None, BUILT_IN)
            return
        engine = self._find(key)
        if not self._is_here(engine):
            raise UsageProblem(f"{engine.title} is not on this computer.", "Get it first.")
        self._write_wanted(key)
        self._begin(engine, self._put_to_use, EngineStatus.LOOKING)

    def answer_now(self, key: str) -> None:
        """Have an engine answer in this session alone, from the photos that it has looked at.

        For the command line, which neither waits for it to look at a library nor changes what the
        window uses. `BUILT_IN` is what answers anyhow.

        Raises:
            UsageProblem: there is no such engine, it is not here, or it has seen no photo yet.
            EnvironmentProblem: a package that it needs is not installed.
            PhotoorgError: it cannot be loaded.
        """
        if key == BUILT_IN:
            return
        engine = self._find(key)
        if not self._is_here(engine):
            raise UsageProblem(
                f"{engine.title} is not on this computer.",
                "Get it in the window: Models, Better search.",
            )
        missing = missing_packages(engine.packages)
        if missing:
            needed = " ".join(f"'{package}'" for package in missing)
            raise EnvironmentProblem(
                f"{engine.title} needs packages that are not installed.",
                f"Install them with: pip install {needed}",
            )
        if not self._catalog.vector_count(self._spec(engine).key):
            raise UsageProblem(
                f"{engine.title} has not looked at any photo yet.",
                f"Have it look: photoorg index FOLDER --features {engine.features}",
            )
        self._take_over(engine, CancelToken())

    def remove(self, key: str) -> None:
        engine = self._find(key)
        with self._lock:
            self._refuse_while_busy()
            if self._current == key:
                self._answer_with(None, BUILT_IN)
            if self._read_wanted() == key:
                self._write_wanted(BUILT_IN)
            workers = self._workers.pop(key, None)
        if workers is not None:
            workers.close()
            self._catalog.forget_vectors(workers.visual.key)
        elif self._is_here(engine) and not missing_packages(engine.packages):
            self._catalog.forget_vectors(self._spec(engine).key)
        forget_indexes(self._catalog, f"engine-{key}")
        shutil.rmtree(self._folder / key, ignore_errors=True)
        self._tell(engine, EngineStatus.ABSENT)

    def cancel(self) -> None:
        self._token.cancel()

    def look_again(self, token: CancelToken, on_progress: Callable[[Progress], None]) -> None:
        """Have the engine in use look at photos that came since.

        Raises:
            Cancelled: through the token.
            EnvironmentProblem: the disk is full, no worker starts, ...
        """
        engine = self._offered.get(self._current)
        if engine is not None:
            encode_missing(
                self._catalog,
                engine.features,
                token=token,
                on_progress=on_progress,
                workers=self._workers_of(engine),
            )

    def close(self) -> None:
        """Stop, join, keep the index, and end the processes."""
        self.cancel()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()
        if self._answering is not None:
            self._answering.save()
        for workers in self._workers.values():
            workers.close()
        self._workers = {}

    # -- the work, on its thread ------------------------------------------------------------
    def _begin(self, engine: Engine, work: Work, status: EngineStatus) -> None:
        with self._lock:
            self._refuse_while_busy()
            self._busy = True
            self._token = token = CancelToken()
            self._thread = threading.Thread(
                target=self._run, args=(engine, work, token), name="engine", daemon=True
            )
            self._tell(engine, status)
            self._thread.start()

    def _refuse_while_busy(self) -> None:
        if self._busy:
            raise UsageProblem("Another engine is being worked on.", "Wait for it, or cancel it.")

    def _run(self, engine: Engine, work: Work, token: CancelToken) -> None:
        status, trouble = None, ""
        try:
            status = work(engine, token)
        except Cancelled:
            logger.info("work on %s was stopped", engine.title)
        except PhotoorgError as problem:
            logger.warning("%s: %s", engine.title, problem)
            trouble = str(problem)
        except Exception:
            logger.exception("work on an engine ended with a bug")
            trouble = "This stopped for an error in photoorg itself; the log says more."
        # Whoever hears of the end may ask for the next thing at once.
        with self._lock:
            self._busy = False
        if status is None:
            self._rest(engine, trouble)
        else:
            self._tell(engine, status)

    def _fetch(self, engine: Engine, token: CancelToken) -> EngineStatus:
        """Fetch the files, then what they need, and try whether it all works together."""
        self._tell(engine, EngineStatus.FETCHING, "Getting it", 0, engine.size)
        before = 0
        for file in engine.files:
            target = self._folder / engine.key / file.name
            if not target.exists():

                def hear(done: int, _total: int, before: int = before) -> None:
                    token.check()
                    total = max(engine.size, before + done)
                    self._tell(engine, EngineStatus.FETCHING, "Getting it", before + done, total)

                fetch(
                    engine.url(file),
                    target,
                    token=token,
                    on_bytes=hear,
                    sha256=file.sha256,
                    spare=self._spare,
                )
            before += target.stat().st_size
        missing = missing_packages(engine.packages)
        if missing:
            label = f"Installing {' and '.join(missing)}"
            self._tell(engine, EngineStatus.FETCHING, label)
            install(missing, token=token, on_line=lambda line: logger.info("pip: %s", line))
        token.check()
        self._tell(engine, EngineStatus.FETCHING, "Trying it out")
        try:
            self._text_side(engine).first()
        except ModelFileProblem:
            shutil.rmtree(self._folder / engine.key, ignore_errors=True)
            raise
        return EngineStatus.READY

    def _put_to_use(self, engine: Engine, token: CancelToken) -> EngineStatus:
        """Have it look at what it has not seen, then answer; early where little is left."""
        self._tell(engine, EngineStatus.LOOKING, "Looking at your photos")
        left = len(self._catalog.photos_without_vector(self._spec(engine).key))
        seen = self._catalog.vector_count(self._spec(engine).key)
        early = seen > 0 and seen >= TAKES_OVER_AT * (seen + left)
        if early:
            self._take_over(engine, token)

        def hear(now: Progress) -> None:
            if not now.finished and now.total:
                done, total = seen + now.done, seen + now.total
                label = "Looking at your photos"
                self._tell(engine, EngineStatus.LOOKING, label, done, total)

        encode_missing(
            self._catalog,
            engine.features,
            token=token,
            on_progress=hear,
            workers=self._workers_of(engine),
        )
        if not early:
            self._take_over(engine, token)
        return EngineStatus.IN_USE

    def _take_over(self, engine: Engine, token: CancelToken) -> None:
        texts = self._text_side(engine)
        spec, scale = self._spec(engine), texts.first().scale
        fresh = EngineSearch(
            self._catalog,
            engine.key,
            spec.key,
            spec.dimension,
            texts,
            scale,
            english=engine.languages == _BUILT_IN.languages,
        )
        fresh.keeper.catch_up(token)
        token.check()  # the person may have gone back to the built-in one meanwhile
        self._answer_with(fresh, engine.key)

    def _answer_with(self, fresh: EngineSearch | None, key: str) -> None:
        with self._lock:
            before, self._answering = self._answering, fresh
            self._search.cover(fresh)
            past, self._current = self._current, key
        if before is not None:
            before.save()
        kinds = frozenset({ChangeKind.VECTORS})
        self._emit(ChangeSet(kinds, self._catalog.revision(), everything=True))
        if past != key:
            self._tell_all()

    # -- helpers ----------------------------------------------------------------------------
    def _find(self, key: str) -> Engine:
        if key not in self._offered:
            known = ", ".join((BUILT_IN, *self._offered))
            raise UsageProblem(f"There is no engine called “{key}”.", f"Choose one of: {known}.")
        return self._offered[key]

    def _is_here(self, engine: Engine) -> bool:
        return all((self._folder / engine.key / file.name).is_file() for file in engine.files)

    def _spec(self, engine: Engine) -> VisualSpec:
        return visual_spec(engine.features, visual_files(self._catalog.paths))

    def _workers_of(self, engine: Engine) -> Workers:
        with self._lock:
            if engine.key not in self._workers:
                self._workers[engine.key] = Workers(
                    self._catalog.paths, engine.features, encoder_limits=_LIMITS
                )
            return self._workers[engine.key]

    def _text_side(self, engine: Engine) -> EngineTextEncoder:
        return EngineTextEncoder(self._workers_of(engine), engine.title)

    def _state(self, engine: Engine) -> EngineState:
        """Return the newest state, or what the disk says."""
        known = self._states.get(engine.key)
        return self._fresh_state(engine) if known is None else known

    def _fresh_state(self, engine: Engine) -> EngineState:
        status = EngineStatus.ABSENT
        if self._current == engine.key:
            status = EngineStatus.IN_USE
        elif self._is_here(engine):
            status = EngineStatus.READY
        missing = missing_packages(engine.packages)
        return EngineState(
            engine.key,
            engine.title,
            engine.summary,
            engine.size,
            engine.licence,
            engine.languages,
            engine.published,
            engine.work,
            " and ".join(missing),
            status,
        )

    def _tell(
        self, engine: Engine, status: EngineStatus, label: str = "", done: int = 0, total: int = 0
    ) -> None:
        self._put(
            replace(
                self._state(engine),
                status=status,
                label=label,
                done=done,
                total=total,
                problem="",
                needs=" and ".join(missing_packages(engine.packages)),
            )
        )

    def _rest(self, engine: Engine, problem: str = "") -> None:
        self._put(replace(self._fresh_state(engine), problem=problem))

    def _tell_all(self) -> None:
        for engine in self._offered.values():
            known = self._states.get(engine.key)
            if known is not None and known.status in (EngineStatus.IN_USE, EngineStatus.READY):
                self._put(self._fresh_state(engine))

    def _put(self, state: EngineState) -> None:
        with self._lock:
            self._states[state.key] = state
            listeners = self._listeners
        for listener in listeners:
            listener(state)

    @property
    def _wanted(self) -> Path:
        return self._folder / "wanted"

    def _read_wanted(self) -> str:
        try:
            return self._wanted.read_text().strip()
        except FileNotFoundError:
            return BUILT_IN

    def _write_wanted(self, key: str) -> None:
        """Write down which engine is wanted.

        Raises:
            EnvironmentProblem: the disk is full or the folder cannot be written.
        """
        fresh = self._wanted.with_suffix(".new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh.write_text(key)
            fresh.replace(self._wanted)
        except OSError as error:
            raise EnvironmentProblem(f"{fresh} cannot be written ({error.strerror}).") from error
