"""Questions to a library with known answers: labels, words of captions, whole captions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from photoorg.models.photo_features import encode_texts
from photoorg.models.vocabulary import narrower_words, read_vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from photoorg.core.ids import ModelKey
    from photoorg.evaluation.photo_sets import PhotoSet
    from photoorg.evaluation.report import Setting
    from photoorg.features.text import TextEncoder

MADE_UP = (
    "blorf", "quizzle", "snarvel", "drimfo", "plurbit", "wexant", "grombol", "trefnik", "zaplode",
    "mivvery", "florgan", "kestoru", "yibber", "crondle", "vashtimo", "pelluric", "dwopsy",
    "shintarg", "obbelin", "quorvex",
)  # fmt: skip
"""Words of no language: nothing shows them."""

_LEAST_SAID = 3
"""So many photos' captions must have a word for it to be asked for."""


class RankingModel(Protocol):
    """A model that search ranks photos with."""

    @property
    def kind(self) -> str:
        """Its name on the command line."""

    @property
    def visual_key(self) -> ModelKey:
        """What makes the vectors that it takes."""

    def embed_images(self, visual: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map visual vectors [n, v] to unit rows [n, d]."""

    def embed_texts(self, text: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map text vectors [n, t] to unit rows [n, d]."""

    def relevance(
        self, query: NDArray[np.float32], scores: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return how probable it is that photos with these cosines [n] are what is asked for."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Puts texts to photos as the search box does.

    Attributes:
        setting: cache and progress.
        model: ranks photos.
        text: computes the vectors that the model takes.
    """

    setting: Setting
    model: RankingModel
    text: TextEncoder

    def embed(self, photos: PhotoSet) -> NDArray[np.float32]:
        return self.model.embed_images(photos.visual)

    def probabilities(
        self, texts: Sequence[str], embedded: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return relevance [photos, texts] for unit rows [photos, d]."""
        sentences = encode_texts(
            texts, self.text, cache=self.setting.cache, token=self.setting.token
        )
        vectors = self.model.embed_texts(sentences)
        each = [self.model.relevance(vector, embedded @ vector) for vector in vectors]
        return np.stack(each, axis=1)


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked of some photos, what the model says, and what is right.

    Attributes:
        name: of the questions, for a reader of tables.
        texts: [q].
        probability: float32 [n, q].
        truth: bool [n, q].
        made_up: float32 [n, m], the same for words that nothing shows.
        complete: a photo that is not known to be right is wrong; captions do not say everything.
    """

    name: str
    texts: tuple[str, ...]
    probability: NDArray[np.float32]
    truth: NDArray[np.bool_]
    made_up: NDArray[np.float32]
    complete: bool

    @property
    def words(self) -> NDArray[np.int64]:
        """How many words each text has, [q], as the search box counts them."""
        return np.array([len(text.split()) for text in self.texts], dtype=np.int64)


def ask_labels(asker: Asker, photos: PhotoSet, name: str) -> Questions:
    """Ask for each label that a photo has."""
    labels = photos.dataset.concepts
    return _ask(asker, photos, name, labels, photos.dataset.matrix(labels), complete=True)


def ask_words(asker: Asker, photos: PhotoSet, name: str) -> Questions | None:
    """Ask for the vocabulary's words that captions of at least three photos have; None: no word.

    A photo is right where one caption has the word, or one that is narrower ("dog" for "animal").
    """
    vocabulary = read_vocabulary()
    below = narrower_words(vocabulary)
    said = _Sentences(photos)
    right = {
        word.name: said.photos_with([word.name, *sorted(below[word.name])]) for word in vocabulary
    }
    texts = [name for name, photos_with in right.items() if photos_with.sum() >= _LEAST_SAID]
    if not texts:
        return None
    truth = np.stack([right[text] for text in texts], axis=1)
    return _ask(asker, photos, name, texts, truth, complete=False)


def ask_captions(asker: Asker, photos: PhotoSet, name: str) -> Questions:
    """Ask for the first caption of each photo; only its own photo is known to be right."""
    texts = [captions[0] for captions in photos.dataset.captions]
    truth = np.eye(len(texts), dtype=np.bool_)
    return _ask(asker, photos, name, texts, truth, complete=False)


def _ask(
    asker: Asker,
    photos: PhotoSet,
    name: str,
    texts: Sequence[str],
    truth: NDArray[np.bool_],
    *,
    complete: bool,
) -> Questions:
    asker.setting.tell(f"Asking {name}")
    embedded = asker.embed(photos)
    return Questions(
        name,
        tuple(texts),
        asker.probabilities(texts, embedded),
        truth,
        asker.probabilities(MADE_UP, embedded),
        complete,
    )


class _Sentences:
    """Which sentence about which photo has which word."""

    def __init__(self, photos: PhotoSet) -> None:
        self._photos = photos
        self._owners: list[int] = []
        self._with: defaultdict[str, set[int]] = defaultdict(set)
        for photo, sentences in enumerate(photos.statements):
            for sentence in sentences:
                for word in sentence:
                    self._with[word].add(len(self._owners))
                self._owners.append(photo)

    def photos_with(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Return which photos have a sentence with all words of any of the names, [photos]."""
        found = np.zeros(len(self._photos), dtype=np.bool_)
        for name in names:
            words = self._photos.normaliser.tokens(name)
            shared = set.intersection(*(self._with.get(word, set()) for word in words))
            found[[self._owners[sentence] for sentence in shared]] = True
        return found
