"""Which photo a file shows: what keeps tags with photos through renames, moves and edits.

A file that was read is joined to a photo by the first of these that holds:

1. its bytes are those the photo it belonged to had: nothing changed but the time;
2. its bytes are those of another photo: a duplicate where that photo has a file in the library, or
   else that photo, moved;
3. it shows what its own photo shows: only metadata was written into it;
4. it shows what a photo without a file in the library showed: moved, and metadata written;
5. nobody has read it before: a new photo;
6. it shows something else than it did: the same photo, edited. Its tags stay, its vectors go. Where
   other files still show the old picture, they keep that photo and this file gets one of its own
   with the same tags.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from photoorg.catalog import assertions, faces, joins, keywords, vectors
from photoorg.catalog.encoding import clean_text, encode_modified, encode_time
from photoorg.catalog.records import (
    FileOutcome,
    FileStatus,
    PreparedFile,
    RecognisedFile,
    StoredFile,
    StoreOutcome,
)
from photoorg.catalog.writer import Transaction
from photoorg.core.changes import ChangeKind
from photoorg.core.ids import ContentHash, FileId, PhotoId, PixelHash
from photoorg.core.records import FoundFile, PreparedPhoto


def store_prepared(tx: Transaction, items: Sequence[PreparedFile]) -> StoreOutcome:
    """Store what reading files gave; see `Catalog.store_prepared`."""
    joiner = _Joiner(tx)
    for item in items:
        joiner.join_prepared(item)
    return joiner.finish()


def store_recognised(tx: Transaction, items: Sequence[RecognisedFile]) -> StoreOutcome:
    """Join files whose bytes are known; see `Catalog.store_recognised`."""
    joiner = _Joiner(tx)
    for item in items:
        joiner.join_recognised(item)
    return joiner.finish()


@dataclass(frozen=True, slots=True)
class _Owner:
    """The photo that a file belonged to when it was read.

    Attributes:
        file_hash: of the file's bytes before.
        pixel_hash: of what the photo shows; None while no file of it was ever read.
    """

    photo_id: PhotoId
    file_hash: ContentHash | None
    pixel_hash: PixelHash | None

    @property
    def is_provisional(self) -> bool:
        return self.pixel_hash is None


class _Joiner:
    """Joins files to photos within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._outcomes: list[StoredFile] = []
        self._touched: set[PhotoId] = set()
        self._gone: set[PhotoId] = set()
        self._kinds: set[ChangeKind] = set()

    def join_prepared(self, item: PreparedFile) -> None:
        photo, found = item.photo, item.found
        owner = self._owner(item.file_id, found)
        if owner is None or self._join_known(item.file_id, found, photo.content_hash, owner):
            return
        if owner.pixel_hash == photo.pixel_hash:
            self._point(item.file_id, found, photo.content_hash, owner, owner.photo_id)
            self._describe(owner.photo_id, found, photo)
            self._record(item.file_id, owner.photo_id, FileOutcome.CHANGED)
        elif (moved := self._absent_with_pixels(photo.pixel_hash)) is not None:
            self._point(item.file_id, found, photo.content_hash, owner, moved)
            self._describe(moved, found, photo)
            self._record(item.file_id, moved, FileOutcome.MOVED)
        elif owner.is_provisional:
            self._point(item.file_id, found, photo.content_hash, owner, owner.photo_id)
            self._describe(owner.photo_id, found, photo)
            self._record(item.file_id, owner.photo_id, FileOutcome.NEW)
        else:
            edited = self._edited(item.file_id, owner)
            self._point(item.file_id, found, photo.content_hash, owner, edited)
            self._describe(edited, found, photo)
            self._record(item.file_id, edited, FileOutcome.CHANGED)

    def join_recognised(self, item: RecognisedFile) -> None:
        owner = self._owner(item.file_id, item.found)
        if owner is not None:
            self._join_known(item.file_id, item.found, item.content_hash, owner)

    def finish(self) -> StoreOutcome:
        """Bring the photos concerned in line with their files, and sum up."""
        if not self._outcomes:
            return StoreOutcome((), self._tx.unchanged())
        self._kinds |= {ChangeKind.PHOTOS_CHANGED, ChangeKind.FOLDERS}
        turnover = faces.refresh(self._tx, self._touched - self._gone)
        if self._gone or turnover.hidden:
            self._kinds |= {ChangeKind.PHOTOS_REMOVED}
        changes = self._tx.changed(self._kinds, self._touched)
        return StoreOutcome(tuple(self._outcomes), changes)

    # -- steps --------------------------------------------------------------------------------
    def _owner(self, file_id: FileId, found: FoundFile) -> _Owner | None:
        """Return whose the file is, or None where the reading is of no use any more."""
        row = self._tx.db.execute(
            """
            SELECT f.photo_id, f.content_hash, p.pixel_hash
            FROM files f JOIN photos p ON p.id = f.photo_id
            WHERE f.id = ? AND f.modified_ns <= ?
            """,
            (file_id, found.modified_ns),
        ).fetchone()
        return None if row is None else _Owner(*row)

    def _join_known(
        self, file_id: FileId, found: FoundFile, content_hash: ContentHash, owner: _Owner
    ) -> bool:
        """Join a file to the photo that has its very bytes; return whether there is one."""
        if owner.file_hash == content_hash:
            self._point(file_id, found, content_hash, owner, owner.photo_id)
            self._record(file_id, owner.photo_id, FileOutcome.UNCHANGED)
            return True
        row = self._tx.db.execute(
            """
            SELECT id, EXISTS (
                SELECT 1 FROM files f JOIN folders d ON d.id = f.folder_id
                WHERE f.photo_id = photos.id AND f.id <> ?2 AND d.covered AND NOT f.missing
            ) AS is_there
            FROM photos WHERE id IN (
                SELECT id FROM photos WHERE content_hash = ?1
                UNION SELECT photo_id FROM files WHERE content_hash = ?1)
            ORDER BY id <> ?3, is_there DESC, id LIMIT 1
            """,
            (content_hash, file_id, owner.photo_id),
        ).fetchone()
        if row is None:
            return False
        photo_id, is_there = row
        self._point(file_id, found, content_hash, owner, photo_id)
        if photo_id == owner.photo_id:
            outcome = FileOutcome.CHANGED
        else:
            outcome = FileOutcome.DUPLICATE if is_there else FileOutcome.MOVED
        self._record(file_id, photo_id, outcome)
        return True

    def _absent_with_pixels(self, pixel_hash: PixelHash) -> PhotoId | None:
        """Return a photo that showed just this and has no file in the library now."""
        row = self._tx.db.execute(
            """
            SELECT id FROM photos WHERE pixel_hash = ? AND NOT EXISTS (
                SELECT 1 FROM files f JOIN folders d ON d.id = f.folder_id
                WHERE f.photo_id = photos.id AND d.covered AND NOT f.missing)
            ORDER BY id LIMIT 1
            """,
            (pixel_hash,),
        ).fetchone()
        return None if row is None else PhotoId(row[0])

    def _edited(self, file_id: FileId, owner: _Owner) -> PhotoId:
        """Return the photo for a file that shows something else than its photo did."""
        others = self._tx.db.execute(
            """
            SELECT 1 FROM files f JOIN folders d ON d.id = f.folder_id
            WHERE f.photo_id = ? AND f.id <> ? AND d.covered AND NOT f.missing
            """,
            (owner.photo_id, file_id),
        ).fetchone()
        if others is not None:
            return self._split(owner.photo_id)
        # Vanished copies of the old picture must not come back as this one.
        self._tx.db.execute(
            "DELETE FROM files WHERE photo_id = ? AND id <> ?", (owner.photo_id, file_id)
        )
        vectors.drop(self._tx, [owner.photo_id])
        self._kinds.add(ChangeKind.VECTORS)
        return owner.photo_id

    def _split(self, photo_id: PhotoId) -> PhotoId:
        """Return a new photo with what is known of another's tags and rating."""
        row = self._tx.db.execute(
            """
            INSERT INTO photos (dated_at, state, missing, shown, rating, keywords)
            SELECT dated_at, ?, 0, 0, rating, keywords FROM photos WHERE id = ? RETURNING id
            """,
            (int(FileStatus.PENDING), photo_id),
        ).fetchone()
        self._tx.db.execute(
            """
            INSERT INTO photo_tags (photo_id, tag_id, state, source, decided_at)
            SELECT ?, tag_id, state, source, decided_at FROM photo_tags WHERE photo_id = ?
            """,
            (row[0], photo_id),
        )
        self._kinds |= {ChangeKind.PHOTOS_ADDED, ChangeKind.TAGS}
        return PhotoId(row[0])

    def _point(
        self,
        file_id: FileId,
        found: FoundFile,
        content_hash: ContentHash,
        owner: _Owner,
        photo_id: PhotoId,
    ) -> None:
        """Make a file, just read, one of a photo."""
        self._tx.db.execute(
            """
            UPDATE files SET photo_id = ?, size = ?, modified_ns = ?, status = ?, missing = 0,
                content_hash = ?, reason = ''
            WHERE id = ?
            """,
            (
                photo_id,
                found.size,
                found.modified_ns,
                int(FileStatus.READY),
                content_hash,
                file_id,
            ),
        )
        self._touched |= {owner.photo_id, photo_id}
        if owner.photo_id != photo_id and owner.is_provisional:
            self._merge(owner.photo_id, photo_id)

    def _merge(self, provisional: PhotoId, photo_id: PhotoId) -> None:
        """Let a photo that stood for one unread file go on as the photo that the file shows."""
        if assertions.carry_over(self._tx, provisional, photo_id):
            self._kinds.add(ChangeKind.TAGS)
        joins.record(self._tx, provisional, photo_id)
        vectors.drop(self._tx, [provisional])
        self._tx.db.execute("DELETE FROM photos WHERE id = ?", (provisional,))
        self._gone.add(provisional)

    def _describe(self, photo_id: PhotoId, found: FoundFile, photo: PreparedPhoto) -> None:
        """Note what a file says and shows as that of its photo."""
        told = photo.metadata
        (known,) = self._tx.db.execute(
            "SELECT keywords FROM photos WHERE id = ?", (photo_id,)
        ).fetchone()
        dated_at = (
            encode_modified(found.modified_ns)
            if told.taken_at is None
            else encode_time(told.taken_at)
        )
        columns = {
            "content_hash": photo.content_hash,
            "pixel_hash": photo.pixel_hash,
            "perceptual_hash": _signed(photo.perceptual_hash),
            "media_type": photo.media_type.value,
            "file_size": photo.file_size,
            "width": photo.width,
            "height": photo.height,
            "average_color": photo.average_color,
            "taken_at": None if told.taken_at is None else dated_at,
            "utc_offset_minutes": told.utc_offset_minutes,
            "camera": clean_text(told.camera),
            "lens": clean_text(told.lens),
            "exposure": clean_text(told.exposure),
            "latitude": None if told.gps is None else told.gps.latitude,
            "longitude": None if told.gps is None else told.gps.longitude,
            "file_rating": told.rating,
            "title": clean_text(told.title),
            "caption": clean_text(told.caption),
            "keywords": json.dumps(told.keywords),
            "dated_at": dated_at,
        }
        assignments = ", ".join(f"{column} = :{column}" for column in columns)
        self._tx.db.execute(
            f"UPDATE photos SET {assignments} WHERE id = :id",  # noqa: S608 - the names above
            {**columns, "id": photo_id},
        )
        before = json.loads(known)
        if keywords.follow_keywords(self._tx, photo_id, before, told.keywords, told.keyword_paths):
            self._kinds.add(ChangeKind.TAGS)

    def _record(self, file_id: FileId, photo_id: PhotoId, outcome: FileOutcome) -> None:
        self._outcomes.append(StoredFile(file_id, photo_id, outcome))


def _signed(value: int) -> int:
    """Return an unsigned 64-bit number as the signed one of the same bits, for SQLite."""
    return value - (1 << 64) if value >= 1 << 63 else value
