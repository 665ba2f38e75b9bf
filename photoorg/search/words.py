"""Matches of a query's words and phrases in tags, captions, names and folders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from photoorg.core.conditions import TagIs
from photoorg.core.query import Text
from photoorg.search.ports import FloatArray, IdArray, SearchCatalog

TAG_CERTAINTY = 0.99
"""How sure a confirmed tag makes that a photo is what its name asks for: it tops every likeness."""

_CERTAINTY = {"tag": 0.95, "caption": 0.85, "name": 0.75, "folder": 0.6}
"""How sure a word makes it by where it stands; "tag" is a word within a longer tag."""

_LIMIT = 1000
"""Lexical matches looked at for each word."""

_MOST_WORDS = 8
"""Words of a long query that are looked up; a caption names its matter in fewer."""

_STOP_WORDS = frozenset(
    {"a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "her", "his", "in", "into"}
    | {"is", "it", "its", "of", "on", "or", "over", "that", "the", "their", "them", "there"}
    | {"this", "to", "two", "under", "up", "with", "while"}
)

Spellings = Callable[[str], Sequence[str]]
"""Gives other ways to write a word: "fire truck" for "firetruck"."""


def _as_typed(word: str) -> Sequence[str]:
    del word
    return ()


@dataclass(slots=True)
class WordMatches:
    """Photos whose words match.

    Attributes:
        ids: int64 [n], ascending.
        certainty: float32 [n], 0 to 1.
        where: for each photo the best place, such as "tag dog" or "name".
        required: photos without a match are not what was asked for: a quoted phrase was found.
    """

    ids: IdArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    certainty: FloatArray = field(default_factory=lambda: np.empty(0, dtype=np.float32))
    where: NDArray[np.object_] = field(default_factory=lambda: np.empty(0, dtype=np.object_))
    required: bool = False


def entries(texts: Sequence[Text]) -> list[Text]:
    """Return the words and phrases worth looking up, without repetition or filler words."""
    kept = [text for text in texts if any(letter.isalnum() for letter in text.text)]
    telling = [text for text in kept if text.quoted or is_telling(text.text)]
    return list(dict.fromkeys(telling or kept))[:_MOST_WORDS]


def is_telling(word: str) -> bool:
    """Return whether a word says something of what is looked for, as "the" and "on" do not."""
    return word.casefold() not in _STOP_WORDS


def whole_text(texts: Sequence[Text]) -> str:
    """Return all texts as one, as the name of a tag of several words would be typed."""
    return " ".join(text.text for text in texts)


def look_up(
    catalog: SearchCatalog, texts: Sequence[Text], spellings: Spellings = _as_typed
) -> WordMatches:
    """Find photos that hold wanted texts.

    A photo that holds all of them is as certain as its matches are on average; one that holds only
    some is less so, in the square of the share.

    Args:
        catalog: where to look.
        texts: what to look for.
        spellings: other ways to write a word.
    """
    sought = entries(texts)
    if not sought:
        return WordMatches()
    found = [
        _matches_of(catalog, text.text, () if text.quoted else spellings(text.text))
        for text in sought
    ]
    for first, second in pairwise(texts):
        if first in sought and second in sought and first.plain and second.plain:
            compound = _matches_of(catalog, first.text + second.text)
            for text in (first, second):
                number = sought.index(text)
                found[number] = _either(found[number], compound)
    whole = whole_text(texts)
    tagged = catalog.select(TagIs(whole)) if len(texts) > 1 else found[0].ids[:0]
    ids = np.unique(np.concatenate([tagged, *(each.ids for each in found)]))
    total = np.zeros(len(ids), dtype=np.float32)
    best = np.zeros(len(ids), dtype=np.float32)
    count = np.zeros(len(ids), dtype=np.float32)
    where = np.empty(len(ids), dtype=np.object_)
    all_quoted = np.ones(len(ids), dtype=np.bool_)
    required = False
    for text, each in zip(sought, found, strict=True):
        at = np.searchsorted(ids, each.ids)
        total[at] += each.certainty
        count[at] += 1
        better = each.certainty > best[at]
        where[at[better]] = each.where[better]
        best[at] = np.maximum(best[at], each.certainty)
        if text.quoted and len(each.ids):
            required = True
            all_quoted &= np.isin(ids, each.ids, assume_unique=True)
    certainty = (total * count / len(sought) ** 2).astype(np.float32)
    at = np.searchsorted(ids, tagged)
    certainty[at], where[at], all_quoted[at] = TAG_CERTAINTY, f"tag {whole}", True
    if required:
        ids, certainty, where = ids[all_quoted], certainty[all_quoted], where[all_quoted]
    return WordMatches(ids, certainty, where, required)


def holding(
    catalog: SearchCatalog, texts: Sequence[Text], spellings: Spellings = _as_typed
) -> IdArray:
    """Return the photos that hold any of some texts, int64 [n], ascending."""
    found = [
        _matches_of(catalog, text.text, () if text.quoted else spellings(text.text)).ids
        for text in texts
    ]
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)


def rejecting(catalog: SearchCatalog, texts: Sequence[Text]) -> IdArray:
    """Return the photos that the person said are not what one of the texts names, ascending."""
    names = list(dict.fromkeys([*(text.text for text in entries(texts)), whole_text(texts)]))
    rejected = catalog.photos_rejecting(names)
    if not len(rejected):
        return rejected
    # "dog" may be wrong and "hot dog" right.
    return np.setdiff1d(rejected, catalog.select(TagIs(whole_text(texts))))


def _matches_of(
    catalog: SearchCatalog, text: str, other_spellings: Sequence[str] = ()
) -> WordMatches:
    """Find the photos that hold one word or phrase; the tag of that very name is complete."""
    tagged = np.unique(catalog.select(TagIs(text)))
    hits = catalog.lexical_search([text, *other_spellings], _LIMIT)
    places = [hit.where for hit in hits]
    hit_ids = np.fromiter((hit.photo_id for hit in hits), dtype=np.int64, count=len(hits))
    certainty = np.fromiter(
        (_CERTAINTY.get(place.partition(" ")[0], 0.5) for place in places),
        dtype=np.float32,
        count=len(places),
    )
    other = ~np.isin(hit_ids, tagged)
    ids = np.concatenate([tagged, hit_ids[other]])
    where = np.empty(len(ids), dtype=np.object_)
    where[: len(tagged)] = f"tag {text}"
    where[len(tagged) :] = np.array(places, dtype=np.object_)[other]
    certainties = np.concatenate(
        [np.full(len(tagged), TAG_CERTAINTY, dtype=np.float32), certainty[other]]
    )
    ids, first = np.unique(ids, return_index=True)
    return WordMatches(ids, certainties[first], where[first])


def _either(first: WordMatches, second: WordMatches) -> WordMatches:
    """Return the photos of either, each with its better match."""
    if not len(second.ids):
        return first
    ids = np.concatenate([first.ids, second.ids])
    certainty = np.concatenate([first.certainty, second.certainty])
    order = np.lexsort((-certainty, ids))
    ids, at = np.unique(ids[order], return_index=True)
    return WordMatches(
        ids, certainty[order][at], np.concatenate([first.where, second.where])[order][at]
    )
