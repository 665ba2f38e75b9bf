"""Sets of photos as an evaluation sees them: what an owner tagged, and what is true nevertheless.

Tags and truth must not be the same words of the same person, or a model that copies would be best.
Sets with both (NUS-WIDE, MIRFlickr) give them as they are. Of captions, the first two stand for
what an owner tagged, and what the others mention is true. Labels alone are both.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.features.words.base import Document
from photoorg.features.words.normalise import Normaliser, learn_phrases
from photoorg.models.datasets import TRAIN, Dataset, open_dataset

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_TAG_CAPTIONS = 2
_TRAINING_SHARE = 0.8

# fmt: off
NUS_WIDE = (
    "airport", "animal", "beach", "bear", "birds", "boats", "book", "bridge", "buildings", "cars",
    "castle", "cat", "cityscape", "clouds", "computer", "coral", "cow", "dancing", "dog",
    "earthquake", "elk", "fire", "fish", "flags", "flowers", "food", "fox", "frost", "garden",
    "glacier", "grass", "harbor", "horses", "house", "lake", "leaf", "map", "military", "moon",
    "mountain", "nighttime", "ocean", "person", "plane", "plants", "police", "protest", "railroad",
    "rainbow", "reflection", "road", "rocks", "running", "sand", "sign", "sky", "snow", "soccer",
    "sports", "statue", "street", "sun", "sunset", "surf", "swimmers", "tattoo", "temple", "tiger",
    "tower", "town", "toy", "train", "tree", "valley", "vehicle", "water", "waterfall", "wedding",
    "whales", "window", "zebra",
)
# fmt: on
"""The 81 concepts of NUS-WIDE (Chua et al. 2009), of which the paper takes the most frequent."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Photos with an owner's tags, and what is true of them. Lists have one entry a photo.

    Attributes:
        paths: the photos.
        documents: what the owner said, as normalised words in the order of the text.
        truth: normalised words that apply to the photo.
        training: int64, rows to learn from, ascending.
        judged: int64, rows that nothing was learned from, ascending.
        source: where tags and truth come from, for a reader of the figures.
    """

    paths: tuple[Path, ...]
    documents: tuple[Document, ...]
    truth: tuple[frozenset[str], ...]
    training: NDArray[np.int64]
    judged: NDArray[np.int64]
    source: str

    def __len__(self) -> int:
        return len(self.paths)

    def dictionary(self, least: int) -> frozenset[str]:
        """Return the words that owners gave to at least so many photos to learn from."""
        counts = Counter(word for row in self.training for word in set(self.documents[row].tokens))
        return frozenset(word for word, count in counts.items() if count >= least)

    def documents_of(self, dictionary: Collection[str]) -> tuple[Document, ...]:
        """Return what the owner said, as far as it is in a dictionary."""
        return tuple(
            Document(tuple(token for token in document.tokens if token in dictionary))
            for document in self.documents
        )

    def truth_of(self, words: Sequence[str]) -> NDArray[np.bool_]:
        """Return which of the words apply to each photo, bool [photos, words]."""
        return np.array([[word in true for word in words] for true in self.truth], dtype=np.bool_)

    def true_counts(self) -> Counter[str]:
        """Return on how many photos to learn from each word is true."""
        return Counter(word for row in self.training for word in self.truth[row])

    def split_training(
        self, share: float, seed: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw a share of the training rows; return the others and it, both ascending."""
        drawn = np.random.default_rng(seed).permutation(self.training)
        size = max(1, round(share * len(drawn)))
        return np.sort(drawn[size:]), np.sort(drawn[:size])


def find_dataset(data: Path, known_as: str) -> Dataset:
    """Open the set in a folder, or the one that the folder holds under a name.

    Raises:
        UsageProblem: there is no set that is known here.
    """
    return open_dataset(data / known_as if (data / known_as).is_dir() else data)


def read_corpus(data: Path, known_as: str = "flickr8k") -> Corpus:
    """Read a set of photos as tags and truth.

    Raises:
        UsageProblem: there is no set, or its photos have too few words.
    """
    return corpus_of(find_dataset(data, known_as))


def corpus_of(dataset: Dataset) -> Corpus:
    """Take a set as tags and truth.

    Photos with a single caption are left out: nothing would be left to judge by. The parts are the
    publisher's, all but the training part being judged; without parts every fifth photo is judged.

    Raises:
        UsageProblem: its photos have too few words.
    """
    normaliser = Normaliser(learn_phrases([*dataset.tags, *dataset.labels]))
    if any(dataset.tags) and any(dataset.labels):
        rows = list(range(len(dataset)))
        said = [normaliser.document(tags=tags) for tags in dataset.tags]
        true = [normaliser.document(tags=labels) for labels in dataset.labels]
        source = "owners' tags, annotators' concepts"
    elif any(len(captions) > 1 for captions in dataset.captions):
        rows = [row for row, captions in enumerate(dataset.captions) if len(captions) > 1]
        parts = [_split_captions(dataset.captions[row]) for row in rows]
        said = [normaliser.document(captions=first) for first, _ in parts]
        true = [normaliser.document(captions=rest) for _, rest in parts]
        source = "words of the first two captions as tags, words of the others as truth"
    elif any(dataset.labels):
        rows = list(range(len(dataset)))
        said = true = [normaliser.document(tags=labels) for labels in dataset.labels]
        source = "labels as tags and as truth"
    else:
        raise UsageProblem(
            f"{dataset.name} has neither two captions a photo nor labels.",
            "Give a folder with a captions.tsv or labels.tsv that has.",
        )
    training, judged = _parts([dataset.splits[row] for row in rows])
    return Corpus(
        tuple(dataset.paths[row] for row in rows),
        tuple(said),
        tuple(frozenset(document.tokens) for document in true),
        training,
        judged,
        source,
    )


def _split_captions(captions: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the captions that stand for tags, and those that are the truth; at least one each."""
    kept = min(_TAG_CAPTIONS, len(captions) - 1)
    return captions[:kept], captions[kept:]


def _parts(splits: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows to learn from and rows to be judged."""
    learned = np.array([split == TRAIN for split in splits], dtype=np.bool_)
    if not learned.any() or learned.all():
        learned[:] = True
        size = len(learned) - round(_TRAINING_SHARE * len(learned))
        learned[np.random.default_rng(0).permutation(len(learned))[:size]] = False
    if learned.all() or not learned.any():
        raise UsageProblem("There are too few photos to learn from some and be judged by others.")
    return np.flatnonzero(learned), np.flatnonzero(~learned)
