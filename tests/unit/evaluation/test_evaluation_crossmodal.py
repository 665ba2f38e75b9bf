"""Protocol `crossmodal-p10`: precision against a loop, missing modalities, and what is related."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from photoorg.core.errors import UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.evaluation import crossmodal_p10
from photoorg.evaluation.corpus import Corpus
from photoorg.evaluation.crossmodal_p10 import (
    Segments,
    Task,
    class_names,
    combined_precision,
    draw_tasks,
    measure,
    precision_at,
    related_photos,
    visual_concepts,
)
from photoorg.evaluation.report import Setting
from photoorg.features.visual import Classifier
from photoorg.features.words.base import Document
from photoorg.features.words.registry import train_text_vectors

WORDS = ("dog", "boat", "snow", "ball", "tree", "car", "cup", "hat", "bus", "cow")


def corpus_of_things(photos: int = 400) -> Corpus:
    """Photos of one of ten things each: owner's words, truth and picture agree on it."""
    rng = np.random.default_rng(0)
    things = rng.integers(0, len(WORDS), photos)
    documents = tuple(
        Document((WORDS[thing], f"{WORDS[thing]}{rng.integers(3)}", "photo")) for thing in things
    )
    truth = tuple(frozenset({WORDS[thing]}) for thing in things)
    rows = np.arange(photos)
    return Corpus((), documents, truth, rows[rows % 2 == 0], rows[rows % 2 == 1], "made up")


def pictures(corpus: Corpus) -> np.ndarray:
    rng = np.random.default_rng(1)
    shown = corpus.truth_of(WORDS) @ rng.normal(size=(len(WORDS), 8))
    return (shown + 0.3 * rng.normal(size=shown.shape)).astype(np.float32)


def naive_precision(scores, related, same, k):
    shares = []
    for anchor in range(len(scores)):
        order = sorted(
            range(scores.shape[1]),
            key=lambda t: (
                -(float("-inf") if same[anchor, t] else scores[anchor, t]),
                related[anchor, t],
            ),
        )
        shares.append(sum(related[anchor, t] for t in order[:k]) / k)
    return sum(shares) / len(shares)


def test_precision_agrees_with_a_loop_also_where_modalities_are_missing() -> None:
    rng = np.random.default_rng(2)
    text = rng.normal(size=(40, 5)).astype(np.float32)
    text[::7] = 0  # nothing is said there: cosine 0 with everything
    related = rng.random((8, 40)) < 0.4
    same = np.eye(8, 40, dtype=bool)
    related &= ~same
    ones = np.ones(40, dtype=bool)
    segments = Segments(text, text, ones, ones)
    anchors = Segments(text[:8], text[:8], ones[:8], ones[:8])
    scores = Task(anchors, segments, related, same).text_scores()
    assert not scores[0].any()
    assert precision_at(scores, related, same, 10) == pytest.approx(
        naive_precision(scores, related, same, 10)
    )
    cosine = float(text[1] @ text[2] / np.linalg.norm(text[1]) / np.linalg.norm(text[2]))
    assert scores[1, 2] == pytest.approx(cosine, abs=1e-5)


def test_an_anchor_of_which_nothing_is_known_finds_nothing() -> None:
    related = np.array([[False, *[True] * 5, *[False] * 10]])
    same = np.eye(1, 16, dtype=bool)
    assert precision_at(np.zeros((1, 16), dtype=np.float32), related, same, 10) == 0.0


def test_the_anchor_itself_is_not_found() -> None:
    related = np.array([[True, False, True]])
    same = np.array([[True, False, False]])
    scores = np.array([[9.0, 1.0, 0.5]], dtype=np.float32)
    assert precision_at(scores, related, same, 1) == 0.0


