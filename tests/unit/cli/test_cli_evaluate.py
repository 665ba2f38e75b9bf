"""`photoorg evaluate` and `photoorg train`."""

from __future__ import annotations

import pytest

from photoorg.cli.commands import evaluate, train
from photoorg.core.errors import Cancelled
from photoorg.core.paths import resource_path
from photoorg.core.progress import Progress
from photoorg.evaluation.protocols import Evaluations, Failure
from photoorg.evaluation.report import Row, Table

FIGURES = {
    "text_to_image": {"r@1": 24.5, "median_rank": 5.0},
    "image_to_text": {"r@1": 32.0, "median_rank": 3.0},
    "queries": {"dog": 100.0},
    "by_examples": {"0": {"map": 50.0}, "5": {"map": None, "f1@5": 40.0}},
    "rows": [{"table": "Look-alikes", "name": "similar", "precision@10": 88.0, "std": None}],
    "not_in_vocabulary": ["frisbee"],
    "nothing": [],
    "seed": 0,
}


class Made:
    """What a protocol gives."""

    tables = (Table("Look-alikes", (Row("similar", {"precision@10": 88.0}),), "000", "of ten"),)

    def to_json(self):
        return FIGURES


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What was measured, without measuring."""
    calls: list[tuple[object, ...]] = []

    def run_protocol(protocol, data, seeds, plots, progress, token):
        calls.append((protocol, data, seeds, plots))
        progress(Progress("features", "Reading photos", 1, 2))
        token.check()
        return Made()

    monkeypatch.setattr(evaluate, "run_protocol", run_protocol)
    return calls


def test_json_is_what_the_protocol_gives(run, asked, tmp_path) -> None:
    ran = run("evaluate", "text-retrieval", "--data", tmp_path, "--json")
    assert ran.document == FIGURES
    assert asked == [("text-retrieval", tmp_path, 3, None)]


def test_seeds_pictures_and_tables_are_asked_for(run, asked, tmp_path) -> None:
    tables, plots = tmp_path / "tables.md", tmp_path / "plots"
    words = ("--seeds", "5", "--plots", plots, "--tables", tables)
    assert run("evaluate", "all", "--data", tmp_path, *words).code == 0
    assert asked == [("all", tmp_path, 5, plots)]
    assert "| similar | 88.000 |" in tables.read_text()
    unwritable = run("evaluate", "all", "--data", tmp_path, "--tables", tmp_path)
    assert unwritable.code == 1
    assert "cannot be written" in unwritable.err


def test_figures_are_given_also_where_a_protocol_failed(run, monkeypatch, tmp_path) -> None:
    def run_protocol(*_):
        return Evaluations((), (Failure("tag-auc", "No photos."),), 1.0)

    monkeypatch.setattr(evaluate, "run_protocol", run_protocol)
    ran = run("evaluate", "all", "--data", tmp_path, "--json")
    assert ran.code == 1
    assert ran.document["failed"] == [{"protocol": "tag-auc", "reason": "No photos."}]
    assert "tag-auc: No photos." in ran.err


def test_an_unknown_protocol_is_a_wrong_request(run, tmp_path) -> None:
    with pytest.raises(SystemExit) as ended:
        run("evaluate", "nonsense", "--data", tmp_path)
    assert ended.value.code == 2


@pytest.mark.usefixtures("asked")
def test_people_see_tables(run, tmp_path) -> None:
    assert run("evaluate", "suggest", "--data", tmp_path).out.splitlines() == [
        "      value",
        "seed      0",
        "",
        "text_to_image:",
        "             value",
        "r@1           24.5",
        "median_rank    5.0",
        "",
        "image_to_text:",
        "             value",
        "r@1           32.0",
        "median_rank    3.0",
        "",
        "queries:",
        "     value",
        "dog  100.0",
        "",
        "by_examples:",
        "    map  f1@5",
        "0  50.0     -",
        "5     -  40.0",
        "",
        "not_in_vocabulary:",
        "frisbee",
        "",
        "Look-alikes (000):",
        "name     precision@10  std",
        "similar          88.0    -",
        "of ten",
    ]


@pytest.mark.parametrize(
    "command", [("evaluate", "suggest"), ("evaluate", "text-retrieval"), ("train", "starter")]
)
def test_a_folder_that_is_not_there_is_a_wrong_request(run, asked, command) -> None:
    ran = run(*command, "--data", "/nowhere")
    assert ran.code == 2
    assert "There is no folder /nowhere" in ran.err
    assert asked == []


def test_interrupted_work_exits_130(run, monkeypatch, tmp_path) -> None:
    def interrupted(*_: object) -> None:
        raise Cancelled

    monkeypatch.setattr(evaluate, "run_protocol", interrupted)
    ran = run("evaluate", "suggest", "--data", tmp_path)
    assert (ran.code, ran.out) == (130, "")
    assert "Nothing was measured." in ran.err


def test_training_says_where_the_model_is_and_how_good(run, monkeypatch, tmp_path) -> None:
    asked: list[tuple[object, ...]] = []

    def run_training(data, output, progress, token, *, finetune):
        del progress, token
        asked.append((data, output, finetune))
        return {"text_to_image": {"r@1": 24.5}}

    monkeypatch.setattr(train, "run_training", run_training)
    ran = run("train", "starter", "--data", tmp_path, "--output", tmp_path / "model", "--json")
    assert ran.document == {
        "path": str(tmp_path / "model"),
        "metrics": {"text_to_image": {"r@1": 24.5}},
    }
    assert "24.5" in run("train", "starter", "--data", tmp_path, "--finetune").out
    assert asked == [(tmp_path, tmp_path / "model", False), (tmp_path, resource_path(), True)]


def test_interrupted_training_exits_130(run, monkeypatch, tmp_path) -> None:
    def interrupted(*_: object, finetune: bool) -> None:
        del finetune
        raise Cancelled

    monkeypatch.setattr(train, "run_training", interrupted)
    ran = run("train", "starter", "--data", tmp_path)
    assert (ran.code, ran.out) == (130, "")
    assert "No model was written" in ran.err


@pytest.mark.parametrize("stopped", [False, True], ids=["to its end", "stopped before its end"])
def test_what_was_there_stays_until_all_is_trained(run, monkeypatch, tmp_path, stopped) -> None:
    """Encoders without the model that was trained on them would make photoorg's own one useless."""
    output = tmp_path / "model"
    output.mkdir()
    for name in ("encoders.json", "starter.json"):
        (output / name).write_text("old", encoding="utf-8")

    def half_way(data, folder, progress, token, *, finetune):
        del data, progress, token, finetune
        (folder / "encoders.json").write_text("new", encoding="utf-8")
        if stopped:
            raise Cancelled
        (folder / "starter.json").write_text("new", encoding="utf-8")
        return {}

    monkeypatch.setattr(train, "_train_all", half_way)
    ran = run("train", "starter", "--finetune", "--data", tmp_path, "--output", output)
    assert ran.code == (130 if stopped else 0)
    found = {path.name: path.read_text(encoding="utf-8") for path in output.iterdir()}
    kept = "old" if stopped else "new"
    assert found == {"encoders.json": kept, "starter.json": kept}


def test_an_output_that_cannot_be_written_is_said_before_training(
    run, monkeypatch, tmp_path
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setattr(train, "_train_all", lambda *_, **__: pytest.fail("it was trained"))
    ran = run("train", "starter", "--data", tmp_path, "--output", file / "model")
    assert ran.code != 0
    assert "cannot be written" in ran.err
