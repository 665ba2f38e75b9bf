from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tagged_photos import tagged_photos

from photoorg.core.errors import UsageProblem
from photoorg.models.arrays import initial_parameters
from photoorg.models.base import Observations
from photoorg.models.bidnn import (
    BiDnn,
    BiDnnConfig,
    bidirectional_loss,
    canonical_directions,
    canonical_start,
    central_layer,
    central_weights,
    into_range,
    out_of_range,
    translate,
)
from photoorg.models.schedule import Run, Schedule
from photoorg.models.training import optimise, trainable

TINY = BiDnnConfig(hidden=5, centre=3, weight_penalty=0.0)
DIRECTIONS = ("from_visual", "from_text")


def random_parameters(config: BiDnnConfig = TINY, visual: int = 4, text: int = 2):
    parameters = initial_parameters(BiDnn.shapes(visual, text, config), "glorot", 3)
    rng = np.random.default_rng(4)
    return {
        name: each + 0.1 * rng.normal(size=each.shape).astype(np.float32)
        for name, each in parameters.items()
    }


def layer(weights, transposed: bool, bias, x: list[float]) -> list[float]:
    """f(W x + b) or f(W^T x + b) of one photo, number by number."""
    rows, columns = weights.shape
    outputs = columns if transposed else rows
    result = []
    for o in range(outputs):
        total = float(bias[o])
        for i, value in enumerate(x):
            total += float(weights[i, o] if transposed else weights[o, i]) * value
        result.append(float(np.tanh(total)))
    return result


def naive(parameters, x1: list[float], x2: list[float]) -> dict[str, list[float]]:
    """The eight equations of section 2.2, one after the other."""
    p = parameters
    second, third = p["central.2.weight"], p["central.3.weight"]
    h1_1 = layer(p["from_visual.1.weight"], False, p["from_visual.1.bias"], x1)
    h2_1 = layer(p["from_text.1.weight"], False, p["from_text.1.bias"], x2)
    h1_2 = layer(second, False, p["from_visual.2.bias"], h1_1)
    h2_2 = layer(third, True, p["from_text.2.bias"], h2_1)
    h1_3 = layer(third, False, p["from_visual.3.bias"], h1_2)
    h2_3 = layer(second, True, p["from_text.3.bias"], h2_2)
    o1 = layer(p["from_visual.4.weight"], False, p["from_visual.4.bias"], h1_3)
    o2 = layer(p["from_text.4.weight"], False, p["from_text.4.bias"], h2_3)
    return {"h1_2": h1_2, "h2_2": h2_2, "o1": o1, "o2": o2}


def test_the_forward_pass_is_the_papers_number_by_number():
    parameters = random_parameters()
    rng = np.random.default_rng(0)
    v = rng.normal(size=(6, 4)).astype(np.float32)
    t = rng.normal(size=(6, 2)).astype(np.float32)
    expected = [
        naive(parameters, x1.tolist(), x2.tolist())
        for x1, x2 in zip(into_range(v, "tanh"), into_range(t, "tanh"), strict=True)
    ]
    for name, computed in (
        ("h1_2", central_layer(parameters, "from_visual", v, TINY)),
        ("h2_2", central_layer(parameters, "from_text", t, TINY)),
        ("o1", translate(parameters, "from_visual", v, TINY)),
        ("o2", translate(parameters, "from_text", t, TINY)),
    ):
        assert np.allclose(computed, [each[name] for each in expected], atol=1e-5)
    errors = [
        sum((each["o1"][k] - into_range(t, "tanh")[n, k]) ** 2 for k in range(2)) / 3
        + sum((each["o2"][k] - into_range(v, "tanh")[n, k]) ** 2 for k in range(4)) / 3
        for n, each in enumerate(expected)
    ]
    in_torch = {name: torch.from_numpy(each) for name, each in parameters.items()}
    loss = bidirectional_loss(in_torch, torch.from_numpy(v), torch.from_numpy(t), TINY)
    assert float(loss) == pytest.approx(np.mean(errors), rel=1e-5)


