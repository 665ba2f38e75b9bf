"""Tags as the sidebar and the inspector show them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from photoorg.catalog.encoding import encode_ids, fold, tag_key
from photoorg.core.ids import PhotoId
from photoorg.core.records import TagCount

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
    SELECT t.id, t.name, t.key, total.number - COALESCE(hidden.number, 0) AS number
    FROM total JOIN tags t ON t.id = total.tag_id LEFT JOIN hidden ON hidden.tag_id = t.id
    WHERE total.number > COALESCE(hidden.number, 0)
"""


def counts(db: sqlite3.Connection) -> list[TagCount]:
    """Return the confirmed tags of photos in the library, most used first."""
    rows = db.execute(f"{_COUNTS} ORDER BY number DESC, t.key")
    return [TagCount(tag_id, name, number) for tag_id, name, _, number in rows]


def in_use(db: sqlite3.Connection) -> list[str]:
    """Return the tags that were confirmed or rejected on photos in the library, in no order.

    Unlike `counts`, it takes no longer for more photos.
    """
    rows = db.execute(
        """
        SELECT t.name FROM tags t WHERE EXISTS (
            SELECT 1 FROM photo_tags pt CROSS JOIN photos p ON p.id = pt.photo_id
            WHERE pt.tag_id = t.id AND p.shown)
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
    """Return tags that begin with what was typed, then those that contain it; most used first."""
    typed = fold(prefix.strip())
    rows = db.execute(
        f"""
        SELECT name FROM ({_COUNTS}) WHERE instr(key, ?1) > 0
        ORDER BY instr(key, ?1) > 1, number DESC, key LIMIT ?2
        """,  # noqa: S608 - made of constants
        (typed, limit),
    )
    return [row[0] for row in rows]


def photos_rejecting(db: sqlite3.Connection, names: Sequence[str]) -> NDArray[np.int64]:
    """Return the photos on which any of the tags was rejected, int64 [n], ascending."""
    rows = db.execute(
        """
        SELECT DISTINCT pt.photo_id
        FROM json_each(?) asked CROSS JOIN tags t ON t.key = asked.value
        CROSS JOIN photo_tags pt ON pt.tag_id = t.id AND pt.state = 0
        ORDER BY pt.photo_id
        """,
        (json.dumps([tag_key(name) for name in names]),),
    ).fetchall()
    return np.fromiter((row[0] for row in rows), np.int64, len(rows))
