-- A catalog as photoorg 0.1.0 wrote it (schema version 1). Never to be edited.
PRAGMA foreign_keys = OFF;
PRAGMA user_version = 1;
CREATE TABLE catalog (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        revision INTEGER NOT NULL
    );
CREATE TABLE folders (
        id INTEGER PRIMARY KEY,
        path BLOB NOT NULL UNIQUE,
        label TEXT NOT NULL,
        covered INTEGER NOT NULL,
        added INTEGER NOT NULL
    );
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
    );
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
    );
CREATE TABLE joined (
        old_id INTEGER PRIMARY KEY,
        photo_id INTEGER NOT NULL REFERENCES photos (id)
    );
CREATE TABLE tags (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL
    );
CREATE TABLE photo_tags (
        photo_id INTEGER NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
        tag_id INTEGER NOT NULL REFERENCES tags (id),
        state INTEGER NOT NULL,
        source INTEGER NOT NULL,
        decided_at INTEGER NOT NULL,
        PRIMARY KEY (photo_id, tag_id)
    ) WITHOUT ROWID;
CREATE TABLE models (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        dimension INTEGER NOT NULL
    );
CREATE TABLE vectors (
        id INTEGER PRIMARY KEY,
        model_id INTEGER NOT NULL REFERENCES models (id),
        photo_id INTEGER NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
        revision INTEGER NOT NULL,
        vector BLOB NOT NULL,
        UNIQUE (model_id, photo_id)
    );
CREATE TABLE vector_removals (
        model_id INTEGER NOT NULL REFERENCES models (id),
        photo_id INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        PRIMARY KEY (model_id, photo_id)
    ) WITHOUT ROWID;
INSERT INTO catalog VALUES (1, 10);
INSERT INTO folders VALUES (1, X'2F70686F746F73', 'photos', 1, 1);
INSERT INTO folders VALUES (2, X'2F70686F746F732F526F6D65', 'photos/rome', 1, 0);
INSERT INTO photos VALUES (1, '6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b', '6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b', 7748076420210162913, 'jpeg', 1000, 4000, 3000, 3368601, 1620259200000000, NULL, 'X-T4', '', '', NULL, NULL, 2, '', 'the harbour', '["\u00d6l"]', 4, 1620259200000000, 1, 0, 0, 1);
INSERT INTO photos VALUES (2, 'd4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35', 'd4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35', -3138060911502289170, 'jpeg', 1000, 4000, 3000, 3368601, 1651795200000000, NULL, '', '', '', NULL, NULL, NULL, '', '', '[]', NULL, 1651795200000000, 2, 0, 0, 1);
INSERT INTO photos VALUES (3, NULL, NULL, NULL, NULL, 1000, 0, 0, 0, NULL, NULL, '', '', '', NULL, NULL, NULL, '', '', '[]', NULL, 1600000000000000, 3, 1, 0, 1);
INSERT INTO files VALUES (1, 2, X'612E6A7067', 'a.jpg', 1000, 1600000000000000000, 1, 0, 0, '6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b', '');
INSERT INTO files VALUES (2, 1, X'622E6A7067', 'b.jpg', 1000, 1600000000000000000, 2, 0, 0, 'd4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35', '');
INSERT INTO files VALUES (3, 1, X'70656E64696E672E6A7067', 'pending.jpg', 1000, 1600000000000000000, 3, 1, 0, NULL, '');
INSERT INTO tags VALUES (1, 'öl', 'Öl');
INSERT INTO tags VALUES (2, 'sea', 'sea');
INSERT INTO tags VALUES (3, 'sun', 'sun');
INSERT INTO photo_tags VALUES (1, 1, 1, 0, 1795380806);
INSERT INTO photo_tags VALUES (1, 2, 1, 1, 1795380806);
INSERT INTO photo_tags VALUES (1, 3, 0, 1, 1795380806);
INSERT INTO photo_tags VALUES (2, 2, 1, 1, 1795380806);
INSERT INTO models VALUES (1, 'old model', 2);
INSERT INTO vectors VALUES (1, 1, 1, 10, X'003800C0');
CREATE INDEX photos_by_date ON photos (dated_at) WHERE shown;
CREATE INDEX photos_hidden ON photos (id) WHERE NOT shown;
CREATE INDEX photos_by_content ON photos (content_hash) WHERE content_hash IS NOT NULL;
CREATE INDEX photos_by_pixels ON photos (pixel_hash) WHERE pixel_hash IS NOT NULL;
CREATE INDEX files_by_photo ON files (photo_id);
CREATE INDEX files_by_content ON files (content_hash) WHERE content_hash IS NOT NULL;
CREATE INDEX files_pending ON files (modified_ns) WHERE status = 1 AND NOT missing;
CREATE INDEX files_failed ON files (folder_id) WHERE status > 1;
CREATE INDEX files_missing ON files (photo_id) WHERE missing;
CREATE INDEX joined_by_photo ON joined (photo_id);
CREATE INDEX photos_by_tag ON photo_tags (tag_id, state, photo_id);
CREATE INDEX vectors_by_photo ON vectors (photo_id);
CREATE INDEX vectors_by_revision ON vectors (model_id, revision, photo_id);
CREATE VIEW photo_texts AS
    SELECT id, title, caption FROM photos WHERE title <> '' OR caption <> '';
