"""The sidebar: what is listed, what stays, what a click asks for."""

from __future__ import annotations

import pytest
from fake_library import FakeLibrary
from PySide6.QtCore import QModelIndex, QPointF, QRect, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLineEdit

from photoorg.core.changes import AddTag, MergeTags, RemoveTag, RenameTag
from photoorg.core.ids import FolderId, PhotoId, TagId
from photoorg.core.records import FolderNode, PhotoScope, TagCount
from photoorg.gui.icons import IconSet
from photoorg.gui.sidebar import FILTER_FROM, Sidebar
from photoorg.gui.sidebar_model import MOST_TAGS, Role, RowKind, SidebarModel
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.gui.widgets.photo_mime import photo_mime_data


@pytest.fixture
def library(tmp_path):
    return FakeLibrary(tmp_path)


@pytest.fixture
def create(qtbot, library):
    made = []

    def create():
        theme = ThemeService(Appearance.DARK)
        tasks = TaskRunner(2)
        sidebar = Sidebar(library, tasks, theme, IconSet(theme))
        qtbot.addWidget(sidebar)
        sidebar.resize(220, 700)
        with qtbot.waitExposed(sidebar):
            sidebar.show()
        sidebar.activateWindow()
        model = sidebar._model
        qtbot.waitUntil(lambda: model.rowCount(model.tags_index) > 0)
        made.append(tasks)
        return sidebar

    yield create
    for tasks in made:
        tasks.shutdown()


@pytest.fixture
def sidebar(create):
    return create()


def labels(sidebar, parent=None):
    model = sidebar._model
    parent = QModelIndex() if parent is None else parent
    return [
        (row.label, row.count)
        for row in (model.index(i, 0, parent).data(Role.ROW) for i in range(model.rowCount(parent)))
    ]


def click(qtbot, sidebar, index, x=60):
    area = sidebar._tree.visualRect(index)
    point = area.topLeft()
    point.setX(x)
    point.setY(area.center().y())
    qtbot.mouseClick(sidebar._tree.viewport(), Qt.MouseButton.LeftButton, pos=point)


def test_photos_folders_and_tags_are_listed_with_counts(sidebar, library):
    model = sidebar._model
    assert labels(sidebar) == [("All photos", 12), ("Folders", 0), ("Albums", 0), ("Tags", 0)]
    assert labels(sidebar, model.folders_index) == [("Photos", 12)]
    below = labels(sidebar, model.index_of_scope(PhotoScope(folder=library.root / "Photos")))
    assert below == [("Archive", 4), ("Home", 3), ("Space", 3), ("Travel", 2)]
    names = [name for name, _ in labels(sidebar, model.tags_index)]
    assert names == sorted(names)
    assert ("cat", 1) in labels(sidebar, model.tags_index)


def test_a_click_selects_a_scope_once(qtbot, sidebar, library):
    scopes = []
    sidebar.scope_selected.connect(scopes.append)
    home = PhotoScope(folder=library.root / "Photos" / "Home")
    click(qtbot, sidebar, sidebar._model.index_of_scope(home))
    click(qtbot, sidebar, sidebar._model.index_of_scope(home))
    click(qtbot, sidebar, sidebar._model.index_of_scope(PhotoScope(tag="cat")))
    click(qtbot, sidebar, sidebar._model.index_of_scope(PhotoScope()))
    assert scopes == [home, PhotoScope(tag="cat"), PhotoScope()]


def test_arrow_keys_pass_over_headings(qtbot, sidebar, library):
    scopes = []
    sidebar.scope_selected.connect(scopes.append)
    sidebar._tree.setFocus()
    qtbot.keyClick(sidebar._tree, Qt.Key.Key_Down)
    assert scopes == [PhotoScope(folder=library.root / "Photos")]


def test_a_chevron_opens_without_selecting(qtbot, sidebar, library):
    scopes = []
    sidebar.scope_selected.connect(scopes.append)
    travel = sidebar._model.index_of_scope(PhotoScope(folder=library.root / "Photos" / "Travel"))
    assert not sidebar._tree.isExpanded(travel)
    click(qtbot, sidebar, travel, x=22)
    assert sidebar._tree.isExpanded(travel)
    assert scopes == []


