"""Protocol `similar`: do a photo's look-alikes show the same things?

Judged on photos with labels (neighbours that share one count) or on one folder per category. Of the
project's own data the COCO photos that training held out are looked at.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.evaluation.photo_sets import LABELLED
from photoorg.evaluation.report import Report, Row, Table
from photoorg.models.base import unit_rows
from photoorg.models.datasets import LABELS, read_categories, read_labels
from photoorg.models.holdout import Part, part_of
from photoorg.models.metrics import precision_at_k

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from photoorg.core.ids import ModelKey
    from photoorg.evaluation.report import Setting
    from photoorg.models.datasets import LabelledPhotos

PROTOCOL = "similar"

_K = 10
_BLOCK = 1024


class SimilarityModel(Protocol):
    """A model with vectors for look-alike search."""

    @property
    def kind(self) -> str:
        """Its name on the command line."""

    @property
    def visual_key(self) -> ModelKey:
        """What makes the vectors that it takes."""

    def similarity(self, pooled: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map pooled vectors to compact unit rows whose cosine is likeness."""


def evaluate_similar(setting: Setting, *, model: SimilarityModel | None = None) -> Report:
    """Run the protocol on the photos of a labelled folder.

    Args:
        setting: data, cache, progress.
        model: what is measured; by default what photoorg is shipped with.

    Raises:
        UsageProblem: the folder has neither labels nor categories, or too few photos.
        MediaProblem: a photo cannot be read.
        Cancelled: the caller cancelled.
    """
    from photoorg.models.starter import StarterModel

    started = time.monotonic()
    model = model or StarterModel.load()
    photos = _judged_photos(setting.data)
    if len(photos.paths) <= _K:
        raise UsageProblem(f"{setting.data} has too few photos: more than {_K} are needed.")
    pooled, encoder = setting.vectors_of(photos.paths, model.visual_key)
    labels = photos.matrix(photos.names)
    rows = tuple(
        Row(
            name,
            {
                "precision@10": 100
                * float(precision_at_k(nearest_others(vectors, _K), labels, _K).mean())
            },
        )
        for name, vectors in (
            ("similar", model.similarity(pooled)),
            ("pooled cosine", unit_rows(pooled)),
        )
    )
    return Report.of(
        PROTOCOL,
        setting,
        started,
        [Table("Look-alikes with a label in common", rows, "", "Percent of the ten nearest.")],
        photos=len(photos.paths),
        features=(encoder.key,),
        models=(model.kind,),
    )


def _judged_photos(data: Path) -> LabelledPhotos:
    if (data / LABELS).is_file():
        return read_labels(data)
    if (data / LABELLED / LABELS).is_file():
        photos = read_labels(data / LABELLED)
        parts = [part_of(path.name) for path in photos.paths]
        return photos.subset([n for n, part in enumerate(parts) if part is Part.EVALUATION])
    return read_categories(data)


def nearest_others(vectors: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Return, for each unit row of [n, d], the k other rows with the highest cosine, best first."""
    rows = []
    for start in range(0, len(vectors), _BLOCK):
        scores = vectors[start : start + _BLOCK] @ vectors.T
        here = np.arange(len(scores))
        scores[here, start + here] = -np.inf
        rows.append(np.argsort(-scores, axis=1, kind="stable")[:, :k])
    return np.concatenate(rows)
