"""Bags of visual words: dense SIFT, a k-means codebook, one histogram a photo.

Paper 000, section 3.1: SIFT descriptors (Lowe 2004) on a dense grid, k-means centres as "visual
words", hard assignment, a length-normalised histogram of 1,000 words. Paper 004, section 4.3: the
same with mini-batch k-means (Sculley 2010) and 100 words.

What the papers leave open: the photo is squashed to 224 x 224 grey pixels; 27 x 27 upright
descriptors lie on a regular grid; they are compared as root-SIFT (Arandjelovic and Zisserman 2012).

OpenCV's SIFT spends nearly all its time on reading each keypoint's patch, not on the scale space
(2 ms a photo): 85 x 85 pixels for each of 729 descriptors of size 8 in the full-size image, 57 ms a
photo. Lowe reads a patch from the octave that fits its scale, where it has a quarter of the pixels;
keypoints that name that octave take 18 ms. That reads a smoother image too, which costs accuracy,
so the scale space starts at half the usual smoothing, as dense SIFT is commonly computed (VLFeat's
PHOW). Mean AUC of 12 words of the captions, logistic regression on 500-word histograms of 1,400
Flickr8k photos, judged on 700 others: size 8 in full size .713; in its own octave .688; with less
smoothing .711; size 6 with less smoothing .713, and that takes 12 ms.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import ModelFileProblem, UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.core.progress import CancelToken
from photoorg.features.storage import Manifest, load_model, save_model, take_tensor
from photoorg.features.visual import Floats, Pixels, VisualSpec, check_images

NAME = "bovw-sift"
WORDS = 1000
INPUT_SIZE = 224

_GRID = 27
_PATCH_SIZE = 6.0
"""A descriptor has 4 x 4 cells of 1.5 times this many pixels: 36 x 36 of the photo's 224 x 224."""

_SIGMA = 0.8
_OCTAVE = 1
"""Patches are read at half the photo's size and smoothed by _SIGMA pixels of that size."""

_DESCRIPTOR = 128
_BATCH = 8192

StepListener: TypeAlias = Callable[[int, int], None]
"""Hears of steps done and of all steps."""


@dataclass(frozen=True)
class Codebook:
    """The visual words.

    Attributes:
        centres: float16 [words, 128] in root-SIFT space; what is saved is what is used.
    """

    centres: NDArray[np.float16]

    @property
    def words(self) -> int:
        """How many words there are: the histogram's length."""
        return len(self.centres)

    @cached_property
    def spec(self) -> VisualSpec:
        """What is known of the encoder; its key contains the codebook's hash."""
        digest = hashlib.sha256(np.ascontiguousarray(self.centres).data).hexdigest()[:8]
        patches = f"{_GRID}x{_GRID}-size{_PATCH_SIZE:g}-octave{_OCTAVE}-sigma{_SIGMA:g}"
        recipe = f"squash-{INPUT_SIZE}-grey-{patches}-rootsift-l2"
        key = ModelKey(f"{NAME}:{digest}:{recipe}:{self.words}")
        return VisualSpec(NAME, key, INPUT_SIZE, self.words, classes=0)

    def assign(self, descriptors: Floats) -> NDArray[np.intp]:
        """Return the nearest word of each descriptor.

        argmin |d - c|^2 = argmax d.c - |c|^2 / 2, as |d|^2 is the same for all words: one matrix
        product.

        Args:
            descriptors: float32 [n, 128], root-SIFT.

        Returns:
            Row numbers of `centres`, [n].
        """
        nearest: NDArray[np.intp] = np.argmax(
            descriptors @ self._columns - self._half_norms, axis=1
        )
        return nearest

    @cached_property
    def _columns(self) -> Floats:
        return np.ascontiguousarray(self.centres.T, dtype=np.float32)

    @cached_property
    def _half_norms(self) -> Floats:
        halves: Floats = np.einsum("dw,dw->w", self._columns, self._columns) / 2
        return halves


class DenseSift:
    """OpenCV's SIFT on a fixed grid. To be used from one thread at a time."""

    def __init__(self) -> None:
        self._sift = cv2.SIFT.create(sigma=_SIGMA)
        # The grid keeps the margins free that the next row and column would stand on.
        at = np.linspace(0, INPUT_SIZE - 1, _GRID + 2)[1:-1]
        self._keypoints = [
            cv2.KeyPoint(float(x), float(y), _PATCH_SIZE, 0.0, 1.0, _OCTAVE) for y in at for x in at
        ]

    def __call__(self, image: Pixels) -> Floats:
        """Describe one photo.

        Args:
            image: uint8 [224, 224, 3], RGB.

        Returns:
            Root-SIFT, float32 [729, 128]; the rows have length 1, or 0 where the photo is flat.
        """
        grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
        _, found = self._sift.compute(grey, self._keypoints)
        descriptors: Floats = np.asarray(found, dtype=np.float32)
        descriptors /= np.maximum(descriptors.sum(axis=1, keepdims=True), 1.0)
        return np.sqrt(descriptors, out=descriptors)


