"""Adapted networks come, stay and go with the models that need them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from small_models import save_adapted

from photoorg.core.errors import ModelFileProblem
from photoorg.core.modelling import ModelInfo
from photoorg.features.finetuned_files import find_network, network_names
from photoorg.features.registry import visual_spec
from photoorg.features.storage import load_model
from photoorg.features.visual import VisualFiles, WeightsMissing
from photoorg.jobs.model_archive import FILES, NETWORK_FILES
from photoorg.jobs.model_store import ModelStore


class Shelf:
    """The models of one library and where its networks are."""

    def __init__(self, folder: Path) -> None:
        self.files = VisualFiles(learned=folder / "features")
        self.store = ModelStore(folder, self.files)

    @property
    def networks(self) -> set[str]:
        return set(network_names(self.files))

    def add(self, number: int, *, hours: int = 0, network: bool = True) -> ModelInfo:
        with self.store.new_folder() as folder:
            save_adapted(folder, number, hours=hours, network=network)
            return self.store.keep(folder)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "models")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "elsewhere")


@pytest.fixture
def exported(shelf: Shelf, tmp_path: Path) -> Path:
    file = tmp_path / "model.photoorg-model"
    shelf.store.export_to(shelf.add(1).model_id, file)
    return file


def test_a_model_brings_its_network_along_under_a_name_of_its_own(shelf: Shelf) -> None:
    first, second = shelf.add(1), shelf.add(2, hours=1)
    assert first.features != second.features
    assert shelf.networks == {first.features, second.features}
    assert [info.problem for info in shelf.store.infos()] == ["", "", ""]
    for info in (first, second):
        folder = shelf.store.path(info.model_id)
        assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
        key = shelf.store.load(info.model_id).model.visual_key
        assert visual_spec(info.features, shelf.files).key == key


def test_a_network_stays_while_a_model_needs_it(shelf: Shelf) -> None:
    first, heir, second = shelf.add(1), shelf.add(1, hours=1, network=False), shelf.add(2, hours=2)
    key = shelf.store.load(heir.model_id).model.visual_key
    assert heir.features == first.features
    assert shelf.store.delete(first.model_id) is None
    assert shelf.networks == {heir.features, second.features}
    assert shelf.store.delete(heir.model_id) == key
    assert shelf.networks == {second.features}


def test_deleting_a_model_of_other_features_takes_no_network_along(
    shelf: Shelf, exported: Path
) -> None:
    """A damaged one does not either: what it needed cannot be told."""
    damaged = shelf.add(2, hours=1)
    (shelf.store.path(damaged.model_id) / FILES[0]).write_text("{")
    assert shelf.store.delete(damaged.model_id) is None
    assert len(shelf.networks) == 2


def test_the_network_travels_with_the_model(
    shelf: Shelf, elsewhere: Shelf, exported: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(exported) as archive:
        assert archive.namelist() == [*FILES, *NETWORK_FILES]
    info = elsewhere.store.import_from(exported)
    assert elsewhere.networks == {info.features} == shelf.networks
    before, after = (find_network(info.features, each.files) for each in (shelf, elsewhere))
    for suffix in (".safetensors", ".json"):
        assert before.with_suffix(suffix).read_bytes() == after.with_suffix(suffix).read_bytes()
    again = tmp_path / "again"
    elsewhere.store.export_to(info.model_id, again)
    assert again.read_bytes() == exported.read_bytes()
    twin = elsewhere.store.import_from(exported)
    assert elsewhere.store.delete(info.model_id) is None
    assert elsewhere.store.delete(twin.model_id) is not None
    assert elsewhere.networks == set()


def test_without_its_network_a_model_is_not_exported(shelf: Shelf, tmp_path: Path) -> None:
    info = shelf.add(1, network=False)
    with pytest.raises(WeightsMissing, match=info.features):
        shelf.store.export_to(info.model_id, tmp_path / "file")
    assert not (tmp_path / "file").exists()


def rewrite(file: Path, **entries: bytes | None) -> None:
    """Write the file anew with other entries ("network__json"); None leaves one out."""
    with zipfile.ZipFile(file) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    for name, blob in entries.items():
        key = name.replace("__", ".")
        if blob is None:
            del content[key]
        else:
            content[key] = blob
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, blob in content.items():
            archive.writestr(name, blob)


def read(file: Path, name: str) -> bytes:
    with zipfile.ZipFile(file) as archive:
        return archive.read(name)


def refuse(shelf: Shelf, file: Path, said: str) -> None:
    with pytest.raises(ModelFileProblem, match=said) as problem:
        shelf.store.import_from(file)
    assert ".new-" not in str(problem.value)
    assert shelf.networks == set()
    left = [path.name for path in shelf.store.folder.iterdir() if path.name != "features"]
    assert left == []


def test_a_file_without_its_network_is_refused(elsewhere: Shelf, exported: Path) -> None:
    rewrite(exported, network__json=None, network__safetensors=None)
    refuse(elsewhere, exported, "neither in it nor here")
    elsewhere.add(1)
    assert elsewhere.store.import_from(exported).features in elsewhere.networks


def test_half_a_network_is_refused(elsewhere: Shelf, exported: Path) -> None:
    rewrite(exported, network__json=None)
    refuse(elsewhere, exported, "does not hold the files")


def test_a_damaged_network_is_refused(elsewhere: Shelf, exported: Path) -> None:
    blob = bytearray(read(exported, "network.safetensors"))
    blob[-1] ^= 1
    rewrite(exported, network__safetensors=bytes(blob))
    refuse(elsewhere, exported, "network.safetensors is damaged")


def test_the_network_of_another_model_is_refused(
    shelf: Shelf, elsewhere: Shelf, exported: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shelf.store.export_to(shelf.add(2, hours=1).model_id, other)
    rewrite(
        exported,
        network__json=read(other, "network.json"),
        network__safetensors=read(other, "network.safetensors"),
    )
    refuse(elsewhere, exported, "is not the one that its model needs")


@pytest.mark.parametrize("name", ["../../evil", "efficientnet-lite2"])
def test_a_network_under_a_false_name_is_refused(
    elsewhere: Shelf, exported: Path, name: str
) -> None:
    manifest = json.loads(read(exported, "model.json"))
    manifest["training"]["features"] = name
    rewrite(exported, model__json=json.dumps(manifest).encode())
    refuse(elsewhere, exported, "is not the one that its model needs")


def test_a_network_that_only_says_it_is_one_is_refused(elsewhere: Shelf, exported: Path) -> None:
    """A model's own tensors under the network's name: whole, but no network."""
    manifest = json.loads(read(exported, "network.json"))
    manifest["sha256"] = json.loads(read(exported, "model.json"))["sha256"]
    rewrite(
        exported,
        network__json=json.dumps(manifest).encode(),
        network__safetensors=read(exported, "model.safetensors"),
    )
    refuse(elsewhere, exported, "does not hold a whole network")


def test_what_was_adapted_is_what_is_kept(shelf: Shelf) -> None:
    info = shelf.add(1)
    file = load_model(find_network(info.features, shelf.files), kind="efficientnet-lite2-finetuned")
    assert file.manifest.visual_key == visual_spec(info.features, shelf.files).key
