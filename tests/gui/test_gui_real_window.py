"""The window over the real library: real photos, real worker processes, a real catalog."""

from __future__ import annotations

import io
import itertools
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication

from photoorg import app
from photoorg.catalog.catalog import Catalog
from photoorg.core.errors import EnvironmentProblem, UsageProblem
from photoorg.core.ids import PhotoId
from photoorg.core.paths import CatalogPaths
from photoorg.core.progress import Progress
from photoorg.features.registry import visual_spec
from photoorg.gui.centre import CentrePage
from photoorg.gui.icons import IconSet
from photoorg.gui.main_window import MainWindow
from photoorg.gui.shortcuts import Command, Where
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.gui.widgets.chip import Chip
from photoorg.jobs.library import Library
from photoorg.media.decode import load_for_view

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PATIENCE_MS = 120_000
STALL_PHOTOS = 150
LONGEST_WORK_SECONDS = 0.3
LONGEST_STALL_SECONDS = 2.0
"""Generous, because machines are noisy; the figures themselves are printed."""


class OpenWindow:
    """A window and the library behind it."""

    def __init__(self, catalog: Path, qtbot) -> None:
        self.library = Library.open(CatalogPaths(catalog))
        self.tasks = TaskRunner()
        theme = ThemeService(Appearance.DARK)
        settings = QSettings(str(catalog / "window.ini"), QSettings.Format.IniFormat)
        self.window = MainWindow(
            self.library, self.tasks, theme, IconSet(theme), settings, load_for_view
        )
        self.finished = 0
        self.closed = False
        self.window.events.progressed.connect(self._on_progress)
        qtbot.addWidget(self.window)
        with qtbot.waitExposed(self.window):
            self.window.show()
        self.window.activateWindow()

    def _on_progress(self, progress: Progress) -> None:
        self.finished += progress.finished

    def photo(self, path: Path) -> PhotoId:
        found = self.library.photo_by_path(path)
        assert found is not None
        return found

    def close(self) -> None:
        """Close everything in order; a second call does nothing."""
        if self.closed:
            return
        self.closed = True
        self.window.close()
        self.window.release()
        self.tasks.shutdown()
        self.library.close()


@pytest.fixture
def opened(qtbot, qapp, tmp_path) -> Iterator[OpenWindow]:
    opened = OpenWindow(tmp_path / "catalog", qtbot)
    yield opened
    opened.close()


@pytest.fixture
def indexed(opened, real_photos, qtbot) -> OpenWindow:
    """A window that has indexed the real photos in the background."""
    folder = next(iter(real_photos.values())).parent
    opened.window.folders.add([folder])
    qtbot.waitUntil(lambda: opened.finished > 0, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: opened.window.model.rowCount() == len(real_photos))
    qtbot.waitUntil(lambda: grid_is_up_to_date(opened), timeout=PATIENCE_MS)
    assert not opened.library.failures()
    return opened


def grid_is_up_to_date(opened: OpenWindow) -> bool:
    """Whether tiles have the shapes of their photos: until then the grid is laid out once more.

    News from the indexer are gathered for a moment before the grid is read again.
    """
    shown = opened.window.model.contents.outline
    known = opened.library.grid_outline(opened.window.model.ids)
    return np.array_equal(shown.aspects, known.aspects) and np.array_equal(shown.days, known.days)


def type_into_search(qtbot, window: MainWindow, text: str) -> None:
    window.search.focus()
    qtbot.keyClicks(QApplication.focusWidget(), text)
    qtbot.waitUntil(lambda: window.browse.place.text == text, timeout=PATIENCE_MS)


def suggested(window: MainWindow) -> list[str]:
    return [chip.data.tag for chip in window.inspector._suggested.chips]


def choose_and_wait_for_suggestions(qtbot, window: MainWindow, photo: PhotoId) -> None:
    window.view.choose(photo)
    qtbot.waitUntil(lambda: window.inspector.photo_ids == (photo,))
    qtbot.waitUntil(lambda: bool(suggested(window)), timeout=PATIENCE_MS)


def press_on_chip(qtbot, chip: Chip, key: Qt.Key) -> None:
    chip.setFocus()
    assert QApplication.focusWidget() is chip
    qtbot.keyClick(chip, key)


def search_is_ready(opened: OpenWindow) -> bool:
    """The follower takes vectors into the index a moment after they were stored, some at a time."""
    found = opened.library.search("cat", opened.window.browse.place.scope)
    return not found.notice and len(found.hits) == opened.window.model.rowCount()


