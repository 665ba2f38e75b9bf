"""Multimodal word vectors made of photos with captions or labels (paper 004, sections 3 and 4)."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import ModelFileProblem
from photoorg.evaluation.photo_sets import visual_rows
from photoorg.models.base import unit_rows
from photoorg.models.multimodal_words import (
    Aggregation,
    MultimodalWordsConfig,
    aggregate,
    centred,
    choose_photos,
    concept_vectors,
)
from photoorg.models.photo_features import load_images
from photoorg.models.training_data import TrainingData
from photoorg.models.vocabulary import read_vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from photoorg.evaluation.photo_sets import PhotoSet
    from photoorg.evaluation.report import Setting
    from photoorg.evaluation.word_pairs import Benchmark
    from photoorg.features.bovw import Codebook
    from photoorg.features.words.base import Document, TextVectors

Floats = NDArray[np.float32]

BOVW = "BOVW"
CNN_MEAN = "CNN-Mean"
CNN_MAX = "CNN-Max"

ALPHA = 0.5
BOVW_WORDS = 100

_BOVW_STEM = f"bovw-sift-{BOVW_WORDS}"
_CODEBOOK_PHOTOS = 1000

_PARTS: tuple[tuple[str, str, Aggregation], ...] = (
    (BOVW, "bovw", "mean"),
    (CNN_MEAN, "cnn", "mean"),
    (CNN_MAX, "cnn", "max"),
)


@dataclass(frozen=True, slots=True)
class WordSpace:
    """Both parts of the words' vectors, centred and of unit length; missing parts are zero.

    Attributes:
        words: sorted.
        linguistic: float32 [words, d].
        visual: by the paper's name of the visual part, float32 [words, e].
        seen: the words that have photos.
    """

    words: tuple[str, ...]
    linguistic: Floats
    visual: Mapping[str, Floats]
    seen: frozenset[str]

    def scores(self, benchmark: Benchmark, vectors: Floats) -> Floats:
        """Return the cosine of each pair (equation 2), 0 where a word has no vector."""
        row = {word: number for number, word in enumerate(self.words)}
        unit = unit_rows(vectors)
        left = unit[[row[a] for a, _ in benchmark.pairs]]
        right = unit[[row[b] for _, b in benchmark.pairs]]
        cosines: Floats = np.einsum("nd,nd->n", left, right)
        return cosines

    def multimodal(self, name: str, alpha: float = ALPHA) -> Floats:
        """Return the concatenation of both parts (equation 1)."""
        return concept_vectors(self.linguistic, self.visual[name], alpha)


def sentences(photos: PhotoSet) -> list[Document]:
    """Return each caption for itself, and each photo's tags and labels together.

    The linguistic vectors learn from running text; the window must not span several sentences.
    """
    dataset = photos.dataset
    found = []
    for captions, tags, labels in zip(dataset.captions, dataset.tags, dataset.labels, strict=True):
        found += [photos.normaliser.document(captions=[caption]) for caption in captions]
        if tags or labels:
            found.append(photos.normaliser.document(tags=[*tags, *labels]))
    return found


def word_space(
    words: tuple[str, ...],
    sets: Sequence[PhotoSet],
    text: TextVectors,
    visual: Mapping[str, Floats],
    setting: Setting,
) -> WordSpace:
    """Compute both parts of words' vectors.

    Args:
        words: the benchmarks' words. Parts are centred over those of them that have the part.
        sets: the photos, in the order of the visual vectors.
        text: the linguistic vectors.
        visual: "cnn" and "bovw", float32 [photos, d].
        setting: token.
    """
    documents = [document for photos in sets for document in photos.documents]
    nothing_held_out = np.zeros(len(documents), dtype=np.bool_)
    said = [frozenset[str]().union(*each) for photos in sets for each in photos.statements]
    data = TrainingData.of(
        visual["cnn"],
        sets[0].visual_key,
        documents,
        text,
        tags=[tuple(sorted(each)) for each in said],
        validation=nothing_held_out,
    )
    config = MultimodalWordsConfig()
    chosen = choose_photos(words, data, config, setting.run(0), read_vocabulary())
    encoded = text.encode_words(words)
    _, linguistic = centred(encoded.vectors, encoded.known)
    has_photos = np.array([len(rows) > 0 for rows in chosen])
    parts: dict[str, Floats] = {}
    for name, source, how in _PARTS:
        rows = visual[source]
        looks = np.zeros((len(words), rows.shape[1]), dtype=np.float32)
        for place, photos_of_word in enumerate(chosen):
            if len(photos_of_word):
                looks[place] = aggregate(rows[photos_of_word], how)
        _, parts[name] = centred(looks, has_photos)
    seen = frozenset(words[row] for row in np.flatnonzero(has_photos))
    return WordSpace(words, linguistic, parts, seen)


def bovw_rows(photos: PhotoSet, learned_on: PhotoSet, setting: Setting) -> Floats:
    """Return histograms of 100 visual words (section 4.3), float32 [photos, 100].

    The codebook is learned on 1,000 photos of the first set and kept in the cache.

    Raises:
        MediaProblem: a photo cannot be read.
        Cancelled: through the setting's token.
    """
    from photoorg.features.bovw import BovwEncoder, load_codebook

    stem = None if setting.cache is None else setting.cache / _BOVW_STEM
    codebook = None
    if stem is not None:
        # Missing, or of another way of computing SIFT: it is learned anew.
        with contextlib.suppress(ModelFileProblem):
            codebook = load_codebook(stem)
    encoder = BovwEncoder(codebook or _learn_codebook(learned_on, stem, setting))
    setting = replace(setting, encoder=lambda _: encoder)
    rows, _ = visual_rows(photos.dataset, setting, _BOVW_STEM)
    return rows


def _learn_codebook(photos: PhotoSet, stem: Path | None, setting: Setting) -> Codebook:
    from photoorg.features.bovw import INPUT_SIZE, learn_codebook, save_codebook

    label = f"Learning {BOVW_WORDS} visual words"
    setting.tell(label)
    order = np.random.default_rng(0).permutation(len(photos))[:_CODEBOOK_PHOTOS]
    paths = [photos.dataset.paths[row] for row in np.sort(order)]
    codebook = learn_codebook(
        load_images(paths, INPUT_SIZE, progress=setting.progress, token=setting.token),
        BOVW_WORDS,
        token=setting.token,
        on_progress=lambda done, total: setting.tell(label, done, total),
    )
    if stem is not None:
        save_codebook(stem, codebook, training={"photos": len(paths), "seed": 0})
    return codebook
