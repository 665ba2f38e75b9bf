"""Reading publishers' lists, none of them trusted: sizes are bounded, faults are named by line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from photoorg.core.errors import UsageProblem

_MAX_LINE = 1 << 20
_MAX_LIST_BYTES = 2 << 30
_MAX_JSON_BYTES = 1 << 30


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text file with their numbers, from 1, without the line end.

    Words in an older encoding come with replacement characters: a tag in it must not cost the set.

    Raises:
        UsageProblem: the file cannot be read, or is too large to be a list.
    """
    try:
        if path.stat().st_size > _MAX_LIST_BYTES:
            raise UsageProblem(f"{path} is too large to be a list of photos.")
        # newline="\n": captions may hold characters that universal newlines would split at.
        with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as file:
            number = 0
            while line := file.readline(_MAX_LINE + 1):
                number += 1
                if len(line) > _MAX_LINE:
                    raise fault(path, number, "is too long")
                yield number, line.rstrip("\r\n")
    except OSError as error:
        raise UsageProblem(f"{path} cannot be read ({error.strerror}).") from error


def read_json(path: Path, wanted: frozenset[str]) -> dict[str, Any]:
    """Read an object, leaving out what nobody asked for while it is read.

    COCO's outlines of objects are nine tenths of half a gigabyte; they never pile up.

    Args:
        path: the file.
        wanted: keys, at any depth, that are kept.

    Raises:
        UsageProblem: the file cannot be read, is too large, or holds no JSON object.
    """

    def thin(pairs: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in pairs.items() if key in wanted}

    try:
        if path.stat().st_size > _MAX_JSON_BYTES:
            raise UsageProblem(f"{path} is too large to be a list of photos.")
        with path.open(encoding="utf-8-sig") as file:
            document = json.load(file, object_hook=thin)
    except json.JSONDecodeError as error:
        raise fault(
            path, error.lineno, f"is not JSON ({error.msg}, column {error.colno})"
        ) from error
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise UsageProblem(f"{path} cannot be read ({error}).") from error
    if not isinstance(document, dict):
        raise UsageProblem(f"{path} holds no JSON object.")
    return document


def fault(path: Path, number: int, what: str) -> UsageProblem:
    """Return the problem of a line, to be raised; `what` follows "Line 7 of x.txt "."""
    return UsageProblem(f"Line {number} of {path} {what}.")


def locate(root: Path, folders: Sequence[str], names: Iterable[str]) -> dict[str, Path]:
    """Find photos below a folder; what is not there is left out.

    Args:
        root: no photo outside it is taken, however a list or a link points there.
        folders: below `root`, where photos are looked for, in this order; "" is `root` itself.
        names: the photos' paths in such a folder, with forward slashes.

    Raises:
        UsageProblem: a name leads out of the folder.
    """
    bases = [base for folder in folders if (base := root / folder).is_dir()]
    inside = root.resolve()
    found = {}
    for name in names:
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or "\0" in name:
            raise UsageProblem(f"The photo {name!r} lies outside {root}.")
        try:
            path = next((base / name for base in bases if (base / name).is_file()), None)
        except OSError as error:
            raise UsageProblem(
                f"There can be no photo {name[:60]!r} ({error.strerror})."
            ) from error
        if path is None:
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(inside):
            raise UsageProblem(f"The photo {name} lies outside {root}.")
        found[name] = path
    return found


def find_file(root: Path, folders: Sequence[str], name: str) -> Path | None:
    """Return a list by its name, in whatever case: publishers' archives and their copies differ.

    Args:
        root: the set's folder.
        folders: below `root`, where it is looked for, in this order; "" is `root` itself.
        name: of the file.
    """
    for folder in folders:
        base = root / folder
        if (base / name).is_file():
            return base / name
        if base.is_dir():
            for path in base.iterdir():
                if path.name.lower() == name.lower() and path.is_file():
                    return path
    return None


def find_files(root: Path, folders: Sequence[str], pattern: str) -> list[Path]:
    """Return the files that match a pattern in the first folder that has some, sorted."""
    for folder in folders:
        base = root / folder
        if base.is_dir() and (paths := sorted(base.glob(pattern))):
            return paths
    return []
