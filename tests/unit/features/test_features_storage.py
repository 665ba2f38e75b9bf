from __future__ import annotations

import json

import numpy as np
import pytest

from photoorg.core.errors import ModelFileProblem
from photoorg.core.ids import ModelKey
from photoorg.features.storage import Manifest, load_model, save_model, take_tensor

MANIFEST = Manifest("toy", ModelKey("see"), ModelKey("read"), {"size": 3}, metrics={"map": 0.5})
TENSORS = {"a": np.arange(6, dtype=np.float16).reshape(2, 3), "b": np.ones(2, dtype=np.float32)}


@pytest.fixture
def stem(tmp_path):
    save_model(tmp_path / "toy", MANIFEST, TENSORS)
    return tmp_path / "toy"


def test_a_model_comes_back_as_it_was(stem):
    file = load_model(stem, kind="toy", visual_key=ModelKey("see"), text_key=ModelKey("read"))
    assert file.manifest == MANIFEST
    assert file.tensors.keys() == TENSORS.keys()
    np.testing.assert_array_equal(file.tensors["a"], TENSORS["a"])


def test_transposed_tensors_keep_their_values(tmp_path):
    save_model(tmp_path / "t", MANIFEST, {"a": TENSORS["a"].T})
    tensors = load_model(tmp_path / "t", kind="toy").tensors
    np.testing.assert_array_equal(tensors["a"], TENSORS["a"].T)


def test_the_same_model_gives_the_same_bytes(stem, tmp_path):
    save_model(tmp_path / "again", MANIFEST, dict(reversed(TENSORS.items())))
    for suffix in (".json", ".safetensors"):
        again = (tmp_path / "again").with_suffix(suffix).read_bytes()
        assert stem.with_suffix(suffix).read_bytes() == again
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "again.json",
        "again.safetensors",
        "toy.json",
        "toy.safetensors",
    ]


@pytest.mark.parametrize(
    ("expected", "named"),
    [
        ({"kind": "other"}, "other"),
        ({"kind": "toy", "visual_key": ModelKey("sift")}, "visual features.*see.*sift"),
        ({"kind": "toy", "text_key": ModelKey("glove")}, "text features.*read.*glove"),
    ],
)
def test_a_model_for_something_else_is_refused_by_name(stem, expected, named):
    with pytest.raises(ModelFileProblem, match=named):
        load_model(stem, **expected)


@pytest.mark.parametrize("suffix", [".json", ".safetensors"])
def test_a_missing_file_is_named(stem, suffix):
    stem.with_suffix(suffix).unlink()
    with pytest.raises(ModelFileProblem, match=f"toy{suffix} is missing"):
        load_model(stem, kind="toy")


@pytest.mark.parametrize("length", [0, 1, 20, -1])
@pytest.mark.parametrize("suffix", [".json", ".safetensors"])
def test_a_cut_file_is_refused(stem, suffix, length):
    path = stem.with_suffix(suffix)
    path.write_bytes(path.read_bytes()[: length if length >= 0 else -3])
    with pytest.raises(ModelFileProblem):
        load_model(stem, kind="toy")


def rewrite(stem, **changes):
    path = stem.with_suffix(".json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize(
    "changes",
    [{"sha256": "0" * 64}, {"config": []}, {"kind": 3}, {"format": 99}, {"visual_key": None}],
)
def test_a_forged_manifest_is_refused(stem, changes):
    rewrite(stem, **changes)
    with pytest.raises(ModelFileProblem):
        load_model(stem, kind="toy")


def test_a_newer_format_is_told_apart_from_damage(stem):
    rewrite(stem, format=2)
    with pytest.raises(ModelFileProblem, match="format 2"):
        load_model(stem, kind="toy")


def test_a_flipped_bit_in_the_tensors_is_noticed(stem):
    path = stem.with_suffix(".safetensors")
    blob = bytearray(path.read_bytes())
    blob[-1] ^= 1
    path.write_bytes(bytes(blob))
    with pytest.raises(ModelFileProblem, match="damaged"):
        load_model(stem, kind="toy")


def test_values_that_are_no_numbers_are_refused(tmp_path):
    save_model(tmp_path / "n", MANIFEST, {"a": np.array([np.nan], dtype=np.float32)})
    with pytest.raises(ModelFileProblem, match="not numbers"):
        load_model(tmp_path / "n", kind="toy")


def test_nothing_is_unpickled(tmp_path):
    with pytest.raises(ValueError, match="object"):
        save_model(tmp_path / "p", MANIFEST, {"a": np.array([object()])})


def test_tensors_are_checked_against_their_shapes(stem):
    file = load_model(stem, kind="toy")
    assert take_tensor(file, "a", (None, 3)).dtype == np.float32
    for name, shape in (("a", (3, 3)), ("a", (6,)), ("c", (1,))):
        with pytest.raises(ModelFileProblem, match=name):
            take_tensor(file, name, shape)
