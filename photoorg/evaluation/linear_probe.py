"""How much of a concept can be read off features: logistic regression, judged by the ROC curve.

Paper 000, section 4, has "L2-regularized logistic regression classifiers" and does not say how the
regularisation was chosen. Here each kind of features gets the one strength, out of the same few,
that is best on photos held out of the training.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats: TypeAlias = NDArray[np.float32]

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Penalties rho of `logistic_scores`. With n photos they are 1 / (C n) of scikit-learn's C."""

_ITERATIONS = 100


def logistic_scores(
    features: Floats | csr_matrix,
    truth: NDArray[np.bool_],
    rows: NDArray[np.int64],
    strengths: tuple[float, ...] = STRENGTHS,
    *,
    barred: NDArray[np.bool_] | None = None,
) -> Floats:
    """Fit classifiers for several concepts and penalties at once; return their scores.

    For each concept and penalty rho, independently of each other,

        mean over rows of log(1 + exp(-y (x w + b))) + rho / 2 |w|^2,   y = 1 or -1

    is minimised by L-BFGS. All of them share the products with the features, which is what costs.

    Args:
        features: [n, d].
        truth: bool [n, k].
        rows: int64, which photos to learn from.
        strengths: the penalties, s of them.
        barred: bool [d, k], features that a concept's classifier may not use; by default it may use
            all.

    Returns:
        [n, k, s], scores of all photos.
    """
    from scipy.optimize import minimize

    count, dimension = len(strengths), features.shape[1]
    signs = np.repeat(np.where(truth[rows], 1.0, -1.0), count, axis=1).astype(np.float32)
    penalty = np.tile(np.array(strengths, dtype=np.float32), truth.shape[1])
    learned = features[rows]
    transposed = learned.T
    size = dimension * signs.shape[1]
    usable = None if barred is None else ~np.repeat(barred, count, axis=1)

    def objective(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weight = parameters[:size].reshape(dimension, -1).astype(np.float32)
        bias = parameters[size:].astype(np.float32)
        margins = signs * (learned @ weight + bias)
        # 1 / (1 + exp(m)), by the hyperbolic tangent, which overflows for no argument.
        slope = -signs * (1 - np.tanh(margins / 2)) / 2 / len(rows)
        loss = np.logaddexp(0, -margins).sum() / len(rows) + 0.5 * (penalty * weight**2).sum()
        by_weight = transposed @ slope + penalty * weight
        if usable is not None:
            by_weight *= usable  # weights begin at zero, and these stay there
        gradient = np.concatenate([by_weight.ravel(), slope.sum(axis=0)])
        return float(loss), gradient.astype(np.float64)

    start = np.zeros(size + signs.shape[1])
    found = minimize(
        objective,
        start,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": _ITERATIONS, "maxcor": 20, "gtol": 1e-4, "ftol": 1e-6},
    ).x
    weight = found[:size].reshape(dimension, -1).astype(np.float32)
    scores = features @ weight + found[size:].astype(np.float32)
    return np.asarray(scores, dtype=np.float32).reshape(len(truth), truth.shape[1], count)


def roc_auc(scores: NDArray[np.floating], relevant: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve: the share of right-wrong pairs in the right order.

    A tie counts half. NaN where all or none are relevant.
    """
    positives = int(relevant.sum())
    negatives = len(relevant) - positives
    if not positives or not negatives:
        return float("nan")
    values, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    del values
    ranks = np.cumsum(counts) - (counts - 1) / 2  # of equals, their mean rank
    over = ranks[place][relevant].sum() - positives * (positives + 1) / 2
    return float(over / (positives * negatives))


def aucs(scores: Floats, truth: NDArray[np.bool_], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the area under the curve over some rows for scores [n, k, s]: [k, s]."""
    return np.array(
        [
            [roc_auc(scores[rows, j, s], truth[rows, j]) for s in range(scores.shape[2])]
            for j in range(scores.shape[1])
        ]
    )


def standardised(features: Floats, rows: NDArray[np.int64]) -> Floats:
    """Bring columns to zero mean and unit variance over some rows; constant ones to zero."""
    mean, deviation = features[rows].mean(axis=0), features[rows].std(axis=0)
    scale = np.where(deviation > 1e-6, 1 / np.maximum(deviation, 1e-6), 0)
    return np.asarray((features - mean) * scale, dtype=np.float32)
