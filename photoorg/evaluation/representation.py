"""Protocol `representation`: what can simple models read off a representation of 50 numbers?

Paper 003, sections 5 to 7. There books are represented by their cover and description, and are
judged by their genre (a forest of depth 2) and average rating (linear regression). Here photos are,
by pixels or visual vector and tags; what is predicted follows from descriptions held out of the
tags: whether there is a person in the photo, and how many different words the descriptions take.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import UsageProblem
from photoorg.evaluation.corpus import Corpus, read_corpus
from photoorg.evaluation.report import Report, Row, Setting, Table
from photoorg.features.registry import PACKAGED_VISUAL
from photoorg.features.visual import WeightsMissing
from photoorg.features.words.registry import train_text_vectors
from photoorg.models.base import Observations
from photoorg.models.cmf import CmfConfig, CollectiveMatrixFactorisation
from photoorg.models.convolution import ConvConfig
from photoorg.models.matrix_factorisation import PAPER_SCHEDULE
from photoorg.models.mf_conv_autoencoder import MfConvAutoencoder, MfConvAutoencoderConfig
from photoorg.models.mf_pretrained import MfPretrained, MfPretrainedConfig
from photoorg.models.mlp import CLASSIFICATION, REGRESSION, Mlp, MlpConfig
from photoorg.models.mmeda import MmedaConfig, MmedaI, MmedaII
from photoorg.models.photo_features import load_images
from photoorg.models.schedule import Schedule
from photoorg.models.training_data import TrainingData
from photoorg.models.vocabulary import narrower_words, read_vocabulary

if TYPE_CHECKING:
    from photoorg.core.ids import ModelKey
    from photoorg.features.words.base import TextVectors

Floats: TypeAlias = NDArray[np.float32]
Figures: TypeAlias = dict[str, float]

PHOTOS = 5000
_TEST_SHARE = 0.2
_TEXT = "word2vec-cbow"
_TEXT_DIMENSION = 100

_NETWORKS = (
    ("GoogLeNet", "googlenet", (0.7748, 0.2424, 0.7782, 0.1778, 0.7782, 0.1745)),
    ("Inception", "inception_v3", (0.7352, 0.2991, 0.7782, 0.1763, 0.7782, 0.1745)),
    ("VGG", "vgg16", (0.7459, 0.2943, 0.7782, 0.1763, 0.7782, 0.1764)),
    ("ResNet", "resnet50", (0.7503, 0.1789, 0.7772, 0.1783, 0.7853, 0.1768)),
)
"""Title, name and table 1's F1 and MSE of MLP, pre-trained MF and CMF."""

_METHODS = ("MLP", "Pre-trained MF", "CMF")

_PAPER_TABLE_2 = {
    "CMF ResNet": (0.7853, 0.655, 0.6505, 0.99, 0.1768),
    "ConvAE MF": (0.7782, 0.637, 0.637, 1.0, 0.1757),
    "MMEDA-I": (0.7639, 0.686, 0.733, 0.7974, 0.1753),
    "MMEDA-II": (0.7727, 0.70, 0.7467, 0.8006, 0.1737),
}

SIDE = 64
_BATCH = 250

_PIXEL_EPOCHS = 2
_FACTOR_EPOCHS = 40
_CONV = ConvConfig(side=SIDE)
_PIXEL_SCHEDULE = Schedule(epochs=_PIXEL_EPOCHS, batch=32, patience=0)
_MF = MfPretrainedConfig(schedule=replace(PAPER_SCHEDULE, epochs=_FACTOR_EPOCHS))
_CONV_MF = MfConvAutoencoderConfig(
    photos=_CONV,
    photo_schedule=_PIXEL_SCHEDULE,
    schedule=replace(PAPER_SCHEDULE, epochs=_FACTOR_EPOCHS),
)
_MMEDA = MmedaConfig(source="pixels", photos=_CONV, schedule=_PIXEL_SCHEDULE)
_PIXEL_NOTE = f"pixels {SIDE} x {SIDE}, {_PIXEL_EPOCHS} epochs for time; the paper has 100"


