"""What is known of tags on photos, row by row."""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from photoorg.catalog import joins
from photoorg.catalog.encoding import clean_tag, encode_ids, tag_key
from photoorg.catalog.records import SaidOfTags
from photoorg.catalog.writer import Transaction
from photoorg.core.errors import UsageProblem
from photoorg.core.ids import PhotoId, TagId
from photoorg.core.records import TagSource, TagState

CONFIRMED: Final = 1
REJECTED: Final = 0
KEPT: Final = 2
PERSON: Final = 1
FILE: Final = 0

STATES: Final = (TagState.REJECTED, TagState.CONFIRMED)
SOURCES: Final = (TagSource.FILE, TagSource.PERSON, TagSource.KEPT)


class Assertion(NamedTuple):
    """The state of a tag on a photo, and who says so, in the database's numbers."""

    state: int
    source: int


BY_PERSON: Final = Assertion(CONFIRMED, PERSON)
BY_FILE: Final = Assertion(CONFIRMED, FILE)
KEPT_BY_PERSON: Final = Assertion(CONFIRMED, KEPT)
DENIED: Final = Assertion(REJECTED, PERSON)


class Tag(NamedTuple):
    """A tag's row."""

    tag_id: TagId
    name: str


def find_tag(db: sqlite3.Connection, name: str) -> Tag | None:
    """Return the tag of this name, letter case aside."""
    row = db.execute("SELECT id, name FROM tags WHERE key = ?", (tag_key(name),)).fetchone()
    return None if row is None else Tag(*row)


def ensure_tag(tx: Transaction, name: str) -> Tag:
    """Return the tag of this name, made where there is none."""
    found = find_tag(tx.db, name)
    if found is not None:
        return found
    row = tx.db.execute(
        "INSERT INTO tags (key, name) VALUES (?, ?) RETURNING id, name", (tag_key(name), name)
    ).fetchone()
    return Tag(*row)


def forget_unused(tx: Transaction, tag: Tag) -> bool:
    """Drop a tag of which nothing is known any more; return whether that was so."""
    return (
        tx.db.execute(
            """
            DELETE FROM tags
            WHERE id = ? AND NOT EXISTS (SELECT 1 FROM photo_tags WHERE tag_id = tags.id)
            """,
            (tag.tag_id,),
        ).rowcount
        > 0
    )


def of_tag(
    db: sqlite3.Connection, tag_id: TagId, photo_ids: Collection[PhotoId] | None = None
) -> dict[PhotoId, Assertion]:
    """Return what is known of a tag on some photos, or on all."""
    if photo_ids is None:
        rows = db.execute(
            "SELECT photo_id, state, source FROM photo_tags WHERE tag_id = ?", (tag_id,)
        )
    else:
        rows = db.execute(
            """
            SELECT t.photo_id, t.state, t.source
            FROM json_each(?) asked CROSS JOIN photo_tags t ON t.photo_id = asked.value
            WHERE t.tag_id = ?
            """,
            (encode_ids(photo_ids), tag_id),
        )
    return {photo_id: Assertion(state, source) for photo_id, state, source in rows}


def put(tx: Transaction, tag_id: TagId, wanted: Mapping[PhotoId, Assertion | None]) -> None:
    """Set what is known of a tag on photos; None makes it unknown."""
    by_assertion: defaultdict[Assertion | None, list[PhotoId]] = defaultdict(list)
    for photo_id, assertion in wanted.items():
        by_assertion[assertion].append(photo_id)
    for assertion, photo_ids in by_assertion.items():
        ids = encode_ids(photo_ids)
        if assertion is None:
            tx.db.execute(
                """
                DELETE FROM photo_tags
                WHERE tag_id = ? AND photo_id IN (SELECT value FROM json_each(?))
                """,
                (tag_id, ids),
            )
        else:
            tx.db.execute(
                """
                INSERT INTO photo_tags (photo_id, tag_id, state, source, decided_at)
                SELECT value, ?, ?, ?, ? FROM json_each(?) WHERE true
                ON CONFLICT (photo_id, tag_id) DO UPDATE SET state = excluded.state,
                    source = excluded.source, decided_at = excluded.decided_at
                """,
                (tag_id, assertion.state, assertion.source, int(time.time()), ids),
            )


def decided(
    db: sqlite3.Connection, photo_ids: Sequence[PhotoId], *, confirmed_only: bool = False
) -> dict[PhotoId, frozenset[str]]:
    """Return the confirmed and, unless they are not asked for, rejected tags of each photo."""
    return _tags_of(db, photo_ids, CONFIRMED if confirmed_only else REJECTED, FILE)


