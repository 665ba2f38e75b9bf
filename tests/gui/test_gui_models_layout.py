"""Where things stand on the Models page, and in which order the keys reach them."""

from __future__ import annotations

import pytest
from fake_library import FakeLibrary
from fake_models import OWN, STARTER
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from photoorg.core.modelling import (
    EpochReport,
    TrainingRequest,
    TrainingState,
    TrainingStatus,
)
from photoorg.gui.engines.section import EnginesSection
from photoorg.gui.icons import IconSet
from photoorg.gui.models.compare_view import CompareView
from photoorg.gui.models.page import ModelsPage
from photoorg.gui.models.shelf import read_shelf
from photoorg.gui.models.training_view import axis_end
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.flow_layout import FlowLayout

CROSS = OWN[0]


@pytest.fixture
def theme(qapp):
    theme = ThemeService(Appearance.DARK)
    theme.apply(qapp)
    yield theme
    qapp.setStyleSheet("")


@pytest.fixture
def page(qtbot, theme, tmp_path):
    library = FakeLibrary(tmp_path / "library")
    library.trained = [STARTER, CROSS]
    icons, tasks = IconSet(theme), TaskRunner(1)
    compare = CompareView(library, tasks, theme, icons)
    page = ModelsPage(compare, EnginesSection(library, tasks), theme, icons)
    qtbot.addWidget(page)
    page.resize(1060, 700)
    with qtbot.waitExposed(page):
        page.show()
    page.set_shelf(read_shelf(library))
    QApplication.processEvents()
    yield page
    tasks.shutdown()


def test_the_first_button_of_a_card_begins_where_its_text_does(page) -> None:
    starter, cross = page.cards
    assert cross.use.x() == cross._title.x(), "a frame stands at the edge of the text"
    assert starter.compare.x() < starter._title.x(), "where there is none, its word does"


def test_facts_take_more_lines_where_it_is_narrow(page) -> None:
    card = page.cards[1]
    heights = []
    for width in (1060, 600):
        page.resize(width, 700)
        QApplication.processEvents()
        heights.append(card.height())
        assert card._facts.height() >= card._facts.heightForWidth(card._facts.width())
    assert heights[0] < heights[1]


def test_the_tab_key_goes_from_the_head_to_the_cards_to_the_form(page) -> None:
    page.open_form()
    order = [page.import_button]
    while len(order) < 200 and order[-1] is not page.form.start:
        order.append(order[-1].nextInFocusChain())
    card = page.cards[1]
    wanted = [page.import_button, card.use, card.delete, page.panel_close, page.form.kind]
    places = [order.index(widget) for widget in wanted]
    assert places == sorted(places)


def test_one_thing_is_closed_at_a_time(qtbot, page) -> None:
    assert page.close_button.isVisible()
    page.open_form()
    assert not page.close_button.isVisible()
    qtbot.mouseClick(page.panel_close, Qt.MouseButton.LeftButton)
    assert page.close_button.isVisible()


def test_the_axis_grows_with_the_curve_and_ends_with_it() -> None:
    def end(epoch: int, *, going_on: bool = True) -> int:
        return axis_end(EpochReport(epoch, 400, 0.1), going_on=going_on)

    assert [end(1), end(9), end(10), end(34), end(399), end(400)] == [10, 10, 20, 50, 400, 400]
    assert end(34, going_on=False) == 34


def test_buttons_that_do_not_fit_take_another_line(page) -> None:
    reports = (EpochReport(1, 60, 0.5),)
    request = TrainingRequest("bidnn")
    problem = "Something in photoorg went wrong."
    page.show_training(
        TrainingState(
            request,
            TrainingStatus.FAILED,
            reports=reports,
            problem=problem,
            resumable=True,
            report="Traceback: ...",
        )
    )
    QApplication.processEvents()
    training = page.training
    for button in (training.resume, training.again, training.copy):
        assert button.isVisible()
        assert button.geometry().right() <= training.width()
    right = training.loss.mapTo(page, training.loss.rect().topRight()).x()
    assert right < page.width(), "they do not widen what is above them"


def test_a_training_that_opens_by_itself_takes_the_focus_of_what_it_hides(page) -> None:
    page.focus()
    assert page.train_button.hasFocus()
    page.show_training(TrainingState(TrainingRequest("bidnn"), TrainingStatus.RUNNING))
    assert page.training.cancel.hasFocus()


def test_a_line_of_buttons_is_centred(qtbot, qapp) -> None:
    holder = QLabel()
    qtbot.addWidget(holder)
    layout = FlowLayout(holder, spacing=8)
    low, high = QPushButton("low"), QPushButton("high")
    low.setFixedSize(50, 20)
    high.setFixedSize(50, 32)
    for button in (low, high):
        layout.addWidget(button)
    holder.resize(200, 100)
    holder.show()
    assert (low.y(), high.y()) == (6, 0)
    assert layout.heightForWidth(200) == 32
    assert layout.heightForWidth(60) == 20 + 8 + 32


def test_facts_are_broken_between_not_within() -> None:
    shown = wording.unbroken("My library · 2 photos, 1 tag · EfficientNet-Lite2")
    assert shown.split(" ") == [
        "My\N{NO-BREAK SPACE}library\N{NO-BREAK SPACE}·",
        "2\N{NO-BREAK SPACE}photos,\N{NO-BREAK SPACE}1\N{NO-BREAK SPACE}tag\N{NO-BREAK SPACE}·",
        "EfficientNet-\N{WORD JOINER}Lite2",
    ]
    name = "a folder with a name that is longer than most lines are"
    assert wording.unbroken(name) == name


def test_a_primary_button_that_cannot_be_pressed_looks_so(page) -> None:
    page.open_form()
    page.form.from_folder.click()
    QApplication.processEvents()
    start = page.form.start
    assert not start.isEnabled()
    image = start.grab().toImage()
    assert image.pixelColor(8, image.height() // 2) != page._theme.color("accent_strong")
