"""Keeps searches as albums, and knows to which album the search on show belongs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from photoorg.core.albums import Album
from photoorg.core.changes import SaveAlbum
from photoorg.gui.albums.saving import SaveAlbumPopover, name_for
from photoorg.gui.browsing import Place
from photoorg.gui.editing import EditController
from photoorg.gui.search.bar import SearchBar
from photoorg.gui.search.results_line import ResultsLine
from photoorg.gui.sidebar import Sidebar
from photoorg.gui.theme import ThemeService


class AlbumsController(QObject):
    """Joins search box, results line and sidebar where albums are concerned.

    Signals:
        run_requested(str): search for this in the whole library.
    """

    run_requested = Signal(str)

    def __init__(
        self,
        search: SearchBar,
        line: ResultsLine,
        sidebar: Sidebar,
        edits: EditController,
        theme: ThemeService,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._search = search
        self._line = line
        self._sidebar = sidebar
        self._edits = edits
        self._albums: dict[str, str] = {}
        self._open = ""
        self._place = Place()
        self._popover = SaveAlbumPopover(theme, search)
        self._popover.named.connect(self._keep)
        self._popover.closed.connect(search.setFocus)
        sidebar.albums_known.connect(self._on_known)
        sidebar.album_selected.connect(self._on_selected)
        line.save_requested.connect(self.save)
        line.update_requested.connect(self._keep)

    def save(self) -> None:
        """Ask for a name for the search in the box (Ctrl+S)."""
        text = self._search.text.strip()
        if text:
            self._popover.open_with(self._open or name_for(text), list(self._albums))
        else:
            self._search.focus()

    def follow(self, place: Place) -> None:
        """Hear where the person is now, and mark the album that this is, in the sidebar."""
        self._place = place
        if not place.text:
            self._open = ""
        elif (name := self._named(place.text)) is not None:
            self._open = name
        elif not _akin(place.text, self._albums.get(self._open, "")):
            self._open = ""
        self._tell()

    def _named(self, text: str) -> str | None:
        """Return the album whose search this is, the open one first."""
        if self._albums.get(self._open) == text:
            return self._open
        return next((name for name, query in self._albums.items() if query == text), None)

    def _tell(self) -> None:
        text = self._place.text
        self._line.set_album(self._open, changed=self._albums.get(self._open) != text)
        self._sidebar.select_scope(self._place.scope, self._open)

    def _on_known(self, albums: Sequence[Album]) -> None:
        before, self._albums = self._albums, {album.name: album.query for album in albums}
        if self._open and self._open not in self._albums:
            # It was renamed, or deleted.
            text = before.get(self._open, "")
            self._open = next((name for name, q in self._albums.items() if q == text), "")
        self.follow(self._place)

    def _on_selected(self, album: Album) -> None:
        self._open = album.name
        self.run_requested.emit(album.query)

    def _keep(self, name: str) -> None:
        text = self._search.text.strip()
        if text:
            self._open = name
            self._edits.apply(SaveAlbum(name, text))


def _akin(text: str, other: str) -> bool:
    """Return whether a search text still has a piece of another: it was changed, not replaced."""
    return bool(set(text.casefold().split()) & set(other.casefold().split()))
