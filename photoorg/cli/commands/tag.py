"""`photoorg tag`: give, take, judge, list, rename and merge tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from photoorg.cli.commands.photos import demand_photos
from photoorg.cli.output import printable, table
from photoorg.core.changes import AddTag, ConfirmTag, MergeTags, RejectTag, RemoveTag, RenameTag

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from photoorg.cli.session import CommandLibrary, Session
    from photoorg.core.changes import Operation

Judgement: TypeAlias = AddTag | RemoveTag | ConfirmTag | RejectTag


def tag_photos(
    session: Session,
    *,
    operation: type[Judgement],
    tag: str,
    photos: Sequence[Path],
) -> None:
    """Say something of a tag on photos.

    Args:
        session: the run.
        operation: what to say.
        tag: the tag.
        photos: files in the catalog.

    Raises:
        EnvironmentProblem: there is no such file.
        UsageProblem: a file is not in the catalog, or the tag is no name for one.
    """
    with session.library() as library:
        photo_ids = tuple(dict.fromkeys(demand_photos(library, photos).values()))
        apply(session, library, operation(tag, photo_ids))


def rename_tag(session: Session, *, tag: str, new_name: str) -> None:
    """Give a tag a new name that no other tag has."""
    with session.library() as library:
        apply(session, library, RenameTag(tag, new_name))


def merge_tags(session: Session, *, tag: str, into: str) -> None:
    """Make one tag of two."""
    with session.library() as library:
        apply(session, library, MergeTags(tag, into))


def list_tags(session: Session) -> None:
    """List the confirmed tags, most used first."""
    with session.library() as library:
        tags = library.tags()
    session.output.answer(
        [{"tag": tag.name, "count": tag.count} for tag in tags],
        table(("tag", "photos"), [(tag.name, f"{tag.count:,}") for tag in tags])
        if tags
        else ["No photo has a tag yet."],
    )


def apply(session: Session, library: CommandLibrary, operation: Operation) -> None:
    """Carry out an operation and say what changed."""
    changes = library.apply(operation)
    paths = library.paths_of(sorted(changes.photo_ids))
    session.output.answer(
        {
            "changed": changes.label,
            "photos": sorted(str(path) for path in paths.values()),
            "revision": changes.revision,
        },
        [printable(changes.label) if changes.kinds else "Nothing to change."],
    )
