from __future__ import annotations

import errno
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from media_samples import corners, scene
from PIL import Image

from photoorg.core.errors import EnvironmentProblem
from photoorg.media.thumbnails import ThumbnailStore, encode_thumbnail, make_thumbnail

KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((2000, 1000), (512, 256)),
        ((1000, 2000), (256, 512)),
        ((300, 200), (300, 200)),
        ((9000, 4), (512, 1)),
    ],
)
def test_long_side_is_512_and_small_photos_stay(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    thumbnail = make_thumbnail(scene(*size))
    assert (thumbnail.shape[1], thumbnail.shape[0]) == expected


def test_jpeg_shows_the_photo() -> None:
    with Image.open(BytesIO(encode_thumbnail(scene()))) as image:
        assert image.format == "JPEG"
        assert np.abs(corners(np.asarray(image)) - corners(scene())).max() < 25


def test_written_thumbnails_are_found_two_folders_deep(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path / "not" / "yet")
    assert not store.exists(KEY)
    store.write(KEY, b"first")
    store.write(KEY, b"second")
    assert store.path(KEY).read_bytes() == b"second"
    assert store.path(KEY).relative_to(store.root).parts[:-1] == ("01", "2")
    assert store.exists(KEY)
    assert len([path for path in store.root.rglob("*") if path.is_file()]) == 1


def test_an_empty_file_is_no_thumbnail(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    store.write(KEY, b"")
    assert not store.exists(KEY)


@pytest.mark.parametrize("key", ["", "../../../etc/passwd", "0123/567", "ABCDEF0123", "01234567\n"])
def test_keys_cannot_lead_out_of_the_store(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        ThumbnailStore(tmp_path).path(key)


def test_a_failed_write_leaves_the_old_thumbnail_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ThumbnailStore(tmp_path)
    store.write(KEY, b"old")

    def full(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(EnvironmentProblem, match="disk is full"):
        store.write(KEY, b"newer")
    assert store.path(KEY).read_bytes() == b"old"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{KEY}.jpg"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EnvironmentProblem, match="cannot be stored in"):
        ThumbnailStore(tmp_path / "file").write(KEY, b"x")
