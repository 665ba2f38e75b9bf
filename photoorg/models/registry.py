"""The kinds of models by name; training, saving and loading of any of them.

A trained model is a folder with two pairs of files: `model` (weights, tags, calibration) and `text`
(its text vectors), each as safetensors with a JSON manifest.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from photoorg.core.errors import ModelFileProblem, UsageProblem
from photoorg.core.modelling import ModelKindInfo
from photoorg.features.storage import Manifest, load_model, read_manifest, save_model
from photoorg.features.words.registry import load_text_vectors, save_text_vectors
from photoorg.models.base import Observations
from photoorg.models.learned import LearnedModel, config_of, sides_of
from photoorg.models.metrics import (
    best_ranks,
    f1_at_k,
    mean_average_precision,
    retrieval_figures,
)
from photoorg.models.schedule import Run
from photoorg.models.tagging import TagTable, fit_tag_table

if TYPE_CHECKING:
    from pathlib import Path

    from photoorg.core.ids import ModelKey
    from photoorg.features.words.base import TextVectors
    from photoorg.models.learned import Floats
    from photoorg.models.training_data import TrainingData

MODEL_STEM = "model"
TEXT_STEM = "text"

_BEST = 5
_FOUND_AMONG = 10
_PROBES = (0.0, 0.5, 2.0, 8.0)
"""Values of visual vectors to try a model on that was read."""
_MOST_MEASURED = 4000
"""Held-out photos that are ranked against each other; tables of all pairs are made of them."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of model and where its class is; imported when it is needed.

    Attributes:
        info: what is said of it.
        module: in this package.
        name: of the class.
        settings: what the app needs otherwise than in the paper, by name.
    """

    info: ModelKindInfo
    module: str
    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def model_type(self) -> type[LearnedModel[Any]]:
        found = getattr(importlib.import_module(f"photoorg.models.{self.module}"), self.name)
        if not (isinstance(found, type) and issubclass(found, LearnedModel)):
            raise TypeError(f"{found} is no model")
        return found


_AUTOENCODERS = "Vukotić, Raymond, Gravier 2016, section 2.1"
_CROSS = "Learning multimodal features from Flickr, section 3.4"
_REPRESENTATION = "Jayagopal et al., Multimodal representation learning"

_KINDS = {
    kind.info.key: kind
    for kind in (
        _Kind(
            ModelKindInfo(
                "joint-autoencoder",
                "Joint autoencoder",
                "Learns one hidden layer that sees a photo together with its tags.",
                "Learning multimodal features from Flickr, section 3.3",
                "semantic-tags",
            ),
            "joint_autoencoder",
            "JointAutoencoder",
        ),
        _Kind(
            ModelKindInfo(
                "cross-modal-1",
                "Cross-Modal I",
                "Learns to predict a photo's tags from the photo alone.",
                _CROSS,
                "semantic-tags",
            ),
            "cross_modal",
            "CrossModalI",
        ),
        _Kind(
            ModelKindInfo(
                "cross-modal-2",
                "Cross-Modal II",
                "Learns to predict a photo's tags and the photo itself from the photo alone.",
                _CROSS,
                "semantic-tags",
            ),
            "cross_modal",
            "CrossModalII",
        ),
        _Kind(
            ModelKindInfo(
                "multimodal-autoencoder-1",
                "Multimodal autoencoder 1",
                "Squeezes photo and tags, side by side, through a narrow middle layer.",
                _AUTOENCODERS,
                "word2vec-skipgram-hs",
            ),
            "multimodal_autoencoder",
            "MultimodalAutoencoder1",
        ),
        _Kind(
            ModelKindInfo(
                "multimodal-autoencoder-2",
                "Multimodal autoencoder 2",
                "Has a branch for the photo and one for the tags, which share a middle layer.",
                _AUTOENCODERS,
                "word2vec-skipgram-hs",
            ),
            "multimodal_autoencoder",
            "MultimodalAutoencoder2",
        ),
        _Kind(
            ModelKindInfo(
                "bidnn",
                "BiDNN",
                "Translates photos to tags and tags to photos through shared middle weights.",
                "Vukotić, Raymond, Gravier 2016, section 2.2",
                "word2vec-skipgram-hs",
            ),
            "bidnn",
            "BiDnn",
            # The paper's duplicates are for likeness of photos: nothing in its loss brings the two
            # central layers together, so a word's duplicate finds photos by chance only.
            {"missing": "translate"},
        ),
        _Kind(
            ModelKindInfo(
                "text-regression",
                "Text-space regression",
                "Places photos in the space of the text vectors.",
                "Gomez et al. 2019, section 3",
                "glove+tfidf",
                finetunes=True,
            ),
            "text_regression",
            "TextRegression",
        ),
        _Kind(
            ModelKindInfo(
                "mlp",
                "Multi-layer perceptron",
                "Predicts tags from the photo and its other tags: the supervised baseline.",
                f"{_REPRESENTATION}, section 6.1",
                "word2vec-cbow",
            ),
            "mlp",
            "Mlp",
        ),
        _Kind(
            ModelKindInfo(
                "mf-pretrained",
                "Matrix factorisation",
                "Factorises the table of photos and the table of texts by autoencoders.",
                f"{_REPRESENTATION}, section 6.2",
                "word2vec-cbow",
            ),
            "mf_pretrained",
            "MfPretrained",
        ),
        _Kind(
            ModelKindInfo(
                "mf-conv-autoencoder",
                "Matrix factorisation, own features",
                "The same on features that a convolutional autoencoder learns from your photos.",
                f"{_REPRESENTATION}, section 6.3",
                "word2vec-cbow",
                reads_photos=True,
            ),
            "mf_conv_autoencoder",
            "MfConvAutoencoder",
        ),
        _Kind(
            ModelKindInfo(
                "cmf",
                "Collective matrix factorisation",
                "Explains photos and texts by one common set of factors.",
                "Singh and Gordon 2008",
                "word2vec-cbow",
            ),
            "cmf",
            "CollectiveMatrixFactorisation",
        ),
        _Kind(
            ModelKindInfo(
                "mmeda-1",
                "MMEDA-I",
                "Learns from the pixels and the tags at once, from end to end.",
                f"{_REPRESENTATION}, section 6.4",
                "word2vec-cbow",
                reads_photos=True,
            ),
            "mmeda",
            "MmedaI",
            {"columns": 8},
        ),
        _Kind(
            ModelKindInfo(
                "mmeda-2",
                "MMEDA-II",
                "MMEDA-I with an autoencoder of its own for photos, texts and columns.",
                f"{_REPRESENTATION}, section 3",
                "word2vec-cbow",
                reads_photos=True,
            ),
            "mmeda",
            "MmedaII",
            {"columns": 8},
        ),
        _Kind(
            ModelKindInfo(
                "multimodal-words",
                "Multimodal word vectors",
                "Joins what a tag means in texts with how its photos look.",
                "Kiela and Bottou 2014",
                "word2vec-skipgram",
            ),
            "multimodal_words",
            "MultimodalWords",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model with its text vectors and tags: all that search and suggestions need.

    Attributes:
        model: maps vectors.
        text: makes the text vectors that the model takes.
        tags: what can be suggested.
        manifest: what the model's file says of itself.
    """

    model: LearnedModel[Any]
    text: TextVectors
    tags: TagTable
    manifest: Manifest

    def suggest(self, seen: Observations) -> Floats:
        """Return probabilities [n, tags] for photos [n]."""
        return self.tags.probabilities(self.model.tag_scores(seen, self.tags.vectors))


