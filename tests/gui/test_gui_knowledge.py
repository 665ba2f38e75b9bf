"""Tidying up tags, related tags, other names, and the tree in the sidebar."""

from __future__ import annotations

import pytest
from fake_library import FakeLibrary
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLineEdit, QToolButton, QTreeView

from photoorg.core.changes import AddAlias, MergeTags, RemoveAlias, SetParent
from photoorg.core.errors import EnvironmentProblem
from photoorg.core.knowledge import Proposal, RelatedTag
from photoorg.core.records import AliasName, PhotoScope, ProposalKind
from photoorg.gui.centre import CentrePage
from photoorg.gui.icons import IconSet
from photoorg.gui.main_window import MainWindow
from photoorg.gui.sidebar import LOOKS_LIKE
from photoorg.gui.sidebar_model import TAG_MIME, Role, SidebarModel
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.gui.widgets.completion import CompletionList
from photoorg.media.decode import load_for_view


def parent_of(tag: str, other: str) -> Proposal:
    return Proposal(
        ProposalKind.PARENT,
        tag,
        other,
        0.9,
        f"“{tag}” is a kind of “{other}” (WordNet)",
        SetParent(tag, other),
        1,
        0,
        ("chelsea",),
    )


PLURAL = Proposal(
    ProposalKind.SAME_WORD,
    "cats",
    "cat",
    0.95,
    "the same word in plural",
    MergeTags("cats", "cat", keep_alias=True),
    1,
    1,
)


@pytest.fixture
def library(tmp_path):
    library = FakeLibrary(tmp_path)
    library.knowledge.found = [
        PLURAL,
        parent_of("cats", "animal"),
        parent_of("cat", "pet"),
        parent_of("rocket", "vehicle"),
    ]
    library.knowledge.near = {"cat": [RelatedTag("pet", 0.8, ("chelsea",))]}
    return library


@pytest.fixture
def window(qtbot, library, tmp_path):
    theme = ThemeService(Appearance.DARK)
    tasks = TaskRunner(2)
    settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    window = MainWindow(library, tasks, theme, IconSet(theme), settings, load_for_view)
    window.resize(1280, 800)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    model = window.sidebar._model
    qtbot.waitUntil(lambda: model.rowCount(model.tags_index) > 0)
    yield window
    window.release()
    tasks.shutdown()


def shown(window):
    return [(row.proposal.tag, row.proposal.other) for row in window.knowledge.page.rows]


def open_page(qtbot, window):
    window.sidebar.tidy_requested.emit()
    qtbot.waitUntil(lambda: len(window.knowledge.page.rows) > 0)


def tags_in_tree(window, parent=None):
    model = window.sidebar._model
    parent = model.tags_index if parent is None else parent
    found = {}
    for i in range(model.rowCount(parent)):
        index = model.index(i, 0, parent)
        found[index.data(Role.ROW).label] = tags_in_tree(window, index)
    return found


# -- tidying up ---------------------------------------------------------------------------------
def test_proposals_are_shown_by_kind(qtbot, window):
    open_page(qtbot, window)
    assert window.centre.page is window.knowledge.page
    assert shown(window) == [
        ("cats", "cat"),
        ("cats", "animal"),
        ("cat", "pet"),
        ("rocket", "vehicle"),
    ]
    assert [row.accept.text() for row in window.knowledge.page.rows][:2] == ["Merge", "Put under"]
    assert window.knowledge.page.nothing == ""


def test_accepting_moves_on_and_can_be_undone(qtbot, window, library):
    open_page(qtbot, window)
    row = window.knowledge.page.rows[2]
    row.accept.setFocus()
    row.accept.click()
    assert ("cat", "pet") not in shown(window)
    assert window.knowledge.page.rows[2].accept.hasFocus()
    qtbot.waitUntil(lambda: library.knowledge.parents == {"cat": "pet"})
    qtbot.waitUntil(lambda: window.toast.text == "Done: Put tag “cat” under “pet”")
    window.toast.undo_requested.emit()
    qtbot.waitUntil(lambda: ("cat", "pet") in shown(window))
    assert library.knowledge.parents == {}


def test_a_merge_takes_what_else_is_said_of_the_tag_that_goes(qtbot, window, library):
    open_page(qtbot, window)
    window.knowledge.page.rows[0].accept.click()
    assert shown(window) == [("cat", "pet"), ("rocket", "vehicle")]


