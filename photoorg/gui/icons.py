"""The program's own icons: SVGs on a 20 px grid, drawn in the colours of the theme."""

from __future__ import annotations

from functools import cache
from typing import Protocol
from weakref import WeakKeyDictionary

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from shiboken6 import isValid

from photoorg.core.paths import resource_path
from photoorg.gui.theme import ThemeService

ICON_SIZE = 20
_SCALES = (1, 2, 3)


class IconTarget(Protocol):
    """A button or an action."""

    def setIcon(self, icon: QIcon) -> None:
        """Show an icon."""


@cache
def _source(name: str) -> str:
    return resource_path("icons", f"{name}.svg").read_text(encoding="utf-8")


def render_icon(name: str, size: int, ratio: float, color: QColor) -> QPixmap:
    """Return an icon as a pixmap.

    Args:
        name: file name without extension.
        size: side in device-independent pixels.
        ratio: device pixels for each of these.
        color: takes the place of `currentColor`.

    Raises:
        EnvironmentProblem: there is no such icon in this installation.
    """
    svg = _source(name).replace("currentColor", color.name())
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    side = round(size * ratio)
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(color.alphaF())
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


class IconSet(QObject):
    """Icons in the current theme's colours.

    Use `bind` for buttons and actions: they are redrawn when the theme changes. `icon` and
    `pixmap` are for callers that watch the theme themselves.
    """

    def __init__(self, theme: ThemeService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icons: dict[tuple[str, str], QIcon] = {}
        self._pixmaps: dict[tuple[str, int, float, str], QPixmap] = {}
        self._bound: WeakKeyDictionary[IconTarget, tuple[str, str]] = WeakKeyDictionary()
        theme.changed.connect(self._on_theme_changed)

    def icon(self, name: str, tint: str = "text") -> QIcon:
        """Return an icon in the colour of the theme, paler where it is disabled."""
        known = self._icons.get((name, tint))
        if known is not None:
            return known
        icon = QIcon()
        color = self._theme.color(tint)
        pale = self._theme.color("dimmed", 0.5)
        for scale in _SCALES:
            icon.addPixmap(render_icon(name, ICON_SIZE, scale, color))
            icon.addPixmap(render_icon(name, ICON_SIZE, scale, pale), QIcon.Mode.Disabled)
        self._icons[(name, tint)] = icon
        return icon

    def bind(self, target: IconTarget, name: str, tint: str = "text") -> None:
        """Give a button or action an icon, now and after each change of theme."""
        self._bound[target] = (name, tint)
        target.setIcon(self.icon(name, tint))

    def pixmap(
        self, name: str, size: int = ICON_SIZE, ratio: float = 1.0, tint: str = "text"
    ) -> QPixmap:
        """Return an icon for a painter or a label."""
        key = (name, size, ratio, tint)
        known = self._pixmaps.get(key)
        if known is None:
            known = render_icon(name, size, ratio, self._theme.color(tint))
            self._pixmaps[key] = known
        return known

    def _on_theme_changed(self) -> None:
        self._icons.clear()
        self._pixmaps.clear()
        for target, (name, tint) in list(self._bound.items()):
            if isinstance(target, QObject) and not isValid(target):
                continue
            target.setIcon(self.icon(name, tint))


def application_icon() -> QIcon:
    """Return the program's own icon, in its own colours whatever the theme."""
    renderer = QSvgRenderer(str(resource_path("icons", "app.svg")))
    icon = QIcon()
    for side in (16, 24, 32, 48, 64, 128, 256, 512):
        pixmap = QPixmap(QSize(side, side))
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter, QRectF(0, 0, side, side))
        painter.end()
        icon.addPixmap(pixmap)
    return icon
