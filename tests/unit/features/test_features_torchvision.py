"""The networks of torchvision, with random weights that the tests write into a hub folder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch
import torchvision
from torch import nn

from photoorg.core.errors import EnvironmentProblem, ModelFileProblem
from photoorg.features import torchvision_networks, torchvision_weights
from photoorg.features.registry import (
    create_visual_encoder,
    visual_kinds,
    visual_names,
    visual_spec,
)
from photoorg.features.torch_encoder import choose_device
from photoorg.features.torchvision_weights import NETWORKS, checkpoints_folder
from photoorg.features.visual import MapEncoder, VisualFiles, WeightsMissing

Pixels = npt.NDArray[np.uint8]

RESNET = "resnet50"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A TORCH_HOME with random weights of the two networks that are small enough."""
    home = tmp_path_factory.mktemp("torch")
    folder = home / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    for name in (RESNET, "googlenet"):
        torch.manual_seed(0)
        network = torchvision_networks._BUILDERS[name]()
        for module in network.modules():
            if isinstance(module, nn.Linear | nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
        torch.save(network.state_dict(), folder / NETWORKS[name].file)
    return home


@pytest.fixture(autouse=True)
def torch_home(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(hub))

    def refuse(*_args: object) -> None:
        raise AssertionError("the network must not be used")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def squashed(photos: Pixels, side: int) -> Pixels:
    return np.stack([cv2.resize(photo, (side, side)) for photo in photos])


# -- what is known of them --------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_files_and_addresses_are_torchvisions_own(name: str) -> None:
    weights = torchvision.models.get_model_weights(name)["IMAGENET1K_V1"]
    network = NETWORKS[name]
    assert network.url == weights.url
    assert network.megabytes == round(weights.meta["_file_size"])
    preset = weights.transforms()
    assert preset.crop_size == [network.input_size]
    assert tuple(preset.mean) == torchvision_networks.IMAGENET_MEAN
    assert tuple(preset.std) == torchvision_networks.IMAGENET_STD


@pytest.mark.parametrize("name", NETWORKS)
def test_the_classifier_takes_what_the_dimension_says(name: str) -> None:
    with torch.device("meta"):
        network = torchvision_networks._BUILDERS[name]()
    head = network.fc if NETWORKS[name].pooled else network.classifier[-1]
    assert head.in_features == NETWORKS[name].dimension
    assert head.out_features == torchvision_weights.CLASSES
    kept = torchvision_networks.VectorNetwork(network, scores=False).network
    assert isinstance(kept.fc if NETWORKS[name].pooled else kept.classifier[-1], nn.Identity)


@pytest.mark.parametrize("variables", [{}, {"XDG_CACHE_HOME": "/x/y"}, {"TORCH_HOME": "~/z"}])
def test_the_folder_is_torchs_own(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert checkpoints_folder() == Path(torch.hub.get_dir()) / "checkpoints"


def test_specs_take_no_torch(hub: Path) -> None:
    code = (
        "import sys; from photoorg.features.registry import visual_kinds, visual_spec;"
        "visual_kinds(); print(visual_spec('resnet50').dimension);"
        "assert not {'torch', 'cv2', 'sklearn', 'openvino', 'open_clip'} & sys.modules.keys()"
    )
    environment = {**os.environ, "TORCH_HOME": str(hub)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("2048\n", "")


# -- what they compute ------------------------------------------------------------------------


def by_hand(name: str, images: Pixels, *, scores: bool) -> npt.NDArray[np.float32]:
    """What torchvision's own network and preset give; the layer before the classifier by a hook."""
    options = {"transform_input": True, "init_weights": False} if name == "googlenet" else {}
    network = torchvision.models.get_model(name, weights=None, **options)
    network.load_state_dict(torch.load(checkpoints_folder() / NETWORKS[name].file))
    network.eval()
    x = torch.from_numpy(images.copy()).permute(0, 3, 1, 2)
    x = torchvision.transforms.functional.convert_image_dtype(x, torch.float32)
    x = torchvision.transforms.functional.normalize(x, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    before: list[torch.Tensor] = []
    network.fc.register_forward_pre_hook(lambda _, args: before.append(args[0]))
    with torch.inference_mode():
        logits = network(x)
    return (logits if scores else before[0]).numpy()


@pytest.mark.parametrize("scores", [False, True])
@pytest.mark.parametrize("name", [RESNET, "googlenet"])
def test_vectors_are_those_of_torchvision(name: str, scores: bool, photo_batch: Pixels) -> None:
    images = squashed(photo_batch[:2], 224)
    full = name + torchvision_weights.SCORES if scores else name
    encoder = create_visual_encoder(full, "cpu")
    vectors = encoder.encode(images)
    expected = by_hand(name, images, scores=scores)
    assert vectors.shape == (2, 1000 if scores else NETWORKS[name].dimension)
    np.testing.assert_allclose(vectors, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())
    assert encoder.key == visual_spec(full).key
    assert isinstance(encoder, MapEncoder) is not scores


@pytest.mark.parametrize("name", [RESNET, "googlenet"])
def test_a_map_has_the_vector_as_its_mean(name: str, photo_batch: Pixels) -> None:
    images = squashed(photo_batch[:1], 224)
    encoder = create_visual_encoder(name, "cpu")
    assert isinstance(encoder, MapEncoder)
    pooled, maps = encoder.encode_maps(images)
    assert maps.shape == (1, 7, 7, NETWORKS[name].dimension)
    scale = np.abs(pooled).max()
    np.testing.assert_allclose(maps.mean(axis=(1, 2)), pooled, atol=1e-5 * scale)
    np.testing.assert_allclose(encoder.encode(images), pooled, atol=1e-4 * scale)


def test_keys_tell_weights_networks_and_scores_apart(hub: Path, tmp_path: Path) -> None:
    other = tmp_path / "mine.pth"
    state = torch.load(checkpoints_folder() / NETWORKS[RESNET].file)
    torch.save(
        {name: tensor + 0 for name, tensor in state.items()} | {"fc.bias": state["fc.bias"] + 1},
        other,
    )
    keys = {
        visual_spec(RESNET).key,
        visual_spec(f"{RESNET}:scores").key,
        visual_spec("googlenet").key,
        visual_spec(RESNET, VisualFiles(weights=other)).key,
    }
    assert len(keys) == 4


# -- weights that are not there, or not right -------------------------------------------------


def test_missing_weights_are_named_with_address_and_place(hub: Path) -> None:
    with pytest.raises(WeightsMissing) as caught:
        create_visual_encoder("vgg16")
    assert isinstance(caught.value, EnvironmentProblem)
    assert NETWORKS["vgg16"].url in caught.value.remedy
    assert str(hub / "hub" / "checkpoints" / "vgg16-397923af.pth") in caught.value.remedy


def test_a_file_that_the_person_named_and_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"mine\.pth"):
        visual_spec(RESNET, VisualFiles(weights=tmp_path / "mine.pth"))


def test_damaged_weights_are_said(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pth"
    cut.write_bytes((checkpoints_folder() / NETWORKS["googlenet"].file).read_bytes()[:5000])
    with pytest.raises(ModelFileProblem, match="cannot be read as weights"):
        create_visual_encoder("googlenet", "cpu", files=VisualFiles(weights=cut))


def test_other_networks_weights_are_said() -> None:
    files = VisualFiles(weights=checkpoints_folder() / NETWORKS["googlenet"].file)
    with pytest.raises(ModelFileProblem, match="does not hold the weights of ResNet-50"):
        create_visual_encoder(RESNET, "cpu", files=files)


def test_weights_with_code_in_them_are_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, (f"touch {tmp_path / 'ran'}",)

    torch.save({"fc.weight": Evil()}, tmp_path / "evil.pth")
    with pytest.raises(ModelFileProblem, match="cannot be read as weights"):
        create_visual_encoder(RESNET, files=VisualFiles(weights=tmp_path / "evil.pth"))
    assert not (tmp_path / "ran").exists()


def test_the_list_says_what_is_ready() -> None:
    kinds = {kind.name: kind for kind in visual_kinds()}
    assert kinds[RESNET].status == "ready"
    assert kinds["vgg16"].status == "needs weights"
    assert NETWORKS["vgg16"].url in kinds["vgg16"].hint
    assert kinds["efficientnet-lite2"].status == "ready"
    assert tuple(kinds)[: len(visual_names())] == visual_names()


def test_a_device_that_is_not_there_is_said() -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(EnvironmentProblem, match="cuda cannot be used"):
        choose_device("cuda")
    assert choose_device("auto") in {"cpu", "mps"}
