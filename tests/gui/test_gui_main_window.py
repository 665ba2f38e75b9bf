"""The window as a whole, over a library in memory."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_library import FakeLibrary
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication

from photoorg.core.changes import AddTag, ChangeKind, ChangeSet
from photoorg.core.errors import EnvironmentProblem
from photoorg.core.ids import PhotoId, Revision
from photoorg.core.progress import Progress
from photoorg.core.records import Failure, PhotoScope, SearchHit, SearchResults
from photoorg.gui.browsing import MORE
from photoorg.gui.events import LibraryEvents, merge_changes
from photoorg.gui.grid.layout import Grouping, TileShape
from photoorg.gui.icons import IconSet
from photoorg.gui.main_window import MainWindow
from photoorg.gui.problems import describe_bug
from photoorg.gui.shortcuts import SHORTCUTS, Command, ShortcutTable, Where
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.gui.widgets.photo_mime import image_source_of
from photoorg.gui.window_state import WindowState, load_state, save_state
from photoorg.media.decode import load_for_view


@pytest.fixture
def library(tmp_path):
    return FakeLibrary(tmp_path / "library", count=240)


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def open_window(qtbot, qapp, settings):
    opened = []

    def open_window(library) -> MainWindow:
        theme = ThemeService(Appearance.DARK)
        tasks = TaskRunner(2)
        window = MainWindow(library, tasks, theme, IconSet(theme), settings, load_for_view)
        qtbot.addWidget(window)
        with qtbot.waitExposed(window):
            window.show()
        window.activateWindow()
        opened.append((window, tasks))
        qtbot.waitUntil(lambda: window.browse.loaded and window.folders.folders is not None)
        return window

    yield open_window
    for window, tasks in opened:
        window.release()
        tasks.shutdown()


@pytest.fixture
def window(open_window, library, qtbot):
    window = open_window(library)
    qtbot.waitUntil(lambda: window.model.row(0) is not None)
    window.view.setFocus()
    return window


def _divide_by_zero(_operation: object) -> None:
    raise ZeroDivisionError


def press(qtbot, window: MainWindow, key, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    target = window.viewer if window.in_viewer else window.view
    qtbot.keyClick(target, key, modifiers)


def shown(window: MainWindow) -> list[int]:
    return window.model.ids.tolist()


def is_answering(window: MainWindow, text: str) -> bool:
    return window.browse.place.text == text


# -- pages ----------------------------------------------------------------------------------------
def test_opens_on_all_photos(window, library) -> None:
    assert shown(window) == list(range(1, 241))
    assert window.centre.page is window.view
    assert window.sidebar.isVisible()
    assert window.inspector.isVisible()
    assert not window.status.isVisible(), "nothing runs and nothing is selected"


def test_the_anatomy_at_1280_by_800(window) -> None:
    window.resize(1280, 800)
    QApplication.processEvents()
    assert window.sidebar.width() == 220
    assert window.inspector.width() == 300
    assert window.top_bar.height() == 48
    box = window.search
    assert box.width() <= 560
    middle = box.mapTo(window, box.rect().center()).x()
    assert abs(middle - 640) <= 2, "the box stands in the middle of the window"


def test_first_run_is_a_screen_of_its_own(open_window, tmp_path, qtbot, monkeypatch) -> None:
    library = FakeLibrary(tmp_path / "empty", count=0)
    monkeypatch.setattr(library, "folders", lambda: ())
    window = open_window(library)
    qtbot.waitUntil(lambda: window.centre.is_first_run)
    assert not window.sidebar.isVisible()
    assert not window.top_bar.isVisible()
    folder = tmp_path / "photos"
    folder.mkdir()
    window.centre.first_run.folders_dropped.emit((folder,))
    qtbot.waitUntil(lambda: any(call.name == "add_folders" for call in library.calls))


def test_an_empty_answer_offers_the_way_back(window, qtbot) -> None:
    window.search.search_for("xyzzy")
    qtbot.waitUntil(lambda: window.centre.page is window.centre.empty)
    window.centre.empty.clear_search_requested.emit()
    qtbot.waitUntil(lambda: window.centre.page is window.view)
    assert len(shown(window)) == 240


def test_failures_are_listed_and_retried(window, library, qtbot) -> None:
    library.failed_files = [
        Failure(Path("/p/a.jpg"), "The JPEG file is cut off."),
        Failure(Path("/p/b.txt"), "Not a photo.", unsupported=True),
    ]
    library.emit(ChangeSet(frozenset({ChangeKind.FAILURES}), Revision(9)))
    qtbot.waitUntil(window.sidebar._failures.isVisible)
    assert window.sidebar._failures.accessibleName() == "1 file not read"
    qtbot.mouseClick(window.sidebar._failures, Qt.MouseButton.LeftButton)
    assert window.centre.page is window.centre.failures
    window.centre.failures.retry_requested.emit()
    qtbot.waitUntil(lambda: any(call.name == "retry_failures" for call in library.calls))
    window.centre.failures.closed.emit()
    assert window.centre.page is window.view


# -- searching ------------------------------------------------------------------------------------
def test_search_and_back_to_the_same_place(window, library, qtbot) -> None:
    window.view.select_ids(np.asarray([120, 121]))
    window.view.verticalScrollBar().setValue(3000)
    window.search.search_for("cat")
    qtbot.waitUntil(lambda: is_answering(window, "cat"))
    assert 0 < len(shown(window)) < 240
    assert window.view.verticalScrollBar().value() == 0
    assert window.centre.results.isVisible()
    assert window.centre.results.count.text() == f"{len(shown(window))} photos"
    window.view.setFocus()
    press(qtbot, window, Qt.Key.Key_Escape)
    assert not window.centre.results.isVisible()
    assert not window.browse.place.is_answer
    assert len(shown(window)) == 240
    assert window.view.selected_ids().tolist() == [120, 121]
    assert window.view.verticalScrollBar().value() == 3000
    assert window.search.text == ""


def test_many_searches_are_one_step(window, qtbot) -> None:
    window.view.verticalScrollBar().setValue(2000)
    for text in ("cat", "coffee", "rocket"):
        window.search.search_for(text)
        qtbot.waitUntil(lambda wanted=text: is_answering(window, wanted))
    window.search.clear()
    assert not window.browse.place.is_answer
    assert window.view.verticalScrollBar().value() == 2000


def test_a_search_typed_over_is_not_shown(window, library, qtbot, monkeypatch) -> None:
    gate = threading.Event()
    search = library.search

    def slow(text: str, scope: PhotoScope):
        if text == "cat":
            gate.wait(5)
        return search(text, scope)

    monkeypatch.setattr(library, "search", slow)
    window.browse.search("cat")
    window.browse.search("coffee")
    qtbot.waitUntil(lambda: is_answering(window, "coffee"))
    gate.set()
    qtbot.wait(50)
    assert is_answering(window, "coffee")
    window.browse.clear()
    assert not window.browse.place.is_answer


def test_a_text_that_cannot_be_read_is_explained(window, qtbot) -> None:
    window.search.search_for('"left open')
    qtbot.waitUntil(lambda: "quotation mark" in window.search.error)
    assert len(shown(window)) == 240
    window.search.clear()


def test_show_more_brings_the_rest(window, library, qtbot) -> None:
    window.find_similar(1)
    qtbot.waitUntil(lambda: window.browse.place.similar == 1)
    assert len(shown(window)) == 4
    for expected in (4 + MORE, 4 + 2 * MORE, 4 + 3 * MORE, 4 + 4 * MORE, 240):
        window.centre.results.more.click()
        qtbot.waitUntil(lambda expected=expected: len(shown(window)) == expected)
    assert window.browse.answer.more == 0


def test_an_answer_that_nothing_matches_shows_what_comes_near(
    window, library, qtbot, monkeypatch
) -> None:
    hits = tuple(SearchHit(PhotoId(i), 0.1, "looks a little like it") for i in range(1, 8))
    monkeypatch.setattr(library, "search", lambda text, scope: SearchResults(hits, relevant=0))
    window.search.search_for("submarine")
    qtbot.waitUntil(lambda: window.centre.page is window.centre.empty)
    assert not window.status.isVisible(), "the page says it all"
    qtbot.mouseClick(window.centre.empty.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.centre.page is window.view)
    assert shown(window) == list(range(1, 8))


def test_work_that_ends_early_says_why(window, library, qtbot) -> None:
    ended = Progress("index", "The disk is full. Free some space.", finished=True, problem=True)
    library.emit(ended)
    library.emit(Progress("index", "Looking for photos"))
    qtbot.waitUntil(window.centre.banner.isVisible)
    assert window.centre.banner.message.text() == "The disk is full. Free some space."


def test_an_error_on_another_thread_reaches_the_dialog(window, qtbot) -> None:
    thread = threading.Thread(
        target=window.problems.report_later, args=(ZeroDivisionError("on a thread"),)
    )
    thread.start()
    thread.join()
    assert window.problems.dialog is None, "only the GUI thread opens dialogs"
    qtbot.waitUntil(lambda: window.problems.dialog is not None)
    window.problems.dialog.accept()


def test_similar_from_an_answer_goes_back_to_it(window, library, qtbot) -> None:
    window.search.search_for("cat")
    qtbot.waitUntil(lambda: is_answering(window, "cat"))
    found = shown(window)
    window.view.choose(found[0])
    window.view.setFocus()
    press(qtbot, window, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: window.browse.place.similar == found[0])
    assert window.search.text == f"like:#{found[0]}"
    assert window.model.note(0) == "identical"
    press(qtbot, window, Qt.Key.Key_Escape)
    assert is_answering(window, "cat")
    assert window.search.text == "cat"
    assert shown(window) == found
    press(qtbot, window, Qt.Key.Key_Escape)
    assert not window.browse.place.is_answer


def test_groups_are_for_dates_only(window, qtbot) -> None:
    window.top_bar.grouping_chosen.emit(Grouping.MONTH)
    assert len(window.view._laid_out().group_first) > 1
    window.search.search_for("cat")
    qtbot.waitUntil(lambda: is_answering(window, "cat"))
    assert len(window.view._laid_out().group_first) == 0
    window.search.clear()
    assert len(window.view._laid_out().group_first) > 1
    assert window.view.grouping is Grouping.MONTH


def test_a_dropped_or_pasted_image_finds_similar(window, library, qtbot) -> None:
    path = library.path_of(2)
    window.find_similar(path)
    qtbot.waitUntil(lambda: window.browse.place.similar == path)
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(image)
    window.view.setFocus()
    press(qtbot, window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.browse.place.name == "pasted image")
    assert window.browse.place.similar == library.root / "pasted.png"
    mime = QMimeData()
    mime.setText("words")
    assert image_source_of(mime) is None


# -- keeping up -----------------------------------------------------------------------------------
def test_new_photos_come_in_without_a_jump(window, library, qtbot) -> None:
    window.view.select_ids(np.asarray([200]))
    bar = window.view.verticalScrollBar()
    bar.setValue(4000)
    held = window.view.snapshot().held
    library.count = 260
    changes = ChangeSet(
        frozenset({ChangeKind.PHOTOS_ADDED}), Revision(5), frozenset(range(241, 261))
    )
    library.emit(changes)
    qtbot.waitUntil(lambda: len(shown(window)) == 260)
    place = window.model.place_of(held.photo_id)
    assert window.view._tile_rect(place).top() == held.offset
    assert window.view.selected_ids().tolist() == [200]


def test_events_from_other_threads_are_gathered(library, qtbot, qapp) -> None:
    events = LibraryEvents(library)
    heard: list[ChangeSet] = []
    reports: list[Progress] = []
    threads = []
    events.changed.connect(lambda c: (heard.append(c), threads.append(threading.current_thread())))
    events.progressed.connect(reports.append)

    def tell() -> None:
        for number in range(200):
            kinds = frozenset({ChangeKind.PHOTOS_ADDED})
            library.emit(ChangeSet(kinds, Revision(number), frozenset({number})))
            library.emit(Progress("index", "Reading photos", number, 200))
            time.sleep(0.001)

    thread = threading.Thread(target=tell)
    thread.start()
    qtbot.waitUntil(lambda: bool(reports) and reports[-1].done == 199)
    thread.join()
    assert set(threads) == {threading.main_thread()}
    assert frozenset().union(*(change.photo_ids for change in heard)) == frozenset(range(200))
    assert len(heard) < 40
    events.close()


def test_merged_changes_refresh_as_both() -> None:
    first = ChangeSet(frozenset({ChangeKind.TAGS}), Revision(4), frozenset({1}))
    second = ChangeSet(frozenset({ChangeKind.FOLDERS}), Revision(3), everything=True)
    merged = merge_changes(first, second)
    assert merged.kinds == {ChangeKind.TAGS, ChangeKind.FOLDERS}
    assert merged.revision == 4
    assert merged.photo_ids == {1}
    assert merged.everything


def test_pending_photos_in_view_are_asked_for_first(window, library, qtbot) -> None:
    from photoorg.core.records import PhotoState

    library.set_state(2, PhotoState.PENDING)
    qtbot.waitUntil(lambda: any(call.name == "prioritise" for call in library.calls))
    call = next(call for call in library.calls if call.name == "prioritise")
    assert call.argument == (2,)


# -- changing -------------------------------------------------------------------------------------
def test_rating_and_undo_by_key(window, library, qtbot) -> None:
    window.view.select_ids(np.asarray([3, 4]))
    press(qtbot, window, Qt.Key.Key_4)
    qtbot.waitUntil(lambda: library.grid_rows([3])[0].rating == 4)
    qtbot.waitUntil(lambda: window.model.row(2).rating == 4)
    qtbot.waitUntil(window.toast.isVisible)
    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: library.grid_rows([3])[0].rating == 0)
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    press(qtbot, window, Qt.Key.Key_Z, modifiers)
    qtbot.waitUntil(lambda: library.grid_rows([3])[0].rating == 4)


def test_changes_keep_their_order(window, library, qtbot, monkeypatch) -> None:
    carried = []
    apply = library.apply

    def slow(operation):
        time.sleep(0.02 if operation.tag == "a" else 0)
        carried.append(operation.tag)
        return apply(operation)

    monkeypatch.setattr(library, "apply", slow)
    for tag in "abc":
        window.edits.apply(AddTag(tag, (1,)))
    qtbot.waitUntil(lambda: len(carried) == 3)
    assert carried == ["a", "b", "c"]


def test_t_goes_to_where_tags_are_typed(window, qtbot) -> None:
    window.view.choose(5)
    window.panels.toggle_inspector()
    press(qtbot, window, Qt.Key.Key_T)
    assert window.inspector.isVisible()


def test_the_menu_offers_what_the_keys_do(window) -> None:
    window.view.choose(5)
    menu = window.actions_on_photos.create_menu(window.view)
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == [
        "Open",
        "Find similar",
        "Add to search",
        "Search without this",
        "What the model sees",
        "Add tag…",
        "Suggest tags…",
        "Rating",
        "Show in file manager",
        "Copy path",
        "Select all",
        "Invert selection",
    ]
    menu.deleteLater()


def test_copying_paths(window, library, qtbot) -> None:
    window.view.select_ids(np.asarray([1, 2]))
    press(qtbot, window, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    expected = f"{library.path_of(1)}\n{library.path_of(2)}"
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() == expected)


def test_a_dropped_folder_is_added(window, library, tmp_path, qtbot) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(folder))])
    drop = QDropEvent(
        QPointF(300, 300),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(drop)
    qtbot.waitUntil(lambda: any(c.argument == (folder,) for c in library.calls))


# -- the viewer -----------------------------------------------------------------------------------
def test_open_step_and_close_keeps_the_photo(window, qtbot) -> None:
    window.view.choose(5)
    press(qtbot, window, Qt.Key.Key_Return)
    assert window.in_viewer
    press(qtbot, window, Qt.Key.Key_Right)
    press(qtbot, window, Qt.Key.Key_Right)
    assert window.viewer.current_photo() == 7
    press(qtbot, window, Qt.Key.Key_Escape)
    assert not window.in_viewer
    assert window.view.selected_ids().tolist() == [7]


def test_space_looks_and_looks_away(window, qtbot) -> None:
    window.view.select_ids(np.asarray([2, 3]))
    window.view.choose(9)
    press(qtbot, window, Qt.Key.Key_Space)
    assert window.in_viewer
    press(qtbot, window, Qt.Key.Key_Space)
    assert not window.in_viewer


def test_ratings_in_the_viewer_are_for_its_photo(window, library, qtbot) -> None:
    window.view.select_ids(np.asarray([1, 2, 3]))
    window.open_viewer(5)
    press(qtbot, window, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: library.grid_rows([5])[0].rating == 2)
    assert library.grid_rows([1])[0].rating == 0


# -- problems -------------------------------------------------------------------------------------
def test_a_problem_of_the_machine_is_said_in_words(window, library, qtbot, monkeypatch) -> None:
    def full(operation):
        raise EnvironmentProblem("The disk is full.", "Make room and try again.")

    monkeypatch.setattr(library, "apply", full)
    window.edits.apply(AddTag("x", (1,)))
    qtbot.waitUntil(window.centre.banner.isVisible)
    assert window.centre.banner.message.text() == "The disk is full."
    assert window.problems.dialog is None


def test_a_bug_is_reported_once_with_a_copy(window, library, qtbot, monkeypatch) -> None:
    monkeypatch.setattr(library, "apply", _divide_by_zero)
    window.edits.apply(AddTag("x", (1,)))
    window.edits.apply(AddTag("y", (1,)))
    qtbot.waitUntil(lambda: window.problems.dialog is not None)
    dialog = window.problems.dialog
    qtbot.wait(20)
    assert window.problems.dialog is dialog
    dialog.copy_button.click()
    report = QGuiApplication.clipboard().text()
    assert "ZeroDivisionError" in report
    assert "photoorg" in describe_bug(ValueError("x"))
    dialog.close_button.click()
    qtbot.waitUntil(lambda: window.problems.dialog is None)


# -- keys, panels, memory -------------------------------------------------------------------------
def test_panels_fold_by_key(window, qtbot) -> None:
    press(qtbot, window, Qt.Key.Key_F9)
    assert not window.sidebar.isVisible()
    press(qtbot, window, Qt.Key.Key_F10)
    assert not window.inspector.isVisible()
    press(qtbot, window, Qt.Key.Key_F9)
    assert window.sidebar.isVisible()


def test_the_window_remembers(open_window, library, settings) -> None:
    window = open_window(library)
    window.top_bar.tile_size_chosen.emit(240)
    window.top_bar.shape_chosen.emit(TileShape.SQUARE)
    window.top_bar.grouping_chosen.emit(Grouping.DAY)
    window.panels.toggle_inspector()
    window.close()
    again = open_window(library)
    assert again.view.tile_size == 240
    assert again.view.tile_shape is TileShape.SQUARE
    assert again.view.grouping is Grouping.DAY
    assert not again.inspector.isVisible()


def test_settings_that_make_no_sense_are_passed_over(settings) -> None:
    settings.setValue("grid/size", "enormous")
    settings.setValue("grid/shape", "round")
    assert load_state(settings) == WindowState()
    state = replace(WindowState(), tile_size=99999)
    save_state(settings, state)
    assert load_state(settings).tile_size == 512


def test_no_key_means_two_things_in_one_place() -> None:
    table = ShortcutTable()
    for where in (Where.PHOTOS, Where.VIEWER, Where.REVIEW):
        keys = [
            key.toString()
            for shortcut in SHORTCUTS
            if where in shortcut.where or Where.WINDOW in shortcut.where
            for key in table.keys(shortcut)
        ]
        assert len(keys) == len(set(keys)), where


def test_every_command_has_one_entry_and_keys_can_be_changed() -> None:
    assert sorted(s.command for s in SHORTCUTS) == sorted(Command)
    table = ShortcutTable({"find_similar": "F;Ctrl+E", "quit": ""})
    by_command = {shortcut.command: shortcut for shortcut in SHORTCUTS}
    similar = [key.toString() for key in table.keys(by_command[Command.FIND_SIMILAR])]
    assert similar == ["F", "Ctrl+E"]
    assert table.keys(by_command[Command.QUIT]) == []


def test_letters_stay_letters_in_the_search_box(window, qtbot) -> None:
    window.view.choose(3)
    window.search.focus()
    qtbot.keyClicks(window.search._edit, "s5t")
    assert window.search.text == "s5t"
    assert not window.browse.place.similar


def test_nothing_blocks_while_the_library_is_slow(window, library, qtbot, monkeypatch) -> None:
    rows = library.grid_rows

    def slow(ids):
        time.sleep(0.2)
        return rows(ids)

    monkeypatch.setattr(library, "grid_rows", slow)
    window.model.invalidate_all()
    began = time.perf_counter()
    window.view.verticalScrollBar().setValue(3000)
    window.view.viewport().repaint()
    window.view.choose(100)
    assert time.perf_counter() - began < 0.2


def test_the_menu_by_key_opens_at_the_photo(window, qtbot) -> None:
    window.view.choose(2)
    places: list[QPoint] = []
    window.view.menu_requested.disconnect()
    window.view.menu_requested.connect(places.append)
    from PySide6.QtGui import QContextMenuEvent

    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
    QApplication.sendEvent(window.view.viewport(), event)
    inside = window.view.viewport().mapFromGlobal(places[0])
    assert window.view.indexAt(inside).row() == 1
