"""Reading files whole, carefully."""

from __future__ import annotations

import os
import stat
from io import FileIO
from pathlib import Path

from photoorg.core.errors import MediaProblem, UnsupportedMedia
from photoorg.media.limits import Limits

# A named pipe that is called like a photo must not block the reader for ever.
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)


def read_file(path: Path, limits: Limits) -> bytes:
    """Return a file's bytes; its size is checked before anything is read.

    Raises:
        MediaTooLarge: the file is over the limit.
        UnsupportedMedia: it is empty, or not a regular file.
        MediaProblem: it cannot be read, or changed while it was.
    """
    try:
        with FileIO(path, "rb", opener=_open_without_waiting) as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise UnsupportedMedia("This is not a file but a device, a pipe or a folder.")
            limits.check_bytes(before.st_size)
            # One byte more than there should be tells whether the file has grown.
            data = _read_up_to(file.fileno(), before.st_size + 1)
            after = os.fstat(file.fileno())
    except IsADirectoryError as error:
        raise UnsupportedMedia("This is a folder.") from error
    except OSError as error:
        raise MediaProblem(
            f"The file cannot be read ({error.strerror or error}).",
            "Mend its permissions, or connect the drive it is on.",
        ) from error
    if len(data) != before.st_size or after.st_mtime_ns != before.st_mtime_ns:
        raise MediaProblem(
            "The file was being written while it was read.", "It is read again at the next scan."
        )
    if not data:
        raise UnsupportedMedia("The file is empty.")
    return data


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | _NO_WAIT)


def _read_up_to(descriptor: int, length: int) -> bytes:
    """Read until there is no more, or `length` bytes; in one call for nearly every file."""
    data = os.read(descriptor, length)
    if len(data) >= length - 1:
        return data
    pieces = [data]
    missing = length - len(data)
    while missing > 0 and (piece := os.read(descriptor, missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)
