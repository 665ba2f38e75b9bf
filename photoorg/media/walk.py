"""Finding files below a folder."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from photoorg.core.progress import CancelToken
from photoorg.core.records import FoundFile

WalkErrorHandler = Callable[[Path, OSError], None]

LEAVE_OUT_MARK = ".noimage"
"""A folder that holds a file of this name is left out, with all below it."""

_CHECK_EVERY = 256

# Files that only Windows or macOS call hidden; elsewhere the name says it all.
_WINDOWS_HIDDEN = getattr(stat, "FILE_ATTRIBUTE_HIDDEN", 0) | getattr(
    stat, "FILE_ATTRIBUTE_SYSTEM", 0
)
_MACOS_HIDDEN = getattr(stat, "UF_HIDDEN", 0)


def walk_files(
    root: Path,
    token: CancelToken | None = None,
    *,
    on_error: WalkErrorHandler | None = None,
) -> Iterator[FoundFile]:
    """Yield every regular file below a folder, folder by folder, in order of name.

    Symbolic links are followed; a folder met a second time, by whichever way, is not walked again,
    so loops end. Hidden files and folders (a leading dot, or the platform's hidden attribute) and
    folders that hold `.noimage` are left out; `root` itself may be hidden.

    Args:
        root: the folder; made absolute, symlinks in it are kept.
        token: checked between files, so cancelling takes effect within milliseconds.
        on_error: told of each folder or file that could not be read, `root` included. What lies
            there was not seen, which is not the same as gone: do not call it missing.

    Raises:
        Cancelled: the token was cancelled.
    """
    token = token or CancelToken()
    report = on_error or _ignore
    visited: set[tuple[int, int]] = set()
    pending = [os.path.abspath(root)]  # noqa: PTH100 - Path.absolute keeps "..", which joins badly
    while pending:
        token.check()
        folder = pending.pop()
        parent = Path(folder)
        try:
            status = parent.stat()
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=_name)
        except OSError as error:
            report(parent, error)
            continue
        identity = (status.st_dev, status.st_ino)
        if identity in visited:
            continue
        visited.add(identity)
        if any(entry.name == LEAVE_OUT_MARK for entry in entries):
            continue
        folders: list[str] = []
        for number, entry in enumerate(entries):
            if number % _CHECK_EVERY == _CHECK_EVERY - 1:
                token.check()
            if entry.name.startswith("."):
                continue
            try:
                if entry.is_dir():
                    if not _is_hidden(entry):
                        folders.append(entry.path)
                elif entry.is_file() and not _is_hidden(entry):
                    status = entry.stat()
                    yield FoundFile(parent / entry.name, status.st_size, status.st_mtime_ns)
            except OSError as error:
                report(Path(entry.path), error)
        pending.extend(reversed(folders))


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _is_hidden(entry: os.DirEntry[str]) -> bool:
    """Say whether the platform hides an entry whose name has no leading dot."""
    if sys.platform == "win32":
        return bool(entry.stat(follow_symlinks=False).st_file_attributes & _WINDOWS_HIDDEN)
    if sys.platform == "darwin":
        return bool(entry.stat(follow_symlinks=False).st_flags & _MACOS_HIDDEN)
    return False


def _ignore(path: Path, error: OSError) -> None:
    """Stand in for a caller who does not want to hear of errors."""
