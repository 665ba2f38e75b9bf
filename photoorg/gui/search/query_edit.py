"""One line of search text in which pieces are shown as chips.

The document holds the text as it was typed and nothing else, so that undo, copying, input methods
and screen readers work as in any line of text. A chip is painted over its piece of text, which the
layout sets in no colour and spaces out or together to be as wide as the chip. So there is no second
truth to keep in step, as widgets in a row or objects in the document would be.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QMimeData, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from photoorg.gui.search.chip_painter import CHIP_HEIGHT, CROSS_ZONE, ChipPainter
from photoorg.gui.search.chips import QueryChip, chips_of, joints_of
from photoorg.gui.theme import FONT_BODY, ThemeService, sized_font
from photoorg.gui.widgets.photo_mime import holds_image

EDIT_HEIGHT: Final = 28
_FADE: Final = 16
_MOST_CHARACTERS: Final = 2000


class QueryEdit(QPlainTextEdit):
    """A line of search text.

    Signals:
        edited(str): the person changed the text.
        entered: Enter was pressed.
        escaped: Esc was pressed.
        images_taken(QMimeData): photos or an image were dropped or pasted.
        photo_clicked(QueryChip, QRect): a photo's chip was clicked; its area in this widget.
        focus_changed(bool): whether it has the keyboard now.
    """

    edited = Signal(str)
    entered = Signal()
    escaped = Signal()
    images_taken = Signal(object)
    photo_clicked = Signal(object, object)
    focus_changed = Signal(bool)

    def __init__(
        self, painter: ChipPainter, theme: ThemeService, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._painter = painter
        self._theme = theme
        self._chips: list[QueryChip] = []
        self._known = ""
        self._caret = 0
        self._quiet = False
        self._hovered: QueryChip | None = None
        self._on_cross = False
        self.setFont(sized_font(FONT_BODY))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("kind", "query")
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setWordWrapMode(QTextOption.WrapMode.NoWrap)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(True)
        self.setFixedHeight(EDIT_HEIGHT)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        metrics = QFontMetricsF(self.font())
        # The one margin of a document is also what centres its only line.
        self.document().setDocumentMargin((EDIT_HEIGHT - metrics.lineSpacing()) / 2)
        self._highlighter = _Highlighter(self, painter, theme)
        self.textChanged.connect(self._on_text)
        self.cursorPositionChanged.connect(self._on_caret)
        theme.changed.connect(self._redraw)

    # -- the text ----------------------------------------------------------------------------
    def text(self) -> str:
        """Return what is typed."""
        return self.toPlainText()

    def set_text(self, text: str) -> None:
        """Put a text in place of what is there, caret at the end; nobody hears of it."""
        self._quiet = True
        self.selectAll()
        self.insertPlainText(" ".join(text.splitlines()))
        self.document().clearUndoRedoStacks()
        self._quiet = False
        self._refresh()

    def replace_text(self, start: int, end: int, text: str) -> None:
        """Put text in the place of some characters, as one step of undo, caret behind it."""
        cursor = self.textCursor()
        cursor.setPosition(self._to_qt(start))
        cursor.setPosition(self._to_qt(end), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(text)
        self.setTextCursor(cursor)

    def caret(self) -> int:
        """Return where the caret is: how many characters stand before it."""
        return self._from_qt(self.textCursor().position())

    def set_caret(self, place: int, anchor: int | None = None) -> None:
        """Put the caret at a place, with a selection from `anchor` up to there."""
        cursor = self.textCursor()
        cursor.setPosition(self._to_qt(place if anchor is None else anchor))
        cursor.setPosition(self._to_qt(place), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)

    @property
    def chips(self) -> list[QueryChip]:
        """The chips on show, in order."""
        caret = self.caret() if self.hasFocus() else None
        return [chip for chip in self._chips if not chip.is_open(caret)]

    @property
    def all_chips(self) -> list[QueryChip]:
        """All pieces that are chips where the caret does not touch them."""
        return self._chips

    # Qt counts UTF-16 units; characters beyond its first plane (emoji) take two.
    def _to_qt(self, place: int) -> int:
        return len(self._known[:place].encode("utf-16-le")) // 2 if self._wide else place

    def _from_qt(self, position: int) -> int:
        if not self._wide:
            return position
        head = self._known.encode("utf-16-le")[: 2 * position]
        return len(head.decode("utf-16-le", "ignore"))

    @property
    def _wide(self) -> bool:
        return not self._known.isascii()

    # -- keeping chips in step ---------------------------------------------------------------
    def _on_text(self) -> None:
        text = self.toPlainText()
        if text == self._known:
            return  # only how it looks has changed
        self._known = text
        self._chips = chips_of(text)
        self._hovered = None
        self._refresh()
        if not self._quiet:
            self.edited.emit(text)

    def _on_caret(self) -> None:
        # Qt tells of the caret before it tells of the text that moved it; chips of the text before
        # would be laid over the new one.
        self._on_text()
        before, self._caret = self._caret, self.caret()
        for chip in self._chips:
            if chip.photo is not None and chip.start < self._caret < chip.end:
                self._leave_photo(chip, before)
                return
        self._refresh()

    def _leave_photo(self, chip: QueryChip, before: int) -> None:
        """A caret is before or behind a photo, never in it; a selection holds all of it."""
        ahead = before <= chip.start
        cursor = self.textCursor()
        mode = QTextCursor.MoveMode
        keep = mode.KeepAnchor if cursor.hasSelection() else mode.MoveAnchor
        cursor.setPosition(self._to_qt(chip.end if ahead else chip.start), keep)
        self.setTextCursor(cursor)

    def _refresh(self) -> None:
        if self._highlighter.show_chips(self.chips, joints_of(self._known), self._to_qt):
            self.ensureCursorVisible()  # all places on the line are others by now
        self.viewport().update()

    def _redraw(self) -> None:
        self._highlighter.forget()
        self._refresh()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._refresh()
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._refresh()
        self.focus_changed.emit(False)

    # -- keys --------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        match Qt.Key(event.key()):
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.entered.emit()
            case Qt.Key.Key_Escape:
                self.escaped.emit()
            case Qt.Key.Key_Backspace if self._delete_chip(ahead=False):
                pass
            case Qt.Key.Key_Delete if self._delete_chip(ahead=True):
                pass
            case Qt.Key.Key_Up | Qt.Key.Key_Down:
                event.ignore()
            case _ if event.text() and len(self._known) >= _MOST_CHARACTERS:
                event.accept()
            case _:
                super().keyPressEvent(event)

    def _delete_chip(self, *, ahead: bool) -> bool:
        """Take away the chip beside the caret whole; return whether there is one."""
        if self.textCursor().hasSelection():
            return False
        caret = self.caret()
        for chip in self.chips:
            behind = chip.end + self._known.startswith(" ", chip.end)
            if caret in ((chip.start,) if ahead else (chip.end, behind)):
                self.remove(chip)
                return True
        return False

    def remove(self, chip: QueryChip) -> None:
        """Take a chip out of the text, with the space that parted it from the next."""
        end = chip.end + self._known.startswith(" ", chip.end)
        self.replace_text(chip.start, end, "")

    # -- pointer -----------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        chip = self._chip_at(event.position().toPoint())
        if chip is None or event.button() is not Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        area = self.chip_area(chip)
        if event.position().x() >= area.right() - CROSS_ZONE:
            self.remove(chip)
        elif chip.photo is not None:
            self.set_caret(chip.end)
            self.photo_clicked.emit(chip, area.toRect())
        else:
            self.open_chip(chip)

    def open_chip(self, chip: QueryChip) -> None:
        """Show a chip as text with its value selected, to be typed over."""
        self.set_caret(chip.value_end, chip.value_start)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        chip = None
        if not event.buttons():
            chip = self._chip_at(event.position().toPoint())
            self._hover(chip, event.position().x())
        super().mouseMoveEvent(event)
        shape = Qt.CursorShape.IBeamCursor if chip is None else Qt.CursorShape.PointingHandCursor
        self.viewport().setCursor(shape)

    def _hover(self, chip: QueryChip | None, x: float) -> None:
        on_cross = chip is not None and x >= self.chip_area(chip).right() - CROSS_ZONE
        if (chip, on_cross) != (self._hovered, self._on_cross):
            self._hovered, self._on_cross = chip, on_cross
            self.viewport().setToolTip("" if chip is None else self._help_for(chip))
            self.viewport().update()

    def _help_for(self, chip: QueryChip) -> str:
        if self._on_cross:
            return "Remove from the search"
        return self._known[chip.start : chip.end]

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(None, 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def _chip_at(self, point: QPoint) -> QueryChip | None:
        return next((c for c in self.chips if self.chip_area(c).contains(point)), None)

    # -- drops and pastes --------------------------------------------------------------------
    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return holds_image(source) or source.hasText()

    def insertFromMimeData(self, source: QMimeData) -> None:
        if holds_image(source):
            self.images_taken.emit(source)
        elif source.hasText():
            room = _MOST_CHARACTERS - len(self._known)
            self.insertPlainText(" ".join(source.text().split())[: max(0, room)])

    # -- painting ----------------------------------------------------------------------------
    def chip_area(self, chip: QueryChip) -> QRectF:
        """Return where a chip is painted, in the coordinates of the viewport."""
        block = self.document().firstBlock()
        # Asking for its geometry lays the block out anew where that is due.
        offset = self.contentOffset().x() + self.blockBoundingGeometry(block).x()
        layout = block.layout()
        if not layout.lineCount():
            return QRectF()
        line = layout.lineAt(0)
        left, right = (
            line.cursorToX(self._to_qt(place))[0] + offset  # type: ignore[index]  # stub says int
            for place in (chip.start, chip.end)
        )
        top = (self.viewport().height() - CHIP_HEIGHT) / 2
        return QRectF(left, top, right - left, CHIP_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        cursor = self.textCursor()
        for chip in self.chips:
            start, end = self._to_qt(chip.start), self._to_qt(chip.end)
            selected = cursor.selectionStart() <= start and end <= cursor.selectionEnd()
            hovered = chip == self._hovered
            self._painter.paint(
                painter,
                chip,
                self.chip_area(chip),
                selected=selected,
                hovered=hovered,
                on_cross=hovered and self._on_cross,
            )
        self._paint_edges(painter)
        painter.end()

    def _paint_edges(self, painter: QPainter) -> None:
        """Let the text fade out where there is more of it than fits."""
        bar, area = self.horizontalScrollBar(), self.viewport().rect()
        ground, clear = self._theme.color("raised"), self._theme.color("raised", 0.0)
        for more, edge, inside in (
            (bar.value() > bar.minimum(), area.left(), area.left() + _FADE),
            (bar.value() < bar.maximum(), area.right() + 1, area.right() + 1 - _FADE),
        ):
            if more:
                fade = QLinearGradient(edge, 0, inside, 0)
                fade.setColorAt(0, ground)
                fade.setColorAt(1, clear)
                left = min(edge, inside)
                painter.fillRect(left, 0, _FADE, area.height(), fade)


class _Highlighter(QSyntaxHighlighter):
    """Sets what lies under chips in no colour and to their width, and dims operators."""

    def __init__(self, edit: QueryEdit, painter: ChipPainter, theme: ThemeService) -> None:
        super().__init__(edit.document())
        self._painter = painter
        self._theme = theme
        self._metrics = QFontMetricsF(edit.font())
        self._formats: list[tuple[int, int, QTextCharFormat]] = []
        self._shown: object = None
        self._busy = False

    def forget(self) -> None:
        """Make the formats anew the next time: the colours are others."""
        self._shown = None

    def show_chips(
        self,
        chips: list[QueryChip],
        joints: list[tuple[int, int]],
        to_qt: Callable[[int], int],
    ) -> bool:
        """Format the text for these chips and operators; return whether it was not so yet."""
        shown = (chips, joints, self.document().toPlainText())
        if shown == self._shown or self._busy:
            return False
        self._shown = shown
        dimmed = QTextCharFormat()
        dimmed.setForeground(self._theme.color("dimmed"))
        text = self.document().toPlainText()
        self._formats = [(to_qt(start), to_qt(end), dimmed) for start, end in joints]
        for chip in chips:
            start, end = to_qt(chip.start), to_qt(chip.end)
            natural = self._metrics.horizontalAdvance(text[chip.start : chip.end])
            hidden = QTextCharFormat()
            hidden.setForeground(QColor(0, 0, 0, 0))
            hidden.setFontLetterSpacingType(QFont.SpacingType.AbsoluteSpacing)
            hidden.setFontLetterSpacing((self._painter.width(chip) - natural) / (end - start))
            self._formats.append((start, end, hidden))
        self._busy = True
        self.rehighlight()
        self._busy = False
        return True

    def highlightBlock(self, text: str) -> None:
        for start, end, look in self._formats:
            self.setFormat(start, end - start, look)
