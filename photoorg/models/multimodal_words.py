"""Multimodal word vectors (paper 004): what a tag means in texts, and how its photos look."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import ModelFileProblem, UsageProblem
from photoorg.features.storage import take_tensor
from photoorg.features.words.base import EncodedTexts
from photoorg.models.base import Observations, unit_rows
from photoorg.models.learned import Floats, LearnedModel, Sides
from photoorg.models.vocabulary import narrower_words, read_vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from photoorg.features.storage import ModelFile
    from photoorg.models.schedule import Run
    from photoorg.models.training_data import TrainingData
    from photoorg.models.vocabulary import Word

Aggregation: TypeAlias = Literal["mean", "max"]

_NEIGHBOURS = 5
_SHARPNESS = 20.0
_BLOCK = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class MultimodalWordsConfig:
    """Hyperparameters, by default those of paper 004, section 4.

    Attributes:
        alpha: weight of the linguistic part; 1 - alpha is that of the visual part. The paper calls
            it optional.
        aggregation: how the photos of a tag become one vector: CNN-Mean or CNN-Max (section 3.1).
        most_photos: N, at most so many photos of a tag are looked at.
        least_photos: a tag with fewer photos borrows from its hypernym up to this number. The paper
            borrows below N; where a tag has 20 photos rather than 1,000, those are the better
            witnesses.
    """

    alpha: float = 0.5
    aggregation: Aggregation = "mean"
    most_photos: int = 1000
    least_photos: int = 5

    def __post_init__(self) -> None:
        if not 0 <= self.alpha <= 1:
            raise UsageProblem(f"Alpha must lie between 0 and 1, not be {self.alpha}.")
        if self.aggregation not in ("mean", "max"):
            raise UsageProblem(f"There is no aggregation called {self.aggregation!r}.")
        if not 0 <= self.least_photos <= self.most_photos or self.most_photos < 1:
            raise UsageProblem("The least number of photos is above the largest.")


@dataclass(frozen=True, slots=True)
class RelatedTag:
    """A tag with its likeness (cosine) to another."""

    name: str
    likeness: float


@dataclass(frozen=True, slots=True)
class MergeProposal:
    """Two tags that seem to say the same.

    Attributes:
        keep: the one that more photos carry.
        merge: the other.
        likeness: cosine of their multimodal vectors.
    """

    keep: str
    merge: str
    likeness: float


class MultimodalWords(LearnedModel[MultimodalWordsConfig]):
    """A vector for each tag: alpha * ling || (1 - alpha) * vis        (paper 004, equation 1).

    `ling` is the tag's text vector and `vis` the mean or component-wise maximum of the visual
    vectors of its photos; both are centred over the tags and of unit length. A missing part is
    zero. A tag has the photos of all tags below it in the shipped vocabulary, too.

    As a cross-modal model: a photo has a visual part only, a text has its own linguistic part and
    borrows the visual part of the tags next to it, and a photo with tags has one part from each.
    Likeness of a photo and a text is thus likeness of looks.
    """

    kind: ClassVar[str] = "multimodal-words"
    config_type: ClassVar[type[Any]] = MultimodalWordsConfig

    def __init__(
        self,
        config: MultimodalWordsConfig,
        sides: Sides,
        tensors: Mapping[str, NDArray[Any]],
        words: Sequence[str],
    ) -> None:
        super().__init__(config, sides, tensors)
        self.words = tuple(words)
        self._row = {word: row for row, word in enumerate(self.words)}
        self._vectors = concept_vectors(tensors["linguistic"], tensors["visual"], config.alpha)
        self._units = unit_rows(self._vectors)

    @property
    def dimension(self) -> int:
        return self.sides.text_dimension + self.sides.visual_dimension

    @classmethod
    def fit(cls, data: TrainingData, config: MultimodalWordsConfig, run: Run) -> Self:
        words = data.vocabulary()
        if not words:
            raise UsageProblem(
                "None of the photos to learn from has a tag.", "Tag some photos first."
            )
        encoded = data.text.encode_words(words)
        samples = choose_photos(words, data, config, run, read_vocabulary())
        looks = np.zeros((len(words), data.visual.shape[1]), dtype=np.float32)
        for row, photos in enumerate(samples):
            run.check()
            if len(photos):
                looks[row] = aggregate(data.visual[photos], config.aggregation)
        seen = np.array([len(photos) > 0 for photos in samples])
        ling_mean, linguistic = centred(encoded.vectors, encoded.known)
        _, visual = centred(looks, seen)
        tensors = {
            "linguistic": linguistic,
            "linguistic.mean": ling_mean,
            "visual": visual,
            "photo.mean": aggregate(data.visual[data.training_rows], "mean"),
        }
        return cls(config, Sides.of(data), tensors, words)

    @classmethod
    def from_file(cls, config: MultimodalWordsConfig, sides: Sides, file: ModelFile) -> Self:
        words = file.manifest.config.get("words")
        if (
            not isinstance(words, list)
            or not all(isinstance(word, str) for word in words)
            or len(set(words)) != len(words)
        ):
            raise ModelFileProblem("The multimodal-words model does not say its words.")
        tensors = {
            "linguistic": take_tensor(file, "linguistic", (len(words), sides.text_dimension)),
            "linguistic.mean": take_tensor(file, "linguistic.mean", (sides.text_dimension,)),
            "visual": take_tensor(file, "visual", (len(words), sides.visual_dimension)),
            "photo.mean": take_tensor(file, "photo.mean", (sides.visual_dimension,)),
        }
        return cls(config, sides, tensors, words)

    def manifest(self, **said: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            "config": asdict(self.config),
            "sides": asdict(self.sides),
            "words": [*self.words],
            **said,
        }

    # -- words ------------------------------------------------------------------------------------

    def vectors(self, words: Sequence[str]) -> EncodedTexts:
        """Return the multimodal vectors of tags, as they are written, not scaled to unit length."""
        vectors = np.zeros((len(words), self.dimension), dtype=np.float32)
        known = np.zeros(len(words), dtype=np.bool_)
        for place, word in enumerate(words):
            if word in self._row:
                vectors[place] = self._vectors[self._row[word]]
                known[place] = vectors[place].any()
        unknown = tuple(dict.fromkeys(word for word in words if word not in self._row))
        return EncodedTexts(vectors, known, unknown)

    def related(self, tag: str, k: int = 10) -> tuple[RelatedTag, ...]:
        """Return the k tags that are most like a tag, best first; none for an unknown one."""
        row = self._row.get(tag)
        if row is None or not self._units[row].any():
            return ()
        likeness = self._units @ self._units[row]
        order = np.argsort(-likeness, kind="stable")
        return tuple(
            RelatedTag(self.words[other], float(likeness[other]))
            for other in order[: k + 1]
            if other != row and self._units[other].any()
        )[:k]

    def synonyms(self, threshold: float = 0.9) -> tuple[MergeProposal, ...]:
        """Return pairs of tags at least so like each other, most alike first."""
        found = []
        for start in range(0, len(self.words), _BLOCK):
            likeness = self._units[start : start + _BLOCK] @ self._units.T
            for place, other in np.argwhere(likeness >= threshold):
                row = start + int(place)
                if row < other and likeness[place, other] > 0:  # words: most frequent first
                    proposal = MergeProposal(
                        self.words[row], self.words[other], float(likeness[place, other])
                    )
                    found.append(proposal)
        return tuple(sorted(found, key=lambda pair: (-pair.likeness, pair.keep, pair.merge)))

    def expand_query(
        self, words: Sequence[str], k: int = 3, threshold: float = 0.5
    ) -> tuple[RelatedTag, ...]:
        """Return the words of a query, with likeness 1, and the tags related to them.

        Args:
            words: as they were typed; unknown ones stay in.
            k: at most so many tags are added for each word.
            threshold: tags less like the word are not added.
        """
        found = dict.fromkeys(words, 1.0)
        for word in words:
            for tag in self.related(word, k):
                if tag.likeness >= threshold:
                    found[tag.name] = max(found.get(tag.name, 0.0), tag.likeness)
        return tuple(RelatedTag(name, likeness) for name, likeness in found.items())

    # -- photos and texts -------------------------------------------------------------------------

    def embed_joint(self, seen: Observations) -> Floats:
        known = self.complete(seen)
        linguistic = unit_rows(known.text - self.tensors["linguistic.mean"])
        linguistic *= known.has_text[:, None]
        visual = unit_rows(known.visual - self.tensors["photo.mean"]) * known.has_visual[:, None]
        unseen = known.has_text & ~known.has_visual
        if unseen.any():
            visual[unseen] = self._imagine(linguistic[unseen])
        return unit_rows(concept_vectors(linguistic, visual, self.config.alpha))

    def _imagine(self, linguistic: Floats) -> Floats:
        """Return how texts [n, text dimension] would look, going by the tags nearest to them."""
        usable = np.flatnonzero(
            self.tensors["linguistic"].any(axis=1) & self.tensors["visual"].any(axis=1)
        )
        if not len(usable):
            return np.zeros((len(linguistic), self.sides.visual_dimension), dtype=np.float32)
        likeness = linguistic @ self.tensors["linguistic"][usable].T
        k = min(_NEIGHBOURS, len(usable))
        nearest = np.argpartition(-likeness, k - 1, axis=1)[:, :k]
        scores = np.take_along_axis(likeness, nearest, axis=1)
        weights = np.exp(_SHARPNESS * (scores - scores.max(axis=1, keepdims=True)))
        weights /= weights.sum(axis=1, keepdims=True)
        return unit_rows(np.einsum("nk,nkd->nd", weights, self.tensors["visual"][usable[nearest]]))


def concept_vectors(linguistic: Floats, visual: Floats, alpha: float) -> Floats:
    """Return alpha * ling || (1 - alpha) * vis (equation 1), [n, text + visual dimension].

    Args:
        linguistic: [n, text dimension], centred rows of unit length; zero where there is none.
        visual: [n, visual dimension], likewise.
        alpha: weight of the linguistic part.
    """
    return np.concatenate([alpha * linguistic, (1 - alpha) * visual], axis=1, dtype=np.float32)


def centred(vectors: Floats, known: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Centre rows over those that are known and scale them to unit length (section 3.3).

    With a single known row there is nothing to centre on: it would vanish.

    Returns:
        The centre [d], and the rows [n, d], zero where unknown.
    """
    centre = np.zeros(vectors.shape[1], dtype=np.float32)
    if known.sum() > 1:
        centre = vectors[known].mean(axis=0, dtype=np.float64).astype(np.float32)
    return centre, unit_rows(np.where(known[:, None], vectors - centre, 0))


