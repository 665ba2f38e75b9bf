"""The surface of the grid: lays tiles out, scrolls, paints what is in view and asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

from photoorg.core.ids import PhotoId
from photoorg.core.records import NO_DAY, PhotoState
from photoorg.gui.grid.contents import Ids
from photoorg.gui.grid.delegate import HOVERED, PLAIN, TilePainter, TileState
from photoorg.gui.grid.floating_date import FloatingDate
from photoorg.gui.grid.layout import (
    HEADER_HEIGHT,
    GridLayout,
    Grouping,
    Measures,
    TileShape,
    group_keys,
    lay_out,
)
from photoorg.gui.grid.model import GridModel
from photoorg.gui.grid.selection import selection_of
from photoorg.gui.icons import IconSet
from photoorg.gui.theme import (
    FONT_BODY,
    FONT_TITLE,
    GUTTER,
    SPACE_ITEM,
    SPACE_PANEL,
    ThemeService,
    sized_font,
)
from photoorg.gui.thumbnails import ThumbnailLoader, ThumbnailRequest

SMALLEST_TILE: Final = 80
LARGEST_TILE: Final = 512
DEFAULT_TILE: Final = 180
MARGIN: Final = SPACE_ITEM

_FRAME_MS: Final = 16
_PRIORITISE_MS: Final = 150

AnyIndex = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class HeldPlace:
    """Something to hold still while tiles move: a photo, and where its top is in the viewport."""

    photo_id: PhotoId
    offset: int


class GridCanvas(QAbstractItemView):
    """Tiles in rows, without any notion of choosing among them.

    Signals:
        visible_pending(list): photos in view that have no thumbnail yet.
    """

    visible_pending = Signal(list)

    def __init__(
        self,
        model: GridModel,
        thumbnails: ThumbnailLoader,
        theme: ThemeService,
        icons: IconSet,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._grid = model
        self._thumbnails = thumbnails
        self._theme = theme
        self._tiles = TilePainter(theme, icons)
        self._size = DEFAULT_TILE
        self._shape = TileShape.JUSTIFIED
        self._grouping = Grouping.NONE
        self._grouping_allowed = True
        self._layout: GridLayout | None = None
        self._hovered: int | None = None
        self._band = QRect()
        self._header_font = sized_font(FONT_TITLE, QFont.Weight.DemiBold)
        self._count_font = sized_font(FONT_BODY)
        self._floating = FloatingDate(theme, self)
        self._look = _timer(self, _FRAME_MS, self._look_around)
        self._prioritise = _timer(self, _PRIORITISE_MS, self._tell_pending)

        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setModel(model)
        thumbnails.loaded.connect(self._on_thumbnails_loaded)
        theme.changed.connect(self._on_theme_changed)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.verticalScrollBar().sliderMoved.connect(self._show_date)

    def _tile_states(self, tiles: range) -> list[TileState]:
        """Return how each tile stands."""
        return [HOVERED if tile == self._hovered else PLAIN for tile in tiles]

    # -- how tiles lie -------------------------------------------------------------------------
    @property
    def tile_size(self) -> int:
        return self._size

    def set_tile_size(self, size: int, at: QPoint | None = None) -> None:
        """Make tiles larger or smaller, holding still what is at a point of the viewport.

        Without a point the current photo is held if it is in view, else the first in view.
        """
        size = min(max(size, SMALLEST_TILE), LARGEST_TILE)
        if size == self._size:
            return
        held = self._held_tile(at)
        self._size = size
        self._lay_out_anew(held)

    @property
    def tile_shape(self) -> TileShape:
        return self._shape

    def set_tile_shape(self, shape: TileShape) -> None:
        held = self._held_tile(None)
        self._shape = shape
        self._lay_out_anew(held)

    @property
    def grouping(self) -> Grouping:
        return self._grouping

    def set_grouping(self, grouping: Grouping) -> None:
        held = self._held_tile(None)
        self._grouping = grouping
        self._lay_out_anew(held)

    def _laid_out(self) -> GridLayout:
        if self._layout is None:
            outline = self._grid.contents.outline
            width = max(self.viewport().width() - 2 * MARGIN, SMALLEST_TILE)
            measures = Measures(width, self._size, self._shape, GUTTER)
            grouping = self._shown_grouping()
            grouped = grouping is not Grouping.NONE
            groups = group_keys(outline.days, grouping) if grouped else None
            self._layout = lay_out(outline.aspects, measures, groups)
            self._update_scroll_bar()
        return self._layout

    def set_grouping_allowed(self, allowed: bool) -> None:
        """Group as the person chose, or not at all where the order is not that of dates."""
        if allowed != self._grouping_allowed:
            self._grouping_allowed = allowed
            self._layout = None

    def scroll_to_top(self) -> None:
        self._hold(None)

    def _shown_grouping(self) -> Grouping:
        return self._grouping if self._grouping_allowed else Grouping.NONE

    def _lay_out_anew(self, held: HeldPlace | None) -> None:
        self._layout = None
        self._hovered = None
        self._hold(held)

    def _held_tile(self, at: QPoint | None) -> HeldPlace | None:
        """Return what to hold still: the tile at a point, the current one or the first in view."""
        layout = self._laid_out()
        if layout.count == 0:
            return None
        tile = None if at is None else self._tile_at(at)
        if tile is None:
            tile = self._current()
            if tile is None or not self._tile_rect(tile).intersects(self.viewport().rect()):
                tile = None
        if tile is None:
            return self._held_top()
        return HeldPlace(self._grid.photo_id(tile), self._tile_rect(tile).top())

    def _held_top(self) -> HeldPlace | None:
        """Return the first tile in view, or None at the very top, where new photos come in."""
        layout = self._laid_out()
        if layout.count == 0 or self.verticalScrollBar().value() == 0:
            return None
        tile = self._first_in_view(layout)
        return HeldPlace(self._grid.photo_id(tile), self._tile_rect(tile).top())

    def _hold(self, held: HeldPlace | None) -> None:
        """Scroll so that something is where it was; None scrolls to the top."""
        layout = self._laid_out()
        if held is None:
            self.verticalScrollBar().setValue(0)
        elif (place := self._grid.place_of(held.photo_id)) is not None:
            self.verticalScrollBar().setValue(MARGIN + layout.rect(place)[1] - held.offset)
        self.viewport().update()
        self._look.start()

    def _update_scroll_bar(self) -> None:
        if self._layout is None:
            return
        bar = self.verticalScrollBar()
        view = self.viewport().height()
        bar.setRange(0, max(0, self._layout.height + 2 * MARGIN - view))
        # Greyed out it vanishes, but keeps its room: tiles must not move when it comes.
        bar.setEnabled(bar.maximum() > 0)
        bar.setPageStep(max(1, view - self._size // 2))
        bar.setSingleStep(max(16, min(self._size // 3, 60)))

    def _first_in_view(self, layout: GridLayout) -> int:
        top = self.verticalScrollBar().value() - MARGIN
        tiles = layout.tiles_between(top, top + self.viewport().height())
        return tiles.start if tiles else layout.count - 1

    # -- places on the viewport ----------------------------------------------------------------
    def _tile_rect(self, tile: int) -> QRect:
        x, y, w, h = self._laid_out().rect(tile)
        return QRect(x + MARGIN, y + MARGIN - self.verticalScrollBar().value(), w, h)

    def _tile_at(self, point: QPoint) -> int | None:
        y = point.y() - MARGIN + self.verticalScrollBar().value()
        return self._laid_out().tile_at(point.x() - MARGIN, y)

    def _tiles_touched(self, rect: QRect) -> Ids:
        """Return the tiles that a rectangle of the viewport touches."""
        box = rect.normalized().translated(-MARGIN, self.verticalScrollBar().value() - MARGIN)
        return self._laid_out().tiles_within(
            box.left(), box.top(), box.right() + 1, box.bottom() + 1
        )

    def _current(self) -> int | None:
        index = self.currentIndex()
        return index.row() if index.isValid() else None

    def _update_tile(self, tile: int | None) -> None:
        if tile is not None and tile < len(self._grid.ids):
            self.viewport().update(self._tile_rect(tile))

    def _scroll_to(self, tile: int) -> None:
        _, y, _, height = self._laid_out().rect(tile)
        bar = self.verticalScrollBar()
        grouped = self._shown_grouping() is not Grouping.NONE
        above = HEADER_HEIGHT if grouped else MARGIN
        if y + MARGIN - above < bar.value():
            bar.setValue(y + MARGIN - above)
        elif y + height + 2 * MARGIN > bar.value() + self.viewport().height():
            bar.setValue(y + height + 2 * MARGIN - self.viewport().height())

    # -- asking for what is in view ------------------------------------------------------------
    def look_again(self) -> None:
        """Ask for rows and thumbnails of what is in view: something about them changed."""
        self._look.start()

    def _look_around(self) -> None:
        """Ask for rows and thumbnails: what is in view first, then what is near."""
        layout = self._laid_out()
        top, height = self.verticalScrollBar().value() - MARGIN, self.viewport().height()
        seen = layout.tiles_between(top, top + height)
        below = layout.tiles_between(top + height, top + 2 * height)
        above = layout.tiles_between(top - height // 2, top)
        if not seen:
            return
        first = min(above.start, seen.start) if above else seen.start
        last = max(below.stop, seen.stop) if below else seen.stop
        self._grid.request(range(first, last))
        ratio = self.viewport().devicePixelRatioF()
        order = [
            *seen,
            *(t for t in below if t >= seen.stop),
            *(t for t in above if t < seen.start),
        ]
        requests = []
        for tile in order:
            row = self._grid.row(tile)
            if row is not None and row.thumbnail_key:
                _, _, w, h = layout.rect(tile)
                requests.append(
                    ThumbnailRequest(row.thumbnail_key, round(w * ratio), round(h * ratio))
                )
        self._thumbnails.want(requests)
        self._prioritise.start()

    def dataChanged(
        self, top_left: AnyIndex, bottom_right: AnyIndex, roles: Sequence[int] = ()
    ) -> None:
        self.viewport().update()
        self._look.start()

    def _tell_pending(self) -> None:
        top = self.verticalScrollBar().value() - MARGIN
        seen = self._laid_out().tiles_between(top, top + self.viewport().height())
        pending = [
            row.photo_id
            for row in map(self._grid.row, seen)
            if row is not None and row.state is PhotoState.PENDING and not row.missing
        ]
        if pending:
            self.visible_pending.emit(pending)

    def _on_thumbnails_loaded(self, keys: list[str]) -> None:
        wanted = set(keys)
        top = self.verticalScrollBar().value() - MARGIN
        for tile in self._laid_out().tiles_between(top, top + self.viewport().height()):
            row = self._grid.row(tile)
            if row is not None and row.thumbnail_key in wanted:
                self._update_tile(tile)

    def _on_theme_changed(self) -> None:
        self._tiles.forget_colors()
        self.viewport().update()

    # -- scrolling -----------------------------------------------------------------------------
    def _on_scrolled(self) -> None:
        self._hovered = None
        self.viewport().update()
        if not self._look.isActive():
            self._look.start()

    def _show_date(self, _value: int = 0) -> None:
        layout = self._laid_out()
        bar = self.verticalScrollBar()
        if bar.maximum() == 0 or layout.count == 0:
            return
        day = int(self._grid.contents.outline.days[self._first_in_view(layout)])
        travel = self.viewport().height() - 32
        middle = 16 + round(travel * bar.value() / bar.maximum())
        title = date_title(day, Grouping.MONTH)
        self._floating.show_at(title, self.viewport().width() - 8, middle, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._layout is not None and event.oldSize().width() == event.size().width():
            self._update_scroll_bar()
            self._look.start()
            return
        held = self._held_top() if self._layout is not None else None
        self._lay_out_anew(held)

    # -- painting ------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        layout = self._laid_out()
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(event.rect(), self._theme.color("window"))
        scrolled = self.verticalScrollBar().value() - MARGIN
        top, bottom = event.rect().top() + scrolled, event.rect().bottom() + 1 + scrolled
        tiles = layout.tiles_between(top, bottom)
        seen = slice(tiles.start, tiles.stop)
        self._tiles.begin(painter)
        for tile, state, color, (x, y, w, h) in zip(
            tiles,
            self._tile_states(tiles),
            self._grid.contents.outline.colors[seen].tolist(),
            layout.rects(tiles),
            strict=True,
        ):
            row = self._grid.row(tile)
            pixmap = None if row is None else self._thumbnails.peek(row.thumbnail_key)
            rect = QRect(x + MARGIN, y - scrolled, w, h)
            self._tiles.paint(painter, rect, color, row, pixmap, self._grid.note(tile), state)
        if self._shown_grouping() is not Grouping.NONE:
            for group in layout.groups_between(top, bottom):
                self._paint_header(painter, layout, group, scrolled)
        if not self._band.isNull():
            painter.setPen(self._theme.color("accent"))
            painter.setBrush(self._theme.color("accent", 0.12))
            painter.drawRect(self._band)
        painter.end()

    def _paint_header(
        self, painter: QPainter, layout: GridLayout, group: int, scrolled: int
    ) -> None:
        first = int(layout.group_first[group])
        more = group + 1 < len(layout.group_first)
        count = (int(layout.group_first[group + 1]) if more else layout.count) - first
        title = date_title(int(self._grid.contents.outline.days[first]), self._shown_grouping())
        line = QRect(
            MARGIN + 4,
            int(layout.group_top[group]) - scrolled,
            self.viewport().width() - 2 * SPACE_PANEL,
            HEADER_HEIGHT - 8,
        )
        bottom = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
        painter.setFont(self._header_font)
        painter.setPen(self._theme.color("text"))
        painter.drawText(line, bottom, title)
        line.setLeft(line.left() + painter.fontMetrics().horizontalAdvance(title) + SPACE_ITEM)
        painter.setFont(self._count_font)
        painter.setPen(self._theme.color("dimmed"))
        painter.drawText(line, bottom, f"{count:,}")

    # -- what QAbstractItemView needs to know --------------------------------------------------
    def visualRect(self, index: AnyIndex) -> QRect:
        return self._tile_rect(index.row()) if index.isValid() else QRect()

    def indexAt(self, point: QPoint) -> QModelIndex:
        tile = self._tile_at(point)
        return QModelIndex() if tile is None else self._grid.index(tile)

    def scrollTo(
        self,
        index: AnyIndex,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        if index.isValid():
            self._scroll_to(index.row())

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: AnyIndex) -> bool:
        return False

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        return self.currentIndex()

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        places = self._tiles_touched(rect)
        self.selectionModel().select(selection_of(self._grid, places), command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        return QRegion(self.viewport().rect())


def date_title(day: int, grouping: Grouping) -> str:
    """Return "July 2023" or "Friday, 14 July 2023"; "No date" for `NO_DAY`.

    Args:
        day: days since 1970-01-01.
        grouping: how exact; NONE counts as MONTH.
    """
    if day == NO_DAY:
        return "No date"
    when = date(1970, 1, 1) + timedelta(days=day)
    if grouping is Grouping.DAY:
        return f"{when:%A}, {when.day} {when:%B %Y}"
    return f"{when:%B %Y}"


def _timer(parent: QWidget, milliseconds: int, slot: Callable[[], object]) -> QTimer:
    timer = QTimer(parent, singleShot=True, interval=milliseconds)
    timer.timeout.connect(slot)
    return timer
