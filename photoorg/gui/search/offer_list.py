"""The list under the search box: what can be taken instead of typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from photoorg.gui.icons import IconSet
from photoorg.gui.search.completing import Offer
from photoorg.gui.theme import FONT_BODY, FONT_SMALL, RADIUS, ThemeService, sized_font
from photoorg.gui.widgets.chip import mix
from photoorg.gui.widgets.popover import Popover

_ROW: Final = 28
_HEADING: Final = 24
_MARGIN: Final = 4
_ICON: Final = 14
_LEFT: Final = 10


class OfferList(Popover):
    """Down and Up choose, Tab takes the chosen or the first, Enter the chosen, Esc closes.

    It is a child of the window and never has the focus, so typing goes on undisturbed.

    Signals:
        chosen(Offer): an offer was taken.
    """

    chosen = Signal(object)

    def __init__(self, edit: QWidget, anchor: QWidget, theme: ThemeService, icons: IconSet) -> None:
        super().__init__(theme, anchor)
        self._edit = edit
        self._anchor = anchor
        self._icons = icons
        self._offers: list[Offer] = []
        self._current = -1
        self.setAccessibleName("Completions")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.hide()
        edit.installEventFilter(self)

    @property
    def labels(self) -> list[str]:
        """What is offered now; empty while the list is closed."""
        return [offer.label for offer in self._offers if not offer.heading and self.isVisible()]

    @property
    def current(self) -> Offer | None:
        """The chosen offer, or None."""
        return self._offers[self._current] if 0 <= self._current < len(self._offers) else None

    def offer(self, offers: Sequence[Offer]) -> None:
        """Open with these offers, none chosen; close where there are none."""
        self._offers = list(offers)
        self._current = -1
        if not self._offers or not self._edit.hasFocus():
            self.hide()
            return
        window = self._anchor.window()
        self.setParent(window)
        height = sum(map(_height, self._offers)) + 2 * _MARGIN
        corner = self._anchor.mapTo(window, QPoint(0, self._anchor.height() + 4))
        self.setGeometry(QRect(corner.x(), corner.y(), self._anchor.width(), height))
        self.show()
        self.raise_()
        self.update()

    # -- keys --------------------------------------------------------------------------------
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self._edit:
            return False
        if event.type() == QEvent.Type.FocusOut:
            self.hide()
        elif isinstance(event, QKeyEvent) and self.isVisible():
            key = Qt.Key(event.key())
            if event.type() == QEvent.Type.ShortcutOverride and key is Qt.Key.Key_Escape:
                # Esc closes the list before it means anything to the window.
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                return self._on_key(key)
        return False

    def _on_key(self, key: Qt.Key) -> bool:
        """Handle a key of the edit; return whether it was for the list."""
        match key:
            case Qt.Key.Key_Down:
                self._step(1)
            case Qt.Key.Key_Up:
                self._step(-1)
            case Qt.Key.Key_Escape:
                self.hide()
            case Qt.Key.Key_Tab if self._takes_tab():
                self._take(self._current if self.current else self._next(-1, 1))
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self.current is not None:
                self._take(self._current)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.hide()
                return False
            case _:
                return False
        return True

    def _takes_tab(self) -> bool:
        """Tab completes what is typed; among whole searches it goes on unless one is chosen."""
        return self.current is not None or not self._offers[self._next(-1, 1)].whole

    def _next(self, place: int, by: int) -> int:
        """Return the next offer that is no title, round the end."""
        for _ in self._offers:
            place = (place + by) % len(self._offers)
            if not self._offers[place].heading:
                break
        return place

    def _step(self, by: int) -> None:
        start = self._current if self._current >= 0 else (-1 if by > 0 else 0)
        self._current = self._next(start, by)
        offer = self._offers[self._current]
        self._edit.setAccessibleDescription(f"{offer.label} {offer.hint}".strip())
        self.update()

    def _take(self, place: int) -> None:
        offer = self._offers[place]
        self.hide()
        self.chosen.emit(offer)

    # -- pointer -----------------------------------------------------------------------------
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position().toPoint())
        if place != self._current:
            self._current = place
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position().toPoint())
        if place >= 0 and event.button() is Qt.MouseButton.LeftButton:
            self._take(place)

    def _place_at(self, point: QPoint) -> int:
        top = _MARGIN
        for place, offer in enumerate(self._offers):
            if top <= point.y() < top + _height(offer):
                return -1 if offer.heading else place
            top += _height(offer)
        return -1

    # -- painting ----------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = _MARGIN
        for place, offer in enumerate(self._offers):
            area = QRect(_MARGIN, top, self.width() - 2 * _MARGIN, _height(offer))
            if offer.heading:
                painter.setFont(sized_font(FONT_SMALL))
                painter.setPen(self._theme.color("dimmed"))
                at = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
                painter.drawText(area.adjusted(_LEFT, 0, 0, -4), at, offer.label)
            else:
                self._paint_offer(painter, offer, area, current=place == self._current)
            top += _height(offer)

    def _paint_offer(self, painter: QPainter, offer: Offer, area: QRect, *, current: bool) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter
        if current:
            painter.setPen(Qt.PenStyle.NoPen)
            raised, text = self._theme.color("raised"), self._theme.color("text")
            painter.setBrush(mix(raised, text, 0.12))
            painter.drawRoundedRect(area, RADIUS - 2, RADIUS - 2)
        left = area.left() + _LEFT
        if offer.icon:
            icon = self._icons.pixmap(offer.icon, _ICON, self.devicePixelRatioF(), "dimmed")
            painter.drawPixmap(left, area.center().y() - _ICON // 2 + 1, icon)
        left += _ICON + 8
        small, body = sized_font(FONT_SMALL), sized_font(FONT_BODY)
        hint_width = QFontMetrics(small).horizontalAdvance(offer.hint)
        painter.setFont(small)
        painter.setPen(self._theme.color("text" if current else "dimmed"))
        at_right = int(middle | Qt.AlignmentFlag.AlignRight)
        painter.drawText(area.adjusted(0, 0, -_LEFT, 0), at_right, offer.hint)
        painter.setFont(body)
        painter.setPen(self._theme.color("text"))
        room = QRect(left, area.top(), area.right() - left - hint_width - 24, area.height())
        label = QFontMetrics(body).elidedText(
            offer.label, Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, int(middle | Qt.AlignmentFlag.AlignLeft), label)


def _height(offer: Offer) -> int:
    return _HEADING if offer.heading else _ROW
