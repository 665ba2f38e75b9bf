"""The one training loop: seeded, cancellable, resumable, with early stopping.

All that is drawn at random in an epoch follows from (seed, epoch), so a run that was stopped and
resumed ends with the same numbers as one that was not.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from photoorg.core.errors import Cancelled, ModelFileProblem, UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.core.modelling import EpochReport
from photoorg.features.storage import (
    MANIFEST_SUFFIX,
    TENSORS_SUFFIX,
    Manifest,
    ModelFile,
    load_model,
    save_model,
    take_tensor,
)
from photoorg.models.schedule import Run, Schedule

Parameters: TypeAlias = Mapping[str, torch.Tensor]
Loss: TypeAlias = Callable[[torch.Tensor, torch.Generator], torch.Tensor]
"""Mean loss of some rows (int64 [b]); the generator is for all that is drawn at random."""

_CHECKPOINT = "checkpoint"
_CHECKPOINT_SECONDS = 10.0


@dataclass(slots=True)
class _Progress:
    """What has to survive a stop, beside weights and optimiser.

    Attributes:
        slot: which of a checkpoint's two places is written next; the other one is the newest.
    """

    reports: list[EpochReport] = field(default_factory=list)
    best_loss: float = float("inf")
    best_epoch: int = 0
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    seconds: float = 0.0
    slot: int = 0


def optimise(
    parameters: Parameters,
    loss: Loss,
    rows: NDArray[np.int64],
    schedule: Schedule,
    run: Run,
    *,
    validate: Callable[[], Mapping[str, float]] | None = None,
    measure: Callable[[], Mapping[str, float]] | None = None,
    fingerprint: str = "",
) -> tuple[EpochReport, ...]:
    """Minimise a loss; the parameters are changed in place and end at their best epoch.

    Args:
        parameters: leaf tensors that require gradients.
        loss: mean loss of a batch of rows.
        rows: int64 [n], what is drawn from, in a new order each epoch.
        schedule: how.
        run: seed, cancelling, reports, checkpoint.
        validate: held-out figures after an epoch, without gradients; its "loss" decides which epoch
            was best. Without it the training loss does.
        measure: more figures on the held-out part, which decide nothing; asked for only where
            somebody hears of them.
        fingerprint: names data and configuration: a checkpoint of others is not taken up.

    Returns:
        A report for each epoch, counted on from those of the parts before.

    Raises:
        UsageProblem: there are no rows, or the loss is no number (the learning rate is too high).
        Cancelled: through the token; calling again with the same arguments goes on.
    """
    if not len(rows):
        raise UsageProblem("There are no photos to learn from.")
    optimiser = _create_optimiser(parameters, schedule)
    name = _fingerprint(parameters, rows, schedule, run.seed, fingerprint)
    progress = _resume(run, name, parameters, optimiser) or _Progress()
    measured = run.on_epoch is not None or run.checkpoint is not None
    begun, kept = time.monotonic() - progress.seconds, time.monotonic()
    for epoch in range(len(progress.reports) + 1, schedule.epochs + 1):
        if schedule.patience and epoch - 1 - progress.best_epoch >= schedule.patience:
            break
        before = _snapshot(parameters, optimiser) if run.checkpoint is not None else None
        try:
            mean = _one_epoch(parameters, loss, rows, schedule, run, optimiser, epoch)
            with torch.no_grad():
                figures = dict(validate()) if validate is not None else {}
        except Cancelled:
            if run.checkpoint is not None and before is not None:
                _keep(run.checkpoint, name, before, progress, run.past)
            raise
        watched = figures.get("loss", mean)
        if not (math.isfinite(mean) and math.isfinite(watched) and _all_finite(parameters)):
            if run.checkpoint is not None:
                discard_checkpoint(run.checkpoint)
            raise UsageProblem(
                "The training does not converge: its loss is no longer a number.",
                "Try a lower learning rate.",
            )
        if measure is not None and measured:
            with torch.no_grad():
                figures |= measure()
        progress.seconds = time.monotonic() - begun
        report = _report(epoch, schedule, run, mean, figures, progress.seconds)
        progress.reports.append(report)
        if watched < progress.best_loss - schedule.tolerance:
            progress.best_loss, progress.best_epoch = watched, epoch
            progress.best = {key: value.detach().clone() for key, value in parameters.items()}
        if run.on_epoch is not None:
            run.on_epoch(report)
        if run.checkpoint is not None and time.monotonic() - kept > _CHECKPOINT_SECONDS:
            _keep(run.checkpoint, name, _snapshot(parameters, optimiser), progress, run.past)
            kept = time.monotonic()
    if run.checkpoint is not None and run.lasting:
        _keep(run.checkpoint, name, _snapshot(parameters, optimiser), progress, run.past)
    elif run.checkpoint is not None:
        discard_checkpoint(run.checkpoint)
    with torch.no_grad():
        for key, value in progress.best.items():
            parameters[key].copy_(value)
    return tuple(progress.reports)


def _report(
    epoch: int,
    schedule: Schedule,
    run: Run,
    loss: float,
    figures: Mapping[str, float],
    seconds: float,
) -> EpochReport:
    """Count an epoch on from those of the parts before."""
    before = len(run.past)
    return EpochReport(
        before + epoch,
        before + schedule.epochs + run.following,
        loss,
        figures,
        seconds + (run.past[-1].seconds if run.past else 0.0),
        run.past[-1].part + 1 if run.past else 1,
    )


def trainable(tensors: Mapping[str, NDArray[np.float32]]) -> dict[str, torch.Tensor]:
    """Return leaf tensors that require gradients, with these values."""
    return {key: torch.tensor(value, requires_grad=True) for key, value in tensors.items()}


def as_arrays(parameters: Parameters) -> dict[str, NDArray[np.float32]]:
    """Return the values as float32 arrays of their own."""
    return {key: np.array(value.detach().cpu().numpy()) for key, value in parameters.items()}


def discard_checkpoint(stem: Path) -> None:
    """Delete a checkpoint, if there is one."""
    for slot in _slots(stem):
        _discard(slot)


def _discard(slot: Path) -> None:
    for suffix in (TENSORS_SUFFIX, MANIFEST_SUFFIX):
        slot.with_suffix(suffix).unlink(missing_ok=True)


def _one_epoch(
    parameters: Parameters,
    loss: Loss,
    rows: NDArray[np.int64],
    schedule: Schedule,
    run: Run,
    optimiser: torch.optim.Optimizer,
    epoch: int,
) -> float:
    """Go once over all rows; return the mean loss of a row, which need not be finite."""
    order = np.random.default_rng((run.seed, epoch)).permutation(rows)
    generator = torch.Generator().manual_seed(hash_seed(run.seed, epoch))
    if schedule.decay_every:
        for group in optimiser.param_groups:
            steps = (epoch - 1) // schedule.decay_every
            group["lr"] = schedule.learning_rate * schedule.decay**steps
    total = 0.0
    for start in range(0, len(order), schedule.batch):
        run.check()
        chosen = torch.from_numpy(order[start : start + schedule.batch])
        optimiser.zero_grad(set_to_none=True)
        value = loss(chosen, generator)
        value.backward()  # type: ignore[no-untyped-call]  # torch does not type it
        optimiser.step()
        total += float(value.detach()) * len(chosen)
        if not math.isfinite(total):
            break  # nothing comes back from here
    return total / len(order)


def _all_finite(parameters: Parameters) -> bool:
    return all(bool(torch.isfinite(value).all()) for value in parameters.values())


def hash_seed(*parts: int) -> int:
    """Return a 63-bit seed that follows from some numbers."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _create_optimiser(parameters: Parameters, schedule: Schedule) -> torch.optim.Optimizer:
    leaves = list(parameters.values())
    if schedule.optimiser == "sgd":
        return torch.optim.SGD(leaves, lr=schedule.learning_rate, momentum=schedule.momentum)
    return torch.optim.Adam(leaves, lr=schedule.learning_rate, fused=True)


