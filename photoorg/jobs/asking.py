"""What helps in typing a search: cameras, other searches, and a place for pasted images."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from photoorg.catalog.catalog import Catalog
from photoorg.core.errors import EnvironmentProblem
from photoorg.core.records import Alternative, PhotoScope

KEPT_DAYS: Final = 30
"""How long a pasted image stays that no album names."""

_PREFIX: Final = "pasted-"


class Asking:
    """Keeps `photoorg.core.asking.AskingPort`."""

    def __init__(
        self, catalog: Catalog, others: Callable[[str, PhotoScope], Sequence[Alternative]]
    ) -> None:
        """Help by a catalog; `others` finds other searches."""
        self._catalog = catalog
        self._others = others

    def cameras(self) -> Sequence[str]:
        return self._catalog.cameras()

    def alternatives(self, text: str, scope: PhotoScope) -> Sequence[Alternative]:
        return self._others(text, scope)

    def keep_image(self, image: bytes) -> Path:
        folder = self._catalog.paths.scratch
        path = folder / f"{_PREFIX}{hashlib.sha256(image).hexdigest()[:16]}.png"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._forget_old(folder)
            unfinished = path.with_suffix(f".{os.getpid()}")
            unfinished.write_bytes(image)
            unfinished.replace(path)
        except OSError as error:
            raise EnvironmentProblem(
                f"The pasted image cannot be kept in {folder} ({error.strerror}).",
                "Make room on the disk, or choose another catalog folder.",
            ) from error
        return path

    def _forget_old(self, folder: Path) -> None:
        """Delete pasted images of long ago, save those that albums name."""
        oldest = time.time() - KEPT_DAYS * 24 * 60 * 60
        queries = [album.query for album in self._catalog.albums()]
        for path in folder.glob(f"{_PREFIX}*"):
            named = any(path.name in query for query in queries)
            if not named and path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
