"""The review: two keys for each photo, every answer one undo step, and what comes at the end."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from fake_library import FakeLibrary
from fake_quality import REPORT, trusted
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel

from photoorg.core.changes import ChangeSet, Operation
from photoorg.core.errors import EnvironmentProblem
from photoorg.core.ids import PhotoId, Revision
from photoorg.core.quality import QualityReport
from photoorg.gui.events import PERIOD_MS
from photoorg.gui.icons import IconSet
from photoorg.gui.main_window import MainWindow
from photoorg.gui.quality.reviewing import QUESTIONS
from photoorg.gui.quality.session import Verdict
from photoorg.gui.quality.summary import SummaryRow
from photoorg.gui.shortcuts import Command, Where
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.media.decode import DecodedImage, load_for_view

Key = Qt.Key
GARDEN = "Grandma's garden"


class Gate:
    """Reads photos, as soon as it is open."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.open = threading.Event()
        self.open.set()

    def __call__(self, path: Path, max_side: int | None) -> DecodedImage:
        self.asked.append(path.name)
        self.open.wait(5)
        return load_for_view(path, max_side)


@pytest.fixture
def library(tmp_path):
    return FakeLibrary(tmp_path / "library")


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.open.set()


@pytest.fixture
def tasks(qapp):
    runner = TaskRunner(4)
    yield runner
    runner.shutdown()


@pytest.fixture
def window(qtbot, library, tasks, gate, tmp_path):
    theme = ThemeService(Appearance.DARK)
    settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    window = MainWindow(library, tasks, theme, IconSet(theme), settings, gate)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.browse.loaded and window.folders.folders is not None)
    yield window
    gate.open.set()
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
def begin(window, settle):
    """Open the page and begin: a review of a tag, of all with "", or a look for mistakes."""

    def begin(tag: str = "", *, mistakes: bool = False):
        window.sidebar.quality_requested.emit("")
        settle()
        page = window.centre.quality.page
        (page.mistakes_requested if mistakes else page.review_requested).emit(tag)
        settle()
        return window.centre.quality.review

    return begin


@pytest.fixture
def press(qtbot, window):
    def press(key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
        qtbot.keyClick(window.focusWidget(), key, modifier)

    return press


def undo(press) -> None:
    press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


# -- questions and answers ------------------------------------------------------------------------
def test_a_review_takes_all_of_the_window(window, begin) -> None:
    review = begin(GARDEN)
    assert window.centre.is_immersed
    for part in (window.sidebar, window.inspector, window.top_bar):
        assert not part.isVisible()
    assert review.question.headline == "Is this “Grandma's garden”?"
    assert review.question.sure == "61 % sure"
    assert review.case.photo_id == 1
    assert review.shows_photo
    assert review.question.count == ""


@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        (Key.Key_Y, Verdict.YES),
        (Key.Key_Right, Verdict.YES),
        (Key.Key_N, Verdict.NO),
        (Key.Key_Left, Verdict.NO),
        (Key.Key_S, Verdict.SKIP),
        (Key.Key_Space, Verdict.SKIP),
    ],
)
def test_each_key_answers_and_goes_on(library, begin, press, settle, key, verdict) -> None:
    review = begin(GARDEN)
    press(key)
    assert review.case.photo_id == 2, "the next is there at once"
    settle()
    assert (GARDEN in library.confirmed(PhotoId(1))) is (verdict is Verdict.YES)
    assert (GARDEN in library.rejected(PhotoId(1))) is (verdict is Verdict.NO)


def test_buttons_answer_too_and_leave_the_keyboard_alone(
    qtbot, window, library, begin, settle
) -> None:
    review = begin(GARDEN)
    button = review.question.answers[Verdict.NO].button
    assert button.accessibleName() == "No"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    settle()
    assert GARDEN in library.rejected(PhotoId(1))
    assert window.focusWidget() is review.asking


def test_the_next_photo_is_prepared_so_that_a_press_shows_it_at_once(
    begin, press, gate, settle
) -> None:
    review = begin(GARDEN)
    gate.open.clear()
    press(Key.Key_N)
    assert review.case.photo_id == 2
    assert review.shows_photo, "no thread was needed"
    press(Key.Key_N)
    assert review.case.photo_id == 3
    assert review.shows_photo


def test_nobody_answers_for_a_photo_that_is_not_to_be_seen_yet(
    library, begin, press, gate, settle, monkeypatch
) -> None:
    review = begin(GARDEN)
    gate.open.clear()
    monkeypatch.setattr(library, "thumbnail_path", lambda key: Path("gone.jpg"))
    for _ in range(6):
        press(Key.Key_N)
    seen = review.case.photo_id
    assert seen < 6, "it waits for a photo that is not decoded"
    assert not review.shows_photo
    gate.open.set()
    settle()
    assert review.shows_photo
    assert review.case.photo_id == seen
    assert GARDEN not in library.rejected(seen)