def model_kinds() -> tuple[ModelKindInfo, ...]:
    """Return the kinds that can be trained, in the order of the papers."""
    return tuple(kind.info for kind in _KINDS.values())


def model_kind(key: str) -> ModelKindInfo:
    """Return one kind.

    Raises:
        UsageProblem: there is none of that name.
    """
    return _kind(key).info


def default_config(key: str) -> Any:
    """Return the configuration that the app trains a kind with.

    It has the paper's hyperparameters, but for what would make a model useless for search.

    Raises:
        UsageProblem: there is none of that name.
    """
    kind = _kind(key)
    return kind.model_type().config_type(**kind.settings)


def with_epochs(config: Any, epochs: int | None) -> Any:
    """Return a configuration with another number of epochs, where it has a schedule."""
    if epochs is None or not hasattr(config, "schedule"):
        return config
    return replace(config, schedule=replace(config.schedule, epochs=epochs))


def train_model(
    key: str,
    data: TrainingData,
    *,
    config: Any | None = None,
    run: Run | None = None,
    training: Mapping[str, Any] | None = None,
    versions: Mapping[str, str] | None = None,
) -> TrainedModel:
    """Train a model, calibrate its tags, and measure it on the held-out photos.

    Args:
        key: kind of model.
        data: what to learn from.
        config: hyperparameters; by default those of `default_config`.
        run: seed, cancelling, reports, checkpoint.
        training: what the manifest says of the data.
        versions: of the libraries, for the manifest.

    Raises:
        UsageProblem: there is no such kind, or the data do not allow it.
        Cancelled: through the run's token.
    """
    run = run or Run()
    kind = _kind(key)
    config = default_config(key) if config is None else config
    if not data.vocabulary():
        raise UsageProblem("None of the photos to learn from has a tag.", "Tag some photos first.")
    model = kind.model_type().fit(data, config, run)
    return complete_model(model, data, run.seed, training=training, versions=versions)


