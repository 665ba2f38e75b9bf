"""`photoorg models`: the models trained here, and the kinds that can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from photoorg.cli.commands.photos import absolute
from photoorg.cli.interrupt import cancelled_by_interrupt
from photoorg.cli.output import counted, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from photoorg.cli.session import Session
    from photoorg.core.modelling import ModelInfo, ModelKindInfo


def list_models(session: Session) -> None:
    """Tell the trained models, the starter first, and then the kinds that can be trained."""
    with session.library() as library:
        models, kinds = library.models(), library.model_kinds()
    session.output.answer(
        [*map(as_document, models), *map(kind_document, kinds)], _describe(models, kinds)
    )


def use_model(session: Session, *, key: str) -> None:
    """Have search and suggestions use a model from now on, and look at what it has not seen yet.

    Raises:
        ModelFileProblem: it is damaged or gone; the model in use stays.
        Cancelled: the person interrupted it; the model is in use.
    """
    waits = "The model is in use; the same command has it look at the other photos."
    with session.library() as library, cancelled_by_interrupt(waits) as token:
        library.use_model(key)
        library.look_for_model(on_progress=session.output.progress, token=token)
        models = library.models()
    active = next(info for info in models if info.active)
    session.output.answer(
        as_document(active), [f"Search and suggestions use {active.title} ({active.model_id})."]
    )


def export_model(session: Session, *, key: str, file: Path) -> None:
    """Write a model as one file.

    Raises:
        UsageProblem: there is no such model, or no place for the file.
        ModelFileProblem: the model is damaged.
        EnvironmentProblem: the file cannot be written.
    """
    target = absolute(file)
    with session.library() as library:
        library.export_model(key, target)
    size = target.stat().st_size
    session.output.answer(
        {"key": key, "path": str(target), "bytes": size},
        [f"{key} is in {target} ({size:,} bytes)."],
    )


def import_model(session: Session, *, file: Path) -> None:
    """Take in a model that was exported.

    Raises:
        ModelFileProblem: the file is none, damaged, forged or made for features unknown here.
    """
    with session.library(create=True) as library:
        info = library.import_model(absolute(file))
    session.output.answer(as_document(info), [f"{info.title} is here as {info.model_id}."])


def delete_model(session: Session, *, key: str) -> None:
    """Delete a model; where it was in use, the starter takes over.

    Raises:
        UsageProblem: it is the starter, or there is no such model.
    """
    with session.library() as library:
        library.delete_model(key)
    session.output.answer({"deleted": key}, [f"{key} is deleted."])


def as_document(info: ModelInfo) -> dict[str, object]:
    """Return a trained model as the JSON that other programs build on."""
    return {
        "key": info.model_id,
        "kind": info.kind,
        "title": info.title,
        "text": info.text,
        "features": info.features,
        "trained_on": info.source,
        "photos": info.photos,
        "tags": info.tags,
        "created": info.created,
        "bytes": info.size,
        "metrics": dict(info.metrics),
        "held_out": info.held_out,
        "photos_per_second": info.photos_per_second,
        "active": info.active,
        "problem": info.problem,
        "trainable": False,
    }


def kind_document(kind: ModelKindInfo) -> dict[str, object]:
    """Return a kind that can be trained, with the keys of `as_document` and no model's key."""
    return {
        "key": None,
        "kind": kind.key,
        "title": kind.title,
        "text": kind.default_text,
        "features": None,
        "trained_on": None,
        "metrics": {},
        "active": False,
        "problem": "",
        "trainable": True,
        "summary": kind.summary,
        "source": kind.source,
        "reads_photos": kind.reads_photos,
        "finetunes": kind.finetunes,
    }


def describe_figures(info: ModelInfo) -> str:
    """Return held-out figures in one line, and of how many photos they are where that is known."""
    figures = ", ".join(f"{name} {value:.1f}" for name, value in info.metrics.items())
    if not figures:
        return "none, too few photos and tags to measure it on others"
    return f"{figures} (of {counted(info.held_out, 'photo')})" if info.held_out else figures


def _describe(models: Sequence[ModelInfo], kinds: Sequence[ModelKindInfo]) -> Iterator[str]:
    yield from table(
        ("in use", "model", "text", "features", "trained on", "photos", "tags", "held-out figures"),
        [
            (
                "yes" if info.active else "",
                info.model_id,
                info.text,
                info.features,
                info.source,
                f"{info.photos:,}",
                f"{info.tags:,}",
                info.problem or describe_figures(info),
            )
            for info in models
        ],
    )
    yield ""
    yield from table(
        ("can be trained", "what it does", "text vectors"),
        [(kind.key, kind.summary, kind.default_text) for kind in kinds],
    )
