"""A button that shows what is chosen and opens a menu of what could be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QMenu,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QWidget,
)

from photoorg.gui.icons import IconSet

_PADDING = 12
_CHEVRON = 16


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be chosen.

    Attributes:
        key: what it stands for.
        text: its name.
        ready: whether it can be chosen now.
        hint: what it is, or why it cannot be chosen.
    """

    key: str
    text: str
    ready: bool = True
    hint: str = ""


class ChoiceButton(QPushButton):
    """Like a combo box, in the window's own look: arrows step, Enter or Space opens the menu.

    Signals:
        chosen(str): the person chose another key.
    """

    chosen = Signal(str)

    def __init__(self, name: str, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._icons = icons
        self._choices: tuple[Choice, ...] = ()
        self._key = ""
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self._group = QActionGroup(self)
        self.setProperty("kind", "choice")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._open)
        self.set_choices(())

    @property
    def key(self) -> str:
        """What is chosen; "" where nothing can be."""
        return self._key

    @property
    def choice(self) -> Choice | None:
        return next((choice for choice in self._choices if choice.key == self._key), None)

    @property
    def menu_actions(self) -> list[QAction]:
        """The entries of the menu, in order."""
        return self._group.actions()

    def set_choices(self, choices: Sequence[Choice], key: str | None = None) -> None:
        """Offer these; keep what is chosen where it is still there.

        Args:
            choices: in the order of the menu.
            key: choose this one instead.
        """
        if tuple(choices) != self._choices:
            self._choices = tuple(choices)
            self._fill()
        ready = [choice.key for choice in self._choices if choice.ready]
        wanted = self._key if key is None else key
        self._show(wanted if wanted in ready else next(iter(ready), ""))

    def choose(self, key: str) -> None:
        """Choose as the person would; what is not ready or not there is passed over."""
        if key != self._key and any(each.key == key and each.ready for each in self._choices):
            self._show(key)
            self.chosen.emit(key)

    def _fill(self) -> None:
        for action in self._group.actions():
            self._group.removeAction(action)
            action.deleteLater()
        self._menu.clear()
        for choice in self._choices:
            text = choice.text if choice.ready else f"{choice.text}\tnot ready"
            action = QAction(text.replace("&", "&&"), self._menu, checkable=True)
            action.setToolTip(choice.hint or choice.text)
            action.setEnabled(choice.ready)
            action.setData(choice.key)
            action.triggered.connect(lambda _=False, key=choice.key: self.choose(key))
            self._group.addAction(action)
            self._menu.addAction(action)

    def _show(self, key: str) -> None:
        self._key = key
        chosen = self.choice
        text = "" if chosen is None else chosen.text
        self.setText(text)
        self.setAccessibleName(f"{self._name}: {text}")
        self.setToolTip(text if chosen is None else "\n".join(filter(None, (text, chosen.hint))))
        for action in self._group.actions():
            action.setChecked(action.data() == key)

    def _open(self) -> None:
        self._menu.setMinimumWidth(self.width())
        self._menu.popup(self.mapToGlobal(QPoint(0, self.height() + 4)))
        self._menu.setActiveAction(self._group.checkedAction())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ready = [choice.key for choice in self._choices if choice.ready]
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is not None and self._key in ready:
            place = ready.index(self._key) + step
            self.choose(ready[min(max(place, 0), len(ready) - 1)])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(120, hint.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        room = self.width() - 2 * _PADDING - _CHEVRON
        # Both ends tell choices apart: what it is, and which of several.
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, room)
        option.text = shown
        painter = QStylePainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        chevron = self._icons.pixmap("chevron-down", _CHEVRON, self.devicePixelRatioF(), "dimmed")
        x = self.width() - _PADDING + 4 - _CHEVRON
        painter.drawPixmap(x, (self.height() - _CHEVRON) // 2, chevron)
