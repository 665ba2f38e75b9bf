"""Matrix factorisation by autoencoders: the loss by hand, memory, and the contract."""

from __future__ import annotations

from dataclasses import replace

import model_contract as contract
import numpy as np
import pytest
import torch
from tagged_photos import tagged_photos

from photoorg.core.errors import UsageProblem
from photoorg.models.base import Observations
from photoorg.models.matrix_factorisation import (
    PAPER_SCHEDULE,
    FactorisationConfig,
    draw_block,
    factorisation_loss,
    initial_factors,
)
from photoorg.models.mf_pretrained import MfPretrained, MfPretrainedConfig
from photoorg.models.schedule import Run, Schedule
from photoorg.models.training import trainable

QUICK = MfPretrainedConfig(factors=5, schedule=Schedule(epochs=3, batch=1000))


@pytest.fixture(scope="module")
def data():
    return tagged_photos(200)


@pytest.fixture(scope="module")
def model(data):
    config = MfPretrainedConfig(
        factors=12,
        text_removal=0.5,
        activation="linear",
        schedule=Schedule(epochs=6, batch=200, learning_rate=1e-2),
    )
    return MfPretrained.fit(data, config, Run())


def test_the_papers_settings():
    config = MfPretrainedConfig()
    assert config.factors == 50
    assert (PAPER_SCHEDULE.batch, PAPER_SCHEDULE.learning_rate) == (50, 1e-4)
    assert (PAPER_SCHEDULE.epochs, PAPER_SCHEDULE.tolerance) == (160, 1e-4)


def test_five_squared_errors_by_hand():
    """All columns in one block: a factor of the loss for each reconstruction of figure 3."""
    config = FactorisationConfig(factors=2, schedule=Schedule(batch=4000))
    draw = np.random.default_rng(0)
    x = {"visual": draw.normal(size=(4, 3)), "text": draw.normal(size=(4, 2))}
    tensors = initial_factors(3, 2, 4, config, 0)
    rows = np.array([2, 0])

    def layer(name, rows):
        return rows @ tensors[f"{name}.0.weight"].T + tensors[f"{name}.0.bias"]

    both = np.concatenate([x["visual"], x["text"]], axis=1)[rows]
    units = np.tanh(layer("rows.encoder", both))
    wanted = ((layer("rows.decoder", units) - both) ** 2).mean()
    for name, matrix in x.items():
        columns = np.tanh(layer(f"{name}.encoder", matrix.T))
        wanted += ((layer(f"{name}.decoder", columns) - matrix.T) ** 2).mean()
        wanted += ((units @ columns.T - matrix[rows]) ** 2).mean()
    parameters = trainable(tensors)
    found = factorisation_loss(
        parameters,
        {name: torch.tensor(matrix, dtype=torch.float32) for name, matrix in x.items()},
        torch.tensor(rows),
        config,
        torch.Generator().manual_seed(0),
    )
    assert float(found.detach()) == pytest.approx(wanted, rel=1e-5)
    found.backward()
    assert all(leaf.grad is not None and leaf.grad.any() for leaf in parameters.values())


def test_blocks_cover_all_columns():
    generator = torch.Generator().manual_seed(0)
    drawn = {tuple(range(10)[draw_block(10, 4, generator)]) for _ in range(100)}
    assert drawn == {(0, 1, 2), (3, 4, 5), (6, 7, 8), (9,)}
    assert draw_block(3, 80, generator).stop <= 3


def test_nothing_as_large_as_photos_by_photos():
    tensors = initial_factors(7, 5, 1000, FactorisationConfig(factors=3), 0)
    assert max(tensor.size for tensor in tensors.values()) == 3000


def test_the_model_keeps_nothing_that_grows_with_the_photos(model):
    assert all(180 not in tensor.shape for tensor in model.tensors.values())


def test_what_a_photo_says_is_predicted(model, data):
    rows = data.validation_rows
    expected = model.translate_image_to_text(data.visual[rows])
    mean = data.text_rows[data.training_rows].mean(axis=0)
    error = ((expected - data.text_rows[rows]) ** 2).mean()
    assert error < 0.9 * ((mean - data.text_rows[rows]) ** 2).mean()
    assert model.translate_text_to_image(data.text_rows[rows]).shape == data.visual[rows].shape


def test_fewer_columns(data, tmp_path):
    model = MfPretrained.fit(data, replace(QUICK, components=6), Run())
    assert model.tensors["visual.columns"].shape == (6, 5)
    assert model.features(Observations(visual=data.visual)).shape == (200, 5)
    contract.check_same_after_loading(model, data, tmp_path / "model")


@pytest.mark.parametrize("wrong", [{"factors": 0}, {"text_removal": -1.0}], ids=str)
def test_impossible_configurations(wrong):
    with pytest.raises(UsageProblem):
        MfPretrainedConfig(**wrong)


def test_contract(model, data, tmp_path):
    contract.check_same_after_loading(model, data, tmp_path / "model")
    contract.check_forged_files(model, tmp_path / "forged")
    contract.check_missing_modalities(model, data)
    contract.check_seed(MfPretrained, data, QUICK)
    contract.check_cancelling(MfPretrained, data, QUICK)


def test_resuming(data, tmp_path):
    contract.check_resuming(MfPretrained, data, QUICK, tmp_path / "unfinished")


def test_odd_libraries():
    contract.check_odd_libraries("mf-pretrained", QUICK)
