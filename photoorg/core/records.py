"""The plain, frozen records that travel between layers, threads and processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from photoorg.core.ids import ContentHash, FolderId, PhotoId, PixelHash, TagId

if TYPE_CHECKING:  # every process imports this module, and not every one needs numpy
    import numpy as np
    from numpy.typing import NDArray


class MediaType(StrEnum):
    """Formats told apart by content, never by a file's name."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    TIFF = "tiff"
    GIF = "gif"
    BMP = "bmp"
    HEIF = "heif"
    AVIF = "avif"
    RAW = "raw"


class PhotoState(StrEnum):
    """How far a photo has come. A missing file is a matter of `GridRow.missing`, not of state."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


class TagState(StrEnum):
    """What is known of a tag on a photo. No row at all means unknown, which is not "no"."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class TagSource(StrEnum):
    """Who says so."""

    PERSON = "person"
    FILE = "file"
    KEPT = "kept"
    """The person, who was asked whether it is a mistake and said that it is right."""


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """WGS 84 degrees; north and east are positive."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class PhotoMetadata:
    """What a file says of itself (EXIF, IPTC, XMP).

    Attributes:
        taken_at: local time at the camera, without a zone.
        utc_offset_minutes: zone of `taken_at` where the file tells it.
        rating: 0 to 5, or None where the file has none.
        keywords: union of IPTC and XMP keywords, in file order, without repetition.
        keyword_paths: those that the file puts into a tree, each from the top down to itself.
        exposure: "1/250 s f/2.8 ISO 400 50 mm", the parts that are known.
    """

    taken_at: datetime | None = None
    utc_offset_minutes: int | None = None
    camera: str = ""
    lens: str = ""
    exposure: str = ""
    gps: GeoPoint | None = None
    rating: int | None = None
    title: str = ""
    caption: str = ""
    keywords: tuple[str, ...] = ()
    keyword_paths: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file met on a walk, before anything of it was read.

    Attributes:
        path: absolute, not resolved through symlinks.
        size: bytes.
        modified_ns: modification time, nanoseconds since the epoch.
    """

    path: Path
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class PreparedPhoto:
    """All that one read and one decode of a file gives, save the network's input.

    Attributes:
        width: pixels of the full photo, after EXIF orientation.
        height: pixels of the full photo, after EXIF orientation.
        perceptual_hash: 64-bit difference hash, for near-identical photos.
        average_color: 0xRRGGBB.
        media_type: what the content is.
        file_size: bytes read.
    """

    content_hash: ContentHash
    pixel_hash: PixelHash
    perceptual_hash: int
    media_type: MediaType
    file_size: int
    width: int
    height: int
    average_color: int
    metadata: PhotoMetadata


@dataclass(frozen=True, slots=True)
class GridRow:
    """What one thumbnail tile shows.

    Attributes:
        thumbnail_key: names the thumbnail file; empty until there is one.
        missing: no file of the photo is there any more.
        tags: confirmed tags, in order of name.
    """

    photo_id: PhotoId
    name: str
    thumbnail_key: str
    width: int
    height: int
    average_color: int
    taken_at: datetime | None
    state: PhotoState
    missing: bool
    rating: int
    tags: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class GridOutline:
    """The shape of many tiles, aligned with the ids that were asked for.

    Attributes:
        aspects: float32 [n], width / height after orientation; 0 while it is not known.
        days: int32 [n], days since 1970-01-01 of the date that the grid sorts by; `NO_DAY`
            where there is none.
        colors: uint32 [n], average colour 0xRRGGBB.
    """

    aspects: NDArray[np.float32]
    days: NDArray[np.int32]
    colors: NDArray[np.uint32]


NO_DAY = -(2**31)
"""In `GridOutline.days`: the photo has no date."""


