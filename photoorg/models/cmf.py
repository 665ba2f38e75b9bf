"""Collective matrix factorisation: one set of factors explains the photos' two matrices.

A. Singh and G. Gordon, "Relational learning via collective matrix factorization", KDD 2008, with
squared loss and the identity as link function; the strongest baseline of paper 003 (table 1).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import ModelFileProblem, UsageProblem
from photoorg.core.modelling import EpochReport
from photoorg.features.storage import take_tensor
from photoorg.models.base import Observations, unit_rows
from photoorg.models.learned import Floats, LearnedModel, Sides
from photoorg.models.preprocessing import Affine, Preprocessing, standardise
from photoorg.models.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from photoorg.features.storage import ModelFile
    from photoorg.models.schedule import Run
    from photoorg.models.training_data import TrainingData

Real = TypeVar("Real", np.float32, np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class CmfConfig:
    """Hyperparameters.

    Attributes:
        factors: length of a representation; 50 in paper 003, section 5.
        text_weight: alpha in [0, 1], how much the text matrix counts; the visual one counts
            1 - alpha. Both are standardised and weighted per cell, so that the number of columns
            of a matrix does not matter; the mean weight of a cell is 1 at alpha = 1/2.
        penalty: on the squared norms of all factors, in units of the largest singular value that
            noise alone has: lambda = penalty * (sqrt(training photos) + sqrt(columns)).
        iterations: at most so many rounds of alternating least squares.
        tolerance: a round that lowers the loss by a smaller share than this is the last; 1e-4 is
            the convergence criterion of paper 003, section 6.2.
    """

    factors: int = 50
    text_weight: float = 0.5
    penalty: float = 1.0
    iterations: int = 50
    tolerance: float = 1e-4

    def __post_init__(self) -> None:
        if not 0 < self.factors <= 4096 or self.iterations < 1:
            raise UsageProblem("Factors and iterations must be above 0.")
        if not 0 <= self.text_weight <= 1 or not self.penalty > 0:
            raise UsageProblem("The text's weight must lie between 0 and 1, the penalty above 0.")


class Matrix(NamedTuple):
    """One of the matrices to be factorised together.

    Attributes:
        cells: [m, columns]; rows that are not known are zero.
        known: bool [m].
        weight: of a cell.
    """

    cells: NDArray[np.floating[Any]]
    known: NDArray[np.bool_]
    weight: float


class CollectiveMatrixFactorisation(LearnedModel[CmfConfig]):
    """Factorises standardised visual and text vectors with common row factors.

        X_v ~ U V^T,   X_t ~ U T^T        U [m, f], V [visual dimension, f], T [text dimension, f]
        loss = w_v |X_v - U V^T|^2 + w_t |X_t - U T^T|^2 + lambda (|U|^2 + |V|^2 + |T|^2)

    by alternating least squares, each step in closed form. Rows of X_t that are missing are left
    out of the sum, so photos without tags take part in the training. Another photo is folded in:
    its row factor is the least-squares solution for what is known of it, with V and T held fixed.
    """

    kind: ClassVar[str] = "cmf"
    config_type: ClassVar[type[Any]] = CmfConfig

    def __init__(self, config: CmfConfig, sides: Sides, tensors: Mapping[str, Floats]) -> None:
        super().__init__(config, sides, tensors)
        self._scaling = Preprocessing(
            Affine(tensors["visual.offset"], tensors["visual.factor"]),
            Affine(tensors["text.offset"], tensors["text.factor"]),
        )
        self._columns = [tensors["visual.columns"], tensors["text.columns"]]

    @property
    def dimension(self) -> int:
        return int(self._columns[0].shape[1])

    @classmethod
    def fit(cls, data: TrainingData, config: CmfConfig, run: Run) -> Self:
        rows = np.flatnonzero(~data.validation)
        said = data.has_text[rows]
        if not said.any():
            raise UsageProblem("There are no photos to learn from.")
        scaling = Preprocessing(
            standardise(data.visual, among=rows), standardise(data.text_rows, among=rows[said])
        )
        matrices = weighted(
            scaling.visual(data.visual, rows),
            np.ones(len(rows), dtype=np.bool_),
            scaling.text(data.text_rows, rows) * said[:, None],
            said,
            config,
        )
        cells = sum(each.cells.shape[1] for each in matrices)
        penalty = config.penalty * float(np.sqrt(len(rows)) + np.sqrt(cells))
        # More factors than photos or columns would only be noise from the start values.
        factors = min(config.factors, len(rows), cells)
        columns = [
            np.random.default_rng((run.seed, place))
            .normal(0, 1 / np.sqrt(factors), (each.cells.shape[1], factors))
            .astype(np.float32)
            for place, each in enumerate(matrices)
        ]
        watch, held_out = Watch(data), data.validation_rows
        everything = np.ones(len(held_out), dtype=np.bool_)
        others = weighted(
            scaling.visual(data.visual, held_out),
            everything,
            scaling.text(data.text_rows, held_out),
            everything,
            config,
        )

        def tensors() -> dict[str, Floats]:
            return {
                **scaling.tensors(),
                "visual.columns": columns[0],
                "text.columns": columns[1],
                "penalty": np.array([penalty], dtype=np.float32),
            }

        def figures() -> Mapping[str, float]:
            if not len(held_out):
                return {}
            loss = folded_loss(others, columns, penalty, len(rows))
            return {"loss": loss, **watch.figures(cls(config, Sides.of(data), tensors()))}

        begun, before = time.monotonic(), float("inf")
        for iteration in range(1, config.iterations + 1):
            run.check()
            units = solve_rows(matrices, columns, penalty)
            columns = [solve_columns(each, units, penalty) for each in matrices]
            loss = collective_loss(matrices, units, columns, penalty)
            if run.on_epoch is not None:
                measured, seconds = figures(), time.monotonic() - begun
                run.on_epoch(
                    EpochReport(iteration, config.iterations, loss / len(rows), measured, seconds)
                )
            if before - loss < config.tolerance * loss:
                break
            before = loss
        return cls(config, Sides.of(data), tensors())

    @classmethod
    def from_file(cls, config: CmfConfig, sides: Sides, file: ModelFile) -> Self:
        columns = take_tensor(file, "visual.columns", (sides.visual_dimension, None))
        shape = (sides.text_dimension, columns.shape[1])
        tensors = {
            **Preprocessing.take(file, sides).tensors(),
            "visual.columns": columns,
            "text.columns": take_tensor(file, "text.columns", shape),
            "penalty": take_tensor(file, "penalty", (1,)),
        }
        if not tensors["penalty"][0] > 0:
            raise ModelFileProblem("The cmf model's penalty is not above 0.")
        return cls(config, sides, tensors)

    def embed_joint(self, seen: Observations) -> Floats:
        return unit_rows(self.features(seen))

    def features(self, seen: Observations) -> Floats:
        """Return row factors [n, f] as they are; zero where nothing is known."""
        known = self.complete(seen)
        v, t = self._scaling.inputs(known)
        matrices = weighted(v, known.has_visual, t, known.has_text, self.config)
        return solve_rows(matrices, self._columns, float(self.tensors["penalty"][0]))

    def translate_image_to_text(self, visual: Floats) -> Floats:
        """Return U T^T of photos folded in without their tags, [n, text dimension]."""
        units = self.features(Observations(visual=visual))
        return self._scaling.text.inverse(units @ self._columns[1].T)

    def translate_text_to_image(self, text: Floats) -> Floats:
        """Return U V^T of tags folded in without a photo, [n, visual dimension]."""
        units = self.features(Observations(text=text))
        return self._scaling.visual.inverse(units @ self._columns[0].T)


def weighted(
    visual: Floats,
    has_visual: NDArray[np.bool_],
    text: Floats,
    has_text: NDArray[np.bool_],
    config: CmfConfig,
) -> list[Matrix]:
    """Return both matrices with the weights of their cells."""
    cells = visual.shape[1] + text.shape[1]
    return [
        Matrix(visual, has_visual, (1 - config.text_weight) * cells / visual.shape[1]),
        Matrix(text, has_text, config.text_weight * cells / text.shape[1]),
    ]


def solve_rows(
    matrices: list[Matrix], columns: list[NDArray[Real]], penalty: float
) -> NDArray[Real]:
    """Return the row factors U [m, f] that minimise the loss for given column factors.

        u = (sum w x C) (sum w C^T C + lambda I)^-1, the sums over the matrices that know the row

    Rows that are known to the same matrices share the inverse, so it is computed at most four
    times.
    """
    m, f = len(matrices[0].cells), columns[0].shape[1]
    units = np.zeros((m, f), dtype=columns[0].dtype)
    patterns = np.stack([each.known for each in matrices], axis=1)
    for pattern in np.unique(patterns, axis=0):
        rows = np.flatnonzero((patterns == pattern).all(axis=1))
        inverse = penalty * np.eye(f)
        right = np.zeros((len(rows), f))
        for has, each, factor in zip(pattern, matrices, columns, strict=True):
            if has:
                whole = len(rows) == m  # spares a copy of the matrix
                cells = each.cells if whole else each.cells[rows]
                inverse += each.weight * (factor.T @ factor)
                right += each.weight * (cells @ factor)
        units[rows] = np.linalg.solve(inverse, right.T).T
    return units


def solve_columns(matrix: Matrix, units: NDArray[Real], penalty: float) -> NDArray[Real]:
    """Return the column factors C [columns, f] that minimise the loss for given row factors.

    C = (w X^T U) (w U^T U + lambda I)^-1 over the rows that are known.
    """
    if matrix.known.all():
        known, cells = units, matrix.cells
    else:
        known, cells = units[matrix.known], matrix.cells[matrix.known]
    left = matrix.weight * (known.T @ known).astype(np.float64) + penalty * np.eye(units.shape[1])
    right = matrix.weight * (cells.T @ known)
    return np.linalg.solve(left, right.T).T.astype(units.dtype)


def collective_loss(
    matrices: list[Matrix],
    units: NDArray[Real],
    columns: list[NDArray[Real]],
    penalty: float,
) -> float:
    """Return the objective, without ever building a product U C^T as large as its matrix.

    |X - U C^T|^2 = |X|^2 - 2 <X^T U, C> + <U^T U, C^T C>
    """
    total = penalty * float((units.astype(np.float64) ** 2).sum())
    for each, factor in zip(matrices, columns, strict=True):
        known = units if each.known.all() else units * each.known[:, None]
        squares = float(np.einsum("ij,ij->", each.cells, each.cells, dtype=np.float64))
        cross = float(((each.cells.T @ known).astype(np.float64) * factor).sum())
        gram = (known.T @ known).astype(np.float64) * (factor.T @ factor)
        total += each.weight * (squares - 2 * cross + float(gram.sum()))
        total += penalty * float((factor.astype(np.float64) ** 2).sum())
    return total


def folded_loss(
    matrices: list[Matrix], columns: list[NDArray[Real]], penalty: float, trained: int
) -> float:
    """Return the objective for other photos, folded in; of one photo, as if all were like them.

    Args:
        matrices: of these photos, at least one.
        columns: the column factors, which are held fixed.
        penalty: lambda.
        trained: photos that the column factors were learned from and whose penalty they share.
    """
    units = solve_rows(matrices, columns, penalty)
    shared = penalty * sum(float((each.astype(np.float64) ** 2).sum()) for each in columns)
    alone = collective_loss(matrices, units, columns, penalty) - shared
    return alone / len(units) + shared / trained