def kept(db: sqlite3.Connection, photo_ids: Sequence[PhotoId]) -> dict[PhotoId, frozenset[str]]:
    """Return the tags of each photo that were doubted, and that the person stands by."""
    return _tags_of(db, photo_ids, CONFIRMED, KEPT)


def _tags_of(
    db: sqlite3.Connection, photo_ids: Sequence[PhotoId], state: int, source: int
) -> dict[PhotoId, frozenset[str]]:
    """Return the tags of each photo of which at least this is known, by someone of this rank."""
    current = joins.resolve(db, photo_ids)
    tags: defaultdict[PhotoId, set[str]] = defaultdict(set)
    for photo_id, name in db.execute(
        """
        SELECT pt.photo_id, t.name FROM photo_tags pt JOIN tags t ON t.id = pt.tag_id
        WHERE pt.photo_id IN (SELECT value FROM json_each(?)) AND pt.state >= ? AND pt.source >= ?
        """,
        (encode_ids(current.values()), state, source),
    ):
        tags[photo_id].add(name)
    return {
        photo_id: frozenset(tags[current[photo_id]] if photo_id in current else ())
        for photo_id in photo_ids
    }


def everything(db: sqlite3.Connection) -> SaidOfTags:
    """Return all that is known of tags on photos that are in the library."""
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
    tag_ids = np.flatnonzero(np.bincount(rows["tag"]))
    column = np.zeros(int(tag_ids[-1]) + 1 if len(tag_ids) else 1, dtype=np.int64)
    column[tag_ids] = np.arange(len(tag_ids))
    return SaidOfTags(
        tuple(known[tag_id] for tag_id in tag_ids.tolist()),
        np.ascontiguousarray(rows["photo"]),
        column[rows["tag"]],
        rows["state"] == CONFIRMED,
    )


def follow_keywords(
    tx: Transaction, photo_id: PhotoId, before: Sequence[str], after: Sequence[str]
) -> bool:
    """Take over what changed in a file's keywords; return whether any tag did.

    Only differences count, so that a keyword whose tag the person took off does not come back with
    the next change of the file. What the person said of a tag stays.
    """
    old, new = _usable(before), _usable(after)
    changed = False
    for key, name in new.items():
        if key in old:
            continue
        tag = ensure_tag(tx, name)
        if photo_id not in of_tag(tx.db, tag.tag_id, [photo_id]):
            put(tx, tag.tag_id, {photo_id: BY_FILE})
            changed = True
    for key, name in old.items():
        known = None if key in new else find_tag(tx.db, name)
        if known and of_tag(tx.db, known.tag_id, [photo_id]).get(photo_id) == BY_FILE:
            put(tx, known.tag_id, {photo_id: None})
            forget_unused(tx, known)
            changed = True
    return changed


def carry_over(tx: Transaction, source: PhotoId, target: PhotoId) -> bool:
    """Give a photo what the person said of another that turned out to be it.

    Where both say something of a tag, what was said last holds. Returns whether anything changed.
    """
    moved: int = tx.db.execute(
        """
        INSERT INTO photo_tags (photo_id, tag_id, state, source, decided_at)
        SELECT ?, tag_id, state, source, decided_at FROM photo_tags
        WHERE photo_id = ? AND source >= 1
        ON CONFLICT (photo_id, tag_id) DO UPDATE SET
            state = excluded.state, source = excluded.source, decided_at = excluded.decided_at
        WHERE photo_tags.source = 0 OR photo_tags.decided_at <= excluded.decided_at
        """,
        (target, source),
    ).rowcount
    rated: int = tx.db.execute(
        """
        UPDATE photos SET rating = (SELECT rating FROM photos WHERE id = ?1)
        WHERE id = ?2 AND (SELECT rating FROM photos WHERE id = ?1) IS NOT NULL
        """,
        (source, target),
    ).rowcount
    return moved > 0 or rated > 0


def _usable(keywords: Sequence[str]) -> dict[str, str]:
    """Return the keywords that can be tags, by key; files hold all sorts of things."""
    usable: dict[str, str] = {}
    for keyword in keywords:
        try:
            name = clean_tag(keyword)
        except UsageProblem:
            continue  # empty or endless: no person would miss it as a tag
        usable.setdefault(tag_key(name), name)
    return usable
