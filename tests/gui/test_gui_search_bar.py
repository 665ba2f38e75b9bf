"""The search box: what is asked for, and when."""

from __future__ import annotations

import io

import numpy as np
import pytest
from fake_library import FakeLibrary, sample_pixels
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from photoorg.core.errors import QuerySyntaxError
from photoorg.core.ids import PhotoId
from photoorg.gui.icons import IconSet
from photoorg.gui.search_bar import DEBOUNCE_MS, SearchBar
from photoorg.gui.search_field import complete_tag_token, tag_token
from photoorg.gui.search_help import EXAMPLES
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.gui.widgets.photo_mime import PHOTO_MIME, photo_ids_of, photo_mime_data
from photoorg.search.parser import parse


@pytest.fixture
def library(tmp_path):
    return FakeLibrary(tmp_path)


@pytest.fixture
def bar(qtbot, library):
    theme = ThemeService(Appearance.DARK)
    tasks = TaskRunner(2)
    bar = SearchBar(library, tasks, theme, IconSet(theme))
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
    yield bar
    tasks.shutdown()
    window.close()


@pytest.fixture
def asked(bar):
    asked = []
    bar.search_requested.connect(asked.append)
    bar.cleared.connect(lambda: asked.append("<cleared>"))
    return asked


def drop(bar, mime):
    field = bar._field
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QDropEvent(QPointF(50, 10), Qt.DropAction.CopyAction, mime, buttons, keys)
    event.ignore()
    field.dropEvent(event)
    return event.isAccepted()


