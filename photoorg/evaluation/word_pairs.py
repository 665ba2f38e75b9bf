"""Word pairs whose relatedness people judged: MEN and WordSim353 (paper 004, section 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.models.datasets.files import fault, read_lines

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from photoorg.features.words.normalise import Normaliser

FOLDER = "relatedness"
"""Beside the photos, in the project's data."""

BENCHMARKS = {
    "MEN": "EN-MEN-TR-3k.txt",
    "W353": "EN-WS-353-ALL.txt",
    "W353 similarity": "EN-WS-353-SIM.txt",
    "W353 relatedness": "EN-WS-353-REL.txt",
}
"""The whole of each, and the two parts that Agirre et al. (2009) made of WordSim353."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Word pairs with the relatedness that people gave them.

    Attributes:
        name: of the set of pairs.
        pairs: two words each, normalised.
        gold: [pairs], higher is more related.
    """

    name: str
    pairs: tuple[tuple[str, str], ...]
    gold: NDArray[np.float64]

    @property
    def words(self) -> tuple[str, ...]:
        """All words, sorted."""
        return tuple(sorted({word for pair in self.pairs for word in pair}))

    def among(self, words: frozenset[str], name: str) -> Benchmark:
        """Return the pairs of which both words are among some."""
        kept = [n for n, pair in enumerate(self.pairs) if words.issuperset(pair)]
        return Benchmark(name, tuple(self.pairs[n] for n in kept), self.gold[kept])


def read_benchmarks(data: Path, normaliser: Normaliser) -> tuple[Benchmark, ...]:
    """Read the word pairs: two words and a number, separated by tabs, in each line.

    Raises:
        UsageProblem: a file is missing or a line malformed.
    """
    folder = data / FOLDER
    found = []
    for name, file_name in BENCHMARKS.items():
        path = folder / file_name
        if not path.is_file():
            raise UsageProblem(
                f"There are no word pairs {path}.", "Put MEN and WordSim353 into that folder."
            )
        pairs, gold = [], []
        for number, line in read_lines(path):
            cells = line.split("\t")
            try:
                left, right, score = cells[0], cells[1], float(cells[2])
            except (IndexError, ValueError):
                raise fault(path, number, "is not two words and a number") from None
            pairs.append((_lemma(left, normaliser), _lemma(right, normaliser)))
            gold.append(score)
        found.append(Benchmark(name, tuple(pairs), np.array(gold)))
    return tuple(found)


def spearman(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Return Spearman's rank correlation, equals sharing a mean rank; NaN if one is constant."""
    a, b = mean_ranks(one), mean_ranks(other)
    a, b = a - a.mean(), b - b.mean()
    norm = np.sqrt((a**2).sum() * (b**2).sum())
    return float((a * b).sum() / norm) if norm else float("nan")


def mean_ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return ranks from 1, lowest first; equals have the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], dtype=np.float64)


def _lemma(word: str, normaliser: Normaliser) -> str:
    return "_".join(normaliser.tokens(word))
