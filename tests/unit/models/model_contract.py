"""What every trained kind of model must do; each test module checks its own kind by it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tagged_photos import WORDS, tagged_photos

from photoorg.core.errors import Cancelled, ModelFileProblem, UsageProblem
from photoorg.core.progress import CancelToken
from photoorg.features.storage import Manifest, load_model, save_model
from photoorg.models.base import Observations
from photoorg.models.learned import LearnedModel, config_of, sides_of
from photoorg.models.registry import train_model
from photoorg.models.schedule import Run
from photoorg.models.training_data import TrainingData

Model = LearnedModel[Any]


def save(stem: Path, model: Model) -> None:
    manifest = Manifest(model.kind, model.visual_key, model.text_key, model.manifest())
    save_model(stem, manifest, model.tensors)


def load(stem: Path, model_type: type[Model]) -> Model:
    file = load_model(stem, kind=model_type.kind)
    config = config_of(file.manifest, model_type.config_type)
    return model_type.from_file(config, sides_of(file.manifest), file)


def check_same_after_loading(model: Model, data: TrainingData, stem: Path) -> None:
    save(stem, model)
    again = load(stem, type(model))
    seen = Observations(visual=data.visual, text=data.text_rows)
    assert np.array_equal(again.embed_joint(seen), model.embed_joint(seen))
    assert np.array_equal(again.embed_images(data.visual), model.embed_images(data.visual))
    assert again.config == model.config
    assert again.dimension == model.dimension


def check_forged_files(model: Model, stem: Path) -> None:
    """Every tensor that is missing or of another shape is told of, not met later."""
    manifest = Manifest(model.kind, model.visual_key, model.text_key, model.manifest())
    for name, tensor in model.tensors.items():
        rest = {key: value for key, value in model.tensors.items() if key != name}
        save_model(stem, manifest, rest)
        with pytest.raises(ModelFileProblem):
            load(stem, type(model))
        save_model(stem, manifest, {**rest, name: np.zeros((*tensor.shape, 2), np.float32)})
        with pytest.raises(ModelFileProblem):
            load(stem, type(model))


def check_missing_modalities(model: Model, data: TrainingData) -> None:
    visual, text = data.visual[:6], data.text_rows[:6]
    masked = Observations(
        visual=visual,
        text=text,
        has_visual=np.array([1, 1, 0, 0, 1, 1], dtype=np.bool_),
        has_text=np.array([1, 0, 1, 0, 1, 1], dtype=np.bool_),
    )
    rows = model.embed_joint(masked)
    assert rows.shape == (6, model.dimension)
    assert rows.dtype == np.float32
    assert np.allclose(rows[1], model.embed_images(visual)[1], atol=1e-5)
    assert np.allclose(rows[2], model.embed_texts(text)[2], atol=1e-5)
    assert not rows[3].any()
    assert np.allclose(np.linalg.norm(rows[[0, 1, 2, 4, 5]], axis=1), 1, atol=1e-5)
    assert not model.embed_texts(np.zeros_like(text)).any()
    with pytest.raises(ValueError, match="expected rows of"):
        model.embed_images(visual[:, :-1])


def check_seed(model_type: type[Model], data: TrainingData, config: Any) -> None:
    one, same, other = (model_type.fit(data, config, Run(seed=seed)) for seed in (3, 3, 4))
    assert all(np.array_equal(one.tensors[name], same.tensors[name]) for name in one.tensors)
    assert any(not np.array_equal(one.tensors[name], other.tensors[name]) for name in one.tensors)


def check_cancelling(model_type: type[Model], data: TrainingData, config: Any) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        model_type.fit(data, config, Run(token=token))


def check_resuming(model_type: type[Model], data: TrainingData, config: Any, stem: Path) -> None:
    """A training that was stopped in its second epoch ends with the same numbers."""
    whole = model_type.fit(data, config, Run())
    token = CancelToken()
    with pytest.raises(Cancelled):
        model_type.fit(
            data, config, Run(token=token, on_epoch=lambda _: token.cancel(), checkpoint=stem)
        )
    resumed = model_type.fit(data, config, Run(checkpoint=stem))
    assert all(np.allclose(whole.tensors[name], resumed.tensors[name]) for name in whole.tensors)
    assert not list(stem.parent.iterdir())


ODD_TAGS = {
    "three photos": [["dog"], ["dog", "snow"], ["city"]],
    "one tag": [["dog"]] * 12,
    "one tag on some": [["dog"], []] * 12,
    "a tag on every photo": [["dog", word] for word in WORDS * 3],
    "scripts": [["犬"], ["собака", "犬"], ["كلب"], ["chien"]] * 5,
}


def check_odd_libraries(kind: str, config: Any, **photos: Any) -> None:
    """A clear message or a working model; never a figure that is no number."""
    for name, tags in ODD_TAGS.items():
        words = tuple(dict.fromkeys(itertools.chain(WORDS, *tags)))
        data = tagged_photos(words=words, tags=tags, **photos)
        try:
            trained = train_model(kind, data, config=config)
        except UsageProblem:
            continue
        found = trained.suggest(Observations(visual=data.visual))
        assert np.isfinite(found).all(), name
        assert np.isfinite(trained.model.embed_images(data.visual)).all(), name
        assert np.isfinite(trained.model.embed_texts(data.text_rows)).all(), name
