"""Misspelt words, and words that are written in one or in two.

A word is left alone where the library knows it (a tag, caption, name or folder holds it), or where
it is English; else the nearest of the person's own tags, of the model's vocabulary and of English
is taken, if one is near. `resources/english-words.txt.gz` lists 60,000 English words, the most
frequent first; `resources/english-words.md` says where they come from.
"""

from __future__ import annotations

import gzip
import logging
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from photoorg.core.errors import ModelFileProblem
from photoorg.core.paths import resource_path
from photoorg.core.query import Group, Part, Query, Text
from photoorg.search.dictionaries import is_word
from photoorg.search.ports import SearchCatalog

logger = logging.getLogger(__name__)

_MOST_CORRECTED = 8
"""Unknown words of a query that are looked into; a text pasted by mistake must not take seconds."""

_OWN, _MODEL = 1.0, 0.3
"""How many slips nearer the person's tags, and the model's words, are taken to be."""

_RARITY = 0.3
"""Slips that a ten times rarer word is taken to be further off."""

_SWAPPED = 0.4
"""Slips that letters in another order are nearer than a wrong letter: "trian" is train."""

_MOST_ANYWHERE = 1.5
"""More slips are taken for some only within a word. People get its ends right: of 700 common
misspellings 569 are put right so, in place of 575, and 57 of 293 made-up words, in place of 65."""

_SOUND = (
    (re.compile("ph"), "f"),
    (re.compile("ck|qu"), "k"),
    (re.compile("wh"), "w"),
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile("e$"), ""),
)
"""What people hear alike and write unlike: "elefant", "giraf", "sandwhich"."""

_SURE = 0.6
"""Up to here a slip is likelier than that two words were written as one ("zeebra", "zee bra")."""

_MOST_RELATED, _NEAR = 3, 0.6
"""Related words that are given, and the cosine from which words are related ("couch", "sofa")."""

_RESEMBLES = 0.6
"""Share of letters from which a word may be offered in place of one that nobody knows."""

_SINGLE = frozenset("tex")
"""First letters that stand alone in compounds: T-shirt, e-bike, X-ray."""

_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)


