"""Tables of figures as Markdown, for a README."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from photoorg.evaluation.report import Row, Table

_DIGITS = 3


def markdown(tables: Iterable[Table]) -> str:
    """Return tables as Markdown, a heading above each and its notes below."""
    return "\n\n".join("\n".join(_lines(table)) for table in tables) + "\n"


def _lines(table: Table) -> Iterator[str]:
    names = list(dict.fromkeys(name for row in table.rows for name in row.figures))
    printed = [name for name in names if any(name in row.paper for row in table.rows)]
    notes = any(row.note for row in table.rows)
    yield f"### {table.title}"
    yield ""
    if table.follows:
        yield f"After paper {table.follows}."
        yield ""
    columns = ["", *names, *(f"{name}, paper" for name in printed), *(["note"] if notes else [])]
    yield _row(columns)
    yield _row(["---", *("---:" for _ in names), *("---:" for _ in printed)] + ["---"] * notes)
    for row in table.rows:
        paper = [_number(row.paper.get(name)) for name in printed]
        figures = [_figure(row, name) for name in names]
        yield _row([row.name, *figures, *paper, *([row.note] if notes else [])])
    if table.note:
        yield ""
        yield table.note


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _figure(row: Row, name: str) -> str:
    text = _number(row.figures.get(name))
    deviation = row.std.get(name)
    return text if deviation is None else f"{text} ± {_number(deviation)}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.{_DIGITS}f}"
