"""What the window remembers from one time to the next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from PySide6.QtCore import QByteArray, QSettings

from photoorg.gui.grid.canvas import DEFAULT_TILE, LARGEST_TILE, SMALLEST_TILE
from photoorg.gui.grid.layout import Grouping, TileShape

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class WindowState:
    """How the window looked when it was closed."""

    geometry: QByteArray | None = None
    tile_size: int = DEFAULT_TILE
    shape: TileShape = TileShape.JUSTIFIED
    grouping: Grouping = Grouping.NONE
    sidebar: bool = True
    inspector: bool = True


def load_state(settings: QSettings) -> WindowState:
    """Read the state; what is missing or makes no sense has its default."""
    geometry = settings.value("window/geometry")
    return WindowState(
        geometry=geometry if isinstance(geometry, QByteArray) else None,
        tile_size=_number(settings, "grid/size", DEFAULT_TILE, SMALLEST_TILE, LARGEST_TILE),
        shape=_choice(settings, "grid/shape", TileShape.JUSTIFIED),
        grouping=_choice(settings, "grid/grouping", Grouping.NONE),
        sidebar=_flag(settings, "window/sidebar"),
        inspector=_flag(settings, "window/inspector"),
    )


def load_keys(settings: QSettings) -> dict[str, str]:
    """Return the shortcuts that the person changed: command value to keys."""
    settings.beginGroup("shortcuts")
    chosen = {key: str(settings.value(key)) for key in settings.allKeys()}
    settings.endGroup()
    return chosen


def save_state(settings: QSettings, state: WindowState) -> None:
    """Write the state."""
    if state.geometry is not None:
        settings.setValue("window/geometry", state.geometry)
    settings.setValue("grid/size", state.tile_size)
    settings.setValue("grid/shape", state.shape.value)
    settings.setValue("grid/grouping", state.grouping.value)
    settings.setValue("window/sidebar", str(state.sidebar).lower())
    settings.setValue("window/inspector", str(state.inspector).lower())
    settings.sync()


def _number(settings: QSettings, key: str, default: int, least: int, most: int) -> int:
    written = str(settings.value(key, default))
    return min(max(int(written), least), most) if written.isdecimal() else default


def _flag(settings: QSettings, key: str) -> bool:
    return str(settings.value(key, "true")).lower() != "false"


def _choice(settings: QSettings, key: str, default: E) -> E:
    written = settings.value(key, default.value)
    known = {member.value: member for member in type(default)}
    return known.get(str(written), default)
