"""The tables of schema version 1, as statements, and of the steps after it.

A released version's statements never change: later ones are written as migrations.

Each text is indexed where it lives: a folder's name once and not with each photo in it, and tags
not with the photos at all, so that tagging 10,000 photos or renaming a tag touches no full text.
The word tables are external-content FTS5 tables, kept right by triggers save where noted.
"""

from __future__ import annotations

from typing import Final

TABLES: Final = (
    """
    CREATE TABLE catalog (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        revision INTEGER NOT NULL
    )
    """,
    "INSERT INTO catalog (id, revision) VALUES (1, 0)",
    # Every folder on the way from an added one to a file. `covered`: it is part of the library,
    # as it is an added folder or lies below one. `label`: for searching,
    # the names from the added folder down, letter case folded.
    """
    CREATE TABLE folders (
        id INTEGER PRIMARY KEY,
        path BLOB NOT NULL UNIQUE,
        label TEXT NOT NULL,
        covered INTEGER NOT NULL,
        added INTEGER NOT NULL
    )
    """,
    # AUTOINCREMENT: the ids are kept outside (index, undo), so none may ever be used twice.
    # Down to `keywords`: what reading the file gave. `rating`: what the person said; null leaves
    # the word to `file_rating`. `dated_at`: taken, or else when the file was last modified.
    # From `face_id`: follows from the files, see faces.py.
    """
    CREATE TABLE photos (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        content_hash TEXT,
        pixel_hash TEXT,
        perceptual_hash INTEGER,
        media_type TEXT,
        file_size INTEGER NOT NULL DEFAULT 0,
        width INTEGER NOT NULL DEFAULT 0,
        height INTEGER NOT NULL DEFAULT 0,
        average_color INTEGER NOT NULL DEFAULT 0,
        taken_at INTEGER,
        utc_offset_minutes INTEGER,
        camera TEXT NOT NULL DEFAULT '',
        lens TEXT NOT NULL DEFAULT '',
        exposure TEXT NOT NULL DEFAULT '',
        latitude REAL,
        longitude REAL,
        file_rating INTEGER,
        title TEXT NOT NULL DEFAULT '',
        caption TEXT NOT NULL DEFAULT '',
        keywords TEXT NOT NULL DEFAULT '[]',
        rating INTEGER,
        dated_at INTEGER NOT NULL,
        face_id INTEGER,
        state INTEGER NOT NULL,
        missing INTEGER NOT NULL,
        shown INTEGER NOT NULL
    )
    """,
    "CREATE INDEX photos_by_date ON photos (dated_at) WHERE shown",
    "CREATE INDEX photos_hidden ON photos (id) WHERE NOT shown",
    "CREATE INDEX photos_by_content ON photos (content_hash) WHERE content_hash IS NOT NULL",
    "CREATE INDEX photos_by_pixels ON photos (pixel_hash) WHERE pixel_hash IS NOT NULL",
    # `content_hash`: of these bytes; files of one photo may differ in metadata.
    # `status`: records.FileStatus. `name_key`: the name for searching, letter case folded.
    """
    CREATE TABLE files (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        folder_id INTEGER NOT NULL REFERENCES folders (id),
        name BLOB NOT NULL,
        name_key TEXT NOT NULL,
        size INTEGER NOT NULL,
        modified_ns INTEGER NOT NULL,
        photo_id INTEGER NOT NULL REFERENCES photos (id),
        status INTEGER NOT NULL,
        missing INTEGER NOT NULL DEFAULT 0,
        content_hash TEXT,
        reason TEXT NOT NULL DEFAULT '',
        UNIQUE (folder_id, name)
    )
    """,
    "CREATE INDEX files_by_photo ON files (photo_id)",
    "CREATE INDEX files_by_content ON files (content_hash) WHERE content_hash IS NOT NULL",
    "CREATE INDEX files_pending ON files (modified_ns) WHERE status = 1 AND NOT missing",
    "CREATE INDEX files_failed ON files (folder_id) WHERE status > 1",
    "CREATE INDEX files_missing ON files (photo_id) WHERE missing",
    # Photos that turned out to be others: (what it was called, what it is called now).
    """
    CREATE TABLE joined (
        old_id INTEGER PRIMARY KEY,
        photo_id INTEGER NOT NULL REFERENCES photos (id)
    )
    """,
    "CREATE INDEX joined_by_photo ON joined (photo_id)",
    """
    CREATE TABLE tags (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL
    )
    """,
    # `state`: 1 confirmed, 0 rejected. `source`: 1 the person, 0 the file. `decided_at`: Unix time.
    """
    CREATE TABLE photo_tags (
        photo_id INTEGER NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
        tag_id INTEGER NOT NULL REFERENCES tags (id),
        state INTEGER NOT NULL,
        source INTEGER NOT NULL,
        decided_at INTEGER NOT NULL,
        PRIMARY KEY (photo_id, tag_id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX photos_by_tag ON photo_tags (tag_id, state, photo_id)",
    """
    CREATE TABLE models (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        dimension INTEGER NOT NULL
    )
    """,
    # `vector` float16, little endian; last, so that nothing else has to be read past it. It has a
    # rowid because SQLite keeps rows this long out of the page in tables without.
    """
    CREATE TABLE vectors (
        id INTEGER PRIMARY KEY,
        model_id INTEGER NOT NULL REFERENCES models (id),
        photo_id INTEGER NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
        revision INTEGER NOT NULL,
        vector BLOB NOT NULL,
        UNIQUE (model_id, photo_id)
    )
    """,
    "CREATE INDEX vectors_by_photo ON vectors (photo_id)",
    "CREATE INDEX vectors_by_revision ON vectors (model_id, revision, photo_id)",
    # Photos whose vector left the library, for indexes to follow; no row while they have one.
    """
    CREATE TABLE vector_removals (
        model_id INTEGER NOT NULL REFERENCES models (id),
        photo_id INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        PRIMARY KEY (model_id, photo_id)
    ) WITHOUT ROWID
    """,
    # Only photos with something to say: most have none, and a scan registers thousands a second.
    """
    CREATE VIEW photo_texts AS
    SELECT id, title, caption FROM photos WHERE title <> '' OR caption <> ''
    """,
)

_TOKENIZER = "porter unicode61 remove_diacritics 2"

WORD_TABLES: Final = ("file_words", "folder_words", "tag_words", "photo_words", "alias_words")


def _word_table(words: str, content: str, columns: tuple[str, ...]) -> str:
    return f"""
    CREATE VIRTUAL TABLE {words} USING fts5(
        {", ".join(columns)}, content = '{content}', content_rowid = 'id',
        tokenize = '{_TOKENIZER}'
    )
    """


def _word_triggers(
    words: str, content: str, columns: tuple[str, ...], predicate: str = "{row}.id IS NOT NULL"
) -> dict[str, str]:
    """Return triggers by event that pass on rows of a table for which the predicate holds."""
    names = ", ".join(columns)
    old_values, new_values = (", ".join(f"{row}.{c}" for c in columns) for row in ("old", "new"))
    forget = f"""
        INSERT INTO {words} ({words}, rowid, {names})
        SELECT 'delete', old.id, {old_values} WHERE {predicate.format(row="old")};
    """
    learn = f"""
        INSERT INTO {words} (rowid, {names})
        SELECT new.id, {new_values} WHERE {predicate.format(row="new")};
    """
    return {
        "insert": f"CREATE TRIGGER {words}_insert AFTER INSERT ON {content} BEGIN {learn} END",
        "delete": f"CREATE TRIGGER {words}_delete AFTER DELETE ON {content} BEGIN {forget} END",
        "update": f"""
            CREATE TRIGGER {words}_update AFTER UPDATE OF {names} ON {content}
            BEGIN {forget} {learn} END
            """,
    }


_HAS_TEXT = "{row}.title <> '' OR {row}.caption <> ''"
_OF_FILES = _word_triggers("file_words", "files", ("name_key",))
_OF_PHOTOS = _word_triggers("photo_words", "photos", ("title", "caption"), _HAS_TEXT)

VERSION_1: Final = (
    *TABLES,
    _word_table("file_words", "files", ("name_key",)),
    # Files are registered in bulk, and a trigger for each would take twice as long as all the rest:
    # whoever inserts files also inserts their words. A file's name never changes.
    _OF_FILES["delete"],
    _word_table("folder_words", "folders", ("label",)),
    *_word_triggers("folder_words", "folders", ("label",)).values(),
    _word_table("tag_words", "tags", ("name",)),
    *_word_triggers("tag_words", "tags", ("name",)).values(),
    _word_table("photo_words", "photo_texts", ("title", "caption")),
    # Photos come into being without a text.
    _OF_PHOTOS["delete"],
    _OF_PHOTOS["update"],
)

TAG_TREE: Final = (
    # What a tag stands below, and nothing for one at the top. No circles: operations see to that.
    "ALTER TABLE tags ADD COLUMN parent_id INTEGER REFERENCES tags (id)",
    "CREATE INDEX tags_by_parent ON tags (parent_id)",
    # Other names of tags. No key is that of a tag, too.
    """
    CREATE TABLE tag_aliases (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        tag_id INTEGER NOT NULL REFERENCES tags (id)
    )
    """,
    "CREATE INDEX aliases_by_tag ON tag_aliases (tag_id)",
    _word_table("alias_words", "tag_aliases", ("name",)),
    *_word_triggers("alias_words", "tag_aliases", ("name",)).values(),
    # Proposals about two tags that the person does not want to see again. By name: a tag that was
    # renamed is another word, of which something else may be true.
    """
    CREATE TABLE dismissed_proposals (
        kind TEXT NOT NULL,
        tag_key TEXT NOT NULL,
        other_key TEXT NOT NULL,
        PRIMARY KEY (kind, tag_key, other_key)
    ) WITHOUT ROWID
    """,
)
"""The step "tag-tree"."""
