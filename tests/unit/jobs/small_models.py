"""A small model, trained for one pass on photos by chance, and adapted networks beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np

from photoorg.features.efficientnet_torch import load_network
from photoorg.features.finetuned import network_tensors
from photoorg.features.finetuned_files import network_key, network_manifest, network_name
from photoorg.features.registry import visual_spec
from photoorg.features.storage import save_model
from photoorg.features.words.normalise import Normaliser
from photoorg.features.words.registry import train_text_vectors
from photoorg.models.registry import (
    TrainedModel,
    default_config,
    save_trained,
    train_model,
    with_epochs,
)
from photoorg.models.training_data import TrainingData

KIND = "joint-autoencoder"
TAGS = (("dog", "New York"), ("cat",), ("dog", "beach"), ("cat", "New York"), ("beach",)) * 4
CREATED = datetime.fromisoformat("2026-03-04T05:06:07+00:00")


def small_model(*, hours: int = 0) -> TrainedModel:
    """Return a model that takes the default features and was made so many hours later."""
    trained = _trained()
    created = (CREATED + timedelta(hours=hours)).isoformat()
    training = {**trained.manifest.training, "created": created}
    return replace(trained, manifest=replace(trained.manifest, training=training))


def save_adapted(folder: Path, number: int, *, hours: int = 0, network: bool = True) -> None:
    """Write a model that takes the vectors of an adapted network, and that network beside it.

    Args:
        folder: for the model.
        number: of the network.
        hours: as for `small_model`.
        network: whether to write the network too.
    """
    tensors = dict(_network_tensors())
    tensors["network.bn1.bias"] = tensors["network.bn1.bias"] + np.float32(number)
    key = network_key(tensors)
    if network:
        save_model(folder / "network", network_manifest(key, {}), tensors)
    trained = small_model(hours=hours)
    sides = replace(trained.model.sides, visual_key=key)
    model = type(trained.model)(trained.model.config, sides, trained.model.tensors)
    manifest = replace(
        trained.manifest,
        visual_key=key,
        config={**trained.manifest.config, **model.manifest()},
        training={**trained.manifest.training, "features": network_name(key)},
    )
    save_trained(folder, replace(trained, model=model, manifest=manifest))


@cache
def _network_tensors() -> dict[str, np.ndarray]:
    return network_tensors(load_network()[0])


@cache
def _trained() -> TrainedModel:
    spec = visual_spec()
    normaliser = Normaliser(["New York"])
    documents = [normaliser.document(tags) for tags in TAGS]
    text = train_text_vectors("bag-of-tags", documents)
    visual = np.random.default_rng(3).normal(size=(len(TAGS), spec.dimension)).astype(np.float32)
    return train_model(
        KIND,
        TrainingData.of(visual, spec.key, documents, text, tags=TAGS),
        config=with_epochs(default_config(KIND), 1),
        training={
            "source": "My library",
            "features": spec.name,
            "text": text.kind,
            "phrases": ["new_york"],
        },
    )
