"""Semantic tag vectors: 20 numbers a tag from a probabilistic model of which tags occur together.

Paper 000, section 3.2, after Maas and Ng 2010, A probabilistic model for semantic word vectors:
each document has a vector theta with a Gaussian prior, its words are drawn from
`p(w | theta) = softmax(theta . phi_w + b_w)`, and one maximises over thetas, phi and b

    sum over documents k of [sum over words i of log p(w_i | theta_k)] - lambda |theta_k|^2
    - nu |phi|^2

by turns: the theta of each document for fixed words, then a step of the words for fixed thetas.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoorg.features.words.corpus import Corpus, TrainingRun
from photoorg.features.words.word_mean import DenseTable

PRIOR = 0.5
"""lambda: with 1/2 the prior is the standard normal distribution, which sets the vectors' scale."""
DECAY = 1e-2
"""nu, of all of phi."""

_BATCH = 512
"""Documents at once: 512 x 5,000 probabilities are 10 MB."""
_LEARNING_RATE = 0.1
_START = 0.1
_EPOCHS = (10, 100)
_VISITS = 360_000
"""Documents to train on in all, which sets the epochs."""
_NEWTON_STEPS = 2


@dataclass(frozen=True, slots=True)
class TagModel:
    """The parameters that all documents share.

    Attributes:
        phi: word vectors [words, dimension].
        bias: [words].
    """

    phi: NDArray[np.float32]
    bias: NDArray[np.float32]

    def log_probabilities(self, theta: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return `log p(w | theta)` [documents, words]."""
        scores = theta @ self.phi.T
        scores += self.bias
        scores -= scores.max(axis=1, keepdims=True)
        scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return scores

    def log_posterior(
        self, theta: NDArray[np.float32], counts: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return the documents' part of the objective [documents], without the words' decay.

        Args:
            theta: document vectors [documents, dimension].
            counts: occurrences of each word [documents, words].
        """
        likelihood = np.einsum("dw,dw->d", counts, self.log_probabilities(theta))
        posterior: NDArray[np.float32] = likelihood - PRIOR * np.einsum("dk,dk->d", theta, theta)
        return posterior

    def gradients(
        self, theta: NDArray[np.float32], counts: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Return the gradients of the sum of `log_posterior` by theta, phi and bias."""
        surplus = counts - counts.sum(axis=1, keepdims=True) * np.exp(self.log_probabilities(theta))
        return surplus @ self.phi - 2 * PRIOR * theta, surplus.T @ theta, surplus.sum(axis=0)

    def improve(
        self, theta: NDArray[np.float32], counts: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Take a Newton step of each document's theta towards its (unique) best.

        The step is shortened by 1 / (1 + its Newton decrement), which keeps it from overshooting
        where the curvature changes (Boyd and Vandenberghe 2004, section 9.6).
        """
        sizes = counts.sum(axis=1)
        probabilities = np.exp(self.log_probabilities(theta))
        means = probabilities @ self.phi
        dimension = theta.shape[1]
        squares = np.einsum("wi,wj->wij", self.phi, self.phi).reshape(len(self.phi), -1)
        spread = (probabilities @ squares).reshape(-1, dimension, dimension)
        spread -= np.einsum("di,dj->dij", means, means)
        curvature = sizes[:, None, None] * spread + 2 * PRIOR * np.eye(dimension, dtype=np.float32)
        slope = counts @ self.phi - sizes[:, None] * means - 2 * PRIOR * theta
        step = np.linalg.solve(curvature, slope[:, :, None])[:, :, 0]
        decrement = np.sqrt(np.maximum(np.einsum("dk,dk->d", slope, step), 0))
        improved: NDArray[np.float32] = theta + step / (1 + decrement[:, None])
        return improved


def train_semantic_tags(corpus: Corpus, run: TrainingRun) -> DenseTable:
    """Train the model; the words' vectors are the rows of phi.

    Raises:
        UsageProblem: no document has two words.
        Cancelled: somebody cancelled.
    """
    corpus.require_neighbours()
    random = np.random.default_rng(run.seed)
    index = corpus.index()
    texts = [np.array([index[token] for token in tokens], np.intp) for tokens in corpus.documents]
    shares = corpus.occurrences / corpus.size
    model = TagModel(
        (_START * random.standard_normal((len(corpus.words), run.dimension))).astype(np.float32),
        np.log(shares).astype(np.float32),
    )
    thetas = np.zeros((len(texts), run.dimension), np.float32)
    steps = (_AdaGrad(model.phi), _AdaGrad(model.bias))
    epochs = run.epochs or int(np.clip(round(_VISITS / len(texts)), *_EPOCHS))
    for epoch in range(epochs):
        order = random.permutation(len(texts))
        for start in range(0, len(texts), _BATCH):
            rows = order[start : start + _BATCH]
            counts = _counts([texts[row] for row in rows], len(corpus.words))
            theta = thetas[rows]
            for _ in range(_NEWTON_STEPS):
                theta = model.improve(theta, counts)
            thetas[rows] = theta
            _, by_phi, by_bias = model.gradients(theta, counts)
            by_phi -= 2 * DECAY * (len(rows) / len(texts)) * model.phi
            for step, gradient in zip(steps, (by_phi, by_bias), strict=True):
                step(gradient)
        run.report(epoch + 1, epochs)
    return DenseTable(corpus.words, model.phi)


class _AdaGrad:
    """Gradient ascent with a step length per parameter (Duchi, Hazan and Singer 2011)."""

    def __init__(self, parameters: NDArray[np.float32]) -> None:
        """Take what to change, in place."""
        self._parameters = parameters
        self._squares = np.full_like(parameters, 1e-8)

    def __call__(self, gradient: NDArray[np.float32]) -> None:
        self._squares += gradient * gradient
        self._parameters += _LEARNING_RATE * gradient / np.sqrt(self._squares)


def _counts(texts: list[NDArray[np.intp]], words: int) -> NDArray[np.float32]:
    """Return the occurrences of each word in each document [documents, words]."""
    counts = np.zeros((len(texts), words), np.float32)
    for row, text in enumerate(texts):
        np.add.at(counts[row], text, 1)
    return counts
