"""The grid: where tiles lie, what is asked for, and what a person chooses."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from fake_library import FakeLibrary
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from photoorg.core.records import NO_DAY, GridOutline, PhotoScope, PhotoState
from photoorg.gui.grid.canvas import date_title
from photoorg.gui.grid.contents import GridContents, PhotoIndex, build_contents
from photoorg.gui.grid.drag import PhotoDrag
from photoorg.gui.grid.layout import (
    HEADER_HEIGHT,
    Grouping,
    Measures,
    TileShape,
    group_keys,
    lay_out,
)
from photoorg.gui.grid.model import GridModel, GridRole, problem_of
from photoorg.gui.grid.view import GridView
from photoorg.gui.icons import IconSet
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.gui.thumbnails import ThumbnailLoader, ThumbnailRequest, decode_cover
from photoorg.gui.widgets.photo_mime import photo_ids_of

# -- layout -------------------------------------------------------------------------------------
aspects_of_any_kind = hnp.arrays(
    np.float32, st.integers(1, 120), elements=st.floats(0, 8, width=32)
)


@settings(max_examples=60, deadline=None)
@given(
    aspects=aspects_of_any_kind,
    width=st.integers(60, 2000),
    size=st.integers(80, 512),
    shape=st.sampled_from(TileShape),
    grouped=st.booleans(),
)
def test_every_tile_has_its_place(aspects, width: int, size: int, shape, grouped: bool) -> None:
    groups = np.arange(len(aspects)) // 7 if grouped else None
    layout = lay_out(aspects, Measures(width, size, shape), groups)
    assert layout.count == len(aspects)
    assert layout.row_first[0] == 0
    assert layout.row_first[-1] == len(aspects)
    right_before, row_before = 0, -1
    for tile in range(layout.count):
        x, y, w, h = layout.rect(tile)
        assert w > 0
        assert h > 0
        assert x >= 0
        assert x + w <= max(width, 1)
        row = int(layout.row_of[tile])
        if row == row_before:
            assert x - right_before == 2, "gutters are two pixels"
        else:
            assert x == 0
        right_before, row_before = x + w, row
        assert layout.tile_at(x + w // 2, y + h // 2) == tile
        if groups is not None and tile and groups[tile] != groups[tile - 1]:
            assert row != layout.row_of[tile - 1], "a group begins on a row of its own"
    assert np.all(np.diff(layout.row_top) >= layout.row_height[:-1] + 2)
    assert layout.height == layout.row_top[-1] + layout.row_height[-1]


def test_rows_fill_the_width_near_the_wanted_height() -> None:
    aspects = np.tile(np.asarray([1.5, 0.75, 1.33, 0.67], np.float32), 50)
    layout = lay_out(aspects, Measures(900, 180))
    last_of_rows = layout.row_first[1:-1] - 1
    assert set(layout.x[last_of_rows] + layout.w[last_of_rows]) == {900}
    assert layout.row_height[:-1].min() > 135
    assert layout.row_height.max() < 242


def test_photos_keep_their_shape_in_rows() -> None:
    aspects = np.asarray([1.5, 0.75, 1.0, 1.78] * 10, np.float32)
    layout = lay_out(aspects, Measures(900, 200))
    shown = layout.w / layout.row_height[layout.row_of]
    assert np.abs(shown / aspects - 1).max() < 0.03


def test_tiles_between_are_those_in_view() -> None:
    layout = lay_out(np.full(100, 1.5, np.float32), Measures(620, 100), np.arange(100) // 10)
    top, bottom = 300, 700
    expected = [
        tile
        for tile in range(100)
        if layout.rect(tile)[1] < bottom and layout.rect(tile)[1] + layout.rect(tile)[3] > top
    ]
    assert list(layout.tiles_between(top, bottom)) == expected
    assert [layout.rect(t) for t in expected] == layout.rects(layout.tiles_between(top, bottom))
    assert not layout.tiles_between(layout.height + 5, layout.height + 50)


def test_headers_stand_above_their_groups() -> None:
    layout = lay_out(np.full(9, 1.0, np.float32), Measures(500, 120), np.repeat([3, 2, 1], 3))
    assert layout.group_first.tolist() == [0, 3, 6]
    for first, top in zip(layout.group_first, layout.group_top, strict=True):
        assert layout.rect(int(first))[1] == top + HEADER_HEIGHT
    assert list(layout.groups_between(0, 10)) == [0]


def test_group_keys_part_months_and_days() -> None:
    days = [date(2024, 2, 1), date(2024, 1, 31), date(2024, 1, 2)]
    numbers = [(day - date(1970, 1, 1)).days for day in days]
    keys = np.asarray([*numbers, NO_DAY, NO_DAY], np.int32)
    months = np.diff(group_keys(keys, Grouping.MONTH)) != 0
    assert months.tolist() == [True, False, True, False]
    by_day = np.diff(group_keys(keys, Grouping.DAY)) != 0
    assert by_day.tolist() == [True, True, True, False]
    assert not group_keys(keys, Grouping.NONE).any()


def test_dates_in_words() -> None:
    day = (date(2023, 7, 14) - date(1970, 1, 1)).days
    assert date_title(day, Grouping.MONTH) == "July 2023"
    assert date_title(day, Grouping.DAY) == "Friday, 14 July 2023"
    assert date_title(NO_DAY, Grouping.DAY) == "No date"


# -- contents -----------------------------------------------------------------------------------
def test_what_is_not_read_yet_stands_at_the_end_without_a_day() -> None:
    outline = GridOutline(
        np.array([0.0, 1.5, 0.0, 0.7], np.float32),
        np.array([900, 800, 700, 600], np.int32),
        np.array([1, 2, 3, 4], np.uint32),
    )
    contents = GridContents(np.array([11, 12, 13, 14]), outline).unread_last()
    assert contents.ids.tolist() == [12, 14, 11, 13]
    assert contents.outline.days.tolist() == [800, 600, NO_DAY, NO_DAY]
    assert contents.outline.colors.tolist() == [2, 4, 1, 3]
    assert contents.unread_last().same_tiles(contents)


def test_index_finds_places() -> None:
    index = PhotoIndex(np.asarray([9, 2, 7], np.int64))
    assert index.places(np.asarray([7, 9, 1, 2, 100], np.int64)).tolist() == [2, 0, -1, 1, -1]
    assert index.place(3) is None
    assert PhotoIndex(np.zeros(0, np.int64)).place(3) is None


def test_outlines_are_read_once_unless_they_changed(tmp_path, monkeypatch) -> None:
    library = FakeLibrary(tmp_path, count=20)
    asked: list[list[int]] = []
    read = library.grid_outline
    monkeypatch.setattr(
        library, "grid_outline", lambda ids: (asked.append(ids.tolist()), read(ids))[1]
    )
    ids = np.arange(1, 11)
    first = build_contents(library, ids, GridContents())
    second = build_contents(library, np.arange(12, 0, -1), first, stale={3})
    assert asked == [list(range(1, 11)), [12, 11, 3]]
    assert second.outline.aspects[-1] == first.outline.aspects[0]
    assert not first.same_tiles(second)


# -- model and view -----------------------------------------------------------------------------
@pytest.fixture
def library(tmp_path):
    return FakeLibrary(tmp_path, count=300)


@pytest.fixture
def tasks(qapp):
    runner = TaskRunner(2)
    yield runner
    runner.shutdown()


def contents_of(library: FakeLibrary, ids=None) -> GridContents:
    ids = library.photo_ids(PhotoScope()) if ids is None else np.asarray(ids, np.int64)
    return build_contents(library, ids, GridContents())


@pytest.fixture
def model(library, tasks, qapp):
    model = GridModel(library, tasks)
    model.set_contents(contents_of(library))
    return model


@pytest.fixture
def thumbnails(library, qapp):
    loader = ThumbnailLoader(library.thumbnail_path)
    yield loader
    loader.shutdown()


@pytest.fixture
def view(qtbot, library, tasks, model, thumbnails):
    theme = ThemeService(Appearance.DARK)
    drag = PhotoDrag(library, tasks, theme)
    view = GridView(model, thumbnails, theme, IconSet(theme), drag)
    qtbot.addWidget(view)
    view.resize(760, 600)
    with qtbot.waitExposed(view):
        view.show()
    view.activateWindow()
    view.setFocus()
    qtbot.waitUntil(lambda: model.row(0) is not None)
    return view


def centre_of(view: GridView, place: int) -> QPoint:
    return view.visualRect(view.model().index(place, 0)).center()


def click(qtbot, view: GridView, place: int, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    point = centre_of(view, place)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifiers, point)


def chosen(view: GridView) -> list[int]:
    return view.selected_ids().tolist()


def test_model_keeps_qts_rules(model: GridModel, qtbot, library) -> None:
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.request(range(50))
    qtbot.waitUntil(lambda: model.row(49) is not None)
    model.set_contents(contents_of(library, [5, 4, 3]))
    assert model.rowCount() == 3
    assert model.data(model.index(0), GridRole.PHOTO_ID) == 5


def test_data_never_asks_the_library(model: GridModel, library, monkeypatch) -> None:
    monkeypatch.setattr(library, "grid_rows", lambda ids: pytest.fail("asked in data()"))
    assert model.data(model.index(7)) is None
    assert model.row(7) is None


def test_rows_come_in_pages_around_what_is_in_view(
    view, model, library, monkeypatch, qtbot
) -> None:
    sizes: list[int] = []
    read = library.grid_rows
    monkeypatch.setattr(library, "grid_rows", lambda ids: (sizes.append(len(ids)), read(ids))[1])
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    qtbot.waitUntil(lambda: model.row(299) is not None)
    assert max(sizes) <= 128
    assert sum(sizes) < 200, "only what is near the view"


def test_changed_rows_are_read_anew_and_stay_on_show_meanwhile(view, model, library, qtbot) -> None:
    photo = model.photo_id(0)
    library.set_state(photo, PhotoState.FAILED, "The file is cut off.")
    model.invalidate([photo])
    assert model.row(0).state is PhotoState.READY
    view.look_again()
    qtbot.waitUntil(lambda: model.row(0).state is PhotoState.FAILED)
    assert "cut off" in model.data(model.index(0), Qt.ItemDataRole.ToolTipRole)


def test_missing_files_say_so(model, library, qtbot) -> None:
    library.missing.add(model.photo_id(0))
    row = library.grid_rows([model.photo_id(0)])[0]
    assert "no longer where it was" in problem_of(row)


def test_thumbnails_in_view_are_loaded_and_painted(view, model, thumbnails, qtbot) -> None:
    qtbot.waitUntil(lambda: thumbnails.peek(model.row(0).thumbnail_key) is not None)
    qtbot.waitUntil(lambda: thumbnails.idle)
    ratio = view.viewport().devicePixelRatioF()
    image = view.viewport().grab().toImage()
    point = centre_of(view, 0) * ratio
    placeholder = f"#{model.row(0).average_color:06x}"
    around = {image.pixelColor(point.x() + d, point.y()).name() for d in range(-40, 40, 5)}
    assert len(around) > 3
    assert around != {placeholder}


def test_tiles_without_thumbnail_show_their_average_colour(view, model, library, qtbot) -> None:
    photo = model.photo_id(0)
    library.set_state(photo, PhotoState.PENDING)
    model.invalidate([photo])
    with qtbot.waitSignal(view.visible_pending) as told:
        view.look_again()
    assert told.args[0] == [photo]
    image = view.viewport().grab().toImage()
    point = centre_of(view, 0) * view.viewport().devicePixelRatioF()
    assert image.pixelColor(point).rgb() & 0xFFFFFF == library.grid_rows([photo])[0].average_color


def test_clicks_choose(view, qtbot) -> None:
    click(qtbot, view, 2)
    assert chosen(view) == [3]
    click(qtbot, view, 5, Qt.KeyboardModifier.ControlModifier)
    assert chosen(view) == [3, 6]
    click(qtbot, view, 5, Qt.KeyboardModifier.ControlModifier)
    assert chosen(view) == [3]
    click(qtbot, view, 1)
    click(qtbot, view, 4, Qt.KeyboardModifier.ShiftModifier)
    assert chosen(view) == [2, 3, 4, 5]
    click(qtbot, view, 3)
    assert chosen(view) == [4], "a click on one of many chooses it alone"


def test_a_click_beside_the_photos_chooses_nothing(view, qtbot) -> None:
    click(qtbot, view, 2)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert chosen(view) == []


def test_the_rubber_band_chooses_what_it_touches(view, qtbot) -> None:
    port = view.viewport()
    first, fourth = centre_of(view, 0), centre_of(view, 4)
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=QPoint(2, first.y()))
    move = QMouseEvent(
        QMouseEvent.Type.MouseMove,
        QPointF(fourth),
        port.mapToGlobal(QPointF(fourth)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(port, move)
    assert {1, 5} <= set(chosen(view))
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=fourth)
    assert view._band.isNull()


def test_keys_move_and_extend(view, qtbot) -> None:
    key = Qt.Key
    qtbot.keyClick(view, key.Key_Right)
    assert view.current_photo() == 1
    qtbot.keyClick(view, key.Key_Right)
    qtbot.keyClick(view, key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert chosen(view) == [2, 3]
    qtbot.keyClick(view, key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert chosen(view) == [2, 3]
    assert view.current_photo() == 4
    view.toggle_current()
    assert chosen(view) == [2, 3, 4]
    qtbot.keyClick(view, key.Key_End)
    assert view.current_photo() == 300
    assert view.viewport().rect().contains(centre_of(view, 299))
    qtbot.keyClick(view, key.Key_PageUp)
    assert view.current_photo() < 300
    qtbot.keyClick(view, key.Key_Home)
    assert chosen(view) == [1]
    assert view.verticalScrollBar().value() == 0


def test_down_and_up_come_back_to_the_same_photo(view, qtbot) -> None:
    view.choose(2)
    for key in (Qt.Key.Key_Down,) * 4 + (Qt.Key.Key_Up,) * 4:
        qtbot.keyClick(view, key)
    assert view.current_photo() == 2


def test_all_and_the_others(view) -> None:
    view.selectAll()
    assert view.selected_count == 300
    view.select_ids(np.asarray([5, 9, 400]))
    assert chosen(view) == [5, 9]
    view.invert_selection()
    assert view.selected_count == 298
    assert 5 not in chosen(view)


def test_the_selection_is_told_once(view, qtbot) -> None:
    heard = []
    view.chosen.connect(lambda: heard.append(view.selected_count))
    view.choose(1)
    view.selectAll()
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == [300]


def test_double_click_opens(view, qtbot) -> None:
    with qtbot.waitSignal(view.opened) as opened:
        qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=centre_of(view, 3))
    assert opened.args == [4]


def test_selection_and_place_outlive_new_photos(view, model, library, qtbot) -> None:
    view.select_ids(np.asarray([50, 60, 61]))
    bar = view.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    held = view.indexAt(QPoint(100, 100))
    photo, top = model.photo_id(held.row()), view.visualRect(held).top()
    library.count = 330
    model.set_contents(contents_of(library, [*range(301, 331), *range(1, 301)]))
    assert chosen(view) == [50, 60, 61]
    place = model.place_of(photo)
    assert place == held.row() + 30
    # Rows may break elsewhere; the first photo in view is held to the pixel, this one to its row.
    assert abs(view.visualRect(model.index(place)).top() - top) <= 240
    first = view.snapshot().held
    assert first is not None


def test_the_first_photo_in_view_does_not_move_when_others_come(view, model, library) -> None:
    bar = view.verticalScrollBar()
    bar.setValue(1234)
    before = view.snapshot().held
    model.set_contents(contents_of(library, [*range(300, 0, -1)][::-1][6:]))
    after = view._tile_rect(model.place_of(before.photo_id)).top()
    assert after == before.offset


def test_at_the_top_new_photos_come_into_view(view, model, library) -> None:
    library.count = 310
    model.set_contents(contents_of(library, [*range(310, 0, -1)]))
    assert view.verticalScrollBar().value() == 0


def test_photos_that_left_are_no_longer_chosen(view, model, library, qtbot) -> None:
    view.select_ids(np.asarray([3, 4]))
    qtbot.wait(10)
    with qtbot.waitSignal(view.chosen):
        model.set_contents(contents_of(library, [1, 2, 3]))
    assert chosen(view) == [3]


def test_coming_back_to_a_place(view, model, library) -> None:
    view.select_ids(np.asarray([100]))
    view.verticalScrollBar().setValue(2000)
    state = view.snapshot()
    everything = model.contents
    model.set_contents(contents_of(library, [7, 8]))
    assert view.verticalScrollBar().value() == 0
    model.set_contents(everything)
    view.restore(state)
    assert chosen(view) == [100]
    assert view.verticalScrollBar().value() == 2000


def test_ctrl_wheel_holds_what_is_below_the_pointer(view, model, qtbot) -> None:
    view.verticalScrollBar().setValue(1500)
    point = QPoint(380, 300)
    below = view.indexAt(point)
    photo, top = model.photo_id(below.row()), view.visualRect(below).top()
    wheel = QWheelEvent(
        QPointF(point),
        view.viewport().mapToGlobal(QPointF(point)),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    with qtbot.waitSignal(view.tile_size_changed):
        QApplication.sendEvent(view.viewport(), wheel)
    assert view.tile_size > 180
    assert view.visualRect(model.index(model.place_of(photo))).top() == top


def test_size_keeps_within_bounds(view) -> None:
    view.set_tile_size(4000)
    assert view.tile_size == 512
    view.set_tile_size(1)
    assert view.tile_size == 80


def test_the_date_floats_while_scrolling(view, qtbot) -> None:
    view.verticalScrollBar().setValue(800)
    view._show_date()
    assert view._floating.isVisible()
    assert view._floating.text == "July 2023"
    qtbot.waitUntil(lambda: not view._floating.isVisible(), timeout=3000)


def test_a_drag_carries_ids_and_files(view, model, library, qtbot, monkeypatch) -> None:
    carried = []
    monkeypatch.setattr(
        "photoorg.gui.grid.drag.QDrag.exec", lambda drag, _: carried.append(drag.mimeData())
    )
    view.select_ids(np.asarray([1, 2]))
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=centre_of(view, 1))
    qtbot.waitUntil(lambda: view._drag._prepared[0] == (1, 2))
    away = centre_of(view, 1) + QPoint(40, 0)
    move = QMouseEvent(
        QMouseEvent.Type.MouseMove,
        QPointF(away),
        view.viewport().mapToGlobal(QPointF(away)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(view.viewport(), move)
    assert photo_ids_of(carried[0]) == (1, 2)
    assert [url.toLocalFile() for url in carried[0].urls()] == [
        str(library.path_of(1)),
        str(library.path_of(2)),
    ]
    assert chosen(view) == [1, 2]


# -- thumbnails ---------------------------------------------------------------------------------
def test_cover_is_cut_evenly_and_never_blown_up(library) -> None:
    path = library.thumbnail_path("chelsea")
    assert decode_cover(path, 100, 100).size().toTuple() == (100, 100)
    large = decode_cover(path, 1000, 1000).size()
    assert large.width() == large.height() <= 512
    assert decode_cover(path.with_name("nothing.jpg"), 10, 10).isNull()


def test_what_is_no_longer_wanted_is_not_decoded(library, qtbot) -> None:
    asked = []

    def path_of(key: str):
        asked.append(key)
        return library.thumbnail_path("coffee")

    loader = ThumbnailLoader(path_of)
    loader.want(ThumbnailRequest(f"old{i}", 200, 200) for i in range(500))
    loader.want([ThumbnailRequest("new", 200, 200)])
    qtbot.waitUntil(lambda: loader.peek("new") is not None)
    loader.shutdown()
    assert len(asked) < 20


def test_the_cache_keeps_to_its_bytes(library, qtbot) -> None:
    loader = ThumbnailLoader(lambda _: library.thumbnail_path("coffee"), cache_bytes=500_000)
    loader.want(ThumbnailRequest(f"{i}", 200, 200) for i in range(30))
    qtbot.waitUntil(lambda: loader.idle)
    qtbot.wait(20)
    loader.shutdown()
    assert 0 < loader.used_bytes <= 500_000
    assert loader.peek("0") is None


def test_a_file_that_is_not_there_is_looked_for_once(library, qtbot) -> None:
    asked = []
    loader = ThumbnailLoader(lambda key: (asked.append(key), library.thumbnail_path(key))[1])
    for _ in range(3):
        loader.want([ThumbnailRequest("nothing", 50, 50)])
        qtbot.waitUntil(lambda: loader.idle)
        qtbot.wait(10)
    assert asked == ["nothing"]
    loader.retry_absent()
    loader.want([ThumbnailRequest("nothing", 50, 50)])
    qtbot.waitUntil(lambda: len(asked) == 2)
    loader.shutdown()
