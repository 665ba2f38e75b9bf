"""What was said of tags on photos, for models that learn from it."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from photoorg.catalog import joins, tag_tree
from photoorg.catalog.assertions import CONFIRMED, FILE, KEPT, REJECTED
from photoorg.catalog.encoding import encode_ids
from photoorg.catalog.records import SaidOfTags
from photoorg.core.ids import PhotoId


def confirmed(
    db: sqlite3.Connection, photo_ids: Sequence[PhotoId]
) -> dict[PhotoId, frozenset[str]]:
    """Return the tags that each photo was given, by their own names.

    Neither other names nor the tags above them are among those; `tags.decided` has them.
    """
    return _given(db, photo_ids, FILE)


def kept(db: sqlite3.Connection, photo_ids: Sequence[PhotoId]) -> dict[PhotoId, frozenset[str]]:
    """Return the tags of each photo that were doubted, and that the person stands by."""
    return _given(db, photo_ids, KEPT)


def _given(
    db: sqlite3.Connection, photo_ids: Sequence[PhotoId], source: int
) -> dict[PhotoId, frozenset[str]]:
    """Return the tags that each photo was given by someone of at least this rank."""
    current = joins.resolve(db, photo_ids)
    tags: defaultdict[PhotoId, set[str]] = defaultdict(set)
    for photo_id, name in db.execute(
        """
        SELECT pt.photo_id, t.name FROM photo_tags pt JOIN tags t ON t.id = pt.tag_id
        WHERE pt.photo_id IN (SELECT value FROM json_each(?)) AND pt.state = 1 AND pt.source >= ?
        """,
        (encode_ids(current.values()), source),
    ):
        tags[photo_id].add(name)
    return {
        photo_id: frozenset(tags[current[photo_id]] if photo_id in current else ())
        for photo_id in photo_ids
    }


def everything(db: sqlite3.Connection) -> SaidOfTags:
    """Return all that is known of tags on photos that are in the library.

    A photo with a tag has those above it, too, unless it was denied them: a dog is an animal.
    """
    # Read as a stream: a million rows as Python objects would take 150 MB.
    read = np.fromiter(
        db.execute(
            """
            SELECT pt.photo_id, pt.tag_id, pt.state FROM photo_tags pt
            JOIN photos p ON p.id = pt.photo_id WHERE p.shown ORDER BY pt.photo_id, pt.tag_id
            """
        ),
        np.dtype([("photo", np.int64), ("tag", np.int64), ("state", np.int8)]),
    )
    rows = np.column_stack([read["photo"], read["tag"], read["state"].astype(np.int64)])
    pairs = np.array(tag_tree.pairs(db), dtype=np.int64).reshape(-1, 2)
    rows = _with_implied(rows, pairs)
    tag_ids, columns = np.unique(rows[:, 1], return_inverse=True)
    names = dict(db.execute("SELECT id, name FROM tags").fetchall())
    return SaidOfTags(
        tuple(names[tag_id] for tag_id in tag_ids.tolist()),
        rows[:, 0],
        columns.reshape(-1).astype(np.int64),
        rows[:, 2] == CONFIRMED,
    )


def _with_implied(rows: NDArray[np.int64], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Add the tags above those that photos have.

    Args:
        rows: [n, 3], photo, tag and state, ascending.
        pairs: [m, 2], a tag and one above it, in order of the tag.
    """
    carried = rows[rows[:, 2] == CONFIRMED, :2]
    start = np.searchsorted(pairs[:, 0], carried[:, 1])
    number = np.searchsorted(pairs[:, 0], carried[:, 1], side="right") - start
    if not number.any():
        return rows
    # For each carried tag, the places in `pairs` of those above it.
    first = np.cumsum(number) - number
    at = np.arange(number.sum()) - np.repeat(first - start, number)
    # One number for a photo, a tag and what is said; sorted, what was said of a tag itself comes
    # before what follows from others. That is one sort, where sets would be several.
    base = int(max(rows[:, 1].max(), pairs.max())) + 1
    said = (rows[:, 0] * base + rows[:, 1]) * 4 + rows[:, 2]
    implied = (np.repeat(carried[:, 0], number) * base + pairs[at, 1]) * 4 + 2
    codes = np.sort(np.concatenate([said, implied]))
    keys = codes >> 2
    first_of_key = np.r_[True, keys[1:] != keys[:-1]]
    keys, states = keys[first_of_key], codes[first_of_key] & 3
    return np.column_stack([keys // base, keys % base, np.where(states, CONFIRMED, REJECTED)])
