"""The list of tags with their quality, and the line of captions over it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QListView, QMenu, QWidget

from photoorg.core.quality import QualityReport, TagQuality
from photoorg.gui.icons import IconSet
from photoorg.gui.quality.tag_delegate import TagDelegate, button_at, columns
from photoorg.gui.quality.tag_model import Order, Role, TagModel
from photoorg.gui.theme import FONT_SMALL, ThemeService, sized_font

_CAPTION_HEIGHT: Final = 20


class TagList(QListView):
    """Shows tags; Enter, a double click or the button of a row begins its review.

    Signals:
        review_requested(str): go through the uncertain photos of this tag.
        mistakes_requested(str): go through its probable mistakes.
        photos_requested(str): show the photos that carry it.
    """

    review_requested = Signal(str)
    mistakes_requested = Signal(str)
    photos_requested = Signal(str)

    def __init__(self, theme: ThemeService, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = TagModel(self)
        self._delegate = TagDelegate(theme, icons, self)
        self.setModel(self._model)
        self.setItemDelegate(self._delegate)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Tags and how good their suggestions are")
        self.customContextMenuRequested.connect(self._on_menu)
        self.doubleClicked.connect(lambda index: self._request(self.review_requested, index))
        theme.changed.connect(self.viewport().update)

    @property
    def tags(self) -> tuple[TagQuality, ...]:
        """The rows, in order."""
        return self._model.tags

    @property
    def order(self) -> Order:
        return self._model.order

    def current_tag(self) -> str | None:
        """Return the tag that has the keyboard, or None."""
        quality = self.currentIndex().data(Role.QUALITY)
        return quality.tag if isinstance(quality, TagQuality) else None

    def set_report(self, report: QualityReport) -> None:
        """Show another report; the current tag stays current, and the list where it is."""
        self._keeping(lambda: self._model.set_report(report))

    def set_order(self, order: Order) -> None:
        """Sort anew."""
        self._keeping(lambda: self._model.set_order(order))

    def set_filter(self, part: str) -> None:
        """Show only tags whose name holds this text."""
        self._keeping(lambda: self._model.set_filter(part))

    def choose(self, tag: str) -> bool:
        """Make a tag the current one and scroll to it; False where it is not shown."""
        index = self._model.place_of(tag)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index, QListView.ScrollHint.PositionAtCenter)
        return index.isValid()

    def _keeping(self, change: Callable[[], object]) -> None:
        tag, place = self.current_tag(), self.verticalScrollBar().value()
        change()
        index = self._model.place_of(tag) if tag is not None else QModelIndex()
        if index.isValid():
            self.setCurrentIndex(index)
        self.verticalScrollBar().setValue(place)
        self._delegate.hovered = -1

    def _request(self, signal: SignalInstance, index: QModelIndex) -> None:
        quality = index.data(Role.QUALITY)
        if isinstance(quality, TagQuality):
            signal.emit(quality.tag)

    def create_menu(self, index: QModelIndex) -> QMenu:
        """Return the context menu of a row."""
        menu = QMenu(self)
        for text, signal in (
            ("Review", self.review_requested),
            ("Look for mistakes", self.mistakes_requested),
            ("Show photos", self.photos_requested),
        ):
            menu.addAction(text, partial(self._request, signal, index))
        return menu

    def _on_menu(self, position: QPoint) -> None:
        index = self.indexAt(position)
        if index.isValid():
            menu = self.create_menu(index)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.viewport().mapToGlobal(position))

    # -- the button of a row ---------------------------------------------------------------------
    def _button_row(self, event: QMouseEvent) -> int:
        """Return the row whose button is under the pointer, or -1."""
        point = event.position().toPoint()
        index = self.indexAt(point)
        over = index.isValid() and button_at(self.visualRect(index), point)
        return index.row() if over else -1

    def _hover(self, row: int, *, pressed: bool = False) -> None:
        if (row, pressed) != (self._delegate.hovered, self._delegate.pressed):
            self._delegate.hovered, self._delegate.pressed = row, pressed
            self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._button_row(event), pressed=self._delegate.pressed)
        super().mouseMoveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._button_row(event) >= 0:
            self._hover(self._button_row(event), pressed=True)
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        row, pressed = self._button_row(event), self._delegate.pressed
        self._hover(row)
        super().mouseReleaseEvent(event)
        if pressed and row >= 0 and row == self.currentIndex().row():
            self._request(self.review_requested, self._model.index(row))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # The second click on a button is a click, and its row is under review by then.
        if self._button_row(event) < 0:
            super().mouseDoubleClickEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._request(self.review_requested, self.currentIndex())
        else:
            super().keyPressEvent(event)


class Captions(QWidget):
    """What the columns of the list mean, over them."""

    def __init__(self, tags: TagList, theme: ThemeService) -> None:
        super().__init__()
        self._tags = tags
        self._theme = theme
        self.setFixedHeight(_CAPTION_HEIGHT)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(sized_font(FONT_SMALL))
        painter.setPen(self._theme.color("dimmed"))
        places = columns(self._tags.viewport().width())
        for place, text in (
            (places.name, "Tag"),
            (places.precision, "Right when suggested"),
            (places.recall, "How many it finds"),
            (places.answers, "Your answers"),
        ):
            if place is not None:
                line = place.adjusted(0, 0, 0, self.height() - place.height())
                painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, text)
