"""One record for every set of photos, whoever published it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.models.datasets.tables import CaptionedPhotos, LabelledPhotos

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TRAIN, DEV, TEST = "train", "dev", "test"
"""Names of the parts, whatever a publisher calls them ("val" is DEV, "restval" is TRAIN)."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Dataset:
    """Photos with what their owners and annotators said of them. Each list has one entry a photo.

    Attributes:
        name: of the set, such as "mirflickr25k".
        paths: the photos.
        captions: sentences that describe the photo; possibly none.
        tags: words that the photo's owner gave it; possibly none.
        labels: concepts that annotators found in it; possibly none. A concept that is not given
            does not apply.
        splits: the part that the publisher puts the photo into, or "".
        missing: how many photos the publisher's lists name that are not in the folder.
    """

    name: str
    paths: tuple[Path, ...]
    captions: tuple[tuple[str, ...], ...]
    tags: tuple[tuple[str, ...], ...]
    labels: tuple[tuple[str, ...], ...]
    splits: tuple[str, ...]
    missing: int = 0

    def __post_init__(self) -> None:
        if not (
            len(self.paths)
            == len(self.captions)
            == len(self.tags)
            == len(self.labels)
            == len(self.splits)
        ):
            raise ValueError("each list needs one entry a photo")

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def concepts(self) -> tuple[str, ...]:
        """All labels, sorted."""
        return tuple(sorted({label for labels in self.labels for label in labels}))

    def matrix(self, concepts: Sequence[str]) -> NDArray[np.bool_]:
        """Return which of the concepts each photo has, bool [photos, concepts]."""
        return LabelledPhotos(self.paths, self.labels).matrix(concepts)

    def rows(self, chosen: Sequence[int]) -> Dataset:
        """Return the photos with these row numbers."""

        def pick(values: tuple[T, ...]) -> tuple[T, ...]:
            return tuple(values[row] for row in chosen)

        return Dataset(
            self.name,
            pick(self.paths),
            pick(self.captions),
            pick(self.tags),
            pick(self.labels),
            pick(self.splits),
            self.missing,
        )

    def part(self, split: str) -> Dataset:
        """Return the photos of one part.

        Raises:
            UsageProblem: there are none.
        """
        chosen = [row for row, name in enumerate(self.splits) if name == split]
        if not chosen:
            raise UsageProblem(f"{self.name} has no split “{split}”.")
        return self.rows(chosen)

    def captioned(self) -> CaptionedPhotos:
        """Return the photos that have captions.

        Raises:
            UsageProblem: there are none.
        """
        chosen = [row for row, captions in enumerate(self.captions) if captions]
        if not chosen:
            raise UsageProblem(f"{self.name} has no captions.")
        return CaptionedPhotos(
            tuple(self.paths[row] for row in chosen),
            tuple(self.captions[row] for row in chosen),
            tuple(self.splits[row] for row in chosen),
        )

    def labelled(self) -> LabelledPhotos:
        """Return all photos with their labels.

        Raises:
            UsageProblem: no photo has one.
        """
        if not any(self.labels):
            raise UsageProblem(f"{self.name} has no labels.")
        return LabelledPhotos(self.paths, self.labels)


@dataclass(slots=True)
class Entry:
    """What a reader gathers of one photo before it knows where the photo lies."""

    captions: list[str] = field(default_factory=list)
    tags: dict[str, None] = field(default_factory=dict)
    labels: dict[str, None] = field(default_factory=dict)
    split: str = ""


def gather(name: str, entries: Mapping[str, Entry], found: Mapping[str, Path]) -> Dataset:
    """Put a set together from what was read and the photos that are there.

    Args:
        name: of the set.
        entries: by the photo's name in the publisher's lists, in their order.
        found: where the photos lie, by that name.

    Raises:
        UsageProblem: not one of the photos is there.
    """
    present = _present(name, entries, found)
    return Dataset(
        name,
        tuple(found[each] for each in present),
        tuple(tuple(entries[each].captions) for each in present),
        tuple(tuple(entries[each].tags) for each in present),
        tuple(tuple(entries[each].labels) for each in present),
        tuple(entries[each].split for each in present),
        len(entries) - len(present),
    )


def _present(name: str, listed: Collection[str], found: Mapping[str, Path]) -> list[str]:
    present = [each for each in listed if each in found]
    if not present:
        example = next(iter(listed), None)
        raise UsageProblem(
            f"The lists of {name} are here, but none of its photos"
            + (f" (such as {example})." if example is not None else "."),
            "Unpack the photos into the same folder.",
        )
    return present
