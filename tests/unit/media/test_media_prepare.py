from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from media_samples import FORMATS, corners, dng, encode, exif_block, scene, short, text

from photoorg.core.errors import DamagedMedia, MediaProblem, MediaTooLarge, UnsupportedMedia
from photoorg.core.records import MediaType
from photoorg.media import files
from photoorg.media.fingerprint import content_hash
from photoorg.media.limits import Limits
from photoorg.media.prepare import Prepared, Recognised, prepare_bytes, prepare_file
from photoorg.media.thumbnails import ThumbnailStore


def photo(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "photo"
    path.write_bytes(data)
    return path


def test_one_call_gives_everything(tmp_path: Path) -> None:
    exif = exif_block({0x0110: text("Acme One"), 0x0112: short(8)})
    data = encode(scene(1200, 800), MediaType.JPEG, exif=exif)
    store = ThumbnailStore(tmp_path / "thumbnails")
    prepared = prepare_file(photo(tmp_path, data), input_size=260, store=store)
    assert isinstance(prepared, Prepared)
    facts = prepared.photo
    assert facts.content_hash == content_hash(data)
    assert facts.media_type is MediaType.JPEG
    assert (facts.width, facts.height, facts.file_size) == (800, 1200, len(data))
    assert facts.metadata.camera == "Acme One"
    mean = scene().mean(axis=(0, 1))
    color = facts.average_color
    assert np.abs(np.array([color >> 16, color >> 8 & 255, color & 255]) - mean).max() < 6
    assert prepared.network_input is not None
    assert prepared.network_input.shape == (260, 260, 3)
    turned = np.rot90(scene())
    assert np.abs(corners(prepared.network_input) - corners(turned)).max() < 25
    assert store.exists(facts.content_hash)


@pytest.mark.parametrize("kind", [*FORMATS, MediaType.HEIF, MediaType.RAW])
def test_every_format(kind: MediaType) -> None:
    data = dng() if kind is MediaType.RAW else encode(scene(640, 480), kind)
    prepared = prepare_bytes(data, input_size=64)
    assert prepared.photo.media_type is kind
    assert (prepared.photo.width, prepared.photo.height) == (640, 480)
    assert prepared.network_input is not None
    assert prepared.network_input.shape == (64, 64, 3)


def test_identity_does_not_depend_on_what_is_asked_for() -> None:
    data = encode(scene(900, 600), MediaType.JPEG)
    without, with_input = prepare_bytes(data), prepare_bytes(data, input_size=260)
    assert without.network_input is None
    assert without.photo == with_input.photo


def test_a_small_photo_is_enlarged_for_the_network_only(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    prepared = prepare_bytes(encode(scene(30, 20), MediaType.PNG), input_size=260, store=store)
    assert prepared.network_input is not None
    assert prepared.network_input.shape == (260, 260, 3)
    assert np.abs(corners(prepared.network_input) - corners(scene())).max() < 8
    assert (prepared.photo.width, prepared.photo.height) == (30, 20)


def test_known_content_is_not_decoded(tmp_path: Path) -> None:
    data = b"\xff\xd8\xff\xe0 would be damaged if anyone looked"
    digest = content_hash(data)
    path = photo(tmp_path, data)
    assert prepare_file(path, known_hashes=frozenset({digest})) == Recognised(digest, len(data))
    with pytest.raises(DamagedMedia):
        prepare_file(path)


def test_a_thumbnail_that_is_there_is_left_alone(tmp_path: Path) -> None:
    data = encode(scene(), MediaType.JPEG)
    store = ThumbnailStore(tmp_path)
    store.write(content_hash(data), b"mine")
    prepare_bytes(data, store=store)
    assert store.path(content_hash(data)).read_bytes() == b"mine"


def test_reasons_for_refusal(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedMedia, match="not a photo"):
        prepare_file(photo(tmp_path, b"just words"))
    with pytest.raises(UnsupportedMedia, match="empty"):
        prepare_file(photo(tmp_path, b""))
    with pytest.raises(UnsupportedMedia, match="folder"):
        prepare_file(tmp_path)
    with pytest.raises(MediaProblem, match="cannot be read"):
        prepare_file(tmp_path / "gone.jpg")
    with pytest.raises(MediaTooLarge, match="MB"):
        prepare_file(photo(tmp_path, b"x" * 2000), limits=Limits(max_bytes=1999))
    with pytest.raises(MediaTooLarge, match="MB"):
        prepare_bytes(b"x" * 2000, limits=Limits(max_bytes=1999))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this platform")
@pytest.mark.timeout(10)
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(UnsupportedMedia, match="not a file"):
        prepare_file(tmp_path / "pipe.jpg")


def test_a_file_that_grows_while_it_is_read_is_put_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = photo(tmp_path, encode(scene(), MediaType.JPEG))
    read = os.read

    def growing(descriptor: int, length: int) -> bytes:
        with path.open("ab") as file:
            file.write(b"more")
        return read(descriptor, length)

    monkeypatch.setattr(files.os, "read", growing)
    with pytest.raises(MediaProblem, match="being written"):
        prepare_file(path)


def test_a_read_in_small_pieces_gives_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encode(scene(), MediaType.JPEG)
    path = photo(tmp_path, data)
    read = os.read
    monkeypatch.setattr(
        files.os, "read", lambda descriptor, length: read(descriptor, min(100, length))
    )
    assert files.read_file(path, Limits()) == data
