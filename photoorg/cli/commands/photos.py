"""From the paths that a person types to the photos of the catalog, and back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from photoorg.core.errors import EnvironmentProblem, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from photoorg.cli.session import CommandLibrary
    from photoorg.core.ids import PhotoId


def absolute(path: Path) -> Path:
    """Return a path as the catalog keeps it: absolute, without dots, links left as they are."""
    return Path(os.path.normpath(path.expanduser().absolute()))


def find_photo(library: CommandLibrary, path: Path) -> PhotoId | None:
    """Return the photo at a path, also where a link leads there."""
    known = library.photo_by_path(absolute(path))
    return library.photo_by_path(path.resolve()) if known is None else known


def demand_photos(library: CommandLibrary, paths: Sequence[Path]) -> dict[Path, PhotoId]:
    """Return the photos at these paths, in order.

    Raises:
        EnvironmentProblem: a path that the catalog does not know leads to no file either.
        UsageProblem: a file is not in the catalog.
    """
    photos: dict[Path, PhotoId] = {}
    for path in paths:
        photo_id = find_photo(library, path)
        if photo_id is None:
            demand_file(path)
            raise UsageProblem(
                f"{path} is not in the catalog.",
                f"Index its folder first: photoorg index {absolute(path).parent}",
            )
        photos[path] = photo_id
    return photos


def demand_file(path: Path) -> None:
    """Raise EnvironmentProblem where there is no file."""
    if not path.is_file():
        raise EnvironmentProblem(f"There is no file {path}.")
