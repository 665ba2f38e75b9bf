from __future__ import annotations

import pytest
from search_world import FakeCatalog

from photoorg.search.parser import parse
from photoorg.search.spelling import Spelling, english_words


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("elefant", "elephant"),
        ("moutain", "mountain"),
        ("giraf", "giraffe"),
        ("zeebra", "zebra"),
        ("trian", "train"),
        ("peopel", "people"),
        ("freind", "friend"),
        ("biulding", "building"),
        ("brigde", "bridge"),
        ("sandwhich", "sandwich"),
        ("motercycle", "motorcycle"),
        ("buterfly", "butterfly"),
        ("umbrela", "umbrella"),
        ("bycicle", "bicycle"),
    ],
)
def test_common_slips(typed: str, meant: str) -> None:
    assert Spelling(FakeCatalog()).correction(typed) == meant


@pytest.mark.parametrize(
    "word",
    ["dog", "corgi", "frisbee", "firetruck", "tshirt", "IMG_12", "X-T4", "Köln", "ab", "東京"],
)
def test_what_is_no_slip(word: str) -> None:
    assert Spelling(FakeCatalog()).correction(word) is None


def test_the_librarys_own_words_are_right() -> None:
    spelling = Spelling(FakeCatalog(confirmed={1: {"Moutain Elefant"}}, captions={2: "mit hundt"}))
    assert spelling.correction("moutain") is None
    assert spelling.correction("elefant") is None
    assert spelling.correction("hundt") is None


def test_own_tags_come_before_english() -> None:
    assert Spelling(FakeCatalog()).correction("trisha") != "trixie"
    assert Spelling(FakeCatalog(confirmed={1: {"Trixie"}})).correction("trixi") == "trixie"


def test_a_model_of_other_languages_corrects_to_own_words_only() -> None:
    spelling = Spelling(FakeCatalog(confirmed={1: {"Strandbad"}}), english=False)
    assert spelling.correction("elefant") is None
    assert spelling.correction("strandbat") == "strandbad"


def test_corrections_reach_into_brackets_but_not_into_quotes() -> None:
    query, corrected = Spelling(FakeCatalog()).correct(
        parse('(elefant or "moutain") -zeebra tag:moutain')
    )
    assert str(query) == '(elephant or "moutain") -zebra tag:moutain'
    assert corrected == (("elefant", "elephant"), ("zeebra", "zebra"))


def test_the_list_of_words() -> None:
    words = english_words()
    assert len(words) == 60_000
    assert words["dog"] < words["giraffe"]


def test_related_words_are_of_the_library_or_the_model() -> None:
    spelling = Spelling(FakeCatalog(confirmed={1: {"Sofa"}}), ("dog", "cat", "train"))
    assert spelling.related("couch") == ("sofa",)
    assert "dog" in spelling.related("puppy")
    assert spelling.related("qwxyz") == ()