@dataclass(frozen=True, slots=True)
class PhotoDetails:
    """What the inspector and the viewer show of one photo.

    Attributes:
        paths: every file with this content, those that are there first.
        confirmed: tags with who said so, in order of name.
        rejected: tags that the person said are wrong.
        reason: why the photo failed, or an empty string.
    """

    photo_id: PhotoId
    paths: tuple[Path, ...]
    thumbnail_key: str
    media_type: MediaType | None
    file_size: int
    width: int
    height: int
    state: PhotoState
    missing: bool
    metadata: PhotoMetadata
    confirmed: tuple[tuple[str, TagSource], ...] = ()
    rejected: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag and how many photos carry it, confirmed.

    Attributes:
        count: photos that carry it or a tag below it, each once.
        parent: the tag above it, or None at the top.
        aliases: its other names, in order of name.
    """

    tag_id: TagId
    name: str
    count: int
    parent: str | None = None
    aliases: tuple[str, ...] = ()


class AliasName(str):
    """Another name of a tag, as completion offers it: a plain text that also knows its tag.

    It can be used like the tag's own name wherever one is taken.

    Attributes:
        tag: name of the tag that it stands for.
    """

    __slots__ = ("tag",)

    tag: str

    def __new__(cls, alias: str, tag: str) -> AliasName:
        """Return the alias of a tag."""
        made = super().__new__(cls, alias)
        made.tag = tag
        return made


class ProposalKind(StrEnum):
    """What a proposal about two tags says of them."""

    SAME_WORD = "same-word"
    SAME_MEANING = "same-meaning"
    PARENT = "parent"


@dataclass(frozen=True, slots=True)
class FolderNode:
    """A folder with the number of photos in it and below it."""

    folder_id: FolderId
    path: Path
    count: int
    present: bool
    children: tuple[FolderNode, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A tag that a photo may deserve.

    Attributes:
        probability: calibrated, 0 to 1.
        source: the model that says so, such as "starter".
        sure: it is so probable that, of those like it, the wanted part is right.
    """

    tag: str
    probability: float
    source: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One photo of an answer.

    Attributes:
        score: higher is better; comparable within one answer only.
        why: a few words for a person: "looks like “beach”", "tag beach", "name", "identical".
    """

    photo_id: PhotoId
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """A changed search that finds something where the one that was typed finds nothing.

    Attributes:
        query: text for the search box.
        count: how many photos it finds.
        why: what was changed, for a person: "without rating:>=3", "“dog” instead of “hound”".
    """

    query: str
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class SearchResults:
    """An answer, best first.

    Attributes:
        hits: all of the ranking that was computed, relevant ones first.
        relevant: how many of `hits` are shown before "Show more".
        notice: something the person should know ("Searching names and tags only: ..."), or "".
        corrected: misspelt words with what was looked for in their place: (typed, used). A word
            in quotes is looked for as it was typed.
    """

    hits: Sequence[SearchHit] = ()
    relevant: int = 0
    notice: str = ""
    corrected: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be indexed.

    Attributes:
        unsupported: it is not a photo that photoorg reads, so nobody need worry.
    """

    path: Path
    reason: str
    unsupported: bool = False


@dataclass(frozen=True, slots=True)
class IndexReport:
    """The outcome of indexing: every file met is in exactly one count.

    Attributes:
        found: files met on the walk.
        new: photos read for the first time.
        changed: files whose content changed.
        moved: files joined again to a photo known under another path.
        unchanged: files that needed no reading.
        missing: files that are no longer there.
        failed: files that could not be read, with reasons.
        encoded: photos that got a visual vector.
    """

    found: int = 0
    new: int = 0
    changed: int = 0
    moved: int = 0
    unchanged: int = 0
    missing: int = 0
    unsupported: int = 0
    failed: tuple[Failure, ...] = ()
    encoded: int = 0
    seconds: float = 0.0

    @property
    def photos_per_second(self) -> float:
        """Photos prepared or encoded a second, whichever there were more of."""
        handled = max(self.new + self.changed + self.moved, self.encoded)
        return handled / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class PhotoScope:
    """Which photos a view shows when nothing is searched: everything, a folder, or a tag.

    Attributes:
        folder: only photos in or below it.
        tag: only photos that carry it or a tag below it, confirmed; any of its names will do.
        newest_first: order by date.
    """

    folder: Path | None = None
    tag: str | None = None
    newest_first: bool = True
