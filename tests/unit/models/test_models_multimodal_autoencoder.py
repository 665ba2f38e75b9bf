from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tagged_photos import tagged_photos

from photoorg.models.base import Observations
from photoorg.models.multimodal_autoencoder import (
    MultimodalAutoencoder1,
    MultimodalAutoencoder2,
    MultimodalAutoencoderConfig,
    encode_separately,
    remove_sporadically,
)
from photoorg.models.schedule import Run, Schedule

TINY = MultimodalAutoencoderConfig(hidden=4, centre=3, text_weight=2.0, weight_penalty=0.01)
RNG = np.random.default_rng(9)
V, T = RNG.normal(size=(6, 3)), RNG.normal(size=(6, 2))


def parameters_of(model_type) -> dict[str, torch.Tensor]:
    rng = np.random.default_rng(2)
    shapes = model_type.shapes(3, 2, TINY)
    return {name: torch.tensor(rng.normal(size=shape)) for name, shape in shapes.items()}


def layer(parameters, name: str, x: list[float], *, last: bool = False) -> list[float]:
    weight = parameters[f"layer.{name}.weight"].numpy()
    bias = parameters[f"layer.{name}.bias"].numpy()
    sums = [sum(w * value for w, value in zip(row, x, strict=True)) for row in weight]
    return [s + b if last else np.tanh(s + b) for s, b in zip(sums, bias, strict=True)]


def naive_1(p, v, t) -> list[float]:
    h = layer(p, "3", layer(p, "2", layer(p, "1", [*v, *t])))
    return layer(p, "4", h, last=True)


def naive_2(p, v, t) -> list[float]:
    centre = layer(p, "2", [*layer(p, "visual.1", [*v]), *layer(p, "text.1", [*t])])
    return [
        *layer(p, "visual.4", layer(p, "visual.3", centre), last=True),
        *layer(p, "text.4", layer(p, "text.3", centre), last=True),
    ]


def naive_loss(parameters, forward, seen_v, seen_t) -> float:
    total = 0.0
    for v, t, sv, st in zip(V, T, seen_v, seen_t, strict=True):
        out = forward(parameters, sv, st)
        total += np.mean([(v[i] - out[i]) ** 2 for i in range(3)])
        total += 2.0 * np.mean([(t[i] - out[3 + i]) ** 2 for i in range(2)])
    squares = sum((p**2).sum() for name, p in parameters.items() if name.endswith("weight"))
    return float(total / len(V) + 0.01 * squares)


def test_the_loss_of_the_first_is_a_loop_over_photos():
    p = parameters_of(MultimodalAutoencoder1)
    v, t = torch.from_numpy(V), torch.from_numpy(T)
    loss = MultimodalAutoencoder1.loss(p, v, t, TINY, None)
    assert float(loss) == pytest.approx(naive_loss(p, naive_1, V, T), rel=1e-10)


@pytest.mark.parametrize("rate", [0.0, 0.4, 1.0])
def test_the_loss_of_the_second_is_a_loop_over_photos_and_over_what_is_removed(rate):
    p = parameters_of(MultimodalAutoencoder2)
    v, t = torch.from_numpy(V), torch.from_numpy(T)
    config = replace(TINY, removal_rate=rate)
    whole = naive_loss(p, naive_2, V, T)
    halves = naive_loss(p, naive_2, V, 0 * T) + naive_loss(p, naive_2, 0 * V, T)
    assert float(MultimodalAutoencoder2.loss(p, v, t, config, None)) == pytest.approx(
        (1 - rate) * whole + rate / 2 * halves, rel=1e-10
    )
    # In training, what one draw removes.
    seen = remove_sporadically(v, t, rate, torch.Generator().manual_seed(3))
    expected = naive_loss(p, naive_2, *(each.numpy() for each in seen))
    drawn = MultimodalAutoencoder2.loss(p, v, t, config, torch.Generator().manual_seed(3))
    assert float(drawn) == pytest.approx(expected, rel=1e-10)


def test_one_modality_is_removed_as_often_as_is_said_and_never_both():
    ones = torch.ones(20_000, 1)
    v, t = remove_sporadically(ones, ones, 0.3, torch.Generator().manual_seed(0))
    assert float((v == 0).float().mean()) == pytest.approx(0.15, abs=0.01)
    assert float((t == 0).float().mean()) == pytest.approx(0.15, abs=0.01)
    assert not bool(((v == 0) & (t == 0)).any())
    assert torch.equal(remove_sporadically(ones, ones, 0, torch.Generator())[0], ones)


def test_the_sizes_are_the_papers():
    config = MultimodalAutoencoderConfig()
    first = MultimodalAutoencoder1.shapes(100, 100, config)
    second = MultimodalAutoencoder2.shapes(100, 100, config)
    assert [first[f"layer.{k}.weight"] for k in "1234"] == [
        (200, 200),
        (100, 200),
        (200, 100),
        (200, 200),
    ]
    assert second["layer.visual.1.weight"] == second["layer.text.1.weight"] == (200, 100)
    assert second["layer.2.weight"] == (100, 400)
    assert second["layer.visual.4.weight"] == second["layer.text.4.weight"] == (100, 200)


def test_the_second_sees_a_missing_modality_as_zeros():
    data = tagged_photos(60)
    config = MultimodalAutoencoderConfig(hidden=12, centre=5, schedule=Schedule(epochs=2))
    model = MultimodalAutoencoder2.fit(data, config, Run())
    v = model._preprocessing.visual(data.visual)
    nothing = np.zeros_like(data.text_rows)
    assert np.array_equal(
        model.features(Observations(visual=data.visual)),
        encode_separately(model.tensors, v, nothing, config),
    )


def test_removal_in_training_helps_translation():
    data = tagged_photos(200)
    schedule = Schedule(epochs=25, batch=32, learning_rate=0.01)
    rows = data.validation_rows

    def error(rate: float) -> float:
        config = MultimodalAutoencoderConfig(
            hidden=40, centre=20, removal_rate=rate, schedule=schedule
        )
        model = MultimodalAutoencoder2.fit(data, config, Run())
        guess = model.translate_image_to_text(data.visual[rows])
        return float(((guess - data.text_rows[rows]) ** 2).mean())

    assert error(0.5) < error(0.0)
