"""Short ways to make labels and buttons in the kinds that the stylesheet knows."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton

from photoorg.gui.icons import IconSet


def create_label(text: str = "", kind: str = "", *, wrap: bool = False) -> QLabel:
    """Return a label that shows its text as it is, never as markup.

    Args:
        text: what it says.
        kind: "dimmed", "title", "empty", "warning", "danger", "state", or plain.
        wrap: break long text into lines.
    """
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    if kind:
        label.setProperty("kind", kind)
    return label


def create_button(text: str, kind: str = "") -> QPushButton:
    """Return a button; its kind is "primary", "quiet", "fold", "danger", "link" or plain."""
    button = QPushButton(text)
    if kind:
        button.setProperty("kind", kind)
    if kind == "link":
        button.setCursor(Qt.CursorShape.PointingHandCursor)
    return button


def create_labelled_button(icons: IconSet, icon: str, text: str, kind: str = "") -> QPushButton:
    """Return a button with an icon before its text."""
    button = create_button("", kind)
    _write_beside_icon(button, text)
    icons.bind(button, icon)
    return button


def create_fold(text: str) -> QPushButton:
    """Return the heading of a part that opens and closes; its owner binds the chevron."""
    button = create_button("", "fold")
    _write_beside_icon(button, text)
    button.setCheckable(True)
    return button


def create_icon_button(icons: IconSet, icon: str, name: str, color: str = "dimmed") -> QToolButton:
    """Return a quiet button with an icon only; its name is spoken and shown as a tooltip."""
    button = QToolButton()
    button.setProperty("kind", "quiet")
    button.setAccessibleName(name)
    button.setToolTip(name)
    button.setIconSize(QSize(16, 16))
    icons.bind(button, icon, color)
    return button


def _write_beside_icon(button: QPushButton, text: str) -> None:
    # Styled buttons set the icon hard against the text; a thin space holds them apart.
    button.setText(f"\N{THIN SPACE}{text}")
    button.setAccessibleName(text)
