"""Search and suggestions by a model that was trained here, made of a few axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from search_world import AXES, FakeCatalog, FakeModel, picture

from photoorg.core.ids import ModelKey, PhotoId
from photoorg.core.records import PhotoScope
from photoorg.features.words.base import Document, EncodedTexts
from photoorg.models.base import Observations, unit_rows
from photoorg.search.engine import SearchEngine
from photoorg.search.trained import TrainedSearchModel, TrainedSuggester, TrainedTextEncoder


class AxisWords:
    """Text vectors in which each word is an axis."""

    key = ModelKey("axes")
    dimension = len(AXES)

    def encode(self, documents: Sequence[Document]) -> EncodedTexts:
        vectors = np.zeros((len(documents), len(AXES)), dtype=np.float32)
        unknown: dict[str, None] = {}
        for row, document in enumerate(documents):
            for token in document.tokens:
                if token in AXES:
                    vectors[row, AXES.index(token)] += 1
                else:
                    unknown[token] = None
        return EncodedTexts(vectors, vectors.any(axis=1), tuple(unknown))


@dataclass
class AxisModel:
    """Photos and texts lie in the same space; what is said of a photo is added to what it shows."""

    visual_key: ModelKey = field(default_factory=lambda: ModelKey("pooled"))
    seen: list[Observations] = field(default_factory=list)

    def embed_texts(self, text: np.ndarray) -> np.ndarray:
        return unit_rows(text)

    def tag_scores(self, seen: Observations, tags: np.ndarray) -> np.ndarray:
        self.seen.append(seen)
        assert seen.visual is not None
        return unit_rows(seen.visual) @ tags.T


@dataclass(frozen=True)
class AxisTags:
    names: tuple[str, ...] = ("dog", "Beach", "grandma")

    def relevance_of(self, cosine: np.ndarray) -> np.ndarray:
        return np.asarray(1 / (1 + np.exp(-20 * (cosine - 0.5))), dtype=np.float32)


@dataclass
class Trained:
    """Stands for `TrainedModel`."""

    model: AxisModel = field(default_factory=AxisModel)
    text: AxisWords = field(default_factory=AxisWords)
    tags: AxisTags = field(default_factory=AxisTags)
    manifest: Any = field(
        default_factory=lambda: SimpleNamespace(training={"phrases": ["night_city"]})
    )

    def suggest(self, seen: Observations) -> np.ndarray:
        vectors = np.stack([picture(dog=1), picture(beach=1), picture(grandma=1)])
        return np.clip(self.model.tag_scores(seen, vectors), 0, 1) ** 2


@dataclass(frozen=True)
class Said:
    photo_id: PhotoId
    tags: tuple[str, ...]
    captions: tuple[str, ...] = ()


class TaggedCatalog(FakeCatalog):
    def words_of(self, photo_ids: Sequence[PhotoId]) -> Sequence[Said]:
        return [
            Said(photo_id, tuple(self.confirmed[photo_id]))
            for photo_id in photo_ids
            if photo_id in self.confirmed
        ]


PICTURES = {1: picture(dog=1), 2: picture(dog=1, beach=1), 3: picture(snow=1)}


@pytest.fixture
def catalog() -> TaggedCatalog:
    return TaggedCatalog(pictures=PICTURES)


def engine(catalog: TaggedCatalog, trained: Trained, notice: str = "") -> SearchEngine:
    return SearchEngine(
        catalog,
        catalog.index(),
        catalog.index(similar=True),
        TrainedSearchModel(trained),
        TrainedTextEncoder(trained),
        FakeModel(),
        notice=lambda: notice,
    )


def ask(catalog: TaggedCatalog, text: str, notice: str = "") -> tuple[list[int], str]:
    results = engine(catalog, Trained(), notice).search(text, PhotoScope())
    return [hit.photo_id for hit in results.hits[: results.relevant]], results.notice


def test_words_are_ranked_by_the_models_own_vectors(catalog) -> None:
    assert ask(catalog, "dogs") == ([1, 2], ""), "normalised as the tags were"
    assert ask(catalog, "snow") == ([3], "")
    assert ask(catalog, "dog -beach")[0] == [1]


def test_unknown_words_are_said_and_the_known_ones_still_count(catalog) -> None:
    assert ask(catalog, "dog xyzzy") == ([1, 2], "No vector for “xyzzy”.")
    assert ask(catalog, "xyzzy qwxyz") == ([], "No vector for “xyzzy”, “qwxyz”.")
    assert ask(catalog, "dog -xyzzy") == ([1, 2], "No vector for “xyzzy”.")
    assert ask(catalog, "-xyzzy")[0] == [3, 2, 1]


def test_a_notice_of_the_model_is_told_with_each_answer(catalog) -> None:
    assert ask(catalog, "dog", "2 photos were not looked at.")[1] == "2 photos were not looked at."
    both = ask(catalog, "xyzzy", "2 photos were not looked at.")[1]
    assert both == "No vector for “xyzzy”. 2 photos were not looked at."


def test_a_model_that_has_seen_no_photo_says_what_it_lacks(catalog) -> None:
    catalog.pictures = {}
    told = ask(catalog, "dog", "2 photos were not looked at.")[1]
    assert told == "2 photos were not looked at."


def test_looking_for_similar_photos_stays_with_the_other_model(catalog) -> None:
    found = engine(catalog, Trained()).similar(PhotoId(1))
    assert found.hits[0].photo_id == 2


def tags(answer: Mapping[PhotoId, Sequence[Any]], photo_id: int) -> list[str]:
    return [suggestion.tag for suggestion in answer[PhotoId(photo_id)]]


def test_suggestions_are_the_models_tags_best_first_without_decided_ones(catalog) -> None:
    catalog.rejected = {2: {"beach"}}
    answer = TrainedSuggester(catalog, Trained(), "mine").suggest([PhotoId(n) for n in (1, 2, 9)])
    assert set(answer) == {1, 2}, "9 has no vector yet"
    assert tags(answer, 1) == ["dog"]
    assert tags(answer, 2) == ["dog"]
    assert answer[PhotoId(1)][0].source == "mine"


def test_what_is_said_of_a_photo_is_told_to_the_model(catalog) -> None:
    catalog.confirmed = {1: {"snow"}}
    trained = Trained()
    suggester = TrainedSuggester(catalog, trained, "mine")
    suggester.suggest([PhotoId(1), PhotoId(2)])
    (seen,) = trained.model.seen
    assert seen.has_text is not None
    assert seen.has_text.tolist() == [True, False]
    assert seen.text is not None
    assert seen.text[0].tolist() == picture(snow=1).tolist()


def test_to_compare_models_decided_tags_are_suggested_and_not_given_away(catalog) -> None:
    catalog.confirmed = {2: {"dog"}}
    trained = Trained()
    answer = TrainedSuggester(catalog, trained, "mine").suggest([PhotoId(2)], decided=True)
    assert set(tags(answer, 2)) == {"dog", "Beach"}
    assert trained.model.seen[0].text is None
    assert tags(TrainedSuggester(catalog, trained, "").suggest([PhotoId(2)], 0), 2) == []
