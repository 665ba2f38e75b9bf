"""The scratch file through which pixels pass between processes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from photoorg.core.errors import EnvironmentProblem
from photoorg.jobs.slots import SlotPool


def test_what_one_mapping_writes_another_reads(tmp_path: Path) -> None:
    pool = SlotPool(tmp_path, count=3, side=4)
    written = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    pool.layout.open()[2] = written
    np.testing.assert_array_equal(pool.layout.open()[2], written)
    pool.close()
    assert list(tmp_path.iterdir()) == []


def test_slots_run_out_and_come_back(tmp_path: Path) -> None:
    pool = SlotPool(tmp_path, count=3, side=2)
    lent = [pool.take(reserve=1), pool.take(reserve=1)]
    assert None not in lent
    assert pool.take(reserve=1) is None
    last = pool.take()
    assert {*lent, last} == {0, 1, 2}
    assert pool.take() is None
    pool.give_back(1)
    assert pool.take() == 1


def test_leftovers_of_dead_processes_are_removed_and_those_of_living_ones_kept(
    tmp_path: Path,
) -> None:
    dead = os.fork() if hasattr(os, "fork") else None
    if dead is None:
        pytest.skip("needs fork")
    if dead == 0:
        os._exit(0)
    os.waitpid(dead, 0)
    (tmp_path / f"inputs-{dead}-1").write_bytes(b"left over")
    mine = tmp_path / f"inputs-{os.getpid()}-1"
    mine.write_bytes(b"in use")
    pool = SlotPool(tmp_path, count=1, side=1)
    assert {path.name for path in tmp_path.iterdir()} == {mine.name, pool.layout.path.name}


def test_scratch_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EnvironmentProblem, match="cannot be written"):
        SlotPool(tmp_path / "file", count=1, side=1)
