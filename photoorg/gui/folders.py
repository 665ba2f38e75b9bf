"""Folders of the library: adding, removing, looking again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from photoorg.core.changes import ChangeKind, ChangeSet
from photoorg.core.library import LibraryPort
from photoorg.core.records import FolderNode
from photoorg.gui.centre import Centre
from photoorg.gui.editing import EditController
from photoorg.gui.sidebar import Sidebar
from photoorg.gui.tasks import TaskRunner


class FolderController(QObject):
    """Knows the folders and changes them.

    Signals:
        known(): `folders` is up to date.
    """

    known = Signal()

    def __init__(
        self, library: LibraryPort, tasks: TaskRunner, edits: EditController, window: QWidget
    ) -> None:
        super().__init__(window)
        self._library = library
        self._tasks = tasks
        self._edits = edits
        self._window = window
        self._folders: Sequence[FolderNode] | None = None

    def connect_places(self, centre: Centre, sidebar: Sidebar) -> None:
        """Do what is asked for where there are no photos, and in the sidebar."""
        centre.first_run.choose_folder_requested.connect(self.choose)
        centre.first_run.folders_dropped.connect(self.add)
        centre.empty.add_folder_requested.connect(self.choose)
        centre.empty.rescan_requested.connect(self.rescan)
        sidebar.add_folder_requested.connect(self.choose)
        sidebar.folders_dropped.connect(self.add)
        sidebar.remove_folder_requested.connect(self.remove)
        sidebar.rescan_requested.connect(self.rescan)

    @property
    def folders(self) -> Sequence[FolderNode] | None:
        """The folders of the library; None while they are not known."""
        return self._folders

    def refresh(self) -> None:
        """Read the folders again."""
        self._tasks.run(self._library.folders, self._on_read, key="folders", owner=self)

    def on_change(self, changes: ChangeSet) -> None:
        if changes.everything or ChangeKind.FOLDERS in changes.kinds:
            self.refresh()

    def choose(self) -> None:
        """Ask the person for a folder and add it."""
        pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        dialog = QFileDialog(self._window, "Choose a folder with photos", pictures)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda name: self.add([Path(name)]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def add(self, folders: Iterable[Path]) -> None:
        """Add folders; what is not a folder is left out."""
        wanted = list(folders)

        def work() -> None:
            found = [folder for folder in wanted if folder.is_dir()]
            if found:
                self._library.add_folders(found)

        self._tasks.run(work, lambda _: self.refresh(), owner=self)

    def start(self, folder: Path | None) -> None:
        """Bring the library up to date, a folder that may be new to it first."""

        def work() -> None:
            if folder is not None:
                self._library.add_folders([folder])
            self._library.rescan()

        self._tasks.run(work, lambda _: self.refresh(), owner=self)

    def remove(self, folder: Path) -> None:
        """Take a folder out of the library; its files stay where they are."""
        self._edits.remove_folder(lambda: self._library.remove_folder(folder))

    def rescan(self) -> None:
        self._tasks.run(self._library.rescan, owner=self)

    def _on_read(self, folders: Sequence[FolderNode]) -> None:
        self._folders = folders
        self.known.emit()
