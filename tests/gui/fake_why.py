"""Reasons in memory: photos of the fake library that carry a tag, and words of its samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from fake_samples import Sample

from photoorg.core.ids import PhotoId
from photoorg.core.reasons import (
    Effect,
    FoundReasons,
    NearPhoto,
    PartReason,
    TagPull,
    TagReasons,
)
from photoorg.core.records import PhotoScope, Suggestion


class FakeSource(Protocol):
    """What the fake asks of the fake library."""

    deaf: set[PhotoId]

    def carriers(self, tag: str) -> list[PhotoId]: ...
    def rejected(self, photo_id: PhotoId) -> Sequence[str]: ...
    def confirmed(self, photo_id: PhotoId) -> Mapping[str, object]: ...
    def photo_ids(self, scope: PhotoScope) -> Sequence[int]: ...
    def sample(self, photo_id: PhotoId) -> Sample: ...
    def suggest(
        self, photo_ids: Sequence[PhotoId], limit: int
    ) -> Mapping[PhotoId, Sequence[Suggestion]]: ...


class FakeWhy:
    """Keeps `WhyPort`.

    Attributes:
        asked: photos and tags asked about.
        found: texts and photos asked about.
        problem: raised by the next questions, where it is set.
    """

    def __init__(self, library: FakeSource) -> None:
        self._library = library
        self.asked: list[tuple[PhotoId, str]] = []
        self.found: list[tuple[str, PhotoId]] = []
        self.problem: Exception | None = None

    def of_tag(self, photo_id: PhotoId, tag: str) -> TagReasons:
        self.asked.append((photo_id, tag))
        if self.problem is not None:
            raise self.problem
        asked = [] if photo_id in self._library.deaf else [photo_id]
        seen = self._library.suggest(asked, 6).get(photo_id, ())
        words = tuple((each.tag, 0.9 * each.probability) for each in seen)
        if not tag:
            return TagReasons(photo_id, tag, words)
        near = [photo for photo in self._library.carriers(tag) if photo != photo_id][:6]
        every = map(PhotoId, map(int, self._library.photo_ids(PhotoScope())))
        denied = [photo for photo in every if tag in self._library.rejected(photo)]
        pulls = [TagPull(own, 12, 15) for own in self._library.confirmed(photo_id)][:2]
        notes = () if near else (f"No other photo carries “{tag}” yet.",)
        return TagReasons(
            photo_id,
            tag,
            words,
            tuple(NearPhoto(photo, 0.8 - 0.05 * i) for i, photo in enumerate(near)),
            tuple(NearPhoto(photo, 0.6 - 0.05 * i) for i, photo in enumerate(denied)),
            tuple(pulls if near else ()),
            notes,
        )

    def why_found(self, text: str, photo_id: PhotoId) -> FoundReasons:
        self.found.append((text, photo_id))
        if self.problem is not None:
            raise self.problem
        known = self._library.sample(photo_id).words.split()
        parts = []
        for word in text.split():
            shown = 0.83 if word.lstrip("-") in known else 0.02
            if ":" in word:
                parts.append(PartReason(word, Effect.FOR, 1.0, "the photo passes"))
            elif word.startswith("-"):
                said = "does not look like it, 2 %"
                parts.append(PartReason(word, Effect.FOR, 1 - shown, said, word[1:]))
            elif shown > 0.5:
                parts.append(PartReason(word, Effect.FOR, shown, "looks like it, 83 %", word))
            else:
                said = "does not look like it, 2 %"
                parts.append(PartReason(word, Effect.NEITHER, shown, said, word))
        strongest = next((each.part for each in parts if each.part in known), "")
        return FoundReasons(photo_id, text, tuple(parts), strongest)
