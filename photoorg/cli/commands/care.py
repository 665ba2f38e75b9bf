"""`photoorg doctor` and `photoorg backup`: looking after the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from photoorg.cli.commands.photos import absolute
from photoorg.cli.output import printable, table
from photoorg.core.errors import EnvironmentProblem

if TYPE_CHECKING:
    from pathlib import Path

    from photoorg.cli.session import Session


def doctor(session: Session, *, repair: bool) -> None:
    """Check the catalog and what hangs on it.

    Args:
        session: the run.
        repair: mend what can be mended.

    Raises:
        EnvironmentProblem: something is wrong still; the answer, written before, says what.
    """
    with session.library(create=True) as library:
        findings = library.doctor(repair=repair)
    wrong = [finding for finding in findings if not finding.ok]
    session.output.answer(
        {
            "ok": not wrong,
            "findings": [
                {
                    "name": finding.name,
                    "ok": finding.ok,
                    "detail": finding.detail,
                    "remedy": finding.remedy,
                }
                for finding in findings
            ],
        },
        table(
            ("", "check", "found", "what to do"),
            [
                ("ok" if each.ok else "WRONG", each.name, each.detail, each.remedy)
                for each in findings
            ],
        ),
    )
    if wrong:
        raise EnvironmentProblem(f"{len(wrong)} of {len(findings)} checks found something wrong.")


def backup(session: Session, *, file: Path) -> None:
    """Copy the catalog, also while the window is open.

    Raises:
        EnvironmentProblem: the file cannot be written.
    """
    target = absolute(file)
    with session.library() as library:
        library.backup(target)
    session.output.answer(
        {"path": str(target), "bytes": target.stat().st_size},
        [f"The catalog was copied to {printable(str(target))}."],
    )