def test_a_key_that_is_held_down_answers_once(window, begin) -> None:
    review = begin(GARDEN)
    for command in (Command.ANSWER_YES, Command.ANSWER_NO, Command.ANSWER_LATER):
        assert not window.commands.action(command, Where.REVIEW).autoRepeat()
    held = QKeyEvent(
        QKeyEvent.Type.KeyPress, Key.Key_Y, Qt.KeyboardModifier.NoModifier, "y", True, 1
    )
    QApplication.sendEvent(review.asking, held)
    assert review.case.photo_id == 1


def test_more_questions_are_asked_for_before_they_run_out(library, begin, press, settle) -> None:
    library.count = 120
    library.quality.photos = 120
    review = begin(GARDEN)
    assert library.quality.times("review") == 1
    for _ in range(QUESTIONS - 8):
        press(Key.Key_S)
        settle_photo(review, settle)
    settle()
    asked = [call for call in library.quality.calls if call[0] == "review"]
    assert len(asked) == 2
    skipped = asked[1][3]
    assert (PhotoId(1), GARDEN) in skipped
    assert review.case.photo_id == QUESTIONS - 7


def is_seen(label: QLabel) -> bool:
    return label.isVisible() and not label.visibleRegion().isEmpty()


def settle_photo(review, settle) -> None:
    if not review.shows_photo:
        settle()


def test_what_is_known_is_not_asked_again(library, begin, press, settle) -> None:
    review = begin(GARDEN)
    for _ in range(12):
        press(Key.Key_S)
        settle_photo(review, settle)
    settle()
    assert review.shows_end, "twelve photos, twelve questions"
    assert review.summary.headline == "Nothing answered"
    assert review.summary.sentence == "0 yes · 0 no · 12 skipped"


def test_all_tags_are_asked_about_in_turn(begin, press) -> None:
    review = begin()
    assert review.question.headline == "Is this “Grandma's garden”?"
    press(Key.Key_N)
    assert review.question.headline == "Is this “people”?"
    assert review.shows_photo, "it is the same photo"
    assert review.question.changes == "Tags suggested: 4\nPhotos waiting: 1,264"


# -- taking back ----------------------------------------------------------------------------------
def test_undo_takes_the_answer_back_and_returns_to_its_photo(
    window, library, begin, press, settle
) -> None:
    review = begin(GARDEN)
    press(Key.Key_Y)
    press(Key.Key_N)
    settle()
    assert review.question.count == "1 yes · 1 no"
    assert review.question.last == "No to “Grandma's garden”\nCtrl+Z goes back"
    undo(press)
    settle()
    assert review.case.photo_id == 2
    assert GARDEN not in library.rejected(PhotoId(2))
    assert GARDEN in library.confirmed(PhotoId(1)), "one step at a time"
    assert review.question.last == "Taken back: answer again"
    assert not window.toast.isVisible(), "it would lie over the buttons"
    undo(press)
    settle()
    assert review.case.photo_id == 1
    assert GARDEN not in library.confirmed(PhotoId(1))
    undo(press)
    assert review.question.last == "There is nothing to take back here"


def test_a_skipped_photo_is_returned_to_without_undoing_anything(
    library, begin, press, settle
) -> None:
    review = begin(GARDEN)
    press(Key.Key_Y)
    press(Key.Key_S)
    settle()
    undo(press)
    settle()
    assert review.case.photo_id == 2
    assert GARDEN in library.confirmed(PhotoId(1))


def test_quick_presses_are_taken_back_in_order(library, begin, press, settle) -> None:
    review = begin(GARDEN)
    press(Key.Key_Y)
    undo(press)
    settle()
    assert review.case.photo_id == 1
    assert GARDEN not in library.confirmed(PhotoId(1))
    press(Key.Key_N)
    settle()
    assert GARDEN in library.rejected(PhotoId(1))


def test_an_answer_that_changed_nothing_takes_nothing_else_back(
    library, begin, press, settle, monkeypatch
) -> None:
    begin(GARDEN)
    press(Key.Key_Y)
    settle()
    unchanged = ChangeSet(frozenset(), Revision(1))
    monkeypatch.setattr(library, "apply", lambda operation: unchanged)
    press(Key.Key_N)
    settle()
    undo(press)
    settle()
    assert GARDEN in library.confirmed(PhotoId(1)), "its step was not the newest answer's"


