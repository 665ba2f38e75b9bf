"""Why a search found a photo: what each part of the query makes of that one photo.

Asked for one photo at a time, so nothing here has to be quick for many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

import numpy as np

from photoorg.core.conditions import TagIs
from photoorg.core.ids import PhotoId
from photoorg.core.query import Filter, Group, Join, Like, Looks, Part, Query, Text
from photoorg.core.reasons import Effect, FoundReasons, PartReason
from photoorg.features.text import TextEncoder
from photoorg.index import VectorIndex
from photoorg.search import words
from photoorg.search.dictionaries import StrangeWords, no_strange_words, without_words
from photoorg.search.ports import FloatArray, KnowsWords, SearchCatalog, SearchModel

_LIKELY = 0.5
_A_LITTLE = 0.03
"""As in the engine: below this nothing is an answer, however far it stands out."""

_PLACES = {
    "caption": "the caption says it",
    "name": "the file's name says it",
    "folder": "the folder's name says it",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one part of a query and one photo.

    Attributes:
        part: as typed; of several words that are looked for as one, all of them.
        text: what it says, without quotes and weights; "" of a filter.
        weight: of a text or a photo, how much it counts; below 0 it pushes photos away.
        shows: probability that the photo shows it; None where that cannot be told.
        place: where it stands in letters, such as "tag dog" or "name"; "" where it does not.
        certainty: how sure that makes it, 0 to 1.
        passes: of a filter, whether the photo passes.
        unknown: the model has never met these words.
        alike: cosine with a photo that the answer shall be like; None where it is no such part, or
            cannot be told.
        optional: one of several that are joined by `or`: where it does not hold, another may.
    """

    part: str
    text: str = ""
    weight: float = 1.0
    shows: float | None = None
    place: str = ""
    certainty: float = 0.0
    passes: bool | None = None
    unknown: bool = False
    alike: float | None = None
    optional: bool = False

    @property
    def strength(self) -> float:
        """How probable it is that the photo shows or says it: wrong only where both are."""
        if self.alike is not None:
            return min(1.0, max(0.0, self.alike))
        return 1 - (1 - (self.shows or 0.0)) * (1 - self.certainty)


def found_reasons(photo_id: PhotoId, text: str, evidence: Sequence[Evidence]) -> FoundReasons:
    """Put evidence into words.

    Args:
        photo_id: the photo.
        text: what was searched for.
        evidence: of each part.
    """
    seen = [each for each in evidence if each.weight > 0 and each.shows is not None]
    best = max(seen, key=lambda each: each.shows or 0.0, default=None)
    strongest = best.text if best is not None and (best.shows or 0.0) >= _A_LITTLE else ""
    texts = [each for each in evidence if each.text]
    notes = []
    if texts and all(each.shows is None and not each.unknown for each in texts):
        notes.append("This photo was not looked at yet: only words and filters count.")
    return FoundReasons(photo_id, text, tuple(map(_reason, evidence)), strongest, tuple(notes))


def _reason(each: Evidence) -> PartReason:
    against = Effect.NEITHER if each.optional else Effect.AGAINST
    if each.passes is not None and not each.text:
        effect = Effect.FOR if each.passes else against
        said = "the photo passes" if each.passes else "the photo does not pass"
        return PartReason(each.part, effect, float(each.passes), said)
    if each.passes is False:
        return PartReason(each.part, against, 0.0, "the photo carries that tag already")
    said = _said(each)
    asks = None if each.shows is None else each.text
    if each.weight < 0:
        effect = Effect.FOR if each.strength < _LIKELY else against
        return PartReason(each.part, effect, 1 - each.strength, said, asks)
    effect = Effect.FOR if each.strength >= _A_LITTLE else Effect.NEITHER
    return PartReason(each.part, effect, each.strength, said, asks)


