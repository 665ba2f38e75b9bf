"""Protocol `tag-auc`: how much of a concept do features know whose tag they never saw?

Paper 000, section 4. For each of ten concepts its tag is taken out of the dictionary, features are
learned without supervision from the photos and the tags that remain, and a logistic regression is
trained on the concept's truth. The figure is the area under the ROC curve, averaged over the
concepts.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import UsageProblem
from photoorg.evaluation.corpus import NUS_WIDE, Corpus, read_corpus
from photoorg.evaluation.linear_probe import aucs, logistic_scores, standardised
from photoorg.evaluation.photo_sets import CNN
from photoorg.evaluation.report import Report, Row, Setting, Table
from photoorg.evaluation.tag_auc_default import (
    DEFAULT,
    DefaultTags,
    StarterSight,
    compare,
    look_by_starter,
)
from photoorg.features.text import create_text_encoder
from photoorg.features.words.normalise import Normaliser
from photoorg.features.words.registry import train_text_vectors
from photoorg.models.base import Observations
from photoorg.models.cross_modal import (
    CrossModalConfig,
    CrossModalI,
    CrossModalII,
    CrossModalIIConfig,
)
from photoorg.models.joint_autoencoder import JointAutoencoder, JointAutoencoderConfig
from photoorg.models.preprocessing import whiten
from photoorg.models.schedule import Schedule
from photoorg.models.starter import KIND as STARTER_MODEL
from photoorg.models.starter import StarterModel
from photoorg.models.training_data import TrainingData

if TYPE_CHECKING:
    from photoorg.core.ids import ModelKey
    from photoorg.features.words.base import Document, TextVectors

Floats = NDArray[np.float32]

CONCEPTS = 10

_LEAST = 3
"""Photos that a tag is on, to be in the dictionary. The paper's 5,018 are on 0.04 % of the photos
and more."""

_VALIDATION_SHARE = 1 / 6
_LSA_DIMENSION = 20
"""As many as the semantic word vectors have; the paper does not say."""

_SCHEDULE = Schedule(epochs=6, batch=256, learning_rate=2e-3, patience=0)
"""Chosen on photos held out of the training; the paper does not say how long it trained."""

_JOINT = JointAutoencoderConfig(schedule=_SCHEDULE)
_CROSS_I = CrossModalConfig(schedule=_SCHEDULE)
_CROSS_II = CrossModalIIConfig(schedule=replace(_SCHEDULE, epochs=10))

FEW_LABELS = 1000
"""The paper has ten labelled photos for each word of its dictionary; all of Flickr8k's training
photos are three. With these few, features are still learned from all photos."""

RAW, WORDS, LSA = "Raw Tags", "Semantic Word Vectors", "LSA"
JOINT, CROSS_I, CROSS_II = "Joint Features", "Cross-Modal I", "Cross-Modal II"
WHITENED = "PCA-whitened to 200"
STARTER = "Starter embedding"
_PAPER = {
    RAW: 0.850,
    "SIFT": 0.755,
    f"{RAW} + SIFT": 0.824,
    WORDS: 0.821,
    LSA: 0.803,
    JOINT: 0.861,
    CROSS_I: 0.762,
    CROSS_II: 0.773,
}
_PAPER_ROWS = 8
_NOT_IN_PAPER = "not in the paper"
_STARTER_NOTE = "not in the paper; its training saw the training photos' captions, concepts too"


@dataclass(frozen=True, slots=True)
class Sight:
    """One kind of visual vectors of all photos.

    Attributes:
        title: in the rows' names.
        key: what made them.
        rows: float32 [photos, d].
        starter: the starter model's own, beside the vectors of the network that it grew from.
    """

    title: str
    key: ModelKey
    rows: Floats
    starter: StarterSight | None = None


@dataclass(frozen=True, slots=True)
class View:
    """Visual vectors as one draw of the photos to learn from sees them.

    Attributes:
        title: of the visual vectors.
        key: what made them.
        standardised: float32 [photos, d], of zero mean and unit variance.
        rotated: float32 [photos, k], see `rotate`.
    """

    title: str
    key: ModelKey
    standardised: Floats
    rotated: Floats

    @classmethod
    def of(cls, sight: Sight, learned: NDArray[np.int64]) -> View:
        """Fit both to the rows that features are learned on."""
        return cls(
            sight.title,
            sight.key,
            standardised(sight.rows, learned),
            rotate(sight.rows, learned),
        )


@dataclass(slots=True)
class Probes:
    """Logistic regressions on one draw of the photos to learn from.

    Attributes:
        truth: bool [photos, concepts].
        learned: rows that features are learned on.
        validation: rows that choose the strength of the regularisation.
        judged: rows that figures are of.
        labels: how many of the learned rows, the first of a random order, classifiers are trained
            on; several numbers give several figures.
        seed: of that order.
    """

    truth: NDArray[np.bool_]
    learned: NDArray[np.int64]
    validation: NDArray[np.int64]
    judged: NDArray[np.int64]
    labels: tuple[int, ...]
    seed: int = 0
    _found: dict[tuple[str, int], list[NDArray[np.float64]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(
        self,
        name: str,
        concepts: Sequence[int],
        *parts: Floats,
        without: NDArray[np.intp] | None = None,
    ) -> None:
        """Train and judge classifiers of some concepts on features [photos, d], side by side.

        Args:
            name: of the row.
            concepts: columns of `truth`, k of them.
            parts: the features, which are joined.
            without: [k], for each concept the feature that its classifier may not use, or -1.
        """
        truth = self.truth[:, concepts]
        features = parts[0] if len(parts) == 1 else np.hstack(parts)
        barred = None
        if without is not None:
            barred = np.arange(features.shape[1])[:, None] == without
        order = np.random.default_rng(self.seed).permutation(self.learned)
        for number in self.labels:
            scores = logistic_scores(features, truth, np.sort(order[:number]), barred=barred)
            found = [aucs(scores, truth, rows) for rows in (self.validation, self.judged)]
            self._found[name, number].extend(np.stack(found, axis=1))

    def add_default(self, tags: DefaultTags) -> None:
        """Have the default model learn all concepts, and judge it."""
        order = np.random.default_rng(self.seed).permutation(self.learned)
        for number in self.labels:
            scores = tags.scores(self.truth, np.sort(order[:number]), self.learned)[:, :, None]
            found = [aucs(scores, self.truth, rows) for rows in (self.validation, self.judged)]
            self._found[DEFAULT, number].extend(np.stack(found, axis=1))

    def by_concept(self, labels: int) -> dict[str, NDArray[np.float64]]:
        """Return the areas [concepts] by row, at the strength best in validation over all of them.

        A concept that few labels show nowhere counts half, as guessing does.
        """
        result = {}
        for (name, number), found in self._found.items():
            if number == labels:
                areas = np.nan_to_num(np.stack(found), nan=0.5)
                result[name] = areas[:, 1, areas[:, 0].mean(axis=0).argmax()]
        return result

    def figures(self, labels: int) -> dict[str, float]:
        """Return the mean area over the concepts by row."""
        return {name: float(areas.mean()) for name, areas in self.by_concept(labels).items()}


def evaluate_tag_auc(setting: Setting) -> Report:
    """Run the protocol with SIFT and with the network's features.

    Raises:
        UsageProblem: there are no tags and truth here, or not one usable concept.
        MediaProblem: a photo cannot be read.
        Cancelled: through the setting's token.
    """
    started = time.monotonic()
    corpus = read_corpus(setting.data)
    concepts = choose_concepts(corpus)
    sights = look(corpus, setting)
    probes = measure(corpus, concepts, sights, setting)
    return Report.of(
        "tag-auc",
        setting,
        started,
        [
            _table(sight, labels, [each.figures(labels) for each in probes])
            for labels in probes[0].labels
            for sight in sights
        ],
        photos=len(corpus),
        features=[sight.key for sight in sights],
        text=["semantic-tags", "lsa", "bag-of-tags"],
        models=[
            JointAutoencoder.kind,
            CrossModalI.kind,
            CrossModalII.kind,
            STARTER_MODEL,
            DEFAULT,
        ],
        more={
            "concepts": list(concepts),
            "tags_and_truth": corpus.source,
            "trained_on": len(corpus.training),
            "judged_on": len(corpus.judged),
            "default_against": {
                str(labels): compare([each.by_concept(labels) for each in probes], DEFAULT)
                for labels in probes[0].labels
                if DEFAULT in probes[0].figures(labels)
            },
        },
    )


def choose_concepts(corpus: Corpus) -> tuple[str, ...]:
    """Return the paper's choice: the ten of NUS-WIDE's concepts that are most often true.

    What is true of the photos to learn from is counted. Where it has fewer of the concepts, as
    labels of another kind do, its own most frequent words are taken.

    Raises:
        UsageProblem: there is no word that is true of some photos and not of others.
    """
    normaliser = Normaliser()
    concepts = {token for name in NUS_WIDE for token in normaliser.tokens(name)}
    counts = corpus.true_counts()
    judged = Counter(word for row in corpus.judged for word in corpus.truth[row])
    usable = [
        word
        for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if 1 < count < len(corpus.training) and 0 < judged[word] < len(corpus.judged)
    ]
    chosen = [word for word in usable if word in concepts]
    if len(chosen) < CONCEPTS:
        chosen = usable
    if not chosen:
        raise UsageProblem("No word is true of some of these photos and not of others.")
    return tuple(chosen[:CONCEPTS])


def look(corpus: Corpus, setting: Setting) -> tuple[Sight, ...]:
    """Return the visual vectors of all photos, those of the paper first."""
    sights = []
    for title, name in (("SIFT", "bovw-sift"), ("CNN", CNN)):
        rows, encoder = setting.vectors(corpus.paths, name)
        starter = look_by_starter(corpus.paths, setting) if name == CNN else None
        sights.append(Sight(title, encoder.key, rows, starter))
    return tuple(sights)


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of the photos, a concept's tag being out of the dictionary.

    Attributes:
        documents: of the photos to learn from, held-out ones included.
        vectors: the semantic word vectors, learned from those documents.
        means: float32 [photos, 20], each photo's mean word vector.
        lsa: float32 [photos, 20].
    """

    documents: tuple[Document, ...]
    vectors: TextVectors
    means: Floats
    lsa: Floats

    @classmethod
    def of(cls, corpus: Corpus, dictionary: Collection[str], setting: Setting) -> Said:
        """Learn the text vectors from the photos to learn from; no truth is used."""
        documents = corpus.documents_of(dictionary)
        known = tuple(documents[row] for row in corpus.training)
        token = setting.token
        vectors = train_text_vectors("semantic-tags", known, token=token)
        lsa = train_text_vectors("lsa", known, dimension=_LSA_DIMENSION, token=token)
        return cls(
            known,
            vectors,
            vectors.encode(documents).vectors,
            lsa.encode(documents).vectors,
        )


