"""Why a tag is suggested, and why a search found a photo: reasons taken from the person's photos.

They are told for one photo when somebody asks, and come at once: no photo is looked at anew. The
parts of the photo that speak for a tag (`LibraryPort.explain`) take longer and follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from photoorg.core.ids import PhotoId

NEAREST = 6
"""Photos that are shown as reasons."""


@dataclass(frozen=True, slots=True)
class NearPhoto:
    """One of the person's photos that looks like the one at hand.

    Attributes:
        photo_id: which.
        cosine: of their visual vectors.
    """

    photo_id: PhotoId
    cosine: float


@dataclass(frozen=True, slots=True)
class TagPull:
    """A tag of the photo that goes together with the one asked about.

    Attributes:
        tag: the tag that the photo has.
        both: photos that carry it and the tag asked about.
        total: other photos that carry it.
    """

    tag: str
    both: int
    total: int

    @property
    def share(self) -> float:
        return self.both / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class TagReasons:
    """What in the library speaks for a tag on a photo, and what against it.

    Attributes:
        photo_id: the photo.
        tag: the tag; "" for the photo as a whole, of which only the words are told.
        words: the words nearest to what the model sees, as in `Explanation`.
        near: the nearest photos that carry it, nearest first.
        against: the nearest photos that were denied it, nearest first.
        pulls: tags of the photo that go with it, the strongest first.
        notes: what is missing, a sentence for each.
    """

    photo_id: PhotoId
    tag: str
    words: tuple[tuple[str, float], ...] = ()
    near: tuple[NearPhoto, ...] = ()
    against: tuple[NearPhoto, ...] = ()
    pulls: tuple[TagPull, ...] = ()
    notes: tuple[str, ...] = ()


class Effect(StrEnum):
    """What a part of a query does to a photo."""

    FOR = "for"
    AGAINST = "against"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class PartReason:
    """One part of a query and what it makes of a photo.

    Attributes:
        part: the part, as typed.
        effect: whether it speaks for the photo.
        strength: how much, 0 to 1: the probability that the photo shows or says it; of a filter 1.
        words: the same for a person: "looks like it, 83 %".
        asks: the bare text, of a part that can be asked where in the photo it is; else None.
    """

    part: str
    effect: Effect
    strength: float
    words: str
    asks: str | None = None


@dataclass(frozen=True, slots=True)
class FoundReasons:
    """Why a search found a photo, part by part of what was typed.

    Attributes:
        photo_id: the photo.
        text: what was searched for.
        parts: in the order typed.
        strongest: the text that the photo shows most surely, to be asked where; "" where it shows
            none.
        notes: what is missing, a sentence for each.
    """

    photo_id: PhotoId
    text: str
    parts: tuple[PartReason, ...] = ()
    strongest: str = ""
    notes: tuple[str, ...] = ()


class WhyPort(Protocol):
    """Gives reasons. Every method blocks, though for a moment only."""

    def of_tag(self, photo_id: PhotoId, tag: str) -> TagReasons:
        """Say what speaks for a tag on a photo, and what against it; "" asks for the words alone.

        Raises:
            UsageProblem: there is no such photo.
        """

    def why_found(self, text: str, photo_id: PhotoId) -> FoundReasons:
        """Say what each part of a search makes of a photo.

        Raises:
            QuerySyntaxError: the text cannot be read.
            UsageProblem: there is no such photo.
        """
