"""Visual vectors of photos on disk, for training and evaluation.

Photos go the way that indexing sends them (`prepare_file`: decoded, oriented, squashed to a
square), so a model meets in use exactly what it met in training.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import EnvironmentProblem
from photoorg.core.progress import CancelToken, Progress
from photoorg.media.prepare import Prepared, prepare_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from photoorg.features.text import TextEncoder
    from photoorg.features.visual import VisualEncoder

Pixels: TypeAlias = NDArray[np.uint8]
View: TypeAlias = Callable[[Pixels], Pixels]
ProgressListener: TypeAlias = Callable[[Progress], None]

_BATCH = 32
_TEXT_BATCH = 256


def whole(images: Pixels) -> Pixels:
    """Return photos [n, s, s, 3] as they are used."""
    return images


def mirrored(images: Pixels) -> Pixels:
    """Return photos [n, s, s, 3] with left and right exchanged."""
    return np.ascontiguousarray(images[:, :, ::-1])


def encode_photos(
    paths: Sequence[Path],
    encoder: VisualEncoder,
    *,
    view: View = whole,
    cache: Path | None = None,
    label: str = "Reading photos",
    progress: ProgressListener | None = None,
    token: CancelToken | None = None,
) -> NDArray[np.float32]:
    """Return the pooled vectors of photos, [photos, encoder.dimension].

    Args:
        paths: the photos.
        encoder: what computes the vectors.
        view: how each photo is looked at.
        cache: folder where vectors are kept and looked for; None for neither.
        label: what is going on, for a person.
        progress: hears of each batch.
        token: lets the caller stop.

    Raises:
        MediaProblem: a photo cannot be read.
        EnvironmentProblem: the cache cannot be written.
        Cancelled: the caller cancelled.
    """
    kept = cache / f"{_fingerprint(paths, encoder, view)}.npy" if cache else None
    found = _kept(kept, (len(paths), encoder.dimension))
    if found is not None:
        return found
    vectors = np.empty((len(paths), encoder.dimension), dtype=np.float32)
    done = 0
    for images in load_images(
        paths, encoder.input_size, label=label, progress=progress, token=token
    ):
        vectors[done : done + len(images)] = encoder.encode(view(images))
        done += len(images)
    if kept is not None:
        _keep(kept, vectors)
    return vectors


def load_images(
    paths: Sequence[Path],
    side: int,
    *,
    batch: int = _BATCH,
    label: str = "Reading photos",
    progress: ProgressListener | None = None,
    token: CancelToken | None = None,
) -> Iterator[Pixels]:
    """Yield the pixels of photos in their order, a batch in memory at a time.

    Args:
        paths: the photos.
        side: they are squashed to squares of this side, as an encoder gets them.
        batch: photos in one array.
        label: what is going on, for a person.
        progress: hears of each batch, once its user is done with it.
        token: lets the caller stop.

    Yields:
        uint8 [n, side, side, 3], RGB, n <= `batch`.

    Raises:
        MediaProblem: a photo cannot be read.
        Cancelled: the caller cancelled.
    """
    for start in range(0, len(paths), batch):
        if token is not None:
            token.check()
        images = np.stack([_network_input(path, side) for path in paths[start : start + batch]])
        yield images
        if progress is not None:
            progress(Progress("features", label, start + len(images), len(paths)))


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


def _network_input(path: Path, size: int) -> Pixels:
    prepared = prepare_file(path, input_size=size)
    if not isinstance(prepared, Prepared) or prepared.network_input is None:
        raise AssertionError("prepare_file was given no known hashes, and a size")
    return prepared.network_input


def _fingerprint(paths: Sequence[Path], encoder: VisualEncoder, view: View) -> str:
    """Name a set of vectors by all that they depend on."""
    digest = hashlib.sha256(f"{encoder.key}|{view.__name__}".encode())
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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A folder of its own: another run may be keeping the same vectors.
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            part = Path(scratch) / path.name
            np.save(part, vectors, allow_pickle=False)
            part.replace(path)
    except OSError as error:
        raise EnvironmentProblem(
            f"Vectors cannot be kept in {path.parent} ({error.strerror}).", "Free some space."
        ) from error
