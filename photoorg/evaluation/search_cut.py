"""Is what the search box shows before "Show more" right, and does it know that nothing is there?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from photoorg.evaluation.plots import new_figure, save_figure
from photoorg.evaluation.report import Row, Table
from photoorg.models.length_correction import LengthCorrection, fit_length_correction
from photoorg.models.metrics import calibration_error
from photoorg.search import cut

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from photoorg.evaluation.search_questions import Questions

    Rule: TypeAlias = Callable[[NDArray[np.float32], int], float]

_BINS = (0.0, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_LEAST_IN_BIN = 10

_UNSAID_WORD, _UNSAID_CAPTION = 0.5, 0.1
"""How much it counts in fitting that no caption has a word, and that a caption is another's."""


def flat_quarter(probability: NDArray[np.float32], words: int) -> float:
    """Return the bar that was in use before: a quarter of the best, and at least 0.03."""
    del words
    return max(0.03, float(probability.max(initial=0.0)) / 4)


def cut_table(asked: Sequence[Questions], correction: LengthCorrection) -> Table:
    """Compare the cut with the flat rule that it replaced."""

    def calibrated(probability: NDArray[np.float32], words: int) -> float:
        return cut.bar(probability, words, correction)

    rules: dict[str, Rule] = {"cut": calibrated, "a quarter of the best": flat_quarter}
    return Table(
        "What is shown before “Show more”",
        tuple(
            Row(f"{questions.name}, {name}", cut_figures(questions, rule))
            for questions in asked
            for name, rule in rules.items()
        ),
        "",
        "Means over the queries. Precision is of those with an answer. Nothing left out: of words"
        " all of whose photos were taken away, the share that rightly gets no answer; captions do"
        " not say everything, so for their words it is at most a hint. Nothing made up: the same"
        " of 20 words of no language.",
    )


def cut_figures(questions: Questions, rule: Rule) -> dict[str, float | None]:
    """Return what is shown, how much of it is right, and how often rightly nothing is."""
    precision, recall, f1, shown, silent = [], [], [], [], []
    for number, words in enumerate(questions.words.tolist()):
        probability, right = questions.probability[:, number], questions.truth[:, number]
        others = probability[~right]
        if len(others):
            silent.append(not (others >= rule(others, words)).any())
        if not right.any():
            continue
        given = probability >= rule(probability, words)
        hits, count, wanted = int((given & right).sum()), int(given.sum()), int(right.sum())
        shown.append(count)
        recall.append(hits / wanted)
        f1.append(2 * hits / (count + wanted))
        if count:
            precision.append(hits / count)
    nonsense = [not (row >= rule(row, 1)).any() for row in questions.made_up.T]
    return {
        "precision": _mean(precision),
        "recall": _mean(recall),
        "f1": _mean(f1),
        "answered": _mean([count > 0 for count in shown]),
        "shown (median)": float(np.median(shown)) if shown else None,
        "nothing left out": _mean(silent),
        "nothing made up": _mean(nonsense),
    }


def reliability_table(asked: Sequence[Questions], correction: LengthCorrection) -> Table:
    """Say how often what is said to be so probable is true."""
    rows = []
    for questions in asked:
        for name, said in _sayings(questions, correction).items():
            figures: dict[str, float | None] = {
                "calibration error": calibration_error(said, questions.truth)
            }
            for low, _, true, _ in reliability(said, questions.truth):
                figures[f"from {low:g}"] = true
            rows.append(Row(f"{questions.name}, {name}", figures))
    return Table(
        "Reliability of relevance",
        tuple(rows),
        "",
        "Share of right photos among those whose probability lies from this number to the next,"
        f" where there are {_LEAST_IN_BIN}. Captions do not say everything: of their words, and"
        " of captions, more is right than is counted.",
    )


def reliability(
    said: NDArray[np.float32], truth: NDArray[np.bool_]
) -> list[tuple[float, float, float | None, int]]:
    """Return each bin's lower end, mean probability, share of right pairs (or None), and size."""
    flat, right = said.ravel(), truth.ravel()
    bin_of = np.clip(np.searchsorted(_BINS, flat, side="right") - 1, 0, len(_BINS) - 2)
    bins: list[tuple[float, float, float | None, int]] = []
    for number, low in enumerate(_BINS[:-1]):
        inside = bin_of == number
        count = int(inside.sum())
        mean = float(flat[inside].mean()) if count else low
        true = float(right[inside].mean()) if count >= _LEAST_IN_BIN else None
        bins.append((low, mean, true, count))
    return bins


def draw_reliability(asked: Sequence[Questions], correction: LengthCorrection, folder: Path) -> str:
    """Draw what is said against what is true; return the picture's file name.

    Raises:
        EnvironmentProblem: the folder cannot be written.
    """
    figure, axes = new_figure()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1, label="honest")
    for number, questions in enumerate(asked):
        for name, said in _sayings(questions, correction).items():
            bins = reliability(said, questions.truth)
            points = [(mean, true) for _, mean, true, _ in bins if true is not None]
            axes.plot(
                [mean for mean, _ in points],
                [true for _, true in points],
                marker="o",
                markersize=4,
                color=f"C{number}",
                linestyle="-" if name == "corrected" else ":",
                label=f"{questions.name}, {name}",
            )
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="Probability said", ylabel="Share that is right")
    figure.legend(fontsize=8, loc="outside right center")
    return save_figure(figure, folder, "search-reliability")


def refit(asked: Sequence[Questions]) -> LengthCorrection:
    """Fit the correction to questions about photos that were set aside for calibration."""
    weights, words = [], []
    for questions in asked:
        captions = bool((questions.truth.sum(axis=0) == 1).all())
        unsaid = _UNSAID_CAPTION if captions else _UNSAID_WORD
        wrong = 1.0 if questions.complete else unsaid
        weights.append(np.where(questions.truth, 1.0, wrong).ravel())
        words.append(np.broadcast_to(questions.words, questions.truth.shape).ravel())
    return fit_length_correction(
        np.concatenate([questions.probability.ravel() for questions in asked]),
        np.concatenate(words),
        np.concatenate([questions.truth.ravel() for questions in asked]),
        np.concatenate(weights).astype(np.float32),
    )


def _sayings(questions: Questions, correction: LengthCorrection) -> dict[str, NDArray[np.float32]]:
    columns = zip(questions.probability.T, questions.words.tolist(), strict=True)
    corrected = np.stack([correction(column, words) for column, words in columns], axis=1)
    return {"as it is": questions.probability, "corrected": corrected}


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
