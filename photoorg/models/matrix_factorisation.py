"""Matrix factorisation by autoencoders (paper 003, figure 3), over image and text representations.

The rows of both matrices are the photos; their columns, whose attributes are the photos, are
entities of their own, each matrix's with an autoencoder of its own. No product of photos with
photos is ever built: the largest weights are [factors, photos], four of them, which for 100,000
photos take 80 MB, three times that with the optimiser's moments. They serve the training only; what
is kept of them are the column factors, [columns, factors].
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.features.storage import take_tensor
from photoorg.models.arrays import Activation, Array, concatenate
from photoorg.models.feed_forward import feed_forward, initial_layers, take_layers
from photoorg.models.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import torch

    from photoorg.features.storage import ModelFile
    from photoorg.models.learned import Floats
    from photoorg.models.schedule import Run

VISUAL, TEXT = "visual", "text"
"""Names of both matrices, and of the autoencoders of their columns."""

PAPER_SCHEDULE = Schedule(epochs=160, batch=50, learning_rate=1e-4, patience=3, tolerance=1e-4)
"""Section 6.2: batches of 50, learning rate 1e-4, convergence criterion 1e-4, 160 epochs. The
optimiser is not named; here it is Adam."""

PAPER_PHOTOS = 4000
"""Photos that the paper trained on (section 5). An epoch here draws so many, with replacement, so
that few photos are learned from as long as many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorisationConfig:
    """Hyperparameters, by default those of paper 003, section 6.2.

    Attributes:
        factors: length of a representation.
        activation: of the encoders. The paper does not name it.
        text_removal: share of the photos in a batch whose text the row encoder is not shown,
            although it has to reconstruct it, so that photos without tags can be placed. The paper
            has no such photos, and no removal.
        schedule: how it is optimised.
    """

    factors: int = 50
    activation: Activation = "tanh"
    text_removal: float = 0.0
    schedule: Schedule = field(default_factory=lambda: PAPER_SCHEDULE)

    def __post_init__(self) -> None:
        if not 0 < self.factors <= 4096:
            raise UsageProblem("The number of factors must lie between 1 and 4096.")
        if not 0 <= self.text_removal <= 1:
            raise UsageProblem("The share of texts to remove must lie between 0 and 1.")


def factorise(
    v: Floats,
    t: Floats,
    split: int,
    config: FactorisationConfig,
    run: Run,
    fingerprint: str,
    measure: Callable[[Mapping[str, Floats]], Mapping[str, float]],
) -> dict[str, Floats]:
    """Train all autoencoders together.

    Args:
        v: float32 [n, k], image representations of zero mean.
        t: float32 [n, l], text representations of zero mean.
        split: so many of the first rows are trained on; the others are held out.
        config: hyperparameters.
        run: seed and so on.
        fingerprint: of the training; see `training.optimise`.
        measure: held-out figures, given what is returned, but for the visual columns.

    Returns:
        "rows.encoder.*", "rows.decoder.*", and the column factors "visual.columns" [k, factors] and
        "text.columns" [l, factors].
    """
    import torch

    from photoorg.models.training import as_arrays, optimise, trainable

    rows = {VISUAL: torch.from_numpy(v), TEXT: torch.from_numpy(t)}
    trained = {name: matrix[:split] for name, matrix in rows.items()}
    parameters = trainable(initial_factors(v.shape[1], t.shape[1], split, config, run.seed))

    def held_out_loss() -> Mapping[str, float]:
        units = encode_rows(parameters, rows[VISUAL][split:], rows[TEXT][split:], config)
        output = feed_forward(parameters, "rows.decoder", units)
        total = mean_square(output, torch.cat([rows[VISUAL][split:], rows[TEXT][split:]], dim=1))
        for name, matrix in rows.items():
            codes = encode_columns(parameters, name, trained[name].T, config)
            total += mean_square(units @ codes.T, matrix[split:])
        return {"loss": float(total)}

    def learned(*names: str) -> dict[str, Floats]:
        """Return the row autoencoder, and the column factors of some matrices."""
        kept = {name: leaf for name, leaf in parameters.items() if name.startswith("rows.")}
        with torch.no_grad():
            columns = {
                f"{name}.columns": encode_columns(parameters, name, trained[name].T, config).numpy()
                for name in names
            }
        return {**as_arrays(kept), **columns}

    optimise(
        parameters,
        lambda chosen, generator: factorisation_loss(
            parameters, trained, draw_rows(split, len(chosen), generator), config, generator
        ),
        np.arange(PAPER_PHOTOS),
        config.schedule,
        run,
        validate=held_out_loss if split < len(v) else None,
        measure=lambda: measure(learned(TEXT)),
        fingerprint=fingerprint,
    )
    return learned(VISUAL, TEXT)


