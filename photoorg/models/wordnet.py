"""WordNet's nouns: what a word can mean, and what each of that is a kind of.

Source: Fellbaum (ed.) 1998, WordNet: An Electronic Lexical Database; `resources/wordnet.md` says
how the file was made.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Final, NamedTuple, NewType
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import ModelFileProblem
from photoorg.core.paths import resource_path

Synset = NewType("Synset", int)
"""One meaning, with all the words that have it."""

TOPS: Final = 3
"""Lexicographer file of the most general nouns, such as "entity"."""

_ABSTRACT: Final = frozenset({7, 9, 10, 12, 16, 21, 22, 23, 24, 25, 26})
"""Lexicographer files of what no photo shows: attribute, cognition, communication, feeling, motive,
possession, process, quantity, relation, shape and state."""


class Sense(NamedTuple):
    """One meaning of one word.

    Attributes:
        rank: 0 for the most common meaning of the word.
        tagged: how often it was met in the texts that WordNet's makers tagged.
    """

    synset: Synset
    rank: int
    tagged: int


class WordNet:
    """The nouns, read-only; any number of threads may ask."""

    def __init__(self, tables: dict[str, NDArray[np.generic]]) -> None:
        """Take over tables as `packaging/build_wordnet.py` writes them.

        Raises:
            KeyError, ValueError: one is missing, or does not fit the others.
        """
        self._lemmas = tables["lemmas"].tobytes().decode("ascii").split("\n")
        self._sense_ends = tables["sense_ends"]
        self._senses = tables["senses"]
        self._tagged = tables["tagged"]
        self._elsewhere = tables["elsewhere"]
        self._parent_ends = tables["parent_ends"]
        self._parents = tables["parents"]
        self._lexfiles = tables["lexfiles"]
        if (
            len(self._sense_ends) != len(self._lemmas)
            or len(self._elsewhere) != len(self._lemmas)
            or len(self._senses) != len(self._tagged)
            or len(self._lexfiles) != len(self._parent_ends)
            or int(self._senses.max(initial=0)) >= len(self._lexfiles)
            or int(self._parents.max(initial=0)) >= len(self._lexfiles)
        ):
            raise ValueError("the tables do not fit each other")

    def senses(self, word: str) -> list[Sense]:
        """Return the meanings of a noun in lower case, most common first; none if it is unknown."""
        at = self._find(word)
        if at is None:
            return []
        first = int(self._sense_ends[at - 1]) if at else 0
        return [
            Sense(Synset(int(self._senses[i])), i - first, int(self._tagged[i]))
            for i in range(first, int(self._sense_ends[at]))
        ]

    def noun_share(self, word: str) -> float:
        """Return how often a word was a noun where it was tagged, 0 to 1; "young" hardly ever."""
        at = self._find(word)
        if at is None:
            return 1.0
        as_noun = sum(sense.tagged for sense in self.senses(word)) + 1
        return as_noun / (as_noun + int(self._elsewhere[at]))

    def _find(self, word: str) -> int | None:
        at = bisect_left(self._lemmas, word)
        return at if at < len(self._lemmas) and self._lemmas[at] == word else None

    def parents(self, synset: Synset) -> list[Synset]:
        """Return what a meaning is directly a kind of."""
        first = int(self._parent_ends[synset - 1]) if synset else 0
        return [Synset(int(p)) for p in self._parents[first : int(self._parent_ends[synset])]]

    def ancestors(self, synset: Synset, most: int) -> dict[Synset, int]:
        """Return what a meaning is a kind of, with the number of steps up, at most so many."""
        found: dict[Synset, int] = {}
        level = [synset]
        for steps in range(1, most + 1):
            level = [above for each in level for above in self.parents(each) if above not in found]
            found |= dict.fromkeys(level, steps)
        return found

    def words(self, synset: Synset) -> list[str]:
        """Return the words that have a meaning."""
        order, sorted_senses = self._by_synset
        first, last = np.searchsorted(sorted_senses, [synset, synset + 1])
        rows = np.searchsorted(self._sense_ends, order[first:last], side="right")
        return [self._lemmas[row] for row in rows.tolist()]

    def is_concrete(self, synset: Synset) -> bool:
        """Return whether a photo could show it."""
        return int(self._lexfiles[synset]) not in _ABSTRACT

    def is_top(self, synset: Synset) -> bool:
        """Return whether it is one of the most general nouns."""
        return int(self._lexfiles[synset]) == TOPS

    @cached_property
    def _by_synset(self) -> tuple[NDArray[np.int64], NDArray[np.generic]]:
        order = np.argsort(self._senses, kind="stable")
        return order, self._senses[order]


@cache
def load_wordnet() -> WordNet:
    """Read the shipped file, once.

    Raises:
        ModelFileProblem: it is damaged.
        EnvironmentProblem: it is missing from this installation.
    """
    return read_wordnet(resource_path("wordnet.npz"))


def read_wordnet(path: Path) -> WordNet:
    """Read a file that `packaging/build_wordnet.py` wrote.

    Raises:
        ModelFileProblem: it cannot be read, or is none.
    """
    try:
        # Opened here, since numpy leaves a file open that turns out to be damaged.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return WordNet({name: file[name] for name in file.files})
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise ModelFileProblem(f"{path} cannot be read ({error}).") from error


def known_form(wordnet: WordNet, forms: Sequence[str]) -> str:
    """Return the first of some forms of a word that is known, or ""."""
    return next((form for form in forms if wordnet.senses(form)), "")
