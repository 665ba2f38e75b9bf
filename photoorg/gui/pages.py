"""The screens in place of the grid when there is nothing to show, and what is said in passing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, QPropertyAnimation, QRectF, Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from photoorg.core.errors import PhotoorgError
from photoorg.core.records import Alternative
from photoorg.gui.icons import IconSet
from photoorg.gui.theme import (
    MOTION_MS,
    RADIUS,
    SPACE_EMPTY,
    SPACE_GROUP,
    SPACE_ITEM,
    SPACE_PANEL,
    ThemeService,
)
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_button, create_icon_button, create_label
from photoorg.gui.widgets.photo_mime import local_paths_of
from photoorg.gui.widgets.popover import Popover

PROMISE = "Your photos stay where they are. Nothing leaves this computer."
TOAST_MS = 5000

_SIGN = 40
_TEXT_WIDTH = 420
_MOST_ALTERNATIVES = 5


class Page(QWidget):
    """A sign, a headline, a sentence and at most one button, in the middle."""

    def __init__(self, theme: ThemeService, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icons = icons
        self._sign_name = ""
        self._sign = QLabel()
        self._sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.headline = create_label("", "empty", wrap=True)
        self.sentence = create_label("", wrap=True)
        for label in (self.headline, self.sentence):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "window")
        # Wrapped labels get their full height only where no alignment is asked of the layout.
        block = QWidget()
        block.setFixedWidth(_TEXT_WIDTH)
        self._column = QVBoxLayout(block)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE_PANEL)
        self._column.addWidget(self._sign)
        self._column.addWidget(self.headline)
        self._column.addWidget(self.sentence)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(block)
        line.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(SPACE_EMPTY, SPACE_EMPTY, SPACE_EMPTY, SPACE_EMPTY)
        # A little above the middle is where the eye takes the middle to be.
        outer.addStretch(4)
        outer.addLayout(line)
        outer.addStretch(5)
        theme.changed.connect(self._draw_sign)

    def _say(self, sign: str, headline: str, sentence: str) -> None:
        self._sign_name = sign
        self.headline.setText(headline)
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))
        self.setAccessibleName(headline)
        self.setAccessibleDescription(sentence)
        self._draw_sign()

    def _draw_sign(self) -> None:
        if self._sign_name:
            ratio = self.devicePixelRatioF()
            self._sign.setPixmap(self._icons.pixmap(self._sign_name, _SIGN, ratio, "dimmed"))


class FirstRunPage(Page):
    """What the program is, its promise, and one button; folders can be dropped anywhere on it.

    Signals:
        choose_folder_requested: ask the person for a folder.
        folders_dropped(tuple[Path, ...]): these were dropped.
    """

    choose_folder_requested = Signal()
    folders_dropped = Signal(object)

    def __init__(self, theme: ThemeService, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(theme, icons, parent)
        self._dropping = False
        self.setAcceptDrops(True)
        self._say("photos", "Find any photo by what it shows", PROMISE)
        self.button = create_button("Choose a folder", "primary")
        self.button.setDefault(True)
        self.button.clicked.connect(self.choose_folder_requested)
        self._hint = create_label("or drop one here", "dimmed")
        self._column.addSpacing(SPACE_PANEL)
        self._column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addWidget(self._hint, 0, Qt.AlignmentFlag.AlignHCenter)
        theme.changed.connect(self.update)

    @property
    def dropping(self) -> bool:
        """Whether a folder is held over the page."""
        return self._dropping

    def _set_dropping(self, dropping: bool) -> None:
        self._dropping = dropping
        self._hint.setText("Let go to add it" if dropping else "or drop one here")
        self.update()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _folders_of(local_paths_of(event.mimeData())):
            event.acceptProposedAction()
            self._set_dropping(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_dropping(False)

    def dropEvent(self, event: QDropEvent) -> None:
        folders = _folders_of(local_paths_of(event.mimeData()))
        self._set_dropping(False)
        if folders:
            event.acceptProposedAction()
            self.folders_dropped.emit(folders)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._dropping:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self._theme.color("accent"), 2, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(self._theme.color("accent", 0.06))
        inset = SPACE_GROUP
        area = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(area, RADIUS * 2, RADIUS * 2)


def _folders_of(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the folders among paths, and for a file the folder that it is in."""
    folders = (path if path.is_dir() else path.parent for path in paths)
    return tuple(dict.fromkeys(folder for folder in folders if folder.is_dir()))


