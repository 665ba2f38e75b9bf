"""Uses a large library through its window as a person does, and prints how long answers took.

A process of its own, on whichever platform QT_QPA_PLATFORM names: `CATALOG` is a catalog folder
that `large_library.py` made, `--times N` asks each question so often, `--only WORD` measures the
parts whose name holds it.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from memory import resident_mb
from PySide6.QtCore import QEvent, QEventLoop, QObject, QSettings, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from photoorg.core.changes import AddTag, Operation, SetRating
from photoorg.core.ids import PhotoId
from photoorg.core.paths import CatalogPaths
from photoorg.core.records import PhotoScope
from photoorg.gui.icons import IconSet
from photoorg.gui.main_window import MainWindow
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.jobs.library import Library
from photoorg.media.decode import load_for_view

BETWEEN_KEYS_MS = 80
"""Someone who types fast; less than what the box waits for before it asks by itself."""

PATIENCE_MS = 30_000
LEARNED_WITHIN_S = 120
SETTLE_MS = 120
BEAT_MS = 5
MANY = 2600

WORDS = (
    *("harbour", "winter", "bridge", "candle", "garden", "ladder", "meadow", "orange", "pepper"),
    *("river", "saddle", "tunnel", "village", "window", "yellow", "anchor", "basket", "copper"),
    *("dinner", "engine", "forest", "guitar", "hammer", "island", "jacket", "kettle", "lemon"),
    *("mirror", "needle", "oven", "pillow", "ribbon", "silver", "towel", "umbrella", "velvet"),
)
"""Put into the questions, so that none was asked before in the same words."""

QUERIES = (
    ("few found", "a cat with a {}"),
    ("many found", "flower -{}"),
    ("a tag on 5,000", "dog -{}"),
    ("a word of 20,000", "beach -{}"),
    ("misspelt", "flowwer -{}"),
    ("or, and, not", "(flower or {}) and not (people or tag:dog)"),
    ("photo and text", "like:#3 + {}"),
    ("looks like a tag", "looks:cat -looks:{}"),
    ("sorted by date", "flower -{} sort:date"),
    ("text and filter", "flower -{} tag:dog"),
    ("filter only", 'tag:dog -"{}"'),
    ("nothing found", '"zebra {}" rating:5 has:gps'),
    ("nothing like it", "the moon over a {}"),
)


class Screen(QObject):
    """Tells when something was painted that is waited for."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._shows: Callable[[], bool] | None = None
        self._loop = QEventLoop()
        self.painted = 0.0
        for part in (window.view.viewport(), window.centre.empty):
            part.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._shows is not None and self._shows():
            self._shows = None
            # All that is dirty is painted and flushed in one go, before any timer.
            QTimer.singleShot(0, self._on_painted)
        return False

    def _on_painted(self) -> None:
        self.painted = time.perf_counter()
        self._loop.quit()

    def wait(self, shows: Callable[[], bool]) -> None:
        """Go on with the events until a paint while `shows` holds is on the screen."""
        self._shows = shows
        timeout = QTimer(singleShot=True, interval=PATIENCE_MS)
        timeout.timeout.connect(self._loop.quit)
        timeout.start()
        self._loop.exec()
        assert self._shows is None, "it takes too long"


class Heart(QObject):
    """Beats in the event loop, and so notices when that stands still."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self, interval=BEAT_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._last = (0.0, 0.0)
        self.stall = self.work = 0.0

    def _beat(self) -> None:
        now = time.perf_counter(), time.thread_time()
        self.stall = max(self.stall, now[0] - self._last[0])
        self.work = max(self.work, now[1] - self._last[1])
        self._last = now

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note the longest stretch without a beat, on the clock and in computing, seconds."""
        self.stall = self.work = 0.0
        self._last = time.perf_counter(), time.thread_time()
        self._timer.start()
        yield
        self._beat()
        self._timer.stop()


