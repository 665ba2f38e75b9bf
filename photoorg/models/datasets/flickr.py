"""Flickr8k (Hodosh et al. 2013) and Flickr30k (Young et al. 2014), in the forms they go round in.

    Flickr8k.token.txt, results_20130124.token   1000268201_693b08cb0e.jpg#0<TAB>A child ...
    Flickr_8k.trainImages.txt, ...devImages.txt, ...testImages.txt      names, one a line
    results.csv                                  1000092795.jpg| 0| Two young guys ...
    captions.txt                                 image,caption and then comma-separated values
    dataset_flickr8k.json, dataset_flickr30k.json, dataset_coco.json
                                                 Karpathy and Fei-Fei's splits (2015)

Faults that the publishers' own files have are borne: Flickr8k.token.txt captions a photo that is
not in the set ("....jpg.1"), and one line of results.csv lacks its second separator.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

from photoorg.core.errors import UsageProblem
from photoorg.models.datasets.dataset import DEV, TEST, TRAIN, Dataset, Entry, gather
from photoorg.models.datasets.files import fault, find_file, locate, read_json, read_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_TEXTS = ("", "Flickr8k_text", "Flickr8k", "flickr30k", "annotations")
_PHOTOS = (
    "Flicker8k_Dataset",
    "Flickr8k_Dataset",
    "Flickr8k_Dataset/Flicker8k_Dataset",
    "Images",
    "images",
    "flickr30k-images",
    "flickr30k_images",
    "flickr30k_images/flickr30k_images",
    "",
)
_SPLITS = {
    "Flickr_8k.trainImages.txt": TRAIN,
    "Flickr_8k.devImages.txt": DEV,
    "Flickr_8k.testImages.txt": TEST,
}
_KARPATHY_SPLITS = {"train": TRAIN, "restval": TRAIN, "val": DEV, "test": TEST}
_KARPATHY_KEYS = frozenset({"images", "sentences", "raw", "split", "filename", "filepath"})

_TOKEN = re.compile(r"(?P<name>[^\t#]+)#(?P<number>\d{1,3})\t(?P<caption>.*)")
_RESULT = re.compile(r"(?P<name>[^|]+)\|\s*(?P<number>\d{1,3})(?:\||\s)(?P<caption>.*)")


def recognise_tokens(root: Path) -> bool:
    """Return whether a folder holds captions in one of the sets' own forms."""
    return _source(root) is not None


def read_tokens(root: Path) -> Dataset:
    """Read a set in its own form; photos that are not there are counted as missing.

    Raises:
        UsageProblem: a line is malformed, or there are no photos.
    """
    source = _source(root)
    if source is None:
        raise ValueError(f"{root} is not such a set")
    name, path, parse = source
    entries = parse(path)
    for file_name, split in _SPLITS.items():
        listed = find_file(root, _TEXTS, file_name)
        for _, line in read_lines(listed) if listed is not None else ():
            if line.strip() in entries:
                entries[line.strip()].split = split
    return gather(name, entries, locate(root, _PHOTOS, entries))


def recognise_karpathy(root: Path) -> bool:
    """Return whether a folder holds one of the JSON files with splits."""
    return _karpathy(root) is not None


def read_karpathy(root: Path) -> Dataset:
    """Read a JSON file with splits; photos that are not there are counted as missing.

    Raises:
        UsageProblem: it is cut or malformed, or there are no photos.
    """
    source = _karpathy(root)
    if source is None:
        raise ValueError(f"{root} is not such a set")
    name, path = source
    images = read_json(path, _KARPATHY_KEYS).get("images")
    if not isinstance(images, list):
        raise UsageProblem(f"{path} has no list “images”.")
    entries: dict[str, Entry] = {}
    for number, image in enumerate(images):
        try:
            photo, entry = _karpathy_entry(image)
        except (KeyError, TypeError) as error:
            raise UsageProblem(f"Photo {number} of {path} is malformed ({error!r}).") from error
        entries[photo] = entry
    return gather(name, entries, locate(root, _PHOTOS, entries))


def _karpathy_entry(image: Any) -> tuple[str, Entry]:
    if not isinstance(image, dict):
        raise TypeError("no object")
    folder = str(image["filepath"]) + "/" if image.get("filepath") else ""
    captions = [str(sentence["raw"]).strip() for sentence in image["sentences"]]
    split = _KARPATHY_SPLITS[image["split"]]
    return f"{folder}{image['filename']}", Entry([c for c in captions if c], split=split)


def _source(root: Path) -> tuple[str, Path, Callable[[Path], dict[str, Entry]]] | None:
    for name, file_name, parse in (
        ("flickr8k", "Flickr8k.token.txt", _read_token_lines),
        ("flickr30k", "results_20130124.token", _read_token_lines),
        ("flickr30k", "results.csv", _read_result_lines),
        ("flickr8k", "captions.txt", _read_csv),
    ):
        path = find_file(root, _TEXTS, file_name)
        if path is not None:
            return name, path, parse
    return None


def _karpathy(root: Path) -> tuple[str, Path] | None:
    for name in ("flickr8k", "flickr30k", "coco"):
        path = find_file(root, _TEXTS, f"dataset_{name}.json")
        if path is not None:
            return name, path
    return None


def _read_token_lines(path: Path) -> dict[str, Entry]:
    return _read_matching(path, _TOKEN, "photo.jpg#number, a tab and a caption", header=False)


def _read_result_lines(path: Path) -> dict[str, Entry]:
    return _read_matching(path, _RESULT, "photo.jpg| number| caption", header=True)


def _read_matching(
    path: Path, pattern: re.Pattern[str], wanted: str, *, header: bool
) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for number, line in read_lines(path):
        if not line.strip() or (header and number == 1):
            continue
        match = pattern.fullmatch(line)
        if match is None:
            raise fault(path, number, f"is not of the form “{wanted}”")
        _add_caption(entries, match["name"].strip(), match["caption"])
    return entries


def _read_csv(path: Path) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    rows = csv.reader(line for _, line in read_lines(path))
    try:
        if (header := next(rows, None)) != ["image", "caption"]:
            raise fault(path, 1, f"is not “image,caption”, but {','.join(header or [])[:60]!r}")
        for row in rows:
            if row and len(row) != 2:
                raise fault(path, rows.line_num, f"has {len(row)} columns, not 2")
            if row:
                _add_caption(entries, row[0].strip(), row[1])
    except csv.Error as error:
        raise fault(path, rows.line_num, f"cannot be read ({error})") from error
    return entries


def _add_caption(entries: dict[str, Entry], name: str, caption: str) -> None:
    entry = entries.setdefault(name, Entry())
    if caption.strip():
        entry.captions.append(caption.strip())
