"""Which of the labelled photos no model is trained on.

The part follows from a hash of the photo's file name, so it is the same on each machine and stays
when photos are added: one in five is for evaluation, one in ten for calibration, the rest for
training. Captioned photos bring splits of their own; of their training split one in twenty is set
aside for calibration.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

_EVALUATION_SHARE = 0.2
_CALIBRATION_SHARE = 0.1
_CAPTIONED_CALIBRATION_SHARE = 0.05


class Part(StrEnum):
    """What a photo is used for."""

    TRAINING = "training"
    CALIBRATION = "calibration"
    EVALUATION = "evaluation"


def part_of(file_name: str) -> Part:
    """Return what a labelled photo is used for."""
    position = _position(file_name)
    if position < _EVALUATION_SHARE:
        return Part.EVALUATION
    if position < _EVALUATION_SHARE + _CALIBRATION_SHARE:
        return Part.CALIBRATION
    return Part.TRAINING


def captioned_part_of(file_name: str) -> Part:
    """Return what a captioned photo of a training split is used for."""
    if _position(file_name) < _CAPTIONED_CALIBRATION_SHARE:
        return Part.CALIBRATION
    return Part.TRAINING


def _position(file_name: str) -> float:
    """Map a name to [0, 1), evenly."""
    return int.from_bytes(hashlib.sha256(file_name.encode()).digest()[:4], "big") / 2**32