def test_an_answer_that_could_not_be_kept_is_asked_again(
    window, library, begin, press, settle, monkeypatch
) -> None:
    review = begin(GARDEN)

    def full(operation: Operation) -> ChangeSet:
        raise EnvironmentProblem("The disk is full.", "Make room.")

    monkeypatch.setattr(library, "apply", full)
    press(Key.Key_Y)
    settle()
    assert review.case.photo_id == 1
    assert review.question.last == "That could not be kept: answer again"
    assert window.centre.banner.isVisible()
    assert window.centre.banner.message.text() == "The disk is full."


def test_after_the_review_undo_goes_on_as_everywhere(window, library, begin, press, settle) -> None:
    begin(GARDEN)
    press(Key.Key_Y)
    settle()
    press(Key.Key_Escape)
    press(Key.Key_Escape)
    settle()
    assert window.centre.quality.page.isVisible()
    undo(press)
    settle()
    assert GARDEN not in library.confirmed(PhotoId(1))


# -- what came of it ------------------------------------------------------------------------------
def test_news_change_the_questions_to_come_but_not_the_one_on_show(
    library, begin, press, settle
) -> None:
    review = begin(GARDEN)
    press(Key.Key_Y)
    settle()
    assert review.question.changes == "84 % right\nWaiting: 18"
    library.quality.learned(trusted(GARDEN, 0.91, 0.7, waiting=30))
    settle()
    assert review.case.photo_id == 2
    assert review.question.changes == "84 % → 91 % right\nWaiting: 18 → 30"
    assert library.quality.times("review") == 2
    library.quality.tell(replace(library.quality.current, learning=True))
    settle()
    assert library.quality.times("review") == 2, "it has not learned anything new yet"
    assert review.question.changes.startswith("Learning from your answers…")


def test_the_end_sums_up_and_has_the_model_learn(window, library, begin, press, settle) -> None:
    review = begin()
    for key in (Key.Key_Y, Key.Key_N, Key.Key_Y, Key.Key_S):
        press(key)
    settle()
    press(Key.Key_Escape)
    settle()
    assert review.shows_end
    assert library.quality.times("learn_now") == 1
    summary = review.summary
    assert summary.headline == "3 answers"
    assert summary.sentence == "2 yes · 1 no · 1 skipped"
    assert summary.state == "The model is learning from your answers…"
    assert summary.rows == (
        SummaryRow(GARDEN, "2 yes · 0 no", "84 % right"),
        SummaryRow("people", "0 yes · 1 no", "64 % right"),
    )
    library.quality.learned(trusted(GARDEN, 0.91, 0.7))
    settle()
    assert summary.rows[0].change == "84 % → 91 % right"
    assert summary.state == ""
    shown = [label.text() for label in summary._table.findChildren(QLabel) if is_seen(label)]
    assert shown == [GARDEN, "2 yes · 0 no", "84 % → 91 % right", "people", *shown[4:]]
    assert len(shown) == 6
    assert not summary.grab().isNull()
    press(Key.Key_Return)
    settle()
    assert window.centre.quality.page.isVisible()
    assert window.sidebar.isVisible()
    assert window.quality.reviewing.session is None


def test_undo_at_the_end_returns_to_the_last_photo(library, begin, press, settle) -> None:
    review = begin(GARDEN)
    press(Key.Key_Y)
    press(Key.Key_Escape)
    settle()
    assert review.shows_end
    undo(press)
    settle()
    assert not review.shows_end
    assert review.case.photo_id == 1
    assert GARDEN not in library.confirmed(PhotoId(1))
    press(Key.Key_N)
    settle()
    assert GARDEN in library.rejected(PhotoId(1)), "the keys are where they were"


def test_going_on_after_the_end_keeps_the_count(qtbot, begin, press, settle) -> None:
    review = begin(GARDEN)
    press(Key.Key_Y)
    press(Key.Key_Escape)
    settle()
    qtbot.mouseClick(review.summary.more, Qt.MouseButton.LeftButton)
    settle()
    assert not review.shows_end
    assert review.case.photo_id == 2
    assert review.question.count == "1 yes · 0 no"
    assert review.asking.hasFocus()


def test_leaving_without_an_answer_needs_no_summary(window, library, begin, press) -> None:
    begin(GARDEN)
    press(Key.Key_Escape)
    assert window.centre.quality.page.isVisible()
    assert library.quality.times("learn_now") == 0


