"""Protocol `crossmodal-p10`: are the ten nearest photos to an anchor related to it?

Paper 001, section 3. There the two modalities of a video segment are its transcript and the visual
concepts that a detector found in it. Here they are a photo's tags and the classes that the network
saw in it; both are words, and both are averaged Word2Vec vectors, as in the paper. Targets are
all photos to be judged; one is related to an anchor where their held-out descriptions share enough.
As in the paper, everything is learned without supervision from all photos that have both
modalities, anchors and targets included, and some anchors and targets lack one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import UsageProblem
from photoorg.evaluation.corpus import Corpus, read_corpus
from photoorg.evaluation.report import Report, Row, Setting, Table
from photoorg.features.registry import PACKAGED_VISUAL, create_visual_classifier
from photoorg.features.words.base import Document
from photoorg.features.words.registry import train_text_vectors
from photoorg.models.base import Observations, unit_rows
from photoorg.models.bidnn import BiDnn, BiDnnConfig
from photoorg.models.multimodal_autoencoder import (
    MultimodalAutoencoder1,
    MultimodalAutoencoder2,
    MultimodalAutoencoderConfig,
)
from photoorg.models.schedule import Schedule
from photoorg.models.training_data import TrainingData
from photoorg.models.vocabulary import IMAGENET_CLASSES, read_vocabulary

if TYPE_CHECKING:
    from photoorg.core.ids import ModelKey
    from photoorg.features.visual import Classifier
    from photoorg.features.words.base import TextVectors
    from photoorg.models.network import Network

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

_DIMENSION = 100
_TEXT = "word2vec-skipgram-hs"
_SEEN_CLASSES = 10
"""Visual concepts of a photo: the network's most probable classes."""

_FIRST = 10
_ANCHORS, _TARGETS = 300, 1000
"""Of the task, drawn from the photos to learn from, on which weights are chosen."""

_COMMONEST = 0.125
"""Share of photos above which a word that two photos have in common means nothing."""

_IN_COMMON, _FEW_WORDS = 2, 6
"""Words that related photos have in common: two, or one where photos have fewer than six each."""

_ANCHORS_WITHOUT_TEXT = (957 + 15 + 68) / 12340
_TARGETS_WITHOUT_TEXT = (528 + 68 + 11) / 12340
_TARGETS_WITHOUT_VISUAL = (236 + 15 + 11) / 12340
"""Shares of missing modalities in the paper's table 1."""

_WEIGHTS = np.linspace(0, 1, 21)

_AUTOENCODERS = MultimodalAutoencoderConfig(
    text_weight=5.0, schedule=Schedule(epochs=60, patience=6)
)
_BIDNN = BiDnnConfig(schedule=Schedule(epochs=10, batch=256, learning_rate=3e-4, patience=0))
"""What the paper leaves open was chosen on anchors and targets among the photos to learn from, for
the autoencoders too."""

_PAPER: Mapping[str, tuple[float, float | None]] = {
    "Only text": (58.67, None),
    "Only visual concepts": (50.00, None),
    "Linear combination": (61.32, 3.1),
    "Embedded, AE #1": (57.40, 1.24),
    "Embedded, AE #2": (59.60, 0.65),
    "BiDNN, embedded text": (70.43, 0.46),
    "BiDNN, embedded visual concepts": (54.92, 0.99),
    "BiDNN, embedded text and visual concepts": (73.74, 0.82),
    "BiDNN, expanded text": (58.16, 0.24),
    "BiDNN, expanded visual concepts": (55.75, 0.13),
    "BiDNN, expanded text and visual concepts": (62.35, 0.25),
}
"""Table 3: P@10 in percent and its deviation."""


@dataclass(frozen=True, slots=True)
class Segments:
    """Photos in a role, with what that role has of them; zero rows where a modality is missing.

    Attributes:
        text: float32 [n, d].
        visual: float32 [n, e].
        has_text: bool [n].
        has_visual: bool [n].
    """

    text: Floats
    visual: Floats
    has_text: Bools
    has_visual: Bools

    @property
    def both(self) -> Observations:
        return Observations(self.visual, self.text, self.has_visual, self.has_text)

    @property
    def text_alone(self) -> Observations:
        return Observations(text=self.text, has_text=self.has_text)

    @property
    def visual_alone(self) -> Observations:
        return Observations(visual=self.visual, has_visual=self.has_visual)

    def expanded(self, model: Network[Any]) -> Segments:
        """Fill in what is missing by translating the other modality (section 3.2)."""
        full = model.expand(self.both)
        if full.text is None or full.visual is None:
            raise AssertionError("expanding leaves no modality out")
        known = self.has_text | self.has_visual
        return Segments(full.text, full.visual, known, known)


