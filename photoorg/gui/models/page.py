"""The Models page: what is trained, with training at its side and comparing in its place."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from photoorg.core.modelling import TrainingState
from photoorg.gui.icons import IconSet
from photoorg.gui.models.card import ModelCard
from photoorg.gui.models.compare_view import CompareView
from photoorg.gui.models.shelf import Shelf
from photoorg.gui.models.training_form import TrainingForm
from photoorg.gui.models.training_view import TrainingView
from photoorg.gui.theme import (
    SPACE_EMPTY,
    SPACE_GROUP,
    SPACE_ITEM,
    ThemeService,
)
from photoorg.gui.widgets.build import create_button, create_icon_button, create_label

PANEL_WIDTH: Final = 372
_LIST_WIDTH: Final = 560
"""Where less is left beside the panel, the panel takes the whole page."""

_LINE_WIDTH: Final = 560
"""Longer lines are hard to read."""

_PROMISE: Final = (
    "A model of your own learns from the tags that you gave: your words, your people, your places."
    " It suggests them for new photos, and finds photos by them. It takes a few minutes, and"
    " nothing leaves this computer."
)


class ModelsPage(QWidget):
    """Shows the models and asks for what is to be done with them; it does nothing itself.

    Signals:
        closed: go back to the photos.
        import_requested: ask the person for a file.
        use_requested(str): of a model's id; so are the next two.
        export_requested(str)
        delete_requested(str)
        compare_requested(str): compare this model with another.
        train_requested(TrainingRequest): train, or go on with what was stopped.
        cancel_requested: stop the training.
    """

    closed = Signal()
    import_requested = Signal()
    use_requested = Signal(str)
    export_requested = Signal(str)
    delete_requested = Signal(str)
    compare_requested = Signal(str)
    train_requested = Signal(object)
    cancel_requested = Signal()

    def __init__(
        self,
        compare: CompareView,
        engines: QWidget,
        theme: ThemeService,
        icons: IconSet,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.engines = engines
        self._theme = theme
        self._icons = icons
        self._shelf = Shelf()
        self._cards: list[ModelCard] = []
        self.compare = compare
        self.form = TrainingForm(icons)
        self.training = TrainingView(theme, icons)
        self.import_button = create_button("Import…", "quiet")
        self.train_button = create_button("Train a model", "primary")
        self.close_button = create_icon_button(icons, "close", "Back to the photos")
        self._column = QVBoxLayout()
        self._empty = QWidget()
        self.first_button = create_button("Train a model", "primary")
        self._list = QWidget()
        self._panel = QWidget()
        self._panel_title = create_label("Train a model", "title")
        self.panel_close = create_icon_button(icons, "close", "Close")
        self._panel_pages = QStackedWidget()
        self._stack = QStackedWidget()
        self._build()
        self._connect()
        self._empty.hide()
        self._show_panel(None)

    # -- building ----------------------------------------------------------------------------
    def _build(self) -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "window")
        self.setAccessibleName("Models")
        self._build_empty()
        self._build_panel()
        main = QWidget()
        row = QHBoxLayout(main)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._build_list(), 1)
        row.addWidget(self._panel)
        self._stack.addWidget(main)
        self._stack.addWidget(self.compare)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)

    def _build_list(self) -> QWidget:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(create_label("Models", "title"))
        words.addWidget(
            create_label("What suggests tags and finds photos by words", "dimmed", wrap=True)
        )
        head = QHBoxLayout()
        head.setSpacing(SPACE_ITEM)
        head.addLayout(words, 1)
        for button in (self.import_button, self.train_button, self.close_button):
            head.addWidget(button)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE_ITEM)
        cards = QWidget()
        inside = QVBoxLayout(cards)
        inside.setContentsMargins(0, 0, 0, SPACE_GROUP)
        inside.setSpacing(0)
        inside.addLayout(self._column)
        inside.addWidget(self._empty)
        inside.addWidget(self.engines)
        inside.addStretch(1)
        column = QVBoxLayout(self._list)
        column.setContentsMargins(SPACE_EMPTY, SPACE_GROUP, SPACE_ITEM, 0)
        column.setSpacing(SPACE_GROUP)
        column.addLayout(head)
        column.addWidget(_scrolling(cards), 1)
        return self._list

    def _build_empty(self) -> None:
        headline = create_label("Teach it your own words", "empty", wrap=True)
        sentence = create_label(_PROMISE, wrap=True)
        block = QWidget()
        column = QVBoxLayout(block)
        column.setContentsMargins(SPACE_EMPTY, 2 * SPACE_EMPTY, SPACE_EMPTY, SPACE_EMPTY)
        column.setSpacing(SPACE_GROUP)
        for label in (headline, sentence):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        sentence.setMinimumWidth(_LINE_WIDTH // 2)
        column.addWidget(self.first_button, 0, Qt.AlignmentFlag.AlignHCenter)
        block.setMaximumWidth(_LINE_WIDTH)
        line = QHBoxLayout(self._empty)
        line.setContentsMargins(0, 0, 0, 0)
        line.addStretch(1)
        line.addWidget(block, 100)
        line.addStretch(1)

    def _build_panel(self) -> None:
        self._panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._panel.setProperty("surface", "panel")
        self._panel.setAccessibleName("Training")
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, SPACE_ITEM, 0)
        head.setSpacing(SPACE_ITEM)
        for title in (self._panel_title, self.training.head):
            head.addWidget(title, 1)
        head.addWidget(self.panel_close, 0, Qt.AlignmentFlag.AlignTop)
        for page in (self.form, self.training):
            holder = QWidget()
            line = QHBoxLayout()
            line.addWidget(page, 1)
            line.addStretch()
            page.setMaximumWidth(_LINE_WIDTH)
            inside = QVBoxLayout(holder)
            inside.setContentsMargins(0, 0, 6, SPACE_GROUP)
            inside.addLayout(line)
            inside.addStretch(1)
            self._panel_pages.addWidget(_scrolling(holder))
        column = QVBoxLayout(self._panel)
        # Its title stands beside the title of the page.
        column.setContentsMargins(SPACE_GROUP, SPACE_ITEM, 0, 0)
        column.setSpacing(SPACE_ITEM)
        column.addLayout(head)
        column.addWidget(self._panel_pages, 1)

    def _connect(self) -> None:
        self.close_button.clicked.connect(self.closed)
        self.import_button.clicked.connect(self.import_requested)
        self.train_button.clicked.connect(self.open_training)
        self.first_button.clicked.connect(self.open_training)
        self.panel_close.clicked.connect(self.close_panel)
        self.form.start_requested.connect(self.train_requested)
        self.training.cancel_requested.connect(self.cancel_requested)
        self.training.resume_requested.connect(self.train_requested)
        self.training.use_requested.connect(self.use_requested)
        self.training.again_requested.connect(self.open_form)
        self.compare.closed.connect(self.close_compare)

    # -- what the controller calls -----------------------------------------------------------
    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """The models shown, in order."""
        return tuple(self._cards)

    @property
    def shelf(self) -> Shelf:
        return self._shelf

    @property
    def is_empty(self) -> bool:
        """Whether there is no model but the one that came with the program."""
        return not self._empty.isHidden()

    @property
    def panel(self) -> QWidget | None:
        """The form or the training at the side, or None."""
        if self._panel.isHidden():
            return None
        return self.form if self._panel_pages.currentIndex() == 0 else self.training

    @property
    def comparing(self) -> bool:
        return self._stack.currentWidget() is self.compare

    def set_shelf(self, shelf: Shelf) -> None:
        """Show these models; cards keep their place, so the focus stays where it is."""
        holder = next((button for button in self._first_buttons if button.hasFocus()), None)
        first = not self._shelf.models
        self._shelf = shelf
        while len(self._cards) > len(shelf.models):
            card = self._cards.pop()
            card.hide()
            card.deleteLater()
        while len(self._cards) < len(shelf.models):
            self._add_card()
        for card, model in zip(self._cards, shelf.models, strict=True):
            card.show_model(model, shelf)
        self._empty.setVisible(not shelf.own)
        self._update_buttons()
        if holder is not None and (first or not holder.isVisible()):
            self._focus_default()
        self.form.set_shelf(shelf)
        if self.training.state is not None:
            self.training.show_state(self.training.state, shelf)
        if self.comparing and len(shelf.usable) > 1:
            self.compare.set_shelf(shelf)
        elif self.comparing:
            self.close_compare()

    def show_training(self, state: TrainingState) -> None:
        """Show how a training goes, where the panel is open on it or it has just begun."""
        first = self.training.state is None or self.training.state.request != state.request
        self.training.show_state(state, self._shelf)
        if first or self.panel is self.form:
            holder = QApplication.focusWidget()
            leaves = holder is not None and (
                self._panel.isAncestorOf(holder) or holder in self._first_buttons
            )
            self._show_panel(self.training)
            if leaves:
                self.training.focus_next()

    def open_training(self) -> None:
        """Show the training that runs or can go on, else the form."""
        if self.training.unfinished:
            self._show_panel(self.training)
            self.training.focus_next()
        else:
            self.open_form()

    def open_form(self) -> None:
        """Ask what to train."""
        self.form.show_problem(None)
        self._show_panel(self.form)
        self.form.kind.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_panel(self) -> None:
        """Put the panel away; a training goes on."""
        self._show_panel(None)
        self._focus_default()

    def show_compare(self) -> None:
        self._stack.setCurrentWidget(self.compare)

    def close_compare(self) -> None:
        self._stack.setCurrentIndex(0)
        self._focus_default()

    def focus(self) -> None:
        """Take the keyboard."""
        if not self.comparing:
            self._focus_default()

    # -- inside ------------------------------------------------------------------------------
    def _add_card(self) -> None:
        card = ModelCard(self._theme, self._icons)
        card.use_requested.connect(self.use_requested)
        card.compare_requested.connect(self.compare_requested)
        card.export_requested.connect(self.export_requested)
        card.delete_requested.connect(self.delete_requested)
        before: QWidget = self._cards[-1].buttons[-1] if self._cards else self.close_button
        self._cards.append(card)
        self._column.addWidget(card)
        # After the head and before the panel, as they stand on the page.
        for button in card.buttons:
            QWidget.setTabOrder(before, button)
            before = button

    def _show_panel(self, page: QWidget | None) -> None:
        self._panel.setVisible(page is not None)
        if page is not None:
            self._panel_pages.setCurrentIndex(0 if page is self.form else 1)
            # A training has a headline of its own.
            self._panel_title.setVisible(page is self.form)
            self.training.head.setVisible(page is self.training)
        self._update_buttons()
        self._share_out()

    def _update_buttons(self) -> None:
        # One button to begin with: not in the head as long as the empty page has it.
        empty, opened = self.is_empty, not self._panel.isHidden()
        self.train_button.setVisible(bool(self._shelf.own) and not opened)
        self.first_button.setVisible(empty and not opened)
        # One thing to be closed at a time, as the Escape key goes.
        self.close_button.setVisible(not opened)
        unfinished = self.training.unfinished
        for button in (self.train_button, self.first_button):
            button.setText("Show training" if unfinished else "Train a model")

    def _share_out(self) -> None:
        """Give list and panel their room; where it is narrow, one after the other."""
        beside = self.width() - PANEL_WIDTH >= _LIST_WIDTH
        opened = not self._panel.isHidden()
        self._list.setVisible(beside or not opened)
        self._panel.setMinimumWidth(min(PANEL_WIDTH, self.width()))
        self._panel.setMaximumWidth(PANEL_WIDTH if beside else 16_777_215)

    @property
    def _first_buttons(self) -> tuple[QAbstractButton, ...]:
        return self.train_button, self.first_button, self.panel_close, self.close_button

    def _focus_default(self) -> None:
        for button in self._first_buttons:
            if button.isVisible():
                button.setFocus(Qt.FocusReason.OtherFocusReason)
                return

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_out()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.comparing:
            self.close_compare()
        elif self.panel is not None:
            self.close_panel()
        else:
            self.closed.emit()


def _scrolling(widget: QWidget) -> QScrollArea:
    """Return an area that scrolls a widget up and down and keeps room for its bar."""
    area = QScrollArea()
    area.setWidget(widget)
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
    for ground in (widget, area.viewport()):
        ground.setAutoFillBackground(False)
    return area