def test_search_and_back_to_where_one_was(indexed, real_photos, qtbot) -> None:
    window, cat = indexed.window, indexed.photo(real_photos["cat"])
    qtbot.waitUntil(lambda: search_is_ready(indexed), timeout=PATIENCE_MS)
    window.resize(900, 500)
    window.view.set_tile_size(320)
    moon = indexed.photo(real_photos["moon"])
    window.view.choose(moon)
    QApplication.processEvents()
    # What indexing told last may still change the shapes of tiles.
    qtbot.waitUntil(lambda: not (window.browse._refresh_timer.isActive() or indexed.tasks.busy))
    qtbot.wait(50)
    scrolled = window.view.verticalScrollBar().value()

    type_into_search(qtbot, window, "cat")
    assert int(window.model.ids[0]) == cat
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.browse.place.is_answer)
    assert window.model.rowCount() == len(real_photos)
    assert window.view.selected_ids().tolist() == [moon]
    assert abs(window.view.verticalScrollBar().value() - scrolled) <= 1


def test_a_search_without_a_match_offers_what_comes_near(indexed, qtbot) -> None:
    window = indexed.window
    qtbot.waitUntil(lambda: search_is_ready(indexed), timeout=PATIENCE_MS)
    type_into_search(qtbot, window, "submarine")
    qtbot.waitUntil(lambda: window.centre.page is window.centre.empty)
    assert window.centre.empty.button.text() == "Show the closest photos"
    qtbot.mouseClick(window.centre.empty.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.centre.page is window.view)
    assert window.model.rowCount() > 0


def test_accepted_rejected_and_undone_suggestions(indexed, real_photos, qtbot, tmp_path) -> None:
    window, cat = indexed.window, indexed.photo(real_photos["cat"])
    choose_and_wait_for_suggestions(qtbot, window, cat)
    board = window.inspector._suggested
    assert "cat" in suggested(window)
    qtbot.mouseClick(window.inspector._less_sure, Qt.MouseButton.LeftButton)
    assert len(suggested(window)) >= 3, "one to accept, to reject and to undo"

    press_on_chip(qtbot, board.chip("cat"), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "cat" in _tags(indexed, cat))
    qtbot.waitUntil(lambda: board.chip("cat") is None)
    wrong = suggested(window)[0]
    press_on_chip(qtbot, board.chip(wrong), Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: wrong in indexed.library.details(cat).rejected)
    undone = suggested(window)[0]
    assert undone != wrong
    qtbot.mouseClick(board.chip(undone), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: undone in _tags(indexed, cat))
    window.view.setFocus()
    qtbot.keyClick(window.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: undone not in _tags(indexed, cat))
    qtbot.waitUntil(lambda: undone in suggested(window), timeout=PATIENCE_MS)
    assert wrong not in suggested(window)

    indexed.close()
    with Catalog.open(CatalogPaths(tmp_path / "catalog")) as catalog:
        details = catalog.details(cat)
    assert [tag for tag, _ in details.confirmed] == ["cat"]
    assert list(details.rejected) == [wrong]


def _tags(opened: OpenWindow, photo: PhotoId) -> list[str]:
    details = opened.library.details(photo)
    return [] if details is None else [tag for tag, _ in details.confirmed]


def test_what_the_model_sees_and_which_model_it_is(indexed, real_photos, qtbot) -> None:
    window, cat = indexed.window, indexed.photo(real_photos["cat"])
    window.open_viewer(cat)
    window.why.ask(cat, "cat")
    qtbot.waitUntil(lambda: window.viewer.shows_heat, timeout=PATIENCE_MS)
    assert "cat" in window.viewer.why.words
    window.close_viewer()
    window.show_page(CentrePage.MODELS)
    page = window.centre.models
    qtbot.waitUntil(lambda: bool(page.cards), timeout=PATIENCE_MS)
    assert page.is_empty
    assert page.cards[0].marked_in_use
    page.open_training()
    assert page.form.start.isEnabled()


def test_similar_from_the_menu(indexed, real_photos, qtbot) -> None:
    window, cat = indexed.window, indexed.photo(real_photos["cat"])
    qtbot.waitUntil(lambda: search_is_ready(indexed), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: bool(indexed.library.similar(cat).hits), timeout=PATIENCE_MS)
    window.view.choose(cat)
    menu = window.actions_on_photos.create_menu(window.view)
    action = window.commands.action(Command.FIND_SIMILAR, Where.PHOTOS)
    assert action in menu.actions()
    action.trigger()
    qtbot.waitUntil(lambda: window.browse.place.similar == cat, timeout=PATIENCE_MS)
    assert cat not in window.model.ids.tolist()
    assert window.browse.answer.results.hits


