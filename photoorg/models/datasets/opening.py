"""Recognising which set a folder holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from photoorg.core.errors import UsageProblem
from photoorg.models.datasets import coco, flickr, mirflickr, nuswide, own

if TYPE_CHECKING:
    from photoorg.models.datasets.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Layout:
    """A way in which a set lies on disk.

    Attributes:
        title: what it is, for a person.
        recognise: whether a folder has it.
        read: reads such a folder; raises UsageProblem.
    """

    title: str
    recognise: Callable[[Path], bool]
    read: Callable[[Path], Dataset]


LAYOUTS = (
    Layout("captions.tsv or labels.tsv with photos", own.recognise, own.read),
    Layout("a Karpathy split (dataset_*.json)", flickr.recognise_karpathy, flickr.read_karpathy),
    Layout("Flickr8k or Flickr30k", flickr.recognise_tokens, flickr.read_tokens),
    Layout("COCO", coco.recognise, coco.read),
    Layout("NUS-WIDE", nuswide.recognise, nuswide.read),
    Layout("MIRFlickr-25k", mirflickr.recognise, mirflickr.read),
)
"""In the order in which they are tried: the first one that recognises a folder reads it."""


def open_dataset(root: Path) -> Dataset:
    """Read the set of photos in a folder, whichever known layout it has.

    Raises:
        UsageProblem: it has none, or a list is cut or malformed (the message names the line), or
            there are lists but no photos.
    """
    if not root.is_dir():
        raise UsageProblem(f"There is no folder {root}.")
    for layout in LAYOUTS:
        if layout.recognise(root):
            return layout.read(root)
    known = "; ".join(layout.title for layout in LAYOUTS)
    raise UsageProblem(f"{root} holds no set of photos that is known here.", f"Known are: {known}.")
