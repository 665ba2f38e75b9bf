"""Keeps everybody who tells of unreadable files up to date."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject

from photoorg.core.library import LibraryPort
from photoorg.core.records import Failure
from photoorg.gui.failures import FailuresPanel
from photoorg.gui.sidebar import Sidebar
from photoorg.gui.status_bar import StatusBar
from photoorg.gui.tasks import TaskRunner


class FailureNews(QObject):
    """Reads the failures and says how many there are, in one place at a time.

    While work goes on that is the status bar, beside the work; afterwards the sidebar, since the
    status bar goes away with what it shows.
    """

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        panel: FailuresPanel,
        status: StatusBar,
        sidebar: Sidebar,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._panel = panel
        self._status = status
        self._sidebar = sidebar
        self._count = 0

    def refresh(self) -> None:
        """Read the failures again."""
        self._tasks.run(self._library.failures, self._on_read, key="failures", owner=self)

    def tell(self) -> None:
        """Say it in the right place; call it when work began, goes on, or ended."""
        working = self._library.progress() is not None
        self._status.set_failures(self._count if working else 0)
        self._sidebar.set_failures(0 if working else self._count)

    def _on_read(self, failures: Sequence[Failure]) -> None:
        self._panel.set_failures(failures)
        self._count = sum(not failure.unsupported for failure in failures)
        self.tell()
