"""Gives a tag to photos like those that carry it, with a look at them first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSlider, QVBoxLayout, QWidget

from photoorg.core.bulk import Alike
from photoorg.core.changes import AddTag, RejectTag
from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.core.records import GridRow
from photoorg.gui.bulk.notice import Notice
from photoorg.gui.icons import IconSet
from photoorg.gui.theme import SPACE_EMPTY, SPACE_GROUP, SPACE_ITEM, ThemeService
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_button, create_icon_button, create_label
from photoorg.gui.widgets.elided_label import ElidedLabel
from photoorg.gui.widgets.photo_tiles import PhotoTiles, Tile
from photoorg.gui.widgets.thumbs import Thumbs

STEPS: Final = 100
_SLIDER_WIDTH: Final = 200
_SIDE: Final = 112


@dataclass(frozen=True, slots=True)
class Spread:
    """Photos that a tag may be given to, with what is needed to picture them."""

    alike: Alike
    chosen: int = 0
    rows: Mapping[PhotoId, GridRow] = field(default_factory=dict)


def find_alike(library: LibraryPort, tag: str, seeds: Sequence[PhotoId]) -> Spread:
    """Ask for photos like others. Blocks: call it from a task."""
    alike = library.bulk.propagate(tag, seeds)
    rows = library.grid_rows([photo for photo, _ in alike.photos])
    return Spread(alike, len(seeds), {row.photo_id: row for row in rows})


class SpreadPage(QWidget):
    """Shows photos by likeness; those above the cut get the tag, save where a click says otherwise.

    Signals:
        operation_requested(Operation): carry this out.
        closed(): go back to the photos.
    """

    operation_requested = Signal(object)
    closed = Signal()

    def __init__(
        self, thumbs: Thumbs, theme: ThemeService, icons: IconSet, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._tag = ""
        self._spread: Spread | None = None
        self._cut = 0.0
        self._moved = False
        self._left_out: set[PhotoId] = set()
        self._added: set[PhotoId] = set()
        self._title = ElidedLabel()
        self._title.setProperty("kind", "title")
        self._about = ElidedLabel()
        self._about.setProperty("kind", "dimmed")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self._choice = QWidget()
        self._more = create_label("more photos", "dimmed")
        self._closer = create_label("only the most alike", "dimmed")
        self.give_button = create_button("", "primary")
        self.deny_button = create_button("", "quiet")
        self.close_button = create_icon_button(icons, "close", "Back to the photos")
        self.given = PhotoTiles(thumbs, theme, side=_SIDE, action="click to leave it out")
        self.others = PhotoTiles(thumbs, theme, side=_SIDE, action="click to give it the tag too")
        self._others_title = create_label("", "dimmed")
        self.deny_others_button = create_button("", "link")
        self._rest = QWidget()
        self._state = Notice()
        self._build()
        self.slider.valueChanged.connect(self._on_slider)
        self.give_button.clicked.connect(self._on_give)
        self.deny_button.clicked.connect(lambda: self._deny(self.left_out))
        self.deny_others_button.clicked.connect(lambda: self._deny(self._below()))
        self.close_button.clicked.connect(self.closed)
        self._state.back_requested.connect(self.closed)
        self.given.clicked.connect(lambda photo: self._toggle(self._left_out, photo))
        self.others.clicked.connect(lambda photo: self._toggle(self._added, photo))

    def _build(self) -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "window")
        self.setAccessibleName("Give a tag to similar photos")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._about)
        head = QHBoxLayout()
        head.setSpacing(SPACE_ITEM)
        head.addLayout(words, 1)
        for button in (self.deny_button, self.give_button, self.close_button):
            head.addWidget(button)
        self.slider.setRange(0, STEPS)
        self.slider.setFixedWidth(_SLIDER_WIDTH)
        self.slider.setAccessibleName("How alike photos must be")
        choice = QHBoxLayout(self._choice)
        choice.setContentsMargins(0, 0, 0, 0)
        choice.setSpacing(SPACE_ITEM)
        choice.addWidget(self._more)
        choice.addWidget(self.slider)
        choice.addWidget(self._closer)
        choice.addStretch(1)
        rest_head = QHBoxLayout()
        rest_head.setSpacing(SPACE_ITEM)
        rest_head.addWidget(self._others_title)
        rest_head.addWidget(self.deny_others_button)
        rest_head.addStretch(1)
        rest = QVBoxLayout(self._rest)
        rest.setContentsMargins(0, SPACE_EMPTY, 0, 0)
        rest.setSpacing(SPACE_ITEM)
        rest.addLayout(rest_head)
        rest.addWidget(self.others)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, SPACE_GROUP)
        column.setSpacing(0)
        column.addWidget(self._state)
        column.addWidget(self.given)
        column.addWidget(self._rest)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inside)
        for ground in (inside, scroll.viewport()):
            ground.setAutoFillBackground(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(SPACE_EMPTY, SPACE_GROUP, SPACE_GROUP, 0)
        whole.setSpacing(SPACE_GROUP)
        whole.addLayout(head)
        whole.addWidget(self._choice)
        whole.addWidget(scroll, 1)

    # -- what is shown -----------------------------------------------------------------------
    @property
    def tag(self) -> str:
        return self._tag

    @property
    def chosen(self) -> tuple[PhotoId, ...]:
        """The photos that get the tag."""
        return tuple(
            photo
            for photo, score in self._photos()
            if photo in self._added or (score >= self._cut and photo not in self._left_out)
        )

    @property
    def left_out(self) -> tuple[PhotoId, ...]:
        """Photos above the cut that the person clicked away."""
        return tuple(p for p, s in self._photos() if s >= self._cut and p in self._left_out)

    @property
    def state(self) -> str:
        """What is said where there are no photos."""
        return self._state.text

    def focus(self) -> None:
        """Take the keyboard."""
        (self.slider if self._photos() else self.close_button).setFocus()

    def begin(self, tag: str) -> None:
        """Say that photos are looked for."""
        self._tag, self._spread = tag, None
        self._moved = False
        self._left_out.clear()
        self._added.clear()
        self._title.setText(f"Give “{tag}” to similar photos")
        self._about.setText(" ")
        self._state.say("Looking for similar photos…")
        self._update()

    def show_spread(self, spread: Spread) -> None:
        """Show what was found; what was clicked before stays."""
        self._spread = spread
        alike = spread.alike
        seeds = wording.photos(alike.seeds)
        like = f"the {seeds} selected" if spread.chosen else f"the {seeds} that carry it"
        about = f"Most like {like} first. Click a photo to leave it out."
        self._about.setText(about if alike.photos else " ")
        if not alike.photos:
            self._state.say(alike.note, "Give it to a few by hand, then come back.", back=True)
        else:
            self._state.say("")
            # Where the person set the cut, it stays, also among others than before.
            self._cut = self._cut if self._moved else alike.cut
            blocked = self.slider.blockSignals(True)
            self.slider.setValue(round(STEPS * self._place(self._cut)))
            self.slider.blockSignals(blocked)
        self._update()
        if self.close_button.hasFocus():
            self.focus()

    def show_problem(self, text: str) -> None:
        """Say why there is nothing to show."""
        self._spread = None
        self._state.say("Similar photos cannot be looked for", text, back=True)
        self._update()

    def _photos(self) -> tuple[tuple[PhotoId, float], ...]:
        return () if self._spread is None else self._spread.alike.photos

    def _ends(self) -> tuple[float, float]:
        """Return the lowest and the highest likeness."""
        scores = [score for _, score in self._photos()]
        return min(scores), max(scores)

    def _place(self, cut: float) -> float:
        """Return where on the slider, 0 to 1, a likeness is."""
        low, high = self._ends()
        return 0.0 if high <= low else min(1.0, max(0.0, (cut - low) / (high - low)))

    def _below(self) -> tuple[PhotoId, ...]:
        """Return the photos below the cut that were not added by hand."""
        return tuple(p for p, s in self._photos() if s < self._cut and p not in self._added)

    def _update(self) -> None:
        photos = self._photos()
        rows = {} if self._spread is None else self._spread.rows
        above = [Tile.of(rows[p]) for p, s in photos if s >= self._cut and p in rows]
        below = [Tile.of(rows[p]) for p, s in photos if s < self._cut and p in rows]
        self.given.set_tiles(above, left_out=self._left_out)
        self.others.set_tiles(below, ringed=self._added)
        self._choice.setVisible(bool(photos))
        self.given.setVisible(bool(above))
        self._rest.setVisible(bool(below))
        self._others_title.setText(f"Less alike: {wording.photos(len(below))}")
        self.deny_others_button.setText(f"Not “{self._tag}” on these {len(self._below()):,}")
        self.deny_others_button.setVisible(bool(self._below()))
        count = len(self.chosen)
        self.give_button.setText(f"Give to {wording.photos(count)}" if count else "Give")
        self.give_button.setEnabled(bool(count))
        self.give_button.setVisible(bool(photos))
        out = len(self.left_out)
        self.deny_button.setText(f"Not “{self._tag}” on the {out:,} left out")
        self.deny_button.setVisible(bool(out))

    # -- what the person does ----------------------------------------------------------------
    def _on_slider(self, value: int) -> None:
        if self._photos():
            low, high = self._ends()
            self._moved = True
            self._cut = low + (high - low) * value / STEPS
            self._update()

    def _toggle(self, chosen: set[PhotoId], photo: PhotoId) -> None:
        chosen ^= {photo}
        self._update()

    def _on_give(self) -> None:
        if self.chosen:
            self.operation_requested.emit(AddTag(self._tag, self.chosen))
            self.closed.emit()

    def _deny(self, photos: tuple[PhotoId, ...]) -> None:
        if photos:
            self.operation_requested.emit(RejectTag(self._tag, photos))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)