@dataclass(frozen=True, slots=True)
class Downstream:
    """What representations are judged by.

    Attributes:
        classes: bool [n].
        values: float32 [n], of unit variance over the photos to learn from.
        learned: rows that the simple models are trained on.
        judged: rows that figures are of.
    """

    classes: NDArray[np.bool_]
    values: Floats
    learned: NDArray[np.int64]
    judged: NDArray[np.int64]

    @classmethod
    def of(cls, corpus: Corpus, rows: NDArray[np.int64], seed: int) -> Downstream:
        """Draw a fifth of the photos to be judged; values are standardised by the others.

        Raises:
            UsageProblem: all of these photos, or none, have the class.
        """
        order = np.random.default_rng(seed).permutation(len(rows))
        size = max(1, round(_TEST_SHARE * len(rows)))
        learned, judged = np.sort(order[size:]), np.sort(order[:size])
        classes = binary_concept(corpus)[rows]
        if len(set(classes[learned].tolist())) < 2:
            raise UsageProblem("These photos are all of one class, so there is nothing to tell.")
        values = np.array([len(corpus.truth[row]) for row in rows], dtype=np.float64)
        deviation = values[learned].std() or 1.0
        values = (values - values[learned].mean()) / deviation
        return cls(classes, values.astype(np.float32), learned, judged)

    def judge(self, features: Floats) -> Figures:
        """Train both simple models on a representation [n, d] and judge them (section 5)."""
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.linear_model import LinearRegression

        forest = RandomForestClassifier(max_depth=2, random_state=0)
        forest.fit(features[self.learned], self.classes[self.learned])
        line = LinearRegression().fit(features[self.learned], self.values[self.learned])
        return self.figures(
            forest.predict(features[self.judged]), line.predict(features[self.judged])
        )

    def figures(self, classes: NDArray[np.bool_], values: NDArray[np.floating]) -> Figures:
        """Compare predictions for the judged photos, [judged], with the truth."""
        truth = self.classes[self.judged]
        hits = float((classes & truth).sum())
        said, true = float(classes.sum()), float(truth.sum())
        return {
            "f1": 2 * hits / (said + true) if said + true else 0.0,
            "accuracy": float((classes == truth).mean()),
            "precision": hits / said if said else 0.0,
            "recall": hits / true if true else 0.0,
            "mse": float(((values - self.values[self.judged]) ** 2).mean()),
        }


def binary_concept(corpus: Corpus) -> NDArray[np.bool_]:
    """Return whether there is a person in each photo, by the vocabulary's words for people.

    Where that is so in all photos or in none, it is whether the word applies that comes nearest to
    dividing them in half.
    """
    people = narrower_words(read_vocabulary())["person"] | {"person", "people"}
    found = np.array([not people.isdisjoint(true) for true in corpus.truth], dtype=np.bool_)
    if found.any() and not found.all():
        return found
    counts = corpus.true_counts()
    half = len(corpus.training) / 2
    word = min(sorted(counts), key=lambda each: abs(counts[each] - half), default="")
    return corpus.truth_of([word])[:, 0]


