"""The side of an open library that trains, keeps and asks models; see `LibraryPort`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryEvent, Unsubscribe
from photoorg.core.modelling import (
    Explanation,
    ModelInfo,
    ModelKindInfo,
    TrainingRequest,
    TrainingState,
    VectorKindInfo,
)
from photoorg.core.progress import CancelToken, Progress
from photoorg.core.records import Suggestion

if TYPE_CHECKING:
    from photoorg.jobs.modelling import Modelling


class LibraryModels(ABC):
    """Passes on to `Modelling`, with what only the library knows: listeners and features."""

    _modelling: Modelling
    _features: str

    @abstractmethod
    def subscribe(self, listener: Callable[[LibraryEvent], None]) -> Unsubscribe:
        """See `LibraryPort.subscribe`."""

    @abstractmethod
    def _look_for_model(self) -> None:
        """Look at what the model in use lacks, where that is done in the background."""

    def model_kinds(self) -> Sequence[ModelKindInfo]:
        return self._modelling.model_kinds()

    def text_kinds(self) -> Sequence[VectorKindInfo]:
        return self._modelling.text_kinds()

    def visual_kinds(self) -> Sequence[VectorKindInfo]:
        return self._modelling.visual_kinds()

    def models(self) -> Sequence[ModelInfo]:
        return self._modelling.models()

    def train(self, request: TrainingRequest) -> None:
        self._modelling.train(request)

    def train_now(
        self,
        request: TrainingRequest,
        *,
        on_state: Callable[[TrainingState], None],
        token: CancelToken,
    ) -> ModelInfo:
        """Train a model and wait for the end; errors are those of `Trainer.run`.

        Args:
            request: what to train.
            on_state: told at most ten times a second, from another thread.
            token: to stop; another call with the same request goes on.
        """

        def hear(event: LibraryEvent) -> None:
            if isinstance(event, TrainingState):
                on_state(event)

        unsubscribe = self.subscribe(hear)
        try:
            return self._modelling.train_now(request, token)
        finally:
            unsubscribe()

    def training(self) -> TrainingState | None:
        return self._modelling.training()

    def cancel_training(self) -> None:
        self._modelling.cancel_training()

    def use_model(self, model_id: str) -> None:
        self._modelling.use_model(model_id)
        self._look_for_model()

    def look_for_model(
        self, *, on_progress: Callable[[Progress], None], token: CancelToken
    ) -> None:
        """Look at the photos that the model in use has not seen yet, now, in the calling thread.

        Args:
            on_progress: told at most ten times a second.
            token: to stop; another call goes on with the work.

        Raises:
            Cancelled: through the token.
            EnvironmentProblem: the disk is full, no worker starts, ...
        """
        self._modelling.look_for_model(self._features, token, on_progress)

    def delete_model(self, model_id: str) -> None:
        self._modelling.delete_model(model_id)

    def export_model(self, model_id: str, file: Path) -> None:
        self._modelling.export_model(model_id, file)

    def import_model(self, file: Path) -> ModelInfo:
        return self._modelling.import_model(file)

    def suggest_with(
        self, model_id: str, photo_ids: Sequence[PhotoId], limit: int = 10
    ) -> Mapping[PhotoId, Sequence[Suggestion]]:
        return self._modelling.suggest_with(model_id, photo_ids, limit)

    def explain(self, photo_id: PhotoId, tag: str = "") -> Explanation:
        return self._modelling.explain(photo_id, tag)