def measure(
    corpus: Corpus, concepts: Sequence[str], sights: Sequence[Sight], setting: Setting
) -> tuple[Probes, ...]:
    """Judge all rows on a draw of the photos for each seed, with all labels and with few.

    Text vectors are learned once for each concept: all seeds learn them from the same documents.
    """
    truth = corpus.truth_of(concepts)
    draws = []
    for seed in range(setting.seeds):
        learned, validation = corpus.split_training(_VALIDATION_SHARE, seed)
        labels = tuple(sorted({len(learned), min(FEW_LABELS, len(learned))}, reverse=True))
        probes = Probes(truth, learned, validation, corpus.judged, labels, seed)
        draws.append(probes)
        for sight in sights:
            setting.tell(f"tag-auc: {sight.title} alone (seed {seed})")
            everything = range(len(concepts))
            probes.add(sight.title, everything, standardised(sight.rows, learned))
            white = whiten(sight.rows, _JOINT.components, among=learned)
            probes.add(f"{sight.title}, {WHITENED}", everything, white(sight.rows))
            if sight.starter is not None:
                probes.add(STARTER, everything, standardised(sight.starter.embedded, learned))
    dictionary = corpus.dictionary(_LEAST)
    bag, own = raw_tags(corpus, dictionary, concepts, setting)
    for probes in draws:
        measure_raw_tags(probes, bag, own, sights, setting)
    for sight in sights:
        if sight.starter is not None:
            default = DefaultTags(
                StarterModel.load(), create_text_encoder(), sight.starter.rows, bag, concepts, own
            )
            for probes in draws:
                setting.tell(f"tag-auc: {DEFAULT} (seed {probes.seed})")
                probes.add_default(default)
    views = [[View.of(sight, probes.learned) for sight in sights] for probes in draws]
    for number, concept in enumerate(concepts):
        setting.tell(f"tag-auc: without “{concept}”", number, len(concepts))
        said = Said.of(corpus, dictionary - {concept}, setting)
        for probes, seen in zip(draws, views, strict=True):
            measure_concept(probes, said, seen, number, setting)
    return tuple(draws)


