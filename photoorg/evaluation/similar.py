"""Protocol `similar`: do a photo's look-alikes show the same things?

Judged on a folder with `labels.tsv` (neighbours that share a label count) or with one folder per
category.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.evaluation.report import Conditions
from photoorg.models.base import unit_rows
from photoorg.models.datasets import LABELS, read_categories, read_labels
from photoorg.models.metrics import precision_at_k
from photoorg.models.photo_features import encode_photos

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from photoorg.core.progress import CancelToken
    from photoorg.evaluation.report import JsonValue
    from photoorg.features.visual import VisualEncoder
    from photoorg.models.photo_features import ProgressListener

_K = 10
_BLOCK = 1024


class SimilarityModel(Protocol):
    """A model with vectors for look-alike search."""

    @property
    def kind(self) -> str:
        """Its name on the command line."""

    def similarity(self, pooled: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map pooled vectors to compact unit rows whose cosine is likeness."""


@dataclass(frozen=True, slots=True)
class SimilarResult:
    """Outcome of the protocol, in percent.

    Attributes:
        compact: precision@10 with the model's compact vectors.
        pooled: precision@10 with the cosine of the plain pooled vectors, for comparison.
    """

    compact: float
    pooled: float
    conditions: Conditions

    def to_json(self) -> dict[str, JsonValue]:
        rows: list[JsonValue] = [
            {"name": "similar", "precision@10": round(self.compact, 2)},
            {"name": "pooled cosine", "precision@10": round(self.pooled, 2)},
        ]
        return {"rows": rows, **self.conditions.to_json()}


def evaluate_similar(
    data: Path,
    model: SimilarityModel,
    visual: VisualEncoder,
    *,
    cache: Path | None = None,
    seed: int = 0,
    progress: ProgressListener | None = None,
    token: CancelToken | None = None,
) -> SimilarResult:
    """Run the protocol on the photos of a labelled folder.

    Raises:
        UsageProblem: the folder has neither labels nor categories, or too few photos.
        MediaProblem: a photo cannot be read.
        Cancelled: the caller cancelled.
    """
    started = time.monotonic()
    photos = read_labels(data) if (data / LABELS).is_file() else read_categories(data)
    if len(photos.paths) <= _K:
        raise UsageProblem(f"{data} has too few photos: more than {_K} are needed.")
    pooled = encode_photos(photos.paths, visual, cache=cache, progress=progress, token=token)
    labels = photos.matrix(photos.names)
    compact, plain = (
        100 * float(precision_at_k(nearest_others(vectors, _K), labels, _K).mean())
        for vectors in (model.similarity(pooled), unit_rows(pooled))
    )
    return SimilarResult(
        compact,
        plain,
        Conditions(
            "similar",
            str(data),
            len(photos.paths),
            seed,
            time.monotonic() - started,
            visual.key,
            "",
            model.kind,
        ),
    )


def nearest_others(vectors: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Return, for each unit row of [n, d], the k other rows with the highest cosine, best first."""
    rows = []
    for start in range(0, len(vectors), _BLOCK):
        scores = vectors[start : start + _BLOCK] @ vectors.T
        here = np.arange(len(scores))
        scores[here, start + here] = -np.inf
        rows.append(np.argsort(-scores, axis=1, kind="stable")[:, :k])
    return np.concatenate(rows)
