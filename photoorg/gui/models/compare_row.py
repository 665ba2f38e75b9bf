"""One photo in a comparison: the photo, and what each of two models says of it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from photoorg.gui.icons import IconSet
from photoorg.gui.models.comparison import SHOWN, ComparedPhoto, Verdict
from photoorg.gui.theme import (
    FONT_BODY,
    FONT_SMALL,
    RADIUS,
    RADIUS_THUMBNAIL,
    SPACE_GROUP,
    ThemeService,
    sized_font,
    tabular_font,
)
from photoorg.gui.widgets import wording

PHOTO_WIDTH: Final = 196
LINE: Final = 22
ROW_HEIGHT: Final = SHOWN * LINE + 8
_LIST_WIDTH: Final = 264
_CHECK: Final = 14
_NOT_SEEN: Final = "This model has not looked at this photo yet."


def column_rects(width: int) -> tuple[QRect, QRect, QRect]:
    """Share a row out between the photo and the two models."""
    rest = max(0, width - PHOTO_WIDTH - 2 * SPACE_GROUP)
    left = QRect(PHOTO_WIDTH + SPACE_GROUP, 4, rest // 2, ROW_HEIGHT - 8)
    right = left.translated(rest // 2 + SPACE_GROUP, 0)
    return QRect(0, 4, PHOTO_WIDTH, ROW_HEIGHT - 8), left, right


def spoken(verdicts: tuple[Verdict, ...] | None) -> str:
    """Return the suggestions of one model as a sentence for a screen reader."""
    if verdicts is None:
        return _NOT_SEEN
    words = [
        f"{v.tag} {wording.percent(v.probability)}{', your own tag' if v.own else ''}"
        for v in verdicts
    ]
    return "; ".join(words) or "no suggestions"


class CompareRow(QWidget):
    """Paints a photo and two lists. What both models say is dimmed, own tags carry a check."""

    def __init__(
        self,
        photo: ComparedPhoto,
        titles: tuple[str, str],
        theme: ThemeService,
        icons: IconSet,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.photo = photo
        self._theme = theme
        self._icons = icons
        self._pixmap = QPixmap()
        self.setFixedHeight(ROW_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(photo.name)
        self.setAccessibleName(photo.name)
        self.setAccessibleDescription(
            f"{titles[0]}: {spoken(photo.left)}. {titles[1]}: {spoken(photo.right)}"
        )
        theme.changed.connect(self.update)

    def set_picture(self, pixmap: QPixmap) -> None:
        """Show the photo itself, now that it is read."""
        self._pixmap = pixmap
        self.update()

    @property
    def has_picture(self) -> bool:
        return not self._pixmap.isNull()

    def sizeHint(self) -> QSize:
        return QSize(600, ROW_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        place, left, right = column_rects(self.width())
        self._paint_photo(painter, QRectF(place))
        for area, verdicts in ((left, self.photo.left), (right, self.photo.right)):
            self._paint_list(painter, area, verdicts)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            ring = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(ring, RADIUS, RADIUS)

    def _paint_photo(self, painter: QPainter, area: QRectF) -> None:
        shape = QPainterPath()
        if self._pixmap.isNull():
            shape.addRoundedRect(area, RADIUS_THUMBNAIL, RADIUS_THUMBNAIL)
            painter.fillPath(shape, self._theme.color("hover"))
            return
        size = self._pixmap.deviceIndependentSize()
        size.scale(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF(area.topLeft(), size)
        target.moveCenter(area.center())
        shape.addRoundedRect(target, RADIUS_THUMBNAIL, RADIUS_THUMBNAIL)
        painter.save()
        painter.setClipPath(shape)
        painter.drawPixmap(target, self._pixmap, QRectF(self._pixmap.rect()))
        painter.restore()

    def _paint_list(
        self, painter: QPainter, area: QRect, verdicts: tuple[Verdict, ...] | None
    ) -> None:
        if not verdicts:
            painter.setFont(sized_font(FONT_BODY))
            painter.setPen(self._theme.color("dimmed"))
            text = _NOT_SEEN if verdicts is None else "No suggestions"
            wrapped = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
            # Where the tags of another photo would begin.
            room = area.adjusted(_CHECK + 6, (LINE - painter.fontMetrics().height()) // 2, 0, 0)
            painter.drawText(room, int(wrapped) | int(Qt.TextFlag.TextWordWrap), text)
            return
        for number, verdict in enumerate(verdicts[:SHOWN]):
            # Near the words, or the eye loses the line.
            width = min(area.width(), _LIST_WIDTH)
            line = QRect(area.x(), area.y() + number * LINE, width, LINE)
            self._paint_verdict(painter, line, verdict)

    def _paint_verdict(self, painter: QPainter, line: QRect, verdict: Verdict) -> None:
        if verdict.own:
            ratio = self.devicePixelRatioF()
            check = self._icons.pixmap("check", _CHECK, ratio, "success")
            painter.drawPixmap(line.x(), line.center().y() - _CHECK // 2 + 1, check)
        painter.setPen(self._theme.color("dimmed" if verdict.shared else "text"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(tabular_font(FONT_SMALL))
        figure = wording.percent(verdict.probability)
        width = painter.fontMetrics().horizontalAdvance("100 %")
        right = QRect(line.right() - width, line.y(), width, LINE)
        painter.drawText(right, int(middle | Qt.AlignmentFlag.AlignRight), figure)
        weight = QFont.Weight.Normal if verdict.shared else QFont.Weight.Medium
        painter.setFont(sized_font(FONT_BODY, weight))
        room = line.adjusted(_CHECK + 6, 0, -width - 8, 0)
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(verdict.tag, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(middle | Qt.AlignmentFlag.AlignLeft), shown)
