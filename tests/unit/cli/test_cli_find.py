"""`photoorg search` and `photoorg similar`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from photoorg.core.errors import UnsupportedMedia
from photoorg.core.ids import PhotoId
from photoorg.core.records import Alternative, PhotoScope, SearchHit, SearchResults

HITS = (
    SearchHit(PhotoId(3), np.float32(0.9), "looks like “cat”"),
    SearchHit(PhotoId(1), 0.5, "name"),
    SearchHit(PhotoId(2), 0.1, "looks like “cat”"),
)


@pytest.fixture(autouse=True)
def answer(library) -> None:
    library.photos = {Path(f"/p/{number}.jpg"): PhotoId(number) for number in (1, 2, 3)}
    library.results = SearchResults(HITS, relevant=2)


def test_search_answers_best_first_with_what_is_relevant(run, library) -> None:
    ran = run("search", "a cat", "--json")
    assert ran.document == [
        {
            "path": str(Path("/p/3.jpg")),
            "score": pytest.approx(0.9),
            "why": "looks like “cat”",
            "relevant": True,
            "id": 3,
        },
        {"path": str(Path("/p/1.jpg")), "score": 0.5, "why": "name", "relevant": True, "id": 1},
    ]
    assert library.asked == [("search", "a cat", PhotoScope())]


def test_an_engine_answers_where_it_is_asked_to(run, library) -> None:
    plain = run("search", "a cat", "--json").document
    assert library.engines.answering == ""
    ran = run("search", "a cat", "--engine", "clip-b32", "--json")
    assert library.engines.answering == "clip-b32"
    assert ran.document == [{**row, "engine": "clip-b32"} for row in plain]


def test_an_engine_that_there_is_not(run, library) -> None:
    ran = run("search", "a cat", "--engine", "oracle")
    assert (ran.code, ran.out) == (2, "")
    assert "no engine called “oracle”" in ran.err
    assert library.asked == []


def test_words_need_no_quotes(run, library) -> None:
    run("search", "red", "car")
    assert library.asked == [("search", "red car", PhotoScope())]


def test_a_limit_gives_that_many_and_marks_the_tail(run) -> None:
    assert [hit["relevant"] for hit in run("search", "cat", "--limit", "3", "--json").document] == [
        True,
        True,
        False,
    ]
    assert len(run("search", "cat", "--limit", "1", "--json").document) == 1


def test_a_photo_that_just_went_is_left_out(run, library) -> None:
    del library.photos[Path("/p/3.jpg")]
    assert [hit["path"] for hit in run("search", "cat", "--json").document] == [
        str(Path("/p/1.jpg"))
    ]


def test_a_notice_goes_beside_the_answer(run, library) -> None:
    library.results = SearchResults(HITS, 2, "Searching names and tags only.")
    ran = run("search", "cat", "--json")
    assert len(ran.document) == 2
    assert ran.err == "Searching names and tags only.\n"


def test_corrections_and_near_misses_go_beside_the_answer(run, library) -> None:
    library.results = SearchResults(corrected=(("elefant", "elephant"),))
    library.asking.others = (Alternative("elephant", 1200, "without rating:5"),)
    ran = run("search", "elefant rating:5", "--json")
    assert ran.document == []
    assert ran.err.splitlines() == [
        "Showing photos for “elephant”. Quote the word to search for it as typed: '\"elefant\"'",
        "Found instead by elephant (without rating:5): 1,200",
    ]


def test_where_something_is_found_nothing_else_is_offered(run, library) -> None:
    library.asking.others = (Alternative("elephant", 1200, "without rating:5"),)
    assert run("search", "elephant", "--json").err == ""


def test_help_tells_the_language(run, capsys) -> None:
    with pytest.raises(SystemExit):
        run("search", "--help")
    told = capsys.readouterr().out
    for example in ("beach -people", "2*snow dog", "like:#12", "looks:dog", "sort:date", "and not"):
        assert example in told


def test_nothing_found_is_an_answer(run, library) -> None:
    library.results = SearchResults()
    assert run("search", "cat", "--json").document == []
    ran = run("search", "cat")
    assert (ran.code, ran.out) == (0, "Nothing found.\n")


def test_people_see_a_table(run) -> None:
    assert run("search", "cat").out.splitlines() == [
        "score  photo     why",
        "0.900  /p/3.jpg  looks like “cat”".replace("/", str(Path("/"))),
        "0.500  /p/1.jpg  name".replace("/", str(Path("/"))),
    ]


def test_similar_takes_any_file(run, library, tmp_path, monkeypatch) -> None:
    (tmp_path / "new.jpg").touch()
    monkeypatch.chdir(tmp_path)
    ran = run("similar", "new.jpg", "--limit", "3", "--json")
    assert [hit["path"] for hit in ran.document] == [str(Path(f"/p/{n}.jpg")) for n in (3, 1, 2)]
    assert library.asked == [("similar", tmp_path / "new.jpg", 3)]


def test_similar_to_no_file_is_told(run, library) -> None:
    ran = run("similar", "/nowhere/a.jpg")
    assert ran.code == 1
    assert "There is no file" in ran.err
    assert library.asked == []


def test_similar_to_no_photo_is_told(run, library, tmp_path) -> None:
    library.fails_with = UnsupportedMedia("It is no photo.")
    (tmp_path / "notes.txt").touch()
    assert run("similar", tmp_path / "notes.txt").code == 1
