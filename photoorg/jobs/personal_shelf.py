"""The personal model on disk: the newest and the one before, and which of them is used.

Each learning writes a generation of its own. A small pointer file, replaced in one step, says which
one is used, so that a crash leaves the old model or the new one, never half of one.
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import EnvironmentProblem, ModelFileProblem
from photoorg.core.ids import ModelKey
from photoorg.core.quality import (
    DEFAULT_TARGET,
    HIGHEST_TARGET,
    LOWEST_TARGET,
    Estimate,
    ReliabilityBin,
    TagTrust,
)
from photoorg.features.storage import Manifest, load_model, save_model
from photoorg.models.personal import KIND, PersonalModel
from photoorg.models.personal_quality import TagFigures

logger = logging.getLogger(__name__)

_POINTER = "current.json"
_KEPT = 2


@dataclass(frozen=True, slots=True)
class Generation:
    """One learning and what came of it.

    Attributes:
        number: from 1.
        model: what was learned.
        figures: of each of its tags.
        reliability: said against observed.
        held_out: photos that it was judged on.
        learned_at: ISO 8601.
        revision: of the catalog that it has seen.
        sight: digest of the model under it.
        waiting: for each tag, about how many photos would get it suggested.
        held_out_rows: the photos that were judged, int64 [n].
        held_out_probability: float16 [n, k] of them, each left out of what judges it.
    """

    number: int
    model: PersonalModel
    figures: tuple[TagFigures, ...]
    reliability: tuple[ReliabilityBin, ...]
    held_out: int
    learned_at: str
    revision: int
    sight: str
    waiting: tuple[int, ...]
    held_out_rows: NDArray[np.int64]
    held_out_probability: NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class _Pointer:
    current: int = 0
    before: int = 0
    newest: int = 0
    target: float = DEFAULT_TARGET


class PersonalShelf:
    """Keeps generations in a folder; safe to use from several threads.

    Args:
        folder: made when the first generation is kept.
        visual_key: what models must have been made for.
    """

    def __init__(self, folder: Path, visual_key: ModelKey) -> None:
        self._folder = folder
        self._visual_key = visual_key
        self._lock = threading.RLock()
        self._loaded: Generation | None = None
        self._stamp = 0

    @property
    def target(self) -> float:
        """The wanted precision of suggestions."""
        return self._read().target

    def set_target(self, target: float) -> None:
        """Remember the wanted precision.

        Raises:
            EnvironmentProblem: it cannot be written.
        """
        with self._lock:
            self._write(replace(self._read(), target=target))

    def current(self) -> Generation | None:
        """Return the generation in use, or None where there is none that can be used.

        It is read anew where another process has learned.
        """
        with self._lock:
            stamp = self._stamp_now()
            if stamp != self._stamp:
                self._stamp = stamp
                self._loaded = self._load(self._read().current)
            return self._loaded

    def keep(self, generation: Generation) -> Generation:
        """Write a generation and use it from now on; the one in use before stays to go back to.

        Returns:
            The generation with its number.

        Raises:
            EnvironmentProblem: it cannot be written; the one in use stays.
        """
        with self._lock:
            pointer = self._read()
            generation = replace(generation, number=max(pointer.newest, pointer.current) + 1)
            save_model(self._stem(generation.number), *_describe(generation, self._visual_key))
            self._write(
                replace(
                    pointer,
                    current=generation.number,
                    before=pointer.current,
                    newest=generation.number,
                )
            )
            self._loaded, self._stamp = generation, self._stamp_now()
            self._forget_others()
            return generation

    def go_back(self) -> bool:
        """Use the generation before; a second call returns to the newer one. False without one.

        Raises:
            EnvironmentProblem: it cannot be written.
        """
        with self._lock:
            pointer = self._read()
            if not pointer.before or self._load(pointer.before) is None:
                return False
            self._write(replace(pointer, current=pointer.before, before=pointer.current))
            return True

    def _stem(self, number: int) -> Path:
        return self._folder / f"learned-{number}"

    def _stamp_now(self) -> int:
        try:
            return (self._folder / _POINTER).stat().st_mtime_ns
        except OSError:
            return 0

    def _load(self, number: int) -> Generation | None:
        if not number:
            return None
        try:
            file = load_model(self._stem(number), kind=KIND, visual_key=self._visual_key)
            return _restore(number, PersonalModel.from_file(file), file.manifest, file.tensors)
        except (ModelFileProblem, EnvironmentProblem, KeyError, TypeError, ValueError) as problem:
            # It is learned anew from what the person said, which is in the catalog.
            logger.warning("what was learned cannot be used: %s", problem)
            return None

    def _read(self) -> _Pointer:
        try:
            found = json.loads((self._folder / _POINTER).read_text(encoding="utf-8"))
            return _Pointer(
                int(found["current"]),
                int(found["before"]),
                int(found["newest"]),
                min(max(float(found["target"]), LOWEST_TARGET), HIGHEST_TARGET),
            )
        except FileNotFoundError:
            return _Pointer()
        except (OSError, ValueError, KeyError, TypeError) as problem:
            logger.warning("the note on what was learned is damaged: %s", problem)
            return _Pointer(newest=self._highest())

    def _highest(self) -> int:
        """Return the highest number that is taken, so that none is written over."""
        taken = (path.stem.partition("-")[2] for path in self._folder.glob("learned-*.json"))
        return max((int(number) for number in taken if number.isdigit()), default=0)

    def _write(self, pointer: _Pointer) -> None:
        path = self._folder / _POINTER
        fresh = path.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(asdict(pointer)) + "\n", encoding="utf-8")
            fresh.replace(path)
        except OSError as error:
            raise EnvironmentProblem(
                f"{path} cannot be written ({error.strerror}).",
                "Free some space or mend the folder's permissions.",
            ) from error

    def _forget_others(self) -> None:
        """Delete generations that nobody can go back to."""
        pointer = self._read()
        kept = {self._stem(number).name for number in (pointer.current, pointer.before)}
        for path in self._folder.glob("learned-*"):
            if path.stem not in kept:
                path.unlink(missing_ok=True)


def _describe(
    generation: Generation, visual_key: ModelKey
) -> tuple[Manifest, dict[str, NDArray[Any]]]:
    manifest = Manifest(
        KIND,
        visual_key,
        ModelKey(""),
        config={
            **generation.model.config,
            "trust": [figures.trust.value for figures in generation.figures],
            "precision": [_listed(figures.precision) for figures in generation.figures],
            "recall": [_listed(figures.recall) for figures in generation.figures],
            "gain": [figures.gain for figures in generation.figures],
            "reliability": [
                [each.predicted, *_listed(each.observed), each.count]
                for each in generation.reliability
            ],
            "sight": generation.sight,
            "waiting": list(generation.waiting),
        },
        training={
            "held_out": generation.held_out,
            "learned_at": generation.learned_at,
            "revision": generation.revision,
        },
    )
    tensors = dict(generation.model.tensors())
    tensors["held_out.rows"] = generation.held_out_rows
    tensors["held_out.probability"] = generation.held_out_probability
    return manifest, tensors


def _restore(number: int, model: PersonalModel, manifest: Manifest, tensors: Any) -> Generation:
    config, training = manifest.config, manifest.training
    figures = tuple(
        TagFigures(TagTrust(trust), float(threshold), _estimate(p), _estimate(r), float(gain))
        for trust, threshold, p, r, gain in zip(
            config["trust"],
            model.thresholds.tolist(),
            config["precision"],
            config["recall"],
            config["gain"],
            strict=True,
        )
    )
    if len(figures) != len(model.names):
        raise ValueError("figures and tags differ in number")
    rows, probability = tensors["held_out.rows"], tensors["held_out.probability"]
    if probability.shape != (len(rows), len(model.names)):
        raise ValueError("held-out probabilities do not fit")
    return Generation(
        number=number,
        model=model,
        figures=figures,
        reliability=tuple(
            ReliabilityBin(float(each[0]), Estimate(*map(float, each[1:4])), int(each[4]))
            for each in config["reliability"]
        ),
        held_out=int(training["held_out"]),
        learned_at=str(training["learned_at"]),
        revision=int(training["revision"]),
        sight=str(config["sight"]),
        waiting=tuple(int(count) for _, count in zip(figures, config["waiting"], strict=True)),
        held_out_rows=rows,
        held_out_probability=probability,
    )


def _listed(estimate: Estimate | None) -> list[float]:
    return [] if estimate is None else [estimate.value, estimate.low, estimate.high]


def _estimate(listed: list[float]) -> Estimate | None:
    return Estimate(*map(float, listed)) if listed else None