def test_related_photos_share_rare_words_and_none_is_related_to_itself() -> None:
    truth = tuple(
        frozenset({"all", f"{n // 2}", f"x{n // 2}", f"y{n}", f"z{n}", f"u{n}", f"w{n}"})
        for n in range(40)
    )
    rows = np.arange(40)
    corpus = Corpus((), (Document(()),) * 40, truth, rows, rows[:0], "")
    related = related_photos(corpus)
    assert related.sum(axis=1).tolist() == [1] * 40
    assert related[0, 1]
    assert not related[0, 0]


def test_visual_concepts_are_the_names_of_the_classes_seen_in_order() -> None:
    names = class_names()
    assert len(names) == 1000
    weight = np.zeros((1000, 2), dtype=np.float32)
    weight[[1, 7, 18], 0] = 3, 2, 1
    (document,) = visual_concepts(
        Classifier(weight, np.zeros(1000, dtype=np.float32)), np.array([[1, 0]], dtype=np.float32)
    )
    assert {"goldfish", "rooster", "magpie"} <= set(document.tokens)
    assert list(document.tokens) == sorted(document.tokens)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return corpus_of_things()


@pytest.fixture(scope="module")
def text(corpus):
    return train_text_vectors("lsa", corpus.documents, seed=0, dimension=8)


def test_the_drawn_tasks_lack_modalities_and_keep_apart_what_chooses_weights(corpus, text) -> None:
    task, chooser, lacking = draw_tasks(corpus, related_photos(corpus), text, pictures(corpus), 0)
    assert len(task.targets.text) == len(corpus.judged)
    assert task.same.sum(axis=1).tolist() == [1] * len(task.same)
    assert not (task.related & task.same).any()
    assert len(chooser.targets.text) == len(corpus.training)
    for segments in (task.anchors, task.targets, chooser.anchors, chooser.targets):
        assert not segments.text[~segments.has_text].any()
        assert not segments.visual[~segments.has_visual].any()
    assert 0 < (~task.anchors.has_text).sum() < len(task.anchors.text) / 4
    assert 0 < lacking.sum() < len(lacking) / 3


def test_the_combination_has_the_weight_that_is_best_on_the_other_task() -> None:
    rng = np.random.default_rng(3)
    good, bad = np.eye(20, dtype=np.float32), rng.normal(size=(20, 20)).astype(np.float32)
    related = np.roll(np.eye(20, dtype=bool), 1, axis=1)
    there, same = np.ones(20, dtype=bool), np.zeros((20, 20), dtype=bool)
    anchors = Segments(np.roll(good, 1, axis=1), bad, there, there)
    tells = Task(anchors, Segments(good, bad[::-1], there, there), related, same)
    by_sight = Task(
        Segments(bad, np.roll(good, 1, axis=1), there, there),
        Segments(bad[::-1], good, there, there),
        related,
        same,
    )
    assert combined_precision(tells, tells) == pytest.approx(tells.precision(tells.text_scores()))
    assert combined_precision(tells, by_sight) < combined_precision(tells, tells)


def test_all_rows_of_the_papers_table_are_measured(corpus, text, tmp_path, monkeypatch) -> None:
    for name in ("_AUTOENCODERS", "_BIDNN"):
        config = getattr(crossmodal_p10, name)
        short = replace(config, schedule=replace(config.schedule, epochs=4))
        monkeypatch.setattr(crossmodal_p10, name, short)
    figures = measure(
        corpus,
        related_photos(corpus),
        text,
        pictures(corpus),
        ModelKey("made"),
        Setting(tmp_path),
        seed=0,
    )
    table = crossmodal_p10._table("x", [figures, figures])
    rows = json.loads(json.dumps(table.to_json()))
    assert len(rows) == 11
    assert rows[0]["paper"] == 58.67
    assert all(row["std"] == 0 for row in rows)
    assert figures["Only text"] > 80
    assert figures["BiDNN, expanded text"] >= figures["Only text"]


def test_too_few_related_photos_are_said(text) -> None:
    few = corpus_of_things(24)
    with pytest.raises(UsageProblem, match="related"):
        draw_tasks(few, related_photos(few), text, pictures(few), 0)
