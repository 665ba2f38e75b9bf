"""Tags for many photos at once: chips in the inspector, the page of suggestions, undo."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from fake_library import FakeLibrary
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtWidgets import QApplication, QMenu

from photoorg.core.changes import AddTag, ConfirmTag, ConfirmTags, RejectTag
from photoorg.core.errors import EnvironmentProblem
from photoorg.core.ids import PhotoId
from photoorg.core.records import PhotoState
from photoorg.gui.bulk import source as bulk_source
from photoorg.gui.centre import CentrePage
from photoorg.gui.icons import IconSet
from photoorg.gui.main_window import MainWindow
from photoorg.gui.shortcuts import Command, Where
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.media.decode import load_for_view

CAT, COFFEE, ROCKET, HUBBLE = map(PhotoId, (1, 2, 4, 5))


@pytest.fixture
def library(tmp_path):
    return FakeLibrary(tmp_path / "library")


@pytest.fixture
def tasks(qapp):
    runner = TaskRunner(2)
    yield runner
    runner.shutdown()


@pytest.fixture
def applied(library, monkeypatch):
    """The operations that reached the library."""
    operations = []
    apply = library.apply

    def note(operation):
        operations.append(operation)
        return apply(operation)

    monkeypatch.setattr(library, "apply", note)
    return operations


@pytest.fixture
def window(qtbot, qapp, library, tasks, tmp_path, applied, monkeypatch):
    monkeypatch.setattr(bulk_source, "WAIT_MS", 0)
    theme = ThemeService(Appearance.DARK)
    settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    window = MainWindow(library, tasks, theme, IconSet(theme), settings, load_for_view)
    window.inspector.bulk.source._timer.setInterval(0)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.browse.loaded and window.folders.folders is not None)
    yield window
    window.release()


@pytest.fixture
def settle(qtbot, tasks, window):
    def settle() -> None:
        for _ in range(3):
            QApplication.processEvents()
            qtbot.wait(15)
            qtbot.waitUntil(lambda: tasks.busy == 0)
        qtbot.wait(120)  # what the library tells is gathered for a tenth of a second
        qtbot.waitUntil(lambda: tasks.busy == 0)
        QApplication.processEvents()

    return settle


@pytest.fixture
def select(window, settle):
    def select(*photos):
        window.view.select_ids(np.asarray(sorted(photos)))
        settle()

    return select


def chips(window):
    return [(chip.data.tag, chip.data.note) for chip in window.inspector.bulk.board.chips]


# -- in the inspector -------------------------------------------------------------------------
def test_chips_say_on_how_many_of_the_photos_a_tag_is_likely(window, select, library):
    select(ROCKET, HUBBLE)
    assert [set(asked) for asked in library.bulk.asked] == [{ROCKET, HUBBLE}]
    assert window.inspector.bulk.isVisible()
    assert not window.inspector._suggesting.isVisible()
    assert chips(window) == [
        ("sky", "2 of 2"),
        ("night", "1 of 2"),
        ("stars", "1 of 2"),
        ("launch pad", "1 of 2"),
    ]
    chip = window.inspector.bulk.board.chips[1]
    assert chip.accessibleName() == "night, suggested for 1 of 2 photos"
    assert chip.hint() == "Enter adds it to these, Backspace rejects"


def test_a_click_accepts_it_for_those_photos_alone(qtbot, window, select, settle, library, applied):
    select(ROCKET, HUBBLE)
    chip = window.inspector.bulk.board.chip("night")
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton, pos=QPoint(8, 12))
    assert "night" not in dict(chips(window))
    settle()
    assert applied == [ConfirmTag("night", (HUBBLE,))]
    assert "night" not in library.confirmed(ROCKET)
    assert ("night", "1/2") in [
        (each.data.tag, each.data.note) for each in window.inspector._tags.chips
    ]
    window.edits.undo()
    settle()
    assert ("night", "1 of 2") in chips(window)


def test_backspace_rejects_it_for_those_photos(qtbot, window, select, settle, library, applied):
    select(ROCKET, HUBBLE)
    chip = window.inspector.bulk.board.chip("sky")
    chip.setFocus()
    qtbot.keyClick(chip, Qt.Key.Key_Backspace)
    settle()
    assert applied == [RejectTag("sky", (ROCKET, HUBBLE))]
    assert "sky" not in dict(chips(window))


def test_one_photo_has_chips_of_its_own(window, select, library):
    select(ROCKET)
    assert not window.inspector.bulk.isVisible()
    assert window.inspector._suggesting.isVisible()
    assert library.bulk.asked == []


def test_photos_that_were_not_looked_at_are_said(window, select, library):
    library.states[CAT] = (PhotoState.PENDING, "")
    select(CAT, HUBBLE)
    assert window.inspector.bulk.state == "1 photo not looked at yet."


def test_a_model_that_cannot_answer_says_so(window, select, library):
    library.bulk.problem = EnvironmentProblem("The model is not here.", "Install it anew.")
    select(CAT, HUBBLE)
    assert window.inspector.bulk.state == "The model is not here. Install it anew."
    assert chips(window) == []


def test_a_selection_that_is_too_large_is_not_asked_about(
    window, select, library, monkeypatch, settle
):
    monkeypatch.setattr(bulk_source, "MOST_PHOTOS", 3)
    window.view.selectAll()
    settle()
    assert library.bulk.asked == []
    assert window.inspector.bulk.state == "Tags are suggested for up to 3 photos."


def test_the_question_before_is_cancelled(window, select, library, settle, monkeypatch):
    tokens = []
    suggest = library.bulk.suggest

    def note(photo_ids, *, token=None, on_progress=None):
        tokens.append(token)
        return suggest(photo_ids, token=token, on_progress=on_progress)

    monkeypatch.setattr(library.bulk, "suggest", note)
    select(CAT, COFFEE)
    select(ROCKET, HUBBLE)
    assert [token.cancelled for token in tokens] == [True, False]


def test_photos_that_change_all_the_time_have_an_answer_yet(
    qtbot, window, select, library, settle, monkeypatch
):
    may_answer = threading.Event()
    suggest = library.bulk.suggest

    def slow(photo_ids, *, token=None, on_progress=None):
        may_answer.wait(10)
        return suggest(photo_ids, token=token, on_progress=on_progress)

    monkeypatch.setattr(library.bulk, "suggest", slow)
    window.view.select_ids(np.asarray([ROCKET, HUBBLE]))
    qtbot.waitUntil(lambda: window.inspector.bulk.source._asking)
    for _ in range(3):
        window.inspector.bulk.source.refresh()
        qtbot.wait(20)
    assert library.bulk.asked == []
    may_answer.set()
    settle()
    assert len(library.bulk.asked) == 2
    assert chips(window)


def test_closing_stops_the_question(qtbot, window, library, tasks, monkeypatch):
    def endless(photo_ids, *, token=None, on_progress=None):
        while True:
            token.check()
            time.sleep(0.005)

    monkeypatch.setattr(library.bulk, "suggest", endless)
    window.view.select_ids(np.asarray([ROCKET, HUBBLE]))
    qtbot.waitUntil(lambda: window.inspector.bulk.source._asking)
    window.bulk.release()
    qtbot.waitUntil(lambda: tasks.busy == 0)


# -- the page ---------------------------------------------------------------------------------
@pytest.fixture
def page(window, select, settle):
    select(CAT, COFFEE, ROCKET, HUBBLE)
    window.inspector.bulk.button.click()
    settle()
    return window.bulk.page


def rows(page):
    return [(row.tag, list(row.chosen)) for row in page.rows]


def test_the_page_shows_each_tag_with_its_photos(window, page):
    assert window.centre.page is page
    assert not window.inspector.isVisible()
    assert page._title.text() == "Suggest tags for 4 photos"
    assert rows(page)[:3] == [("sky", [ROCKET, HUBBLE]), ("animal", [CAT]), ("cup", [COFFEE])]
    assert [tile.photo_id for tile in page.rows[0].tiles.tiles] == [ROCKET, HUBBLE]
    assert page.rows[0].tiles.tiles[0].hint == "rocket.jpg · 81 %"
    count = sum(len(row.chosen) for row in page.rows)
    assert page.summary == f"accepts {count} tags on 4 photos"
    assert page.accept_button.text() == f"Accept {count} tags"


def test_the_slider_moves_counts_at_once(page):
    page.slider.setValue(90)
    assert rows(page) == [("animal", [CAT])]
    assert page.summary == "accepts 1 tag on 1 photo"
    page.slider.setValue(95)
    assert rows(page) == []
    assert page.state == "No tag is so likely Move the slider to the left to see less sure ones."
    assert not page.accept_button.isEnabled()
    page.slider.setValue(15)
    assert len(page.rows) > 10


def test_the_chips_follow_the_slider(window, page, settle):
    page.slider.setValue(80)
    assert chips(window) == [
        ("sky", "1 of 4"),
        ("animal", "1 of 4"),
        ("cup", "1 of 4"),
    ]


def test_a_click_on_a_photo_leaves_it_out(qtbot, window, page, applied, settle, library):
    row = page.rows[0]
    middle = row.tiles.tile_rect(1).center()
    qtbot.mouseClick(row.tiles, Qt.MouseButton.LeftButton, pos=middle)
    assert row.chosen == (ROCKET,)
    assert row.tiles.left_out == {HUBBLE}
    row.accept_button.click()
    settle()
    assert applied == [ConfirmTags((("sky", (ROCKET,)),))]
    assert "sky" not in library.confirmed(HUBBLE)


def test_accepting_all_is_one_step(window, page, applied, settle, library):
    wanted = tuple((row.tag, row.chosen) for row in page.rows)
    before = {photo: library.confirmed(photo) for photo in (CAT, COFFEE, ROCKET, HUBBLE)}
    page.accept_button.click()
    assert page.rows == ()
    settle()
    assert applied == [ConfirmTags(wanted)]
    count = sum(len(photos) for _, photos in wanted)
    assert window.toast.isVisible()
    assert f"Accept {count} suggestions on 4 photos" in window.toast.text
    window.edits.undo()
    settle()
    assert {photo: library.confirmed(photo) for photo in before} == before
    assert [row.tag for row in page.rows] == [tag for tag, _ in wanted]


def test_a_row_is_rejected_for_the_photos_shown(page, applied, settle):
    page.rows[0].reject_button.click()
    settle()
    assert applied == [RejectTag("sky", (ROCKET, HUBBLE))]
    assert "sky" not in [row.tag for row in page.rows]


def test_escape_goes_back_with_the_selection(qtbot, window, page, settle):
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert window.centre.wanted is CentrePage.PHOTOS
    assert window.inspector.isVisible()
    assert set(window.chosen_photos()) == {CAT, COFFEE, ROCKET, HUBBLE}


def test_the_key_opens_it_also_for_one_photo(window, select, settle):
    select(ROCKET)
    window.commands.action(Command.SUGGEST_TAGS, Where.PHOTOS).trigger()
    settle()
    assert window.centre.page is window.bulk.page
    assert window.bulk.page._title.text() == "Suggest tags for 1 photo"
    assert [row.tag for row in window.bulk.page.rows] == ["sky", "launch pad"]


def test_a_page_whose_photos_are_no_longer_chosen_says_so(window, page, settle):
    window.view.clearSelection()
    settle()
    assert page.isVisible()
    assert page.state == "No photo is selected Select some to see their tags."


def test_what_cannot_be_answered_is_said_on_the_page(window, page, library, settle):
    library.bulk.problem = EnvironmentProblem("The model is not here.", "Install it anew.")
    window.bulk.suggest_for((CAT, ROCKET))
    settle()
    assert page.state == "There are no suggestions The model is not here. Install it anew."
    assert not page.accept_button.isVisible()


def test_what_could_not_be_answered_is_said_when_the_page_opens(window, select, library, settle):
    library.bulk.problem = EnvironmentProblem("The model is not here.", "Install it anew.")
    select(CAT, ROCKET)
    window.inspector.bulk.page_requested.emit()
    settle()
    assert window.centre.page is window.bulk.page
    expected = "There are no suggestions The model is not here. Install it anew."
    assert window.bulk.page.state == expected
    library.bulk.problem = None
    window.show_page(CentrePage.PHOTOS)
    select(CAT, HUBBLE)
    window.inspector.bulk.page_requested.emit()
    settle()
    assert "animal" in [row.tag for row in window.bulk.page.rows]
    assert window.bulk.page.state == ""


def test_an_edit_that_fails_brings_the_suggestions_back(window, page, library, settle, monkeypatch):
    def refuse(operation):
        raise EnvironmentProblem("The disk is full.", "Make room.")

    before = rows(page)
    monkeypatch.setattr(library, "apply", refuse)
    page.rows[0].accept_button.click()
    settle()
    assert rows(page) == before


# -- giving a tag to similar photos -------------------------------------------------------------
@pytest.fixture
def spread(window, settle):
    window.bulk.open_spread("rocket")
    settle()
    return window.bulk.spread


def shown(tiles):
    return [tile.photo_id for tile in tiles.tiles]


def test_photos_come_by_likeness_with_a_cut(window, spread, library):
    assert window.centre.page is spread
    assert not window.inspector.isVisible()
    assert library.bulk.spread == [("rocket", ())]
    assert spread._title.text() == "Give “rocket” to similar photos"
    assert spread._about.text().startswith("Most like the 1 photo that carry it first")
    likeness = dict(library.bulk.propagate("rocket").photos)
    above = [photo for photo, score in likeness.items() if score >= library.bulk.cut]
    assert shown(spread.given) == above
    assert shown(spread.others) == [photo for photo in likeness if photo not in above]
    assert ROCKET not in likeness
    assert spread.give_button.text() == f"Give to {len(above)} photos"


def test_the_slider_says_how_alike(spread):
    spread.slider.setValue(spread.slider.maximum())
    assert len(spread.chosen) == 1
    assert spread.give_button.text() == "Give to 1 photo"
    spread.slider.setValue(0)
    assert shown(spread.others) == []
    assert len(spread.chosen) == len(spread.given.tiles)


def test_it_gives_the_tag_in_one_step_and_goes_back(
    qtbot, window, spread, applied, settle, library
):
    first, second = shown(spread.given)[:2]
    less = shown(spread.others)[0]
    middle = spread.given.tile_rect(1).center()
    qtbot.mouseClick(spread.given, Qt.MouseButton.LeftButton, pos=middle)
    spread.others.clicked.emit(less)
    assert second not in spread.chosen
    assert less in spread.chosen
    wanted = spread.chosen
    spread.give_button.click()
    settle()
    assert applied == [AddTag("rocket", wanted)]
    assert window.centre.wanted is CentrePage.PHOTOS
    window.edits.undo()
    settle()
    assert "rocket" not in library.confirmed(first)


def test_those_left_out_can_be_denied_by_a_button(spread, applied, settle):
    assert not spread.deny_button.isVisible()
    first = shown(spread.given)[0]
    spread.given.clicked.emit(first)
    assert spread.deny_button.text() == "Not “rocket” on the 1 left out"
    spread.deny_button.click()
    settle()
    assert applied == [RejectTag("rocket", (first,))]
    assert first not in shown(spread.given)
    assert not spread.deny_button.isVisible()


def test_those_below_the_cut_can_be_denied_too(spread, applied, settle):
    below = shown(spread.others)
    spread.others.clicked.emit(below[0])
    assert spread.deny_others_button.text() == f"Not “rocket” on these {len(below) - 1}"
    spread.deny_others_button.click()
    settle()
    assert applied == [RejectTag("rocket", tuple(below[1:]))]


def test_the_cut_stays_where_the_person_set_it(spread, settle, library):
    spread.slider.setValue(20)
    count = len(spread.given.tiles)
    library.apply(AddTag("unrelated", (CAT,)))
    settle()
    assert library.bulk.spread[-1] == ("rocket", ())
    assert len(library.bulk.spread) == 2
    assert len(spread.given.tiles) == count


def test_a_tag_that_nobody_carries(window, settle):
    window.bulk.open_spread("unheard of")
    settle()
    page = window.bulk.spread
    assert page.state.startswith("No photo carries “unheard of” yet.")
    assert not page.give_button.isVisible()
    page._state.button.click()
    assert window.centre.wanted is CentrePage.PHOTOS


def test_what_goes_wrong_is_said(window, library, settle):
    library.bulk.problem = EnvironmentProblem("The model is not here.", "Install it anew.")
    window.bulk.open_spread("rocket")
    settle()
    assert "The model is not here. Install it anew." in window.bulk.spread.state


def test_the_menu_of_photos_offers_their_tags(window, select, settle, library):
    select(CAT, ROCKET)
    menu = window.actions_on_photos.create_menu(window.view)
    given = next(
        each for each in menu.findChildren(QMenu) if each.title() == "Give a tag to similar photos"
    )
    assert sorted(action.text() for action in given.actions()) == ["cat…", "pet…", "rocket…"]
    next(action for action in given.actions() if action.text() == "pet…").trigger()
    settle()
    assert [(tag, set(seeds)) for tag, seeds in library.bulk.spread] == [("pet", {CAT, ROCKET})]
    assert "like the 2 photos selected" in window.bulk.spread._about.text()


def test_photos_without_tags_have_none_to_pass_on(window, select):
    select(HUBBLE)
    menu = window.actions_on_photos.create_menu(window.view)
    assert "Give a tag to similar photos" not in [action.text() for action in menu.actions()]


def test_a_tag_of_the_sidebar_leads_there(window, settle, library):
    window.sidebar.spread_requested.emit("rocket")
    settle()
    assert window.centre.page is window.bulk.spread
    assert library.bulk.spread == [("rocket", ())]
