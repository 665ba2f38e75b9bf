"""The ways to tag quality from everywhere in the window, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from photoorg.core.records import PhotoScope
from photoorg.gui.centre import Centre, CentrePage
from photoorg.gui.commands import Commands
from photoorg.gui.panels import Panels
from photoorg.gui.quality.controller import QualityController
from photoorg.gui.shortcuts import Command
from photoorg.gui.sidebar import Sidebar


class Places(Protocol):
    """The window, as far as it goes from place to place."""

    def show_page(self, page: CentrePage) -> None:
        """Show a page, or the photos again."""

    def show_scope(self, scope: PhotoScope) -> None:
        """Show the photos of a folder or a tag."""

    def close_viewer(self) -> None:
        """Leave the photo that is shown large."""


def connect_quality(
    quality: QualityController,
    places: Places,
    centre: Centre,
    sidebar: Sidebar,
    panels: Panels,
    commands: Commands,
    say: Callable[[str], object],
) -> None:
    """Connect tag quality with sidebar, keys and the rest of the window.

    Call it before the window's own commands are connected: the search key has to leave a review
    before it can put the cursor in the search box.

    Args:
        quality: the screens' controller.
        places: the window.
        centre: holds the screens.
        sidebar: leads to them.
        panels: give way to a review.
        commands: the keys.
        say: tells the person what was done.
    """
    screens = centre.quality

    def show(tag: str = "") -> None:
        places.close_viewer()
        places.show_page(CentrePage.QUALITY)
        quality.choose(tag)

    def toggle() -> None:
        if centre.shows_quality:
            places.show_page(CentrePage.PHOTOS)
        else:
            show()

    def leave_review() -> None:
        if centre.is_immersed:
            places.show_page(CentrePage.PHOTOS)

    commands.on(Command.SEARCH, leave_review)
    commands.on(Command.TAG_QUALITY, toggle)
    quality.connect_commands(commands)
    quality.said.connect(say)
    sidebar.quality_requested.connect(show)
    screens.closed.connect(lambda: places.show_page(CentrePage.PHOTOS))
    screens.immersed_changed.connect(panels.update)
    screens.page.photos_requested.connect(lambda tag: places.show_scope(PhotoScope(tag=tag)))
