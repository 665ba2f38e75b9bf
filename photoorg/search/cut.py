"""Where the relevant part of an answer ends: computed for each query from its own probabilities.

Of all lengths the one is taken whose expected F-measure is highest, see `models.expected_f1`. A
word that many photos show so gets a long answer, and a caption that one photo fits a short one,
without a number of its own. Three things are added:

- Before anything is shown, the best photo must be as probable as the best of so many photos
  nearly always is where the thing is there. Otherwise the answer is "nothing found". The larger the
  library, the more is asked: among many photos of something else the likeliest is likelier.
- What the person confirmed is shown, and leaves the others to be judged among themselves: a first
  confirmed tag does not push out the photos that look like it.
- The improbable mass of a library does not count, so that a hundred thousand photos of something
  else do not lengthen an answer.
"""

from __future__ import annotations

import numpy as np

from photoorg.models.expected_f1 import expected_f1
from photoorg.models.length_correction import LengthCorrection
from photoorg.search.ports import FloatArray

NOTHING = 2.0
"""The bar where nothing is relevant: no probability reaches it."""

CERTAIN = 0.985
"""From here on it is more than likeness: the person said so."""

IMPROBABLE = 0.05
"""What does not reach this does not exist for the cut."""

_FEW, _LEAST_BEST = 30, 0.025
_GROWTH, _MOST_ASKED = 0.75, 0.2
"""Chosen on the labelled photos set aside for calibration: at 30, 60, 120 and 280 of them 97 of 100
words that some photo shows pass, and one in six to eight of those that none shows does not; a
photo that is hidden costs more than a glance at one that is shown in vain. Larger libraries could
not be tried; there it stays."""

_AS_IT_IS = LengthCorrection()


def least_best(photos: int) -> float:
    """Return how probable the best of so many photos must be for anything to be found."""
    grown = _LEAST_BEST * (max(photos, _FEW) / _FEW) ** _GROWTH
    return float(min(grown, _MOST_ASKED))


def bar(probability: FloatArray, words: int = 1, correction: LengthCorrection = _AS_IT_IS) -> float:
    """Return the probability from which on a photo is shown; `NOTHING` where none is.

    Args:
        probability: [n] calibrated, of the photos that pass the filters, in any order.
        words: how many the query has.
        correction: of the model's probabilities, by their number.
    """
    certain = probability >= CERTAIN
    others = probability[~certain]
    best = float(others.max(initial=0.0))
    if best < least_best(len(probability)):
        return CERTAIN if certain.any() else NOTHING
    # The best one counts, however improbable the correction makes it: it has passed.
    counted = others[others >= min(best, correction.before(IMPROBABLE, words))]
    counted = np.sort(counted)[::-1]
    expected, _ = expected_f1(correction(counted, words)[:, None])
    return float(counted[int(expected.argmax())])
