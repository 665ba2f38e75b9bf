"""The review: one large photo after the other, each with a question that two keys answer."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.gui.icons import IconSet
from photoorg.gui.quality.neighbours import Neighbours
from photoorg.gui.quality.question import Question
from photoorg.gui.quality.session import Case, ReviewKind
from photoorg.gui.quality.summary import Summary
from photoorg.gui.quality.words import shortened
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import SPACE_ITEM, TOP_BAR_HEIGHT, ThemeService
from photoorg.gui.viewer.canvas import PhotoCanvas
from photoorg.gui.viewer.loader import Level, LoadedPhoto, PhotoLoader, PhotoReader
from photoorg.gui.widgets.build import create_icon_button, create_label
from photoorg.gui.widgets.elided_label import ElidedLabel

_SIDE_STEP: Final = 512
_AHEAD: Final = 2
"""Photos that are decoded before they are asked about."""


class ReviewView(QWidget):
    """Shows questions and, at the end, what came of them; `ReviewController` decides which.

    Signals:
        answered(Verdict): the person answered with the mouse.
        left: the person wants to end, or to leave what was said at the end.
        more_requested: go on after the end.
    """

    answered = Signal(object)
    left = Signal()
    more_requested = Signal()

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
        self._loader = PhotoLoader(library, tasks, read, self)
        self._case: Case | None = None
        self._level: Level | None = None
        self.canvas = PhotoCanvas(theme)
        self.neighbours = Neighbours(library, tasks, theme)
        self.question = Question(icons)
        self.summary = Summary(theme, icons)
        self.back = create_icon_button(icons, "chevron-left", "End (Esc)", "on_surround")
        self._title = create_label("", "on-surround")
        self._name = ElidedLabel()
        self._left = create_label("", "on-surround-dimmed")
        self.asking = QWidget()
        self._pages = QStackedWidget()
        self._build()
        self.question.answered.connect(self.answered)
        self.back.clicked.connect(self.left)
        self.summary.closed.connect(self.left)
        self.summary.more_requested.connect(self.more_requested)
        self._loader.loaded.connect(self._on_loaded)
        self.canvas.more_pixels_wanted.connect(self._on_more_pixels_wanted)

    def _build(self) -> None:
        # The keys that answer hold here, and not at the end, where there are buttons.
        self.asking.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.asking.setAccessibleName("Review")
        self.back.setProperty("kind", "surround")
        self.back.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._name.setProperty("kind", "on-surround-dimmed")
        bar = QWidget()
        bar.setFixedHeight(TOP_BAR_HEIGHT)
        sides = QHBoxLayout(bar)
        sides.setContentsMargins(SPACE_ITEM, 0, 2 * SPACE_ITEM, 0)
        sides.setSpacing(SPACE_ITEM)
        sides.addWidget(self.back)
        sides.addWidget(self._title)
        sides.addWidget(self._name, 1)
        sides.addWidget(self._left)
        pair = QHBoxLayout()
        pair.setContentsMargins(0, 0, 0, 0)
        pair.setSpacing(0)
        pair.addWidget(self.canvas, 1)
        pair.addWidget(self.neighbours)
        self.asking.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.asking.setProperty("surface", "surround")
        column = QVBoxLayout(self.asking)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addLayout(pair, 1)
        column.addWidget(self.question)
        self._pages.addWidget(self.asking)
        self._pages.addWidget(self.summary)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._pages)

    # -- what the controller calls -----------------------------------------------------------
    @property
    def case(self) -> Case | None:
        """The question on show."""
        return self._case

    @property
    def shows_photo(self) -> bool:
        """Whether the photo in question is to be seen, or it is said why it is not."""
        return self._case is not None and self._level is not None

    @property
    def shows_end(self) -> bool:
        """Whether it is over, and what came of it is on show."""
        return self._pages.currentWidget() is self.summary

    def begin(self, kind: ReviewKind, tag: str | None) -> None:
        """Show that questions are on their way."""
        what = "Review" if kind is ReviewKind.UNCERTAIN else "Probable mistakes"
        self._title.setText(what if tag is None else f"{what}: “{shortened(tag)}”")
        self.neighbours.setVisible(kind is ReviewKind.MISTAKES)
        self._clear()
        self.canvas.show_message("Looking for photos…")
        self.question.hide()
        self._pages.setCurrentWidget(self.asking)
        self.focus()

    def ask(self, case: Case, kind: ReviewKind, then: tuple[Case, ...], left: str) -> None:
        """Ask a question.

        Args:
            case: the question.
            kind: what is gone through.
            then: the questions after it, whose photos are prepared.
            left: how many are left, in words.
        """
        if self.shows_end:
            self._pages.setCurrentWidget(self.asking)
            self.focus()
        self.question.show()
        self._left.setText(left)
        if case == self._case:
            return
        self.question.ask(case, kind)
        same = self._case is not None and case.photo_id == self._case.photo_id
        self._case = case
        if kind is ReviewKind.MISTAKES:
            self.neighbours.show_near(case.tag, case.near)
        if not same:
            self._level = None
            # Nobody must answer for a photo while another one is still to be seen.
            self.canvas.clear()
        ahead = dict.fromkeys(each.photo_id for each in then[:_AHEAD])
        self._loader.load(case.photo_id, self._screen_side(), tuple(ahead))

    def focus(self) -> None:
        """Take the keyboard."""
        if self.shows_end:
            self.summary.focus()
        else:
            self.asking.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_end(self) -> None:
        """Show what came of it; whoever calls fills in the summary."""
        self._clear()
        self._pages.setCurrentWidget(self.summary)
        self.focus()

    def release(self) -> None:
        """Let go of the photos."""
        self._clear()
        self._loader.forget()

    # -- inside ------------------------------------------------------------------------------
    def _clear(self) -> None:
        self._case = None
        self._level = None
        self._name.setText("")
        self._left.setText("")
        self.canvas.clear()

    def _screen_side(self) -> int:
        """Return how many pixels the screen can show, in steps so that resizing costs little."""
        size = self.canvas.device_size
        side = max(size.width(), size.height(), 1)
        return -(-side // _SIDE_STEP) * _SIDE_STEP

    def _on_loaded(self, photo: LoadedPhoto) -> None:
        if self._case is None or photo.photo_id != self._case.photo_id:
            return
        if self._level is not None and photo.level < self._level:
            return
        nothing_yet = photo.level is Level.THUMBNAIL and photo.image.isNull()
        if nothing_yet:
            return
        same = self._level is not None
        self._level = photo.level
        self.canvas.show_photo(QPixmap.fromImage(photo.image), photo.full, same=same)
        self.canvas.show_message(photo.problem)
        paths = () if photo.details is None else photo.details.paths
        self._name.setText(paths[0].name if paths else "")

    def _on_more_pixels_wanted(self) -> None:
        photo = self._photo
        if photo is not None and not self.canvas.fitted:
            self._loader.load_full(photo)
        elif photo is not None:
            self._loader.load(photo, self._screen_side())

    @property
    def _photo(self) -> PhotoId | None:
        return None if self._case is None else self._case.photo_id