def test_new_counts_keep_selection_scroll_and_open_folders(qtbot, sidebar, library):
    travel = PhotoScope(folder=library.root / "Photos" / "Travel")
    sidebar._tree.setExpanded(sidebar._model.index_of_scope(travel), True)
    click(qtbot, sidebar, sidebar._model.index_of_scope(PhotoScope(tag="pet")))
    scopes = []
    sidebar.scope_selected.connect(scopes.append)
    sidebar.on_change(library.apply(AddTag("brand new", (PhotoId(1),))))
    qtbot.waitUntil(lambda: ("brand new", 1) in labels(sidebar, sidebar._model.tags_index))
    assert sidebar._tree.isExpanded(sidebar._model.index_of_scope(travel))
    current = sidebar._tree.currentIndex().data(Role.ROW)
    assert current.label == "pet"
    assert scopes == []


def test_the_same_shape_changes_rows_in_place(qtbot):
    model = SidebarModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_tags([TagCount(TagId(1), "a", 1), TagCount(TagId(2), "b", 1)])
    with qtbot.assertNotEmitted(model.rowsRemoved), qtbot.waitSignal(model.dataChanged):
        model.set_tags([TagCount(TagId(2), "b", 5), TagCount(TagId(1), "a", 1)])
    with qtbot.waitSignal(model.rowsRemoved):
        model.set_tags([TagCount(TagId(1), "a", 1)])


def test_a_missing_drive_is_told(sidebar, qtbot, library):
    library.missing_folders.add("Space")
    sidebar.refresh()
    space = PhotoScope(folder=library.root / "Photos" / "Space")

    def tooltip():
        index = sidebar._model.index_of_scope(space)
        return index.data(Qt.ItemDataRole.ToolTipRole)

    qtbot.waitUntil(lambda: "Connect its drive" in tooltip())
    spoken = sidebar._model.index_of_scope(space).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Space, 3 photos, not there now"


