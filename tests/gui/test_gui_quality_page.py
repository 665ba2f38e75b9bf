"""The page of tag quality in the window, by real signals of the library in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_library import FakeLibrary
from fake_quality import REPORT, TAGS, too_few, trusted
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtWidgets import QApplication, QMenu

from photoorg.core.quality import QualityReport
from photoorg.core.records import PhotoScope
from photoorg.gui.events import PERIOD_MS
from photoorg.gui.icons import IconSet
from photoorg.gui.main_window import MainWindow
from photoorg.gui.quality.session import ReviewKind
from photoorg.gui.quality.tag_delegate import ROW_HEIGHT, columns
from photoorg.gui.quality.tag_model import Order, Role
from photoorg.gui.sidebar_model import RowKind
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.media.decode import load_for_view

Key = Qt.Key


@pytest.fixture
def library(tmp_path):
    return FakeLibrary(tmp_path / "library")


@pytest.fixture
def tasks(qapp):
    runner = TaskRunner(2)
    yield runner
    runner.shutdown()


@pytest.fixture
def window(qtbot, library, tasks, tmp_path):
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


@pytest.fixture
def page(window, settle):
    window.sidebar.quality_requested.emit("")
    settle()
    return window.centre.quality.page


def names(page) -> list[str]:
    return [quality.tag for quality in page.list.tags]


def press(qtbot, widget, key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.keyClick(widget, key, modifier)


# -- getting there and back -----------------------------------------------------------------------
def test_a_key_leads_there_and_back(qtbot, window, settle) -> None:
    window.view.setFocus()
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    press(qtbot, window.view, Key.Key_M, both)
    settle()
    page = window.centre.quality.page
    assert window.centre.shows_quality
    assert page.list.hasFocus()
    assert not window.inspector.isVisible(), "it has nothing to say of tags in general"
    assert window.sidebar.isVisible()
    assert window.sidebar._quality.isChecked()
    press(qtbot, page.list, Key.Key_Escape)
    assert window.centre.page is window.view
    assert window.inspector.isVisible()
    assert not window.sidebar._quality.isChecked()
    assert window.view.hasFocus()


def test_the_sidebar_leads_there_and_the_models_key_away(qtbot, window, settle) -> None:
    qtbot.mouseClick(window.sidebar._quality, Qt.MouseButton.LeftButton)
    settle()
    assert window.centre.shows_quality
    press(qtbot, window.centre.quality.page.list, Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert window.centre.shows_models
    assert window.sidebar._models.isChecked()
    assert not window.sidebar._quality.isChecked()


def test_a_tag_leads_to_its_own_row(window, settle) -> None:
    window.sidebar.refresh()
    settle()
    model = window.sidebar._model
    index = model.index_of_scope(PhotoScope(tag="travel"))
    row = model.row_of(index)
    assert row.kind is RowKind.TAG
    menu = window.sidebar.create_menu(row, index)
    assert isinstance(menu, QMenu)
    next(a for a in menu.actions() if a.text() == "Quality and review").trigger()
    settle()
    assert window.centre.shows_quality
    assert window.centre.quality.page.list.current_tag() == "travel"


def test_a_tag_that_the_filter_hides_is_shown_all_the_same(window, page, settle) -> None:
    page.filter.setText("cat")
    window.sidebar.quality_requested.emit("travel")
    settle()
    assert page.filter.text() == ""
    assert page.list.current_tag() == "travel"


# -- what it says ---------------------------------------------------------------------------------
def test_the_list_says_all_of_each_tag(page) -> None:
    assert names(page)[:2] == ["people", "Grandma's garden"], "what helps most comes first"
    model = page.list.model()
    spoken = {
        model.index(row).data(Qt.ItemDataRole.DisplayRole): model.index(row).data(
            Qt.ItemDataRole.AccessibleTextRole
        )
        for row in range(model.rowCount())
    }
    dash = "\N{EN DASH}"
    assert spoken["Grandma's garden"] == (
        f"Grandma's garden, Suggested when 62 % sure or more, 84 % right (72{dash}96),"
        f" finds 61 % (45{dash}77), 21 yes · 9 no, 18 waiting"
    )
    assert spoken["moon"] == ("moon, Not enough examples yet: 3 more, 2 yes · 0 no, none waiting")
    first = model.index(0)
    assert first.data(Role.HELP) == "helps most"
    assert "The line marks the 80 %" in first.data(Qt.ItemDataRole.ToolTipRole)
    assert page.summary == "6 tags: 4 suggested, 1 too often wrong, 1 with too few examples"
    assert "judged on 1,204 photos" in page.learned
    assert page.note == REPORT.note


def test_rows_are_painted_at_every_width(page, window, settle) -> None:
    for width in (800, 1000, 1280):
        window.resize(width, 700)
        settle()
        assert not page.grab().isNull()
    wide, middle, narrow = columns(1030), columns(760), columns(540)
    assert wide.recall is not None
    assert middle.recall is None
    assert middle.answers is not None
    assert narrow.answers is None
    for places in (wide, middle, narrow):
        assert places.name.right() < places.precision.left()
        assert places.precision.right() < places.button.left()
        assert places.name.width() >= 180


def test_sorting_and_filtering(qtbot, page) -> None:
    page.order.choose(Order.NAME.value)
    assert names(page) == ["cat", "Grandma's garden", "moon", "people", "temple", "travel"]
    page.list.choose("temple")
    page.order.choose(Order.BEST.value)
    assert names(page)[0] == "cat"
    assert page.list.current_tag() == "temple", "the current tag stays current"
    page.filter.setFocus()
    qtbot.keyClicks(page.filter, "MO")
    assert names(page) == ["moon"]
    qtbot.keyClicks(page.filter, "zz")
    assert not page.list.isVisible()
    assert page._nothing.text() == "No tag is called like “MOzz”."
    press(qtbot, page.filter, Key.Key_Escape)
    assert len(names(page)) == 6
    assert page.isVisible(), "the first Escape only empties the field"


def test_a_library_without_tags_is_told_what_to_do(qtbot, window, page, library, settle) -> None:
    library.quality.tell(QualityReport())
    settle()
    assert page.is_empty
    assert page.empty.button.hasFocus(), "where the list was that held the keyboard"
    assert page.empty.headline.text() == "No tags yet"
    assert not page.review_button.isVisible()
    qtbot.mouseClick(page.empty.button, Qt.MouseButton.LeftButton)
    assert window.centre.page is window.view


def test_the_keyboard_is_not_lost_where_the_list_goes(page) -> None:
    page.list.setFocus()
    page.list.set_filter("zz")
    page._show_found()
    assert page.filter.hasFocus()


def test_before_anything_is_learned_nothing_is_offered(page, library, settle) -> None:
    library.quality.tell(QualityReport(tags=(too_few("moon", 2),)))
    settle()
    assert page.learned == "Nothing was learned yet"
    assert not page.review_button.isEnabled()
    assert not page.back_action.isEnabled()
    assert page.note == ""


def test_rows_follow_the_library(page, library, settle) -> None:
    page.list.choose("temple")
    library.quality.learned(trusted("temple", 0.95, 0.9, gain=0.31, waiting=77))
    settle()
    temple = next(quality for quality in page.list.tags if quality.tag == "temple")
    assert temple.waiting == 77
    assert page.list.current_tag() == "temple"


def test_nothing_is_read_before_the_page_is_asked_for(window, library, settle) -> None:
    library.quality.tell(replace(REPORT, held_out=3))
    settle()
    assert library.quality.times("report") == 0


# -- the wanted precision -------------------------------------------------------------------------
def test_the_slider_sets_the_wanted_precision_once_it_rests(qtbot, page, library, settle) -> None:
    assert page.target.target == 0.8
    assert page.target.meaning == "Of 20 suggestions about 4 may be wrong."
    for _ in range(2):
        press(qtbot, page.target.slider, Key.Key_Right)
    assert page.target.meaning == "Of 20 suggestions about 2 may be wrong."
    assert library.quality.times("set_target") == 0, "it still moves"
    qtbot.waitUntil(lambda: library.quality.times("set_target") > 0)
    settle()
    assert ("set_target", 0.9) in library.quality.calls
    assert library.quality.times("set_target") == 1
    assert page.target.target == 0.9


def test_news_do_not_move_the_knob_from_under_the_hand(qtbot, page, library, settle) -> None:
    press(qtbot, page.target.slider, Key.Key_Left)
    page.set_report(replace(REPORT, learned_at="2026-11-25T22:00:00"))
    assert page.target.target == 0.75
    qtbot.waitUntil(lambda: library.quality.times("set_target") > 0)
    settle()
    assert library.quality.current.target == 0.75


def test_the_ends_of_the_slider(qtbot, page) -> None:
    press(qtbot, page.target.slider, Key.Key_End)
    assert page.target.target == 0.95
    press(qtbot, page.target.slider, Key.Key_Home)
    assert page.target.target == 0.6


# -- reliability ----------------------------------------------------------------------------------
def test_the_plot_is_folded_away_until_it_is_asked_for(page) -> None:
    assert not page.reliability.isVisible()
    page.fold.click()
    assert page.reliability.isVisible()
    assert page.reliability.verdict == "On average a percentage is 3 points off."
    assert page.reliability.plot.bins == REPORT.reliability
    assert "said 8 %, right 5 %" in page.reliability.plot.accessibleDescription()
    assert not page.reliability.plot.grab().isNull()


def test_the_plot_says_where_nothing_was_measured(page) -> None:
    page.set_report(replace(REPORT, reliability=()))
    page.fold.click()
    assert page.reliability.plot.accessibleDescription() == "Nothing measured yet"
    assert not page.reliability.plot.grab().isNull()


# -- what can be asked for ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("before", "said"),
    [(True, "The model before is in use again"), (False, "There is no model before this one")],
)
def test_going_back_to_the_model_before(window, page, library, settle, before, said) -> None:
    library.quality.before = before
    page.back_action.trigger()
    settle()
    assert library.quality.times("go_back") == 1
    assert window.toast.text == said


def test_learning_at_once(page, library, settle) -> None:
    page.learn_action.trigger()
    settle()
    assert library.quality.times("learn_now") == 1
    assert not page.learn_action.isEnabled(), "it is learning already"
    assert "learning again now" in page.learned


def test_the_button_of_a_row_begins_its_review(qtbot, window, page, settle) -> None:
    row = names(page).index("temple")
    place = page.list.visualRect(page.list.model().index(row))
    button = columns(place.width()).button.translated(place.topLeft()).center()
    viewport = page.list.viewport()
    qtbot.mouseMove(viewport, button)
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=button)
    settle()
    session = window.quality.reviewing.session
    assert session is not None
    assert (session.kind, session.tag) == (ReviewKind.UNCERTAIN, "temple")


def test_a_click_beside_the_button_only_chooses(qtbot, window, page, settle) -> None:
    place = page.list.visualRect(page.list.model().index(1))
    beside = place.topLeft() + QPoint(60, ROW_HEIGHT // 2)
    qtbot.mouseClick(page.list.viewport(), Qt.MouseButton.LeftButton, pos=beside)
    settle()
    assert page.list.current_tag() == "Grandma's garden"
    assert window.quality.reviewing.session is None


def test_enter_and_the_menu_of_a_row(qtbot, window, page, settle) -> None:
    page.list.choose("temple")
    menu = page.list.create_menu(page.list.currentIndex())
    texts = {action.text(): action for action in menu.actions()}
    assert list(texts) == ["Review", "Look for mistakes", "Show photos"]
    with qtbot.waitSignal(page.mistakes_requested) as asked:
        texts["Look for mistakes"].trigger()
    assert asked.args == ["temple"]
    settle()
    window.quality.reviewing.stop()
    settle()
    press(qtbot, page.list, Key.Key_Return)
    settle()
    assert window.quality.reviewing.session.tag == "temple"
    window.quality.reviewing.stop()
    texts["Show photos"].trigger()
    settle()
    assert window.centre.page is window.view
    assert window.browse.place.scope.tag == "temple"


def test_a_thousand_tags_are_a_list_like_any_other(page, library, settle) -> None:
    many = tuple(trusted(f"tag {number}", 0.9, 0.5) for number in range(1000))
    library.quality.tell(replace(REPORT, tags=(*TAGS, *many)))
    settle()
    assert len(names(page)) == 1006
    page.list.scrollToBottom()
    assert not page.grab().isNull()
