"""Which of its meanings a tag has, going by its photos and by the tags next to it.

A tag is a word without a sentence. What stands for the sentence are the tags on the same photos,
and the photos themselves: each meaning is written out as a line of words ("mouse, rodent, gnawer"
against "mouse, computer mouse, electronic device"), and the lines nearest to both weigh most.
WordNet's own order of meanings is the prior, because most words are used in their first sense.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from photoorg.features.words.lemmas import fold, lemma_of
from photoorg.models.wordnet import Sense, Synset, WordNet, known_form
from photoorg.search.tag_facts import Floats, TagKnowledge

EncodeText = Callable[[Sequence[str]], Floats]
"""Texts to sentence vectors [n, t] of length 1."""
ToJoint = Callable[[Floats], Floats]
"""Sentence vectors [n, t] to the joint space [n, d], length 1."""

_MOST_SENSES: Final = 8
_COMPANIONS: Final = 8
_SHARPNESS: Final = 10.0
"""A line that is nearer by a cosine of 0.1 counts e times as much."""
_ABSTRACT_SHARE: Final = 0.2
_SMOOTHING: Final = 2.0


@dataclass(frozen=True, slots=True)
class Senses:
    """The meanings of a tag.

    Attributes:
        shares: how likely each is; they sum to 1.
    """

    shares: Mapping[Synset, float]


def forms_of(name: str) -> tuple[str, ...]:
    """Return what to look a tag up by: as it is, with its last word as a lemma, without hyphens."""
    plain = " ".join(fold(name).replace("_", " ").split())
    words = plain.split(" ")
    single = " ".join([*words[:-1], lemma_of(words[-1])])
    loose = single.replace("-", " ")
    return tuple(dict.fromkeys((plain, single, loose)))


class SenseFinder:
    """Tells the meanings of tags; what was worked out is kept."""

    def __init__(
        self, wordnet: WordNet, knowledge: TagKnowledge, encode: EncodeText, to_joint: ToJoint
    ) -> None:
        self._wordnet = wordnet
        self._knowledge = knowledge
        self._encode = encode
        self._to_joint = to_joint
        self._known: dict[str, Senses] = {}

    def possible(self, name: str) -> list[Sense]:
        """Return the meanings that a name can have."""
        return self._wordnet.senses(known_form(self._wordnet, forms_of(name)))[:_MOST_SENSES]

    def noun_share(self, name: str) -> float:
        """Return how likely a name is a noun, and not "young" or "running"."""
        return self._wordnet.noun_share(known_form(self._wordnet, forms_of(name)))

    def head_of(self, name: str) -> str:
        """Return the last word of a name that is unknown as a whole, if that is known, or "".

        In English it says what the whole is a kind of: "sports ball", "Grandma's garden".
        """
        words = name.split()
        known = len(words) > 1 and not self.possible(name) and self.possible(words[-1])
        return words[-1] if known else ""

    def senses(self, name: str) -> Senses:
        """Return the meanings of a tag, or of a word that is none, with how likely each is."""
        if name not in self._known:
            self._known[name] = self._weigh(name)
        return self._known[name]

    def _weigh(self, name: str) -> Senses:
        possible = self.possible(name)
        if not possible:
            return Senses({})
        weights = np.array([self._prior(sense) for sense in possible])
        row = self._knowledge.rows.get(name)
        if row is not None and len(possible) > 1:
            weights = weights * np.exp(_SHARPNESS * self._context(row, possible))
        weights = weights / weights.sum()
        return Senses({s.synset: float(w) for s, w in zip(possible, weights, strict=True)})

    def _prior(self, sense: Sense) -> float:
        concrete = 1.0 if self._wordnet.is_concrete(sense.synset) else _ABSTRACT_SHARE
        # The root, because what people photograph is not what WordNet's texts tell of.
        return math.sqrt(sense.tagged + _SMOOTHING) / (1 + sense.rank) * concrete

    def _context(self, row: int, possible: Sequence[Sense]) -> Floats:
        """Return how near each meaning is to a tag's photos and companions, [senses]."""
        lines = self._encode([self._line(sense.synset) for sense in possible])
        near = np.zeros(len(possible), np.float32)
        companions = self._knowledge.companions(row, _COMPANIONS)
        if companions:
            near += lines @ self._knowledge.texts[companions].mean(axis=0)
        if self._knowledge.seen[row]:
            look = self._knowledge.looks[row]
            near += self._to_joint(lines) @ (look / np.linalg.norm(look))
        return near

    def _line(self, synset: Synset) -> str:
        """Return a meaning in words: its own, and those of what it is a kind of."""
        words = self._wordnet.words(synset)[:4]
        above = self._wordnet.parents(synset)
        for _ in range(2):
            words += [self._wordnet.words(each)[0] for each in above[:2]]
            above = [up for each in above for up in self._wordnet.parents(each)]
        return ", ".join(dict.fromkeys(words))
