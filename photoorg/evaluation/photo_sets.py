"""Sets of photos as the protocols need them: vectors, normalised words, parts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.features.registry import PACKAGED_VISUAL
from photoorg.features.words.base import Document
from photoorg.features.words.normalise import Normaliser, learn_phrases
from photoorg.models.datasets import CAPTIONS, DEV, LABELS, TRAIN, Dataset, open_dataset
from photoorg.models.holdout import Part, part_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from photoorg.core.ids import ModelKey
    from photoorg.evaluation.report import Setting

CNN = PACKAGED_VISUAL
"""The network whose vectors stand for "the CNN" of a paper."""

CAPTIONED, LABELLED = "flickr8k", "coco"
"""Folders of the project's own data."""

_AGREED = 2
"""So many of a photo's captions must say a word for it to count as a tag of the photo."""

_RARE = 20
"""Paper 002, section 5.3: tags that fewer photos carry are removed."""


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """Photos with their vectors and normalised words; each list has one entry a photo.

    Attributes:
        dataset: what was read.
        visual: float32 [n, d].
        visual_key: what made the vectors.
        normaliser: splits texts into words, for queries too.
        documents: all that is said of a photo.
        statements: the words of each sentence about a photo; of tags and labels, all together.
        tags: words that were given to a photo, or that its captions agree on.
    """

    dataset: Dataset
    visual: NDArray[np.float32]
    visual_key: ModelKey
    normaliser: Normaliser
    documents: tuple[Document, ...]
    statements: tuple[tuple[frozenset[str], ...], ...]
    tags: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.documents)

    @property
    def name(self) -> str:
        return self.dataset.name

    def rows(self, chosen: NDArray[np.int64]) -> PhotoSet:
        """Return the photos with these row numbers."""
        rows = chosen.tolist()
        return PhotoSet(
            self.dataset.rows(rows),
            self.visual[chosen],
            self.visual_key,
            self.normaliser,
            tuple(self.documents[row] for row in rows),
            tuple(self.statements[row] for row in rows),
            tuple(self.tags[row] for row in rows),
        )

    def test_rows(self) -> NDArray[np.int64]:
        """Return the photos that nothing is trained on, ascending.

        They are the publisher's development or test part; where there is none, one in five.
        """
        splits = np.array(self.dataset.splits)
        if (splits == TRAIN).any() and (splits != TRAIN).any():
            held_out = splits == (DEV if (splits == DEV).any() else splits[splits != TRAIN][0])
        else:
            held_out = np.array(
                [part_of(path.name) is Part.EVALUATION for path in self.dataset.paths]
            )
        return np.flatnonzero(held_out)

    def training_rows(self) -> NDArray[np.int64]:
        """Return the photos to train on, ascending."""
        splits = np.array(self.dataset.splits)
        if (splits == TRAIN).any():
            return np.flatnonzero(splits == TRAIN)
        return np.setdiff1d(np.arange(len(self)), self.test_rows())

    def shared_tags(self, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many tags the photos of each pair have in common, [pairs]."""
        sets = [frozenset(tags) for tags in self.tags]
        return np.array([len(sets[a] & sets[b]) for a, b in zip(one, other, strict=True)])


def dataset_of(data: Path, known_as: str) -> Dataset | None:
    """Return the set in a folder, or the one of this name in the project's data; None if neither.

    Raises:
        UsageProblem: the set is there, but damaged.
    """
    if _has_tables(data / known_as):
        return open_dataset(data / known_as)
    holds_others = any(_has_tables(data / name) for name in (CAPTIONED, LABELLED))
    return None if holds_others else open_dataset(data)


def load_sets(setting: Setting, *, encoder: str = CNN) -> tuple[PhotoSet, ...]:
    """Read all sets of a folder, with their vectors: the captioned and the labelled one, or one.

    Raises:
        UsageProblem: there is none.
        MediaProblem: a photo cannot be read.
        Cancelled: through the setting's token.
    """
    inner = [setting.data / name for name in (CAPTIONED, LABELLED)]
    folders = [folder for folder in inner if _has_tables(folder)] or [setting.data]
    return tuple(prepare(open_dataset(folder), setting, encoder=encoder) for folder in folders)


def prepare(dataset: Dataset, setting: Setting, *, encoder: str = CNN) -> PhotoSet:
    """Compute the vectors of a set's photos and split what is said of them into words.

    Raises:
        MediaProblem: a photo cannot be read.
        Cancelled: through the setting's token.
    """
    dataset = without_rare_tags(dataset)
    visual, key = visual_rows(dataset, setting, encoder)
    setting.tell("Reading words")
    # What annotators found is the truth to judge by where there are owners' tags.
    given = dataset.tags if any(dataset.tags) else dataset.labels
    normaliser = Normaliser(learn_phrases([*dataset.tags, *dataset.labels]))
    documents = tuple(
        normaliser.document(tags=words, captions=captions)
        for words, captions in zip(given, dataset.captions, strict=True)
    )
    statements = tuple(
        _statements(normaliser, (*tags, *labels), captions)
        for tags, labels, captions in zip(
            dataset.tags, dataset.labels, dataset.captions, strict=True
        )
    )
    if any(given):
        tags = tuple(_words(normaliser, words) for words in given)
    else:
        tags = tuple(_agreed(sentences) for sentences in statements)
    return PhotoSet(dataset, visual, key, normaliser, documents, statements, tags)


def without_rare_tags(dataset: Dataset) -> Dataset:
    """Leave out what paper 002, section 5.3, leaves out of MIRFlickr.

    These are tags that fewer than 20 photos carry, and then photos without tags or annotations. A
    set without tags, or of which nothing would be left, stays as it is.
    """
    counts = Counter(tag for tags in dataset.tags for tag in set(tags))
    kept = tuple(tuple(tag for tag in tags if counts[tag] >= _RARE) for tags in dataset.tags)
    annotated = any(dataset.labels)
    rows = [
        row for row, labels in enumerate(dataset.labels) if kept[row] and (labels or not annotated)
    ]
    return replace(dataset, tags=kept).rows(rows) if rows else dataset


def visual_rows(
    dataset: Dataset, setting: Setting, encoder: str
) -> tuple[NDArray[np.float32], ModelKey]:
    """Return vectors [n, d] of all photos and what made them, part by part.

    The cache of vectors goes by lists of photos, and those of a part alone are asked for elsewhere.
    """
    rows: NDArray[np.float32] | None = None
    splits = np.array(dataset.splits)
    for split in dict.fromkeys(dataset.splits):
        chosen = np.flatnonzero(splits == split)
        vectors, made_by = setting.vectors([dataset.paths[row] for row in chosen], encoder)
        if rows is None:
            rows = np.empty((len(dataset), vectors.shape[1]), dtype=np.float32)
        rows[chosen] = vectors
    if rows is None:
        raise UsageProblem(f"{dataset.name} has no photos.")
    return rows, made_by.key


def _statements(
    normaliser: Normaliser, words: Sequence[str], captions: Sequence[str]
) -> tuple[frozenset[str], ...]:
    sentences = [frozenset(normaliser.tokens(caption)) for caption in captions]
    given = frozenset(token for word in words for token in normaliser.tokens(word))
    return (*sentences, given) if given else tuple(sentences)


def _words(normaliser: Normaliser, given: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(token for word in given for token in normaliser.tokens(word)))


def _agreed(sentences: Sequence[frozenset[str]]) -> tuple[str, ...]:
    counts = Counter(word for sentence in sentences for word in sentence)
    least = min(_AGREED, len(sentences))
    return tuple(sorted(word for word, count in counts.items() if count >= least))


def _has_tables(folder: Path) -> bool:
    return (folder / CAPTIONS).is_file() or (folder / LABELS).is_file()
