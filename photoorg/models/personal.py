"""The product's own model: learns any tags from a few yes and no, beside what it knows of words.

For each tag three witnesses are heard:

- the word: how well the tag's name describes the photo, by the starter model, without any example;
- the look: a linear discriminant between photos that carry the tag and the library as a whole
  (Fisher 1936). The library's spread is shared by all tags, so one example already gives a
  direction, and a photo without a tag is never taken for a "no": it only tells what photos are
  like. Rejected photos are: the score is pushed down on them (the least-squares density ratio of
  Kanamori et al. 2009, with rejections as further denominator samples);
- the company: which other tags the photo has, by ridge regression of each tag on all others (as in
  EASE, Steck 2019).

Each witness is weighed, tag by tag, by how far it sets apart the photos that carry the tag when
they are held out: another linear discriminant, of three dimensions. What comes out are log odds,
which are calibrated on the held-out photos.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from photoorg.core.errors import ModelFileProblem
from photoorg.core.modelling import DEFAULT_ID
from photoorg.features.storage import ModelFile, take_tensor
from photoorg.models.base import unit_rows
from photoorg.models.starter_parts import sigmoid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray

KIND = DEFAULT_ID

LEAST_EXAMPLES = 5
"""Photos with a tag from which on it is suggested."""

_COMPANY_LIMIT = 4.0
"""How many standard deviations company may speak for or against a tag at most."""

_STEEPEST = 100.0

_NEVER = 2.0
"""A threshold that no probability reaches, as it is saved: files hold no infinities."""


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What speaks for tags on photos, each [n, k] and in standard deviations over the library.

    Attributes:
        word: by the tag's name.
        look: by photos that carry it.
        company: by the other tags that the photo has; 0 where it has none.
        accompanied: bool [n, k], where it has some.
    """

    word: NDArray[np.float32]
    look: NDArray[np.float32]
    company: NDArray[np.float32]
    accompanied: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PersonalModel:
    """A learned model of k tags. Immutable, so any number of threads may ask it at once.

    Attributes:
        names: the tags, as the person writes them.
        words: float32 [k, e], their names' embeddings; the first e traits are the photo's own.
        word_mean: float32 [k], of the word scores over the library.
        word_scale: float32 [k], one over their standard deviation.
        mean: float32 [d], of the library's traits.
        look: float32 [k, d], the directions, scaled to unit deviation over the library.
        company: float32 [k, k], what each tag (row) says of each other (column).
        company_mean: float32 [k], of its scores over the tagged photos.
        company_scale: float32 [k], one over their standard deviation.
        usual: float32 [k], the share of tagged photos that carry each.
        weights: float32 [k, 3], of word, look and company.
        company_offset: float32 [k], log odds that are added on photos that have other tags.
        seen_again: float32 [k], part of what word and look say that is added once more there; below
            0, since tags tell partly the same.
        offset: float32 [k], log odds where word and look say nothing of a photo without tags.
        examples: int64 [k], photos that carry each tag.
        thresholds: float32 [k], probability from which on a tag is suggested; infinite where it
            never is.
    """

    names: tuple[str, ...]
    words: NDArray[np.float32]
    word_mean: NDArray[np.float32]
    word_scale: NDArray[np.float32]
    mean: NDArray[np.float32]
    look: NDArray[np.float32]
    company: NDArray[np.float32]
    company_mean: NDArray[np.float32]
    company_scale: NDArray[np.float32]
    usual: NDArray[np.float32]
    weights: NDArray[np.float32]
    company_offset: NDArray[np.float32]
    seen_again: NDArray[np.float32]
    offset: NDArray[np.float32]
    examples: NDArray[np.int64]
    thresholds: NDArray[np.float32]

    def witnesses(self, traits: NDArray[np.float32], tags: NDArray[np.bool_]) -> Witnesses:
        """Hear what speaks for each tag.

        Args:
            traits: [n, d] of photos, see `StarterModel.traits`.
            tags: bool [n, k], the tags that they have already.
        """
        word = word_scores(traits, self.words)
        return Witnesses(
            np.asarray((word - self.word_mean) * self.word_scale, dtype=np.float32),
            np.asarray((traits - self.mean) @ self.look.T, dtype=np.float32),
            self.company_of(tags),
            accompanied_by(tags),
        )

    def company_of(self, tags: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return what the tags bool [n, k] of photos say of their other tags, [n, k]."""
        return company_scores(tags, self.company, self.usual, self.company_mean, self.company_scale)

    def log_odds(self, heard: Witnesses) -> NDArray[np.float32]:
        """Return the log odds [n, k] that tags are right."""
        seen = heard.word * self.weights[:, 0] + heard.look * self.weights[:, 1]
        company = heard.company * self.weights[:, 2] + self.company_offset
        total = seen + heard.accompanied * (self.seen_again * seen + company) + self.offset
        return np.asarray(total, dtype=np.float32)

    def probabilities(self, heard: Witnesses) -> NDArray[np.float32]:
        """Return the probabilities [n, k] that tags are right."""
        return sigmoid(self.log_odds(heard))

    @property
    def taught(self) -> frozenset[str]:
        """The tags that there are enough examples of, in small letters."""
        enough = self.examples >= LEAST_EXAMPLES
        return frozenset(self.names[number].casefold() for number in np.flatnonzero(enough))

    def direction(self, column: int) -> NDArray[np.float32]:
        """Return where in the embedding space photos of a tag are, [e]: by its name and look."""
        width = self.words.shape[1]
        word, look = unit_rows(self.words[column][None]), unit_rows(self.look[column, None, :width])
        mixed = self.weights[column, 0] * word + self.weights[column, 1] * look
        return np.asarray(unit_rows(mixed)[0], dtype=np.float32)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name, as they are saved."""
        arrays = {
            field.name: getattr(self, field.name) for field in fields(self) if field.name != "names"
        }
        return {**arrays, "thresholds": np.minimum(self.thresholds, np.float32(_NEVER))}

    @property
    def sizes(self) -> tuple[int, int]:
        """Lengths of an embedded name and of a photo's traits."""
        return self.words.shape[1], self.look.shape[1]

    @property
    def config(self) -> dict[str, Any]:
        """What a manifest must say for `from_file`."""
        return {"tags": list(self.names)}

    @classmethod
    def from_file(cls, file: ModelFile) -> PersonalModel:
        """Build a model from what was read.

        Raises:
            ModelFileProblem: a part is missing or does not fit the others.
        """
        names = file.manifest.config.get("tags")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ModelFileProblem("The default model does not say its tags.")
        # A model of photoorg's first builds has one slope for all tags, and none for company alone.
        slope = file.manifest.config.get("slope", 1.0)
        if not isinstance(slope, float) or not 0 < slope <= _STEEPEST:
            raise ModelFileProblem("The default model's slope is none.")
        k = len(names)
        nothing = np.zeros(k, dtype=np.float32)
        later = {
            name: take_tensor(file, name, (k,)) if name in file.tensors else nothing
            for name in ("company_offset", "seen_again")
        }
        look = take_tensor(file, "look", (k, None))
        examples = file.tensors.get("examples")
        if examples is None or examples.shape != (k,) or examples.dtype != np.int64:
            raise ModelFileProblem("The default model does not say what it learned from.")
        words = take_tensor(file, "words", (k, None))
        if words.shape[1] > look.shape[1]:
            raise ModelFileProblem("The default model's names and looks do not fit together.")
        thresholds = take_tensor(file, "thresholds", (k,))
        each = {
            name: take_tensor(file, name, (k,))
            for name in (
                "word_mean",
                "word_scale",
                "company_mean",
                "company_scale",
                "usual",
                "offset",
            )
        }
        return cls(
            names=tuple(names),
            words=words,
            mean=take_tensor(file, "mean", (look.shape[1],)),
            look=look,
            company=take_tensor(file, "company", (k, k)),
            **later,
            weights=take_tensor(file, "weights", (k, 3)) * np.float32(slope),
            examples=examples,
            thresholds=np.where(thresholds >= _NEVER, np.float32(np.inf), thresholds),
            **each,
        )


def word_scores(traits: NDArray[np.float32], words: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how well embedded names [k, e] describe photos with traits [n, d], [n, k]."""
    return np.asarray(traits[:, : words.shape[1]] @ words.T, dtype=np.float32)


def company_scores(
    tags: NDArray[np.bool_],
    company: NDArray[np.float32],
    usual: NDArray[np.float32],
    mean: NDArray[np.float32],
    scale: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return what the tags of photos say of each tag, standardised and within bounds.

    It is 0 for photos without any other tag.

    Args:
        tags: bool [n, k].
        company: [k, k].
        usual: [k], taken off the tags before.
        mean: [k], taken off the scores.
        scale: [k], what those are multiplied by.
    """
    scores = (tags.astype(np.float32) - usual) @ company
    limited = np.clip((scores - mean) * scale, -_COMPANY_LIMIT, _COMPANY_LIMIT)
    return np.asarray(np.where(accompanied_by(tags), limited, 0), dtype=np.float32)


def accompanied_by(tags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return for which tags photos have others, bool [n, k].

    A tag says nothing of itself, so a photo is without company for a tag that is its only one.

    Args:
        tags: bool [n, k], that the photos carry.
    """
    return np.asarray(tags.sum(axis=1, dtype=np.int64)[:, None] - tags > 0)


def column_of(names: Sequence[str]) -> dict[str, int]:
    """Return the place of each tag, by its name without regard to letter case."""
    return {name.casefold(): number for number, name in enumerate(names)}
