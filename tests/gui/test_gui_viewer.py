"""The viewer: the right photo at the right scale, whatever comes late or not at all."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from fake_library import FakeLibrary
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPixmap

from photoorg.core.errors import DamagedMedia
from photoorg.gui.icons import IconSet
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.gui.viewer.canvas import PhotoCanvas
from photoorg.gui.viewer.loader import Level
from photoorg.gui.viewer.viewer import Viewer
from photoorg.media.decode import DecodedImage, load_for_view


class Reader:
    """Reads files and knows what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int | None]] = []
        self.broken: set[str] = set()
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, path: Path, max_side: int | None) -> DecodedImage:
        self.asked.append((path.name, max_side))
        self.gate.wait(5)
        if path.name in self.broken:
            raise DamagedMedia("The JPEG file is cut off.")
        return load_for_view(path, max_side)


@pytest.fixture
def library(tmp_path):
    return FakeLibrary(tmp_path)


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
def viewer(qtbot, library, reader):
    theme = ThemeService(Appearance.LIGHT)
    tasks = TaskRunner(2)
    viewer = Viewer(library, tasks, theme, IconSet(theme), reader)
    qtbot.addWidget(viewer)
    viewer.resize(800, 648)
    with qtbot.waitExposed(viewer):
        viewer.show()
    yield viewer
    reader.gate.set()
    tasks.shutdown()


IDS = np.arange(1, 8, dtype=np.int64)


def is_sharp(viewer: Viewer) -> bool:
    return viewer._level is not Level.THUMBNAIL


def test_shows_the_photo_its_name_and_date(viewer, library, qtbot) -> None:
    with qtbot.waitSignal(viewer.shown) as shown:
        viewer.open(IDS, 3)
    assert shown.args == [3]
    qtbot.waitUntil(lambda: is_sharp(viewer))
    assert viewer.name_label().text() == library.name_of(3)
    assert viewer._facts.text() == "13 July 2023, 12:30  ·  3 of 7"


def test_the_thumbnail_comes_before_the_photo(viewer, reader, qtbot) -> None:
    reader.gate.clear()
    viewer.open(IDS, 1)
    qtbot.waitUntil(lambda: not viewer._canvas._pixmap.isNull())
    assert not is_sharp(viewer)
    assert viewer._canvas._pixmap.width() <= 512
    reader.gate.set()
    qtbot.waitUntil(lambda: is_sharp(viewer))


def test_neighbours_are_made_ready(viewer, library, reader, qtbot) -> None:
    viewer.open(IDS, 3)
    names = {library.name_of(i) for i in (2, 3, 4, 5)}
    qtbot.waitUntil(lambda: {name for name, _ in reader.asked} == names)
    qtbot.waitUntil(lambda: len(viewer._loader._kept) == 4)
    viewer.step(1)
    assert is_sharp(viewer), "a prepared photo is there at once"


def test_only_the_photo_on_show_is_shown(viewer, library, reader, qtbot) -> None:
    reader.gate.clear()
    viewer.open(IDS, 1)
    for _ in range(4):
        viewer.step(1)
    reader.gate.set()
    qtbot.waitUntil(lambda: is_sharp(viewer))
    assert viewer.current_photo() == 5
    assert viewer.name_label().text() == library.name_of(5)


def test_stays_at_the_ends(viewer, qtbot) -> None:
    viewer.open(IDS, 1)
    viewer.step(-1)
    assert viewer.current_photo() == 1
    viewer.go_to_end(last=True)
    assert viewer.current_photo() == 7
    viewer.step(1)
    assert viewer.current_photo() == 7
    assert not viewer._next.isEnabled()


def test_a_photo_that_is_not_in_the_list_is_refused(viewer) -> None:
    with pytest.raises(ValueError, match="99"):
        viewer.open(IDS, 99)


def test_zooming_in_fetches_all_pixels(viewer, library, reader, qtbot) -> None:
    original = library.path_of(6)
    viewer.open(IDS, 6)
    qtbot.waitUntil(lambda: is_sharp(viewer))
    viewer._canvas._full = QSize(5000, 3000)  # as if the photo were larger than the screen
    viewer._canvas.zoom_to(1.0)
    qtbot.waitUntil(lambda: (original.name, None) in reader.asked)
    qtbot.waitUntil(lambda: viewer._level is Level.FULL)


def test_a_photo_that_cannot_be_read_says_why_below_its_thumbnail(viewer, library, reader, qtbot):
    reader.broken.add(library.name_of(2))
    viewer.open(IDS, 2)
    qtbot.waitUntil(lambda: "cut off" in viewer._canvas._message)
    assert not viewer._canvas._pixmap.isNull()
    viewer.step(1)
    qtbot.waitUntil(lambda: viewer._canvas._message == "")


