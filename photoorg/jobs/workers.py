"""The worker processes of one open library: decoders, and an encoder for the device."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import DamagedMedia, WorkerUnavailable
from photoorg.core.paths import CatalogPaths
from photoorg.features.registry import default_cache, visual_spec
from photoorg.features.visual import Device, VisualFiles, VisualSpec
from photoorg.jobs.messages import (
    DecoderConfig,
    EncodeMap,
    EncoderConfig,
    EncodeSlots,
    FileReply,
    LearnerConfig,
    PrepareInput,
)
from photoorg.jobs.pool import Lane, PoolLimits, RequestKilledWorker, WorkerPool
from photoorg.jobs.slots import SlotPool
from photoorg.jobs.worker import Handler, WorkerSpec

LOOK_AHEAD = 1024
"""Photos that may be decoded and not yet encoded: 208 MB of scratch file at 260 x 260 pixels."""

RESERVED_SLOTS = 4
"""Slots that bulk work leaves free for a person's own requests."""

DECODER_MEMORY = 6 << 30
"""Address space of a decoder, bytes: the largest photo allowed takes a fifth of it."""


@dataclass(frozen=True, slots=True)
class SeenPhoto:
    """What looking at a single photo gave.

    Attributes:
        vector: float32 [dimension].
        perceptual_hash: 64-bit difference hash.
    """

    vector: NDArray[np.float32]
    perceptual_hash: int | None


@dataclass(frozen=True, slots=True)
class CloseLook:
    """What an encoder sees, and where.

    Attributes:
        vector: float32 [dimension].
        map: float32 [h, w, dimension], over the photo squashed to a square; its mean is the vector.
    """

    vector: NDArray[np.float32]
    map: NDArray[np.float32]


class Workers:
    """Decoders, an encoder, and the slots through which they pass pixels on.

    The decoders step back behind the window, and the encoder behind the decoders: thumbnails come
    first, and vectors take what is left of the processor.
    """

    def __init__(
        self,
        paths: CatalogPaths,
        features: str,
        *,
        weights: Path | None = None,
        decoders: int | None = None,
        device: Device = "auto",
        decoder_limits: PoolLimits | None = None,
        encoder_limits: PoolLimits | None = None,
    ) -> None:
        """Prepare the processes; none is started before there is work, or `start` is called.

        Args:
            paths: the catalog's folders.
            features: name of the visual vector.
            weights: the network's weights, where the person named a file.
            decoders: how many; None takes one a core.
            device: where to compute vectors.
            decoder_limits: how patient to be with decoders.
            encoder_limits: how patient to be with the encoder.

        Raises:
            UsageProblem: there is no such visual vector.
            WeightsMissing, NotLearnedYet: see `visual_spec`.
            ModelFileProblem: a file of the encoder is damaged.
            EnvironmentProblem: the scratch file cannot be written.
        """
        files = visual_files(paths, weights)
        self.visual: VisualSpec = visual_spec(features, files)
        self.slots = SlotPool(paths.scratch, count=LOOK_AHEAD, side=self.visual.input_size)
        layout = self.slots.layout
        self.decoders = WorkerPool(
            WorkerSpec(
                "decoder",
                create_decoder,
                DecoderConfig(paths.thumbnails, layout),
                niceness=5,
                address_space=DECODER_MEMORY,
            ),
            decoders or default_decoder_count(),
            decoder_limits,
        )
        self.encoder = WorkerPool(
            WorkerSpec(
                "encoder",
                create_encoder,
                EncoderConfig(features, device, default_cache(), files, layout),
                niceness=10,
            ),
            1,
            encoder_limits,
        )

    def start(self) -> None:
        """Start all processes now, because there will be work for them."""
        self.decoders.start()
        self.encoder.start()

    def look_at(self, source: Path | bytes) -> SeenPhoto:
        """Look at a photo that need not be in the library; overtakes bulk work.

        Raises:
            MediaProblem: it cannot be read.
            WorkerUnavailable: no worker can look at it now.
        """
        with self._prepared(source) as (slot, reply):
            vectors: NDArray[np.float32] = self._ask(EncodeSlots((slot,)))
        photo = reply.photo
        return SeenPhoto(vectors[0], None if photo is None else photo.perceptual_hash)

    def look_closely(self, source: Path | bytes) -> CloseLook:
        """Look where in a photo the encoder sees what it sees; overtakes bulk work.

        Raises:
            UsageProblem: these visual vectors do not tell.
            MediaProblem: the photo cannot be read.
            WorkerUnavailable: no worker can look at it now.
        """
        with self._prepared(source) as (slot, _):
            vector, activations = self._ask(EncodeMap(slot))
        return CloseLook(vector, activations)

    @contextmanager
    def _prepared(self, source: Path | bytes) -> Iterator[tuple[int, FileReply]]:
        """Have a photo's pixels in a slot for the time of a `with` block."""
        slot = self.slots.take()
        if slot is None:
            raise WorkerUnavailable("Too many photos are being looked at.", "Try again shortly.")
        try:
            wanted = str(source) if isinstance(source, Path) else source
            reply: FileReply = self.decoders.submit(
                PrepareInput(wanted, slot), Lane.INTERACTIVE
            ).result()
            yield slot, reply
        except RequestKilledWorker as error:
            raise DamagedMedia("This photo ends the program that reads photos.") from error
        finally:
            self.slots.give_back(slot)

    def _ask(self, request: EncodeSlots | EncodeMap) -> Any:
        return self.encoder.submit(request, Lane.INTERACTIVE).result()

    def close(self) -> None:
        """End the processes and delete the scratch file."""
        self.decoders.close()
        self.encoder.close()
        self.slots.close()


def visual_files(paths: CatalogPaths, weights: Path | None = None) -> VisualFiles:
    """Return where the visual encoders of a catalog look for their files."""
    return VisualFiles(learned_folder(paths), weights)


def learned_folder(paths: CatalogPaths) -> Path:
    """Return where the visual encoders that were learned from a catalog's photos are kept."""
    return paths.models / "features"


def create_decoder(config: DecoderConfig) -> Handler:
    """Make a decoder; runs in the worker process, the only one that loads image libraries."""
    from photoorg.jobs.decoder import Decoder

    return Decoder(config)


def create_encoder(config: EncoderConfig) -> Handler:
    """Make an encoder; runs in the worker process, the only one that loads networks."""
    from photoorg.jobs.encoder import Encoder

    return Encoder(config)


def create_learner(config: LearnerConfig) -> Handler:
    """Make a learner of visual vectors; runs in the worker process."""
    from photoorg.jobs.learner import Learner

    return Learner(config)


def default_decoder_count() -> int:
    """Return how many decoders keep this machine busy without crowding it."""
    return max(1, min(8, os.cpu_count() or 1))
