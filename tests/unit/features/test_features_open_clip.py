"""OpenCLIP models, with a tiny random one that the tests write in the hub's layout."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch

from photoorg.core.errors import EnvironmentProblem, ModelFileProblem, UsageProblem
from photoorg.features import open_clip_files
from photoorg.features.registry import create_visual_encoder, visual_kinds, visual_spec
from photoorg.features.visual import VisualFiles, WeightsMissing

open_clip = pytest.importorskip("open_clip", reason="open_clip_torch is not installed")

from photoorg.features.open_clip_encoder import (  # noqa: E402 - needs what may not be there
    create_clip_encoder,
    create_clip_text_encoder,
)

Pixels = npt.NDArray[np.uint8]

TINY: dict[str, Any] = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "patch_size": 8},
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}
MEAN, STD = [0.5, 0.4, 0.3], [0.2, 0.3, 0.4]
REPOSITORY = "someone/tiny-clip"
NAME = f"open_clip:{REPOSITORY}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model in the hub's layout."""
    folder = tmp_path_factory.mktemp("tiny-clip")
    config = {"model_cfg": TINY, "preprocess_cfg": {"mean": MEAN, "std": STD}}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    torch.manual_seed(0)
    model = open_clip.CLIP(**TINY)
    torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
    return folder


@pytest.fixture
def files(folder: Path) -> VisualFiles:
    return VisualFiles(weights=folder)


@pytest.fixture
def images(photo_batch: Pixels) -> Pixels:
    return np.stack([cv2.resize(photo, (32, 32)) for photo in photo_batch])


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise AssertionError("the network must not be used")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def reference(folder: Path) -> Any:
    model = open_clip.CLIP(**TINY)
    model.load_state_dict(torch.load(folder / "open_clip_pytorch_model.bin"))
    return model.eval()


def test_vectors_of_photos_are_open_clips_own(
    files: VisualFiles, folder: Path, images: Pixels
) -> None:
    encoder = create_visual_encoder("open_clip:tiny", "cpu", files=files)
    x = (images / 255 - np.array(MEAN)) / np.array(STD)
    with torch.inference_mode():
        expected = reference(folder).encode_image(
            torch.from_numpy(x.astype(np.float32)).permute(0, 3, 1, 2)
        )
    vectors = encoder.encode(images)
    assert vectors.shape == (len(images), 24)
    np.testing.assert_allclose(vectors, expected.numpy(), rtol=1e-3, atol=1e-4)


def test_the_spec_is_known_without_loading(files: VisualFiles) -> None:
    spec = visual_spec("open_clip:tiny", files)
    encoder = create_visual_encoder("open_clip:tiny", "cpu", files=files)
    assert (spec.input_size, spec.dimension) == (32, 24)
    assert (encoder.key, encoder.input_size, encoder.dimension) == (spec.key, 32, 24)