# -- checkpoints ----------------------------------------------------------------------------------
_Snapshot: TypeAlias = dict[str, NDArray[np.float32]]


def _slots(stem: Path) -> tuple[Path, Path]:
    """Return the stems of the two places that checkpoints are written to by turns.

    A checkpoint is two files, so a process that is killed between them leaves that one unusable.
    """
    return stem, stem.with_name(f"{stem.name}~")


def _snapshot(parameters: Parameters, optimiser: torch.optim.Optimizer) -> _Snapshot:
    """Copy all that a step depends on, as arrays by name."""
    arrays = {f"weight.{key}": value for key, value in as_arrays(parameters).items()}
    for key, leaf in parameters.items():
        for name, value in optimiser.state.get(leaf, {}).items():
            if isinstance(value, torch.Tensor):
                arrays[f"optimiser.{key}.{name}"] = np.array(value.detach().cpu().numpy())
    return arrays


def _keep(
    stem: Path,
    fingerprint: str,
    snapshot: _Snapshot,
    progress: _Progress,
    past: tuple[EpochReport, ...],
) -> None:
    """Write a checkpoint, with the reports of the parts before.

    Raises:
        EnvironmentProblem: the folder cannot be written.
    """
    best = {f"best.{key}": np.array(value.numpy()) for key, value in progress.best.items()}
    config = {
        "fingerprint": fingerprint,
        "best_loss": progress.best_loss if progress.best_epoch else None,
        "best_epoch": progress.best_epoch,
        "seconds": progress.seconds,
        "reports": [asdict(report) for report in (*past, *progress.reports)],
    }
    manifest = Manifest(_CHECKPOINT, ModelKey(""), ModelKey(""), config)
    save_model(_slots(stem)[progress.slot], manifest, {**snapshot, **best})
    progress.slot = 1 - progress.slot