def test_typing_asks_once_after_a_pause(qtbot, bar, asked):
    qtbot.keyClicks(bar._field, "cat", delay=DEBOUNCE_MS // 10)
    assert asked == []
    qtbot.waitUntil(lambda: asked == ["cat"])
    qtbot.wait(DEBOUNCE_MS * 2)
    assert asked == ["cat"]


def test_enter_asks_at_once_and_not_again_after_the_pause(qtbot, bar, asked):
    qtbot.keyClicks(bar._field, "cat")
    qtbot.keyClick(bar._field, Qt.Key.Key_Return)
    assert asked == ["cat"]
    qtbot.wait(DEBOUNCE_MS * 2)
    assert asked == ["cat"]


def test_escape_clears_then_leaves(qtbot, bar, asked):
    qtbot.keyClicks(bar._field, "cat")
    qtbot.keyClick(bar._field, Qt.Key.Key_Return)
    qtbot.keyClick(bar._field, Qt.Key.Key_Escape)
    assert asked == ["cat", "<cleared>"]
    assert bar.text == ""
    with qtbot.waitSignal(bar.left):
        qtbot.keyClick(bar._field, Qt.Key.Key_Escape)
    assert asked == ["cat", "<cleared>"]


def test_deleting_the_text_clears_after_the_pause(qtbot, bar, asked):
    bar.search_for("x")
    qtbot.keyClick(bar._field, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: asked == ["x", "<cleared>"])


def test_the_clear_button_is_there_only_when_needed(qtbot, bar, asked):
    assert not bar._field._clear.isVisible()
    bar.search_for("cat")
    assert bar._field._clear.isVisible()
    qtbot.mouseClick(bar._field._clear, Qt.MouseButton.LeftButton)
    assert asked == ["cat", "<cleared>"]
    assert not bar._field._clear.isVisible()


def test_a_similar_chip_is_closed_by_its_cross_and_by_backspace(qtbot, bar, asked):
    for close in ("cross", "backspace"):
        bar.set_similar("cat.jpg")
        assert bar._field.similar == "Similar to cat.jpg"
        assert bar.text == ""
        if close == "cross":
            chip = bar._field._chip
            qtbot.mouseClick(chip, Qt.MouseButton.LeftButton, pos=chip.cross_rect().center())
        else:
            qtbot.keyClick(bar._field, Qt.Key.Key_Backspace)
        assert bar._field.similar == ""
    assert asked == ["<cleared>", "<cleared>"]


def test_words_take_the_place_of_a_similar_photo(qtbot, bar, asked):
    bar.set_similar("cat.jpg")
    qtbot.keyClicks(bar._field, "dog")
    qtbot.keyClick(bar._field, Qt.Key.Key_Return)
    assert asked == ["dog"]
    assert bar._field.similar == ""


def test_an_error_is_told_until_the_text_changes(qtbot, bar):
    bar.search_for('"open')
    bar.set_error(QuerySyntaxError("A quotation mark is left open.", "Close it."))
    assert bar.error == "A quotation mark is left open. Close it."
    assert bar._error.isVisible()
    qtbot.keyClicks(bar._field, "x")
    assert bar.error == ""
    assert not bar._error.isVisible()


def test_dropped_photos_files_and_pasted_images(qtbot, bar, library):
    images = []
    bar.image_dropped.connect(images.append)
    assert drop(bar, photo_mime_data([PhotoId(7), PhotoId(9)]))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(library.path_of(PhotoId(1))))])
    assert drop(bar, mime)
    pixels = np.ascontiguousarray(sample_pixels("coffee.jpg"))
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    QGuiApplication.clipboard().setImage(image)
    qtbot.keyClick(bar._field, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert images[:2] == [7, library.path_of(PhotoId(1))]
    with Image.open(io.BytesIO(images[2])) as pasted:
        np.testing.assert_array_equal(np.asarray(pasted.convert("RGB")), pixels)


def test_pasted_text_stays_text(qtbot, bar):
    images = []
    bar.image_dropped.connect(images.append)
    QGuiApplication.clipboard().setText("beach")
    qtbot.keyClick(bar._field, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert (bar.text, images) == ("beach", [])


def test_tags_are_completed(qtbot, bar, asked):
    qtbot.keyClicks(bar._field, "beach tag:p")
    qtbot.waitUntil(lambda: bar._completions.words == ["people", "pet", "portrait", "temple"])
    qtbot.keyClick(bar._field, Qt.Key.Key_Down)
    qtbot.keyClick(bar._field, Qt.Key.Key_Down)
    qtbot.keyClick(bar._field, Qt.Key.Key_Return)
    assert bar.text == "beach tag:pet "
    assert asked[-1] == "beach tag:pet"


def test_words_are_not_completed(qtbot, bar):
    qtbot.keyClicks(bar._field, "people")
    qtbot.wait(50)
    assert bar._completions.words == []


def test_help_puts_an_example_in_the_box(qtbot, bar, asked):
    qtbot.mouseClick(bar._field._help, Qt.MouseButton.LeftButton)
    assert bar._help.isVisible()
    button = bar._help.findChildren(QPushButton)[0]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == [EXAMPLES[0][0]]
    assert not bar._help.isVisible()


def test_escape_closes_the_help_first(qtbot, bar, asked):
    bar.search_for("cat")
    bar._help.toggle()
    qtbot.keyClick(bar._field, Qt.Key.Key_Escape)
    assert not bar._help.isVisible()
    assert asked == ["cat"]


@pytest.mark.parametrize("example", [example for example, _ in EXAMPLES])
def test_every_example_of_the_help_can_be_read(example):
    assert parse(example).parts


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("tag:", ""),
        ("beach tag:do", "do"),
        ("-tag:do", "do"),
        ('tag:"two wo', "two wo"),
        ('tag:"two words"', None),
        ("tag:dog ", None),
        ("hashtag:do", None),
        ("beach", None),
    ],
)
def test_tag_token(text, token):
    assert tag_token(text) == token


@given(st.text(st.characters(categories=["L", "N"], include_characters=" "), min_size=1))
def test_a_completed_tag_is_whole_and_parted_from_what_follows(tag):
    text = complete_tag_token("beach -tag:do", tag)
    assert text.startswith("beach -tag:")
    assert text.endswith(" ")
    assert tag in text
    assert tag_token(text) is None


@given(st.lists(st.integers(0, 2**62)))
def test_dragged_ids_come_back(numbers):
    assert photo_ids_of(photo_mime_data(numbers)) == tuple(numbers)


@pytest.mark.parametrize("data", [b"", b"1,x", b"\xff", b"-1"])
def test_malformed_drags_are_nothing(data):
    mime = QMimeData()
    mime.setData(PHOTO_MIME, data)
    assert photo_ids_of(mime) == ()
