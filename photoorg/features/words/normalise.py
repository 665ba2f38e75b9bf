"""From what people write to the words that text vectors are learnt of.

Case, width and ligatures are folded (Unicode NFKC), English words become their lemmas, and words
of every other script stay as they are: a library's tags are in its owner's languages.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cache

from photoorg.features.words.base import Document
from photoorg.features.words.lemmas import fold, lemma_of

JOINER = "_"
"""Between the words of a multi-word tag that is one token."""

# Words that carry grammar and nothing that a photo could show. As lemmas: "is" and "was" are "be".
# fmt: off
_FUNCTION_WORDS = frozenset([
    "a", "an", "the", "this", "that", "these", "those", "some", "any", "each", "every", "such",
    "i", "me", "my", "mine", "we", "us", "our", "you", "your", "he", "him", "his", "she", "her",
    "it", "its", "they", "them", "their", "who", "whom", "whose", "which", "what", "there",
    "here", "be", "have", "do", "will", "would", "shall", "should", "can", "could", "may",
    "might", "must", "and", "or", "but", "nor", "so", "yet", "if", "then", "than", "as", "while",
    "because", "of", "at", "by", "for", "with", "about", "into", "onto", "to", "from", "in", "on",
    "off", "out", "up", "s", "t",
])
# fmt: on
_POSSESSIVE = re.compile(r"(?<=\w)['\u2019\u02bc]s\b")


class Normaliser:
    """Splits texts into normalised words. Immutable, so any number of threads may use it.

    Normalising what is normal already changes nothing.
    """

    def __init__(self, phrases: Collection[str] = ()) -> None:
        """Take the multi-word tags that are one token each.

        Args:
            phrases: tags as people write them, or tokens ("new_york"); single words are ignored.
        """
        known: dict[tuple[str, ...], str] = {}
        # Sorted, so that of two spellings with the same lemmas the same one wins in every process.
        for phrase in sorted(phrases):
            words = _words(phrase)
            telling = _telling(words)
            if len(telling) > 1:
                known.setdefault(telling, JOINER.join(words))
        self._phrases = known
        self._longest = max(map(len, known), default=1)

    def document(self, tags: Sequence[str] = (), captions: Sequence[str] = ()) -> Document:
        """Return what tags and captions say together; no phrase spans two of them."""
        texts = [text for text in (", ".join(tags), *captions) if text.strip()]
        tokens = tuple(token for text in (*tags, *captions) for token in self.tokens(text))
        return Document(tokens, "\n".join(texts))

    def tokens(self, text: str) -> tuple[str, ...]:
        """Return the words of a text in order.

        Function words ("the", "of") are left out unless there is nothing else. Where several known
        phrases begin at a word, the longest one is taken.
        """
        words = _telling(_words(text))
        if not self._phrases:
            return words
        found: list[str] = []
        start = 0
        while start < len(words):
            for end in range(min(len(words), start + self._longest), start, -1):
                phrase = self._phrases.get(words[start:end])
                if phrase is not None:
                    found.append(phrase)
                    break
            else:
                end = start + 1
                found.append(words[start])
            start = end
        return tuple(found)


def learn_phrases(tag_lists: Iterable[Sequence[str]], min_count: int = 2) -> tuple[str, ...]:
    """Return the multi-word tags of a library, as tokens, most frequent first.

    Args:
        tag_lists: the tags of each photo.
        min_count: photos that must carry a tag. A tag used once teaches no vector of its own, but
            its words may occur elsewhere.
    """
    counts: Counter[str] = Counter()
    for tags in tag_lists:
        phrases = (_words(tag) for tag in tags)
        counts.update({JOINER.join(words) for words in phrases if len(_telling(words)) > 1})
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(phrase for phrase, count in ordered if count >= min_count)


def _telling(words: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out function words, unless nothing else would be left ("The Who")."""
    return tuple(word for word in words if word not in _FUNCTION_WORDS) or words


def _words(text: str) -> tuple[str, ...]:
    """Split a text into lemmas, whatever its script.

    A combining mark belongs to the letter before it (Devanagari's vowels are such marks, which
    `re` does not count as part of a word); a picture sign is a word for itself.
    """
    spaced = "".join(map(_spaced, _POSSESSIVE.sub("", fold(text))))
    stripped = (_without_leading_marks(word) for word in spaced.split())
    return tuple(lemma_of(word) for word in stripped if word)


@cache
def _spaced(character: str) -> str:
    """Return the character if it is part of a word, else a space."""
    category = unicodedata.category(character)
    if category == "So":
        return f" {character} "
    return character if category[0] in "LMN" else " "


def _without_leading_marks(word: str) -> str:
    start = 0
    while start < len(word) and unicodedata.category(word[start])[0] == "M":
        start += 1
    return word[start:]
