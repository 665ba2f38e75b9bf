"""The status bar: there only while it has something to say, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from photoorg.core.progress import Progress
from photoorg.gui.icons import IconSet
from photoorg.gui.status_bar import StatusBar, progress_words
from photoorg.gui.theme import Appearance, ThemeService
from photoorg.gui.widgets import wording

RUNNING = Progress("index", "Reading photos", 132, 1000, 7, 42.3, 130.0)


@pytest.fixture
def bar(qtbot):
    theme = ThemeService(Appearance.DARK)
    bar = StatusBar(IconSet(theme))
    qtbot.addWidget(bar)
    bar.resize(1000, 28)
    return bar


def test_it_is_not_there_when_nothing_goes_on(bar):
    assert bar.isHidden()
    bar.set_selection(12)
    assert not bar.isHidden()
    assert bar._selection.text() == "12 selected"
    bar.set_selection(0)
    assert bar.isHidden()


def test_failures_alone_do_not_open_it(bar):
    bar.set_failures(3)
    assert bar.isHidden()
    bar.set_progress(RUNNING)
    assert bar._failures.text() == "3 files could not be read"
    assert bar._failures.isVisibleTo(bar)


def test_progress_in_words(bar):
    bar.set_progress(RUNNING)
    assert bar._label.text() == "Reading photos"
    assert bar._figures.text() == "132 of 1,000 · 42 photos/s · about 2 min left"
    assert bar._bar.value() / bar._bar.maximum() == pytest.approx(0.132)
    bar.set_progress(replace(RUNNING, finished=True))
    assert bar.isHidden()


def test_an_unknown_total_shows_no_false_figure(bar):
    bar.set_progress(Progress("scan", "Looking for photos", done=1320))
    assert bar._figures.text() == "1,320"
    assert bar._bar.maximum() == 0
    bar.set_progress(Progress("scan", "Looking for photos"))
    assert bar._figures.isHidden()


def test_one_button_pauses_and_resumes(qtbot, bar):
    asked = []
    bar.pause_requested.connect(lambda: asked.append("pause"))
    bar.resume_requested.connect(lambda: asked.append("resume"))
    bar.cancel_requested.connect(lambda: asked.append("cancel"))
    bar.set_progress(RUNNING)
    qtbot.mouseClick(bar._pause, Qt.MouseButton.LeftButton)
    assert bar._pause.accessibleName() == "Pause"
    bar.set_progress(replace(RUNNING, paused=True))
    assert bar._pause.accessibleName() == "Resume"
    assert bar._figures.text() == "132 of 1,000 · paused"
    qtbot.mouseClick(bar._pause, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(bar._cancel, Qt.MouseButton.LeftButton)
    assert asked == ["pause", "resume", "cancel"]


def test_a_new_run_after_a_paused_one_can_be_paused(bar):
    bar.set_progress(replace(RUNNING, paused=True))
    bar.set_progress(None)
    bar.set_progress(RUNNING)
    assert bar._pause.accessibleName() == "Pause"


def test_links_ask(qtbot, bar):
    bar.set_progress(RUNNING)
    bar.set_failures(1)
    bar.set_selection(2)
    bar.show()
    assert bar._failures.text() == "1 file could not be read"
    for button, signal in (
        (bar._failures, bar.failures_requested),
        (bar._clear, bar.clear_selection_requested),
    ):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "a few seconds left"),
        (34, "about 30 s left"),
        (55, "about 1 min left"),
        (130, "about 2 min left"),
        (3599, "about 1 h left"),
        (5400, "about 1.5 h left"),
        (90_000, "about 25 h left"),
    ],
)
def test_time_left(seconds, words):
    assert wording.time_left(seconds) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (4_200_000, "4.2 MB"), (123_456_789, "123 MB")],
)
def test_file_size(size, words):
    assert wording.file_size(size) == words


def test_percent_is_never_certain():
    assert [wording.percent(p) for p in (0.0, 0.884, 1.0)] == ["1 %", "88 %", "99 %"]


def test_places_on_all_sides_of_the_world():
    assert wording.place(-33.8568, 151.2153) == "33.8568° S, 151.2153° E"
    assert wording.place(40.7, -74.0) == "40.7000° N, 74.0000° W"


def test_words_without_rate_or_estimate():
    assert progress_words(Progress("index", "Reading", 1, 9)) == "1 of 9"


def test_a_training_is_told_and_leads_to_it(qtbot, bar):
    bar.set_training("Training BiDNN, epoch 3 of 40")
    assert not bar.isHidden()
    assert bar._training.text() == "Training BiDNN, epoch 3 of 40"
    with qtbot.waitSignal(bar.training_requested):
        qtbot.mouseClick(bar._training, Qt.MouseButton.LeftButton)
    bar.set_progress(RUNNING)
    bar.set_training("")
    assert not bar.isHidden(), "other work still goes on"
    bar.set_progress(None)
    assert bar.isHidden()
