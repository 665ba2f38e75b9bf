"""Protocol `tag-auc`: the probe against scikit-learn, the area against a loop, and no leak."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from colour_world import COLOURS, setting_of, write_captioned, write_labelled
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from photoorg.core.errors import UsageProblem
from photoorg.evaluation import tag_auc
from photoorg.evaluation.corpus import corpus_of, read_corpus
from photoorg.evaluation.linear_probe import aucs, logistic_scores, roc_auc, standardised
from photoorg.evaluation.tag_auc import (
    CONCEPTS,
    LSA,
    RAW,
    WORDS,
    Probes,
    Said,
    choose_concepts,
    evaluate_tag_auc,
    measure_concept,
    measure_raw_tags,
    raw_tags,
    rotate,
)
from photoorg.models.datasets import Dataset
from photoorg.models.preprocessing import whiten


def test_the_probe_finds_what_scikit_learn_finds() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 6)).astype(np.float32)
    truth = np.stack([features[:, 0] > 0.3, features[:, 1] + features[:, 2] > 0], axis=1)
    rows = np.arange(0, 200, 2)
    scores = logistic_scores(features, truth, rows, (1e-1, 1e-2))
    assert scores.shape == (200, 2, 2)
    for concept in range(2):
        for place, penalty in enumerate((1e-1, 1e-2)):
            reference = LogisticRegression(C=1 / (penalty * len(rows)), tol=1e-8)
            reference.fit(features[rows], truth[rows, concept])
            expected = reference.decision_function(features)
            assert np.abs(scores[:, concept, place] - expected).max() < 0.05


def test_the_area_counts_pairs_and_ties_half() -> None:
    rng = np.random.default_rng(1)
    scores, relevant = rng.integers(0, 5, 60), rng.random(60) < 0.3
    right, wrong = scores[relevant], scores[~relevant]
    pairs = [(r > w) + (r == w) / 2 for r in right for w in wrong]
    assert roc_auc(scores, relevant) == pytest.approx(np.mean(pairs))
    assert roc_auc(scores, relevant) == pytest.approx(roc_auc_score(relevant, scores))
    assert np.isnan(roc_auc(scores, np.zeros(60, dtype=bool)))


def test_areas_are_of_the_given_rows_alone() -> None:
    scores = np.array([[[0.0]], [[1.0]], [[2.0]], [[-1.0]]], dtype=np.float32)
    truth = np.array([[False], [True], [False], [True]])
    assert aucs(scores, truth, np.array([0, 1])).tolist() == [[1.0]]
    assert aucs(scores, truth, np.array([2, 3])).tolist() == [[0.0]]


def test_standardising_leaves_out_constant_columns() -> None:
    rows = standardised(np.array([[1, 5], [3, 5], [9, 5]], dtype=np.float32), np.array([0, 1]))
    assert rows.tolist() == [[-1, 0], [1, 0], [7, 0]]


def test_the_strength_is_chosen_in_validation_and_areas_are_averaged_over_concepts() -> None:
    rng = np.random.default_rng(2)
    truth = rng.random((300, 3)) < 0.4
    features = (truth @ rng.normal(size=(3, 4)) + rng.normal(size=(300, 4))).astype(np.float32)
    learned, validation, judged = np.split(np.arange(300), [150, 220])
    probes = Probes(truth, learned, validation, judged, (150, 40))
    probes.add("together", [0, 1, 2], features)
    for concept in range(3):
        probes.add("one by one", [concept], features[:, :2], features[:, 2:])
    scores = logistic_scores(features, truth, learned)
    best = aucs(scores, truth, validation).mean(axis=0).argmax()
    expected = aucs(scores, truth, judged)[:, best].mean()
    figures = probes.figures(150)
    assert probes.figures(40) != figures
    assert figures["together"] == pytest.approx(expected)
    assert figures["one by one"] == pytest.approx(expected, abs=0.01)


@pytest.fixture
def captioned(tmp_path):
    """Photos whose first two captions name what the others name too, and a helper word."""
    rng = np.random.default_rng(3)
    things = ["dog", "beach", "snow", "boat"]
    photos = {}
    for number in range(120):
        thing = things[number % 4]
        colour = list(COLOURS)[number % 3]
        said = [f"a {thing} in {colour}", f"{rng.choice(['old', 'new', 'big'])} {colour}"]
        truth = [f"the {thing} there", f"one {thing}", "nothing more"]
        photos[f"{number:03}.png"] = ("dev" if number % 5 == 0 else "train", [colour], said + truth)
    return write_captioned(tmp_path, photos, rng)


def test_the_first_two_captions_are_tags_and_the_others_truth(captioned) -> None:
    corpus = read_corpus(captioned)
    assert len(corpus) == 120
    assert "dog" in corpus.documents[0].tokens
    assert "red" in corpus.documents[0].tokens
    assert corpus.truth[0] >= {"dog", "nothing"}
    assert "red" not in corpus.truth[0]
    assert len(corpus.judged) == 24
    assert not set(corpus.judged) & set(corpus.training)
    others, drawn = corpus.split_training(0.25, seed=4)
    assert sorted([*others, *drawn]) == corpus.training.tolist()
    assert len(drawn) == 24
    assert (corpus.split_training(0.25, seed=4)[1] == drawn).all()


def test_a_concept_is_taken_out_in_all_its_forms() -> None:
    captions = ("Two dogs, a Dog", "DOG's ball", "a dog")
    dataset = Dataset("x", (None,) * 5, (captions,) * 5, ((),) * 5, ((),) * 5, ("",) * 5)
    corpus = corpus_of(dataset)
    assert corpus.dictionary(1) == {"two", "dog", "ball"}
    without = corpus.documents_of(corpus.dictionary(1) - {"dog"})
    assert {token for document in without for token in document.tokens} == {"two", "ball"}


def test_with_the_concepts_tag_left_in_the_figures_would_be_others(captioned) -> None:
    """The leak test: the tag tells all, what remains without it tells nothing."""
    corpus = read_corpus(captioned)
    setting = setting_of(captioned)
    learned, validation = corpus.split_training(0.2, 0)

    def figures(dictionary, concept):
        truth = corpus.truth_of(["snow"])
        probes = Probes(truth, learned, validation, corpus.judged, (len(learned),))
        said = Said.of(corpus, dictionary - {concept}, setting)
        measure_concept(probes, said, (), 0, setting)
        bag, own = raw_tags(corpus, dictionary, [concept], setting)
        measure_raw_tags(probes, bag, own, (), setting)
        return probes.figures(len(learned))

    # The other things are left out, for where none of them is there must be snow.
    dictionary = corpus.dictionary(1) - {"dog", "beach", "boat"}
    left_in, taken_out = figures(dictionary, "no tag"), figures(dictionary, "snow")
    assert left_in[RAW] == 1.0
    for name in (RAW, WORDS, LSA):
        assert taken_out[name] < 0.8 < left_in[name]


def test_concepts_are_the_most_frequent_of_those_of_the_paper() -> None:
    things = ["dog", "boat", "snow", "toy", "tree", "car", "sand", "sky", "map", "cow", "horse"]
    captions = [("a", "b", f"red {things[n % 11]}") for n in range(990)]
    captions += [("a", "b", "red zzz")] * 2000
    dataset = Dataset(
        "x", (None,) * 2990, tuple(captions), ((),) * 2990, ((),) * 2990, ("",) * 2990
    )
    concepts = choose_concepts(corpus_of(dataset))
    assert len(concepts) == CONCEPTS
    assert set(concepts) < set(things)
    same = Dataset("x", (None,) * 5, (("a", "dog"),) * 5, ((),) * 5, ((),) * 5, ("",) * 5)
    with pytest.raises(UsageProblem):
        choose_concepts(corpus_of(same))


def test_photos_with_one_caption_cannot_be_judged() -> None:
    dataset = Dataset("x", (None,) * 5, (("a dog",),) * 5, ((),) * 5, ((),) * 5, ("",) * 5)
    with pytest.raises(UsageProblem, match="neither"):
        corpus_of(dataset)


def test_the_protocol_on_labels_gives_all_rows(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tag_auc, "CONCEPTS", 1)
    for name in ("_JOINT", "_CROSS_I", "_CROSS_II"):
        config = getattr(tag_auc, name)
        short = replace(config, schedule=replace(config.schedule, epochs=2))
        monkeypatch.setattr(tag_auc, name, short)
    rng = np.random.default_rng(5)
    kinds = [["red", "blue", "green"], ["green", "blue"], ["blue", "red"], ["red", "green"]]
    write_labelled(tmp_path, {f"{n}.png": kinds[n % 4] for n in range(80)}, rng)
    answer = json.loads(json.dumps(evaluate_tag_auc(setting_of(tmp_path, seeds=1)).to_json()))
    names = [row["name"] for row in answer["rows"] if "SIFT" in row["table"]]
    assert names[:8] == [
        "Raw Tags",
        "SIFT",
        "Raw Tags + SIFT",
        "Semantic Word Vectors",
        "LSA",
        "Joint Features",
        "Cross-Modal I",
        "Cross-Modal II",
    ]
    assert {row["name"]: row.get("paper") for row in answer["rows"]}["Joint Features"] is not None
    assert len({row["table"] for row in answer["rows"]}) == 2
    assert all(0 <= row["auc"] <= 1 for row in answer["rows"])
    assert len(answer["concepts"]) == 1
    assert answer["tags_and_truth"] == "labels as tags and as truth"


def test_a_barred_feature_is_as_if_it_were_not_there() -> None:
    rng = np.random.default_rng(3)
    features = rng.normal(size=(200, 6)).astype(np.float32)
    truth = features[:, [0, 1]] + rng.normal(size=(200, 2)) > 0
    barred = np.zeros((6, 2), dtype=np.bool_)
    barred[0, 0] = barred[1, 1] = True
    rows = np.arange(150)
    together = logistic_scores(features, truth, rows, (1e-2,), barred=barred)
    for concept in (0, 1):
        left = np.delete(features, concept, axis=1)
        alone = logistic_scores(left, truth[:, [concept]], rows, (1e-2,))
        np.testing.assert_allclose(together[:, concept], alone[:, 0], atol=0.02)


def test_whitening_what_was_rotated_is_whitening() -> None:
    rng = np.random.default_rng(4)
    rows = (rng.normal(size=(300, 12)) @ rng.normal(size=(12, 12))).astype(np.float32)
    among = np.arange(250)
    turned = rotate(rows, among)
    direct = whiten(rows, 12, among=among, floor=0.1)(rows)
    by_turning = whiten(turned, 12, among=among, floor=0.1)(turned)
    np.testing.assert_allclose(np.abs(by_turning), np.abs(direct), rtol=1e-2, atol=1e-2)
