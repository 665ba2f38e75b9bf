"""Where tags stand in their tree, and the other names that they go by."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from photoorg.catalog.assertions import Tag, find_exact
from photoorg.catalog.encoding import clean_tag, encode_ids, tag_key
from photoorg.catalog.writer import Transaction
from photoorg.core.changes import TagPlace
from photoorg.core.ids import TagId

BELOW_NAMED: Final = """
    WITH RECURSIVE below (id) AS (
        SELECT id FROM tags WHERE key = ?
        UNION SELECT tag_id FROM tag_aliases WHERE key = ?
        UNION SELECT t.id FROM below b CROSS JOIN tags t ON t.parent_id = b.id
    )
    SELECT pt.photo_id FROM below CROSS JOIN photo_tags pt ON pt.tag_id = below.id
    WHERE pt.state = 1
"""
"""Photos of the tag that has a name (parameters: its key, twice) and of those below it."""


def place_of(db: sqlite3.Connection, tag: Tag) -> TagPlace:
    """Return where a tag stands, and its other names."""
    above = db.execute(
        "SELECT p.name FROM tags t JOIN tags p ON p.id = t.parent_id WHERE t.id = ?", (tag.tag_id,)
    ).fetchone()
    return TagPlace(tag.name, None if above is None else above[0], _aliases(db, tag.tag_id))


def parent_of(db: sqlite3.Connection, tag_id: TagId) -> Tag | None:
    """Return the tag above one, or None at the top."""
    row = db.execute(
        "SELECT p.id, p.name FROM tags t JOIN tags p ON p.id = t.parent_id WHERE t.id = ?",
        (tag_id,),
    ).fetchone()
    return None if row is None else Tag(*row)


def children_of(db: sqlite3.Connection, tag_id: TagId) -> list[Tag]:
    """Return the tags right below one."""
    rows = db.execute("SELECT id, name FROM tags WHERE parent_id = ? ORDER BY key", (tag_id,))
    return [Tag(*row) for row in rows]


def stands_below(db: sqlite3.Connection, tag_id: TagId, above_id: TagId) -> bool:
    """Return whether a tag is another one or stands somewhere below it."""
    row = db.execute(
        """
        WITH RECURSIVE above (id) AS (
            SELECT ?1
            UNION SELECT t.parent_id FROM above a CROSS JOIN tags t ON t.id = a.id
            WHERE t.parent_id IS NOT NULL
        )
        SELECT 1 FROM above WHERE id = ?2
        """,
        (tag_id, above_id),
    ).fetchone()
    return row is not None


def set_parent(tx: Transaction, tag_id: TagId, parent_id: TagId | None) -> None:
    """Put a tag below another; the caller sees to it that there is no circle."""
    tx.db.execute("UPDATE tags SET parent_id = ? WHERE id = ?", (parent_id, tag_id))


def alias_owner(db: sqlite3.Connection, name: str) -> Tag | None:
    """Return the tag that has this other name."""
    row = db.execute(
        "SELECT t.id, t.name FROM tag_aliases a JOIN tags t ON t.id = a.tag_id WHERE a.key = ?",
        (tag_key(name),),
    ).fetchone()
    return None if row is None else Tag(*row)


def add_alias(tx: Transaction, tag_id: TagId, name: str) -> None:
    """Give a tag another name, which no tag has; one that it has is written anew."""
    tx.db.execute(
        """
        INSERT INTO tag_aliases (key, name, tag_id) VALUES (?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET name = excluded.name, tag_id = excluded.tag_id
        """,
        (tag_key(name), name, tag_id),
    )


def remove_alias(tx: Transaction, name: str) -> None:
    """Take another name off whichever tag has it."""
    tx.db.execute("DELETE FROM tag_aliases WHERE key = ?", (tag_key(name),))


def move_aliases(tx: Transaction, tag_id: TagId, to_id: TagId) -> None:
    """Give all other names of a tag to another."""
    tx.db.execute("UPDATE tag_aliases SET tag_id = ? WHERE tag_id = ?", (to_id, tag_id))


def free_names(tx: Transaction, places: Iterable[TagPlace]) -> None:
    """Take the other names away that tags are not to have, and part them from those above."""
    for place in places:
        tag = find_exact(tx.db, place.tag)
        if tag is None:
            continue
        set_parent(tx, tag.tag_id, None)
        for name in set(_aliases(tx.db, tag.tag_id)) - set(place.aliases):
            remove_alias(tx, name)


def put_at(tx: Transaction, place: TagPlace) -> None:
    """Put a tag, if it is there, where it is to stand, and give it its other names.

    What would make a circle, or take a name from a tag that came since, is left out.
    """
    tag = find_exact(tx.db, place.tag)
    if tag is None:
        return
    above = None if place.parent is None else find_exact(tx.db, place.parent)
    if above is not None and not stands_below(tx.db, above.tag_id, tag.tag_id):
        set_parent(tx, tag.tag_id, above.tag_id)
    for name in map(clean_tag, place.aliases):
        owner = alias_owner(tx.db, name)
        if find_exact(tx.db, name) is None and owner in (None, tag):
            add_alias(tx, tag.tag_id, name)


def ancestors(db: sqlite3.Connection, tag_ids: Iterable[TagId]) -> dict[TagId, tuple[Tag, ...]]:
    """Return all tags above each of some that has any."""
    found: defaultdict[TagId, list[Tag]] = defaultdict(list)
    for tag_id, above_id, name in db.execute(
        """
        WITH RECURSIVE above (tag_id, id) AS (
            SELECT t.id, t.parent_id FROM json_each(?) asked CROSS JOIN tags t ON t.id = asked.value
            WHERE t.parent_id IS NOT NULL
            UNION SELECT a.tag_id, t.parent_id FROM above a CROSS JOIN tags t ON t.id = a.id
            WHERE t.parent_id IS NOT NULL
        )
        SELECT a.tag_id, t.id, t.name FROM above a CROSS JOIN tags t ON t.id = a.id
        """,
        (encode_ids(tag_ids),),
    ):
        found[tag_id].append(Tag(above_id, name))
    return {tag_id: tuple(tags) for tag_id, tags in found.items()}


def pairs(db: sqlite3.Connection) -> list[tuple[TagId, TagId]]:
    """Return each tag with each of those above it, in order of the tag."""
    return db.execute(
        """
        WITH RECURSIVE above (tag_id, id) AS (
            SELECT id, parent_id FROM tags WHERE parent_id IS NOT NULL
            UNION SELECT a.tag_id, t.parent_id FROM above a CROSS JOIN tags t ON t.id = a.id
            WHERE t.parent_id IS NOT NULL
        )
        SELECT tag_id, id FROM above ORDER BY tag_id, id
        """
    ).fetchall()


def all_aliases(db: sqlite3.Connection) -> Mapping[TagId, tuple[str, ...]]:
    """Return the other names of every tag that has some, in order of name."""
    found: defaultdict[TagId, list[str]] = defaultdict(list)
    for tag_id, name in db.execute("SELECT tag_id, name FROM tag_aliases ORDER BY key"):
        found[tag_id].append(name)
    return {tag_id: tuple(names) for tag_id, names in found.items()}


def _aliases(db: sqlite3.Connection, tag_id: TagId) -> tuple[str, ...]:
    rows = db.execute("SELECT name FROM tag_aliases WHERE tag_id = ? ORDER BY key", (tag_id,))
    return tuple(row[0] for row in rows)