def test_photos_dropped_on_a_tag_get_it(qtbot, sidebar):
    asked = []
    sidebar.operation_requested.connect(asked.append)
    area = sidebar._tree.visualRect(sidebar._model.index_of_scope(PhotoScope(tag="flower")))
    mime = photo_mime_data([PhotoId(3), PhotoId(4)])
    tree = sidebar._tree
    event = QDropEvent(
        QPointF(area.center()),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    tree.dropEvent(event)
    assert asked == [AddTag("flower", (PhotoId(3), PhotoId(4)))]


def test_photos_cannot_be_dropped_on_folders(sidebar, library):
    mime = photo_mime_data([PhotoId(3)])
    folder = sidebar._model.index_of_scope(PhotoScope(folder=library.root / "Photos"))
    copy = Qt.DropAction.CopyAction
    assert not sidebar._model.canDropMimeData(mime, copy, -1, -1, folder)


def rename(qtbot, sidebar, tag, name):
    index = sidebar._model.index_of_scope(PhotoScope(tag=tag))
    sidebar._tree.setCurrentIndex(index)
    sidebar._tree.edit(index)
    editor = sidebar._tree.viewport().findChild(QLineEdit)
    assert editor.text() == tag
    editor.selectAll()
    qtbot.keyClicks(editor, name)
    with qtbot.waitSignal(sidebar.operation_requested):
        qtbot.keyClick(editor, Qt.Key.Key_Return)


def test_a_tag_is_renamed_in_place(qtbot, sidebar):
    asked = []
    sidebar.operation_requested.connect(asked.append)
    rename(qtbot, sidebar, "cat", "Chelsea the cat")
    assert asked == [RenameTag("cat", "Chelsea the cat")]


def test_renaming_to_a_name_that_is_taken_merges(qtbot, sidebar):
    asked = []
    sidebar.operation_requested.connect(asked.append)
    rename(qtbot, sidebar, "cat", "pet")
    assert asked == [MergeTags("cat", "pet")]


def test_merge_into_asks_for_the_other_tag(qtbot, sidebar):
    asked = []
    sidebar.operation_requested.connect(asked.append)
    index = sidebar._model.index_of_scope(PhotoScope(tag="cat"))
    actions = menu_of(sidebar, index)
    actions["Merge into…"].trigger()
    assert sidebar._picker.isVisible()
    qtbot.keyClicks(sidebar._picker._edit, "pe")
    qtbot.waitUntil(lambda: "pet" in sidebar._picker._completions.words)
    qtbot.keyClicks(sidebar._picker._edit, "t")
    qtbot.keyClick(sidebar._picker._edit, Qt.Key.Key_Return)
    assert asked == [MergeTags("cat", "pet")]
    assert not sidebar._picker.isVisible()


def menu_of(sidebar, index):
    menu = sidebar.create_menu(index.data(Role.ROW), index)
    return {action.text(): action for action in menu.actions() if action.text()}


def test_only_added_folders_can_be_removed(qtbot, sidebar, library):
    root = library.root / "Photos"
    below = sidebar._model.index_of_scope(PhotoScope(folder=root / "Home"))
    assert "Remove from library" not in menu_of(sidebar, below)
    actions = menu_of(sidebar, sidebar._model.index_of_scope(PhotoScope(folder=root)))
    with qtbot.waitSignal(sidebar.remove_folder_requested) as asked:
        actions["Remove from library"].trigger()
    assert asked.args == [root]
    with qtbot.waitSignal(sidebar.reveal_requested) as asked:
        actions["Show in file manager"].trigger()
    assert asked.args == [root]


def test_add_folder(qtbot, sidebar):
    with qtbot.waitSignal(sidebar.add_folder_requested):
        qtbot.mouseClick(sidebar._add, Qt.MouseButton.LeftButton)


def test_few_tags_need_no_filter(sidebar):
    assert not sidebar._filter.isVisible()


def test_the_filter_finds_among_many(qtbot, library, create):
    library.extra_tags = [TagCount(TagId(100 + i), f"place {i}", i) for i in range(FILTER_FROM)]
    sidebar = create()
    assert sidebar._filter.isVisible()
    sidebar._filter.setFocus()
    qtbot.keyClicks(sidebar._filter, "CE 7")
    assert labels(sidebar, sidebar._model.tags_index) == [("place 7", 7)]
    qtbot.keyClick(sidebar._filter, Qt.Key.Key_Escape)
    assert len(labels(sidebar, sidebar._model.tags_index)) > FILTER_FROM


def test_a_vanished_tag_leaves_the_list(qtbot, sidebar, library):
    sidebar.on_change(library.apply(RemoveTag("cat", (PhotoId(1),))))
    qtbot.waitUntil(lambda: "cat" not in sidebar._model.tag_names)


def test_thousands_of_tags_and_folders(qtbot, library, create, tmp_path):
    library.extra_tags = [TagCount(TagId(100 + i), f"tag {i:05}", i) for i in range(5000)]
    nodes = tuple(FolderNode(FolderId(i + 10), tmp_path / f"f{i:04}", i, True) for i in range(2000))
    top = FolderNode(FolderId(2), tmp_path, 1, True, nodes)
    library.folders = lambda: (top,)
    sidebar = create()
    qtbot.waitUntil(lambda: len(sidebar._model.tag_names) > 5000)
    tags = sidebar._model.tags_index
    assert sidebar._model.rowCount(tags) == MOST_TAGS + 1
    last = sidebar._model.index(MOST_TAGS, 0, tags).data(Role.ROW)
    assert last.kind is RowKind.NOTE
    assert "type below" in last.label
    sidebar.select_scope(PhotoScope(tag="tag 04999"))
    index = sidebar._tree.currentIndex()
    assert index.data(Role.ROW).kind is RowKind.TAG
    sidebar._tree.scrollTo(index)
    area = sidebar._tree.visualRect(index)
    assert sidebar._tree.viewport().rect().intersects(QRect(area))


def test_equal_answers_tell_nothing(qtbot):
    model = SidebarModel()
    tags = [TagCount(TagId(1), "a", 1)]
    model.set_tags(tags)
    with qtbot.assertNotEmitted(model.dataChanged), qtbot.assertNotEmitted(model.rowsInserted):
        model.set_tags(tags)
