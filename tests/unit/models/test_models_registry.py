from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from photoorg.core.errors import Cancelled, ModelFileProblem, UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.core.modelling import EpochReport
from photoorg.core.progress import CancelToken
from photoorg.features.storage import load_model, save_model
from photoorg.features.words.normalise import Normaliser
from photoorg.features.words.registry import train_text_vectors
from photoorg.models.base import Observations
from photoorg.models.registry import (
    default_config,
    load_trained,
    model_kind,
    model_kinds,
    read_kind,
    save_trained,
    train_model,
    with_epochs,
)
from photoorg.models.schedule import Run
from photoorg.models.training_data import TrainingData

KINDS = (
    "joint-autoencoder",
    "cross-modal-1",
    "cross-modal-2",
    "multimodal-autoencoder-1",
    "multimodal-autoencoder-2",
    "bidnn",
)
TOPICS = (
    ("sea", "beach", "New York"),
    ("dog", "grass", "ball"),
    ("食べ物", "ресторан", "مطعم"),
    ("snow", "mountain", "Ski lift"),
)
VISUAL = ModelKey("looks:16")

each_kind = pytest.mark.parametrize("kind", KINDS)


def library(photos: int = 120, tags=None, text: str = "bag-of-tags") -> TrainingData:
    """Photos of one topic each with two or three of its words, in several scripts."""
    rng = np.random.default_rng(0)
    topics = rng.integers(0, len(TOPICS), photos)
    looks = np.random.default_rng(1).normal(size=(len(TOPICS), 16))
    visual = (looks[topics] + 0.3 * rng.normal(size=(photos, 16)) + 1).astype(np.float32)
    if tags is None:
        tags = [
            rng.choice(TOPICS[topic], size=rng.integers(2, 4), replace=False).tolist()
            for topic in topics
        ]
    documents = [Normaliser().document(tags=each) for each in tags]
    return TrainingData.of(
        visual, VISUAL, documents, train_text_vectors(text, documents), tags=tags
    )


def train(kind: str, data: TrainingData, *, epochs: int = 20, **settings):
    return train_model(kind, data, config=with_epochs(default_config(kind), epochs), **settings)


@each_kind
def test_trained_saved_loaded_and_asked(kind, tmp_path):
    data = library()
    trained = train(kind, data, training={"source": "test"}, versions={"photoorg": "0"})
    save_trained(tmp_path / "model", trained)
    again = load_trained(tmp_path / "model", visual_key=VISUAL)
    assert read_kind(tmp_path / "model") == again.model.kind == kind
    assert again.manifest == trained.manifest
    assert again.manifest.training["photos"] == 108
    assert again.manifest.training["held_out"] == 12
    assert again.manifest.training["source"] == "test"
    assert again.manifest.metrics.keys() == {"map", "f1@5", "r@10"}
    seen = Observations(visual=data.visual[:20])
    assert np.array_equal(again.suggest(seen), trained.suggest(seen))
    assert np.array_equal(
        again.model.embed_texts(data.text_rows), trained.model.embed_texts(data.text_rows)
    )
    words = ["beach", "ресторан"]
    assert np.array_equal(
        again.text.encode_words(words).vectors, trained.text.encode_words(words).vectors
    )


@each_kind
def test_suggestions_are_better_than_chance(kind):
    trained = train(kind, library(400), epochs=40)
    assert trained.manifest.metrics["map"] > 40  # a topic in four, two or three words of three
    rows = library(400).validation_rows
    probabilities = trained.suggest(Observations(visual=library(400).visual[rows]))
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


BAD_LIBRARIES = {
    "one tag": [["dog"] if n % 3 else [] for n in range(40)],
    "one tagged photo": [["dog"], *([] for _ in range(39))],
    "a tag on every photo": [["mine", "dog"] if n % 2 else ["mine"] for n in range(40)],
    "the same tag on every photo": [["mine"]] * 40,
    "three photos": [["dog", "grass"], ["sea"], ["dog"]],
    "one photo": [["dog", "grass"]],
    "several scripts": [["食べ物", "ресторан"] if n % 2 else ["مطعم", "dog"] for n in range(40)],
    "twelve photos": [["dog"] if n % 2 else ["sea"] for n in range(12)],
}


