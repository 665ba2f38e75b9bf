"""Why a search found a photo: what each part of the query makes of that one photo.

Asked for one photo at a time, so nothing here has to be quick for many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import numpy as np

from photoorg.core.ids import PhotoId
from photoorg.core.query import Filter, Query, Text
from photoorg.core.reasons import Effect, FoundReasons, PartReason
from photoorg.features.text import TextEncoder
from photoorg.index import VectorIndex
from photoorg.search import words
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
    """

    part: str
    text: str = ""
    weight: float = 1.0
    shows: float | None = None
    place: str = ""
    certainty: float = 0.0
    passes: bool | None = None
    unknown: bool = False

    @property
    def strength(self) -> float:
        """How probable it is that the photo shows or says it: wrong only where both are."""
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
    texts = [each for each in evidence if each.passes is None]
    notes = []
    if texts and all(each.shows is None and not each.unknown for each in texts):
        notes.append("This photo was not looked at yet: only words and filters count.")
    return FoundReasons(photo_id, text, tuple(map(_reason, evidence)), strongest, tuple(notes))


def _reason(each: Evidence) -> PartReason:
    if each.passes is not None:
        effect = Effect.FOR if each.passes else Effect.AGAINST
        said = "the photo passes" if each.passes else "the photo does not pass"
        return PartReason(each.part, effect, float(each.passes), said)
    said = _said(each)
    asks = None if each.shows is None else each.text
    if each.weight < 0:
        effect = Effect.FOR if each.strength < _LIKELY else Effect.AGAINST
        return PartReason(each.part, effect, 1 - each.strength, said, asks)
    effect = Effect.FOR if each.strength >= _A_LITTLE else Effect.NEITHER
    return PartReason(each.part, effect, each.strength, said, asks)


def _said(each: Evidence) -> str:
    facts = []
    if each.place:
        kind, _, name = each.place.partition(" ")
        facts.append(f"carries the tag “{name}”" if kind == "tag" else _PLACES.get(kind, kind))
    if each.unknown:
        facts.append("the model does not know this word")
    elif each.shows is not None:
        percent = f"{min(99, max(1, round(each.shows * 100)))} %"
        if each.shows >= _LIKELY:
            facts.append(f"looks like it, {percent}")
        elif each.shows >= _A_LITTLE:
            facts.append(f"looks a little like it, {percent}")
        else:
            facts.append(f"does not look like it, {percent}")
    elif not facts:
        facts.append("no word of the photo says it")
    return ", ".join(facts)


class EvidenceFinder:
    """Asks catalog and model about one photo.

    Args:
        catalog: words and filters.
        index: the photos in the space that they share with texts; None where no model is ready.
        model: compares photos and texts.
        encoder: reads texts.
    """

    def __init__(
        self,
        catalog: SearchCatalog,
        index: VectorIndex | None = None,
        model: SearchModel | None = None,
        encoder: TextEncoder | None = None,
    ) -> None:
        self._catalog = catalog
        self._index = index
        self._model = model
        self._encoder = encoder

    def find(self, query: Query, photo_id: PhotoId) -> list[Evidence]:
        """Return the evidence of every part, in the order typed.

        Several words of ordinary weight are looked for as one caption; that whole comes first.
        """
        plain = [text for text in query.texts if text.weight == 1]
        asked = list(query.texts)
        if len(plain) > 1:
            asked.insert(0, Text(words.whole_text(plain)))
        judged = dict(zip(map(str, asked), self._judge(asked, photo_id), strict=True))
        found: list[Evidence] = []
        if len(plain) > 1:
            found.append(judged[str(asked[0])])
        for part in query.parts:
            match part:
                case Text():
                    found.append(judged[str(part)])
                case Filter(condition):
                    passes = bool(np.isin(photo_id, self._catalog.select(condition)))
                    found.append(Evidence(str(part), passes=passes))
                case _:
                    assert_never(part)
        return found

    def _judge(self, texts: Sequence[Text], photo_id: PhotoId) -> list[Evidence]:
        shown, unknown = self._seen([text.text for text in texts], photo_id)
        found = []
        for text, shows, strange in zip(texts, shown, unknown, strict=True):
            matches = words.look_up(self._catalog, [text])
            at = np.flatnonzero(matches.ids == photo_id)
            place = str(matches.where[at[0]]) if len(at) else ""
            certainty = float(matches.certainty[at[0]]) if len(at) else 0.0
            found.append(
                Evidence(
                    str(text), text.text, text.weight, shows, place, certainty, unknown=strange
                )
            )
        return found

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
        embedded = self._model.embed_texts(self._encoder.encode(texts))
        strange = [
            isinstance(self._encoder, KnowsWords)
            and not row.any()
            and bool(self._encoder.unknown_words([text]))
            for text, row in zip(texts, embedded, strict=True)
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