def test_a_missing_file_says_so(viewer, library, reader, qtbot) -> None:
    library.missing.add(4)
    viewer.open(IDS, 4)
    qtbot.waitUntil(lambda: "no longer there" in viewer._canvas._message)


def test_slideshow_goes_on_and_ends(viewer, qtbot) -> None:
    viewer._slide_timer.setInterval(10)
    viewer.open(IDS, 5)
    with qtbot.waitSignal(viewer.full_screen_requested) as asked:
        viewer.toggle_slideshow()
    assert asked.args == [True]
    qtbot.waitUntil(lambda: viewer.current_photo() == 7)
    qtbot.waitUntil(lambda: not viewer.in_slideshow)


def test_release_lets_go(viewer, qtbot) -> None:
    viewer.open(IDS, 1)
    qtbot.waitUntil(lambda: is_sharp(viewer))
    viewer.release()
    assert viewer.current_photo() is None
    assert viewer._canvas._pixmap.isNull()
    assert not viewer._loader._kept


# -- the canvas -----------------------------------------------------------------------------------
@pytest.fixture
def canvas(qtbot):
    canvas = PhotoCanvas(ThemeService(Appearance.LIGHT))
    qtbot.addWidget(canvas)
    canvas.resize(600, 400)
    with qtbot.waitExposed(canvas):
        canvas.show()
    pixmap = QPixmap(1200, 400)
    pixmap.fill(QColor("#ff0000"))
    canvas.show_photo(pixmap, QSize(2400, 800))
    return canvas


def test_fit_shows_all_of_it_on_a_dark_surround(canvas) -> None:
    assert canvas.scale == pytest.approx(0.25 * canvas.devicePixelRatioF())
    image = canvas.grab().toImage()
    assert image.pixelColor(300, 200).name() == "#ff0000"
    assert image.pixelColor(2, 200).name() == "#ff0000"
    assert image.pixelColor(300, 20).name() == "#111111", "dark, though the theme is light"


def test_a_small_photo_is_not_blown_up_without_end(canvas) -> None:
    small = QPixmap(20, 20)
    small.fill(QColor("#00ff00"))
    canvas.show_photo(small, small.size())
    assert canvas.scale == 3.0


def test_zoom_holds_what_is_below_the_pointer(canvas) -> None:
    point = QPointF(420, 230)
    before = canvas._photo_point(point)
    canvas.zoom_to(1.0, point)
    after = canvas._photo_point(point)
    assert (after - before).manhattanLength() < 1e-6
    canvas.zoom_to(3.0, point)
    assert (canvas._photo_point(point) - before).manhattanLength() < 1e-6


def test_zooming_out_ends_at_the_whole_photo(canvas) -> None:
    canvas.zoom_to(1.0)
    assert not canvas.fitted
    canvas.zoom_to(0.01)
    assert canvas.fitted
    canvas.zoom_to(100)
    assert canvas.scale == 8.0


def test_dragging_moves_the_photo_and_stops_at_its_edge(canvas, qtbot) -> None:
    canvas.zoom_to(1.0)
    middle = canvas._middle
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().center())
    qtbot.mouseMove(canvas, canvas.rect().center())
    canvas._grabbed = QPointF(300, 200)
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    def drag(x: float) -> None:
        event = QMouseEvent(
            QMouseEvent.Type.MouseMove,
            QPointF(x, 200),
            canvas.mapToGlobal(QPointF(x, 200)),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(canvas, event)

    drag(250)
    assert canvas._middle.x() == pytest.approx(middle.x() + 50 * canvas.devicePixelRatioF())
    drag(-100_000)
    assert canvas._middle.x() == pytest.approx(2400 - 300 * canvas.devicePixelRatioF())


def test_it_says_when_more_pixels_are_wanted(canvas, qtbot) -> None:
    with qtbot.waitSignal(canvas.more_pixels_wanted):
        canvas.zoom_to(1.0)
    with qtbot.assertNotEmitted(canvas.more_pixels_wanted):
        canvas.fit()


def test_more_pixels_of_the_same_photo_keep_scale_and_place(canvas) -> None:
    canvas.zoom_to(2.0, QPointF(10, 10))
    middle = canvas._middle
    full = QPixmap(2400, 800)
    canvas.show_photo(full, QSize(2400, 800), same=True)
    assert canvas.scale == 2.0
    assert canvas._middle == middle
    canvas.show_photo(full, QSize(2400, 800))
    assert canvas.fitted
