from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoorg.models.expected_f1 import best_answers
from photoorg.models.metrics import macro_f1

shares = st.integers(0, 20).map(lambda number: number / 20)


def floats(values):
    return np.asarray(values, dtype=np.float32)


@given(st.lists(st.tuples(shares, shares), min_size=1, max_size=12))
def test_no_other_length_promises_more(rows):
    probability = floats(rows)
    best = best_answers(probability)
    for tag, column in enumerate(probability.T.astype(np.float64)):
        ranked, mass = np.sort(column)[::-1], column.sum()
        tried = [2 * ranked[:k].sum() / (k + mass) for k in range(1, len(ranked) + 1)]
        assert best.f1[tag] == pytest.approx(max(tried), abs=1e-6)
        assert best.mass[tag] == pytest.approx(mass, abs=1e-5)
        given_to = best.given[:, tag]
        assert given_to.sum() == best.length[tag]
        if mass == 0:
            assert not given_to.any()
            continue
        # Above the bar is in, below it is out.
        bar = best.f1[tag] / 2
        assert (given_to[column > bar + 1e-6]).all()
        assert not given_to[column < bar - 1e-6].any()


def test_what_is_known_is_given_or_not():
    probability = floats([[1], [1], [0], [0.3], [0]])
    assert best_answers(probability).given[:, 0].tolist()[:3] == [True, True, False]


def test_of_no_photo_there_is_no_answer():
    best = best_answers(np.zeros((0, 3), dtype=np.float32))
    assert best.given.shape == (0, 3)
    assert best.f1.tolist() == [0, 0, 0]


def test_rare_tags_get_more_than_by_a_flat_bar():
    rng = np.random.default_rng(0)
    probability = floats(rng.beta(0.05, 2, (800, 60)))
    right = rng.random(probability.shape) < probability
    expected = macro_f1(best_answers(probability).given, right)
    assert expected > macro_f1(probability >= 0.5, right) + 0.05
