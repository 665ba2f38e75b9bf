"""What the search layer needs of the catalog and of a model: small protocols, kept by real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from photoorg.core.conditions import Condition
from photoorg.core.ids import ModelKey, PhotoId
from photoorg.core.records import PhotoScope, Suggestion, TagCount
from photoorg.models.length_correction import LengthCorrection

FloatArray = NDArray[np.float32]
IdArray = NDArray[np.int64]


class LexicalMatch(Protocol):
    """A photo whose words match; `photoorg.catalog.records.LexicalHit` is one."""

    @property
    def photo_id(self) -> PhotoId:
        """Which photo."""

    @property
    def where(self) -> str:
        """What matched best: "tag beach", "caption", "name" or "folder"."""


class SearchCatalog(Protocol):
    """What the engine asks of a catalog."""

    def photo_ids(self, scope: PhotoScope) -> IdArray:
        """Return the photos of a scope, int64 [n], in the order of the grid."""

    def in_date_order(self, ids: IdArray, *, newest_first: bool) -> IdArray:
        """Return some photos in order of date, int64 [n]."""

    def select(self, condition: Condition) -> IdArray:
        """Return the photos that pass a filter, int64 [n], ascending."""

    def lexical_search(self, words: Sequence[str], limit: int) -> Sequence[LexicalMatch]:
        """Return photos that hold any of the words or phrases, best first."""

    def photos_rejecting(self, tags: Sequence[str]) -> IdArray:
        """Return the photos of which the person said that any of the tags is wrong, ascending."""

    def tags(self) -> Sequence[TagCount]:
        """Return the confirmed tags, most used first."""

    def photo_by_path(self, path: Path) -> PhotoId | None:
        """Return the photo that an absolute path shows, or None where it is not known."""

    def paths_of(self, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, Path]:
        """Return where each photo lies; unknown ids are left out."""

    def vectors(
        self, model_key: ModelKey, photo_ids: Sequence[PhotoId]
    ) -> tuple[IdArray, FloatArray]:
        """Return (ids [n], vectors [n, d]) of those that have one, in the order asked for."""

    def perceptual_hashes(self, photo_ids: Sequence[PhotoId]) -> tuple[IdArray, NDArray[np.uint64]]:
        """Return (ids [n], 64-bit difference hashes [n]) of those that have one."""


class TagCatalog(Protocol):
    """What the suggester asks of a catalog."""

    def tags(self) -> Sequence[TagCount]:
        """Return the confirmed tags, most used first."""

    def decided_tags(self, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, frozenset[str]]:
        """Return the tags that are confirmed or rejected, for each of the photos."""

    def vectors(
        self, model_key: ModelKey, photo_ids: Sequence[PhotoId]
    ) -> tuple[IdArray, FloatArray]:
        """Return (ids [n], vectors [n, d]) of those that have one, in the order asked for."""


class WordCatalog(TagCatalog, Protocol):
    """What a suggester that looks at a photo's own tags asks of a catalog."""

    def words_of(self, photo_ids: Sequence[PhotoId]) -> Sequence[SaidOfPhoto]:
        """Return what is said of photos, in order of id."""


class SaidOfPhoto(Protocol):
    """What is said of a photo; `photoorg.catalog.records.PhotoWords` is one."""

    @property
    def photo_id(self) -> PhotoId:
        """Which photo."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Its confirmed tags."""

    @property
    def captions(self) -> tuple[str, ...]:
        """Its title and caption, where it has them."""


class SearchModel(Protocol):
    """A cross-modal model that search can rank texts with."""

    @property
    def visual_key(self) -> ModelKey:
        """Which stored vectors it takes."""

    def embed_images(self, visual: FloatArray) -> FloatArray:
        """Map stored vectors [n, v] to unit rows [n, d]."""

    def embed_texts(self, text: FloatArray) -> FloatArray:
        """Map text vectors [n, t] to unit rows [n, d]."""

    def relevance(self, query: FloatArray, scores: FloatArray) -> FloatArray:
        """Return how probable it is that photos are what a query asks for.

        Args:
            query: [d], the query's embedding.
            scores: [n], cosines of photos with it.

        Returns:
            Calibrated probabilities [n], rising with the scores.
        """


class LookAlikeModel(Protocol):
    """What look-alike search compares photos with."""

    @property
    def visual_key(self) -> ModelKey:
        """Which stored vectors it takes."""

    def similarity(self, visual: FloatArray) -> FloatArray:
        """Map stored vectors [n, v] to compact unit rows [n, k] for look-alike search."""


@runtime_checkable
class CorrectsLength(Protocol):
    """A search model whose relevance is off by the number of words, and that knows by how much."""

    @property
    def length_correction(self) -> LengthCorrection:
        """How its probabilities are put right before an answer is cut."""


@runtime_checkable
class KnowsWords(Protocol):
    """A text encoder that may lack words, and can say which."""

    def unknown_words(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Return the words of texts that have no vector, each once, in order."""


class TagJudge(Protocol):
    """Says how probable tags are on all photos of a library at once."""

    def probabilities(self, tags: Sequence[str]) -> tuple[IdArray, FloatArray]:
        """Return (ids int64 [n], probabilities float32 [n, tags]).

        Photos that were not looked at yet are left out; tags that it knows nothing of are judged
        by their names.

        Raises:
            PhotoorgError: it cannot be asked.
        """


class TagSuggester(Protocol):
    """Suggests tags for photos of a library."""

    def suggest(
        self, photo_ids: Sequence[PhotoId], limit: int = 10, *, decided: bool = False
    ) -> Mapping[PhotoId, Sequence[Suggestion]]:
        """Return likely tags of photos, most probable first.

        A photo that lacks the visual vector that is needed is left out of the answer.

        Args:
            photo_ids: the photos.
            limit: tags for each.
            decided: suggest tags that are confirmed or rejected too, to compare models.
        """


class TagModel(Protocol):
    """A cross-modal model that suggests tags."""

    @property
    def kind(self) -> str:
        """The model's name, such as "starter"."""

    @property
    def visual_key(self) -> ModelKey:
        """Which stored vectors it takes."""

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The tags that it knows."""

    def embed_images(self, visual: FloatArray) -> FloatArray:
        """Map stored vectors [n, v] to unit rows [n, d]."""

    def suggest(self, embedded: FloatArray) -> FloatArray:
        """Return probabilities [n, vocabulary] for embedded photos [n, d]."""

    def tag_probability(self, text: FloatArray, embedded: FloatArray) -> FloatArray:
        """Return the probability that words outside the vocabulary apply to embedded photos.

        Args:
            text: [m, phrases, t], text vectors of several phrases for each word.
            embedded: [n, d].

        Returns:
            Probabilities [n, m].
        """

    def pick(
        self, probabilities: FloatArray, limit: int, least: float
    ) -> Sequence[tuple[str, float]]:
        """Choose the words to show for one photo from `suggest`'s row [vocabulary], best first."""
