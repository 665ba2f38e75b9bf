"""Two models side by side."""

from __future__ import annotations

import pytest
from fake_library import FakeLibrary
from fake_models import DAMAGED, OWN, STARTER
from PySide6.QtCore import Qt

from photoorg.core.ids import PhotoId
from photoorg.core.records import PhotoState, Suggestion
from photoorg.gui.icons import IconSet
from photoorg.gui.models.compare_row import column_rects, spoken
from photoorg.gui.models.compare_view import SELECTED, CompareView
from photoorg.gui.models.comparison import SAMPLE, compare
from photoorg.gui.models.shelf import read_shelf
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService

CROSS, BIDNN, _ = OWN
CAT, COFFEE = PhotoId(1), PhotoId(2)


@pytest.fixture
def library(tmp_path):
    library = FakeLibrary(tmp_path)
    library.trained = [STARTER, CROSS, BIDNN]
    return library


@pytest.fixture
def tasks(qapp):
    runner = TaskRunner(2)
    yield runner
    runner.shutdown()


@pytest.fixture
def view(qtbot, library, tasks):
    theme = ThemeService(Appearance.DARK)
    view = CompareView(library, tasks, theme, IconSet(theme))
    qtbot.addWidget(view)
    view.resize(1060, 700)
    with qtbot.waitExposed(view):
        view.show()
    view.activateWindow()
    return view


@pytest.fixture
def settle(qtbot, tasks):
    def settle() -> None:
        qtbot.waitUntil(lambda: tasks.busy == 0)
        qtbot.wait(20)
        qtbot.waitUntil(lambda: tasks.busy == 0)

    return settle


# -- what is compared -----------------------------------------------------------------------------
def test_agreement_and_own_tags_are_known(library, monkeypatch) -> None:
    answers = {
        "a": [Suggestion("cat", 0.9, "a"), Suggestion("fur", 0.4, "a")],
        "b": [Suggestion("cat", 0.7, "b"), Suggestion("dog", 0.2, "b")],
    }
    monkeypatch.setattr(library, "suggest_with", lambda model, ids, limit: {CAT: answers[model]})
    found = compare(library, "a", "b", [CAT, COFFEE])
    cat, coffee = found.photos
    assert [(v.tag, v.own, v.shared) for v in cat.left] == [
        ("cat", True, True),
        ("fur", False, False),
    ]
    assert [(v.tag, v.own, v.shared) for v in cat.right] == [
        ("cat", True, True),
        ("dog", False, False),
    ]
    assert coffee.left is None
    assert coffee.right is None
    assert found.own_tags == 3
    assert found.found == (1, 1)


def test_recent_photos_with_own_tags_come_first_in_the_order_of_the_grid(tmp_path) -> None:
    library = FakeLibrary(tmp_path, count=100)
    library.trained = [STARTER, CROSS]
    library.set_state(PhotoId(1), PhotoState.PENDING)
    ids = [photo.photo_id for photo in compare(library, "starter", CROSS.model_id).photos]
    assert len(ids) == SAMPLE
    assert ids == sorted(ids)
    assert 1 not in ids
    tagged = [photo for photo in range(2, 60) if library.sample(PhotoId(photo)).tags]
    assert ids == tagged[:SAMPLE]


def test_a_screen_reader_hears_what_is_painted(library) -> None:
    photo = compare(library, CROSS.model_id, BIDNN.model_id, [CAT]).photos[0]
    assert "pet 91 %, your own tag" in spoken(photo.left)
    assert spoken(None) == "This model has not looked at this photo yet."
    assert spoken(()) == "no suggestions"


# -- the view -------------------------------------------------------------------------------------
def test_a_model_is_compared_with_the_one_in_use(view, library, settle) -> None:
    view.open(read_shelf(library), BIDNN.model_id, ())
    settle()
    assert (view.left.picker.key, view.right.picker.key) == (BIDNN.model_id, "starter")
    assert len(view.rows) == 12
    assert view.message == ""
    assert all(row.has_picture for row in view.rows)
    assert [figure.text for figure in view.left.figures] == ["58.9", "40.6", "44.2"]
    assert view.left.found.text() == "Finds 12 of your 12 tags here"
    assert view.left.picker.hasFocus()