def test_vectors_of_texts_are_open_clips_own(files: VisualFiles, folder: Path) -> None:
    texts = ["a dog on a beach", "snow", "", "very long " * 40]
    encoder = create_clip_text_encoder("open_clip:tiny", files)
    vectors = encoder.encode(texts)
    with torch.inference_mode():
        tokens = open_clip.SimpleTokenizer(context_length=16)(texts)
        expected = reference(folder).encode_text(tokens, normalize=True)
    np.testing.assert_allclose(vectors, expected.numpy(), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    assert encoder.dimension == 24
    assert str(encoder.key).endswith(":text")
    assert encoder.encode([]).shape == (0, 24)


def test_keys_tell_weights_and_preprocessing_apart(folder: Path, tmp_path: Path) -> None:
    def key(folder: Path) -> str:
        return visual_spec("open_clip:tiny", VisualFiles(weights=folder)).key

    other = Path(shutil.copytree(folder, tmp_path / "other"))
    assert key(other) == key(folder)
    config = {"model_cfg": TINY, "preprocess_cfg": {}}
    (other / "open_clip_config.json").write_text(json.dumps(config))
    assert key(other) != key(folder)
    shutil.copy(folder / "open_clip_config.json", other)
    torch.manual_seed(1)
    torch.save(open_clip.CLIP(**TINY).state_dict(), other / "open_clip_pytorch_model.bin")
    assert key(other) != key(folder)


def test_a_checkpoint_of_a_known_architecture(folder: Path, tmp_path: Path) -> None:
    """Its sizes come from the package; these weights are another's."""
    checkpoint = tmp_path / "weights.pt"
    shutil.copy(folder / "open_clip_pytorch_model.bin", checkpoint)
    files = VisualFiles(weights=checkpoint)
    spec = visual_spec("open_clip:ViT-B-32", files)
    assert (spec.input_size, spec.dimension) == (224, 512)
    with pytest.raises(ModelFileProblem, match="cannot be loaded as open_clip:ViT-B-32"):
        create_clip_encoder("open_clip:ViT-B-32", files, "cpu")


def hub_cache(folder: Path, cache: Path) -> Path:
    """Lay a model out as the hub's cache has it."""
    repository = cache / "models--someone--tiny-clip"
    snapshot = repository / "snapshots" / ("0" * 40)
    shutil.copytree(folder, snapshot)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0" * 40)
    return snapshot


def test_a_repository_is_found_in_the_hubs_cache(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, images: Pixels
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsMissing, match="hf download someone/tiny-clip"):
        visual_spec(NAME)
    hub_cache(folder, tmp_path)
    found = open_clip_files.find_clip(NAME, VisualFiles())
    assert found.checkpoint.name == "open_clip_pytorch_model.bin"
    encoder = create_visual_encoder(NAME, "cpu")
    assert encoder.encode(images).shape == (len(images), 24)
    assert encoder.key == visual_spec(NAME).key


def fetcher(folder: Path, asked: list[bool]) -> Callable[..., str]:
    def snapshot_download(_name: str, *, local_files_only: bool, **_: object) -> str:
        asked.append(local_files_only)
        return str(folder)

    return snapshot_download


@pytest.mark.parametrize("allowed", [False, True])
def test_only_who_allows_it_fetches(
    allowed: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    asked: list[bool] = []
    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetcher(folder, asked))
    open_clip_files.find_clip(NAME, VisualFiles(), allow_download=allowed)
    assert set(asked) == {not allowed}


def test_fetching_that_fails_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def fail(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(EnvironmentProblem, match="no route to host"):
        create_clip_encoder(NAME, VisualFiles(), allow_download=True)


# -- what is not there, or not right ----------------------------------------------------------


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="--weights"):
        visual_spec("open_clip:ViT-B-32")
    with pytest.raises(UsageProblem, match="no architecture called “ViT-Q-1”"):
        visual_spec("open_clip:ViT-Q-1")
    with pytest.raises(WeightsMissing, match="not there"):
        visual_spec("open_clip:ViT-B-32", VisualFiles(weights=tmp_path / "none.pt"))
    (tmp_path / "weights.npz").touch()
    with pytest.raises(ModelFileProblem, match="no checkpoint that photoorg reads"):
        visual_spec("open_clip:ViT-B-32", VisualFiles(weights=tmp_path / "weights.npz"))
    with pytest.raises(ModelFileProblem, match="cannot be read"):
        visual_spec("open_clip:x", VisualFiles(weights=tmp_path))
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": TINY}))
    with pytest.raises(WeightsMissing, match="holds no checkpoint"):
        visual_spec("open_clip:x", VisualFiles(weights=tmp_path))


@pytest.mark.parametrize(
    "config",
    ["[]", "{", '{"model_cfg": 3}', '{"model_cfg": {}}', '{"model_cfg": {"embed_dim": "x"}}'],
)
def test_a_configuration_that_makes_no_sense_is_refused(
    config: str, folder: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    (copy / "open_clip_config.json").write_text(config)
    with pytest.raises(ModelFileProblem):
        visual_spec("open_clip:x", VisualFiles(weights=copy))


def test_a_cut_checkpoint_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    checkpoint = copy / "open_clip_pytorch_model.bin"
    checkpoint.write_bytes(checkpoint.read_bytes()[:-5000])
    with pytest.raises(ModelFileProblem, match="cannot be loaded"):
        create_clip_encoder("open_clip:x", VisualFiles(weights=copy), "cpu")


def test_a_text_side_that_would_be_fetched_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    model = {**TINY, "text_cfg": {"hf_model_name": "someone/bert"}}
    (copy / "open_clip_config.json").write_text(json.dumps({"model_cfg": model}))
    with pytest.raises(EnvironmentProblem, match="would fetch by itself"):
        create_clip_encoder("open_clip:x", VisualFiles(weights=copy), "cpu")


def test_without_the_package_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "open_clip", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(EnvironmentProblem, match=r"photoorg\[clip\]"):
        visual_spec("open_clip:ViT-B-32")
    row = visual_kinds()[-1]
    assert row.status == "needs weights"
    assert "photoorg[clip]" in row.hint
