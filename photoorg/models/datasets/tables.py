"""Readers for folders of photos with a `captions.tsv` or `labels.tsv` beside them.

`captions.tsv` has a header line and the columns `file`, `caption` and, optionally, `split`; one
line a caption. `labels.tsv` has `file` and `labels`, the latter separated by semicolons. Photos lie
in `images/` or beside the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from photoorg.core.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

CAPTIONS = "captions.tsv"
LABELS = "labels.tsv"

_MAX_TABLE_BYTES = 512 * 1024 * 1024
_IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif"})


@dataclass(frozen=True, slots=True)
class CaptionedPhotos:
    """Photos with sentences that describe them.

    Attributes:
        paths: one per photo.
        captions: for each photo at least one sentence.
        splits: for each photo its part ("train", "dev"), or "" where the table has none.
    """

    paths: tuple[Path, ...]
    captions: tuple[tuple[str, ...], ...]
    splits: tuple[str, ...]

    def part(self, split: str) -> CaptionedPhotos:
        """Return the photos of one split.

        Raises:
            UsageProblem: there are none.
        """
        chosen = [i for i, name in enumerate(self.splits) if name == split]
        if not chosen:
            raise UsageProblem(f"The captions have no split “{split}”.")
        return CaptionedPhotos(
            tuple(self.paths[i] for i in chosen),
            tuple(self.captions[i] for i in chosen),
            tuple(self.splits[i] for i in chosen),
        )


@dataclass(frozen=True, slots=True)
class LabelledPhotos:
    """Photos with words that apply to them; a word that is not given does not apply.

    Attributes:
        paths: one per photo.
        labels: for each photo its words, possibly none.
    """

    paths: tuple[Path, ...]
    labels: tuple[tuple[str, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All labels, sorted."""
        return tuple(sorted({label for labels in self.labels for label in labels}))

    def matrix(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Return which of `names` each photo has, as [photos, names]."""
        column = {name: j for j, name in enumerate(names)}
        table = np.zeros((len(self.paths), len(names)), dtype=np.bool_)
        for i, labels in enumerate(self.labels):
            table[i, [column[label] for label in labels if label in column]] = True
        return table

    def subset(self, chosen: Sequence[int]) -> LabelledPhotos:
        """Return the photos with these row numbers."""
        return LabelledPhotos(
            tuple(self.paths[i] for i in chosen), tuple(self.labels[i] for i in chosen)
        )


def dataset_folder(root: Path, table: str, known_as: str) -> Path:
    """Find the folder with a table: `root` itself, or the folder of this name in it.

    Raises:
        UsageProblem: neither holds the table.
    """
    for folder in (root, root / known_as):
        if (folder / table).is_file():
            return folder
    raise UsageProblem(
        f"There is no {table} in {root}.",
        f"Give a folder with {table} and photos, or one that holds such a folder as “{known_as}”.",
    )


def read_captions(folder: Path) -> CaptionedPhotos:
    """Read `captions.tsv` and find its photos.

    Raises:
        UsageProblem: the table is missing or malformed, or a photo in it is not there.
    """
    captions: dict[str, list[str]] = {}
    splits: dict[str, str] = {}
    for row in _rows(folder / CAPTIONS, required=("file", "caption")):
        name, caption = row["file"], row["caption"].strip()
        if splits.setdefault(name, row.get("split", "")) != row.get("split", ""):
            raise UsageProblem(f"{folder / CAPTIONS} puts {name} into two splits.")
        captions.setdefault(name, [])
        if caption:
            captions[name].append(caption)
    names = [name for name, sentences in captions.items() if sentences]
    if not names:
        raise UsageProblem(f"{folder / CAPTIONS} holds no captions.")
    return CaptionedPhotos(
        _locate(folder, names),
        tuple(tuple(captions[name]) for name in names),
        tuple(splits[name] for name in names),
    )


def read_labels(folder: Path) -> LabelledPhotos:
    """Read `labels.tsv` and find its photos.

    Raises:
        UsageProblem: the table is missing or malformed, or a photo in it is not there.
    """
    labels: dict[str, dict[str, None]] = {}
    for row in _rows(folder / LABELS, required=("file", "labels")):
        words = (word.strip() for word in row["labels"].split(";"))
        labels.setdefault(row["file"], {}).update(dict.fromkeys(word for word in words if word))
    if not labels:
        raise UsageProblem(f"{folder / LABELS} holds no photos.")
    return LabelledPhotos(_locate(folder, list(labels)), tuple(tuple(w) for w in labels.values()))


def read_categories(folder: Path) -> LabelledPhotos:
    """Read photos that lie in one folder per category; the folder's name is the label.

    Raises:
        UsageProblem: there is no subfolder with photos.
    """
    photos = [
        (path, category.name)
        for category in sorted(p for p in folder.iterdir() if p.is_dir())
        for path in sorted(category.iterdir())
        if path.suffix.lower() in _IMAGE_SUFFIXES
    ]
    if not photos:
        raise UsageProblem(
            f"There is no {LABELS} in {folder}, and no folder per category with photos either."
        )
    return LabelledPhotos(tuple(p for p, _ in photos), tuple((name,) for _, name in photos))


def _rows(table: Path, required: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Yield each line as a mapping from column name to text."""
    try:
        if table.stat().st_size > _MAX_TABLE_BYTES:
            raise UsageProblem(f"{table} is too large to be a table of photos.")
        text = table.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(f"{table} cannot be read ({error}).") from error
    # Not splitlines(): captions may hold characters such as U+2028 that it splits at.
    lines = text.replace("\r\n", "\n").split("\n")
    columns = lines[0].split("\t")
    missing = [name for name in required if name not in columns]
    if missing:
        raise UsageProblem(f"{table} lacks the column “{missing[0]}” in its first line.")
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        cells = line.split("\t")
        if len(cells) != len(columns):
            raise UsageProblem(
                f"Line {number} of {table} has {len(cells)} columns, not {len(columns)}."
            )
        yield dict(zip(columns, cells, strict=True))


def _locate(folder: Path, names: Sequence[str]) -> tuple[Path, ...]:
    """Find the photos, none of them outside the folder."""
    root = folder.resolve()
    images = folder / "images"
    bases = (images, folder) if images.is_dir() else (folder,)
    found = []
    for name in names:
        path = next((base / name for base in bases if (base / name).is_file()), None)
        if path is None:
            raise UsageProblem(f"The photo {name} is not in {bases[0]}.")
        if not path.resolve().is_relative_to(root):
            raise UsageProblem(f"The photo {name} lies outside {folder}.")
        found.append(path)
    return tuple(found)
