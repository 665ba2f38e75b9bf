"""A small popover with the other names of a tag."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from photoorg.core.changes import AddAlias, RemoveAlias
from photoorg.gui.icons import IconSet
from photoorg.gui.knowledge.placing import open_popover
from photoorg.gui.theme import SPACE_ITEM, SPACE_PANEL, ThemeService
from photoorg.gui.widgets.build import create_icon_button, create_label
from photoorg.gui.widgets.elided_label import ElidedLabel
from photoorg.gui.widgets.popover import Popover

_WIDTH = 260


class AliasPopover(Popover):
    """Lists other names, each with a way to take it off, and a field for one more.

    Signals:
        operation_requested(Operation): carry this out.
    """

    operation_requested = Signal(object)

    def __init__(self, theme: ThemeService, icons: IconSet, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._icons = icons
        self._tag = ""
        self._names: list[str] = []
        self._title = ElidedLabel()
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self._edit = QLineEdit()
        self._edit.setPlaceholderText("Another name")
        self._edit.setAccessibleName("Another name of the tag")
        self._edit.setMaxLength(100)
        self._edit.returnPressed.connect(self._on_entered)
        self._hint = create_label("Typing it gives the tag.", "dimmed", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_PANEL, SPACE_PANEL, SPACE_PANEL, SPACE_PANEL)
        column.setSpacing(SPACE_ITEM)
        column.addWidget(self._title)
        column.addLayout(self._list)
        column.addWidget(self._edit)
        column.addWidget(self._hint)
        self.hide()

    @property
    def names(self) -> list[str]:
        """The other names on show."""
        return list(self._names)

    def open_at(self, tag: str, names: tuple[str, ...], corner: QPoint) -> None:
        """Show the other names of a tag.

        Args:
            tag: the tag.
            names: its other names.
            corner: upper left corner, in the window's coordinates.
        """
        self._tag = tag
        self._names = list(names)
        self._title.setText(f"Other names of “{tag}”")
        self._edit.clear()
        self._fill()
        self.setFixedWidth(_WIDTH)
        open_popover(self, corner)
        self._edit.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            return
        super().keyPressEvent(event)

    def _fill(self) -> None:
        while (item := self._list.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for name in self._names:
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            remove = create_icon_button(self._icons, "close", f"Take “{name}” off")
            remove.clicked.connect(lambda _checked=False, name=name: self._remove(name))
            row.addWidget(ElidedLabel(name), 1)
            row.addWidget(remove)
            self._list.addWidget(line)
            line.show()  # or the size would be reckoned without it
        if (layout := self.layout()) is not None:
            layout.activate()
        self.adjustSize()

    def _on_entered(self) -> None:
        name = " ".join(self._edit.text().split())
        if name and name not in self._names:
            self._names.append(name)
            self._edit.clear()
            self._fill()
            self.operation_requested.emit(AddAlias(self._tag, name))

    def _remove(self, name: str) -> None:
        self._names.remove(name)
        self._fill()
        self.operation_requested.emit(RemoveAlias(self._tag, name))
