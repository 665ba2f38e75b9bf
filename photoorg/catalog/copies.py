"""Whole copies of the catalog: the person's backups, and those kept before risky steps."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from photoorg.catalog.connection import connect, naming_errors
from photoorg.core.errors import EnvironmentProblem, UsageProblem

_PAGES_PER_STEP = 4096


def copy_name(reason: str) -> str:
    """Return a name for a copy kept now: sortable, and telling why it was kept."""
    return f"catalog-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{reason}.sqlite"


def copy_database(database: Path, copy: Path) -> None:
    """Copy the committed state while others read and write; all of it appears, or nothing.

    Raises:
        UsageProblem: there is a file of that name, which might be anything.
        EnvironmentProblem: the copy cannot be written.
    """
    if copy.exists():
        raise UsageProblem(f"There is a file {copy} already.", "Name another one.")
    try:
        with tempfile.TemporaryDirectory(dir=copy.parent, prefix=".copying-") as scratch:
            unfinished = Path(scratch) / copy.name
            with (
                naming_errors(),
                closing(connect(database)) as source,
                closing(sqlite3.connect(unfinished)) as target,
            ):
                source.backup(target, pages=_PAGES_PER_STEP)
                # One file that stands for itself, without a log beside it.
                target.execute("PRAGMA journal_mode = DELETE")
            _sync(unfinished)
            unfinished.replace(copy)
    except OSError as error:
        raise EnvironmentProblem(
            f"The copy {copy} cannot be written ({error.strerror}).",
            "Make room, or choose another place.",
        ) from error


def _sync(file: Path) -> None:
    with file.open("r+b") as opened:
        os.fsync(opened.fileno())
