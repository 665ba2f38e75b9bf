"""`photoorg doctor` and `photoorg backup`."""

from __future__ import annotations


def test_a_sound_catalog_exits_0(run, library, finding) -> None:
    library.findings = [finding("catalog", ok=True, detail="whole")]
    ran = run("doctor", "--json")
    assert ran.code == 0
    assert ran.document == {
        "ok": True,
        "findings": [{"name": "catalog", "ok": True, "detail": "whole", "remedy": ""}],
    }
    assert library.asked == [("doctor", False)]


def test_what_is_wrong_is_answered_and_exits_1(run, library, finding) -> None:
    library.findings = [
        finding("catalog", ok=True, detail="whole"),
        finding("index", ok=False, detail="older than the catalog", remedy="rebuild it"),
    ]
    ran = run("doctor", "--json")
    assert ran.code == 1
    assert ran.document["ok"] is False
    assert "1 of 2 checks" in ran.err
    assert "rebuild it" in run("doctor").out


def test_repair_is_passed_on(run, library, finding) -> None:
    library.findings = [finding("index", ok=False)]
    run("doctor", "--repair")
    assert library.asked == [("doctor", True)]


def test_backup_names_the_copy(run, library, tmp_path) -> None:
    copy = tmp_path / "copy.sqlite"
    assert run("backup", copy, "--json").document == {"path": str(copy), "bytes": 7}
    assert library.asked == [("backup", copy)]