def _resume(
    run: Run,
    fingerprint: str,
    parameters: Parameters,
    optimiser: torch.optim.Optimizer,
) -> _Progress | None:
    """Take up the newest checkpoint that is usable and of the same training, if there is one."""
    if run.checkpoint is None:
        return None
    slots = [_read_slot(slot, fingerprint, parameters, run) for slot in _slots(run.checkpoint)]
    found = [(number, kept) for number, kept in enumerate(slots) if kept is not None]
    if not found:
        return None
    number, kept = max(found, key=lambda pair: len(pair[1].progress.reports))
    with torch.no_grad():
        for key, leaf in parameters.items():
            leaf.copy_(kept.weights[key])
            if kept.states[key]:
                optimiser.state[leaf] = kept.states[key]
    return replace(kept.progress, slot=1 - number)


@dataclass(frozen=True)
class _Kept:
    """A checkpoint in memory: values, and what the optimiser knows, by parameter."""

    progress: _Progress
    weights: Mapping[str, torch.Tensor]
    states: Mapping[str, dict[str, torch.Tensor]]


def _read_slot(slot: Path, fingerprint: str, parameters: Parameters, run: Run) -> _Kept | None:
    """Return what lies in a slot; None where that is nothing, unusable or of another training."""
    if not slot.with_suffix(MANIFEST_SUFFIX).exists():
        return None
    try:
        file = load_model(slot, kind=_CHECKPOINT)
        if file.manifest.config.get("fingerprint") != fingerprint:
            return None
        return _Kept(
            _parse_progress(file, parameters, len(run.past)),
            _take(file, "weight", parameters),
            {key: _optimiser_state(file, key, leaf) for key, leaf in parameters.items()},
        )
    except (ModelFileProblem, KeyError, TypeError, ValueError):
        # Half-written or of another version: the other one holds, or the training begins anew.
        _discard(slot)
        return None


def _parse_progress(file: ModelFile, parameters: Parameters, before: int) -> _Progress:
    """Read back what `_keep` wrote, without so many reports of the parts before.

    Raises:
        ModelFileProblem, KeyError, TypeError, ValueError: it is not what `_keep` writes.
    """
    config = file.manifest.config
    best_epoch = int(config["best_epoch"])
    return _Progress(
        [EpochReport(**report) for report in config["reports"][before:]],
        float(config["best_loss"]) if best_epoch else float("inf"),
        best_epoch,
        _take(file, "best", parameters) if best_epoch else {},
        float(config["seconds"]),
    )


def _take(file: ModelFile, part: str, parameters: Parameters) -> dict[str, torch.Tensor]:
    """Return a tensor of the file for each parameter.

    Raises:
        ModelFileProblem: one is missing or of another shape.
    """
    return {
        key: torch.from_numpy(np.array(take_tensor(file, f"{part}.{key}", tuple(leaf.shape))))
        for key, leaf in parameters.items()
    }


def _optimiser_state(file: ModelFile, key: str, leaf: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return what an optimiser knows of one parameter; nothing before its first step.

    Raises:
        ValueError: something is neither of the parameter's shape nor a single number.
    """
    start = f"optimiser.{key}."
    return {
        # Files hold no tensors without a dimension, so Adam's count of steps comes back as a list.
        name.removeprefix(start): torch.from_numpy(np.array(array)).reshape(
            () if name == f"{start}step" else leaf.shape
        )
        for name, array in file.tensors.items()
        if name.startswith(start) and "." not in name.removeprefix(start)
    }


def _fingerprint(
    parameters: Parameters, rows: NDArray[np.int64], schedule: Schedule, seed: int, extra: str
) -> str:
    """Name a training by all that it depends on; the number of epochs may change."""
    shapes = {key: list(value.shape) for key, value in parameters.items()}
    settings = {**asdict(schedule), "epochs": 0}
    text = json.dumps([shapes, settings, seed, extra], sort_keys=True)
    digest = hashlib.sha256(text.encode())
    digest.update(np.ascontiguousarray(rows).tobytes())
    return digest.hexdigest()
