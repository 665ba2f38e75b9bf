"""Protocol `similar` on made-up photos."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from colour_world import Colours, setting_of, write_labelled, write_photo

from photoorg.core.errors import Cancelled, UsageProblem
from photoorg.core.progress import CancelToken
from photoorg.evaluation.protocols import PROTOCOLS
from photoorg.evaluation.similar import evaluate_similar, nearest_others
from photoorg.models.holdout import Part, part_of


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def labelled(tmp_path, rng):
    kinds = [["red"], ["green"], ["blue"], ["red", "blue"]]
    photos = {f"{number}.png": kinds[number % 4] for number in range(80)}
    return write_labelled(tmp_path / "coco", photos, rng)


def test_similar_compares_with_the_plain_vectors(labelled):
    answer = json.loads(
        json.dumps(evaluate_similar(setting_of(labelled), model=Colours()).to_json())
    )
    rows = {row["name"]: row["precision@10"] for row in answer["rows"]}
    assert rows["similar"] == rows["pooled cosine"] > 95
    assert answer["photos"] == 80
    assert answer.keys() >= {"seed", "seconds", "versions", "features", "model"}


def test_similar_on_the_data_root_judges_only_what_training_left_out(labelled):
    held_out = [n for n in range(80) if part_of(f"{n}.png") is Part.EVALUATION]
    report = evaluate_similar(setting_of(labelled.parent), model=Colours())
    assert report.conditions.photos == len(held_out) < 40


def test_similar_on_one_folder_per_category(tmp_path, rng):
    for number in range(24):
        colour = ("red", "green")[number % 2]
        write_photo(tmp_path / colour / f"{number}.png", [colour], rng)
    (row, _) = evaluate_similar(setting_of(tmp_path), model=Colours()).tables[0].rows
    assert row.figures == {"precision@10": 100.0}
    with pytest.raises(UsageProblem):
        evaluate_similar(setting_of(tmp_path / "red"), model=Colours())


def test_neighbours_leave_out_the_photo_itself_and_agree_with_a_loop():
    rows = np.random.default_rng(1).normal(size=(1100, 4)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    neighbours = nearest_others(rows, 3)
    for item in (0, 500, 1099):
        others = [j for j in range(len(rows)) if j != item]
        best = sorted(others, key=lambda j: -float(rows[item] @ rows[j]))[:3]
        assert neighbours[item].tolist() == best


def test_evaluation_can_be_cancelled(labelled):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        evaluate_similar(setting_of(labelled, token=token), model=Colours())


def test_a_protocol_runs_on_one_thread_and_gives_the_others_back(tmp_path, monkeypatch):
    inside = []
    monkeypatch.setattr(
        "photoorg.evaluation.similar.evaluate_similar",
        lambda setting: inside.append(torch.get_num_threads()) or setting,
    )
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        setting = setting_of(tmp_path)
        assert PROTOCOLS["similar"](setting) is setting
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert inside == [1]
