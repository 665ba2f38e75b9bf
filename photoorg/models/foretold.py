"""How often the starter model expects tags in a library, before anything was said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_PHOTOS_AT_ONCE = 512


class KnowsWords(Protocol):
    """A starter model."""

    @property
    def vocabulary(self) -> Sequence[str]:
        """The V words whose probabilities it is calibrated for."""

    @property
    def dimension(self) -> int:
        """Length of an embedded photo."""

    def suggest(self, embedded: Floats) -> Floats:
        """Return the probability [n, V] that each word applies to each embedded photo [n, d]."""


def foretold_shares(model: KnowsWords, names: Sequence[str], traits: Floats) -> Floats:
    """Return which part of a library is expected to carry each tag, float32 [k].

    Args:
        model: whose words they may be; of a tag that is none of them it foretells nothing: NaN.
        names: k tags.
        traits: [b, t] of the library's photos, which begin with their embeddings.
    """
    place = {word.casefold(): number for number, word in enumerate(model.vocabulary)}
    found = np.array([place.get(name.casefold(), -1) for name in names], dtype=np.int64)
    known = np.flatnonzero(found >= 0)
    shares = np.full(len(names), np.nan, dtype=np.float32)
    if not len(known) or not len(traits):
        return shares
    total = np.zeros(len(known))
    for start in range(0, len(traits), _PHOTOS_AT_ONCE):
        embedded = traits[start : start + _PHOTOS_AT_ONCE, : model.dimension]
        total += model.suggest(embedded)[:, found[known]].sum(axis=0, dtype=np.float64)
    shares[known] = total / len(traits)
    return shares
