"""The page of tags with how good their suggestions are."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from photoorg.core.quality import QualityReport
from photoorg.gui.icons import IconSet
from photoorg.gui.pages import Page
from photoorg.gui.quality import words
from photoorg.gui.quality.reliability import Reliability
from photoorg.gui.quality.tag_list import Captions, TagList
from photoorg.gui.quality.tag_model import ORDER_NAMES, Order
from photoorg.gui.quality.target import TargetControl
from photoorg.gui.theme import (
    SPACE_EMPTY,
    SPACE_GROUP,
    SPACE_ITEM,
    SPACE_PANEL,
    ThemeService,
)
from photoorg.gui.widgets.build import (
    create_button,
    create_fold,
    create_icon_button,
    create_label,
)
from photoorg.gui.widgets.choice import Choice, ChoiceButton

_FILTER_WIDTH: Final = 180
_ORDER_WIDTH: Final = 170
_BESIDE: Final = 740
"""Width of the page from which on the slider has facts at its side."""


class NoTags(Page):
    """What the page says of a library without tags.

    Signals:
        photos_requested: go to the photos, to tag some.
    """

    photos_requested = Signal()

    def __init__(self, theme: ThemeService, icons: IconSet) -> None:
        super().__init__(theme, icons)
        self._say(
            "tag",
            "No tags yet",
            "Give a few photos a tag of your own. From five photos on a tag can be suggested, and"
            " this page says how often that is right.",
        )
        self.button = create_button("Go to the photos", "primary")
        self.button.clicked.connect(self.photos_requested)
        self._column.addSpacing(SPACE_PANEL)
        self._column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)


class QualityPage(QWidget):
    """Shows a report and asks for what is to be done; it does nothing itself.

    Signals:
        closed: go back to the photos.
        review_requested(str): go through uncertain photos of a tag, "" of all.
        mistakes_requested(str): go through probable mistakes of a tag, "" of all.
        photos_requested(str): show the photos with a tag.
        target_chosen(float): another wanted precision, 0 to 1.
        learn_requested: learn from the newest answers at once.
        back_requested: use the model before the newest one.
    """

    closed = Signal()
    review_requested = Signal(str)
    mistakes_requested = Signal(str)
    photos_requested = Signal(str)
    target_chosen = Signal(float)
    learn_requested = Signal()
    back_requested = Signal()

    def __init__(self, theme: ThemeService, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._report: QualityReport | None = None
        self._summary = create_label("", "dimmed", wrap=True)
        self._learned = create_label("", "dimmed", wrap=True)
        self._note = create_label("", "dimmed", wrap=True)
        self.more = create_icon_button(icons, "more", "More")
        self.learn_action = QAction("Learn now", self)
        self.back_action = QAction("Go back to the model before", self)
        self.close_button = create_icon_button(icons, "close", "Back to the photos")
        self.target = TargetControl()
        self.review_button = create_button("Review all tags", "primary")
        self.mistakes_button = create_button("Look for mistakes")
        self.filter = QLineEdit()
        self.order = ChoiceButton("Sorted by", icons)
        self.fold = create_fold("Do the percentages keep their word?")
        self.reliability = Reliability(theme)
        self.list = TagList(theme, icons)
        self._captions = Captions(self.list, theme)
        self._nothing = create_label("", wrap=True)
        self.empty = NoTags(theme, icons)
        self._card = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body = QWidget()
        self._stack = QStackedWidget()
        self._build()
        self._connect()
        self._on_fold(opened=False)
        for part in self._needing_tags:
            part.hide()

    # -- building ----------------------------------------------------------------------------
    def _build(self) -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "window")
        self.setAccessibleName("Tag quality")
        inside = QVBoxLayout(self._body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(SPACE_ITEM)
        inside.addWidget(self._build_card())
        inside.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignLeft)
        inside.addWidget(self.reliability)
        inside.addLayout(self._build_tools())
        inside.addWidget(self._captions)
        inside.addWidget(self.list, 1)
        inside.addWidget(self._nothing, 1)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self._stack.addWidget(QWidget())  # Until the first report there is nothing to say.
        self._stack.addWidget(self._body)
        self._stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_EMPTY, SPACE_GROUP, SPACE_ITEM, 0)
        column.setSpacing(SPACE_GROUP)
        column.addLayout(self._build_head())
        column.addWidget(self._stack, 1)

    def _build_head(self) -> QHBoxLayout:
        title = QVBoxLayout()
        title.setSpacing(2)
        title.addWidget(create_label("Tag quality", "title"))
        title.addWidget(self._summary)
        menu = QMenu(self.more)
        menu.addActions([self.learn_action, self.back_action])
        self.more.setMenu(menu)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        head = QHBoxLayout()
        head.setSpacing(SPACE_ITEM)
        head.addLayout(title, 1)
        for part in (self.mistakes_button, self.review_button, self.more, self.close_button):
            head.addWidget(part)
        return head

    def _build_card(self) -> QWidget:
        card = QWidget()
        card.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        card.setProperty("surface", "raised")
        facts = QVBoxLayout()
        facts.setSpacing(SPACE_ITEM)
        facts.addWidget(self._learned)
        facts.addWidget(self._note)
        facts.addStretch(1)
        self._card.setContentsMargins(SPACE_GROUP, SPACE_PANEL, SPACE_GROUP, SPACE_PANEL)
        self._card.addWidget(self.target, 3)
        self._card.addLayout(facts, 2)
        card.setLayout(self._card)
        margins = QWidget()
        line = QHBoxLayout(margins)
        # Its edge stands where the rows of the list end, before the scroll bar.
        line.setContentsMargins(0, 0, SPACE_ITEM, 0)
        line.addWidget(card)
        return margins

    def _build_tools(self) -> QHBoxLayout:
        self.filter.setPlaceholderText("Filter tags")
        self.filter.setAccessibleName("Filter tags")
        self.filter.setFixedWidth(_FILTER_WIDTH)
        self.order.set_choices([Choice(each.value, ORDER_NAMES[each]) for each in Order])
        self.order.setFixedWidth(_ORDER_WIDTH)
        tools = QHBoxLayout()
        tools.setContentsMargins(0, 0, SPACE_ITEM, 0)
        tools.setSpacing(SPACE_ITEM)
        tools.addWidget(self.filter)
        tools.addStretch(1)
        tools.addWidget(create_label("Sorted by", "dimmed"))
        tools.addWidget(self.order)
        return tools

    def _connect(self) -> None:
        self.close_button.clicked.connect(self.closed)
        self.empty.photos_requested.connect(self.closed)
        self.review_button.clicked.connect(lambda: self.review_requested.emit(""))
        self.mistakes_button.clicked.connect(lambda: self.mistakes_requested.emit(""))
        self.list.review_requested.connect(self.review_requested)
        self.list.mistakes_requested.connect(self.mistakes_requested)
        self.list.photos_requested.connect(self.photos_requested)
        self.target.chosen.connect(self.target_chosen)
        self.learn_action.triggered.connect(self.learn_requested)
        self.back_action.triggered.connect(self.back_requested)
        self.fold.toggled.connect(lambda opened: self._on_fold(opened=opened))
        self.filter.textChanged.connect(self._on_filter)
        self.order.chosen.connect(lambda key: self.list.set_order(Order(key)))

    # -- what the controller calls -----------------------------------------------------------
    @property
    def report(self) -> QualityReport | None:
        """What is on show; None before the first report."""
        return self._report

    @property
    def summary(self) -> str:
        return self._summary.text()

    @property
    def learned(self) -> str:
        """When was learned, in words."""
        return self._learned.text()

    @property
    def note(self) -> str:
        """What the library adds to its report; "" where it adds nothing."""
        return "" if self._note.isHidden() else self._note.text()

    @property
    def is_empty(self) -> bool:
        """Whether it says that there are no tags."""
        return self._stack.currentWidget() is self.empty

    def set_report(self, report: QualityReport) -> None:
        """Show another report; selection, scroll position and what is being typed stay."""
        holder = QApplication.focusWidget()
        held = holder is not None and (holder is self or self.isAncestorOf(holder))
        self._report = report
        judged = bool(report.model)
        self._summary.setText(words.summary(report) if report.tags else "")
        self._summary.setVisible(bool(report.tags))
        self._learned.setText(words.learned(report))
        self._note.setText(report.note)
        self._note.setVisible(bool(report.note))
        self.target.set_report(report)
        self.reliability.set_report(report)
        self.list.set_report(report)
        self._stack.setCurrentWidget(self._body if report.tags else self.empty)
        for part in self._needing_tags:
            part.setVisible(bool(report.tags))
        self.review_button.setEnabled(judged)
        self.mistakes_button.setEnabled(judged)
        self.back_action.setEnabled(judged)
        self.learn_action.setEnabled(not report.learning)
        self._show_found()
        if held and holder is not None and (holder is self or not holder.isVisible()):
            self.focus()

    def choose(self, tag: str) -> None:
        """Show one tag, even where the filter hides it."""
        if not self.list.choose(tag):
            self.filter.clear()
            self.list.choose(tag)

    def focus(self) -> None:
        """Take the keyboard."""
        target = self if self._report is None else self.empty.button if self.is_empty else self.list
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- inside ------------------------------------------------------------------------------
    @property
    def _needing_tags(self) -> tuple[QWidget, ...]:
        """What is of no use without tags."""
        return self.review_button, self.mistakes_button, self.more

    def _on_filter(self, text: str) -> None:
        self.list.set_filter(text)
        self._show_found()

    def _show_found(self) -> None:
        found = bool(self.list.tags)
        if not found and self.list.hasFocus():
            self.filter.setFocus(Qt.FocusReason.OtherFocusReason)
        self._nothing.setText(f"No tag is called like “{self.filter.text()}”.")
        self._nothing.setVisible(not found)
        self.list.setVisible(found)
        self._captions.setVisible(found)

    def _on_fold(self, *, opened: bool) -> None:
        self._icons.bind(self.fold, "chevron-down" if opened else "chevron-right", "dimmed")
        self.reliability.setVisible(opened)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        beside = self.width() >= _BESIDE
        # What was learned stands beside the slider, or below it where it is narrow.
        self._card.setDirection(
            QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        )
        self._card.setSpacing(SPACE_EMPTY if beside else SPACE_ITEM)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.filter.hasFocus() and self.filter.text():
            self.filter.clear()
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.closed.emit()
