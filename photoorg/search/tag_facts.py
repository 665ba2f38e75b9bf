"""What proposals about tags are made from: photos, looks and meanings of each tag."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from photoorg.models.multimodal_words import centred, concept_vectors

Floats: TypeAlias = NDArray[np.float32]

ALPHA = 0.5
"""Weight of the words against the looks, as in paper 004."""


@dataclass(frozen=True, slots=True)
class TagFacts:
    """What is known of one tag.

    Attributes:
        name: as it is written.
        photos: those that carry the tag itself.
        parent: the tag above it, or None.
    """

    name: str
    photos: frozenset[int]
    parent: str | None = None


@dataclass(frozen=True, eq=False)
class TagKnowledge:
    """All tags of a library, aligned.

    Attributes:
        tags: most used first.
        texts: sentence vectors of the names, float32 [n, t], of length 1.
        looks: mean vectors of their photos in the joint space, float32 [n, d]; zero without photos.
        aliases: other names of tags, folded.
    """

    tags: tuple[TagFacts, ...]
    texts: Floats
    looks: Floats
    aliases: frozenset[str] = field(default=frozenset())

    @cached_property
    def rows(self) -> dict[str, int]:
        """Where each tag is."""
        return {tag.name: row for row, tag in enumerate(self.tags)}

    @cached_property
    def centred_texts(self) -> Floats:
        return centred(self.texts, np.ones(len(self.texts), np.bool_))[1]

    @cached_property
    def centred_looks(self) -> Floats:
        return centred(self.looks, self.seen)[1]

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """Tags that have photos that were looked at."""
        return np.asarray(self.looks.any(axis=1))

    def likeness(self, row: int) -> Floats:
        """Return the cosine [n] of a tag with each by words and looks (paper 004, equation 1).

        Where one of two was never seen, only their words are compared.
        """
        both = concept_vectors(self.centred_texts, self.centred_looks, ALPHA)
        norms = np.linalg.norm(both, axis=1) * np.linalg.norm(both[row])
        cosine = both @ both[row] / np.maximum(norms, 1e-9)
        by_words = self.centred_texts @ self.centred_texts[row]
        usable = self.seen & self.seen[row]
        return np.asarray(np.where(usable, cosine, by_words), np.float32)

    def look_alike(self, row: int, other: int) -> float | None:
        """Return how alike the photos of two tags look, -1 to 1, or None where it is not known."""
        if not (self.seen[row] and self.seen[other]):
            return None
        return float(self.centred_looks[row] @ self.centred_looks[other])

    @cached_property
    def photo_count(self) -> int:
        """Photos that carry any tag."""
        return len(frozenset[int]().union(*(tag.photos for tag in self.tags)))

    def companions(self, row: int, limit: int) -> list[int]:
        """Return the tags that stand on a tag's photos more often than elsewhere, best first.

        One that is on most photos anyway, such as "person", says nothing. By shared photos times
        the logarithm of how much more frequent they are than chance (pointwise mutual information).
        """
        mine = self.tags[row].photos
        scores = []
        for other, tag in enumerate(self.tags):
            shared = len(mine & tag.photos)
            if other != row and shared:
                lift = shared * self.photo_count / (len(mine) * len(tag.photos))
                scores.append((shared * math.log(lift), other))
        best = sorted((each for each in scores if each[0] > 0), key=lambda e: (-e[0], e[1]))
        return [other for _, other in best[:limit]]

    def stands_below(self, name: str, above: str) -> bool:
        """Return whether a tag is another or stands below it."""
        seen: set[str] = set()
        step: str | None = name
        while step is not None and step not in seen:
            if step == above:
                return True
            seen.add(step)
            row = self.rows.get(step)
            step = None if row is None else self.tags[row].parent
        return False


def mean_look(vectors: Floats) -> Floats:
    """Return the mean [d] of photos [n, d]."""
    return np.asarray(vectors.mean(axis=0, dtype=np.float64), np.float32)


def folded(names: Sequence[str]) -> frozenset[str]:
    """Return names with letter case folded."""
    return frozenset(name.casefold() for name in names)
