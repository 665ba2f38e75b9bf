"""The cheap first pass: compare what lies in a folder with what the catalog knows."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from photoorg.catalog.catalog import Catalog
from photoorg.catalog.records import KnownFile
from photoorg.core.errors import EnvironmentProblem
from photoorg.core.ids import FileId
from photoorg.core.progress import CancelToken
from photoorg.core.records import Failure, FoundFile
from photoorg.media.walk import walk_files

logger = logging.getLogger(__name__)

BATCH = 2000
"""Files registered in one transaction: enough to be fast, few enough to show at once."""


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What a scan of one folder met.

    Attributes:
        found: regular files, photos or not.
        missing: files that the catalog knew and that are no longer there.
        unreadable: folders that could not be listed; what was known of them stays as it is.
    """

    found: int = 0
    missing: int = 0
    unreadable: tuple[Failure, ...] = ()


def scan_folder(
    catalog: Catalog, root: Path, token: CancelToken, on_found: Callable[[int], None]
) -> ScanResult:
    """Bring the catalog's file rows up to date with a folder; reads names and dates only.

    New files appear as pending photos, changed ones become pending again, vanished ones are
    marked missing, and returned ones present. Nothing is marked missing where the folder itself
    is gone (a drive that is not plugged in) or where it could not be listed.

    Args:
        catalog: where to compare and write.
        root: absolute folder.
        token: to stop early; what was met until then is registered.
        on_found: told the number of files met so far, batch by batch.

    Raises:
        EnvironmentProblem: the folder is not there.
        Cancelled: stopped by the token.
    """
    if not root.is_dir():
        raise EnvironmentProblem(
            f"The folder {root} is not there.", "Plug its drive in, or remove it from the library."
        )
    known = dict(catalog.known_files(root))
    comparison = _Comparison(catalog, root)
    unreadable: list[Failure] = []

    def on_error(folder: Path, error: OSError) -> None:
        logger.warning("cannot list %s: %s", folder, error)
        reason = f"The folder cannot be listed ({error.strerror})."
        unreadable.append(Failure(folder, reason))

    found = 0
    for file in walk_files(root, token, on_error=on_error):
        found += 1
        comparison.meet(file, known.pop(str(file.path), None))
        if found % BATCH == 0:
            comparison.flush()
            on_found(found)
    comparison.flush()
    on_found(found)
    gone = [
        row.file_id
        for path, row in known.items()
        if not row.missing and not _lies_in(path, unreadable)
    ]
    if gone:
        catalog.mark_missing(gone)
    return ScanResult(found, len(gone), tuple(unreadable))


class _Comparison:
    """Collects differences and writes them in batches."""

    def __init__(self, catalog: Catalog, root: Path) -> None:
        self._catalog = catalog
        self._root = root
        self._new: list[FoundFile] = []
        self._changed: list[FoundFile] = []
        self._returned: list[FileId] = []

    def meet(self, file: FoundFile, row: KnownFile | None) -> None:
        if row is None:
            self._new.append(file)
        elif (row.size, row.modified_ns) != (file.size, file.modified_ns):
            self._changed.append(file)
        elif row.missing:
            self._returned.append(row.file_id)

    def flush(self) -> None:
        if self._new:
            self._catalog.register_files(self._root, self._new)
        if self._changed:
            self._catalog.update_files(self._changed)
        if self._returned:
            self._catalog.mark_present(self._returned)
        self._new, self._changed, self._returned = [], [], []


def _lies_in(path: str, folders: list[Failure]) -> bool:
    return any(path.startswith(f"{folder.path}{os.sep}") for folder in folders)
