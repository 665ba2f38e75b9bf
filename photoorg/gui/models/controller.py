"""Joins the Models page with the library: reads, trains, uses, exports, imports, deletes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from photoorg.core.changes import ChangeKind, ChangeSet
from photoorg.core.errors import PhotoorgError
from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.core.modelling import ModelInfo, TrainingRequest, TrainingState, TrainingStatus
from photoorg.gui.events import LibraryEvents
from photoorg.gui.models.page import ModelsPage
from photoorg.gui.models.shelf import Shelf, epoch_words, read_shelf
from photoorg.gui.status_bar import StatusBar
from photoorg.gui.tasks import TaskRunner

MODEL_SUFFIX = ".photoorg-model"

T = TypeVar("T")


class ModelsController(QObject):
    """Everything that the Models page asks for, off the GUI thread.

    Signals:
        model_changed: another model is in use now; suggestions are to be asked for again.
        said(str): what was done, for a person.
    """

    model_changed = Signal()
    said = Signal(str)

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        events: LibraryEvents,
        page: ModelsPage,
        status: StatusBar,
        selected: Callable[[], tuple[PhotoId, ...]],
        parent: QObject,
    ) -> None:
        """Connect the page.

        Args:
            library: does the work.
            tasks: keeps it off the GUI thread.
            events: tell how a training goes, and that another process chose a model.
            page: what is to be connected.
            status: says elsewhere that a training runs.
            selected: returns the photos selected in the grid.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._page = page
        self._status = status
        self._selected = selected
        self._active = ""
        events.trained.connect(self._on_training)
        events.changed.connect(self._on_change)
        page.use_requested.connect(self.use)
        page.delete_requested.connect(self.delete)
        page.export_requested.connect(self._choose_export)
        page.import_requested.connect(self._choose_import)
        page.compare_requested.connect(self.compare)
        page.train_requested.connect(self.train)
        page.cancel_requested.connect(library.cancel_training)
        state = library.training()
        if state is not None:
            self._on_training(state)

    def refresh(self) -> None:
        """Read the models again."""
        self._tasks.run(lambda: read_shelf(self._library), self._on_shelf, key="models", owner=self)

    def train(self, request: TrainingRequest) -> None:
        """Begin a training, or go on with the same one."""
        self._tasks.run(lambda: self._library.train(request), on_error=self._on_refused, owner=self)

    def use(self, model_id: str) -> None:
        """Have search and suggestions use a model."""
        self._do(lambda: self._library.use_model(model_id), "")

    def delete(self, model_id: str) -> None:
        """Delete a model; the page has asked."""
        self._do(lambda: self._library.delete_model(model_id), "The model is deleted")

    def export(self, model_id: str, file: Path) -> None:
        """Write a model to a file."""
        self._do(lambda: self._library.export_model(model_id, file), f"Exported to {file.name}")

    def import_file(self, file: Path) -> None:
        """Take in a model from a file."""
        self._do(lambda: self._library.import_model(file), lambda new: f"Imported {new.title}")

    def compare(self, model_id: str) -> None:
        """Show a model beside another."""
        if len(self._page.shelf.usable) > 1:
            self._page.compare.open(self._page.shelf, model_id, self._selected())
            self._page.show_compare()

    # -- inside ------------------------------------------------------------------------------
    def _do(self, work: Callable[[], T], said: str | Callable[[T], str]) -> None:
        """Do something to the models, read them again whatever came of it, and say it."""

        def done(result: T) -> None:
            text = said if isinstance(said, str) else said(result)
            if text:
                self.said.emit(text)
            self.refresh()

        def failed(error: Exception) -> None:
            self._tasks.failed.emit(error)
            self.refresh()

        self._tasks.run(work, done, failed, owner=self)

    def _on_shelf(self, shelf: Shelf) -> None:
        self._page.set_shelf(shelf)
        active = next((model.model_id for model in shelf.models if model.active), "")
        if self._active and active != self._active:
            self.model_changed.emit()
        self._active = active
        self._tell_status()

    def _on_change(self, changes: ChangeSet) -> None:
        """Read the models again, if they were read before: another may be in use, or gone."""
        if self._active and changes.everything and ChangeKind.VECTORS in changes.kinds:
            self.refresh()

    def _on_training(self, state: TrainingState) -> None:
        self._page.show_training(state)
        self._tell_status()
        if state.status is not TrainingStatus.RUNNING or not self._page.shelf.kinds:
            self.refresh()
        if state.status is TrainingStatus.FINISHED and not self._page.isVisible():
            self.said.emit(self._page.training.headline)

    def _tell_status(self) -> None:
        state = self._page.training.state
        if state is None or state.status is not TrainingStatus.RUNNING:
            self._status.set_training("")
            return
        words = [f"Training {self._page.shelf.kind_title(state.request.kind)}"]
        words.append(epoch_words(state).lower() or state.stage[:1].lower() + state.stage[1:])
        self._status.set_training(", ".join(filter(None, words)))

    def _on_refused(self, error: Exception) -> None:
        """Say at the form what the person can mend there."""
        if isinstance(error, PhotoorgError):
            self._page.open_form()
            self._page.form.show_problem(error)
        else:
            self._tasks.failed.emit(error)

    # -- files -------------------------------------------------------------------------------
    def _choose_export(self, model_id: str) -> None:
        model = self._page.shelf.model(model_id)
        dialog = self._create_dialog("Export the model")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(MODEL_SUFFIX.removeprefix("."))
        dialog.selectFile(_file_name(model))
        dialog.fileSelected.connect(lambda name: self.export(model_id, Path(name)))
        dialog.open()

    def _choose_import(self) -> None:
        dialog = self._create_dialog("Import a model")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([f"Models (*{MODEL_SUFFIX})", "All files (*)"])
        dialog.fileSelected.connect(lambda name: self.import_file(Path(name)))
        dialog.open()

    def _create_dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self._page.window(), title)
        dialog.finished.connect(dialog.deleteLater)
        return dialog


def _file_name(model: ModelInfo | None) -> str:
    return f"{'model' if model is None else model.title}{MODEL_SUFFIX}"
