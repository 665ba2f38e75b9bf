"""The frame of all protocols: rows, tables, the document, Markdown, and running all of them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from photoorg.core.errors import Cancelled, UsageProblem
from photoorg.core.progress import CancelToken
from photoorg.evaluation.protocols import PROTOCOLS, Protocol, find_protocol, run_all
from photoorg.evaluation.report import Report, Row, Setting, Table
from photoorg.evaluation.tables import markdown


def a_report(setting: Setting, name: str = "one") -> Report:
    rows = (
        Row.of_seeds("BiDNN", [{"p@10": 70.0, "map": 0.5}, {"p@10": 74.0, "map": 0.7}]),
        Row("Text", {"p@10": 58.67, "map": None}, paper={"p@10": 58.67}, note="a | b"),
    )
    return Report.of(
        name,
        setting,
        0.0,
        [Table("P@10", rows, "001, table 3", "of videos")],
        photos=7,
        more={"k": 1},
    )


def test_a_row_of_seeds_has_their_mean_and_deviation() -> None:
    row = Row.of_seeds("x", [{"auc": 1.0}, {"auc": 2.0}, {"auc": 6.0}])
    assert row.figures == {"auc": 3.0}
    assert row.std["auc"] == pytest.approx(np.std([1.0, 2.0, 6.0]))
    assert Row.of_seeds("x", [{"auc": 1.0}]).std == {}


def test_the_document_has_the_keys_that_programs_build_on(tmp_path) -> None:
    document = json.loads(
        json.dumps(a_report(Setting(tmp_path, seeds=2)).to_json(), allow_nan=False)
    )
    assert document["rows"] == [
        {"table": "P@10", "name": "BiDNN", "p@10": 72.0, "map": 0.6, "std": 2.0, "map_std": 0.1},
        {
            "table": "P@10",
            "name": "Text",
            "p@10": 58.67,
            "map": None,
            "std": None,
            "paper": 58.67,
            "note": "a | b",
        },
    ]
    assert document["tables"] == [{"title": "P@10", "follows": "001, table 3", "note": "of videos"}]
    assert (document["k"], document["photos"], document["seed"], document["seeds"]) == (1, 7, 0, 2)
    assert document.keys() >= {"seconds", "versions", "protocol", "data"}


def test_a_figure_that_is_no_number_is_null() -> None:
    assert Row("x", {"auc": float("nan")}).to_json()["auc"] is None


def test_markdown_shows_deviation_paper_and_notes(tmp_path) -> None:
    lines = markdown(a_report(Setting(tmp_path)).tables).splitlines()
    assert lines[0] == "### P@10"
    assert "| BiDNN | 72.000 ± 2.000 | 0.600 ± 0.100 | - |  |" in lines
    assert "| Text | 58.670 | - | 58.670 | a \\| b |" in lines
    assert lines[4] == "|  | p@10 | map | p@10, paper | note |"
    assert lines[-1] == "of videos"


def test_every_protocol_of_the_specification_is_there() -> None:
    assert PROTOCOLS.keys() >= {
        "tag-auc",
        "crossmodal-p10",
        "text-retrieval",
        "embedding-plot",
        "representation",
        "relatedness",
        "suggest",
    }
    with pytest.raises(UsageProblem, match="tag-auc"):
        find_protocol("nonsense")


class Made(Protocol):
    """A protocol that does what a test says."""

    def __call__(self, setting: Setting) -> Report:
        if self.module == "usage":
            raise UsageProblem("No photos.")
        if self.module == "bug":
            raise ZeroDivisionError("by zero")
        if self.module == "stop":
            raise Cancelled
        return a_report(setting, self.name)


def made(name: str, does: str = "") -> Made:
    return Made(name, "", does, "")


def test_one_protocol_that_fails_does_not_cost_the_others(tmp_path, caplog) -> None:
    protocols = [made("a"), made("b", "usage"), made("c", "bug"), made("d")]
    document = json.loads(json.dumps(run_all(Setting(tmp_path), protocols).to_json()))
    assert list(document["protocols"]) == ["a", "d"]
    assert [row["protocol"] for row in document["rows"]] == ["a", "a", "d", "d"]
    assert document["failed"] == [
        {"protocol": "b", "reason": "No photos."},
        {"protocol": "c", "reason": "ZeroDivisionError: by zero"},
    ]
    assert "The protocol c failed" in caplog.text


def test_all_protocols_stop_where_that_is_asked_for(tmp_path) -> None:
    with pytest.raises(Cancelled):
        run_all(Setting(tmp_path), [made("a", "stop"), made("b")])
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        run_all(Setting(tmp_path, token=token), [made("a")])
