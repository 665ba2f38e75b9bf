"""What the engine makes of brackets, operators, photos, looks, order and slips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from search_world import AXES, FakeCatalog, FakeEncoder, FakeModel, picture

from photoorg.core.errors import QuerySyntaxError
from photoorg.core.ids import PhotoId
from photoorg.core.records import Alternative, PhotoScope, SearchResults
from photoorg.search.engine import SearchEngine
from photoorg.search.parser import parse
from photoorg.search.ports import FloatArray, IdArray


def engine_for(catalog: FakeCatalog, **more: object) -> SearchEngine:
    return SearchEngine(
        catalog,
        catalog.index(),
        catalog.index(similar=True),
        FakeModel(),
        FakeEncoder(),
        FakeModel(),
        **more,  # type: ignore[arg-type]
    )


def ask(catalog: FakeCatalog, text: str) -> SearchResults:
    return engine_for(catalog).search(text, PhotoScope())


def others(catalog: FakeCatalog, text: str) -> tuple[Alternative, ...]:
    return engine_for(catalog).alternatives(text)


def relevant(results: SearchResults) -> list[int]:
    return [hit.photo_id for hit in results.hits[: results.relevant]]


def every(results: SearchResults) -> list[int]:
    return [hit.photo_id for hit in results.hits]


def why(results: SearchResults) -> dict[int, str]:
    return {hit.photo_id: hit.why for hit in results.hits}


PLACES = {
    1: picture(dog=1),
    2: picture(dog=1, beach=1),
    3: picture(beach=1),
    4: picture(beach=1, people=1),
    5: picture(city=1, night=1),
    6: picture(city=1),
    7: picture(snow=1),
    8: picture(dog=1, snow=1),
}


# -- operators ----------------------------------------------------------------------------------
def test_or_is_as_probable_as_the_likelier_side() -> None:
    catalog = FakeCatalog(pictures=PLACES)
    results = ask(catalog, "night or snow")
    assert set(relevant(results)) == {5, 7, 8}
    assert why(results)[7] == "looks like “snow”"
    assert why(results)[5] == "looks like “night”"
    single = {hit.photo_id: hit.score for hit in ask(catalog, "night").hits}
    both = {hit.photo_id: hit.score for hit in results.hits}
    assert both[PhotoId(5)] == pytest.approx(single[PhotoId(5)])


def test_and_wants_both() -> None:
    results = ask(FakeCatalog(pictures=PLACES), "dog AND snow")
    assert relevant(results)[0] == 8
    assert why(results)[8] == "looks like “dog”, looks like “snow”"


def test_not_is_everything_else() -> None:
    catalog = FakeCatalog(pictures=PLACES, names={9: "unseen"})
    assert set(relevant(ask(catalog, "not (dog or beach)"))) == {5, 6, 7, 9}
    assert set(relevant(ask(catalog, "city and not night"))) == {6}


def test_tags_and_words_mix_in_brackets() -> None:
    catalog = FakeCatalog(pictures=PLACES, confirmed={6: {"mine"}, 1: {"mine"}})
    results = ask(catalog, "tag:mine or snow")
    assert set(relevant(results)) == {1, 6, 7, 8}
    assert why(results)[6] == "tag:mine"
    assert set(every(ask(catalog, "(snow or dog) tag:mine"))) == {1, 6}
    assert relevant(ask(catalog, "(tag:mine or snow) and not dog")) == [6, 7]


def test_a_minus_with_spaces_takes_a_whole_caption() -> None:
    catalog = FakeCatalog(pictures={**PLACES, 9: picture(city=1, night=1, snow=0.2)})
    assert 6 in relevant(ask(catalog, "city - night dog"))
    assert 5 not in relevant(ask(catalog, "city - night"))


def test_a_weighted_bracket_is_one_caption() -> None:
    encoder = FakeEncoder()
    catalog = FakeCatalog(pictures=PLACES)
    engine = SearchEngine(
        catalog, catalog.index(), catalog.index(), FakeModel(), encoder, FakeModel()
    )
    engine.search("2*(dog beach) snow")
    assert encoder.asked == ["snow", "dog beach"]


# -- photos -------------------------------------------------------------------------------------
def test_photos_like_one() -> None:
    catalog = FakeCatalog(pictures=PLACES, names={1: "rex.jpg"})
    results = ask(catalog, "like:#1")
    assert 1 not in every(results)
    assert set(every(results)[:2]) == {2, 8}
    assert why(results)[2].endswith("like photo rex.jpg")


def test_a_photo_and_a_word_find_what_shows_both() -> None:
    catalog = FakeCatalog(pictures=PLACES, names={1: "rex.jpg"})
    results = ask(catalog, "like:#1 + snow")
    assert every(results)[0] == 8
    assert why(results)[8] == "looks like “snow”, like photo rex.jpg"
    assert every(ask(catalog, "like:/photos/rex.jpg + snow"))[0] == 8


def test_a_photo_less_a_word() -> None:
    catalog = FakeCatalog(pictures=PLACES)
    results = every(ask(catalog, "like:#2 - beach"))
    assert results.index(8) < results.index(3)
    results = every(ask(catalog, "dog -like:#7"))
    assert results.index(1) < results.index(8)


def test_a_photo_from_outside_is_looked_at() -> None:
    asked: list[Path] = []

    def look_at(path: Path) -> FloatArray:
        asked.append(path)
        return picture(dog=1)

    engine = engine_for(FakeCatalog(pictures=PLACES))
    results = engine.search('like:"/else where/a.jpg" + snow', look_at=look_at)
    assert asked == [Path("/else where/a.jpg").absolute()]
    assert every(results)[0] == 8


def test_a_photo_that_was_not_looked_at_is_said() -> None:
    results = ask(FakeCatalog(pictures=PLACES, names={9: "new.jpg"}), "like:#9")
    assert results.notice == "Not looked at yet: new.jpg."
    assert results.relevant == 0


# -- looks --------------------------------------------------------------------------------------
def test_looks_finds_what_is_not_tagged_yet() -> None:
    catalog = FakeCatalog(pictures=PLACES, confirmed={1: {"dog"}}, rejected={8: {"dog"}})
    results = ask(catalog, "looks:dog")
    assert relevant(results) == [2]
    assert why(results)[2] == "could carry “dog”"
    both = ask(FakeCatalog(pictures=PLACES, confirmed={1: {"dog"}}), "looks:dog looks:snow")
    assert every(both)[0] == 8
    assert 2 not in relevant(ask(FakeCatalog(pictures=PLACES), "looks:dog -looks:beach"))


def test_a_model_of_the_tags_judges_looks() -> None:
    class Known:
        def probabilities(self, tags: Sequence[str]) -> tuple[IdArray, FloatArray]:
            assert list(tags) == ["Grandma's garden"]
            return np.array([6, 3]), np.array([[0.9], [0.1]], dtype=np.float32)

    engine = engine_for(FakeCatalog(pictures=PLACES), tag_judge=Known())
    assert relevant(engine.search('looks:"Grandma\'s garden"')) == [6]


# -- order --------------------------------------------------------------------------------------
def test_what_is_relevant_is_sorted_by_date() -> None:
    catalog = FakeCatalog(pictures=PLACES)
    found = set(relevant(ask(catalog, "dog")))
    assert relevant(ask(catalog, "dog sort:date")) == sorted(found, reverse=True)
    assert relevant(ask(catalog, "dog sort:-date")) == sorted(found)
    assert relevant(ask(catalog, "sort:-date")) == sorted(PLACES)
    assert relevant(ask(catalog, "dog sort:relevance")) == relevant(ask(catalog, "dog"))


def test_a_photo_that_left_the_library_meanwhile_has_no_date(monkeypatch) -> None:
    catalog = FakeCatalog(pictures=PLACES)
    found = relevant(ask(catalog, "dog"))
    gone = found[0]
    in_order = catalog.in_date_order
    monkeypatch.setattr(
        catalog,
        "in_date_order",
        lambda ids, *, newest_first: in_order(ids[ids != gone], newest_first=newest_first),
    )
    results = ask(catalog, "dog sort:date")
    assert relevant(results) == sorted(set(found) - {gone}, reverse=True)
    assert gone not in every(results)


# -- slips --------------------------------------------------------------------------------------
def test_a_misspelt_word_is_put_right_and_said() -> None:
    catalog = FakeCatalog(pictures=PLACES, captions={6: "an elephant"})
    results = ask(catalog, "elefant")
    assert results.corrected == (("elefant", "elephant"),)
    assert relevant(results) == [6]
    assert ask(catalog, '"elefant"').corrected == ()
    assert ask(catalog, "beech -peopel").corrected == (("peopel", "people"),)


def test_compounds_meet() -> None:
    catalog = FakeCatalog(
        captions={1: "a fire truck", 2: "a firetruck", 3: "blue t shirt"}, pictures={}
    )
    catalog.names = dict.fromkeys((1, 2, 3), "x")
    assert set(relevant(ask(catalog, "firetruck"))) == {1, 2}
    assert set(relevant(ask(catalog, "fire truck"))) == {1, 2}
    assert 2 in relevant(ask(catalog, "fire-truck"))
    assert relevant(ask(catalog, "tshirt")) == [3]


# -- nothing found ------------------------------------------------------------------------------
def test_near_misses_are_offered_with_what_they_find() -> None:
    catalog = FakeCatalog(names={1: "rome", 2: "rome", 3: "x"}, confirmed={3: {"mine"}})
    assert ask(catalog, "rome tag:mine").relevant == 0
    offered = {each.query: (each.count, each.why) for each in others(catalog, "rome tag:mine")}
    assert offered == {"rome": (2, "without tag:mine"), "tag:mine": (1, "without rome")}
    loose = others(FakeCatalog(names={1: "elephant"}), '"elefant"')
    assert [(other.query, other.count) for other in loose] == [("elephant", 1)]
    related = others(FakeCatalog(names={1: "x"}, confirmed={1: {"sofa"}}), "couch")
    assert [(other.query, other.why) for other in related] == [
        ("sofa", "“sofa” instead of “couch”")
    ]


def test_words_that_say_nothing_are_not_exchanged() -> None:
    catalog = FakeCatalog(names={1: "x", 2: "x"}, confirmed={1: {"sofa"}, 2: {"these"}})
    assert [other.query for other in others(catalog, "those couch")] != []
    for filler in ("the", "this"):
        offered = [other.query for other in others(catalog, f"{filler} couch")]
        assert offered == [f"{filler} sofa"]


def test_every_axis_is_a_known_word() -> None:
    catalog = FakeCatalog(pictures=PLACES)
    assert all(ask(catalog, axis).corrected == () for axis in AXES)


def test_a_text_pasted_by_mistake_is_refused_or_answered() -> None:
    catalog = FakeCatalog(pictures=PLACES)
    assert ask(catalog, "qwx dog " * 500).hits
    assert ask(catalog, "-dog " * 500).hits
    with pytest.raises(QuerySyntaxError, match="joins 100 things"):
        ask(catalog, " or ".join(["dog"] * 100))


def test_without_a_model_looks_and_photos_find_nothing_and_say_so() -> None:
    catalog = FakeCatalog(pictures=PLACES, confirmed={1: {"dog"}})
    engine = SearchEngine(catalog, catalog.index(), catalog.index(), None, None, None)
    for text in ("looks:dog", "like:#1"):
        results = engine.search(text)
        assert results.relevant == 0
        assert "not ready yet" in results.notice
    assert relevant(engine.search("dog or looks:cat")) == [1]


SYNTAX = ["(", ")", " ", " ", "-", "+", "2*", '"', " and ", " or ", " not ", " AND "]
SYNTAX += ["dog", "beach", "snow", "elefant", "tag:mine ", "like:#1 ", "looks:cat ", "sort:date "]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(SYNTAX), max_size=14).map("".join))
def test_whatever_is_typed_is_answered(typed: str) -> None:
    catalog = FakeCatalog(
        pictures=PLACES, names={9: "unseen"}, confirmed={1: {"mine"}, 9: {"mine"}}
    )
    results = ask(catalog, typed)
    ids = every(results)
    assert len(set(ids)) == len(ids) >= results.relevant
    assert all(0 <= hit.score <= 1 for hit in results.hits)
    printed = ask(catalog, str(parse(typed)))
    assert (every(printed), printed.relevant) == (ids, results.relevant)
