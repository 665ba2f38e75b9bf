"""Where nothing is found: changed searches that would find something."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from photoorg.core.query import Filter, Group, Like, Looks, Part, Query, Text
from photoorg.core.records import Alternative
from photoorg.search.spelling import Spelling
from photoorg.search.words import is_telling

MOST = 3
"""Alternatives that are offered."""

_TRIED = 8
"""Changed searches that are counted; each costs about as much as the search itself."""


Related = Callable[[str], Sequence[str]]
"""Gives words of the library or the model that mean nearly the same as a word, or look like one
that nobody knows, the nearest first."""


def alternatives(
    query: Query, spelling: Spelling, related: Related, count: Callable[[Query], int]
) -> tuple[Alternative, ...]:
    """Return up to `MOST` changed queries that find something, the most careful change first.

    Args:
        query: what found nothing.
        spelling: knows other words for a misspelt one.
        related: knows words that are near.
        count: says how many photos a query finds.
    """
    found: list[Alternative] = []
    tried: set[str] = set()
    for changed, why in _changes(query, spelling, related):
        text = str(changed)
        if not text or text in tried:
            continue
        if len(found) == MOST or len(tried) == _TRIED:
            break
        tried.add(text)
        number = count(changed)
        if number:
            found.append(Alternative(text, number, why))
    return tuple(found)


def _changes(query: Query, spelling: Spelling, related: Related) -> Iterator[tuple[Query, str]]:
    """Yield changed queries: less a filter, a quote loosened, a word exchanged, less a part."""
    parts = query.parts
    for number, part in enumerate(parts):
        if isinstance(part, Filter) and len(parts) > 1:
            yield _without(query, number), f"without {part}"
    for number, part in enumerate(parts):
        if isinstance(part, Text) and part.quoted and part.weight > 0:
            loose = _loosened(part, spelling)
            changed = replace(query, parts=(*parts[:number], *loose, *parts[number + 1 :]))
            yield changed, f"{' '.join(map(str, loose))} without the quotation marks"
    for number, part in enumerate(parts):
        if isinstance(part, Text) and not part.quoted and part.weight > 0 and is_telling(part.text):
            for word in related(part.text):
                other = replace(part, text=word, quoted=" " in word)
                changed = replace(query, parts=(*parts[:number], other, *parts[number + 1 :]))
                yield changed, f"“{word}” instead of “{part.text}”"
    for number, part in enumerate(parts):
        counts = isinstance(part, Text | Like | Looks | Group)
        if counts and len(parts) > 1:
            yield _without(query, number), f"without {part}"


def _loosened(part: Text, spelling: Spelling) -> tuple[Part, ...]:
    """Return the words of a phrase as bare words, put right where they are misspelt."""
    return tuple(
        Text(spelling.correction(word) or word, weight=part.weight) for word in part.text.split()
    )


def _without(query: Query, number: int) -> Query:
    return replace(query, parts=(*query.parts[:number], *query.parts[number + 1 :]))
