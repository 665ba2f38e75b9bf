"""The search box as one field: a sign, the line of text, and its buttons."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from photoorg.gui.icons import IconSet
from photoorg.gui.search.chip_painter import ChipPainter
from photoorg.gui.search.query_edit import QueryEdit
from photoorg.gui.search.thumbs import QueryThumbs
from photoorg.gui.theme import RADIUS, ThemeService
from photoorg.gui.widgets.build import create_icon_button

FIELD_HEIGHT = 32
PLACEHOLDER = "Search photos: beach sunset -people"
_ICON = 16


class SearchField(QFrame):
    """Looks like a line edit around the line of chips.

    Signals:
        clear_clicked: the clear button was pressed.
        help_clicked: the help button was pressed.
        pick_clicked: the button that adds photos was pressed.
    """

    clear_clicked = Signal()
    help_clicked = Signal()
    pick_clicked = Signal()

    def __init__(
        self,
        thumbs: QueryThumbs,
        theme: ThemeService,
        icons: IconSet,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icons = icons
        self._theme = theme
        self._thumbs = thumbs
        self.setFixedHeight(FIELD_HEIGHT)
        self.edit = QueryEdit(ChipPainter(theme, icons, thumbs.peek), theme)
        self.edit.setAccessibleName("Search photos")
        self.edit.setPlaceholderText(PLACEHOLDER)
        self.setFocusProxy(self.edit)
        self._sign = QLabel()
        self._sign.setFixedSize(_ICON, _ICON)
        self.clear_button = self._button("close", "Clear search")
        self.pick_button = self._button("photo-add", "Add a photo to the search")
        self.help_button = self._button("help", "What can be searched for")
        line = QHBoxLayout(self)
        line.setContentsMargins(10, 1, 2, 1)
        line.setSpacing(0)
        line.addWidget(self._sign)
        line.addSpacing(2)
        line.addWidget(self.edit, 1)
        for button in (self.clear_button, self.pick_button, self.help_button):
            line.addWidget(button)
        self.clear_button.clicked.connect(self.clear_clicked)
        self.pick_button.clicked.connect(self.pick_clicked)
        self.help_button.clicked.connect(self.help_clicked)
        self.edit.textChanged.connect(self._on_text)
        self.edit.focus_changed.connect(self.update)
        thumbs.loaded.connect(self.edit.viewport().update)
        theme.changed.connect(self._draw_sign)
        self._draw_sign()
        self._on_text()

    def _button(self, icon: str, name: str) -> QToolButton:
        button = create_icon_button(self._icons, icon, name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _draw_sign(self) -> None:
        ratio = self.devicePixelRatioF()
        self._sign.setPixmap(self._icons.pixmap("search", _ICON, ratio, "dimmed"))
        self.update()

    def _on_text(self) -> None:
        self.clear_button.setVisible(bool(self.edit.text()))
        self._thumbs.want(c.photo for c in self.edit.all_chips if c.photo is not None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.edit.setFocus(event.reason())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = "accent" if self.edit.hasFocus() else "line"
        painter.setPen(QPen(self._theme.color(edge), 1))
        painter.setBrush(self._theme.color("raised"))
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(area, RADIUS, RADIUS)