def aggregate(visual: Floats, how: Aggregation) -> Floats:
    """Return the mean or component-wise maximum [d] of photos [n, d] (section 3.1)."""
    if how == "max":
        return np.asarray(visual.max(axis=0), dtype=np.float32)
    return np.asarray(visual.mean(axis=0, dtype=np.float64), dtype=np.float32)


def choose_photos(
    words: Sequence[str],
    data: TrainingData,
    config: MultimodalWordsConfig,
    run: Run,
    vocabulary: Sequence[Word],
) -> list[NDArray[np.int64]]:
    """Return the photos that stand for each tag (section 4.2).

    A tag's photos are those of its subtree: of the tag and of all tags that the vocabulary has
    below it. Where they are too few, the hypernyms' subtrees fill up, the next one first.

    Args:
        words: the tags as they are written.
        data: only its training photos are used.
        config: how many.
        run: its seed.
        vocabulary: says which word is broader than which, in lower case.
    """
    carriers: dict[str, list[int]] = {}
    for photo in data.training_rows.tolist():
        for tag in dict.fromkeys(data.tags[photo]):
            carriers.setdefault(tag.casefold(), []).append(photo)
    below = narrower_words(vocabulary)
    broader = {word.name: word.broader for word in vocabulary}

    def subtree(name: str) -> NDArray[np.int64]:
        photos = set(carriers.get(name, ()))
        for narrower in below.get(name, ()):
            photos.update(carriers.get(narrower, ()))
        return np.array(sorted(photos), dtype=np.int64)

    rng = np.random.default_rng(run.seed)
    samples = []
    for word in words:
        name = word.casefold()
        chosen = draw(subtree(name), config.most_photos, rng)
        above = broader.get(name, "")
        while above and len(chosen) < config.least_photos:
            others = np.setdiff1d(subtree(above), chosen)
            chosen = np.concatenate([chosen, draw(others, config.least_photos - len(chosen), rng)])
            above = broader[above]
        samples.append(np.sort(chosen))
    return samples


def draw(photos: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return at most so many of some photos, drawn at random."""
    return photos if len(photos) <= count else rng.choice(photos, count, replace=False)
