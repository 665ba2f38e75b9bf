"""COCO (Lin et al. 2014), as its archives unpack.

    annotations/captions_train2014.json, captions_val2014.json, ...2017.json
    annotations/instances_train2014.json, instances_val2014.json, ...2017.json
    train2014/COCO_train2014_000000000009.jpg, val2014/..., train2017/000000000009.jpg, ...

The two years are the same photos, so one is read: the later one with photos. A photo's labels are
the categories of the objects in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from photoorg.core.errors import UsageProblem
from photoorg.models.datasets.dataset import DEV, TRAIN, Dataset, Entry, gather
from photoorg.models.datasets.files import find_files, locate, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NAME = "coco"

_ANNOTATIONS = ("annotations", "")
_FILE = re.compile(r"(?P<kind>captions|instances)_(?P<part>train|val)(?P<year>20\d\d)\.json")
_KEYS = frozenset(
    {
        "images",
        "annotations",
        "categories",
        "id",
        "file_name",
        "name",
        "caption",
        "image_id",
        "category_id",
    }
)
_SPLITS = {"train": TRAIN, "val": DEV}


def recognise(root: Path) -> bool:
    """Return whether a folder holds this set's annotations."""
    return bool(_sources(root))


def read(root: Path) -> Dataset:
    """Read the set; photos that are not there are counted as missing.

    Raises:
        UsageProblem: a file is cut or malformed, or there are no photos.
    """
    sources = _sources(root)
    years = sorted({match["year"] for _, match in sources}, reverse=True)
    year = next((year for year in years if _has_photos(root, year)), years[0])
    entries: dict[str, Entry] = {}
    for path, match in sources:
        if match["year"] == year:
            _read_file(path, match, entries)
    return gather(NAME, entries, locate(root, ("", "images"), entries))


def _sources(root: Path) -> list[tuple[Path, re.Match[str]]]:
    return [
        (path, match)
        for path in find_files(root, _ANNOTATIONS, "*_*20??.json")
        if (match := _FILE.fullmatch(path.name)) is not None
    ]


def _has_photos(root: Path, year: str) -> bool:
    return any(
        (root / base / f"{part}{year}").is_dir() for base in ("", "images") for part in _SPLITS
    )


def _read_file(path: Path, match: re.Match[str], entries: dict[str, Entry]) -> None:
    document = read_json(path, _KEYS)
    folder = f"{match['part']}{match['year']}"
    by_id: dict[int, Entry] = {}
    for image in _items(path, document, "images"):
        name = f"{folder}/{_field(path, image, 'file_name', str)}"
        entry = entries.setdefault(name, Entry(split=_SPLITS[match["part"]]))
        by_id[_field(path, image, "id", int)] = entry
    names = {
        _field(path, category, "id", int): _field(path, category, "name", str)
        for category in (
            _items(path, document, "categories") if match["kind"] == "instances" else ()
        )
    }
    for annotation in _items(path, document, "annotations"):
        photo = _field(path, annotation, "image_id", int)
        if photo not in by_id:
            raise UsageProblem(f"{path} annotates a photo that it does not list: {photo}.")
        if match["kind"] == "captions":
            by_id[photo].captions.append(_field(path, annotation, "caption", str).strip())
            continue
        category = _field(path, annotation, "category_id", int)
        if category not in names:
            raise UsageProblem(f"{path} uses a category that it does not list: {category}.")
        by_id[photo].labels[names[category]] = None


def _items(path: Path, document: dict[str, Any], key: str) -> Iterable[dict[str, Any]]:
    items = document.get(key)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UsageProblem(f"{path} has no list of objects “{key}”.")
    return items


def _field(path: Path, item: dict[str, Any], key: str, kind: type) -> Any:
    value = item.get(key)
    if not isinstance(value, kind):
        raise UsageProblem(f"{path} has an entry without a usable “{key}”: {str(item)[:100]}.")
    return value