def test_what_is_dismissed_does_not_come_again(qtbot, window, library):
    open_page(qtbot, window)
    window.knowledge.page.rows[3].dismiss.click()
    qtbot.waitUntil(lambda: library.knowledge.dismissed == {("rocket", "vehicle")})
    window.show_page(CentrePage.PHOTOS)
    open_page(qtbot, window)
    assert ("rocket", "vehicle") not in shown(window)


def test_when_all_is_decided_it_says_so(qtbot, window, library):
    library.knowledge.found = [parent_of("cat", "pet")]
    open_page(qtbot, window)
    window.knowledge.page.rows[0].dismiss.click()
    assert window.knowledge.page.nothing == "Your tags are tidy"
    assert shown(window) == []


def test_the_key_opens_the_page_and_leaving_it_calls_the_work_off(qtbot, window, library):
    qtbot.keyClick(
        window.view,
        Qt.Key.Key_P,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    qtbot.waitUntil(lambda: len(window.knowledge.page.rows) > 0)
    qtbot.keyClick(window.knowledge.page, Qt.Key.Key_Escape)
    assert window.centre.page is window.view
    assert library.knowledge.cancelled == 1


def test_a_problem_is_told_on_the_page(qtbot, window, library):
    library.knowledge.problem = EnvironmentProblem("The model is not there.", "Install it.")
    window.sidebar.tidy_requested.emit()
    qtbot.waitUntil(lambda: window.knowledge.page.nothing == "Tags cannot be compared now")


# -- the tree -----------------------------------------------------------------------------------
def test_tags_stand_below_others_and_are_found_there(qtbot, window, library):
    window.edits.apply(SetParent("cat", "pet"))
    qtbot.waitUntil(lambda: tags_in_tree(window)["pet"] == {"cat": {}})
    model = window.sidebar._model
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    pet = model.index_of_scope(PhotoScope(tag="pet"))
    tree = window.sidebar._tree
    assert not tree.isExpanded(pet)
    area = tree.visualRect(pet)
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(8, area.center().y()))
    assert tree.isExpanded(pet)
    window.sidebar._filter.setText("ca")
    assert tags_in_tree(window)["pet"] == {"cat": {}}
    assert tree.isExpanded(model.index_of_scope(PhotoScope(tag="pet")))
    window.sidebar._filter.setText("")
    assert tree.isExpanded(model.index_of_scope(PhotoScope(tag="pet")))


def test_a_tag_is_dragged_onto_another_and_to_the_top(qtbot, window, library):
    model: SidebarModel = window.sidebar._model
    copy = Qt.DropAction.CopyAction
    cat = model.mimeData([model.index_of_scope(PhotoScope(tag="cat"))])
    assert cat.hasFormat(TAG_MIME)
    pet = model.index_of_scope(PhotoScope(tag="pet"))
    assert not model.canDropMimeData(cat, copy, -1, -1, model.tags_index)
    assert not model.canDropMimeData(cat, copy, -1, -1, model.index_of_scope(PhotoScope(tag="cat")))
    assert not model.canDropMimeData(cat, copy, -1, -1, model.folders_index)
    assert model.dropMimeData(cat, copy, -1, -1, pet)
    qtbot.waitUntil(lambda: tags_in_tree(window)["pet"] == {"cat": {}})
    pet = model.index_of_scope(PhotoScope(tag="pet"))
    assert window.sidebar._tree.isExpanded(pet)
    below = model.index_of_scope(PhotoScope(tag="cat"))
    assert not model.canDropMimeData(cat, copy, -1, -1, pet)
    assert not model.canDropMimeData(model.mimeData([pet]), copy, -1, -1, below)
    assert model.dropMimeData(cat, copy, -1, -1, model.tags_index)
    qtbot.waitUntil(lambda: "cat" in tags_in_tree(window))
    window.edits.undo()
    qtbot.waitUntil(lambda: tags_in_tree(window)["pet"] == {"cat": {}})


