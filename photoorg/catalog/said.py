"""What was said of tags on photos, for models that learn from it."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from photoorg.catalog import joins, tag_tree
from photoorg.catalog.assertions import CONFIRMED, FILE, KEPT
from photoorg.catalog.encoding import encode_ids
from photoorg.catalog.records import SaidOfTags
from photoorg.core.ids import PhotoId, TagId


def confirmed(
    db: sqlite3.Connection, photo_ids: Sequence[PhotoId]
) -> dict[PhotoId, frozenset[str]]:
    """Return the tags that each photo was given, by their own names.

    Neither other names nor the tags above them are among those; `tags.decided` and `carried` have
    them.
    """
    return _tags_of(db, photo_ids, FILE)


def carried(db: sqlite3.Connection, photo_ids: Sequence[PhotoId]) -> dict[PhotoId, frozenset[str]]:
    """Return the tags that each photo was given, and those above them, by their own names.

    One above that was rejected on a photo is not among its tags; `everything` says the same.
    """
    current = joins.resolve(db, photo_ids)
    rows = db.execute(
        """
        SELECT pt.photo_id, t.id, t.name, pt.state FROM photo_tags pt
        JOIN tags t ON t.id = pt.tag_id
        WHERE pt.photo_id IN (SELECT value FROM json_each(?))
        """,
        (encode_ids(current.values()),),
    ).fetchall()
    above = tag_tree.ancestors(db, {TagId(row[1]) for row in rows if row[3] == CONFIRMED})
    tags: defaultdict[PhotoId, set[str]] = defaultdict(set)
    rejected: defaultdict[PhotoId, set[str]] = defaultdict(set)
    for photo_id, tag_id, name, state in rows:
        if state == CONFIRMED:
            tags[photo_id].update((name, *(higher.name for higher in above.get(tag_id, ()))))
        else:
            rejected[photo_id].add(name)
    return {
        photo_id: frozenset(tags[current[photo_id]] - rejected[current[photo_id]])
        if photo_id in current
        else frozenset()
        for photo_id in photo_ids
    }


def kept(db: sqlite3.Connection, photo_ids: Sequence[PhotoId]) -> dict[PhotoId, frozenset[str]]:
    """Return the tags of each photo that were doubted, and that the person stands by."""
    return _tags_of(db, photo_ids, KEPT)


def _tags_of(
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
    rows = np.fromiter(
        db.execute(
            """
            SELECT pt.photo_id, pt.tag_id, pt.state FROM photo_tags pt
            JOIN photos p ON p.id = pt.photo_id WHERE p.shown ORDER BY pt.photo_id, pt.tag_id
            """
        ),
        np.dtype([("photo", np.int64), ("tag", np.int64), ("state", np.int8)]),
    )
    known = dict(db.execute("SELECT id, name FROM tags ORDER BY id").fetchall())
    photos, tags, states = _with_implied(
        np.ascontiguousarray(rows["photo"]),
        np.ascontiguousarray(rows["tag"]),
        rows["state"] == CONFIRMED,
        np.array(tag_tree.pairs(db), dtype=np.int64).reshape(-1, 2),
    )
    tag_ids = np.flatnonzero(np.bincount(tags))
    column = np.zeros(int(tag_ids[-1]) + 1 if len(tag_ids) else 1, dtype=np.int64)
    column[tag_ids] = np.arange(len(tag_ids))
    names = tuple(known[tag_id] for tag_id in tag_ids.tolist())
    return SaidOfTags(names, photos, column[tags], states)


_Said: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]


def _with_implied(
    photos: NDArray[np.int64],
    tags: NDArray[np.int64],
    carried: NDArray[np.bool_],
    pairs: NDArray[np.int64],
) -> _Said:
    """Add the tags above those that photos have.

    Args:
        photos: [n], ascending.
        tags: [n], ascending on each photo.
        carried: [n], whether the photo has the tag, or was denied it.
        pairs: [m, 2], a tag and one above it, in order of the tag.

    Returns:
        Photos, tags, and whether the photos have them, in the same order.
    """
    start = np.searchsorted(pairs[:, 0], tags[carried])
    number = np.searchsorted(pairs[:, 0], tags[carried], side="right") - start
    if not number.any():
        return photos, tags, carried
    # For each carried tag, the places in `pairs` of those above it.
    first = np.cumsum(number) - number
    at = np.arange(number.sum()) - np.repeat(first - start, number)
    # One number for a photo, a tag and what is said; sorted, what was said of a tag itself comes
    # before what follows from others. That is one sort, where sets would be several.
    base = int(max(tags.max(), pairs.max())) + 1
    said = (photos * base + tags) * 4 + carried
    implied = (np.repeat(photos[carried], number) * base + pairs[at, 1]) * 4 + 2
    codes = np.sort(np.concatenate([said, implied]))
    keys = codes >> 2
    first_of_key = np.r_[True, keys[1:] != keys[:-1]]
    keys, states = keys[first_of_key], codes[first_of_key] & 3
    return keys // base, keys % base, states > 0