@dataclass(frozen=True, slots=True)
class Task:
    """Anchors whose related photos are to be found among the targets.

    Attributes:
        anchors: a of them.
        targets: t of them.
        related: bool [a, t].
        same: bool [a, t], the anchor itself among the targets.
    """

    anchors: Segments
    targets: Segments
    related: Bools
    same: Bools

    def expanded(self, model: Network[Any]) -> Task:
        """Return the task with missing modalities filled in on both sides."""
        anchors, targets = self.anchors.expanded(model), self.targets.expanded(model)
        return Task(anchors, targets, self.related, self.same)

    def precision(self, scores: Floats) -> float:
        """Return P@10 in percent of scores [a, t]."""
        return 100 * precision_at(scores, self.related, self.same, _FIRST)

    def text_scores(self) -> Floats:
        """Return the cosines of the texts, 0 where one is missing."""
        return unit_rows(self.anchors.text) @ unit_rows(self.targets.text).T

    def visual_scores(self) -> Floats:
        """Return the cosines of the visual vectors, 0 where one is missing."""
        return unit_rows(self.anchors.visual) @ unit_rows(self.targets.visual).T


def precision_at(scores: Floats, related: Bools, same: Bools, k: int) -> float:
    """Return the mean share of related targets among each anchor's k first, 0 to 1.

    Ties count against the system: an anchor of which nothing is known finds nothing.

    Args:
        scores: [a, t].
        related: [a, t].
        same: [a, t], what may not be found.
        k: how many count.
    """
    shares = []
    for row, right, itself in zip(scores, related, same, strict=True):
        order = np.lexsort((right, -np.where(itself, -np.inf, row)))
        shares.append(right[order[:k]].mean())
    return float(np.mean(shares))


def evaluate_crossmodal_p10(setting: Setting) -> Report:
    """Run the protocol, with visual concepts as words, and once more with visual vectors.

    Raises:
        UsageProblem: there are no tags and truth here, or too few related photos.
        MediaProblem: a photo cannot be read.
        Cancelled: through the setting's token.
    """
    started = time.monotonic()
    corpus = read_corpus(setting.data)
    related = related_photos(corpus)
    pooled, encoder = setting.vectors(corpus.paths, PACKAGED_VISUAL)
    concepts = visual_concepts(create_visual_classifier(PACKAGED_VISUAL), pooled)
    by_words, by_vectors = [], []
    for seed in range(setting.seeds):
        setting.tell(f"crossmodal-p10: word vectors (seed {seed})")
        text = _word_vectors(corpus.documents, setting, seed)
        seen = _word_vectors(concepts, setting, seed)
        visual = seen.encode(concepts).vectors
        by_words.append(measure(corpus, related, text, visual, seen.key, setting, seed))
        by_vectors.append(measure(corpus, related, text, pooled, encoder.key, setting, seed))
    return Report.of(
        "crossmodal-p10",
        setting,
        started,
        [
            _table("visual vectors", by_vectors),
            _table("visual concepts as words", by_words),
        ],
        photos=len(corpus),
        features=[encoder.key],
        text=[_TEXT],
        models=[MultimodalAutoencoder1.kind, MultimodalAutoencoder2.kind, BiDnn.kind],
        more={"tags_and_truth": corpus.source, "targets": len(corpus.judged)},
    )


def related_photos(corpus: Corpus) -> Bools:
    """Return which photos are related, bool [n, n], none to itself.

    They are where two of the words that are true of both are words of at most one photo in eight.
    Where photos have few words, as with labels, one is enough.
    """
    counts = corpus.true_counts()
    most = max(1.0, _COMMONEST * len(corpus.training))
    words = [word for word, count in counts.items() if count <= most]
    said = corpus.truth_of(words).astype(np.float32)
    needed = _IN_COMMON if np.median(said.sum(axis=1)) >= _FEW_WORDS else 1
    related = said @ said.T >= needed
    np.fill_diagonal(related, val=False)
    return np.asarray(related, dtype=np.bool_)


def visual_concepts(classifier: Classifier, pooled: Floats) -> tuple[Document, ...]:
    """Return the names of the classes that the network saw in each photo, in alphabetical order.

    The paper's concepts too "were sorted previous to learning". A class is called by the narrowest
    word of the vocabulary that covers it; classes without one are passed over.

    Args:
        classifier: the network's own.
        pooled: float32 [n, d].
    """
    names = class_names()
    ranked = np.argsort(-classifier.scores(pooled), axis=1, kind="stable")[:, :_SEEN_CLASSES]
    return tuple(
        Document(tuple(sorted({names[number] for number in row if names[number]})))
        for row in ranked
    )


def class_names() -> tuple[str, ...]:
    """Return for each ImageNet class the vocabulary's narrowest word for it, or ""."""
    names = [""] * IMAGENET_CLASSES
    for word in sorted(read_vocabulary(), key=lambda word: -len(word.imagenet)):
        for number in word.imagenet:
            names[number] = word.name.replace(" ", "_")
    return tuple(names)


