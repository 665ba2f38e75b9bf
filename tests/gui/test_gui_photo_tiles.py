"""Small photos in lines: places, clicks, keys, and what is asked of the decoder."""

from __future__ import annotations

import pytest
from fake_library import FakeLibrary
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor

from photoorg.core.ids import PhotoId
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.gui.widgets.photo_tiles import GAP, PhotoTiles, Tile
from photoorg.gui.widgets.thumbs import Thumbs

SIDE = 40
STEP = SIDE + GAP


@pytest.fixture
def library(tmp_path):
    return FakeLibrary(tmp_path / "library", count=40)


@pytest.fixture
def thumbs(qtbot, library):
    thumbs = Thumbs(library.thumbnail_path)
    yield thumbs
    thumbs.shutdown()


@pytest.fixture
def create(qtbot, library, thumbs):
    def create(count: int, *, lines: int | None = None, columns: int = 5) -> PhotoTiles:
        tiles = PhotoTiles(thumbs, ThemeService(Appearance.DARK), side=SIDE, lines=lines)
        rows = library.grid_rows([PhotoId(number) for number in range(1, count + 1)])
        tiles.set_tiles([Tile.of(row, "81 %") for row in rows])
        qtbot.addWidget(tiles)
        tiles.resize(columns * STEP, tiles.height())
        with qtbot.waitExposed(tiles):
            tiles.show()
        return tiles

    return create


def test_tiles_stand_in_lines(create):
    tiles = create(12)
    assert tiles.height() == 3 * STEP - GAP
    assert tiles.tile_rect(6).topLeft() == QPoint(STEP, STEP)
    assert tiles.place_at(QPoint(STEP + 1, STEP + 1)) == 6
    assert tiles.place_at(QPoint(SIDE + 1, 1)) is None
    assert tiles.place_at(QPoint(4 * STEP + 1, 2 * STEP + 1)) is None


def test_a_click_names_the_photo(qtbot, create):
    tiles = create(12)
    clicked = []
    tiles.clicked.connect(clicked.append)
    middle = tiles.tile_rect(6).center()
    qtbot.mouseClick(tiles, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseClick(tiles, Qt.MouseButton.RightButton, pos=middle)
    assert clicked == [PhotoId(7)]


def test_keys_go_about_and_choose(qtbot, create):
    tiles = create(12)
    clicked = []
    tiles.clicked.connect(clicked.append)
    tiles.setFocus()
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Space):
        qtbot.keyClick(tiles, key)
    assert clicked == [PhotoId(7)]
    assert tiles.accessibleDescription() == "motorcycle.jpg · 81 %".replace("motorcycle", "flower")


def test_one_line_says_how_many_are_missing(qtbot, create):
    tiles = create(12, lines=1)
    asked = []
    tiles.more_requested.connect(lambda: asked.append(True))
    assert tiles.height() == SIDE
    assert tiles.overflow == 7
    qtbot.mouseClick(tiles, Qt.MouseButton.LeftButton, pos=tiles.tile_rect(4).center())
    assert asked == [True]
    tiles.set_lines(None)
    assert tiles.overflow == 0
    assert tiles.height() == 3 * STEP - GAP


def test_only_what_is_in_view_is_decoded(qtbot, create, thumbs, monkeypatch):
    wanted = []
    monkeypatch.setattr(thumbs, "want", lambda who, requests: wanted.append(len(requests)))
    tiles = create(40, lines=2)
    tiles.grab()
    assert max(wanted) <= 10


def test_pictures_take_the_place_of_colours(qtbot, create, thumbs, library):
    tiles = create(1)
    qtbot.waitUntil(lambda: thumbs.idle and thumbs.peek(tiles.tiles[0].key) is not None)
    picture = tiles.grab().toImage()
    middle = picture.pixelColor(SIDE // 2, SIDE // 2)
    corners = [picture.pixelColor(5, 5), picture.pixelColor(SIDE - 6, SIDE - 6)]
    assert any(corner != middle for corner in corners), "one colour all over"


def test_a_photo_left_out_is_faded(qtbot, create):
    tiles = create(3)
    tiles.set_tiles([Tile(PhotoId(1), "", 0xFF0000, "a"), Tile(PhotoId(2), "", 0xFF0000, "b")])
    before = tiles.grab().toImage().pixelColor(5, SIDE // 2)
    tiles.set_tiles(tiles.tiles, left_out={PhotoId(1)})
    after = tiles.grab().toImage()
    assert before == QColor(0xFF0000)
    assert after.pixelColor(5, SIDE // 2) != before
    assert after.pixelColor(STEP + 5, SIDE // 2) == before


def test_wishes_of_several_are_put_together(qtbot, create, thumbs):
    first, second = create(3), create(12)
    first.grab()
    second.grab()
    keys = {tile.key for tile in (*first.tiles, *second.tiles)}
    qtbot.waitUntil(lambda: thumbs.idle)
    assert all(thumbs.peek(key) is not None for key in keys)
