"""The form that asks what to train."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_library import FakeLibrary
from PySide6.QtCore import Qt

from photoorg.core.modelling import TrainingRequest
from photoorg.gui.icons import IconSet
from photoorg.gui.models.shelf import Shelf, read_shelf
from photoorg.gui.models.training_form import TrainingForm
from photoorg.gui.theme import Appearance, ThemeService


@pytest.fixture
def shelf(tmp_path):
    return read_shelf(FakeLibrary(tmp_path / "library"))


@pytest.fixture
def form(qtbot, shelf):
    form = TrainingForm(IconSet(ThemeService(Appearance.DARK)))
    qtbot.addWidget(form)
    form.set_shelf(shelf)
    form.show()
    return form


def test_the_form_offers_only_what_can_be_done(form) -> None:
    ready = {action.data(): action.isEnabled() for action in form.features.menu_actions}
    assert ready == {"efficientnet-lite2-captions": True, "bovw-sift": True, "resnet50": False}
    resnet = form.features.menu_actions[-1]
    assert resnet.toolTip() == "Its weights are not here."
    form.features.choose("resnet50")
    assert form.features.key == "efficientnet-lite2-captions"


def test_a_kind_brings_its_usual_text_vectors(form) -> None:
    assert form.request() == TrainingRequest("joint-autoencoder", text="semantic-tags")
    form.kind.choose("bidnn")
    assert form.request() == TrainingRequest("bidnn", text="word2vec-skipgram")
    form.text.choose("semantic-tags")
    assert form.request().text == "semantic-tags"


def test_the_arrow_keys_step_through_what_is_ready(qtbot, form) -> None:
    qtbot.keyClick(form.features, Qt.Key.Key_Down)
    assert form.features.key == "bovw-sift"
    qtbot.keyClick(form.features, Qt.Key.Key_Down)
    assert form.features.key == "bovw-sift", "what follows is not ready"
    qtbot.keyClick(form.features, Qt.Key.Key_Up)
    assert form.features.key == "efficientnet-lite2-captions"


def test_more_choices(qtbot, form) -> None:
    assert not form.epochs.isVisible()
    form._fold.click()
    assert form.epochs.isVisible()
    assert not form.finetune.isVisible(), "this kind cannot"
    form.kind.choose("text-regression")
    assert form.finetune.isVisible()
    form.finetune.setChecked(True)
    qtbot.keyClicks(form.epochs, "4x0")
    qtbot.keyClicks(form.seed, "7")
    request = form.request()
    assert (request.epochs, request.seed, request.finetune) == (40, 7, True)
    form.kind.choose("bidnn")
    assert not form.request().finetune


def test_a_folder_must_be_chosen_before_it_can_be_learned_from(form, tmp_path) -> None:
    form.from_folder.click()
    assert not form.start.isEnabled()
    form.set_folder(tmp_path)
    assert form.start.isEnabled()
    assert form.request().data == tmp_path
    form.from_library.click()
    assert form.request().data is None
    assert form.start.isEnabled()


def test_without_tags_it_says_so_before_anything_is_tried(form, shelf) -> None:
    assert not form._untagged.isVisible()
    form.set_shelf(replace(shelf, tags=0))
    assert form._untagged.isVisible()
    assert form.start.isEnabled(), "captions are learned from too"
    form.from_folder.click()
    assert not form._untagged.isVisible()


def test_what_was_chosen_stays_when_the_models_are_read_again(form, shelf) -> None:
    form.kind.choose("bidnn")
    form.text.choose("glove+tfidf")
    before = form.request()
    form.set_shelf(replace(shelf))
    assert form.request() == before


def test_until_the_kinds_are_known_nothing_can_begin(qtbot) -> None:
    form = TrainingForm(IconSet(ThemeService(Appearance.DARK)))
    qtbot.addWidget(form)
    assert not form.start.isEnabled()
    form.set_shelf(Shelf())
    assert not form.start.isEnabled()
