"""Makes a library of 100,000 photos to measure with: a few real ones, and made-up kin of theirs.

The real ones are indexed as a person's are. The others are rows of the same catalog with vectors
that lie between those of real photos, so that the real model and the real text encoder give answers
of every length: one base is rare and another is in a good part of the library. Their thumbnails are
links to those of the real ones; files they have none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from photoorg.catalog.catalog import Catalog
from photoorg.catalog.records import PreparedFile
from photoorg.core.changes import AddTag, SetParent, SetRating
from photoorg.core.ids import ContentHash, PhotoId, PixelHash
from photoorg.core.paths import CatalogPaths
from photoorg.core.progress import CancelToken
from photoorg.core.records import (
    FoundFile,
    GridRow,
    MediaType,
    PhotoMetadata,
    PhotoScope,
    PreparedPhoto,
)
from photoorg.features.registry import visual_spec
from photoorg.index.rows import FloatArray
from photoorg.jobs.library import Library
from photoorg.media.thumbnails import ThumbnailStore

PHOTOS = 100_000
FOLDERS = 200
TAGS = 300
"""The most used is on 5,000 photos, the tenth on 500, the hundredth on 50."""

_PART = 5000
_PLACES = ("rome", "beach", "party", "garden", "trip")
_SHAPES = ((6000, 4000), (4000, 3000), (3000, 4000), (4000, 6000), (3840, 2160))
_FIRST_DAY = datetime(2009, 3, 1, 12)


def make_library(root: Path, real: Sequence[Path]) -> None:
    """Make a library in a catalog folder.

    Args:
        root: of the catalog, which is not there yet.
        real: photos in one folder.
    """
    paths = CatalogPaths(root)
    with Library.open(paths, background=False) as library:
        library.index([real[0].parent], on_progress=lambda _: None, token=CancelToken())
    with Catalog.open(paths) as catalog:
        bases = catalog.grid_rows([PhotoId(int(i)) for i in catalog.photo_ids(PhotoScope())])
        photo_ids = _add_photos(catalog, PHOTOS - len(bases), bases)
        _add_vectors(catalog, photo_ids, bases)
        _add_tags(catalog, photo_ids)
    with Library.open(paths, background=False) as library:
        library.search("cat", PhotoScope())  # takes all vectors into the indexes, which are kept


def _add_photos(catalog: Catalog, count: int, bases: Sequence[GridRow]) -> list[PhotoId]:
    """Return photos that were read, in 200 folders, one an hour."""
    root = Path(catalog.paths.root.anchor) / "made-up"
    found = [
        FoundFile(root / f"{_PLACES[n % 5]} {n % FOLDERS}" / f"IMG_{n:06}.jpg", 10**6 + n, n)
        for n in range(count)
    ]
    catalog.add_folder(root)
    thumbnails = ThumbnailStore(catalog.paths.thumbnails)
    ids: list[PhotoId] = []
    for start in range(0, count, _PART):
        part = found[start : start + _PART]
        files = catalog.register_files(root, part).file_ids
        prepared = [
            PreparedFile(file, each, _prepared(start + n, bases))
            for n, (file, each) in enumerate(zip(files, part, strict=True))
        ]
        ids += [stored.photo_id for stored in catalog.store_prepared(prepared).outcomes]
        for n, each in enumerate(prepared, start):
            link = thumbnails.path(each.photo.content_hash)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(thumbnails.path(bases[n % len(bases)].thumbnail_key))
    assert len(ids) == count
    return ids


def _prepared(number: int, bases: Sequence[GridRow]) -> PreparedPhoto:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    width, height = _SHAPES[number % len(_SHAPES)]
    return PreparedPhoto(
        content_hash=ContentHash(digest),
        pixel_hash=PixelHash(digest[::-1]),
        perceptual_hash=int(digest[:15], 16),
        media_type=MediaType.JPEG,
        file_size=10**6 + number,
        width=width,
        height=height,
        average_color=bases[number % len(bases)].average_color,
        metadata=PhotoMetadata(taken_at=_FIRST_DAY + timedelta(hours=number)),
    )


def _add_vectors(catalog: Catalog, photo_ids: Sequence[PhotoId], bases: Sequence[GridRow]) -> None:
    """Give photos vectors between those of two real ones, with noise of their own."""
    key = visual_spec().key
    _, real = catalog.vectors(key, [row.photo_id for row in bases])
    random = np.random.default_rng(3)
    share = np.geomspace(1, 0.001, len(real))
    spread = float(real.std())
    for start in range(0, len(photo_ids), _PART):
        part = photo_ids[start : start + _PART]
        first, second = random.choice(len(real), (2, len(part)), p=share / share.sum())
        weight = random.beta(2, 1, (len(part), 1)).astype(np.float32)
        mixed: FloatArray = weight * real[first] + (1 - weight) * real[second]
        noise = random.standard_normal(mixed.shape, dtype=np.float32) * np.float32(0.5 * spread)
        # What a network pools after its last activation is not below 0 by much.
        catalog.store_vectors(key, part, np.maximum(mixed + noise, real.min()))


def _add_tags(catalog: Catalog, photo_ids: Sequence[PhotoId]) -> None:
    """Tag photos, put tags below others, and rate some photos."""
    random = np.random.default_rng(4)
    keys = np.array(photo_ids)
    for rank in range(1, TAGS + 1):
        chosen = random.choice(keys, 5000 // rank, replace=False)
        name = "dog" if rank == 1 else f"tag {rank}"
        catalog.apply(AddTag(name, tuple(map(PhotoId, np.sort(chosen).tolist()))))
    for rank in range(11, TAGS + 1):
        catalog.apply(SetParent(f"tag {rank}", f"tag {2 + rank % 8}"))
    rated = random.choice(keys, 2000, replace=False)
    catalog.apply(SetRating(4, tuple(map(PhotoId, np.sort(rated).tolist()))))