def complete_model(
    model: LearnedModel[Any],
    data: TrainingData,
    seed: int,
    *,
    training: Mapping[str, Any] | None = None,
    versions: Mapping[str, str] | None = None,
) -> TrainedModel:
    """Calibrate the tags of a model that was just fitted, and measure it; see `train_model`."""
    tags = fit_tag_table(model, data)
    manifest = Manifest(
        model.kind,
        data.visual_key,
        data.text.key,
        {**model.manifest(), "tags": list(tags.names), "text": data.text.kind},
        {
            "photos": len(data.training_rows),
            "held_out": len(data.validation_rows),
            "tags": len(tags.names),
            "seed": seed,
            **(training or {}),
        },
        held_out_figures(model, tags, data),
        dict(versions or {}),
    )
    return TrainedModel(model, data.text, tags, manifest)


def held_out_figures(
    model: LearnedModel[Any], tags: TagTable, data: TrainingData
) -> dict[str, float]:
    """Measure a model on the photos that were held out; empty where there are none.

    No photo that a weight was learned from is among them. They decided after which pass the
    training stopped, and the three numbers of the calibration are fitted on them.

    Returns:
        In percent: "map" (mean over tags of average precision), "f1@5" and "r@10" (a photo's words
        find it among the held-out photos). One that could only be 100 is left out: the ranking for
        tags that all photos carry, the best of a single tag, the first ten of so few photos.
    """
    rows = data.validation_rows
    rows = rows[:: max(1, math.ceil(len(rows) / _MOST_MEASURED))]
    if not len(rows):
        return {}
    seen = Observations(visual=data.visual[rows])
    truth = data.tag_matrix(tags.names, rows)
    probabilities = tags.probabilities(model.tag_scores(seen, tags.vectors))
    told_apart = truth.any(axis=0) & ~truth.all(axis=0) & tags.known
    figures = {}
    if told_apart.any():
        mean, _ = mean_average_precision(probabilities[:, told_apart], truth[:, told_apart])
        figures["map"] = 100 * mean
    if (truth.any(axis=0) & tags.known).any() and len(tags.names) > 1:
        figures["f1@5"] = 100 * f1_at_k(probabilities, truth, _BEST)
    if len(rows) > _FOUND_AMONG:
        texts = model.embed_texts(data.text_rows[rows])
        images = model.embed_images(data.visual[rows])
        ranks = best_ranks(texts @ images.T, np.eye(len(rows), dtype=np.bool_))
        figures["r@10"] = retrieval_figures(ranks).recall_at[_FOUND_AMONG]
    return {name: round(float(value), 2) for name, value in figures.items()}


