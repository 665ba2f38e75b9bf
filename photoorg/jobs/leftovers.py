"""Files and folders that belong to a running process, and what is left when it was killed."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from photoorg.core.errors import EnvironmentProblem


@contextmanager
def working_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Give an empty folder that is deleted afterwards, unless it was moved away.

    Folders of the same prefix whose process is gone are deleted first.

    Raises:
        EnvironmentProblem: it cannot be made.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(parent, prefix)
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=f"{prefix}-{os.getpid()}-"))
        folder.chmod(0o755)
    except OSError as error:
        raise EnvironmentProblem(
            f"Work files cannot be written to {parent} ({error.strerror}).",
            "Make room on the disk, or choose another catalog folder.",
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers(parent: Path, prefix: str) -> None:
    """Delete the folders of this prefix whose process is gone."""
    for leftover in parent.glob(f"{prefix}-*-*"):
        owner = leftover.name.removeprefix(f"{prefix}-").partition("-")[0]
        if owner.isdecimal() and not process_exists(int(owner)):
            shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def only_one(path: Path) -> Iterator[bool]:
    """Hold a lock that one process at a time can have; it ends with the process.

    Yields:
        Whether it was to be had.

    Raises:
        EnvironmentProblem: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+b")
    except OSError as error:
        raise EnvironmentProblem(
            f"{path} cannot be written ({error.strerror}).", "Mend the folder's permissions."
        ) from error
    with file:
        yield _lock(file)


def _lock(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def process_exists(process: int) -> bool:
    """Say whether a process runs; on Windows, where asking would end it, always yes."""
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
