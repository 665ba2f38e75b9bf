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


# -- words that nobody knows ----------------------------------------------------------------------
@pytest.mark.parametrize("word", ["florbax", "kewqtuvxb", "zandrop", "Snoham", "wuggish?"])
def test_made_up_words_are_strange(word: str) -> None:
    assert Spelling(FakeCatalog()).strange(word) == (word,)
    assert Spelling(FakeCatalog()).correction(word) is None


@pytest.mark.parametrize(
    "word",
    [
        "dog",
        "corgi",
        "rappels",
        "backbend",
        "snowshovel",
        "Zugspitze",
        "Heidelberg",
        "fire-truck",
        "IMG_12",
        "2019",
        "Köln",
        "東京",
        "ab",
        "X-T4",
        "Grandma's",
    ],
)
def test_words_names_and_what_is_no_word_are_not_strange(word: str) -> None:
    assert Spelling(FakeCatalog()).strange(word) == ()


def test_what_the_library_holds_is_not_strange() -> None:
    catalog = FakeCatalog(
        confirmed={1: {"Florbax Street"}, 2: {"dog"}},
        captions={2: "a dronhairm on a beach"},
        names={3: "gooskeent-1.jpg"},
        aliases={"dog": ("Pefreeg",)},
    )
    spelling = Spelling(catalog)
    text = "florbax, Dronhairm gooskeent pefreeg flaifskail"
    assert spelling.strange(text) == ("flaifskail",)
    assert Spelling(FakeCatalog(), ("flaifskail",)).strange("flaifskail") == ()


def test_to_a_model_of_other_languages_nothing_is_strange() -> None:
    assert Spelling(FakeCatalog(), english=False).strange("florbax kewqtuvxb") == ()


def test_a_pasted_text_is_not_looked_up_without_end() -> None:
    class Counting(FakeCatalog):
        asked = 0

        def lexical_search(self, words, limit):
            Counting.asked += 1
            return super().lexical_search(words, limit)

    text = " ".join(f"florbax{chr(97 + number)}" for number in range(20))
    assert len(Spelling(Counting()).strange(text)) == 8
    assert Counting.asked == 8


def test_what_a_strange_word_resembles_is_offered() -> None:
    spelling = Spelling(FakeCatalog(confirmed={1: {"Trixibelle"}}), ("trail", "train", "cat"))
    assert spelling.near("traird") == ("trail", "train")
    assert spelling.near("trixbello") == ("trixibelle",)
    assert spelling.near("kewqtuvxb") == ()
    assert spelling.near("dog") == (), "it is a word"


def test_more_slips_than_one_are_taken_for_some_only_within_a_word() -> None:
    spelling = Spelling(FakeCatalog())
    assert spelling.correction("florbax") is None, "flora"
    assert spelling.correction("restarant") == "restaurant"
    assert spelling.correction("motercicle") == "motorcycle"
