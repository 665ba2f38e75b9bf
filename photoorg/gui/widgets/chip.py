"""A tag as a chip: filled when it is confirmed, outlined while it is only suggested."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from PySide6.QtCore import (
    Property,
    QAbstractAnimation,
    QEasingCurve,
    QEvent,
    QPointF,
    QPropertyAnimation,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QEnterEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from photoorg.gui.theme import FONT_BODY, FONT_SMALL, RADIUS, ThemeService, sized_font
from photoorg.gui.widgets import wording

CHIP_HEIGHT: Final = 24
CHIP_MOTION_MS: Final = 120
_PADDING: Final = 12
_CROSS_ZONE: Final = 20
_WHY_ZONE: Final = 13
_CROSS_SIDE: Final = 6
_BAR_HEIGHT: Final = 2


class ChipKind(StrEnum):
    """What a chip stands for."""

    CONFIRMED = "confirmed"
    PARTIAL = "partial"
    SUGGESTED = "suggested"


@dataclass(frozen=True, slots=True)
class ChipData:
    """What a chip shows.

    Attributes:
        tag: its text.
        share: of a suggestion its probability; of a partial tag the part of the photos that
            carry it; 1 where it is confirmed.
        note: small text behind the tag, such as "5/12"; of a suggestion for many photos on how many
            of them it is likely.
    """

    tag: str
    kind: ChipKind = ChipKind.CONFIRMED
    share: float = 1.0
    note: str = ""


def mix(first: QColor, second: QColor, part: float) -> QColor:
    """Return a colour on the way from the first to the second.

    Args:
        first: colour at part 0.
        second: colour at part 1.
        part: 0 to 1.
    """
    return QColor.fromRgbF(
        first.redF() + (second.redF() - first.redF()) * part,
        first.greenF() + (second.greenF() - first.greenF()) * part,
        first.blueF() + (second.blueF() - first.blueF()) * part,
    )


def chip_text_color(theme: ThemeService, data: ChipData) -> QColor:
    """Return the text colour: a suggestion is dimmed in step with its doubt, yet readable.

    The faintest suggestion has the colour of dimmed text, which keeps 4.5:1 on a panel; what
    fades beyond that is the outline.
    """
    text = theme.color("text")
    if data.kind is not ChipKind.SUGGESTED:
        return text
    return mix(theme.color("dimmed"), text, data.share)


class Chip(QAbstractButton):
    """One tag that can be accepted (click, Enter) and dismissed (the cross, Backspace, Delete).

    Signals:
        accepted(str): the tag is wanted. Confirmed chips do not send it.
        dismissed(str): the tag is not wanted.
        step(int): the focus should go on by so many chips.
        menu_requested(str, QPoint): a context menu at a global position.
        why_requested(str): why is it suggested?
        pointed(bool): the pointer or the focus came (True) or left.
        faded: `fade_out` came to its end.
    """

    accepted = Signal(str)
    dismissed = Signal(str)
    step = Signal(int)
    menu_requested = Signal(str, object)
    why_requested = Signal(str)
    pointed = Signal(bool)
    faded = Signal()

    def __init__(self, data: ChipData, theme: ThemeService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data = data
        self._theme = theme
        self._strength = 1.0
        self._hovers_cross = False
        self._hovers_why = False
        self._answered = False
        self._fade: QPropertyAnimation | None = None
        self.setFont(sized_font(FONT_BODY))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.set_data(data)
        theme.changed.connect(self.update)

    @property
    def data(self) -> ChipData:
        return self._data

    @property
    def leaving(self) -> bool:
        """Whether it is fading away."""
        return self._fade is not None

    def set_data(self, data: ChipData) -> None:
        """Show something else, and take answers again."""
        self._data = data
        self._answered = False
        self.setText(data.tag)
        self.setCursor(
            Qt.CursorShape.ArrowCursor
            if data.kind is ChipKind.CONFIRMED
            else Qt.CursorShape.PointingHandCursor
        )
        name, help_text = _spoken(data)
        self.setAccessibleName(name)
        self.setAccessibleDescription(help_text)
        self.setToolTip(help_text)
        self.updateGeometry()
        self.update()

    def hint(self) -> str:
        """Return a line of help for this chip."""
        match self._data.kind:
            case ChipKind.SUGGESTED if self._data.note:
                return "Enter adds it to these, Backspace rejects"
            case ChipKind.SUGGESTED:
                likely = wording.percent(self._data.share)
                return f"{likely} · Enter adds, Backspace rejects, W why"
            case ChipKind.PARTIAL:
                return "Enter adds it to all, Backspace removes it"
            case ChipKind.CONFIRMED:
                return "Delete removes it"

    def set_strength(self, strength: float) -> None:
        """Paint more or less visibly, 0 to 1."""
        self._strength = strength
        self.update()

    strength = Property(float, lambda self: self._strength, set_strength)

    def fade_out(self) -> None:
        """Fade away, then send `faded`; at once where nothing may move."""
        self._answered = True
        if not self._theme.animations_enabled() or not self.isVisible():
            self.faded.emit()
            return
        self._fade = QPropertyAnimation(self, b"strength", self)
        self._fade.setDuration(CHIP_MOTION_MS)
        self._fade.setEndValue(0.0)
        self._fade.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._fade.finished.connect(self._on_faded)
        self._fade.start(QAbstractAnimation.DeletionPolicy.KeepWhenStopped)

    def _on_faded(self) -> None:
        self._fade = None
        self.faded.emit()

    # -- answering ---------------------------------------------------------------------------
    def accept(self) -> None:
        """Answer yes, once."""
        if not self._answered and self._data.kind is not ChipKind.CONFIRMED:
            self._answered = True
            self.accepted.emit(self._data.tag)

    def dismiss(self) -> None:
        """Answer no, once."""
        if not self._answered:
            self._answered = True
            self.dismissed.emit(self._data.tag)

    def cross_rect(self) -> QRect:
        """Return where a click dismisses."""
        return QRect(self.width() - _CROSS_ZONE, 0, _CROSS_ZONE, self.height())

    def why_rect(self) -> QRect:
        """Return where a click asks why; only suggestions for one photo have such a place."""
        asked = self._data.kind is ChipKind.SUGGESTED and not self._data.note
        return QRect(0, 0, _WHY_ZONE, self.height()) if asked else QRect()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setDown(event.button() is Qt.MouseButton.LeftButton)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        was_down = self.isDown()
        self.setDown(False)
        if not was_down or not self.rect().contains(event.position().toPoint()):
            return
        point = event.position().toPoint()
        if self.cross_rect().contains(point):
            self.dismiss()
        elif self.why_rect().contains(point):
            self.why_requested.emit(self._data.tag)
        else:
            self.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        hovers = self.cross_rect().contains(point), self.why_rect().contains(point)
        if hovers != (self._hovers_cross, self._hovers_why):
            self._hovers_cross, self._hovers_why = hovers
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match Qt.Key(event.key()):
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_Space:
                self.accept()
            case Qt.Key.Key_Backspace | Qt.Key.Key_Delete:
                self.dismiss()
            case Qt.Key.Key_W if not self.why_rect().isEmpty():
                self.why_requested.emit(self._data.tag)
            case Qt.Key.Key_Left:
                self.step.emit(-1)
            case Qt.Key.Key_Right:
                self.step.emit(1)
            case _:
                event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_requested.emit(self._data.tag, event.globalPos())

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.pointed.emit(True)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hovers_cross = self._hovers_why = False
        self.pointed.emit(False)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.pointed.emit(event.type() == QEvent.Type.FocusIn)
        return super().event(event)

    # -- painting ----------------------------------------------------------------------------
    def sizeHint(self) -> QSize:
        # Elision compares fractions of pixels, so a whole one is added to what rounding took.
        width = self.fontMetrics().horizontalAdvance(self._data.tag) + 2 * _PADDING + 1
        if self._data.note:
            width += 4 + self._note_metrics().horizontalAdvance(self._data.note)
        return QSize(width, CHIP_HEIGHT)

    def _note_metrics(self) -> QFontMetrics:
        return QFontMetrics(sized_font(FONT_SMALL))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(self._strength)
        self._paint_ground(painter)
        self._paint_text(painter)
        if self.underMouse() and self.isEnabled():
            self._paint_cross(painter)
            self._paint_why(painter)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)

    def _paint_ground(self, painter: QPainter) -> None:
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        shape = QPainterPath()
        shape.addRoundedRect(area, RADIUS, RADIUS)
        fill, text = self._theme.color("line"), self._theme.color("text")
        hovered = self.underMouse() or self.isDown()
        if self._data.kind is ChipKind.CONFIRMED:
            painter.fillPath(shape, mix(fill, text, 0.06) if hovered else fill)
            return
        if hovered:
            painter.fillPath(shape, self._theme.color("hover"))
        if self._data.kind is ChipKind.PARTIAL:
            painter.save()
            painter.setClipRect(QRectF(0, 0, self.width() * self._data.share, self.height()))
            painter.fillPath(shape, fill)
            painter.restore()
            painter.setPen(QPen(mix(fill, text, 0.12), 1))
            painter.drawPath(shape)
            return
        outline = mix(self._theme.color("panel"), text, 0.15 + 0.4 * self._data.share)
        painter.setPen(QPen(outline, 1))
        painter.drawPath(shape)
        painter.setClipPath(shape)
        bar = QRectF(0, self.height() - _BAR_HEIGHT - 1, self.width() * self._data.share, 9)
        painter.fillRect(bar, outline)
        painter.setClipping(False)

    def _paint_text(self, painter: QPainter) -> None:
        area = self.rect().adjusted(_PADDING, 0, -_PADDING, 0)
        painter.setPen(chip_text_color(self._theme, self._data))
        note_width = 0
        if self._data.note:
            note_width = 4 + self._note_metrics().horizontalAdvance(self._data.note)
        room = area.width() - note_width
        text = self.fontMetrics().elidedText(self._data.tag, Qt.TextElideMode.ElideRight, room)
        painter.setFont(self.font())
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(area, left, text)
        if self._data.note:
            painter.setFont(sized_font(FONT_SMALL))
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(area, right, self._data.note)

    def _paint_cross(self, painter: QPainter) -> None:
        center = QPointF(self.width() - 7.5, self.height() / 2)
        half = _CROSS_SIDE / 2
        color = self._theme.color("text" if self._hovers_cross else "dimmed")
        pen = QPen(color, 1.5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        for slope in (1, -1):
            offset = QPointF(half, half * slope)
            painter.drawLine(center - offset, center + offset)

    def _paint_why(self, painter: QPainter) -> None:
        area = self.why_rect()
        if not area.isEmpty():
            painter.setFont(sized_font(FONT_SMALL))
            painter.setPen(self._theme.color("text" if self._hovers_why else "dimmed"))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "?")


def _spoken(data: ChipData) -> tuple[str, str]:
    """Return the accessible name and the tooltip of a chip."""
    match data.kind:
        case ChipKind.SUGGESTED if data.note:
            help_text = f"Likely on {data.note} photos. Click to add it to those, × to reject it."
            return f"{data.tag}, suggested for {data.note} photos", help_text
        case ChipKind.SUGGESTED:
            likely = f"{wording.percent(data.share)} likely"
            help_text = f"{likely}. Click to add, × for “Not this tag”, ? for why."
            return f"{data.tag}, suggested, {likely}", help_text
        case ChipKind.PARTIAL:
            help_text = "Click to add it to all selected photos, × to remove it from all."
            return f"{data.tag}, on {data.note} photos", help_text
        case ChipKind.CONFIRMED:
            return f"{data.tag}, tag", ""
