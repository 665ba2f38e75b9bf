"""The numpy pieces of the starter model, used alike in training and in use.

All of them are immutable and hold float32 arrays; `n` stands for a number of photos or texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from photoorg.models.base import unit_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GELU_SCALE = (2.0 / np.pi) ** 0.5
_SHARPNESS = 0.08
"""Of how much texts crowd; the best of 0.03 to 0.2 on the photos set aside for calibration."""

_CROWDED, _CROWDING_SHARE = 1 / 30, 0.5
"""Sharpness of how much photos crowd, and how much of it is taken off. Chosen on the photos set
aside for calibration: with all of it captions find their photo as well, single words find less."""

_CONSTANT = 0.3
"""The last coordinate of a text before its row is made a unit again: so much that a photo's stays
small (.1 in the mean), so little that cosines of photos and texts stay nearly what they were."""

_PHOTOS_AT_ONCE = 256

_KIN, _FADES = 10, 0.2
"""Nearest photos that tell whether a photo is of a known kind, and over how much of their mean
cosine below the usual what is said of it fades."""

_LEAST_SPREAD = 1e-3


@dataclass(frozen=True, slots=True)
class ImageTransform:
    """Turns pooled vectors into the image head's input.

    Square roots tame the pooled activations' long tails. To them is joined a guess at what the
    photo shows in words: the mean of the class names' text vectors, weighted by the classifier's
    probabilities (ConSE, Norouzi et al. 2014). It carries words that no training photo shows.
    Both are standardised and projected to their principal components.

    Attributes:
        mean: [v] of the square roots.
        scale: [v] one over their standard deviation.
        classifier_weight: [classes, v] of the network's own classifier.
        classifier_bias: [classes].
        class_texts: [classes, t] text vectors of the class names, centred and scaled.
        sharpness: inverse temperature of the class probabilities.
        offset: [v + t] mean of what is projected.
        projection: [v + t, p].
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    classifier_weight: NDArray[np.float32]
    classifier_bias: NDArray[np.float32]
    class_texts: NDArray[np.float32]
    sharpness: float
    offset: NDArray[np.float32]
    projection: NDArray[np.float32]

    def __call__(self, pooled: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map [n, v] to [n, p]."""
        return self.both(pooled)[0]

    def both(self, pooled: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the heads' input [n, p], and the guess at words as unit rows [n, t]."""
        parts = self.parts(pooled)
        inputs = np.asarray((parts - self.offset) @ self.projection, dtype=np.float32)
        return inputs, unit_rows(parts[:, len(self.mean) :])

    def parts(self, pooled: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what is projected, [n, v + t]."""
        roots = (np.sqrt(np.maximum(pooled, 0)) - self.mean) * self.scale
        words = self.class_probabilities(pooled) @ self.class_texts
        return np.concatenate([roots, words], axis=1, dtype=np.float32)

    def class_probabilities(self, pooled: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return [n, classes]."""
        scores = np.float32(self.sharpness) * (
            pooled @ self.classifier_weight.T + self.classifier_bias
        )
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Heads:
    """Several two-layer heads with a linear shortcut, their unit outputs side by side.

    Heads that differ in nothing but their random start err differently; the cosine of their joined
    outputs is the mean of their cosines.

    Attributes:
        hidden: [heads, h, p].
        hidden_bias: [heads, h].
        output: [heads, d, h].
        shortcut: [heads, d, p].
        bias: [heads, d].
    """

    hidden: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    output: NDArray[np.float32]
    shortcut: NDArray[np.float32]
    bias: NDArray[np.float32]

    def __call__(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map [n, p] to unit rows [n, heads * d]."""
        outputs = []
        for head in range(len(self.hidden)):
            inner = gelu(inputs @ self.hidden[head].T + self.hidden_bias[head])
            outputs.append(
                unit_rows(
                    inner @ self.output[head].T + inputs @ self.shortcut[head].T + self.bias[head]
                )
            )
        joined = np.concatenate(outputs, axis=1)
        return np.asarray(joined / np.sqrt(np.float32(len(outputs))), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Bank:
    """Texts that tell which photos are near to whatever is asked.

    Such a photo, a hub, crowds out the ones that were meant; what it has too much is taken off its
    cosine with any text (querybank normalisation, Bogolin et al. 2022, CVPR; with texts that are
    fixed, so that the answer does not depend on what else is asked). To be a cosine still, it is
    one coordinate more: of a text it is the same for all, of a photo how much it crowds less than
    photos do.

    Attributes:
        embeddings: [m, d] unit rows of captions and single words.
        usual: how much photos crowd in the mean.
    """

    embeddings: NDArray[np.float32]
    usual: float

    def crowding(self, photos: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the soft maximum, over the texts, of the cosines of [n, d] photos: [n]."""
        return np.concatenate(
            [
                soft_maximum(photos[start : start + _PHOTOS_AT_ONCE] @ self.embeddings.T, _CROWDED)
                for start in range(0, max(len(photos), 1), _PHOTOS_AT_ONCE)
            ]
        )

    def with_photos(self, photos: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map unit rows [n, d] of photos to unit rows [n, d + 1]."""
        less = _CROWDING_SHARE / _CONSTANT * (np.float32(self.usual) - self.crowding(photos))
        return unit_rows(np.concatenate([photos, less[:, None]], axis=1, dtype=np.float32))

    def with_texts(self, texts: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map unit rows [n, d] of texts to unit rows [n, d + 1]."""
        same = np.full((len(texts), 1), _CONSTANT, dtype=np.float32)
        return unit_rows(np.concatenate([texts, same], axis=1, dtype=np.float32))


@dataclass(frozen=True, slots=True)
class JointSpace:
    """Where photos and texts meet: the learned heads and, with a small share, the guess at words.

    The heads know captions, but forget words that these lack; the guess knows those.

    Attributes:
        images: heads for photos.
        texts: heads for texts.
        names_mean: [t] mean text vector of the class names.
        guess_share: how much of the cosine the guess makes, 0 to 1.
        projection: [heads * d + t, joint] keeps what matters of both.
        bank: adds a coordinate; None while there is none.
    """

    images: Heads
    texts: Heads
    names_mean: NDArray[np.float32]
    guess_share: float
    projection: NDArray[np.float32]
    bank: Bank | None = None

    @property
    def dimension(self) -> int:
        """Length of a row."""
        return int(self.projection.shape[1]) + (self.bank is not None)

    def place_images(
        self, inputs: NDArray[np.float32], guesses: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Map the heads' input [n, p] and guesses [n, t] to unit rows [n, dimension]."""
        placed = unit_rows(self.join(self.images(inputs), guesses) @ self.projection)
        return placed if self.bank is None else self.bank.with_photos(placed)

    def place_texts(
        self, inputs: NDArray[np.float32], text: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Map the heads' input [n, t] and text vectors [n, t] to unit rows [n, dimension]."""
        guesses = unit_rows(text - self.names_mean)
        placed = unit_rows(self.join(self.texts(inputs), guesses) @ self.projection)
        return placed if self.bank is None else self.bank.with_texts(placed)

    def join(
        self, learned: NDArray[np.float32], guesses: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Put unit rows side by side so that cosines are averaged by share."""
        share = np.float32(self.guess_share)
        return np.concatenate([np.sqrt(1 - share) * learned, np.sqrt(share) * guesses], axis=1)


@dataclass(frozen=True, slots=True)
class Spread:
    """How traits vary over photos.

    Attributes:
        mean: float32 [d].
        covariance: float32 [d, d].
    """

    mean: NDArray[np.float32]
    covariance: NDArray[np.float32]

    @classmethod
    def of(cls, traits: NDArray[np.float32]) -> Spread:
        """Return the spread of photos [n, d]."""
        mean = traits.mean(axis=0)
        centred = traits - mean
        return cls(mean, centred.T @ centred / max(len(traits), 1))


def join_traits(
    joint: JointSpace, inputs: NDArray[np.float32], guesses: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Put embeddings and the heads' inputs [n, p] side by side, of about unit length each."""
    embedded = joint.place_images(inputs, guesses)
    return np.concatenate([embedded, inputs / np.sqrt(np.float32(inputs.shape[1]))], axis=1)


@dataclass(frozen=True, slots=True)
class Background:
    """Photos against which a query's scores are measured, so that its library does not matter.

    Attributes:
        embeddings: [b, d] unit rows of photos of all kinds.
        familiar: mean cosine with the nearest of them that a photo of a known kind reaches.
    """

    embeddings: NDArray[np.float32]
    familiar: float = 0.0

    def statistics(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return mean, standard deviation and 99th percentile of [q, d] queries, as [3, q]."""
        scores = self.embeddings @ queries.T
        return np.stack(
            [
                scores.mean(axis=0),
                np.maximum(scores.std(axis=0), _LEAST_SPREAD),
                np.quantile(scores, 0.99, axis=0),
            ]
        ).astype(np.float32)

    def kinship(self, photos: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the mean cosine of photos [n, d] with the nearest of the background: [n]."""
        scores = photos @ self.embeddings.T
        count = min(_KIN, scores.shape[1])
        nearest = np.partition(scores, -count, axis=1)[:, -count:]
        return np.asarray(nearest.mean(axis=1), dtype=np.float32)

    def familiarity(self, photos: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how far a calibration holds for photos [n, d]: 0 to 1, [n].

        It was fitted on photos of the background's kinds. Of a galaxy it would say "person", since
        most photos show one. Distance to the nearest known photos tells such ones apart (Sun et
        al. 2022, "Out-of-distribution detection with deep nearest neighbors", ICML).
        """
        short = np.maximum(np.float32(self.familiar) - self.kinship(photos), 0)
        return np.asarray(np.maximum(1 - short / np.float32(_FADES), 0), dtype=np.float32)

    def crowding(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the soft maximum, over the background, of [q, d] queries' scores: [q].

        A text that is near to many photos says little about any of them. Taking this off its
        scores makes texts comparable (querybank normalisation, Bogolin et al. 2022, CVPR; with
        photos that are fixed, so that the answer does not depend on what else is asked).
        """
        return soft_maximum(queries @ self.embeddings.T, _SHARPNESS)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic regression from a score, and its query's background, to a probability.

    Attributes:
        weights: [5] for one, the score, its standard score, its distance from the background's 99th
            percentile in standard deviations where positive, and the background's deviation.
    """

    weights: NDArray[np.float32]

    def logits(
        self, scores: NDArray[np.float32], statistics: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return log odds [n, q] for scores [n, q] and background statistics [3, q]."""
        return np.asarray(calibration_terms(scores, statistics) @ self.weights, dtype=np.float32)


def calibration_terms(
    scores: NDArray[np.float32], statistics: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the regression's inputs [n, q, 5] for scores [n, q] and statistics [3, q]."""
    mean, deviation, high = statistics
    terms = (
        np.ones_like(scores),
        scores,
        (scores - mean) / deviation,
        np.maximum(scores - high, 0) / deviation,
        np.broadcast_to(deviation, scores.shape) * 10,
    )
    return np.stack(terms, axis=-1).astype(np.float32)


def soft_maximum(scores: NDArray[np.float32], sharpness: float) -> NDArray[np.float32]:
    """Return a smooth largest of scores [n, m], of each row: [n]."""
    raised = np.exp(scores / np.float32(sharpness))
    return np.asarray(sharpness * np.log(raised.mean(axis=1)), dtype=np.float32)


def gelu(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the Gaussian error linear unit in its tanh form (Hendrycks & Gimpel 2016)."""
    inner = _GELU_SCALE * (x + 0.044715 * x * x * x)
    return np.asarray(0.5 * x * (1.0 + np.tanh(inner)), dtype=np.float32)


def sigmoid(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the logistic function without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)), dtype=np.float32)
