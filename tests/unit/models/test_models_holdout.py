from __future__ import annotations

from collections import Counter

from photoorg.models.holdout import Part, captioned_part_of, part_of

NAMES = [f"photo{number}.jpg" for number in range(5000)]


def test_shares_are_as_documented():
    parts = Counter(part_of(name) for name in NAMES)
    assert abs(parts[Part.EVALUATION] / 5000 - 0.2) < 0.02
    assert abs(parts[Part.CALIBRATION] / 5000 - 0.1) < 0.02
    captioned = Counter(captioned_part_of(name) for name in NAMES)
    assert abs(captioned[Part.CALIBRATION] / 5000 - 0.05) < 0.02
    assert captioned[Part.EVALUATION] == 0


def test_the_parts_of_known_photos_never_change():
    # The shipped model was trained with these: a change would let it be judged on what it has seen.
    assert [part_of(f"COCO_train2014_{number:012}.jpg") for number in (9, 25, 30, 61, 64)] == [
        Part.TRAINING,
        Part.EVALUATION,
        Part.TRAINING,
        Part.EVALUATION,
        Part.CALIBRATION,
    ]
