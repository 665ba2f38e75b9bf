"""Protocol `relatedness`: do multimodal word vectors know what people find related (paper 004)?

Word pairs that people judged (MEN, WordSim353) are ranked by the cosine of the words' vectors. The
photos of a word are those whose captions or labels say it, both lemmatised. What the paper learned
of Wikipedia, ImageNet and the ESP game is learned here of thousands of photos.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from photoorg.evaluation.photo_sets import load_sets
from photoorg.evaluation.plots import new_figure, save_figure
from photoorg.evaluation.report import Report, Row, Setting, Table
from photoorg.evaluation.word_pairs import Benchmark, mean_ranks, read_benchmarks, spearman
from photoorg.evaluation.word_spaces import (
    ALPHA,
    BOVW_WORDS,
    CNN_MEAN,
    WordSpace,
    bovw_rows,
    sentences,
    word_space,
)
from photoorg.features.words.registry import train_text_vectors

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


PROTOCOL = "relatedness"

RELEVANT = "-Relevant"
"""Ends the names of the pairs of which both words have photos."""

LINGUISTIC = {"skip-gram": ("word2vec-skipgram", 100), "GloVe 6B": ("glove-6b-50d", None)}
"""The paper's linguistic vectors, trained on what is said of the photos; and strong, ready ones."""

_SWEEP = tuple(round(step / 20, 2) for step in range(21))
_EXTREMES = 5

_PAPER: Mapping[str, tuple[float | None, ...]] = {
    "MEN": (0.64, 0.17, 0.51, 0.20, 0.64, 0.71, 0.65),
    f"MEN{RELEVANT}": (0.62, 0.35, 0.58, 0.57, 0.63, 0.69, 0.70),
    "W353": (0.57, None, None, None, 0.58, 0.59, 0.60),
    f"W353{RELEVANT}": (0.51, 0.38, 0.44, 0.56, 0.52, 0.55, 0.61),
}
"""Table 1, ESP game: linguistic; BOVW, CNN-Mean, CNN-Max; the same three, multimodal."""


def evaluate_relatedness(setting: Setting) -> Report:
    """Run the protocol on all photos with captions or labels in a folder.

    Raises:
        UsageProblem: the word pairs or the photos are not there.
        MediaProblem: a photo cannot be read.
        Cancelled: through the setting's token.
    """
    started = time.monotonic()
    sets = load_sets(setting)
    normaliser = sets[0].normaliser
    benchmarks = read_benchmarks(setting.data, normaliser)
    cnn = np.concatenate([photos.visual for photos in sets])
    bovw = np.concatenate([bovw_rows(photos, sets[0], setting) for photos in sets])
    words = tuple(sorted({word for each in benchmarks for word in each.words}))
    tables, spaces, texts = [], {}, []
    for name, (key, dimension) in LINGUISTIC.items():
        setting.tell(f"Training {name}")
        documents = [document for photos in sets for document in sentences(photos)]
        text = train_text_vectors(key, documents, dimension=dimension, token=setting.token)
        texts.append(text.key)
        spaces[name] = word_space(words, sets, text, {"cnn": cnn, "bovw": bovw}, setting)
        tables.append(correlation_table(name, spaces[name], benchmarks, len(cnn)))
    curves = {name: alpha_curves(space, benchmarks) for name, space in spaces.items()}
    tables.append(_best_alpha_table(curves))
    paper_space = spaces["skip-gram"]
    tables += [extremes_table(paper_space, each) for each in _relevant(paper_space, benchmarks)[:2]]
    plots = []
    if setting.plots is not None:
        plots = [draw_curves(setting.plots, name, each) for name, each in curves.items()]
    return Report.of(
        PROTOCOL,
        setting,
        started,
        tables,
        photos=len(cnn),
        features=(sets[0].visual_key, f"{BOVW_WORDS} SIFT words"),
        text=texts,
        models=("multimodal-words",),
        plots=plots,
    )


