"""The models of an open library: training, choosing, keeping, comparing and explaining them."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from photoorg.catalog.catalog import Catalog
from photoorg.core.changes import ChangeKind, ChangeSet
from photoorg.core.errors import ModelFileProblem
from photoorg.core.ids import ModelKey, PhotoId
from photoorg.core.library import LibraryEvent
from photoorg.core.modelling import (
    STARTER_ID,
    Explanation,
    ModelInfo,
    ModelKindInfo,
    TrainingRequest,
    TrainingState,
    VectorKindInfo,
)
from photoorg.core.progress import CancelToken, Progress
from photoorg.core.records import Suggestion
from photoorg.features.registry import DEFAULT_VISUAL, visual_kinds
from photoorg.features.visual import WeightsMissing
from photoorg.jobs.active_model import forget_indexes
from photoorg.jobs.explain import Explainer, StarterExplainer, TrainedExplainer, explain
from photoorg.jobs.indexing import encode_missing
from photoorg.jobs.model_store import ModelStore, features_of
from photoorg.jobs.search_service import SearchService
from photoorg.jobs.training import Trainer
from photoorg.jobs.workers import Workers, visual_files
from photoorg.search.ports import TagSuggester

logger = logging.getLogger(__name__)

_COMPARED = 3
"""Models that are kept in memory for `suggest_with`."""


class Modelling:
    """All that an open library can do with models. Safe to use from several threads at once.

    Args:
        catalog: photos and tags.
        store: the trained models.
        search: what answers, with the model in use.
        workers_for: gives the worker processes for a kind of visual vectors.
        emit: hears of trainings and of changes.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: ModelStore,
        search: SearchService,
        workers_for: Callable[[str], Workers],
        emit: Callable[[LibraryEvent], None],
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._search = search
        self._workers_for = workers_for
        self._emit = emit
        self._trainer = Trainer(catalog, store, self._look, emit)
        self._choosing = threading.Lock()
        self._comparing = threading.Lock()
        self._compared: OrderedDict[str, TagSuggester] = OrderedDict()

    # -- kinds ------------------------------------------------------------------------------
    def model_kinds(self) -> Sequence[ModelKindInfo]:
        from photoorg.models.registry import model_kinds

        return model_kinds()

    def text_kinds(self) -> Sequence[VectorKindInfo]:
        from photoorg.features.words.registry import TEXT_KINDS

        return [VectorKindInfo(kind.key, kind.title, hint=kind.description) for kind in TEXT_KINDS]

    def visual_kinds(self) -> Sequence[VectorKindInfo]:
        """Return the kinds of visual vectors; one that is learned first can be used at once."""
        return [
            VectorKindInfo(kind.name, kind.title, kind.status != "needs weights", kind.hint)
            for kind in visual_kinds(visual_files(self._catalog.paths))
        ]

    # -- training ---------------------------------------------------------------------------
    def train(self, request: TrainingRequest) -> None:
        """Start a training; see `LibraryPort.train`."""
        self._trainer.start(request)

    def train_now(self, request: TrainingRequest, token: CancelToken) -> ModelInfo:
        """Train and wait for the end; listeners hear as ever. See `Trainer.run`."""
        model_id = self._trainer.run(request, token)
        return next(info for info in self._store.infos() if info.model_id == model_id)

    def training(self) -> TrainingState | None:
        return self._trainer.state

    def cancel_training(self) -> None:
        self._trainer.cancel()

    def trainer_process(self) -> int | None:
        """Return the id of the process that trains now, or None."""
        return self._trainer.process_id

    # -- models -----------------------------------------------------------------------------
    def models(self) -> Sequence[ModelInfo]:
        return self._store.infos()

    def use_model(self, model_id: str) -> None:
        """Have search and suggestions use a model; see `LibraryPort.use_model`.

        Raises:
            ModelFileProblem: it is damaged or gone.
            EnvironmentProblem: the choice cannot be written down.
            Cancelled: the library is being closed.
        """
        with self._choosing:
            self._search.use(model_id)
            self._store.choose(model_id)
        self._tell_changed()

    def follow_choice(self) -> bool:
        """Use the model that another process chose, if one did; return whether it did.

        Raises:
            Cancelled: the library is being closed.
        """
        with self._choosing:
            changed = self._search.follow_choice()
        if changed:
            self._tell_changed()
        return changed

    @property
    def features_in_use(self) -> str:
        """Kind of visual vectors that the model in use takes."""
        chosen = self._store.chosen
        found = (info.features for info in self._store.infos() if info.model_id == chosen)
        return next(found, DEFAULT_VISUAL)

    def look_for_model(
        self, looked: str, token: CancelToken, on_progress: Callable[[Progress], None]
    ) -> None:
        """Compute what the model in use takes and photos lack, where it is not what was `looked`.

        Raises:
            Cancelled: through the token; what is computed is kept.
            EnvironmentProblem: the disk is full, no worker starts, ...
        """
        if self._store.chosen == STARTER_ID or self.features_in_use in (looked, DEFAULT_VISUAL):
            return
        try:
            self._look(self.features_in_use, token, on_progress)
        except WeightsMissing as problem:
            # The search box says that photos lack what the model takes; indexing itself went well.
            logger.warning("the model in use cannot see new photos: %s", problem)

    def delete_model(self, model_id: str) -> None:
        """Delete a model; see `LibraryPort.delete_model`."""
        with self._choosing:
            self._store.path(model_id)
            if self._store.chosen == model_id:
                self._search.use(STARTER_ID)
            network = self._store.delete(model_id)
            forget_indexes(self._catalog, model_id)
        if network is not None:
            self._catalog.forget_vectors(network)
        with self._comparing:
            self._compared.pop(model_id, None)
        self._tell_changed()

    def export_model(self, model_id: str, file: Path) -> None:
        """Write a model as one file; see `LibraryPort.export_model`."""
        self._store.export_to(model_id, file.expanduser().absolute())

    def import_model(self, file: Path) -> ModelInfo:
        """Take in a model that was exported; see `LibraryPort.import_model`."""
        return self._store.import_from(file.expanduser().absolute())

    def suggest_with(
        self, model_id: str, photo_ids: Sequence[PhotoId], limit: int = 10
    ) -> Mapping[PhotoId, Sequence[Suggestion]]:
        """Suggest tags with any model; see `LibraryPort.suggest_with`."""
        return self._suggester(model_id).suggest(photo_ids, limit, decided=True)

    def _suggester(self, model_id: str) -> TagSuggester:
        if model_id == STARTER_ID:
            return self._search.starter_suggester
        from photoorg.search.trained import TrainedSuggester

        with self._comparing:
            found = self._compared.get(model_id)
            if found is None:
                trained = self._store.load(model_id)
                found = TrainedSuggester(self._catalog, trained, model_id)
                self._compared[model_id] = found
            self._compared.move_to_end(model_id)
            while len(self._compared) > _COMPARED:
                self._compared.popitem(last=False)
        return found

    def explain(self, photo_id: PhotoId, tag: str = "") -> Explanation:
        """Say why the model in use sees a tag in a photo; see `LibraryPort.explain`."""
        explainer, features = self.explainer()
        return explain(
            self._catalog,
            explainer,
            lambda path: self._workers_for(features).look_closely(path),
            photo_id,
            tag,
        )

    def explainer(self) -> tuple[Explainer, str]:
        """Return what asks the model in use about a photo, and the kind of vectors that it takes.

        Raises:
            PhotoorgError: no model can be used; the message says why.
        """
        parts = self._search.parts
        if parts.trained is not None:
            return TrainedExplainer(parts.trained), features_of(parts.trained.manifest)
        if parts.starter is not None:
            starter = StarterExplainer(parts.starter, parts.encoder)
            return starter, features_of(parts.starter.manifest)
        raise parts.problem or ModelFileProblem("No model is ready to explain anything.")

    def close(self) -> None:
        """Stop a training and a change of model that go on; both can be asked for again."""
        self._search.stop()
        self._trainer.close()

    # -- helpers ----------------------------------------------------------------------------
    def _look(
        self, features: str, token: CancelToken, on_progress: Callable[[Progress], None]
    ) -> ModelKey:
        """Compute the visual vectors of a kind that photos lack; return what makes them."""
        return encode_missing(self._catalog, features, token=token, on_progress=on_progress)

    def _tell_changed(self) -> None:
        """Let views ask anew: suggestions and answers are those of another model now."""
        kinds = frozenset({ChangeKind.VECTORS})
        self._emit(ChangeSet(kinds, self._catalog.revision(), everything=True))