CREATE VIRTUAL TABLE file_words USING fts5(
        name_key, content = 'files', content_rowid = 'id',
        tokenize = 'porter unicode61 remove_diacritics 2'
    );
CREATE VIRTUAL TABLE folder_words USING fts5(
        label, content = 'folders', content_rowid = 'id',
        tokenize = 'porter unicode61 remove_diacritics 2'
    );
CREATE VIRTUAL TABLE tag_words USING fts5(
        name, content = 'tags', content_rowid = 'id',
        tokenize = 'porter unicode61 remove_diacritics 2'
    );
CREATE VIRTUAL TABLE photo_words USING fts5(
        title, caption, content = 'photo_texts', content_rowid = 'id',
        tokenize = 'porter unicode61 remove_diacritics 2'
    );
INSERT INTO file_words (file_words) VALUES ('rebuild');
INSERT INTO folder_words (folder_words) VALUES ('rebuild');
INSERT INTO tag_words (tag_words) VALUES ('rebuild');
INSERT INTO photo_words (photo_words) VALUES ('rebuild');
CREATE TRIGGER file_words_delete AFTER DELETE ON files BEGIN 
        INSERT INTO file_words (file_words, rowid, name_key)
        SELECT 'delete', old.id, old.name_key WHERE old.id IS NOT NULL;
     END;
CREATE TRIGGER folder_words_insert AFTER INSERT ON folders BEGIN 
        INSERT INTO folder_words (rowid, label)
        SELECT new.id, new.label WHERE new.id IS NOT NULL;
     END;
CREATE TRIGGER folder_words_delete AFTER DELETE ON folders BEGIN 
        INSERT INTO folder_words (folder_words, rowid, label)
        SELECT 'delete', old.id, old.label WHERE old.id IS NOT NULL;
     END;
CREATE TRIGGER folder_words_update AFTER UPDATE OF label ON folders
            BEGIN 
        INSERT INTO folder_words (folder_words, rowid, label)
        SELECT 'delete', old.id, old.label WHERE old.id IS NOT NULL;

        INSERT INTO folder_words (rowid, label)
        SELECT new.id, new.label WHERE new.id IS NOT NULL;
     END;
CREATE TRIGGER tag_words_insert AFTER INSERT ON tags BEGIN 
        INSERT INTO tag_words (rowid, name)
        SELECT new.id, new.name WHERE new.id IS NOT NULL;
     END;
CREATE TRIGGER tag_words_delete AFTER DELETE ON tags BEGIN 
        INSERT INTO tag_words (tag_words, rowid, name)
        SELECT 'delete', old.id, old.name WHERE old.id IS NOT NULL;
     END;
CREATE TRIGGER tag_words_update AFTER UPDATE OF name ON tags
            BEGIN 
        INSERT INTO tag_words (tag_words, rowid, name)
        SELECT 'delete', old.id, old.name WHERE old.id IS NOT NULL;

        INSERT INTO tag_words (rowid, name)
        SELECT new.id, new.name WHERE new.id IS NOT NULL;
     END;
CREATE TRIGGER photo_words_delete AFTER DELETE ON photos BEGIN 
        INSERT INTO photo_words (photo_words, rowid, title, caption)
        SELECT 'delete', old.id, old.title, old.caption WHERE old.title <> '' OR old.caption <> '';
     END;
CREATE TRIGGER photo_words_update AFTER UPDATE OF title, caption ON photos
            BEGIN 
        INSERT INTO photo_words (photo_words, rowid, title, caption)
        SELECT 'delete', old.id, old.title, old.caption WHERE old.title <> '' OR old.caption <> '';

        INSERT INTO photo_words (rowid, title, caption)
        SELECT new.id, new.title, new.caption WHERE new.title <> '' OR new.caption <> '';
     END;
UPDATE sqlite_sequence SET seq = 3;
