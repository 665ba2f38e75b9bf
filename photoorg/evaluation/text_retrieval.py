"""Protocol `text-retrieval`: does a caption find its photo, and a photo its captions?

The setting is that of Hodosh et al. (2013): all captions of a set against all its photos; a photo
counts as found by the rank of the best of its captions.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from photoorg.evaluation.report import Conditions
from photoorg.models.base import Describes
from photoorg.models.datasets import CAPTIONS, dataset_folder, read_captions
from photoorg.models.metrics import RetrievalFigures, best_ranks, retrieval_figures
from photoorg.models.photo_features import encode_photos, encode_texts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from photoorg.core.progress import CancelToken
    from photoorg.evaluation.report import JsonValue
    from photoorg.features.text import TextEncoder
    from photoorg.features.visual import VisualEncoder
    from photoorg.models.base import CrossModalModel
    from photoorg.models.datasets import CaptionedPhotos
    from photoorg.models.photo_features import ProgressListener

QUERIES = (
    "dog", "beach", "snow", "child", "bicycle", "football", "mountain", "street",
    "swimming pool", "horse", "boat", "motorcycle",
    "dog beach", "dog snow", "child swing", "man bicycle", "red car", "boy ball", "girl pool",
    "dog grass", "man guitar", "woman hat", "people street", "climber rock",
)  # fmt: skip
"""Single and double words as people type them. A photo is taken to answer one if each of its words
stands in one of the photo's captions."""

_PRECISION_AT = 5
_DEV = "dev"


@dataclass(frozen=True, slots=True)
class TextRetrieval:
    """Outcome of the protocol.

    Attributes:
        text_to_image: a caption looks for its photo.
        image_to_text: a photo looks for any of its captions.
        queries: precision in percent of the first five photos, by query, for queries with at least
            five right answers.
    """

    text_to_image: RetrievalFigures
    image_to_text: RetrievalFigures
    queries: Mapping[str, float]
    conditions: Conditions

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "text_to_image": dict(self.text_to_image.to_json()),
            "image_to_text": dict(self.image_to_text.to_json()),
            "queries": {query: round(value, 1) for query, value in self.queries.items()},
            **self.conditions.to_json(),
        }


def evaluate_text_retrieval(
    data: Path,
    model: CrossModalModel,
    visual: VisualEncoder,
    text: TextEncoder,
    *,
    split: str | None = None,
    cache: Path | None = None,
    seed: int = 0,
    progress: ProgressListener | None = None,
    token: CancelToken | None = None,
) -> TextRetrieval:
    """Run the protocol.

    Args:
        data: folder with `captions.tsv`, or one that holds such a folder as `flickr8k`.
        model: what is measured.
        visual: computes the vectors that the model takes.
        text: computes the vectors that the model takes.
        split: which photos; by default "dev" where the table has it, else all of them.
        cache: folder for visual vectors; None keeps none.
        seed: reported; nothing here is drawn at random.
        progress: hears how far the work is.
        token: lets the caller stop.

    Raises:
        UsageProblem: the folder holds no such table.
        MediaProblem: a photo cannot be read.
        Cancelled: the caller cancelled.
    """
    started = time.monotonic()
    photos = read_captions(dataset_folder(data, CAPTIONS, "flickr8k"))
    if split is None and _DEV in photos.splits:
        split = _DEV
    if split is not None:
        photos = photos.part(split)
    pooled = encode_photos(photos.paths, visual, cache=cache, progress=progress, token=token)
    captions = [caption for captions in photos.captions for caption in captions]
    sentences = encode_texts(captions, text, progress=progress, token=token)
    images, texts = model.embed_images(pooled), model.embed_texts(sentences)
    described = model.describe(images, texts) if isinstance(model, Describes) else images @ texts.T
    owner = np.repeat(np.arange(len(photos.paths)), [len(c) for c in photos.captions])
    belongs = owner[:, None] == np.arange(len(images))[None, :]
    words = model.embed_texts(text.encode(QUERIES))
    return TextRetrieval(
        retrieval_figures(best_ranks(texts @ images.T, belongs)),
        retrieval_figures(best_ranks(described, belongs.T)),
        _query_precision(words @ images.T, photos),
        Conditions(
            "text-retrieval",
            str(data),
            len(photos.paths),
            seed,
            time.monotonic() - started,
            visual.key,
            text.key,
            model.kind,
        ),
    )


def _query_precision(scores: NDArray[np.float32], photos: CaptionedPhotos) -> dict[str, float]:
    """Return P@5 in percent of each query [queries, photos] that has enough right answers."""
    said = [_words(" ".join(captions)) for captions in photos.captions]
    figures = {}
    for query, row in zip(QUERIES, scores, strict=True):
        relevant = np.array([_words(query) <= words for words in said])
        if relevant.sum() >= _PRECISION_AT:
            first = np.argsort(-row, kind="stable")[:_PRECISION_AT]
            figures[query] = 100.0 * float(relevant[first].mean())
    return figures


def _words(text: str) -> frozenset[str]:
    """Return the words of a text, in lower case, with a plural's "s" taken off."""
    letters = "".join(c if c.isalnum() else " " for c in text.lower())
    return frozenset(word.removesuffix("s") if len(word) > 3 else word for word in letters.split())
