"""Frame times of the grid with 100,000 photos; printed, never judged (budget: p99 of 16 ms)."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from skimage import data

from photoorg.core.ids import PhotoId
from photoorg.core.records import GridOutline, GridRow, PhotoState
from photoorg.gui.grid.contents import GridContents
from photoorg.gui.grid.drag import PhotoDrag
from photoorg.gui.grid.layout import Grouping, Measures, TileShape, group_keys, lay_out
from photoorg.gui.grid.model import GridModel
from photoorg.gui.grid.view import GridView
from photoorg.gui.icons import IconSet
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.gui.thumbnails import ThumbnailLoader

PHOTOS = 100_000
FRAMES = 300
TAKEN = datetime(2024, 5, 1)


class SyntheticLibrary:
    """As much of a library as the grid asks for, with a thumbnail key of its own per photo."""

    def grid_rows(self, photo_ids: Sequence[PhotoId]) -> list[GridRow]:
        return [
            GridRow(
                photo, f"{photo}.jpg", f"key{photo}", 300, 200, 0x445566, TAKEN,
                PhotoState.READY, False, photo % 6, ("beach", "dog"),
            )
            for photo in photo_ids
        ]  # fmt: skip


def synthetic_contents(count: int) -> GridContents:
    rng = np.random.default_rng(1)
    aspects = rng.choice([1.5, 1.33, 0.75, 0.67, 1.78], count).astype(np.float32)
    days = np.sort(rng.integers(14_000, 19_700, count))[::-1].astype(np.int32)
    colors = rng.integers(0, 1 << 24, count).astype(np.uint32)
    return GridContents(np.arange(1, count + 1), GridOutline(aspects, days, colors))


def percentiles(times: list[float]) -> str:
    p50, p99 = np.percentile(times, (50, 99)) * 1000
    return f"median {p50:5.1f} ms, p99 {p99:5.1f} ms, worst {max(times) * 1000:5.1f} ms"


class Clock:
    """Wall time, and what the GUI thread itself computed: the two part on a busy machine."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.own: list[float] = []

    def __enter__(self) -> Clock:
        self._began = time.perf_counter(), time.thread_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall.append(time.perf_counter() - self._began[0])
        self.own.append(time.thread_time() - self._began[1])

    def __str__(self) -> str:
        return f"{percentiles(self.wall)}; own work {percentiles(self.own)}"


@pytest.fixture
def view(qtbot, tmp_path: Path):
    thumbnail = tmp_path / "thumbnail.jpg"
    photo = np.ascontiguousarray(data.chelsea())
    image = QImage(photo.data, photo.shape[1], photo.shape[0], QImage.Format.Format_RGB888)
    image.scaledToWidth(512).save(str(thumbnail))
    library = SyntheticLibrary()
    tasks = TaskRunner()
    theme = ThemeService(Appearance.DARK)
    theme.apply(QApplication.instance())
    thumbnails = ThumbnailLoader(lambda _: thumbnail)
    model = GridModel(library, tasks)
    view = GridView(model, thumbnails, theme, IconSet(theme), PhotoDrag(library, tasks, theme))
    qtbot.addWidget(view)
    view.resize(760, 720)
    model.set_contents(synthetic_contents(PHOTOS))
    view.show()
    yield view
    thumbnails.shutdown()
    tasks.shutdown()


def scroll(view: GridView, step: int) -> Clock:
    """Time each frame: scroll, take in what threads have ready by now, and paint, once."""
    bar = view.verticalScrollBar()
    clock = Clock()
    for _ in range(FRAMES):
        with clock:
            bar.setValue(bar.value() + step)
            QApplication.processEvents()
        time.sleep(max(0.0, 1 / 60 - clock.wall[-1]))
    return clock


@pytest.mark.benchmark
@pytest.mark.parametrize("size", [80, 180])
@pytest.mark.parametrize("shape", list(TileShape))
def test_scrolling(view: GridView, size: int, shape: TileShape) -> None:
    view.set_tile_size(size)
    view.set_tile_shape(shape)
    view.set_grouping(Grouping.MONTH)
    QApplication.processEvents()
    for name, step in (("wheel", 120), ("fast", 3_000), ("dragging the handle", 50_000)):
        view.verticalScrollBar().setValue(0)
        clock = scroll(view, step)
        print(f"\n{shape.value:9} {size:3} px, {name:19}: {clock}", end="")
        assert view.verticalScrollBar().value() > 0


@pytest.mark.benchmark
def test_laying_out(view: GridView) -> None:
    outline = synthetic_contents(PHOTOS).outline
    for shape in TileShape:
        for grouping in Grouping:
            clock = Clock()
            for size in range(80, 500, 20):
                with clock:
                    grouped = grouping is not Grouping.NONE
                    groups = group_keys(outline.days, grouping) if grouped else None
                    layout = lay_out(outline.aspects, Measures(760, size, shape), groups)
                assert layout.count == PHOTOS
            print(f"\nlay out {shape.value}, {grouping.value:5}: {clock}", end="")


@pytest.mark.benchmark
def test_selecting_all_and_refreshing(view: GridView) -> None:
    began = time.perf_counter()
    view.selectAll()
    QApplication.processEvents()
    selected = time.perf_counter()
    view._grid.set_contents(synthetic_contents(PHOTOS - 1))
    QApplication.processEvents()
    done = time.perf_counter()
    assert view.selected_count == PHOTOS - 1
    print(
        f"\nselect all {1000 * (selected - began):.1f} ms, "
        f"refresh with all selected {1000 * (done - selected):.1f} ms",
        end="",
    )
