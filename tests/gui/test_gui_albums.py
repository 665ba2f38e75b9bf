"""Smart albums in the window: saved from the box, run, updated, renamed, moved, deleted."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_library import FakeLibrary
from PySide6.QtCore import QModelIndex, QSettings, Qt
from PySide6.QtWidgets import QLineEdit

from photoorg.core.albums import Album
from photoorg.core.changes import SaveAlbum
from photoorg.core.query import Order
from photoorg.core.records import Alternative, PhotoScope, SearchHit, SearchResults
from photoorg.gui.albums.saving import name_for
from photoorg.gui.icons import IconSet
from photoorg.gui.main_window import MainWindow
from photoorg.gui.search.controller import lone_photo
from photoorg.gui.search.results_line import ResultsLine, as_typed, with_order
from photoorg.gui.sidebar import LOOKS_LIKE
from photoorg.gui.sidebar_model import Role
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.media.decode import load_for_view
from photoorg.search.parser import parse


@pytest.fixture
def library(tmp_path):
    return FakeLibrary(tmp_path / "library")


@pytest.fixture
def window(qtbot, qapp, library, tmp_path):
    theme = ThemeService(Appearance.DARK)
    tasks = TaskRunner(2)
    settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    window = MainWindow(library, tasks, theme, IconSet(theme), settings, load_for_view)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.browse.loaded and window.folders.folders is not None)
    model = window.sidebar._model
    qtbot.waitUntil(lambda: model.rowCount(model.tags_index) > 0)
    window.view.setFocus()
    yield window
    window.release()
    tasks.shutdown()


def answered(qtbot, window, text):
    qtbot.waitUntil(lambda: window.browse.place.text == text)


def listed(window):
    model = window.sidebar._model
    return [
        model.index(row, 0, model.albums_index).data(Role.ROW).label
        for row in range(model.rowCount(model.albums_index))
    ]


def save(qtbot, library, window, *albums):
    for name, query in albums:
        library.apply(SaveAlbum(name, query))
    qtbot.waitUntil(lambda: len(listed(window)) == len(albums))


def row_of(window, name):
    index = window.sidebar._model.index_of_album(name)
    assert index.isValid()
    return index


def test_a_search_is_saved_by_key_under_a_proposed_name(qtbot, window, library):
    window.search.search_for("cat rating:>=3")
    answered(qtbot, window, "cat rating:>=3")
    qtbot.keyClick(window.search._edit, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    popover = window.albums._popover
    assert popover.isVisible()
    assert popover.name.text() == "Cat ≥ 3"
    popover.name.setText("Good cats")
    qtbot.keyClick(popover.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: listed(window) == ["Good cats"])
    assert library.albums.saved[0].query == "cat rating:>=3"
    assert "Save album “Good cats”" in window.toast.text
    assert window.sidebar._tree.currentIndex().data(Role.ROW).label == "Good cats"
    window.toast.undo_requested.emit()
    qtbot.waitUntil(lambda: listed(window) == [])


def test_escape_closes_the_question_and_keeps_the_search(qtbot, window):
    window.search.search_for("cat")
    answered(qtbot, window, "cat")
    window.albums.save()
    qtbot.keyClick(window.albums._popover.name, Qt.Key.Key_Escape)
    assert not window.albums._popover.isVisible()
    assert window.search.text == "cat"


def test_a_click_runs_an_album_in_the_whole_library(qtbot, window, library):
    save(qtbot, library, window, ("Cats", "tag:cat"))
    window.show_scope(PhotoScope(tag="pet"))
    qtbot.waitUntil(lambda: window.browse.place.scope.tag == "pet")
    window.sidebar._tree.setCurrentIndex(row_of(window, "Cats"))
    answered(qtbot, window, "tag:cat")
    assert window.browse.place.scope == PhotoScope()
    assert window.search.text == "tag:cat"
    assert not window.centre.results.save.isEnabled()
    assert "Cats" in window.centre.results.save.text()
    window.search.clear()
    qtbot.waitUntil(lambda: window.browse.place.scope.tag == "pet")
    assert window.sidebar._tree.currentIndex().data(Role.ROW).label == "pet"


def test_a_changed_search_updates_its_album(qtbot, window, library):
    save(qtbot, library, window, ("Cats", "tag:cat"), ("Other", "x"))
    window.sidebar._tree.setCurrentIndex(row_of(window, "Cats"))
    answered(qtbot, window, "tag:cat")
    window.search.search_for("tag:cat pet")
    answered(qtbot, window, "tag:cat pet")
    line = window.centre.results
    assert line.save.text() == "Update “Cats”"
    line.save.click()
    qtbot.waitUntil(lambda: library.albums.saved[0].query == "tag:cat pet")
    qtbot.waitUntil(lambda: not line.save.isEnabled())
    library.undo()
    assert library.albums.saved[0] == Album("Cats", "tag:cat", 3)


def test_another_search_leaves_the_album_alone(qtbot, window, library):
    save(qtbot, library, window, ("Cats", "tag:cat"))
    window.sidebar._tree.setCurrentIndex(row_of(window, "Cats"))
    answered(qtbot, window, "tag:cat")
    window.search.search_for("coffee")
    answered(qtbot, window, "coffee")
    assert window.centre.results.save.text() == "Save as album"
    assert window.sidebar._tree.currentIndex().data(Role.ROW).label == "All photos"


def test_albums_are_renamed_inline_and_deleted_with_a_way_back(qtbot, window, library):
    save(qtbot, library, window, ("Cats", "tag:cat"), ("Dogs", "tag:dog"))
    tree = window.sidebar._tree
    tree.setFocus()
    tree.setCurrentIndex(row_of(window, "Dogs"))
    answered(qtbot, window, "tag:dog")
    qtbot.keyClick(tree, Qt.Key.Key_F2)
    (editor,) = [each for each in tree.findChildren(QLineEdit) if each.isVisible()]
    assert editor.text() == "Dogs"
    editor.setText("Hounds")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: listed(window) == ["Cats", "Hounds"])
    tree.setCurrentIndex(row_of(window, "Hounds"))
    qtbot.keyClick(tree, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: listed(window) == ["Cats"])
    assert "Delete album “Hounds”" in window.toast.text
    window.toast.undo_requested.emit()
    qtbot.waitUntil(lambda: listed(window) == ["Cats", "Hounds"])


def test_albums_are_dragged_to_another_place(qtbot, window, library):
    save(qtbot, library, window, ("A", "a"), ("B", "b"), ("C", "c"))
    model = window.sidebar._model
    mime = model.mimeData([row_of(window, "C")])
    move = Qt.DropAction.MoveAction
    assert model.flags(model.albums_index) == Qt.ItemFlag.ItemIsDropEnabled
    assert model.canDropMimeData(mime, move, 0, 0, model.albums_index)
    assert not model.canDropMimeData(mime, move, 0, 0, model.tags_index)
    assert not model.canDropMimeData(mime, move, -1, -1, QModelIndex())
    model.dropMimeData(mime, move, 0, 0, model.albums_index)
    qtbot.waitUntil(lambda: listed(window) == ["C", "A", "B"])
    model.dropMimeData(model.mimeData([row_of(window, "C")]), move, 2, 0, model.albums_index)
    qtbot.waitUntil(lambda: listed(window) == ["A", "C", "B"])


def test_counts_are_shown_where_they_are_known(qtbot, window, library):
    save(qtbot, library, window, ("Counted", "tag:cat"), ("Judged", "cat"))
    role = Qt.ItemDataRole.AccessibleTextRole
    assert row_of(window, "Counted").data(role) == "Counted, 3 photos"
    assert row_of(window, "Judged").data(role) == "Judged, album"
    assert row_of(window, "Judged").data(Qt.ItemDataRole.ToolTipRole) == "cat"


def test_a_tag_without_photos_can_be_looked_for(qtbot, window):
    model = window.sidebar._model
    index = model.index_of_scope(PhotoScope(tag="pet"))
    menu = window.sidebar.create_menu(index.data(Role.ROW), index)
    (action,) = [each for each in menu.actions() if each.text() == LOOKS_LIKE]
    action.trigger()
    answered(qtbot, window, "looks:pet")
    menu.deleteLater()


def test_photos_are_added_to_the_search_by_key_and_menu(qtbot, window):
    window.search.search_for("cat")
    answered(qtbot, window, "cat")
    window.view.choose(int(window.model.ids[0]))
    window.view.setFocus()
    first = int(window.model.ids[0])
    qtbot.keyClick(window.view, Qt.Key.Key_S, Qt.KeyboardModifier.ShiftModifier)
    answered(qtbot, window, f"cat like:#{first}")
    window.search.search_for("pet")
    answered(qtbot, window, "pet")
    window.view.choose(int(window.model.ids[0]))
    menu = window.actions_on_photos.create_menu(window.view)
    (action,) = [each for each in menu.actions() if each.text() == "Search without this"]
    action.trigger()
    answered(qtbot, window, f"pet -like:#{int(window.model.ids[0])}")
    menu.deleteLater()


def test_a_photo_alone_in_the_box_finds_similar_ones_and_words_join_it(qtbot, window):
    window.search.add_photos([3])
    qtbot.waitUntil(lambda: window.browse.place.similar == 3)
    assert window.search.text == "like:#3"
    assert window.centre.results.isVisible()
    qtbot.keyClicks(window.search._edit, "cat")
    answered(qtbot, window, "like:#3 cat")
    window.search.clear()
    qtbot.waitUntil(lambda: not window.browse.place.is_answer)


@pytest.mark.parametrize(
    ("text", "photo"),
    [
        ("like:#3 ", 3),
        ('like:"/a b.jpg"', Path("/a b.jpg")),
        ("-like:#3", None),
        ("2*like:#3", None),
        ("like:#3 snow", None),
        ("like:#3 like:#4", None),
        ("", None),
    ],
)
def test_what_is_a_photo_alone(text, photo):
    assert lone_photo(text) == photo


def test_an_empty_answer_offers_other_searches(qtbot, window, library, monkeypatch):
    library.asking.others = (Alternative("cat", 2, "without rating:>=3"),)

    def search(text, _scope):
        return SearchResults((SearchHit(1, 1.0, ""),), 1) if text == "cat" else SearchResults()

    monkeypatch.setattr(library, "search", search)
    window.search.search_for("cat rating:>=3")
    qtbot.waitUntil(lambda: window.centre.page is window.centre.empty)
    qtbot.waitUntil(lambda: bool(window.browse.others))
    (button,) = [
        each
        for each in window.centre.empty.alternatives.children()
        if getattr(each, "text", str)() == "Without rating:>=3"
    ]
    button.click()
    answered(qtbot, window, "cat")
    assert window.search.text == "cat"


# -- the line above the answer --------------------------------------------------------------------
@pytest.fixture
def line(qtbot):
    line = ResultsLine(ThemeService(Appearance.DARK))
    qtbot.addWidget(line)
    return line


def test_what_was_made_of_a_word_is_said_with_a_way_to_the_word_itself(qtbot, line):
    asked = []
    line.search_requested.connect(asked.append)
    results = SearchResults((SearchHit(1, 1.0, ""),), 1, corrected=(("elefant", "elephant"),))
    line.show_answer("big elefant", parse("big elefant"), results, 1)
    assert line.correction.text() == "Showing photos for “elephant” ·"
    assert line.instead.text() == "Search for “elefant” instead"
    line.instead.click()
    assert asked == ['big "elefant"']


def test_the_order_is_written_into_the_search(line):
    asked = []
    line.search_requested.connect(asked.append)
    results = SearchResults((SearchHit(1, 1.0, ""), SearchHit(2, 0.1, "")), 1)
    line.show_answer("dog", parse("dog"), results, 1)
    assert line.orders[Order.RELEVANCE].isChecked()
    assert not line.more.isHidden()
    line.orders[Order.NEWEST].click()
    line.show_answer("dog sort:date", parse("dog sort:date"), results, 2)
    assert line.orders[Order.NEWEST].isChecked()
    assert line.more.isHidden()
    line.orders[Order.RELEVANCE].click()
    assert asked == ["dog sort:date", "dog"]


def test_the_folder_or_tag_that_is_searched_is_named(qtbot, window):
    window.show_scope(PhotoScope(tag="pet"))
    qtbot.waitUntil(lambda: window.browse.place.scope.tag == "pet")
    window.search.search_for("cat")
    answered(qtbot, window, "cat")
    assert window.centre.results.count.text() == "1 photo in “pet”"


def test_filters_alone_have_no_relevance_to_sort_by(line):
    line.show_answer("tag:x", parse("tag:x"), SearchResults((SearchHit(1, 1.0, ""),), 1), 1)
    assert line.count.text() == "1 photo"
    assert line.orders[Order.RELEVANCE].isHidden()


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("sort:date dog", Order.RELEVANCE, "dog"),
        ("a sort:-date b", Order.NEWEST, "a b sort:date"),
        ('"sort:date"', Order.NEWEST, '"sort:date" sort:date'),
    ],
)
def test_with_order(text, order, expected):
    assert with_order(text, order) == expected


def test_as_typed_keeps_signs_and_weights():
    assert as_typed("-elefant 2*Elefant tag:elefant", ["elefant"]) == (
        '-"elefant" 2*"Elefant" tag:elefant'
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("beach sunset -people", "Beach sunset"),
        ('tag:dog "summer house" sort:date', "Dog summer house"),
        ("like:#12", "Like:#12"),
        ("cat or dog", "Cat dog"),
        ("album:Trip rating:>=3", "Trip ≥ 3"),
    ],
)
def test_a_name_is_proposed(text, name):
    assert name_for(text) == name
