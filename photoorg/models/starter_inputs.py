"""What stands before and beside the starter model's heads, fitted without gradients."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from photoorg.models.base import unit_rows
from photoorg.models.starter_parts import Bank, ImageTransform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from photoorg.features.visual import Classifier
    from photoorg.models.starter_corpus import Corpus
    from photoorg.models.starter_parts import JointSpace

SHARPNESS = 0.7
"""Inverse temperature of the class probabilities; below one, more than one class has a say."""

_INPUTS = 512
_INPUT_WHITENING = 0.25
_SIMILARITY = 192
_BANK_CAPTIONS = 5000
_CLASS_NOISE = 0.6
_CLASS_MARGIN = 4.0


@dataclass(frozen=True, slots=True)
class FittedInputs:
    """The transforms that stand before the heads.

    Attributes:
        text_mean: [t].
        names_mean: [t] of the class names.
        text_scale: brings text vectors to about unit variance.
    """

    image: ImageTransform
    text_mean: NDArray[np.float32]
    text_scale: float
    names_mean: NDArray[np.float32]

    def texts(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map text vectors [..., t] to the text head's input."""
        return np.asarray((vectors - self.text_mean) * self.text_scale, dtype=np.float32)


def fit_inputs(corpus: Corpus, classifier: Classifier) -> FittedInputs:
    """Fit the transforms before the heads to the training photos."""
    pooled = np.concatenate([corpus.captioned.pooled[0], corpus.labelled.pooled[0]])
    roots = np.sqrt(np.maximum(pooled, 0))
    captions = corpus.captioned.captions.reshape(-1, corpus.captioned.captions.shape[2])
    names = unit_rows(np.stack([texts.mean(axis=0) for texts in corpus.class_texts]))
    names_mean = names.mean(axis=0)
    names -= names_mean
    width = pooled.shape[1] + names.shape[1]
    first = ImageTransform(
        roots.mean(axis=0),
        1 / (roots.std(axis=0) + 1e-3),
        classifier.weight,
        classifier.bias,
        names,
        SHARPNESS,
        np.zeros(width, dtype=np.float32),
        np.eye(width, dtype=np.float32),
    )
    guesses = first.class_probabilities(pooled) @ names
    scaled = names / guesses.std()
    parts = np.concatenate([first.parts(pooled)[:, : pooled.shape[1]], guesses / guesses.std()], 1)
    offset = parts.mean(axis=0)
    projection = _principal(parts - offset, _INPUTS, _INPUT_WHITENING)
    projection /= ((parts - offset) @ projection).std()
    text_mean = captions.mean(axis=0)
    return FittedInputs(
        ImageTransform(
            first.mean,
            first.scale,
            classifier.weight,
            classifier.bias,
            scaled,
            SHARPNESS,
            offset,
            projection,
        ),
        text_mean,
        float(1 / (captions - text_mean).std()),
        names_mean,
    )


def class_photos(
    pooled: NDArray[np.float32],
    classifier: Classifier,
    count: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Make pooled vectors that the network's own classifier takes for a class.

    A softmax classifier on Gaussian classes with one covariance S has the weights w = S^-1 m, so a
    class lies in the direction S w from the middle. Real photos, drawn closer to the middle, are
    moved that way until the class wins by a random margin.

    Args:
        pooled: [n, v] real photos.
        classifier: the network's own.
        count: how many to make.
        rng: draws photos, classes and margins.

    Returns:
        Vectors [count, v] and their classes [count].
    """
    mean = pooled.mean(axis=0)
    centred = classifier.weight - classifier.weight.mean(axis=0)
    directions = centred @ np.cov(pooled.T).astype(np.float32)
    classes = rng.integers(0, len(centred), count)
    start = mean + _CLASS_NOISE * (pooled[rng.integers(0, len(pooled), count)] - mean)
    scores = classifier.scores(start.astype(np.float32))
    wanted = scores.max(axis=1) - scores[np.arange(count), classes]
    wanted = np.maximum(wanted + rng.uniform(0, _CLASS_MARGIN, count), 0)
    gain = (directions[classes] * centred[classes]).sum(axis=1)
    moved = start + (wanted / gain)[:, None] * directions[classes]
    return np.maximum(moved, 0).astype(np.float32), classes


def fit_similarity(
    pooled: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean [v] and the projection [v, k] of compact look-alike vectors."""
    unit = unit_rows(pooled)
    return np.zeros(pooled.shape[1], dtype=np.float32), _principal(unit, _SIMILARITY, 0.0)


def joint_projection(
    images: NDArray[np.float32], texts: NDArray[np.float32], width: int
) -> NDArray[np.float32]:
    """Return the projection [d, width] that keeps the products of images and texts best.

    The heads' joined outputs are redundant: most of what they say lies in few directions.

    Args:
        images: [n, d] outputs of the image heads.
        texts: [m, d] outputs of the text heads.
        width: of the joint space, at most d.
    """
    moments = images.T @ images / len(images) + texts.T @ texts / len(texts)
    _, vectors = np.linalg.eigh(moments.astype(np.float64))
    return np.ascontiguousarray(vectors[:, ::-1][:, :width], dtype=np.float32)


def fit_bank(
    joint: JointSpace,
    inputs: FittedInputs,
    captions: NDArray[np.float32],
    words: NDArray[np.float32],
    pooled: NDArray[np.float32],
    rng: np.random.Generator,
) -> Bank:
    """Return texts that tell how much photos crowd: some captions, and all words once.

    Captions alone would favour photos of what they never speak of.

    Args:
        joint: without a bank.
        inputs: what stands before its heads.
        captions: [c, t] text vectors.
        words: [w, t] text vectors.
        pooled: [n, v] photos, of which the usual crowding is measured.
        rng: draws captions.
    """
    chosen = np.sort(rng.permutation(len(captions))[:_BANK_CAPTIONS])
    texts = np.concatenate([captions[chosen], np.unique(words, axis=0)])
    placed = joint.place_texts(inputs.texts(texts), texts)
    # As they are kept, so that the model in use computes what is calibrated here.
    bank = Bank(placed.astype(np.float16).astype(np.float32), 0.0)
    photos = joint.place_images(*inputs.image.both(pooled))
    return replace(bank, usual=float(bank.crowding(photos).mean()))


def _principal(centred: NDArray[np.float32], count: int, whitening: float) -> NDArray[np.float32]:
    """Return the first principal directions [d, count], each divided by its variance to a power.

    A power of a half would be full whitening.
    """
    covariance = (centred.T @ centred / len(centred)).astype(np.float64)
    values, vectors = np.linalg.eigh(covariance)
    order = np.argsort(-values, kind="stable")[:count]
    scale = np.maximum(values[order], 1e-8) ** -whitening
    return np.ascontiguousarray(vectors[:, order] * scale, dtype=np.float32)
