"""What a search box may ask of an open library while a search is typed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from photoorg.core.records import Alternative, PhotoScope


class AskingPort(Protocol):
    """Helps in typing a search."""

    def cameras(self) -> Sequence[str]:
        """Return the names of the cameras that took the photos, most photos first."""

    def alternatives(self, text: str, scope: PhotoScope) -> Sequence[Alternative]:
        """Return changed searches that find something, for one that finds nothing relevant.

        Takes several times as long as the search itself, so it is asked for once that is answered.

        Raises:
            PhotoorgError: as `LibraryPort.search`.
        """

    def keep_image(self, image: bytes) -> Path:
        """Write an encoded image (PNG, pasted) to a file, so that a search can name it.

        The same image gets the same file. Files that no album names are deleted some weeks later.

        Raises:
            EnvironmentProblem: the disk is full, or the catalog's folder cannot be written.
        """
