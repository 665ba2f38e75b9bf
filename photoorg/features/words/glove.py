"""GloVe: word vectors from the counts of which words occur together.

Pennington, Socher and Manning 2014, equations 8 and 9: minimise the sum over pairs with X > 0 of
`f(X) (w_i . w~_j + b_i + b~_j - log X)^2`, `f(x) = min(1, (x / x_max)^0.75)`, by AdaGrad; a word's
vector is w + w~. Paper 002 finds it the best target of its text-space regression.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from photoorg.features.words.corpus import Corpus, TrainingRun
from photoorg.features.words.word_mean import DenseTable

if TYPE_CHECKING:
    import torch

_POWER = 0.75
_LEARNING_RATE = 0.3
"""The paper's 0.05 is for billions of words. With the few passes that a library's pairs are given,
it leaves vectors near their start: captions of 1,000 of Flickr8k's training photos that were held
out find their photo among the first ten in 21.5 % at 0.05, 36.4 % at 0.15, 41.9 % at 0.3 and 39.6 %
at 0.5 (text-space regression on the other 5,000)."""
_X_MAX = 10.0
"""Counts from here on weigh fully. The paper's 100 is for billions of words; of a library's pairs
most occur in fewer than ten photos."""
_BATCH = 8192
_EPOCHS = (8, 100)
_VISITS = 5_000_000
"""Pairs to train on in all, which sets the epochs."""


@dataclass(frozen=True, slots=True)
class PairCounts:
    """How often words occur together: the non-zero counts only.

    Attributes:
        first: int64 [pairs], word numbers.
        second: int64 [pairs], the other word; each pair is there both ways.
        counts: float32 [pairs], documents that have both.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    counts: NDArray[np.float32]


def count_pairs(corpus: Corpus) -> PairCounts:
    """Count in how many documents each two words occur together.

    Tags have no order, so nearness does not count, and naming a thing in each of five captions of a
    photo is one observation of it.
    """
    from scipy.sparse import csr_matrix

    index = corpus.index()
    rows = [sorted({index[token] for token in tokens}) for tokens in corpus.documents]
    starts = np.cumsum([0, *map(len, rows)])
    columns = np.concatenate([np.array(row, np.int64) for row in rows])
    shape = (len(rows), len(corpus.words))
    presence = csr_matrix((np.ones(len(columns), np.float32), columns, starts), shape=shape)
    together = (presence.T @ presence).tocoo()
    apart = together.row != together.col
    first, second = together.row[apart], together.col[apart]
    # Sorted: the order in which scipy gives the pairs is its own affair.
    order = np.lexsort((second, first))
    return PairCounts(
        first[order].astype(np.int64),
        second[order].astype(np.int64),
        together.data[apart][order].astype(np.float32),
    )


def train_glove(corpus: Corpus, run: TrainingRun) -> DenseTable:
    """Train GloVe on a corpus.

    Raises:
        UsageProblem: no document has two words.
        Cancelled: somebody cancelled.
    """
    corpus.require_neighbours()
    import torch

    pairs = count_pairs(corpus)
    random = torch.Generator().manual_seed(run.seed)
    factors = Factors.start(len(corpus.words), run.dimension, random)
    first, second = torch.from_numpy(pairs.first), torch.from_numpy(pairs.second)
    counts = torch.from_numpy(pairs.counts)
    epochs = run.epochs or int(np.clip(round(_VISITS / len(first)), *_EPOCHS))
    for epoch in range(epochs):
        order = torch.randperm(len(first), generator=random)
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            factors.step(first[rows], second[rows], counts[rows])
        run.report(epoch + 1, epochs)
    return DenseTable(corpus.words, factors.word_vectors())


class Factors:
    """The two sets of vectors and biases, with AdaGrad's sums of squared gradients."""

    def __init__(self, words: torch.Tensor, contexts: torch.Tensor) -> None:
        """Take both sets of vectors [words, dimension + 2].

        The last two columns of `words` are the bias and a constant one, of `contexts` a constant
        one and the bias: so one product gives `w . w~ + b + b~`.
        """
        import torch

        self.words, self.contexts = words, contexts
        self._squares = (torch.ones_like(words), torch.ones_like(contexts))

    @classmethod
    def start(cls, words: int, dimension: int, random: torch.Generator) -> Factors:
        """Return small random vectors and zero biases."""
        import torch

        def table(bias: int, one: int) -> torch.Tensor:
            made = (torch.rand((words, dimension + 2), generator=random) - 0.5) / dimension
            made[:, dimension + bias] = 0
            made[:, dimension + one] = 1
            return made

        return cls(table(bias=0, one=1), table(bias=1, one=0))

    def loss(self, first: torch.Tensor, second: torch.Tensor, counts: torch.Tensor) -> float:
        """Return equation 8 over the given pairs."""
        misses = self._misses(first, second, counts)
        return float((_weights(counts) * misses**2).sum())

    def step(self, first: torch.Tensor, second: torch.Tensor, counts: torch.Tensor) -> None:
        """Take one AdaGrad step on a batch of pairs."""
        import torch

        pull = (_weights(counts) * self._misses(first, second, counts)).clamp_(-100, 100)[:, None]
        gradients = (
            torch.zeros_like(self.words).index_add_(0, first, pull * self.contexts[second]),
            torch.zeros_like(self.contexts).index_add_(0, second, pull * self.words[first]),
        )
        gradients[0][:, -1] = 0
        gradients[1][:, -2] = 0
        for table, gradient, squares in zip(
            (self.words, self.contexts), gradients, self._squares, strict=True
        ):
            squares.addcmul_(gradient, gradient)
            table.addcdiv_(gradient, squares.sqrt(), value=-_LEARNING_RATE)

    def word_vectors(self) -> NDArray[np.float32]:
        """Return `w + w~` [words, dimension]."""
        return (self.words + self.contexts)[:, :-2].numpy().astype(np.float32)

    def _misses(
        self, first: torch.Tensor, second: torch.Tensor, counts: torch.Tensor
    ) -> torch.Tensor:
        return (self.words[first] * self.contexts[second]).sum(dim=1) - counts.log()


def _weights(counts: torch.Tensor) -> torch.Tensor:
    """Return `f(X)`."""
    return (counts / _X_MAX).clamp(max=1) ** _POWER
