"""What to train, on what, and how: the form at the side of the Models page."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from photoorg.core.errors import PhotoorgError
from photoorg.core.modelling import ModelKindInfo, TrainingRequest, VectorKindInfo
from photoorg.gui.icons import IconSet
from photoorg.gui.models.shelf import Shelf
from photoorg.gui.theme import SPACE_GROUP, SPACE_ITEM
from photoorg.gui.widgets.build import create_button, create_fold, create_label
from photoorg.gui.widgets.check_box import CheckBox
from photoorg.gui.widgets.choice import Choice, ChoiceButton
from photoorg.gui.widgets.elided_label import ElidedLabel

_MOST_EPOCHS = 10_000
_LARGEST_SEED = 2**31 - 1
_INDENT = 26
"""Where the words of a radio button begin."""
_UNTAGGED = "None of them has a tag yet. Tag some first, or accept suggestions."


class NumberEdit(QLineEdit):
    """Takes a whole number, or nothing for what its placeholder says."""

    def __init__(self, name: str, largest: int, placeholder: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.setValidator(QIntValidator(0, largest, self))

    @property
    def value(self) -> int | None:
        """The number, or None where there is none."""
        return int(self.text()) if self.hasAcceptableInput() else None


class TrainingForm(QWidget):
    """Asks what to train and offers only what can be.

    Signals:
        start_requested(TrainingRequest): train this.
    """

    start_requested = Signal(object)

    def __init__(self, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._shelf = Shelf()
        self._folder: Path | None = None
        self.kind = ChoiceButton("Model", icons)
        self._summary = create_label("", wrap=True)
        self._source = create_label("", "dimmed", wrap=True)
        self.text = ChoiceButton("Text vectors", icons)
        self._text_hint = create_label("", "dimmed", wrap=True)
        self.features = ChoiceButton("Visual features", icons)
        self._features_hint = create_label("", "dimmed", wrap=True)
        self.from_library = QRadioButton("My photos and their tags")
        self.from_folder = QRadioButton("A folder with captions or labels")
        self._choose_folder = create_button("Choose…")
        self._folder_name = ElidedLabel()
        self._folder_name.setProperty("kind", "dimmed")
        self._untagged = create_label(_UNTAGGED, "dimmed", wrap=True)
        self._fold = create_fold("More choices")
        self._advanced = QWidget()
        self.epochs = NumberEdit("Epochs", _MOST_EPOCHS, "As usual for the model")
        self.seed = NumberEdit("Seed", _LARGEST_SEED, "0")
        self.finetune = CheckBox("Adapt the visual features too", icons)
        self._problem = create_label("", "danger", wrap=True)
        self.start = create_button("Start training", "primary")
        self._build()
        self._connect()
        self._on_fold(opened=False)
        self._on_data()

    # -- building ----------------------------------------------------------------------------
    def _build(self) -> None:
        group = QButtonGroup(self)
        group.addButton(self.from_library)
        group.addButton(self.from_folder)
        self.from_library.setChecked(True)
        self.from_folder.setToolTip(
            "A folder of photos with captions.tsv or labels.tsv in it: a file name and its words,"
            " with a tab between, on each line."
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for title, button, notes in (
            ("Model", self.kind, (self._summary, self._source)),
            ("Text vectors", self.text, (self._text_hint,)),
            ("Visual features", self.features, (self._features_hint,)),
        ):
            label = create_label(title, "dimmed")
            label.setBuddy(button)
            column.addWidget(label)
            column.addWidget(button)
            for note in notes:
                column.addWidget(note)
            column.addSpacing(SPACE_ITEM)
        column.addWidget(create_label("Learn from", "dimmed"))
        column.addWidget(self.from_library)
        self._untagged.setIndent(_INDENT)
        column.addWidget(self._untagged)
        column.addWidget(self.from_folder)
        folder = QHBoxLayout()
        folder.setContentsMargins(_INDENT, 0, 0, 0)
        folder.setSpacing(SPACE_ITEM)
        folder.addWidget(self._choose_folder)
        folder.addWidget(self._folder_name, 1)
        column.addLayout(folder)
        column.addSpacing(SPACE_ITEM)
        column.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._build_advanced())
        column.addSpacing(SPACE_GROUP)
        column.addWidget(self._problem)
        column.addWidget(self.start)
        self._problem.hide()

    def _build_advanced(self) -> QWidget:
        self.epochs.setToolTip("How often the training goes through all photos, at most")
        self.seed.setToolTip("Another seed draws other random numbers; the same one repeats a run")
        self.finetune.setToolTip("Trains the network under the features as well, which takes long")
        column = QVBoxLayout(self._advanced)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(create_label("Epochs", "dimmed"))
        column.addWidget(self.epochs)
        column.addSpacing(4)
        column.addWidget(create_label("Seed", "dimmed"))
        column.addWidget(self.seed)
        column.addSpacing(4)
        column.addWidget(self.finetune)
        return self._advanced

    def _connect(self) -> None:
        self.kind.chosen.connect(self._on_kind)
        self.text.chosen.connect(self._show_hints)
        self.features.chosen.connect(self._show_hints)
        self.from_folder.toggled.connect(self._on_data)
        self._choose_folder.clicked.connect(self._on_choose_folder)
        self._fold.toggled.connect(lambda opened: self._on_fold(opened=opened))
        self.start.clicked.connect(self._on_start)

    # -- what the page calls -----------------------------------------------------------------
    def set_shelf(self, shelf: Shelf) -> None:
        """Offer the kinds that can be trained; what was chosen stays."""
        self._shelf = shelf
        first = not self.kind.key
        self.kind.set_choices([Choice(k.key, k.title, hint=k.summary) for k in shelf.kinds])
        self.text.set_choices(_choices(shelf.texts))
        self.features.set_choices(_choices(shelf.visuals))
        if first:
            self._on_kind()
        self._show_hints()
        self._on_data()

    def set_folder(self, folder: Path) -> None:
        """Learn from the photos in a folder."""
        self._folder = folder
        self._folder_name.setText(folder.name or str(folder))
        self._folder_name.setToolTip(str(folder))
        self._on_data()

    def show_problem(self, problem: PhotoorgError | None) -> None:
        """Say why a training could not begin; None takes it away."""
        self._problem.setText("" if problem is None else str(problem))
        self._problem.setVisible(problem is not None)

    @property
    def problem(self) -> str:
        return self._problem.text()

    def request(self) -> TrainingRequest:
        """Return what the form says."""
        kind = self._kind_info()
        return TrainingRequest(
            kind=self.kind.key,
            features=self.features.key,
            text=self.text.key,
            data=self._folder if self.from_folder.isChecked() else None,
            epochs=self.epochs.value or None,
            seed=self.seed.value or 0,
            finetune=kind is not None and kind.finetunes and self.finetune.isChecked(),
        )

    # -- inside ------------------------------------------------------------------------------
    def _kind_info(self) -> ModelKindInfo | None:
        return next((kind for kind in self._shelf.kinds if kind.key == self.kind.key), None)

    def _on_kind(self) -> None:
        """Go to the text vectors that the kind usually takes."""
        kind = self._kind_info()
        if kind is not None:
            self.text.set_choices(_choices(self._shelf.texts), kind.default_text)
        self._show_hints()

    def _show_hints(self) -> None:
        kind = self._kind_info()
        slow = " Reads the photos themselves, which takes long."
        if kind is not None:
            self._summary.setText(kind.summary + (slow if kind.reads_photos else ""))
            self._source.setText(kind.source)
            self.finetune.setVisible(kind.finetunes)
        for button, label in (
            (self.text, self._text_hint),
            (self.features, self._features_hint),
        ):
            hint = button.choice.hint if button.choice is not None else ""
            label.setText(hint)
            label.setVisible(bool(hint))
        self._update_start()

    def _on_data(self) -> None:
        by_folder = self.from_folder.isChecked()
        self._untagged.setVisible(self._shelf.tags == 0 and not by_folder)
        self._choose_folder.setVisible(by_folder)
        self._folder_name.setVisible(by_folder)
        self._update_start()

    def _update_start(self) -> None:
        complete = bool(self.kind.key and self.text.key and self.features.key)
        lacks_folder = self.from_folder.isChecked() and self._folder is None
        self.start.setEnabled(complete and not lacks_folder)

    def _on_choose_folder(self) -> None:
        dialog = QFileDialog(self, "Choose a folder with photos and their words")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda name: self.set_folder(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_fold(self, *, opened: bool) -> None:
        self._icons.bind(self._fold, "chevron-down" if opened else "chevron-right", "dimmed")
        self._advanced.setVisible(opened)

    def _on_start(self) -> None:
        self.show_problem(None)
        self.start_requested.emit(self.request())


def _choices(kinds: tuple[VectorKindInfo, ...]) -> list[Choice]:
    return [Choice(kind.key, kind.title, kind.ready, kind.hint) for kind in kinds]
