"""What is known of a photo besides its tags: date, camera, place, size, files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QToolButton, QWidget

from photoorg.core.records import MediaType, PhotoDetails
from photoorg.gui.icons import IconSet
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_icon_button, create_label
from photoorg.gui.widgets.elided_label import ElidedLabel

_LABEL_WIDTH = 60
_MAX_COPIES = 5

_TYPE_NAMES = {MediaType.HEIF: "HEIC", MediaType.RAW: "Raw", MediaType.WEBP: "WebP"}


class Facts(QWidget):
    """A small table of facts; those that are not known are left out.

    Signals:
        reveal_requested(Path): show this file in the file manager.
    """

    reveal_requested = Signal(object)

    def __init__(self, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
        self._grid.setColumnStretch(1, 1)
        self._shown: PhotoDetails | None = None
        self._paths: dict[str, ElidedLabel] = {}

    def values(self) -> dict[str, str]:
        """Return the facts shown, by their labels; further files are numbered."""
        found = {name: label.text() for name, label in self._paths.items()}
        for row in range(self._grid.rowCount()):
            name, value = (self._grid.itemAtPosition(row, column) for column in (0, 1))
            if name is None or value is None:
                continue
            label, text = name.widget(), value.widget()
            if isinstance(label, QLabel) and isinstance(text, QLabel) and label is not text:
                found[label.text()] = text.text()
        return found

    def show_details(self, details: PhotoDetails) -> None:
        """Show the facts of a photo."""
        if details == self._shown:
            return
        self._shown = details
        self._clear()
        about = details.metadata
        if about.taken_at is not None:
            self._add("Date", wording.moment(about.taken_at))
        self._add("Camera", about.camera)
        self._add("Lens", about.lens)
        self._add("Exposure", about.exposure)
        if details.width and details.height:
            self._add("Pixels", wording.dimensions(details.width, details.height))
        self._add("Size", _size_and_type(details))
        if about.gps is not None:
            place = wording.place(about.gps.latitude, about.gps.longitude)
            decimal = f"{about.gps.latitude:.6f}, {about.gps.longitude:.6f}"
            self._add("Place", place, self._copy_button("Copy place", decimal))
        for number, path in enumerate(details.paths[:_MAX_COPIES]):
            self._add_path("File" if not number else f"Copy {number}", path)
        more = len(details.paths) - _MAX_COPIES
        if more > 0:
            self._add("", f"and {wording.files(more)} more")

    def _clear(self) -> None:
        self._paths.clear()
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _add(self, name: str, value: str, *buttons: QToolButton) -> None:
        if not value:
            return
        text = create_label(value, wrap=True)
        # Selectable with the mouse only: facts are not stops on the way of the Tab key.
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text.setAccessibleName(f"{name}: {value}")
        row = self._grid.rowCount()
        beside = Qt.AlignmentFlag.AlignVCenter if buttons else Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(_label(name), row, 0, beside)
        self._grid.addWidget(text, row, 1, 1, 1 if buttons else 2)
        for button in buttons:
            self._grid.addWidget(button, row, 2)

    def _add_path(self, name: str, path: Path) -> None:
        """Give a path the whole width, below its name and what can be done with it."""
        text = ElidedLabel(str(path), mode=Qt.TextElideMode.ElideMiddle)
        text.setAccessibleName(f"{name}: {path}")
        reveal = create_icon_button(self._icons, "external", "Show in file manager")
        reveal.clicked.connect(lambda: self.reveal_requested.emit(path))
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(text, 1)
        line.addWidget(self._copy_button("Copy path", str(path)))
        line.addWidget(reveal)
        row = self._grid.rowCount()
        label = create_label(name, "dimmed")
        label.setContentsMargins(0, 8, 0, 0)
        self._grid.addWidget(label, row, 0, 1, 3)
        self._grid.addWidget(holder, row + 1, 0, 1, 3)
        self._paths[name] = text

    def _copy_button(self, name: str, text: str) -> QToolButton:
        button = create_icon_button(self._icons, "copy", name)
        button.clicked.connect(_copier(text))
        return button


def _label(name: str) -> QLabel:
    label = create_label(name, "dimmed")
    # The smaller letters stand on the line of the value's first row.
    label.setContentsMargins(0, 2, 0, 0)
    return label


def _copier(text: str) -> Callable[[], None]:
    return lambda: QGuiApplication.clipboard().setText(text)


def _size_and_type(details: PhotoDetails) -> str:
    parts = []
    if details.media_type is not None:
        parts.append(_TYPE_NAMES.get(details.media_type, details.media_type.upper()))
    if details.file_size:
        parts.append(wording.file_size(details.file_size))
    return " · ".join(parts)
