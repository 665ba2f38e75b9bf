"""The personal model on disk: the newest and the one before, and which of them is used.

Each learning writes a generation of its own. A small pointer file, replaced in one step, says which
one is used, so that a crash leaves the old model or the new one, never half of one.
"""

from __future__ import annotations

import json
import logging
import threading
import time
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
from photoorg.features.storage import (
    MANIFEST_SUFFIX,
    TENSORS_SUFFIX,
    Manifest,
    load_model,
    save_model,
    write_in_one_step,
)
from photoorg.models.personal import KIND, PersonalModel
from photoorg.models.personal_quality import TagFigures

logger = logging.getLogger(__name__)

_POINTER = "current.json"
_LARGEST_POINTER = 4096
_HIGHEST_NUMBER = 10**12
_PROBLEMS = (LookupError, TypeError, ValueError, ArithmeticError, RecursionError)
"""What reading a file raises that somebody wrote or cut."""

_WRITING_SECONDS = 60.0
"""How long a file that nobody points to may be one that another process still writes."""


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
        taught: digest of what it was learned from.
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
    taught: str
    sight: str
    waiting: tuple[int, ...]
    held_out_rows: NDArray[np.int64]
    held_out_probability: NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Seen:
    """Up to where what the person said was learned from, whichever generation is in use.

    Attributes:
        revision: of the catalog.
        digest: of what was said there.
    """

    revision: int = -1
    digest: str = ""


@dataclass(frozen=True, slots=True)
class _Pointer:
    current: int = 0
    before: int = 0
    newest: int = 0
    target: float = DEFAULT_TARGET
    seen: Seen = Seen()


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
        self._stamp: tuple[int, ...] = ()

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

    @property
    def seen(self) -> Seen:
        """Up to where what the person said was learned from."""
        return self._read().seen

    def set_seen(self, seen: Seen) -> None:
        """Remember that nothing new was said up to here.

        Raises:
            EnvironmentProblem: it cannot be written.
        """
        with self._lock:
            self._write(replace(self._read(), seen=seen))

    def current(self) -> Generation | None:
        """Return the generation in use, or None where there is none that can be used.

        It is read anew where another process has learned.
        """
        with self._lock:
            stamp = self._stamp_now()
            if stamp != self._stamp:
                self._stamp = stamp
                number = self._read().current
                if self._loaded is None or self._loaded.number != number:
                    self._loaded = self._load(number)
            return self._loaded

    def keep(self, generation: Generation) -> Generation:
        """Write a generation and use it from now on; the one in use before stays to go back to.

        Returns:
            The generation with its number.

        Raises:
            EnvironmentProblem: it cannot be written; the one in use stays.
        """
        with self._lock:
            generation = replace(generation, number=self._claim())
            stem = self._stem(generation.number)
            try:
                save_model(stem, *_describe(generation, self._visual_key))
                pointer = self._read()
                self._write(
                    replace(
                        pointer,
                        current=generation.number,
                        before=pointer.current,
                        newest=generation.number,
                        seen=Seen(generation.revision, generation.taught),
                    )
                )
            except EnvironmentProblem:
                _delete(stem.with_suffix(MANIFEST_SUFFIX), stem.with_suffix(TENSORS_SUFFIX))
                raise
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
            other = self._load(pointer.before)
            if other is None:
                return False
            self._write(replace(pointer, current=pointer.before, before=pointer.current))
            self._loaded, self._stamp = other, self._stamp_now()
            return True

    def _stem(self, number: int) -> Path:
        return self._folder / f"learned-{number}"

    def _claim(self) -> int:
        """Return a number that no generation has, and that no other process gets.

        Raises:
            EnvironmentProblem: the folder cannot be written.
        """
        number = max(self._read().newest, self._highest()) + 1
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            while True:
                try:
                    self._stem(number).with_suffix(MANIFEST_SUFFIX).touch(exist_ok=False)
                except FileExistsError:
                    number += 1
                else:
                    return number
        except OSError as error:
            raise _cannot_write(self._folder, error) from error

    def _stamp_now(self) -> tuple[int, ...]:
        """Return what changes whenever the pointer is replaced."""
        try:
            status = (self._folder / _POINTER).stat()
        except OSError:
            return ()
        return status.st_mtime_ns, status.st_ino, status.st_size

    def _load(self, number: int) -> Generation | None:
        if not number:
            return None
        try:
            file = load_model(self._stem(number), kind=KIND, visual_key=self._visual_key)
            return _restore(number, PersonalModel.from_file(file), file.manifest, file.tensors)
        except (*_PROBLEMS, ModelFileProblem, EnvironmentProblem) as problem:
            # It is learned anew from what the person said, which is in the catalog.
            logger.warning("what was learned cannot be used: %s", problem)
            return None

    def _read(self) -> _Pointer:
        try:
            with (self._folder / _POINTER).open("rb") as file:
                found = json.loads(file.read(_LARGEST_POINTER))
            return _Pointer(
                int(found["current"]),
                int(found["before"]),
                min(int(found["newest"]), _HIGHEST_NUMBER),
                _target(float(found["target"])),
                Seen(int(found["seen"]["revision"]), str(found["seen"]["digest"])),
            )
        except FileNotFoundError:
            return _Pointer()
        except (*_PROBLEMS, OSError) as problem:
            logger.warning("the note on what was learned is damaged: %s", problem)
            return _Pointer(newest=self._highest())

    def _highest(self) -> int:
        """Return the highest number that is taken, so that none is written over."""
        taken = (path.stem.partition("-")[2] for path in self._folder.glob("learned-*.json"))
        numbers = (int(name) for name in taken if name.isascii() and name.isdigit())
        return max((number for number in numbers if number <= _HIGHEST_NUMBER), default=0)

    def _write(self, pointer: _Pointer) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_in_one_step(
                self._folder / _POINTER, (json.dumps(asdict(pointer)) + "\n").encode()
            )
        except OSError as error:
            raise _cannot_write(self._folder, error) from error

    def _forget_others(self) -> None:
        """Delete generations that nobody can go back to; it is tried again the next time."""
        pointer = self._read()
        kept = {self._stem(number).name for number in (pointer.current, pointer.before)}
        for path in self._folder.glob("learned-*"):
            if path.name.partition(".")[0] not in kept and _age(path) > _WRITING_SECONDS:
                _delete(path)


