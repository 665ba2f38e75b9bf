"""Photograph the window for the README: every screen, light and dark, from photos anybody may have.

    python packaging/screenshots.py [--scale 2] [--to FOLDER] [--only grid search] [--fonts FOLDER]

The program has no font of its own, it takes the system's. The README's pictures are all in Inter,
so that they belong together: where it is not installed, `--fonts` names a folder that holds its
files (the package `fonts-inter` of Debian, unpacked, will do). Without it the pictures come out in
the font of the system, and the tool says so.

The real window runs over the real library in a temporary folder, without a display. The photos are
those that ship inside scikit-image and scikit-learn, and crops of them, so nothing private can get
into a picture. Needs the development dependencies; takes a few minutes where models are trained for
the pictures of them.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

import numpy as np
from demo_photos import write_demo
from PIL import Image, ImageChops

if TYPE_CHECKING:
    from photoorg.gui.main_window import MainWindow
    from photoorg.gui.theme import ThemeService
    from photoorg.jobs.library import Library

HERE: Final = Path(__file__).resolve().parent
WIDTH, HEIGHT = 1280, 800
LARGEST_FILE: Final = 200_000
"""Bytes of a picture in its own size; beyond that it gets by with fewer colours."""

COLORS: Final = (256, 192, 160, 128)
"""With fewer than the last, photos are no longer fit to be seen: a picture stays larger then."""
SOME: Final = 8
TOAST_SECONDS: Final = 5.5
FREQUENT: Final = 32
WINDOW_COLORS: Final = 48
PATIENCE_SECONDS: Final = 120.0

ALBUM_TAGS: Final = {
    "At home/Chelsea": ("cat", "pet"),
    "At home": ("home",),
    "Garden": ("plant", "nature"),
    "Florida 2025": ("space",),
    "Night sky": ("space", "night"),
    "Beijing 2024": ("temple", "lake"),
    "Garage": ("motorcycle",),
    "Old negatives": ("black and white",),
}
TRAINED: Final = ("joint-autoencoder", "bidnn", "cross-modal-2")
TRAINING_SECONDS: Final = 600.0
LONG: Final = 3_000
SOME_EPOCHS: Final = 150
OF_PHOTOS: Final = (
    *("first-run", "indexing", "grid", "search", "similar", "inspector", "viewer", "failures"),
    "bulk",
)
OF_TAGS: Final = ("quality", "review", "tidy")
OF_MODELS: Final = ("models", "training", "compare")
SCREENS: Final = (*OF_PHOTOS, *OF_TAGS, *OF_MODELS, "why")

FONT: Final = "Inter"
FONTS: Final = """<?xml version="1.0"?><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
{folders}
<match target="pattern"><test name="family"><string>sans-serif</string></test>
<edit name="family" mode="prepend" binding="strong"><string>{font}</string></edit></match>
</fontconfig>"""


# -- the window -------------------------------------------------------------------------------
@contextmanager
def opened_window(folder: Path) -> Iterator[tuple[MainWindow, Library, ThemeService]]:
    """Open the real window over a library kept in a folder, and take both down."""
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QApplication

    from photoorg.core.paths import CatalogPaths
    from photoorg.gui.icons import IconSet
    from photoorg.gui.main_window import MainWindow
    from photoorg.gui.tasks import TaskRunner
    from photoorg.gui.theme import ThemeService
    from photoorg.jobs.library import Library
    from photoorg.media.decode import load_for_view

    application = QApplication([])
    theme, tasks = ThemeService(), TaskRunner()
    theme.apply(application)
    settings = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
    with Library.open(CatalogPaths(folder)) as library:
        window = MainWindow(library, tasks, theme, IconSet(theme), settings, load_for_view)
        window.resize(WIDTH, HEIGHT)
        window.show()
        window.activateWindow()
        try:
            yield window, library, theme
        finally:
            window.release()
            tasks.shutdown()


def wait(until: Callable[[], bool] | float, patience: float = PATIENCE_SECONDS) -> None:
    """Let the window work until something holds, or for some seconds."""
    from PySide6.QtWidgets import QApplication

    began = time.monotonic()
    while True:
        QApplication.processEvents()
        passed = time.monotonic() - began
        if passed > until if isinstance(until, float) else until():
            return
        if passed > patience:
            raise SystemExit("The window did not get where it was sent.")
        time.sleep(0.005)


class Camera:
    """Takes pictures of the window in each appearance, of the screens that are wanted."""

    def __init__(
        self, window: MainWindow, theme: ThemeService, folder: Path, wanted: frozenset[str]
    ) -> None:
        self._window = window
        self._theme = theme
        self._folder = folder
        self._wanted = wanted
        folder.mkdir(parents=True, exist_ok=True)

    def wants(self, *names: str) -> bool:
        """Return whether any of these screens is to be photographed."""
        return not self._wanted.isdisjoint(names)

    def take(self, name: str, settle: float = 0.4) -> None:
        """Wait until nothing moves any more, then write `name`-light.png and `name`-dark.png."""
        from photoorg.gui.theme import Appearance

        if not self.wants(name):
            return
        wait(settle)
        for appearance in (Appearance.LIGHT, Appearance.DARK):
            self._theme.set_appearance(appearance)
            wait(0.05)
            path = self._folder / f"{name}-{appearance}.png"
            self._write(path)
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")

    def _write(self, path: Path) -> None:
        from PySide6.QtCore import QBuffer, QIODevice
        from PySide6.QtWidgets import QApplication

        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        QApplication.sendPostedEvents()  # what just changed is not laid out yet
        self._window.grab().save(buffer, "PNG")
        image = Image.open(BytesIO(bytes(buffer.data().data()))).convert("RGB")
        image.save(path, optimize=True)
        if path.stat().st_size <= LARGEST_FILE or image.width != WIDTH:
            return
        for colors in (*COLORS, COLORS[0]):
            with_palette(image, self._photos(), colors).save(path, optimize=True)
            if path.stat().st_size <= LARGEST_FILE:
                return

    def _photos(self) -> Image.Image:
        """Return where photos are in the window: white in a picture of its size, else black."""
        from PySide6.QtCore import QPoint

        from photoorg.gui.inspector.preview import Preview

        window = self._window
        places = Image.new("L", (WIDTH, HEIGHT))
        shown = (window.view.viewport(), window.viewer, *window.findChildren(Preview))
        for widget in (widget for widget in shown if widget.isVisible()):
            corner = widget.mapTo(window, QPoint(0, 0))
            right, bottom = corner.x() + widget.width(), corner.y() + widget.height()
            places.paste(255, (corner.x(), corner.y(), right, bottom))
        return places


def with_palette(image: Image.Image, photos: Image.Image, colors: int) -> Image.Image:
    """Return a picture in few colours, of which the window keeps enough for its letters.

    Args:
        image: the picture.
        photos: white where there are photos.
        colors: how many.
    """
    drawn = image.copy()
    drawn.paste(drawn.getpixel((0, 0)), mask=photos)
    counts = drawn.getcolors(image.width * image.height) or []
    exact = [color for _, color in sorted(counts, reverse=True)[:FREQUENT]]
    seen = image.crop(photos.getbbox())
    rest = [drawn.quantize(WINDOW_COLORS), seen.quantize(colors - FREQUENT - WINDOW_COLORS)]
    levels = [level for color in exact for level in color]
    for part in rest:
        levels += part.getpalette() or []
    levels = levels[: 3 * colors]
    palette = Image.new("P", (1, 1))
    palette.putpalette(levels)
    few = image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    few.paste(nearest(drawn, levels), mask=ImageChops.invert(photos))
    return few


def nearest(image: Image.Image, levels: Sequence[int]) -> Image.Image:
    """Return a picture of few colours in those of a palette; Pillow's own way is not exact."""
    pixels = np.asarray(image, dtype=np.int32).reshape(-1, 3)
    colors, places = np.unique(pixels, axis=0, return_inverse=True)
    palette = np.asarray(levels, dtype=np.int32).reshape(-1, 3)
    distances = ((colors[:, None] - palette[None]) ** 2).sum(axis=2)
    chosen = distances.argmin(axis=1).astype(np.uint8)[places.ravel()]
    found = Image.fromarray(chosen.reshape(image.height, image.width))
    found.putpalette(levels)
    return found


