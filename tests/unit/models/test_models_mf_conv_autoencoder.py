"""Matrix factorisation over features learned from pixels: pixels, the bridge, and the contract."""

from __future__ import annotations

import model_contract as contract
import numpy as np
import pytest
from tagged_photos import tagged_photos

from photoorg.core.errors import Cancelled, UsageProblem
from photoorg.core.progress import CancelToken
from photoorg.models.base import Observations
from photoorg.models.convolution import ConvConfig, resize
from photoorg.models.mf_conv_autoencoder import (
    MfConvAutoencoder,
    MfConvAutoencoderConfig,
    linear_probe,
)
from photoorg.models.ridge import RidgeMap
from photoorg.models.schedule import Run, Schedule

SMALL = ConvConfig(dimension=6, side=8, channels=(3, 4), hidden=7)
QUICK = MfConvAutoencoderConfig(
    factors=4,
    photos=SMALL,
    schedule=Schedule(epochs=2, batch=1000),
    photo_schedule=Schedule(epochs=3, batch=16, learning_rate=1e-2),
)


@pytest.fixture(scope="module")
def data():
    return tagged_photos(60, side=16)


@pytest.fixture(scope="module")
def model(data):
    return MfConvAutoencoder.fit(data, QUICK, Run())


def test_photos_alone_and_with_their_text(model, data):
    photos = data.pixels(np.arange(8))
    alone, both = model.embed_photos(photos), model.embed_photos(photos, data.text_rows[:8])
    assert alone.shape == (8, 4)
    assert np.allclose(np.linalg.norm(both, axis=1), 1, atol=1e-5)
    assert not np.allclose(alone, both)


def test_the_bridge_leads_near_to_what_pixels_say(model, data):
    """Stored vectors follow from the same tags as the pixels, so much of the code is in them."""
    rows = data.training_rows
    exact = model.photo_features(data.pixels(rows))
    bridged = model.features(Observations(visual=data.visual[rows]))
    typical = exact.mean(axis=0)
    assert ((exact - bridged) ** 2).mean() < 0.5 * ((exact - typical) ** 2).mean()


def test_ridge_regression_in_closed_form():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 4)).astype(np.float32), rng.normal(size=(30, 2)).astype(np.float32)
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    weights = np.linalg.solve(z.T @ z + 0.1 * 30 * np.eye(4), z.T @ (y - y.mean(axis=0)))
    assert np.allclose(RidgeMap.fit(x, y)(x), z @ weights + y.mean(axis=0), atol=1e-4)


def test_resizing_takes_means():
    photos = np.zeros((1, 4, 4, 3), dtype=np.uint8)
    photos[0, :2, :2] = [[[10, 0, 0], [20, 0, 0]], [[30, 0, 0], [40, 0, 0]]]
    assert resize(photos, 2)[0, 0, 0].tolist() == [25, 0, 0]
    assert resize(photos, 4) is photos


def test_photos_must_be_at_hand():
    with pytest.raises(UsageProblem, match="photos themselves"):
        MfConvAutoencoder.fit(tagged_photos(20), QUICK, Run())


@pytest.mark.parametrize("wrong", [{"side": 10}, {"channels": (3,)}, {"hidden": 0}], ids=str)
def test_impossible_configurations(wrong):
    with pytest.raises(UsageProblem):
        ConvConfig(**wrong)


def test_contract(model, data, tmp_path):
    contract.check_same_after_loading(model, data, tmp_path / "model")
    contract.check_forged_files(model, tmp_path / "forged")
    contract.check_missing_modalities(model, data)
    contract.check_seed(MfConvAutoencoder, data, QUICK)
    contract.check_cancelling(MfConvAutoencoder, data, QUICK)
    contract.check_resuming(MfConvAutoencoder, data, QUICK, tmp_path / "kept" / "run")


def test_the_photos_are_learned_once_though_the_factors_are_stopped(data, tmp_path):
    token, heard = CancelToken(), []

    def stop(report) -> None:
        if report.epoch == 4:  # the first pass over the factors
            token.cancel()

    with pytest.raises(Cancelled):
        MfConvAutoencoder.fit(data, QUICK, Run(0, token, stop, tmp_path / "run"))
    resumed = MfConvAutoencoder.fit(
        data, QUICK, Run(on_epoch=heard.append, checkpoint=tmp_path / "run")
    )
    assert [report.epoch for report in heard] == [5]
    whole = MfConvAutoencoder.fit(data, QUICK, Run())
    assert all(np.allclose(whole.tensors[name], resumed.tensors[name]) for name in whole.tensors)
    assert list(tmp_path.iterdir()) == []


def test_a_linear_probe_tells_what_is_in_the_codes():
    rng = np.random.default_rng(0)
    data = tagged_photos(60)
    codes = rng.normal(size=(60, 5)).astype(np.float32)
    told = (codes @ rng.normal(size=(5, 8)) + 3).astype(np.float32)
    found = linear_probe(data, codes, told).translate_image_to_text(codes)
    assert ((found - told) ** 2).mean() < 0.03 * told.var(axis=0).mean()


def test_odd_libraries():
    contract.check_odd_libraries("mf-conv-autoencoder", QUICK, side=8)