def save_trained(folder: Path, trained: TrainedModel) -> None:
    """Write a model folder.

    Raises:
        EnvironmentProblem: the folder cannot be written.
    """
    save_text_vectors(folder / TEXT_STEM, trained.text, training=trained.manifest.training)
    save_model(
        folder / MODEL_STEM,
        trained.manifest,
        {**trained.model.tensors, **trained.tags.tensors()},
    )


def load_trained(folder: Path, *, visual_key: ModelKey | None = None) -> TrainedModel:
    """Read a model folder.

    Args:
        folder: what `save_trained` wrote.
        visual_key: visual vectors that it must have been trained on, if it matters.

    Raises:
        ModelFileProblem: a file is missing, cut, forged or made for other features.
    """
    key = read_kind(folder)
    kind = _KINDS.get(key)
    if kind is None:
        raise ModelFileProblem(
            f"{folder.name} holds a model of the unknown kind “{key}”.",
            "Use the photoorg that wrote it.",
        )
    file = load_model(folder / MODEL_STEM, kind=key, visual_key=visual_key)
    text = load_text_vectors(folder / TEXT_STEM)
    model_type = kind.model_type()
    sides = sides_of(file.manifest)
    if (sides.visual_key, sides.text_key) != (file.manifest.visual_key, file.manifest.text_key):
        raise ModelFileProblem(
            f"The model in {folder.name} contradicts itself: its vectors are named"
            f" “{file.manifest.visual_key}” and “{sides.visual_key}”,"
            f" “{file.manifest.text_key}” and “{sides.text_key}”."
        )
    if (text.key, text.dimension) != (sides.text_key, sides.text_dimension):
        raise ModelFileProblem(
            f"The text vectors in {folder.name} are not those that its model was trained on:"
            f" it says “{sides.text_key}”, found is “{text.key}”."
        )
    config = config_of(file.manifest, model_type.config_type)
    model = model_type.from_file(config, sides, file)
    tags = TagTable.take(file, sides.text_dimension)
    trained = TrainedModel(model, text, tags, file.manifest)
    _demand_answers(trained, folder.name)
    return trained


def _demand_answers(trained: TrainedModel, name: str) -> None:
    """Refuse a model whose numbers, each of them fine, lead to answers that are none.

    Raises:
        ModelFileProblem: it is forged.
    """
    sides, words = trained.model.sides, trained.tags.vectors[:1]
    visual = np.outer(_PROBES, np.ones(sides.visual_dimension)).astype(np.float32)
    with np.errstate(all="ignore"):
        answers = (
            trained.suggest(Observations(visual=visual)),
            trained.model.embed_images(visual),
            trained.model.embed_texts(words),
        )
    if not all(np.isfinite(answer).all() for answer in answers):
        raise ModelFileProblem(
            f"The model in {name} holds numbers that lead to no answer.", "Train it again."
        )


def read_kind(folder: Path) -> str:
    """Return the kind of model that a folder says it holds.

    Raises:
        ModelFileProblem: its manifest is missing or damaged.
    """
    return read_manifest(folder / MODEL_STEM).kind


def _kind(key: str) -> _Kind:
    try:
        return _KINDS[key]
    except KeyError:
        raise UsageProblem(
            f"There is no kind of model called {key!r}.", f"Choose one of: {', '.join(_KINDS)}."
        ) from None
