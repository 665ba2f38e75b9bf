"""The convolutional autoencoder: shapes, learning, the file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image

from photoorg.core.errors import Cancelled, ModelFileProblem, UsageProblem
from photoorg.core.progress import CancelToken
from photoorg.features import conv_autoencoder
from photoorg.features.conv_autoencoder import (
    ConvAutoencoder,
    ConvAutoencoderConfig,
    ConvEpoch,
    create_encoder,
    learn_conv_autoencoder,
    load_conv_autoencoder,
    save_conv_autoencoder,
)
from photoorg.features.registry import create_visual_encoder, visual_kinds, visual_spec
from photoorg.features.visual import NotLearnedYet, VisualFiles

Pixels = npt.NDArray[np.uint8]

SMALL = ConvAutoencoderConfig(dimension=12, epochs=4, side=16, channels=(4, 6), hidden=24, batch=8)


@pytest.fixture(scope="module")
def patches(real_photos: Mapping[str, Path]) -> Pixels:
    """96 pieces of real photos, uint8 [96, 16, 16, 3]."""
    pieces = []
    for path in real_photos.values():
        photo = np.asarray(Image.open(path).convert("RGB"))
        small = cv2.resize(photo, (64, 32), interpolation=cv2.INTER_AREA)
        pieces += [small[y : y + 16, x : x + 16] for y in (0, 16) for x in range(0, 64, 16)]
    return np.stack(pieces)


@pytest.fixture(scope="module")
def learned(patches: Pixels) -> ConvAutoencoder:
    return learn_conv_autoencoder(patches, SMALL, seed=1, device="cpu")


def test_the_defaults_are_the_papers() -> None:
    config = ConvAutoencoderConfig()
    assert (config.dimension, config.batch, config.epochs) == (200, 32, 100)
    network = ConvAutoencoder(config)
    kinds = [type(layer).__name__ for layer in network.encoder.modules()]
    assert [kinds.count(kind) for kind in ("Conv2d", "MaxPool2d", "Linear")] == [2, 2, 2]


def test_shapes_at_every_step(learned: ConvAutoencoder, patches: Pixels) -> None:
    images = torch.from_numpy(patches[:3])
    maps = learned.encoder.convolutions(conv_autoencoder.as_fractions(images))
    assert maps.shape == (3, 6, 4, 4)
    assert learned(images).shape == (3, 12)
    back = learned.reconstruct(images).detach()
    assert back.shape == (3, 3, 16, 16)
    assert 0 <= float(back.min()) <= float(back.max()) <= 1


def test_the_loss_is_the_mean_over_all_pixels(learned: ConvAutoencoder, patches: Pixels) -> None:
    images = torch.from_numpy(patches[:5])
    with torch.no_grad():
        back, loss = learned.reconstruct(images).numpy(), float(learned.loss(images))
    errors = [
        (back[n, c, y, x] - patches[n, y, x, c] / 255) ** 2
        for n in range(5)
        for c in range(3)
        for y in range(16)
        for x in range(16)
    ]
    assert loss == pytest.approx(sum(errors) / len(errors), rel=1e-5)


def test_every_weight_gets_a_gradient(patches: Pixels) -> None:
    torch.manual_seed(0)
    network = ConvAutoencoder(SMALL)
    network.loss(torch.from_numpy(patches)).backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert float(weight.grad.abs().sum()) > 0, name


def test_learning_reconstructs_better_than_the_mean_photo(patches: Pixels) -> None:
    heard: list[ConvEpoch] = []
    config = ConvAutoencoderConfig(
        dimension=32, epochs=60, side=16, channels=(8, 16), hidden=64, patience=60
    )
    network = learn_conv_autoencoder(patches, config, on_epoch=heard.append, device="cpu")
    assert [epoch.epoch for epoch in heard] == list(range(1, len(heard) + 1))
    assert heard[-1].loss < heard[0].loss / 2
    images = torch.from_numpy(patches)
    with torch.no_grad():
        reached = float(network.loss(images))
    assert reached < (patches / 255).var(axis=0).mean()


def test_the_best_epoch_is_kept_and_learning_stops_after_it(patches: Pixels) -> None:
    heard: list[ConvEpoch] = []
    config = ConvAutoencoderConfig(
        dimension=4, epochs=50, side=16, channels=(2, 2), hidden=8, patience=2, learning_rate=0.3
    )
    network = learn_conv_autoencoder(patches, config, on_epoch=heard.append, device="cpu")
    best = min(heard, key=lambda epoch: epoch.held_out_loss)
    assert len(heard) == min(50, best.epoch + 2)
    order = np.random.default_rng(0).permutation(len(patches))
    held_out = torch.from_numpy(patches[np.sort(order[:10])])
    with torch.no_grad():
        assert float(network.loss(held_out)) == pytest.approx(best.held_out_loss, rel=1e-5)


def test_the_same_seed_gives_the_same_weights(patches: Pixels, learned: ConvAutoencoder) -> None:
    before = torch.random.get_rng_state()
    again = learn_conv_autoencoder(patches, SMALL, seed=1, device="cpu")
    assert torch.equal(before, torch.random.get_rng_state())
    assert again.spec == learned.spec
    other = learn_conv_autoencoder(patches, SMALL, seed=2, device="cpu")
    assert other.spec.key != learned.spec.key


def test_it_is_saved_and_read_as_it_was(
    learned: ConvAutoencoder, patches: Pixels, tmp_path: Path
) -> None:
    stem = tmp_path / "conv-autoencoder"
    save_conv_autoencoder(stem, learned, training={"photos": 96})
    again = load_conv_autoencoder(stem)
    assert again.spec == learned.spec
    files = VisualFiles(learned=tmp_path)
    assert visual_spec("conv-autoencoder", files) == learned.spec
    encoder = create_visual_encoder("conv-autoencoder", "cpu", files=files)
    vectors = encoder.encode(patches)
    assert vectors.shape == (96, 12)
    np.testing.assert_allclose(
        vectors, create_encoder(learned, "cpu").encode(patches), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(
    "forged",
    [{"hidden": 10**9}, {"side": 15}, {"channels": "x"}, {"unknown": 1}, {"dimension": -1}],
)
def test_a_forged_manifest_is_refused(
    forged: dict[str, object], learned: ConvAutoencoder, tmp_path: Path
) -> None:
    stem = tmp_path / "network"
    save_conv_autoencoder(stem, learned, training={})
    manifest = json.loads(stem.with_suffix(".json").read_text())
    manifest["config"]["network"].update(forged)
    stem.with_suffix(".json").write_text(json.dumps(manifest))
    with pytest.raises(ModelFileProblem):
        load_conv_autoencoder(stem)


def test_another_key_than_the_weights_is_refused(learned: ConvAutoencoder, tmp_path: Path) -> None:
    stem = tmp_path / "network"
    save_conv_autoencoder(stem, learned, training={})
    manifest = stem.with_suffix(".json")
    manifest.write_text(manifest.read_text().replace("squash-16", "squash-32"))
    with pytest.raises(ModelFileProblem, match="other weights than it says"):
        load_conv_autoencoder(stem)


def test_before_it_is_learned_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotLearnedYet, match="has not been learned"):
        visual_spec("conv-autoencoder", VisualFiles(learned=tmp_path))
    kinds = {kind.name: kind for kind in visual_kinds(VisualFiles(learned=tmp_path))}
    assert kinds["conv-autoencoder"].status == "needs learning"
    assert "photoorg index" in kinds["conv-autoencoder"].hint


def test_too_few_photos_and_wrong_ones_are_said(patches: Pixels) -> None:
    with pytest.raises(UsageProblem, match="3 photos are too few"):
        learn_conv_autoencoder(patches[:3], SMALL)
    with pytest.raises(ValueError, match="uint8"):
        learn_conv_autoencoder(patches)
    with pytest.raises(ValueError, match="multiple of 4"):
        ConvAutoencoderConfig(side=30)


def test_it_can_be_stopped(patches: Pixels) -> None:
    token = CancelToken()
    with pytest.raises(Cancelled):
        learn_conv_autoencoder(
            patches, SMALL, token=token, on_epoch=lambda _: token.cancel(), device="cpu"
        )
