"""`photoorg evaluate`: measure search and suggestions on photos with known answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from photoorg.cli.interrupt import cancelled_by_interrupt
from photoorg.cli.output import printable, table
from photoorg.core.errors import UsageProblem
from photoorg.core.paths import user_cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from photoorg.cli.session import Session
    from photoorg.core.progress import CancelToken, Progress
    from photoorg.evaluation.report import JsonValue

    Figures = Mapping[str, JsonValue]

PROTOCOLS = {
    "text-retrieval": "do captions find their photos, and photos their captions",
    "suggest": "are the right tags suggested without any example",
    "similar": "do look-alikes show the same things",
}


def evaluate(session: Session, *, protocol: str, data: Path) -> None:
    """Run a protocol with the model that photoorg is shipped with.

    Args:
        session: the run.
        protocol: one of `PROTOCOLS`.
        data: folder of photos with a table of captions or labels.

    Raises:
        UsageProblem: there is no such folder, or it lacks the table that the protocol reads.
        Cancelled: the person interrupted it.
    """
    if not data.is_dir():
        raise UsageProblem(f"There is no folder {data}.")
    with cancelled_by_interrupt("Nothing was measured.") as token:
        figures = run_protocol(protocol, data, session.output.progress, token)
    session.output.answer(figures, describe(figures))


def run_protocol(
    protocol: str, data: Path, progress: Callable[[Progress], None], token: CancelToken
) -> Figures:
    """Load what the protocol measures and run it; torch and OpenVINO come in only here."""
    from photoorg.evaluation.similar import evaluate_similar
    from photoorg.evaluation.suggest import evaluate_suggest
    from photoorg.evaluation.text_retrieval import evaluate_text_retrieval
    from photoorg.features.registry import create_visual_encoder
    from photoorg.features.text import create_text_encoder
    from photoorg.models.starter import StarterModel

    model, visual = StarterModel.load(), create_visual_encoder()
    cache = user_cache_folder() / "evaluation"
    if protocol == "similar":
        similar = evaluate_similar(data, model, visual, cache=cache, progress=progress, token=token)
        return similar.to_json()
    text = create_text_encoder()
    if protocol == "suggest":
        suggest = evaluate_suggest(
            data, model, visual, text, cache=cache, progress=progress, token=token
        )
        return suggest.to_json()
    retrieval = evaluate_text_retrieval(
        data, model, visual, text, cache=cache, progress=progress, token=token
    )
    return retrieval.to_json()


def describe(figures: Figures) -> Iterator[str]:
    """Yield figures as tables: single ones together, then a table for each group of them."""
    groups = {name: group for name, group in figures.items() if isinstance(group, dict | list)}
    single = {name: value for name, value in figures.items() if name not in groups}
    yield from _table(_rows(single))
    for name, group in groups.items():
        if group:
            yield ""
            yield f"{printable(name)}:"
            yield from _table(_rows(group))


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
