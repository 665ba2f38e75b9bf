"""A tiny world in which every word is an axis, so that each expected ranking can be read off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from photoorg.core.conditions import AllOf, AnyOf, Condition, Not, TagIs
from photoorg.core.ids import ModelKey, PhotoId, TagId
from photoorg.core.records import PhotoScope, TagCount
from photoorg.index import VectorIndex
from photoorg.search.ports import FloatArray, IdArray

AXES = ("dog", "cat", "beach", "people", "snow", "city", "night", "grandma")


def picture(**shown: float) -> FloatArray:
    """A photo's stored vector [8]: how much of each axis it shows."""
    return np.array([shown.get(axis, 0.0) for axis in AXES], dtype=np.float32)


@dataclass
class FakeEncoder:
    key: ModelKey = field(default_factory=lambda: ModelKey("words"))
    dimension: int = len(AXES)
    asked: list[str] = field(default_factory=list)
    failure: Exception | None = None

    def encode(self, texts: Sequence[str]) -> FloatArray:
        if self.failure is not None:
            raise self.failure
        self.asked.extend(texts)
        rows = [[float(axis in text.casefold()) for axis in AXES] for text in texts]
        matrix = np.array(rows, dtype=np.float32)
        return np.asarray(matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-6))


class FakeModel:
    kind = "fake"
    visual_key = ModelKey("pooled")
    vocabulary = ("dog", "cat", "Beach")

    def embed_texts(self, text: FloatArray) -> FloatArray:
        return text

    def embed_images(self, visual: FloatArray) -> FloatArray:
        return visual / np.maximum(np.linalg.norm(visual, axis=1, keepdims=True), 1e-6)

    def similarity(self, visual: FloatArray) -> FloatArray:
        return self.embed_images(visual)[:, :6]

    def relevance(self, query: FloatArray, scores: FloatArray) -> FloatArray:
        return np.asarray(1 / (1 + np.exp(-20 * (scores - 0.5))), dtype=np.float32)

    def suggest(self, embedded: FloatArray) -> FloatArray:
        return embedded[:, :3] ** 2

    def tag_probability(self, text: FloatArray, embedded: FloatArray) -> FloatArray:
        assert text.ndim == 3
        return np.clip(embedded @ text.mean(axis=1).T, 0, 1) ** 2

    def pick(
        self, probabilities: FloatArray, limit: int, least: float
    ) -> Sequence[tuple[str, float]]:
        pairs = zip(self.vocabulary, probabilities.tolist(), strict=True)
        return sorted((pair for pair in pairs if pair[1] >= least), key=lambda p: -p[1])[:limit]


@dataclass(frozen=True)
class FakeHit:
    photo_id: PhotoId
    where: str


@dataclass
class FakeCatalog:
    """Photos by id with vectors, names, captions and tag states; the newest has the highest id."""

    pictures: dict[int, FloatArray] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    captions: dict[int, str] = field(default_factory=dict)
    confirmed: dict[int, set[str]] = field(default_factory=dict)
    rejected: dict[int, set[str]] = field(default_factory=dict)
    hashes: dict[int, int] = field(default_factory=dict)
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def photo_ids(self, scope: PhotoScope) -> IdArray:
        ids = sorted({*self.pictures, *self.names}, reverse=scope.newest_first)
        if scope.tag is not None:
            ids = [key for key in ids if scope.tag in self.confirmed.get(key, ())]
        return np.array(ids, dtype=np.int64)

    def in_date_order(self, ids: IdArray, *, newest_first: bool) -> IdArray:
        return np.sort(ids)[::-1] if newest_first else np.sort(ids)

    def select(self, condition: Condition) -> IdArray:
        everything = np.sort(self.photo_ids(PhotoScope()))
        match condition:
            case TagIs(name):
                keys = [
                    key
                    for key, tags in self.confirmed.items()
                    if name.casefold() in {tag.casefold() for tag in tags}
                ]
                return np.array(sorted(keys), dtype=np.int64)
            case AllOf(conditions):
                passing = everything
                for each in conditions:
                    passing = np.intersect1d(passing, self.select(each))
                return passing
            case AnyOf(conditions):
                return np.unique(np.concatenate([self.select(each) for each in conditions]))
            case Not(inner):
                return np.setdiff1d(everything, self.select(inner))
        raise NotImplementedError(condition)

    def lexical_search(self, words: Sequence[str], limit: int) -> Sequence[FakeHit]:
        hits = []
        for word in words:
            for key, caption in self.captions.items():
                if word in caption:
                    hits.append(FakeHit(PhotoId(key), "caption"))
            for key, name in self.names.items():
                if word in name:
                    hits.append(FakeHit(PhotoId(key), "name"))
        return hits[:limit]

    def decided_tags(self, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, frozenset[str]]:
        return {
            key: frozenset(self.confirmed.get(key, set()) | self.rejected.get(key, set()))
            for key in photo_ids
        }

    def photos_rejecting(self, tags: Sequence[str]) -> IdArray:
        names = {tag.casefold() for tag in tags}
        keys = [
            key
            for key, rejected in self.rejected.items()
            if names & {tag.casefold() for tag in rejected}
        ]
        return np.array(sorted(keys), dtype=np.int64)

    def photo_by_path(self, path: Path) -> PhotoId | None:
        known = {name: key for key, name in self.names.items()}
        return PhotoId(known[path.name]) if path.name in known else None

    def paths_of(self, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, Path]:
        return {key: Path("/photos", self.names[key]) for key in photo_ids if key in self.names}

    def vectors(
        self, model_key: ModelKey, photo_ids: Sequence[PhotoId]
    ) -> tuple[IdArray, FloatArray]:
        assert model_key == "pooled"
        ids = [key for key in photo_ids if key in self.pictures]
        matrix = np.array([self.pictures[key] for key in ids], dtype=np.float32)
        return np.array(ids, dtype=np.int64), matrix.reshape(len(ids), len(AXES))

    def perceptual_hashes(
        self, photo_ids: Sequence[PhotoId]
    ) -> tuple[IdArray, np.ndarray[tuple[int], np.dtype[np.uint64]]]:
        ids = [key for key in photo_ids if key in self.hashes]
        hashes = np.array([self.hashes[key] for key in ids], dtype=np.uint64)
        return np.array(ids, dtype=np.int64), hashes

    def tags(self) -> Sequence[TagCount]:
        names = sorted({tag for tags in self.confirmed.values() for tag in tags})
        return [
            TagCount(TagId(number), name, 1, None, self.aliases.get(name, ()))
            for number, name in enumerate(names)
        ]

    def index(self, *, similar: bool = False) -> VectorIndex:
        model = FakeModel()
        dimension = 6 if similar else len(AXES)
        index = VectorIndex(dimension, model_key=ModelKey("fake"))
        if self.pictures:
            matrix = np.stack(list(self.pictures.values()))
            rows = model.similarity(matrix) if similar else model.embed_images(matrix)
            index.add(np.array(list(self.pictures)), rows)
        return index
