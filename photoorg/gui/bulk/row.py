"""One suggested tag with the photos that it is suggested for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from photoorg.core.bulk import BulkSuggestion
from photoorg.core.ids import PhotoId
from photoorg.core.records import GridRow
from photoorg.gui.theme import SPACE_GROUP, SPACE_ITEM, ThemeService
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_button, create_label
from photoorg.gui.widgets.elided_label import ElidedLabel
from photoorg.gui.widgets.photo_tiles import PhotoTiles, Tile
from photoorg.gui.widgets.thumbs import Thumbs

FOLDED: Final = 60
"""Photos that are pictured while the row is one line; no screen is wider than they are."""

_NAME_WIDTH: Final = 148


class TagRow(QWidget):
    """The tag, on how many photos it is likely, those photos, and what to do with it.

    Photos that a person clicks are left out of what is accepted.

    Signals:
        accepted(str): give the tag to the photos that are shown and not left out.
        rejected(str): the tag is wrong on all photos that are shown.
        left_out_changed(): a photo was left out, or taken in again.
    """

    accepted = Signal(str)
    rejected = Signal(str)
    left_out_changed = Signal()

    def __init__(
        self, tag: str, thumbs: Thumbs, theme: ThemeService, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.tag = tag
        self._left_out: set[PhotoId] = set()
        self._suggestion = BulkSuggestion(tag, ())
        self._least = 0.0
        self._rows: Mapping[PhotoId, GridRow] = {}
        self._selected = 0
        self._open = False
        self._name = ElidedLabel(tag)
        self._name.setProperty("kind", "title")
        self._count = create_label("", "dimmed")
        self.tiles = PhotoTiles(thumbs, theme, lines=1, action="click to leave it out")
        self.tiles.setAccessibleDescription(f"Photos that “{tag}” is suggested for")
        self.accept_button = create_button("Accept")
        self.reject_button = create_button("Not this tag", "quiet")
        self._fold = create_button("Show fewer", "link")
        self._fold.hide()
        self._build()
        self.tiles.clicked.connect(self._on_clicked)
        self.tiles.more_requested.connect(lambda: self._set_open(opened=True))
        self._fold.clicked.connect(lambda: self._set_open(opened=False))
        self.accept_button.clicked.connect(lambda: self.accepted.emit(self.tag))
        self.reject_button.clicked.connect(lambda: self.rejected.emit(self.tag))

    def _build(self) -> None:
        self.setAccessibleName(self.tag)
        words = QVBoxLayout()
        words.setSpacing(2)
        for part in (self._name, self._count, self._fold):
            part.setFixedWidth(_NAME_WIDTH)
            words.addWidget(part)
        words.addStretch(1)
        buttons = QVBoxLayout()
        buttons.setSpacing(4)
        buttons.addWidget(self.accept_button)
        buttons.addWidget(self.reject_button)
        buttons.addStretch(1)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, SPACE_ITEM, 0, SPACE_ITEM)
        line.setSpacing(SPACE_GROUP)
        line.addLayout(words)
        line.addWidget(self.tiles, 1, Qt.AlignmentFlag.AlignTop)
        line.addLayout(buttons)

    @property
    def left_out(self) -> frozenset[PhotoId]:
        """Photos that the person clicked away."""
        return frozenset(self._left_out)

    @property
    def chosen(self) -> tuple[PhotoId, ...]:
        """The photos that the tag would be given to."""
        return self._suggestion.above(self._least, self._left_out)

    @property
    def shown(self) -> tuple[PhotoId, ...]:
        """The photos that are pictured, those left out too."""
        return self._suggestion.above(self._least)

    def show_suggestion(
        self,
        suggestion: BulkSuggestion,
        rows: Mapping[PhotoId, GridRow],
        least: float,
        selected: int,
    ) -> None:
        """Show the photos on which the tag is likely.

        Args:
            suggestion: of this tag.
            rows: the photos.
            least: probability from which on they are shown.
            selected: how many photos were asked about.
        """
        self._suggestion, self._least = suggestion, least
        self._rows, self._selected = rows, selected
        self._show_tiles()
        self._update_count()

    def _show_tiles(self) -> None:
        count = len(self.shown)
        pictured = count if self._open else min(count, FOLDED)
        tiles = [
            Tile.of(self._rows[photo], wording.percent(probability))
            for photo, probability in self._suggestion.photos[:pictured]
            if photo in self._rows
        ]
        missing = pictured - len(tiles)
        self.tiles.set_tiles(tiles, left_out=self._left_out, total=count - missing)

    def _update_count(self) -> None:
        self._count.setText(f"{len(self.chosen):,} of {wording.photos(self._selected)}")
        self.accept_button.setEnabled(bool(self.chosen))

    def _set_open(self, *, opened: bool) -> None:
        self._open = opened
        self.tiles.set_lines(None if opened else 1)
        self._show_tiles()
        self._fold.setVisible(opened)

    def _on_clicked(self, photo: PhotoId) -> None:
        self._left_out ^= {photo}
        self._show_tiles()
        self._update_count()
        self.left_out_changed.emit()
