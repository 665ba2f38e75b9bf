"""The encoder's side of the work: network inputs in, visual vectors out. One process a device."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photoorg.features.registry import Device, create_visual_encoder
from photoorg.jobs.messages import EncodeSlots
from photoorg.jobs.slots import SlotLayout


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """What an encoder needs to know.

    Attributes:
        features: name of the visual vector, such as "efficientnet-lite2".
        device: "auto", "cpu", "cuda" or "mps".
        cache: where exported networks are kept.
    """

    features: str
    device: Device
    cache: Path
    slots: SlotLayout


class Encoder:
    """Runs one visual encoder on one device."""

    def __init__(self, config: EncoderConfig) -> None:
        self._encoder = create_visual_encoder(
            config.features, device=config.device, cache=config.cache
        )
        self._slots = config.slots.open()
        self.description = self._encoder.runtime

    def __call__(self, request: EncodeSlots) -> NDArray[np.float32]:
        """Return the vectors of the inputs in the slots asked for: float32 [n, dimension]."""
        return self._encoder.encode(self._slots[list(request.slots)])
