from __future__ import annotations

import numpy as np
import pytest

from photoorg.models.questions import POOL, choose_questions


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def ask(probability, limit, rng, *, answers=None, free=None):
    probability = np.asarray(probability, dtype=np.float32)
    if answers is None:
        answers = np.zeros(probability.shape[1], dtype=np.int64)
    if free is None:
        free = np.ones(probability.shape, dtype=bool)
    return choose_questions(probability, free, np.asarray(answers), limit, rng)


def test_each_photo_is_asked_about_once_and_each_tag_as_often(rng):
    chosen = ask(rng.random((200, 4)), 40, rng)
    assert len({row for row, _ in chosen}) == 40
    assert np.bincount([column for _, column in chosen]).tolist() == [10, 10, 10, 10]


def test_the_tag_with_the_fewest_answers_comes_first(rng):
    chosen = ask(rng.random((50, 3)), 9, rng, answers=[6, 0, 6])
    assert [column for _, column in chosen[:6]] == [1] * 6
    assert sorted(column for _, column in chosen[6:]) == [0, 1, 2]


def test_only_the_most_probable_photos_are_asked_about(rng):
    probability = np.linspace(0, 1, 400)[:, None]
    rows = [ask(probability, 1, np.random.default_rng(seed))[0][0] for seed in range(100)]
    assert min(rows) >= 400 - POOL
    assert len(set(rows)) > 20


def test_what_may_not_be_asked_is_not_asked(rng):
    free = np.zeros((30, 2), dtype=bool)
    free[[3, 7], 1] = True
    assert sorted(ask(rng.random((30, 2)), 10, rng, free=free)) == [(3, 1), (7, 1)]


def test_nothing_to_ask_is_no_question(rng):
    assert ask(np.zeros((0, 2)), 5, rng) == []
    assert ask(np.zeros((5, 0)), 5, rng) == []
    assert ask(rng.random((5, 2)), 0, rng) == []
