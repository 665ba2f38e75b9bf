"""Tags as the sidebar and the inspector show them."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoorg.catalog import joins, tag_tree
from photoorg.catalog.assertions import CONFIRMED
from photoorg.catalog.encoding import decode_ids, encode_ids, fold, tag_key
from photoorg.core.ids import PhotoId, TagId
from photoorg.core.records import AliasName, TagCount

# Photos outside the library are few, so they are taken away from totals that an index gives,
# instead of looking up for each of a million rows whether its photo is shown.
_COUNTS = """
    WITH hidden AS (
        SELECT pt.tag_id, COUNT(*) AS number
        FROM photos p CROSS JOIN photo_tags pt ON pt.photo_id = p.id
        WHERE NOT p.shown AND pt.state = 1 GROUP BY pt.tag_id
    ), total AS (
        SELECT tag_id, COUNT(*) AS number FROM photo_tags WHERE state = 1 GROUP BY tag_id
    )
    SELECT t.id, t.name, t.key, t.parent_id,
        COALESCE(total.number, 0) - COALESCE(hidden.number, 0) AS number
    FROM tags t LEFT JOIN total ON total.tag_id = t.id LEFT JOIN hidden ON hidden.tag_id = t.id
"""


class _Counted(NamedTuple):
    """A tag with the number of photos that carry it itself."""

    tag_id: TagId
    name: str
    key: str
    parent_id: TagId | None
    number: int


def counts(db: sqlite3.Connection) -> list[TagCount]:
    """Return the confirmed tags of photos in the library, most used first.

    A tag counts the photos of the tags below it, too. One without photos is there for its place in
    the tree or its other names.
    """
    rows = [_Counted(*row) for row in db.execute(_COUNTS)]
    aliases = tag_tree.all_aliases(db)
    names = {row.tag_id: row.name for row in rows}
    above = {row.parent_id for row in rows if row.parent_id is not None}
    whole = _whole_counts(db, rows) if above else {}
    found = [
        (
            row.key,
            TagCount(
                row.tag_id,
                row.name,
                whole.get(row.tag_id, row.number),
                None if row.parent_id is None else names[row.parent_id],
                aliases.get(row.tag_id, ()),
            ),
        )
        for row in rows
        if row.number or row.parent_id is not None or row.tag_id in above or row.tag_id in aliases
    ]
    return [tag for key, tag in sorted(found, key=lambda each: (-each[1].count, each[0]))]


def _whole_counts(db: sqlite3.Connection, rows: Sequence[_Counted]) -> dict[TagId, int]:
    """Return how many photos carry each tag that has others below it, or one of those.

    A photo counts once. Marks for all photos and a pass over the index are many times faster than
    `COUNT(DISTINCT ...)` over the tree.
    """
    children: defaultdict[TagId, list[TagId]] = defaultdict(list)
    for row in rows:
        if row.parent_id is not None:
            children[row.parent_id].append(row.tag_id)
    (most,) = db.execute("SELECT COALESCE(MAX(id), 0) FROM photos").fetchone()
    shown = np.ones(most + 1, np.bool_)
    shown[[row[0] for row in db.execute("SELECT id FROM photos WHERE NOT shown")]] = False
    totals: dict[TagId, int] = {}

    def mark(tag_id: TagId) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        marks = np.zeros(most + 1, np.bool_)
        carriers = db.execute(
            "SELECT photo_id FROM photo_tags WHERE tag_id = ? AND state = 1", (tag_id,)
        ).fetchall()
        marks[np.fromiter((row[0] for row in carriers), np.int64, len(carriers))] = True
        for child in children.get(tag_id, ()):
            marks |= mark(child)
        if tag_id in children:
            totals[tag_id] = int(np.count_nonzero(marks & shown))
        return marks

    for row in rows:
        if row.parent_id is None and row.tag_id in children:
            mark(row.tag_id)
    return totals


def in_use(db: sqlite3.Connection) -> list[str]:
    """Return the tags that were confirmed or rejected on photos in the library, and those above.

    They are in no order. Unlike `counts`, it takes no longer for more photos.
    """
    rows = db.execute(
        """
        WITH RECURSIVE used (id) AS (
            SELECT t.id FROM tags t WHERE EXISTS (
                SELECT 1 FROM photo_tags pt CROSS JOIN photos p ON p.id = pt.photo_id
                WHERE pt.tag_id = t.id AND p.shown)
            UNION SELECT t.parent_id FROM used u CROSS JOIN tags t ON t.id = u.id
            WHERE t.parent_id IS NOT NULL
        )
        SELECT t.name FROM used u CROSS JOIN tags t ON t.id = u.id
        """
    )
    return [row[0] for row in rows]


def counts_among(db: sqlite3.Connection, photo_ids: Sequence[PhotoId]) -> dict[str, int]:
    """Return how many of the photos carry each tag, confirmed, in order of name."""
    rows = db.execute(
        """
        SELECT t.name, COUNT(*)
        FROM json_each(?) asked CROSS JOIN photo_tags pt ON pt.photo_id = asked.value
        JOIN tags t ON t.id = pt.tag_id
        WHERE pt.state = 1 GROUP BY t.id ORDER BY t.key
        """,
        (encode_ids(photo_ids),),
    )
    return dict(rows.fetchall())


def complete(db: sqlite3.Connection, prefix: str, limit: int) -> list[str]:
    """Return tags that begin with what was typed, then those that contain it; most used first.

    Another name is offered where the tag's own name would not be.
    """
    typed = fold(prefix.strip())
    rows = db.execute(
        f"""
        WITH counted AS (
            {_COUNTS}
        ), named AS (
            SELECT id, name, key, number, NULL AS alias FROM counted
            WHERE instr(key, ?1) > 0 AND (number > 0 OR parent_id IS NOT NULL
                OR id IN (SELECT parent_id FROM tags) OR id IN (SELECT tag_id FROM tag_aliases))
            UNION ALL
            SELECT c.id, c.name, a.key, c.number, a.name
            FROM counted c JOIN tag_aliases a ON a.tag_id = c.id
            WHERE instr(a.key, ?1) > 0 AND instr(c.key, ?1) = 0
        )
        SELECT name, alias FROM named
        ORDER BY instr(key, ?1) > 1, number DESC, key LIMIT ?2
        """,  # noqa: S608 - made of constants
        (typed, limit),
    )
    return [name if alias is None else AliasName(alias, name) for name, alias in rows]


def decided(db: sqlite3.Connection, photo_ids: Sequence[PhotoId]) -> dict[PhotoId, frozenset[str]]:
    """Return the confirmed and rejected tags of each photo, by all names of them.

    Where a tag is confirmed, those above it are decided too: a dog is an animal.
    """
    current = joins.resolve(db, photo_ids)
    rows = db.execute(
        """
        SELECT pt.photo_id, t.id, t.name, pt.state
        FROM photo_tags pt JOIN tags t ON t.id = pt.tag_id
        WHERE pt.photo_id IN (SELECT value FROM json_each(?))
        """,
        (encode_ids(current.values()),),
    ).fetchall()
    aliases = tag_tree.all_aliases(db)
    above = tag_tree.ancestors(db, {TagId(row[1]) for row in rows})
    tags: defaultdict[PhotoId, set[str]] = defaultdict(set)
    for photo_id, tag_id, name, state in rows:
        tags[photo_id].update((name, *aliases.get(tag_id, ())))
        if state == CONFIRMED:
            for higher in above.get(tag_id, ()):
                tags[photo_id].update((higher.name, *aliases.get(higher.tag_id, ())))
    return {
        photo_id: frozenset(tags[current[photo_id]] if photo_id in current else ())
        for photo_id in photo_ids
    }


def photos_rejecting(db: sqlite3.Connection, names: Sequence[str]) -> NDArray[np.int64]:
    """Return the photos on which any of the tags was rejected, int64 [n], ascending."""
    rows = db.execute(
        """
        WITH asked (id) AS (
            SELECT t.id FROM json_each(?1) a CROSS JOIN tags t ON t.key = a.value
            UNION SELECT t.tag_id FROM json_each(?1) a CROSS JOIN tag_aliases t ON t.key = a.value
        )
        SELECT DISTINCT pt.photo_id
        FROM asked CROSS JOIN photo_tags pt ON pt.tag_id = asked.id AND pt.state = 0
        ORDER BY pt.photo_id
        """,
        (json.dumps([tag_key(name) for name in names]),),
    )
    return decode_ids(rows)