def tour(window: MainWindow, library: Library, photos: Path, camera: Camera) -> None:
    """Go through every screen, as a person would, and photograph each."""
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    from photoorg.core.changes import AddTag, SetRating
    from photoorg.core.ids import PhotoId
    from photoorg.gui.centre import CentrePage
    from photoorg.gui.grid.layout import Grouping

    def photo(pattern: str) -> PhotoId:
        found = library.photo_by_path(min(photos.glob(pattern)))
        if found is None:
            raise SystemExit(f"{pattern} is not in the library.")
        return found

    def settled() -> bool:
        return window.browse.loaded and library.progress() is None

    wait(lambda: window.centre.is_first_run)
    QTest.mouseMove(window, QPoint(WIDTH // 2, HEIGHT - 4))
    camera.take("first-run")

    window.folders.add([photos])
    wait(lambda: int((window.model.contents.outline.aspects > 0).sum()) > SOME)
    camera.take("indexing", settle=0.1)

    wait(lambda: settled() and window.model.rowCount() > 35)
    cats = (photo("At home/Chelsea/*.jpg"),)
    window.edits.apply(AddTag("Chelsea", cats))
    window.edits.apply(SetRating(5, cats))
    flowers = [library.photo_by_path(path) for path in (photos / "Garden").glob("*.jpg")]
    window.edits.apply(AddTag("garden", tuple(each for each in flowers if each is not None)))
    window.top_bar.grouping_chosen.emit(Grouping.MONTH)
    QTest.keyClick(window.view, Qt.Key.Key_Home)
    window.view.clearSelection()
    wait(TOAST_SECONDS)
    camera.take("grid")

    window.top_bar.grouping_chosen.emit(Grouping.NONE)
    window.search.focus()
    QTest.keyClicks(window.focusWidget(), "cat")
    wait(lambda: window.browse.place.text == "cat")
    window.view.setFocus()
    camera.take("search", settle=1.0)
    window.search.clear()

    window.find_similar(photo("Beijing 2024/*.jpg"))
    wait(lambda: window.browse.place.similar is not None)
    camera.take("similar", settle=1.0)
    window.go_back()

    window.view.choose(cats[0])
    wait(lambda: window.inspector.photo_ids == cats)
    wait(1.0)
    window.inspector.focus_suggestions()
    camera.take("inspector", settle=1.0)

    window.open_viewer(photo("Florida 2025/*.jpg"))
    QTest.mouseMove(window.viewer, QPoint(WIDTH // 2, HEIGHT // 2))
    camera.take("viewer", settle=1.0)
    window.close_viewer()

    window.sidebar.failures_requested.emit()
    camera.take("failures")

    wait(1.0)  # until the photo that was looked at is chosen in the grid
    window.bulk.suggest_for([PhotoId(number) for number in window.model.ids.tolist()])
    camera.take("bulk", settle=2.0)
    window.show_page(CentrePage.PHOTOS)
    if not camera.wants(*OF_TAGS, *OF_MODELS, "why"):
        return
    tag_albums(library, photos)
    if camera.wants(*OF_TAGS):
        tour_tags(window, library, camera)
    if camera.wants(*OF_MODELS):
        tour_models(window, library, camera)
    window.view.choose(cats[0])
    window.open_viewer(cats[0])
    wait(1.0)
    window.why.ask(cats[0], "cat")
    wait(lambda: window.viewer.shows_heat)
    camera.take("why", settle=1.0)
    window.close_viewer()


def tag_albums(library: Library, photos: Path) -> None:
    """Give tags to all photos of each album, to learn from."""
    from photoorg.core.changes import AddTag

    for album, tags in ALBUM_TAGS.items():
        files = (library.photo_by_path(path) for path in (photos / album).glob("*.jpg"))
        found = tuple(photo for photo in files if photo is not None)
        for tag in tags:
            library.apply(AddTag(tag, found))


def tour_tags(window: MainWindow, library: Library, camera: Camera) -> None:
    """Photograph how good the tags are, a review, and proposals for tidying up."""
    from photoorg.gui.centre import CentrePage
    from photoorg.gui.quality.session import ReviewKind

    library.quality.learn_now()
    wait(lambda: bool(library.quality.report().learned_at))
    wait(lambda: not library.quality.report().learning)
    window.show_page(CentrePage.QUALITY)
    wait(1.0)
    camera.take("quality", settle=TOAST_SECONDS)
    window.quality.review(ReviewKind.UNCERTAIN, "nature")
    wait(lambda: window.centre.is_immersed)
    camera.take("review", settle=1.5)
    window.quality.reviewing.leave()

    window.show_page(CentrePage.TIDY)
    camera.take("tidy", settle=2.0)
    window.show_page(CentrePage.PHOTOS)


def tour_models(window: MainWindow, library: Library, camera: Camera) -> None:
    """Train small models on the photos, and photograph a training, the models, two of them."""
    from photoorg.core.modelling import STARTER_ID, TrainingRequest, TrainingStatus
    from photoorg.gui.centre import CentrePage

    window.show_page(CentrePage.MODELS)

    def ended() -> bool:
        state = library.training()
        return state is not None and state.status is not TrainingStatus.RUNNING

    def passes() -> int:
        state = library.training()
        return 0 if state is None else len(state.reports)

    for kind in TRAINED:
        library.train(TrainingRequest(kind))
        wait(ended, TRAINING_SECONDS)
        state = library.training()
        if state is None or state.status is not TrainingStatus.FINISHED:
            raise SystemExit(f"{kind}: {'' if state is None else state.problem}")
    page = window.centre.models
    page.close_panel()
    window.models.use(library.models()[1].model_id)
    wait(lambda: any(card.marked_in_use for card in page.cards[1:]))
    wait(TOAST_SECONDS)
    camera.take("models", settle=1.0)

    # Longer than anybody waits, so that it still goes on while it is photographed.
    library.train(TrainingRequest("cross-modal-2", epochs=LONG, seed=1))
    wait(lambda: passes() >= SOME_EPOCHS, TRAINING_SECONDS)
    camera.take("training", settle=0.3)
    library.cancel_training()
    wait(ended)

    window.models.compare(library.models()[1].model_id)
    wait(lambda: page.compare.comparison is not None)
    camera.take("compare", settle=1.5)
    page.close_compare()
    page.close_panel()
    window.models.use(STARTER_ID)
    window.show_page(CentrePage.PHOTOS)
    wait(1.0)


def fonts_in(folder: Path | None) -> str:
    """Return fontconfig's settings: the system's fonts and those of a folder, `FONT` before all."""
    folders = "" if folder is None else f"<dir>{escape(str(folder.absolute()))}</dir>"
    return FONTS.format(folders=folders, font=FONT)


def tell_font(window: MainWindow) -> None:
    """Say in which font the pictures are, where it is not the one of the README's."""
    from PySide6.QtGui import QFontInfo

    family = QFontInfo(window.font()).family()
    if family != FONT:
        print(f"{FONT} is not installed: the pictures are in {family} (see --fonts)")


def main() -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description="Photograph the window for the README.")
    parser.add_argument("--to", type=Path, help="folder for the pictures")
    parser.add_argument("--scale", type=int, default=1, help="pixels of the screen per unit")
    parser.add_argument(
        "--only", nargs="+", choices=SCREENS, default=SCREENS, help="screens to photograph"
    )
    parser.add_argument("--fonts", type=Path, help=f"folder with the files of the font {FONT}")
    chosen = parser.parse_args()
    elsewhere = Path(tempfile.gettempdir()) / f"photoorg-screenshots-{chosen.scale}x"
    folder = chosen.to or (HERE / "screenshots" if chosen.scale == 1 else elsewhere)
    with tempfile.TemporaryDirectory(prefix="photoorg-screenshots-") as temporary:
        work = Path(temporary)
        (work / "fonts.conf").write_text(fonts_in(chosen.fonts), encoding="utf-8")
        os.environ |= {
            "QT_QPA_PLATFORM": "offscreen",
            "QT_SCALE_FACTOR": str(chosen.scale),
            "FONTCONFIG_FILE": str(work / "fonts.conf"),
        }
        photos = work / "Pictures"
        write_demo(photos)
        with opened_window(work / "catalog") as (window, library, theme):
            tell_font(window)
            tour(window, library, photos, Camera(window, theme, folder, frozenset(chosen.only)))
    print(f"in {folder}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
