"""What the personal model learns from: a library's words, looks, and yes and no, within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoorg.catalog.catalog import Catalog
from photoorg.catalog.records import SaidOfTags
from photoorg.core.ids import PhotoId
from photoorg.core.progress import CancelToken
from photoorg.features.text import TextEncoder
from photoorg.models.personal_fit import NO, UNSAID, YES, Evidence
from photoorg.models.starter import StarterModel
from photoorg.models.vocabulary import phrases

MOST_TAGS = 1000
"""Tags that are learned, the most used first."""

MOST_PHOTOS = 8000
"""Photos with a yes or a no that are looked at; more of them hardly change a model."""

MOST_EXAMPLES = 150
"""Photos of each tag that are looked at in any case, and as many rejected ones."""

LIBRARY_PHOTOS = 4000
"""Photos that tell what the library looks like."""

_CHUNK = 1024


@dataclass(frozen=True, slots=True)
class Gathered:
    """Evidence, with the photos that it is of.

    Attributes:
        evidence: for `fit_personal`.
        photo_ids: int64 [n], of the evidence's rows.
        decided: bool [b, k], of which of the library's photos something is said.
        library_size: photos that the library's ones stand for.
    """

    evidence: Evidence
    photo_ids: NDArray[np.int64]
    decided: NDArray[np.bool_]
    library_size: int


class EvidenceReader:
    """Reads evidence, and remembers what is costly: names' embeddings and photos' traits.

    Args:
        catalog: of the library.
        model: looks at photos, and reads embedded names.
        encoder: encodes names.
    """

    def __init__(self, catalog: Catalog, model: StarterModel, encoder: TextEncoder) -> None:
        self._catalog = catalog
        self._model = model
        self._encoder = encoder
        self._words: dict[str, NDArray[np.float32]] = {}
        self._traits: dict[int, NDArray[np.float16]] = {}

    def gather(self, token: CancelToken, seed: int = 0) -> Gathered | None:
        """Return the evidence, or None where nothing is said of any photo that can be looked at.

        A tag that was only rejected is learned too: by its name, and from what it is not.

        Raises:
            Cancelled: through the token.
        """
        said = self._catalog.said_of_tags()
        if not len(said.tags):
            return None
        rng = np.random.default_rng(seed)
        counts = np.bincount(said.tags[said.confirmed], minlength=len(said.names))
        columns = np.argsort(-counts, kind="stable")[:MOST_TAGS]
        columns = columns[np.bincount(said.tags, minlength=len(said.names))[columns] > 0]
        place = np.full(len(said.names), -1)
        place[columns] = np.arange(len(columns))
        wanted = choose_photos(said, place, rng)
        everything = self._catalog.vector_ids(self._model.visual_key)
        around = rng.permutation(everything)[:LIBRARY_PHOTOS]
        seen = self._look(np.union1d(wanted, around), token)
        photo_ids = np.array([i for i in wanted.tolist() if i in seen], dtype=np.int64)
        if not len(photo_ids):
            return None
        names = tuple(said.names[number] for number in columns.tolist())
        library = np.array([i for i in np.sort(around).tolist() if i in seen], dtype=np.int64)
        # Photos on which everything was rejected say "no", but not how often a tag is right.
        tagged = len(np.unique(said.photo_ids[said.confirmed]))
        evidence = Evidence(
            names=names,
            words=self._embed(names),
            traits=_rows(seen, photo_ids),
            said=said_matrix(said, place, photo_ids, len(names)),
            library=_rows(seen, library),
            examples=counts[columns].astype(np.int64),
            tagged=tagged,
        )
        decided = said_matrix(said, place, library, len(names)) != UNSAID
        return Gathered(evidence, photo_ids, decided, len(everything))

    def _look(
        self, photo_ids: NDArray[np.int64], token: CancelToken
    ) -> dict[int, NDArray[np.float16]]:
        """Return the traits of the photos that have a vector; those looked at lately are kept."""
        kept = {i: self._traits[i] for i in photo_ids.tolist() if i in self._traits}
        missing = [PhotoId(i) for i in photo_ids.tolist() if i not in kept]
        for start in range(0, len(missing), _CHUNK):
            token.check()
            ids, vectors = self._catalog.vectors(
                self._model.visual_key, missing[start : start + _CHUNK]
            )
            if len(ids):
                rows = self._model.traits(vectors).astype(np.float16)
                kept.update(zip(ids.tolist(), rows, strict=True))
        self._traits = kept
        return kept

    def forget(self, photo_ids: Sequence[PhotoId]) -> None:
        """Look at photos anew: their vectors may have changed."""
        for photo_id in photo_ids:
            self._traits.pop(int(photo_id), None)

    def _embed(self, names: Sequence[str]) -> NDArray[np.float32]:
        missing = [name for name in names if name not in self._words]
        if missing:
            sentences = [phrases(name) for name in missing]
            encoded = self._encoder.encode([text for each in sentences for text in each])
            vectors = encoded.reshape(len(missing), len(sentences[0]), -1)
            rows = self._model.embed_tags(vectors)
            self._words.update(zip(missing, rows, strict=True))
        return np.stack([self._words[name] for name in names])


def choose_photos(
    said: SaidOfTags, place: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return at most about `MOST_PHOTOS` photos to learn from, ascending.

    Some of each tag, with a yes and with a no, and then any.

    Args:
        said: all that is known.
        place: [names], below 0 for tags that are not learned.
        rng: draws.
    """
    learned = place[said.tags] >= 0
    all_photos = np.unique(said.photo_ids[learned])
    if len(all_photos) <= MOST_PHOTOS:
        return all_photos
    order = rng.permutation(np.flatnonzero(learned))
    group = 2 * said.tags[order] + said.confirmed[order]
    by_group = np.argsort(group, kind="stable")
    group = group[by_group]
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    position = np.arange(len(group)) - np.repeat(starts, np.diff(np.r_[starts, len(group)]))
    chosen = np.unique(said.photo_ids[order[by_group[position < MOST_EXAMPLES]]])
    chosen = rng.permutation(chosen)[:MOST_PHOTOS]
    others = rng.permutation(np.setdiff1d(all_photos, chosen))
    return np.sort(np.concatenate([chosen, others[: MOST_PHOTOS - len(chosen)]]))


def said_matrix(
    said: SaidOfTags, place: NDArray[np.int64], photo_ids: NDArray[np.int64], tags: int
) -> NDArray[np.int8]:
    """Return what is said of photos, int8 [photos, tags].

    Args:
        said: all that is known.
        place: [names], each tag's column, or below 0.
        photo_ids: int64, ascending.
        tags: how many columns.
    """
    matrix = np.full((len(photo_ids), tags), UNSAID, dtype=np.int8)
    if not len(photo_ids):
        return matrix
    at = np.minimum(np.searchsorted(photo_ids, said.photo_ids), len(photo_ids) - 1)
    known = (photo_ids[at] == said.photo_ids) & (place[said.tags] >= 0)
    matrix[at[known], place[said.tags[known]]] = np.where(said.confirmed[known], YES, NO)
    return matrix


def _rows(seen: dict[int, NDArray[np.float16]], ids: NDArray[np.int64]) -> NDArray[np.float32]:
    return np.stack([seen[i] for i in ids.tolist()]).astype(np.float32)
