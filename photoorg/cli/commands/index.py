"""`photoorg index`: bring the catalog up to date with folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from photoorg.cli.commands.photos import absolute
from photoorg.cli.interrupt import cancelled_by_interrupt
from photoorg.cli.output import duration, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from photoorg.cli.session import Session
    from photoorg.core.records import IndexReport


def index(
    session: Session,
    *,
    folders: Sequence[Path],
    features: str,
    workers: int | None,
    weights: Path | None = None,
) -> None:
    """Index folders and say what came of every file.

    Args:
        session: the run.
        folders: where the photos are.
        features: name of the visual vector to compute.
        workers: decoder processes, or None for one a core.
        weights: of the network that computes the visual vector, where the person names a file.

    Raises:
        Cancelled: the person interrupted it.
    """
    with (
        session.library(features=features, create=True) as library,
        cancelled_by_interrupt() as token,
    ):
        report = library.index(
            [absolute(folder) for folder in folders],
            on_progress=session.output.progress,
            token=token,
            workers=workers,
            weights=None if weights is None else absolute(weights),
        )
    session.output.answer(as_document(report), describe(report))


def as_document(report: IndexReport) -> dict[str, object]:
    """Return a report as the JSON that other programs build on."""
    return {
        "found": report.found,
        "new": report.new,
        "changed": report.changed,
        "moved": report.moved,
        "unchanged": report.unchanged,
        "missing": report.missing,
        "unsupported": report.unsupported,
        "failed": [
            {"path": str(failure.path), "reason": failure.reason} for failure in report.failed
        ],
        "encoded": report.encoded,
        "seconds": round(report.seconds, 3),
        "photos_per_second": round(report.photos_per_second, 2),
    }


def describe(report: IndexReport) -> Iterator[str]:
    """Yield a report in words, counts of nothing left out."""
    yield (
        f"{report.found:,} files in {duration(report.seconds)}"
        f" ({report.photos_per_second:.1f} photos/s)"
    )
    counts = {
        "new": report.new,
        "changed": report.changed,
        "moved": report.moved,
        "unchanged": report.unchanged,
        "missing": report.missing,
        "unsupported": report.unsupported,
        "failed": len(report.failed),
    }
    for name, count in counts.items():
        if count:
            yield f"  {count:>9,} {name}"
    if report.failed:
        yield ""
        yield from table(
            ("not read", "reason"),
            [(str(failure.path), failure.reason) for failure in report.failed],
        )
