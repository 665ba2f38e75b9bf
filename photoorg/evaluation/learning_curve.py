"""How fast tags are learned from examples: baselines for what learns a person's own tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from photoorg.evaluation.linear_probe import logistic_scores, standardised
from photoorg.models.base import unit_rows
from photoorg.models.metrics import mean_average_precision

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Rows = NDArray[np.int64]
    Truth = NDArray[np.bool_]

EXAMPLES = (5, 20, 100)
"""Tagged photos per tag."""

_STRENGTHS = (3e-3, 1e-2, 3e-2, 1e-1, 3e-1)
"""Penalties to choose from, for standardised vectors."""

_NEIGHBOURS = 10


class Learner(Protocol):
    """Something that learns tags from photos that carry them."""

    @property
    def name(self) -> str:
        """As it is called in a table."""

    def probabilities(self, visual: Floats, truth: Truth, examples: Rows) -> Floats:
        """Return how likely each photo carries each tag, [photos, tags].

        Args:
            visual: [photos, d], of all photos.
            truth: bool [photos, tags]; only the rows of the examples may be looked at.
            examples: rows of the photos to learn from.
        """


class LogisticRegression:
    """A classifier for each tag over the standardised visual vector."""

    name = "logistic regression"

    def __init__(self, strength: float) -> None:
        """Take the weight of the penalty; see `linear_probe.logistic_scores`."""
        self._strength = strength

    def probabilities(self, visual: Floats, truth: Truth, examples: Rows) -> Floats:
        features = standardised(visual, examples)
        scores = logistic_scores(features, truth, examples, (self._strength,))[:, :, 0]
        return np.asarray((1 + np.tanh(scores / 2)) / 2, dtype=np.float32)


class NearestNeighbours:
    """Of the ten most similar examples, the share that carries the tag, weighted by similarity."""

    name = "nearest neighbours"

    def probabilities(self, visual: Floats, truth: Truth, examples: Rows) -> Floats:
        unit = unit_rows(visual)
        likeness = unit @ unit[examples].T
        k = min(_NEIGHBOURS, len(examples))
        nearest = np.argsort(-likeness, axis=1, kind="stable")[:, :k]
        weights = np.maximum(np.take_along_axis(likeness, nearest, axis=1), 1e-6)
        weights /= weights.sum(axis=1, keepdims=True)
        carried = truth[examples][nearest]
        return np.asarray(np.einsum("nk,nkt->nt", weights, carried), dtype=np.float32)


def co_occurrence(truth: Truth, examples: Rows, given: NDArray[np.int64]) -> Floats:
    """Return how likely photos carry each tag, going by one tag of theirs: [photos, tags].

    The share, among the examples with the given tag, of those that carry the other one; smoothed by
    one photo that carries tags as the average photo does.

    Args:
        truth: bool [all photos, tags], of which the rows of the examples are looked at.
        examples: rows to learn from.
        given: [photos], the tag that is known of each judged photo.
    """
    carried = truth[examples].astype(np.float32)
    together = carried.T @ carried
    usual = carried.mean(axis=0)
    counts = np.diag(together)
    return np.asarray((together + usual) / (counts + 1)[:, None], dtype=np.float32)[given]


def choose_examples(truth: Truth, rows: Rows, per_tag: int, *, seed: int) -> Rows:
    """Draw photos so that each tag has so many, or all it has; ascending.

    Rare tags draw first, and what they drew counts for the others.

    Args:
        truth: bool [photos, tags].
        rows: photos to draw from.
        per_tag: photos wanted for each tag.
        seed: of the draw.
    """
    rng = np.random.default_rng(seed)
    taken = np.zeros(len(truth), dtype=np.bool_)
    for tag in np.argsort(truth[rows].sum(axis=0), kind="stable"):
        carriers = rows[truth[rows, tag]]
        missing = per_tag - int(taken[carriers].sum())
        free = carriers[~taken[carriers]]
        if missing > 0 and len(free):
            taken[rng.permutation(free)[:missing]] = True
    return np.flatnonzero(taken)


def choose_strength(visual: Floats, truth: Truth, examples: Rows, held_out: Rows) -> float:
    """Return the penalty with the best mean average precision on photos held out for the choice."""
    if not len(held_out) or not truth[held_out].any():
        return _STRENGTHS[len(_STRENGTHS) // 2]
    found = {
        strength: mean_average_precision(
            LogisticRegression(strength).probabilities(visual, truth, examples)[held_out],
            truth[held_out],
        )[0]
        for strength in _STRENGTHS
    }
    return max(found, key=lambda strength: found[strength])
