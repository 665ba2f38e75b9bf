"""What holds for each of the networks of papers 000 and 001."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tagged_photos import tagged_photos

from photoorg.core.errors import Cancelled, ModelFileProblem, UsageProblem
from photoorg.core.modelling import EpochReport
from photoorg.core.progress import CancelToken
from photoorg.features.storage import Manifest, load_model, save_model
from photoorg.models.base import Observations, Translates
from photoorg.models.bidnn import BiDnn
from photoorg.models.cross_modal import CrossModalI, CrossModalII
from photoorg.models.joint_autoencoder import JointAutoencoder
from photoorg.models.learned import config_of, sides_of
from photoorg.models.multimodal_autoencoder import MultimodalAutoencoder1, MultimodalAutoencoder2
from photoorg.models.network import FusingNetwork, Network, ridge_regression
from photoorg.models.schedule import Run, Schedule

MODELS = (
    JointAutoencoder,
    CrossModalI,
    CrossModalII,
    MultimodalAutoencoder1,
    MultimodalAutoencoder2,
    BiDnn,
)
SHORT = Schedule(epochs=15, batch=32, learning_rate=0.005, patience=0)
DATA = tagged_photos(200)
ROWS = DATA.validation_rows
VISUAL, TEXT = DATA.visual[ROWS], DATA.text_rows[ROWS]

_trained: dict[type[Network], Network] = {}


def trained(model_type: type[Network]) -> Network:
    """Return a model trained once for all tests; models do not change in use."""
    if model_type not in _trained:
        _trained[model_type] = model_type.fit(DATA, short_config(model_type), Run())
    return _trained[model_type]


def short_config(model_type: type[Network], schedule: Schedule = SHORT):
    return model_type.config_type(schedule=schedule)


def write(stem: Path, model: Network) -> None:
    manifest = Manifest(model.kind, model.visual_key, model.text_key, model.manifest())
    save_model(stem, manifest, model.tensors)


def read(stem: Path, model_type: type[Network]) -> Network:
    file = load_model(stem, kind=model_type.kind)
    config = config_of(file.manifest, model_type.config_type)
    return model_type.from_file(config, sides_of(file.manifest), file)


each_model = pytest.mark.parametrize("model_type", MODELS, ids=lambda each: each.kind)


@each_model
def test_the_loss_goes_down_and_embeddings_tell_photos_apart(model_type):
    reports: list[EpochReport] = []
    model_type.fit(DATA, short_config(model_type), Run(on_epoch=reports.append))
    assert reports[-1].metrics["loss"] < reports[0].metrics["loss"]
    model = trained(model_type)
    embedded = model.embed_joint(Observations(visual=VISUAL, text=TEXT))
    assert embedded.shape == (len(ROWS), model.dimension)
    assert embedded.dtype == np.float32
    assert np.allclose(np.linalg.norm(embedded, axis=1), 1, atol=1e-5)
    # Photos with tags in common lie nearer to each other than photos without.
    carried = DATA.tag_matrix(DATA.vocabulary(), ROWS).astype(float)
    alike = carried @ carried.T > 1
    cosine = embedded @ embedded.T
    off = ~np.eye(len(ROWS), dtype=bool)
    assert cosine[alike & off].mean() > cosine[~alike & off].mean()


@each_model
def test_translations_point_the_right_way(model_type):
    model = trained(model_type)
    assert isinstance(model, Translates)
    for guess, truth, mean in (
        (model.translate_image_to_text(VISUAL), TEXT, DATA.text_rows[DATA.training_rows].mean(0)),
        (model.translate_text_to_image(TEXT), VISUAL, DATA.visual[DATA.training_rows].mean(0)),
    ):
        assert guess.shape == truth.shape
        assert guess.dtype == np.float32
        assert ((guess - truth) ** 2).mean() < 0.8 * ((mean - truth) ** 2).mean()


@each_model
def test_texts_find_their_photos(model_type):
    model = trained(model_type)
    scores = model.embed_texts(TEXT) @ model.embed_images(VISUAL).T
    ranks = (scores >= np.diag(scores)[:, None]).sum(axis=1)
    assert np.median(ranks) < 0.35 * len(ROWS)  # 0.5 by chance


@each_model
def test_tags_that_a_photo_carries_score_higher(model_type):
    names = DATA.vocabulary()
    scores = trained(model_type).tag_scores(
        Observations(visual=VISUAL), DATA.text.encode_words(names).vectors
    )
    carried = DATA.tag_matrix(names, ROWS)
    assert scores[carried].mean() > scores[~carried].mean() + 0.1


@each_model
def test_missing_is_the_same_however_it_is_said(model_type):
    model = trained(model_type)
    n = len(ROWS)
    yes, no = np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
    alone = model.embed_joint(Observations(visual=VISUAL))
    assert np.array_equal(alone, model.embed_images(VISUAL))
    for ways in (
        Observations(visual=VISUAL, text=TEXT, has_text=no),
        Observations(visual=VISUAL, text=np.zeros_like(TEXT)),
        Observations(visual=VISUAL, text=np.zeros_like(TEXT), has_visual=yes, has_text=yes),
    ):
        assert np.allclose(model.embed_joint(ways), alone, atol=1e-6)
    text_alone = model.embed_texts(TEXT)
    for ways in (
        Observations(visual=VISUAL, text=TEXT, has_visual=no),
        Observations(visual=np.zeros_like(VISUAL), text=TEXT),
    ):
        assert np.allclose(model.embed_joint(ways), text_alone, atol=1e-6)
    assert not np.allclose(alone, text_alone, atol=1e-2)


@each_model
def test_masks_speak_row_by_row(model_type):
    model = trained(model_type)
    has_visual = np.arange(len(ROWS)) % 2 == 0
    mixed = model.embed_joint(
        Observations(visual=VISUAL, text=TEXT, has_visual=has_visual, has_text=~has_visual)
    )
    expected = np.where(has_visual[:, None], model.embed_images(VISUAL), model.embed_texts(TEXT))
    assert np.allclose(mixed, expected, atol=1e-6)


@each_model
def test_nothing_known_gives_rows_of_zeros(model_type):
    model = trained(model_type)
    nothing = Observations(
        visual=np.zeros_like(VISUAL), text=TEXT, has_text=np.zeros(len(ROWS), dtype=bool)
    )
    assert not model.embed_joint(nothing).any()
    assert not model.features(nothing).any()
    assert not model.translate_image_to_text(np.zeros_like(VISUAL)).any()
    assert not model.translate_text_to_image(np.zeros_like(TEXT)).any()
    assert not model.tag_scores(nothing, TEXT[:3]).any()
    expanded = model.expand(nothing)
    assert not expanded.has_visual.any()
    assert not expanded.has_text.any()
    assert not expanded.visual.any()


@each_model
def test_no_rows_give_no_rows(model_type):
    model = trained(model_type)
    assert model.embed_images(VISUAL[:0]).shape == (0, model.dimension)
    assert model.embed_texts(TEXT[:0]).shape == (0, model.dimension)
    assert model.translate_image_to_text(VISUAL[:0]).shape == (0, TEXT.shape[1])


@each_model
def test_vectors_of_another_length_are_refused(model_type):
    with pytest.raises(ValueError, match="expected rows of 24 numbers"):
        trained(model_type).embed_images(VISUAL[:, 1:])


@each_model
def test_expanding_fills_what_is_missing_and_keeps_the_rest(model_type):
    model = trained(model_type)
    has_visual = np.arange(len(ROWS)) % 2 == 0
    seen = Observations(visual=VISUAL, text=TEXT, has_visual=has_visual, has_text=~has_visual)
    full = model.expand(seen)
    assert full.has_visual.all()
    assert full.has_text.all()
    assert np.array_equal(full.visual[has_visual], VISUAL[has_visual])
    assert np.array_equal(full.text[~has_visual], TEXT[~has_visual])
    assert np.allclose(
        full.text[has_visual], model.translate_image_to_text(VISUAL[has_visual]), atol=1e-5
    )
    assert np.allclose(
        full.visual[~has_visual], model.translate_text_to_image(TEXT[~has_visual]), atol=1e-5
    )


@each_model
def test_torch_and_numpy_compute_the_same_loss(model_type):
    model = trained(model_type)
    v, t = model._preprocessing.visual(VISUAL), model._preprocessing.text(TEXT)
    tensors = {name: torch.from_numpy(each) for name, each in model.tensors.items()}
    shapes = model_type.shapes(v.shape[1], t.shape[1], model.config)
    learned = {name: tensors[name] for name in shapes}
    in_torch = model_type.loss(
        learned, torch.from_numpy(v), torch.from_numpy(t), model.config, None
    )
    wide = {name: each.double() for name, each in learned.items()}
    in_double = model_type.loss(
        wide, torch.from_numpy(v).double(), torch.from_numpy(t).double(), model.config, None
    )
    assert float(in_torch) == pytest.approx(float(in_double), rel=1e-4)


@each_model
def test_gradients_are_those_of_the_loss(model_type):
    config = replace(short_config(model_type), weight_penalty=0.01)
    if model_type in (MultimodalAutoencoder1, MultimodalAutoencoder2, BiDnn):
        config = replace(config, hidden=3, centre=2)
    shapes = model_type.shapes(3, 2, config)
    rng = np.random.default_rng(1)
    values = [
        torch.tensor(rng.normal(scale=0.5, size=shape), requires_grad=True)
        for shape in shapes.values()
    ]
    v, t = torch.tensor(rng.normal(size=(4, 3))), torch.tensor(rng.normal(size=(4, 2)))

    def loss(*leaves: torch.Tensor) -> torch.Tensor:
        return model_type.loss(dict(zip(shapes, leaves, strict=True)), v, t, config, None)

    assert torch.autograd.gradcheck(loss, values)


@each_model
def test_saved_and_loaded_gives_the_same_bytes(model_type, tmp_path):
    model = trained(model_type)
    write(tmp_path / "model", model)
    again = read(tmp_path / "model", model_type)
    seen = Observations(visual=VISUAL, text=TEXT, has_text=np.arange(len(ROWS)) % 3 > 0)
    assert again.config == model.config
    assert again.sides == model.sides
    assert np.array_equal(again.embed_joint(seen), model.embed_joint(seen))
    assert np.array_equal(
        again.translate_image_to_text(VISUAL), model.translate_image_to_text(VISUAL)
    )
    assert np.array_equal(again.translate_text_to_image(TEXT), model.translate_text_to_image(TEXT))


@each_model
def test_each_tensor_of_a_file_is_checked(model_type, tmp_path):
    model = trained(model_type)
    manifest = Manifest(model.kind, model.visual_key, model.text_key, model.manifest())
    for name in model.tensors:
        for forged in (
            {key: each for key, each in model.tensors.items() if key != name},
            {**model.tensors, name: model.tensors[name][:-1]},
            {**model.tensors, name: model.tensors[name][None]},
        ):
            save_model(tmp_path / "forged", manifest, forged)
            # Which part is found not to fit depends on the order; that one is named is what counts.
            with pytest.raises(ModelFileProblem, match=r"part “[a-z_.0-9]+”"):
                read(tmp_path / "forged", model_type)


@each_model
def test_a_configuration_of_other_sizes_is_refused(model_type, tmp_path):
    model = trained(model_type)
    config = asdict(model.config)
    config["overcompleteness" if "overcompleteness" in config else "hidden"] = 3
    said = {**model.manifest(), "config": config}
    save_model(
        tmp_path / "forged",
        Manifest(model.kind, model.visual_key, model.text_key, said),
        model.tensors,
    )
    with pytest.raises(ModelFileProblem, match="shape"):
        read(tmp_path / "forged", model_type)


@each_model
def test_an_unknown_setting_in_a_file_is_refused(model_type, tmp_path):
    write(tmp_path / "model", trained(model_type))
    path = tmp_path / "model.json"
    for key, value in (
        ("activation", "swish"),
        ("weight_penalty", -1.0),
        ("weight_penalty", "much"),
        ("colour", 1),
    ):
        raw = json.loads(path.read_text())
        raw["config"]["config"][key] = value
        (tmp_path / "forged.json").write_text(json.dumps(raw))
        (tmp_path / "forged.safetensors").write_bytes((tmp_path / "model.safetensors").read_bytes())
        with pytest.raises(ModelFileProblem, match="configuration"):
            read(tmp_path / "forged", model_type)


@each_model
def test_the_same_seed_gives_the_same_model(model_type):
    config = short_config(model_type, replace(SHORT, epochs=2))
    first, again, other = (model_type.fit(DATA, config, Run(seed=seed)) for seed in (4, 4, 5))
    assert first.tensors.keys() == again.tensors.keys()
    assert all(np.array_equal(first.tensors[name], again.tensors[name]) for name in first.tensors)
    assert any(
        not np.array_equal(first.tensors[name], other.tensors[name]) for name in first.tensors
    )


@each_model
def test_cancelled_and_resumed_is_the_same_model(model_type, tmp_path):
    config = short_config(model_type, replace(SHORT, epochs=4))
    token = CancelToken()

    def stop(report: EpochReport) -> None:
        if report.epoch == 2:
            token.cancel()

    with pytest.raises(Cancelled):
        model_type.fit(DATA, config, Run(0, token, stop, tmp_path / "run"))
    heard: list[EpochReport] = []
    resumed = model_type.fit(DATA, config, Run(0, None, heard.append, tmp_path / "run"))
    whole = model_type.fit(DATA, config, Run())
    assert heard[0].epoch == 3
    assert all(np.array_equal(resumed.tensors[name], whole.tensors[name]) for name in whole.tensors)


@each_model
def test_another_library_does_not_resume_this_ones_training(model_type, tmp_path):
    config = short_config(model_type, replace(SHORT, epochs=4))
    token = CancelToken()

    def stop(report: EpochReport) -> None:
        token.cancel()

    with pytest.raises(Cancelled):
        model_type.fit(DATA, config, Run(0, token, stop, tmp_path / "run"))
    heard: list[EpochReport] = []
    other = replace(DATA, visual=DATA.visual + np.float32(0.01))
    model_type.fit(other, config, Run(0, None, heard.append, tmp_path / "run"))
    assert heard[0].epoch == 1


@each_model
@pytest.mark.parametrize("activation", ["linear", "relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("initialisation", ["glorot", "he", "normal"])
def test_what_the_papers_leave_open_can_be_chosen(model_type, activation, initialisation):
    config = replace(
        short_config(model_type, Schedule(epochs=2, learning_rate=1e-3)),
        activation=activation,
        initialisation=initialisation,
        **({"start": "random"} if model_type is BiDnn else {}),
    )
    model = model_type.fit(DATA, config, Run())
    assert np.isfinite(model.embed_images(VISUAL)).all()


def test_ridge_regression_is_its_closed_form():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(50, 4)).astype(np.float32)
    y = rng.normal(size=(50, 3)).astype(np.float32)
    # Appending sqrt(n rho) I to the inputs and zeros to the targets makes least squares ridge.
    long_x = np.concatenate([x, np.sqrt(50 * 0.3) * np.eye(4)])
    long_y = np.concatenate([y, np.zeros((4, 3))])
    expected = np.linalg.lstsq(long_x, long_y, rcond=None)[0].T
    assert np.allclose(ridge_regression(x, y, 0.3), expected, atol=1e-5)


@pytest.mark.parametrize(
    "model_type", [JointAutoencoder, MultimodalAutoencoder1], ids=lambda each: each.kind
)
def test_a_fusing_network_is_given_what_is_expected_of_the_missing(model_type):
    model = trained(model_type)
    assert isinstance(model, FusingNetwork)
    v = model._preprocessing.visual(VISUAL)
    t = v @ model.tensors["expected.text"].T
    assert np.allclose(model.features(Observations(visual=VISUAL)), model.encode(v, t), atol=1e-6)


@pytest.mark.parametrize(
    ("model_type", "settings"),
    [
        (JointAutoencoder, {"components": 0}),
        (JointAutoencoder, {"text_weight": -1.0}),
        (JointAutoencoder, {"ridge": 0.0}),
        (CrossModalI, {"overcompleteness": 0.0}),
        (CrossModalII, {"weight_penalty": float("nan")}),
        (MultimodalAutoencoder1, {"hidden": 0}),
        (MultimodalAutoencoder2, {"removal_rate": 1.5}),
        (MultimodalAutoencoder2, {"text_weight": -0.1}),
        (BiDnn, {"centre": 0}),
        (BiDnn, {"weight_penalty": -1.0}),
    ],
)
def test_impossible_settings_are_refused(model_type, settings):
    with pytest.raises(UsageProblem):
        model_type.config_type(**settings)
