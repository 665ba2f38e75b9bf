from __future__ import annotations

import numpy as np
import pytest

from photoorg.models.expected_f1 import best_answers
from photoorg.models.questions import _UNTAUGHT, Question, choose_questions
from photoorg.models.questions import usefulness as usefulness_of


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def floats(values):
    return np.asarray(values, dtype=np.float32)


def usefulness(probability, examples=99):
    return usefulness_of(probability, np.full(probability.shape[1], examples))


def ask(probability, limit, rng, *, free=None) -> list[Question]:
    probability = floats(probability)
    if free is None:
        free = np.ones(probability.shape, dtype=bool)
    examples = np.full(probability.shape[1], 99)
    return choose_questions(probability, free, examples, limit, rng)


def test_each_photo_is_asked_about_once_most_useful_first(rng):
    probability = floats(rng.random((200, 4)))
    chosen = ask(probability, 40, rng)
    assert len({each.row for each in chosen}) == 40
    useful = usefulness(probability)
    found = [each.usefulness for each in chosen]
    assert found == sorted(found, reverse=True)
    for each in chosen:
        assert each.usefulness == useful[each.row, each.column] == useful[each.row].max()
    left = np.setdiff1d(np.arange(200), [each.row for each in chosen])
    assert useful[left].max() <= found[-1]


def test_what_lies_at_the_bar_is_most_useful():
    probability = floats(np.linspace(0, 1, 201))[:, None]
    bar = best_answers(probability).f1[0] / 2
    assert probability[usefulness(probability)[:, 0].argmax(), 0] == pytest.approx(bar, abs=0.01)
    assert usefulness(probability)[[0, -1]].tolist() == [[0], [0]]


def test_a_rare_tag_is_more_useful_to_ask_about_than_a_common_one():
    rare, common = np.full(100, 0.001), np.full(100, 0.001)
    rare[:2], common[:40] = 0.9, 0.9
    rare[50] = common[50] = 0.4
    useful = usefulness(floats(np.stack([rare, common], axis=1)))
    assert useful[50, 0] > 5 * useful[50, 1]


def test_a_common_tag_is_asked_about_until_it_has_its_examples():
    common = floats(np.r_[np.full(400, 0.9), np.full(100, 0.4)])[:, None]
    assert best_answers(common).length[0] >= 10 * _UNTAUGHT
    few, enough = usefulness(common, 4).max(), usefulness(common, 5).max()
    assert few > 10 * enough
    rare = floats(np.r_[0.9, 0.4, np.full(498, 0.001)])[:, None]
    np.testing.assert_array_equal(usefulness(rare, 0), usefulness(rare, 5))
    assert usefulness(rare, 5).max() > few


def test_a_tag_that_is_on_no_photo_is_not_asked_about_for_ever():
    probability = np.zeros((50, 2))
    probability[:, 0] = 0.0001
    probability[:5, 1] = [1, 1, 1, 0.5, 0.5]
    useful = usefulness(floats(probability))
    assert useful[:, 0].max() < useful[:, 1].max() / 10


def test_the_answer_is_expected_to_raise_the_f1_by_so_much(rng):
    """Compare with trying both answers, in a tag with many photos, of which one changes little."""
    probability = floats(rng.beta(0.3, 1.5, (400, 1)))
    useful = usefulness(probability)[:, 0]
    before = best_answers(probability).f1[0]
    rises = []
    for row in range(400):
        rise = -before
        for answer, chance in ((1, probability[row, 0]), (0, 1 - probability[row, 0])):
            known = probability.copy()
            known[row, 0] = answer
            rise += chance * best_answers(known).f1[0]
        rises.append(rise)
    np.testing.assert_allclose(rises, useful, atol=2e-4)
    assert np.corrcoef(rises, useful)[0, 1] > 0.95


def test_among_equals_any_may_come_first():
    probability = np.full((30, 3), 0.2)
    first = [ask(probability, 1, np.random.default_rng(seed))[0] for seed in range(60)]
    assert {each.column for each in first} == {0, 1, 2}
    assert len({each.row for each in first}) > 15


def test_what_may_not_be_asked_is_not_asked(rng):
    free = np.zeros((30, 2), dtype=bool)
    free[[3, 7], 1] = True
    chosen = ask(rng.random((30, 2)), 10, rng, free=free)
    assert sorted((each.row, each.column) for each in chosen) == [(3, 1), (7, 1)]


def test_what_helps_nothing_is_asked_at_last_rather_than_never(rng):
    assert sorted(each.row for each in ask(np.zeros((6, 2)), 10, rng)) == list(range(6))


def test_nothing_to_ask_is_no_question(rng):
    assert ask(np.zeros((0, 2)), 5, rng) == []
    assert ask(np.zeros((5, 0)), 5, rng) == []
    assert ask(rng.random((5, 2)), 0, rng) == []
