"""Adapted networks side by side: their names, files, and what is refused."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from photoorg.core.errors import EnvironmentProblem, ModelFileProblem, UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.features.efficientnet import FINETUNED, SPEC
from photoorg.features.efficientnet_torch import PooledNetwork, load_network
from photoorg.features.finetuned import finetuned_spec, network_tensors, save_finetuned
from photoorg.features.finetuned_files import (
    LAYOUT,
    PREFIX,
    adopt_network,
    find_network,
    forget_network,
    layout_of,
    network_key,
    network_manifest,
    network_name,
    network_names,
    network_spec,
    read_network,
)
from photoorg.features.registry import create_visual_encoder, visual_kinds, visual_spec
from photoorg.features.storage import load_model, save_model
from photoorg.features.visual import VisualFiles, WeightsMissing

CREATED = {"created": "2026-11-25T18:49:57+00:00", "source": "My library"}


def adapted(step: float) -> PooledNetwork:
    network, _ = load_network()
    network.network.conv_stem.weight.data += step
    return network


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files "one" and "two" of two networks."""
    folder = tmp_path_factory.mktemp("networks")
    for name, step in (("one", 0.01), ("two", 0.02)):
        save_finetuned(folder / name, adapted(step), CREATED)
    return folder


@pytest.fixture
def files(made: Path, tmp_path: Path) -> VisualFiles:
    """Both networks where a library has them."""
    shutil.copytree(made, tmp_path / "new")
    for name in ("one", "two"):
        adopt_network(tmp_path / "new" / name, tmp_path / "learned")
    assert not list((tmp_path / "new").iterdir())
    return VisualFiles(learned=tmp_path / "learned")


def test_each_network_has_a_name_of_its_own(made: Path, files: VisualFiles) -> None:
    names = network_names(files)
    keys = {read_network(made / name).manifest.visual_key for name in ("one", "two")}
    assert {network_name(key) for key in keys} == set(names)
    assert len(set(names)) == 2
    assert all(name.startswith(PREFIX) for name in names)
    assert {visual_spec(name, files).key for name in names} == keys
    assert {visual_spec(name, files).name for name in names} == set(names)
    kinds = {kind.name: kind for kind in visual_kinds(files)}
    assert FINETUNED not in kinds
    for name in names:
        assert kinds[name].status == "ready"
        assert "adapted 25 November 2026" in kinds[name].title


def test_the_encoder_is_the_network_of_that_name(files: VisualFiles) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (1, 260, 260, 3), dtype=np.uint8)
    rows = []
    for name in network_names(files):
        encoder = create_visual_encoder(name, device="cpu", files=files)
        assert encoder.key == visual_spec(name, files).key
        rows.append(encoder.encode(photo))
    assert rows[0].shape == (1, SPEC.dimension)
    assert not np.allclose(rows[0], rows[1])


def test_the_first_network_survives_the_second_and_its_deletion(files: VisualFiles) -> None:
    newer, older = network_names(files)
    forget_network(newer, files)
    forget_network(newer, files)
    assert network_names(files) == (older,)
    read_network(find_network(older, files))
    with pytest.raises(WeightsMissing, match="is not here"):
        visual_spec(newer, files)


def test_without_a_network_it_is_said_how_to_adapt_one(tmp_path: Path) -> None:
    for files in (VisualFiles(), VisualFiles(learned=tmp_path)):
        for name in (FINETUNED, f"{PREFIX}00000000"):
            with pytest.raises(WeightsMissing, match="--finetune"):
                visual_spec(name, files)
        kind = next(kind for kind in visual_kinds(files) if kind.name == FINETUNED)
        assert kind.status == "needs weights"


@pytest.mark.parametrize("name", ["", "../../../etc", "ABCDEF01", "0123456", "0123456789"])
def test_no_name_leads_out_of_the_folder(files: VisualFiles, name: str) -> None:
    for there in (files, VisualFiles()):
        with pytest.raises(UsageProblem, match="can be called"):
            visual_spec(f"{PREFIX}{name}", there)


def test_of_several_networks_one_has_to_be_named(files: VisualFiles) -> None:
    with pytest.raises(UsageProblem, match=network_names(files)[0]):
        visual_spec(FINETUNED, files)


