"""A small model, trained for one pass on photos by chance."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import numpy as np

from photoorg.features.registry import visual_spec
from photoorg.features.words.normalise import Normaliser
from photoorg.features.words.registry import train_text_vectors
from photoorg.models.registry import TrainedModel, default_config, train_model, with_epochs
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
