"""Learning a visual encoder from a library's own photos, in processes of its own."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import Any

from photoorg.catalog.catalog import Catalog
from photoorg.core.errors import Cancelled, EnvironmentProblem, PhotoorgError, UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.core.paths import CatalogPaths
from photoorg.core.progress import CancelToken, Progress
from photoorg.features.registry import learning_side, needs_learning
from photoorg.features.visual import Device
from photoorg.jobs.messages import (
    AskLearning,
    DecoderConfig,
    LearnerConfig,
    LearningState,
    LearnSlots,
    PrepareInput,
)
from photoorg.jobs.meter import Meter
from photoorg.jobs.pool import Lane, PoolLimits, WorkerPool
from photoorg.jobs.slots import SlotPool
from photoorg.jobs.worker import WorkerSpec
from photoorg.jobs.workers import (
    DECODER_MEMORY,
    create_decoder,
    create_learner,
    default_decoder_count,
    learned_folder,
    visual_files,
)

logger = logging.getLogger(__name__)

TASK = "learn-features"
SAMPLE = 2000
"""Photos to learn from at most."""

_ASK_EVERY_SECONDS = 0.2
_GLANCE_SECONDS = 0.2
_FOREVER = 30 * 24 * 3600.0
_AHEAD = 4  # requests a decoder has before it


def learn_if_needed(
    catalog: Catalog,
    features: str,
    *,
    token: CancelToken,
    on_progress: Callable[[Progress], None],
    seed: int = 0,
) -> bool:
    """Learn an encoder from a sample of the library's photos, where it is one that has to be.

    The photos must be known to the catalog (scanned); they need not have been read.

    Args:
        catalog: whose photos.
        features: name of the visual vector.
        token: to pause and stop.
        on_progress: told at most ten times a second.
        seed: of the sample and of learning.

    Returns:
        Whether something was learned.

    Raises:
        UsageProblem: there is no such visual vector, or there are too few photos.
        EnvironmentProblem: the disk is full, no worker starts, ...
        Cancelled: through the token; nothing is kept.
    """
    if not needs_learning(features, visual_files(catalog.paths)):
        return False
    photos = _known_photos(catalog)
    if not photos:
        raise UsageProblem(
            f"There are no photos to learn {features} from.", "Name a folder with photos."
        )
    # The same library gives the same sample; which photos it is does not matter.
    sample = random.Random(seed).sample(photos, min(SAMPLE, len(photos)))  # noqa: S311
    learn_features(catalog.paths, features, sample, seed, token=token, on_progress=on_progress)
    return True


def learn_features(
    paths: CatalogPaths,
    features: str,
    photos: Sequence[Path],
    seed: int = 0,
    *,
    token: CancelToken,
    on_progress: Callable[[Progress], None],
    device: Device = "auto",
) -> None:
    """Learn an encoder from photos and keep it in the catalog's folder, in place of an earlier one.

    Photos that cannot be read are left out.

    Arguments and errors are those of `learn_if_needed`.
    """
    slots = SlotPool(paths.scratch, count=len(photos), side=learning_side(features))
    decoders = WorkerPool(
        WorkerSpec(
            "decoder",
            create_decoder,
            DecoderConfig(paths.thumbnails, slots.layout),
            niceness=5,
            address_space=DECODER_MEMORY,
        ),
        default_decoder_count(),
    )
    learner = WorkerPool(
        WorkerSpec(
            "learner",
            create_learner,
            LearnerConfig(features, device, learned_folder(paths), slots.layout),
            niceness=10,
        ),
        1,
        PoolLimits(idle_seconds=_FOREVER),  # a person's pause is no reason to end it
    )
    meter = Meter(TASK, on_progress)
    try:
        filled = _read(photos, decoders, token, meter)
        decoders.close()
        _learn(learner, LearnSlots(tuple(filled), seed), token, meter)
    finally:
        decoders.close()
        learner.close()
        slots.close()
        meter.finish("Done", 0, 0)


def _known_photos(catalog: Catalog) -> list[Path]:
    """Return one path of each photo that is there, read or not."""
    read = [path for _, path in catalog.photos_without_vector(ModelKey(""))]
    return sorted({*read, *(pending.found.path for pending in catalog.pending_files())})


def _read(
    photos: Sequence[Path], decoders: WorkerPool, token: CancelToken, meter: Meter
) -> list[int]:
    """Decode photos into the slots with their numbers; return those that could be read."""
    pending: dict[Future[Any], int] = {}
    filled: list[int] = []
    numbers = iter(range(len(photos)))
    done = 0
    while done < len(photos):
        token.check()
        while len(pending) < _AHEAD * decoders.count and (slot := next(numbers, None)) is not None:
            pending[decoders.submit(PrepareInput(str(photos[slot]), slot))] = slot
        for future in wait(pending, _GLANCE_SECONDS, FIRST_COMPLETED).done:
            slot, error = pending.pop(future), future.exception()
            done += 1
            if error is None:
                filled.append(slot)
            elif isinstance(error, (Cancelled, EnvironmentProblem)) or not isinstance(
                error, PhotoorgError
            ):
                raise error
            else:
                logger.info("%s is not learned from: %s", photos[slot], error)
        meter.update("Reading photos to learn from", done, len(photos))
    return sorted(filled)


def _learn(learner: WorkerPool, request: LearnSlots, token: CancelToken, meter: Meter) -> None:
    state: LearningState = learner.submit(request).result()
    while not state.finished:
        token.check()
        time.sleep(_ASK_EVERY_SECONDS)
        state = learner.submit(AskLearning(), Lane.INTERACTIVE).result()
        meter.update("Learning what your photos look like", state.done, state.total)
