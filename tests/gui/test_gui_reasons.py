"""Reasons from the person's own photos, beside what the model sees."""

from __future__ import annotations

import threading

import pytest
from fake_library import FakeLibrary
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtWidgets import QApplication

from photoorg.core.changes import AddTag, RejectTag
from photoorg.core.errors import EnvironmentProblem
from photoorg.core.ids import PhotoId
from photoorg.gui.icons import IconSet
from photoorg.gui.main_window import MainWindow
from photoorg.gui.shortcuts import Command, Where
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.media.decode import load_for_view

CAT, COFFEE, ASTRONAUT, ROCKET, HUBBLE, CHINA = map(PhotoId, (1, 2, 3, 4, 5, 6))


@pytest.fixture
def library(tmp_path):
    library = FakeLibrary(tmp_path / "library")
    library.apply(AddTag("animal", (COFFEE, ASTRONAUT, ROCKET, HUBBLE)))
    library.apply(RejectTag("animal", (CHINA,)))
    return library


@pytest.fixture
def tasks(qapp):
    runner = TaskRunner(2)
    yield runner
    runner.shutdown()


@pytest.fixture
def settle(qtbot, tasks):
    def settle() -> None:
        for _ in range(3):
            qtbot.wait(15)
            qtbot.waitUntil(lambda: tasks.busy == 0)
        QApplication.processEvents()

    return settle


@pytest.fixture
def window(qtbot, qapp, library, tasks, tmp_path, settle):
    theme = ThemeService(Appearance.DARK)
    settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    window = MainWindow(library, tasks, theme, IconSet(theme), settings, load_for_view)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.browse.loaded and window.folders.folders is not None)
    window.view.choose(CAT)
    window.view.setFocus()
    settle()
    yield window
    window.release()


@pytest.fixture
def view(window):
    """The reasons in the inspector."""
    return window.why.views[0]


def test_a_suggestion_shows_the_nearest_photos_that_carry_it(window, view, library, settle) -> None:
    assert view.isHidden()
    window.why.ask_in_inspector("animal")
    settle()
    assert library.why.asked == [(CAT, "animal")]
    assert view.near == (COFFEE, ASTRONAUT, ROCKET, HUBBLE)
    assert view.against == (CHINA,)
    assert view.lines == [
        "Your nearest photos with “animal”",
        "Nearest that are not “animal”",
        "12 of 15 photos with “cat” also carry “animal”.",
        "12 of 15 photos with “pet” also carry “animal”.",
    ]


def test_a_click_on_the_chips_mark_asks_why(qtbot, window, view, library, settle) -> None:
    chip = window.inspector._suggested.chip("whiskers")
    assert chip.why_rect().contains(QPoint(6, 12))
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton, pos=QPoint(6, 12))
    settle()
    assert library.why.asked == [(CAT, "whiskers")]
    assert "whiskers" not in library.confirmed(CAT)
    assert view.lines == ["No other photo carries “whiskers” yet."]


def test_reasons_do_not_wait_for_the_map(qtbot, window, view, library, monkeypatch) -> None:
    may_look = threading.Event()
    explain = library.explain

    def slow(photo, tag=""):
        may_look.wait(10)
        return explain(photo, tag)

    monkeypatch.setattr(library, "explain", slow)
    try:
        window.why.ask_in_inspector("animal")
        qtbot.waitUntil(lambda: bool(view.near))
        panel = window.inspector.why.panel
        assert panel.words[0] == "animal"
        assert panel.note == "Looking at the photo…"
        assert not panel.shows_legend
    finally:
        may_look.set()
    qtbot.waitUntil(lambda: panel.shows_legend)
    assert view.near


def test_the_next_question_takes_the_reasons_away_first(window, view, settle) -> None:
    window.why.ask_in_inspector("animal")
    settle()
    window.why.ask_in_inspector("")
    assert view.isHidden()
    settle()
    assert view.isHidden()


