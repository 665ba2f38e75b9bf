"""`photoorg train` of the person's own models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from photoorg.core.errors import EnvironmentProblem, UsageProblem
from photoorg.core.modelling import (
    EpochReport,
    ModelInfo,
    TrainingRequest,
    TrainingState,
    TrainingStatus,
)
from photoorg.core.progress import CancelToken

MADE = ModelInfo(
    "bidnn-20260304-050607",
    "bidnn",
    "BiDNN",
    "lsa",
    "resnet50",
    "My library",
    1200,
    34,
    "2026-03-04T05:06:07+01:00",
    99,
    {"map": 61.5},
    held_out=133,
)
REQUEST = TrainingRequest("bidnn")


def passes(count: int, **said: object) -> TrainingState:
    reports = tuple(
        EpochReport(number, 5, 1 / number, {"loss": 2 / number}, 3 * number)
        for number in range(1, count + 1)
    )
    return TrainingState(REQUEST, TrainingStatus.RUNNING, "Training", count, 5, reports, **said)


@pytest.fixture(autouse=True)
def a_training(library) -> None:
    library.trained = [MADE]
    library.states = [passes(0), passes(1), passes(1), passes(3)]


def test_every_pass_is_told_once_and_the_answer_says_where_it_is(run, catalog) -> None:
    ran = run("train", "bidnn", "--json")
    assert ran.err.splitlines() == [
        "pass 1 of 5: loss 1, held-out loss 2 (3 s)",
        "pass 2 of 5: loss 0.5, held-out loss 1 (6 s)",
        "pass 3 of 5: loss 0.3333, held-out loss 0.6667 (9 s)",
    ]
    assert ran.document["key"] == MADE.model_id
    assert ran.document["metrics"] == {"map": 61.5}
    assert ran.document["path"] == str(catalog.models / MADE.model_id)
    assert ran.document["epochs"] == 3


def test_people_are_told_how_to_use_it(run) -> None:
    lines = run("train", "bidnn").out.splitlines()
    assert lines[0] == "BiDNN, trained on 1,200 photos with 34 tags"
    assert lines[1] == "held-out figures: map 61.5 (of 133 photos)"
    assert lines[-1] == "To use it: photoorg models use bidnn-20260304-050607"


def test_fine_tuning_says_how_fast_it_learned(run, library) -> None:
    assert not run("train", "bidnn", "--json").document["photos_per_second"]
    library.trained = [replace(MADE, photos=1, tags=1, photos_per_second=4.2)]
    assert run("train", "bidnn").out.splitlines()[:2] == [
        "BiDNN, trained on 1 photo with 1 tag",
        "learned from 4.2 photos/s",
    ]
    assert run("train", "bidnn", "--json").document["photos_per_second"] == 4.2


def test_an_interrupt_after_the_model_is_finished_tells_of_it_first(run, library) -> None:
    tokens: list[CancelToken] = []

    def interrupt() -> None:
        tokens[0].cancel()

    library.while_indexing = tokens.append
    library.close = interrupt
    ran = run("train", "text-regression", "--finetune")
    assert ran.code == 130
    assert "To use it: photoorg models use" in ran.out
    assert "Its model is finished" in ran.err


def test_passes_of_an_earlier_run_are_not_told_again(run, library) -> None:
    library.states = [passes(0), passes(3, earlier=2)]
    assert run("train", "bidnn").err.splitlines() == [
        "going on after pass 2",
        "pass 3 of 5: loss 0.3333, held-out loss 0.6667 (9 s)",
    ]


def test_all_that_is_asked_for_is_passed_on(run, library, tmp_path: Path) -> None:
    run("train", "bidnn")
    run(
        *("train", "mlp", "--text", "lsa", "--features", "resnet50", "--epochs", "7"),
        *("--data", tmp_path, "--seed", "3", "--finetune"),
    )
    assert [asked[1] for asked in library.asked] == [
        TrainingRequest("bidnn", "efficientnet-lite2-captions"),
        TrainingRequest("mlp", "resnet50", "lsa", tmp_path, 7, 3, finetune=True),
    ]


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (UsageProblem("None of these photos has a tag.", "Tag some."), 2),
        (EnvironmentProblem("The disk is full.", "Free some space."), 1),
    ],
)
def test_what_keeps_it_from_its_end_is_told(run, library, problem, code) -> None:
    library.fails_with = problem
    ran = run("train", "bidnn")
    assert ran.code == code
    assert problem.remedy in ran.err


def test_an_interrupt_exits_130_and_says_that_it_goes_on(run, library) -> None:
    library.while_indexing = lambda token: token.cancel()
    ran = run("train", "bidnn")
    assert ran.code == 130
    assert "goes on where it was" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("train",),
        ("train", "bidnn", "--epochs", "0"),
        ("train", "bidnn", "--seed", "-1"),
        ("train", "bidnn", "--seed", "x"),
    ],
)
def test_what_cannot_be_read_exits_2(run, words) -> None:
    with pytest.raises(SystemExit) as left:
        run(*words)
    assert left.value.code == 2


def test_what_belongs_to_the_other_sort_of_model_is_refused(run, tmp_path: Path) -> None:
    assert run("train", "starter").code == 2
    assert run("train", "bidnn", "--output", tmp_path).code == 2


def test_a_folder_needs_no_catalog_yet_but_own_tags_do(run, library, catalog, tmp_path) -> None:
    catalog.database.unlink()
    assert run("train", "bidnn").code == 1
    assert run("train", "bidnn", "--data", tmp_path).code == 0
