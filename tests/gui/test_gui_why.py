"""Why a tag is suggested, in the inspector and over the photo in the viewer."""

from __future__ import annotations

import pytest
from fake_library import FakeLibrary
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from photoorg.core.ids import PhotoId
from photoorg.gui.icons import IconSet
from photoorg.gui.main_window import MainWindow
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.media.decode import load_for_view

CAT, COFFEE = PhotoId(1), PhotoId(2)


@pytest.fixture
def library(tmp_path):
    return FakeLibrary(tmp_path / "library")


@pytest.fixture
def tasks(qapp):
    runner = TaskRunner(2)
    yield runner
    runner.shutdown()


@pytest.fixture
def settle(qtbot, tasks):
    def settle() -> None:
        qtbot.waitUntil(lambda: tasks.busy == 0)
        qtbot.wait(20)
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
def section(window):
    return window.inspector.why


def test_nobody_is_asked_until_it_is_wanted(section, library) -> None:
    assert not section.opened
    assert library.explained == []


def test_the_heading_opens_it_and_closes_it(qtbot, window, section, library, settle) -> None:
    section.fold.setFocus()
    qtbot.keyClick(section.fold, Qt.Key.Key_Space)
    settle()
    assert library.explained == [(CAT, "")]
    assert section.opened
    assert section.panel.words[:2] == ["animal", "whiskers"]
    assert section.panel.bars[0].share == pytest.approx(0.9 * 0.93)
    assert section.panel.bars[0].accessibleName() == "animal, 84 of 100"
    assert window.inspector._preview.shows_heat
    assert section.panel.shows_legend
    qtbot.keyClick(section.fold, Qt.Key.Key_Space)
    assert not section.opened
    assert not window.inspector._preview.shows_heat


def test_a_key_on_a_suggestion_asks_why(qtbot, window, section, library, settle) -> None:
    window.inspector.focus_suggestions()
    chip = QApplication.focusWidget()
    qtbot.keyClick(chip, Qt.Key.Key_W)
    settle()
    assert library.explained == [(CAT, "animal")]
    assert section.panel.title == "Why “animal”?"
    assert section.panel.whole.isVisible()
    section.panel.whole.click()
    settle()
    assert library.explained[-1] == (CAT, "")
    assert not section.panel.whole.isVisible()


def test_a_word_asks_for_itself(qtbot, window, section, library, settle) -> None:
    qtbot.keyClick(window.view, Qt.Key.Key_W)
    settle()
    bar = section.panel.bars[1]
    bar.setFocus()
    qtbot.keyClick(bar, Qt.Key.Key_Return)
    settle()
    assert library.explained == [(CAT, ""), (CAT, "whiskers")]


def test_the_menu_of_a_suggestion_offers_it(window, section, library, settle, monkeypatch) -> None:
    opened = []
    monkeypatch.setattr(window.inspector, "_open", lambda menu, place: opened.append(menu))
    window.inspector._on_suggestion_menu("fur", None)
    why = next(action for action in opened[0].actions() if action.text() == "Why?")
    why.trigger()
    settle()
    assert library.explained == [(CAT, "fur")]


def test_the_next_photo_is_asked_about_while_it_is_open(window, section, library, settle) -> None:
    window.why.ask_in_inspector("fur")
    settle()
    window.view.choose(COFFEE)
    settle()
    assert library.explained == [(CAT, "fur"), (COFFEE, "")]
    assert section.panel.words[0] == "cup"
    window.view.selectAll()
    settle()
    assert len(library.explained) == 2
    assert not window.inspector.why.isVisible()


def test_features_without_a_map_say_so(window, section, library, settle) -> None:
    library.heat_shape = None
    window.why.ask_in_inspector("fur")
    settle()
    assert section.panel.note == "These features do not say where in the photo they look."
    assert not window.inspector._preview.shows_heat
    assert not section.panel.shows_legend


def test_a_photo_that_cannot_be_read_says_so(window, section, library, settle) -> None:
    library.deaf.add(CAT)
    window.why.ask_in_inspector("")
    settle()
    assert section.panel.note == "The file is not there. Connect its drive."
    assert section.panel.words == []
    assert not window.centre.banner.isVisible(), "said once, where it was asked"


def pixel(window) -> QColor:
    canvas = window.viewer._canvas
    image = canvas.grab().toImage()
    return QColor(image.pixel(round(image.width() * 0.42), round(image.height() * 0.45)))


def test_in_the_viewer_the_key_lays_the_map_over_the_photo(qtbot, window, library, settle) -> None:
    window.open_viewer(CAT)
    settle()
    before = pixel(window)
    qtbot.keyClick(window.viewer, Qt.Key.Key_W)
    assert window.viewer.why.note == "Looking at the photo…"
    settle()
    assert window.viewer.shows_heat
    assert window.viewer.why.isVisible()
    assert window.viewer.why.words[0] == "animal"
    assert pixel(window) != before
    assert window.viewer.rect().contains(window.viewer.why.geometry())
    window.viewer.step(1)
    assert not window.viewer.shows_heat, "the map of another photo goes at once"
    settle()
    assert library.explained == [(CAT, ""), (COFFEE, "")]
    assert window.viewer.shows_heat
    qtbot.keyClick(window.viewer, Qt.Key.Key_W)
    assert not window.viewer.shows_heat
    assert not window.viewer.why.isVisible()


def test_what_was_asked_before_is_shown_when_the_viewer_opens(window, library, settle) -> None:
    window.why.ask_in_inspector("fur")
    settle()
    window.open_viewer(CAT)
    settle()
    assert library.explained == [(CAT, "fur")], "nobody is asked twice"
    assert window.viewer.shows_heat
    assert window.viewer.why.isVisible()
    assert window.viewer.why.title == "Why “fur”?"


def test_the_viewer_may_open_before_the_answer(window, library, settle) -> None:
    window.why.ask_in_inspector("fur")
    window.open_viewer(CAT)
    assert window.viewer.why.isVisible()
    settle()
    assert window.viewer.shows_heat


def test_an_answer_opens_its_heading(window, section, settle) -> None:
    window.view.choose(COFFEE)
    window.why.ask(COFFEE)  # perhaps before the inspector has followed
    settle()
    assert section.opened
    assert section.panel.title == "The whole photo"


def test_the_map_moves_and_grows_with_the_photo(window, settle) -> None:
    window.open_viewer(CAT)
    window.why.ask(CAT)
    settle()
    window.viewer.zoom(4.0)
    settle()
    zoomed = window.viewer._canvas.grab().toImage()
    window.viewer._canvas.set_heat(None)
    plain = window.viewer._canvas.grab().toImage()
    assert zoomed != plain


def test_another_model_is_asked_again(window, library, settle) -> None:
    window.why.ask_in_inspector("fur")
    settle()
    window.models.model_changed.emit()
    settle()
    assert library.explained == [(CAT, "fur"), (CAT, "fur")]
