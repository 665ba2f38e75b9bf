"""The encoder's side of the work: network inputs in, visual vectors out. One process a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import UsageProblem
from photoorg.features.open_clip_files import PREFIX
from photoorg.features.registry import create_visual_encoder
from photoorg.features.visual import MapEncoder, VisualEncoder
from photoorg.jobs.messages import EncodeMap, EncoderConfig, EncodeSlots, EncodeTexts, TextVectors

if TYPE_CHECKING:
    from photoorg.features.open_clip_encoder import ClipTextEncoder


class Encoder:
    """Runs one visual encoder on one device."""

    def __init__(self, config: EncoderConfig) -> None:
        self._features = config.features
        self._encoder: VisualEncoder
        self._text: ClipTextEncoder | None = None
        if config.features.startswith(PREFIX):
            from photoorg.features.open_clip_encoder import create_clip_pair

            self._encoder, self._text = create_clip_pair(
                config.features, config.files, config.device
            )
        else:
            self._encoder = create_visual_encoder(
                config.features, device=config.device, cache=config.cache, files=config.files
            )
        self._slots = config.slots.open()
        self.description = self._encoder.runtime

    def __call__(
        self, request: EncodeSlots | EncodeMap | EncodeTexts
    ) -> NDArray[np.float32] | tuple[NDArray[np.float32], NDArray[np.float32]] | TextVectors:
        """Meet a request.

        Returns:
            For slots their vectors, float32 [n, dimension]; for a map and for texts see
            `EncodeMap` and `EncodeTexts`.

        Raises:
            UsageProblem: a map or texts were asked for, and this encoder cannot give them.
        """
        if isinstance(request, EncodeTexts):
            if self._text is None:
                raise UsageProblem(f"{self._features} has no side for texts.")
            return TextVectors(self._text.encode(request.texts), self._text.scale)
        if isinstance(request, EncodeSlots):
            return self._encoder.encode(self._slots[list(request.slots)])
        if not isinstance(self._encoder, MapEncoder):
            raise UsageProblem(
                f"With {self._features} it cannot be told where in a photo something is seen.",
                "Choose features that end in global average pooling, such as efficientnet-lite2.",
            )
        vectors, maps = self._encoder.encode_maps(self._slots[[request.slot]])
        return vectors[0], maps[0]
