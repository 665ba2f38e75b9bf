"""Protocol `search` on made-up photos."""

from __future__ import annotations

import json

import numpy as np
import pytest
from colour_world import Colours, ColourWords, setting_of, write_captioned, write_labelled
from PIL import Image

from photoorg.core.errors import Cancelled, EnvironmentProblem, UsageProblem
from photoorg.core.progress import CancelToken
from photoorg.evaluation.search import evaluate_search
from photoorg.evaluation.search_cut import (
    cut_figures,
    flat_quarter,
    refit,
    reliability,
)
from photoorg.evaluation.search_questions import MADE_UP, Questions
from photoorg.models.holdout import Part, part_of
from photoorg.models.length_correction import LengthCorrection


class Finder(Colours):
    """Photos of the colour asked for are likely right."""

    length_correction = LengthCorrection(0.1, 1.0, 0.0)

    def relevance(self, query, scores):
        return np.asarray(1 / (1 + np.exp(-25 * (scores - 0.8))), dtype=np.float32)


class Things(ColourWords):
    """Cars are red, dogs green, boats blue."""

    def encode(self, texts):
        for thing, colour in (("car", "red"), ("dog", "green"), ("boat", "blue")):
            texts = [text.replace(thing, colour) for text in texts]
        return super().encode(texts)


@pytest.fixture
def root(tmp_path):
    rng = np.random.default_rng(0)
    things = {"red": "car", "green": "dog", "blue": "boat"}
    photos = {
        f"{n}.png": (
            "train" if n % 2 else "dev",
            [colour],
            [f"a {things[colour]}", f"two {things[colour]}s at the lake"],
        )
        for n, colour in enumerate(list(things)[(n // 2) % 3] for n in range(80))
    }
    write_captioned(tmp_path / "flickr8k", photos, rng)
    labels = [["red"], ["green"], ["blue"], ["red", "blue"]]
    write_labelled(tmp_path / "coco", {f"c{n}.png": labels[n % 4] for n in range(60)}, rng)
    write_labelled(tmp_path / "coco128", {f"d{n}.png": labels[n % 4] for n in range(12)}, rng)
    return tmp_path


def run(data, **changes):
    return evaluate_search(setting_of(data, **changes), model=Finder(), text=Things())


def test_all_tables(root):
    report = run(root, plots=root / "plots")
    answer = json.loads(json.dumps(report.to_json()))
    assert answer["photos"] == 80 + 60 + 12
    tables = {table.title: {row.name: row.figures for row in table.rows} for table in report.tables}
    paper = tables["Queries of the paper on all photos"]
    assert paper["car"]["P@5, judged"] == 1.0
    # Colours have no name for a car: whether these photos show one is not known.
    assert paper["car"]["judged photos"] == 80
    assert paper["car"]["relevant photos"] == 28
    assert paper["pizza"]["relevant photos"] == 0
    assert paper["mean of those that enough photos answer (1)"]["P@5, judged"] == 1.0
    labels = tables["Labels as queries"]
    assert labels["labels on coco128"]["photos"] == 12
    assert labels["labels on coco128"]["mAP"] > 0.8
    assert 0 < labels["labels on coco"]["photos"] < 40
    assert "caption to photo r@1" in tables["Caption retrieval on flickr8k"]["colours"]
    cuts = tables["What is shown before “Show more”"]
    assert cuts["labels on coco128, cut"]["recall"] > 0.6
    # Broader words ("vehicle") are asked for too, and mean no colour here.
    assert cuts["words on flickr8k, cut"]["precision"] > 0.6
    reliable = tables["Reliability of relevance"]
    assert "words on flickr8k, corrected" in reliable
    assert answer["length_correction"]["in_use"] == [0.1, 1.0, 0.0]
    assert len(answer["length_correction"]["refitted"]) == 3
    with Image.open(root / "plots" / answer["plots"][0]) as picture:
        assert picture.size[0] > 300


def test_photos_that_training_saw_in_another_form_are_judged_apart(root):
    parts = {name: part_of(f"COCO_{name}.png") for name in (f"{n:012}" for n in range(20))}
    unseen = [name for name, part in parts.items() if part is Part.EVALUATION]
    rng = np.random.default_rng(0)
    for folder, prefix in (("coco", "COCO_"), ("coco128", "")):
        write_labelled(root / folder, {f"{prefix}{name}.png": ["red"] for name in parts}, rng)
    tables = {table.title: table.rows for table in run(root).tables}
    photos = {row.name: row.figures["photos"] for row in tables["Labels as queries"]}
    assert photos["labels on coco128"] == 20
    assert photos["labels on coco128, unseen photos"] == len(unseen) > 0


def test_a_folder_of_labels_alone(root):
    titles = [table.title for table in run(root / "coco128").tables]
    assert "Labels as queries" in titles
    assert not any("Caption" in title for title in titles)


def test_folders_without_words_and_plots_that_cannot_be_written(root, tmp_path):
    with pytest.raises(UsageProblem):
        run(tmp_path / "flickr8k" / "images")
    (root / "plots").write_text("a file")
    with pytest.raises(EnvironmentProblem):
        run(root, plots=root / "plots")
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        run(root, token=token)


def questions(probability, truth, made_up=((0.0,),), *, texts=None, complete=True):
    probability = np.array(probability, dtype=np.float32)
    texts = texts or tuple("abcdefgh"[: probability.shape[1]])
    truth = np.array(truth, dtype=np.bool_)
    return Questions("q", texts, probability, truth, np.array(made_up, "f4"), complete)


def test_figures_of_a_cut_by_hand():
    asked = questions(
        [[0.8, 0.02], [0.3, 0.01], [0.1, 0.01]],
        [[True, False], [False, True], [True, False]],
        [[0.5, 0.01]],
    )
    # "a" shows two, one of them right of two; "b" shows nothing; without its right photos "a"
    # would show 0.3, "b" nothing; of the two made-up words one has an answer.
    assert cut_figures(asked, flat_quarter) == {
        "precision": 0.5,
        "recall": 0.25,
        "f1": 0.25,
        "answered": 0.5,
        "shown (median)": 1.0,
        "nothing left out": 0.5,
        "nothing made up": 0.5,
    }


def test_reliability_counts_what_is_true_in_each_bin():
    said = np.repeat([0.05, 0.55, 1.0], 20).astype(np.float32)
    truth = np.tile([True, False], 30)
    bins = {low: (mean, true, count) for low, mean, true, count in reliability(said, truth)}
    assert bins[0.03] == (pytest.approx(0.05), 0.5, 20)
    assert bins[0.9] == (1.0, 0.5, 20)
    assert bins[0.2][1] is None
    assert sum(count for _, _, count in bins.values()) == 60


def test_the_refit_believes_labels_more_than_captions():
    rng = np.random.default_rng(0)
    said = rng.uniform(0.2, 0.8, (400, 4)).astype(np.float32)
    truth = rng.uniform(size=said.shape) < 0.5 * said
    believed = refit([questions(said, truth)])
    doubted = refit([questions(said, truth, complete=False)])
    assert believed.offset < doubted.offset
    assert believed(np.full(1, 0.5, "f4"), 1)[0] == pytest.approx(0.25, abs=0.03)


def test_made_up_words_are_different_ones():
    assert len(set(MADE_UP)) == len(MADE_UP) == 20