class BovwEncoder:
    """Photos to histograms of visual words."""

    def __init__(self, codebook: Codebook) -> None:
        self._codebook = codebook
        self._sift = DenseSift()

    @property
    def key(self) -> ModelKey:
        return self._codebook.spec.key

    @property
    def input_size(self) -> int:
        return INPUT_SIZE

    @property
    def dimension(self) -> int:
        return self._codebook.words

    @property
    def runtime(self) -> str:
        return f"OpenCV {cv2.__version__}, CPU"

    def encode(self, images: Pixels) -> Floats:
        """Encode photos; see `VisualEncoder.encode`.

        Each histogram has the Euclidean length 1. The paper says "length-normalized" against the
        varying size of photos. Here every photo has 729 descriptors, so dividing by their number
        would only scale all photos alike; the Euclidean length also takes back what a few words
        that fill a photo (sky, sand) would otherwise weigh in a dot product.
        """
        check_images(images, self._codebook.spec)
        counts = np.zeros((len(images), self.dimension), dtype=np.float32)
        for image, row in zip(images, counts, strict=True):
            words = self._codebook.assign(self._sift(image))
            row[:] = np.bincount(words, minlength=self.dimension)
        counts /= np.linalg.norm(counts, axis=1, keepdims=True)
        return counts


def learn_codebook(
    images: Iterable[Pixels],
    words: int = WORDS,
    seed: int = 0,
    token: CancelToken | None = None,
    on_progress: StepListener | None = None,
    *,
    descriptors_per_photo: int = 100,
    epochs: int = 10,
) -> Codebook:
    """Cluster the descriptors of some photos by mini-batch k-means.

    Args:
        images: batches of photos, uint8 [n, 224, 224, 3], RGB. 1,000 photos in all give 100,000
            descriptors (51 MB).
        words: how many.
        seed: the same photos and seed give the same codebook.
        token: lets the caller stop.
        on_progress: hears of each step of the clustering.
        descriptors_per_photo: drawn at random out of 729.
        epochs: how often the descriptors are gone through.

    Raises:
        UsageProblem: the photos have fewer descriptors than there are to be words.
        Cancelled: through the token.
    """
    from sklearn.cluster import MiniBatchKMeans

    rng = np.random.default_rng(seed)
    sample = _sample(images, rng, descriptors_per_photo, token)
    if len(sample) < words:
        raise UsageProblem(
            f"A codebook of {words:,} words needs more photos: these have {len(sample):,}"
            " descriptors.",
            "Learn it from more photos, or make it smaller.",
        )
    batch = max(_BATCH, words)
    starts = range(0, len(sample) - min(batch, len(sample)) + 1, batch)
    clustering = MiniBatchKMeans(words, batch_size=batch, n_init=1, random_state=seed)
    for epoch in range(epochs):
        rng.shuffle(sample)
        for step, start in enumerate(starts):
            if token is not None:
                token.check()
            clustering.partial_fit(sample[start : start + batch])
            if on_progress is not None:
                on_progress(epoch * len(starts) + step + 1, epochs * len(starts))
    return Codebook(clustering.cluster_centers_.astype(np.float16))


def learn_and_save(
    stem: Path,
    images: Iterable[Pixels],
    seed: int,
    token: CancelToken | None = None,
    on_progress: StepListener | None = None,
) -> VisualSpec:
    """Learn a codebook of the usual size and keep it; see `learn_codebook` and `save_codebook`."""
    codebook = learn_codebook(images, WORDS, seed, token, on_progress)
    save_codebook(stem, codebook, training={"seed": seed})
    return codebook.spec


def save_codebook(stem: Path, codebook: Codebook, *, training: Mapping[str, Any]) -> None:
    """Write a codebook; see `storage.save_model`.

    Args:
        stem: path without ending.
        codebook: what to write.
        training: what it was learned from, such as photos and seed.

    Raises:
        EnvironmentProblem: the folder cannot be written.
    """
    manifest = Manifest(
        kind=NAME,
        visual_key=codebook.spec.key,
        text_key=ModelKey(""),
        config={"input_size": INPUT_SIZE, "dimension": codebook.words},
        training=training,
        versions={"opencv": cv2.__version__},
    )
    save_model(stem, manifest, {"centres": codebook.centres})


def load_codebook(stem: Path) -> Codebook:
    """Read a codebook; see `storage.load_model`.

    Raises:
        ModelFileProblem: it is missing, damaged, or made for another way of computing SIFT.
    """
    file = load_model(stem, kind=NAME)
    centres = take_tensor(file, "centres", (None, _DESCRIPTOR))
    codebook = Codebook(centres.astype(np.float16))
    if codebook.spec.key != file.manifest.visual_key:
        raise ModelFileProblem(
            f"{stem} was made for other descriptors: it says “{file.manifest.visual_key}”,"
            f" “{codebook.spec.key}” is needed."
        )
    return codebook


def _sample(
    images: Iterable[Pixels],
    rng: np.random.Generator,
    per_photo: int,
    token: CancelToken | None,
) -> Floats:
    """Draw descriptors of every photo, float32 [photos * per_photo, 128]."""
    sift = DenseSift()
    drawn = [np.empty((0, _DESCRIPTOR), dtype=np.float32)]
    for batch in images:
        for image in batch:
            if token is not None:
                token.check()
            drawn.append(rng.permutation(sift(image))[:per_photo])
    return np.concatenate(drawn)
