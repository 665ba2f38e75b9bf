"""A library of photos of a few kinds, seen by a toy model, and what learns tags in it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from photoorg.catalog.catalog import Catalog
from photoorg.core.changes import AddTag, RejectTag
from photoorg.core.ids import ModelKey, PhotoId
from photoorg.core.paths import CatalogPaths
from photoorg.core.quality import QualityChanged
from photoorg.core.records import FoundFile, PhotoScope, Suggestion
from photoorg.index import VectorIndex
from photoorg.jobs.personal import Looks, PersonalLearning
from photoorg.jobs.quiet import Pace
from photoorg.models.starter_parts import Spread
from photoorg.search.personal import PersonalSuggester

ROOT = Path(Path.cwd().anchor) / "photos"
KINDS = ("cat", "dog", "sea", "snow", "garden")
VISUAL, EMBEDDED = 16, 8
AT_ONCE = Pace(quiet=0.0, patience=0.0, rest=0.0)


def names_vector(text: str) -> np.ndarray:
    seed = int(hashlib.sha256(text.casefold().encode()).hexdigest()[:8], 16)
    return np.random.default_rng(seed).normal(size=EMBEDDED).astype(np.float32)


class ToyEncoder:
    key = ModelKey("toy text")
    dimension = EMBEDDED

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.stack([names_vector(text) for text in texts])


class ToyModel:
    """Sees a photo's vector as it is; names say nothing of photos."""

    kind = "toy"
    visual_key = ModelKey("toy vectors")
    dimension = EMBEDDED
    vocabulary = ()

    def __init__(self, digest: str = "toy") -> None:
        self.digest = digest
        self.looked = 0
        self.spread = Spread(
            np.zeros(VISUAL, dtype=np.float32), np.eye(VISUAL, dtype=np.float32) / VISUAL
        )

    def traits(self, visual: np.ndarray) -> np.ndarray:
        self.looked += len(visual)
        return visual

    def embed_images(self, visual: np.ndarray) -> np.ndarray:
        part = visual[:, :EMBEDDED]
        return part / np.linalg.norm(part, axis=1, keepdims=True)

    def embed_tags(self, text: np.ndarray) -> np.ndarray:
        mean = text.mean(axis=1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)


class Nobody:
    """The model under it, which suggests one word and names it each time."""

    def suggest(self, photo_ids, limit=10, *, decided=False):
        return {photo: (Suggestion("thing", 0.3, "toy"),)[:limit] for photo in photo_ids}


class World:
    """A catalog with photos of each kind in turn, and what learns in it."""

    def __init__(self, folder: Path, count: int = 200, seed: int = 0) -> None:
        self.folder = folder
        self.catalog = Catalog.open(CatalogPaths(folder))
        self.catalog.add_folder(ROOT)
        self.model = ToyModel()
        self.index = VectorIndex(EMBEDDED, model_key=ToyModel.visual_key)
        self.news: list[QualityChanged] = []
        self.opened: list[PersonalLearning] = []
        self.photos = self.add(count, seed)

    def add(self, count: int, seed: int, *, look: bool = True) -> list[PhotoId]:
        files = [FoundFile(ROOT / f"{seed}-{n:05}.jpg", 1000, 10**18) for n in range(count)]
        before = {int(i) for i in self.catalog.photo_ids(PhotoScope())}
        self.catalog.register_files(ROOT, files)
        after = [int(i) for i in self.catalog.photo_ids(PhotoScope())]
        photos = [PhotoId(i) for i in sorted(after) if i not in before]
        if look:
            self.look_at(photos, seed)
        return photos

    def look_at(self, photos: Sequence[PhotoId], seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        centres = np.random.default_rng(99).normal(size=(len(KINDS), VISUAL)) / 4
        kinds = np.arange(len(photos)) % len(KINDS)
        vectors = centres[kinds] + 0.3 * random.normal(size=(len(photos), VISUAL)) / 4
        vectors = vectors.astype(np.float32)
        self.catalog.store_vectors(ToyModel.visual_key, photos, vectors)
        self.index.add(np.array(photos), self.model.embed_images(vectors))

    def of(self, kind: str) -> list[PhotoId]:
        return self.photos[KINDS.index(kind) :: len(KINDS)]

    def tag(self, tag: str, photos: Sequence[PhotoId]) -> None:
        self.catalog.apply(AddTag(tag, tuple(photos)))

    def reject(self, tag: str, photos: Sequence[PhotoId]) -> None:
        self.catalog.apply(RejectTag(tag, tuple(photos)))

    def tag_all(self, count: int = 12) -> None:
        for kind in KINDS:
            self.tag(kind, self.of(kind)[:count])

    def learner(self, pace: Pace = AT_ONCE) -> PersonalLearning:
        looks = Looks(self.model, ToyEncoder(), self.index)
        self.opened.append(PersonalLearning(self.catalog, lambda: looks, self.news.append, pace))
        return self.opened[-1]

    def suggester(self, learner: PersonalLearning) -> PersonalSuggester:
        return PersonalSuggester(self.catalog, self.model, Nobody(), learner.model)

    def close(self) -> None:
        for learner in self.opened:
            learner.close()
        self.catalog.close()


def until(true: Callable[[], object]) -> None:
    """Wait for what another thread does."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)
