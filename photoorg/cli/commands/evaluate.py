"""`photoorg evaluate`: measure search and suggestions on photos with known answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from photoorg.cli.interrupt import cancelled_by_interrupt
from photoorg.cli.output import printable, table
from photoorg.core.errors import EnvironmentProblem, UsageProblem
from photoorg.core.paths import user_cache_folder
from photoorg.evaluation.protocols import ALL, PROTOCOLS, Evaluations, find_protocol, run_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from photoorg.cli.session import Session
    from photoorg.core.progress import CancelToken, Progress
    from photoorg.evaluation.report import JsonValue, Table

    Figures = Mapping[str, JsonValue]

CHOICES = {name: protocol.description for name, protocol in PROTOCOLS.items()} | {
    ALL: "every protocol, one after the other"
}

_ROWS = ("rows", "tables", "protocols")
"""Keys of the document that a person is shown as tables of figures."""


class Answer(Protocol):
    """What a protocol gives."""

    @property
    def tables(self) -> Sequence[Table]:
        """The figures."""

    def to_json(self) -> dict[str, JsonValue]:
        """Return the document."""


def evaluate(
    session: Session,
    *,
    protocol: str,
    data: Path,
    seeds: int = 3,
    plots: Path | None = None,
    tables: Path | None = None,
) -> None:
    """Run a protocol with the models and features that photoorg has.

    Args:
        session: the run.
        protocol: one of `CHOICES`.
        data: folder of photos with a table of captions or labels.
        seeds: how often what is drawn at random is repeated.
        plots: folder for pictures.
        tables: file for the tables as Markdown.

    Raises:
        UsageProblem: there is no such folder, or it lacks what the protocol reads.
        EnvironmentProblem: some of all protocols failed; the figures of the others are given.
        Cancelled: the person interrupted it.
    """
    if not data.is_dir():
        raise UsageProblem(f"There is no folder {data}.")
    with cancelled_by_interrupt("Nothing was measured.") as token:
        answer = run_protocol(protocol, data, seeds, plots, session.output.progress, token)
    if tables is not None:
        _write_tables(tables, answer)
    document = answer.to_json()
    session.output.answer(document, describe(document, answer.tables))
    if isinstance(answer, Evaluations) and answer.failures:
        failed = "; ".join(f"{each.protocol}: {each.reason}" for each in answer.failures)
        raise EnvironmentProblem(f"Not all protocols could be run. {failed}")


def run_protocol(
    protocol: str,
    data: Path,
    seeds: int,
    plots: Path | None,
    progress: Callable[[Progress], None],
    token: CancelToken,
) -> Answer:
    """Run one protocol or all; what they measure is loaded only here."""
    from photoorg.evaluation.report import Setting

    cache = user_cache_folder() / "evaluation"
    setting = Setting(data, seeds, cache, progress, token, plots)
    return run_all(setting) if protocol == ALL else find_protocol(protocol)(setting)


def describe(document: Figures, tables: Sequence[Table]) -> Iterator[str]:
    """Yield figures for a person: single ones, then groups of them, then each table."""
    groups = {name: group for name, group in document.items() if isinstance(group, dict | list)}
    single = {name: value for name, value in document.items() if name not in groups}
    yield from _table(_rows(single))
    for name, group in groups.items():
        if group and name not in _ROWS:
            yield ""
            yield f"{printable(name)}:"
            yield from _table(_rows(group))
    for each in tables:
        yield ""
        yield printable(f"{each.title} ({each.follows}):" if each.follows else f"{each.title}:")
        yield from _table([_without_table(row) for row in each.to_json()])
        if each.note:
            yield printable(each.note)


def _without_table(row: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: value for name, value in row.items() if name != "table"}


def _write_tables(path: Path, answer: Answer) -> None:
    """Write the tables as Markdown.

    Raises:
        EnvironmentProblem: the file cannot be written.
    """
    from photoorg.evaluation.tables import markdown

    try:
        path.write_text(markdown(answer.tables), encoding="utf-8")
    except OSError as error:
        raise EnvironmentProblem(f"{path} cannot be written ({error.strerror}).") from error


def _rows(group: JsonValue) -> list[dict[str, JsonValue]]:
    """Return a group of figures as rows of a table, by column."""
    if isinstance(group, dict):
        return [
            {"": name, **(value if isinstance(value, dict) else {"value": value})}
            for name, value in group.items()
        ]
    values = group if isinstance(group, list) else [group]
    return [value if isinstance(value, dict) else {"": value} for value in values]


def _table(rows: list[dict[str, JsonValue]]) -> Iterator[str]:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return table(columns, [[_cell(row.get(column)) for column in columns] for row in rows])


def _cell(value: JsonValue) -> str:
    return "-" if value is None else str(value)
