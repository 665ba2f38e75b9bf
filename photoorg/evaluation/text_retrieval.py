"""Protocol `text-retrieval`: does a text find its photos, and a photo its texts?

Caption retrieval has the setting of Hodosh et al. (2013): all captions of a set against all its
photos; a photo counts as found by the rank of the best of its captions. It is measured of the model
that photoorg is shipped with and of each space of paper 002, whose tables follow (`text_tables`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.evaluation.photo_sets import CAPTIONED, PhotoSet, dataset_of, load_sets
from photoorg.evaluation.report import Report, Row, Table
from photoorg.evaluation.text_tables import (
    concept_table,
    create_arena,
    noise_table,
    query_tables,
    tag_query_table,
)
from photoorg.models.base import Describes
from photoorg.models.datasets import DEV, CaptionedPhotos
from photoorg.models.metrics import RetrievalFigures, best_ranks, retrieval_figures
from photoorg.models.photo_features import encode_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from photoorg.evaluation.report import JsonValue, Setting
    from photoorg.evaluation.text_spaces import TextSpace
    from photoorg.evaluation.text_tables import Arena
    from photoorg.features.text import TextEncoder
    from photoorg.models.base import CrossModalModel

PROTOCOL = "text-retrieval"

QUERIES = (
    "dog", "beach", "snow", "child", "bicycle", "football", "mountain", "street",
    "swimming pool", "horse", "boat", "motorcycle",
    "dog beach", "dog snow", "child swing", "man bicycle", "red car", "boy ball", "girl pool",
    "dog grass", "man guitar", "woman hat", "people street", "climber rock",
)  # fmt: skip
"""Single and double words as people type them. A photo is taken to answer one if each of its words
stands in one of the photo's captions."""

_PRECISION_AT = 5


@dataclass(frozen=True, slots=True)
class CaptionRetrieval:
    """How well captions and photos find each other.

    Attributes:
        text_to_image: a caption looks for its photo.
        image_to_text: a photo looks for any of its captions.
        queries: precision in percent of the first five photos, by query, for queries with at least
            five right answers.
    """

    text_to_image: RetrievalFigures
    image_to_text: RetrievalFigures
    queries: Mapping[str, float]

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "text_to_image": dict(self.text_to_image.to_json()),
            "image_to_text": dict(self.image_to_text.to_json()),
            "queries": {query: round(value, 1) for query, value in self.queries.items()},
        }

    def row(self, name: str, note: str = "") -> Row:
        """Return the figures as one line of a table."""
        return Row(name, _columns(self.text_to_image, self.image_to_text), note=note)


def evaluate_text_retrieval(
    setting: Setting,
    *,
    model: CrossModalModel | None = None,
    text: TextEncoder | None = None,
) -> Report:
    """Run the protocol on the captioned and the labelled photos of a folder.

    Args:
        setting: data, cache, progress.
        model: what is measured beside the paper's spaces; by default what photoorg is shipped with.
        text: computes the vectors that the model takes.

    Raises:
        UsageProblem: the folder holds no such photos, or too little is said of them.
        MediaProblem: a photo cannot be read.
        Cancelled: the caller cancelled.
    """
    started = time.monotonic()
    sets = load_sets(setting)
    arenas = [create_arena(photos, setting) for photos in sets]
    tables: list[Table] = []
    more: dict[str, JsonValue] = {}
    kinds: list[str] = []
    captioned = next((arena for arena in arenas if any(arena.test.dataset.captions)), None)
    if captioned is not None:
        model, text = _default(model, text)
        default = measure_captions(setting, captioned.test.dataset.captioned(), model, text)
        more = default.to_json()
        kinds = [model.kind]
        tables.append(_caption_table(captioned, default.row(f"{model.kind} (photoorg's own)")))
    for photos, arena in zip(sets, arenas, strict=True):
        others = [other for other in arenas if other is not arena]
        tables += query_tables(arena, others, setting)
        tables.append(tag_query_table(photos, arena, others, setting))
        if arena.test.dataset.concepts:
            tables.append(concept_table(arena, others, setting))
    tables.append(noise_table(captioned or arenas[0], setting))
    return Report.of(
        PROTOCOL,
        setting,
        started,
        tables,
        photos=sum(len(photos) for photos in sets),
        features=(sets[0].visual_key,),
        text=tuple(space.text.key for space in arenas[0].spaces.values()),
        models=(*kinds, "text-regression"),
        more=more,
    )


