"""Protocol `suggest`: are the right tags suggested, before and after a person has given examples?

The product's default model learns tag by tag from where on it suggests, so that of ten suggestions
eight are right; its precision is that at its own thresholds, and its reliability is drawn.

On the project's own data the photos of COCO that training held out are looked at; on any other
labelled folder, all of them. Labels that the vocabulary lacks are judged as a person's own words,
by `tag_probability`. The learning curve has one photo in five to judge by, and draws its examples
from the others.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.core.quality import DEFAULT_TARGET
from photoorg.evaluation.learning_curve import (
    EXAMPLES,
    Learner,
    LogisticRegression,
    NearestNeighbours,
    choose_examples,
    choose_strength,
    co_occurrence,
)
from photoorg.evaluation.personal_learner import PersonalLearner, TeachableModel
from photoorg.evaluation.photo_sets import LABELLED, dataset_of
from photoorg.evaluation.plots import new_figure, save_figure
from photoorg.evaluation.report import Report, Row, Table
from photoorg.models.base import CrossModalModel, SuggestsTags
from photoorg.models.holdout import Part, part_of
from photoorg.models.metrics import (
    calibration_error,
    f1_at_k,
    mean_average_precision,
    precision_above,
)
from photoorg.models.personal_quality import reliability
from photoorg.models.vocabulary import TEMPLATES, phrases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from photoorg.core.ids import ModelKey
    from photoorg.core.quality import ReliabilityBin
    from photoorg.evaluation.report import JsonValue, Setting
    from photoorg.features.text import TextEncoder

PROTOCOL = "suggest"

THRESHOLD = 0.5
"""A tag that is more likely right than wrong is given."""

_BEST = 5


class TagModel(CrossModalModel, SuggestsTags, TeachableModel, Protocol):
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
        precision: of labels given at the threshold, all labels together.
        recall: of labels given at the threshold, the same.
        calibration: expected calibration error, 0 to 1.
    """

    map: float
    f1_at_5: float
    precision: float
    recall: float
    calibration: float

    @classmethod
    def of(
        cls,
        probabilities: NDArray[np.float32],
        relevant: NDArray[np.bool_],
        thresholds: NDArray[np.float32] | float = THRESHOLD,
    ) -> SuggestFigures:
        """Judge probabilities [photos, labels] by the truth, with one threshold or one a label."""
        precision, recall = precision_above(probabilities, relevant, thresholds)
        return cls(
            100 * mean_average_precision(probabilities, relevant)[0],
            100 * f1_at_k(probabilities, relevant, _BEST),
            100 * precision,
            100 * recall,
            calibration_error(probabilities, relevant),
        )

    def columns(self) -> dict[str, float]:
        """Return the figures by the names that they have in JSON."""
        return {
            "map": self.map,
            "f1@5": self.f1_at_5,
            "precision_at_threshold": self.precision,
            "recall_at_threshold": self.recall,
            "calibration_error": self.calibration,
        }

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "map": _rounded(self.map),
            "f1@5": _rounded(self.f1_at_5),
            "precision_at_threshold": _rounded(self.precision),
            "recall_at_threshold": _rounded(self.recall),
            "calibration_error": round(self.calibration, 4),
        }


@dataclass(frozen=True, slots=True)
class _Judged:
    """Labelled photos with their vectors.

    Attributes:
        visual: float32 [photos, d].
        truth: bool [photos, names].
        names: the labels.
        training: rows to draw examples from.
        calibration: rows to choose settings by.
        evaluation: rows that the learning curve is judged on.
    """

    visual: NDArray[np.float32]
    truth: NDArray[np.bool_]
    names: tuple[str, ...]
    training: NDArray[np.int64]
    calibration: NDArray[np.int64]
    evaluation: NDArray[np.int64]


