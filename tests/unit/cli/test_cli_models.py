"""`photoorg models`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from photoorg.core.errors import ModelFileProblem, UsageProblem
from photoorg.core.modelling import ModelInfo, ModelKindInfo

STARTER = ModelInfo(
    "starter",
    "starter",
    "Starter model",
    "minilm",
    "efficientnet-lite2",
    "Came with photoorg",
    7367,
    945,
    "",
    11,
    {"map": 57.66},
    active=True,
)
MINE = ModelInfo(
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
    {"map": 61.5, "f1@5": 40.0},
    held_out=133,
)
KIND = ModelKindInfo("mlp", "Perceptron", "Predicts tags.", "Somebody 2020", "word2vec-cbow")
DOCUMENTED = {"key", "kind", "text", "features", "trained_on", "metrics", "active"}


@pytest.fixture(autouse=True)
def some_models(library) -> None:
    library.trained = [STARTER, MINE]
    library.kinds = [KIND]


def test_the_list_is_as_documented_models_first_and_then_kinds(run) -> None:
    starter, mine, kind = run("models", "list", "--json").document
    for entry in (starter, mine, kind):
        assert entry.keys() >= DOCUMENTED
    assert {name: mine[name] for name in DOCUMENTED} == {
        "key": "bidnn-20260304-050607",
        "kind": "bidnn",
        "text": "lsa",
        "features": "resnet50",
        "trained_on": "My library",
        "metrics": {"map": 61.5, "f1@5": 40.0},
        "active": False,
    }
    assert starter["active"]
    assert (kind["key"], kind["kind"], kind["text"], kind["active"]) == (
        None,
        "mlp",
        "word2vec-cbow",
        False,
    )
    assert [entry["trainable"] for entry in (starter, mine, kind)] == [False, False, True]


def test_people_see_tables(run, library) -> None:
    library.trained = [STARTER, replace(MINE, problem="model.json is missing.")]
    lines = run("models", "list").out.splitlines()
    assert lines[1].split()[:2] == ["yes", "starter"]
    assert "map 57.7" in lines[1]
    assert lines[2].strip().startswith("bidnn-20260304-050607")
    assert "model.json is missing." in lines[2]
    assert lines[-1].startswith("mlp")


@pytest.mark.parametrize(
    ("held_out", "metrics", "said"),
    [
        (133, {"map": 61.5}, "map 61.5 (of 133 photos)"),
        (1, {"map": 100.0}, "map 100.0 (of 1 photo)"),
        (0, {"map": 57.7}, "map 57.7"),
        (0, {}, "none, too few photos and tags to measure it on others"),
    ],
)
def test_figures_say_of_how_many_photos_they_are(run, library, held_out, metrics, said) -> None:
    library.trained = [STARTER, replace(MINE, held_out=held_out, metrics=metrics)]
    assert run("models", "list").out.splitlines()[2].endswith(said)
    assert run("models", "list", "--json").document[1]["held_out"] == held_out


def test_an_interrupt_leaves_the_model_in_use_and_says_how_to_go_on(run, library) -> None:
    library.while_indexing = lambda token: token.cancel()
    ran = run("models", "use", MINE.model_id)
    assert ran.code == 130
    assert "The model is in use; the same command has it look at the other photos." in ran.err


def test_use_says_what_is_in_use(run, library) -> None:
    ran = run("models", "use", MINE.model_id, "--json")
    assert library.asked[:2] == [("use_model", MINE.model_id), ("look_for_model",)]
    assert (ran.document["key"], ran.document["active"]) == (MINE.model_id, True)
    assert (
        run("models", "use", "starter").out
        == "Search and suggestions use Starter model (starter).\n"
    )


def test_a_damaged_model_cannot_be_used(run, library) -> None:
    library.fails_with = ModelFileProblem("model.json is missing.")
    ran = run("models", "use", MINE.model_id)
    assert ran.code == 1
    assert "model.json is missing." in ran.err


def test_export_and_import_name_the_file(run, library, tmp_path: Path) -> None:
    file = tmp_path / "mine.photoorg-model"
    assert run("models", "export", MINE.model_id, file, "--json").document == {
        "key": MINE.model_id,
        "path": str(file),
        "bytes": 5,
    }
    assert run("models", "import", file, "--json").document["key"] == MINE.model_id
    assert library.asked == [("export_model", MINE.model_id, file), ("import_model", file)]


def test_delete(run, library) -> None:
    assert run("models", "delete", MINE.model_id, "--json").document == {"deleted": MINE.model_id}
    library.fails_with = UsageProblem("The starter model stays.")
    assert run("models", "delete", "starter").code == 2


def test_a_verb_is_needed(run) -> None:
    with pytest.raises(SystemExit) as left:
        run("models")
    assert left.value.code == 2
