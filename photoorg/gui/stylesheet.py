"""The one stylesheet of the application, written from the tokens of a theme.

Variants are chosen with dynamic properties, so widgets carry no style of their own:
`setProperty("kind", "primary")` on a button for the one primary action of a screen, "quiet" for a
button that is only an icon or a word, "link" for a word in running text, "fold" for the heading of
a part that opens; on a label "dimmed", "title" or "empty"; on a plain `QWidget`/`QFrame`
`setProperty("surface", "panel" | "raised" | "window")` (with `WA_StyledBackground` on plain
widgets).
"""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from photoorg.gui.theme import Theme

_SHEET = Template("""
QWidget { color: $text; }
QMainWindow, QDialog { background: $window; }
*[surface="window"] { background: $window; }
*[surface="panel"] { background: $panel; }
*[surface="raised"] { background: $raised; border-radius: 6px; }
QLabel { background: transparent; }
QLabel[kind="dimmed"] { color: $dimmed; font-size: 11px; }
QLabel[kind="title"] { font-size: 15px; font-weight: 600; }
QLabel[kind="empty"] { font-size: 20px; font-weight: 600; }
QLabel[kind="warning"] { color: $warning; }
QLabel[kind="danger"] { color: $danger; }
QLabel[kind="state"] { color: $accent_strong; font-size: 11px; font-weight: 600; }

QPushButton, QToolButton {
    background: $raised; border: 1px solid $line; border-radius: 6px;
    padding: 4px 12px; min-height: 18px;
}
QToolButton { padding: 4px; min-height: 20px; min-width: 20px; }
QPushButton:hover, QToolButton:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed { background: $pressed; }
QPushButton:focus, QToolButton:focus { border-color: $accent; }
QPushButton:disabled, QToolButton:disabled { color: $dimmed; background: transparent; }
QPushButton[kind="primary"] {
    background: $accent_strong; color: $on_accent; border-color: $accent_strong;
    font-weight: 600; padding: 6px 16px;
}
QPushButton[kind="primary"]:hover { background: $accent; border-color: $accent; }
QPushButton[kind="primary"]:focus { border: 2px solid $focus_on_accent; padding: 5px 15px; }
QPushButton[kind="primary"]:disabled {
    background: transparent; color: $dimmed; border-color: $line;
}
QPushButton[kind="quiet"], QToolButton[kind="quiet"] {
    background: transparent; border: 1px solid transparent;
}
QPushButton[kind="quiet"]:hover, QToolButton[kind="quiet"]:hover { background: $hover; }
QPushButton[kind="quiet"]:pressed, QToolButton[kind="quiet"]:pressed { background: $pressed; }
QPushButton[kind="segment"] {
    background: transparent; border: 1px solid transparent; padding: 2px 8px; min-height: 16px;
    color: $dimmed;
}
QPushButton[kind="segment"]:hover { background: $hover; color: $text; }
QPushButton[kind="segment"]:checked { background: $pressed; color: $text; }
QPushButton[kind="segment"]:focus { border-color: $accent; }
QPushButton[kind="quiet"]:disabled { color: $dimmed; }
QPushButton[kind="fold"] {
    background: transparent; border: 1px solid transparent; padding: 4px 8px 4px 0;
    text-align: left;
}
QPushButton[kind="fold"]:hover { background: $hover; }
QPushButton[kind="fold"]:pressed { background: $pressed; }
QPushButton[kind="fold"]:focus { border-color: $accent; }
QPushButton[kind="place"] {
    background: transparent; border: 1px solid transparent; padding: 4px 12px 4px 18px;
    text-align: left;
}
QPushButton[kind="place"]:hover { background: $hover; }
QPushButton[kind="place"]:checked, QPushButton[kind="place"]:pressed { background: $pressed; }
QPushButton[kind="place"]:focus { border-color: $accent; }
QToolButton[kind="quiet"]:checked { background: $pressed; }
QPushButton[kind="quiet"]:focus, QToolButton[kind="quiet"]:focus { border-color: $accent; }
QPushButton[kind="danger"] { color: $danger; }
QPushButton[kind="choice"] { text-align: left; padding-left: 10px; padding-right: 28px; }
QPushButton[kind="choice"]::menu-indicator { image: none; width: 0; }
QPushButton[kind="link"] {
    background: transparent; border: none; color: $accent_strong; padding: 0; text-align: left;
}
QPushButton[kind="link"]:hover, QPushButton[kind="link"]:focus { text-decoration: underline; }
QToolButton::menu-indicator { image: none; width: 0; }

*[surface="surround"] { background: $surround; }
QLabel[kind="on-surround"] { color: $on_surround; font-weight: 600; }
QPushButton[kind="on-surround-link"] {
    background: transparent; border: none; color: #5b9bf0; padding: 0;
}
QPushButton[kind="on-surround-link"]:hover { text-decoration: underline; }
QLabel[kind="question"] { color: $on_surround; font-size: 20px; font-weight: 600; }
QPushButton[kind="answer"] {
    background: rgba(255, 255, 255, 26); border: 1px solid rgba(255, 255, 255, 40);
    color: $on_surround; padding: 6px 12px;
}
QPushButton[kind="answer"]:hover { background: rgba(255, 255, 255, 46); }
QPushButton[kind="answer"]:pressed { background: rgba(255, 255, 255, 66); }
QLabel[kind="on-surround-dimmed"] { color: #a8a8a8; font-size: 11px; }
QToolButton[kind="surround"] { background: transparent; border: 1px solid transparent; }
QToolButton[kind="surround"]:hover { background: rgba(255, 255, 255, 30); }
QToolButton[kind="surround"]:pressed { background: rgba(255, 255, 255, 50); }
QToolButton[kind="edge"] { background: rgba(0, 0, 0, 120); border: none; border-radius: 22px; }
QToolButton[kind="edge"]:hover { background: rgba(0, 0, 0, 180); }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QComboBox {
    background: $raised; border: 1px solid $line; border-radius: 6px; padding: 4px 8px;
    placeholder-text-color: $dimmed;
    selection-background-color: $accent_strong; selection-color: $on_accent;
}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QComboBox:focus {
    border-color: $accent;
}

QPlainTextEdit[kind="query"], QPlainTextEdit[kind="query"]:focus {
    background: transparent; border: none; padding: 0;
}

QAbstractScrollArea { border: none; background: transparent; }
QTreeView, QListView, QTableView {
    border: none; background: transparent; outline: none;
    selection-background-color: $pressed; selection-color: $text;
}
QTreeView::item, QListView::item { border-radius: 6px; padding: 4px; }
QTreeView::item:hover, QListView::item:hover { background: $hover; }
QTreeView::item:selected, QListView::item:selected { background: $pressed; color: $text; }
QTreeView::branch { background: transparent; }
QHeaderView::section {
    background: transparent; border: none; color: $dimmed; font-size: 11px; padding: 4px 8px;
}

QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $handle; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:disabled { background: transparent; }
QScrollBar::handle:hover, QScrollBar::handle:pressed { background: $dimmed; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QSplitter::handle { background: $line; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }

QMenu { background: $raised; border: 1px solid $line; border-radius: 6px; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; }
QMenu::icon { padding-left: 8px; }
QMenu::item:selected { background: $accent_strong; color: $on_accent; }
QMenu::item:disabled { color: $dimmed; background: transparent; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QToolTip {
    background: $raised; color: $text; border: 1px solid $line; padding: 4px 8px;
}

QSlider { background: transparent; }
QSlider::groove:horizontal { height: 3px; border-radius: 1px; background: $handle; }
QSlider::sub-page:horizontal { background: $dimmed; border-radius: 1px; }
QSlider::handle:horizontal {
    width: 12px; height: 12px; margin: -5px 0; border-radius: 6px;
    background: $knob; border: 1px solid $line;
}
QSlider::handle:horizontal:focus { border-color: $accent; }
QProgressBar {
    background: $handle; border: none; border-radius: 2px; max-height: 4px; min-height: 4px;
    text-align: center;
}
QProgressBar::chunk { background: $accent; border-radius: 2px; }
QCheckBox, QRadioButton { spacing: 8px; background: transparent; padding: 2px; }
QCheckBox::indicator, QRadioButton::indicator {
    width: 14px; height: 14px; border: 1px solid $dimmed; border-radius: 4px; background: $raised;
}
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { background: $hover; }
QCheckBox::indicator:checked { border-color: $accent_strong; background: $accent_strong; }
QRadioButton::indicator:checked {
    width: 6px; height: 6px; border: 5px solid $accent_strong; background: $on_accent;
}
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border-color: $accent; }
QCheckBox:focus, QRadioButton:focus {
    border: 1px solid $accent; border-radius: 6px; padding: 1px;
}
""")


def build_stylesheet(theme: Theme) -> str:
    """Return the stylesheet of a theme."""
    return _SHEET.substitute(
        window=theme.window,
        panel=theme.panel,
        raised=theme.raised,
        line=theme.line,
        text=theme.text,
        dimmed=theme.dimmed,
        hover=theme.hover,
        pressed=theme.pressed,
        accent=theme.accent,
        accent_strong=theme.accent_strong,
        on_accent=theme.on_accent,
        surround=theme.surround,
        on_surround=theme.on_surround,
        warning=theme.warning,
        danger=theme.danger,
        focus_on_accent="#d8e7fd" if theme.dark else "#153f78",
        handle="#4a4a4a" if theme.dark else "#c4c4c4",
        knob="#d8d8d8" if theme.dark else "#ffffff",
    )