def evaluate_representation(setting: Setting) -> Report:
    """Run the protocol.

    Raises:
        UsageProblem: there are no tags and truth here, or too few photos.
        MediaProblem: a photo cannot be read.
        Cancelled: through the setting's token.
    """
    started = time.monotonic()
    corpus = read_corpus(setting.data)
    drawn = np.random.default_rng(0).permutation(len(corpus))[:PHOTOS]
    rows = np.sort(drawn)
    sights = look(corpus, setting)
    pixels = _read_pixels(corpus, rows, setting)
    vectors: list[dict[ModelKey, list[Figures]]] = []
    whole: list[dict[str, Figures]] = []
    for seed in range(setting.seeds):
        task = Downstream.of(corpus, rows, seed)
        documents = [corpus.documents[row] for row in rows]
        setting.tell(f"representation: word vectors (seed {seed})")
        text = train_text_vectors(
            _TEXT, documents, seed=seed, dimension=_TEXT_DIMENSION, token=setting.token
        )
        vectors.append(
            {
                key: measure_vectors(corpus, rows, task, visual, key, text, setting, seed)
                for key, visual in sights.by_key.items()
            }
        )
        whole.append(measure_pixels(corpus, rows, task, sights, pixels, text, setting, seed))
    return Report.of(
        "representation",
        setting,
        started,
        [_table_1(sights, vectors), _table_2(sights, vectors, whole)],
        photos=len(rows),
        features=list(sights.by_key),
        text=[_TEXT],
        models=[
            kind.kind
            for kind in (
                Mlp,
                MfPretrained,
                CollectiveMatrixFactorisation,
                MfConvAutoencoder,
                MmedaI,
                MmedaII,
            )
        ],
        more={
            "tags_and_truth": corpus.source,
            "share_of_class": round(float(binary_concept(corpus)[rows].mean()), 4),
        },
    )


@dataclass(frozen=True, slots=True)
class Sights:
    """The visual vectors of all photos.

    Attributes:
        by_key: float32 [photos, d], by what made them.
        chosen: for each of the paper's networks, its row's title and the key of its vectors.
    """

    by_key: Mapping[ModelKey, Floats]
    chosen: Mapping[str, tuple[str, ModelKey]]


def look(corpus: Corpus, setting: Setting) -> Sights:
    """Compute the vectors of the paper's networks, or of the default one in their place."""
    by_key: dict[ModelKey, Floats] = {}
    chosen: dict[str, tuple[str, ModelKey]] = {}
    for title, name, _ in _NETWORKS:
        try:
            rows, encoder = setting.vectors(corpus.paths, name)
            row_title = title
        except WeightsMissing:
            rows, encoder = setting.vectors(corpus.paths, PACKAGED_VISUAL)
            row_title = f"{title}: weights not here, run with {PACKAGED_VISUAL}"
        by_key[encoder.key] = rows
        chosen[title] = (row_title, encoder.key)
    return Sights(by_key, chosen)


def measure_vectors(
    corpus: Corpus,
    rows: NDArray[np.int64],
    task: Downstream,
    visual: Floats,
    key: ModelKey,
    text: TextVectors,
    setting: Setting,
    seed: int,
) -> list[Figures]:
    """Return the figures of `_METHODS` on one network's vectors."""
    setting.tell(f"representation: models on vectors (seed {seed})")
    documents = [corpus.documents[row] for row in rows]
    data = TrainingData.of(visual[rows], key, documents, text, seed=seed)
    seen = Observations(data.visual, data.text_rows, has_text=data.has_text)
    factorised = MfPretrained.fit(data, _MF, setting.run(seed))
    collective = CollectiveMatrixFactorisation.fit(data, CmfConfig(), setting.run(seed))
    return [
        _supervised(data, task, setting, seed),
        task.judge(factorised.features(seen)),
        task.judge(collective.features(seen)),
    ]


def _supervised(data: TrainingData, task: Downstream, setting: Setting, seed: int) -> Figures:
    """Return the figures of two perceptrons that were trained for the two tasks (section 6.1)."""
    own = TrainingData.of(
        data.visual[task.learned],
        data.visual_key,
        [data.documents[row] for row in task.learned],
        data.text,
        seed=seed,
    )
    judged = Observations(
        data.visual[task.judged],
        data.text_rows[task.judged],
        has_text=data.has_text[task.judged],
    )
    run = setting.run(seed)
    sorter = Mlp.fit_labels(
        own, task.classes[task.learned].astype(np.int64), MlpConfig(schedule=CLASSIFICATION), run
    )
    measurer = Mlp.fit_labels(own, task.values[task.learned], MlpConfig(schedule=REGRESSION), run)
    classes = sorter.predict(judged).argmax(axis=1) == 1
    return task.figures(classes, measurer.predict(judged)[:, 0])