def evaluate_suggest(
    setting: Setting, *, model: TagModel | None = None, text: TextEncoder | None = None
) -> Report:
    """Run the protocol.

    Args:
        setting: the root of the project's data (its COCO photos held out of training are judged),
            or a folder of labelled photos (all of them are judged without examples).
        model: what is measured without examples; by default what photoorg is shipped with.
        text: computes the vectors that the model takes.

    Raises:
        UsageProblem: the folder holds no labelled photos.
        MediaProblem: a photo cannot be read.
        Cancelled: the caller cancelled.
    """
    started = time.monotonic()
    model, text = _default(model, text)
    photos, own = _read(setting, model.visual_key)
    rows = photos.evaluation if own else np.arange(len(photos.visual))
    guessed = label_probabilities(model, text, photos.names, model.embed_images(photos.visual))
    figures = SuggestFigures.of(guessed[rows], photos.truth[rows])
    _, each = mean_average_precision(guessed[rows], photos.truth[rows])
    by_examples = {0: figures}
    same = SuggestFigures.of(guessed[photos.evaluation], photos.truth[photos.evaluation])
    note = "its training saw labels of other photos of this set" if own else ""
    curve = [Row(f"{model.kind}, no examples", same.columns(), note=note)]
    bins: dict[int, tuple[ReliabilityBin, ...]] = {}
    if len(photos.evaluation) and len(photos.training):
        library = photos.training
        learner = PersonalLearner(model, text, photos.names, library)
        learned, rest, bins = _learning_curve(photos, setting, learner)
        by_examples |= learned
        curve += rest
    return Report.of(
        PROTOCOL,
        setting,
        started,
        [
            Table(
                "Tags by number of tagged photos per tag",
                tuple(curve),
                "",
                f"{len(photos.evaluation)} photos judged, {len(photos.names)} tags; percent, but"
                " for the calibration error. Examples are drawn anew for each seed.",
            )
        ],
        photos=len(rows),
        features=(model.visual_key,),
        text=(text.key,),
        models=(model.kind, PersonalLearner.name),
        plots=[draw_reliability(setting.plots, bins)] if setting.plots and bins else (),
        more={
            **figures.to_json(),
            "threshold": THRESHOLD,
            "by_examples": {str(n): f.to_json() for n, f in by_examples.items()},
            "learner": PersonalLearner.name,
            "target_precision": DEFAULT_TARGET,
            "reliability": {
                str(n): [
                    {"said": each.predicted, "right": each.observed.value, "count": each.count}
                    for each in found
                ]
                for n, found in bins.items()
            },
            "by_label": {
                name: _rounded(100 * float(value))
                for name, value in zip(photos.names, each, strict=True)
                if not np.isnan(value)
            },
            "not_in_vocabulary": [n for n in photos.names if n.lower() not in model.vocabulary],
        },
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


def _learning_curve(
    photos: _Judged, setting: Setting, default: PersonalLearner
) -> tuple[dict[int, SuggestFigures], list[Row], dict[int, tuple[ReliabilityBin, ...]]]:
    """Return the default's figures by number of examples, all rows of the table, and reliability.

    All learners get the same examples.
    """
    by_examples: dict[int, SuggestFigures] = {}
    bins: dict[int, tuple[ReliabilityBin, ...]] = {}
    rows = []
    truth = photos.truth[photos.evaluation]
    for count in EXAMPLES:
        drawn = [
            choose_examples(photos.truth, photos.training, count, seed=seed)
            for seed in range(setting.seeds)
        ]
        setting.tell(f"Learning from {count} photos a tag: {default.name}")
        taught = [default.teach(photos.visual, photos.truth, examples) for examples in drawn]
        guessed = [each.probabilities[photos.evaluation] for each in taught]
        figures = [
            SuggestFigures.of(p, truth, each.thresholds)
            for p, each in zip(guessed, taught, strict=True)
        ]
        by_examples[count] = _mean(figures)
        bins[count] = reliability(np.stack(guessed), np.stack([truth] * len(guessed)))
        note = f"{np.mean([len(each) for each in drawn]):.0f} photos in all"
        name = f"{default.name}, {count} photos a tag"
        own = f"{note}; precision and recall at its thresholds for {DEFAULT_TARGET:.0%}"
        rows.append(Row.of_seeds(name, [each.columns() for each in figures], note=own))
        setting.tell(f"Learning from {count} photos a tag")
        strength = choose_strength(photos.visual, photos.truth, drawn[0], photos.calibration)
        learners: tuple[Learner, ...] = (LogisticRegression(strength), NearestNeighbours())
        for learner in learners:
            setting.tell(f"Learning from {count} photos a tag: {learner.name}")
            figures = [
                SuggestFigures.of(
                    learner.probabilities(photos.visual, photos.truth, examples)[photos.evaluation],
                    truth,
                )
                for examples in drawn
            ]
            name = f"{learner.name}, {count} photos a tag"
            rows.append(Row.of_seeds(name, [each.columns() for each in figures], note=note))
        rows.append(_co_occurrence_row(photos, drawn, count))
    return by_examples, rows, bins


def draw_reliability(folder: Path, bins: Mapping[int, Sequence[ReliabilityBin]]) -> str:
    """Draw what was said against what is right, by number of examples; return the file's name."""
    figure, axes = new_figure()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1, label="as said")
    for count, found in bins.items():
        said = [each.predicted for each in found]
        right = [each.observed.value for each in found]
        spread = [
            [each.observed.value - each.observed.low for each in found],
            [each.observed.high - each.observed.value for each in found],
        ]
        axes.errorbar(said, right, spread, marker="o", capsize=3, label=f"{count} photos a tag")
    axes.set_xlabel("probability that was said")
    axes.set_ylabel("part that is right, 90 % interval")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.legend()
    return save_figure(figure, folder, "suggest-reliability")


