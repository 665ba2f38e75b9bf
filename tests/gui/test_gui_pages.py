"""First run, empty, failing: screens that say what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragLeaveEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QToolButton, QWidget

from photoorg.core.errors import EnvironmentProblem
from photoorg.core.records import Failure
from photoorg.gui import pages
from photoorg.gui.failures import FailuresPanel
from photoorg.gui.icons import IconSet
from photoorg.gui.pages import PROMISE, EmptyPage, ErrorBanner, FirstRunPage, UndoToast
from photoorg.gui.theme import DARK, LIGHT, Appearance, ThemeService, contrast

FAILURES = (
    Failure(Path("/photos/broken.jpg"), "The image data ends too early."),
    Failure(Path("/photos/bomb.png"), "The picture is too large."),
    Failure(Path("/photos/notes.txt"), "Not a photo.", unsupported=True),
)


@pytest.fixture
def theme(qapp):
    return ThemeService(Appearance.DARK)


@pytest.fixture
def icons(theme):
    return IconSet(theme)


def show(qtbot, widget):
    qtbot.addWidget(widget)
    widget.resize(900, 600)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def mime_of(*paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


class HeldOver:
    """What a page asks of a drag that comes in."""

    def __init__(self, mime):
        self.mime = mime
        self.accepted = False

    def mimeData(self):
        return self.mime

    def acceptProposedAction(self):
        self.accepted = True


def hold_over(page, mime):
    event = HeldOver(mime)
    page.dragEnterEvent(event)
    return event.accepted


def let_go(page, mime):
    page.dropEvent(
        QDropEvent(
            QPointF(10, 10),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )


def test_first_run_promises_and_asks_for_a_folder(qtbot, theme, icons):
    page = show(qtbot, FirstRunPage(theme, icons))
    assert page.sentence.text() == PROMISE
    with qtbot.waitSignal(page.choose_folder_requested):
        qtbot.mouseClick(page.button, Qt.MouseButton.LeftButton)


def test_first_run_takes_folders_and_the_folders_of_files(qtbot, theme, icons, tmp_path):
    page = show(qtbot, FirstRunPage(theme, icons))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    photo = tmp_path / "b" / "photo.jpg"
    photo.touch()
    mime = mime_of(tmp_path / "a", photo)
    assert hold_over(page, mime)
    assert page.dropping
    with qtbot.waitSignal(page.folders_dropped) as dropped:
        let_go(page, mime)
    assert dropped.args == [(tmp_path / "a", tmp_path / "b")]
    assert not page.dropping


def test_first_run_refuses_text_and_forgets_a_drag_that_leaves(qtbot, theme, icons, tmp_path):
    page = show(qtbot, FirstRunPage(theme, icons))
    text = QMimeData()
    text.setText("hello")
    assert not hold_over(page, text)
    folder = mime_of(tmp_path)
    assert hold_over(page, folder)
    page.dragLeaveEvent(QDragLeaveEvent())
    assert not page.dropping


def test_empty_pages_say_what_to_do(qtbot, theme, icons):
    page = show(qtbot, EmptyPage(theme, icons))
    page.show_no_results("snowman -people", near=14)
    assert page.headline.text() == "Nothing found for “snowman -people”"
    with qtbot.waitSignal(page.closest_requested):
        qtbot.mouseClick(page.button, Qt.MouseButton.LeftButton)
    page.show_nothing_similar("IMG_0001.jpg", near=3)
    with qtbot.waitSignal(page.closest_requested):
        qtbot.mouseClick(page.button, Qt.MouseButton.LeftButton)
    page.show_no_results("snowman -people")
    with qtbot.waitSignal(page.clear_search_requested):
        qtbot.mouseClick(page.button, Qt.MouseButton.LeftButton)
    page.show_missing_folder("Backup")
    with qtbot.waitSignal(page.rescan_requested):
        qtbot.mouseClick(page.button, Qt.MouseButton.LeftButton)
    page.show_empty_folder("Rome")
    with qtbot.waitSignal(page.add_folder_requested):
        qtbot.mouseClick(page.button, Qt.MouseButton.LeftButton)
    page.show_no_tagged("dog")
    assert not page.button.isVisible()


def test_markup_in_names_stays_text(qtbot, theme, icons):
    page = show(qtbot, EmptyPage(theme, icons))
    page.show_no_results("<b>bold</b>")
    assert page.headline.textFormat() is Qt.TextFormat.PlainText


def test_a_problem_is_told_with_its_remedy_until_dismissed(qtbot, theme, icons):
    banner = ErrorBanner(theme, icons)
    qtbot.addWidget(banner)
    assert banner.isHidden()
    banner.show_problem(EnvironmentProblem("The disk is full.", "Free some space."))
    assert (banner.message.text(), banner.remedy.text()) == (
        "The disk is full.",
        "Free some space.",
    )
    assert not banner.isHidden()
    close = banner.findChild(QToolButton)
    with qtbot.waitSignal(banner.dismissed):
        qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    assert banner.isHidden()


@pytest.fixture
def toast(qtbot, theme):
    window = QWidget()
    toast = UndoToast(theme, window)
    toast.window_for_test = show(qtbot, window)
    return toast


def test_a_toast_offers_undo_in_the_middle_at_the_bottom(qtbot, toast):
    toast.show_text("Tag “beach” added to 12 photos")
    window = toast.parentWidget()
    assert abs(toast.geometry().center().x() - window.rect().center().x()) <= 1
    assert toast.geometry().bottom() < window.height()
    with qtbot.waitSignal(toast.undo_requested):
        qtbot.mouseClick(toast._undo, Qt.MouseButton.LeftButton)
    assert toast.isHidden()


def test_a_toast_goes_by_itself(qtbot, toast):
    toast._timer.setInterval(30)
    toast.show_text("Done")
    assert toast.isVisible()
    qtbot.waitUntil(toast.isHidden)
    assert pages.TOAST_MS == 5000


def test_failures_are_told_apart_from_other_files(qtbot, theme, icons):
    panel = show(qtbot, FailuresPanel(theme, icons))
    panel.set_failures(FAILURES)
    assert panel._title.text() == "2 files could not be read"
    assert [failure.path.name for failure in panel._failed.failures] == ["broken.jpg", "bomb.png"]
    assert not panel._unsupported.isVisible()
    qtbot.mouseClick(panel._fold, Qt.MouseButton.LeftButton)
    assert panel._unsupported.isVisible()
    assert panel._fold.text().strip() == "1 file is not a photo"


def test_failures_can_be_retried_copied_and_shown(qtbot, theme, icons):
    panel = show(qtbot, FailuresPanel(theme, icons))
    panel.set_failures(FAILURES)
    with qtbot.waitSignal(panel.retry_requested):
        qtbot.mouseClick(panel._retry, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(panel._copy, Qt.MouseButton.LeftButton)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == 3
    assert lines[0] == f"{Path('/photos/broken.jpg')}\tThe image data ends too early."
    index = panel._failed.model().index(1, 0)
    with qtbot.waitSignal(panel.reveal_requested) as asked:
        panel._failed.doubleClicked.emit(index)
    assert asked.args == [Path("/photos/bomb.png")]
    panel._failed.setCurrentIndex(index)
    qtbot.keyClick(panel._failed, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().startswith(str(Path("/photos/bomb.png")))


def test_no_failures_is_good_news(qtbot, theme, icons):
    panel = show(qtbot, FailuresPanel(theme, icons))
    assert panel._title.text() == "Every photo was read"
    assert not panel._retry.isEnabled()
    with qtbot.waitSignal(panel.closed):
        qtbot.keyClick(panel, Qt.Key.Key_Escape)


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_state_colours_are_readable_where_these_pages_use_them(theme):
    assert contrast(theme.danger, theme.raised) >= 4.5
    assert contrast(theme.dimmed, theme.raised) >= 4.5
    assert contrast(theme.accent_strong, theme.panel) >= 4.5
