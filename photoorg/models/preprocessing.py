"""What stands between stored vectors and a network: centring, standardising, whitening.

Every map that is fitted here gives rows of zero mean whose components have a variance of one, at
least on average, so zero is the best guess for what is missing. The stored vectors are never copied
as a whole: they are read in blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from photoorg.core.errors import ModelFileProblem, UsageProblem
from photoorg.features.storage import take_tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from photoorg.features.storage import ModelFile
    from photoorg.models.learned import Seen, Sides

Scaling: TypeAlias = Literal["centre", "standardise", "pca", "whiten"]
"""How vectors are brought to a network:

centre: the mean is taken off, and all is divided by one number; likeness stays as it is.
standardise: each column gets unit variance.
pca: as "centre", after turning to the principal components, of which only the first are kept.
whiten: as "pca", and each component gets unit variance.
"""

_LEAST_DEVIATION = 1e-6
_LEAST_VARIANCE_SHARE = 1e-6
_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Affine:
    """Subtracts an offset and multiplies: (x - offset) P^T for a matrix P, or x * P for a vector.

    Attributes:
        offset: float32 [d].
        factor: float32 [k, d] (a projection with orthogonal rows) or [d] (a scale); no row of it is
            zero.
    """

    offset: NDArray[np.float32]
    factor: NDArray[np.float32]

    @property
    def dimension(self) -> int:
        """Length of an output row."""
        return len(self.factor)

    def __call__(
        self, rows: NDArray[np.float32], among: NDArray[np.int64] | None = None
    ) -> NDArray[np.float32]:
        """Map rows [n, d], or some of them (`among`, int64 [m]), to [n or m, k]."""
        count = len(rows) if among is None else len(among)
        mapped = np.empty((count, self.dimension), dtype=np.float32)
        done = 0
        for block in _blocks(rows, among):
            centred = block - self.offset
            mapped[done : done + len(block)] = (
                centred * self.factor if self.factor.ndim == 1 else centred @ self.factor.T
            )
            done += len(block)
        return mapped

    def inverse(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map rows [n, k] back to [n, d]; what a projection dropped stays at the mean."""
        if self.factor.ndim == 1:
            back = rows / self.factor
        else:
            # Rows of the factor are orthogonal, so its pseudo-inverse is its scaled transpose.
            back = (rows / (self.factor**2).sum(axis=1)) @ self.factor
        return np.asarray(back + self.offset, dtype=np.float32)

    def tensors(self, name: str) -> dict[str, NDArray[np.float32]]:
        """Return the arrays to be stored under a name."""
        return {f"{name}.offset": self.offset, f"{name}.factor": self.factor}

    @classmethod
    def take(cls, file: ModelFile, name: str, dimension: int) -> Affine:
        """Read what `tensors` stored.

        Raises:
            ModelFileProblem: it is not there, has another shape, or cannot be inverted.
        """
        offset = take_tensor(file, f"{name}.offset", (dimension,))
        stored = file.tensors.get(f"{name}.factor")
        is_scale = stored is not None and stored.ndim == 1
        factor = take_tensor(
            file, f"{name}.factor", (dimension,) if is_scale else (None, dimension)
        )
        if not len(factor) or not factor.reshape(len(factor), -1).any(axis=1).all():
            raise ModelFileProblem(
                f"The {file.manifest.kind} model's part “{name}.factor” has rows of zeros."
            )
        return cls(offset, factor)


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """The maps of both modalities.

    Attributes:
        visual: of visual vectors.
        text: of text vectors.
    """

    visual: Affine
    text: Affine

    def inputs(self, seen: Seen) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return what a network sees, [n, k] each; what is missing is zero, the mean."""
        return (
            self.visual(seen.visual) * seen.has_visual[:, None],
            self.text(seen.text) * seen.has_text[:, None],
        )

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Return the arrays to be stored."""
        return {**self.visual.tensors("visual"), **self.text.tensors("text")}

    @classmethod
    def take(cls, file: ModelFile, sides: Sides) -> Preprocessing:
        """Read what `tensors` stored.

        Raises:
            ModelFileProblem: a part is not there or of another shape.
        """
        return cls(
            Affine.take(file, "visual", sides.visual_dimension),
            Affine.take(file, "text", sides.text_dimension),
        )