def factorisation_loss(
    parameters: Mapping[str, torch.Tensor],
    matrices: Mapping[str, torch.Tensor],
    rows: torch.Tensor,
    config: FactorisationConfig,
    generator: torch.Generator,
) -> torch.Tensor:
    """Return the sum of five mean squared errors, for a batch of rows and one of columns.

    That of the rows' autoencoder; and for each matrix X that of its columns' autoencoder, and of
    U C^T against X. As in section 3.1 the columns come in batches, too: one batch of each matrix is
    drawn in each step, so large that an epoch goes over all columns about once.

    Args:
        parameters: see `initial_factors`.
        matrices: "visual" [m, k] and "text" [m, l].
        rows: int64 [b].
        config: hyperparameters.
        generator: draws the columns and what is removed.
    """
    import torch

    v, t = matrices[VISUAL][rows], matrices[TEXT][rows]
    shown = torch.rand(len(rows), 1, generator=generator) >= config.text_removal
    units = encode_rows(parameters, v, t * shown, config)
    total = mean_square(feed_forward(parameters, "rows.decoder", units), torch.cat([v, t], dim=1))
    for name, matrix in matrices.items():
        block = draw_block(matrix.shape[1], PAPER_PHOTOS // config.schedule.batch, generator)
        attributes = matrix[:, block].T.contiguous()
        codes = encode_columns(parameters, name, attributes, config)
        total = total + mean_square(feed_forward(parameters, f"{name}.decoder", codes), attributes)
        total = total + mean_square(units @ codes.T, matrix[rows][:, block])
    return total


def encode_rows(
    parameters: Mapping[str, Array], v: Array, t: Array, config: FactorisationConfig
) -> Array:
    """Return the row factors U [b, factors] of photos v [b, k], t [b, l]."""
    x = concatenate([v, t])
    return feed_forward(parameters, "rows.encoder", x, last=config.activation)


def encode_columns(
    parameters: Mapping[str, Array], name: str, attributes: Array, config: FactorisationConfig
) -> Array:
    """Return the factors [c, factors] of columns of a matrix, given as rows [c, photos]."""
    return feed_forward(parameters, f"{name}.encoder", attributes, last=config.activation)


def draw_rows(photos: int, count: int, generator: torch.Generator) -> torch.Tensor:
    """Draw some of the rows, with replacement: int64 [count]."""
    import torch

    return torch.randint(photos, (count,), generator=generator)


def draw_block(columns: int, blocks: int, generator: torch.Generator) -> slice:
    """Draw one of the blocks that columns [0, n) fall into; contiguous, so reading it is quick."""
    import torch

    size = -(-columns // max(1, blocks))
    start = int(torch.randint(-(-columns // size), (1,), generator=generator)) * size
    return slice(start, start + size)


def mean_square(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the mean over all cells of the squared error."""
    return ((output - target) ** 2).mean()


def initial_factors(
    visual: int, text: int, photos: int, config: FactorisationConfig, seed: int
) -> dict[str, Floats]:
    """Draw the tensors of the three autoencoders.

    Args:
        visual: columns of the visual matrix.
        text: columns of the text matrix.
        photos: rows of both.
        config: hyperparameters.
        seed: of the draw.
    """
    rng = np.random.default_rng(seed)
    inputs, f = visual + text, config.factors
    tensors = {
        **initial_layers(rng, "rows.encoder", (inputs, f)),
        **initial_layers(rng, "rows.decoder", (f, inputs)),
    }
    for name in (VISUAL, TEXT):
        tensors |= initial_layers(rng, f"{name}.encoder", (photos, f))
        tensors |= initial_layers(rng, f"{name}.decoder", (f, photos))
    return tensors


def take_factors(
    file: ModelFile, columns: Mapping[str, int], config: FactorisationConfig
) -> dict[str, Floats]:
    """Read what `factorise` returned.

    Args:
        file: what was read.
        columns: of each matrix.
        config: hyperparameters.

    Raises:
        ModelFileProblem: a tensor is missing or has another shape.
    """
    inputs, f = sum(columns.values()), config.factors
    return {
        **take_layers(file, "rows.encoder", (inputs, f)),
        **take_layers(file, "rows.decoder", (f, inputs)),
        **{
            f"{name}.columns": take_tensor(file, f"{name}.columns", (count, f))
            for name, count in columns.items()
        },
    }