# -- nothing stalls ---------------------------------------------------------------------------
def test_the_window_goes_on_while_photos_are_indexed(
    opened, real_photos, tmp_path, qtbot, capsys
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    sources = [path.read_bytes() for path in real_photos.values()]
    for number in range(STALL_PHOTOS):
        # What follows the end of a JPEG is no part of the picture, but makes it another file.
        body = sources[number % len(sources)] + random.Random(number).randbytes(16)
        (folder / f"{number:04}.jpg").write_bytes(body)
    beats = [_Beat.now()]
    timer = QTimer(opened.window, interval=10, timeout=lambda: beats.append(_Beat.now()))
    timer.start()
    opened.window.folders.add([folder])
    qtbot.waitUntil(lambda: opened.finished > 0, timeout=PATIENCE_MS)
    timer.stop()
    pairs = list(itertools.pairwise(beats))
    stalls = sorted((after.wall - before.wall for before, after in pairs), reverse=True)
    work = max(after.work - before.work for before, after in pairs)
    with capsys.disabled():
        print(
            f"\n{STALL_PHOTOS} photos in {beats[-1].wall - beats[0].wall:.1f} s; longest stalls "
            f"{', '.join(f'{stall * 1000:.0f}' for stall in stalls[:3])} ms; "
            f"longest work at a stretch {work * 1000:.0f} ms"
        )
    assert work < LONGEST_WORK_SECONDS
    assert stalls[0] < LONGEST_STALL_SECONDS


@dataclass(frozen=True)
class _Beat:
    """A moment of the window's thread: of the clock, and of its own computing, in seconds.

    The two part where other programs want the processor too.
    """

    wall: float
    work: float

    @classmethod
    def now(cls) -> _Beat:
        return cls(time.monotonic(), time.thread_time())


# -- the program ------------------------------------------------------------------------------
def test_a_folder_that_is_not_there_is_said_before_anything_opens(tmp_path) -> None:
    catalog = CatalogPaths(tmp_path / "catalog")
    with pytest.raises(EnvironmentProblem, match="is not there"):
        app.run_window(tmp_path / "nowhere", catalog)
    file = tmp_path / "file.txt"
    file.write_text("text", encoding="utf-8")
    with pytest.raises(UsageProblem, match="is not a folder"):
        app.run_window(file, catalog)
    assert not catalog.root.exists()


@pytest.fixture
def display(tmp_path) -> Iterator[str]:
    """An X server without a screen, on a display of its own choice."""
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("Xvfb is not installed")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [program, "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with open(reading, encoding="ascii") as told:  # noqa: PTH123 - a pipe has no path
            ready, _, _ = select.select([told], [], [], 20)
            if not ready or not (number := told.readline().strip()):
                pytest.skip("Xvfb does not start here")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def test_the_program_opens_indexes_and_ends(display, real_photos, tmp_path) -> None:
    folder = next(iter(real_photos.values())).parent
    paths = CatalogPaths(tmp_path / "catalog")
    environment = {k: v for k, v in os.environ.items() if k != "WAYLAND_DISPLAY"}
    environment |= {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    program = subprocess.Popen(
        [sys.executable, "-m", "photoorg", str(folder), "--catalog", str(paths.root)],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _wait_until_encoded(paths, len(real_photos), program)
        if program.poll() is None:
            _assert_shows_something(display)
            program.send_signal(signal.SIGTERM)
        _, errors = program.communicate(timeout=60)
    finally:
        if program.poll() is None:
            os.killpg(program.pid, signal.SIGKILL)
        program.stderr.close()
    if program.returncode != 0 and "platform plugin" in errors:
        pytest.skip("Qt lacks system libraries for X here")
    assert program.returncode == 0, errors
    assert "Traceback" not in errors
    log = paths.log.read_text(encoding="utf-8")
    assert "has closed" in log
    assert "Traceback" not in log
    assert _group_ends(program.pid), "a process of the program lives on"


def _group_ends(group: int) -> bool:
    """Return whether soon nobody is left; Python's own helpers notice the end a moment later."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def _wait_until_encoded(paths: CatalogPaths, count: int, program: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < deadline and program.poll() is None:
        if paths.database.exists() and _encoded(paths) == count:
            return
        time.sleep(0.25)
    assert program.poll() is not None, "it takes too long"


def _encoded(paths: CatalogPaths) -> int:
    try:
        with Catalog.open(paths, read_only=True) as catalog:
            return catalog.vector_count(visual_spec().key)
    except EnvironmentProblem:  # it is only just being made
        return 0


def _assert_shows_something(display: str) -> None:
    grab = shutil.which("import")
    if grab is None:
        return
    picture = subprocess.run(
        [grab, "-display", display, "-window", "root", "png:-"],
        check=True,
        capture_output=True,
        timeout=60,
    ).stdout
    with Image.open(io.BytesIO(picture)) as image:
        assert image.size == (1280, 800)
        colors = image.convert("RGB").getcolors(1280 * 800) or []
    assert len(colors) > 1000, "photos have more colours than that"
