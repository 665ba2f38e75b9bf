"""Every keyboard shortcut of the window, in one table that can be listed and changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from PySide6.QtGui import QKeySequence


class Where(StrEnum):
    """Where a shortcut holds; single letters and digits must not reach into text fields."""

    WINDOW = "window"
    PHOTOS = "photos"
    VIEWER = "viewer"
    REVIEW = "review"


class Command(StrEnum):
    """What a person can ask for by key. The values are kept in settings: never change them."""

    SEARCH = "search"
    SAVE_ALBUM = "save_album"
    UNDO = "undo"
    REDO = "redo"
    ADD_FOLDER = "add_folder"
    TOGGLE_SIDEBAR = "toggle_sidebar"
    TOGGLE_INSPECTOR = "toggle_inspector"
    FULL_SCREEN = "full_screen"
    SLIDESHOW = "slideshow"
    MODELS = "models"
    TIDY_TAGS = "tidy_tags"
    TAG_QUALITY = "tag_quality"
    QUIT = "quit"

    OPEN = "open"
    BACK = "back"
    SELECT_ALL = "select_all"
    INVERT_SELECTION = "invert_selection"
    TOGGLE_SELECTED = "toggle_selected"
    LARGER = "larger"
    SMALLER = "smaller"
    TOGGLE_SHAPE = "toggle_shape"
    PASTE_IMAGE = "paste_image"

    FIND_SIMILAR = "find_similar"
    ADD_TO_SEARCH = "add_to_search"
    SHOW_WHY = "show_why"
    ADD_TAG = "add_tag"
    SUGGEST_TAGS = "suggest_tags"
    COPY_PATH = "copy_path"
    REVEAL = "reveal"
    RATE_0 = "rate_0"
    RATE_1 = "rate_1"
    RATE_2 = "rate_2"
    RATE_3 = "rate_3"
    RATE_4 = "rate_4"
    RATE_5 = "rate_5"

    CLOSE_VIEWER = "close_viewer"
    NEXT = "next"
    PREVIOUS = "previous"
    FIRST = "first"
    LAST = "last"
    TOGGLE_SCALE = "toggle_scale"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"

    ANSWER_YES = "answer_yes"
    ANSWER_NO = "answer_no"
    ANSWER_LATER = "answer_later"
    END_REVIEW = "end_review"


RATINGS: Final = (
    Command.RATE_0,
    Command.RATE_1,
    Command.RATE_2,
    Command.RATE_3,
    Command.RATE_4,
    Command.RATE_5,
)


@dataclass(frozen=True, slots=True)
class Shortcut:
    """One command with its keys, as `QKeySequence` reads them."""

    command: Command
    text: str
    keys: tuple[str, ...]
    where: tuple[Where, ...]


def _window(command: Command, text: str, *keys: str) -> Shortcut:
    return Shortcut(command, text, keys, (Where.WINDOW,))


def _photos(command: Command, text: str, *keys: str) -> Shortcut:
    return Shortcut(command, text, keys, (Where.PHOTOS,))


def _viewer(command: Command, text: str, *keys: str) -> Shortcut:
    return Shortcut(command, text, keys, (Where.VIEWER,))


def _review(command: Command, text: str, *keys: str) -> Shortcut:
    return Shortcut(command, text, keys, (Where.REVIEW,))


def _both(command: Command, text: str, *keys: str) -> Shortcut:
    return Shortcut(command, text, keys, (Where.PHOTOS, Where.VIEWER))


SHORTCUTS: Final = (
    _window(Command.SEARCH, "Search", "Ctrl+F"),
    _window(Command.SAVE_ALBUM, "Save the search as an album", "Ctrl+S"),
    _window(Command.UNDO, "Undo", "Ctrl+Z"),
    _window(Command.REDO, "Redo", "Ctrl+Shift+Z", "Ctrl+Y"),
    _window(Command.ADD_FOLDER, "Add folder", "Ctrl+O"),
    _window(Command.TOGGLE_SIDEBAR, "Show or hide the sidebar", "F9"),
    _window(Command.TOGGLE_INSPECTOR, "Show or hide the inspector", "F10"),
    _window(Command.FULL_SCREEN, "Full screen", "F11"),
    _window(Command.SLIDESHOW, "Slideshow", "F5"),
    _window(Command.MODELS, "Models", "Ctrl+M"),
    _window(Command.TIDY_TAGS, "Tidy up tags", "Ctrl+Shift+P"),
    _window(Command.TAG_QUALITY, "Tag quality", "Ctrl+Shift+M"),
    _window(Command.QUIT, "Quit", "Ctrl+Q"),
    _photos(Command.OPEN, "Open", "Return", "Enter", "Space"),
    _photos(Command.BACK, "Go back", "Esc"),
    _photos(Command.SELECT_ALL, "Select all", "Ctrl+A"),
    _photos(Command.INVERT_SELECTION, "Invert selection", "Ctrl+I"),
    _photos(Command.TOGGLE_SELECTED, "Select or deselect", "Ctrl+Space"),
    _photos(Command.LARGER, "Larger thumbnails", "Ctrl++", "Ctrl+="),
    _photos(Command.SMALLER, "Smaller thumbnails", "Ctrl+-"),
    _photos(Command.TOGGLE_SHAPE, "Rows or squares", "G"),
    _photos(Command.PASTE_IMAGE, "Find photos like the copied image", "Ctrl+V"),
    _both(Command.FIND_SIMILAR, "Find similar", "S"),
    _both(Command.ADD_TO_SEARCH, "Add to search", "Shift+S"),
    _both(Command.SHOW_WHY, "What the model sees", "W"),
    _both(Command.ADD_TAG, "Add tag…", "T", "Ctrl+T"),
    _both(Command.SUGGEST_TAGS, "Suggest tags…", "Shift+T"),
    _both(Command.COPY_PATH, "Copy path", "Ctrl+C"),
    _both(Command.REVEAL, "Show in file manager", "Ctrl+Shift+R"),
    _both(Command.RATE_0, "No rating", "0"),
    _both(Command.RATE_1, "1 star", "1"),
    _both(Command.RATE_2, "2 stars", "2"),
    _both(Command.RATE_3, "3 stars", "3"),
    _both(Command.RATE_4, "4 stars", "4"),
    _both(Command.RATE_5, "5 stars", "5"),
    _viewer(Command.CLOSE_VIEWER, "Back to the photos", "Esc", "Return", "Enter", "Space"),
    _viewer(Command.NEXT, "Next photo", "Right", "Down", "PgDown"),
    _viewer(Command.PREVIOUS, "Previous photo", "Left", "Up", "PgUp"),
    _viewer(Command.FIRST, "First photo", "Home"),
    _viewer(Command.LAST, "Last photo", "End"),
    _viewer(Command.TOGGLE_SCALE, "Whole photo or 100 %", "Z"),
    _viewer(Command.ZOOM_IN, "Zoom in", "+", "=", "Ctrl++"),
    _viewer(Command.ZOOM_OUT, "Zoom out", "-", "Ctrl+-"),
    _review(Command.ANSWER_YES, "Yes, or keep the tag", "Y", "Right"),
    _review(Command.ANSWER_NO, "No, or take the tag off", "N", "Left"),
    _review(Command.ANSWER_LATER, "Skip the photo", "S", "Space"),
    _review(Command.END_REVIEW, "End the review", "Esc"),
)


class ShortcutTable:
    """The shortcuts in force: the defaults, save where a person chose other keys."""

    def __init__(self, chosen: Mapping[str, str] | None = None) -> None:
        """Take over what a person chose.

        Args:
            chosen: command value to keys, several parted by ";"; unknown commands are passed over.
        """
        self._chosen = dict(chosen or {})

    def keys(self, shortcut: Shortcut) -> list[QKeySequence]:
        """Return the key sequences of a shortcut, none where the person took them away."""
        chosen = self._chosen.get(shortcut.command.value)
        names = shortcut.keys if chosen is None else tuple(filter(None, chosen.split(";")))
        return [QKeySequence(name) for name in names]
