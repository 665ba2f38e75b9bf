"""Suggests tags for photos."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

from photoorg.core.ids import PhotoId
from photoorg.core.records import Suggestion, TagCount
from photoorg.features.text import TextEncoder
from photoorg.models.vocabulary import phrases
from photoorg.search.ports import FloatArray, TagCatalog, TagModel

LEAST = 0.15
"""Suggestions less probable than this are not worth a look."""

SURE = 0.6
"""Of suggestions at least so probable eight of ten are right: of COCO's labels on 538 photos that
no training saw 75 % from .5 on, 80 % from .6 on and 87 % from .7 on; on the photos set aside for
calibration 80, 83 and 91 %."""

_OWN_TAGS = 200
"""The person's own tags that are tried, most used first."""

_CHUNK = 1024
"""Photos at once: a few MB of probabilities."""


class Suggester:
    """Suggests tags from the model's vocabulary and from those the person uses.

    Safe to use from several threads at once.

    Args:
        catalog: vectors, the person's tags, and what was decided.
        model: gives probabilities.
        text_encoder: reads the person's own tags; without it only the vocabulary is suggested.
        taught: returns tags, in small letters, that another model learned and answers for, so that
            nothing is made of their names here.
    """

    def __init__(
        self,
        catalog: TagCatalog,
        model: TagModel,
        text_encoder: TextEncoder | None,
        taught: Callable[[], Collection[str]] = frozenset,
    ) -> None:
        self._catalog = catalog
        self._model = model
        self._encoder = text_encoder
        self._taught = taught
        self._vocabulary = frozenset(tag.casefold() for tag in model.vocabulary)
        self._texts: dict[str, FloatArray] = {}
        self._lock = threading.Lock()

    def suggest(
        self, photo_ids: Sequence[PhotoId], limit: int = 10, *, decided: bool = False
    ) -> Mapping[PhotoId, Sequence[Suggestion]]:
        """Return likely tags of photos, most probable first; see `TagSuggester`."""
        tags = self._catalog.tags()
        own = self._own_tags(tags)
        tag_of = {alias.casefold(): tag.name for tag in tags for alias in tag.aliases}
        left_out = {} if decided else self._catalog.decided_tags(photo_ids)
        answer: dict[PhotoId, Sequence[Suggestion]] = {}
        for start in range(0, len(photo_ids), _CHUNK):
            ids, vectors = self._catalog.vectors(
                self._model.visual_key, photo_ids[start : start + _CHUNK]
            )
            if not len(ids):
                continue
            listed = [PhotoId(photo_id) for photo_id in ids.tolist()]
            known = [
                frozenset(tag.casefold() for tag in left_out.get(photo_id, ()))
                for photo_id in listed
            ]
            embedded = self._model.embed_images(vectors)
            general = self._model.suggest(embedded)
            clear_decided(general, self._model.vocabulary, known)
            personal = np.zeros((len(listed), 0), dtype=np.float32)
            if own:
                texts = np.stack(list(own.values()))
                personal = self._model.tag_probability(texts, embedded)
                clear_decided(personal, tuple(own), known)
            for photo_id, row, own_row in zip(listed, general, personal, strict=True):
                likely = [*self._model.pick(row, limit, LEAST), *_above(own_row, tuple(own))]
                likely = _by_own_names(likely, tag_of)
                answer[photo_id] = tuple(
                    Suggestion(tag, probability, self._model.kind, sure=probability >= SURE)
                    for tag, probability in likely[:limit]
                )
        return answer

    def _own_tags(self, tags: Sequence[TagCount]) -> dict[str, FloatArray]:
        """Return the person's tags that the vocabulary lacks, each with [phrases, t] vectors."""
        if self._encoder is None:
            return {}
        taught = self._taught()
        names = [
            tag.name
            for tag in tags[:_OWN_TAGS]
            if tag.name.casefold() not in self._vocabulary and tag.name.casefold() not in taught
        ]
        with self._lock:
            known = self._texts
        missing = [name for name in names if name not in known]
        if missing:
            sentences = [phrases(name) for name in missing]
            rows = self._encoder.encode([text for each in sentences for text in each])
            vectors = rows.reshape(len(missing), len(sentences[0]), -1)
            known = {**known, **dict(zip(missing, vectors, strict=True))}
        texts = {name: known[name] for name in names}
        with self._lock:
            self._texts = texts
        return texts


def _by_own_names(
    likely: Sequence[tuple[str, float]], tag_of: Mapping[str, str]
) -> list[tuple[str, float]]:
    """Return names with probabilities, highest first; another name of a tag stands for the tag.

    Args:
        likely: names with their probabilities.
        tag_of: the person's tag that another name, in small letters, belongs to.
    """
    best: dict[str, tuple[str, float]] = {}
    for name, probability in sorted(likely, key=lambda pair: -pair[1]):
        tag = tag_of.get(name.casefold(), name)
        best.setdefault(tag.casefold(), (tag, probability))
    return list(best.values())


def clear_decided(
    probability: FloatArray, names: Sequence[str], decided: Sequence[frozenset[str]]
) -> None:
    """Set to 0, in place, what is decided: [n, m] for m names and n photos."""
    column = {name.casefold(): number for number, name in enumerate(names)}
    for row, tags in enumerate(decided):
        for tag in tags:
            if tag in column:
                probability[row, column[tag]] = 0


def _above(probability: FloatArray, names: Sequence[str]) -> list[tuple[str, float]]:
    """Return the names [m] that are at least `LEAST` probable."""
    return [
        (names[number], float(probability[number]))
        for number in np.flatnonzero(probability >= LEAST).tolist()
    ]
