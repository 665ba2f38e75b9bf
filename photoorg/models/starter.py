"""The starter model: search by words and tag suggestions before anybody has tagged a photo.

It maps pooled EfficientNet-Lite2 vectors and MiniLM sentence vectors into one space. Training is in
`starter_training`; this file needs numpy only.
"""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import numpy as np

from photoorg.core.errors import ModelFileProblem
from photoorg.core.paths import resource_path
from photoorg.features.storage import load_model, take_tensor
from photoorg.models.base import unit_rows
from photoorg.models.length_correction import LengthCorrection
from photoorg.models.starter_parts import (
    Background,
    Bank,
    Calibration,
    Heads,
    ImageTransform,
    JointSpace,
    Spread,
    join_traits,
    sigmoid,
)
from photoorg.models.vocabulary import IMAGENET_CLASSES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray

    from photoorg.core.ids import ModelKey
    from photoorg.features.storage import Manifest, ModelFile
    from photoorg.models.base import Observations

KIND = "starter"
STARTER_FILE = "starter.safetensors"

RELEVANT = 0.2
"""Recommended cut of `relevance`: what reaches it is shown before "Show more".

Lower than one half because a photo shown in vain costs a glance, a photo left out costs a search.
"""


@dataclass(frozen=True, slots=True)
class TextTransform:
    """Centres text vectors [n, t] and scales them to about unit variance.

    Attributes:
        mean: [t].
        scale: one over the standard deviation.
    """

    mean: NDArray[np.float32]
    scale: float

    def __call__(self, text: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray((text - self.mean) * self.scale, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class TagTable:
    """The vocabulary in the joint space.

    Attributes:
        names: V words.
        broader: for each word the next more general one, or "".
        vectors: [V, d] unit rows.
        offsets: [V] log odds by which a word is more, or less, likely than its score says.
        free_offset: the same for a word outside the vocabulary.
    """

    names: tuple[str, ...]
    broader: tuple[str, ...]
    vectors: NDArray[np.float32]
    offsets: NDArray[np.float32]
    free_offset: float


@dataclass(frozen=True, slots=True)
class Similarity:
    """Principal components of the pooled vectors, for look-alike search.

    Attributes:
        mean: [v].
        projection: [v, k].
    """

    mean: NDArray[np.float32]
    projection: NDArray[np.float32]


class StarterModel:
    """Embeds photos and texts, suggests tags, and tells where an answer's relevant part ends."""

    def __init__(
        self,
        manifest: Manifest,
        *,
        image_transform: ImageTransform,
        text_transform: TextTransform,
        joint: JointSpace,
        tags: TagTable,
        background: Background,
        tag_calibration: Calibration,
        relevance_calibration: Calibration,
        similarity: Similarity,
        spread: Spread,
    ) -> None:
        self.manifest = manifest
        self._image_transform = image_transform
        self._text_transform = text_transform
        self._joint = joint
        self._tags = tags
        self._background = background
        self._tag_calibration = tag_calibration
        self._relevance_calibration = relevance_calibration
        self._similarity = similarity
        self.spread = spread
        self._tag_statistics = background.statistics(tags.vectors)

    @classmethod
    def load(cls, path: Path | None = None) -> StarterModel:
        """Read a model.

        Args:
            path: `starter.safetensors` of another model than the one that is shipped.

        Raises:
            ModelFileProblem: the file is missing, damaged or not a starter model.
            EnvironmentProblem: no model was shipped, so the installation is incomplete.
        """
        path = path or resource_path(STARTER_FILE)
        return cls.from_file(load_model(path.with_suffix(""), kind=KIND))

    @classmethod
    def from_file(cls, file: ModelFile) -> StarterModel:
        """Build the model from what was read.

        Raises:
            ModelFileProblem: a part is missing or does not fit the others.
        """
        image_heads = _read_heads(file, "image")
        text_heads = _read_heads(file, "text")
        config = file.manifest.config
        inputs = image_heads.shortcut.shape[2]
        text_dimension = text_heads.shortcut.shape[2]
        joined = image_heads.shortcut.shape[0] * image_heads.shortcut.shape[1]
        if joined != text_heads.shortcut.shape[0] * text_heads.shortcut.shape[1]:
            raise ModelFileProblem("The starter model's image and text heads do not fit together.")
        projection = take_tensor(file, "joint", (joined + text_dimension, None))
        bank = Bank(
            take_tensor(file, "bank", (None, projection.shape[1])), _number(config, "crowding")
        )
        classifier = take_tensor(file, "image.classifier.weight", (IMAGENET_CLASSES, None))
        visual = classifier.shape[1]
        parts = visual + text_dimension
        names = _strings(config, "vocabulary")
        broader = _strings(config, "broader")
        if len(names) != len(broader) or len(names) != len(set(names)):
            raise ModelFileProblem("The starter model's vocabulary is damaged.")
        joint = JointSpace(
            image_heads,
            text_heads,
            take_tensor(file, "text.names_mean", (text_dimension,)),
            min(max(_number(config, "guess_share"), 0.0), 1.0),
            projection,
            bank,
        )
        dimension = joint.dimension
        return cls(
            file.manifest,
            image_transform=ImageTransform(
                take_tensor(file, "image.mean", (visual,)),
                take_tensor(file, "image.scale", (visual,)),
                classifier,
                take_tensor(file, "image.classifier.bias", (IMAGENET_CLASSES,)),
                take_tensor(file, "image.class_texts", (IMAGENET_CLASSES, text_dimension)),
                _number(config, "sharpness"),
                take_tensor(file, "image.offset", (parts,)),
                take_tensor(file, "image.projection", (parts, inputs)),
            ),
            text_transform=TextTransform(
                take_tensor(file, "text.mean", (text_dimension,)), _number(config, "text_scale")
            ),
            joint=joint,
            tags=TagTable(
                names,
                broader,
                take_tensor(file, "tags.vectors", (len(names), dimension)),
                take_tensor(file, "tags.offsets", (len(names),)),
                float(take_tensor(file, "tags.free_offset", (1,))[0]),
            ),
            background=Background(
                take_tensor(file, "background", (None, dimension)), _number(config, "familiar")
            ),
            tag_calibration=Calibration(take_tensor(file, "tags.calibration", (5,))),
            relevance_calibration=Calibration(take_tensor(file, "relevance.calibration", (5,))),
            similarity=Similarity(
                take_tensor(file, "similarity.mean", (visual,)),
                take_tensor(file, "similarity.projection", (visual, None)),
            ),
            spread=Spread(
                take_tensor(file, "traits.mean", (dimension + inputs,)),
                take_tensor(file, "traits.covariance", (dimension + inputs, dimension + inputs)),
            ),
        )

    @property
    def kind(self) -> str:
        return KIND

    @property
    def visual_key(self) -> ModelKey:
        return self.manifest.visual_key

    @property
    def text_key(self) -> ModelKey:
        return self.manifest.text_key

    @property
    def length_correction(self) -> LengthCorrection:
        """How `relevance` is put right for the number of words of a query."""
        return LengthCorrection.of_config(self.manifest.config)

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return self._joint.dimension

    @property
    def similarity_dimension(self) -> int:
        """Length of a row of `similarity`."""
        return int(self._similarity.projection.shape[1])

    @property
    def digest(self) -> str:
        """Changes whenever a vector that this model makes may change; keys what is kept of them."""
        digest = hashlib.blake2b(digest_size=8)
        joint = self._joint
        for part in (self._image_transform, joint.images, self._similarity):
            for value in astuple(part):
                digest.update(np.ascontiguousarray(value).tobytes())
        bank = () if joint.bank is None else astuple(joint.bank)
        for value in (joint.guess_share, joint.projection, *bank):
            digest.update(np.ascontiguousarray(value).tobytes())
        return digest.hexdigest()

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The words that `suggest` gives probabilities for, in their order."""
        return self._tags.names

    def embed_images(self, visual: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map pooled vectors [n, v] to unit rows [n, d]."""
        return self._joint.place_images(*self._image_transform.both(visual))

    def traits(self, visual: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map pooled vectors [n, v] to what a person's own tags are learned from, [n, d + p].

        The embedding [n, d], which knows what captions speak of, and beside it the heads' input
        [n, p], which has kept what they do not; both count alike.
        """
        return join_traits(self._joint, *self._image_transform.both(visual))

    def embed_texts(self, text: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map text vectors [n, t] to unit rows [n, d]."""
        return self._joint.place_texts(self._text_transform(text), text)

    def embed_joint(self, seen: Observations) -> NDArray[np.float32]:
        """Map photos with whatever is known of them to [n, d]: the mean of what there is.

        Rows are of unit length, or zero where nothing is known.
        """
        total = np.zeros((len(seen), self.dimension), dtype=np.float32)
        for vectors, present, embed in (
            (seen.visual, seen.has_visual, self.embed_images),
            (seen.text, seen.has_text, self.embed_texts),
        ):
            if vectors is not None:
                rows = np.arange(len(seen)) if present is None else np.flatnonzero(present)
                total[rows] += embed(vectors[rows])
        return unit_rows(total)

    def suggest(self, embedded: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability [n, V] that each word applies to each embedded photo [n, d].

        It is lower for photos unlike all that the model knows; see `Background.familiarity`.
        """
        scores = embedded @ self._tags.vectors.T
        logits = self._tag_calibration.logits(scores, self._tag_statistics)
        return self._believed(sigmoid(logits + self._tags.offsets), embedded)

    def tag_probability(
        self, text: NDArray[np.float32], embedded: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return the probability that words outside the vocabulary apply.

        Args:
            text: [words, t] text vectors, or [words, phrases, t] of several phrases for each word
                (see `vocabulary.phrases`), which are averaged and work better.
            embedded: [n, d] photos.

        Returns:
            [n, words].
        """
        vectors = self.embed_tags(text)
        scores = embedded @ vectors.T
        statistics = self._background.statistics(vectors)
        logits = self._tag_calibration.logits(scores, statistics)
        return self._believed(sigmoid(logits + np.float32(self._tags.free_offset)), embedded)

    def _believed(
        self, probability: NDArray[np.float32], embedded: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        return probability * self._background.familiarity(embedded)[:, None]

    def embed_tags(self, text: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map words, [words, t] or [words, phrases, t], to unit rows [words, d]."""
        phrases = text if text.ndim == 3 else text[:, None, :]
        words, count, width = phrases.shape
        embedded = self.embed_texts(phrases.reshape(words * count, width))
        return unit_rows(embedded.reshape(words, count, -1).mean(axis=1))

    def pick(
        self, probabilities: NDArray[np.float32], limit: int, least: float = 0.0
    ) -> list[tuple[str, float]]:
        """Choose the words to show for one photo.

        A general word ("animal") is left out where one below it ("dog") is likely enough to stand
        for it; both would say the same twice.

        Args:
            probabilities: [V] from `suggest`.
            limit: how many words at most.
            least: lowest probability to show.

        Returns:
            Words with their probabilities, most probable first.
        """
        value = dict(zip(self._tags.names, probabilities.tolist(), strict=True))
        broader = dict(zip(self._tags.names, self._tags.broader, strict=True))
        best_below: dict[str, float] = {}
        for name, p in value.items():
            above = broader[name]
            while above:
                best_below[above] = max(best_below.get(above, 0.0), p)
                above = broader[above]
        shown = [
            (name, p)
            for name, p in value.items()
            if p >= least and (broader[name] or best_below.get(name, 0.0) < 0.5 * p)
        ]
        return sorted(shown, key=lambda pair: -pair[1])[:limit]

    def relevance(
        self, query: NDArray[np.float32], scores: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return the probability that photos are what was asked for.

        The query is measured against a fixed set of photos, so that the answer for one photo does
        not depend on what else is in the library. Show what reaches `RELEVANT`.

        Args:
            query: [d] unit embedding of the text.
            scores: [n] cosines of the query and the library's photos.

        Returns:
            [n].
        """
        statistics = self._background.statistics(query[None, :])
        return sigmoid(self._relevance_calibration.logits(scores[:, None], statistics)[:, 0])

    def describe(
        self, embedded: NDArray[np.float32], texts: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return how well texts describe photos, comparable between the texts of a photo.

        Cosines are not: some texts are near to most photos. See `Background.crowding`.

        Args:
            embedded: [n, d] photos.
            texts: [m, d] unit embeddings.

        Returns:
            [n, m].
        """
        return embedded @ texts.T - self._background.crowding(texts)

    def similarity(self, pooled: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map pooled vectors [n, v] to compact unit rows [n, k] whose cosine is likeness."""
        return unit_rows((pooled - self._similarity.mean) @ self._similarity.projection)


def heads_tensors(name: str, heads: Heads) -> dict[str, NDArray[np.float32]]:
    """Return the tensors of one side's heads under the names that `load` looks for."""
    return {
        f"{name}.hidden": heads.hidden,
        f"{name}.hidden_bias": heads.hidden_bias,
        f"{name}.output": heads.output,
        f"{name}.shortcut": heads.shortcut,
        f"{name}.bias": heads.bias,
    }


def _read_heads(file: ModelFile, name: str) -> Heads:
    shortcut = take_tensor(file, f"{name}.shortcut", (None, None, None))
    heads, outputs, inputs = shortcut.shape
    hidden = take_tensor(file, f"{name}.hidden", (heads, None, inputs))
    return Heads(
        hidden,
        take_tensor(file, f"{name}.hidden_bias", (heads, hidden.shape[1])),
        take_tensor(file, f"{name}.output", (heads, outputs, hidden.shape[1])),
        shortcut,
        take_tensor(file, f"{name}.bias", (heads, outputs)),
    )


def _strings(config: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value: Sequence[Any] | None = config.get(name)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ModelFileProblem(f"The starter model's manifest lacks “{name}”.")
    return tuple(value)


def _number(config: Mapping[str, Any], name: str) -> float:
    value = config.get(name)
    if not isinstance(value, int | float):
        raise ModelFileProblem(f"The starter model's manifest lacks “{name}”.")
    return float(value)
