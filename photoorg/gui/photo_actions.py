"""What can be done with the photos that are chosen, by key, menu or drop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from photoorg.core.changes import SetRating
from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.core.records import PhotoDetails
from photoorg.gui.commands import Commands
from photoorg.gui.desktop import reveal
from photoorg.gui.editing import EditController
from photoorg.gui.shortcuts import RATINGS, Command, Where
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.widgets.photo_mime import image_source_of

COPY_LIMIT = 1_000
"""Paths copied at once."""


class PhotoChoice(Protocol):
    """Knows which photos a person means just now: those selected, or the one in the viewer."""

    def chosen_photos(self) -> tuple[PhotoId, ...]:
        """Return the photos in the order of the grid."""

    def current_photo(self) -> PhotoId | None:
        """Return the one that has the keyboard, or None."""


class PhotoActions(QObject):
    """Turns commands into operations and questions.

    Signals:
        similar_requested(object): find photos like this PhotoId, Path or bytes.
        tagging_requested(): put the cursor where tags are typed.
        search_requested(tuple[PhotoId, ...], bool): put these photos into the search, with True
            against photos like them.
        suggestions_requested(tuple): show what tags these photos may deserve.
        menu_opening(QMenu): of the chosen photos; others may add to it what they can do.
    """

    similar_requested = Signal(object)
    tagging_requested = Signal()
    search_requested = Signal(object, bool)
    suggestions_requested = Signal(object)
    menu_opening = Signal(object)

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        edits: EditController,
        choice: PhotoChoice,
        commands: Commands,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._edits = edits
        self._choice = choice
        self._commands = commands
        commands.on(Command.FIND_SIMILAR, self.find_similar)
        commands.on(Command.ADD_TAG, self.tagging_requested.emit)
        commands.on(Command.SUGGEST_TAGS, self.suggest_tags)
        commands.on(Command.COPY_PATH, self.copy_paths)
        commands.on(Command.REVEAL, self.reveal)
        commands.on(Command.PASTE_IMAGE, self.paste)
        commands.on(Command.ADD_TO_SEARCH, self.add_to_search)
        for stars, command in enumerate(RATINGS):
            commands.on(command, partial(self.rate, stars))

    def find_similar(self) -> None:
        """Find photos like the current one."""
        if (photo := self._choice.current_photo()) is not None:
            self.similar_requested.emit(photo)

    def add_to_search(self, *, against: bool = False) -> None:
        """Put the chosen photos into the search, or have it push photos like them away."""
        if photos := self._choice.chosen_photos():
            self.search_requested.emit(photos, against)

    def suggest_tags(self) -> None:
        """Show suggestions for the chosen photos."""
        if photos := self._choice.chosen_photos():
            self.suggestions_requested.emit(photos)

    def rate(self, rating: int) -> None:
        """Rate the chosen photos, 0 to 5."""
        if photos := self._choice.chosen_photos():
            self._edits.apply(SetRating(rating, photos))

    def copy_paths(self) -> None:
        """Put the paths of the chosen photos on the clipboard, one a line."""
        photos = self._choice.chosen_photos()[:COPY_LIMIT]

        def copy(found: list[PhotoDetails]) -> None:
            QGuiApplication.clipboard().setText("\n".join(str(d.paths[0]) for d in found))

        self._read(photos, copy)

    def reveal(self) -> None:
        """Show the current photo in the file manager."""
        photo = self._choice.current_photo()
        if photo is not None:
            self._read((photo,), lambda found: reveal(found[0].paths[0]))

    def paste(self) -> None:
        """Find photos like the image, or the image file, on the clipboard."""
        source = image_source_of(QGuiApplication.clipboard().mimeData())
        if source is not None:
            self.similar_requested.emit(source)

    def show_menu(self, place: QPoint, parent: QWidget) -> None:
        """Open the menu of the chosen photos at a global position."""
        photos = self._choice.chosen_photos()
        if not photos:
            return
        menu = self.create_menu(parent)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def create_menu(self, parent: QWidget) -> QMenu:
        """Return the menu of the chosen photos."""

        def add(to: QMenu, command: Command) -> None:
            to.addAction(self._commands.action(command, Where.PHOTOS))

        menu = QMenu(parent)
        add(menu, Command.OPEN)
        add(menu, Command.FIND_SIMILAR)
        add(menu, Command.ADD_TO_SEARCH)
        menu.addAction("Search without this", lambda: self.add_to_search(against=True))
        add(menu, Command.SHOW_WHY)
        menu.addSeparator()
        add(menu, Command.ADD_TAG)
        add(menu, Command.SUGGEST_TAGS)
        self.menu_opening.emit(menu)
        ratings = menu.addMenu("Rating")
        for command in reversed(RATINGS):
            add(ratings, command)
        menu.addSeparator()
        add(menu, Command.REVEAL)
        add(menu, Command.COPY_PATH)
        menu.addSeparator()
        add(menu, Command.SELECT_ALL)
        add(menu, Command.INVERT_SELECTION)
        return menu

    def _read(
        self, photos: tuple[PhotoId, ...], then: Callable[[list[PhotoDetails]], object]
    ) -> None:
        def work() -> list[PhotoDetails]:
            found = (self._library.details(photo) for photo in photos)
            return [details for details in found if details is not None and details.paths]

        self._tasks.run(work, lambda found: then(found) if found else None, owner=self)