def evaluate_captions(
    setting: Setting, model: CrossModalModel, text: TextEncoder, *, split: str | None = None
) -> CaptionRetrieval:
    """Measure one model on the captions of a folder, without the paper's tables.

    Args:
        setting: data, cache, progress.
        model: what is measured.
        text: computes the vectors that the model takes.
        split: which photos; by default "dev" where the table has it, else all of them.

    Raises:
        UsageProblem: the folder holds no captions.
        MediaProblem: a photo cannot be read.
        Cancelled: the caller cancelled.
    """
    dataset = dataset_of(setting.data, CAPTIONED)
    if dataset is None:
        raise UsageProblem(f"There are no captions in {setting.data}.")
    if split is None and DEV in dataset.splits:
        split = DEV
    part = dataset if split is None else dataset.part(split)
    return measure_captions(setting, part.captioned(), model, text)


def measure_captions(
    setting: Setting, photos: CaptionedPhotos, model: CrossModalModel, text: TextEncoder
) -> CaptionRetrieval:
    """Match photos and captions by a model.

    Raises:
        MediaProblem: a photo cannot be read.
        Cancelled: through the setting's token.
    """
    pooled, _ = setting.vectors_of(photos.paths, model.visual_key)
    captions = [caption for captions in photos.captions for caption in captions]
    sentences = encode_texts(
        captions, text, cache=setting.cache, progress=setting.progress, token=setting.token
    )
    images, texts = model.embed_images(pooled), model.embed_texts(sentences)
    described = model.describe(images, texts) if isinstance(model, Describes) else images @ texts.T
    belongs = _belongs(photos)
    words = model.embed_texts(text.encode(QUERIES))
    return CaptionRetrieval(
        retrieval_figures(best_ranks(texts @ images.T, belongs)),
        retrieval_figures(best_ranks(described, belongs.T)),
        _query_precision(words @ images.T, photos),
    )


def _caption_table(arena: Arena, default: Row) -> Table:
    """Return recall and median ranks of the model and of each space, both ways."""
    photos = arena.test.dataset.captioned()
    rows = [
        Row(name, space_retrieval(space, arena.test, photos))
        for name, space in arena.spaces.items()
    ]
    return Table(
        f"Caption retrieval on {arena.name}",
        (default, *rows),
        "Hodosh et al. 2013",
        f"{len(photos.paths)} photos, {sum(map(len, photos.captions))} captions, each for itself.",
    )


def space_retrieval(
    space: TextSpace, test: PhotoSet, photos: CaptionedPhotos
) -> dict[str, float | None]:
    """Match captions and photos in one of the paper's spaces; percent and median ranks."""
    row = {path: number for number, path in enumerate(test.dataset.paths)}
    images = space.images(test.visual[[row[path] for path in photos.paths]])
    documents = [test.normaliser.document(captions=[c]) for each in photos.captions for c in each]
    texts, _ = space.texts(documents)
    scores, belongs = texts @ images.T, _belongs(photos)
    return _columns(
        retrieval_figures(best_ranks(scores, belongs)),
        retrieval_figures(best_ranks(scores.T, belongs.T)),
    )


def _columns(to_image: RetrievalFigures, to_text: RetrievalFigures) -> dict[str, float | None]:
    return {
        **{f"caption to photo {key}": value for key, value in to_image.to_json().items()},
        **{f"photo to caption {key}": value for key, value in to_text.to_json().items()},
    }


def _belongs(photos: CaptionedPhotos) -> NDArray[np.bool_]:
    """Return which caption is whose, bool [captions, photos]."""
    owner = np.repeat(np.arange(len(photos.paths)), [len(c) for c in photos.captions])
    belongs: NDArray[np.bool_] = owner[:, None] == np.arange(len(photos.paths))[None, :]
    return belongs


def _default(
    model: CrossModalModel | None, text: TextEncoder | None
) -> tuple[CrossModalModel, TextEncoder]:
    """Load what photoorg is shipped with, where nothing else is asked for."""
    from photoorg.features.text import create_text_encoder
    from photoorg.models.starter import StarterModel

    return model or StarterModel.load(), text or create_text_encoder()


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
