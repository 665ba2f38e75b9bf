"""Models and the kinds they are made of, read together, and what is said of them to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from photoorg.core.library import LibraryPort
from photoorg.core.modelling import (
    STARTER_ID,
    STARTER_TEXT,
    STARTER_TEXT_TITLE,
    ModelInfo,
    ModelKindInfo,
    TrainingRequest,
    TrainingState,
    VectorKindInfo,
)
from photoorg.gui.widgets import wording

MY_LIBRARY: Final = "My library"
NOT_MEASURED: Final = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A held-out figure.

    Attributes:
        key: of `ModelInfo.metrics` and `EpochReport.metrics`, in percent.
        name: for a newcomer.
        explanation: what it says, and its name in the field.
    """

    key: str
    name: str
    explanation: str


FIGURES: Final = (
    Figure(
        "map",
        "Tag ranking",
        "How reliably the photos that carry a tag come before those that do not, over all tags."
        "\nMeasured on photos kept back from training; 100 is perfect."
        "\nMean average precision, mAP.",
    ),
    Figure(
        "f1@5",
        "Five best tags",
        "How well the five likeliest tags of a photo match the tags that it carries."
        "\nMeasured on photos kept back from training; photos with few tags cannot reach 100."
        "\nF1@5.",
    ),
    Figure(
        "r@10",
        "Found by words",
        "How often a photo is among the first ten when its own words are searched for."
        "\nMeasured on photos kept back from training; 100 is always."
        "\nRecall at 10, R@10.",
    ),
)


@dataclass(frozen=True, slots=True)
class Shelf:
    """All models, and the kinds that can be trained.

    Attributes:
        kinds: what can be trained.
        texts: the text vectors that it can be trained on.
        visuals: the visual features that it can be trained on.
        models: the trained ones, the starter first.
        tags: how many tags the person's own photos carry; None where nobody has counted.
    """

    kinds: tuple[ModelKindInfo, ...] = ()
    texts: tuple[VectorKindInfo, ...] = ()
    visuals: tuple[VectorKindInfo, ...] = ()
    models: tuple[ModelInfo, ...] = ()
    tags: int | None = None

    @property
    def own(self) -> tuple[ModelInfo, ...]:
        """The models that did not come with the program."""
        return tuple(model for model in self.models if model.model_id != STARTER_ID)

    @property
    def usable(self) -> tuple[ModelInfo, ...]:
        """The models that are not damaged."""
        return tuple(model for model in self.models if not model.problem)

    def model(self, model_id: str) -> ModelInfo | None:
        return next((model for model in self.models if model.model_id == model_id), None)

    def kind_title(self, key: str) -> str:
        """Return the name of a kind of model; its key where it is not known here."""
        return next((kind.title for kind in self.kinds if kind.key == key), key)

    def text_title(self, key: str) -> str:
        """Return the name of a kind of text vectors."""
        return STARTER_TEXT_TITLE if key == STARTER_TEXT else _title(self.texts, key)

    def visual_title(self, key: str) -> str:
        """Return the name of a kind of visual features."""
        return _title(self.visuals, key)

    def ingredients(self, request: TrainingRequest) -> str:
        """Return "Semantic tags · EfficientNet-Lite2 · My library" of a training."""
        default = next((k.default_text for k in self.kinds if k.key == request.kind), "")
        data = request.data.name if request.data is not None else MY_LIBRARY
        text = self.text_title(request.text or default)
        return " · ".join(filter(None, (data, text, self.visual_title(request.features))))

    def facts(self, model: ModelInfo) -> str:
        """Return what a model is made of, when, and its size."""
        parts = [self.text_title(model.text), self.visual_title(model.features), made_on(model)]
        if model.size:
            parts.append(wording.file_size(model.size))
        return " · ".join(filter(None, parts))


def read_shelf(library: LibraryPort) -> Shelf:
    """Read models and kinds. Blocks: call it from a task."""
    return Shelf(
        tuple(library.model_kinds()),
        tuple(library.text_kinds()),
        tuple(library.visual_kinds()),
        tuple(library.models()),
        sum(tag.count > 0 for tag in library.tags()),
    )


def trained_on(model: ModelInfo) -> str:
    """Return "My library · 1,204 photos, 87 tags · measured on 134 other photos"."""
    photos = wording.photos(model.photos) if model.photos else ""
    counts = ", ".join(filter(None, (photos, _tags(model.tags))))
    measured = ""
    if model.held_out and model.metrics:
        others = "photo" if model.held_out == 1 else "photos"
        measured = f"measured on {model.held_out:,} other {others}"
    return " · ".join(filter(None, (model.source, counts, measured)))


def made_on(model: ModelInfo, *, short: bool = False) -> str:
    """Return when a model was made, or "" where it came with the program.

    To the minute: of one kind there are often several of the same day.

    Args:
        model: has the moment.
        short: "21 Nov 2026, 10:00" instead of "21 November 2026, 10:00".
    """
    try:
        when = datetime.fromisoformat(model.created)
    except ValueError:
        return ""
    if when.tzinfo is not None:
        when = when.astimezone()
    return f"{when.day} {when:%b %Y, %H:%M}" if short else wording.moment(when)


def figure_text(metrics: Mapping[str, float], key: str) -> str:
    """Return a figure with one decimal, or a dash where it was not measured."""
    value = metrics.get(key)
    return NOT_MEASURED if value is None else f"{value:.1f}"


def epoch_words(state: TrainingState) -> str:
    """Return "Epoch 12 of 60", or "" before the first is done."""
    if not state.reports:
        return ""
    last = state.reports[-1]
    return f"Epoch {last.epoch:,} of {last.epochs:,}"


def seconds_left(state: TrainingState) -> float | None:
    """Return an estimate from the epochs so far; training may end before, when it stops gaining."""
    if not state.reports or state.reports[-1].seconds <= 0:
        return None
    last = state.reports[-1]
    return (last.epochs - last.epoch) * last.seconds / last.epoch


def _tags(count: int) -> str:
    if not count:
        return ""
    return "1 tag" if count == 1 else f"{count:,} tags"


def _title(kinds: Sequence[VectorKindInfo], key: str) -> str:
    return next((kind.title for kind in kinds if kind.key == key), key)
