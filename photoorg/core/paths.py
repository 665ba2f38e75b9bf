"""Where things live on disk: one catalog folder, and the resources shipped with the program."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from photoorg.core.errors import EnvironmentProblem


@dataclass(frozen=True, slots=True)
class CatalogPaths:
    """The files below one catalog folder.

    Only `database` cannot be rebuilt; all else follows from it and the photos.
    """

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "catalog.sqlite"

    @property
    def thumbnails(self) -> Path:
        return self.root / "thumbnails"

    @property
    def index(self) -> Path:
        return self.root / "index"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def personal(self) -> Path:
        """What was learned of the person's own tags."""
        return self.root / "personal"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def scratch(self) -> Path:
        """For files that mean nothing after the process that wrote them has ended."""
        return self.root / "scratch"

    @property
    def log(self) -> Path:
        return self.root / "photoorg.log"

    def create(self) -> None:
        """Make the folders.

        Raises:
            EnvironmentProblem: the folder cannot be written.
        """
        try:
            for folder in (
                self.root,
                self.thumbnails,
                self.index,
                self.models,
                self.backups,
                self.scratch,
            ):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EnvironmentProblem(
                f"The catalog folder {self.root} cannot be written ({error.strerror}).",
                "Choose another one with --catalog, or mend its permissions.",
            ) from error


def user_data_folder() -> Path:
    """Return the platform's folder for a program's own data."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "photoorg"


def user_cache_folder() -> Path:
    """Return the platform's folder for files that may be deleted at any time."""
    if sys.platform == "win32":
        return user_data_folder() / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "photoorg"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "photoorg"


def resource_path(*parts: str) -> Path:
    """Return a file shipped with the program.

    An installed wheel carries the resources inside the package, a checkout beside it.

    Raises:
        EnvironmentProblem: the file is not there, so the installation is incomplete.
    """
    package = Path(__file__).resolve().parents[1]
    for base in (package / "resources", package.parent / "resources"):
        candidate = base.joinpath(*parts)
        if candidate.exists():
            return candidate
    raise EnvironmentProblem(
        f"The file {'/'.join(parts)} is missing from this installation.",
        "Install photoorg again.",
    )
