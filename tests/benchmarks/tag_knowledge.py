"""Proposals about the tags of real photos: COCO's labels, and the words of Flickr8k's captions.

    python tests/benchmarks/tag_knowledge.py DATA [--photos N]

Indexes photos of DATA into a catalog of its own, gives each its labels as tags (or the words that
at least 20 captions say), and prints every proposal, for a person to judge, with the time it took.
The rule of judging: a parent is right where every careful person would say "each A is a B" of the
photos; a merge is right where they would give both tags to the same photos.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from photoorg.core.changes import AddTag
from photoorg.core.ids import PhotoId
from photoorg.core.paths import CatalogPaths
from photoorg.core.progress import CancelToken
from photoorg.features.words.normalise import Normaliser
from photoorg.jobs.library import Library

LEAST = 20


def labels_of(file: Path) -> dict[str, list[str]]:
    """Return labels by the name of the photo's file."""
    rows = (line.split("\t") for line in file.read_text("utf-8").splitlines()[1:])
    return {row[0].rsplit("/")[-1]: row[-1].split(";") for row in rows}


def words_of(file: Path) -> dict[str, list[str]]:
    """Return the words of captions by the name of the photo's file."""
    normaliser = Normaliser()
    words: defaultdict[str, set[str]] = defaultdict(set)
    for line in file.read_text("utf-8").splitlines()[1:]:
        cells = line.split("\t")
        words[cells[0].rsplit("/")[-1]].update(normaliser.tokens(cells[-1]))
    return {name: sorted(found) for name, found in words.items()}


def run(folder: Path, said: dict[str, list[str]], photos: int) -> None:
    names = sorted(path for path in folder.rglob("*.jpg") if path.name in said)[:photos]
    with tempfile.TemporaryDirectory() as scratch:
        chosen = Path(scratch) / "photos"
        chosen.mkdir()
        for path in names:
            (chosen / path.name).symlink_to(path)
        with Library.open(CatalogPaths(Path(scratch) / "catalog"), background=False) as library:
            library.index([chosen], on_progress=lambda _: None, token=CancelToken())
            carriers: defaultdict[str, list[PhotoId]] = defaultdict(list)
            for path in names:
                photo = library.photo_by_path(chosen / path.name)
                for tag in said[path.name] if photo is not None else ():
                    carriers[tag].append(photo)
            for tag, ids in carriers.items():
                if len(ids) >= min(LEAST, max(1, photos // 100)):
                    library.apply(AddTag(tag, tuple(ids)))
            begun = time.perf_counter()
            proposals = library.knowledge.proposals()
            seconds = time.perf_counter() - begun
            print(f"\n{folder}: {len(names)} photos, {len(library.tags())} tags, {seconds:.1f} s")
            for each in proposals:
                print(
                    f"{each.confidence:.2f}\t{each.kind}\t{each.tag}\t{each.other}\t{each.reason}"
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--photos", type=int, default=2000)
    given = parser.parse_args()
    run(given.data / "coco" / "images", labels_of(given.data / "coco" / "labels.tsv"), given.photos)
    captions = words_of(given.data / "flickr8k" / "captions.tsv")
    run(given.data / "flickr8k" / "images", captions, given.photos)


if __name__ == "__main__":
    main()
