"""What the personal model learns from: a library's words, looks, and yes and no, within bounds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoorg.catalog.catalog import Catalog
from photoorg.catalog.records import SaidOfTags
from photoorg.core.ids import PhotoId, Revision
from photoorg.core.progress import CancelToken
from photoorg.features.text import TextEncoder
from photoorg.models.foretold import foretold_shares
from photoorg.models.personal import PersonalModel
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
_NAMES_AT_ONCE = 32


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What is said, and which photos there are to look at.

    Attributes:
        said: all that is known of tags on photos that can be looked at.
        library: int64 [b], photos that can be looked at, ascending.
        digest: changes whenever there is something new to learn.
    """

    said: SaidOfTags
    library: NDArray[np.int64]
    digest: str


@dataclass(frozen=True, slots=True, eq=False)
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
        self._looked_at = Revision(0)

    def remember(self, model: PersonalModel) -> None:
        """Take over names' embeddings from what was learned before: to encode 500 takes seconds."""
        for name, row in zip(model.names, model.words, strict=True):
            self._words.setdefault(name, row)

    def look(self) -> Snapshot:
        """Return what there is to learn from by now."""
        library = self._catalog.vector_ids(self._model.visual_key)
        said = among(self._catalog.said_of_tags(), library)
        return Snapshot(said, library, digest_of(said, len(library)))

    def gather(self, snapshot: Snapshot, token: CancelToken) -> Gathered | None:
        """Return the evidence, or None where nothing is said of any photo that was seen.

        A tag that was only rejected is learned too: by its name, and from what it is not.

        Raises:
            Cancelled: through the token.
        """
        said, everything = snapshot.said, snapshot.library
        if not len(said.tags):
            return None
        counts = np.bincount(said.tags[said.confirmed], minlength=len(said.names))
        columns = np.argsort(-counts, kind="stable")[:MOST_TAGS]
        columns = columns[np.bincount(said.tags, minlength=len(said.names))[columns] > 0]
        place = np.full(len(said.names), -1)
        place[columns] = np.arange(len(columns))
        wanted = choose_photos(said, place)
        around = everything[np.argsort(lot(everything), kind="stable")[:LIBRARY_PHOTOS]]
        seen = self._look(np.union1d(wanted, around), token)
        photo_ids = np.array([i for i in wanted.tolist() if i in seen], dtype=np.int64)
        if not len(photo_ids):
            return None
        names = tuple(said.names[number] for number in columns.tolist())
        library = np.array([i for i in np.sort(around).tolist() if i in seen], dtype=np.int64)
        if not len(library):
            return None
        # Photos on which everything was rejected say "no", but not how often a tag is right.
        tagged = len(np.unique(said.photo_ids[said.confirmed]))
        around_traits = _rows(seen, library)
        evidence = Evidence(
            names=names,
            words=self._embed(names, token),
            traits=_rows(seen, photo_ids),
            said=said_matrix(said, place, photo_ids, len(names)),
            library=around_traits,
            examples=counts[columns].astype(np.int64),
            tagged=tagged,
            foretold=foretold_shares(self._model, names, around_traits),
        )
        decided = said_matrix(said, place, library, len(names)) != UNSAID
        return Gathered(evidence, photo_ids, decided, len(everything))

    def _look(
        self, photo_ids: NDArray[np.int64], token: CancelToken
    ) -> dict[int, NDArray[np.float16]]:
        """Return the traits of the photos that have a vector; those looked at lately are kept."""
        self._looked_at, renewed, removed = self._catalog.vectors_changed_since(
            self._model.visual_key, self._looked_at
        )
        for photo_id in np.concatenate([renewed, removed]).tolist():
            self._traits.pop(photo_id, None)
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

    def _embed(self, names: Sequence[str], token: CancelToken) -> NDArray[np.float32]:
        missing = [name for name in names if name not in self._words]
        for start in range(0, len(missing), _NAMES_AT_ONCE):
            token.check()
            batch = missing[start : start + _NAMES_AT_ONCE]
            sentences = [phrases(name) for name in batch]
            encoded = self._encoder.encode([text for each in sentences for text in each])
            vectors = encoded.reshape(len(batch), len(sentences[0]), -1)
            rows = self._model.embed_tags(vectors)
            self._words.update(zip(batch, rows, strict=True))
        return np.stack([self._words[name] for name in names])


def among(said: SaidOfTags, photo_ids: NDArray[np.int64]) -> SaidOfTags:
    """Return what is said of some photos, int64, ascending; all names stay."""
    inside = np.isin(said.photo_ids, photo_ids, assume_unique=False)
    if inside.all():
        return said
    return SaidOfTags(said.names, said.photo_ids[inside], said.tags[inside], said.confirmed[inside])


def digest_of(said: SaidOfTags, library: int) -> str:
    """Return what changes with any name or answer, and with the library's size by a quarter.

    A few photos more that nobody said anything of are no reason to learn anew.
    """
    digest = hashlib.blake2b(digest_size=16)
    for text in ("\n".join(said.names), str(int(np.log(max(library, 1)) / np.log(1.25)))):
        digest.update(f"{text}\0".encode())
    for array in (said.photo_ids, said.tags, said.confirmed):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def lot(photo_ids: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return a random number for each photo, always the same one.

    Photos are drawn by it, so that the next time most of them are those that were drawn before, and
    need not be looked at again (splitmix64's finaliser, Steele et al. 2014).
    """
    z = photo_ids.astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
    return z ^ (z >> np.uint64(31))


def choose_photos(said: SaidOfTags, place: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return at most `MOST_PHOTOS` photos to learn from, ascending.

    Some of each tag, with a yes and with a no, and then any.

    Args:
        said: all that is known.
        place: [names], below 0 for tags that are not learned.
    """
    learned = place[said.tags] >= 0
    all_photos = np.unique(said.photo_ids[learned])
    if len(all_photos) <= MOST_PHOTOS:
        return all_photos
    order = np.flatnonzero(learned)
    order = order[np.argsort(lot(said.photo_ids[order]), kind="stable")]
    group = 2 * said.tags[order] + said.confirmed[order]
    by_group = np.argsort(group, kind="stable")
    group = group[by_group]
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    position = np.arange(len(group)) - np.repeat(starts, np.diff(np.r_[starts, len(group)]))
    chosen = np.unique(said.photo_ids[order[by_group[position < MOST_EXAMPLES]]])
    chosen = chosen[np.argsort(lot(chosen), kind="stable")[:MOST_PHOTOS]]
    others = np.setdiff1d(all_photos, chosen)
    others = others[np.argsort(lot(others), kind="stable")]
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
