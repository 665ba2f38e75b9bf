"""The 24 queries of paper 002, and how well photos answer them (section 6.1, table 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from photoorg.evaluation.photo_sets import PhotoSet
    from photoorg.evaluation.text_spaces import TextSpace

PAPER_QUERIES = (
    "car", "skyline", "bike", "sunrise", "snow", "rain", "ice cream", "cake", "pizza", "woman",
    "man", "kid",
    "yellow + car", "skyline + night", "bike + park", "sunrise + beach", "snow + ski",
    "rain + umbrella", "ice cream + beach", "chocolate + cake", "pizza + wine", "woman + bag",
    "man + boat", "kid + dog",
)  # fmt: skip
"""Table 1: urban, weather, food and people; a plus makes a query complex."""

OWN_QUERIES = (
    "dog", "beach", "snow", "child", "bicycle", "football", "mountain", "street",
    "swimming pool", "horse", "boat", "motorcycle",
    "dog + beach", "dog + snow", "child + swing", "man + bicycle", "red + car", "boy + ball",
    "girl + pool", "dog + grass", "man + guitar", "woman + hat", "people + street",
    "climber + rock",
)  # fmt: skip
"""As many of what the project's own photos show."""

SAME = {
    "bike": frozenset({"bike", "bicycle"}),
    "bicycle": frozenset({"bike", "bicycle"}),
    "kid": frozenset({"kid", "child", "boy", "girl"}),
    "child": frozenset({"kid", "child", "boy", "girl"}),
}
"""Words that a person who looks at the photo cannot tell apart: the paper judged by eye."""

CUTOFF = 5
"""The paper's figure is P@5; a query that fewer photos could answer cannot reach 1."""


@dataclass(frozen=True, slots=True)
class QueryFigures:
    """Precision at five, 0 to 1.

    Attributes:
        by_query: of each query that enough photos could answer.
        complex_ones: those of them that ask for two things.
    """

    by_query: Mapping[str, float]
    complex_ones: frozenset[str]

    def summary(self) -> dict[str, float | None]:
        """Return the means over all, the simple and the complex queries; None where none is."""
        simple = [v for query, v in self.by_query.items() if query not in self.complex_ones]
        both = [v for query, v in self.by_query.items() if query in self.complex_ones]
        return {"all": _mean([*simple, *both]), "simple": _mean(simple), "complex": _mean(both)}


def answers(
    query: str, photos: PhotoSet, same: Mapping[str, frozenset[str]] = SAME
) -> NDArray[np.bool_]:
    """Return which photos answer a query, bool [photos]: one sentence of theirs says it all.

    Args:
        query: words, with or without plus signs.
        photos: what is said of them.
        same: the words that are accepted for a word.
    """
    words = photos.normaliser.tokens(query.replace("+", " "))
    accepted = [same.get(word, frozenset({word})) for word in words]
    return np.array(
        [
            any(all(one & sentence for one in accepted) for sentence in sentences)
            for sentences in photos.statements
        ]
    )


def answerable(queries: Sequence[str], photos: PhotoSet) -> dict[str, NDArray[np.bool_]]:
    """Return which photos answer each query, for the queries that at least `CUTOFF` do."""
    found = {query: answers(query, photos) for query in queries}
    return {query: right for query, right in found.items() if right.sum() >= CUTOFF}


def judge(
    space: TextSpace, photos: PhotoSet, right: Mapping[str, NDArray[np.bool_]]
) -> QueryFigures:
    """Search photos by queries and see how many of the first five are right.

    A query without a known word finds nothing.
    """
    queries = list(right)
    words = [photos.normaliser.document(captions=[query.replace("+", " ")]) for query in queries]
    texts, known = space.texts(words)
    scores = texts @ space.images(photos.visual).T
    return QueryFigures(
        {
            query: precision_at(row, right[query], CUTOFF) if has else 0.0
            for query, row, has in zip(queries, scores, known, strict=True)
        },
        frozenset(query for query in queries if "+" in query),
    )


def precision_at(scores: NDArray[np.floating], right: NDArray[np.bool_], k: int) -> float:
    """Return the share of right ones among the k best-scored; of equals, the wrong ones first."""
    first = np.lexsort((right, -scores))[:k]
    return float(right[first].mean())


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
