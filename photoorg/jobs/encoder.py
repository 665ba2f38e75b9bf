"""The encoder's side of the work: network inputs in, visual vectors out. One process a device."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from photoorg.features.registry import create_visual_encoder
from photoorg.jobs.messages import EncoderConfig, EncodeSlots


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