def test_the_penalty_counts_each_matrix_once():
    parameters = {name: torch.from_numpy(each) for name, each in random_parameters().items()}
    v, t = torch.randn(6, 4), torch.randn(6, 2)
    squares = sum(float((p**2).sum()) for name, p in parameters.items() if p.ndim == 2)
    penalised = bidirectional_loss(parameters, v, t, replace(TINY, weight_penalty=0.01))
    plain = bidirectional_loss(parameters, v, t, TINY)
    assert float(penalised - plain) == pytest.approx(0.01 * squares, rel=1e-4)


def test_both_networks_use_the_same_variables_before_and_after_learning():
    parameters = trainable(random_parameters())
    storage = {name: parameters[f"central.{name}.weight"].data_ptr() for name in "23"}
    v, t = torch.randn(40, 4), torch.randn(40, 2)

    def check() -> None:
        second, third = central_weights(parameters, "from_visual")
        back_second, back_third = central_weights(parameters, "from_text")
        assert second.data_ptr() == back_third.data_ptr() == storage["2"]
        assert third.data_ptr() == back_second.data_ptr() == storage["3"]
        assert torch.equal(second.T, back_third)
        assert torch.equal(third.T, back_second)

    check()
    before = {name: each.detach().clone() for name, each in parameters.items()}
    optimise(
        parameters,
        lambda rows, generator: bidirectional_loss(parameters, v[rows], t[rows], TINY),
        np.arange(40),
        Schedule(epochs=3, batch=8),
        Run(),
    )
    check()
    assert all(not torch.equal(each, before[name]) for name, each in parameters.items())


@pytest.mark.parametrize("central", ["central.2.weight", "central.3.weight"])
def test_each_network_alone_moves_the_central_weights(central):
    v, t = torch.randn(8, 4), torch.randn(8, 2)
    gradients = {}
    for direction, x, target in (("from_visual", v, t), ("from_text", t, v)):
        parameters = trainable(random_parameters())
        ((translate(parameters, direction, x, TINY) - target) ** 2).mean().backward()
        gradients[direction] = parameters[central].grad
        own = [name for name in parameters if name.startswith(direction)]
        assert all(parameters[name].grad is not None for name in own)
        other = "from_text" if direction == "from_visual" else "from_visual"
        assert all(parameters[f"{other}.{k}.bias"].grad is None for k in range(1, 5))
    parameters = trainable(random_parameters())
    bidirectional_loss(parameters, v, t, replace(TINY, output_activation="tanh")).backward()
    assert all(each.any() for each in gradients.values())
    assert parameters[central].grad.any()


def test_there_is_no_other_central_weight():
    names = BiDnn.shapes(4, 2, TINY)
    central = [name for name in names if name.endswith(("2.weight", "3.weight"))]
    assert central == ["central.2.weight", "central.3.weight"]
    assert {name for name in names if name.endswith("bias")} == {
        f"{direction}.{k}.bias" for direction in DIRECTIONS for k in range(1, 5)
    }


def test_the_sizes_are_the_papers():
    shapes = BiDnn.shapes(100, 100, BiDnnConfig())
    assert shapes["from_visual.1.weight"] == (200, 100)
    assert shapes["central.2.weight"] == (100, 200)
    assert shapes["central.3.weight"] == (200, 100)
    assert shapes["from_text.4.weight"] == (100, 200)


def test_the_embedding_is_both_central_layers_or_one_of_them_twice():
    data = tagged_photos(60)
    config = BiDnnConfig(hidden=12, centre=5, schedule=Schedule(epochs=2))
    model = BiDnn.fit(data, config, Run())
    v = model._preprocessing.visual(data.visual)
    t = model._preprocessing.text(data.text_rows)
    of_visual = central_layer(model.tensors, "from_visual", v, config)
    of_text = central_layer(model.tensors, "from_text", t, config)
    for seen, expected in (
        (Observations(visual=data.visual, text=data.text_rows), [of_visual, of_text]),
        (Observations(visual=data.visual), [of_visual, of_visual]),
        (Observations(text=data.text_rows), [of_text, of_text]),
    ):
        assert np.allclose(model.features(seen), np.concatenate(expected, axis=1), atol=1e-6)
    assert model.dimension == 10


