"""The two screens of tag quality in one place of the window: the list, and the review."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from photoorg.core.library import LibraryPort
from photoorg.gui.icons import IconSet
from photoorg.gui.quality.page import QualityPage
from photoorg.gui.quality.review import ReviewView
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import ThemeService
from photoorg.gui.viewer.loader import PhotoReader


class QualityScreens(QStackedWidget):
    """Shows the list of tags, or a review that takes all of the window.

    Signals:
        closed: go back to the photos.
        immersed_changed: a review began or ended; side panels go or come.
        shown: the screens are on show now.
    """

    closed = Signal()
    immersed_changed = Signal()
    shown = Signal()

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        theme: ThemeService,
        icons: IconSet,
        read: PhotoReader,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.page = QualityPage(theme, icons)
        self.review = ReviewView(library, tasks, theme, icons, read)
        self.addWidget(self.page)
        self.addWidget(self.review)
        self.page.closed.connect(self.closed)

    @property
    def immersed(self) -> bool:
        """Whether a review is on show, which leaves room for nothing else."""
        return self.currentWidget() is self.review

    def show_review(self) -> None:
        """Show the review."""
        self.setCurrentWidget(self.review)
        self.immersed_changed.emit()
        self.focus()

    def show_page(self) -> None:
        """Show the list."""
        self.setCurrentWidget(self.page)
        self.immersed_changed.emit()
        self.focus()

    def focus(self) -> None:
        """Take the keyboard."""
        if self.immersed:
            self.review.focus()
        else:
            self.page.focus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self.focus()
            self.shown.emit()
