"""Protocol `suggest`: are the right tags suggested, before the person has given any example?

On the project's own data the photos of COCO that training held out are looked at; on any other
labelled folder, all of them. Labels that the vocabulary lacks are judged as a person's own words,
by `tag_probability`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from photoorg.evaluation.report import Conditions
from photoorg.models.base import CrossModalModel, SuggestsTags
from photoorg.models.datasets import LABELS, dataset_folder, read_labels
from photoorg.models.holdout import Part, part_of
from photoorg.models.metrics import (
    calibration_error,
    f1_at_k,
    mean_average_precision,
    precision_above,
)
from photoorg.models.photo_features import encode_photos
from photoorg.models.vocabulary import TEMPLATES, phrases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from photoorg.core.progress import CancelToken
    from photoorg.evaluation.report import JsonValue
    from photoorg.features.text import TextEncoder
    from photoorg.features.visual import VisualEncoder
    from photoorg.models.datasets import LabelledPhotos
    from photoorg.models.photo_features import ProgressListener

THRESHOLD = 0.5
"""A tag that is more likely right than wrong is given."""

_BEST = 5


class TagModel(CrossModalModel, SuggestsTags, Protocol):
    """A model that also judges words outside its vocabulary."""

    def tag_probability(
        self, text: NDArray[np.float32], embedded: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return [photos, words] for text vectors [words, phrases, text dimension]."""


@dataclass(frozen=True, slots=True)
class SuggestFigures:
    """Outcome with a given number of own examples, all but `calibration` in percent.

    Attributes:
        map: mean over labels of average precision, photos ranked for each label.
        f1_at_5: of giving each photo its five most probable labels.
        precision: of labels given at the threshold.
        recall: of labels given at the threshold.
        calibration: expected calibration error, 0 to 1.
    """

    map: float
    f1_at_5: float
    precision: float
    recall: float
    calibration: float

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "map": _rounded(self.map),
            "f1@5": _rounded(self.f1_at_5),
            "precision_at_threshold": _rounded(self.precision),
            "recall_at_threshold": _rounded(self.recall),
            "calibration_error": round(self.calibration, 4),
        }


@dataclass(frozen=True, slots=True)
class SuggestResult:
    """Outcome of the protocol.

    Attributes:
        by_examples: figures by the number of own examples per tag.
        by_label: average precision in percent of each label without examples.
        unknown: labels that the vocabulary lacks.
    """

    by_examples: Mapping[int, SuggestFigures]
    by_label: Mapping[str, float]
    unknown: tuple[str, ...]
    conditions: Conditions

    def to_json(self) -> dict[str, JsonValue]:
        return {
            **self.by_examples[0].to_json(),
            "threshold": THRESHOLD,
            "by_examples": {str(n): f.to_json() for n, f in self.by_examples.items()},
            "by_label": {label: _rounded(value) for label, value in self.by_label.items()},
            "not_in_vocabulary": list(self.unknown),
            **self.conditions.to_json(),
        }


def evaluate_suggest(
    data: Path,
    model: TagModel,
    visual: VisualEncoder,
    text: TextEncoder,
    *,
    cache: Path | None = None,
    seed: int = 0,
    progress: ProgressListener | None = None,
    token: CancelToken | None = None,
) -> SuggestResult:
    """Run the protocol.

    Args:
        data: the root of the project's data (its COCO photos held out of training are judged), or a
            folder with `labels.tsv` (all its photos are judged).
        model: what is measured.
        visual: computes the vectors that the model takes.
        text: computes the vectors that the model takes.
        cache: folder for visual vectors; None keeps none.
        seed: reported; nothing here is drawn at random yet.
        progress: hears how far the work is.
        token: lets the caller stop.

    Raises:
        UsageProblem: the folder holds no such table.
        MediaProblem: a photo cannot be read.
        Cancelled: the caller cancelled.
    """
    started = time.monotonic()
    photos = _judged_photos(data)
    names = photos.names
    pooled = encode_photos(photos.paths, visual, cache=cache, progress=progress, token=token)
    probabilities = label_probabilities(model, text, names, model.embed_images(pooled))
    relevant = photos.matrix(names)
    mean, each = mean_average_precision(probabilities, relevant)
    precision, recall = precision_above(probabilities, relevant, THRESHOLD)
    figures = SuggestFigures(
        100 * mean,
        100 * f1_at_k(probabilities, relevant, _BEST),
        100 * precision,
        100 * recall,
        calibration_error(probabilities, relevant),
    )
    return SuggestResult(
        {0: figures},
        {name: 100 * float(value) for name, value in zip(names, each, strict=True)},
        tuple(name for name in names if name not in model.vocabulary),
        Conditions(
            "suggest",
            str(data),
            len(photos.paths),
            seed,
            time.monotonic() - started,
            visual.key,
            text.key,
            model.kind,
        ),
    )


def label_probabilities(
    model: TagModel, text: TextEncoder, labels: Sequence[str], embedded: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return [photos, labels]: from the vocabulary where it has the label, else by its words."""
    column = {word: j for j, word in enumerate(model.vocabulary)}
    result = np.empty((len(embedded), len(labels)), dtype=np.float32)
    known = [j for j, label in enumerate(labels) if label.lower() in column]
    result[:, known] = model.suggest(embedded)[:, [column[labels[j].lower()] for j in known]]
    unknown = [j for j, label in enumerate(labels) if label.lower() not in column]
    if unknown:
        sentences = [sentence for j in unknown for sentence in phrases(labels[j])]
        vectors = text.encode(sentences).reshape(len(unknown), len(TEMPLATES), -1)
        result[:, unknown] = model.tag_probability(vectors, embedded)
    return result


def _judged_photos(data: Path) -> LabelledPhotos:
    folder = dataset_folder(data, LABELS, "coco")
    photos = read_labels(folder)
    if folder == data:
        return photos
    held_out = [i for i, path in enumerate(photos.paths) if part_of(path.name) is Part.EVALUATION]
    return photos.subset(held_out)


def _rounded(percent: float) -> float | None:
    """Return two decimals, or None for what could not be computed (JSON knows no NaN)."""
    return None if np.isnan(percent) else round(percent, 2)
