from __future__ import annotations

import json

import numpy as np
import pytest
from colour_world import Colours, ColourWords, setting_of, write_labelled

from photoorg.core.errors import Cancelled, UsageProblem
from photoorg.core.progress import CancelToken
from photoorg.evaluation.learning_curve import (
    LogisticRegression,
    NearestNeighbours,
    choose_examples,
    co_occurrence,
)
from photoorg.evaluation.suggest import evaluate_suggest, label_probabilities
from photoorg.models.holdout import Part, part_of


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def labelled(tmp_path, rng):
    kinds = [["red"], ["green"], ["blue"], ["red", "blue"]]
    photos = {f"{number}.png": kinds[number % 4] for number in range(120)}
    return write_labelled(tmp_path / "coco", photos, rng)


def run(data, **changes):
    return evaluate_suggest(
        setting_of(data, seeds=2, **changes), model=Colours(), text=ColourWords()
    )


def test_a_foreign_folder_judges_all_its_photos_and_labels(labelled):
    answer = json.loads(json.dumps(run(labelled).to_json()))
    assert answer["photos"] == 120
    assert answer["not_in_vocabulary"] == ["blue"]
    assert answer["map"] > 95
    assert answer["by_examples"]["0"]["map"] == answer["map"]
    assert answer["by_examples"].keys() == {"0", "5", "20", "100"}
    assert answer.keys() >= {"f1@5", "precision_at_threshold", "seed", "seconds", "versions"}
    assert answer["by_label"].keys() == {"red", "green", "blue"}


def test_the_data_root_judges_only_what_training_left_out(labelled):
    held_out = [n for n in range(120) if part_of(f"{n}.png") is Part.EVALUATION]
    assert run(labelled.parent).conditions.photos == len(held_out) < 60


def test_examples_teach_what_can_be_seen(labelled):
    rows = {row.name: row.figures for row in run(labelled).tables[0].rows}
    assert rows["logistic regression, 20 photos a tag"]["map"] > 95
    assert rows["nearest neighbours, 20 photos a tag"]["map"] > 90
    assert rows["nearest neighbours, 20 photos a tag"]["precision_at_threshold"] > 90
    # Whoever knows that a photo is red knows that it may be blue, and vice versa.
    assert rows["tag co-occurrence, 20 photos a tag"]["map"] == 100


def test_the_default_is_among_the_learners_and_its_reliability_is_drawn(labelled, tmp_path):
    report = run(labelled, plots=tmp_path / "plots")
    rows = {row.name: row for row in report.tables[0].rows}
    assert rows["default, 20 photos a tag"].figures["map"] > 90
    answer = report.to_json()
    assert answer["learner"] == "default"
    assert answer["by_examples"]["20"]["map"] == pytest.approx(
        rows["default, 20 photos a tag"].figures["map"], abs=0.01
    )
    bins = answer["reliability"]["20"]
    assert all(0 <= each["said"] <= 1 and 0 <= each["right"] <= 1 for each in bins)
    assert (tmp_path / "plots" / "suggest-reliability.png").stat().st_size > 1000


def test_photos_with_one_tag_each_have_nothing_that_occurs_together(tmp_path, rng):
    photos = {f"{number}.png": [("red", "green")[number % 2]] for number in range(60)}
    report = run(write_labelled(tmp_path, photos, rng))
    rows = {row.name: row for row in report.tables[0].rows}
    assert rows["tag co-occurrence, 5 photos a tag"].figures == {"map": None}


def test_a_folder_without_labels_is_refused(tmp_path):
    with pytest.raises(UsageProblem):
        run(tmp_path)


def test_the_protocol_can_be_cancelled(labelled):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        run(labelled, token=token)


def test_a_label_in_capitals_is_found_in_the_vocabulary():
    photos = Colours().embed_images(np.array([[220, 30, 30]], dtype=np.float32))
    both = label_probabilities(Colours(), ColourWords(), ["Red", "red"], photos)
    assert both[0, 0] == both[0, 1]


# -- learners -------------------------------------------------------------------------------------
def test_each_tag_gets_its_examples_and_rare_ones_all_they_have(rng):
    truth = rng.random((300, 6)) < np.array([0.5, 0.3, 0.1, 0.05, 0.01, 0.0])
    rows = np.arange(0, 300, 2)
    chosen = choose_examples(truth, rows, 8, seed=3)
    assert set(chosen.tolist()) <= set(rows.tolist())
    for tag in range(6):
        assert truth[chosen, tag].sum() >= min(8, truth[rows, tag].sum())
    assert chosen.tolist() == choose_examples(truth, rows, 8, seed=3).tolist()
    assert chosen.tolist() != choose_examples(truth, rows, 8, seed=4).tolist()


def test_no_more_photos_are_drawn_than_the_tags_need(rng):
    truth = np.zeros((50, 2), dtype=bool)
    truth[:40, 0] = truth[:10, 1] = True  # whoever has the second tag has the first
    chosen = choose_examples(truth, np.arange(50), 5, seed=0)
    assert len(chosen) == 5
    assert truth[chosen, 1].all()


def test_neighbours_agree_with_a_loop(rng):
    visual = rng.normal(size=(40, 5)).astype(np.float32)
    truth = rng.random((40, 3)) < 0.4
    examples = np.arange(0, 40, 2)
    found = NearestNeighbours().probabilities(visual, truth, examples)
    unit = visual / np.linalg.norm(visual, axis=1, keepdims=True)
    for photo in range(40):
        near = sorted(examples.tolist(), key=lambda e: -float(unit[photo] @ unit[e]))[:10]
        weights = np.array([max(float(unit[photo] @ unit[e]), 1e-6) for e in near])
        expected = (weights / weights.sum()) @ truth[near]
        np.testing.assert_allclose(found[photo], expected, atol=1e-5)


def test_co_occurrence_agrees_with_counting(rng):
    truth = rng.random((60, 4)) < 0.3
    examples = np.arange(40)
    found = co_occurrence(truth, examples, np.array([0, 1, 2, 3]))
    for tag in range(4):
        with_tag = [row for row in examples if truth[row, tag]]
        for other in range(4):
            both = sum(bool(truth[row, other]) for row in with_tag)
            usual = truth[examples, other].mean()
            assert found[tag, other] == pytest.approx(
                (both + usual) / (len(with_tag) + 1), abs=1e-6
            )


def test_learners_look_at_the_tags_of_examples_only(rng):
    visual = rng.normal(size=(40, 5)).astype(np.float32)
    truth = rng.random((40, 3)) < 0.4
    examples = np.arange(20)
    other = truth.copy()
    other[20:] = ~other[20:]
    for learner in (LogisticRegression(0.01), NearestNeighbours()):
        first = learner.probabilities(visual, truth, examples)
        np.testing.assert_array_equal(first, learner.probabilities(visual, other, examples))
