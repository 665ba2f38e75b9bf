r"""NUS-WIDE (Chua et al. 2009), as its archives unpack.

    ImageList/ImageList.txt                   actor\0001_2124494179.jpg, one photo a line
    ImageList/TrainImagelist.txt, TestImagelist.txt
    Groundtruth/AllLabels/Labels_sky.txt      0 or 1 a line, photos in the order of ImageList
    NUS_WID_Tags/All_Tags.txt                 Flickr's number of the photo, then its tags
    NUS_WID_Tags/Final_Tag_List.txt           the 5,018 tags of which one may be sure
    NUS_WID_Tags/AllTags1k.txt, TagList1k.txt 0 or 1 for each of 1,000 tags, photos in that order
    Flickr/actor/0001_2124494179.jpg          the photos, where somebody kept them

All tags are taken where they are there, those of the final list alone (the dictionary of paper 000,
section 2); else the 1,000. The labels per part in Groundtruth/TrainTestLabels are not read: they
say the same, but for a published line that is no 0 or 1. A photo's part is read off the lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from photoorg.models.datasets.dataset import TEST, TRAIN, Dataset, Entry, gather
from photoorg.models.datasets.files import fault, find_file, find_files, locate, read_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "nus-wide"

_LISTS = ("ImageList", "")
_TAGS = ("NUS_WID_Tags", "Tags", "")
_TAG_NAMES = (*_TAGS, "ConceptsList")
_LABELS = ("Groundtruth/AllLabels", "AllLabels")
_PHOTOS = ("Flickr", "images", "")
_LABELS_START = "Labels_"


def recognise(root: Path) -> bool:
    """Return whether a folder holds the list of this set's photos."""
    return find_file(root, _LISTS, "ImageList.txt") is not None


def read(root: Path) -> Dataset:
    """Read the set; photos that are not there are counted as missing.

    Raises:
        UsageProblem: a list is malformed, or as long as another one should be, or there are no
            photos.
    """
    listed = find_file(root, _LISTS, "ImageList.txt")
    if listed is None:
        raise ValueError(f"{root} is not this set")
    names = _names(listed)
    entries = {name: Entry() for name in names}
    if len(entries) != len(names):
        raise _repeated(listed, names)
    for file_name, split in (("TrainImagelist.txt", TRAIN), ("TestImagelist.txt", TEST)):
        path = find_file(root, _LISTS, file_name)
        for name in _names(path) if path is not None else ():
            if name in entries:
                entries[name].split = split
    for path in find_files(root, _LABELS, f"{_LABELS_START}*.txt"):
        _read_labels(path, names, entries)
    _read_tags(root, names, entries)
    return gather(NAME, entries, locate(root, _PHOTOS, names))


def _names(path: Path) -> list[str]:
    lines = ((number, line.strip()) for number, line in read_lines(path))
    names = []
    for number, line in lines:
        name = line.replace("\\", "/")
        if name and not name.lower().endswith(".jpg"):
            raise fault(path, number, f"names no photo: {line[:60]!r}")
        if name:
            names.append(name)
    if not names:
        raise fault(path, 1, "names no photo: the list is empty")
    return names


def _repeated(path: Path, names: Sequence[str]) -> Exception:
    seen: set[str] = set()
    for number, name in enumerate(names, start=1):
        if name in seen:
            return fault(path, number, f"names {name} a second time")
        seen.add(name)
    raise AssertionError("no name is repeated")


def _read_labels(path: Path, names: Sequence[str], entries: dict[str, Entry]) -> None:
    concept = path.stem.removeprefix(_LABELS_START)
    count = 0
    for number, line in read_lines(path):
        value = line.strip()
        if value not in ("0", "1"):
            raise fault(path, number, f"is {value[:20]!r}, not 0 or 1")
        if count == len(names):
            raise fault(path, number, f"has no photo: the list names {len(names)}")
        if value == "1":
            entries[names[count]].labels[concept] = None
        count += 1
    _check_count(path, count, names)


def _read_tags(root: Path, names: Sequence[str], entries: dict[str, Entry]) -> None:
    everything = find_file(root, _TAGS, "All_Tags.txt")
    if everything is not None:
        final = find_file(root, _TAG_NAMES, "Final_Tag_List.txt")
        _read_all_tags(everything, names, entries, None if final is None else _tag_list(final))
        return
    table = find_file(root, _TAGS, "AllTags1k.txt")
    if table is not None:
        listed = find_file(root, _TAG_NAMES, "TagList1k.txt")
        if listed is None:
            raise fault(table, 1, "cannot be understood: TagList1k.txt is missing")
        _read_tag_table(table, names, entries, _tag_list(listed))


def _tag_list(path: Path) -> tuple[str, ...]:
    return tuple(word for _, line in read_lines(path) if (word := line.strip()))


def _read_all_tags(
    path: Path, names: Sequence[str], entries: dict[str, Entry], allowed: Sequence[str] | None
) -> None:
    wanted = None if allowed is None else frozenset(allowed)
    count = 0
    for number, line in read_lines(path):
        words = line.split()
        if not words:
            continue
        if count == len(names):
            raise fault(path, number, f"has no photo: the list names {len(names)}")
        name = names[count]
        # The file's name ends in Flickr's number of the photo: cat/0001_2124494179.jpg.
        if name.rpartition("_")[2].removesuffix(".jpg") != words[0]:
            raise fault(path, number, f"is about photo {words[0][:20]}, not {name}")
        tags = words[1:] if wanted is None else [word for word in words[1:] if word in wanted]
        entries[name].tags.update(dict.fromkeys(tags))
        count += 1
    _check_count(path, count, names)


def _read_tag_table(
    path: Path, names: Sequence[str], entries: dict[str, Entry], tags: Sequence[str]
) -> None:
    words = np.array(tags, dtype=object)
    count = 0
    for number, line in read_lines(path):
        # 270 million cells: looked at as bytes, not split into words.
        cells = np.frombuffer(line.rstrip().encode("ascii", "replace"), dtype=np.uint8)
        values, gaps = cells[::2] - ord("0"), cells[1::2]
        if len(values) != len(words) or (values > 1).any() or (gaps > ord(" ")).any():
            raise fault(path, number, f"does not have {len(words)} cells of 0 or 1")
        if count == len(names):
            raise fault(path, number, f"has no photo: the list names {len(names)}")
        entries[names[count]].tags.update(dict.fromkeys(words[values == 1]))
        count += 1
    _check_count(path, count, names)


def _check_count(path: Path, count: int, names: Sequence[str]) -> None:
    if count != len(names):
        raise fault(path, count, f"is the last one, but there are {len(names)} photos")
