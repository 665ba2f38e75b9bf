"""What is said of photos, as models learn it: confirmed tags, titles and captions."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from photoorg.catalog.assertions import CONFIRMED
from photoorg.catalog.encoding import encode_ids
from photoorg.catalog.records import PhotoWords
from photoorg.core.ids import PhotoId

_OF_ALL = "SELECT id FROM photos WHERE shown"
_OF_SOME = "SELECT DISTINCT p.id FROM json_each(?) asked CROSS JOIN photos p ON p.id = asked.value"


def load(db: sqlite3.Connection, photo_ids: Sequence[PhotoId] | None) -> list[PhotoWords]:
    """Return what is said of photos, in order of id; None asks for the whole library."""
    chosen = _OF_ALL if photo_ids is None else _OF_SOME
    given = () if photo_ids is None else (encode_ids(photo_ids),)
    tags: dict[int, list[str]] = {}
    for photo_id, name in db.execute(
        f"""
        SELECT pt.photo_id, t.name FROM ({chosen}) c
        CROSS JOIN photo_tags pt ON pt.photo_id = c.id CROSS JOIN tags t ON t.id = pt.tag_id
        WHERE pt.state = ? ORDER BY pt.photo_id, t.key
        """,  # noqa: S608 - made of constants
        (*given, CONFIRMED),
    ):
        tags.setdefault(photo_id, []).append(name)
    rows = db.execute(
        f"""
        SELECT p.id, p.title, p.caption, p.content_hash FROM ({chosen}) c
        CROSS JOIN photos p ON p.id = c.id ORDER BY p.id
        """,  # noqa: S608 - made of constants
        given,
    )
    return [
        PhotoWords(
            PhotoId(photo_id),
            tuple(tags.get(photo_id, ())),
            tuple(text for text in (title, caption) if text),
            content_hash or "",
        )
        for photo_id, title, caption, content_hash in rows
    ]