def measure_concept(
    probes: Probes, said: Said, views: Sequence[View], concept: int, setting: Setting
) -> None:
    """Judge all rows that depend on tags; `said` does not have the concept's own."""
    learned, seed = probes.learned, probes.seed
    known = np.sort(np.append(learned, probes.validation))
    meanings = standardised(said.means, learned)
    probes.add(WORDS, [concept], meanings)
    probes.add(LSA, [concept], standardised(said.lsa, learned))
    for view in views:
        setting.tell(f"tag-auc: models on {view.title} (seed {seed})")
        data = TrainingData.of(
            view.rotated[known],
            view.key,
            said.documents,
            said.vectors,
            validation=np.isin(known, probes.validation),
            seed=seed,
        )
        seen, run, title = Observations(view.rotated, said.means), setting.run(seed), view.title
        joint, cross, cross_both = (
            standardised(model.features(seen), learned)
            for model in (
                JointAutoencoder.fit(data, _JOINT, run),
                CrossModalI.fit(data, _CROSS_I, run),
                CrossModalII.fit(data, _CROSS_II, run),
            )
        )
        probes.add(f"{WORDS} + {title}", [concept], meanings, view.standardised)
        probes.add(_on(JOINT, title), [concept], joint)
        probes.add(_on(CROSS_I, title), [concept], cross)
        probes.add(_on(CROSS_II, title), [concept], cross_both)


