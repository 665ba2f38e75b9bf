from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
from tagged_photos import tagged_photos

from photoorg.core.errors import ModelFileProblem, UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.features.storage import Manifest
from photoorg.models.base import Observations, unit_rows
from photoorg.models.learned import (
    LearnedModel,
    Sides,
    config_of,
    sides_of,
    training_fingerprint,
)
from photoorg.models.schedule import Schedule

SIDES = Sides(ModelKey("v"), 3, ModelKey("t"), 3)


@dataclass(frozen=True)
class Config:
    units: int = 2
    rate: float = 0.5
    deep: bool = False
    way: Literal["up", "down"] = "up"
    sizes: tuple[int, ...] = (3, 4)
    limit: int | None = None
    schedule: Schedule = field(default_factory=Schedule)

    def __post_init__(self) -> None:
        if self.units < 1:
            raise UsageProblem("Too few units.")


class Sum(LearnedModel[Config]):
    """Adds what is known; it cannot translate."""

    kind: ClassVar[str] = "sum"
    config_type: ClassVar[type[Any]] = Config
    dimension = 3

    @classmethod
    def fit(cls, data, config, run):
        return cls(config, Sides.of(data), {})

    @classmethod
    def from_file(cls, config, sides, file):
        return cls(config, sides, {})

    def embed_joint(self, seen):
        known = self.complete(seen)
        return unit_rows(known.visual + known.text)


class Translating(Sum):
    """Expects the visual vector, backwards, as the text."""

    def translate_image_to_text(self, visual):
        return visual[:, ::-1]

    def translate_text_to_image(self, text):
        return text[:, ::-1]


def manifest_of(config: object, sides: object = None) -> Manifest:
    said = {"config": config, "sides": Sum(Config(), SIDES, {}).manifest()["sides"]}
    if sides is not None:
        said["sides"] = sides
    return Manifest("sum", ModelKey("v"), ModelKey("t"), said)


def test_configuration_and_sides_survive_json():
    config = Config(
        units=5, rate=2.0, deep=True, way="down", sizes=(1,), limit=7, schedule=Schedule(epochs=3)
    )
    said = json.loads(json.dumps(Sum(config, SIDES, {}).manifest(extra={"a": 1})))
    manifest = Manifest("sum", ModelKey("v"), ModelKey("t"), said)
    assert config_of(manifest, Config) == config
    assert sides_of(manifest) == SIDES
    assert said["extra"] == {"a": 1}


def test_what_a_file_does_not_say_is_the_default():
    assert config_of(manifest_of({}), Config) == Config()
    assert config_of(manifest_of({"rate": 2}), Config).rate == 2.0


@pytest.mark.parametrize(
    "config",
    [
        None,
        [],
        {"units": "5"},
        {"units": True},
        {"units": 2.0},
        {"units": 0},
        {"deep": 1},
        {"rate": None},
        {"rate": True},
        {"way": "sideways"},
        {"sizes": [1, "2"]},
        {"sizes": 4},
        {"limit": "no"},
        {"schedule": {"epochs": 0}},
        {"schedule": {"optimiser": "newton"}},
        {"schedule": 5},
        {"unheard": 1},
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(config):
    with pytest.raises(ModelFileProblem, match="sum model's configuration"):
        config_of(manifest_of(config), Config)


@pytest.mark.parametrize(
    "sides",
    [
        5,
        {},
        {"visual_key": "v", "visual_dimension": "x", "text_key": "t", "text_dimension": 3},
        {"visual_key": "v", "visual_dimension": 0, "text_key": "t", "text_dimension": 3},
        {"visual_key": "v", "visual_dimension": 3, "text_key": "t", "text_dimension": 1 << 30},
    ],
)
def test_sides_that_make_no_sense_are_refused(sides):
    with pytest.raises(ModelFileProblem, match="sum model"):
        sides_of(manifest_of({}, sides))


def test_a_manifest_without_anything_is_refused():
    empty = Manifest("sum", ModelKey("v"), ModelKey("t"))
    with pytest.raises(ModelFileProblem):
        sides_of(empty)
    with pytest.raises(ModelFileProblem):
        config_of(empty, Config)


def test_complete_fills_with_zeros_and_says_what_is_missing():
    model = Sum(Config(), SIDES, {})
    rows = np.array([[1, 2, 3], [0, 0, 0], [4, 5, 6]], dtype=np.float32)
    seen = model.complete(Observations(visual=rows, has_visual=np.array([True, True, False])))
    assert seen.has_visual.tolist() == [True, False, False]
    assert seen.visual.tolist() == [[1, 2, 3], [0, 0, 0], [0, 0, 0]]
    assert seen.text.shape == (3, 3)
    assert not seen.has_text.any()
    whole = model.complete(Observations(visual=rows[:1]))
    assert np.shares_memory(whole.visual, rows)  # nothing is copied where nothing is missing


@pytest.mark.parametrize("rows", [np.zeros((2, 4), np.float32), np.zeros(3, np.float32)])
def test_rows_of_another_shape_are_refused(rows):
    with pytest.raises(ValueError, match="expected rows of 3 numbers"):
        Sum(Config(), SIDES, {}).complete(Observations(text=rows))


def test_tags_are_compared_in_the_joint_space_where_nothing_is_translated():
    rows = np.array([[3, 0, 0], [0, 0, 0]], dtype=np.float32)
    tags = np.eye(3, dtype=np.float32)
    scores = Sum(Config(), SIDES, {}).tag_scores(Observations(visual=rows), tags)
    assert scores.tolist() == [[1, 0, 0], [0, 0, 0]]


def test_tags_are_compared_with_the_translation_or_else_with_what_is_said():
    visual = np.array([[3, 0, 0], [3, 0, 0], [0, 0, 0]], dtype=np.float32)
    text = np.array([[0, 2, 0], [0, 2, 0], [0, 0, 0]], dtype=np.float32)
    seen = Observations(visual=visual, text=text, has_visual=np.array([True, False, True]))
    scores = Translating(Config(), SIDES, {}).tag_scores(seen, np.eye(3, dtype=np.float32))
    assert scores.tolist() == [[0, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_a_training_is_named_by_all_but_the_number_of_epochs():
    data = tagged_photos(20)
    name = training_fingerprint("sum", data, Config())
    longer = Config(schedule=Schedule(epochs=7))
    assert training_fingerprint("sum", data, longer) == name
    others = {
        training_fingerprint("other", data, Config()),
        training_fingerprint("sum", data, Config(units=9)),
        training_fingerprint("sum", data, Config(schedule=Schedule(batch=7))),
        training_fingerprint("sum", replace(data, visual=data.visual + 1), Config()),
    }
    assert len(others - {name}) == 4