def test_a_review_with_nothing_to_ask_says_why(library, begin, press, window) -> None:
    library.quality.photos = 0
    review = begin(GARDEN)
    assert review.shows_end
    assert review.summary.headline == "Nothing to ask for “Grandma's garden” just now"
    assert not review.summary.more.isVisible()
    press(Key.Key_Escape)
    assert window.centre.quality.page.isVisible()


def test_a_row_under_review_before_anything_was_learned(library, begin) -> None:
    library.quality.current = QualityReport(tags=REPORT.tags)
    library.quality.photos = 0
    assert begin("moon").summary.headline == "Nothing was learned yet"


def test_a_library_that_cannot_answer_is_told(window, library, begin) -> None:
    library.quality.refusal = EnvironmentProblem("The drive is gone.", "Connect it.")
    review = begin(GARDEN)
    assert window.centre.banner.message.text() == "The drive is gone."
    assert review.shows_end


# -- probable mistakes ----------------------------------------------------------------------------
def test_mistakes_are_shown_beside_what_they_are_like(library, begin) -> None:
    review = begin(mistakes=True)
    assert review.question.headline == "You tagged this “cat”. Is that right?"
    assert review.question.sure == "The model is 4 % sure of it"
    assert review.neighbours.isVisible()
    assert review.neighbours.title == "Most alike, without “cat”"
    assert review.neighbours.photos == (7, 2, 12)
    assert review.neighbours.column.count == 3
    assert not review.grab().isNull()
    names = [review.question.answers[v].button.accessibleName() for v in (Verdict.NO, Verdict.YES)]
    assert names == ["Take it off", "Keep it"]


def test_a_review_shows_no_neighbours(begin) -> None:
    assert not begin(GARDEN).neighbours.isVisible()


def test_a_mistake_is_taken_off_or_kept(library, begin, press, settle) -> None:
    review = begin(mistakes=True)
    press(Key.Key_N)
    settle()
    assert "cat" in library.rejected(PhotoId(1))
    assert review.question.last == "Took “cat” off\nCtrl+Z goes back"
    press(Key.Key_Y)
    settle()
    assert "travel" in library.confirmed(PhotoId(6))
    assert review.neighbours.column.count == 0
    press(Key.Key_S)
    settle()
    assert review.shows_end
    assert review.summary.sentence == "1 kept · 1 taken off · 1 skipped"


def test_what_was_kept_is_not_asked_again_but_what_was_taken_back_is(
    library, begin, press, settle
) -> None:
    review = begin(mistakes=True)
    press(Key.Key_Y)
    settle()
    press(Key.Key_Y)
    settle()
    undo(press)
    settle()
    press(Key.Key_Escape)
    press(Key.Key_Escape)
    settle()
    review = begin(mistakes=True)
    assert review.case.tag == "travel"


def test_what_was_taken_back_outside_the_review_is_asked_again(
    library, begin, press, settle
) -> None:
    review = begin(mistakes=True)
    press(Key.Key_Y)
    settle()
    press(Key.Key_Escape)
    press(Key.Key_Escape)
    settle()
    library.undo()
    review = begin(mistakes=True)
    assert review.case.tag == "cat"


def test_a_tag_without_mistakes(library, begin) -> None:
    review = begin("temple", mistakes=True)
    assert review.shows_end
    assert review.summary.headline == "No probable mistakes for “temple”"


# -- around it ------------------------------------------------------------------------------------
def test_the_search_key_leaves_the_review_for_the_search_box(
    window, library, begin, press, settle
) -> None:
    begin(GARDEN)
    press(Key.Key_Y)
    press(Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert window.top_bar.isVisible()
    assert window.search._field.hasFocus()
    assert GARDEN in library.confirmed(PhotoId(1))


def test_a_review_that_was_left_for_the_models_goes_on(window, begin, press, settle) -> None:
    review = begin(GARDEN)
    press(Key.Key_Y)
    press(Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert window.centre.shows_models
    assert window.sidebar.isVisible()
    window.sidebar.quality_requested.emit("")
    settle()
    assert window.centre.is_immersed
    assert review.case.photo_id == 2
    assert review.asking.hasFocus()


def test_another_tag_from_the_sidebar_ends_a_review_that_waits(
    window, begin, press, settle
) -> None:
    begin(GARDEN)
    press(Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    window.sidebar.quality_requested.emit("temple")
    settle()
    assert window.centre.quality.page.isVisible()
    assert window.centre.quality.page.list.current_tag() == "temple"


def test_a_photo_whose_file_is_gone_is_shown_as_far_as_it_goes(library, begin) -> None:
    library.missing.add(PhotoId(1))
    review = begin(GARDEN)
    assert review.shows_photo
    assert "no longer there" in review.canvas._message
