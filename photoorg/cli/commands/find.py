"""`photoorg search` and `photoorg similar`: photos in order of how well they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from photoorg.cli.commands.photos import absolute, demand_file
from photoorg.cli.commands.why import found_document, found_words
from photoorg.cli.output import table
from photoorg.core.records import PhotoScope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from photoorg.cli.session import CommandLibrary, Session
    from photoorg.core.records import Alternative, SearchResults

MOST_SHOWN = 50
"""Answers shown where the person set no limit; there may be thousands of relevant ones."""


def search(
    session: Session, *, query: str, limit: int | None, why: bool = False, engine: str = ""
) -> None:
    """Answer a text as the search box does.

    Args:
        session: the run.
        query: what to look for.
        limit: give this many, also such as are no longer relevant; None gives the relevant ones.
        why: say of each photo what each part of the text makes of it.
        engine: for better search, to answer in place of the built-in one; "" for that.

    Raises:
        QuerySyntaxError: the text cannot be read; the message says where.
        MediaProblem: a photo that it names by its path cannot be read.
        PhotoorgError: the engine cannot answer.
    """
    with session.library() as library:
        if engine:
            library.engines.answer_now(engine)
        scope = PhotoScope()
        found = library.search(query, scope)
        others = () if found.relevant else library.asking.alternatives(query, scope)
        why_of = query if why else ""
        show(session, library, found, limit, asked=why_of, engine=engine, others=others)


def similar(session: Session, *, photo: Path, limit: int | None) -> None:
    """Find photos that look like a file, which may lie outside the catalog.

    Raises:
        MediaProblem: the file is no photo that can be read.
    """
    demand_file(photo)
    with session.library() as library:
        found = library.similar(absolute(photo), limit or MOST_SHOWN)
        show(session, library, found, limit)


def show(
    session: Session,
    library: CommandLibrary,
    results: SearchResults,
    limit: int | None,
    *,
    asked: str = "",
    engine: str = "",
    others: Sequence[Alternative] = (),
) -> None:
    """Write the best hits of an answer.

    Args:
        session: the run.
        library: answered.
        results: the answer.
        limit: hits to write; None for the relevant ones.
        asked: the search of which each part is to be accounted for, or "".
        engine: the one that was asked for, or "".
        others: searches that would find something, where this one does not.
    """
    shown = min(results.relevant, MOST_SHOWN) if limit is None else limit
    hits = results.hits[:shown]
    paths = library.paths_of([hit.photo_id for hit in hits])
    rows: list[dict[str, object]] = [
        {
            "path": str(paths[hit.photo_id]),
            "score": round(float(hit.score), 6),
            "why": hit.why,
            "relevant": place < results.relevant,
            "id": int(hit.photo_id),
        }
        for place, hit in enumerate(hits)
        if hit.photo_id in paths  # else another process dropped it in this moment
    ]
    for row in rows if engine else ():
        row["engine"] = engine
    for note in _notes(results, others):
        session.output.note(note)
    told = [str(row["why"]) for row in rows]
    if asked:
        kept = [hit.photo_id for hit in hits if hit.photo_id in paths]
        reasons = [library.why.why_found(asked, photo_id) for photo_id in kept]
        told = [found_words(each) for each in reasons]
        for row, each in zip(rows, reasons, strict=True):
            row["reasons"] = found_document(each)
    session.output.answer(
        rows,
        table(
            ("score", "photo", "why"),
            [
                (f"{row['score']:.3f}", str(row["path"]), words)
                for row, words in zip(rows, told, strict=True)
            ],
        )
        if rows
        else ["Nothing found."],
    )


def _notes(results: SearchResults, others: Sequence[Alternative]) -> list[str]:
    """Return what the person should know beside the photos."""
    notes = [results.notice] if results.notice else []
    notes += [
        f"Showing photos for “{used}”. Quote the word to search for it as typed: '\"{typed}\"'"
        for typed, used in results.corrected
    ]
    notes += [f"Found instead by {other.query} ({other.why}): {other.count:,}" for other in others]
    return notes
