"""The learner's side of the work: photos' pixels in, a visual encoder's file out."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import EnvironmentProblem
from photoorg.features.registry import learn_visual
from photoorg.jobs.messages import AskLearning, LearnerConfig, LearningState, LearnSlots

_BATCH = 64


class Learner:
    """Learns one visual encoder on a thread of its own, so that it can tell how far it is.

    Who gives up on it ends the process; the encoder's file is written whole or not at all.
    """

    description = "learner"

    def __init__(self, config: LearnerConfig) -> None:
        self._config = config
        self._slots = config.slots.open()
        self._thread: threading.Thread | None = None
        self._error: Exception | None = None
        self._done, self._total = 0, 0

    def __call__(self, request: LearnSlots | AskLearning) -> LearningState:
        """Begin to learn, or say how far it is.

        Raises:
            PhotoorgError: learning failed; the reason is that of `learn_visual`.
            EnvironmentProblem: nothing is being learned, as the process that did so was lost.
        """
        if isinstance(request, LearnSlots):
            self._thread = threading.Thread(target=self._learn, args=(request,), daemon=True)
            self._thread.start()
        if self._thread is None:
            raise EnvironmentProblem(
                "The process that learned visual features ended.",
                "Close other programs; try again.",
            )
        finished = not self._thread.is_alive()
        if finished and self._error is not None:
            raise self._error
        return LearningState(self._done, self._total, finished)

    def _learn(self, request: LearnSlots) -> None:
        config = self._config
        try:
            learn_visual(
                config.features,
                self._batches(request.slots),
                config.folder,
                seed=request.seed,
                on_step=self._hear,
                device=config.device,
            )
        except Exception as error:  # noqa: BLE001 - raised where the next question is answered
            self._error = error

    def _batches(self, slots: tuple[int, ...]) -> Iterator[NDArray[np.uint8]]:
        for start in range(0, len(slots), _BATCH):
            yield self._slots[list(slots[start : start + _BATCH])]

    def _hear(self, done: int, total: int) -> None:
        self._done, self._total = done, total
