"""Which tags keep company: on how many photos they stand together."""

from __future__ import annotations

import sqlite3

import numpy as np

from photoorg.catalog import joins
from photoorg.catalog.assertions import find_tag
from photoorg.catalog.records import Company, SaidOfTag
from photoorg.core.ids import PhotoId

LOOKED_AT = 5_000
"""Photos of a tag that are counted, those added last: enough to tell a share by, and quick."""

_HIDDEN = "(SELECT id FROM photos WHERE NOT shown)"

_OF_TAG = f"""
    SELECT photo_id, state FROM photo_tags
    WHERE tag_id = ? AND photo_id NOT IN {_HIDDEN} ORDER BY photo_id
"""  # noqa: S608 - made of constants

_BELOW = f"""
    WITH RECURSIVE below (id) AS (
        SELECT id FROM tags WHERE parent_id = ?
        UNION SELECT t.id FROM below b CROSS JOIN tags t ON t.parent_id = b.id
    )
    SELECT pt.photo_id FROM below CROSS JOIN photo_tags pt ON pt.tag_id = below.id
    WHERE pt.state = 1 AND pt.photo_id NOT IN {_HIDDEN}
"""  # noqa: S608 - made of constants

_OWN = """
    SELECT t.id, t.name FROM photo_tags own JOIN tags t ON t.id = own.tag_id
    WHERE own.photo_id = ? AND own.state = 1 AND own.tag_id <> ? ORDER BY t.key
"""

_TOGETHER = f"""
    SELECT COUNT(asked.photo_id), COUNT(*)
    FROM (
        SELECT photo_id FROM photo_tags
        WHERE tag_id = ? AND state = 1 AND photo_id <> ? AND photo_id NOT IN {_HIDDEN}
        ORDER BY photo_id DESC LIMIT {LOOKED_AT}
    ) others
    LEFT JOIN photo_tags asked
        ON asked.photo_id = others.photo_id AND asked.tag_id = ? AND asked.state = 1
"""  # noqa: S608 - made of constants


def said_of(db: sqlite3.Connection, name: str) -> SaidOfTag:
    """Return the photos in the library that carry a tag, and those that were denied it.

    A photo with a tag below it carries it, too, unless it was denied it.
    """
    tag = find_tag(db, name)
    if tag is None:
        rows, below = [], []
    else:
        rows = db.execute(_OF_TAG, (tag.tag_id,)).fetchall()
        below = db.execute(_BELOW, (tag.tag_id,)).fetchall()
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    own = table[:, 1] == 1
    carried, denied = table[own, 0], table[~own, 0]
    if below:
        implied = np.fromiter((row[0] for row in below), np.int64, len(below))
        carried = np.union1d(carried, np.setdiff1d(implied, denied))
    return SaidOfTag(carried, denied)


def of_photo(db: sqlite3.Connection, photo_id: PhotoId, name: str) -> list[Company]:
    """Return, for each other tag of a photo, how many other photos carry it and the named one too.

    Of a tag that is on very many photos only those added last are counted, see `LOOKED_AT`.
    """
    current = joins.resolve(db, [photo_id]).get(photo_id)
    tag = find_tag(db, name)
    if current is None or tag is None:
        return []
    return [
        Company(own, *db.execute(_TOGETHER, (own_id, current, tag.tag_id)).fetchone())
        for own_id, own in db.execute(_OWN, (current, tag.tag_id)).fetchall()
    ]
