"""What captions changed in the packaged networks: kept, read, and added to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some

from photoorg.core.errors import ModelFileProblem
from photoorg.features import encoder_changes as changes
from photoorg.features.efficientnet import ORIGINAL
from photoorg.features.efficientnet_torch import TorchEncoder, load_network
from photoorg.features.minilm import MiniLM
from photoorg.features.minilm_torch import SentenceNetwork
from photoorg.features.registry import DEFAULT_VISUAL, create_visual_encoder, features_of
from photoorg.features.storage import load_model
from photoorg.features.text import create_text_encoder

CONV, NORM = "network.conv_head.weight", "network.bn2.bias"
DENSE = "encoder.layer.5.output.dense.weight"
TEXTS = ["a dog on the beach", "beach", "two men play chess in a park while it rains"]

Changes = Mapping[str, np.ndarray]


def written(folder: Path, visual: Changes, text: Changes) -> Path:
    changes.write_changes(folder / "encoders", visual, text, training={}, versions={})
    return folder / "encoders"


@given(
    arrays.arrays(
        np.float32,
        arrays.array_shapes(min_dims=2, max_dims=4, max_side=5),
        elements=some.floats(-4, 4, width=32),
    )
)
def test_rounding_moves_no_weight_by_more_than_half_a_step(change):
    rounded = changes._rounded({"w": change}, "text.")
    scale = rounded["text.w:scale"].reshape(-1, *[1] * (change.ndim - 1))
    kept = rounded["text.w"] * scale
    assert rounded["text.w"].dtype == np.int8
    assert (np.abs(kept - change) <= 0.5001 * scale + 1e-12).all()


def test_what_is_written_is_read_and_keys_tell_weights_apart(tmp_path):
    rng = np.random.default_rng(0)
    visual = {CONV: rng.normal(size=(4, 3, 1, 1)).astype("f4"), NORM: np.ones(3, "f4")}
    text = {DENSE: rng.normal(size=(4, 5)).astype("f4")}
    stem = written(tmp_path / "one", visual, text)
    read = changes.visual_variant(stem).read_changes()
    assert read.keys() == visual.keys()
    assert np.array_equal(read[NORM], visual[NORM])
    assert np.abs(read[CONV] - visual[CONV]).max() < 0.02
    assert np.abs(changes.read_text_changes(stem)[DENSE] - text[DENSE]).max() < 0.02
    other = written(tmp_path / "two", visual, {DENSE: text[DENSE] + 1})
    key = changes.visual_variant(stem).spec.key
    assert changes.visual_variant(other).spec.key == key
    assert changes.text_key(other) != changes.text_key(stem)
    assert features_of(key) == DEFAULT_VISUAL


def test_the_shipped_changes_are_those_that_their_keys_name():
    stem = changes.encoders_stem()
    file = load_model(stem, kind=changes.KIND)
    for prefix, key in (
        ("visual.", file.manifest.visual_key),
        ("text.", file.manifest.text_key),
    ):
        parts = {name: part for name, part in file.tensors.items() if name.startswith(prefix)}
        assert key.split(":")[1] == changes._hash(parts)
    assert file.manifest.visual_key == create_visual_encoder(device="cpu").key
    assert file.manifest.text_key == create_text_encoder().key


def test_changes_are_added_to_the_visual_network(tmp_path, photo_batch):
    packaged, classifier = load_network()
    shape = packaged.state_dict()[CONV].shape
    rng = np.random.default_rng(1)
    add = {CONV: 0.01 * rng.normal(size=shape).astype("f4"), NORM: np.full(1280, 0.1, "f4")}
    variant = changes.visual_variant(written(tmp_path, add, {}))
    changed, same = load_network(variant)
    moved = changed.state_dict()[CONV] - packaged.state_dict()[CONV]
    assert torch.allclose(
        moved, torch.from_numpy(np.array(variant.read_changes()[CONV])), atol=1e-6
    )
    assert np.array_equal(classifier.weight, same.weight)
    encoder = TorchEncoder(changed, "cpu", variant=variant)
    assert encoder.key == variant.spec.key
    before = TorchEncoder(packaged, "cpu").encode(photo_batch[:2])
    assert not np.allclose(encoder.encode(photo_batch[:2]), before, atol=1e-2)


@pytest.mark.parametrize(
    ("name", "shape"), [("network.nothing.weight", (2, 2)), (CONV, (2, 3, 4, 5))]
)
def test_changes_of_another_network_are_refused(tmp_path, name, shape):
    variant = changes.visual_variant(written(tmp_path, {name: np.ones(shape, "f4")}, {}))
    with pytest.raises(ModelFileProblem, match="do not fit"):
        load_network(variant)


@pytest.mark.parametrize(("name", "shape"), [("encoder.layer.9.none", (2, 2)), (DENSE, (2, 3))])
def test_changes_of_another_text_network_are_refused(name, shape):
    with pytest.raises(ModelFileProblem):
        MiniLM.load(1, changes={name: np.ones(shape, "f4")})


def test_a_damaged_file_is_refused(tmp_path):
    stem = written(tmp_path, {}, {DENSE: np.ones((2, 2), "f4")})
    path = stem.with_suffix(".safetensors")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelFileProblem):
        changes.read_text_changes(stem)


def test_both_runtimes_of_the_text_network_agree_with_and_without_changes():
    network = SentenceNetwork.load()
    tokens = network.tokens(TEXTS)
    with torch.no_grad():
        packaged = network.encode(tokens, dropout=False).numpy()
        assert np.abs(MiniLM.load(1).encode(TEXTS) - packaged).max() < 2e-6
        rng = np.random.default_rng(2)
        add = {DENSE: 0.02 * rng.normal(size=network.weights[DENSE].shape).astype("f4")}
        network.weights[DENSE].add_(torch.from_numpy(add[DENSE]))
        changed = network.encode(tokens, dropout=False).numpy()
    assert np.abs(MiniLM.load(1, changes=add).encode(TEXTS) - changed).max() < 2e-6
    assert np.abs(changed - packaged).max() > 1e-3


def test_dropout_is_for_training_alone():
    network = SentenceNetwork.load()
    tokens = network.tokens(TEXTS)
    with torch.no_grad():
        plain = [network.encode(tokens, dropout=False) for _ in range(2)]
        dropped = [network.encode(tokens, dropout=True) for _ in range(2)]
    assert torch.equal(*plain)
    assert not torch.allclose(*dropped, atol=1e-3)


def test_a_variant_with_no_changes_is_the_packaged_network(tmp_path, photo_batch):
    variant = changes.visual_variant(written(tmp_path, {}, {}))
    encoded = TorchEncoder(load_network(variant)[0], "cpu", variant=variant).encode(photo_batch[:1])
    assert np.array_equal(encoded, TorchEncoder(load_network()[0], "cpu").encode(photo_batch[:1]))
    assert replace(variant.spec, name="", key=ORIGINAL.spec.key) == replace(ORIGINAL.spec, name="")