def measure(
    corpus: Corpus,
    related: Bools,
    text: TextVectors,
    visual: Floats,
    visual_key: ModelKey,
    setting: Setting,
    seed: int,
) -> dict[str, float]:
    """Return P@10 in percent by row of table 3, for one draw of missing modalities and weights."""
    task, chooser, lacking = draw_tasks(corpus, related, text, visual, seed)
    whole = np.flatnonzero(~lacking)
    data = TrainingData.of(
        visual[whole], visual_key, [corpus.documents[row] for row in whole], text, seed=seed
    )
    figures = {
        "Only text": task.precision(task.text_scores()),
        "Only visual concepts": task.precision(task.visual_scores()),
        "Linear combination": combined_precision(task, chooser),
    }
    run = setting.run(seed)
    for name, kind in (("#1", MultimodalAutoencoder1), ("#2", MultimodalAutoencoder2)):
        setting.tell(f"crossmodal-p10: autoencoder {name} (seed {seed})")
        model = kind.fit(data, _AUTOENCODERS, run)
        figures[f"Embedded, AE {name}"] = task.precision(
            model.embed_joint(task.anchors.both) @ model.embed_joint(task.targets.both).T
        )
    setting.tell(f"crossmodal-p10: BiDNN (seed {seed})")
    translator = BiDnn.fit(data, _BIDNN, run)
    anchors, targets = task.anchors, task.targets
    for name, left, right in (
        ("text", anchors.text_alone, targets.text_alone),
        ("visual concepts", anchors.visual_alone, targets.visual_alone),
        ("text and visual concepts", anchors.both, targets.both),
    ):
        figures[f"BiDNN, embedded {name}"] = task.precision(
            translator.embed_joint(left) @ translator.embed_joint(right).T
        )
    full = task.expanded(translator)
    figures["BiDNN, expanded text"] = task.precision(full.text_scores())
    figures["BiDNN, expanded visual concepts"] = task.precision(full.visual_scores())
    figures["BiDNN, expanded text and visual concepts"] = combined_precision(
        full, chooser.expanded(translator)
    )
    return figures


def combined_precision(task: Task, chooser: Task) -> float:
    """Return P@10 of w cos(text) + (1 - w) cos(visual), w being best on another task."""
    text, visual = chooser.text_scores(), chooser.visual_scores()
    best = max(
        _WEIGHTS, key=lambda weight: chooser.precision(weight * text + (1 - weight) * visual)
    )
    return task.precision(best * task.text_scores() + (1 - best) * task.visual_scores())


def draw_tasks(
    corpus: Corpus, related: Bools, text: TextVectors, visual: Floats, seed: int
) -> tuple[Task, Task, Bools]:
    """Draw what is missing.

    Returns:
        The task to be judged, in which each photo that has ten related ones is an anchor; one of
        the same kind among the photos to learn from, on which weights are chosen; and bool [n],
        the photos that lack a modality in any role, which nothing is learned from.

    Raises:
        UsageProblem: no photo has ten related ones.
    """
    rng = np.random.default_rng(seed)
    encoded = text.encode(corpus.documents)
    has_text, has_visual = encoded.known, np.asarray(visual.any(axis=1))
    lacking = ~(has_text & has_visual)
    tasks = []
    for pool, most in (
        (corpus.judged, len(corpus.judged)),
        (np.sort(rng.permutation(corpus.training)[:_TARGETS]), _ANCHORS),
    ):
        among = related[np.ix_(pool, pool)]
        found = np.flatnonzero(among.sum(axis=1) >= _FIRST)
        if not len(found):
            raise UsageProblem(f"None of these photos has {_FIRST} related ones to be found.")
        anchors = np.sort(rng.permutation(found)[:most])
        roles = []
        for rows, no_text, no_visual in (
            (pool[anchors], _ANCHORS_WITHOUT_TEXT, 0.0),
            (pool, _TARGETS_WITHOUT_TEXT, _TARGETS_WITHOUT_VISUAL),
        ):
            said = has_text[rows] & (rng.random(len(rows)) >= no_text)
            shown = has_visual[rows] & (rng.random(len(rows)) >= no_visual)
            lacking[rows[~(said & shown)]] = True
            roles.append(
                Segments(
                    encoded.vectors[rows] * said[:, None],
                    np.asarray(visual[rows] * shown[:, None], dtype=np.float32),
                    said,
                    shown,
                )
            )
        tasks.append(Task(roles[0], roles[1], among[anchors], pool[anchors][:, None] == pool))
    return tasks[0], tasks[1], lacking


def _word_vectors(documents: Sequence[Document], setting: Setting, seed: int) -> TextVectors:
    return train_text_vectors(
        _TEXT, documents, seed=seed, dimension=_DIMENSION, token=setting.token
    )


def _table(visual: str, figures: Sequence[Mapping[str, float]]) -> Table:
    rows = []
    for name, (printed, deviation) in _PAPER.items():
        seeds = [{"p@10": seed[name]} for seed in figures]
        note = f"the paper's deviation: {deviation}" if deviation is not None else ""
        rows.append(Row.of_seeds(name, seeds, paper={"p@10": printed}, note=note))
    return Table(
        f"P@10 in percent, {visual}",
        tuple(rows),
        "001, section 3, table 3",
        "The paper's figures are for MediaEval 2014 videos: 30 anchors, 10,809 targets.",
    )
