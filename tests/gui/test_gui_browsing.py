"""What is known of photos is used again, what changed is read again, and hints come after."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from fake_library import FakeLibrary

from photoorg.core.changes import AddTag, ChangeKind, ChangeSet
from photoorg.core.hits import Hits
from photoorg.core.ids import PhotoId, Revision
from photoorg.core.records import Alternative, GridOutline, PhotoScope, SearchResults
from photoorg.gui.browsing import BrowseController
from photoorg.gui.grid.drag import PhotoDrag
from photoorg.gui.grid.model import GridModel
from photoorg.gui.grid.view import GridView
from photoorg.gui.icons import IconSet
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.gui.thumbnails import ThumbnailLoader

EVERYTHING = PhotoScope()
BEACH = PhotoScope(tag="beach")


class Library(FakeLibrary):
    """Notes of which photos the outlines are read, and can give them other colours."""

    def __init__(self, root):
        super().__init__(root, count=60)
        self.read: list[list[int]] = []
        self.color = 1

    def grid_outline(self, photo_ids):
        self.read.append(photo_ids.tolist())
        outline = super().grid_outline(photo_ids)
        colors = np.full(len(photo_ids), self.color, np.uint32)
        return GridOutline(outline.aspects, outline.days, colors)


@pytest.fixture
def library(tmp_path):
    library = Library(tmp_path / "library")
    library.apply(AddTag("beach", tuple(map(PhotoId, range(1, 21)))))
    return library


@pytest.fixture
def browse(qtbot, qapp, library):
    tasks, theme = TaskRunner(2), ThemeService(Appearance.DARK)
    thumbnails = ThumbnailLoader(library.thumbnail_path)
    model = GridModel(library, tasks)
    view = GridView(model, thumbnails, theme, IconSet(theme), PhotoDrag(library, tasks, theme))
    qtbot.addWidget(view)
    browse = BrowseController(library, tasks, model, view)
    browse.model_for_test, browse.tasks_for_test = model, tasks
    browse.show_scope(EVERYTHING)
    settle(qtbot, browse)
    yield browse
    thumbnails.shutdown()
    tasks.shutdown()


def settle(qtbot, browse) -> None:
    """Wait until the grid is up to date."""
    qtbot.waitUntil(
        lambda: (
            browse.loaded
            and not browse.arriving
            and not browse._refresh_timer.isActive()
            and not browse.tasks_for_test.busy
        )
    )
    qtbot.wait(20)  # what came last is taken over
    assert not browse.tasks_for_test.busy


def colors(browse) -> dict[int, int]:
    contents = browse.model_for_test.contents
    return dict(zip(contents.ids.tolist(), contents.outline.colors.tolist(), strict=True))


# -- what is known --------------------------------------------------------------------------------
def test_coming_back_to_all_photos_reads_nothing_again(qtbot, browse, library) -> None:
    assert [len(ids) for ids in library.read] == [60]
    for scope in (BEACH, EVERYTHING, PhotoScope(tag="nothing"), EVERYTHING):
        browse.show_scope(scope)
        settle(qtbot, browse)
    browse.search("beach")
    settle(qtbot, browse)
    browse.back()
    settle(qtbot, browse)
    assert len(browse.model_for_test.ids) == 60
    assert len(library.read) == 1


@pytest.mark.parametrize("place", [EVERYTHING, BEACH])
def test_what_changed_meanwhile_is_read_again(qtbot, browse, library, place) -> None:
    browse.show_scope(place)
    settle(qtbot, browse)
    library.color = 2
    kinds = frozenset({ChangeKind.PHOTOS_CHANGED})
    browse.on_change(ChangeSet(kinds, Revision(9), frozenset({PhotoId(5), PhotoId(50)})))
    settle(qtbot, browse)
    assert colors(browse)[5] == 2
    for scope in (BEACH, EVERYTHING, PhotoScope(tag="nothing"), EVERYTHING):
        browse.show_scope(scope)
        settle(qtbot, browse)
        shown = colors(browse)
        changed = {photo for photo, color in shown.items() if color == 2}
        assert changed == {5, 50} & shown.keys()
    reads = len(library.read)
    for scope in (BEACH, EVERYTHING):
        browse.show_scope(scope)
        settle(qtbot, browse)
    assert len(library.read) == reads, "but only once"
    library.color = 3
    browse.on_change(ChangeSet(kinds, Revision(10), frozenset(), everything=True))
    settle(qtbot, browse)
    assert set(colors(browse).values()) == {3}


def test_what_changed_during_a_search_is_right_on_the_way_back(qtbot, browse, library) -> None:
    browse.search("beach")
    settle(qtbot, browse)
    library.color = 2
    changes = ChangeSet(frozenset({ChangeKind.TAGS}), Revision(9), frozenset({PhotoId(60)}))
    browse.on_change(changes)
    browse.back()
    settle(qtbot, browse)
    assert {photo for photo, color in colors(browse).items() if color == 2} == {60}


def test_after_everything_changed_a_small_place_is_not_taken_for_all(
    qtbot, browse, library
) -> None:
    browse.show_scope(BEACH)
    settle(qtbot, browse)
    library.color = 2
    kinds = frozenset({ChangeKind.PHOTOS_CHANGED})
    browse.on_change(ChangeSet(kinds, Revision(9), frozenset(), everything=True))
    settle(qtbot, browse)
    browse.show_scope(EVERYTHING)
    settle(qtbot, browse)
    assert set(colors(browse).values()) == {2}


# -- why a photo is here ---------------------------------------------------------------------------
def test_each_photo_of_an_answer_says_why(qtbot, browse, library, monkeypatch) -> None:
    ids = np.array([7, 3, 9, 1])

    def search(_text, _scope):
        words = ("tag beach", "", "name", "looks a little like “beach”")
        return SearchResults(Hits(ids, np.ones(4), lambda some: [words[n] for n in some]), 3)

    monkeypatch.setattr(library, "search", search)
    browse.search("beach")
    settle(qtbot, browse)
    model = browse.model_for_test
    assert model.ids.tolist() == [7, 3, 9]
    assert [model.note(place) for place in range(3)] == ["tag beach", "", "name"]
    browse.show_more()
    settle(qtbot, browse)
    assert model.note(3) == "looks a little like “beach”"
    browse.back()
    settle(qtbot, browse)
    assert {model.note(place) for place in range(60)} == {""}


# -- other searches --------------------------------------------------------------------------------
OTHERS = (Alternative("beach", 12, "without rating:5"),)


def test_the_answer_does_not_wait_for_other_searches(qtbot, browse, library, monkeypatch) -> None:
    go_on = threading.Event()

    def alternatives(text, scope):
        assert (text, scope) == ("nothing of that", EVERYTHING)
        assert go_on.wait(10)
        return OTHERS

    monkeypatch.setattr(library.asking, "alternatives", alternatives)
    browse.search("nothing of that")
    qtbot.waitUntil(lambda: browse.place.text == "nothing of that")
    assert browse.others == ()
    with qtbot.waitSignal(browse.contents_changed):
        go_on.set()
    assert browse.others == OTHERS
    browse.search("beach")
    settle(qtbot, browse)
    assert browse.others == ()


def test_other_searches_of_an_answer_that_was_left_are_dropped(
    qtbot, browse, library, monkeypatch
) -> None:
    go_on = threading.Event()

    def alternatives(_text, _scope):
        assert go_on.wait(10)
        return OTHERS

    monkeypatch.setattr(library.asking, "alternatives", alternatives)
    browse.search("nothing of that")
    qtbot.waitUntil(lambda: browse.place.text == "nothing of that")
    browse.clear()
    go_on.set()
    settle(qtbot, browse)
    assert not browse.place.is_answer
    assert browse.others == ()


def test_where_something_is_found_nothing_else_is_looked_for(
    qtbot, browse, library, monkeypatch
) -> None:
    asked = []
    monkeypatch.setattr(library.asking, "alternatives", lambda *what: asked.append(what) or OTHERS)
    browse.search("beach")
    settle(qtbot, browse)
    browse.find_similar(PhotoId(1), "this photo")
    settle(qtbot, browse)
    assert asked == []