# -- damaged and forged ---------------------------------------------------------------------------
def test_the_layout_is_that_of_the_network() -> None:
    assert layout_of(network_tensors(load_network()[0])) == LAYOUT


def forge(stem: Path, **tensors: np.ndarray | None) -> None:
    """Write a network with other tensors and a manifest that suits them."""
    held = dict(load_model(stem, kind=FINETUNED).tensors)
    for name, tensor in tensors.items():
        key = name.replace("__", ".")
        if tensor is None:
            del held[key]
        else:
            held[key] = tensor
    save_model(stem, network_manifest(network_key(held), {}), held)


@pytest.mark.parametrize(
    "tensors",
    [
        {"network__conv_stem__weight": None},
        {"network__conv_stem__weight": np.zeros((32, 3, 3, 4), np.float32)},
        {"network__conv_stem__weight": np.zeros((32, 3, 3, 3), np.float16)},
        {"network__surprise": np.zeros(3, np.float32)},
    ],
)
def test_a_network_of_other_parts_is_refused(made: Path, tmp_path: Path, tensors) -> None:
    shutil.copytree(made, tmp_path / "new")
    stem = tmp_path / "new" / "one"
    forge(stem, **tensors)
    with pytest.raises(ModelFileProblem, match="whole network"):
        adopt_network(stem, tmp_path / "learned")
    assert not (tmp_path / "learned").exists()


def test_other_weights_than_it_says_are_refused(made: Path, tmp_path: Path) -> None:
    file = load_model(made / "one", kind=FINETUNED)
    other = load_model(made / "two", kind=FINETUNED)
    save_model(tmp_path / "one", file.manifest, other.tensors)
    with pytest.raises(ModelFileProblem, match="other weights than it says"):
        read_network(tmp_path / "one")


@pytest.mark.parametrize("damage", ["cut", "gone", "swapped"])
def test_a_damaged_network_is_told_of(files: VisualFiles, damage: str) -> None:
    one, two = (find_network(name, files) for name in network_names(files))
    weights = one.with_suffix(".safetensors")
    if damage == "cut":
        weights.write_bytes(weights.read_bytes()[:-7])
    elif damage == "gone":
        weights.unlink()
    else:
        shutil.copy(two.with_suffix(".json"), one.with_suffix(".json"))
        with pytest.raises(ModelFileProblem, match="does not describe"):
            network_spec(network_names(files)[0], files)
    with pytest.raises(ModelFileProblem):
        read_network(one)


def test_a_damaged_manifest_does_not_hide_the_other_encoders(files: VisualFiles) -> None:
    name = network_names(files)[0]
    find_network(name, files).with_suffix(".json").write_text("{")
    kinds = {kind.name: kind for kind in visual_kinds(files)}
    assert kinds[name].status == "needs weights"
    assert "not a model manifest" in kinds[name].hint
    assert SPEC.name in kinds


def test_a_folder_that_cannot_be_written_is_said(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "new")
    (tmp_path / "learned").write_text("in the way")
    with pytest.raises(EnvironmentProblem, match="cannot be moved"):
        adopt_network(tmp_path / "new" / "one", tmp_path / "learned")


def test_the_key_follows_the_weights_and_not_the_classifier() -> None:
    network = adapted(0)
    key = finetuned_spec(network).key
    network.network.classifier.weight.data += 1
    assert finetuned_spec(network).key == key
    network.network.conv_stem.weight.data += 0.1
    assert finetuned_spec(network).key != key
    assert key != ModelKey(SPEC.key)


def test_looking_for_networks_needs_no_torch(files: VisualFiles) -> None:
    """The window and the command line list, import and delete them."""
    script = (
        "import sys; from pathlib import Path;"
        "from photoorg.features.registry import visual_kinds;"
        "from photoorg.features.visual import VisualFiles;"
        "from photoorg.features.finetuned_files import *;"
        "files = VisualFiles(learned=Path(sys.argv[1]));"
        "names = network_names(files); visual_kinds(files);"
        "read_network(find_network(names[0], files)); forget_network(names[0], files);"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(files.learned)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
