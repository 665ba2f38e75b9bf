"""What was searched for lately."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSettings

MOST: Final = 20
_KEY: Final = "search/recent"


class RecentSearches:
    """Remembers searches that were asked on purpose, newest first, on this computer only."""

    def __init__(self, settings: QSettings | None = None) -> None:
        """Read what is remembered; without settings nothing outlives the window."""
        self._settings = settings
        self._texts: list[str] = []
        if settings is not None:
            written = settings.value(_KEY, [])
            listed = written if isinstance(written, list) else [written]
            self._texts = [str(text) for text in listed if text][:MOST]

    def texts(self) -> list[str]:
        """Return the searches, newest first."""
        return list(self._texts)

    def add(self, text: str) -> None:
        """Remember a search as the newest."""
        cleaned = " ".join(text.split())
        if not cleaned:
            return
        kept = [each for each in self._texts if each != cleaned]
        self._texts = [cleaned, *kept][:MOST]
        if self._settings is not None:
            self._settings.setValue(_KEY, self._texts)
