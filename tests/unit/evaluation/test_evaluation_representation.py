"""Protocol `representation`: figures against their definitions, the class, and all rows."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from colour_world import MeanColour, setting_of, write_captioned
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from photoorg.core.errors import UsageProblem
from photoorg.evaluation import representation
from photoorg.evaluation.corpus import Corpus
from photoorg.evaluation.report import Setting
from photoorg.evaluation.representation import Downstream, binary_concept, evaluate_representation
from photoorg.features.visual import WeightsMissing
from photoorg.features.words.base import Document
from photoorg.models.convolution import ConvConfig
from photoorg.models.schedule import Schedule


def corpus_of(truth) -> Corpus:
    rows = np.arange(len(truth))
    documents = (Document(("x",)),) * len(truth)
    return Corpus((), documents, tuple(map(frozenset, truth)), rows, rows[:0], "made up")


def test_figures_are_what_scikit_learn_says() -> None:
    rng = np.random.default_rng(0)
    truth = [{"man", *"abc"[: rng.integers(1, 4)]} if n % 3 else {"dog"} for n in range(60)]
    task = Downstream.of(corpus_of(truth), np.arange(60), seed=1)
    assert len(task.judged) == 12
    assert not set(task.judged) & set(task.learned)
    assert task.values[task.learned].std() == pytest.approx(1, abs=1e-5)
    said, values = rng.random(12) < 0.6, rng.normal(size=12)
    figures, right = task.figures(said, values), task.classes[task.judged]
    assert figures == pytest.approx(
        {
            "f1": f1_score(right, said),
            "accuracy": accuracy_score(right, said),
            "precision": precision_score(right, said),
            "recall": recall_score(right, said),
            "mse": np.mean((values - task.values[task.judged]) ** 2),
        }
    )


def test_a_representation_that_tells_all_is_judged_best() -> None:
    truth = [{"girl", "a"} if n % 2 else {"dog"} for n in range(80)]
    task = Downstream.of(corpus_of(truth), np.arange(80), seed=0)
    telling = np.stack([task.classes, task.values], axis=1).astype(np.float32)
    figures = task.judge(telling)
    assert figures["f1"] == 1.0
    assert figures["mse"] == pytest.approx(0, abs=1e-9)
    noise = np.random.default_rng(0).normal(size=(80, 2)).astype(np.float32)
    assert task.judge(noise)["mse"] > 0.5


def test_the_class_is_a_person_or_what_divides_the_photos() -> None:
    assert binary_concept(corpus_of([{"boy"}, {"tree"}, {"people"}])).tolist() == [
        True,
        False,
        True,
    ]
    no_people = corpus_of([{"tree", "sky"}, {"tree"}, {"tree"}, {"tree", "sky"}])
    assert binary_concept(no_people).tolist() == [True, False, False, True]
    with pytest.raises(UsageProblem):
        Downstream.of(corpus_of([{"tree"}] * 5), np.arange(5), seed=0)


def test_every_row_is_there_and_missing_weights_are_named(tmp_path, monkeypatch) -> None:
    brief = Schedule(epochs=1, batch=32, patience=0)
    conv = ConvConfig(side=16, dimension=8)
    monkeypatch.setattr(representation, "SIDE", 16)
    monkeypatch.setattr(
        representation,
        "_CONV_MF",
        replace(representation._CONV_MF, photos=conv, photo_schedule=brief, schedule=brief),
    )
    monkeypatch.setattr(
        representation, "_MMEDA", replace(representation._MMEDA, photos=conv, schedule=brief)
    )
    monkeypatch.setattr(representation, "_MF", replace(representation._MF, schedule=brief))
    monkeypatch.setattr(representation, "CLASSIFICATION", brief)
    monkeypatch.setattr(representation, "REGRESSION", brief)
    rng = np.random.default_rng(0)
    photos = {}
    for number in range(60):
        person, colour = ("girl", "red") if number % 2 else ("dog", "blue")
        captions = [
            f"a {person} in {colour}",
            f"{colour}",
            f"one {person}",
            "nothing" * (number % 3),
        ]
        photos[f"{number}.png"] = ("", [colour], [each for each in captions if each])
    write_captioned(tmp_path, photos, rng)

    def encoder(name):
        if name in ("googlenet", "vgg16"):
            raise WeightsMissing("The weights are not here.")
        return MeanColour()

    setting: Setting = replace(setting_of(tmp_path, seeds=1), encoder=encoder)
    answer = json.loads(json.dumps(evaluate_representation(setting).to_json()))
    first, second = (
        [row for row in answer["rows"] if row["table"] == table["title"]]
        for table in answer["tables"]
    )
    assert len(first) == 12
    assert first[0]["name"] == "MLP, GoogLeNet: weights not here, run with efficientnet-lite2"
    assert first[3]["name"] == "MLP, Inception"
    assert all(row.keys() >= {"f1", "mse", "paper", "mse_paper"} for row in first)
    assert [row["name"].split(" ")[0] for row in second] == ["CMF", "ConvAE", "MMEDA-I", "MMEDA-II"]
    assert all(row.keys() >= {"f1", "accuracy", "precision", "recall", "mse"} for row in second)
    assert all("epochs" in row["note"] for row in second[1:])
