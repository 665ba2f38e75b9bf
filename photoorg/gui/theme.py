"""Colours, measures and type of the window, all in one place, and the service that applies them.

Widgets are given the `ThemeService`; nobody asks a global for a colour. Photos are the colour of
this program, so every surface is a neutral grey and there is one accent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from photoorg.gui.stylesheet import build_stylesheet

SPACE_CHIP: Final = 4
"""Inside chips, pixels; all spaces are steps of four."""
SPACE_ITEM: Final = 8
"""Between items."""
SPACE_PANEL: Final = 12
"""Inside panels."""
SPACE_GROUP: Final = 16
"""Between groups."""
SPACE_EMPTY: Final = 24
"""Around empty states."""

RADIUS: Final = 6
RADIUS_THUMBNAIL: Final = 3
SELECTION_RING: Final = 3
GUTTER: Final = 2

FONT_BODY: Final = 13
FONT_SMALL: Final = 11
FONT_TITLE: Final = 15
FONT_EMPTY: Final = 20

SIDEBAR_WIDTH: Final = 220
INSPECTOR_WIDTH: Final = 300
TOP_BAR_HEIGHT: Final = 48
STATUS_BAR_HEIGHT: Final = 28
SEARCH_BOX_WIDTH: Final = 560

MOTION_MS: Final = 140
"""Length of every animation, ease-out."""


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one appearance, as "#rrggbb".

    Attributes:
        window: behind everything.
        panel: sidebar, inspector, bars.
        raised: fields, menus, cards.
        line: separators, where space does not separate.
        text: what is read.
        dimmed: secondary facts.
        hover: under the pointer, on panels.
        pressed: held down or chosen, on panels.
        accent: selection, focus and the primary action; for rings and fills without text.
        accent_strong: the accent where text lies on it or is written in it.
        on_accent: text on `accent_strong`.
        success: state only, never the sole sign.
        warning: state only, never the sole sign.
        danger: state only, never the sole sign.
        surround: around a photo in the viewer, dark in both appearances.
        on_surround: text on `surround`.
    """

    dark: bool
    window: str
    panel: str
    raised: str
    line: str
    text: str
    dimmed: str
    hover: str
    pressed: str
    accent: str
    accent_strong: str
    on_accent: str
    success: str
    warning: str
    danger: str
    surround: str = "#111111"
    on_surround: str = "#ececec"


DARK: Final = Theme(
    dark=True,
    window="#1b1b1b",
    panel="#232323",
    raised="#2c2c2c",
    line="#383838",
    text="#ececec",
    dimmed="#9a9a9a",
    hover="#2b2b2b",
    pressed="#343434",
    accent="#5b9bf0",
    accent_strong="#5b9bf0",
    on_accent="#0d1520",
    success="#62c07a",
    warning="#e2aa46",
    danger="#f3837b",
)

LIGHT: Final = Theme(
    dark=False,
    window="#fafafa",
    panel="#f2f2f2",
    raised="#ffffff",
    line="#dedede",
    text="#1d1d1d",
    dimmed="#6b6b6b",
    hover="#ececec",
    pressed="#dfdfdf",
    accent="#2f7de1",
    accent_strong="#246bc9",
    on_accent="#ffffff",
    success="#19692f",
    warning="#7a4f00",
    danger="#b32620",
)


class Appearance(StrEnum):
    """What the person chose; `SYSTEM` follows the desktop."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def body_font() -> QFont:
    """Return the system's font at the size of running text."""
    return sized_font(FONT_BODY)


def sized_font(pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Return the system's font at a size of the type scale."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setPixelSize(pixels)
    font.setWeight(weight)
    return font


def tabular_font(pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Return the system's font with figures of one width, so that columns of them line up."""
    font = sized_font(pixels, weight)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


class ThemeService(QObject):
    """Says which theme holds, and follows the desktop when it changes.

    Signals:
        changed: another theme holds now; read `theme` again.
    """

    changed = Signal()

    def __init__(
        self, appearance: Appearance = Appearance.SYSTEM, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._application: QApplication | None = None
        self._theme = LIGHT if appearance is Appearance.LIGHT else DARK

    @property
    def theme(self) -> Theme:
        return self._theme

    @property
    def appearance(self) -> Appearance:
        return self._appearance

    def set_appearance(self, appearance: Appearance) -> None:
        """Follow the desktop, or hold to light or dark whatever it says."""
        self._appearance = appearance
        self._refresh()

    def color(self, token: str, alpha: float = 1.0) -> QColor:
        """Return a token of the current theme for a painter.

        Raises:
            AttributeError: there is no such token.
        """
        color = QColor(getattr(self._theme, token))
        color.setAlphaF(alpha)
        return color

    def apply(self, application: QApplication) -> None:
        """Dress the application now and whenever the theme changes."""
        self._application = application
        application.setStyle(QStyleFactory.create("Fusion"))
        application.setFont(body_font())
        hints = application.styleHints()
        hints.colorSchemeChanged.connect(self._refresh)
        self._theme = self._wanted_theme()
        self._dress()

    def animations_enabled(self) -> bool:
        """Return whether things may move: not where the system asks for reduced motion."""
        application = self._application
        if application is None:
            return False
        return application.isEffectEnabled(Qt.UIEffect.UI_General)

    def _wanted_theme(self) -> Theme:
        if self._appearance is Appearance.LIGHT:
            return LIGHT
        if self._appearance is Appearance.DARK:
            return DARK
        if self._application is None:
            return self._theme
        scheme = self._application.styleHints().colorScheme()
        return DARK if scheme == Qt.ColorScheme.Dark else LIGHT

    def _refresh(self) -> None:
        wanted = self._wanted_theme()
        if wanted is self._theme:
            return
        self._theme = wanted
        self._dress()
        self.changed.emit()

    def _dress(self) -> None:
        if self._application is None:
            return
        self._application.setPalette(build_palette(self._theme))
        self._application.setStyleSheet(build_stylesheet(self._theme))


def build_palette(theme: Theme) -> QPalette:
    """Return the palette for what the stylesheet does not reach."""
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.window,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.Base: theme.raised,
        QPalette.ColorRole.AlternateBase: theme.panel,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.PlaceholderText: theme.dimmed,
        QPalette.ColorRole.Button: theme.raised,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.BrightText: theme.danger,
        QPalette.ColorRole.ToolTipBase: theme.raised,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.Highlight: theme.accent_strong,
        QPalette.ColorRole.HighlightedText: theme.on_accent,
        QPalette.ColorRole.Link: theme.accent_strong,
        QPalette.ColorRole.LinkVisited: theme.accent_strong,
        QPalette.ColorRole.Accent: theme.accent,
    }
    for role, color in roles.items():
        palette.setColor(role, QColor(color))
    disabled = QColor(theme.dimmed)
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        palette.setColor(QPalette.ColorGroup.Disabled, role, disabled)
    return palette
