from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from photoorg.core.errors import ModelFileProblem
from photoorg.features.tensor_file import map_tensors, read_cached, write_cached

TENSORS = {
    "bytes": np.arange(7, dtype=np.uint8),
    "matrix": np.arange(6, dtype=np.float32).reshape(2, 3),
    "empty": np.empty((0, 4), np.float32),
}


def assert_same(ours: dict[str, np.ndarray] | None, expected: dict[str, np.ndarray]) -> None:
    assert ours is not None
    assert ours.keys() == expected.keys()
    for name, tensor in expected.items():
        np.testing.assert_array_equal(ours[name], tensor, strict=True)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.safetensors"
    write_cached(path, TENSORS)
    assert_same(read_cached(path), TENSORS)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_safetensors_library_reads_what_we_write_and_the_other_way_round(
    tmp_path: Path,
) -> None:
    write_cached(tmp_path / "ours", TENSORS)
    assert_same(load_file(tmp_path / "ours"), TENSORS)
    save_file(TENSORS | {"half": np.ones(3, np.float16)}, tmp_path / "theirs")
    assert_same(
        dict(sorted(map_tensors(tmp_path / "theirs").items())), dict(sorted(TENSORS.items()))
    )


def test_a_transposed_array_is_written_in_its_own_order(tmp_path: Path) -> None:
    tensor = np.arange(6, dtype=np.float32).reshape(2, 3).T
    write_cached(tmp_path / "file", {"t": tensor})
    assert_same(read_cached(tmp_path / "file"), {"t": tensor})


def test_no_file_is_no_tensors(tmp_path: Path) -> None:
    assert read_cached(tmp_path / "absent") is None


def test_a_file_of_somebody_else_is_no_tensors(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save_file(TENSORS, tmp_path / "theirs")
    assert read_cached(tmp_path / "theirs") is None
    assert "damaged" in caplog.text


@pytest.fixture(scope="module")
def sound_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tensors") / "file"
    write_cached(path, TENSORS)
    return path


@settings(deadline=None)
@given(data=st.data())
def test_no_damage_goes_unnoticed(sound_file: Path, data: st.DataObject) -> None:
    path = sound_file.with_name("damaged")
    content = bytearray(sound_file.read_bytes())
    position = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        del content[position:]
    else:
        content[position] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    logging.disable()
    try:
        tensors = read_cached(path)
    finally:
        logging.disable(logging.NOTSET)
    if tensors is not None:  # some bytes of the header are of no consequence, such as its spaces
        assert_same(tensors, TENSORS)


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_cached(path, TENSORS)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_cached(path, {"other": np.ones(1, np.float32)})
    assert_same(read_cached(path), TENSORS)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"\0" * 8, b"\xff" * 64, b"\2\0\0\0\0\0\0\0[]"])
def test_mapping_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ModelFileProblem, match="not a safetensors file"):
        map_tensors(path)


def test_mapping_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileProblem, match="cannot be read"):
        map_tensors(tmp_path / "absent")
