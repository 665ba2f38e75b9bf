"""Records that only those who feed or index the catalog deal with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoorg.core.changes import ChangeSet
from photoorg.core.ids import ContentHash, FileId, PhotoId, Revision
from photoorg.core.records import FoundFile, PreparedPhoto


class FileStatus(IntEnum):
    """How far one file has come.

    The order is that of preference: a photo with several files takes after the lowest.
    """

    READY = 0
    PENDING = 1
    FAILED = 2
    UNSUPPORTED = 3


class FileOutcome(StrEnum):
    """What reading a file came to."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    DUPLICATE = "duplicate"
    UNCHANGED = "unchanged"


class KnownFile(NamedTuple):
    """What the catalog remembers of a path, for a rescan to compare with.

    A named tuple because a rescan makes 100,000 of them, at a third of a frozen dataclass's cost.

    Attributes:
        content_hash: of the bytes when they were last read; None before the first time.
    """

    file_id: FileId
    photo_id: PhotoId
    size: int
    modified_ns: int
    missing: bool
    status: FileStatus
    content_hash: ContentHash | None


class PhotoWords(NamedTuple):
    """What is said of a photo.

    Attributes:
        tags: confirmed, in order of name.
        captions: its title and caption, where it has them.
        thumbnail_key: names its thumbnail; "" for a photo that was not read yet.
    """

    photo_id: PhotoId
    tags: tuple[str, ...]
    captions: tuple[str, ...]
    thumbnail_key: str


class SaidOfTag(NamedTuple):
    """What is known of a tag: int64 ids of photos in the library, ascending.

    Attributes:
        carriers: [n], that carry it, confirmed.
        denied: [m], on which it was rejected.
    """

    carriers: NDArray[np.int64]
    denied: NDArray[np.int64]


class Company(NamedTuple):
    """A tag of a photo beside another tag.

    Attributes:
        tag: its name.
        both: other photos that carry it and the other tag.
        total: other photos that carry it.
    """

    tag: str
    both: int
    total: int


@dataclass(frozen=True, slots=True)
class PendingFile:
    """A file that waits to be read."""

    file_id: FileId
    photo_id: PhotoId
    found: FoundFile


@dataclass(frozen=True, slots=True)
class PreparedFile:
    """A file that was read, with what was in it."""

    file_id: FileId
    found: FoundFile
    photo: PreparedPhoto


@dataclass(frozen=True, slots=True)
class RecognisedFile:
    """A file that was hashed but not decoded, because the catalog knows these bytes."""

    file_id: FileId
    found: FoundFile
    content_hash: ContentHash


@dataclass(frozen=True, slots=True)
class FailedFile:
    """A file that could not be read.

    Attributes:
        reason: a sentence for a person.
        unsupported: it is not a photo at all, so it never shows in the grid.
    """

    file_id: FileId
    found: FoundFile
    reason: str
    unsupported: bool = False


@dataclass(frozen=True, slots=True)
class Registered:
    """The rows of some files, in the order in which the files were given."""

    file_ids: tuple[FileId, ...]
    changes: ChangeSet


class StoredFile(NamedTuple):
    """Where one file ended up."""

    file_id: FileId
    photo_id: PhotoId
    outcome: FileOutcome


@dataclass(frozen=True, slots=True)
class StoreOutcome:
    """What storing came to.

    `outcomes` leaves out files that are no longer in the catalog, or that changed again since they
    were read; those stay pending.
    """

    outcomes: tuple[StoredFile, ...]
    changes: ChangeSet


@dataclass(frozen=True, slots=True)
class VectorBatch:
    """Some vectors of one model, and from which state of the catalog they are.

    Attributes:
        ids: int64 [n], photo ids.
        matrix: float32 [n, d], row i belongs to `ids[i]`.
        revision: ask for what is newer than this next time.
        removed: int64 [m], photos that lost their vector; disjoint from all `ids`.
    """

    ids: NDArray[np.int64]
    matrix: NDArray[np.float32]
    revision: Revision
    removed: NDArray[np.int64]


class LexicalHit(NamedTuple):
    """A photo whose words match.

    Attributes:
        score: higher is better; comparable within one answer only.
        where: what matched best, for a person: "tag beach", "caption", "name" or "folder".
    """

    photo_id: PhotoId
    score: float
    where: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a catalog.

    Attributes:
        code: stable name: "file", "references", "words", "faces", "orphans".
        message: what is wrong, in words.
        repairable: whether `Catalog.repair` mends it.
    """

    code: str
    message: str
    repairable: bool


@dataclass(frozen=True, slots=True, eq=False)
class SaidOfTags:
    """All that is known of tags on the photos of a library, one row for each photo and tag.

    Attributes:
        names: the tags of which anything is known.
        photo_ids: int64 [m], ascending.
        tags: int64 [m], places in `names`.
        confirmed: bool [m]; the others are rejected.
    """

    names: tuple[str, ...]
    photo_ids: NDArray[np.int64]
    tags: NDArray[np.int64]
    confirmed: NDArray[np.bool_]
