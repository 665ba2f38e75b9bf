"""What a text encoder is, and the one that photoorg uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from photoorg.core.ids import ModelKey


class TextEncoder(Protocol):
    """Turns texts into vectors. Safe to use from several threads at once."""

    @property
    def key(self) -> ModelKey:
        """What made the vectors."""

    @property
    def dimension(self) -> int:
        """Length of one vector."""

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Encode texts.

        Args:
            texts: n texts of any length; what lies beyond the encoder's window is not read.

        Returns:
            float32 [n, dimension], each row of length 1, in the order of `texts`.
        """


def create_text_encoder(threads: int | None = None) -> TextEncoder:
    """Load the text encoder: all-MiniLM-L6-v2 as captions taught it, without torch.

    Args:
        threads: CPU threads for bulk work; None takes all that this process may use.

    Raises:
        ModelFileProblem: the weights' package is not installed, or it or a resource is damaged.
    """
    from photoorg.features.encoder_changes import read_text_changes, text_key
    from photoorg.features.minilm import MiniLM

    return MiniLM.load(threads, key=text_key(), changes=read_text_changes())
