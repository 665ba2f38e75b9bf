"""Protocol `search`: what does the search box show for a word, and is it right?

The queries of paper 002 are put to a library made of all photos of the folder. A photo answers a
query if one caption, or its labels together, have all of the query's words: as lemmas, or as a word
that a person who looks at the photo could not tell apart or would take for it (`ACCEPTED`). Where a
photo has labels alone, and these have no name for one of the query's words, nobody knows whether
it answers. "P@5" counts it as wrong, "P@5, judged" passes over it (Sakai 2007, SIGIR).

The model has learned from most of the photos in that library. Labels as queries, captions and the
cut are judged on photos that it has not seen.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.evaluation.photo_sets import CAPTIONED, LABELLED, PhotoSet, prepare
from photoorg.evaluation.queries import CUTOFF, PAPER_QUERIES, SAME, answers, precision_at
from photoorg.evaluation.report import Report, Row, Table
from photoorg.evaluation.search_cut import cut_table, draw_reliability, refit, reliability_table
from photoorg.evaluation.search_questions import (
    Asker,
    Questions,
    RankingModel,
    ask_captions,
    ask_labels,
    ask_words,
)
from photoorg.evaluation.text_retrieval import measure_captions
from photoorg.features.registry import features_of
from photoorg.models.datasets import CAPTIONS, LABELS, TRAIN, open_dataset
from photoorg.models.holdout import Part, captioned_part_of, part_of
from photoorg.models.length_correction import LengthCorrection
from photoorg.models.metrics import mean_average_precision
from photoorg.search.ports import CorrectsLength

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from photoorg.evaluation.report import JsonValue, Setting
    from photoorg.features.text import TextEncoder
    from photoorg.models.base import CrossModalModel

PROTOCOL = "search"

ORIGINAL = "coco128"
"""Labelled photos at their own aspect. Nobody trains on these files, but two in three are photos
of `coco` too, under the same COCO number; those that are not are judged once more alone."""

ACCEPTED = {
    **SAME,
    "car": frozenset({"car", "automobile", "taxi"}),
    "sunrise": frozenset({"sunrise", "sunset"}),
    "snow": frozenset({"snow", "snowy"}),
    "rain": frozenset({"rain", "rainy"}),
    "ski": frozenset({"ski", "skis", "skier"}),
    "woman": frozenset({"woman", "lady"}),
    "man": frozenset({"man", "guy"}),
    "bag": frozenset({"bag", "handbag", "backpack", "suitcase", "purse"}),
    "wine": frozenset({"wine", "wine_glass"}),
}
"""Words that are accepted for a word of a query."""


def evaluate_search(
    setting: Setting, *, model: RankingModel | None = None, text: TextEncoder | None = None
) -> Report:
    """Run the protocol on the photos of a folder.

    Args:
        setting: data, cache, progress, plots.
        model: what ranks the photos; by default what photoorg is shipped with.
        text: computes the vectors that the model takes.

    Raises:
        UsageProblem: the folder holds neither captions nor labels.
        MediaProblem: a photo cannot be read.
        EnvironmentProblem: the plots cannot be written.
        Cancelled: the caller cancelled.
    """
    from photoorg.features.text import create_text_encoder
    from photoorg.models.starter import StarterModel

    started = time.monotonic()
    asker = Asker(setting, model or StarterModel.load(), text or create_text_encoder())
    sets = _read(setting, features_of(asker.model.visual_key))
    correction = LengthCorrection()
    if isinstance(asker.model, CorrectsLength):
        correction = asker.model.length_correction
    held_out = _questions(asker, [*sets, *_unseen(sets)], _held_out)
    tables = [paper_queries(asker, sets), *_label_tables(held_out)]
    captions = _caption_table(asker, sets)
    if captions is not None:
        tables.append(captions)
    if held_out:
        tables += [cut_table(held_out, correction), reliability_table(held_out, correction)]
    corrections: dict[str, JsonValue] = {"in_use": [*correction.numbers]}
    refitted = _refitted(asker, sets)
    if refitted is not None:
        corrections["refitted"] = [*refitted.numbers]
    plots = []
    if setting.plots is not None and held_out:
        plots.append(draw_reliability(held_out, correction, setting.plots))
    return Report.of(
        PROTOCOL,
        setting,
        started,
        tables,
        photos=sum(len(photos) for photos in sets),
        features=(sets[0].visual_key,),
        text=(asker.text.key,),
        models=(asker.model.kind,),
        more={"length_correction": corrections},
        plots=plots,
    )


def fit_correction(
    setting: Setting, model: RankingModel, text: TextEncoder
) -> LengthCorrection | None:
    """Put a model's relevance right by the photos that were set aside for calibration.

    Raises:
        UsageProblem, MediaProblem, Cancelled: as `evaluate_search`.
    """
    asker = Asker(setting, model, text)
    return _refitted(asker, _read(setting, features_of(model.visual_key)))


def _refitted(asker: Asker, sets: Sequence[PhotoSet]) -> LengthCorrection | None:
    set_aside = _questions(asker, sets, _set_aside)
    return refit(set_aside) if set_aside else None


def _read(setting: Setting, encoder: str) -> list[PhotoSet]:
    """Return the sets of a folder: those of the project's own data, or the folder itself."""
    folders = [setting.data / name for name in (CAPTIONED, LABELLED, ORIGINAL)]
    known = [f for f in folders if (f / CAPTIONS).is_file() or (f / LABELS).is_file()]
    sets = [
        prepare(open_dataset(folder), setting, encoder=encoder)
        for folder in known or [setting.data]
    ]
    if not any(any(each.dataset.captions) or any(each.dataset.labels) for each in sets):
        raise UsageProblem(
            f"{setting.data} has neither captions nor labels to judge a search by.",
            "Give a folder with a captions.tsv or labels.tsv.",
        )
    return sets


