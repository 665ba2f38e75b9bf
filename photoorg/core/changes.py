"""Mutations as objects: what is asked for (operations) and what came of it (change sets).

Every view refreshes from change sets alone, and undo is the change set's own `inverse`, so no
caller wires refreshes or undo by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from photoorg.core.ids import PhotoId, Revision
from photoorg.core.records import ProposalKind, TagSource, TagState


class ChangeKind(StrEnum):
    """What sort of thing changed."""

    PHOTOS_ADDED = "photos_added"
    PHOTOS_CHANGED = "photos_changed"
    PHOTOS_REMOVED = "photos_removed"
    FOLDERS = "folders"
    TAGS = "tags"
    VECTORS = "vectors"
    FAILURES = "failures"
    ALBUMS = "albums"


@dataclass(frozen=True, slots=True)
class TagAssertion:
    """The state of one tag on one photo; `state` None means that nothing is known."""

    photo_id: PhotoId
    tag: str
    state: TagState | None
    source: TagSource = TagSource.PERSON


@dataclass(frozen=True, slots=True)
class AddTag:
    """The person gives a tag to photos."""

    tag: str
    photo_ids: tuple[PhotoId, ...]


@dataclass(frozen=True, slots=True)
class RemoveTag:
    """The person takes a tag off photos; it may be suggested again."""

    tag: str
    photo_ids: tuple[PhotoId, ...]


@dataclass(frozen=True, slots=True)
class ConfirmTag:
    """The person accepts a suggested tag."""

    tag: str
    photo_ids: tuple[PhotoId, ...]


@dataclass(frozen=True, slots=True)
class ConfirmTags:
    """The person accepts many suggestions at once.

    Attributes:
        pairs: tags, each with the photos that it is accepted for.
    """

    pairs: tuple[tuple[str, tuple[PhotoId, ...]], ...]


@dataclass(frozen=True, slots=True)
class KeepTag:
    """The person says of a tag on photos that it is right, though it was doubted.

    Photos that do not carry it are left alone. It is not doubted there again.
    """

    tag: str
    photo_ids: tuple[PhotoId, ...]


@dataclass(frozen=True, slots=True)
class RejectTag:
    """The person says that a suggested tag is wrong; it is not suggested there again."""

    tag: str
    photo_ids: tuple[PhotoId, ...]


@dataclass(frozen=True, slots=True)
class RenameTag:
    """Give a tag a new name that no other tag has."""

    tag: str
    new_name: str


@dataclass(frozen=True, slots=True)
class MergeTags:
    """Move all that is known of one tag to another, and drop the first.

    The tags below it and its other names move along. With `keep_alias` the dropped name becomes
    another name of the tag that stays, so that it can still be typed.
    """

    tag: str
    into: str
    keep_alias: bool = False


@dataclass(frozen=True, slots=True)
class SetParent:
    """Put a tag under another, which is made where there is none, or with None at the top.

    A tag's photos are then also found by the tags above it.
    """

    tag: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class AddAlias:
    """Give a tag another name, such as "automobile" for "car"."""

    tag: str
    alias: str


@dataclass(frozen=True, slots=True)
class RemoveAlias:
    """Take another name off a tag."""

    tag: str
    alias: str


@dataclass(frozen=True, slots=True)
class JudgeProposal:
    """Dismiss a proposal about two tags for good, or with `dismissed` False let it come again."""

    kind: ProposalKind
    tag: str
    other: str
    dismissed: bool = True


@dataclass(frozen=True, slots=True)
class SetRating:
    """Rate photos, 0 (none) to 5."""

    rating: int
    photo_ids: tuple[PhotoId, ...]


@dataclass(frozen=True, slots=True)
class TagPlace:
    """Where a tag stands in the tree, and its other names, in order of name."""

    tag: str
    parent: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RestoreAssertions:
    """Set exact tag states: what undo and redo of the tag operations come down to.

    `keep_tags` are tags that must exist afterwards even where no photo carries them, and
    `drop_tags` are tags to forget. `places` are set exactly, too.
    """

    assertions: tuple[TagAssertion, ...]
    keep_tags: tuple[str, ...] = ()
    drop_tags: tuple[str, ...] = ()
    label: str = ""
    places: tuple[TagPlace, ...] = ()


@dataclass(frozen=True, slots=True)
class RestoreRatings:
    """Set exact ratings, photo by photo; None leaves the word to the file."""

    ratings: tuple[tuple[PhotoId, int | None], ...]


@dataclass(frozen=True, slots=True)
class Several:
    """Carry out operations one after the other, all or none, as one step to take back."""

    operations: tuple[Operation, ...]
    label: str


@dataclass(frozen=True, slots=True)
class SaveAlbum:
    """Keep a search under a name; an album of that name gets the new search.

    Attributes:
        name: of the album.
        query: the search text.
        place: among the albums, from 0; None leaves an album where it is, and a new one last.
    """

    name: str
    query: str
    place: int | None = None


@dataclass(frozen=True, slots=True)
class RenameAlbum:
    """Give an album a new name that no other has.

    Attributes:
        name: of the album.
        new_name: what it is called from now on.
        queries: (name, search text) of other albums that named it, as they read afterwards.
    """

    name: str
    new_name: str
    queries: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MoveAlbum:
    """Put an album at another place among the albums, from 0."""

    name: str
    place: int


@dataclass(frozen=True, slots=True)
class DeleteAlbum:
    """Forget an album; its photos stay."""

    name: str


AlbumOperation = SaveAlbum | RenameAlbum | MoveAlbum | DeleteAlbum

Operation = (
    AddTag
    | RemoveTag
    | ConfirmTag
    | ConfirmTags
    | KeepTag
    | RejectTag
    | RenameTag
    | MergeTags
    | SetParent
    | AddAlias
    | RemoveAlias
    | JudgeProposal
    | SetRating
    | RestoreAssertions
    | RestoreRatings
    | AlbumOperation
    | Several
)


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """What a committed mutation changed.

    Attributes:
        photo_ids: photos concerned; empty with `everything` for changes too wide to list.
        everything: views should load anew instead of patching single photos.
        label: for the undo menu: "Add tag “beach” to 12 photos".
        inverse: the operation that takes it back, or None where it cannot be taken back.
    """

    kinds: frozenset[ChangeKind]
    revision: Revision
    photo_ids: frozenset[PhotoId] = frozenset()
    everything: bool = False
    label: str = ""
    inverse: Operation | None = None