@each_kind
@pytest.mark.parametrize("name", BAD_LIBRARIES)
def test_odd_libraries_give_a_working_model(kind, name, tmp_path):
    tags = BAD_LIBRARIES[name]
    trained = train(kind, library(len(tags), tags), epochs=3)
    save_trained(tmp_path / "model", trained)
    again = load_trained(tmp_path / "model")
    assert set(again.tags.names) <= {tag for each in tags for tag in each}
    for visual in (library(len(tags), tags).visual, np.zeros((2, 16), np.float32)):
        probabilities = again.suggest(Observations(visual=visual))
        assert np.isfinite(probabilities).all()
        assert ((probabilities >= 0) & (probabilities <= 1)).all()
    said = again.text.encode_words([*again.tags.names, "unheard"]).vectors
    assert np.isfinite(again.model.embed_texts(said)).all()
    assert not again.model.embed_texts(said)[-1].any()


@each_kind
def test_equal_photos_give_a_working_model(kind):
    data = library(30)
    trained = train(kind, replace(data, visual=np.ones_like(data.visual)), epochs=3)
    assert np.isfinite(trained.suggest(Observations(visual=data.visual))).all()


def test_photos_without_any_tag_are_said():
    tags = [["dog"]] * 12
    data = replace(library(12, tags), tags=((),) * 12)
    with pytest.raises(UsageProblem, match="None of the photos to learn from has a tag"):
        train("bidnn", data)
    with pytest.raises(UsageProblem):
        library(12, [[]] * 12)


def test_without_held_out_photos_there_are_no_figures():
    assert train("cross-modal-1", library(8)).manifest.metrics == {}


@pytest.mark.parametrize(("photos", "held_out"), [(40, 4), (100, 10), (110, 11)])
def test_among_ten_photos_everything_is_found(photos, held_out):
    """A figure that could only be 100 is no figure."""
    manifest = train("cross-modal-1", library(photos), epochs=2).manifest
    assert manifest.training["held_out"] == held_out
    assert ("r@10" in manifest.metrics) == (held_out > 10)


def test_what_every_photo_carries_says_nothing():
    """A figure that could only be 100 is no figure."""
    assert train("cross-modal-1", library(40, [["mine"]] * 40), epochs=2).manifest.metrics == {}
    both = [["mine", "dog" if n % 2 else "sea"] for n in range(40)]
    figures = train("cross-modal-1", library(40, both), epochs=2).manifest.metrics
    assert figures.keys() == {"map", "f1@5"}


def test_numbers_that_lead_to_no_answer_are_refused(copy):
    file = load_model(copy / "model", kind="cross-modal-2")
    huge = {**file.tensors, "hidden.weight": np.full_like(file.tensors["hidden.weight"], 3e38)}
    huge["output.weight"] = np.full_like(file.tensors["output.weight"], 3e38)
    save_model(copy / "model", file.manifest, huge)
    with pytest.raises(ModelFileProblem, match="lead to no answer"):
        load_trained(copy)


def test_unknown_kinds_are_said_with_those_there_are():
    for ask in (model_kind, default_config, lambda key: train_model(key, library(5))):
        with pytest.raises(UsageProblem, match=r"no kind of model called 'gan'.*bidnn"):
            ask("gan")


def test_kinds_are_listed_in_the_order_of_the_papers():
    keys = [info.key for info in model_kinds()]
    assert tuple(keys[:6]) == KINDS
    assert len(keys) == len(set(keys))
    assert all(model_kind(key).key == key for key in keys)


def test_epochs_are_set_where_there_is_a_schedule():
    config = default_config("bidnn")
    assert config.missing == "translate"
    assert with_epochs(config, 7).schedule.epochs == 7
    assert with_epochs(config, None) is config
    assert with_epochs("no schedule", 7) == "no schedule"


