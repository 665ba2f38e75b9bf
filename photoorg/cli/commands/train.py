"""`photoorg train`: learn a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from photoorg.cli.commands.evaluate import describe
from photoorg.cli.commands.photos import absolute
from photoorg.cli.interrupt import cancelled_by_interrupt
from photoorg.core.errors import UsageProblem
from photoorg.core.paths import resource_path, user_cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from photoorg.cli.session import Session
    from photoorg.core.progress import CancelToken, Progress


def train_starter(session: Session, *, data: Path, output: Path | None) -> None:
    """Train the model that photoorg is shipped with, and say how good it is.

    Args:
        session: the run.
        data: folder with the captioned and the labelled photos.
        output: folder to write it to, or None for the resources, where photoorg looks for it.

    Raises:
        UsageProblem: there is no such folder, or it lacks what is needed.
        EnvironmentProblem: the output cannot be written.
        Cancelled: the person interrupted it.
    """
    if not data.is_dir():
        raise UsageProblem(f"There is no folder {data}.")
    folder = resource_path() if output is None else absolute(output)
    with cancelled_by_interrupt("No model was written; photos read so far are kept.") as token:
        figures = run_training(data, folder, session.output.progress, token)
    answer = {"path": str(folder), "metrics": figures}
    session.output.answer(answer, describe({"path": str(folder), **figures}))


def run_training(
    data: Path, output: Path, progress: Callable[[Progress], None], token: CancelToken
) -> dict[str, Any]:
    """Load what the training needs and run it; torch and OpenVINO come in only here."""
    from photoorg.features.registry import create_visual_classifier, create_visual_encoder
    from photoorg.features.text import create_text_encoder
    from photoorg.models.starter_training import train_starter as train

    return train(
        data,
        output,
        visual=create_visual_encoder(),
        text=create_text_encoder(),
        classifier=create_visual_classifier(),
        cache=user_cache_folder() / "evaluation",
        progress=progress,
        token=token,
    )