def test_a_press_that_becomes_a_drag_leaves_the_photos_on_show(qtbot, window, monkeypatch):
    tree, model = window.sidebar._tree, window.sidebar._model
    scopes = []
    window.sidebar.scope_selected.connect(scopes.append)
    place = tree.visualRect(model.index_of_scope(PhotoScope(tag="cat"))).center()
    qtbot.mousePress(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    monkeypatch.setattr(QTreeView, "startDrag", lambda *_: None)
    tree.startDrag(Qt.DropAction.CopyAction)
    assert scopes == []
    assert tree.currentIndex() == model.index_of_scope(PhotoScope())
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert scopes == [PhotoScope(tag="cat")]


def test_the_menu_of_a_tag_offers_the_tree(qtbot, window, library):
    model = window.sidebar._model
    index = model.index_of_scope(PhotoScope(tag="cat"))
    menu = window.sidebar.create_menu(index.data(Role.ROW), index)
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == [
        "Show photos",
        LOOKS_LIKE,
        "Find related tags",
        "Give to similar photos…",
        "Quality and review",
        "Rename",
        "Other names…",
        "Merge into…",
        "New tag under it…",
        "Put under…",
    ]
    heading = window.sidebar.create_menu(model.row_of(model.tags_index), model.tags_index)
    assert [action.text() for action in heading.actions()] == ["Tidy up tags…"]
    assert (
        window.sidebar.create_menu(model.row_of(model.folders_index), model.folders_index) is None
    )


def test_a_new_tag_is_made_under_another(qtbot, window, library):
    picker = window.sidebar.tag_menu.child_picker
    picker.open_at("cat", QPoint(40, 40))
    picker._edit.setText("tabby")
    qtbot.keyClick(picker._edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: library.knowledge.parents == {"tabby": "cat"})
    picker = window.sidebar.tag_menu.parent_picker
    picker.open_at("cat", QPoint(40, 40))
    picker._edit.setText("pet")
    qtbot.keyClick(picker._edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: library.knowledge.parents.get("cat") == "pet")
    qtbot.waitUntil(lambda: tags_in_tree(window)["pet"] == {"cat": {"tabby": {}}})


# -- other names --------------------------------------------------------------------------------
def test_other_names_are_given_and_taken(qtbot, window, library):
    popover = window.sidebar.tag_menu.aliases
    asked = []
    popover.operation_requested.connect(asked.append)
    popover.open_at("cat", ("kitty",), QPoint(40, 40))
    popover._edit.setText("  puss   in boots ")
    qtbot.keyClick(popover._edit, Qt.Key.Key_Return)
    assert popover.names == ["kitty", "puss in boots"]
    library.knowledge.aliases["cat"] = ("kitty",)
    popover.findChildren(QToolButton)[0].click()
    assert popover.names == ["puss in boots"]
    assert asked == [AddAlias("cat", "puss in boots"), RemoveAlias("cat", "kitty")]
    qtbot.keyClick(popover, Qt.Key.Key_Escape)
    assert popover.isHidden()


def test_completion_says_which_tag_another_name_stands_for(qtbot):
    edit = QLineEdit()
    qtbot.addWidget(edit)
    completions = CompletionList(edit, ThemeService(Appearance.DARK))
    taken = []
    completions.chosen.connect(taken.append)
    completions.offer([AliasName("automobile", "car"), "auto"])
    assert completions._words.stringList() == ["automobile → car", "auto"]
    completions._take(0)
    assert taken == ["automobile"]


# -- related ------------------------------------------------------------------------------------
def test_related_tags_are_shown_and_lead_to_their_photos(qtbot, window, library):
    popover = window.sidebar.tag_menu.related
    popover.open_at("cat", QPoint(40, 40))
    qtbot.waitUntil(lambda: popover._list.count() == 1)
    with qtbot.waitSignal(window.sidebar.scope_selected) as heard:
        popover.chosen.emit("pet")
    assert heard.args == [PhotoScope(tag="pet")]
    popover.open_at("rocket", QPoint(40, 40))
    qtbot.waitUntil(lambda: popover.said == "No other tag has to do with it yet.")


def test_a_related_tag_is_given_to_the_selected_photos(qtbot, window, library):
    menu = window.sidebar.tag_menu
    window.view.clearSelection()
    menu.tag_requested.emit("pet")
    assert window.toast.text.startswith("Select the photos")
    qtbot.waitUntil(lambda: len(window.model.ids) > 0)
    photo = library.id_of("rocket.jpg")
    window.view.choose(photo)
    menu.tag_requested.emit("pet")
    qtbot.waitUntil(lambda: "pet" in library.confirmed(photo))