def test_a_photo_among_the_reasons_opens(qtbot, window, view, settle) -> None:
    window.why.ask_in_inspector("animal")
    settle()
    near = view.near
    view._near.clicked.emit(near[1])
    settle()
    assert window.in_viewer
    assert window.viewer.current_photo() == near[1]
    window.viewer.step(1)
    assert window.viewer.current_photo() == near[2]
    window.close_viewer()
    assert not window.in_viewer


@pytest.mark.parametrize("tag", ["animal", "a tag whose name takes more than a line of the panel"])
def test_the_viewer_shows_them_over_the_photo(window, settle, library, tag) -> None:
    library.apply(AddTag(tag, (COFFEE, ASTRONAUT, ROCKET, HUBBLE)))
    library.apply(RejectTag(tag, (CHINA,)))
    window.open_viewer(CAT)
    window.why.ask(CAT, tag)
    settle()
    over = window.why.views[1]
    assert len(over.near) == 3
    panel = window.viewer.why
    assert panel.rect().contains(panel.mapFromGlobal(over.mapToGlobal(over.rect().bottomRight())))
    bottom = panel.geometry().bottom()
    assert bottom < window.viewer.height()
    labels = [over._near_title, over._against_title, over._pulls]
    assert all(label.height() >= label.heightForWidth(label.width()) for label in labels)


def test_what_cannot_be_told_is_said(window, view, library, settle) -> None:
    library.why.problem = EnvironmentProblem("The model is not here.", "Install it anew.")
    window.why.ask_in_inspector("animal")
    settle()
    assert view.lines == ["The model is not here. Install it anew."]
    assert view.near == ()


def test_closing_takes_them_away(window, view, settle) -> None:
    window.why.ask_in_inspector("animal")
    settle()
    window.why.close()
    assert view.isHidden()


# -- why a search found a photo -----------------------------------------------------------------
@pytest.fixture
def answer(window, settle):
    window.asking.search_everywhere("cat animal -people type:jpeg")
    settle()
    window.view.choose(CAT)
    settle()


def test_in_an_answer_each_part_is_a_reason(qtbot, window, view, library, answer, settle) -> None:
    action = window.commands.action(Command.SHOW_WHY, Where.PHOTOS)
    assert action.text() == "Why this photo?"
    action.trigger()
    settle()
    assert library.why.found == [("cat animal -people type:jpeg", CAT)]
    panel = window.inspector.why.panel
    assert panel.title == "Why this photo?"
    assert [(bar.text(), round(bar.share, 2)) for bar in view.bars] == [
        ("cat", 0.83),
        ("animal", 0.83),
        ("-people", 0.98),
        ("type:jpeg", 1.0),
    ]
    assert library.explained == [(CAT, "cat")]
    assert panel.note == "The map shows what speaks for “cat”."
    assert [bar.isEnabled() for bar in view.bars] == [True, True, True, False]
    assert window.inspector._preview.shows_heat


def test_a_part_of_the_search_can_be_asked_about(window, view, library, answer, settle) -> None:
    window.why.toggle(CAT)
    settle()
    view.bars[1].click()
    settle()
    assert library.explained[-1] == (CAT, "animal")
    assert window.inspector.why.panel.title == "Why “animal”?"
    assert view.bars == ()


def test_where_no_part_is_seen_there_is_no_map(window, view, library, answer, settle) -> None:
    window.view.choose(HUBBLE)
    settle()
    window.why.ask(HUBBLE)
    settle()
    assert library.explained == []
    note = window.inspector.why.panel.note
    assert note == "The photo shows no part of the search, so there is no map."


def test_outside_of_answers_the_key_keeps_its_name(window, answer, settle) -> None:
    window.search.clear()
    settle()
    action = window.commands.action(Command.SHOW_WHY, Where.PHOTOS)
    assert action.text() == "What the model sees"


def test_a_search_that_cannot_be_explained_still_shows_the_map(
    window, view, library, answer, settle
) -> None:
    library.why.problem = EnvironmentProblem("The model is not here.", "Install it anew.")
    window.why.toggle(CAT)
    settle()
    assert view.lines == ["The model is not here. Install it anew."]
    assert library.explained == [(CAT, "")]
