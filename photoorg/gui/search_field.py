"""The line of the search box: text, a photo to be similar to, and what can be dropped there."""

from __future__ import annotations

import re

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from photoorg.gui.icons import IconSet
from photoorg.gui.theme import ThemeService
from photoorg.gui.widgets.build import create_icon_button
from photoorg.gui.widgets.chip import Chip, ChipData
from photoorg.gui.widgets.elided_label import ElidedLabel
from photoorg.gui.widgets.photo_mime import image_source_of, local_paths_of, photo_ids_of

FIELD_HEIGHT = 32
PLACEHOLDER = "Search photos: beach sunset -people"
_ICON = 16
_CHIP_WIDTH = 240
_NOTICE_WIDTH = 200
_TAG_TOKEN = re.compile(r'(?:^|(?<=\s))(-?tag:)("?)([^"\s]*|(?<=")[^"]*)$')


def tag_token(text: str) -> str | None:
    """Return the beginning of a tag that is being typed at the end of `text`, or None.

    `'beach tag:do'` gives `'do'`, `'tag:"two wo'` gives `'two wo'`.
    """
    match = _TAG_TOKEN.search(text)
    return match[3] if match else None


def complete_tag_token(text: str, tag: str) -> str:
    """Return `text` with the tag at its end completed, and a space to go on with."""
    name = f'"{tag}"' if re.search(r"[\s()|]", tag) else tag
    return _TAG_TOKEN.sub(lambda match: f"{match[1]}{name} ", text, count=1)


class SearchField(QLineEdit):
    """A line edit that also takes photos.

    Signals:
        image_dropped(object): PhotoId, Path of a file, or bytes of a pasted image (PNG).
        escaped: Esc was pressed.
        clear_clicked: the clear button was pressed.
        help_clicked: the help button was pressed.
        similar_closed: the chip of the similar photo was closed.
    """

    image_dropped = Signal(object)
    escaped = Signal()
    clear_clicked = Signal()
    help_clicked = Signal()
    similar_closed = Signal()

    def __init__(self, theme: ThemeService, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._theme = theme
        self.setFixedHeight(FIELD_HEIGHT)
        self.setAccessibleName("Search photos")
        self.setAcceptDrops(True)
        self._sign = QLabel()
        self._sign.setFixedSize(_ICON, _ICON)
        self._chip = Chip(ChipData(""), theme)
        self._chip.setMaximumWidth(_CHIP_WIDTH)
        self._chip.hide()
        self.setPlaceholderText(PLACEHOLDER)
        self._notice = ElidedLabel()
        self._notice.setProperty("kind", "dimmed")
        self._notice.setMaximumWidth(_NOTICE_WIDTH)
        self._notice.hide()
        self._clear = self._button("close", "Clear search")
        self._clear.hide()
        self._help = self._button("info", "What can be searched for")
        line = QHBoxLayout(self)
        line.setContentsMargins(10, 0, 2, 0)
        line.setSpacing(0)
        line.addWidget(self._sign)
        line.addSpacing(6)
        line.addWidget(self._chip)
        line.addStretch(1)
        line.addWidget(self._notice)
        line.addSpacing(4)
        line.addWidget(self._clear)
        line.addWidget(self._help)
        self._clear.clicked.connect(self.clear_clicked)
        self._help.clicked.connect(self.help_clicked)
        self._chip.dismissed.connect(lambda _tag: self.similar_closed.emit())
        self.textChanged.connect(self._fit)
        theme.changed.connect(self._draw_sign)
        self._draw_sign()
        self._fit()

    def _button(self, icon: str, name: str) -> QToolButton:
        button = create_icon_button(self._icons, icon, name)
        button.setCursor(Qt.CursorShape.ArrowCursor)
        return button

    # -- what it shows -----------------------------------------------------------------------
    @property
    def similar(self) -> str:
        """What the chip says, "" without one."""
        return self._chip.data.tag if not self._chip.isHidden() else ""

    @property
    def notice(self) -> str:
        """The small text at the right."""
        return self._notice.text()

    def set_similar(self, label: str | None) -> None:
        """Show a chip that says to what the photos are similar, or take it away."""
        if label:
            self._chip.set_data(ChipData(f"Similar to {label}"))
        self._chip.setVisible(bool(label))
        self.setPlaceholderText("" if label else PLACEHOLDER)
        self._fit()

    def set_notice(self, text: str) -> None:
        """Show a few small words at the right, "" for none."""
        self._notice.setText(text)
        self._notice.setVisible(bool(text))
        self._fit()

    def _draw_sign(self) -> None:
        ratio = self.devicePixelRatioF()
        self._sign.setPixmap(self._icons.pixmap("search", _ICON, ratio, "dimmed"))

    def _fit(self) -> None:
        """Keep the text clear of what lies on the line."""
        self._clear.setVisible(bool(self.text() or self.similar))
        left = _ICON + 8
        if self.similar:
            left += min(self._chip.sizeHint().width(), _CHIP_WIDTH) + 6
        buttons = [self._help] if self._clear.isHidden() else [self._help, self._clear]
        right = sum(button.sizeHint().width() for button in buttons)
        if self.notice:
            right += min(self._notice.sizeHint().width(), _NOTICE_WIDTH) + 4
        self.setTextMargins(left, 0, right, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    # -- keys, drops and pastes --------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif event.key() == Qt.Key.Key_Backspace and not self.text() and self.similar:
            self.similar_closed.emit()
        elif event.matches(QKeySequence.StandardKey.Paste) and self._take(
            QGuiApplication.clipboard().mimeData()
        ):
            event.accept()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _holds_image(event.mimeData()):
            event.acceptProposedAction()
        else:
            super().dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if _holds_image(event.mimeData()):
            event.acceptProposedAction()
        else:
            super().dragMoveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        if self._take(event.mimeData()):
            event.acceptProposedAction()
        else:
            super().dropEvent(event)

    def _take(self, mime: QMimeData | None) -> bool:
        """Hand over the image in this data; return whether there is one."""
        source = None if mime is None else image_source_of(mime)
        if source is not None:
            self.image_dropped.emit(source)
        return source is not None


def _holds_image(mime: QMimeData) -> bool:
    if photo_ids_of(mime) or any(path.is_file() for path in local_paths_of(mime)):
        return True
    return mime.hasImage() and not mime.hasText()
