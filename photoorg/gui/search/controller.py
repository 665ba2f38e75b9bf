"""Joins the search box with what it finds: the line above the photos, and the empty page."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from photoorg.core.ids import PhotoId
from photoorg.core.records import PhotoScope
from photoorg.gui.browsing import Answer, BrowseController, Place
from photoorg.gui.centre import Centre, CentrePage
from photoorg.gui.search.bar import SearchBar
from photoorg.gui.search.chips import QueryChip, chips_of, photo_token
from photoorg.gui.sidebar import Sidebar
from photoorg.search.parser import parse


class SearchController(QObject):
    """Asks what the box, the line and the pages ask for, and tells them of the answer."""

    def __init__(
        self,
        search: SearchBar,
        centre: Centre,
        browse: BrowseController,
        sidebar: Sidebar,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._search = search
        self._centre = centre
        self._browse = browse
        self._line = centre.results
        search.search_requested.connect(self._ask)
        sidebar.search_requested.connect(self.search_everywhere)
        self._line.search_requested.connect(search.search_for)
        self._line.more_requested.connect(browse.show_more)
        centre.empty.alternative_chosen.connect(search.search_for)
        centre.empty.closest_requested.connect(browse.show_more)
        browse.place_changed.connect(self._on_place)
        browse.answer_changed.connect(self._on_answer)
        browse.query_refused.connect(search.set_error)

    def search_everywhere(self, text: str) -> None:
        """Search the whole library, wherever the person is."""
        self._search.show_text(text)
        self._centre.want(CentrePage.PHOTOS)
        self._browse.search(text, PhotoScope())

    def _ask(self, text: str) -> None:
        self._centre.want(CentrePage.PHOTOS)
        source = lone_photo(text)
        if source is None:
            self._browse.search(text)
        elif source != self._browse.place.similar or self._browse.arriving:
            name = source.name if isinstance(source, Path) else "this photo"
            self._browse.find_similar(source, name)

    def _on_place(self, place: Place) -> None:
        text = text_of(place)
        if text and text != self._search.asked:
            self._search.show_text(text)
        elif not place.is_answer:
            self._search.reset()

    def _on_answer(self, answer: Answer) -> None:
        place = self._browse.place
        self._search.set_error(None)
        if place.is_answer:
            query = parse(place.text) if place.text else None
            # Photos like another are looked for everywhere.
            within = _name_of(place.scope) if place.text else ""
            self._line.show_answer(place.text, query, answer.results, answer.shown, within=within)


def text_of(place: Place) -> str:
    """Return what stands in the search box for a place: a photo that others are like as a chip."""
    match place.similar:
        case int():
            return photo_token(PhotoId(place.similar))
        case Path():
            return photo_token(str(place.similar))
        case _:
            return place.text


def lone_photo(text: str) -> PhotoId | Path | None:
    """Return the photo that is all of a search, which then means to find similar ones."""
    match chips_of(text):
        case [QueryChip(photo=photo, negative=False, weight=1.0) as chip] if photo is not None:
            whole = text[chip.start : chip.end] == text.strip()
            source = Path(photo) if isinstance(photo, str) else photo
            return source if whole else None
        case _:
            return None


def _name_of(scope: PhotoScope) -> str:
    if scope.tag is not None:
        return scope.tag
    return "" if scope.folder is None else scope.folder.name or str(scope.folder)
