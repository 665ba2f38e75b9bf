"""The multi-layer perceptron: no tag tells of itself; classes, numbers, and the contract."""

from __future__ import annotations

import model_contract as contract
import numpy as np
import pytest
import torch
from tagged_photos import tagged_photos

from photoorg.core.errors import UsageProblem
from photoorg.models.base import Observations, unit_rows
from photoorg.models.mlp import (
    CLASSIFICATION,
    REGRESSION,
    Mlp,
    MlpConfig,
    SaidWords,
    TagLists,
    split_tags,
    tag_loss,
)
from photoorg.models.schedule import Run, Schedule

QUICK = MlpConfig(hidden=(12, 5), schedule=Schedule(epochs=3, batch=64))


@pytest.fixture(scope="module")
def data():
    return tagged_photos(200)


@pytest.fixture(scope="module")
def model(data):
    schedule = Schedule(epochs=30, batch=32, learning_rate=5e-3)
    return Mlp.fit(data, MlpConfig(hidden=(20, 10), schedule=schedule), Run())


def test_the_papers_optimisers():
    assert (CLASSIFICATION.optimiser, CLASSIFICATION.learning_rate) == ("adam", 5e-4)
    assert (REGRESSION.optimiser, REGRESSION.learning_rate) == ("sgd", 1e-4)


def test_half_of_the_tags_are_said_or_none():
    labels = torch.zeros(400, 10)
    labels[:, :6] = 1
    given = split_tags(labels, 0.5, torch.Generator().manual_seed(0))
    assert not given[:, 6:].any()  # a tag that is not there is never said
    told = given.any(dim=1).float().mean()
    assert 0.4 < float(told) < 0.6
    assert 0.45 < float(given[given.any(dim=1)][:, :6].float().mean()) < 0.55
    assert not split_tags(labels, 1.0, torch.Generator().manual_seed(0)).any()


def test_what_is_said_does_not_count_and_what_counts_is_not_said():
    """The loss by hand; a tag's output that was told has no gradient."""
    config = MlpConfig(hidden=(3,), text_removal=0.0, visual_removal=0.0)
    draw = np.random.default_rng(0)
    parameters = {
        name: torch.tensor(draw.normal(size=shape), dtype=torch.float32, requires_grad=True)
        for name, shape in {
            "hidden.0.weight": (3, 6),
            "hidden.0.bias": (3,),
            "output.0.weight": (5, 3),
            "output.0.bias": (5,),
        }.items()
    }
    words = SaidWords(
        torch.tensor(np.eye(5, 2, dtype=np.float32) + 0.1), torch.zeros(2), torch.ones(2)
    )
    v = torch.tensor(draw.normal(size=(1, 4)), dtype=torch.float32)
    labels = torch.tensor([[1.0, 1.0, 1.0, 0.0, 0.0]])
    found = tag_loss(parameters, v, labels, words, config, torch.Generator().manual_seed(1))
    given = split_tags(labels, 0.0, torch.Generator().manual_seed(1))[0].numpy()
    assert 0 < given.sum() < 3
    text = unit_rows((given @ words.tags.numpy())[None])
    weights = {name: leaf.detach().numpy() for name, leaf in parameters.items()}
    x = np.concatenate([v.numpy(), text], axis=1)
    hidden = np.maximum(x @ weights["hidden.0.weight"].T + weights["hidden.0.bias"], 0)
    scores = (hidden @ weights["output.0.weight"].T + weights["output.0.bias"])[0]
    p = 1 / (1 + np.exp(-scores))
    terms = [-np.log(p[k] if labels[0, k] else 1 - p[k]) for k in range(5) if not given[k]]
    assert float(found.detach()) == pytest.approx(np.mean(terms), rel=1e-5)
    found.backward()
    bias = parameters["output.0.bias"].grad
    assert bias is not None
    assert np.array_equal(bias.numpy() == 0, given)


def test_tags_of_photos_without_words(model, data):
    rows = data.validation_rows
    scores = model.predict(Observations(visual=data.visual[rows]))
    carried = data.tag_matrix(data.vocabulary(), rows)
    assert scores[carried].mean() > scores[~carried].mean() + 2


def test_scores_follow_the_tags_asked_for(model, data):
    seen = Observations(visual=data.visual[:4])
    vectors = data.text.encode_words(data.vocabulary()).vectors
    scores = model.tag_scores(seen, vectors)
    assert np.array_equal(scores, model.predict(seen))
    assert np.allclose(model.tag_scores(seen, vectors[[2, 0]]), scores[:, [2, 0]])


def test_classes(data):
    classes = np.array(["dog" in tags for tags in data.tags]).astype(np.int64)
    schedule = Schedule(epochs=30, batch=32, learning_rate=5e-3)
    model = Mlp.fit_labels(data, classes, MlpConfig(hidden=(10,), schedule=schedule), Run())
    seen = Observations(visual=data.visual, text=data.text_rows)
    found = model.predict(seen)
    assert found.shape == (200, 2)
    held_out = data.validation_rows
    assert (found.argmax(axis=1) == classes)[held_out].mean() > 0.9
    assert model.features(seen).shape == (200, 10)


def test_a_number(data):
    wanted = np.array([len(tags) for tags in data.tags], dtype=np.float32)
    schedule = Schedule(epochs=30, batch=32, learning_rate=5e-3)
    model = Mlp.fit_labels(data, wanted, MlpConfig(hidden=(10,), schedule=schedule), Run())
    found = model.predict(Observations(visual=data.visual, text=data.text_rows))[:, 0]
    assert ((found - wanted) ** 2).mean() < 0.5 * wanted.var()


def test_tag_lists(data):
    vocabulary = data.vocabulary()[:3]
    rows = np.array([5, 0, 7])
    found = TagLists.of(data, vocabulary).table(rows)
    assert np.array_equal(found > 0, data.tag_matrix(vocabulary, rows))


@pytest.mark.parametrize("wrong", [{"hidden": ()}, {"text_removal": 2.0}], ids=str)
def test_impossible_configurations(wrong):
    with pytest.raises(UsageProblem):
        MlpConfig(**wrong)


def test_contract(model, data, tmp_path):
    contract.check_same_after_loading(model, data, tmp_path / "model")
    contract.check_forged_files(model, tmp_path / "forged")
    contract.check_missing_modalities(model, data)
    contract.check_seed(Mlp, data, QUICK)
    contract.check_cancelling(Mlp, data, QUICK)


def test_resuming(data, tmp_path):
    contract.check_resuming(Mlp, data, QUICK, tmp_path / "unfinished")


def test_odd_libraries():
    contract.check_odd_libraries("mlp", QUICK)
