from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from colour_world import Colours, ColourWords, setting_of, write_labelled

from photoorg.core.errors import Cancelled, UsageProblem
from photoorg.core.progress import CancelToken
from photoorg.evaluation.review import RULES, Task, evaluate_review, f1_of_all_answers, simulate
from photoorg.models.questions import choose_questions
from photoorg.models.starter_parts import Spread


class Seer(Colours):
    """Sees colours as traits."""

    spread = Spread(np.full(3, 0.5, dtype=np.float32), np.eye(3, dtype=np.float32) / 8)

    def traits(self, visual):
        return self.embed_images(visual)

    def embed_tags(self, text):
        return text.mean(axis=1)


@pytest.fixture
def labelled(tmp_path):
    rng = np.random.default_rng(0)
    kinds = [["red"], ["green"], ["blue"], ["red", "blue"]]
    photos = {f"{number}.png": kinds[number % 4] for number in range(120)}
    return write_labelled(tmp_path / "coco", photos, rng)


def run(data, **changes):
    return evaluate_review(
        setting_of(data, seeds=2, **changes), model=Seer(), text=ColourWords(), cap=100
    )


@pytest.fixture
def task():
    rng = np.random.default_rng(0)
    traits = rng.normal(size=(300, 6)).astype(np.float32)
    right = traits[:, :3] > 1
    words = np.eye(6, dtype=np.float32)[:3]
    spread = Spread.of(traits)
    return Task(
        ("a", "b", "c"),
        words,
        spread,
        traits[:200],
        right[:200],
        traits[200:],
        right[200:],
        np.array([0.16, np.nan, 0.16], dtype=np.float32),
    )


def test_all_rules_are_compared_from_names_and_from_one_photo(labelled, tmp_path):
    report = run(labelled, plots=tmp_path / "plots")
    answer = json.loads(json.dumps(report.to_json()))
    assert len(report.tables) == 3
    for table in report.tables:
        assert [row.name for row in table.rows] == list(RULES)
    assert all(0 <= row["f1"] <= 1 for row in answer["rows"])
    assert len(answer["plots"]) == 3
    assert all((tmp_path / "plots" / name).stat().st_size > 5000 for name in answer["plots"])


def test_what_was_not_reached_is_empty(labelled, monkeypatch):
    monkeypatch.setattr("photoorg.evaluation.review.WANTED", 1.1)
    for table in run(labelled).tables:
        for row in table.rows:
            assert row.figures["presses"] is None
            assert "presses" not in row.std


@pytest.mark.parametrize("name", RULES)
def test_no_question_is_asked_twice_and_each_was_open(name):
    rng = np.random.default_rng(3)
    said = rng.integers(-1, 2, (60, 5)).astype(np.int8)
    rows, columns = RULES[name](rng.random((60, 5)).astype(np.float32), said, 20, rng)
    assert len(set(zip(rows.tolist(), columns.tolist(), strict=True))) == 20
    assert (said[rows, columns] == 0).all()


def test_the_simulated_rule_is_that_of_the_product():
    p = np.random.default_rng(3).random((60, 5)).astype(np.float32)
    said = np.zeros((60, 5), dtype=np.int8)
    said[:4, 2] = 1
    rows, columns = RULES["photoorg"](p, said, 20, np.random.default_rng(5))
    known = p.copy()
    known[:4, 2] = 1
    expected = choose_questions(
        known, said == 0, np.array([0, 0, 4, 0, 0]), 20, np.random.default_rng(5)
    )
    assert rows.tolist() == [each.row for each in expected]
    assert columns.tolist() == [each.column for each in expected]


def test_presses_are_counted_up_to_the_cap(task):
    sitting = simulate(task, RULES["photoorg"], examples=0, seed=0, cap=110, batch=50)
    assert sitting.presses == (0, 50, 100, 110)
    assert sitting.figures()["f1_at_500"] == sitting.judged[-1]
    assert len(sitting.judged) == len(sitting.library) == 4
    assert sitting.judged[-1] > 0.5


def test_the_best_bars_are_no_worse_than_any_that_can_be_known(task):
    figures = simulate(task, RULES["photoorg"], examples=0, seed=0, cap=60).figures()
    for name in ("f1", "f1_at_half", "f1_learned_thresholds"):
        assert 0 <= figures[name] <= figures["f1_best_bars"] <= 1
    assert 0.5 < figures["map"] <= 1


def test_all_answers_are_as_good_as_it_gets(task):
    sitting = simulate(task, RULES["random"], examples=0, seed=0, cap=10_000, batch=300)
    assert sitting.presses[-1] == 200 * 3
    assert f1_of_all_answers(task) == pytest.approx(sitting.judged[-1])


def test_answers_of_highest_expected_f1_are_judged_without_the_judges_labels(task):
    other = replace(task, right=~task.right)
    one, two = (
        simulate(each, RULES["photoorg"], examples=0, seed=0, cap=50) for each in (task, other)
    )
    assert one.presses == two.presses
    assert one.library == two.library
    assert one.judged != two.judged


def test_each_half_of_the_unseen_photos_judges_once(labelled, monkeypatch):
    asked = []

    def spy(task, rule, **changes):
        asked.append((len(task.library), len(task.judges)))
        return simulate(task, rule, **changes)

    monkeypatch.setattr("photoorg.evaluation.review.simulate", spy)
    run(labelled)
    halves = asked[-2 * len(RULES) :]
    assert {sum(each) for each in halves} == {sum(halves[0])}
    assert halves[0] == halves[1][::-1]


def test_a_library_that_was_asked_about_wholly_is_right(task):
    sitting = simulate(task, RULES["random"], examples=1, seed=0, cap=10_000, batch=200)
    assert sitting.presses[-1] == 200 * 3 - 3  # one photo a tag was given before
    assert sitting.library[-1] == 1
    assert sitting.figures()["f1_library_at_500"] == sitting.library[2]  # after 400 presses
    assert sitting.library[2] < 1
    assert sitting.figures()["presses_library"] <= sitting.presses[-1]


def test_the_same_seed_gives_the_same_review(task):
    one, other = (
        simulate(task, RULES["photoorg"], examples=1, seed=4, cap=100, batch=50) for _ in range(2)
    )
    assert one == other


def test_folders_without_enough_labels_are_refused(tmp_path):
    with pytest.raises(UsageProblem):
        run(tmp_path)
    rng = np.random.default_rng(0)
    with pytest.raises(UsageProblem, match="too few"):
        run(write_labelled(tmp_path / "few", {"1.png": ["red"]}, rng))


def test_the_review_can_be_cancelled(labelled):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        run(labelled, token=token)
