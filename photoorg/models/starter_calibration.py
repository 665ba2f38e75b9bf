"""From cosines to honest probabilities: fitted on photos that the heads never saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from photoorg.models.starter_parts import Calibration, calibration_terms, sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from photoorg.models.starter_parts import Background

_RIDGE = 1.0
_ITERATIONS = 50
_OFFSET_DEVIATION = 1.0
"""How far, in log odds, a word's own offset is expected to stray from the common calibration."""


def fit_calibration(
    scores: NDArray[np.float32],
    statistics: NDArray[np.float32],
    truth: NDArray[np.bool_],
    weights: NDArray[np.float32] | None = None,
) -> Calibration:
    """Fit a logistic regression (Platt 1999) by Newton's method with a small ridge.

    Args:
        scores: [n, q] cosines.
        statistics: [3, q] of each query's background.
        truth: [n, q] what is right.
        weights: [n, q] how much each pair counts; None for all alike.
    """
    terms = calibration_terms(scores, statistics)
    inputs = terms.reshape(-1, terms.shape[-1]).astype(np.float64)
    target = truth.ravel().astype(np.float64)
    weight = np.ones(len(target)) if weights is None else weights.ravel().astype(np.float64)
    solution = np.zeros(inputs.shape[1])
    for _ in range(_ITERATIONS):
        p = 1 / (1 + np.exp(-np.clip(inputs @ solution, -30, 30)))
        gradient = inputs.T @ (weight * (p - target)) + _RIDGE * solution
        curvature = (inputs * (weight * p * (1 - p))[:, None]).T @ inputs
        step = np.linalg.solve(curvature + _RIDGE * np.eye(len(solution)), gradient)
        solution -= step
        if np.abs(step).max() < 1e-8:
            break
    return Calibration(solution.astype(np.float32))


def fit_offsets(
    logits: NDArray[np.float32], truth: NDArray[np.float32], mask: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return each word's own offset [q], shrunk to zero where there are few examples.

    The mode of the posterior under a normal prior around the common calibration.

    Args:
        logits: [n, q] log odds by the common calibration.
        truth: [n, q] how likely it is that the word applies, 0 to 1.
        mask: [n, q] pairs of which something is known.
    """
    offsets = np.zeros(logits.shape[1])
    for _ in range(_ITERATIONS):
        p = sigmoid((logits + offsets).astype(np.float32)).astype(np.float64)
        gradient = ((p - truth) * mask).sum(axis=0) + offsets / _OFFSET_DEVIATION**2
        curvature = (p * (1 - p) * mask).sum(axis=0) + _OFFSET_DEVIATION**-2
        offsets -= np.clip(gradient / curvature, -1.0, 1.0)
    return offsets.astype(np.float32)


def fit_relevance(
    background: Background,
    words: NDArray[np.float32],
    photos: NDArray[np.float32],
    labels: NDArray[np.bool_],
    sentences: NDArray[np.float32],
    captioned: NDArray[np.float32],
) -> Calibration:
    """Fit one calibration for queries of all lengths; the background tells them apart.

    A caption's own photo is the only one known to be right, though others of the set would do as
    well. So photos with a high score that nobody said yes to count little.

    Args:
        background: what scores are measured against.
        words: [w, d] embedded labels.
        photos: [n, d] embedded labelled photos.
        labels: [n, w] which label applies to which.
        sentences: [s, d] embedded captions, the same number for each captioned photo, in order.
        captioned: [c, d] embedded captioned photos.
    """
    word_scores = photos @ words.T
    sentence_scores = captioned @ sentences.T
    owner = np.arange(len(sentences)) // max(len(sentences) // max(len(captioned), 1), 1)
    own = np.arange(len(captioned))[:, None] == owner[None, :]
    flat = [
        np.concatenate([a.ravel(), b.ravel()])
        for a, b in (
            (word_scores, sentence_scores),
            (labels, own),
            (np.ones_like(word_scores), np.where(own, 1.0, _UNJUDGED).astype(np.float32)),
        )
    ]
    statistics = [
        np.concatenate(
            [
                np.broadcast_to(word_row, word_scores.shape).ravel(),
                np.broadcast_to(sentence_row, sentence_scores.shape).ravel(),
            ]
        )
        for word_row, sentence_row in zip(
            background.statistics(words), background.statistics(sentences), strict=True
        )
    ]
    return fit_calibration(flat[0], np.stack(statistics), flat[1].astype(np.bool_), flat[2])


_UNJUDGED = 0.1