def paper_queries(asker: Asker, sets: Sequence[PhotoSet]) -> Table:
    """Search all photos by the paper's queries; a row for each and one for the mean."""
    asker.setting.tell("Searching all photos")
    texts = [query.replace(" + ", " ") for query in PAPER_QUERIES]
    embedded = np.concatenate([asker.embed(photos) for photos in sets])
    probability = asker.probabilities(texts, embedded)
    rows = []
    for number, query in enumerate(PAPER_QUERIES):
        right = np.concatenate([answers(query, photos, ACCEPTED) for photos in sets])
        known = np.concatenate([_knows(query, photos) for photos in sets]) | right
        scores = probability[:, number]
        rows.append(
            Row(
                query,
                {
                    f"P@{CUTOFF}": precision_at(scores, right, CUTOFF),
                    f"P@{CUTOFF}, judged": precision_at(scores[known], right[known], CUTOFF)
                    if known.any()
                    else None,
                    "relevant photos": int(right.sum()),
                    "judged photos": int(known.sum()),
                },
            )
        )
    enough = [row for row in rows if (row.figures["relevant photos"] or 0) >= CUTOFF]
    means = [
        Row(f"mean of {kind} ({len(some)})", _means(some))
        for kind, some in (
            ("all", rows),
            ("those that enough photos answer", enough),
            ("single ones of these", [row for row in enough if "+" not in row.name]),
            ("double ones of these", [row for row in enough if "+" in row.name]),
        )
    ]
    return Table(
        "Queries of the paper on all photos",
        (*means, *rows),
        "002, table 1",
        f"{len(embedded)} photos, most of which the model learned from. A query that fewer than"
        f" {CUTOFF} photos answer cannot reach 1.",
    )


def _means(rows: Sequence[Row]) -> dict[str, float | None]:
    names = (f"P@{CUTOFF}", f"P@{CUTOFF}, judged")
    found: dict[str, float | None] = {}
    for name in names:
        values = [value for row in rows if (value := row.figures[name]) is not None]
        found[name] = float(np.mean(values)) if values else None
    return found


def _knows(query: str, photos: PhotoSet) -> NDArray[np.bool_]:
    """Return of which photos it is known whether they answer a query, [photos]."""
    named = {word for label in photos.dataset.concepts for word in photos.normaliser.tokens(label)}
    words = photos.normaliser.tokens(query.replace("+", " "))
    covered = all(ACCEPTED.get(word, frozenset({word})) & named for word in words)
    captioned = np.array([bool(captions) for captions in photos.dataset.captions])
    tagged = np.array([bool(tags) for tags in photos.dataset.tags])
    known: NDArray[np.bool_] = captioned | tagged | np.bool_(covered)
    return known