class EmptyPage(Page):
    """Why there is nothing to see, and the one thing to do about it.

    Signals:
        clear_search_requested: the button of a search that nothing comes near to.
        closest_requested: the button of one that something comes near to: show that.
        add_folder_requested: the button of an empty folder or library.
        rescan_requested: the button of a folder that is not there.
        alternative_chosen(str): search for this instead.
    """

    alternative_chosen = Signal(str)
    clear_search_requested = Signal()
    closest_requested = Signal()
    add_folder_requested = Signal()
    rescan_requested = Signal()

    def __init__(self, theme: ThemeService, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(theme, icons, parent)
        self.alternatives = _Alternatives()
        self.alternatives.chosen.connect(self.alternative_chosen)
        self._column.addWidget(self.alternatives)
        self.button = create_button("")
        self.button.clicked.connect(self._on_clicked)
        self._column.addSpacing(SPACE_ITEM)
        self._column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._action = self.add_folder_requested

    def _say(self, sign: str, headline: str, sentence: str) -> None:
        super()._say(sign, headline, sentence)
        self.alternatives.show_searches(())

    def show_no_results(
        self, text: str, *, near: int = 0, alternatives: Sequence[Alternative] = ()
    ) -> None:
        """Say that nothing was found.

        Args:
            text: what was searched for.
            near: photos that come nearest to it, although they seem to show something else.
            alternatives: changed searches that would find something.
        """
        hint = (
            "No photo is a clear match. Other words may help."
            if near
            else "Try fewer or other words, or take a filter away."
        )
        if alternatives:
            hint = "This comes near:"
        self._say("search", f"Nothing found for “{text}”", hint)
        self.alternatives.show_searches(alternatives)
        if near:
            self._offer("Show the closest photos", self.closest_requested)
        else:
            self._offer("Clear search", self.clear_search_requested)

    def show_nothing_similar(self, name: str, *, near: int = 0) -> None:
        """Say that no photo looks like one; `near` of them look a little like it."""
        hint = "It may be the only one of its kind." if near else "It has not been looked at yet."
        self._say("similar", f"Nothing looks like {name}", hint)
        if near:
            self._offer("Show the closest photos", self.closest_requested)
        else:
            self._offer("Go back", self.clear_search_requested)

    def show_empty_folder(self, name: str) -> None:
        """Say that a folder holds no photos."""
        self._say(
            "folder",
            f"No photos in “{name}”",
            "Photos that are put there show up by themselves.",
        )
        self._offer("Add another folder", self.add_folder_requested)

    def show_missing_folder(self, name: str) -> None:
        """Say that a folder is not there."""
        self._say(
            "missing",
            f"“{name}” is not there",
            "Connect its drive, or put the folder back. Its tags are kept.",
        )
        self._offer("Look again", self.rescan_requested)

    def show_no_tagged(self, tag: str) -> None:
        """Say that no photo carries a tag."""
        self._say("tag", f"No photos tagged “{tag}”", "Drop photos on the tag to give it to them.")
        self._offer("", self.add_folder_requested)

    def _offer(self, text: str, action: SignalInstance) -> None:
        self._action = action
        self.button.setText(text)
        self.button.setVisible(bool(text))

    def _on_clicked(self) -> None:
        self._action.emit()


class _Alternatives(QWidget):
    """Changed searches, one a line, with what was changed and how many photos they find.

    Signals:
        chosen(str): search for this.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE_GROUP)
        self._grid.setVerticalSpacing(SPACE_ITEM)
        self._grid.setColumnStretch(0, 1)
        self.hide()

    def show_searches(self, alternatives: Sequence[Alternative]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for row, each in enumerate(alternatives[:_MOST_ALTERNATIVES]):
            button = create_button(each.why[:1].upper() + each.why[1:], "link")
            button.setToolTip(each.query)
            button.clicked.connect(lambda _checked=False, text=each.query: self.chosen.emit(text))
            self._grid.addWidget(button, row, 0)
            found = create_label(wording.photos(each.count), "dimmed")
            self._grid.addWidget(found, row, 1, Qt.AlignmentFlag.AlignRight)
        self.setVisible(bool(alternatives))


class ErrorBanner(QWidget):
    """A problem of the machine, in words, with what to do; it stays until it is dismissed.

    Signals:
        dismissed: the person closed it.
    """

    dismissed = Signal()

    def __init__(self, theme: ThemeService, icons: IconSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icons = icons
        self._sign = QLabel()
        self.message = create_label("", wrap=True)
        self.remedy = create_label("", "dimmed", wrap=True)
        self._close = create_icon_button(icons, "close", "Dismiss")
        self._close.clicked.connect(self._on_close)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "raised")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.message)
        words.addWidget(self.remedy)
        line = QHBoxLayout(self)
        line.setContentsMargins(SPACE_PANEL, SPACE_ITEM, SPACE_ITEM, SPACE_ITEM)
        line.setSpacing(SPACE_PANEL)
        line.addWidget(self._sign)
        line.addLayout(words, 1)
        line.addWidget(self._close)
        theme.changed.connect(self._draw_sign)
        self._draw_sign()
        self.hide()

    def show_problem(self, problem: PhotoorgError) -> None:
        """Show a problem; the newest takes the place of the one before."""
        self.message.setText(problem.message)
        self.remedy.setText(problem.remedy)
        self.remedy.setVisible(bool(problem.remedy))
        self.setAccessibleName(f"Problem: {problem}")
        self.show()

    def _draw_sign(self) -> None:
        ratio = self.devicePixelRatioF()
        self._sign.setPixmap(self._icons.pixmap("warning", 20, ratio, "warning"))

    def _on_close(self) -> None:
        self.hide()
        self.dismissed.emit()


class UndoToast(Popover):
    """Says for five seconds what was done, with a way back; it never takes the focus.

    Signals:
        undo_requested: take it back.
    """

    undo_requested = Signal()

    def __init__(self, theme: ThemeService, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._label = create_label()
        self._undo = create_button("Undo", "link")
        self._undo.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._undo.clicked.connect(self._on_undo)
        line = QHBoxLayout(self)
        line.setContentsMargins(SPACE_GROUP, SPACE_ITEM, SPACE_GROUP, SPACE_ITEM)
        line.setSpacing(SPACE_GROUP)
        line.addWidget(self._label)
        line.addWidget(self._undo)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TOAST_MS)
        self._timer.timeout.connect(self.hide)
        self._rise = QPropertyAnimation(self, b"pos", self)
        self._rise.setDuration(MOTION_MS)
        self.hide()

    @property
    def text(self) -> str:
        return self._label.text()

    def show_text(self, text: str, *, undo: bool = True) -> None:
        """Say what was done, at the bottom in the middle of the parent."""
        self._label.setText(text)
        self._undo.setVisible(undo)
        self.adjustSize()
        was_hidden = self.isHidden()
        place = self._place()
        self.move(place)
        self.show()
        self.raise_()
        self._timer.start()
        if was_hidden and self._theme.animations_enabled():
            self._rise.setStartValue(place + QPoint(0, SPACE_ITEM))
            self._rise.setEndValue(place)
            self._rise.start()

    def _place(self) -> QPoint:
        parent = self.parentWidget()
        area = parent.rect() if parent is not None else self.rect()
        return QPoint(
            (area.width() - self.width()) // 2, area.height() - self.height() - SPACE_EMPTY
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.move(self._place())

    def _on_undo(self) -> None:
        self.hide()
        self._timer.stop()
        self.undo_requested.emit()