def measure_pixels(
    corpus: Corpus,
    rows: NDArray[np.int64],
    task: Downstream,
    sights: Sights,
    pixels: NDArray[np.uint8],
    text: TextVectors,
    setting: Setting,
    seed: int,
) -> dict[str, Figures]:
    """Return the figures of the models that read photos, by their rows in table 2."""
    key, visual = next(iter(sights.by_key.items()))
    documents = [corpus.documents[row] for row in rows]
    data = TrainingData.of(
        visual[rows], key, documents, text, seed=seed, pixels=lambda chosen: pixels[chosen]
    )
    run = setting.run(seed)
    fits: tuple[tuple[str, Callable[[], MfConvAutoencoder | MmedaI | MmedaII]], ...] = (
        ("ConvAE MF", lambda: MfConvAutoencoder.fit(data, _CONV_MF, run)),
        ("MMEDA-I", lambda: MmedaI.fit(data, _MMEDA, run)),
        ("MMEDA-II", lambda: MmedaII.fit(data, _MMEDA, run)),
    )
    figures = {}
    for number, (name, fit) in enumerate(fits):
        setting.tell(f"representation: {name} (seed {seed})", number, len(fits))
        model = fit()
        parts = [
            model.photo_features(pixels[start : start + _BATCH], data.text_rows[start:][:_BATCH])
            for start in range(0, len(pixels), _BATCH)
        ]
        figures[name] = task.judge(np.concatenate(parts))
    return figures


def _read_pixels(corpus: Corpus, rows: NDArray[np.int64], setting: Setting) -> NDArray[np.uint8]:
    """Return the photos themselves, uint8 [rows, side, side, 3]."""
    paths = [corpus.paths[row] for row in rows]
    batches = load_images(paths, SIDE, progress=setting.progress, token=setting.token)
    return np.concatenate(list(batches))


def _table_1(sights: Sights, vectors: Sequence[Mapping[ModelKey, list[Figures]]]) -> Table:
    rows = []
    for title, _, printed in _NETWORKS:
        name, key = sights.chosen[title]
        for place, method in enumerate(_METHODS):
            seeds = [
                {figure: seed[key][place][figure] for figure in ("f1", "mse")} for seed in vectors
            ]
            f1, mse = printed[2 * place : 2 * place + 2]
            rows.append(Row.of_seeds(f"{method}, {name}", seeds, paper={"f1": f1, "mse": mse}))
    return Table("F1 and MSE on vectors of networks", tuple(rows), "003, section 7, table 1", _NOTE)


def _table_2(
    sights: Sights,
    vectors: Sequence[Mapping[ModelKey, list[Figures]]],
    whole: Sequence[Mapping[str, Figures]],
) -> Table:
    name, key = sights.chosen["ResNet"]
    seeds = {"CMF ResNet": [seed[key][_METHODS.index("CMF")] for seed in vectors]}
    seeds |= {each: [seed[each] for seed in whole] for each in whole[0]}
    rows = [
        Row.of_seeds(
            f"CMF {name}" if method == "CMF ResNet" else method,
            figures,
            paper=dict(zip(figures[0], _PAPER_TABLE_2[method], strict=True)),
            note="" if method == "CMF ResNet" else _PIXEL_NOTE,
        )
        for method, figures in seeds.items()
    ]
    return Table(
        "Classification and regression, all models", tuple(rows), "003, section 7, table 2", _NOTE
    )


_NOTE = (
    "The class is whether a person is in the photo; the number is how many different words its"
    " held-out descriptions take, of unit variance, so that 1 is the error of guessing the mean."
    " The paper's figures are for books."
)
