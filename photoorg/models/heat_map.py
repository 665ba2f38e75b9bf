"""Which parts of a photo speak for a tag: class-activation maps of any model.

The vector that a model takes is the mean over a map of features, v = mean f(x, y). A
class-activation map (paper 002, section 9; Zhou et al. 2016) draws what each place adds to a linear
score s(v) = w·v: M(x, y) = w·f(x, y), whose mean over the photo is the score. Here the score is
whatever the model makes of v, so w is replaced by the slope of s at v, which along f(x, y) is the
directional derivative

    D(x, y) = (s(v + e f(x, y)) - s(v - e f(x, y))) / 2e                                         (1)

and needs no gradients of the model. The mean of D is the slope along v itself: all of a linear
score, but nothing of a cosine, which does not care how long v is, so that a cat that fills the
photo would leave no trace. What (1) does not account for is therefore shared among the places by
how much of v each of them gives:

    M(x, y) = D(x, y) + (s(v) - mean D) (f(x, y)·v) / (v·v)                                      (2)

Its mean is s(v) again, and for a linear score it is exactly w·f(x, y).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Score: TypeAlias = Callable[[Floats], Floats]
"""Maps visual vectors [n, d] to the score of one tag [n]."""

STEP = 0.05
"""How far to go along each place, in lengths of v: small against what bends a score, large against
rounding in float32."""


def contributions(score: Score, features: Floats, step: float = STEP) -> Floats:
    """Return what each place adds to a score, equation (2).

    Args:
        score: of the tag.
        features: float32 [h, w, d]; their mean over h and w is the photo's vector.
        step: see `STEP`.

    Returns:
        float32 [h, w]; its mean is the photo's score.
    """
    height, width, dimension = features.shape
    places = features.reshape(-1, dimension).astype(np.float32)
    vector = places.mean(axis=0)
    square = max(float(vector @ vector), 1e-12)
    # Steps of one length along every place: e differs with the place's length, the slope does not.
    lengths = np.linalg.norm(places, axis=1)
    reach = np.float32(step * np.sqrt(square))
    moves = places * (reach / np.maximum(lengths, 1e-12))[:, None]
    slope = (score(vector + moves) - score(vector - moves)) * (lengths / (2 * reach))
    rest = float(score(vector[None, :])[0]) - float(slope.mean())
    total = slope + rest * (places @ vector) / square
    return np.asarray(total, dtype=np.float32).reshape(height, width)


def heat_map(score: Score, features: Floats) -> Floats:
    """Return what speaks for a tag, scaled to 0..1, float32 [h, w]; zeros where nothing does.

    What speaks against it is drawn as nothing.
    """
    positive = np.maximum(contributions(score, features), 0)
    most = float(positive.max(initial=0.0))
    return np.asarray(positive / most if most > 0 else positive, dtype=np.float32)
