"""What every cross-modal model is, whichever paper it comes from.

A cross-modal model takes stored visual vectors and text vectors (never photos or sentences: those
are the encoders' business) and maps both into one space, where cosine is likeness. What only some
models can do is a protocol of its own, so that a caller asks `isinstance(model, SuggestsTags)`
instead of catching an error.

Missing modalities are normal: a photo without tags, a tag set without a photo. A `None` modality is
missing for all rows, and the masks of `Observations` say it row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from photoorg.core.ids import ModelKey


@dataclass(frozen=True, slots=True)
class Observations:
    """What is known of n photos.

    Attributes:
        visual: [n, visual dimension], or None where no photo is seen.
        text: [n, text dimension], or None where nothing is said.
        has_visual: [n] rows of `visual` that mean something; None for all of them.
        has_text: [n] rows of `text` that mean something; None for all of them.
    """

    visual: NDArray[np.float32] | None = None
    text: NDArray[np.float32] | None = None
    has_visual: NDArray[np.bool_] | None = None
    has_text: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        if self.visual is None and self.text is None:
            raise ValueError("observations need at least one modality")
        rows = {
            len(part)
            for part in (self.visual, self.text, self.has_visual, self.has_text)
            if part is not None
        }
        if len(rows) != 1:
            raise ValueError(f"modalities differ in their number of rows: {sorted(rows)}")

    def __len__(self) -> int:
        part = self.visual if self.visual is not None else self.text
        return 0 if part is None else len(part)


class CrossModalModel(Protocol):
    """A trained model; `fit` lives in a trainer beside it, so that using one never needs torch."""

    @property
    def kind(self) -> str:
        """The model's name on the command line, such as "starter"."""

    @property
    def visual_key(self) -> ModelKey:
        """The visual vectors it was trained on."""

    @property
    def text_key(self) -> ModelKey:
        """The text vectors it was trained on."""

    @property
    def dimension(self) -> int:
        """Length of an embedding."""

    def embed_images(self, visual: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map visual vectors [n, visual dimension] to unit rows [n, dimension]."""

    def embed_texts(self, text: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map text vectors [n, text dimension] to unit rows [n, dimension]."""

    def embed_joint(self, seen: Observations) -> NDArray[np.float32]:
        """Map photos with whatever is known of them to rows [n, dimension].

        Rows are of unit length, or zero where nothing at all is known.
        """


@runtime_checkable
class Translates(Protocol):
    """A model that predicts one modality's vector from the other's."""

    def translate_image_to_text(self, visual: NDArray[np.float32]) -> NDArray[np.float32]:
        """Predict text vectors [n, text dimension] from visual vectors."""

    def translate_text_to_image(self, text: NDArray[np.float32]) -> NDArray[np.float32]:
        """Predict visual vectors [n, visual dimension] from text vectors."""


@runtime_checkable
class Describes(Protocol):
    """A model that can compare texts with each other for one photo better than cosine does."""

    def describe(
        self, embedded: NDArray[np.float32], texts: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return how well texts [m, d] describe photos [n, d]: [n, m]."""


@runtime_checkable
class SuggestsTags(Protocol):
    """A model with a vocabulary and calibrated probabilities."""

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The tags that it can suggest."""

    def suggest(self, embedded: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return probabilities [n, vocabulary] for embedded photos [n, dimension]."""


def unit_rows(matrix: NDArray[np.floating]) -> NDArray[np.float32]:
    """Scale the rows of [..., d] to length 1; a row of zeros stays as it is."""
    norms = np.linalg.norm(matrix, axis=-1, keepdims=True)
    return np.asarray(matrix / np.where(norms > 0, norms, 1), dtype=np.float32)
