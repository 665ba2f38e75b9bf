"""The engines on the Models page: one click each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_library import FakeLibrary
from pytestqt.qtbot import QtBot

from photoorg.core.engines import BUILT_IN, EngineStatus
from photoorg.gui.engines.section import EnginesSection, state_words
from photoorg.gui.tasks import TaskRunner


@pytest.fixture
def library(tmp_path: Path) -> FakeLibrary:
    return FakeLibrary(tmp_path)


@pytest.fixture
def tasks() -> Iterator[TaskRunner]:
    tasks = TaskRunner(1)
    yield tasks
    tasks.shutdown()


@pytest.fixture
def section(library: FakeLibrary, tasks: TaskRunner, qtbot: QtBot) -> EnginesSection:
    section = EnginesSection(library, tasks)
    qtbot.addWidget(section)
    section.show()
    section.refresh()
    qtbot.waitUntil(lambda: len(section.cards) == 4)
    return section


def offered(section: EnginesSection, key: str) -> list[str]:
    return [name for name, button in section.cards[key].buttons.items() if not button.isHidden()]


def test_what_can_be_done_follows_the_state(
    section: EnginesSection, library: FakeLibrary, qtbot: QtBot
) -> None:
    card = section.cards["clip-b32"]
    assert offered(section, "clip-b32") == ["get"]
    assert offered(section, BUILT_IN) == []
    card.buttons["get"].click()
    qtbot.waitUntil(lambda: library.engines.calls == [("get", "clip-b32")])
    library.engines.move(
        "clip-b32", status=EngineStatus.FETCHING, done=120_000_000, total=350_000_000
    )
    qtbot.waitUntil(lambda: card.state.text() == "Downloading 120 of 350 MB")
    assert offered(section, "clip-b32") == ["cancel"]
    assert not section.cards["siglip2-b16"].buttons["get"].isEnabled()
    library.engines.move("clip-b32", status=EngineStatus.READY)
    qtbot.waitUntil(lambda: offered(section, "clip-b32") == ["use", "remove"])
    library.engines.move(
        "clip-b32",
        status=EngineStatus.LOOKING,
        label="Looking at your photos",
        done=1200,
        total=4000,
    )
    qtbot.waitUntil(lambda: card.state.text() == "Looking at your photos 1,200 of 4,000")
    card.buttons["cancel"].click()
    qtbot.waitUntil(lambda: library.engines.calls[-1] == ("cancel", ""))
    library.engines.move("clip-b32", status=EngineStatus.IN_USE)
    qtbot.waitUntil(lambda: offered(section, "clip-b32") == ["remove"])
    assert state_words(library.engines.states["clip-b32"]) == "In use"


def test_a_problem_stands_on_the_card(
    section: EnginesSection, library: FakeLibrary, qtbot: QtBot
) -> None:
    card = section.cards["siglip2-b16"]
    assert card.problem.isHidden()
    library.engines.move("siglip2-b16", problem="No internet. Connect and try again.")
    qtbot.waitUntil(lambda: not card.problem.isHidden())
    assert card.problem.text() == "No internet. Connect and try again."
