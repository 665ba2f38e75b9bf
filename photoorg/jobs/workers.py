"""The worker processes of one open library: decoders, and an encoder for the device."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import DamagedMedia, WorkerUnavailable
from photoorg.core.paths import CatalogPaths
from photoorg.features.registry import Device, default_cache, visual_spec
from photoorg.features.visual import VisualSpec
from photoorg.jobs.messages import (
    DecoderConfig,
    EncoderConfig,
    EncodeSlots,
    FileReply,
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
        decoders: int | None = None,
        device: Device = "auto",
        decoder_limits: PoolLimits | None = None,
        encoder_limits: PoolLimits | None = None,
    ) -> None:
        self.visual: VisualSpec = visual_spec(features)
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
                EncoderConfig(features, device, default_cache(), layout),
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
        slot = self.slots.take()
        if slot is None:
            raise WorkerUnavailable("Too many photos are being looked at.", "Try again shortly.")
        try:
            wanted = str(source) if isinstance(source, Path) else source
            reply: FileReply = self.decoders.submit(
                PrepareInput(wanted, slot), Lane.INTERACTIVE
            ).result()
            vectors: NDArray[np.float32] = self.encoder.submit(
                EncodeSlots((slot,)), Lane.INTERACTIVE
            ).result()
        except RequestKilledWorker as error:
            raise DamagedMedia("This photo ends the program that reads photos.") from error
        finally:
            self.slots.give_back(slot)
        photo = reply.photo
        return SeenPhoto(vectors[0], None if photo is None else photo.perceptual_hash)

    def close(self) -> None:
        """End the processes and delete the scratch file."""
        self.decoders.close()
        self.encoder.close()
        self.slots.close()


def create_decoder(config: DecoderConfig) -> Handler:
    """Make a decoder; runs in the worker process, the only one that loads image libraries."""
    from photoorg.jobs.decoder import Decoder

    return Decoder(config)


def create_encoder(config: EncoderConfig) -> Handler:
    """Make an encoder; runs in the worker process, the only one that loads networks."""
    from photoorg.jobs.encoder import Encoder

    return Encoder(config)


def default_decoder_count() -> int:
    """Return how many decoders keep this machine busy without crowding it."""
    return max(1, min(8, os.cpu_count() or 1))
