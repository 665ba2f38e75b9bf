"""`photoorg tag`: give, judge, list, rename, merge, order and relate tags; how good they are."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from photoorg.cli.commands.photos import demand_photos
from photoorg.cli.output import counted, printable, table
from photoorg.core.changes import (
    AddAlias,
    AddTag,
    ConfirmTag,
    KeepTag,
    MergeTags,
    RejectTag,
    RemoveAlias,
    RemoveTag,
    RenameTag,
    SetParent,
)
from photoorg.core.errors import UsageProblem
from photoorg.core.quality import TagTrust
from photoorg.core.records import ProposalKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from photoorg.cli.session import CommandLibrary, Session
    from photoorg.core.changes import Operation
    from photoorg.core.knowledge import Proposal
    from photoorg.core.quality import Estimate, QualityReport, TagQuality
    from photoorg.core.records import TagCount

Judgement: TypeAlias = AddTag | RemoveTag | ConfirmTag | KeepTag | RejectTag

_STATES = {TagTrust.TRUSTED: "suggested", TagTrust.DOUBTFUL: "too often wrong"}


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


def tag_quality(session: Session) -> None:
    """Say how good the suggestions of each tag are, best first."""
    with session.library() as library:
        report = library.quality.report()
    tags = sorted(report.tags, key=_rank)
    session.output.answer(_document(report, tags), _people(report, tags))


def tag_doubts(session: Session, *, tag: str | None, limit: int) -> None:
    """List tags on photos that are probably mistakes, least probable first.

    Args:
        session: the run.
        tag: look at this one alone; None looks at all.
        limit: mistakes at most.

    Raises:
        UsageProblem: no photo has that tag.
    """
    with session.library() as library:
        wanted = None if tag is None else _known_tag(library, tag)
        doubts = library.quality.doubts(wanted, limit)
        photos = {photo for doubt in doubts for photo in (doubt.photo_id, *doubt.near)}
        paths = library.paths_of(sorted(photos))
        learned = bool(doubts or library.quality.report().model)
    rows = [
        {
            "path": str(paths[doubt.photo_id]),
            "tag": doubt.tag,
            "probability": round(float(doubt.probability), 4),
            "near": [str(paths[photo]) for photo in doubt.near if photo in paths],
        }
        for doubt in doubts
        if doubt.photo_id in paths
    ]
    session.output.answer(
        rows,
        table(
            ("tag", "probability", "photo"),
            [(str(r["tag"]), f"{r['probability']:.0%}", str(r["path"])) for r in rows],
        )
        if rows
        else ["No tag looks like a mistake." if learned else "Nothing was learned yet."],
    )


def _known_tag(library: CommandLibrary, tag: str) -> str:
    """Return a tag as it is written in the catalog, whatever its letter case."""
    for known in library.tags():
        if known.name.casefold() == tag.casefold():
            return known.name
    raise UsageProblem(f"No photo has the tag “{tag}”.", "List them with: photoorg tag list")


def _rank(quality: TagQuality) -> tuple[bool, float, str]:
    precision = quality.precision
    value = 0.0 if precision is None else precision.value
    return precision is None, -value, quality.tag.casefold()


def _document(report: QualityReport, tags: Sequence[TagQuality]) -> dict[str, object]:
    return {
        "tags": [
            {
                "tag": quality.tag,
                "trust": quality.trust.value,
                "precision": _figures(quality.precision),
                "recall": _figures(quality.recall),
                "threshold": None if quality.threshold is None else round(quality.threshold, 4),
                "confirmed": quality.confirmed,
                "rejected": quality.rejected,
                "waiting": quality.waiting,
                "needed": quality.needed,
                "gain": round(quality.gain, 6),
            }
            for quality in tags
        ],
        "target": report.target,
        "held_out": report.held_out,
        "model": report.model,
        "learned_at": report.learned_at,
        "learning": report.learning,
        "reliability": [
            {
                "predicted": round(each.predicted, 4),
                "observed": _figures(each.observed),
                "count": each.count,
            }
            for each in report.reliability
        ],
        "note": report.note,
    }


def _figures(estimate: Estimate | None) -> dict[str, float] | None:
    if estimate is None:
        return None
    shares = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {name: round(share, 4) for name, share in shares.items()}


def _people(report: QualityReport, tags: Sequence[TagQuality]) -> Iterator[str]:
    if not tags:
        yield "No photo has a tag yet."
        return
    yield from table(
        ("tag", "state", "right", "found", "yes", "no", "waiting"),
        [
            (
                quality.tag,
                _state(quality),
                _percent(quality.precision),
                _percent(quality.recall),
                f"{quality.confirmed:,}",
                f"{quality.rejected:,}",
                f"{quality.waiting:,}",
            )
            for quality in tags
        ],
    )
    yield ""
    if not report.model:
        yield "Nothing was learned yet."
        return
    yield (
        f"Suggested where at least {report.target:.0%} are right; judged on"
        f" {counted(report.held_out, 'photo')} that the model had not seen"
        f" (in brackets: 90 % intervals)."
    )
    if report.note:
        yield printable(report.note)


def _state(quality: TagQuality) -> str:
    if quality.trust is TagTrust.TOO_FEW:
        needed = quality.needed
        return f"needs {needed:,} more" if needed else "not learned yet"
    return _STATES[quality.trust]


def _percent(estimate: Estimate | None) -> str:
    """Return "84% (78-89)"."""
    if estimate is None:
        return "-"
    return f"{estimate.value:.0%} ({100 * estimate.low:.0f}-{100 * estimate.high:.0f})"


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
