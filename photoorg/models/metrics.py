"""Figures of merit, each checked in the tests against a naive reference.

Ranks count ties against the system that is measured: an item that merely ties with the right answer
is taken to stand before it. A model that answers everything with the same score thus gets nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_CALIBRATION_BINS = 10


@dataclass(frozen=True, slots=True)
class RetrievalFigures:
    """How well queries find what belongs to them.

    Attributes:
        recall_at: percent of queries with a right answer among the first k, by k.
        median_rank: median over the queries of the best right answer's rank, from 1.
    """

    recall_at: Mapping[int, float]
    median_rank: float

    def to_json(self) -> dict[str, float]:
        figures = {f"r@{k}": round(value, 2) for k, value in self.recall_at.items()}
        return {**figures, "median_rank": self.median_rank}


def best_ranks(scores: NDArray[np.floating], relevant: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the rank, from 1, of each query's best right answer.

    Args:
        scores: [queries, items], higher is better.
        relevant: [queries, items].

    Returns:
        [queries].

    Raises:
        ValueError: the shapes differ, or a query has no right answer.
    """
    if scores.shape != relevant.shape:
        raise ValueError(f"scores {scores.shape} and relevant {relevant.shape} differ")
    if not relevant.any(axis=1).all():
        raise ValueError("each query needs at least one right answer")
    best = np.where(relevant, scores, -np.inf).max(axis=1, keepdims=True)
    ahead = (scores >= best) & ~relevant
    ranks: NDArray[np.int64] = 1 + ahead.sum(axis=1)
    return ranks


def retrieval_figures(
    ranks: NDArray[np.int64], cutoffs: tuple[int, ...] = (1, 5, 10)
) -> RetrievalFigures:
    """Summarise ranks [queries] (from 1) as recall at k, in percent, and median rank."""
    recall = {k: 100.0 * float((ranks <= k).mean()) for k in cutoffs}
    return RetrievalFigures(recall, float(np.median(ranks)))


def average_precision(scores: NDArray[np.floating], relevant: NDArray[np.bool_]) -> float:
    """Return the mean, over the right items, of the precision at their rank.

    Args:
        scores: [items].
        relevant: [items].

    Returns:
        0 to 1; NaN where nothing is relevant.
    """
    if not relevant.any():
        return float("nan")
    scores = np.where(np.isnan(scores), -np.inf, scores)  # no answer is the worst one
    right = np.sort(scores[relevant])[::-1]
    wrong = np.sort(scores[~relevant])
    # Wrong items first among equals: ties count against the system.
    ahead = len(wrong) - np.searchsorted(wrong, right, side="left")
    found = np.arange(1, len(right) + 1)
    return float((found / (found + ahead)).mean())


def mean_average_precision(
    scores: NDArray[np.floating], relevant: NDArray[np.bool_]
) -> tuple[float, NDArray[np.float64]]:
    """Rank items for each label and average over the labels that occur.

    Args:
        scores: [items, labels].
        relevant: [items, labels].

    Returns:
        The mean over labels with at least one right item (NaN if there is none), and
        [labels] average precisions with NaN for the others.
    """
    columns = np.ascontiguousarray(scores.T), np.ascontiguousarray(relevant.T)
    each = np.array([average_precision(*pair) for pair in zip(*columns, strict=True)])
    known = each[~np.isnan(each)]
    return (float(known.mean()) if len(known) else float("nan")), each


def f1_at_k(scores: NDArray[np.floating], relevant: NDArray[np.bool_], k: int) -> float:
    """Return the F1 of giving every item its k best labels, counted over all items together.

    Args:
        scores: [items, labels].
        relevant: [items, labels].
        k: labels given to each item, or all where there are fewer.
    """
    k = min(k, scores.shape[1])
    top = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    hits = int(np.take_along_axis(relevant, top, axis=1).sum())
    given, wanted = top.size, int(relevant.sum())
    return 2 * hits / (given + wanted) if given + wanted else float("nan")


def macro_f1(given: NDArray[np.bool_], relevant: NDArray[np.bool_]) -> float:
    """Return the mean F1 of the labels that occur; one that is never given rightly counts 0.

    Args:
        given: bool [items, labels].
        relevant: bool [items, labels].

    Returns:
        0 to 1, or NaN where no label occurs.
    """
    occurs = relevant.any(axis=0)
    if not occurs.any():
        return float("nan")
    right = (given & relevant).sum(axis=0)[occurs]
    return float(np.mean(2 * right / (given.sum(axis=0) + relevant.sum(axis=0))[occurs]))


def best_macro_f1(scores: NDArray[np.floating], relevant: NDArray[np.bool_]) -> float:
    """Return macro-F1 with the best bar for each label, which only who knows the answers can set.

    Items of the same score are all above a bar or all below it.

    Args:
        scores: [items, labels].
        relevant: [items, labels].

    Returns:
        0 to 1, or NaN where no label occurs.
    """
    best = []
    for label in np.flatnonzero(relevant.any(axis=0)).tolist():
        order = np.argsort(-scores[:, label], kind="stable")
        ranked, right = scores[order, label], np.cumsum(relevant[order, label])
        last = np.append(ranked[1:] != ranked[:-1], True)
        f1 = 2 * right / (np.arange(1, len(right) + 1) + right[-1])
        best.append(f1[last].max())
    return float(np.mean(best)) if best else float("nan")


def precision_above(
    probabilities: NDArray[np.floating],
    relevant: NDArray[np.bool_],
    threshold: float | NDArray[np.floating],
) -> tuple[float, float]:
    """Return precision and recall of everything whose probability reaches the threshold.

    The threshold is one for all, or one for each label: [labels].

    Precision is NaN where nothing reaches it, recall where nothing is relevant.
    """
    chosen = probabilities >= threshold
    hits = int((chosen & relevant).sum())
    taken, wanted = int(chosen.sum()), int(relevant.sum())
    return hits / taken if taken else float("nan"), hits / wanted if wanted else float("nan")


def calibration_error(
    probabilities: NDArray[np.floating],
    relevant: NDArray[np.bool_],
    bins: int = _CALIBRATION_BINS,
) -> float:
    """Return the expected calibration error over equally wide bins (Naeini et al. 2015).

    Args:
        probabilities: any shape, 0 to 1.
        relevant: the same shape.
        bins: how many intervals [0, 1] is cut into.
    """
    flat, truth = probabilities.ravel(), relevant.ravel()
    bin_of = np.minimum((flat * bins).astype(np.int64), bins - 1)
    count = np.bincount(bin_of, minlength=bins)
    said = np.bincount(bin_of, weights=flat, minlength=bins)
    true = np.bincount(bin_of, weights=truth.astype(np.float64), minlength=bins)
    return float(np.abs(said - true).sum() / max(int(count.sum()), 1))


def precision_at_k(
    neighbours: NDArray[np.int64], labels: NDArray[np.bool_], k: int
) -> NDArray[np.float64]:
    """Return, for each item, the share of its k neighbours that have a label in common with it.

    Args:
        neighbours: [items, >= k] row numbers, best first, without the item itself.
        labels: [items, labels].
        k: how many neighbours count.

    Returns:
        [items], 0 to 1.
    """
    shared = np.empty(len(neighbours), dtype=np.float64)
    for item, row in enumerate(neighbours[:, :k]):
        shared[item] = labels[row][:, labels[item]].any(axis=1).mean()
    return shared