def correlation_table(
    linguistic: str, space: WordSpace, benchmarks: Sequence[Benchmark], photos: int
) -> Table:
    """Return Spearman's correlation of all vectors with people's judgements (table 1)."""
    rows = []
    for benchmark in (*benchmarks, *_relevant(space, benchmarks)):
        relevant = benchmark.name.endswith(RELEVANT)
        figures: dict[str, float | None] = {
            "linguistic": _correlate(space, benchmark, space.linguistic)
        }
        for name, vectors in space.visual.items():
            # Photos alone are judged only where both words have some, as the paper does.
            figures[name] = _correlate(space, benchmark, vectors) if relevant else None
        for name in space.visual:
            figures[f"multimodal {name}"] = _correlate(space, benchmark, space.multimodal(name))
        printed = dict(zip(figures, _PAPER.get(benchmark.name, ()), strict=False))
        rows.append(
            Row(
                benchmark.name,
                {**figures, "pairs": float(len(benchmark.pairs))},
                paper={key: value for key, value in printed.items() if value is not None},
            )
        )
    return Table(
        f"Spearman's correlation, {linguistic}",
        tuple(rows),
        "004, table 1 (ESP game)",
        f"{len(space.seen)} of {len(space.words)} words have photos among {photos}; words without"
        " a part have zeros in its place.",
    )


def alpha_curves(
    space: WordSpace, benchmarks: Sequence[Benchmark], name: str = CNN_MEAN
) -> dict[str, dict[float, float]]:
    """Return Spearman's correlation by alpha (section 5.6, figure 4) for each set of pairs."""
    return {
        benchmark.name: {
            alpha: _correlate(space, benchmark, space.multimodal(name, alpha)) for alpha in _SWEEP
        }
        for benchmark in (*benchmarks, *_relevant(space, benchmarks))
    }


def extremes_table(space: WordSpace, benchmark: Benchmark) -> Table:
    """Return the pairs that the multimodal vectors rank most and least as people do (table 2)."""
    system = mean_ranks(space.scores(benchmark, space.multimodal(CNN_MEAN)))
    gold = mean_ranks(benchmark.gold)
    scale = max(1, len(gold) - 1)
    order = np.argsort(np.abs(system - gold), kind="stable")
    chosen = dict.fromkeys([*order[:_EXTREMES].tolist(), *order[-_EXTREMES:].tolist()])
    return Table(
        f"Best and worst pairs, {benchmark.name}",
        tuple(
            Row(
                " ".join(benchmark.pairs[pair]),
                {
                    "system": float((system[pair] - 1) / scale),
                    "gold": float((gold[pair] - 1) / scale),
                },
            )
            for pair in chosen
        ),
        "004, table 2",
        f"{CNN_MEAN}, alpha {ALPHA:g}; ranks among all pairs, scaled to 0 to 1, as Spearman's"
        " correlation compares them.",
    )


def _correlate(space: WordSpace, benchmark: Benchmark, vectors: NDArray[np.float32]) -> float:
    if len(benchmark.pairs) < 2:
        return float("nan")
    return spearman(space.scores(benchmark, vectors), benchmark.gold)


def _relevant(space: WordSpace, benchmarks: Sequence[Benchmark]) -> list[Benchmark]:
    return [each.among(space.seen, each.name + RELEVANT) for each in benchmarks]


def _best_alpha_table(curves: Mapping[str, Mapping[str, Mapping[float, float]]]) -> Table:
    rows = []
    for linguistic, each in curves.items():
        for benchmark, curve in each.items():
            best = max(curve, key=lambda alpha: np.nan_to_num(curve[alpha], nan=-2))
            tenths = {f"alpha {alpha:g}": curve[alpha] for alpha in _SWEEP[::2]}
            figures = {"best alpha": best, "best": curve[best], **tenths}
            rows.append(Row(f"{benchmark}, {linguistic}", figures))
    return Table(
        f"Spearman's correlation by weight of the linguistic part, {CNN_MEAN}",
        tuple(rows),
        "004, figure 4",
        "The best alpha is chosen on the pairs that it is judged on, as in the paper.",
    )


def draw_curves(folder: Path, linguistic: str, curves: Mapping[str, Mapping[float, float]]) -> str:
    """Draw the correlations by alpha (figure 4); return the picture's name.

    Raises:
        EnvironmentProblem: the folder cannot be written.
    """
    figure, axes = new_figure()
    for benchmark, curve in curves.items():
        axes.plot(list(curve), list(curve.values()), marker=".", label=benchmark)
    axes.set_xlabel("alpha: weight of the linguistic part")
    axes.set_ylabel("Spearman's correlation")
    axes.set_title(f"{CNN_MEAN} with {linguistic}")
    figure.legend(loc="outside right upper", fontsize="small")
    return save_figure(figure, folder, f"relatedness-alpha-{linguistic.lower().replace(' ', '-')}")