def _co_occurrence_row(photos: _Judged, drawn: Sequence[NDArray[np.int64]], count: int) -> Row:
    """Judge what one tag of a photo says of its other tags; the given one is not judged."""
    several = photos.evaluation[photos.truth[photos.evaluation].sum(axis=1) > 1]
    name = f"tag co-occurrence, {count} photos a tag"
    if not len(several):
        return Row(name, {"map": None}, note="no photo has two tags")
    figures = []
    for seed, examples in enumerate(drawn):
        rng = np.random.default_rng(seed)
        given = np.array([rng.choice(np.flatnonzero(photos.truth[row])) for row in several])
        guessed = co_occurrence(photos.truth, examples, given)
        remaining = photos.truth[several].copy()
        here = np.arange(len(several))
        remaining[here, given] = False
        guessed[here, given] = 0
        figures.append(SuggestFigures.of(guessed, remaining).columns())
    note = f"{len(several)} photos with several tags, one of which is given and not judged"
    return Row.of_seeds(name, figures, note=note)


def _mean(figures: Sequence[SuggestFigures]) -> SuggestFigures:
    columns = np.array([list(each.columns().values()) for each in figures])
    return SuggestFigures(*columns.mean(axis=0).tolist())


def _read(setting: Setting, key: ModelKey) -> tuple[_Judged, bool]:
    """Return the photos with the vectors of that key, and whether they are the project's own."""
    dataset = dataset_of(setting.data, LABELLED)
    if dataset is None:
        raise UsageProblem(f"There are no labelled photos in {setting.data}.")
    photos = dataset.labelled()
    names = photos.names
    visual, _ = setting.vectors_of(photos.paths, key)
    parts = np.array([part_of(path.name) for path in photos.paths])
    training, calibration, evaluation = (
        np.flatnonzero(parts == part) for part in (Part.TRAINING, Part.CALIBRATION, Part.EVALUATION)
    )
    own = photos.paths[0].is_relative_to(setting.data / LABELLED)
    judged = _Judged(visual, photos.matrix(names), names, training, calibration, evaluation)
    return judged, own


def _default(model: TagModel | None, text: TextEncoder | None) -> tuple[TagModel, TextEncoder]:
    """Load what photoorg is shipped with, where nothing else is asked for."""
    from photoorg.features.text import create_text_encoder
    from photoorg.models.starter import StarterModel

    return model or StarterModel.load(), text or create_text_encoder()


def _rounded(percent: float) -> float | None:
    """Return two decimals, or None for what could not be computed (JSON knows no NaN)."""
    return None if np.isnan(percent) else round(percent, 2)
