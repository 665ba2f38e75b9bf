"""The own tables, `captions.tsv` and `labels.tsv`, as one set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from photoorg.models.datasets.dataset import Dataset, Entry, gather
from photoorg.models.datasets.tables import CAPTIONS, LABELS, read_captions, read_labels

if TYPE_CHECKING:
    from pathlib import Path


def recognise(root: Path) -> bool:
    """Return whether a folder holds one of the tables."""
    return (root / CAPTIONS).is_file() or (root / LABELS).is_file()


def read(root: Path) -> Dataset:
    """Read whichever tables there are; a photo may be in both.

    Raises:
        UsageProblem: a table is malformed, or a photo in it is not there.
    """
    entries: dict[str, Entry] = {}
    found: dict[str, Path] = {}
    if (root / CAPTIONS).is_file():
        photos = read_captions(root)
        for path, captions, split in zip(photos.paths, photos.captions, photos.splits, strict=True):
            found[str(path)] = path
            entries[str(path)] = Entry(list(captions), split=split)
    if (root / LABELS).is_file():
        labelled = read_labels(root)
        for path, labels in zip(labelled.paths, labelled.labels, strict=True):
            found[str(path)] = path
            entries.setdefault(str(path), Entry()).labels.update(dict.fromkeys(labels))
    return gather(root.name, entries, found)
