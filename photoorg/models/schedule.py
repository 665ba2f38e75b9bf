"""How a model is optimised, and under what circumstances. Needs no torch; `training` does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from photoorg.core.errors import UsageProblem
from photoorg.core.modelling import EpochReport
from photoorg.core.progress import CancelToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How a model is optimised.

    Attributes:
        epochs: at most so many passes over the training photos.
        batch: photos in a step.
        optimiser: which rule updates the weights.
        learning_rate: step length.
        momentum: of "sgd".
        decay_every: epochs after which the learning rate is multiplied by `decay`; 0 for never.
        decay: factor of the learning rate.
        patience: epochs without a better held-out loss before training stops; 0 for no stop.
        tolerance: a loss counts as better only if it is lower by more than this.
    """

    epochs: int = 100
    batch: int = 128
    optimiser: Literal["adam", "sgd"] = "adam"
    learning_rate: float = 1e-3
    momentum: float = 0.9
    decay_every: int = 0
    decay: float = 0.1
    patience: int = 10
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch < 1 or not self.learning_rate > 0:
            raise UsageProblem("Epochs, batch and learning rate must be above 0.")
        if not (0 <= self.momentum < 1 and self.decay_every >= 0 and self.decay > 0):
            raise UsageProblem("Momentum must be below 1, and the decay above 0.")
        if self.patience < 0 or not self.tolerance >= 0:
            raise UsageProblem("Patience and tolerance must not be below 0.")
        if self.optimiser not in ("adam", "sgd"):
            raise UsageProblem(f"There is no optimiser called {self.optimiser!r}.")


@dataclass(frozen=True, slots=True)
class Run:
    """Under what circumstances a training happens.

    Attributes:
        seed: of all that is drawn at random.
        token: lets the caller stop; the state is then kept in `checkpoint`.
        on_epoch: hears of each pass.
        checkpoint: path without ending of the files that keep an unfinished training; None keeps
            nothing. They are deleted when the training has ended.
        past: passes of the parts before this one, where a model is learned in parts; its own are
            counted on from them.
        following: at most so many passes of the parts after this one.
        lasting: whether the checkpoint stays when this part has ended, for the whole to be taken up
            behind it; whoever began the parts deletes it.
    """

    seed: int = 0
    token: CancelToken | None = None
    on_epoch: Callable[[EpochReport], None] | None = None
    checkpoint: Path | None = None
    past: tuple[EpochReport, ...] = ()
    following: int = 0
    lasting: bool = False

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise UsageProblem("The seed must not be below 0.")

    def check(self) -> None:
        """Wait while paused.

        Raises:
            Cancelled: through the token.
        """
        if self.token is not None:
            self.token.check()

    def part(
        self,
        name: str,
        *,
        past: tuple[EpochReport, ...] = (),
        following: int = 0,
    ) -> Run:
        """Return the circumstances of one of several trainings that a model consists of.

        Args:
            name: of the part.
            past: passes of the parts before it.
            following: at most so many passes come after it. All but the last part have some.
        """
        checkpoint = self.checkpoint
        if checkpoint is not None:
            checkpoint = checkpoint.with_name(f"{checkpoint.name}-{name}")
        return replace(
            self, checkpoint=checkpoint, past=past, following=following, lasting=following > 0
        )