def _target(target: float) -> float:
    return target if LOWEST_TARGET <= target <= HIGHEST_TARGET else DEFAULT_TARGET


def _age(path: Path) -> float:
    """Return for how many seconds a file has been as it is; 0 where it is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def _delete(*paths: Path) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("%s cannot be deleted: %s", path, error)


def _cannot_write(folder: Path, error: OSError) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"What was learned cannot be written to {folder} ({error.strerror}).",
        "Free some space or mend the folder's permissions.",
    )


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
            "taught": generation.taught,
        },
    )
    tensors = dict(generation.model.tensors())
    tensors["held_out.rows"] = generation.held_out_rows
    tensors["held_out.probability"] = generation.held_out_probability
    return manifest, tensors


def _restore(number: int, model: PersonalModel, manifest: Manifest, tensors: Any) -> Generation:
    config, training = manifest.config, manifest.training
    figures = tuple(
        TagFigures(TagTrust(trust), float(threshold), _estimate(p), _estimate(r), _share(gain))
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
    if rows.dtype != np.int64 or probability.dtype != np.float16:
        raise ValueError("held-out probabilities are not what they should be")
    if probability.shape != (len(rows), len(model.names)):
        raise ValueError("held-out probabilities do not fit")
    return Generation(
        number=number,
        model=model,
        figures=figures,
        reliability=tuple(
            ReliabilityBin(_share(each[0]), _judged(each[1:4]), int(each[4]))
            for each in config["reliability"]
        ),
        held_out=int(training["held_out"]),
        learned_at=str(training["learned_at"]),
        revision=int(training["revision"]),
        taught=str(training["taught"]),
        sight=str(config["sight"]),
        waiting=tuple(int(count) for _, count in zip(figures, config["waiting"], strict=True)),
        held_out_rows=rows,
        held_out_probability=probability,
    )


def _listed(estimate: Estimate | None) -> list[float]:
    return [] if estimate is None else [estimate.value, estimate.low, estimate.high]


def _estimate(listed: list[float]) -> Estimate | None:
    """Read an estimate, which a damaged file may not have as it should be.

    Raises:
        ValueError: it is no share within its bounds.
    """
    if not listed:
        return None
    value, low, high = map(float, listed)
    if not 0 <= low <= value <= high <= 1:
        raise ValueError("an estimate is no share")
    return Estimate(value, low, high)


def _judged(listed: list[float]) -> Estimate:
    estimate = _estimate(listed)
    if estimate is None:
        raise ValueError("an estimate is missing")
    return estimate


def _share(number: float) -> float:
    """Read a share.

    Raises:
        ValueError: it is none.
    """
    if not 0 <= float(number) <= 1:
        raise ValueError("a share lies outside of 0 and 1")
    return float(number)
