"""The search box at the top of the window: asks, completes, and takes photos in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QMimeData, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QWidget

from photoorg.core.errors import QuerySyntaxError
from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.gui.icons import IconSet
from photoorg.gui.search.chips import QueryChip, chips_of, photo_token
from photoorg.gui.search.completing import Offer, headed, offers_for, typing_at
from photoorg.gui.search.field import FIELD_HEIGHT, SearchField
from photoorg.gui.search.help import EXAMPLES, SearchHelp, typed
from photoorg.gui.search.offer_list import OfferList
from photoorg.gui.search.recent import RecentSearches
from photoorg.gui.search.thumbs import QueryThumbs
from photoorg.gui.search.weight_popover import WeightPopover
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import SEARCH_BOX_WIDTH, SPACE_PANEL, ThemeService
from photoorg.gui.widgets.build import create_label
from photoorg.gui.widgets.photo_mime import holds_image, image_sources_of
from photoorg.gui.widgets.popover import Popover

DEBOUNCE_MS: Final = 150
_MOST_RECENT: Final = 5
_MOST_EXAMPLES: Final = 5
_MOST_PHOTOS: Final = 8
"""Photos put into a search at once; more than a few mean nothing together."""

_IMAGES: Final = "Photos (*.jpg *.jpeg *.png *.webp *.tif *.tiff *.heic *.heif *.avif *.bmp *.gif)"

PhotoSource = PhotoId | Path | bytes


class SearchBar(QWidget):
    """One box for words, filters and photos.

    Signals:
        search_requested(str): search for this, not empty.
        cleared: nothing is searched for any more; go back to where one was.
        selection_wanted: put the photos that are selected into the search.
        left: Esc in an empty box; the focus should go back to the photos.
    """

    search_requested = Signal(str)
    cleared = Signal()
    selection_wanted = Signal()
    left = Signal()

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        theme: ThemeService,
        icons: IconSet,
        recent: RecentSearches | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._recent = recent or RecentSearches()
        self._asked = ""
        self._field = SearchField(QueryThumbs(library, tasks, self), theme, icons)
        self._edit = self._field.edit
        self._offers = OfferList(self._edit, self._field, theme, icons)
        self._help = SearchHelp(theme, icons, self._field)
        self._weights = WeightPopover(theme, self._field)
        self._error = _ErrorStrip(theme, self._field)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DEBOUNCE_MS)
        self.setMaximumWidth(SEARCH_BOX_WIDTH)
        self.setFixedHeight(FIELD_HEIGHT)
        self.setFocusProxy(self._edit)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._field)
        self._connect()

    def _connect(self) -> None:
        self._timer.timeout.connect(self._ask)
        self._edit.edited.connect(self._on_edited)
        self._edit.entered.connect(self._ask_on_purpose)
        self._edit.escaped.connect(self._on_escaped)
        self._edit.images_taken.connect(self._on_images)
        self._edit.photo_clicked.connect(self._on_photo)
        self._edit.focus_changed.connect(self._on_focus)
        self._field.clear_clicked.connect(self.clear)
        self._field.help_clicked.connect(self._on_help)
        self._field.pick_clicked.connect(self._on_pick)
        self._help.example_chosen.connect(self.search_for)
        self._offers.chosen.connect(self._on_offer)
        self._weights.weight_chosen.connect(self._on_weight)
        self._weights.removed.connect(self._on_removed)
        self._weights.closed.connect(self._edit.setFocus)

    # -- what the window calls ---------------------------------------------------------------
    @property
    def text(self) -> str:
        """What is typed."""
        return self._edit.text().rstrip()

    @property
    def asked(self) -> str:
        """What was asked last; more may have been typed since."""
        return self._asked

    @property
    def error(self) -> str:
        """The error shown, or ""."""
        return self._error.text

    def focus(self) -> None:
        """Put the cursor in the box and mark what is there (Ctrl+F)."""
        self._edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._edit.selectAll()
        self._offer_whole()

    def search_for(self, text: str) -> None:
        """Put a text in the box and search for it at once."""
        self._put(text)
        self._edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self._ask_on_purpose()

    def add_photos(self, sources: Sequence[PhotoSource], *, against: bool = False) -> None:
        """Put photos into the search, behind what is typed, and ask.

        Args:
            sources: photos of the library, files, or encoded images.
            against: push photos like these away.
        """
        wanted = list(sources)[:_MOST_PHOTOS]
        if any(isinstance(source, bytes) for source in wanted):
            self._tasks.run(
                lambda: [self._kept(source) for source in wanted],
                lambda kept: self.add_photos(kept, against=against),
                owner=self,
            )
            return
        weight = -1.0 if against else 1.0
        known = {chip.photo: chip for chip in chips_of(self.text)}
        text = self.text
        for source in wanted:
            photo = PhotoId(source) if isinstance(source, int) else str(source)
            if (chip := known.get(photo)) is not None:
                text = text.replace(self.text[chip.start : chip.end], photo_token(photo, weight))
            else:
                text = f"{text} {photo_token(photo, weight)}".lstrip()
        self._put(text)
        self._ask_on_purpose()

    def set_error(self, error: QuerySyntaxError | str | None) -> None:
        """Say below the box why a text cannot be read; None or "" once it can."""
        self._error.show_text(str(error) if error else "")

    def clear(self) -> None:
        """Empty the box and say so."""
        was_on = bool(self._asked or self._edit.text())
        self.reset()
        if was_on:
            self.cleared.emit()

    def reset(self) -> None:
        """Empty the box without a word: the window went elsewhere by itself."""
        self._forget()
        self._edit.set_text("")

    def show_text(self, text: str) -> None:
        """Put a text in the box without asking: its answer is on show already."""
        self._forget()
        self._put(text)
        self._asked = text.strip()

    def _put(self, text: str) -> None:
        """Set the text; behind a chip goes a space, so that it is shown as one."""
        chips = chips_of(text)
        closed = bool(chips) and chips[-1].end == len(text)
        self._edit.set_text(f"{text} " if closed else text)

    def _forget(self) -> None:
        self._timer.stop()
        self._asked = ""
        self.set_error(None)
        self._offers.offer(())

    def _kept(self, source: PhotoSource) -> PhotoSource:
        """Return a photo that a search text can name; runs on a thread."""
        return self._library.asking.keep_image(source) if isinstance(source, bytes) else source

    # -- asking ------------------------------------------------------------------------------
    def _on_edited(self, text: str) -> None:
        self.set_error(None)
        self._help.close_help()
        self._timer.start()
        self._complete(text)

    def _ask_on_purpose(self) -> None:
        """Ask at once, and remember it: this is no text that is still being typed."""
        self._asked = ""
        self._tasks.drop((id(self), "complete"))
        self._offers.offer(())
        self._ask()
        self._recent.add(self.text)

    def _ask(self) -> None:
        self._timer.stop()
        text = self.text.strip()
        if not text:
            if self._asked:
                self._asked = ""
                self.cleared.emit()
        elif text != self._asked:
            self._asked = text
            self.search_requested.emit(text)

    def _on_escaped(self) -> None:
        if self._edit.text():
            self.clear()
        else:
            self.left.emit()

    # -- completing --------------------------------------------------------------------------
    def _complete(self, text: str) -> None:
        key = (id(self), "complete")
        if not text.strip():
            self._tasks.drop(key)
            self._offer_whole()
            return
        typing = typing_at(text, self._edit.caret())
        if typing is None:
            self._tasks.drop(key)
            self._offers.offer(())
            return
        start = text.casefold()
        lately = [t for t in self._recent.texts() if t.casefold().startswith(start) and t != text]

        def show(offers: list[Offer]) -> None:
            if self._edit.text() == text:
                whole = [Offer(t, t, icon="clock", whole=True) for t in lately[:2]]
                self._offers.offer([*offers, *whole])

        self._tasks.run(lambda: offers_for(typing, self._library), show, key=key, owner=self)

    def _offer_whole(self) -> None:
        """Offer what was searched lately, and examples, while the box is empty."""
        if self._edit.text().strip() or self._help.isVisible():
            return
        recent = self._recent.texts()[:_MOST_RECENT]
        lately = [Offer(text, text, icon="clock", whole=True) for text in recent]
        examples = [
            Offer(typed(text), typed(text), hint=hint, icon="search", whole=True)
            for text, hint in EXAMPLES
            if typed(text) not in recent
        ]
        self._offers.offer(
            [*headed("Recent", lately), *headed("For example", examples[:_MOST_EXAMPLES])]
        )

    def _on_offer(self, offer: Offer) -> None:
        if offer.whole:
            self.search_for(offer.text)
            return
        # A space that is there already parts the piece from what follows.
        after = self._edit.text()[offer.end : offer.end + 1]
        end = offer.end + (after == " " and offer.text.endswith(" "))
        self._edit.replace_text(offer.start, end, offer.text)
        if offer.text.endswith(" "):
            self._ask_on_purpose()
        else:
            self._complete(self._edit.text())

    def _on_focus(self, focused: bool) -> None:
        if focused:
            self._offer_whole()
        elif self._asked and self._asked == self.text:
            self._recent.add(self._asked)  # typing has ended, even without Enter

    def _on_help(self) -> None:
        self._offers.offer(())
        self._help.toggle()

    # -- photos ------------------------------------------------------------------------------
    def _on_images(self, mime: QMimeData) -> None:
        self.add_photos(image_sources_of(mime))

    def _on_photo(self, chip: QueryChip, area: QRect) -> None:
        self._offers.offer(())
        corner = self._edit.mapTo(self._field, area.topLeft())
        self._weights.open_for(chip, QRect(corner, area.size()))

    def _on_weight(self, chip: QueryChip, weight: float) -> None:
        if chip.photo is not None and chip in self._edit.all_chips:
            self._edit.replace_text(chip.start, chip.end, photo_token(chip.photo, weight))
            self._ask_on_purpose()

    def _on_removed(self, chip: QueryChip) -> None:
        if chip in self._edit.all_chips:
            self._edit.remove(chip)
            self._ask()

    def _on_pick(self) -> None:
        button = self._field.pick_button
        menu = self.create_pick_menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(button.mapToGlobal(QPoint(0, button.height() + 4)))

    def create_pick_menu(self) -> QMenu:
        """Return the menu of ways to put a photo into the search."""
        menu = QMenu(self)
        menu.addAction("Add the selected photos", self.selection_wanted.emit)
        menu.addAction("Add an image file…", self._choose_file)
        paste = menu.addAction("Add the copied image", self._paste)
        mime = QGuiApplication.clipboard().mimeData()
        paste.setEnabled(mime is not None and holds_image(mime))
        return menu

    def _choose_file(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "Find photos like", "", _IMAGES)
        self.add_photos([Path(name) for name in names])

    def _paste(self) -> None:
        mime = QGuiApplication.clipboard().mimeData()
        if mime is not None:
            self._on_images(mime)


class _ErrorStrip(Popover):
    """A line under the box that says why a text cannot be read."""

    def __init__(self, theme: ThemeService, anchor: QWidget) -> None:
        super().__init__(theme, anchor)
        self._anchor = anchor
        self._label = create_label("", "danger", wrap=True)
        line = QHBoxLayout(self)
        line.setContentsMargins(SPACE_PANEL, 6, SPACE_PANEL, 6)
        line.addWidget(self._label)
        self.hide()

    @property
    def text(self) -> str:
        return self._label.text()

    def show_text(self, text: str) -> None:
        self._label.setText(text)
        self._anchor.setAccessibleDescription(text)
        if not text:
            self.hide()
            return
        window = self._anchor.window()
        self.setParent(window)
        width = self._anchor.width()
        # Left to itself, a wrapped label asks for the height of a narrower one.
        height = self._label.heightForWidth(width - 2 * SPACE_PANEL) + 12
        self.setFixedSize(width, height)
        self.move(self._anchor.mapTo(window, QPoint(0, self._anchor.height() + 4)))
        self.show()
        self.raise_()
