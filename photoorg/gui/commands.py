"""Actions for the shortcuts: made once, attached where they hold, wired by whoever can do them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from photoorg.gui.shortcuts import SHORTCUTS, Command, ShortcutTable, Where


class Commands(QObject):
    """One `QAction` for each command and each place where it holds."""

    def __init__(
        self, table: ShortcutTable, places: Mapping[Where, QWidget], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._actions: dict[tuple[Command, Where], QAction] = {}
        for shortcut in SHORTCUTS:
            for where in shortcut.where:
                action = QAction(shortcut.text, self)
                action.setShortcuts(table.keys(shortcut))
                action.setShortcutContext(
                    Qt.ShortcutContext.WindowShortcut
                    if where is Where.WINDOW
                    else Qt.ShortcutContext.WidgetWithChildrenShortcut
                )
                places[where].addAction(action)
                self._actions[(shortcut.command, where)] = action

    def action(self, command: Command, where: Where) -> QAction:
        """Return the action of a command, for a menu.

        Raises:
            KeyError: the command does not hold there.
        """
        return self._actions[(command, where)]

    def on(self, command: Command, slot: Callable[[], object]) -> None:
        """Call `slot` whenever a command is asked for, wherever it holds."""
        for (known, _), action in self._actions.items():
            if known is command:
                action.triggered.connect(lambda _checked=False: slot())