class Session:
    """An open window over a library, and what a person does with it."""

    def __init__(self, catalog: Path, times: int) -> None:
        self.times = times
        self.library = Library.open(CatalogPaths(catalog))
        self.tasks = TaskRunner()
        theme = ThemeService(Appearance.DARK)
        theme.apply(QApplication.instance())
        settings = QSettings(str(catalog / "benchmark.ini"), QSettings.Format.IniFormat)
        self.window = MainWindow(
            self.library, self.tasks, theme, IconSet(theme), settings, load_for_view
        )
        self.screen = Screen(self.window)
        self.heart = Heart()
        self.window.show()
        self.window.activateWindow()
        self.screen.wait(lambda: len(self.window.model.ids) > 0)
        self.rest(20 * SETTLE_MS)
        self.usable_mb = resident_mb()
        self.library.search("warm", PhotoScope())
        self.until_learned()

    def close(self) -> None:
        self.window.close()
        self.window.release()
        self.tasks.shutdown()
        self.library.close()

    def rest(self, milliseconds: int = SETTLE_MS) -> None:
        """Go on with the events for a while, and until no task is under way."""
        QTest.qWait(milliseconds)
        while self.tasks.busy:
            QTest.qWait(20)

    def until_learned(self) -> None:
        """Go on with the events until the tags are learned, which begins in a quiet moment."""
        deadline = time.monotonic() + LEARNED_WITHIN_S
        while not (report := self.library.quality.report()).learned_at or report.learning:
            assert time.monotonic() < deadline, "the tags are not learned"
            self.rest()

    # -- searching ----------------------------------------------------------------------------
    def type_in(self, text: str) -> None:
        """Type a text in place of what is in the box: its last two keys as fast as a person."""
        self.window.search.focus()
        edit = QApplication.focusWidget()
        QTest.keyClicks(edit, text[:-1])
        QTest.qWait(BETWEEN_KEYS_MS)
        QTest.keyClicks(edit, text[-1:])

    def shows_answer(self, text: str) -> bool:
        return self.window.browse.place.text == text and not self.window.browse.arriving

    def by_return(self, text: str) -> float:
        """Return how long the answer takes from the Return key to the screen, in seconds."""
        self.type_in(text)
        QTest.qWait(BETWEEN_KEYS_MS)
        began = time.perf_counter()
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
        self.screen.wait(lambda: self.shows_answer(text))
        return self.screen.painted - began

    def by_typing(self, text: str) -> float:
        """Return the same from where the box asks by itself, a moment after the last key."""
        asked: list[float] = []
        note = self.window.search.search_requested.connect(
            lambda _: asked.append(time.perf_counter())
        )
        self.type_in(text)
        self.screen.wait(lambda: self.shows_answer(text))
        self.window.search.search_requested.disconnect(note)
        return self.screen.painted - asked[-1]

    def alone(self, text: str) -> float:
        """Return how long the library takes for the answer, without a window."""
        began = time.perf_counter()
        self.library.search(text, PhotoScope())
        return time.perf_counter() - began

    def measure_searches(self) -> None:
        print(f"{'query to result, ms':20}{'library alone':>16}{'Return':>16}{'typing':>16}")
        for name, text in QUERIES:
            words = itertools.cycle(WORDS)
            ways = (self.alone, self.by_return, self.by_typing)
            taken: tuple[list[float], ...] = ([], [], [])
            for _ in range(self.times + 1):
                for way, seconds in zip(ways, taken, strict=True):
                    seconds.append(way(text.format(next(words))))
                    self.rest()
            expected = self.library.search(self.window.browse.place.text, PhotoScope())
            shown = self.window.model.ids.tolist()
            assert shown == [hit.photo_id for hit in expected.hits[: expected.relevant]]
            figures = "".join(f"{spread(seconds[1:]):>16}" for seconds in taken)
            print(f"{name:20}{figures}   {len(shown):6,} photos", flush=True)

    def measure_while_learning(self) -> None:
        words = itertools.cycle(WORDS)
        for name, text in QUERIES:
            taken: list[float] = []
            while len(taken) < self.times:
                if not self.library.quality.report().learning:
                    self.library.quality.learn_now()
                    self.rest()
                seconds = self.by_return(text.format(next(words)))
                if self.library.quality.report().learning:
                    taken.append(seconds)
                self.rest()
            print(f"{f'{name}, while tags are learned':52}{spread(taken):>16}", flush=True)
        self.until_learned()

    def measure_going_back(self) -> None:
        taken = []
        for number in range(self.times):
            self.by_return(f"a cat near a {WORDS[number % len(WORDS)]}")
            self.rest()
            began = time.perf_counter()
            QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
            self.screen.wait(lambda: not self.window.browse.place.is_answer)
            taken.append(self.screen.painted - began)
            self.rest()
        print(
            f"Esc, back to all{'':37}{spread(taken):>15}   {len(self.window.model.ids):6,} photos"
        )

    # -- browsing -----------------------------------------------------------------------------
    def measure_places(self) -> None:
        for name, scope in (("all photos", PhotoScope()), ("a tag", PhotoScope(tag="dog"))):
            taken = []
            for _ in range(self.times):
                self.window.show_scope(PhotoScope(tag="tag 2"))
                self.screen.wait(lambda: self.window.browse.place.scope.tag == "tag 2")
                self.rest()
                began = time.perf_counter()
                self.window.show_scope(scope)
                self.screen.wait(lambda scope=scope: self.window.browse.place.scope == scope)
                taken.append(self.screen.painted - began)
                self.rest()
            count = len(self.window.model.ids)
            print(f"going to {name:44}{spread(taken):>15}   {count:6,} photos", flush=True)
        self.window.show_scope(PhotoScope())
        self.rest()

    def measure_suggestions(self) -> None:
        ids = self.library.photo_ids(PhotoScope())[:: len(self.window.model.ids) // 40]
        taken = []
        for number in ids.tolist():
            began = time.perf_counter()
            self.library.suggest([PhotoId(number)])
            taken.append(time.perf_counter() - began)
        print(f"suggestions for one photo{'':28}{spread(taken[1:]):>15}")

    # -- many at once -------------------------------------------------------------------------
    def measure_many(self) -> None:
        self.window.show_scope(PhotoScope())
        self.rest()
        ids = self.window.model.ids[: 20 * MANY : 20]
        photos = tuple(map(PhotoId, np.sort(ids).tolist()))
        print(f"{f'with {MANY:,} of them selected':40}{'longest stall':>16}{'its own work':>16}")
        steps: list[tuple[str, Callable[[], object]]] = [
            ("selecting them", lambda: self.window.view.select_ids(ids)),
            ("giving a tag", lambda: self._apply(AddTag("harbour", photos))),
            ("rating", lambda: self._apply(SetRating(3, photos))),
            ("undoing that", self.window.edits.undo),
            ("undoing the tag", self.window.edits.undo),
            ("searching", lambda: self.by_return("a cat near a harbour")),
            ("going back", self.window.browse.back),
            ("going to all photos", lambda: self.window.show_scope(PhotoScope())),
        ]
        for name, step in steps:
            with self.heart.listening():
                step()
                self.rest(2000)
            stall, work = self.heart.stall * 1000, self.heart.work * 1000
            print(f"{name:40}{stall:13.0f} ms{work:13.0f} ms", flush=True)

    def _apply(self, operation: Operation) -> None:
        self.window.edits.apply(operation)


def spread(seconds: list[float]) -> str:
    """Return "median (best)" in milliseconds."""
    return f"{np.median(seconds) * 1000:.0f} ({min(seconds) * 1000:.0f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalog", type=Path)
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    application = QApplication(["photoorg"])
    session = Session(arguments.catalog, arguments.times)
    print(f"{application.platformName()}: {len(session.window.model.ids):,} photos in the window")
    for name, measure in (
        ("searches", session.measure_searches),
        ("learning", session.measure_while_learning),
        ("back", session.measure_going_back),
        ("places", session.measure_places),
        ("suggestions", session.measure_suggestions),
        ("many", session.measure_many),
    ):
        if arguments.only in name:
            measure()
    print(f"memory: {session.usable_mb:.0f} MB before the first search, {resident_mb():.0f} MB now")
    session.close()


if __name__ == "__main__":
    main()
