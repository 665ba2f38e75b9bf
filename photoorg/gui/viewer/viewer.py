"""The viewer page: the photo, its name and date, and ways to the next one and back."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.core.modelling import Explanation
from photoorg.gui.commands import Commands
from photoorg.gui.grid.contents import Ids
from photoorg.gui.icons import IconSet
from photoorg.gui.shortcuts import Command
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import SPACE_ITEM, TOP_BAR_HEIGHT, ThemeService
from photoorg.gui.viewer.canvas import PhotoCanvas
from photoorg.gui.viewer.loader import Level, LoadedPhoto, PhotoLoader, PhotoReader
from photoorg.gui.why.panel import WhyPanel
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_icon_button, create_label

SLIDE_MS: Final = 4_000
_CONTROLS_MS: Final = 2_000
_EDGE_BUTTON: Final = 44
_SIDE_STEP: Final = 512


class Viewer(QWidget):
    """Shows one photo of a list.

    Signals:
        closed(): the person wants to go back.
        shown(PhotoId): another photo is on show.
        similar_requested(PhotoId): find photos like this one.
        full_screen_requested(bool): fill the screen, or do so no longer.
        why_toggled(): show what the model sees in the photo, or show it no longer.
        why_requested(str): what speaks for this word? "" asks about the photo as a whole.
    """

    closed = Signal()
    shown = Signal(object)
    similar_requested = Signal(object)
    full_screen_requested = Signal(bool)
    why_toggled = Signal()
    why_requested = Signal(str)

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        theme: ThemeService,
        icons: IconSet,
        read: PhotoReader,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icons = icons
        self._ids: Ids = np.zeros(0, np.int64)
        self._place = 0
        self._level = Level.THUMBNAIL
        self._loader = PhotoLoader(library, tasks, read, self)
        self._canvas = PhotoCanvas(theme, self)
        self._name = create_label()
        self._facts = create_label("", "dimmed")
        self._scale = create_label("", "dimmed")
        self._back = self._button("chevron-left", "Back to the photos (Esc)")
        self._similar = self._button("similar", "Find similar")
        self._why_button = self._button("heat", "What the model sees (W)")
        self.why = WhyPanel(theme, on_photo=True, parent=self)
        self._zoom = self._button("actual-size", "Show at 100 % (Z)")
        self._slides = self._button("play", "Slideshow (F5)")
        self._full_screen = self._button("fullscreen", "Full screen (F11)")
        self._previous = self._edge_button("chevron-left", "Previous photo")
        self._next = self._edge_button("chevron-right", "Next photo")
        self._slide_timer = QTimer(self, interval=SLIDE_MS)
        self._controls_timer = QTimer(self, singleShot=True, interval=_CONTROLS_MS)
        self._bar = self._build_bar()
        self._build()
        self._connect()

    # -- building -----------------------------------------------------------------------------
    def _button(self, icon: str, name: str) -> QToolButton:
        button = create_icon_button(self._icons, icon, name, "on_surround")
        button.setProperty("kind", "surround")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button

    def _edge_button(self, icon: str, name: str) -> QToolButton:
        button = self._button(icon, name)
        button.setProperty("kind", "edge")
        button.setParent(self)
        button.setFixedSize(_EDGE_BUTTON, _EDGE_BUTTON)
        button.hide()
        return button

    def _build_bar(self) -> QWidget:
        bar = QWidget(self)
        bar.setFixedHeight(TOP_BAR_HEIGHT)
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar.setProperty("surface", "surround")
        for label, kind in ((self._name, "on-surround"), (self._facts, "on-surround-dimmed")):
            label.setProperty("kind", kind)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._scale.setProperty("kind", "on-surround-dimmed")
        middle = QVBoxLayout()
        middle.setSpacing(0)
        middle.addStretch()
        middle.addWidget(self._name)
        middle.addWidget(self._facts)
        middle.addStretch()
        # Both sides are equally wide, so that the name stands in the middle of the window.
        left, right = QWidget(), QWidget()
        left_row, right_row = QHBoxLayout(left), QHBoxLayout(right)
        for row in (left_row, right_row):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(SPACE_ITEM // 2)
        left_row.addWidget(self._back)
        left_row.addStretch()
        right_row.addStretch()
        right_row.addWidget(self._scale)
        for button in (
            self._zoom,
            self._why_button,
            self._similar,
            self._slides,
            self._full_screen,
        ):
            right_row.addWidget(button)
        layout = QHBoxLayout(bar)
        layout.setContentsMargins(SPACE_ITEM, 0, SPACE_ITEM, 0)
        layout.addWidget(left, 1)
        layout.addLayout(middle)
        layout.addWidget(right, 1)
        return bar

    def _build(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Photo")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._bar)
        layout.addWidget(self._canvas, 1)
        self.why.hide()
        self.why.raise_()
        self._previous.raise_()
        self._next.raise_()

    def _connect(self) -> None:
        self._back.clicked.connect(self.closed)
        self._similar.clicked.connect(self._on_similar)
        self._why_button.clicked.connect(self.why_toggled)
        self.why.word_chosen.connect(self.why_requested)
        self.why.resized.connect(self._place_why_panel)
        self._zoom.clicked.connect(self.toggle_scale)
        self._slides.clicked.connect(self.toggle_slideshow)
        self._full_screen.clicked.connect(
            lambda: self.full_screen_requested.emit(not self.window().isFullScreen())
        )
        self._previous.clicked.connect(lambda: self.step(-1))
        self._next.clicked.connect(lambda: self.step(1))
        self._loader.loaded.connect(self._on_loaded)
        self._canvas.scale_changed.connect(self._show_scale)
        self._canvas.more_pixels_wanted.connect(self._on_more_pixels_wanted)
        self._canvas.moved.connect(self._show_controls)
        self._slide_timer.timeout.connect(self._on_slide)
        self._controls_timer.timeout.connect(self._hide_controls)
        for watched in (self._previous, self._next):
            watched.installEventFilter(self)

    # -- which photo --------------------------------------------------------------------------
    def open(self, ids: Ids, photo_id: PhotoId) -> None:
        """Show a photo of a list.

        Args:
            ids: int64 [n], what next and previous go through.
            photo_id: one of them.

        Raises:
            ValueError: the photo is not in the list.
        """
        found = np.flatnonzero(ids == photo_id)
        if not len(found):
            raise ValueError(f"photo {photo_id} is not among those to be shown")
        self._ids = ids
        self._go_to(int(found[0]))
        self._show_controls()
        self.setFocus()

    def connect_commands(self, commands: Commands) -> None:
        """Go from photo to photo and nearer by key."""
        commands.on(Command.NEXT, lambda: self.step(1))
        commands.on(Command.PREVIOUS, lambda: self.step(-1))
        commands.on(Command.FIRST, lambda: self.go_to_end(last=False))
        commands.on(Command.LAST, lambda: self.go_to_end(last=True))
        commands.on(Command.TOGGLE_SCALE, self.toggle_scale)
        commands.on(Command.ZOOM_IN, lambda: self.zoom(1.25))
        commands.on(Command.ZOOM_OUT, lambda: self.zoom(0.8))

    def step(self, by: int) -> None:
        """Go on, or back; stays at the ends."""
        place = min(max(self._place + by, 0), len(self._ids) - 1)
        if place != self._place:
            self._go_to(place)

    def go_to_end(self, *, last: bool) -> None:
        """Show the first or the last photo of the list."""
        if len(self._ids):
            self._go_to(len(self._ids) - 1 if last else 0)

    def current_photo(self) -> PhotoId | None:
        """Return what is on show, or None."""
        return PhotoId(int(self._ids[self._place])) if len(self._ids) else None

    def release(self) -> None:
        """Let go of the photos: the page is no longer on show."""
        self._slide_timer.stop()
        self._loader.forget()
        self._canvas.clear()
        self._ids = np.zeros(0, np.int64)

    def _go_to(self, place: int) -> None:
        self._place = place
        self._canvas.set_heat(None)
        self._level = Level.THUMBNAIL
        photo = PhotoId(int(self._ids[place]))
        near = [place + 1, place - 1, place + 2]
        then = tuple(PhotoId(int(self._ids[i])) for i in near if 0 <= i < len(self._ids))
        self._previous.setEnabled(place > 0)
        self._next.setEnabled(place + 1 < len(self._ids))
        self._loader.load(photo, self._screen_side(), then)
        self.shown.emit(photo)

    def _screen_side(self) -> int:
        """Return how many pixels the screen can show, in steps so that resizing costs little."""
        size = self._canvas.device_size
        side = max(size.width(), size.height(), 1)
        return -(-side // _SIDE_STEP) * _SIDE_STEP

    def _on_loaded(self, photo: LoadedPhoto) -> None:
        if photo.photo_id != self.current_photo() or photo.level < self._level:
            return
        first = photo.level is Level.THUMBNAIL or self._level is Level.THUMBNAIL
        same = not first or self._shows(photo)
        self._level = photo.level
        self._canvas.show_photo(QPixmap.fromImage(photo.image), photo.full, same=same)
        self._canvas.show_message(photo.problem)
        self._describe(photo)
        self._show_scale()

    def _shows(self, photo: LoadedPhoto) -> bool:
        """Return whether a level of this photo is on show, perhaps already zoomed into."""
        return bool(self._name.property("photo") == int(photo.photo_id))

    def _describe(self, photo: LoadedPhoto) -> None:
        self._name.setProperty("photo", int(photo.photo_id))
        details = photo.details
        if details is None or not details.paths:
            self._name.setText("")
            self._facts.setText("")
            return
        self._name.setText(details.paths[0].name)
        facts = []
        if details.metadata.taken_at is not None:
            facts.append(wording.moment(details.metadata.taken_at))
        facts.append(f"{self._place + 1:,} of {len(self._ids):,}")
        self._facts.setText("  ·  ".join(facts))

    # -- why (WhyController) ------------------------------------------------------------------
    @property
    def shows_heat(self) -> bool:
        return self._canvas.shows_heat

    def begin_why(self, photo: PhotoId, tag: str) -> None:
        """Say that the model is asked about a photo."""
        if photo == self.current_photo():
            self._canvas.set_heat(None)
            self.why.set_question(tag)
            self._show_why_panel()

    def show_why(self, explanation: Explanation, heat: QImage | None) -> None:
        """Lay the heat map over the photo and say what the model sees in it."""
        if explanation.photo_id == self.current_photo():
            self._canvas.set_heat(heat)
            self.why.show_answer(explanation)
            self._show_why_panel()

    def show_why_problem(self, photo: PhotoId, text: str) -> None:
        """Say why there is no answer."""
        if photo == self.current_photo():
            self.why.show_problem(text)
            self._show_why_panel()

    def end_why(self) -> None:
        """Take map and words away."""
        self._canvas.set_heat(None)
        self.why.hide()
        self.why.clear()

    def _show_why_panel(self) -> None:
        self.why.show()
        self._place_why_panel()

    def _place_why_panel(self) -> None:
        margin = 2 * SPACE_ITEM
        self.why.set_room(self._canvas.height() - 2 * margin)
        self.why.move(margin, self.height() - self.why.height() - margin)

    # -- scale --------------------------------------------------------------------------------
    def toggle_scale(self) -> None:
        """Change between the whole photo and 100 %."""
        self._canvas.toggle_scale()

    def zoom(self, factor: float) -> None:
        """Show larger or smaller."""
        self._canvas.zoom_to(self._canvas.scale * factor)

    def _on_more_pixels_wanted(self) -> None:
        photo = self.current_photo()
        if photo is None:
            return
        if self._canvas.fitted:
            self._loader.load(photo, self._screen_side())
        else:
            self._loader.load_full(photo)

    def _show_scale(self) -> None:
        self._scale.setText("" if self._canvas.fitted else f"{self._canvas.scale:.0%}")
        fitted = self._canvas.fitted
        self._icons.bind(self._zoom, "actual-size" if fitted else "fit", "on_surround")
        self._zoom.setToolTip("Show at 100 % (Z)" if fitted else "Show all of it (Z)")

    # -- slideshow ----------------------------------------------------------------------------
    @property
    def in_slideshow(self) -> bool:
        return self._slide_timer.isActive()

    def toggle_slideshow(self) -> None:
        """Begin or end going on by itself, full screen."""
        if self.in_slideshow:
            self.stop_slideshow()
            return
        self._slide_timer.start()
        self._icons.bind(self._slides, "pause", "on_surround")
        self.full_screen_requested.emit(True)

    def stop_slideshow(self) -> None:
        self._slide_timer.stop()
        self._icons.bind(self._slides, "play", "on_surround")
        self.full_screen_requested.emit(False)
        self._show_controls()

    def _on_slide(self) -> None:
        if self._place + 1 < len(self._ids):
            self.step(1)
        else:
            self.stop_slideshow()

    # -- controls that come and go ------------------------------------------------------------
    def _show_controls(self) -> None:
        self._previous.setVisible(self._previous.isEnabled())
        self._next.setVisible(self._next.isEnabled())
        self._bar.show()
        self.unsetCursor()
        self._controls_timer.start()

    def _hide_controls(self) -> None:
        if self._previous.underMouse() or self._next.underMouse():
            return
        self._previous.hide()
        self._next.hide()
        if self.window().isFullScreen() and not self._bar.underMouse():
            self._bar.hide()
            self.setCursor(Qt.CursorShape.BlankCursor)

    def _on_similar(self) -> None:
        if (photo := self.current_photo()) is not None:
            self.similar_requested.emit(photo)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._controls_timer.start()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        size: QSize = event.size()
        middle = (size.height() - _EDGE_BUTTON) // 2
        self._previous.move(QPoint(2 * SPACE_ITEM, middle))
        self._next.move(QPoint(size.width() - _EDGE_BUTTON - 2 * SPACE_ITEM, middle))
        self._place_why_panel()
        super().resizeEvent(event)

    def name_label(self) -> QLabel:
        """Return the label with the file's name (for tests and screen readers)."""
        return self._name
