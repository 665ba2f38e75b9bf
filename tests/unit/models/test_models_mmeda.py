"""MMEDA-I and II: the terms of equations 1 and 2 by hand, pixels and vectors, and the contract."""

from __future__ import annotations

from dataclasses import replace

import model_contract as contract
import numpy as np
import pytest
import torch
from tagged_photos import tagged_photos

from photoorg.core.errors import UsageProblem
from photoorg.models.convolution import ConvConfig
from photoorg.models.mmeda import Batch, MmedaConfig, MmedaI, MmedaII, create_photos, total_loss
from photoorg.models.schedule import Run, Schedule
from photoorg.models.training import as_arrays, trainable

SMALL = ConvConfig(dimension=6, side=8, channels=(3, 4), hidden=7)
QUICK = MmedaConfig(
    factors=4, text_code=5, fusion=(7,), photos=SMALL, schedule=Schedule(epochs=3, batch=16)
)
KINDS = pytest.mark.parametrize("model_type", [MmedaI, MmedaII], ids=lambda each: each.kind)


@pytest.fixture(scope="module", params=["pixels", "vectors"])
def data(request):
    return tagged_photos(60, side=16 if request.param == "pixels" else 0)


def by_hand(model_type):
    """A batch of 3 of 5 photos and 2 of 4 text columns, over vectors; all weights as arrays."""
    config = replace(QUICK, source="vectors")
    draw = np.random.default_rng(0)
    x0, x1 = draw.normal(size=(5, 3)).astype("f4"), draw.normal(size=(5, 4)).astype("f4")
    parameters = trainable(model_type.initial(4, 5, config, 0))
    photos = create_photos(model_type.decoder_inputs(config), 3, config, 0)
    rows, block = [4, 1, 2], slice(2, 4)
    batch = Batch(
        torch.tensor(x0[rows]),
        torch.tensor(x1[rows]),
        torch.tensor(x1.T[block]),
        block,
        torch.ones(3, 1),
    )
    losses = model_type.losses(parameters, photos, batch, config)
    losses = {name: term.detach() for name, term in losses.items()}
    weights = as_arrays({**parameters, **photos.parameters()})

    def layer(name, x):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    texts = np.tanh(layer("text.encoder.0", x1[rows]))
    codes = np.tanh(layer("photo.encoder.0", x0[rows]))
    middle = np.tanh(layer("fusion.0", np.concatenate([codes, texts], axis=1)))
    units = np.tanh(layer("fusion.1", middle))
    columns = np.tanh(layer("columns.encoder.0", x1.T[block]))
    return losses, layer, (x0[rows], x1[rows], x1.T[block], block), (codes, texts, units, columns)


def mean_square(found, wanted):
    return pytest.approx(((found - wanted) ** 2).mean(), rel=1e-4)


def test_the_two_terms_of_equation_2():
    losses, layer, (x0, x1, _, block), (_, _, units, columns) = by_hand(MmedaI)
    assert list(losses) == ["photo", "text"]
    assert float(losses["photo"]) == mean_square(layer("photo.decoder.0", units), x0)
    assert float(losses["text"]) == mean_square(units @ columns.T, x1[:, block])
    assert float(total_loss(losses)) == pytest.approx(sum(float(term) for term in losses.values()))


def test_the_four_terms_of_equation_1():
    losses, layer, (x0, x1, x2, block), (codes, texts, units, columns) = by_hand(MmedaII)
    assert list(losses) == ["photo", "text", "columns", "product"]
    assert float(losses["photo"]) == mean_square(layer("photo.decoder.0", codes), x0)
    assert float(losses["text"]) == mean_square(layer("text.decoder.0", texts), x1)
    assert float(losses["columns"]) == mean_square(layer("columns.decoder.0", columns), x2)
    assert float(losses["product"]) == mean_square(units @ columns.T, x1[:, block])
    assert float(total_loss(losses)) == pytest.approx(sum(float(term) for term in losses.values()))


@KINDS
@pytest.mark.parametrize("source", ["pixels", "vectors"])
def test_every_weight_learns(model_type, source):
    config = replace(QUICK, source=source)
    parameters = trainable(model_type.initial(4, 5, config, 0))
    photos = create_photos(model_type.decoder_inputs(config), 3, config, 0)
    x0 = torch.randn(5, 3) if source == "vectors" else torch.randint(0, 256, (5, 8, 8, 3)).byte()
    x1 = torch.randn(5, 4)
    batch = Batch(x0, x1, x1.T, slice(None), torch.ones(5, 1))
    total_loss(model_type.losses(parameters, photos, batch, config)).backward()
    for name, leaf in {**parameters, **photos.parameters()}.items():
        assert leaf.grad is not None, name
        assert leaf.grad.any(), name


@KINDS
def test_contract(model_type, data, tmp_path):
    model = model_type.fit(data, QUICK, Run())
    assert model.config.source == ("vectors" if data.pixels is None else "pixels")
    contract.check_same_after_loading(model, data, tmp_path / "model")
    contract.check_forged_files(model, tmp_path / "forged")
    contract.check_missing_modalities(model, data)
    contract.check_seed(model_type, data, QUICK)
    contract.check_cancelling(model_type, data, QUICK)
    assert model.translate_image_to_text(data.visual).shape == data.text_rows.shape
    assert model.translate_text_to_image(data.text_rows).shape == data.visual.shape


def test_resuming(data, tmp_path):
    contract.check_resuming(MmedaII, data, QUICK, tmp_path / "unfinished")


def test_photos_themselves(data):
    model = MmedaII.fit(data, QUICK, Run())
    photos = tagged_photos(8, side=16).pixels(np.arange(8))
    if data.pixels is None:
        with pytest.raises(UsageProblem, match="stored vectors"):
            model.embed_photos(photos)
        return
    alone, both = model.embed_photos(photos), model.embed_photos(photos, data.text_rows[:8])
    assert alone.shape == (8, 4)
    assert not np.allclose(alone, both)


def test_training_lowers_the_loss(data):
    reports = []
    longer = replace(QUICK, schedule=Schedule(epochs=12, batch=16, learning_rate=5e-3))
    MmedaII.fit(data, longer, Run(on_epoch=reports.append))
    assert reports[-1].metrics["loss"] < 0.95 * reports[0].metrics["loss"]


def test_pixels_that_are_asked_for_must_be_there():
    with pytest.raises(UsageProblem, match="photos themselves"):
        MmedaI.fit(tagged_photos(20), replace(QUICK, source="pixels"), Run())


@pytest.mark.parametrize("wrong", [{"source": "sketches"}, {"factors": 0}], ids=str)
def test_impossible_configurations(wrong):
    with pytest.raises(UsageProblem):
        MmedaConfig(**wrong)


@pytest.mark.parametrize("kind", ["mmeda-1", "mmeda-2"])
def test_odd_libraries(kind):
    contract.check_odd_libraries(kind, QUICK)
