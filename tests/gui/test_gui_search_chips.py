"""Chips in the search box: what is one, and how the caret, the keys and the mouse meet them."""

from __future__ import annotations

import pytest
from fake_library import FakeLibrary
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QMouseEvent, QPixmap
from PySide6.QtWidgets import QVBoxLayout, QWidget

from photoorg.core.changes import SaveAlbum
from photoorg.core.ids import PhotoId
from photoorg.gui.icons import IconSet
from photoorg.gui.search.chip_painter import CROSS_ZONE, ChipPainter
from photoorg.gui.search.chips import chips_of, joints_of, photo_token
from photoorg.gui.search.completing import FILTERS, Typing, offers_for, typing_at
from photoorg.gui.search.query_edit import QueryEdit
from photoorg.gui.theme import Appearance, ThemeService

MIXED = 'beach 2*snow -"old house" tag:dog -rating:>=3 like:#12 x'


@pytest.fixture
def edit(qtbot):
    theme = ThemeService(Appearance.DARK)
    pixmap = QPixmap(20, 20)
    pixmap.fill(QColor("green"))
    edit = QueryEdit(ChipPainter(theme, IconSet(theme), lambda _: pixmap), theme)
    window = QWidget()
    QVBoxLayout(window).addWidget(edit)
    window.resize(900, 60)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    edit.setFocus()
    qtbot.waitUntil(edit.hasFocus)
    yield edit
    window.close()


def labels(edit):
    return [chip.label for chip in edit.chips]


def press(qtbot, edit, key, modifiers=Qt.KeyboardModifier.NoModifier):
    qtbot.keyClick(edit, key, modifiers)


@pytest.mark.parametrize(
    ("text", "label", "negative", "weight"),
    [
        ("tag:dog", "dog", False, 1),
        ('-tag:"two words"', "two words", True, 1),
        ("rating:>=3", "≥ 3", False, 1),
        ("rating:=4", "4", False, 1),
        ("date:2021..2023", "2021 \N{EN DASH} 2023", False, 1),
        ("has:gps", "has a place", False, 1),
        ("type:heic", "HEIC", False, 1),
        ("sort:-date", "Oldest first", False, 1),
        ("2*snow", "snow", False, 2),
        ("-people", "people", True, 1),
        ("0.5*“summer house”", "“summer house”", False, 0.5),
        ("album:Trip", "Trip", False, 1),
        ("-2*like:#7", "#7", True, 2),
        ("looks:beach", "looks like beach", False, 1),
    ],
)
def test_what_is_written_on_a_chip(text, label, negative, weight):
    (chip,) = chips_of(text)
    assert (chip.label, chip.negative, chip.weight) == (label, negative, weight)
    assert (chip.start, chip.end, chip.wrong) == (0, len(text), False)


@pytest.mark.parametrize("text", ["beach", "tag:", "rating:>", "like:#", '"', "and", "a - b"])
def test_what_is_no_chip(text):
    assert chips_of(text) == []


def test_a_value_that_means_nothing_is_a_chip_that_says_so():
    wrong = [chip.wrong for chip in chips_of("date:banana sort:up type:x tag:x")]
    assert wrong == [True, True, True, False]


def test_photos_are_known_by_number_or_path():
    chips = chips_of('like:#12 like:"/a b/c.jpg"')
    assert [chip.photo for chip in chips] == [PhotoId(12), "/a b/c.jpg"]
    assert chips_of(photo_token("/a b/c.jpg", -2))[0].weight == 2


def test_operators_and_brackets_are_told_apart():
    text = "(cat or dog) and not tag:x"
    assert [text[a:b] for a, b in joints_of(text)] == ["(", "or", ")", "and", "not"]


@given(st.text('ab "*-+:()tagrin2019.>=<#“”🐈', max_size=40))
def test_chips_of_any_text_lie_in_it_in_order(text):
    at = 0
    for chip in chips_of(text):
        assert at <= chip.start <= chip.value_start <= chip.value_end <= chip.end <= len(text)
        at = chip.end


def test_the_text_is_the_truth_and_chips_are_as_wide_as_painted(edit):
    edit.set_text(MIXED)
    edit.set_caret(0)
    assert edit.text() == MIXED
    assert labels(edit) == ["snow", "“old house”", "dog", "≥ 3", "#12"]
    for chip in edit.chips:
        assert edit.chip_area(chip).width() == pytest.approx(edit._painter.width(chip), abs=1)


def test_a_piece_that_the_caret_touches_is_open_text(qtbot, edit):
    qtbot.keyClicks(edit, "tag:dog")
    assert labels(edit) == []
    qtbot.keyClicks(edit, " ")
    assert labels(edit) == ["dog"]
    press(qtbot, edit, Qt.Key.Key_Left)
    assert labels(edit) == []
    press(qtbot, edit, Qt.Key.Key_Home)
    assert labels(edit) == ["dog"]
    edit.clearFocus()
    assert labels(edit) == ["dog"]


