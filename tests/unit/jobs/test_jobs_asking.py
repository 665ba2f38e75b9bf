"""What helps in typing a search: cameras, and a place for pasted images."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from photoorg.catalog.catalog import Catalog
from photoorg.catalog.records import PreparedFile
from photoorg.core.changes import SaveAlbum
from photoorg.core.errors import EnvironmentProblem
from photoorg.core.ids import ContentHash, PixelHash
from photoorg.core.paths import CatalogPaths
from photoorg.core.records import (
    Alternative,
    FoundFile,
    MediaType,
    PhotoMetadata,
    PhotoScope,
    PreparedPhoto,
)
from photoorg.jobs.asking import KEPT_DAYS, Asking

ROOT = Path(Path.cwd().anchor) / "photos"


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(CatalogPaths(tmp_path / "catalog")) as catalog:
        yield catalog


def no_others(_text: str, _scope: PhotoScope) -> tuple[Alternative, ...]:
    return ()


def store(catalog: Catalog, name: str, camera: str) -> None:
    found = FoundFile(ROOT / name, 10, 1_600_000_000_000_000_000)
    (file_id,) = catalog.register_files(ROOT, [found]).file_ids
    prepared = PreparedPhoto(
        content_hash=ContentHash(name),
        pixel_hash=PixelHash(name),
        perceptual_hash=1,
        media_type=MediaType.JPEG,
        file_size=10,
        width=4,
        height=3,
        average_color=0,
        metadata=PhotoMetadata(camera=camera),
    )
    catalog.store_prepared([PreparedFile(file_id, found, prepared)])


def test_cameras_are_listed_by_use(catalog: Catalog) -> None:
    catalog.add_folder(ROOT)
    for name, camera in (("a", "X-T4"), ("b", "Pixel 7"), ("c", "Pixel 7"), ("d", "")):
        store(catalog, f"{name}.jpg", camera)
    assert Asking(catalog, no_others).cameras() == ["Pixel 7", "X-T4"]


def test_an_image_is_kept_once(catalog: Catalog) -> None:
    asking = Asking(catalog, no_others)
    path = asking.keep_image(b"image")
    assert path.parent == catalog.paths.scratch
    assert path.read_bytes() == b"image"
    assert asking.keep_image(b"image") == path
    assert asking.keep_image(b"other") != path
    assert len(list(catalog.paths.scratch.iterdir())) == 2


def test_old_images_are_forgotten_unless_an_album_names_them(catalog: Catalog) -> None:
    asking = Asking(catalog, no_others)
    old, named, fresh = (asking.keep_image(data) for data in (b"1", b"2", b"3"))
    catalog.apply(SaveAlbum("Like it", f'like:"{named}"'))
    long_ago = time.time() - (KEPT_DAYS + 1) * 24 * 60 * 60
    for path in (old, named):
        os.utime(path, (long_ago, long_ago))
    asking.keep_image(b"4")
    assert not old.exists()
    assert named.exists()
    assert fresh.exists()


def test_a_folder_that_cannot_be_written_is_named(catalog: Catalog) -> None:
    catalog.paths.scratch.rmdir()
    catalog.paths.scratch.write_text("in the way")
    with pytest.raises(EnvironmentProblem, match="cannot be kept"):
        Asking(catalog, no_others).keep_image(b"image")
