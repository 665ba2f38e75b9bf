"""`photoorg tag`: give, take, judge, list, rename, merge, order and relate tags."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from photoorg.cli.commands.photos import demand_photos
from photoorg.cli.output import printable, table
from photoorg.core.changes import (
    AddAlias,
    AddTag,
    ConfirmTag,
    MergeTags,
    RejectTag,
    RemoveAlias,
    RemoveTag,
    RenameTag,
    SetParent,
)
from photoorg.core.records import ProposalKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from photoorg.cli.session import CommandLibrary, Session
    from photoorg.core.changes import Operation
    from photoorg.core.knowledge import Proposal
    from photoorg.core.records import TagCount

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


def merge_tags(session: Session, *, tag: str, into: str, keep_alias: bool = False) -> None:
    """Make one tag of two."""
    with session.library() as library:
        apply(session, library, MergeTags(tag, into, keep_alias))


def place_tag(session: Session, *, tag: str, parent: str | None) -> None:
    """Put a tag under another, or at the top."""
    with session.library() as library:
        apply(session, library, SetParent(tag, parent))


def alias_tag(session: Session, *, tag: str, alias: str, remove: bool) -> None:
    """Give a tag another name, or take one off it."""
    with session.library() as library:
        apply(session, library, RemoveAlias(tag, alias) if remove else AddAlias(tag, alias))


def list_tags(session: Session) -> None:
    """List the confirmed tags, most used first; for people as a tree."""
    with session.library() as library:
        tags = library.tags()
    session.output.answer(
        [
            {
                "tag": tag.name,
                "count": tag.count,
                "parent": tag.parent,
                "aliases": list(tag.aliases),
            }
            for tag in tags
        ],
        table(("tag", "photos"), list(_tree_lines(tags))) if tags else ["No photo has a tag yet."],
    )


def _tree_lines(tags: Sequence[TagCount]) -> Iterator[tuple[str, str]]:
    """Yield each tag with its count, those below one after it and further in."""
    below: defaultdict[str | None, list[TagCount]] = defaultdict(list)
    for tag in tags:
        below[tag.parent].append(tag)

    def lines(parent: str | None, depth: int) -> Iterator[tuple[str, str]]:
        for tag in below.get(parent, ()):
            names = f" ({', '.join(tag.aliases)})" if tag.aliases else ""
            yield f"{'  ' * depth}{tag.name}{names}", f"{tag.count:,}"
            yield from lines(tag.name, depth + 1)

    return lines(None, 0)


def related_tags(session: Session, *, tag: str, limit: int) -> None:
    """List the tags that have most to do with one."""
    with session.library() as library:
        related = library.knowledge.related(tag, limit)
    session.output.answer(
        [{"tag": each.name, "likeness": round(each.likeness, 4)} for each in related],
        table(("tag", "likeness"), [(each.name, f"{each.likeness:.2f}") for each in related])
        if related
        else [printable(f"Nothing is known of the tag “{tag}”.")],
    )


def propose_tags(session: Session) -> None:
    """List what could be tidied up among the tags."""
    with session.library() as library:
        proposals = library.knowledge.proposals()
    session.output.answer(
        [
            {
                "kind": each.kind.value,
                "tag": each.tag,
                "other": each.other,
                "confidence": round(each.confidence, 4),
                "reason": each.reason,
            }
            for each in proposals
        ],
        table(
            ("sure", "what", "why"),
            [
                (f"{each.confidence:.0%}", printable(_what(each)), printable(each.reason))
                for each in proposals
            ],
        )
        if proposals
        else ["Nothing to tidy up was found."],
    )


def _what(proposal: Proposal) -> str:
    verb, preposition = (
        ("put", "under") if proposal.kind is ProposalKind.PARENT else ("merge", "into")
    )
    return f"{verb} “{proposal.tag}” {preposition} “{proposal.other}”"


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
