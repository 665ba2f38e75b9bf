"""The Models page when the models change without it, and what its figures are of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_library import FakeLibrary
from fake_models import OWN, STARTER

from photoorg.core.changes import ChangeKind, ChangeSet
from photoorg.core.ids import Revision
from photoorg.core.modelling import TrainingRequest
from photoorg.gui.engines.section import EnginesSection
from photoorg.gui.events import LibraryEvents
from photoorg.gui.icons import IconSet
from photoorg.gui.models.card import FigureLabel
from photoorg.gui.models.compare_view import CompareView
from photoorg.gui.models.controller import ModelsController
from photoorg.gui.models.page import ModelsPage
from photoorg.gui.models.shelf import FIGURES, trained_on
from photoorg.gui.status_bar import StatusBar
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import Appearance, ThemeService

CROSS = OWN[0]
OTHERS = ChangeSet(frozenset({ChangeKind.VECTORS}), Revision(7), everything=True)
"""What a library tells when another process chose a model."""


@pytest.fixture
def library(tmp_path):
    return FakeLibrary(tmp_path / "library")


@pytest.fixture
def models(qtbot, qapp, library):
    """The controller of a page that is on show."""
    tasks = TaskRunner(2)
    theme = ThemeService(Appearance.DARK)
    icons = IconSet(theme)
    compare = CompareView(library, tasks, theme, icons)
    page = ModelsPage(compare, EnginesSection(library, tasks), theme, icons)
    events = LibraryEvents(library, page)
    models = ModelsController(library, tasks, events, page, StatusBar(icons, page), tuple, page)
    qtbot.addWidget(page)
    with qtbot.waitExposed(page):
        page.show()
    yield models
    events.close()
    tasks.shutdown()


@pytest.fixture
def page(models):
    return models._page


def in_use(page) -> list[bool]:
    return [card.marked_in_use for card in page.cards]


@pytest.mark.parametrize("shown", [True, False])
def test_the_model_that_another_process_chose_is_marked(
    qtbot, models, page, library, shown
) -> None:
    library.trained = [STARTER, CROSS]
    models.refresh()
    qtbot.waitUntil(lambda: in_use(page) == [True, False])
    page.setVisible(shown)
    library.use_model(CROSS.model_id)
    with qtbot.waitSignal(models.model_changed):
        library.emit(OTHERS)
    assert in_use(page) == [False, True]


def test_a_model_that_another_process_trained_appears(qtbot, models, page, library) -> None:
    models.refresh()
    qtbot.waitUntil(lambda: len(page.cards) == 1)
    library.trained = [STARTER, CROSS]
    library.emit(OTHERS)
    qtbot.waitUntil(lambda: len(page.cards) == 2)


def test_a_finished_training_says_of_how_many_photos_its_figures_are(
    qtbot, models, page, library
) -> None:
    models.refresh()
    library.train(TrainingRequest("cross-modal-2"))
    qtbot.waitUntil(lambda: page.training.is_running)
    library.finish(replace(CROSS, held_out=3))
    said = "Measured on 3 photos that it has not seen:"
    qtbot.waitUntil(lambda: page.training.explanation == said)


def test_without_held_out_photos_it_is_said_that_there_are_too_few(
    qtbot, models, page, library
) -> None:
    models.refresh()
    library.train(TrainingRequest("cross-modal-2"))
    qtbot.waitUntil(lambda: page.training.is_running)
    library.finish(replace(CROSS, metrics={}, held_out=0))
    said = "There are too few photos and tags to measure it on others."
    qtbot.waitUntil(lambda: page.training.explanation == said)
    assert not any(figure.isVisible() for figure in page.training.figures)


def test_each_figure_says_of_how_many_photos_it_is(qtbot) -> None:
    label = FigureLabel(FIGURES[0])
    qtbot.addWidget(label)
    label.show_model(replace(CROSS, held_out=1))
    assert label.toolTip().endswith("Here of 1 photo.")
    assert "1 photo" in label.accessibleDescription()
    label.show_model(STARTER)
    assert "Here of" not in label.toolTip()
    assert "measured on 1 other photo" in trained_on(replace(CROSS, held_out=1))
