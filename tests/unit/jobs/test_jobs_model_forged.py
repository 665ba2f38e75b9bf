"""Models of every kind whose files somebody changed: refused with a reason, or harmless."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from odd_trainings import DIMENSION, train

from photoorg.core.errors import ModelFileProblem
from photoorg.features import storage
from photoorg.features.storage import load_model, read_manifest, save_model
from photoorg.models.base import Observations
from photoorg.models.registry import load_trained, model_kinds

KINDS = {kind.key: kind.default_text for kind in model_kinds()}
TAGS = [
    [("dog", "grass"), ("beach", "sea", "New York"), ("dog", "sea"), ("grass", "New York")][n % 4]
    for n in range(20)
]
each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def trained_folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give the folder of a small model of a kind, trained when it is first asked for."""
    made: dict[str, Path] = {}

    def folder_of(kind: str) -> Path:
        if kind not in made:
            folder = tmp_path_factory.mktemp(kind)
            train(folder, kind, KINDS[kind], TAGS)
            made[kind] = folder / "target"
        return made[kind]

    return folder_of


@pytest.fixture(autouse=True)
def without_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture(autouse=True)
def without_reading_again_what_did_not_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each change leaves most of 17 MB as it was: reading and hashing that is most of the time."""
    read, contents, digests = storage._read, {}, {}

    def read_once(path: Path, limit: int) -> bytes:
        if not path.is_file():
            return read(path, limit)
        state = path.stat()
        key = (path, state.st_ino, state.st_mtime_ns, state.st_size)
        if key not in contents:
            for old in [each for each in contents if each[0] == path]:
                digests.pop(id(contents.pop(old)), None)
            contents[key] = read(path, limit)
        return contents[key]

    def hash_once(blob: bytes) -> Any:
        if not any(blob is content for content in contents.values()):
            return hashlib.sha256(blob)
        if id(blob) not in digests:
            digests[id(blob)] = hashlib.sha256(blob)
        return digests[id(blob)]

    monkeypatch.setattr(storage, "_read", read_once)
    monkeypatch.setattr(storage, "hashlib", SimpleNamespace(sha256=hash_once))


@pytest.fixture
def folder(kind: str, trained_folders: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of such a folder, to be spoiled."""
    return Path(shutil.copytree(trained_folders(kind), tmp_path / "model"))


def check_harmless(folder: Path, what: str) -> None:
    """It is refused with a sentence, or works with numbers that are numbers."""
    try:
        trained = load_trained(folder)
    except ModelFileProblem as problem:
        sentence = problem.message
    else:
        visual = np.random.default_rng(1).normal(size=(2, DIMENSION)).astype(np.float32)
        if trained.model.sides.visual_dimension == DIMENSION:
            assert np.isfinite(trained.suggest(Observations(visual=visual))).all(), what
            assert np.isfinite(trained.model.embed_images(visual)).all(), what
        said = trained.text.encode_words(["dog", "unheard of"]).vectors
        assert np.isfinite(trained.model.embed_texts(said)).all(), what
        return
    assert len(sentence) > 10, what


def damaged(tensor: np.ndarray) -> Iterator[tuple[str, np.ndarray | None]]:
    yield "gone", None
    yield "of one dimension more", np.zeros((*tensor.shape, 2), np.float32)
    yield "empty", np.zeros((0, *tensor.shape[1:]), tensor.dtype)
    if tensor.dtype.kind == "f":
        yield "nothing but zeros", np.zeros_like(tensor)
        yield "huge", np.full_like(tensor, 3e38)
        yield "not numbers", np.full_like(tensor, np.nan)


@each_kind
@pytest.mark.parametrize("stem", ["model", "text"])
def test_changed_tensors_do_no_harm(kind: str, stem: str, folder: Path, tmp_path: Path) -> None:
    """The hash is that of the changed file: who forges a file can compute one."""
    manifest = read_manifest(folder / stem)
    whole = load_model(folder / stem, kind=manifest.kind).tensors
    for name, tensor in whole.items():
        for how, changed in damaged(np.asarray(tensor)):
            rest = {key: value for key, value in whole.items() if key != name}
            if changed is not None:
                rest[name] = changed
            with np.errstate(all="ignore"):
                save_model(folder / stem, manifest, rest)
                check_harmless(folder, f"{kind}: {name} {how}")
    save_model(folder / stem, manifest, whole)
    load_trained(folder)


def changes(value: Any) -> Iterator[Any]:
    """Yield what a value of a manifest could be changed to."""
    yield from (None, "x" * 40, -1, 10**12, 1e300, [], {"a": 1})
    if isinstance(value, list) and value:
        yield value[:-1]


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where a document has values, containers included; of long lists the first alone."""
    if path:
        yield path
    if isinstance(document, dict):
        for key in document:
            yield from places(document[key], (*path, key))
    elif isinstance(document, list) and document:
        yield from places(document[0], (*path, 0))


@each_kind
@pytest.mark.parametrize("file", ["model.json", "text.json"])
def test_a_changed_manifest_does_no_harm(kind: str, file: str, folder: Path) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    whole = json.loads(text)
    for path in list(places(whole)):
        *parents, last = path
        part = whole
        for key in parents:
            part = part[key]
        kept = part[last]
        for changed in changes(kept):
            part[last] = changed
            (folder / file).write_text(json.dumps(whole))
            with np.errstate(all="ignore"):
                check_harmless(folder, f"{kind}: {'.'.join(map(str, path))} is {changed!r}")
        part[last] = kept
    (folder / file).write_text(text)
    load_trained(folder)


@each_kind
def test_the_model_of_one_kind_is_not_that_of_another(
    kind: str, folder: Path, trained_folders: Callable[[str], Path]
) -> None:
    """A file that calls itself another kind of model is told apart, whatever kind that is."""
    document = json.loads((folder / "model.json").read_text())
    for other in KINDS:
        if other != kind:
            (folder / "model.json").write_text(json.dumps({**document, "kind": other}))
            check_harmless(folder, f"{kind} says it is {other}")
    (folder / "model.json").write_text(json.dumps({**document, "kind": "oracle"}))
    with pytest.raises(ModelFileProblem, match="unknown kind"):
        load_trained(folder)


@each_kind
@pytest.mark.parametrize(
    "file", ["model.json", "model.safetensors", "text.json", "text.safetensors"]
)
@pytest.mark.parametrize("share", [0, 0.5, 0.97])
def test_a_cut_file_is_refused(kind: str, file: str, share: float, folder: Path) -> None:
    content = (folder / file).read_bytes()
    (folder / file).write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelFileProblem):
        load_trained(folder)
