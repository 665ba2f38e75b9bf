"""MIRFlickr-25k (Huiskes and Lew 2008), as its two archives unpack.

    mirflickr/im1.jpg ... im25000.jpg
    mirflickr/meta/tags/tags1.txt       the owner's tags, folded by Flickr, one a line
    mirflickr25k_annotations_v080/animals.txt, baby.txt, baby_r1.txt, ...
                                        numbers of the photos that show it, one a line

The lists that end in "_r1" name the photos in which the concept is prominent. Paper 002, section
5.3, writes those concepts with an asterisk ("baby*"), and so does this reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from photoorg.models.datasets.dataset import Dataset, Entry, gather
from photoorg.models.datasets.files import fault, find_files, locate, read_lines

if TYPE_CHECKING:
    from pathlib import Path

NAME = "mirflickr25k"

_PHOTO_FOLDERS = ("mirflickr", "mirflickr25k", "", "images")
_ANNOTATION_FOLDERS = (
    "mirflickr25k_annotations_v080",
    "annotations",
    "mirflickr/annotations",
    "mirflickr25k/annotations",
    "mirflickr/mirflickr25k_annotations_v080",
    "mirflickr25k/mirflickr25k_annotations_v080",
)
_CONCEPTS = frozenset((
    "animals", "baby", "bird", "car", "clouds", "dog", "female", "flower", "food", "indoor",
    "lake", "male", "night", "people", "plant_life", "portrait", "river", "sea", "sky",
    "structures", "sunset", "transport", "tree", "water",
))  # fmt: skip
_PROMINENT = "_r1"
_DIGITS = 6


def recognise(root: Path) -> bool:
    """Return whether a folder holds annotations or tags of this set."""
    return bool(_annotations(root)) or _tag_folder(root) is not None


def read(root: Path) -> Dataset:
    """Read the set; photos that are not there are counted as missing.

    Raises:
        UsageProblem: a list is malformed, or there are no photos.
    """
    photos = {
        int(path.stem.removeprefix("im")): path
        for folder in reversed(_PHOTO_FOLDERS)
        for path in (root / folder).glob("im*.jpg")
        if _is_number(path.stem.removeprefix("im"))
    }
    entries = {f"im{number}.jpg": Entry() for number in sorted(photos)}
    for path in _annotations(root):
        concept = path.stem.replace(_PROMINENT, "*")
        for number in _numbers(path):
            entries.setdefault(f"im{number}.jpg", Entry()).labels[concept] = None
    tags = _tag_folder(root)
    if tags is not None:
        for number in sorted(photos):
            path = tags / f"tags{number}.txt"
            if path.is_file():
                words = (line.strip() for _, line in read_lines(path))
                entries[f"im{number}.jpg"].tags.update(dict.fromkeys(w for w in words if w))
    return gather(NAME, entries, locate(root, _PHOTO_FOLDERS, entries))


def _annotations(root: Path) -> list[Path]:
    """Return the lists of concepts; those that lie among the photos' own notes are left alone."""
    return [
        path
        for path in find_files(root, _ANNOTATION_FOLDERS, "*.txt")
        if path.stem.removesuffix(_PROMINENT) in _CONCEPTS
    ]


def _tag_folder(root: Path) -> Path | None:
    for folder in _PHOTO_FOLDERS:
        tags = root / folder / "meta" / "tags"
        if tags.is_dir():
            return tags
    return None


def _numbers(path: Path) -> list[int]:
    numbers = []
    for number, line in read_lines(path):
        word = line.strip()
        if not word:
            continue
        if not _is_number(word):
            raise fault(path, number, f"is no photo's number: {word[:40]!r}")
        numbers.append(int(word))
    return numbers


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= _DIGITS
