"""Text-space regression: equation 2 by hand, the head against least squares, and the contract."""

from __future__ import annotations

import model_contract as contract
import numpy as np
import pytest
import torch
from tagged_photos import tagged_photos

from photoorg.core.errors import UsageProblem
from photoorg.models.base import Observations, unit_rows
from photoorg.models.schedule import Run, Schedule
from photoorg.models.text_regression import (
    TextRegression,
    TextRegressionConfig,
    regression_loss,
)

QUICK = TextRegressionConfig(schedule=Schedule(epochs=4, batch=64))


@pytest.fixture(scope="module")
def data():
    return tagged_photos(200)


@pytest.fixture(scope="module")
def model(data):
    schedule = Schedule(epochs=40, batch=40, learning_rate=1e-2)
    return TextRegression.fit(data, TextRegressionConfig(schedule=schedule), Run())


def test_cross_entropy_is_equation_2():
    rng = np.random.default_rng(0)
    psi, phi = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    total = 0.0
    for n in range(3):
        for d in range(4):
            p, p_hat = sigmoid(phi[n, d]), sigmoid(psi[n, d])
            total += p * np.log(p_hat) + (1 - p) * np.log(1 - p_hat)
    found = regression_loss(torch.tensor(psi), torch.tensor(phi), "cross-entropy")
    assert float(found) == pytest.approx(-total / 12)


def test_no_other_point_has_a_lower_cross_entropy():
    """ "Always minimum compared to other solutions": its gradient is zero where psi is phi."""
    phi = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    psi = phi.clone().requires_grad_()
    regression_loss(psi, phi, "cross-entropy").backward()
    assert psi.grad is not None
    assert float(psi.grad.abs().max()) < 1e-7


def test_mse_is_the_mean_over_all_cells():
    psi, phi = torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 4.0]])
    assert float(regression_loss(psi, phi, "mse")) == 2.5


def test_mse_head_comes_near_to_least_squares():
    data = tagged_photos(9)  # too few to hold any out
    schedule = Schedule(epochs=150, batch=9, learning_rate=3e-2, patience=0)
    config = TextRegressionConfig(loss="mse", scaling="raw", schedule=schedule)
    model = TextRegression.fit(data, config, Run())
    inputs = np.concatenate([data.visual, np.ones((9, 1))], axis=1)
    weights, *_ = np.linalg.lstsq(inputs, data.text_rows, rcond=None)
    found = model.translate_image_to_text(data.visual)
    assert np.abs(found - inputs @ weights).mean() < 0.05


def test_photos_are_near_to_their_own_text(model, data):
    rows = data.validation_rows
    likeness = model.embed_images(data.visual[rows]) @ model.embed_texts(data.text_rows[rows]).T
    assert np.diag(likeness).mean() > likeness.mean() + 0.4


def test_raw_text_is_only_brought_to_unit_length(data):
    config = TextRegressionConfig(scaling="raw", schedule=QUICK.schedule)
    model = TextRegression.fit(data, config, Run())
    assert np.allclose(model.embed_texts(data.text_rows), unit_rows(data.text_rows), atol=1e-6)


def test_a_photo_with_tags_lies_between_both(model, data):
    joint = model.embed_joint(Observations(visual=data.visual, text=data.text_rows))
    both = model.embed_images(data.visual) + model.embed_texts(data.text_rows)
    assert np.allclose(joint, unit_rows(both), atol=1e-5)


def test_hidden_layers(data, tmp_path):
    config = TextRegressionConfig(hidden=(10,), schedule=QUICK.schedule)
    model = TextRegression.fit(data, config, Run())
    assert model.tensors["head.0.weight"].shape == (10, data.visual.shape[1])
    contract.check_same_after_loading(model, data, tmp_path / "model")


@pytest.mark.parametrize(
    "wrong", [{"hidden": (0,)}, {"loss": "hinge"}, {"scaling": "whitened"}], ids=str
)
def test_impossible_configurations(wrong):
    with pytest.raises(UsageProblem):
        TextRegressionConfig(**wrong)


def test_contract(model, data, tmp_path):
    contract.check_same_after_loading(model, data, tmp_path / "model")
    contract.check_forged_files(model, tmp_path / "forged")
    contract.check_missing_modalities(model, data)
    contract.check_seed(TextRegression, data, QUICK)
    contract.check_cancelling(TextRegression, data, QUICK)


def test_resuming(data, tmp_path):
    contract.check_resuming(TextRegression, data, QUICK, tmp_path / "unfinished")


def test_odd_libraries():
    contract.check_odd_libraries("text-regression", QUICK)