class Spelling:
    """Corrects words and finds compounds. Safe to use from several threads at once.

    Args:
        catalog: the person's own words.
        vocabulary: words that the model knows.
        english: whether the model reads English alone; else words are corrected only to the
            person's own.
    """

    def __init__(
        self, catalog: SearchCatalog, vocabulary: Sequence[str] = (), *, english: bool = True
    ) -> None:
        self._catalog = catalog
        self._vocabulary = frozenset(_words_of(vocabulary))
        self._english = english

    def correct(self, query: Query) -> tuple[Query, tuple[tuple[str, str], ...]]:
        """Return a query with misspelt words put right, and what was changed: (typed, used).

        Quoted words stay as they are.
        """
        found: dict[str, str] = {}
        asked: set[str] = set()

        def part_of(part: Part) -> Part:
            match part:
                case Text(text, quoted=False) if self._is_doubtful(text):
                    if len(asked) == _MOST_CORRECTED and text not in asked:
                        return part
                    asked.add(text)
                    better = self.correction(text)
                    if better is None:
                        return part
                    found[text] = better
                    return replace(part, text=better)
                case Group(parts=parts):
                    return replace(part, parts=tuple(map(part_of, parts)))
                case _:
                    return part

        corrected = replace(query, parts=tuple(map(part_of, query.parts)))
        return corrected, tuple(found.items())

    def correction(self, typed: str) -> str | None:
        """Return what a misspelt word was probably meant to be, or None."""
        if not self._is_doubtful(typed):
            return None
        word = _bare(typed)
        own = self._own()
        if word in own or self._catalog.lexical_search([typed], 1):
            return None
        nearest = self._nearest(word, own)
        if nearest is None or (nearest[0] > _SURE and self._english and self.compounds(word)):
            return None
        return nearest[1]

    def compounds(self, word: str) -> Sequence[str]:
        """Return the other ways to write a word that may be a compound.

        "firetruck" gives "fire truck", which a search by letters also finds as "fire-truck";
        "fire-truck" gives "firetruck".
        """
        folded = word.casefold()
        if "-" in folded:
            together = folded.replace("-", "")
            return (together,) if together.isalpha() else ()
        if not (folded.isascii() and folded.isalpha()) or len(folded) < 5:
            return ()
        english = english_words()
        splits = [(folded[:at], folded[at:]) for at in range(1, len(folded) - 2)]
        return tuple(
            f"{first} {second}"
            for first, second in splits
            if second in english
            and (first in _SINGLE if len(first) == 1 else len(first) > 2 and first in english)
        )

    def strange(self, text: str) -> tuple[str, ...]:
        """Return the words of a text that nobody knows, each once, as they were typed.

        Neither a dictionary nor the library has them: they may mean something to the person, but to
        no model. Where the model reads more than English, none is.
        """
        if not self._english:
            return ()
        made_up = [word for word in dict.fromkeys(text.split()) if self._is_made_up(word)]
        if not made_up:
            return ()
        own = self._own()
        return tuple(
            word
            for word in made_up[:_MOST_CORRECTED]
            if (bare := _bare(word)) not in own and not self._catalog.lexical_search([bare], 1)
        )

    def near(self, word: str) -> Sequence[str]:
        """Return up to three words of the library and the model that a strange one resembles.

        They are too far off to be taken for it unasked.
        """
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        if not self.strange(word):
            return ()
        others = sorted(self._own() | self._vocabulary)
        found = process.extract(
            _bare(word),
            others,
            scorer=OSA.normalized_similarity,
            score_cutoff=_RESEMBLES,
            limit=_MOST_RELATED,
        )
        return tuple(other for other, _, _ in found)

    def related(self, word: str) -> Sequence[str]:
        """Return up to three of the person's tags and the model's words that mean nearly the same.

        By GloVe's vectors of single words: 0.2 s when it is first asked, then some milliseconds.
        """
        from photoorg.features.words.glove_6b import shared_table

        folded = word.casefold()
        others = sorted((self._own() | self._vocabulary) - {folded})
        if not self._english or not others:
            return ()
        try:
            table = shared_table()
        except ModelFileProblem as problem:
            logger.info("no related words: %s", problem)
            return ()
        vectors, known = table.look_up([folded, *others])
        if not known[0]:
            return ()
        lengths = np.maximum(np.linalg.norm(vectors, axis=1), 1e-6)
        cosines = (vectors[1:] @ vectors[0]) / (lengths[1:] * lengths[0])
        best = np.argsort(-cosines, kind="stable")[:_MOST_RELATED]
        return tuple(others[number] for number in best.tolist() if cosines[number] >= _NEAR)

    def _is_doubtful(self, typed: str) -> bool:
        """Whether a word may be misspelt, as far as can be told without asking the library."""
        word = _bare(typed)
        if len(word) < 3 or not (word.isascii() and word.isalpha()):
            return False
        return not (self._english and (word in english_words() or word in self._vocabulary))

    def _is_made_up(self, typed: str) -> bool:
        """Whether no dictionary has a word, and it is not two that one has."""
        word = _bare(typed)
        return self._is_doubtful(word) and not is_word(word) and not self.compounds(word)

    def _own(self) -> frozenset[str]:
        tags = self._catalog.tags()
        return frozenset(_words_of([name for tag in tags for name in (tag.name, *tag.aliases)]))

    def _nearest(self, word: str, own: frozenset[str]) -> tuple[float, str] | None:
        """Return how many slips off the likeliest word is, and the word; None where none is."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        lists: list[tuple[float, Collection[str]]] = [(_OWN, own)]
        english: Mapping[str, int] = {}
        if self._english:
            english = english_words()
            lists += [(_MODEL, self._vocabulary), (0.0, english)]
        most = 1 if len(word) < 5 else 2
        best: tuple[float, float, str] | None = None
        for bonus, words in lists:
            near = process.extract(
                word, list(words), scorer=OSA.distance, score_cutoff=most, limit=None
            )
            for candidate, distance, _ in near:
                slips = _slips(word, candidate, int(distance))
                if slips is None:
                    continue
                rarity = _RARITY * math.log10(1 + english.get(candidate, len(english)) / 100)
                found = (slips - bonus + rarity, slips, candidate)
                best = found if best is None else min(best, found)
        return None if best is None else best[1:]


def _bare(typed: str) -> str:
    return typed.casefold().strip(".,;:!?")


def _slips(word: str, candidate: str, distance: int) -> float | None:
    """Return how far off a word is, less where it sounds alike; None where it is too far."""
    from rapidfuzz.distance import OSA

    if len(candidate) < 3:
        return None
    swapped = sorted(word) == sorted(candidate)
    if len(word) == 3 and not swapped:
        return None  # too many words of three letters are a letter apart
    heard = OSA.distance(_sound(word), _sound(candidate)) + 0.5
    slips = min(float(distance), heard)
    if slips > (1.5 if len(word) < 7 else 2):
        return None
    if slips > _MOST_ANYWHERE and not swapped and not _same_ends(word, candidate):
        return None
    if word[0] != candidate[0]:
        slips += 0.5
    if len(word) < len(candidate):
        slips -= 0.1  # a letter is left out more often than put in or changed
    return slips - (_SWAPPED if swapped else 0)


def _same_ends(word: str, candidate: str) -> bool:
    return word[0] == candidate[0] and word[-1] == candidate[-1]


def _sound(word: str) -> str:
    for pattern, letter in _SOUND:
        word = pattern.sub(letter, word)
    return word


def _words_of(names: Sequence[str]) -> list[str]:
    return [word for name in names for word in _WORD.findall(name.casefold()) if len(word) > 2]


@cache
def english_words() -> Mapping[str, int]:
    """Return English words with their rank, the most frequent 0; loaded once, in 25 ms.

    Raises:
        EnvironmentProblem: the list was not shipped, so the installation is incomplete.
    """
    text = gzip.decompress(resource_path("english-words.txt.gz").read_bytes()).decode()
    return {word: rank for rank, word in enumerate(text.split())}
