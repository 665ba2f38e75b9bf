"""Visual vectors of photos on disk, for training and evaluation.

Photos go the way that indexing sends them (`prepare_file`: decoded, oriented, squashed to a
square), so a model meets in use exactly what it met in training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import EnvironmentProblem
from photoorg.core.progress import CancelToken, Progress
from photoorg.media.prepare import Prepared, prepare_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from photoorg.features.text import TextEncoder
    from photoorg.features.visual import VisualEncoder

View: TypeAlias = Callable[[NDArray[np.uint8], np.random.Generator], NDArray[np.uint8]]
ProgressListener: TypeAlias = Callable[[Progress], None]

_BATCH = 32
_TEXT_BATCH = 256
_CROP_AREA = (0.55, 0.95)
_CROP_LOG_ASPECT = 0.25


def whole(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the photo as it is used."""
    del rng
    return image


def mirrored(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the photo with left and right exchanged."""
    del rng
    return image[:, ::-1]


def cropped(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a random part in a random aspect, mirrored every other time.

    The photos of Flickr8k and COCO came squashed to squares; the change of aspect makes up for
    those that a camera delivers.
    """
    height, width = image.shape[:2]
    area, stretch = rng.uniform(*_CROP_AREA), np.exp(rng.uniform(-1, 1) * _CROP_LOG_ASPECT)
    rows = int(height * min(1.0, (area * stretch) ** 0.5))
    columns = int(width * min(1.0, (area / stretch) ** 0.5))
    top, left = rng.integers(0, height - rows + 1), rng.integers(0, width - columns + 1)
    part = image[top : top + rows, left : left + columns]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    resized = cv2.resize(
        np.ascontiguousarray(part), (width, height), interpolation=cv2.INTER_LINEAR
    )
    return np.asarray(resized, dtype=np.uint8)


def encode_photos(
    paths: Sequence[Path],
    encoder: VisualEncoder,
    *,
    view: View = whole,
    seed: int = 0,
    cache: Path | None = None,
    label: str = "Reading photos",
    progress: ProgressListener | None = None,
    token: CancelToken | None = None,
) -> NDArray[np.float32]:
    """Return the pooled vectors of photos, [photos, encoder.dimension].

    Args:
        paths: the photos.
        encoder: what computes the vectors.
        view: which part of each photo is encoded.
        seed: for views that draw at random; photo i draws from (seed, i).
        cache: folder where vectors are kept and looked for; None for neither.
        label: what is going on, for a person.
        progress: hears of each batch.
        token: lets the caller stop.

    Raises:
        MediaProblem: a photo cannot be read.
        EnvironmentProblem: the cache cannot be written.
        Cancelled: the caller cancelled.
    """
    kept = cache / f"{_fingerprint(paths, encoder, view, seed)}.npy" if cache else None
    found = _kept(kept, (len(paths), encoder.dimension))
    if found is not None:
        return found
    vectors = np.empty((len(paths), encoder.dimension), dtype=np.float32)
    for start in range(0, len(paths), _BATCH):
        if token is not None:
            token.check()
        batch = [
            view(_network_input(path, encoder.input_size), np.random.default_rng((seed, row)))
            for row, path in enumerate(paths[start : start + _BATCH], start=start)
        ]
        vectors[start : start + len(batch)] = encoder.encode(np.stack(batch))
        if progress is not None:
            progress(Progress("features", label, start + len(batch), len(paths)))
    if kept is not None:
        _keep(kept, vectors)
    return vectors


def encode_texts(
    texts: Sequence[str],
    encoder: TextEncoder,
    *,
    cache: Path | None = None,
    label: str = "Reading captions",
    progress: ProgressListener | None = None,
    token: CancelToken | None = None,
) -> NDArray[np.float32]:
    """Return the unit vectors of texts, [texts, encoder.dimension], in steps that can be cancelled.

    Arguments and errors are those of `encode_photos`.
    """
    kept = None
    if cache is not None:
        digest = hashlib.sha256(f"{encoder.key}|{len(texts)}".encode())
        for text in texts:
            digest.update(b"\0" + text.encode())
        kept = cache / f"{digest.hexdigest()[:32]}.npy"
    found = _kept(kept, (len(texts), encoder.dimension))
    if found is not None:
        return found
    vectors = np.empty((len(texts), encoder.dimension), dtype=np.float32)
    for start in range(0, len(texts), _TEXT_BATCH):
        if token is not None:
            token.check()
        batch = texts[start : start + _TEXT_BATCH]
        vectors[start : start + len(batch)] = encoder.encode(batch)
        if progress is not None:
            progress(Progress("features", label, start + len(batch), len(texts)))
    if kept is not None:
        _keep(kept, vectors)
    return vectors


def _network_input(path: Path, size: int) -> NDArray[np.uint8]:
    prepared = prepare_file(path, input_size=size)
    if not isinstance(prepared, Prepared) or prepared.network_input is None:
        raise AssertionError("prepare_file was given no known hashes, and a size")
    return prepared.network_input


def _fingerprint(paths: Sequence[Path], encoder: VisualEncoder, view: View, seed: int) -> str:
    """Name a set of vectors by all that they depend on."""
    digest = hashlib.sha256(f"{encoder.key}|{view.__name__}|{seed}".encode())
    for path in paths:
        state = path.stat()
        digest.update(f"|{path.resolve()}|{state.st_size}|{state.st_mtime_ns}".encode())
    return digest.hexdigest()[:32]


def _kept(path: Path | None, shape: tuple[int, int]) -> NDArray[np.float32] | None:
    """Return what an earlier run kept, if it did."""
    if path is None or not path.is_file():
        return None
    vectors: NDArray[np.float32] = np.load(path, allow_pickle=False)
    return vectors if vectors.shape == shape else None


def _keep(path: Path, vectors: NDArray[np.float32]) -> None:
    part = path.with_suffix(".part.npy")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(part, vectors, allow_pickle=False)
        part.replace(path)
    except OSError as error:
        raise EnvironmentProblem(
            f"Vectors cannot be kept in {path.parent} ({error.strerror}).", "Free some space."
        ) from error