def test_a_missing_modality_may_be_translated_before_embedding():
    data = tagged_photos(60)
    config = BiDnnConfig(hidden=12, centre=5, missing="translate", schedule=Schedule(epochs=2))
    model = BiDnn.fit(data, config, Run())
    has_visual = np.arange(60) % 2 == 0
    has_text = np.arange(60) % 3 > 0
    seen = Observations(data.visual, data.text_rows, has_visual, has_text)
    filled = model.expand(seen)
    assert np.allclose(model.features(seen), model.features(filled), atol=1e-4)


@pytest.mark.parametrize(
    ("activation", "low", "high"),
    [("tanh", -1, 1), ("sigmoid", 0, 1), ("relu", 0, np.inf), ("linear", -np.inf, np.inf)],
)
def test_inputs_come_into_the_range_of_the_output(activation, low, high):
    x = np.random.default_rng(0).uniform(-2.9, 2.9, size=(50, 3)).astype(np.float32)
    within = into_range(x, activation)
    assert within.min() > low
    assert within.max() < high
    assert np.allclose(out_of_range(within, activation), x, atol=1e-5)


def test_where_both_have_the_same_length_the_loss_is_the_sum_of_two_mean_squared_errors():
    parameters = {n: torch.from_numpy(p) for n, p in random_parameters(visual=3, text=3).items()}
    v, t = torch.randn(6, 3), torch.randn(6, 3)
    of_text = translate(parameters, "from_visual", v, TINY) - into_range(t, "tanh")
    of_visual = translate(parameters, "from_text", t, TINY) - into_range(v, "tanh")
    expected = (of_text**2).mean() + (of_visual**2).mean()
    assert float(bidirectional_loss(parameters, v, t, TINY)) == pytest.approx(float(expected))


def shared_world(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Two modalities that have two hidden causes in common, and noise of their own."""
    rng = np.random.default_rng(5)
    causes = rng.normal(size=(n, 2))
    v = causes @ rng.normal(size=(2, 6)) + 0.3 * rng.normal(size=(n, 6))
    t = causes @ rng.normal(size=(2, 4)) + 0.3 * rng.normal(size=(n, 4))
    rows = [(x - x.mean(0)) / x.std(0) for x in (v, t)]
    return rows[0].astype(np.float32), rows[1].astype(np.float32)


def test_canonical_directions_make_both_modalities_white_and_pairwise_correlated():
    v, t = shared_world()
    of_v, of_t, correlations = canonical_directions(v, t, 1e-9)
    u, w = v @ of_v, t @ of_t
    assert np.allclose(u.T @ u / len(v), np.eye(u.shape[1])[:, : u.shape[1]], atol=1e-3)
    assert np.allclose(u.T @ w / len(v), np.diag(correlations), atol=1e-3)
    assert (np.diff(correlations) <= 1e-9).all()
    # Two causes: two correlations stand out.
    assert correlations[1] > 0.8
    assert correlations[2] < 0.3


@pytest.mark.parametrize("output", ["tanh", "linear"])
def test_a_canonical_start_translates_like_the_linear_regression_through_the_centre(output):
    v, t = shared_world()
    config = BiDnnConfig(hidden=20, centre=4, output_activation=output, canonical_ridge=1e-3)
    parameters = canonical_start(BiDnn.shapes(6, 4, config), v, t, config, 0)
    for direction, x, y in (("from_visual", v, t), ("from_text", t, v)):
        back = out_of_range(translate(parameters, direction, x, config), output)
        regression = x @ np.linalg.lstsq(x, y, rcond=None)[0]
        assert ((back - y) ** 2).mean() < ((regression - y) ** 2).mean() + 0.15
    one, other = (
        central_layer(parameters, direction, x, config)
        for direction, x in (("from_visual", v), ("from_text", t))
    )
    # What both causes say is in the same units of both central layers.
    assert all(np.corrcoef(one[:, unit], other[:, unit])[0, 1] > 0.7 for unit in range(2))


def test_a_canonical_start_needs_activations_that_are_linear_near_zero():
    with pytest.raises(UsageProblem, match="canonical start"):
        BiDnnConfig(activation="relu")
    assert BiDnnConfig(activation="relu", start="random").activation == "relu"
