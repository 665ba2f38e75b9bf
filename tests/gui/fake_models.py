"""The models of the library in memory: kinds, trained ones, a training that tests move on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from fake_engines import FakeEngines

from photoorg.core.errors import MediaProblem, ModelFileProblem, UsageProblem
from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryEvent
from photoorg.core.modelling import (
    STARTER_ID,
    EpochReport,
    Explanation,
    ModelInfo,
    ModelKindInfo,
    TrainingRequest,
    TrainingState,
    TrainingStatus,
    VectorKindInfo,
)
from photoorg.core.records import Suggestion

KINDS = (
    ModelKindInfo(
        "joint-autoencoder",
        "Joint autoencoder",
        "Learns one hidden layer that sees a photo together with its tags.",
        "Learning multimodal features from Flickr, section 3.3",
        "semantic-tags",
    ),
    ModelKindInfo(
        "cross-modal-2",
        "Cross-Modal II",
        "Learns to predict a photo's tags and the photo itself from the photo alone.",
        "Learning multimodal features from Flickr, section 3.4",
        "semantic-tags",
    ),
    ModelKindInfo(
        "bidnn",
        "BiDNN",
        "Translates photos to tags and tags to photos through shared middle weights.",
        "Vukotić, Raymond, Gravier 2016, section 2.2",
        "word2vec-skipgram",
    ),
    ModelKindInfo(
        "text-regression",
        "Text-space regression",
        "Places photos in the space of the text vectors.",
        "Gomez et al. 2019, section 3",
        "glove+tfidf",
        finetunes=True,
    ),
    ModelKindInfo(
        "mmeda-2",
        "MMEDA-II",
        "MMEDA-I with an autoencoder of its own for photos, texts and columns.",
        "Jayagopal et al., Multimodal representation learning, section 3",
        "word2vec-skipgram",
        reads_photos=True,
    ),
)
TEXTS = (
    VectorKindInfo("semantic-tags", "Semantic tags", hint="20 numbers a tag, from your own tags"),
    VectorKindInfo("word2vec-skipgram", "word2vec, skip-gram", hint="Trained on your own words"),
    VectorKindInfo("glove+tfidf", "GloVe, weighted by tf-idf"),
)
VISUALS = (
    VectorKindInfo(
        "efficientnet-lite2-captions",
        "EfficientNet-Lite2, taught by captions",
        hint="Comes with the program",
    ),
    VectorKindInfo("bovw-sift", "SIFT words"),
    VectorKindInfo("resnet50", "ResNet-50", ready=False, hint="Its weights are not here."),
)
STARTER = ModelInfo(
    STARTER_ID,
    "starter",
    "Starter",
    "minilm-captions",
    "efficientnet-lite2-captions",
    "Comes with the program",
    0,
    946,
    "",
    15_400_000,
    {"map": 31.4},
    active=True,
)
OWN = (
    ModelInfo(
        "cross-modal-2-7",
        "cross-modal-2",
        "Cross-Modal II",
        "semantic-tags",
        "efficientnet-lite2-captions",
        "My library",
        1204,
        87,
        "2026-11-21T18:04:00",
        3_412_000,
        {"map": 61.27, "f1@5": 42.04, "r@10": 38.5},
    ),
    ModelInfo(
        "bidnn-3",
        "bidnn",
        "BiDNN",
        "word2vec-skipgram",
        "efficientnet-lite2-captions",
        "My library",
        1204,
        87,
        "2026-11-20T09:30:00",
        8_120_000,
        {"map": 58.9, "f1@5": 40.61, "r@10": 44.25},
    ),
    ModelInfo(
        "text-regression-1",
        "text-regression",
        "Text-space regression",
        "glove+tfidf",
        "bovw-sift",
        "Urlaubsfotos und Familienfeiern 1998 bis 2024",
        640,
        1,
        "2026-11-02T22:11:00",
        912_000,
        {"map": 44.0, "f1@5": 29.3},
    ),
)
DAMAGED = ModelInfo(
    "joint-autoencoder-2",
    "joint-autoencoder",
    "Joint autoencoder",
    "semantic-tags",
    "efficientnet-lite2-captions",
    "My library",
    0,
    0,
    "",
    120,
    problem="The file model.safetensors is cut short.",
)
OTHER_WORDS = ("red", "wood", "outdoor", "evening")


class FakeModels:
    """Keeps the part of LibraryPort that is about models.

    Attributes:
        trained: the models, the starter first.
        requests: trainings asked for.
        refusal: raised by the next calls of `train`, where it is set.
        explained: what was asked of `explain`.
        deaf: photos that no model can look at.
        exported: model ids and files.
        engines: for better search.
    """

    def __init__(self) -> None:
        self.trained: list[ModelInfo] = [STARTER]
        self.requests: list[TrainingRequest] = []
        self.refusal: Exception | None = None
        self.explained: list[tuple[PhotoId, str]] = []
        self.deaf: set[PhotoId] = set()
        self.exported: list[tuple[str, Path]] = []
        self.engines = FakeEngines()
        self.heat_shape: tuple[int, int] | None = (7, 9)
        self._state: TrainingState | None = None

    def emit(self, event: LibraryEvent) -> None:
        raise NotImplementedError

    def suggest(
        self, photo_ids: Sequence[PhotoId], limit: int = 10
    ) -> Mapping[PhotoId, Sequence[Suggestion]]:
        raise NotImplementedError

    def confirmed(self, photo_id: PhotoId) -> Mapping[str, object]:
        raise NotImplementedError

    # -- LibraryPort ---------------------------------------------------------------------------
    def model_kinds(self) -> Sequence[ModelKindInfo]:
        return KINDS

    def text_kinds(self) -> Sequence[VectorKindInfo]:
        return TEXTS

    def visual_kinds(self) -> Sequence[VectorKindInfo]:
        return VISUALS

    def models(self) -> Sequence[ModelInfo]:
        return tuple(self.trained)

    def train(self, request: TrainingRequest) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.requests.append(request)
        self.tell(TrainingState(request, TrainingStatus.RUNNING, "Reading photos", 0, 0))

    def training(self) -> TrainingState | None:
        return self._state

    def cancel_training(self) -> None:
        if self._state is not None:
            self.tell(
                replace(self._state, status=TrainingStatus.CANCELLED, stage="", resumable=True)
            )

    def use_model(self, model_id: str) -> None:
        if self._find(model_id).problem:
            raise ModelFileProblem(self._find(model_id).problem, "Delete it and train it again.")
        self.trained = [replace(m, active=m.model_id == model_id) for m in self.trained]

    def delete_model(self, model_id: str) -> None:
        gone = self._find(model_id)
        self.trained.remove(gone)
        if gone.active:
            self.use_model(STARTER_ID)

    def export_model(self, model_id: str, file: Path) -> None:
        self.exported.append((self._find(model_id).model_id, file))

    def import_model(self, file: Path) -> ModelInfo:
        if file.suffix != ".photoorg-model":
            raise ModelFileProblem(f"{file.name} holds no model.")
        self.trained.append(replace(OWN[0], model_id=file.stem))
        return self.trained[-1]

    def suggest_with(
        self, model_id: str, photo_ids: Sequence[PhotoId], limit: int = 10
    ) -> Mapping[PhotoId, Sequence[Suggestion]]:
        if self._find(model_id).problem:
            raise ModelFileProblem(self._find(model_id).problem)
        answer = {}
        place = [model.model_id for model in self.trained].index(model_id)
        for photo, found in self.suggest(photo_ids, limit).items():
            own = [Suggestion(tag, 0.95 - 0.04 * place, model_id) for tag in self.confirmed(photo)]
            other = Suggestion(OTHER_WORDS[(place + photo) % 4], 0.41, model_id)
            mine = [*own[place % 2 :], *found[: 4 - place % 2], other]
            answer[photo] = sorted(mine, key=lambda each: -each.probability)[:limit]
        return answer

    def explain(self, photo_id: PhotoId, tag: str = "") -> Explanation:
        self.explained.append((photo_id, tag))
        if photo_id in self.deaf:
            raise MediaProblem("The file is not there.", "Connect its drive.")
        found = self.suggest([photo_id], 6).get(photo_id, ())
        words = [(each.tag, 0.9 * each.probability) for each in found]
        words += [(word, 0.2 - 0.08 * i) for i, word in enumerate(OTHER_WORDS[:2])]
        if self.heat_shape is None:
            note = "These features do not say where in the photo they look."
            return Explanation(photo_id, tag, words, None, note)
        height, width = self.heat_shape
        y, x = np.mgrid[:height, :width].astype(np.float32)
        middle = (0.45 * height, (0.35 + 0.05 * len(tag)) * width)
        heat = np.exp(-((y - middle[0]) ** 2 + (x - middle[1]) ** 2) / (0.12 * height * width))
        return Explanation(photo_id, tag, words, heat.astype(np.float32))

    # -- for tests -----------------------------------------------------------------------------
    def _find(self, model_id: str) -> ModelInfo:
        found = [model for model in self.trained if model.model_id == model_id]
        if not found:
            raise UsageProblem(f"There is no model {model_id}.")
        return found[0]

    def tell(self, state: TrainingState) -> None:
        """Publish a moment of a training."""
        self._state = state
        self.emit(state)

    def learn(self, epoch: int, epochs: int = 60) -> None:
        """Publish that the training came so far."""
        assert self._state is not None
        reports = tuple(report(number, epochs) for number in range(1, epoch + 1))
        state = replace(
            self._state,
            status=TrainingStatus.RUNNING,
            stage="Training",
            done=0,
            total=0,
            reports=reports,
        )
        self.tell(state)

    def finish(self, model: ModelInfo = OWN[0]) -> None:
        """Publish that the training is done and the model is there."""
        assert self._state is not None
        self.trained.append(model)
        self.tell(
            replace(self._state, status=TrainingStatus.FINISHED, stage="", model_id=model.model_id)
        )

    def fail(self, problem: str, *, resumable: bool = False) -> None:
        """Publish that the training failed."""
        assert self._state is not None
        state = replace(self._state, status=TrainingStatus.FAILED, problem=problem)
        self.tell(replace(state, resumable=resumable))


def report(epoch: int, epochs: int = 60) -> EpochReport:
    """Return what an epoch measured, as such curves go."""
    wobble = 0.012 * np.sin(2.3 * epoch)
    fall = float(np.exp(-epoch / 9))
    metrics = {
        "loss": 0.21 + 0.55 * fall + wobble,
        "map": 61.0 - 48 * fall + 60 * wobble,
        "f1@5": 42.0 - 33 * fall + 40 * wobble,
    }
    return EpochReport(epoch, epochs, 0.14 + 0.7 * fall, metrics, 2.1 * epoch)
