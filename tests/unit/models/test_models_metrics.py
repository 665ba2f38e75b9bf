"""Each figure of merit against a reference that spells it out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from photoorg.models.metrics import (
    average_precision,
    best_macro_f1,
    best_ranks,
    calibration_error,
    f1_at_k,
    macro_f1,
    mean_average_precision,
    precision_above,
    precision_at_k,
    retrieval_figures,
)

# Few distinct values, so that ties happen.
SCORES = st.integers(0, 4).map(float)


def naive_average_precision(scores, relevant):
    order = sorted(range(len(scores)), key=lambda i: (-scores[i], relevant[i]))
    hits, total = 0, 0.0
    for rank, item in enumerate(order, start=1):
        if relevant[item]:
            hits += 1
            total += hits / rank
    return total / hits


@given(arrays(float, 9, elements=SCORES), arrays(bool, 9))
def test_average_precision_is_that_of_the_spelled_out_sum(scores, relevant):
    if relevant.any():
        expected = naive_average_precision(scores, relevant)
        assert average_precision(scores, relevant) == pytest.approx(expected)
    else:
        assert np.isnan(average_precision(scores, relevant))


def test_average_precision_agrees_with_scikit_learn_where_nothing_ties():
    sklearn_metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    scores, relevant = rng.permutation(50) / 50, rng.random(50) < 0.3
    expected = sklearn_metrics.average_precision_score(relevant, scores)
    assert average_precision(scores, relevant) == pytest.approx(expected)


def test_a_score_that_is_no_number_is_the_worst():
    relevant = np.array([True, False, True])
    assert average_precision(np.array([np.nan, 0.0, 1.0]), relevant) == pytest.approx(
        (1 + 2 / 3) / 2
    )
    assert average_precision(np.array([np.nan] * 3), relevant) == pytest.approx((1 / 2 + 2 / 3) / 2)


@given(arrays(float, (7, 4), elements=SCORES), arrays(bool, (7, 4)))
def test_mean_average_precision_is_the_mean_over_labels_that_occur(scores, relevant):
    mean, each = mean_average_precision(scores, relevant)
    alone = [average_precision(scores[:, label], relevant[:, label]) for label in range(4)]
    assert np.array_equal(each, alone, equal_nan=True)
    if relevant.any():
        assert mean == pytest.approx(np.nanmean(alone))
    else:
        assert np.isnan(mean)


@given(arrays(float, (4, 6), elements=SCORES), arrays(bool, (4, 6)))
def test_best_rank_counts_wrong_items_that_are_not_below_the_best_right_one(scores, relevant):
    relevant[:, 0] = True
    for query, rank in enumerate(best_ranks(scores, relevant)):
        best = max(s for s, r in zip(scores[query], relevant[query], strict=True) if r)
        ahead = [
            s for s, r in zip(scores[query], relevant[query], strict=True) if not r and s >= best
        ]
        assert rank == 1 + len(ahead)


def test_a_model_that_cannot_tell_photos_apart_gets_nothing():
    ranks = best_ranks(np.zeros((5, 5)), np.eye(5, dtype=bool))
    assert retrieval_figures(ranks, (1, 4)).recall_at == {1: 0.0, 4: 0.0}


def test_queries_without_a_right_answer_are_refused():
    with pytest.raises(ValueError, match="right answer"):
        best_ranks(np.zeros((1, 2)), np.zeros((1, 2), dtype=bool))


def test_retrieval_figures_are_percent_and_median():
    figures = retrieval_figures(np.array([1, 3, 7, 20]))
    assert figures.to_json() == {"r@1": 25.0, "r@5": 50.0, "r@10": 75.0, "median_rank": 5.0}


def test_mean_average_precision_leaves_out_labels_that_never_occur():
    scores = np.array([[0.9, 0.1], [0.2, 0.8]])
    relevant = np.array([[True, False], [False, False]])
    mean, each = mean_average_precision(scores, relevant)
    assert mean == 1.0
    assert np.isnan(each[1])


def test_f1_at_k_counts_over_all_photos():
    scores = np.array([[3, 2, 1], [1, 2, 3]])
    relevant = np.array([[True, False, True], [False, False, True]])
    # Given 4, wanted 3, right 2.
    assert f1_at_k(scores, relevant, 2) == pytest.approx(2 * 2 / (4 + 3))


def test_precision_above_the_threshold_includes_what_reaches_it():
    probabilities, relevant = np.array([0.5, 0.6, 0.4]), np.array([True, False, True])
    assert precision_above(probabilities, relevant, 0.5) == (0.5, 0.5)
    assert np.isnan(precision_above(probabilities, relevant, 0.9)[0])


def test_calibration_error_is_the_mean_gap_between_said_and_true():
    said = np.array([0.85, 0.85, 0.85, 0.85, 0.15])
    true = np.array([True, True, False, False, False])
    assert calibration_error(said, true) == pytest.approx((4 * 0.35 + 0.15) / 5)
    assert calibration_error(np.array([1.0, 0.0]), np.array([True, False])) == 0.0


def test_precision_at_k_asks_for_a_shared_label():
    labels = np.array([[1, 0], [1, 1], [0, 1]], dtype=bool)
    neighbours = np.array([[1, 2], [0, 2], [1, 0]])
    assert precision_at_k(neighbours, labels, 2).tolist() == [0.5, 1.0, 0.5]


def test_macro_f1_is_the_mean_over_labels_that_occur():
    relevant = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0]], dtype=bool)
    chosen = np.array([[1, 0, 1], [0, 0, 0], [1, 0, 0], [0, 0, 0]], dtype=bool)
    # One of two found and one of two right; never given; never there.
    assert macro_f1(chosen, relevant) == pytest.approx((0.5 + 0) / 2)
    assert macro_f1(relevant, relevant) == 1
    assert np.isnan(macro_f1(chosen, np.zeros_like(relevant)))


@given(st.integers(0, 2**32 - 1))
def test_best_macro_f1_is_what_trying_all_bars_finds(seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 6, (15, 4)) / 5
    relevant = rng.random(scores.shape) < 0.3
    tried = [
        max(
            macro_f1(scores[:, [label]] >= bar, relevant[:, [label]])
            for bar in np.unique(scores[:, label])
        )
        for label in np.flatnonzero(relevant.any(axis=0))
    ]
    if tried:
        assert best_macro_f1(scores, relevant) == pytest.approx(np.mean(tried))
    else:
        assert np.isnan(best_macro_f1(scores, relevant))
