"""`photoorg suggest --why` and `photoorg search --why`."""

from __future__ import annotations

from pathlib import Path

import pytest

from photoorg.core.ids import PhotoId
from photoorg.core.reasons import Effect, NearPhoto, PartReason, TagPull, TagReasons
from photoorg.core.records import SearchHit, SearchResults, Suggestion

SEA = TagReasons(
    PhotoId(11),
    "sea",
    near=(NearPhoto(PhotoId(3), 0.8), NearPhoto(PhotoId(99), 0.7), NearPhoto(PhotoId(2), 0.6)),
    against=(NearPhoto(PhotoId(2), 0.5),),
    pulls=(TagPull("beach", 12, 15),),
)


@pytest.fixture(autouse=True)
def answer(library, photo) -> None:
    for number in (2, 3):
        library.photos[Path(f"/p/{number}.jpg")] = PhotoId(number)
    library.suggestions = {
        PhotoId(11): [Suggestion("sea", 0.8123, "starter"), Suggestion("sand", 0.4, "starter")]
    }
    library.why.of["sea"] = SEA
    library.why.parts = (
        PartReason("sea", Effect.FOR, 0.83456, "looks like it, 83 %", "sea"),
        PartReason("rating:>=3", Effect.AGAINST, 0.0, "the photo does not pass"),
    )
    library.results = SearchResults((SearchHit(PhotoId(3), 0.9, "looks like “sea”"),), 1)


def test_each_suggestion_gets_its_reasons(run, library, photo) -> None:
    [answer] = run("suggest", photo, "--why", "--json").document
    sea, sand = answer["suggestions"]
    assert sea == {
        "tag": "sea",
        "probability": 0.8123,
        "source": "starter",
        "sure": True,
        "why": {
            "near": [str(Path("/p/3.jpg")), str(Path("/p/2.jpg"))],
            "against": [str(Path("/p/2.jpg"))],
            "tags": [{"tag": "beach", "both": 12, "total": 15}],
            "missing": [],
        },
    }
    assert sand["why"] == {
        "near": [],
        "against": [],
        "tags": [],
        "missing": ["Nothing of “sand”."],
    }
    assert library.why.asked == [(11, "sea"), (11, "sand")]


def test_unasked_nothing_is_added(run, library, photo) -> None:
    [answer] = run("suggest", photo, "--json").document
    assert [sorted(each) for each in answer["suggestions"]] == [
        ["probability", "source", "sure", "tag"],
        ["probability", "source", "sure", "tag"],
    ]
    assert "reasons" not in run("search", "sea", "--json").document[0]
    assert library.why.asked == []


def test_people_read_it_in_a_line(run, photo) -> None:
    lines = run("suggest", photo, "--why").out.splitlines()
    assert lines[0].split()[-1] == "why"
    assert lines[1].endswith("like 3.jpg; 12 of 15 with “beach” have it")
    assert lines[2].endswith("Nothing of “sand”.")


def test_a_search_accounts_for_its_parts(run, library) -> None:
    [hit] = run("search", "sea", "rating:>=3", "--why", "--json").document
    assert hit["why"] == "looks like “sea”"
    assert hit["reasons"] == [
        {"part": "sea", "effect": "for", "strength": 0.8346, "words": "looks like it, 83 %"},
        {
            "part": "rating:>=3",
            "effect": "against",
            "strength": 0.0,
            "words": "the photo does not pass",
        },
    ]
    assert library.why.asked == [("sea rating:>=3", 3)]
    line = run("search", "sea", "rating:>=3", "--why").out.splitlines()[1]
    assert line.endswith("sea: looks like it, 83 %; rating:>=3: the photo does not pass")
