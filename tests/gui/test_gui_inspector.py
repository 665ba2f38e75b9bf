"""The inspector with a library that keeps what is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_library import FakeLibrary
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QToolButton

from photoorg.core.changes import (
    AddTag,
    ConfirmTag,
    RejectTag,
    RemoveTag,
    SetRating,
)
from photoorg.core.ids import PhotoId
from photoorg.core.records import PhotoState
from photoorg.gui.icons import IconSet
from photoorg.gui.inspector.inspector import Inspector
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.gui.widgets.chip import ChipKind

CAT, COFFEE, ASTRONAUT, ROCKET, CHINA = (PhotoId(n) for n in (1, 2, 3, 4, 6))


@pytest.fixture
def library(tmp_path):
    return FakeLibrary(tmp_path)


@pytest.fixture
def theme(qapp):
    return ThemeService(Appearance.DARK)


@pytest.fixture
def tasks(qapp):
    runner = TaskRunner(2)
    yield runner
    runner.shutdown()


@pytest.fixture
def operations():
    return []


@pytest.fixture
def inspector(qtbot, library, tasks, theme, operations):
    inspector = Inspector(library, tasks, theme, IconSet(theme))
    qtbot.addWidget(inspector)

    def carry_out(operation):
        operations.append(operation)
        inspector.on_change(library.apply(operation))

    inspector.operation_requested.connect(carry_out)
    inspector.resize(300, 800)
    with qtbot.waitExposed(inspector):
        inspector.show()
    inspector.activateWindow()
    return inspector


@pytest.fixture
def select(qtbot, inspector, tasks):
    def select(*photos):
        inspector.set_selection(photos)
        settle(qtbot, tasks)

    return select


def settle(qtbot, tasks):
    qtbot.waitUntil(lambda: tasks.busy == 0)
    qtbot.wait(20)  # a task counts as done a moment before its answer is posted


def tags(inspector):
    return [(chip.data.tag, chip.data.note) for chip in inspector._tags.chips]


def suggestions(inspector):
    return [chip.data.tag for chip in inspector._suggested.chips]


def test_nothing_selected_is_a_quiet_hint(inspector):
    assert inspector._nothing.isVisible()
    assert not inspector._scroll.isVisible()


def test_one_photo_shows_its_name_tags_suggestions_and_picture(inspector, select):
    select(CAT)
    assert inspector._title.text() == "chelsea.jpg"
    assert tags(inspector) == [("cat", ""), ("pet", "")]
    assert suggestions(inspector) == ["animal", "whiskers", "kitten", "indoors", "fur"]
    assert inspector._preview.picture_count == 1
    assert not inspector._nothing.isVisible()


def test_a_click_on_a_suggestion_makes_it_a_tag(
    qtbot, inspector, select, library, tasks, operations
):
    select(CAT)
    chip = inspector._suggested.chip("animal")
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton, pos=QPoint(20, 12))
    settle(qtbot, tasks)
    assert operations == [ConfirmTag("animal", (CAT,))]
    assert "animal" in library.confirmed(CAT)
    assert ("animal", "") in tags(inspector)
    assert "animal" not in suggestions(inspector)


def test_suggestions_that_are_less_sure_are_shown_when_they_are_wanted(
    qtbot, inspector, select, library
):
    library.doubted = {"kitten", "fur"}
    select(CAT)
    assert suggestions(inspector) == ["animal", "whiskers", "indoors"]
    assert inspector._less_sure.text() == "2 less sure"
    qtbot.mouseClick(inspector._less_sure, Qt.MouseButton.LeftButton)
    assert suggestions(inspector) == ["animal", "whiskers", "kitten", "indoors", "fur"]
    assert inspector._less_sure.text() == "Only sure suggestions"
    library.doubted = set()
    select(COFFEE)
    assert not inspector._less_sure.isVisible()


def test_an_accepted_chip_flies_and_arrives(qtbot, inspector, select, tasks, monkeypatch):
    monkeypatch.setattr(ThemeService, "animations_enabled", lambda self: True)
    select(CAT)
    inspector._suggested.chip("animal").accept()
    qtbot.waitUntil(lambda: inspector._tags.chip("animal") is not None)
    landed = inspector._tags.chip("animal")
    assert landed.strength == 0.0
    qtbot.waitUntil(lambda: landed.strength == 1.0, timeout=2000)


def test_the_keyboard_accepts_rejects_and_keeps_the_focus_over_photos(
    qtbot, inspector, select, library, tasks, operations
):
    select(CAT)
    inspector.focus_suggestions()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    settle(qtbot, tasks)
    assert QApplication.focusWidget() is inspector._suggested.chip("whiskers")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Backspace)
    settle(qtbot, tasks)
    assert operations == [ConfirmTag("animal", (CAT,)), RejectTag("whiskers", (CAT,))]
    assert library.rejected(CAT) == ("whiskers",)
    assert suggestions(inspector) == ["kitten", "indoors", "fur"]
    select(COFFEE)
    assert QApplication.focusWidget() is inspector._suggested.chip("cup")


def test_a_rejected_tag_comes_back_with_undo(qtbot, inspector, select, library, tasks):
    select(CAT)
    chip = inspector._suggested.chip("kitten")
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton, pos=chip.cross_rect().center())
    settle(qtbot, tasks)
    assert "kitten" not in suggestions(inspector)
    inspector.on_change(library.undo())
    settle(qtbot, tasks)
    assert "kitten" in suggestions(inspector)


def test_removing_a_tag(qtbot, inspector, select, library, tasks, operations):
    select(CAT)
    chip = inspector._tags.chip("pet")
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton, pos=chip.cross_rect().center())
    settle(qtbot, tasks)
    assert operations == [RemoveTag("pet", (CAT,))]
    assert tags(inspector) == [("cat", "")]


def test_typed_tags_are_added_cleaned_and_once(qtbot, inspector, select, tasks, operations):
    select(CAT)
    inspector.focus_tag_edit()
    qtbot.keyClicks(inspector._edit, "  two   words , beach,beach,")
    qtbot.keyClick(inspector._edit, Qt.Key.Key_Return)
    settle(qtbot, tasks)
    assert operations == [AddTag("two words", (CAT,)), AddTag("beach", (CAT,))]
    assert inspector._edit.text() == ""


def test_completion_offers_own_tags_first_and_enter_takes_one(
    qtbot, inspector, select, tasks, operations
):
    select(CAT)
    inspector.focus_tag_edit()
    qtbot.keyClicks(inspector._edit, "p")
    qtbot.waitUntil(lambda: inspector._edit.completions.words[:1] == ["people"])
    qtbot.keyClick(inspector._edit, Qt.Key.Key_Down)
    qtbot.keyClick(inspector._edit, Qt.Key.Key_Return)
    settle(qtbot, tasks)
    assert operations == [AddTag("people", (CAT,))]
    assert inspector._edit.completions.words == []


def test_escape_closes_the_completions_before_it_leaves(qtbot, inspector, select, tasks):
    select(CAT)
    left = []
    inspector.left.connect(lambda: left.append(True))
    inspector.focus_tag_edit()
    qtbot.keyClicks(inspector._edit, "p")
    qtbot.waitUntil(lambda: bool(inspector._edit.completions.words))
    qtbot.keyClick(inspector._edit, Qt.Key.Key_Escape)
    assert (inspector._edit.text(), inspector._edit.completions.words) == ("p", [])
    qtbot.keyClick(inspector._edit, Qt.Key.Key_Escape)
    assert (inspector._edit.text(), left) == ("", [])
    qtbot.keyClick(inspector._edit, Qt.Key.Key_Escape)
    assert left == [True]


def test_many_photos_show_counts_and_a_click_gives_the_tag_to_all(
    qtbot, inspector, select, library, tasks, operations
):
    library.apply(AddTag("favourite", (CAT, COFFEE, CHINA)))
    library.apply(AddTag("travel", (CAT,)))
    select(CAT, COFFEE, CHINA)
    assert inspector._title.text() == "3 photos"
    assert tags(inspector)[:2] == [("favourite", ""), ("travel", "2/3")]
    chip = inspector._tags.chip("travel")
    assert chip.data.kind is ChipKind.PARTIAL
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton, pos=QPoint(20, 12))
    settle(qtbot, tasks)
    assert operations == [AddTag("travel", (CAT, COFFEE, CHINA))]
    assert ("travel", "") in tags(inspector)
    assert inspector._preview.picture_count == 3
    assert not inspector._facts.isVisible()


def test_facts(qtbot, inspector, select, library):
    library.duplicates[CHINA] = (Path("/backup/china.jpg"),)
    select(CHINA)
    facts = inspector._facts.values()
    assert facts["Date"] == "12 July 2023, 15:30"
    assert facts["Camera"] == "Canon EOS 5D Mark IV"
    assert facts["Exposure"] == "1/500 s f/8 ISO 100 24 mm"
    assert facts["Pixels"] == "640 × 427 · 0.3 MP"
    assert facts["Size"].startswith("JPEG · ")
    assert facts["Place"] == "39.9999° N, 116.2755° E"
    assert facts["File"] == str(library.path_of(CHINA))
    assert facts["Copy 1"] == str(Path("/backup/china.jpg"))


def test_unknown_facts_are_left_out(inspector, select, library):
    select(library.id_of("hubble_deep_field.jpg"))
    facts = inspector._facts.values()
    assert {"Camera", "Lens", "Place"}.isdisjoint(facts)
    assert "Date" in facts


def test_path_and_place_can_be_copied_and_the_file_shown(qtbot, inspector, select, library):
    select(CHINA)
    buttons = {b.accessibleName(): b for b in inspector._facts.findChildren(QToolButton)}
    qtbot.mouseClick(buttons["Copy place"], Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "39.999900, 116.275500"
    qtbot.mouseClick(buttons["Copy path"], Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == str(library.path_of(CHINA))
    with qtbot.waitSignal(inspector.reveal_requested) as asked:
        qtbot.mouseClick(buttons["Show in file manager"], Qt.MouseButton.LeftButton)
    assert asked.args == [library.path_of(CHINA)]


def test_a_star_rates_and_the_same_star_clears(qtbot, inspector, select, tasks, operations):
    select(CAT)
    stars = inspector._stars
    third = stars.star_center(3).toPoint()
    qtbot.mouseClick(stars, Qt.MouseButton.LeftButton, pos=third)
    settle(qtbot, tasks)
    assert stars.rating == 3
    qtbot.mouseClick(stars, Qt.MouseButton.LeftButton, pos=third)
    settle(qtbot, tasks)
    assert operations == [SetRating(3, (CAT,)), SetRating(0, (CAT,))]
    assert stars._star_at(QPointF(500, 5)) == 0


def test_find_similar_names_the_photo(qtbot, inspector, select):
    select(CAT)
    with qtbot.waitSignal(inspector.similar_requested) as asked:
        qtbot.mouseClick(inspector._similar, Qt.MouseButton.LeftButton)
    assert asked.args == [CAT]


def test_a_photo_that_is_being_read_is_shown_once_it_is_ready(
    qtbot, inspector, select, library, tasks
):
    library.subscribe(inspector.on_change)
    library.set_state(CAT, PhotoState.PENDING)
    select(CAT)
    assert inspector._preview.message == "Being read…"
    assert not inspector._similar.isEnabled()
    assert suggestions(inspector) == []
    library.set_state(CAT, PhotoState.READY)
    settle(qtbot, tasks)
    qtbot.waitUntil(lambda: inspector._preview.picture_count == 1)
    assert inspector._preview.message == ""
    assert inspector._similar.isEnabled()


def test_a_failed_photo_tells_why(inspector, select, library):
    library.set_state(CAT, PhotoState.FAILED, "The image data ends too early.")
    select(CAT)
    assert inspector._preview.message == "The image data ends too early."
    assert not inspector._edit.isVisible()


def test_a_missing_file_keeps_its_picture_and_says_so(inspector, select, library):
    library.missing.add(CAT)
    select(CAT)
    assert inspector._preview.picture_count == 1
    assert inspector._subtitle.text().startswith("File missing")


def test_a_photo_that_left_the_library(inspector, select):
    select(PhotoId(9999))
    assert "not in the library" in inspector._preview.message
    assert not inspector._facts.isVisible()


def test_changes_of_other_photos_do_not_read_again(inspector, select, library, tasks, monkeypatch):
    select(CAT)
    asked = []
    monkeypatch.setattr(library, "details", asked.append)
    inspector.on_change(library.apply(AddTag("x", (COFFEE,))))
    assert tasks.busy == 0
    assert asked == []


def test_late_answers_for_another_photo_are_not_shown(qtbot, inspector, library, tasks):
    inspector.set_selection([CAT])
    inspector.set_selection([COFFEE])
    settle(qtbot, tasks)
    assert inspector._title.text() == "coffee.jpg"
    assert suggestions(inspector)[0] == "cup"


def test_after_a_failed_operation_the_chip_answers_again(qtbot, library, tasks, theme):
    inspector = Inspector(library, tasks, theme, IconSet(theme))
    qtbot.addWidget(inspector)
    asked = []
    inspector.operation_requested.connect(asked.append)
    inspector.set_selection([CAT])
    settle(qtbot, tasks)
    inspector._suggested.chip("animal").accept()
    inspector.restore()
    settle(qtbot, tasks)
    inspector._suggested.chip("animal").accept()
    assert asked == [ConfirmTag("animal", (CAT,))] * 2


def test_page_keys_step_without_leaving(qtbot, inspector, select):
    select(CAT)
    steps = []
    inspector.step_requested.connect(steps.append)
    inspector.focus_suggestions()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_PageDown)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_PageUp)
    assert steps == [1, -1]
