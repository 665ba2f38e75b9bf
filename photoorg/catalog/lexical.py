"""Words found in tags, captions, names and folders.

FTS5's own ranking (bm25) reads every row that holds a word before it ranks the first: 174 ms at
100,000 photos for a word that most of them hold. Here each word and field yields at most the newest
`BOUND` photos, and the score is worked out from where the word stands and how rare it is.
"""

from __future__ import annotations

import heapq
import math
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from photoorg.catalog.encoding import clean_text, tag_key
from photoorg.catalog.records import LexicalHit
from photoorg.core.ids import PhotoId, TagId

BOUND: Final = 2000
"""Photos taken in for one word in one field."""

MAX_WORDS: Final = 16
"""Words looked up of one query; a text pasted by mistake must not take seconds."""


@dataclass(frozen=True, slots=True)
class _Field:
    """One place where words stand.

    Attributes:
        where: its name for a person.
        weight: how much a match there says about the photo.
        photos: SQL that gives photo ids, newest first, for an FTS5 query and a bound.
    """

    where: str
    weight: float
    photos: str


_FIELDS: Final = (
    _Field(
        "caption",
        3.0,
        """
        SELECT w.rowid FROM photo_words w CROSS JOIN photos p ON p.id = w.rowid
        WHERE photo_words MATCH ? AND p.shown ORDER BY w.rowid DESC LIMIT ?
        """,
    ),
    _Field(
        "name",
        2.0,
        """
        SELECT f.photo_id FROM file_words w
        CROSS JOIN files f ON f.id = w.rowid CROSS JOIN photos p ON p.id = f.photo_id
        WHERE file_words MATCH ? AND f.missing = p.missing AND p.shown
        ORDER BY w.rowid DESC LIMIT ?
        """,
    ),
    _Field(
        "folder",
        1.0,
        """
        SELECT f.photo_id FROM folder_words w
        CROSS JOIN folders d ON d.id = w.rowid CROSS JOIN files f ON f.folder_id = d.id
        CROSS JOIN photos p ON p.id = f.photo_id
        WHERE folder_words MATCH ? AND d.covered AND f.missing = p.missing AND p.shown LIMIT ?
        """,
    ),
)

_TAG_WEIGHT: Final = 4.0
_WHOLE_TAG_WEIGHT: Final = 6.0


def search(db: sqlite3.Connection, words: Sequence[str], limit: int) -> list[LexicalHit]:
    """Return photos that hold any of the words, best first; see `Catalog.lexical_search`.

    A photo's score is the sum over words of weight of the best field x rarity of the word there,
    so that photos with more of the words, in better places, come first.
    """
    (total,) = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'photos'").fetchone() or (
        0,
    )
    scores: dict[PhotoId, float] = {}
    best: dict[PhotoId, tuple[float, str]] = {}
    for word in list(dict.fromkeys(words))[:MAX_WORDS]:
        of_word: dict[PhotoId, tuple[float, str]] = {}
        for where, weight, photo_ids in _matches(db, word):
            # Smoothed inverse document frequency; never below 1, so that fields keep their order.
            score = weight * (1.0 + math.log1p(total / (1 + len(photo_ids))))
            for photo_id in photo_ids:
                if photo_id not in of_word or of_word[photo_id][0] < score:
                    of_word[photo_id] = (score, where)
        for photo_id, (score, where) in of_word.items():
            scores[photo_id] = scores.get(photo_id, 0.0) + score
            if photo_id not in best or best[photo_id][0] < score:
                best[photo_id] = (score, where)
    top = heapq.nlargest(limit, scores, key=lambda photo_id: (scores[photo_id], photo_id))
    return [LexicalHit(photo_id, scores[photo_id], best[photo_id][1]) for photo_id in top]


def _matches(db: sqlite3.Connection, word: str) -> Iterator[tuple[str, float, Sequence[PhotoId]]]:
    """Yield (where, weight, photos) for every tag and field in which a word or phrase stands."""
    query = f'"{clean_text(word).replace(chr(34), chr(34) * 2)}"'
    key = tag_key(word)
    for tag_id, name, own_key in db.execute(
        """
        SELECT * FROM (
            SELECT t.id, t.name, t.key FROM tag_words w CROSS JOIN tags t ON t.id = w.rowid
            WHERE tag_words MATCH ?1 LIMIT 50
        ) UNION ALL SELECT * FROM (
            SELECT t.id, t.name, a.key FROM alias_words w
            CROSS JOIN tag_aliases a ON a.id = w.rowid CROSS JOIN tags t ON t.id = a.tag_id
            WHERE alias_words MATCH ?1 LIMIT 50
        )
        """,
        (query,),
    ).fetchall():
        # Those below count where the tag itself was typed; else a common word could mean them all.
        photo_ids = _carriers(db, tag_id, with_those_below=own_key == key)
        weight = _WHOLE_TAG_WEIGHT if own_key == key else _TAG_WEIGHT
        yield f"tag {name}", weight, photo_ids
    for field in _FIELDS:
        rows = db.execute(field.photos, (query, BOUND))
        yield field.where, field.weight, [row[0] for row in rows]


def _carriers(
    db: sqlite3.Connection, tag_id: TagId, *, with_those_below: bool
) -> Sequence[PhotoId]:
    """Return the newest photos that carry a tag, or one below it."""
    if not with_those_below:
        return _newest(db, tag_id)
    below = db.execute(
        """
        WITH RECURSIVE below (id) AS (
            SELECT ? UNION SELECT t.id FROM below b CROSS JOIN tags t ON t.parent_id = b.id
        )
        SELECT id FROM below
        """,
        (tag_id,),
    ).fetchall()
    # Tag by tag, because each is read from an index in this order and ends at the bound.
    found = set[PhotoId]().union(*(_newest(db, each) for (each,) in below))
    return sorted(found, reverse=True)[:BOUND]


def _newest(db: sqlite3.Connection, tag_id: TagId) -> list[PhotoId]:
    rows = db.execute(
        """
        SELECT pt.photo_id FROM photo_tags pt CROSS JOIN photos p ON p.id = pt.photo_id
        WHERE pt.tag_id = ? AND pt.state = 1 AND p.shown ORDER BY pt.photo_id DESC LIMIT ?
        """,
        (tag_id, BOUND),
    )
    return [row[0] for row in rows]
