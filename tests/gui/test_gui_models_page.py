"""The Models page in the window: every state of it, by real signals of the library in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from fake_library import FakeLibrary
from fake_models import DAMAGED, OWN, STARTER, report
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from photoorg.core.errors import UsageProblem
from photoorg.core.modelling import TrainingRequest, TrainingState, TrainingStatus
from photoorg.gui.centre import CentrePage
from photoorg.gui.engines.section import EnginesSection
from photoorg.gui.events import PERIOD_MS, LibraryEvents
from photoorg.gui.icons import IconSet
from photoorg.gui.main_window import MainWindow
from photoorg.gui.models.compare_view import CompareView
from photoorg.gui.models.controller import ModelsController
from photoorg.gui.models.page import ModelsPage
from photoorg.gui.models.shelf import epoch_words, made_on, seconds_left, trained_on
from photoorg.gui.status_bar import StatusBar
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.media.decode import load_for_view

CROSS, BIDNN, REGRESSION = OWN


@pytest.fixture
def library(tmp_path):
    return FakeLibrary(tmp_path / "library")


@pytest.fixture
def tasks(qapp):
    runner = TaskRunner(2)
    yield runner
    runner.shutdown()


@pytest.fixture
def window(qtbot, qapp, library, tasks, tmp_path):
    theme = ThemeService(Appearance.DARK)
    settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    window = MainWindow(library, tasks, theme, IconSet(theme), settings, load_for_view)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.browse.loaded and window.folders.folders is not None)
    yield window
    window.release()


@pytest.fixture
def settle(qtbot, tasks):
    def settle() -> None:
        for _ in range(2):
            qtbot.waitUntil(lambda: tasks.busy == 0)
            # The events of the library are gathered for a tenth of a second.
            qtbot.wait(PERIOD_MS + 10)
        qtbot.waitUntil(lambda: tasks.busy == 0)
        QApplication.processEvents()

    return settle


@dataclass
class Desk:
    """The page with its controller, without the window around it.

    Attributes:
        said: what was done.
        problems: what went wrong.
    """

    page: ModelsPage
    models: ModelsController
    status: StatusBar
    said: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@pytest.fixture
def desk(qtbot, library, tasks):
    theme = ThemeService(Appearance.DARK)
    icons = IconSet(theme)
    compare = CompareView(library, tasks, theme, icons)
    page = ModelsPage(compare, EnginesSection(library, tasks), theme, icons)
    status = StatusBar(icons, page)
    events = LibraryEvents(library, page)
    models = ModelsController(library, tasks, events, page, status, tuple, page)
    desk = Desk(page, models, status)
    models.said.connect(desk.said.append)
    tasks.failed.connect(lambda error: desk.problems.append(str(error)))
    qtbot.addWidget(page)
    page.resize(1060, 700)
    with qtbot.waitExposed(page):
        page.show()
    page.activateWindow()
    yield desk
    events.close()


@pytest.fixture
def page(desk):
    return desk.page


@pytest.fixture
def open_page(desk, library, settle):
    def open_page(*models) -> None:
        library.trained = [STARTER, *models]
        desk.models.refresh()
        settle()
        desk.page.focus()

    return open_page


def click(qtbot, button) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


# -- getting there and back -----------------------------------------------------------------------
def test_a_key_leads_there_and_back(qtbot, window, settle) -> None:
    window.view.setFocus()
    qtbot.keyClick(window.view, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert window.centre.shows_models
    assert not window.inspector.isVisible(), "it has nothing to say of models"
    assert window.sidebar.isVisible()
    assert window.sidebar._models.isChecked()
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert window.centre.page is window.view
    assert window.inspector.isVisible()
    assert not window.sidebar._models.isChecked()
    assert window.view.hasFocus()


def test_the_sidebar_leads_there_and_a_tag_leads_away(qtbot, window, settle) -> None:
    click(qtbot, window.sidebar._models)
    settle()
    assert window.centre.shows_models
    window.sidebar.scope_selected.emit(window.sidebar.scope)
    settle()
    assert window.centre.page is window.view


def test_from_the_viewer_the_key_leads_to_the_models(qtbot, window, library, settle) -> None:
    window.open_viewer(library.id_of("chelsea.jpg"))
    qtbot.keyClick(window.viewer, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert not window.in_viewer
    assert window.centre.shows_models


# -- the list -------------------------------------------------------------------------------------
def test_with_the_starter_alone_there_is_one_button(page, open_page) -> None:
    open_page()
    assert page.is_empty
    assert [card.model_id for card in page.cards] == ["starter"]
    assert page.first_button.isVisible()
    assert page.first_button.hasFocus()
    assert not page.train_button.isVisible()


def test_models_say_what_they_are_and_how_good(page, open_page) -> None:
    open_page(CROSS, DAMAGED)
    assert not page.is_empty
    starter, cross, _ = page.cards
    assert starter.marked_in_use
    assert not cross.marked_in_use
    assert [figure.text for figure in cross.figures] == ["61.3", "42.0", "38.5"]
    assert [figure.text for figure in starter.figures] == ["31.4", "–", "–"]  # noqa: RUF001
    assert starter.figures[1].accessibleName() == "Five best tags: not measured"
    assert "mAP" in cross.figures[0].toolTip()
    assert trained_on(CROSS) == "My library · 1,204 photos, 87 tags"
    assert trained_on(REGRESSION).endswith("640 photos, 1 tag")
    assert page.shelf.facts(CROSS) == (
        "Semantic tags · EfficientNet-Lite2, taught by captions · 21 November 2026, 18:04 · 3.4 MB"
    )
    assert page.shelf.facts(STARTER).startswith("MiniLM, taught by captions · EfficientNet")
    assert made_on(replace(CROSS, created="nonsense")) == ""


def test_a_damaged_model_says_why_and_can_only_be_deleted(page, open_page) -> None:
    open_page(CROSS, DAMAGED)
    card = page.cards[2]
    assert card.problem == DAMAGED.problem
    assert card.delete.isVisible()
    for part in (card.use, card.compare, card.export, *card.figures):
        assert not part.isVisible()
    assert card.accessibleName() == "Joint autoencoder, damaged"


def test_the_starter_can_neither_be_deleted_nor_exported(page, open_page) -> None:
    open_page(CROSS)
    assert not page.cards[0].delete.isVisible()
    assert not page.cards[0].export.isVisible()


def test_using_a_model_marks_it_and_asks_for_suggestions_again(
    qtbot, desk, page, open_page, settle
) -> None:
    open_page(CROSS)
    with qtbot.waitSignal(desk.models.model_changed):
        click(qtbot, page.cards[1].use)
    settle()
    assert page.cards[1].marked_in_use
    assert not page.cards[0].marked_in_use
    assert not page.cards[1].use.isVisible()


def test_deleting_asks_in_its_place_and_the_harmless_answer_has_the_focus(
    qtbot, page, library, open_page, settle
) -> None:
    open_page(CROSS, BIDNN)
    card = page.cards[1]
    card.delete.setFocus()
    qtbot.keyClick(card.delete, Qt.Key.Key_Space)
    assert card.asking
    assert card.keep.hasFocus()
    qtbot.keyClick(card.keep, Qt.Key.Key_Escape)
    assert not card.asking
    assert card.delete.hasFocus()
    click(qtbot, card.delete)
    click(qtbot, card.keep)
    assert len(library.trained) == 3
    click(qtbot, card.delete)
    click(qtbot, card.confirm)
    settle()
    assert [card.model_id for card in page.cards] == ["starter", BIDNN.model_id]
    assert not page.cards[1].asking, "the next model takes the place, not the question"


def test_deleting_the_model_in_use_brings_the_starter_back(
    desk, page, library, open_page, settle
) -> None:
    open_page(CROSS)
    assert page.cards[1].question == "Delete it for good?"
    desk.models.use(CROSS.model_id)
    settle()
    assert page.cards[1].question == "Delete it for good? The starter takes over."
    desk.models.delete(CROSS.model_id)
    settle()
    assert page.is_empty
    assert page.cards[0].marked_in_use


@pytest.mark.parametrize("models", [(), (CROSS,)], ids=["none", "one"])
def test_the_focus_is_on_the_first_button_once_the_models_are_read(
    window, library, settle, models
) -> None:
    library.trained = [STARTER, *models]
    window.show_page(CentrePage.MODELS)
    page = window.centre.models
    assert not page.is_empty, "nobody knows yet"
    settle()
    assert (page.train_button if models else page.first_button).hasFocus()


def test_export_and_import(desk, page, library, open_page, settle, tmp_path: Path) -> None:
    open_page(CROSS)
    file = tmp_path / "mine.photoorg-model"
    desk.models.export(CROSS.model_id, file)
    settle()
    assert library.exported == [(CROSS.model_id, file)]
    assert desk.said == ["Exported to mine.photoorg-model"]
    desk.models.import_file(file)
    settle()
    assert [card.model_id for card in page.cards][-1] == "mine"
    desk.models.import_file(tmp_path / "holiday.zip")
    settle()
    assert desk.problems == ["holiday.zip holds no model."]


def test_a_model_that_cannot_be_used_says_so_and_the_other_stays(
    desk, page, open_page, settle
) -> None:
    open_page(CROSS, DAMAGED)
    desk.models.use(DAMAGED.model_id)
    settle()
    assert DAMAGED.problem in desk.problems[0]
    assert page.cards[0].marked_in_use


# -- the form -------------------------------------------------------------------------------------
@pytest.fixture
def form(page, open_page):
    open_page(CROSS)
    page.open_training()
    return page.form


def test_the_button_opens_the_form(qtbot, page, open_page) -> None:
    open_page(CROSS)
    click(qtbot, page.train_button)
    assert page.panel is page.form
    assert page.form.kind.hasFocus()
    assert not page.train_button.isVisible()


def test_a_refusal_is_said_at_the_form(qtbot, form, library, settle) -> None:
    library.refusal = UsageProblem("None of the photos has a tag.", "Tag some photos first.")
    form.start.click()
    settle()
    assert form.problem == "None of the photos has a tag. Tag some photos first."
    library.refusal = None
    form.start.click()
    settle()
    assert form.problem == ""


# -- training -------------------------------------------------------------------------------------
@pytest.fixture
def training(page, form, settle):
    form.kind.choose("cross-modal-2")
    form.start.click()
    settle()
    return page.training


def test_a_training_shows_its_stage_then_its_curves(page, training, library, settle) -> None:
    assert page.panel is training
    assert training.headline == "Training Cross-Modal II"
    assert training.head.isVisible()
    assert training.explanation == "Reading photos"
    assert training.cancel.isVisible()
    assert not training.held_out.isVisible(), "nothing is measured yet"
    library.learn(12)
    settle()
    assert training.explanation == "Epoch 12 of 60", "the headline says that it trains"
    assert [curve.name for curve in training.loss.curves] == ["training", "held out"]
    assert [len(curve.points) for curve in training.held_out.curves] == [12, 12]
    assert training.held_out.isVisible()
    assert training._bar.value() / training._bar.maximum() == pytest.approx(0.2)
    assert training._left.text() == "At most about 2 min left"


def test_of_a_training_in_parts_the_loss_of_the_newest_is_drawn(training, library, settle) -> None:
    library.learn(5)
    state = library.training()
    later = tuple(replace(report(epoch), part=2) for epoch in (6, 7, 8))
    library.tell(replace(state, reports=(*state.reports, *later)))
    settle()
    losses = [[epoch for epoch, _ in curve.points] for curve in training.loss.curves]
    assert losses == [[6, 7, 8], [6, 7, 8]]
    assert [len(curve.points) for curve in training.held_out.curves] == [8, 8]


def test_one_may_leave_and_the_status_bar_leads_back(qtbot, window, library, settle) -> None:
    page = window.centre.models
    training = page.training
    window.models.train(TrainingRequest("cross-modal-2"))
    settle()
    library.learn(12)
    settle()
    page.close_panel()
    assert page.train_button.text() == "Show training"
    window.show_page(CentrePage.PHOTOS)
    assert window.status.isVisible()
    assert window.status._training.text() == "Training Cross-Modal II, epoch 12 of 60"
    library.learn(13)
    settle()
    assert window.centre.page is window.view, "it does not come back by itself"
    click(qtbot, window.status._training)
    assert window.centre.shows_models
    assert page.panel is training
    assert training.explanation == "Epoch 13 of 60"


def test_stopping_and_going_on(qtbot, desk, training, library, settle) -> None:
    library.learn(12)
    settle()
    training.cancel.setFocus()
    qtbot.keyClick(training.cancel, Qt.Key.Key_Space)
    settle()
    assert training.headline == "Cross-Modal II was stopped"
    assert training.explanation == "At epoch 12 of 60. What it learned so far is kept."
    assert training.resume.isVisible()
    assert training.resume.hasFocus(), "the focus goes to what takes the place"
    assert not training.cancel.isVisible()
    assert desk.status.isHidden()
    qtbot.keyClick(training.resume, Qt.Key.Key_Space)
    settle()
    assert library.requests[0] == library.requests[1]
    assert training.cancel.isVisible()
    assert training.cancel.text() == "Stop training"


def test_a_stopped_training_can_be_found_again(page, training, library, settle) -> None:
    library.cancel_training()
    settle()
    page.close_panel()
    page.open_training()
    assert page.panel is training
    assert training.resume.hasFocus()
    training.again.click()
    assert page.panel is page.form


@pytest.mark.parametrize("resumable", [True, False])
def test_a_failure_is_said_in_words(training, library, settle, resumable) -> None:
    library.fail("The disk is full.", resumable=resumable)
    settle()
    assert training.headline == "Cross-Modal II failed"
    assert training.explanation == "The disk is full."
    assert training.resume.isVisible() is resumable
    assert training.again.isVisible()
    assert training.again.text() == "Change the choices"


def test_a_bug_comes_with_a_report_to_be_copied(qtbot, training, library, settle) -> None:
    assert not training.copy.isVisible()
    state = replace(library.training(), status=TrainingStatus.FAILED, report="Traceback: ...")
    library.tell(replace(state, problem="Something went wrong in photoorg."))
    settle()
    click(qtbot, training.copy)
    assert QGuiApplication.clipboard().text() == "Traceback: ..."


def test_a_finished_model_can_be_used_at_once(qtbot, page, training, library, settle) -> None:
    library.learn(60)
    library.finish(replace(CROSS, model_id="fresh"))
    settle()
    assert training.headline == "Cross-Modal II is ready"
    assert [figure.text for figure in training.figures] == ["61.3", "42.0", "38.5"]
    assert training.use.isEnabled()
    click(qtbot, training.use)
    settle()
    assert page.cards[-1].marked_in_use
    assert not training.use.isEnabled()
    assert training.use.text() == "In use"
    click(qtbot, training.again)
    assert page.panel is page.form


def test_a_training_that_ends_out_of_sight_is_told(desk, training, library, settle) -> None:
    desk.page.hide()
    library.finish()
    settle()
    assert desk.said == ["Cross-Modal II is ready"]


def test_one_training_at_a_time_leads_to_the_one_that_runs(page, training) -> None:
    page.close_panel()
    page.open_training()
    assert page.panel is training


def test_escape_goes_one_step_back_at_a_time(qtbot, page, training) -> None:
    qtbot.keyClick(training.cancel, Qt.Key.Key_Escape)
    assert page.panel is None
    with qtbot.waitSignal(page.closed):
        qtbot.keyClick(page.focusWidget(), Qt.Key.Key_Escape)


def test_who_starts_a_training_by_key_has_its_button_next(
    qtbot, page, form, library, settle
) -> None:
    form.start.setFocus()
    qtbot.keyClick(form.start, Qt.Key.Key_Space)
    settle()
    assert page.panel is page.training
    assert page.training.cancel.hasFocus()


def test_words_of_a_training() -> None:
    state = TrainingState(TrainingRequest("bidnn"), TrainingStatus.RUNNING, "Reading photos")
    assert epoch_words(state) == ""
    assert seconds_left(state) is None


# -- room -----------------------------------------------------------------------------------------
def test_nothing_is_wider_than_its_room(desk, page, training, library, settle) -> None:
    library.trained = [STARTER, *OWN, DAMAGED]
    desk.models.refresh()
    library.learn(12)
    settle()
    for width in (580, 800, 1060):
        page.resize(width, 600)
        page.open_training()
        QApplication.processEvents()
        assert page._list.isVisible() is (width == 1060), "list or panel where both do not fit"
        page.close_panel()
        QApplication.processEvents()
        assert page._list.isVisible()
        for card in page.cards:
            assert card.mapTo(page, card.rect().topRight()).x() <= width
            for part in (card.delete, *card.figures):
                if part.isVisible():
                    assert part.geometry().right() <= card.width()
                    assert part.width() >= part.minimumSizeHint().width()


# -- events ---------------------------------------------------------------------------------------
def test_of_many_words_on_a_training_the_newest_is_told(qtbot, library) -> None:
    events = LibraryEvents(library)
    told: list[TrainingState] = []
    events.trained.connect(told.append)
    library.train(TrainingRequest("bidnn"))
    for epoch in range(1, 61):
        library.learn(epoch)
    library.finish()
    qtbot.waitUntil(lambda: bool(told))
    assert [state.status for state in told] == [TrainingStatus.FINISHED]
    events.close()
