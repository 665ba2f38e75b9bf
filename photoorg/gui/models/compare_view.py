"""Two models side by side: their figures, and what they say of one's own photos."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from photoorg.core.errors import PhotoorgError
from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.core.modelling import ModelInfo
from photoorg.gui.icons import IconSet
from photoorg.gui.inspector.preview import read_images
from photoorg.gui.models.card import FigureLabel
from photoorg.gui.models.compare_row import CompareRow, column_rects
from photoorg.gui.models.comparison import Comparison, compare
from photoorg.gui.models.shelf import FIGURES, Shelf, made_on
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import SPACE_EMPTY, SPACE_GROUP, SPACE_ITEM, ThemeService
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_icon_button, create_label
from photoorg.gui.widgets.choice import Choice, ChoiceButton
from photoorg.gui.widgets.elided_label import ElidedLabel

RECENT = "recent"
SELECTED = "selected"


class _Side(QWidget):
    """One of the two models: which one, and its figures."""

    def __init__(self, name: str, icons: IconSet) -> None:
        super().__init__()
        self.picker = ChoiceButton(name, icons)
        self.figures = tuple(FigureLabel(figure, leading=True) for figure in FIGURES)
        self.found = ElidedLabel(" ")
        self.found.setProperty("kind", "dimmed")
        line = QHBoxLayout()
        line.setSpacing(SPACE_GROUP)
        for figure in self.figures:
            line.addWidget(figure)
        line.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_ITEM)
        column.addWidget(self.picker)
        column.addLayout(line)
        column.addWidget(self.found)

    def show_what_fits(self) -> None:
        """Show as many figures as there is room for, the most telling first."""
        room = self.width()
        for figure in self.figures:
            room -= figure.sizeHint().width()
            figure.setVisible(room >= 0)
            room -= SPACE_GROUP

    def show_model(self, model: ModelInfo | None) -> None:
        for figure in self.figures:
            if model is not None:
                figure.show_model(model)


class CompareView(QWidget):
    """Asks two models for tags of the same photos.

    Signals:
        closed: back to the list of models.
    """

    closed = Signal()

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        theme: ThemeService,
        icons: IconSet,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._theme = theme
        self._icons = icons
        self._shelf = Shelf()
        self._selected: tuple[PhotoId, ...] = ()
        self._comparison: Comparison | None = None
        self._rows: list[CompareRow] = []
        self.back = create_icon_button(icons, "chevron-left", "Back to the models", "text")
        self.photos = ChoiceButton("Photos", icons)
        self.left = _Side("First model", icons)
        self.right = _Side("Second model", icons)
        self._message = create_label("", wrap=True)
        self._corner = QWidget()
        self._list = QWidget()
        self._scroll = QScrollArea()
        self._build()
        self.back.clicked.connect(self.closed)
        self.photos.chosen.connect(self._ask)
        for side in (self.left, self.right):
            side.picker.chosen.connect(self._on_picked)

    def _build(self) -> None:
        title = create_label("Compare", "title")
        note = ElidedLabel(
            "What both say is dimmed. A check marks your own tags, which a model of your own may"
            " have learned from."
        )
        note.setProperty("kind", "dimmed")
        head = QHBoxLayout()
        head.setSpacing(SPACE_ITEM)
        head.addWidget(self.back)
        head.addWidget(title)
        head.addSpacing(SPACE_ITEM)
        head.addWidget(note, 1)
        corner = QVBoxLayout(self._corner)
        corner.setContentsMargins(0, 0, 0, 0)
        corner.addWidget(self.photos)
        corner.addStretch(1)
        # Laid out by hand, so that the pickers stand over the columns of the rows below.
        self._sides = QWidget()
        for part in (self._corner, self.left, self.right):
            part.setParent(self._sides)
        self._sides.setFixedHeight(self.left.sizeHint().height())
        rows = QVBoxLayout(self._list)
        rows.setContentsMargins(0, 0, 0, SPACE_GROUP)
        rows.setSpacing(SPACE_GROUP)
        self._scroll.setWidget(self._list)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        for ground in (self._list, self._scroll.viewport()):
            ground.setAutoFillBackground(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_EMPTY, SPACE_GROUP, SPACE_ITEM, 0)
        column.setSpacing(SPACE_GROUP)
        column.addLayout(head)
        column.addWidget(self._sides)
        column.addWidget(self._message)
        column.addWidget(self._scroll, 1)
        self._message.hide()

    # -- what the page calls -----------------------------------------------------------------
    @property
    def comparison(self) -> Comparison | None:
        """What is on show."""
        return self._comparison

    @property
    def rows(self) -> tuple[CompareRow, ...]:
        return tuple(self._rows)

    @property
    def message(self) -> str:
        return "" if self._message.isHidden() else self._message.text()

    def open(self, shelf: Shelf, first: str, selected: Sequence[PhotoId]) -> None:
        """Compare a model with the one in use, or with another where it is that one.

        Args:
            shelf: has at least two models that can be used.
            first: id of a model.
            selected: photos selected in the grid; none for recent ones.
        """
        self._selected = tuple(selected)
        choices = [Choice(RECENT, "Recent photos")]
        if selected:
            choices.append(Choice(SELECTED, f"Selected: {wording.photos(len(selected))}"))
        self.photos.set_choices(choices, SELECTED if len(selected) > 1 else RECENT)
        others = [model for model in shelf.usable if model.model_id != first]
        other = next((model for model in others if model.active), others[0])
        self._fill(shelf, first, other.model_id)
        self._ask()
        self.left.picker.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_shelf(self, shelf: Shelf) -> None:
        """Offer other models; those compared stay where they are still there."""
        self._fill(shelf, self.left.picker.key, self.right.picker.key)

    def _fill(self, shelf: Shelf, left: str, right: str) -> None:
        self._shelf = shelf
        choices = [
            Choice(
                model.model_id,
                " · ".join(filter(None, (model.title, made_on(model, short=True)))),
            )
            for model in shelf.usable
        ]
        for side, key, other in ((self.left, left, right), (self.right, right, left)):
            # A model beside itself would say nothing.
            side.picker.set_choices([each for each in choices if each.key != other], key)
        self._show_models()

    def _show_models(self) -> None:
        for side in (self.left, self.right):
            side.show_model(self._shelf.model(side.picker.key))

    # -- asking ------------------------------------------------------------------------------
    def _on_picked(self) -> None:
        self._fill(self._shelf, self.left.picker.key, self.right.picker.key)
        self._ask()

    def _ask(self) -> None:
        left, right = self.left.picker.key, self.right.picker.key
        photos = self._selected if self.photos.key == SELECTED else ()
        if self._comparison is None:
            self._say("Asking both models…")
        self._tasks.run(
            lambda: compare(self._library, left, right, photos),
            self._on_compared,
            self._on_error,
            key=(id(self), "compare"),
            owner=self,
        )

    def _on_error(self, error: Exception) -> None:
        if not isinstance(error, PhotoorgError):
            self._tasks.failed.emit(error)
            return
        self._clear()
        self._say(str(error))

    def _on_compared(self, comparison: Comparison) -> None:
        self._clear()
        self._comparison = comparison
        self._say("" if comparison.photos else "There are no photos to compare on yet.")
        titles = tuple(
            model.title if model is not None else ""
            for model in map(self._shelf.model, (comparison.left, comparison.right))
        )
        rows = self._list.layout()
        for photo in comparison.photos:
            row = CompareRow(photo, (titles[0], titles[1]), self._theme, self._icons)
            self._rows.append(row)
            if rows is not None:
                rows.addWidget(row)
        self._show_found(comparison)
        self._read_pictures()

    def _show_found(self, comparison: Comparison) -> None:
        total = comparison.own_tags
        for side, found in zip((self.left, self.right), comparison.found, strict=True):
            side.found.setText(f"Finds {found:,} of your {total:,} tags here" if total else " ")
            side.found.setToolTip(
                "Of the tags that you gave to these photos; those that it has learned from count"
                " too."
            )

    def _read_pictures(self) -> None:
        for row in self._rows:
            path = row.photo.thumbnail
            if path is not None:
                self._tasks.run(
                    partial(read_images, [path]), partial(_show_picture, row), owner=row
                )

    def _clear(self) -> None:
        self._comparison = None
        for row in self._rows:
            row.hide()
            row.deleteLater()
        self._rows = []

    def _say(self, text: str) -> None:
        self._message.setText(text)
        self._message.setVisible(bool(text))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_sides()

    def _place_sides(self) -> None:
        width = self.width() - SPACE_EMPTY - SPACE_ITEM
        width -= self._scroll.verticalScrollBar().sizeHint().width()
        height = self._sides.height()
        parts = (self._corner, self.left, self.right)
        for part, place in zip(parts, column_rects(width), strict=True):
            part.setGeometry(place.x(), 0, place.width(), height)
        for side in (self.left, self.right):
            side.show_what_fits()


def _show_picture(row: CompareRow, images: list[QImage]) -> None:
    if images:
        row.set_picture(QPixmap.fromImage(images[0]))
