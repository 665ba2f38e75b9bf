"""From a model's scores to probabilities of tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from photoorg.core.errors import ModelFileProblem
from photoorg.features.storage import take_tensor
from photoorg.models.base import Observations, unit_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from photoorg.features.storage import ModelFile
    from photoorg.models.learned import Floats, LearnedModel
    from photoorg.models.training_data import TrainingData

_CALIBRATION_PHOTOS = 4000
_CALIBRATION_TAGS = 500
_WEAK = 1e-2
"""Strength of a penalty that matters only for tags that all photos or none carry."""

_USUAL = (0.5, 1.0, 0.0)
"""The calibration of a model of which nothing is known: tags are about as frequent as they are on
the training photos, and a score says something about them, but less than with most models."""

_CAUTION = 3.0
"""How much a calibration is held to that, in units of evidence: a few held-out photos carry a few
tags each, from which no more can be learned than that; hundreds of them overrule it."""

_CONVERGED = 1e-6
_LEAST_DEVIATION = 1e-6


@dataclass(frozen=True, slots=True)
class TagTable:
    """The tags that a model can suggest, with what turns its scores into probabilities.

    A score is compared with the tag's usual one: p = sigmoid(a z + b log-odds(prior) + c), where z
    is the score standardised by the tag's mean and deviation over the training photos. Fitted on
    photos that were held out, where there are some; the fewer they are, the more is it the usual
    calibration of any model.

    Attributes:
        names: the tags as the person writes them, most frequent first.
        vectors: float32 [k, text dimension].
        known: bool [k], whether the tag has a vector of its own meaning.
        mean: float32 [k] of the scores over the training photos.
        deviation: float32 [k] of them.
        log_odds: float32 [k] of the share of training photos that carry the tag.
        calibration: float32 [3]: a, b, c.
        relevance: float32 [2]: slope and offset of P(a text suits a photo | their cosine).
    """

    names: tuple[str, ...]
    vectors: Floats
    known: NDArray[np.bool_]
    mean: Floats
    deviation: Floats
    log_odds: Floats
    calibration: Floats
    relevance: Floats

    def probabilities(self, scores: Floats) -> Floats:
        """Map scores [n, k] to probabilities [n, k]; tags without a vector get 0."""
        z = (scores - self.mean) / self.deviation
        a, b, c = self.calibration
        return np.asarray(_sigmoid(a * z + b * self.log_odds + c) * self.known, dtype=np.float32)

    def relevance_of(self, cosine: Floats) -> Floats:
        """Map cosines of texts and photos to the probability that they belong together."""
        slope, offset = self.relevance
        return np.asarray(_sigmoid(slope * cosine + offset), dtype=np.float32)

    def tensors(self) -> dict[str, NDArray[Any]]:
        return {
            "tags.vectors": self.vectors,
            "tags.known": self.known,
            "tags.mean": self.mean,
            "tags.deviation": self.deviation,
            "tags.log_odds": self.log_odds,
            "tags.calibration": self.calibration,
            "tags.relevance": self.relevance,
        }

    @classmethod
    def take(cls, file: ModelFile, dimension: int) -> TagTable:
        """Read what `tensors` stored; the names are in the manifest.

        Raises:
            ModelFileProblem: a part is missing or of another shape.
        """
        names = file.manifest.config.get("tags")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ModelFileProblem(f"The {file.manifest.kind} model does not say its tags.")
        k = len(names)
        deviation = take_tensor(file, "tags.deviation", (k,))
        if not (deviation > 0).all():
            raise ModelFileProblem(f"The {file.manifest.kind} model has impossible deviations.")
        return cls(
            tuple(names),
            take_tensor(file, "tags.vectors", (k, dimension)),
            take_tensor(file, "tags.known", (k,)).astype(np.bool_),
            take_tensor(file, "tags.mean", (k,)),
            deviation,
            take_tensor(file, "tags.log_odds", (k,)),
            take_tensor(file, "tags.calibration", (3,)),
            take_tensor(file, "tags.relevance", (2,)),
        )


def fit_tag_table(model: LearnedModel[Any], data: TrainingData) -> TagTable:
    """Gather the tags of the training photos and calibrate their probabilities.

    Calibration is on the held-out photos. With none of them it is the usual one: of the photos that
    it learned from a model is so sure that nothing follows for others. (Relevance is then taken
    from them all the same.)
    """
    names = data.vocabulary()
    encoded = data.text.encode_words(names)
    training = data.training_rows
    sample = training[:: max(1, len(training) // _CALIBRATION_PHOTOS)]
    scores = model.tag_scores(Observations(visual=data.visual[sample]), encoded.vectors)
    carried = data.tag_matrix(names, sample)
    share = (carried.sum(axis=0) + 0.5) / (len(sample) + 1)
    rows = data.validation_rows if len(data.validation_rows) else sample
    rows = rows[:: max(1, len(rows) // _CALIBRATION_PHOTOS)]
    columns = np.flatnonzero(encoded.known)[:_CALIBRATION_TAGS]
    table = TagTable(
        names,
        encoded.vectors,
        encoded.known,
        scores.mean(axis=0),
        np.maximum(scores.std(axis=0), _LEAST_DEVIATION),
        np.log(share / (1 - share)).astype(np.float32),
        np.array(_USUAL, dtype=np.float32),
        np.array([1, 0], dtype=np.float32),
    )
    if not len(columns):
        return table
    seen = Observations(visual=data.visual[rows])
    raw = model.tag_scores(seen, encoded.vectors)[:, columns]
    truth = data.tag_matrix(names, rows)[:, columns]
    z = (raw - table.mean[columns]) / table.deviation[columns]
    priors = np.broadcast_to(table.log_odds[columns], z.shape)
    cosine = (
        unit_rows(model.embed_images(data.visual[rows]))
        @ unit_rows(model.embed_texts(encoded.vectors[columns])).T
    )
    return TagTable(
        table.names,
        table.vectors,
        table.known,
        table.mean,
        table.deviation,
        table.log_odds,
        _logistic(np.stack([z.ravel(), priors.ravel()], axis=1), truth.ravel(), _USUAL, _CAUTION)
        if len(data.validation_rows)
        else table.calibration,
        _logistic(cosine.reshape(-1, 1), truth.ravel()),
    )


def _logistic(
    inputs: NDArray[Any],
    truth: NDArray[np.bool_],
    usual: Sequence[float] | None = None,
    strength: float = _WEAK,
) -> Floats:
    """Fit P(truth) = sigmoid(inputs w + c) with slopes that are not below zero.

    A higher score never makes a tag less probable: an input whose slope would be negative is left
    out, and the others are fitted without it.

    Args:
        inputs: [n, d].
        truth: [n].
        usual: [d + 1], what w and c are without any evidence; slopes of 1 and no offset by default.
        strength: of the L2 penalty on what differs from it.

    Returns:
        float32 [d + 1]: w and then c.
    """
    expected = np.array([*np.ones(inputs.shape[1]), 0.0] if usual is None else usual)
    x = np.concatenate([inputs, np.ones((len(inputs), 1))], axis=1).astype(np.float64)
    used = np.ones(x.shape[1], dtype=np.bool_)
    while True:
        weights = np.zeros(x.shape[1])
        weights[used] = _newton(x[:, used], truth.astype(np.float64), expected[used], strength)
        wrong = weights < 0
        wrong[-1] = False
        if not wrong.any():
            return weights.astype(np.float32)
        used &= ~wrong


def _newton(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    usual: NDArray[np.float64],
    strength: float,
    steps: int = 50,
) -> NDArray[np.float64]:
    """Fit P(y) = sigmoid(x w) by Newton's method with an L2 penalty on w - usual.

    Args:
        x: [n, d]; the last column is constant.
        y: [n], 0 or 1.
        usual: [d].
        strength: of the penalty.
        steps: at most so many.
    """
    share = (y.sum() + 0.5) / (len(y) + 1)
    usual[-1] = 0
    weights = np.zeros(x.shape[1])
    weights[-1] = np.log(share / (1 - share))
    for _ in range(steps):
        p = _sigmoid(x @ weights)
        gradient = x.T @ (p - y) + strength * (weights - usual)
        hessian = (x * (p * (1 - p))[:, None]).T @ x + strength * np.eye(x.shape[1])
        step = np.linalg.solve(hessian, gradient)
        length = np.abs(step).max()
        weights -= step / max(1.0, length)  # steps of at most 1: far off, Newton overshoots
        if length < _CONVERGED:
            break
    return weights


def _sigmoid(x: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    return np.asarray(0.5 * (np.tanh(0.5 * x) + 1))
