"""`photoorg train`: learn a model."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from photoorg.cli.commands.evaluate import describe
from photoorg.cli.commands.models import as_document, describe_figures
from photoorg.cli.commands.photos import absolute
from photoorg.cli.interrupt import cancelled_by_interrupt
from photoorg.cli.output import counted, duration
from photoorg.core.errors import Cancelled, EnvironmentProblem, UsageProblem
from photoorg.core.modelling import DEFAULT_ID, STARTER_ID, TrainingRequest, TrainingStatus
from photoorg.core.paths import resource_path, user_cache_folder
from photoorg.core.progress import Progress
from photoorg.core.quality import TagTrust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from photoorg.cli.session import Session
    from photoorg.core.modelling import EpochReport, ModelInfo, TrainingState
    from photoorg.core.progress import CancelToken


def train(session: Session, *, request: TrainingRequest, output: Path | None) -> None:
    """Train a model on the library's tags or on a folder, and say how good it is.

    Args:
        session: the run.
        request: what to train.
        output: folder to write the starter model to; other models are kept with the catalog.

    Raises:
        UsageProblem: there is no such kind, vector or folder, or the photos do not allow it.
        EnvironmentProblem: the disk is full, a network's weights are missing, ...
        Cancelled: the person interrupted it.
    """
    if request.kind == STARTER_ID:
        if request.data is None:
            raise UsageProblem(
                "The starter model is not trained on your own photos.", "Add --data."
            )
        train_starter(session, data=request.data, output=output, finetune=request.finetune)
        return
    if request.kind == DEFAULT_ID:
        if request.data is not None or output is not None:
            raise UsageProblem(
                "The default model learns from the library's own tags, and is kept with it.",
                "Leave “--data” and “--output” away.",
            )
        train_default(session)
        return
    if output is not None:
        raise UsageProblem(
            "Only the starter model is written to a folder of its own.",
            "Leave “--output” away; “photoorg models export” writes a model to a file.",
        )
    told = _Told(session)
    # A folder of photos needs no catalog yet; the model is kept in a new one.
    with (
        session.library(create=request.data is not None) as library,
        cancelled_by_interrupt() as token,
    ):
        info = library.train_now(request, on_state=told.hear, token=token)
    folder = session.paths.models / info.model_id
    session.output.answer(
        {**as_document(info), "path": str(folder), "epochs": told.passes},
        _describe_training(info, folder),
    )
    if token.cancelled:
        raise Cancelled(
            "Interrupted while the adapted network looked at photos.",
            "Its model is finished; “photoorg models use” has it look at the others.",
        )


def _describe_training(info: ModelInfo, folder: Path) -> Iterator[str]:
    photos, tags = counted(info.photos, "photo"), counted(info.tags, "tag")
    yield f"{info.title}, trained on {photos} with {tags}"
    if info.photos_per_second:
        yield f"learned from {info.photos_per_second:.1f} photos/s"
    yield f"held-out figures: {describe_figures(info)}"
    yield f"kept in {folder}"
    yield f"To use it: photoorg models use {info.model_id}"


class _Told:
    """Passes a training's states on to the person, each pass once."""

    def __init__(self, session: Session) -> None:
        self._output = session.output
        self.passes = 0

    def hear(self, state: TrainingState) -> None:
        if state.earlier and not self.passes:
            self.passes = state.earlier
            self._output.note(f"going on after pass {state.reports[state.earlier - 1].epoch}")
        fresh = state.reports[self.passes :]
        self.passes = len(state.reports)
        for report in fresh:
            self._output.note(pass_line(report))
        ended = state.status is not TrainingStatus.RUNNING
        self._output.progress(
            Progress("train", state.stage, state.done, state.total, finished=ended)
        )


def pass_line(report: EpochReport) -> str:
    """Return one pass over the photos in words."""
    held_out = "".join(f", held-out {name} {value:.4g}" for name, value in report.metrics.items())
    return (
        f"pass {report.epoch} of {report.epochs}: loss {report.loss:.4g}{held_out}"
        f" ({duration(report.seconds)})"
    )


