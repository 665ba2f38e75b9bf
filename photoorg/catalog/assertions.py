"""What is known of tags on photos, row by row."""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from photoorg.catalog.encoding import encode_ids, tag_key
from photoorg.catalog.writer import Transaction
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


def find_exact(db: sqlite3.Connection, name: str) -> Tag | None:
    """Return the tag that is called so, letter case aside; its other names do not count."""
    row = db.execute("SELECT id, name FROM tags WHERE key = ?", (tag_key(name),)).fetchone()
    return None if row is None else Tag(*row)


def find_tag(db: sqlite3.Connection, name: str) -> Tag | None:
    """Return the tag that has this name, its own or another, letter case aside."""
    row = db.execute(
        """
        SELECT id, name FROM tags WHERE key = ?1
        UNION ALL
        SELECT t.id, t.name FROM tag_aliases a JOIN tags t ON t.id = a.tag_id WHERE a.key = ?1
        """,
        (tag_key(name),),
    ).fetchone()
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
    """Drop a tag of which nothing is known any more; return whether that was so.

    A place in the tree and another name are something that is known.
    """
    return (
        tx.db.execute(
            """
            DELETE FROM tags
            WHERE id = ? AND parent_id IS NULL
              AND NOT EXISTS (SELECT 1 FROM photo_tags WHERE tag_id = tags.id)
              AND NOT EXISTS (SELECT 1 FROM tags below WHERE below.parent_id = tags.id)
              AND NOT EXISTS (SELECT 1 FROM tag_aliases WHERE tag_id = tags.id)
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