def raw_tags(
    corpus: Corpus, dictionary: Collection[str], concepts: Sequence[str], setting: Setting
) -> tuple[Floats, NDArray[np.intp]]:
    """Return the bags of tags, [photos, words], and each concept's own column in them, or -1."""
    documents = corpus.documents_of(dictionary)
    known = [documents[row] for row in corpus.training]
    bag = train_text_vectors("bag-of-tags", known, token=setting.token)
    column = {word: number for number, word in enumerate(bag.vocabulary)}
    own = np.array([column.get(concept, -1) for concept in concepts], dtype=np.intp)
    return bag.encode(documents).vectors, own


def measure_raw_tags(
    probes: Probes,
    bag: Floats,
    own: NDArray[np.intp],
    sights: Sequence[Sight],
    setting: Setting,
) -> None:
    """Judge the rows with raw tags for all concepts at once.

    Taking a concept's tag out of the dictionary is taking its column from its classifier; nothing
    else in a bag of tags depends on the dictionary.
    """
    everything = range(len(own))
    probes.add(RAW, everything, bag, without=own)
    for sight in sights:
        setting.tell(f"tag-auc: raw tags and {sight.title} (seed {probes.seed})")
        visual = standardised(sight.rows, probes.learned)
        probes.add(f"{RAW} + {sight.title}", everything, bag, visual, without=own)
        if sight.starter is not None:
            embedding = standardised(sight.starter.embedded, probes.learned)
            probes.add(f"{STARTER} + {RAW}", everything, bag, embedding, without=own)


def rotate(rows: Floats, among: NDArray[np.int64]) -> Floats:
    """Return rows [n, d] by the principal components that the models would keep of them, [n, k].

    Not whitened: whitening these gives what whitening the rows gives, at a fraction of the cost,
    which would otherwise be paid for every model.
    """
    white = whiten(rows, _JOINT.components, among=among)
    return np.asarray(white(rows) / np.linalg.norm(white.factor, axis=1), dtype=np.float32)


def _on(model: str, title: str) -> str:
    """Name a model's row within the figures of all visual vectors."""
    return f"{model} ({title})"


def _table(sight: Sight, labels: int, figures: Sequence[Mapping[str, float]]) -> Table:
    """Return the paper's table 2 with one kind of visual vectors, and what lies near at hand."""
    title = sight.title
    names = {
        RAW: RAW,
        title: title,
        f"{RAW} + {title}": f"{RAW} + {title}",
        WORDS: WORDS,
        LSA: LSA,
        JOINT: _on(JOINT, title),
        CROSS_I: _on(CROSS_I, title),
        CROSS_II: _on(CROSS_II, title),
        f"{title}, {WHITENED}": f"{title}, {WHITENED}",
        f"{WORDS} + {title}": f"{WORDS} + {title}",
    }
    rows = [
        Row.of_seeds(
            name,
            [{"auc": seed[key]} for seed in figures],
            paper={"auc": _PAPER[name]} if name in _PAPER else {},
            note=_NOT_IN_PAPER if place >= _PAPER_ROWS else "",
        )
        for place, (name, key) in enumerate(names.items())
    ]
    if sight.starter is not None:
        rows += [
            Row.of_seeds(name, [{"auc": seed[name]} for seed in figures], note=_STARTER_NOTE)
            for name in (STARTER, f"{STARTER} + {RAW}")
        ]
        rows.append(Row.of_seeds(DEFAULT, [{"auc": seed[DEFAULT]} for seed in figures]))
    return Table(
        f"Mean AUC, {title}, {labels:,} labelled photos",
        tuple(rows),
        "000, section 4, table 2",
        "The paper's figures are for NUS-WIDE, SIFT and 50,000 training photos.",
    )
