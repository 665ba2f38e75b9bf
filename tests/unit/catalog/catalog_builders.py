"""A catalog with a folder in it, and short ways to put files there: no disk is scanned."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from photoorg.catalog.catalog import Catalog
from photoorg.catalog.records import PreparedFile, RecognisedFile, StoredFile
from photoorg.core.ids import ContentHash, FileId, PhotoId, PixelHash
from photoorg.core.records import (
    FoundFile,
    GeoPoint,
    MediaType,
    PhotoMetadata,
    PhotoScope,
    PreparedPhoto,
)

ROOT = Path(Path.cwd().anchor) / "photos"
START_NS = 1_600_000_000_000_000_000


def digest(text: str) -> ContentHash:
    return ContentHash(hashlib.sha256(text.encode()).hexdigest())


def found(path: Path, *, size: int = 1000, second: int = 0) -> FoundFile:
    return FoundFile(path, size, START_NS + second * 1_000_000_000)


def photo(
    content: str,
    pixels: str | None = None,
    *,
    taken_at: datetime | None = None,
    camera: str = "",
    gps: GeoPoint | None = None,
    rating: int | None = None,
    caption: str = "",
    keywords: Sequence[str] = (),
    media_type: MediaType = MediaType.JPEG,
) -> PreparedPhoto:
    """Return a photo whose bytes and looks are stood for by words."""
    return PreparedPhoto(
        content_hash=digest(content),
        pixel_hash=PixelHash(digest(pixels or content)),
        perceptual_hash=int(digest(pixels or content)[:16], 16),
        media_type=media_type,
        file_size=1000,
        width=4000,
        height=3000,
        average_color=0x336699,
        metadata=PhotoMetadata(
            taken_at=taken_at,
            camera=camera,
            gps=gps,
            rating=rating,
            caption=caption,
            keywords=tuple(keywords),
        ),
    )


class Shelf:
    """An open catalog and its one folder."""

    def __init__(self, catalog: Catalog, root: Path = ROOT) -> None:
        self.catalog = catalog
        self.root = root
        catalog.add_folder(root)

    def register(self, *names: str, second: int = 0) -> list[FileId]:
        files = [found(self.root / name, second=second) for name in names]
        return list(self.catalog.register_files(self.root, files).file_ids)

    def change(self, name: str, second: int) -> None:
        self.catalog.update_files([found(self.root / name, second=second)])

    def read(self, name: str, prepared: PreparedPhoto, *, second: int = 0) -> StoredFile:
        """Register a file if need be and store what reading it gave."""
        item = PreparedFile(self.file_id(name), found(self.root / name, second=second), prepared)
        return self.catalog.store_prepared([item]).outcomes[0]

    def recognise(self, name: str, content: str) -> tuple[StoredFile, ...]:
        item = RecognisedFile(self.file_id(name), found(self.root / name), digest(content))
        return self.catalog.store_recognised([item]).outcomes

    def vanish(self, *names: str) -> None:
        self.catalog.mark_missing([self.file_id(name) for name in names])

    def file_id(self, name: str) -> FileId:
        known = self.catalog.known_files(self.root).get(str(self.root / name))
        return self.register(name)[0] if known is None else known.file_id

    def photo_id(self, name: str) -> PhotoId:
        return self.catalog.known_files(self.root)[str(self.root / name)].photo_id

    def shown(self) -> list[PhotoId]:
        return [PhotoId(int(each)) for each in self.catalog.photo_ids(PhotoScope())]

    def tags_of(self, photo_id: PhotoId) -> tuple[str, ...]:
        return self.catalog.grid_rows([photo_id])[0].tags