def test_cancelled_and_resumed_through_the_registry(tmp_path):
    token = CancelToken()

    def stop(report: EpochReport) -> None:
        if report.epoch == 2:
            token.cancel()

    data = library()
    with pytest.raises(Cancelled):
        train("bidnn", data, epochs=5, run=Run(0, token, stop, tmp_path / "run"))
    resumed = train("bidnn", data, epochs=5, run=Run(checkpoint=tmp_path / "run"))
    whole = train("bidnn", data, epochs=5)
    save_trained(tmp_path / "resumed", resumed)
    save_trained(tmp_path / "whole", whole)
    for name in ("model.safetensors", "model.json", "text.safetensors"):
        one, other = (tmp_path / folder / name for folder in ("resumed", "whole"))
        assert one.read_bytes() == other.read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("trained") / "model"
    save_trained(path, train("cross-modal-2", library(), epochs=2))
    return path


@pytest.fixture
def copy(folder, tmp_path) -> Path:
    path = tmp_path / "model"
    path.mkdir()
    for file in folder.iterdir():
        (path / file.name).write_bytes(file.read_bytes())
    return path


@pytest.mark.parametrize(
    "name", ["model.safetensors", "model.json", "text.safetensors", "text.json"]
)
@pytest.mark.parametrize("damage", ["cut", "empty", "gone", "flipped"])
def test_damaged_files_are_refused(copy, name, damage):
    file = copy / name
    blob = bytearray(file.read_bytes())
    if damage == "gone":
        file.unlink()
    elif damage == "flipped":
        # In JSON only a byte of the syntax is sure to be noticed: the first one.
        blob[0 if name.endswith("json") else -1] ^= 0x11
        file.write_bytes(blob)
    else:
        file.write_bytes(b"" if damage == "empty" else blob[: len(blob) * 2 // 3])
    with pytest.raises(ModelFileProblem):
        load_trained(copy)


def forge(copy: Path, change) -> None:
    raw = json.loads((copy / "model.json").read_text())
    change(raw)
    (copy / "model.json").write_text(json.dumps(raw))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw.update(kind="gan"), "unknown kind “gan”"),
        (lambda raw: raw.update(kind="cross-modal-1"), "output.weight"),
        (lambda raw: raw.update(kind="bidnn"), "configuration"),
        (lambda raw: raw.update(visual_key="other"), "contradicts itself.*other"),
        (lambda raw: raw["config"]["sides"].update(text_key="other"), "says “other”|contradicts"),
        (lambda raw: raw["config"]["sides"].update(text_dimension=5), "text"),
        (lambda raw: raw["config"].pop("tags"), "does not say its tags"),
        (lambda raw: raw["config"].pop("sides"), "what it is for"),
        (lambda raw: raw["config"]["config"].update(overcompleteness=1e12), "shape"),
    ],
)
def test_forged_manifests_are_refused(copy, change, said):
    forge(copy, change)
    with pytest.raises(ModelFileProblem, match=said):
        load_trained(copy)


def test_a_model_for_other_visual_vectors_is_refused_by_name(copy):
    with pytest.raises(ModelFileProblem, match=r"visual features.*looks:16.*vgg16"):
        load_trained(copy, visual_key=ModelKey("vgg16"))


def test_text_vectors_of_another_model_are_refused(copy, tmp_path):
    other = library(60, [["dog", "cat"]] * 30 + [["sea"]] * 30)
    save_trained(tmp_path / "other", train("cross-modal-2", other, epochs=1))
    for suffix in ("json", "safetensors"):
        blob = (tmp_path / "other" / f"text.{suffix}").read_bytes()
        (copy / f"text.{suffix}").write_bytes(blob)
    with pytest.raises(ModelFileProblem, match="not those that its model was trained on"):
        load_trained(copy)


def test_values_that_are_not_numbers_are_refused(copy):
    file = load_model(copy / "model", kind="cross-modal-2")
    forged = dict(file.tensors)
    forged["hidden.bias"] = np.full_like(forged["hidden.bias"], np.nan)
    save_model(copy / "model", file.manifest, forged)
    with pytest.raises(ModelFileProblem, match=r"hidden\.bias"):
        load_trained(copy)


def test_using_a_model_needs_no_torch(folder):
    script = """
import sys
from pathlib import Path
import numpy as np
import photoorg.models.registry as registry
from photoorg.models.base import Observations
heavy = {"torch", "gensim", "sklearn", "matplotlib"}
assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()
trained = registry.load_trained(Path(sys.argv[1]))
trained.suggest(Observations(visual=np.ones((2, 16), np.float32)))
trained.model.embed_texts(trained.text.encode_words(["dog"]).vectors)
assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