def test_the_one_in_use_is_compared_with_another(view, library, settle) -> None:
    view.open(read_shelf(library), "starter", ())
    settle()
    assert (view.left.picker.key, view.right.picker.key) == ("starter", CROSS.model_id)


def test_another_model_is_picked_by_key(qtbot, view, library, settle) -> None:
    view.open(read_shelf(library), CROSS.model_id, ())
    settle()
    qtbot.keyClick(view.right.picker, Qt.Key.Key_Up)
    qtbot.keyClick(view.right.picker, Qt.Key.Key_Down)
    qtbot.keyClick(view.right.picker, Qt.Key.Key_Down)
    settle()
    assert view.right.picker.key == BIDNN.model_id
    assert view.comparison is not None
    assert view.comparison.right == BIDNN.model_id
    assert [figure.text for figure in view.right.figures] == ["58.9", "40.6", "44.2"]


def test_no_model_is_compared_with_itself(view, library, settle) -> None:
    view.open(read_shelf(library), CROSS.model_id, ())
    settle()

    def offered(side) -> list[str]:
        return [action.data() for action in side.picker.menu_actions]

    assert CROSS.model_id not in offered(view.right)
    assert "starter" not in offered(view.left)
    view.right.picker.choose(BIDNN.model_id)
    settle()
    assert BIDNN.model_id not in offered(view.left)
    assert "starter" in offered(view.left)


def test_models_of_one_kind_are_told_apart_by_the_minute(view, library, settle) -> None:
    view.open(read_shelf(library), CROSS.model_id, ())
    settle()
    assert view.left.picker.text() == "Cross-Modal II · 21 Nov 2026, 18:04"


def test_the_selection_can_be_compared_on(view, library, settle) -> None:
    view.open(read_shelf(library), CROSS.model_id, (CAT, COFFEE))
    settle()
    assert view.photos.key == SELECTED
    assert [row.photo.photo_id for row in view.rows] == [CAT, COFFEE]
    view.photos.choose("recent")
    settle()
    assert len(view.rows) == 12


def test_a_model_that_broke_meanwhile_is_said(view, library, settle) -> None:
    shelf = read_shelf(library)
    library.trained[1] = DAMAGED
    library.trained[1] = type(DAMAGED)(
        CROSS.model_id, "x", "x", "", "", "", 0, 0, "", 0, problem="It is cut short."
    )
    view.open(shelf, CROSS.model_id, ())
    settle()
    assert view.message == "It is cut short."
    assert view.rows == ()


def test_an_empty_library_is_said(view, tmp_path, tasks, settle, library) -> None:
    library.count = 0
    view.open(read_shelf(library), CROSS.model_id, ())
    settle()
    assert view.message == "There are no photos to compare on yet."


def test_the_pickers_stand_over_their_columns(view, library, settle, qtbot) -> None:
    view.open(read_shelf(library), CROSS.model_id, ())
    settle()
    row = view.rows[0]
    _, left, right = column_rects(row.width())
    for side, column in ((view.left, left), (view.right, right)):
        assert side.mapTo(view, side.rect().topLeft()).x() == row.mapTo(view, column.topLeft()).x()
        assert side.width() == column.width()


def test_where_it_is_narrow_figures_are_left_out_not_cut_off(view, library, settle) -> None:
    view.open(read_shelf(library), CROSS.model_id, ())
    for width, shown in ((1060, 3), (580, 1)):
        view.resize(width, 600)
        settle()
        for side in (view.left, view.right):
            visible = [figure for figure in side.figures if figure.isVisible()]
            assert len(visible) == shown
            assert all(figure.geometry().right() < side.width() for figure in visible)
            assert side.geometry().right() <= view.width()


def test_back_leads_back(qtbot, view) -> None:
    with qtbot.waitSignal(view.closed):
        qtbot.mouseClick(view.back, Qt.MouseButton.LeftButton)
