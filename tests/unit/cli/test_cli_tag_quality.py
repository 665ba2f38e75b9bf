"""`photoorg tag quality` and `photoorg tag doubts`."""

from __future__ import annotations

import pytest

from photoorg.core.ids import PhotoId, TagId
from photoorg.core.quality import (
    Doubt,
    Estimate,
    QualityReport,
    ReliabilityBin,
    TagQuality,
    TagTrust,
)
from photoorg.core.records import TagCount

CAT = TagQuality(
    "cat",
    120,
    31,
    TagTrust.TRUSTED,
    Estimate(0.84, 0.78, 0.89),
    Estimate(0.61, 0.52, 0.7),
    0.62,
    0.1,
    1042,
    0,
)
DOG = TagQuality("dog", 34, 12, TagTrust.DOUBTFUL, Estimate(0.91, 0.8, 0.96), None, None, 0.9, 0, 0)
MOON = TagQuality("moon", 2, 0, TagTrust.TOO_FEW, None, None, None, 0.2, 0, 3)
REPORT = QualityReport(
    tags=(MOON, CAT, DOG),
    target=0.85,
    held_out=1204,
    model="your words, 7",
    learned_at="2026-11-25T21:04:00",
    reliability=(ReliabilityBin(0.3, Estimate(0.34, 0.22, 0.47), 61),),
    note="Photos of one series were kept together.",
)


def test_programs_get_all_of_the_report_best_first(run, library) -> None:
    library.quality.report_ = REPORT
    document = run("tag", "quality", "--json").document
    assert [row["tag"] for row in document["tags"]] == ["dog", "cat", "moon"]
    assert document["tags"][1] == {
        "tag": "cat",
        "trust": "trusted",
        "precision": {"value": 0.84, "low": 0.78, "high": 0.89},
        "recall": {"value": 0.61, "low": 0.52, "high": 0.7},
        "threshold": 0.62,
        "confirmed": 120,
        "rejected": 31,
        "waiting": 1042,
        "needed": 0,
        "gain": 0.1,
    }
    assert document["tags"][2]["precision"] is None
    assert document["tags"][2]["needed"] == 3
    del document["tags"]
    assert document == {
        "target": 0.85,
        "held_out": 1204,
        "model": "your words, 7",
        "learned_at": "2026-11-25T21:04:00",
        "learning": False,
        "reliability": [
            {
                "predicted": 0.3,
                "observed": {"value": 0.34, "low": 0.22, "high": 0.47},
                "count": 61,
            }
        ],
        "note": "Photos of one series were kept together.",
    }


def test_people_see_states_in_words_and_intervals(run, library) -> None:
    library.quality.report_ = REPORT
    lines = run("tag", "quality").out.splitlines()
    assert lines[0].split() == ["tag", "state", "right", "found", "yes", "no", "waiting"]
    assert lines[1].startswith("dog   too often wrong")
    assert "84% (78-89)  61% (52-70)  120  31    1,042" in lines[2]
    assert "needs 3 more" in lines[3]
    assert "at least 85% are right; judged on 1,204 photos" in lines[5]
    assert lines[6] == REPORT.note


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (QualityReport(), "No photo has a tag yet."),
        (QualityReport(tags=(MOON,)), "Nothing was learned yet."),
    ],
)
def test_a_library_that_has_learned_nothing_says_so(run, library, report, said) -> None:
    library.quality.report_ = report
    assert run("tag", "quality").out.splitlines()[-1] == said


def test_doubts_come_with_their_photos(run, library, photo, tmp_path) -> None:
    other = tmp_path / "forest.jpg"
    library.photos[other] = PhotoId(12)
    gone = Doubt(PhotoId(99), "sea", 0.01, ())
    library.quality.doubts_ = [gone, Doubt(PhotoId(11), "sea", 0.0412, (PhotoId(12),))]
    ran = run("tag", "doubts", "--json")
    assert ran.document == [
        {"path": str(photo), "tag": "sea", "probability": 0.0412, "near": [str(other)]}
    ]
    assert library.quality.asked == [("doubts", None, 200)]
    assert run("tag", "doubts").out.splitlines()[1].split()[:2] == ["sea", "4%"]


def test_one_tag_can_be_looked_at_whatever_its_letter_case(run, library) -> None:
    library.counts = [TagCount(TagId(1), "Sea", 4)]
    library.quality.report_ = REPORT
    assert run("tag", "doubts", "sea", "--limit", "5").out == "No tag looks like a mistake.\n"
    assert library.quality.asked == [("doubts", "Sea", 5)]


def test_a_tag_that_nothing_has_is_a_wrong_request(run, library) -> None:
    ran = run("tag", "doubts", "see")
    assert ran.code == 2
    assert "No photo has the tag “see”." in ran.err
    assert library.quality.asked == []


def test_where_nothing_was_learned_nothing_can_look_wrong(run) -> None:
    assert run("tag", "doubts").out == "Nothing was learned yet.\n"


def test_the_default_model_is_trained_by_its_name(run, library) -> None:
    library.quality.report_ = REPORT
    ran = run("train", "default", "--json")
    assert library.quality.asked == [("learn",)]
    assert ran.document["kind"] == "default"
    assert (ran.document["tags"], ran.document["suggested"]) == (3, 1)
    assert ran.document["held_out"] == 1204
    said = run("train", "default").out
    assert "Learned 3 tags, judged on 1,204 photos" in said
    assert "85%" in said


def test_the_default_model_needs_tags_and_no_folder(run, library, tmp_path) -> None:
    library.quality.report_ = QualityReport()
    assert run("train", "default").code == 2
    assert run("train", "default", "--data", tmp_path).code == 2