def test_a_photo_is_stepped_over_whole(qtbot, edit):
    edit.set_text("a like:#12 b")
    assert edit.caret() == 12
    places = []
    for _ in range(5):
        press(qtbot, edit, Qt.Key.Key_Left)
        places.append(edit.caret())
    assert places == [11, 10, 2, 1, 0]
    for _ in range(3):
        press(qtbot, edit, Qt.Key.Key_Right)
    assert edit.caret() == 10
    press(qtbot, edit, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert edit.textCursor().selectedText() == "like:#12"
    assert labels(edit) == ["#12"]


def test_backspace_takes_a_chip_away_whole_and_undo_brings_it_back(qtbot, edit):
    edit.set_text("beach tag:dog like:#12 ")
    press(qtbot, edit, Qt.Key.Key_Backspace)
    assert edit.text() == "beach tag:dog "
    press(qtbot, edit, Qt.Key.Key_Backspace)
    assert edit.text() == "beach "
    press(qtbot, edit, Qt.Key.Key_Backspace)
    assert edit.text() == "beach"
    edit.set_text("tag:dog x")
    press(qtbot, edit, Qt.Key.Key_Home)
    press(qtbot, edit, Qt.Key.Key_Delete)
    assert edit.text() == "x"
    edit.undo()
    assert edit.text() == "tag:dog x"


def test_backspace_in_open_text_takes_one_letter(qtbot, edit):
    qtbot.keyClicks(edit, "tag:dogs")
    press(qtbot, edit, Qt.Key.Key_Backspace)
    assert edit.text() == "tag:dog"


def click(edit, x):
    where = QPointF(x, edit.viewport().height() / 2)
    button = Qt.MouseButton.LeftButton
    event = QMouseEvent(
        QEvent.Type.MouseButtonPress, where, where, button, button, Qt.KeyboardModifier.NoModifier
    )
    edit.mousePressEvent(event)


def test_a_click_opens_the_value_and_one_on_the_cross_removes(edit):
    edit.set_text('x -tag:"two words" cat')
    (chip,) = edit.chips
    click(edit, edit.chip_area(chip).left() + 8)
    assert edit.textCursor().selectedText() == "two words"
    assert labels(edit) == []
    edit.set_caret(0)
    click(edit, edit.chip_area(chip).right() - CROSS_ZONE / 2)
    assert edit.text() == "x cat"


def test_copying_copies_the_text(qtbot, edit):
    edit.set_text(MIXED)
    edit.selectAll()
    press(qtbot, edit, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == MIXED


def test_letters_beyond_the_first_plane_do_not_shift_chips(qtbot, edit):
    edit.set_text("🐈🐈 tag:🐕 like:#12 ")
    assert edit.caret() == len("🐈🐈 tag:🐕 like:#12 ")
    assert labels(edit) == ["🐕", "#12"]
    press(qtbot, edit, Qt.Key.Key_Backspace)
    press(qtbot, edit, Qt.Key.Key_Backspace)
    assert edit.text() == "🐈🐈 "


def test_the_caret_stays_in_sight_of_a_long_search(edit):
    edit.window().resize(300, 60)
    edit.set_text(f"{MIXED} {MIXED} ")
    assert 0 < edit.cursorRect().x() < edit.viewport().width()
    assert edit.horizontalScrollBar().value() > 0
    edit.set_caret(0)
    assert edit.horizontalScrollBar().value() == 0


def test_edits_are_told_once_and_looks_are_not(qtbot, edit):
    told = []
    edit.edited.connect(told.append)
    edit.set_text("tag:dog ")
    edit.set_caret(0)
    assert told == []
    qtbot.keyClicks(edit, "a")
    assert told == ["atag:dog "]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("beach tag:do", ("do", "tag")),
        ("-tag:do", ("do", "tag")),
        ("tag:", ("", "tag")),
        ('tag:"two wo', ("two wo", "tag")),
        ('tag:"two words"', None),
        ("do", ("do", "")),
        ("-do", ("do", "")),
        ("tag:dog ", None),
        ('"a phrase', ("phrase", "")),
        ("(be", ("be", "")),
        ("", None),
    ],
)
def test_what_is_being_typed(text, expected):
    typing = typing_at(text, len(text))
    assert (None if typing is None else (typing.typed, typing.prefix)) == expected


def test_every_value_that_is_offered_means_something(tmp_path):
    library = FakeLibrary(tmp_path)
    library.apply(SaveAlbum("My trip", "x"))
    for name in FILTERS:
        offers = offers_for(Typing("", 0, 0, name), library)
        assert offers or name == "name", name
        for offer in offers:
            (chip,) = chips_of(f"{name}:{offer.text}")
            assert not chip.wrong, offer.text
            assert chip.end == len(f"{name}:{offer.text}") - 1


def test_every_filter_that_is_offered_has_a_chip():
    values = {"rating": "3", "date": "2021", "type": "png", "has": "gps", "is": "missing"}
    for name in FILTERS:
        assert chips_of(f"{name}:{values.get(name, 'date')}"), name


def hidden_pieces(edit) -> list[tuple[int, int]]:
    """Return the pieces of text that the layout shows in no colour, [start, end) each."""
    formats = edit.document().firstBlock().layout().formats()
    return [
        (each.start, each.start + each.length)
        for each in formats
        if each.format.foreground().color().alpha() == 0
    ]


@pytest.mark.parametrize("text", ["ab -car", "2*snow", 'dog "old house"', "tag:dog rating:>=3"])
def test_what_is_being_typed_is_never_hidden_and_all_chips_are(qtbot, edit, text) -> None:
    for place, letter in enumerate(text, start=1):
        qtbot.keyClicks(edit, letter)
        assert edit.text() == text[:place]
        assert hidden_pieces(edit) == [(chip.start, chip.end) for chip in edit.chips]
    for place in range(len(text) - 1, -1, -1):
        if len(edit.chips):  # Backspace takes those away whole
            break
        qtbot.keyClick(edit, Qt.Key.Key_Backspace)
        assert edit.text() == text[:place]
        assert hidden_pieces(edit) == [(chip.start, chip.end) for chip in edit.chips]