def _said(each: Evidence) -> str:
    facts = []
    if each.place:
        kind, _, name = each.place.partition(" ")
        facts.append(f"carries the tag “{name}”" if kind == "tag" else _PLACES.get(kind, kind))
    if each.alike is not None:
        facts.append(f"likeness {each.alike:.2f}")
    elif each.unknown:
        facts.append("the model does not know this word")
    elif each.shows is not None:
        percent = f"{min(99, max(1, round(each.shows * 100)))} %"
        if each.shows >= _LIKELY:
            facts.append(f"looks like it, {percent}")
        elif each.shows >= _A_LITTLE:
            facts.append(f"looks a little like it, {percent}")
        else:
            facts.append(f"does not look like it, {percent}")
    elif not facts and each.text:
        facts.append("no word of the photo says it")
    elif not facts:
        facts.append("it cannot be compared with that photo")
    return ", ".join(facts)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A part that stands in no group, as it counts within the whole.

    Attributes:
        label: as typed, with the sign of its groups.
        weight: its own with those of the groups that it is in.
        optional: whether it is joined to others by `or`.
    """

    part: Text | Like | Looks | Filter
    label: str
    weight: float
    optional: bool


def _asked(
    parts: Sequence[Part], weight: float = 1.0, join: Join = Join.NEXT, *, optional: bool = False
) -> Iterator[_Asked]:
    """Yield all that is asked of a photo, in order."""
    sign = "-" if weight < 0 else ""
    plain = [part for part in parts if isinstance(part, Text) and part.plain]
    if len(plain) > 1 and join is Join.NEXT:
        whole = words.whole_text(plain)
        yield _Asked(Text(whole), f"{sign}{whole}", weight, optional)
    for part in parts:
        match part:
            case Group():
                either = optional or part.join is Join.OR
                yield from _asked(part.parts, weight * part.weight, part.join, optional=either)
            case Filter():
                yield _Asked(part, f"{sign}{part}", weight, optional)
            case _:
                yield _Asked(part, f"{sign}{part}", weight * part.weight, optional)


def _text_of(part: Text | Like | Looks | Filter) -> str:
    match part:
        case Text(text) | Looks(text):
            return text
    return ""


class EvidenceFinder:
    """Asks catalog and model about one photo.

    Args:
        catalog: words and filters.
        index: the photos in the space that they share with texts; None where no model is ready.
        model: compares photos and texts.
        encoder: reads texts.
        photo_at: returns the photo of the library at a path, or None.
        strange: returns the words of a text that nobody knows; see `Meaning`.
    """

    def __init__(
        self,
        catalog: SearchCatalog,
        index: VectorIndex | None = None,
        model: SearchModel | None = None,
        encoder: TextEncoder | None = None,
        photo_at: Callable[[Path], PhotoId | None] = lambda _: None,
        strange: StrangeWords = no_strange_words,
    ) -> None:
        self._catalog = catalog
        self._index = index
        self._model = model
        self._encoder = encoder
        self._photo_at = photo_at
        self._strange = no_strange_words if isinstance(encoder, KnowsWords) else strange

    def find(self, query: Query, photo_id: PhotoId) -> list[Evidence]:
        """Return the evidence of every part, in the order typed.

        Bare words that stand together are looked for as one caption; that whole comes before them.
        """
        asked = list(_asked(query.parts))
        texts = [text for each in asked if (text := _text_of(each.part))]
        shown, strange = self._seen(texts, photo_id)
        known = dict(zip(texts, zip(shown, strange, strict=True), strict=True))
        return [self._evidence(each, known, photo_id) for each in asked]

    def _evidence(
        self, asked: _Asked, known: dict[str, tuple[float | None, bool]], photo_id: PhotoId
    ) -> Evidence:
        part, label, optional = asked.part, asked.label, asked.optional
        match part:
            case Text(text):
                shows, strange = known[text]
                place, certainty = self._said(part, photo_id)
                return Evidence(
                    label,
                    text,
                    asked.weight,
                    shows,
                    place,
                    certainty,
                    None,
                    strange,
                    None,
                    optional,
                )
            case Looks(tag):
                shows, strange = known[tag]
                carries = self._passes(Filter(TagIs(tag)), photo_id)
                return Evidence(
                    label, tag, asked.weight, shows, passes=not carries, unknown=strange,
                    optional=optional,
                )  # fmt: skip
            case Like():
                alike = self._likeness(part, photo_id)
                return Evidence(label, weight=asked.weight, alike=alike, optional=optional)
            case Filter():
                passes = self._passes(part, photo_id) is (asked.weight > 0)
                return Evidence(label, passes=passes, optional=optional)
        assert_never(part)

    def _passes(self, part: Filter, photo_id: PhotoId) -> bool:
        return bool(np.isin(photo_id, self._catalog.select(part.condition)))

    def _said(self, text: Text, photo_id: PhotoId) -> tuple[str, float]:
        """Return where a text stands in the words of a photo, and how sure that makes it."""
        matches = words.look_up(self._catalog, [text])
        at = np.flatnonzero(matches.ids == photo_id)
        if not len(at):
            return "", 0.0
        return str(matches.where[at[0]]), float(matches.certainty[at[0]])

    def _likeness(self, part: Like, photo_id: PhotoId) -> float | None:
        """Return the cosine with a photo of the library, or None where it cannot be told."""
        other = self._photo_at(Path(part.photo)) if isinstance(part.photo, str) else part.photo
        if other is None or self._index is None:
            return None
        ids, rows = self._index.vectors(np.asarray([photo_id, other], dtype=np.int64))
        place = dict(zip(ids.tolist(), rows, strict=True))
        if photo_id not in place or other not in place:
            return None
        return float(place[photo_id] @ place[other])

    def _seen(
        self, texts: Sequence[str], photo_id: PhotoId
    ) -> tuple[list[float | None], list[bool]]:
        """Return for each text the probability that the photo shows it, and whether it is unknown.

        Raises:
            PhotoorgError: the text encoder cannot answer.
        """
        nothing: list[float | None] = [None] * len(texts)
        known = [False] * len(texts)
        if not texts or self._index is None or self._model is None or self._encoder is None:
            return nothing, known
        _, photo = self._index.vectors(np.asarray([photo_id], dtype=np.int64))
        if not len(photo):
            return nothing, known
        heard = [without_words(text, self._strange(text)) for text in texts]
        embedded = self._model.embed_texts(self._encoder.encode(heard))
        strange = [
            not left
            or (
                isinstance(self._encoder, KnowsWords)
                and not row.any()
                and bool(self._encoder.unknown_words([left]))
            )
            for left, row in zip(heard, embedded, strict=True)
        ]
        shown = [
            None if odd else _probability(self._model, row, photo[0])
            for row, odd in zip(embedded, strange, strict=True)
        ]
        return shown, strange


def _probability(model: SearchModel, text: FloatArray, photo: FloatArray) -> float:
    """Return the probability that a photo [d] shows what a text [d] says."""
    score = np.asarray([text @ photo], dtype=np.float32)
    return float(model.relevance(text, score)[0])
