from __future__ import annotations

import numpy as np
import pytest
import torch
from tagged_photos import tagged_photos

from photoorg.models.base import Observations, unit_rows
from photoorg.models.cross_modal import CrossModalConfig, CrossModalI, CrossModalII, hidden
from photoorg.models.network import ridge_regression
from photoorg.models.schedule import Run, Schedule

RNG = np.random.default_rng(8)
V, T = RNG.normal(size=(6, 3)), RNG.normal(size=(6, 2))
CONFIG = CrossModalConfig(text_weight=10.0, weight_penalty=1e-3, activation="sigmoid")
MODELS = pytest.mark.parametrize("model_type", [CrossModalI, CrossModalII])


def parameters_of(model_type) -> dict[str, np.ndarray]:
    shapes = model_type.shapes(3, 2, CONFIG)
    return {name: np.random.default_rng(1).normal(size=shape) for name, shape in shapes.items()}


def naive_loss(model_type) -> float:
    p, total = parameters_of(model_type), 0.0
    for v, t in zip(V, T, strict=True):
        h = [
            1 / (1 + np.exp(-sum(row[i] * v[i] for i in range(3)) - b))
            for row, b in zip(p["hidden.weight"], p["hidden.bias"], strict=True)
        ]
        out = [
            sum(row[u] * h[u] for u in range(len(h))) + b
            for row, b in zip(p["output.weight"], p["output.bias"], strict=True)
        ]
        if model_type is CrossModalI:
            total += sum((t[i] - out[i]) ** 2 for i in range(2))
        else:
            total += sum((v[i] - out[i]) ** 2 for i in range(3))
            total += 10 * sum((t[i] - out[3 + i]) ** 2 for i in range(2))
    norms = (p["hidden.weight"] ** 2).sum() + (p["output.weight"] ** 2).sum()
    return float(total / len(V) + 1e-3 * norms)


@MODELS
def test_the_loss_is_the_papers(model_type):
    parameters = {name: torch.from_numpy(each) for name, each in parameters_of(model_type).items()}
    loss = model_type.loss(parameters, torch.from_numpy(V), torch.from_numpy(T), CONFIG, None)
    assert float(loss) == pytest.approx(naive_loss(model_type), rel=1e-10)


def test_the_layers_are_the_papers():
    one, two = (each.shapes(200, 20, CrossModalConfig()) for each in (CrossModalI, CrossModalII))
    assert one["hidden.weight"] == two["hidden.weight"] == (280, 200)
    assert one["output.weight"] == (20, 280)
    assert two["output.weight"] == (220, 280)


@MODELS
def test_a_photo_is_known_by_its_looks_alone(model_type):
    data = tagged_photos(100)
    model = model_type.fit(data, CrossModalConfig(schedule=Schedule(epochs=3)), Run())
    v = model._preprocessing.visual(data.visual)
    t = model._preprocessing.text(data.text_rows)
    features = model.features(Observations(visual=data.visual, text=data.text_rows))
    assert np.array_equal(features, hidden(model.tensors, v, model.config))
    assert np.array_equal(features, model.features(Observations(visual=data.visual)))
    # A text stands where the photo would that a ridge regression expects of it.
    rows = data.training_rows
    expected = t @ ridge_regression(t[rows], v[rows], model.config.ridge).T
    assert np.allclose(
        model.features(Observations(text=data.text_rows)),
        hidden(model.tensors, expected.astype(np.float32), model.config),
        atol=1e-5,
    )


@MODELS
def test_the_nearest_tags_of_a_translated_photo_are_its_own(model_type):
    data = tagged_photos(300)
    model = model_type.fit(
        data, CrossModalConfig(schedule=Schedule(epochs=60, learning_rate=0.005)), Run()
    )
    rows, names = data.validation_rows, data.vocabulary()
    tags = data.text.encode_words(names).vectors
    scores = model.tag_scores(Observations(visual=data.visual[rows]), tags)
    translated = model.translate_image_to_text(data.visual[rows])
    assert np.allclose(scores, unit_rows(translated) @ unit_rows(tags).T, atol=1e-6)
    carried = data.tag_matrix(names, rows)
    best = np.take_along_axis(carried, scores.argmax(axis=1)[:, None], axis=1)
    assert best.mean() > 0.85