def fit_scaling(
    rows: NDArray[np.float32],
    scaling: Scaling,
    components: int,
    *,
    among: NDArray[np.int64] | None = None,
    floor: float = 0.0,
) -> Affine:
    """Fit one of the scalings to rows [n, d].

    Args:
        rows: float32 [n, d].
        scaling: which.
        components: most principal components for "pca" and "whiten".
        among: int64 [m], the rows to be fitted to; None for all.
        floor: regularises "whiten"; see there.

    Raises:
        UsageProblem: there are no rows, or there is no such scaling.
    """
    if scaling == "whiten":
        return whiten(rows, components, among=among, floor=floor)
    if scaling == "standardise":
        return standardise(rows, among=among)
    if scaling == "pca":
        mean, variances, vectors = _principal_components(rows, components, among)
        scale = _inverse_deviation(variances.mean())
        return Affine(mean.astype(np.float32), (vectors * scale).astype(np.float32))
    if scaling == "centre":
        mean, variances = _moments(rows, among)
        scale = np.full(rows.shape[1], _inverse_deviation(variances.mean()))
        return Affine(mean.astype(np.float32), scale.astype(np.float32))
    raise UsageProblem(f"There is no scaling called {scaling!r}.")


def standardise(rows: NDArray[np.float32], *, among: NDArray[np.int64] | None = None) -> Affine:
    """Fit zero mean and unit variance to rows [n, d]; a constant column stays at zero.

    Raises:
        UsageProblem: there are no rows.
    """
    mean, variances = _moments(rows, among)
    return Affine(mean.astype(np.float32), _inverse_deviation(variances).astype(np.float32))


def whiten(
    rows: NDArray[np.float32],
    dimension: int,
    *,
    among: NDArray[np.int64] | None = None,
    floor: float = 0.0,
) -> Affine:
    """Fit a PCA whitening of rows [n, d] to at most `dimension` components of unit variance.

    Components that hold no variance to speak of are left out, so fewer may remain: of n photos
    there are at most n - 1. At least one component is kept.

    With a floor the whitening is regularised: each component is divided by the root of its variance
    plus `floor` times the largest one, so that those of little variance, mostly noise, do not weigh
    as much as the others; the mean variance of the components is 1 then.

    Raises:
        UsageProblem: there are no rows, or no component is asked for.
    """
    mean, variances, vectors = _principal_components(rows, dimension, among)
    scale = _inverse_deviation(variances + floor * variances[0])
    if floor:
        scale /= max(np.sqrt((variances * scale**2).mean()), _LEAST_DEVIATION)
    return Affine(mean.astype(np.float32), (vectors * scale[:, None]).astype(np.float32))


def _principal_components(
    rows: NDArray[np.float32], most: int, among: NDArray[np.int64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return mean [d], variances [k] of the first components, and the components [k, d]."""
    if most < 1:
        raise UsageProblem("At least one principal component is needed.")
    mean, _ = _moments(rows, among)
    covariance = np.zeros((rows.shape[1], rows.shape[1]))
    count = 0
    for block in _blocks(rows, among):
        centred = block - mean
        covariance += centred.T @ centred
        count += len(block)
    variances, vectors = np.linalg.eigh(covariance / max(1, count - 1))
    variances, vectors = variances[::-1], vectors[:, ::-1]
    usable = int((variances > max(variances[0], 0) * _LEAST_VARIANCE_SHARE).sum())
    kept = max(1, min(most, usable))
    vectors = vectors[:, :kept]
    # The sign of an eigenvector is the library's whim; fix it, so that training is reproducible.
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(kept)])
    return mean, variances[:kept], np.ascontiguousarray((vectors * signs).T)


def _inverse_deviation(variances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / sqrt(variance), and 1 for what is constant: it is zero already, once centred."""
    deviation = np.sqrt(np.maximum(variances, 0))
    return np.where(deviation > _LEAST_DEVIATION, 1 / np.maximum(deviation, _LEAST_DEVIATION), 1.0)


def _moments(
    rows: NDArray[np.float32], among: NDArray[np.int64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean [d] and variance [d] of each column.

    Raises:
        UsageProblem: there are no rows.
    """
    count = len(rows) if among is None else len(among)
    if not count:
        raise UsageProblem("There are no photos to learn from.", "Add a folder of photos.")
    mean = np.zeros(rows.shape[1])
    for block in _blocks(rows, among):
        mean += block.sum(axis=0, dtype=np.float64)
    mean /= count
    variance = np.zeros(rows.shape[1])
    for block in _blocks(rows, among):
        variance += ((block - mean) ** 2).sum(axis=0)
    return mean, variance / count


def _blocks(
    rows: NDArray[np.float32], among: NDArray[np.int64] | None
) -> Iterator[NDArray[np.float32]]:
    """Yield some rows, few at a time."""
    for start in range(0, len(rows) if among is None else len(among), _BLOCK):
        part = slice(start, start + _BLOCK)
        yield rows[part] if among is None else rows[among[part]]
