"""How a tag with its quality is painted: a row of a table without lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from photoorg.core.quality import Estimate, TagQuality
from photoorg.gui.icons import IconSet
from photoorg.gui.quality import words
from photoorg.gui.quality.bars import ROOM, paint_estimate
from photoorg.gui.quality.tag_model import Role, TagModel
from photoorg.gui.theme import (
    FONT_BODY,
    FONT_SMALL,
    RADIUS,
    SPACE_GROUP,
    SPACE_ITEM,
    SPACE_PANEL,
    ThemeService,
    sized_font,
    tabular_font,
)

ROW_HEIGHT: Final = 52
_SIGN: Final = 16
_MEASURED: Final = 150
_ANSWERS: Final = 150
_BUTTON: Final = QSize(76, 28)
_LEAST_NAME: Final = 190
_LINE: Final = 18

_Index = QModelIndex | QPersistentModelIndex
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the parts of a row stand, in pixels from its left edge; None has no room."""

    name: QRect
    precision: QRect
    recall: QRect | None
    answers: QRect | None
    button: QRect


def columns(width: int) -> Columns:
    """Share the width of a row out; where it is narrow, the less telling columns go first."""
    button = QRect(
        width - SPACE_ITEM - _BUTTON.width(),
        (ROW_HEIGHT - _BUTTON.height()) // 2,
        _BUTTON.width(),
        _BUTTON.height(),
    )
    start = SPACE_PANEL + _SIGN + SPACE_ITEM
    room = button.left() - start - SPACE_GROUP
    shown = [_MEASURED, _MEASURED, _ANSWERS]
    # Without recall, then without the answers too.
    while len(shown) > 1 and room - sum(shown) - SPACE_GROUP * len(shown) < _LEAST_NAME:
        shown.pop(1 if len(shown) == 3 else -1)
    name = room - sum(shown) - SPACE_GROUP * len(shown)
    places = []
    left = start + name + SPACE_GROUP
    for part in shown:
        places.append(QRect(left, 0, part, ROW_HEIGHT))
        left += part + SPACE_GROUP
    return Columns(
        name=QRect(start, 0, name, ROW_HEIGHT),
        precision=places[0],
        recall=places[1] if len(places) == 3 else None,
        answers=places[-1] if len(places) > 1 else None,
        button=button,
    )


def button_at(row: QRect, point: QPoint) -> bool:
    """Return whether a point of the view lies on the button of a row."""
    return columns(row.width()).button.translated(row.topLeft()).contains(point)


class TagDelegate(QStyledItemDelegate):
    """Paints sign, name, state, what was measured, the answers and a button.

    Attributes:
        hovered: the row whose button is under the pointer, or -1.
        pressed: whether it is held down.
    """

    def __init__(self, theme: ThemeService, icons: IconSet, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icons = icons
        self.hovered = -1
        self.pressed = False

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(320, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        quality = index.data(Role.QUALITY)
        model = index.model()
        if not isinstance(quality, TagQuality) or not isinstance(model, TagModel):
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, option)
        painter.translate(option.rect.topLeft())
        places = columns(option.rect.width())
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        # Dimmed text would fall below 4.5:1 on the ground of a selected row.
        faint = self._theme.color("text" if selected else "dimmed")
        self._paint_sign(painter, quality)
        self._paint_pair(painter, places.name, quality.tag, words.state(quality), faint)
        self._paint_measured(
            painter, places.precision, quality.precision, "right", faint, model.target
        )
        if places.recall is not None:
            self._paint_measured(painter, places.recall, quality.recall, "found", faint, None)
        if places.answers is not None:
            helps = str(index.data(Role.HELP))
            below = " · ".join(filter(None, (words.waiting(quality), helps)))
            self._paint_pair(painter, places.answers, words.examples(quality), below, faint)
        self._paint_button(painter, places.button, hovered=self.hovered == index.row())
        painter.restore()

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        area = option.rect.adjusted(0, 1, -1, -1)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("pressed" if selected else "hover"))
            painter.drawRoundedRect(area, RADIUS, RADIUS)
        view = option.widget
        if option.state & QStyle.StateFlag.State_HasFocus and view is not None and view.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), RADIUS, RADIUS)

    def _paint_sign(self, painter: QPainter, quality: TagQuality) -> None:
        name, tint = words.SIGNS[quality.trust]
        ratio = painter.device().devicePixelRatioF()
        pixmap = self._icons.pixmap(name, _SIGN, ratio, tint)
        painter.drawPixmap(SPACE_PANEL, (ROW_HEIGHT - _SIGN) // 2, pixmap)

    def _paint_pair(
        self, painter: QPainter, place: QRect, upper: str, lower: str, faint: QColor
    ) -> None:
        """Write two lines, the second small."""
        top = (ROW_HEIGHT - 2 * _LINE) // 2
        for text, font, color, offset in (
            (upper, tabular_font(FONT_BODY), self._theme.color("text"), 0),
            (lower, tabular_font(FONT_SMALL), faint, _LINE),
        ):
            line = QRect(place.left(), top + offset, place.width(), _LINE)
            painter.setFont(font)
            painter.setPen(color)
            shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, _LEFT, shown)

    def _paint_measured(
        self,
        painter: QPainter,
        place: QRect,
        estimate: Estimate | None,
        what: str,
        faint: QColor,
        target: float | None,
    ) -> None:
        """Write "84 % right (78-89)" over a bar with its whisker."""
        top = (ROW_HEIGHT - 2 * _LINE) // 2
        line = QRect(place.left(), top, place.width(), _LINE)
        painter.setFont(tabular_font(FONT_BODY))
        if estimate is None:
            painter.setFont(sized_font(FONT_SMALL))
            painter.setPen(faint)
            painter.drawText(line, _LEFT, "not measured yet")
            return
        painter.setPen(self._theme.color("text"))
        figure = f"{words.percent(estimate.value)} {what} "
        painter.drawText(line, _LEFT, figure)
        line.setLeft(line.left() + painter.fontMetrics().horizontalAdvance(figure))
        painter.setFont(tabular_font(FONT_SMALL))
        painter.setPen(faint)
        painter.drawText(line, _LEFT, f"({words.interval(estimate)})")
        bar = QRectF(place.left(), top + _LINE + (_LINE - ROOM) / 2, place.width(), ROOM)
        paint_estimate(painter, bar, estimate, self._theme, target=target)

    def _paint_button(self, painter: QPainter, place: QRect, *, hovered: bool) -> None:
        ground = "pressed" if hovered and self.pressed else "hover" if hovered else "raised"
        painter.setPen(QPen(self._theme.color("dimmed" if hovered else "line"), 1))
        painter.setBrush(self._theme.color(ground))
        painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.setFont(sized_font(FONT_BODY, QFont.Weight.Normal))
        painter.setPen(self._theme.color("text"))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "Review")
