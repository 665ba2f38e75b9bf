"""Search and suggestions by a model that was trained on the person's own photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from photoorg.core.ids import ModelKey, PhotoId
from photoorg.core.records import Suggestion
from photoorg.features.words.normalise import Normaliser
from photoorg.models.base import Observations
from photoorg.search.ports import FloatArray, WordCatalog
from photoorg.search.suggest import LEAST, SURE, clear_decided

if TYPE_CHECKING:
    from photoorg.features.words.base import EncodedTexts
    from photoorg.models.registry import TrainedModel

_CHUNK = 1024
"""Photos at once: a few MB of scores."""


def normaliser_of(trained: TrainedModel) -> Normaliser:
    """Return what splits texts as they were split when the model was trained."""
    phrases = trained.manifest.training.get("phrases", [])
    return Normaliser([str(phrase) for phrase in phrases] if isinstance(phrases, list) else [])


class TrainedTextEncoder:
    """Encodes what a person types as the model's text vectors; unknown words add nothing.

    Rows are as the model was trained on them, so not of length 1, and zero where no word is known.
    """

    def __init__(self, trained: TrainedModel) -> None:
        self._text = trained.text
        self._normaliser = normaliser_of(trained)

    @property
    def key(self) -> ModelKey:
        return self._text.key

    @property
    def dimension(self) -> int:
        return self._text.dimension

    def encode(self, texts: Sequence[str]) -> FloatArray:
        return self._encoded(texts).vectors

    def unknown_words(self, texts: Sequence[str]) -> tuple[str, ...]:
        return self._encoded(texts).unknown_words

    def _encoded(self, texts: Sequence[str]) -> EncodedTexts:
        return self._text.encode([self._normaliser.document(captions=[text]) for text in texts])


class TrainedSearchModel:
    """A trained model as `SearchEngine` takes it."""

    def __init__(self, trained: TrainedModel) -> None:
        self._model = trained.model
        self._tags = trained.tags

    @property
    def visual_key(self) -> ModelKey:
        return self._model.visual_key

    def embed_images(self, visual: FloatArray) -> FloatArray:
        return self._model.embed_images(visual)

    def embed_texts(self, text: FloatArray) -> FloatArray:
        return self._model.embed_texts(text)

    def relevance(self, query: FloatArray, scores: FloatArray) -> FloatArray:
        del query  # calibrated over all texts alike
        return self._tags.relevance_of(scores)


class TrainedSuggester:
    """Suggests the tags that the model was trained on, given the photo and the tags it has.

    Safe to use from several threads at once.
    """

    def __init__(self, catalog: WordCatalog, trained: TrainedModel, source: str) -> None:
        """Suggest by a model.

        Args:
            catalog: vectors, and what was said of photos.
            trained: the model.
            source: its name, for `Suggestion.source`.
        """
        self._catalog = catalog
        self._trained = trained
        self._source = source
        self._normaliser = normaliser_of(trained)

    def suggest(
        self, photo_ids: Sequence[PhotoId], limit: int = 10, *, decided: bool = False
    ) -> Mapping[PhotoId, Sequence[Suggestion]]:
        """Return likely tags of photos, most probable first; see `TagSuggester`.

        Where decided tags are suggested too, the model is not told what they are: it is compared
        with others by what it makes of the photo alone.
        """
        names = self._trained.tags.names
        left_out = {} if decided else self._catalog.decided_tags(photo_ids)
        answer: dict[PhotoId, Sequence[Suggestion]] = {}
        for start in range(0, len(photo_ids), _CHUNK):
            ids, visual = self._catalog.vectors(
                self._trained.model.visual_key, photo_ids[start : start + _CHUNK]
            )
            if not len(ids):
                continue
            listed = [PhotoId(photo_id) for photo_id in ids.tolist()]
            seen = Observations(visual=visual) if decided else self._observe(listed, visual)
            probability = self._trained.suggest(seen)
            known = [
                frozenset(tag.casefold() for tag in left_out.get(photo_id, ()))
                for photo_id in listed
            ]
            clear_decided(probability, names, known)
            for photo_id, row in zip(listed, probability, strict=True):
                best = np.argsort(-row, kind="stable")[:limit].tolist()
                answer[photo_id] = tuple(
                    Suggestion(
                        names[number],
                        float(row[number]),
                        self._source,
                        sure=bool(row[number] >= SURE),
                    )
                    for number in best
                    if row[number] >= LEAST
                )
        return answer

    def _observe(self, photo_ids: Sequence[PhotoId], visual: FloatArray) -> Observations:
        """Return photos with what is said of them already."""
        said = {each.photo_id: each for each in self._catalog.words_of(photo_ids)}
        documents = [
            self._normaliser.document(said[photo_id].tags, said[photo_id].captions)
            if photo_id in said
            else self._normaliser.document()
            for photo_id in photo_ids
        ]
        encoded = self._trained.text.encode(documents)
        return Observations(visual=visual, text=encoded.vectors, has_text=encoded.known)
