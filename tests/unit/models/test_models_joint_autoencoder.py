from __future__ import annotations

import numpy as np
import pytest
import torch
from tagged_photos import TEXT, tagged_photos

from photoorg.models.base import Observations
from photoorg.models.joint_autoencoder import (
    JointAutoencoder,
    JointAutoencoderConfig,
    hidden,
    joint_loss,
    one_hidden_layer,
    reconstruct,
)
from photoorg.models.schedule import Run, Schedule

RNG = np.random.default_rng(7)
PARAMETERS = {
    "hidden.weight": RNG.normal(size=(7, 5)),
    "hidden.bias": RNG.normal(size=7),
    "output.weight": RNG.normal(size=(5, 7)),
    "output.bias": RNG.normal(size=5),
}
V, T = RNG.normal(size=(6, 3)), RNG.normal(size=(6, 2))


def naive_loss(config: JointAutoencoderConfig) -> float:
    """The objective of section 3.3, photo by photo and number by number; f is the sigmoid."""
    p, total = PARAMETERS, 0.0
    for v, t in zip(V, T, strict=True):
        x = [*v, *t]
        h = [
            1 / (1 + np.exp(-sum(p["hidden.weight"][u, i] * x[i] for i in range(5)) - b))
            for u, b in enumerate(p["hidden.bias"])
        ]
        back = [
            sum(p["output.weight"][o, u] * h[u] for u in range(7)) + p["output.bias"][o]
            for o in range(5)
        ]
        total += sum((x[i] - back[i]) ** 2 for i in range(3))
        total += config.text_weight * sum((x[i] - back[i]) ** 2 for i in range(3, 5))
    norms = sum(w**2 for w in p["hidden.weight"].ravel()) + sum(
        w**2 for w in p["output.weight"].ravel()
    )
    return total / len(V) + config.weight_penalty * norms


@pytest.mark.parametrize(("text_weight", "penalty"), [(10.0, 1e-4), (1.0, 0.0), (0.0, 0.5)])
def test_the_loss_is_the_papers(text_weight, penalty):
    config = JointAutoencoderConfig(
        text_weight=text_weight, weight_penalty=penalty, activation="sigmoid"
    )
    parameters = {name: torch.from_numpy(each) for name, each in PARAMETERS.items()}
    loss = joint_loss(parameters, torch.from_numpy(V), torch.from_numpy(T), config)
    assert float(loss) == pytest.approx(naive_loss(config), rel=1e-10)


def test_torch_and_numpy_have_the_same_features():
    config = JointAutoencoderConfig()
    in_numpy = hidden(PARAMETERS, V, T, config)
    in_torch = hidden(
        {name: torch.from_numpy(each) for name, each in PARAMETERS.items()},
        torch.from_numpy(V),
        torch.from_numpy(T),
        config,
    )
    assert np.allclose(in_numpy, in_torch.numpy(), atol=1e-12)
    assert reconstruct(PARAMETERS, in_numpy).shape == (6, 5)


def test_the_hidden_layer_is_over_complete():
    assert one_hidden_layer(220, 220, 1.4)["hidden.weight"] == (308, 220)
    model = JointAutoencoder.fit(
        tagged_photos(60), JointAutoencoderConfig(schedule=Schedule(epochs=1)), Run()
    )
    assert model.dimension == round(1.4 * (model._preprocessing.visual.dimension + TEXT))


def test_whitened_to_as_many_components_as_are_asked_for():
    config = JointAutoencoderConfig(components=5, whitening_floor=0.0, schedule=Schedule(epochs=1))
    data = tagged_photos(80)
    model = JointAutoencoder.fit(data, config, Run())
    v = model._preprocessing.visual(data.visual[data.training_rows])
    assert v.shape[1] == 5
    assert np.allclose(np.cov(v.T), np.eye(5), atol=0.05)


def test_it_learns_to_reconstruct_both():
    data = tagged_photos(200)
    config = JointAutoencoderConfig(
        weight_penalty=1e-4, schedule=Schedule(epochs=80, batch=32, learning_rate=0.02)
    )
    model = JointAutoencoder.fit(data, config, Run())
    rows = data.validation_rows
    v = model._preprocessing.visual(data.visual[rows])
    t = model._preprocessing.text(data.text_rows[rows])
    features = model.features(Observations(visual=data.visual[rows], text=data.text_rows[rows]))
    assert np.array_equal(features, model.encode(v, t))
    back = model.decode(features)
    assert ((back - np.concatenate([v, t], axis=1)) ** 2).mean() < 0.3
    # mu: the tags are reconstructed the more faithfully.
    assert ((back[:, v.shape[1] :] - t) ** 2).mean() < ((back[:, : v.shape[1]] - v) ** 2).mean()
