"""Tags that are one word, written in several ways."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from photoorg.features.words.lemmas import fold
from photoorg.features.words.normalise import Normaliser

_SHORTEST_TYPO: Final = 5
"""Letters; shorter words are one letter apart too often: "boat" and "coat"."""

_RARER: Final = 3
"""A slip of the pen is at least so many times rarer than the word."""

_ABBREVIATION: Final = (3, 5)
"""Letters of one: "NYC"."""


class SameWord(NamedTuple):
    """Two names that are one word.

    Attributes:
        one, other: places in the list of names.
        typo: which of the two is the slip, or None.
    """

    one: int
    other: int
    confidence: float
    reason: str
    typo: int | None = None


def same_words(
    names: Sequence[str], counts: Sequence[int], is_word: Callable[[str], bool]
) -> Iterator[SameWord]:
    """Yield pairs of names that are one word, each pair once, most certain reasons first.

    Args:
        names: of the tags, all different.
        counts: photos of each.
        is_word: tells whether a text in lower case is in the dictionary just so.
    """
    told: set[tuple[int, int]] = set()
    for finding in (
        *_by_letters(names),
        *_by_lemmas(names, is_word),
        *_by_initials(names),
        *_by_slips(names, counts, is_word),
    ):
        pair = (min(finding.one, finding.other), max(finding.one, finding.other))
        if pair not in told:
            told.add(pair)
            yield finding


def letters_of(name: str) -> str:
    """Return the letters and digits of a name, without case and accents: "Café-Bar", "cafebar"."""
    split = unicodedata.normalize("NFD", fold(name))
    return "".join(c for c in split if c.isalnum())


def _by_letters(names: Sequence[str]) -> Iterator[SameWord]:
    for one, other in _pairs([letters_of(name) for name in names]):
        yield SameWord(one, other, 0.95, "the same letters, written differently")


def _by_lemmas(names: Sequence[str], is_word: Callable[[str], bool]) -> Iterator[SameWord]:
    normaliser = Normaliser()
    tokens = [normaliser.tokens(name) for name in names]
    for one, other in _pairs([" ".join(each) for each in tokens]):
        plain = [" ".join(fold(names[row]).split()) for row in (one, other)]
        long, short = sorted(plain, key=len, reverse=True)
        if is_word(long) and long != short:
            continue  # "glasses" is not only several of "glass"
        if long.endswith("s") and not short.endswith("s"):
            yield SameWord(one, other, 0.95, "the same word in plural")
        else:
            yield SameWord(one, other, 0.75, "the same word in another form")


def _by_initials(names: Sequence[str]) -> Iterator[SameWord]:
    rows = {letters_of(name): row for row, name in enumerate(names)}
    least, most = _ABBREVIATION
    for row, name in enumerate(names):
        words = fold(name).replace("-", " ").split()
        initials = "".join(word[0] for word in words)
        other = rows.get(initials)
        if least <= len(words) <= most and other is not None and names[other].isupper():
            yield SameWord(other, row, 0.85, "its first letters")


def _by_slips(
    names: Sequence[str], counts: Sequence[int], is_word: Callable[[str], bool]
) -> Iterator[SameWord]:
    """Find names one slip apart by what is left when a letter is taken out of each.

    Garbe 2012, symmetric delete spelling correction: no pair is compared in vain.
    """
    plain = [" ".join(fold(name).split()) for name in names]
    by_rest: defaultdict[str, list[int]] = defaultdict(list)
    for row, word in enumerate(plain):
        if len(word) >= _SHORTEST_TYPO:
            for rest in {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}:
                by_rest[rest].append(row)
    close = {
        (min(one, other), max(one, other))
        for rows in by_rest.values()
        for i, one in enumerate(rows)
        for other in rows[i + 1 :]
    }
    for one, other in sorted(close):
        slip, meant = sorted((one, other), key=lambda row: counts[row])
        if (
            one_slip_apart(plain[one], plain[other])
            and not is_word(plain[slip])
            and is_word(plain[meant])
            and counts[meant] >= _RARER * max(1, counts[slip])
        ):
            yield SameWord(one, other, 0.8, "a slip of one letter", slip)


def one_slip_apart(one: str, other: str) -> bool:
    """Return whether two words differ by one letter, or by two that changed places."""
    if len(one) > len(other):
        one, other = other, one
    start = 0
    while start < len(one) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    if len(a) != len(b):
        return a == b[1:]
    if a[1:] == b[1:]:
        return bool(a)
    return a[:2] == b[1::-1] and a[2:] == b[2:]


def _pairs(keys: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield pairs of places with equal keys: the first of them with each other one."""
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        if key:
            rows[key].append(row)
    for same in rows.values():
        for other in same[1:]:
            yield same[0], other
