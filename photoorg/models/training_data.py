"""What a cross-modal model is trained on: photos with their vectors and what is said of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.features.words.base import Document, TextVectors

PixelSource: TypeAlias = Callable[[NDArray[np.int64]], NDArray[np.uint8]]
"""Gives the photos of some rows, [m] -> uint8 [m, side, side, 3]; used from one thread."""

_VALIDATION_SHARE = 0.1
_LEAST_FOR_VALIDATION = 10
_MOST_TAGS = 5018
"""As many as the dictionary of paper 000, section 2, has."""


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Photos and what is said of them. Photos without a word are allowed; they teach vision only.

    Attributes:
        visual: float32 [n, visual dimension], as stored in the catalog.
        visual_key: what made them.
        documents: [n], what is said of each photo.
        tags: [n], the person's tags of each photo as they are written; empty for captions only.
        text: makes the text vectors.
        text_rows: float32 [n, text dimension], of the documents.
        has_text: bool [n], rows of `text_rows` that mean something.
        validation: bool [n], photos to be held out of the training.
        pixels: the photos themselves, for models that read them.
    """

    visual: NDArray[np.float32]
    visual_key: ModelKey
    documents: tuple[Document, ...]
    tags: tuple[tuple[str, ...], ...]
    text: TextVectors
    text_rows: NDArray[np.float32]
    has_text: NDArray[np.bool_]
    validation: NDArray[np.bool_]
    pixels: PixelSource | None = None

    @classmethod
    def of(
        cls,
        visual: NDArray[np.float32],
        visual_key: ModelKey,
        documents: Sequence[Document],
        text: TextVectors,
        *,
        tags: Sequence[Sequence[str]] | None = None,
        validation: NDArray[np.bool_] | None = None,
        seed: int = 0,
        pixels: PixelSource | None = None,
    ) -> TrainingData:
        """Encode the documents and hold a tenth of the photos out.

        Args:
            visual: float32 [n, d].
            visual_key: what made them.
            documents: [n].
            text: trained text vectors.
            tags: [n]; by default the tokens of the documents.
            validation: bool [n], which photos to hold out; by default a random tenth of those with
                words, none of fewer than ten.
            seed: for that draw.
            pixels: see the class.

        Raises:
            UsageProblem: there are no photos, not one of them has a word with a vector, or all that
                have one are held out.
            ValueError: the arguments disagree in their number of photos, or a visual vector has
                values that are not numbers.
        """
        lengths = {len(each) for each in (visual, documents, tags, validation) if each is not None}
        if len(lengths) > 1:
            raise ValueError(f"arguments for different numbers of photos: {sorted(lengths)}")
        if not np.isfinite(visual.sum(axis=-1)).all():
            raise ValueError("visual vectors must be numbers")
        if not len(visual):
            raise UsageProblem("There are no photos to learn from.", "Add a folder of photos.")
        encoded = text.encode(documents)
        if not encoded.known.any():
            raise UsageProblem(
                "None of these photos has a tag or caption to learn from.",
                "Tag some photos first, or accept suggestions.",
            )
        if tags is None:
            tags = [tuple(dict.fromkeys(document.tokens)) for document in documents]
        if validation is None:
            validation = hold_out(np.flatnonzero(encoded.known), visual, seed)
        if not (encoded.known & ~validation).any():
            raise UsageProblem(
                "All photos with a tag or caption are held out; none is left to learn from."
            )
        return cls(
            np.asarray(visual, dtype=np.float32),
            visual_key,
            tuple(documents),
            tuple(tuple(each) for each in tags),
            text,
            encoded.vectors,
            encoded.known,
            validation,
            pixels,
        )

    def __len__(self) -> int:
        return len(self.visual)

    @property
    def training_rows(self) -> NDArray[np.int64]:
        """Photos with words to learn from, ascending."""
        return np.flatnonzero(self.has_text & ~self.validation)

    @property
    def validation_rows(self) -> NDArray[np.int64]:
        """Photos with words that are held out, ascending; may be none."""
        return np.flatnonzero(self.has_text & self.validation)

    def fingerprint(self) -> str:
        """Return a hash of all that a model learns from, the pixels apart."""
        digest = hashlib.sha256(f"{self.visual_key}|{self.text.key}|{self.tags!r}".encode())
        for part in (self.visual, self.text_rows, self.has_text, self.validation):
            digest.update(f"|{part.dtype}{part.shape}|".encode())
            digest.update(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
        return digest.hexdigest()

    def vocabulary(self, least: int = 1) -> tuple[str, ...]:
        """Return the tags that at least so many training photos carry, most frequent first."""
        counts = Counter(tag for row in self.training_rows for tag in dict.fromkeys(self.tags[row]))
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return tuple(tag for tag, count in ranked[:_MOST_TAGS] if count >= least)

    def tag_matrix(self, vocabulary: Sequence[str], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which tags photos carry, bool [rows, vocabulary]."""
        column = {tag: number for number, tag in enumerate(vocabulary)}
        table = np.zeros((len(rows), len(vocabulary)), dtype=np.bool_)
        for place, row in enumerate(rows.tolist()):
            table[place, [column[tag] for tag in self.tags[row] if tag in column]] = True
        return table


def hold_out(
    candidates: NDArray[np.int64], visual: NDArray[np.float32], seed: int
) -> NDArray[np.bool_]:
    """Draw a random tenth of some photos, none of fewer than ten, to measure a model on.

    Copies of a photo are one photo: all of them are held out, or none.

    Args:
        candidates: int64 [m], the photos with words.
        visual: float32 [n, d], of all photos; those of copies are equal.
        seed: of the draw.

    Returns:
        bool [n].
    """
    held_out = np.zeros(len(visual), dtype=np.bool_)
    if len(candidates) < _LEAST_FOR_VALIDATION:
        return held_out
    count = max(1, round(len(candidates) * _VALIDATION_SHARE))
    drawn = np.random.default_rng(seed).permutation(candidates)[:count]
    known = {visual[row].tobytes() for row in drawn.tolist()}
    copies = [row for row in candidates.tolist() if visual[row].tobytes() in known]
    if len(copies) < len(candidates):
        held_out[copies] = True
    return held_out
