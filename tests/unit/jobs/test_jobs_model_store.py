"""Models on disk: listed, chosen, deleted, and carried to another library as one file."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from small_models import small_model

from photoorg.core.errors import EnvironmentProblem, ModelFileProblem, UsageProblem
from photoorg.core.modelling import STARTER_ID, ModelInfo, TrainingRequest
from photoorg.features.visual import VisualFiles
from photoorg.jobs import model_archive
from photoorg.jobs.model_archive import FILES
from photoorg.jobs.model_store import ACTIVE, ModelStore
from photoorg.models.registry import save_trained

KEY = "joint-autoencoder-20260304-050607"


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models", VisualFiles())


def add(store: ModelStore, **differently: object) -> ModelInfo:
    with store.new_folder() as folder:
        save_trained(folder, small_model(**differently))
        return store.keep(folder)


@pytest.fixture
def exported(store: ModelStore, tmp_path: Path) -> Path:
    file = tmp_path / "model.photoorg-model"
    store.export_to(add(store).model_id, file)
    return file


def ids(store: ModelStore) -> list[str]:
    return [info.model_id for info in store.infos()]


def active(store: ModelStore) -> list[str]:
    return [info.model_id for info in store.infos() if info.active]


# -- what there is ------------------------------------------------------------------------------
def test_without_a_folder_there_is_the_starter_in_use(store: ModelStore) -> None:
    (starter,) = store.infos()
    assert (starter.model_id, starter.kind, starter.active) == (STARTER_ID, STARTER_ID, True)
    assert (starter.text, starter.features) == ("minilm-captions", "efficientnet-lite2-captions")
    assert starter.tags > 100
    assert starter.size > 1_000_000


def test_a_model_says_what_it_is(store: ModelStore) -> None:
    info = add(store)
    assert store.infos()[1] == info
    assert (info.model_id, info.kind, info.title) == (KEY, "joint-autoencoder", "Joint autoencoder")
    assert (info.text, info.features) == ("bag-of-tags", "efficientnet-lite2-captions")
    assert (info.source, info.photos, info.tags) == ("My library", 18, 4)
    assert info.metrics == small_model().manifest.metrics
    assert (set(info.metrics), info.held_out) == ({"f1@5"}, 2)
    assert info.size == sum(file.stat().st_size for file in (store.folder / KEY).iterdir())
    assert info.problem == ""


def test_the_starter_comes_first_and_then_the_newest(store: ModelStore) -> None:
    first, later, twin = add(store), add(store, hours=1), add(store)
    assert twin.model_id == f"{KEY}-2"
    assert ids(store) == [STARTER_ID, later.model_id, twin.model_id, first.model_id]


def test_what_is_not_a_model_is_not_listed(store: ModelStore) -> None:
    add(store)
    for name in ("features", "unfinished", ".new-1-x", "notes-20260101-000000.txt"):
        (store.folder / name).mkdir()
    (store.folder / "stray-20260101-000000").write_text("a file")
    assert ids(store) == [STARTER_ID, KEY]


@pytest.mark.parametrize(
    ("file", "how"),
    [
        ("model.json", "cut"),
        ("model.safetensors", "changed"),
        ("model.safetensors", "cut"),
        ("text.safetensors", "gone"),
        ("text.json", "gone"),
    ],
)
def test_a_damaged_model_is_listed_with_what_is_wrong(
    store: ModelStore, file: str, how: str
) -> None:
    add(store)
    path = store.folder / KEY / file
    content = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-9] if how == "cut" else content[:-9] + b"nonsense!")
    damaged = store.infos()[1]
    assert damaged.problem
    assert damaged.kind == "joint-autoencoder"
    assert not damaged.active
    with pytest.raises(ModelFileProblem):
        store.load(KEY)


def test_a_model_that_is_whole_again_has_no_problem(store: ModelStore) -> None:
    add(store)
    path = store.folder / KEY / FILES[0]
    content = path.read_bytes()
    path.write_bytes(content[:20])
    assert store.infos()[1].problem
    path.write_bytes(content)
    assert store.infos()[1].problem == ""


def test_an_unfinished_folder_leaves_nothing_behind(store: ModelStore) -> None:
    with store.new_folder() as folder:
        save_trained(folder, small_model())
    with store.new_folder() as folder, pytest.raises(ModelFileProblem):
        store.keep(folder)
    assert list(store.folder.iterdir()) == []


def test_what_a_killed_process_left_is_removed(store: ModelStore) -> None:
    left = store.folder / ".new-999999999-abc"
    left.mkdir(parents=True)
    mine = store.folder / f".new-{os.getpid()}-abc"
    mine.mkdir()
    add(store)
    assert not left.exists()
    assert mine.exists()


# -- the one in use -------------------------------------------------------------------------------
def test_the_choice_outlives_the_program(store: ModelStore) -> None:
    add(store)
    store.choose(KEY)
    again = ModelStore(store.folder, VisualFiles())
    assert again.chosen == KEY
    assert active(again) == [KEY]


def test_where_the_chosen_one_is_damaged_the_starter_is_in_use(store: ModelStore) -> None:
    add(store)
    store.choose(KEY)
    (store.folder / KEY / FILES[1]).write_bytes(b"")
    assert active(store) == [STARTER_ID]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"model": 7}', '{"model": "../../etc"}', '{"model": null}', "[" * 9999]
)
def test_an_unreadable_choice_is_the_starter(store: ModelStore, text: str) -> None:
    store.folder.mkdir()
    (store.folder / ACTIVE).write_text(text)
    assert store.chosen == STARTER_ID


def test_deleting_the_one_in_use_leaves_the_starter(store: ModelStore) -> None:
    add(store)
    store.choose(KEY)
    store.delete(KEY)
    assert ids(store) == active(store) == [STARTER_ID]
    assert not (store.folder / KEY).exists()


def test_what_cannot_be_deleted(store: ModelStore) -> None:
    add(store)
    for key in (STARTER_ID, "nothing", "..", "", "features"):
        with pytest.raises(UsageProblem):
            store.delete(key)
    assert ids(store) == [STARTER_ID, KEY]


def test_a_choice_that_cannot_be_written_is_said(store: ModelStore) -> None:
    store.folder.parent.mkdir(exist_ok=True)
    store.folder.write_text("in the way")
    with pytest.raises(EnvironmentProblem, match="cannot be written"):
        store.choose(KEY)


# -- one file -------------------------------------------------------------------------------------
def test_a_model_travels_as_one_file(store: ModelStore, exported: Path, tmp_path: Path) -> None:
    elsewhere = ModelStore(tmp_path / "elsewhere", VisualFiles())
    info = elsewhere.import_from(exported)
    assert info == replace(store.infos()[1], active=False)
    assert elsewhere.import_from(exported).model_id == f"{KEY}-2"
    for name in FILES:
        before, after = (each.folder / KEY / name for each in (store, elsewhere))
        assert before.read_bytes() == after.read_bytes()


def test_the_same_model_gives_the_same_file(store: ModelStore, exported: Path) -> None:
    again = exported.with_name("again")
    store.export_to(KEY, again)
    assert again.read_bytes() == exported.read_bytes()


def rewrite(
    exported: Path, change: Callable[[dict[str, bytes]], None], method: int = zipfile.ZIP_STORED
) -> None:
    """Write the file anew with other entries."""
    with zipfile.ZipFile(exported) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    change(entries)
    with zipfile.ZipFile(exported, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def edit_manifest(entries: dict[str, bytes], **fields: object) -> None:
    document = json.loads(entries["model.json"])
    for name, value in fields.items():
        part = document
        *path, last = name.split("__")
        for key in path:
            part = part[key]
        part[last] = value
    entries["model.json"] = json.dumps(document).encode()


FORGERIES: dict[str, tuple[Callable[[dict[str, bytes]], object], str]] = {
    "a name that leads out": (lambda e: e.update({"../evil": b"x"}), "does not hold the files"),
    "a name too many": (lambda e: e.update({"readme.txt": b"x"}), "does not hold the files"),
    "a name too few": (lambda e: e.pop("text.json"), "does not hold the files"),
    "other weights": (lambda e: e.update({"model.safetensors": b"x" * 99}), "damaged"),
    "no manifest": (lambda e: e.update({"model.json": b"[" * 9999}), "not a model manifest"),
    "another kind": (lambda e: edit_manifest(e, kind="bidnn"), "model"),
    "an unknown kind": (lambda e: edit_manifest(e, kind="oracle"), "unknown kind"),
    "other features": (
        lambda e: edit_manifest(e, visual_key="lite:1", config__sides__visual_key="lite:1"),
        "other features",
    ),
    "unknown features": (
        lambda e: edit_manifest(e, training__features="clairvoyance"),
        "does not know",
    ),
    "other text vectors": (
        lambda e: edit_manifest(e, config__sides__text_key="guess:9"),
        "text vectors|contradicts itself",
    ),
    "no sides": (lambda e: edit_manifest(e, config__sides=None), "does not say what it is for"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_file_is_refused_and_leaves_nothing_behind(
    store: ModelStore, exported: Path, tmp_path: Path, name: str
) -> None:
    change, said = FORGERIES[name]
    rewrite(exported, change)
    elsewhere = ModelStore(tmp_path / "elsewhere", VisualFiles())
    with pytest.raises(ModelFileProblem, match=said) as problem:
        elsewhere.import_from(exported)
    assert ".new-" not in str(problem.value), "a work folder means nothing to a person"
    assert list(elsewhere.folder.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "elsewhere",
        exported.name,
        "models",
    ]


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99, 0.9999])
def test_a_cut_file_is_refused(
    store: ModelStore, exported: Path, tmp_path: Path, share: float
) -> None:
    content = exported.read_bytes()
    exported.write_bytes(content[: int(len(content) * share)])
    elsewhere = ModelStore(tmp_path / "elsewhere", VisualFiles())
    with pytest.raises(ModelFileProblem):
        elsewhere.import_from(exported)
    assert list(elsewhere.folder.iterdir()) == []


def test_a_flipped_byte_is_noticed(store: ModelStore, exported: Path) -> None:
    content = bytearray(exported.read_bytes())
    content[len(content) // 2] ^= 1
    exported.write_bytes(content)
    with pytest.raises(ModelFileProblem):
        store.import_from(exported)


def test_a_small_file_cannot_become_a_large_one(store: ModelStore, exported: Path) -> None:
    """Compressed entries are refused, whatever they say their size is."""
    rewrite(exported, lambda _: None, zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelFileProblem, match="compressed"):
        store.import_from(exported)


def test_a_file_over_the_limit_is_refused(
    store: ModelStore, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(model_archive._LIMITS, ".safetensors", 100)
    with pytest.raises(ModelFileProblem, match="over the limit"):
        store.import_from(exported)


def test_a_file_that_says_it_is_huge_is_refused_before_it_is_read(
    store: ModelStore, exported: Path
) -> None:
    content = bytearray(exported.read_bytes())
    place = content.index(b"PK\x01\x02") + 20  # both sizes of the first entry
    content[place : place + 8] = b"\xf0\xff\xff\xff" * 2
    exported.write_bytes(content)
    with pytest.raises(ModelFileProblem, match="over the limit"):
        store.import_from(exported)


def test_tensors_that_say_they_are_huge_are_refused(store: ModelStore, exported: Path) -> None:
    said = {"x": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}}
    head = json.dumps(said).encode()
    blob = len(head).to_bytes(8, "little") + head

    def forge(entries: dict[str, bytes]) -> None:
        entries["model.safetensors"] = blob
        edit_manifest(entries, sha256=hashlib.sha256(blob).hexdigest())

    rewrite(exported, forge)
    with pytest.raises(ModelFileProblem, match="cannot be read"):
        store.import_from(exported)


@pytest.mark.parametrize(
    "metrics", [{"map": float("nan")}, {"map": 1e999}, {"map": "99"}, {"map": -1, "f1@5": 10**400}]
)
def test_figures_that_are_no_percentages_are_not_shown(
    store: ModelStore, exported: Path, metrics: dict[str, object]
) -> None:
    training = {"photos": -5, "tags": 10**30, "held_out": "many", "photos_per_second": 1e999}

    def forge(entries: dict[str, bytes]) -> None:
        edit_manifest(
            entries, metrics=metrics, **{f"training__{key}": v for key, v in training.items()}
        )

    rewrite(exported, forge)
    info = store.import_from(exported)
    assert info.metrics == {}
    assert (info.photos, info.tags, info.held_out, info.photos_per_second) == (0, 0, 0, 0)


def test_a_file_that_is_not_there_or_no_model(store: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(ModelFileProblem, match="no file"):
        store.import_from(tmp_path / "nothing")
    with pytest.raises(ModelFileProblem, match="is a folder"):
        store.import_from(tmp_path)
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"\xff\xd8\xff" * 99)
    with pytest.raises(ModelFileProblem, match="damaged, or no model"):
        store.import_from(photo)


def test_export_says_what_is_in_the_way(store: ModelStore, tmp_path: Path) -> None:
    add(store)
    with pytest.raises(UsageProblem, match="is a folder"):
        store.export_to(KEY, tmp_path)
    with pytest.raises(UsageProblem, match="no folder"):
        store.export_to(KEY, tmp_path / "no" / "where")
    with pytest.raises(UsageProblem, match="starter"):
        store.export_to(STARTER_ID, tmp_path / "starter")
    shutil.copy(store.folder / KEY / FILES[0], store.folder / KEY / FILES[2])
    with pytest.raises(ModelFileProblem):
        store.export_to(KEY, tmp_path / "damaged")
    assert not (tmp_path / "damaged").exists()


def test_a_full_disk_leaves_no_half_file(
    store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(model_archive, "_write_archive", full)
    with pytest.raises(EnvironmentProblem, match="No space left"):
        store.export_to(KEY, tmp_path / "copy")
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


# -- unfinished trainings -------------------------------------------------------------------------
def test_equal_requests_share_what_is_kept_whatever_the_passes(store: ModelStore) -> None:
    request = TrainingRequest("bidnn", text="lsa")
    kept = store.unfinished(request)
    assert store.unfinished(replace(request, epochs=7)) == kept
    others = [
        replace(request, kind="mlp"),
        replace(request, features="resnet50"),
        replace(request, text="glove"),
        replace(request, data=Path("/photos")),
        replace(request, seed=1),
        replace(request, finetune=True),
    ]
    assert len({kept, *map(store.unfinished, others)}) == 7
