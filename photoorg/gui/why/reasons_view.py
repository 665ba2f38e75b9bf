"""Reasons from the person's own photos: the nearest, tags that go together, parts of a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from photoorg.core.ids import PhotoId
from photoorg.core.reasons import FoundReasons, NearPhoto, TagPull, TagReasons
from photoorg.core.records import GridRow
from photoorg.gui.theme import ThemeService
from photoorg.gui.why.bar import WordBar
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_label
from photoorg.gui.widgets.photo_tiles import PhotoTiles, Tile
from photoorg.gui.widgets.thumbs import Thumbs

_SIDE: Final = 88
_SIDE_ON_PHOTO: Final = 78
_ABREAST: Final = 3
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Reasons:
    """An answer with what is needed to picture it.

    Attributes:
        of_tag: why a tag; None where a search was asked about.
        found: why a search found the photo; None where a tag was asked about.
        rows: the photos that are shown as reasons.
    """

    of_tag: TagReasons | None = None
    found: FoundReasons | None = None
    rows: Mapping[PhotoId, GridRow] = field(default_factory=dict)


class ReasonsView(QWidget):
    """Shows reasons; empty and hidden until there are some.

    Signals:
        photo_chosen(PhotoId, tuple): show this photo, among those beside it.
        text_chosen(str): what speaks for this part of the search?
    """

    photo_chosen = Signal(object, object)
    text_chosen = Signal(str)

    def __init__(
        self,
        thumbs: Thumbs,
        theme: ThemeService,
        *,
        on_photo: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """Create it empty.

        Args:
            thumbs: pictures photos.
            theme: gives the colours.
            on_photo: whether it lies over a photo, where room is scarce.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._theme = theme
        self._on_photo = on_photo
        self._dimmed = "on-surround-dimmed" if on_photo else "dimmed"
        self._most = _ABREAST if on_photo else 2 * _ABREAST
        self._parts = QWidget()
        self._part_column = QVBoxLayout(self._parts)
        self._part_column.setContentsMargins(0, 0, 0, 0)
        self._part_column.setSpacing(0)
        self._near_title = create_label("", self._dimmed, wrap=True)
        self._near = self._create_tiles(thumbs)
        self._against_title = create_label("", self._dimmed, wrap=True)
        self._against = self._create_tiles(thumbs)
        self._pulls = create_label("", self._dimmed, wrap=True)
        self._notes = create_label("", self._dimmed, wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for title in (self._near_title, self._against_title, self._pulls, self._notes):
            title.setIndent(4)
        for part in (
            self._parts,
            self._near_title,
            self._near,
            self._against_title,
            self._against,
            self._pulls,
            self._notes,
        ):
            column.addWidget(part)
        self.clear()

    def _create_tiles(self, thumbs: Thumbs) -> PhotoTiles:
        side = _SIDE_ON_PHOTO if self._on_photo else _SIDE
        tiles = PhotoTiles(thumbs, self._theme, side=side, action="click to look at it")
        tiles.clicked.connect(
            lambda photo: self.photo_chosen.emit(photo, tuple(t.photo_id for t in tiles.tiles))
        )
        return tiles

    # -- for tests and screen readers --------------------------------------------------------
    @property
    def near(self) -> tuple[PhotoId, ...]:
        """The photos shown for the tag."""
        return tuple(tile.photo_id for tile in self._near.tiles)

    @property
    def against(self) -> tuple[PhotoId, ...]:
        """The photos shown against it."""
        return tuple(tile.photo_id for tile in self._against.tiles)

    @property
    def lines(self) -> list[str]:
        """All that is said in words, from top to bottom."""
        labels = [self._near_title, self._against_title, self._pulls, self._notes]
        said = [label.text() for label in labels if not label.isHidden()]
        return [line for text in said for line in text.splitlines()]

    @property
    def bars(self) -> tuple[WordBar, ...]:
        """The parts of a search."""
        return tuple(self._parts.findChildren(WordBar))

    # -- showing -----------------------------------------------------------------------------
    def clear(self) -> None:
        """Show nothing."""
        self.show_reasons(Reasons())

    def show_reasons(self, reasons: Reasons) -> None:
        """Show an answer."""
        of_tag, found = reasons.of_tag, reasons.found
        self._show_parts(found)
        tag = "" if of_tag is None else of_tag.tag
        near = () if of_tag is None else of_tag.near[: self._most]
        against = () if of_tag is None else of_tag.against[:_ABREAST]
        self._show_photos(self._near_title, self._near, near, reasons.rows)
        self._near_title.setText(f"Your nearest photos with “{tag}”")
        self._show_photos(self._against_title, self._against, against, reasons.rows)
        self._against_title.setText(f"Nearest that are not “{tag}”")
        pulls = "" if of_tag is None else "\n".join(_pull(each, tag) for each in of_tag.pulls)
        notes = (*(of_tag.notes if of_tag else ()), *(found.notes if found else ()))
        for label, text in ((self._pulls, pulls), (self._notes, " ".join(notes))):
            label.setText(text)
            label.setVisible(bool(text))
        self.setVisible(bool(near or against or pulls or notes or found))

    def show_problem(self, text: str) -> None:
        """Say why there are no reasons."""
        self.clear()
        self._notes.setText(text)
        self._notes.show()
        self.show()

    def _show_photos(
        self,
        title: QWidget,
        tiles: PhotoTiles,
        photos: Sequence[NearPhoto],
        rows: Mapping[PhotoId, GridRow],
    ) -> None:
        known = [
            Tile.of(rows[each.photo_id], f"likeness {each.cosine:.2f}")
            for each in photos
            if each.photo_id in rows
        ]
        tiles.set_tiles(known)
        tiles.setVisible(bool(known))
        title.setVisible(bool(known))

    def _show_parts(self, found: FoundReasons | None) -> None:
        while (item := self._part_column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        for each in () if found is None else found.parts:
            bar = WordBar(self._theme, on_photo=self._on_photo)
            bar.show_part(each.part, each.strength, each.words)
            bar.setEnabled(each.asks is not None)
            if each.asks is not None:
                bar.setToolTip(f"Show what speaks for “{each.asks}”")
                bar.clicked.connect(lambda _=False, text=each.asks: self.text_chosen.emit(text))
            words = create_label(each.words.replace(" %", f"{_NO_BREAK}%"), self._dimmed, wrap=True)
            words.setIndent(4)
            self._part_column.addWidget(bar)
            self._part_column.addWidget(words)
        self._parts.setVisible(found is not None)


def _pull(pull: TagPull, tag: str) -> str:
    """Return a sentence: "12 of your 15 photos with “beach” also carry “sea”."."""
    return f"{pull.both:,} of {wording.photos(pull.total)} with “{pull.tag}” also carry “{tag}”."
