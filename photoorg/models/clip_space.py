"""The space that an engine's photos and texts share, with probabilities in place of cosines.

An engine brings no calibration: how large a cosine is for a photo that is right depends on the
engine, and on the words. So a query's cosines are measured against those that it has with the
library's own photos, as the starter's are against its background, without anybody's labels:

* the standard score, with the median and the median deviation, which a few right photos among the
  many others hardly move;
* the likelihood ratio. Contrastive training makes exp(scale * cosine) proportional to how much
  more probable a photo is with the text than without it (van den Oord et al. 2018, section 2.3),
  so its logarithm less that of its mean over the library is evidence in nats, whatever the scale.

Their weights are common defaults, chosen by hand and not fitted to any engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from photoorg.models.base import unit_rows
from photoorg.models.starter_parts import sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from photoorg.core.ids import ModelKey

SAMPLE = 2000
"""Photos of the library that queries are measured against."""

LEAST_SAMPLE = 30
"""With fewer, their spread says nothing, and a usual one stands in for it."""

_USUAL_SPREAD = 0.03
_TO_DEVIATION = 1.4826
"""From the median deviation to the standard deviation of normal numbers."""

_STANDARD_WEIGHT, _STANDARD_ZERO = 1.0, 2.5
_RATIO_WEIGHT, _RATIO_ZERO, _RATIO_BOUND = 0.5, 1.0, 6.0


@dataclass(frozen=True, slots=True)
class ClipSpace:
    """An engine as search takes it.

    Attributes:
        background: [b, d] unit rows of some of the library's photos.
        scale: what the engine was trained to multiply cosines with.
        visual_key: which stored vectors it takes.
    """

    background: NDArray[np.float32]
    scale: float
    visual_key: ModelKey

    def embed_images(self, visual: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map stored vectors [n, d] to unit rows [n, d]."""
        return unit_rows(visual)

    def embed_texts(self, text: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return text vectors [n, d], which are in the space already, as unit rows."""
        return unit_rows(text)

    def relevance(
        self, query: NDArray[np.float32], scores: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return how probable it is that photos are what a query asks for.

        Args:
            query: [d], its unit vector.
            scores: [n], cosines of photos with it.

        Returns:
            Probabilities [n], rising with the scores.
        """
        usual = self.background @ query if len(self.background) else scores
        if not len(usual):
            return np.zeros(len(scores), dtype=np.float32)
        middle = float(np.median(usual))
        spread = _USUAL_SPREAD
        if len(usual) >= LEAST_SAMPLE:
            spread = max(_TO_DEVIATION * float(np.median(np.abs(usual - middle))), 1e-4)
        standard = (scores - middle) / spread
        top = float(usual.max())
        mean = top + np.log(np.exp(self.scale * (usual - top)).mean()) / self.scale
        ratio = np.clip(self.scale * (scores - mean), -_RATIO_BOUND, _RATIO_BOUND)
        logits = _STANDARD_WEIGHT * (standard - _STANDARD_ZERO)
        logits = logits + _RATIO_WEIGHT * (ratio - _RATIO_ZERO)
        return sigmoid(np.asarray(logits, dtype=np.float32))
