"""The encoder's side of the work: network inputs in, visual vectors out. One process a device."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import UsageProblem
from photoorg.features.registry import create_visual_encoder
from photoorg.features.visual import MapEncoder
from photoorg.jobs.messages import EncodeMap, EncoderConfig, EncodeSlots


class Encoder:
    """Runs one visual encoder on one device."""

    def __init__(self, config: EncoderConfig) -> None:
        self._features = config.features
        self._encoder = create_visual_encoder(
            config.features, device=config.device, cache=config.cache, files=config.files
        )
        self._slots = config.slots.open()
        self.description = self._encoder.runtime

    def __call__(
        self, request: EncodeSlots | EncodeMap
    ) -> NDArray[np.float32] | tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Meet a request.

        Returns:
            For slots their vectors, float32 [n, dimension]; for a map see `EncodeMap`.

        Raises:
            UsageProblem: a map was asked for, and this encoder has none.
        """
        if isinstance(request, EncodeSlots):
            return self._encoder.encode(self._slots[list(request.slots)])
        if not isinstance(self._encoder, MapEncoder):
            raise UsageProblem(
                f"With {self._features} it cannot be told where in a photo something is seen.",
                "Choose features that end in global average pooling, such as efficientnet-lite2.",
            )
        vectors, maps = self._encoder.encode_maps(self._slots[[request.slot]])
        return vectors[0], maps[0]
