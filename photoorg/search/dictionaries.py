"""Whether a word is one at all: what no dictionary and no list of names holds was made up.

Asked only of words that the list of frequent English words lacks, so that nothing of this is loaded
for an ordinary search.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache

from photoorg.core.errors import ModelFileProblem

logger = logging.getLogger(__name__)

StrangeWords = Callable[[str], Sequence[str]]
"""Returns the words of a text that neither dictionaries nor the library know."""


@lru_cache(maxsize=4096)
def is_word(word: str) -> bool:
    """Return whether a word in small letters is known: English, or a name of anybody or anything.

    Names come from the 400,000 words of GloVe (newspapers and an encyclopaedia), rare nouns from
    WordNet, and rare forms of words ("rappels") from simplemma's dictionary. Of 7,804 different
    words in Flickr8k's captions 344 are neither in one of these nor compounds, nearly all of them
    misspelt; all but 20 are put right before this matters. Of 293 made-up words that can be spoken,
    13 are in one.
    """
    from photoorg.features.words.glove_6b import shared_table
    from photoorg.models.wordnet import load_wordnet

    try:
        named = bool(shared_table().look_up([word])[1][0])
        if named or load_wordnet().senses(word):
            return True
    except ModelFileProblem as problem:
        logger.info("no words are taken to be made up: %s", problem)
        return True
    from simplemma import is_known

    return bool(is_known(word, lang="en"))


def no_strange_words(text: str) -> Sequence[str]:
    """Take every word for one that somebody knows."""
    del text
    return ()


def without_words(text: str, words: Collection[str]) -> str:
    """Return a text without some of its words."""
    return " ".join(word for word in text.split() if word not in words) if words else text
