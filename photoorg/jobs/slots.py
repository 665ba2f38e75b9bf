"""A scratch file of network inputs, shared by the processes without copying through pipes.

A decoder writes a photo's pixels into a slot, the encoder reads them there; the window's process
only hands slot numbers around, so a long look-ahead costs it no memory. The number of slots is
the look-ahead, and running out of them is what holds fast decoders back.
"""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import EnvironmentProblem
from photoorg.jobs.leftovers import process_exists


@dataclass(frozen=True, slots=True)
class SlotLayout:
    """Where the scratch file lies and how it is divided.

    Attributes:
        count: number of slots.
        side: inputs are uint8 [side, side, 3] RGB.
    """

    path: Path
    count: int
    side: int

    def open(self) -> NDArray[np.uint8]:
        """Map the file: uint8 [count, side, side, 3], shared with every other process."""
        shape = (self.count, self.side, self.side, 3)
        return np.memmap(self.path, dtype=np.uint8, mode="r+", shape=shape)


class SlotPool:
    """The owner of a scratch file: creates it, lends its slots, deletes it."""

    def __init__(self, folder: Path, *, count: int, side: int) -> None:
        """Create the scratch file, sparse, so that only slots in use take room on the disk.

        Raises:
            EnvironmentProblem: the folder cannot be written.
        """
        self.layout = SlotLayout(folder / f"inputs-{os.getpid()}-{id(self):x}", count, side)
        self._free = list(range(count))
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            remove_orphans(folder)
            with self.layout.path.open("wb") as scratch:
                scratch.truncate(count * side * side * 3)
        except OSError as error:
            raise EnvironmentProblem(
                f"Work files cannot be written to {folder} ({error.strerror}).",
                "Make room on the disk, or choose another catalog folder.",
            ) from error

    def take(self, *, reserve: int = 0) -> int | None:
        """Lend a slot, or return None where no more than `reserve` are left."""
        with self._lock:
            return self._free.pop() if len(self._free) > reserve else None

    def give_back(self, slot: int) -> None:
        with self._lock:
            self._free.append(slot)

    def close(self) -> None:
        # Windows refuses to delete what a worker still maps; the next start removes it.
        with contextlib.suppress(OSError):
            self.layout.path.unlink(missing_ok=True)


def remove_orphans(folder: Path) -> None:
    """Delete scratch files whose process is gone."""
    for leftover in folder.glob("inputs-*"):
        owner = leftover.name.split("-")[1]
        if owner.isdigit() and not process_exists(int(owner)):
            with contextlib.suppress(OSError):
                leftover.unlink()
