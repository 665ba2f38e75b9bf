"""The search box: what is asked for, and when; what it takes in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fake_library import FakeLibrary, sample_pixels
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from photoorg.core.changes import SaveAlbum
from photoorg.core.errors import QuerySyntaxError
from photoorg.core.ids import PhotoId
from photoorg.gui.icons import IconSet
from photoorg.gui.search.bar import DEBOUNCE_MS, SearchBar
from photoorg.gui.search.help import EXAMPLES, typed
from photoorg.gui.search.recent import MOST, RecentSearches
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.gui.widgets.photo_mime import PHOTO_MIME, photo_ids_of, photo_mime_data
from photoorg.search.parser import parse


@pytest.fixture
def library(tmp_path):
    return FakeLibrary(tmp_path)


@pytest.fixture
def recent():
    return RecentSearches()


@pytest.fixture
def bar(qtbot, library, recent):
    theme = ThemeService(Appearance.DARK)
    tasks = TaskRunner(2)
    bar = SearchBar(library, tasks, theme, IconSet(theme), recent)
    window = QWidget()
    column = QVBoxLayout(window)
    column.addWidget(bar)
    column.addStretch(1)
    window.resize(600, 500)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    bar.focus()
    qtbot.waitUntil(bar._edit.hasFocus)
    yield bar
    tasks.shutdown()
    window.close()


@pytest.fixture
def asked(bar):
    asked = []
    bar.search_requested.connect(asked.append)
    bar.cleared.connect(lambda: asked.append("<cleared>"))
    return asked


def key(qtbot, bar, pressed, modifiers=Qt.KeyboardModifier.NoModifier):
    qtbot.keyClick(bar._edit, pressed, modifiers)


def drop(bar, mime):
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QDropEvent(QPointF(50, 10), Qt.DropAction.CopyAction, mime, buttons, keys)
    event.ignore()
    bar._edit.dropEvent(event)
    return event.isAccepted()


def test_typing_asks_once_after_a_pause(qtbot, bar, asked):
    qtbot.keyClicks(bar._edit, "cat", delay=DEBOUNCE_MS // 10)
    assert asked == []
    qtbot.waitUntil(lambda: asked == ["cat"])
    qtbot.wait(DEBOUNCE_MS * 2)
    assert asked == ["cat"]


def test_enter_asks_at_once_and_not_again_after_the_pause(qtbot, bar, asked):
    qtbot.keyClicks(bar._edit, "cat")
    key(qtbot, bar, Qt.Key.Key_Return)
    assert asked == ["cat"]
    qtbot.wait(DEBOUNCE_MS * 2)
    assert asked == ["cat"]
    assert bar.text == "cat"


def test_escape_clears_then_leaves(qtbot, bar, asked):
    bar.search_for("cat")
    key(qtbot, bar, Qt.Key.Key_Escape)
    assert asked == ["cat", "<cleared>"]
    assert bar.text == ""
    with qtbot.waitSignal(bar.left):
        key(qtbot, bar, Qt.Key.Key_Escape)
    assert asked == ["cat", "<cleared>"]


def test_deleting_the_text_clears_after_the_pause(qtbot, bar, asked):
    bar.search_for("x")
    key(qtbot, bar, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: asked == ["x", "<cleared>"])


def test_the_clear_button_is_there_only_when_needed(qtbot, bar, asked):
    button = bar._field.clear_button
    assert not button.isVisible()
    bar.search_for("cat")
    assert button.isVisible()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == ["cat", "<cleared>"]
    assert not button.isVisible()


def test_an_error_is_told_until_the_text_changes(qtbot, bar):
    bar.search_for("date:banana")
    bar.set_error(QuerySyntaxError("“banana” is no date.", "Write date:2021."))
    assert bar.error == "“banana” is no date. Write date:2021."
    assert bar._error.isVisible()
    qtbot.keyClicks(bar._edit, "x")
    assert bar.error == ""
    assert not bar._error.isVisible()


# -- photos ---------------------------------------------------------------------------------------
def test_dropped_photos_join_what_is_typed(qtbot, bar, library, asked):
    qtbot.keyClicks(bar._edit, "beach")
    assert drop(bar, photo_mime_data([PhotoId(7), PhotoId(9)]))
    assert asked[-1] == "beach like:#7 like:#9"
    mime = QMimeData()
    path = library.path_of(PhotoId(1))
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    assert drop(bar, mime)
    photos = [chip.photo for chip in bar._edit.chips]
    assert photos == [7, 9, str(path)]


def test_a_pasted_image_is_kept_in_a_file_that_the_text_names(qtbot, bar, asked):
    pixels = np.ascontiguousarray(sample_pixels("coffee.jpg"))
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    QGuiApplication.clipboard().setImage(image)
    key(qtbot, bar, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: bool(asked))
    (chip,) = bar._edit.chips
    assert isinstance(chip.photo, str)
    with Image.open(Path(chip.photo)) as pasted:
        np.testing.assert_array_equal(np.asarray(pasted.convert("RGB")), pixels)
    qtbot.waitUntil(lambda: bar._field._thumbs.peek(chip.photo) is not None)


def test_pasted_text_stays_text_on_one_line(qtbot, bar):
    QGuiApplication.clipboard().setText("beach\nhouse")
    key(qtbot, bar, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert bar.text == "beach house"


def test_a_photo_can_be_turned_round_and_is_named_once(qtbot, bar, asked):
    bar.add_photos([PhotoId(7)])
    bar.add_photos([PhotoId(7)], against=True)
    assert asked == ["like:#7", "-like:#7"]


def test_the_weight_of_a_photo_is_chosen_in_a_popover(qtbot, bar, asked):
    bar.search_for("snow like:#7 like:#9")
    chip = bar._edit.chips[0]
    for button_text, expected in (
        ("2×", "snow 2*like:#7 like:#9"),
        ("\N{MINUS SIGN}", "snow -like:#7 like:#9"),
        ("1×", "snow like:#7 like:#9"),
        ("Remove", "snow like:#9"),
    ):
        chip = bar._edit.chips[0]
        point = bar._edit.chip_area(chip).center().toPoint()
        point.setX(round(bar._edit.chip_area(chip).left()) + 6)
        qtbot.mouseClick(bar._edit.viewport(), Qt.MouseButton.LeftButton, pos=point)
        assert bar._weights.isVisible()
        buttons = bar._weights.findChildren(QPushButton)
        (button,) = [each for each in buttons if each.text() == button_text]
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert bar.text == expected
        assert asked[-1] == expected
    assert not bar._weights.isVisible()


def test_the_pick_button_offers_selection_file_and_clipboard(qtbot, bar):
    QGuiApplication.clipboard().setText("no image")
    menu = bar.create_pick_menu()
    texts = [action.text() for action in menu.actions()]
    assert texts == ["Add the selected photos", "Add an image file…", "Add the copied image"]
    assert not menu.actions()[2].isEnabled()
    with qtbot.waitSignal(bar.selection_wanted):
        menu.actions()[0].trigger()


# -- completion -----------------------------------------------------------------------------------
def test_values_of_tags_are_completed_by_keyboard(qtbot, bar, asked):
    qtbot.keyClicks(bar._edit, "beach tag:p")
    qtbot.waitUntil(lambda: bar._offers.labels == ["people", "pet", "portrait", "temple"])
    key(qtbot, bar, Qt.Key.Key_Down)
    key(qtbot, bar, Qt.Key.Key_Down)
    key(qtbot, bar, Qt.Key.Key_Return)
    assert bar.text == "beach tag:pet"
    assert asked[-1] == "beach tag:pet"
    assert [chip.label for chip in bar._edit.chips] == ["pet"]


def test_a_word_offers_tags_albums_and_filters_and_tab_takes_the_first(qtbot, bar, library):
    library.apply(SaveAlbum("Peaks", "mountain"))
    library.apply(SaveAlbum("Pets and more", "cat"))
    qtbot.keyClicks(bar._edit, "pet")
    qtbot.waitUntil(lambda: bar._offers.labels == ["pet", "Pets and more"])
    key(qtbot, bar, Qt.Key.Key_Tab)
    assert bar.text == "tag:pet"
    assert bar._edit.hasFocus()


def test_a_filter_is_completed_and_then_its_values(qtbot, bar):
    qtbot.keyClicks(bar._edit, "rat")
    qtbot.waitUntil(lambda: "rating:" in bar._offers.labels)
    key(qtbot, bar, Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: ">=3" in bar._offers.labels)
    key(qtbot, bar, Qt.Key.Key_Down)
    key(qtbot, bar, Qt.Key.Key_Return)
    assert bar.text == "rating:>=3"


def test_enter_without_a_choice_asks_for_what_is_typed(qtbot, bar, asked):
    qtbot.keyClicks(bar._edit, "pe")
    qtbot.waitUntil(lambda: bool(bar._offers.labels))
    key(qtbot, bar, Qt.Key.Key_Return)
    assert asked == ["pe"]
    assert bar._offers.labels == []


def test_escape_closes_the_offers_first(qtbot, bar, asked):
    qtbot.keyClicks(bar._edit, "pe")
    qtbot.waitUntil(lambda: bool(bar._offers.labels))
    key(qtbot, bar, Qt.Key.Key_Escape)
    assert bar._offers.labels == []
    assert bar.text == "pe"


def test_an_empty_box_offers_what_was_searched_lately_and_examples(qtbot, bar, asked, recent):
    bar.search_for("old search")
    bar.clear()
    bar.focus()
    assert bar._offers.labels[:2] == ["old search", typed(EXAMPLES[0][0])]
    key(qtbot, bar, Qt.Key.Key_Down)
    key(qtbot, bar, Qt.Key.Key_Return)
    assert asked[-1] == "old search"


def test_what_was_typed_and_answered_is_remembered_once_the_box_is_left(qtbot, bar, asked, recent):
    qtbot.keyClicks(bar._edit, "ca")
    qtbot.waitUntil(lambda: asked == ["ca"])
    qtbot.keyClicks(bar._edit, "t")
    qtbot.waitUntil(lambda: asked == ["ca", "cat"])
    assert recent.texts() == []
    bar._edit.clearFocus()
    assert recent.texts() == ["cat"]


def test_recent_searches_outlive_the_window_and_are_bounded(tmp_path):
    settings = QSettings(str(tmp_path / "x.ini"), QSettings.Format.IniFormat)
    recent = RecentSearches(settings)
    for number in range(MOST + 5):
        recent.add(f"search, {number}")
    recent.add("search, 10")
    again = RecentSearches(settings).texts()
    assert again[:2] == ["search, 10", f"search, {MOST + 4}"]
    assert len(again) == MOST


# -- help -----------------------------------------------------------------------------------------
def test_help_puts_an_example_in_the_box(qtbot, bar, asked):
    qtbot.mouseClick(bar._field.help_button, Qt.MouseButton.LeftButton)
    assert bar._help.isVisible()
    button = bar._help.findChildren(QPushButton)[0]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == [EXAMPLES[0][0]]
    assert not bar._help.isVisible()


def test_the_whole_table_unfolds_in_the_help(qtbot, bar):
    qtbot.mouseClick(bar._field.help_button, Qt.MouseButton.LeftButton)
    before = bar._help.height()
    qtbot.mouseClick(bar._help._fold, Qt.MouseButton.LeftButton)
    assert bar._help._table.isVisible()
    assert bar._help.height() > before


def test_escape_closes_the_help_first(qtbot, bar, asked):
    bar.search_for("cat")
    bar._help.toggle()
    key(qtbot, bar, Qt.Key.Key_Escape)
    assert not bar._help.isVisible()
    assert asked == ["cat"]


@pytest.mark.parametrize("example", [example for example, _ in EXAMPLES])
def test_every_example_of_the_help_can_be_read(example):
    assert parse(typed(example)).parts


@given(st.lists(st.integers(0, 2**62)))
def test_dragged_ids_come_back(numbers):
    assert photo_ids_of(photo_mime_data(numbers)) == tuple(numbers)


@pytest.mark.parametrize("data", [b"", b"1,x", b"\xff", b"-1"])
def test_malformed_drags_are_nothing(data):
    mime = QMimeData()
    mime.setData(PHOTO_MIME, data)
    assert photo_ids_of(mime) == ()