def train_default(session: Session) -> None:
    """Learn from the newest yes and no, and say how good the suggestions are by now.

    Raises:
        UsageProblem: no photo that was looked at carries a tag.
        EnvironmentProblem: the disk is full, ...
    """
    with session.library() as library:
        library.quality.learn_now()
        report = library.quality.report()
    if not report.model:
        raise UsageProblem(
            "There is nothing to learn from: no photo that was looked at carries a tag.",
            "Give some with “photoorg tag add”, or in the window.",
        )
    suggested = sum(tag.trust is TagTrust.TRUSTED for tag in report.tags)
    figures: dict[str, object] = {
        "kind": DEFAULT_ID,
        "path": str(session.paths.personal),
        "tags": len(report.tags),
        "suggested": suggested,
        "held_out": report.held_out,
        "target_precision": report.target,
        "learned_at": report.learned_at,
    }
    lines = [
        f"Learned {counted(len(report.tags), 'tag')}, judged on {report.held_out:,} photos",
        f"suggested are {suggested}, so that {report.target:.0%} of suggestions are right",
        "“photoorg tag quality” tells them one by one",
    ]
    session.output.answer(figures, lines)


def train_starter(session: Session, *, data: Path, output: Path | None, finetune: bool) -> None:
    """Train the model that photoorg is shipped with, and say how good it is.

    Args:
        session: the run.
        data: folder with the captioned and the labelled photos.
        output: folder to write it to, or None for the resources, where photoorg looks for it.
        finetune: train the ends of the networks under it first, which takes an hour.

    Raises:
        UsageProblem: there is no such folder, or it lacks what is needed.
        EnvironmentProblem: the output cannot be written.
        Cancelled: the person interrupted it.
    """
    if not data.is_dir():
        raise UsageProblem(f"There is no folder {data}.")
    folder = resource_path() if output is None else absolute(output)
    with cancelled_by_interrupt("No model was written; photos read so far are kept.") as token:
        figures = run_training(data, folder, session.output.progress, token, finetune=finetune)
    answer = {"path": str(folder), "metrics": figures}
    session.output.answer(answer, describe({"path": str(folder), **figures}, ()))


def run_training(
    data: Path,
    output: Path,
    progress: Callable[[Progress], None],
    token: CancelToken,
    *,
    finetune: bool,
) -> dict[str, Any]:
    """Train the starter model, and the encoders before where wanted; return its figures.

    What was there stays until all is trained, since a model takes the encoders of its own training
    alone.
    """
    with _writing(output):
        output.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(dir=output, prefix=".training-")
    with scratch as folder:
        figures = _train_all(data, Path(folder), progress, token, finetune=finetune)
        with _writing(output):
            for path in sorted(Path(folder).iterdir()):
                path.replace(output / path.name)
    return figures


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EnvironmentProblem(
            f"{folder} cannot be written ({error.strerror}).", "Name another folder."
        ) from error


def _train_all(
    data: Path,
    output: Path,
    progress: Callable[[Progress], None],
    token: CancelToken,
    *,
    finetune: bool,
) -> dict[str, Any]:
    """Load what the training needs and run it; torch and OpenVINO come in only here."""
    from photoorg.evaluation.report import Setting
    from photoorg.evaluation.search import fit_correction
    from photoorg.features import encoder_changes
    from photoorg.features.efficientnet_devices import load_variant
    from photoorg.features.minilm import MiniLM
    from photoorg.features.registry import (
        PACKAGED_VISUAL,
        create_visual_classifier,
        create_visual_encoder,
        default_cache,
    )
    from photoorg.models.starter import STARTER_FILE, StarterModel
    from photoorg.models.starter_encoders import finetune_encoders
    from photoorg.models.starter_training import add_correction
    from photoorg.models.starter_training import train_starter as train

    cache, classifier = user_cache_folder() / "evaluation", create_visual_classifier()
    stem = output / encoder_changes.KIND
    if finetune:
        finetune_encoders(
            data,
            output,
            visual=create_visual_encoder(PACKAGED_VISUAL),
            text=MiniLM.load(),
            classifier=classifier,
            cache=cache,
            progress=progress,
            token=token,
        )
    else:
        stem = encoder_changes.encoders_stem()
    variant = encoder_changes.visual_variant(stem)
    visual = load_variant(variant, "auto", default_cache(), None)
    text = MiniLM.load(
        key=encoder_changes.text_key(stem), changes=encoder_changes.read_text_changes(stem)
    )
    figures = train(
        data,
        output,
        visual=visual,
        text=text,
        classifier=classifier,
        cache=cache,
        progress=progress,
        token=token,
    )
    setting = Setting(data, 1, cache, progress, token, encoder=lambda _: visual)
    correction = fit_correction(setting, StarterModel.load(output / STARTER_FILE), text)
    if correction is not None:
        add_correction(output, correction)
    return figures