def _label_tables(asked: Sequence[Questions]) -> list[Table]:
    """Return the ranking's figures for labels as queries."""
    rows = []
    for questions in asked:
        if not questions.complete:
            continue
        columns = list(zip(questions.probability.T, questions.truth.T, strict=True))
        rows.append(
            Row(
                questions.name,
                {
                    "mAP": mean_average_precision(questions.probability, questions.truth)[0],
                    "P@5": float(np.mean([precision_at(*column, 5) for column in columns])),
                    "P@10": float(np.mean([precision_at(*column, 10) for column in columns])),
                    "queries": len(columns),
                    "photos": len(questions.truth),
                },
            )
        )
    if not rows:
        return []
    note = "Many labels have fewer than five or ten photos there and cannot reach 1."
    return [Table("Labels as queries", tuple(rows), "", note)]


def _caption_table(asker: Asker, sets: Sequence[PhotoSet]) -> Table | None:
    """Return recall of captions on photos that nothing was learned from, where there are any."""
    for photos in sets:
        if any(photos.dataset.captions):
            part = _held_out(photos)
            if part is None:
                continue
            model: CrossModalModel = asker.model  # type: ignore[assignment]
            captioned = part.dataset.captioned()
            found = measure_captions(asker.setting, captioned, model, asker.text)
            return Table(
                f"Caption retrieval on {photos.name}",
                (found.row(asker.model.kind),),
                "Hodosh et al. 2013",
                f"{len(captioned.paths)} photos, each caption for itself.",
            )
    return None


def _questions(
    asker: Asker, sets: Sequence[PhotoSet], choose: Callable[[PhotoSet], PhotoSet | None]
) -> list[Questions]:
    """Ask a part of each set for all that is known of it."""
    asked = []
    for photos in sets:
        part = choose(photos)
        if part is None:
            continue
        if any(part.dataset.labels):
            asked.append(ask_labels(asker, part, f"labels on {photos.name}"))
        if all(part.dataset.captions):
            words = ask_words(asker, part, f"words on {photos.name}")
            captions = ask_captions(asker, part, f"captions on {photos.name}")
            asked += [captions] if words is None else [words, captions]
    return asked


def _held_out(photos: PhotoSet) -> PhotoSet | None:
    """Return the photos that no model is trained on; None where there are none."""
    if photos.name.startswith(ORIGINAL):
        return photos
    return _rows(photos, photos.test_rows())


def _unseen(sets: Sequence[PhotoSet]) -> list[PhotoSet]:
    """Return the photos at their own aspect that training and calibration saw in no form.

    Nothing where all are such, or none.
    """
    known = {photos.name: photos for photos in sets}
    if ORIGINAL not in known or LABELLED not in known:
        return []
    seen = tuple(
        path.stem
        for path in known[LABELLED].dataset.paths
        if part_of(path.name) is not Part.EVALUATION
    )
    numbers = [path.stem for path in known[ORIGINAL].dataset.paths]
    rows = [
        row
        for row, number in enumerate(numbers)
        if not any(other.endswith(number) for other in seen)
    ]
    if not 0 < len(rows) < len(numbers):
        return []
    chosen = known[ORIGINAL].rows(np.array(rows, dtype=np.int64))
    named = replace(chosen.dataset, name=f"{ORIGINAL}, unseen photos")
    return [replace(chosen, dataset=named)]


def _set_aside(photos: PhotoSet) -> PhotoSet | None:
    """Return the photos that were set aside to calibrate by; None where there are none."""
    if photos.name == ORIGINAL:
        return None
    splits, paths = photos.dataset.splits, photos.dataset.paths
    parts = [
        captioned_part_of(path.name) if split == TRAIN else part_of(path.name)
        for split, path in zip(splits, paths, strict=True)
    ]
    chosen = [
        part is Part.CALIBRATION and split in ("", TRAIN)
        for part, split in zip(parts, splits, strict=True)
    ]
    return _rows(photos, np.flatnonzero(chosen))


def _rows(photos: PhotoSet, rows: NDArray[np.int64]) -> PhotoSet | None:
    return photos.rows(rows) if len(rows) else None
