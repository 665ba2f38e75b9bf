"""What answers questions in an open library: model, text encoder, indexes, engine, suggester."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from photoorg.catalog.catalog import Catalog
from photoorg.core.errors import EnvironmentProblem, ModelFileProblem, PhotoorgError
from photoorg.core.ids import ModelKey
from photoorg.core.progress import CancelToken
from photoorg.features.text import TextEncoder, create_text_encoder
from photoorg.index import IndexKeeper, Target, VectorIndex
from photoorg.models.starter import StarterModel
from photoorg.search.engine import SearchEngine
from photoorg.search.suggest import Suggester

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The parts, all of them or what could be had of them.

    Attributes:
        problem: why the model or the text encoder is not there, or None.
    """

    engine: SearchEngine
    suggester: Suggester | None
    keeper: IndexKeeper
    vocabulary: tuple[str, ...]
    problem: PhotoorgError | None


class SearchService:
    """Loads the parts when they are first needed, once; safe to use from several threads.

    Without a usable model the library still answers by names, captions and tags.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = threading.Lock()
        self._parts: _Loaded | None = None

    @property
    def engine(self) -> SearchEngine:
        return self._load().engine

    @property
    def suggester(self) -> Suggester:
        """The suggester.

        Raises:
            PhotoorgError: the model cannot be used; the message says why.
        """
        parts = self._load()
        if parts.suggester is None:
            raise parts.problem or EnvironmentProblem("No model is ready to suggest tags.")
        return parts.suggester

    @property
    def problem(self) -> PhotoorgError | None:
        """Why looking by meaning is not possible, or None."""
        return self._load().problem

    @property
    def indexed(self) -> int:
        """How many photos can be found by meaning."""
        return len(self._load().keeper.indexes.get("joint", ()))

    def words(self, prefix: str) -> list[str]:
        """Return words of the vocabulary that begin with a prefix; none while it is not loaded."""
        parts = self._parts
        start = prefix.casefold()
        return [word for word in parts.vocabulary if word.startswith(start)] if parts else []

    def catch_up(self, token: CancelToken | None = None) -> None:
        """Take what is new in the catalog into the indexes.

        Raises:
            Cancelled: through the token.
        """
        self._load().keeper.catch_up(token)

    def build(self, token: CancelToken) -> None:
        """Build the graphs of large indexes; long, and worth interrupting.

        Raises:
            Cancelled: through the token.
        """
        self._load().keeper.build(token)

    def save(self) -> None:
        """Write snapshots of the indexes, if they were loaded and changed.

        Raises:
            EnvironmentProblem: the disk is full or the folder cannot be written.
        """
        parts = self._parts
        if parts is not None:
            parts.keeper.save()

    def _load(self) -> _Loaded:
        parts = self._parts
        if parts is None:
            with self._lock:
                parts = self._parts = self._parts or _assemble(self._catalog)
        return parts


def _assemble(catalog: Catalog) -> _Loaded:
    model: StarterModel | None = None
    encoder: TextEncoder | None = None
    problem: PhotoorgError | None = None
    try:
        model = StarterModel.load()
        encoder = create_text_encoder()
    except (ModelFileProblem, EnvironmentProblem) as error:
        logger.warning("search by meaning is not possible: %s", error)
        problem = error
    if model is None:
        nothing = VectorIndex(1, model_key=ModelKey(""))
        engine = SearchEngine(catalog, nothing, nothing, None, None)
        return _Loaded(engine, None, IndexKeeper(catalog, ModelKey(""), (), None), (), problem)
    made_by = f"{model.visual_key}|{model.kind}-{model.digest}"
    targets = (
        Target("joint", model.dimension, ModelKey(f"{made_by}|joint"), model.embed_images),
        Target("alike", model.similarity_dimension, ModelKey(f"{made_by}|alike"), model.similarity),
    )
    keeper = IndexKeeper(catalog, model.visual_key, targets, catalog.paths.index)
    for message in keeper.problems:
        logger.info("the search index is made anew: %s", message)
    engine = SearchEngine(catalog, keeper.indexes["joint"], keeper.indexes["alike"], model, encoder)
    return _Loaded(engine, Suggester(catalog, model, encoder), keeper, model.vocabulary, problem)
