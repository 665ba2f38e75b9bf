"""Photos from outside the library are seen with the eyes of the model in use, or not at all."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from photoorg.core.errors import EnvironmentProblem, QuerySyntaxError, UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.features.visual import WeightsMissing
from photoorg.jobs.outside import OutsidePhotos

STARTER, WORDS, CLIP = ModelKey("plain:v1"), ModelKey("words:v1"), ModelKey("open_clip:tiny:v1")


class Workers:
    def __init__(self, key: ModelKey, value: float) -> None:
        self.visual = SimpleNamespace(key=key)
        self.value = value

    def look_at(self, source):
        return SimpleNamespace(vector=np.array([self.value]), perceptual_hash=1)


def model(key: ModelKey, features: str):
    return SimpleNamespace(
        manifest=SimpleNamespace(visual_key=key, training={"features": features})
    )


RUNNING = {"plain": Workers(STARTER, 1.0), "words": Workers(WORDS, 2.0)}


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "cat.jpg"
    path.touch()
    return path


def outside(workers_for=RUNNING.__getitem__, trained=None, engine=None) -> OutsidePhotos:
    starter = SimpleNamespace(starter=model(STARTER, "plain"), trained=None)
    search = SimpleNamespace(
        parts=SimpleNamespace(starter=starter.starter, trained=trained), starter_parts=starter
    )
    engines = {} if engine is None else {engine.visual.key: engine}
    return OutsidePhotos(search, workers_for, engines.get)


def test_by_what_answers(photo: Path) -> None:
    trained = model(WORDS, "words")
    looker = outside(trained=trained, engine=Workers(CLIP, 3.0))
    assert looker.vector(photo, STARTER) == 1
    assert looker.vector(photo, WORDS) == 2
    assert looker.vector(photo, CLIP) == 3
    assert looker.look_alike(photo).vector == 1, "look-alikes are always the starter's"


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(QuerySyntaxError, match=r"no photo .*gone\.jpg"):
        outside().vector(tmp_path / "gone.jpg", STARTER)


def test_what_cannot_be_computed_is_said_with_what_to_do(photo: Path) -> None:
    def lost(features: str) -> Workers:
        raise WeightsMissing("VGG-16's weights are not on this machine.", "Name them.")

    looker = outside(lost, model(WORDS, "vgg16"))
    with pytest.raises(EnvironmentProblem, match=r"cat\.jpg.*vgg16.*not on this mach.*Name them"):
        looker.vector(photo, WORDS)


def test_features_that_were_learned_anew_are_others(photo: Path) -> None:
    old = ModelKey("words:v0")
    with pytest.raises(UsageProblem, match="learned anew"):
        outside(trained=model(old, "words")).vector(photo, old)


def test_a_model_that_gave_way_meanwhile(photo: Path) -> None:
    with pytest.raises(UsageProblem, match="Search again"):
        outside().vector(photo, WORDS)
