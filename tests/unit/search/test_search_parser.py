from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoorg.core.conditions import (
    AllOf,
    AnyOf,
    CameraContains,
    Comparison,
    Condition,
    DateBetween,
    FolderContains,
    Has,
    IsMissing,
    MediaTypeIs,
    NameContains,
    Not,
    RatingCompares,
    TagIs,
    Trait,
)
from photoorg.core.errors import QuerySyntaxError
from photoorg.core.query import Filter, Query, Text, format_condition
from photoorg.core.records import MediaType
from photoorg.search.parser import parse


def conditions(text: str) -> list[Condition]:
    parts = parse(text).parts
    assert all(isinstance(part, Filter) for part in parts)
    return [part.condition for part in parts if isinstance(part, Filter)]


def texts(text: str) -> list[Text]:
    query = parse(text)
    assert len(query.texts) == len(query.parts)
    return list(query.texts)


def test_words_phrases_and_weights() -> None:
    assert texts('dog "golden gate" -people 2*snow -0.5*fog') == [
        Text("dog"),
        Text("golden gate", quoted=True),
        Text("people", weight=-1),
        Text("snow", weight=2),
        Text("fog", weight=-0.5),
    ]


def test_every_filter() -> None:
    assert conditions(
        'tag:dog -tag:"my dog" folder:Rome name:IMG_ type:heic camera:"X-T4" has:gps is:missing'
    ) == [
        TagIs("dog"),
        Not(TagIs("my dog")),
        FolderContains("Rome"),
        NameContains("IMG_"),
        MediaTypeIs(MediaType.HEIF),
        CameraContains("X-T4"),
        Has(Trait.GPS),
        IsMissing(),
    ]


@pytest.mark.parametrize(
    ("typed", "comparison", "number"),
    [
        ("rating:3", Comparison.EQUAL, 3),
        ("rating:>=3", Comparison.AT_LEAST, 3),
        ("rating:≤2", Comparison.AT_MOST, 2),
        ("RATING:<5", Comparison.LESS, 5),
    ],
)
def test_ratings(typed: str, comparison: Comparison, number: int) -> None:
    assert conditions(typed) == [RatingCompares(comparison, number)]


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("date:2021", date(2021, 1, 1), date(2021, 12, 31)),
        ("date:2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("date:2021-07-14", date(2021, 7, 14), date(2021, 7, 14)),
        ("date:2021..2023", date(2021, 1, 1), date(2023, 12, 31)),
        ("date:2023..2021", date(2021, 1, 1), date(2023, 12, 31)),
        ("date:2021-05..", date(2021, 5, 1), None),
        ("date:..2021-05", None, date(2021, 5, 31)),
    ],
)
def test_dates(typed: str, first: date | None, last: date | None) -> None:
    assert conditions(typed) == [DateBetween(first, last)]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("cat - dog", ["cat", "-", "dog"]),
        ('"golden gate', ["golden", "gate"]),
        ("foo:bar", ["foo:bar"]),
        ("http://x", ["http://x"]),
        ('5" screen', ['5"', "screen"]),
        ("--x", ["--x"]),
        ("2* x", ["2*", "x"]),
        ("a dog and a cat", ["a", "dog", "and", "a", "cat"]),
        ("  ", []),
        ('""', []),
    ],
)
def test_what_is_no_syntax_is_words(typed: str, words: list[str]) -> None:
    assert [text.text for text in texts(typed)] == words
    assert all(text.weight == 1 and not text.quoted for text in texts(typed))


def test_filters_being_typed_count_for_nothing() -> None:
    assert parse("beach tag: rating: rating:>= date:..") == parse("beach")
    assert conditions('folder:"New Yo') == [FolderContains("New Yo")]
    assert texts('-"foo') == [Text("foo", weight=-1)]


def test_curly_quotes_and_typographic_minus() -> None:
    assert texts("“golden gate” \N{MINUS SIGN}fog") == [
        Text("golden gate", quoted=True),
        Text("fog", weight=-1),
    ]


@pytest.mark.parametrize(
    ("typed", "position", "hint"),
    [
        ("date:banana", 1, "date:2021"),
        ("beach date:2021-13", 7, "date:2021"),
        ("date:2021-02-30", 1, "date:2021"),
        ('"open type:banana', 7, "jpeg"),
        ("rating:6", 1, "0 to 5"),
        ("has:wings", 1, "has:gps"),
        ("is:red", 1, "is:missing"),
    ],
)
def test_impossible_values_say_where_and_what_would_do(
    typed: str, position: int, hint: str
) -> None:
    with pytest.raises(QuerySyntaxError) as raised:
        parse(typed)
    assert f"character {position} " in raised.value.message
    assert hint in raised.value.remedy


@settings(deadline=None)
@given(st.text() | st.text(alphabet='-*"“”„ 123.:ab\u2212', max_size=40))
def test_never_crashes_and_prints_what_it_read(typed: str) -> None:
    try:
        query = parse(typed)
    except QuerySyntaxError:
        return
    assert parse(str(query)) == query


WORDS = st.text(alphabet="abcäß日'_.,", min_size=1)
VALUES = st.text(min_size=1).map(lambda text: " ".join(text.split())).filter(bool)
DAYS = st.dates(min_value=date(1, 1, 1))
SIMPLE = st.one_of(
    st.builds(TagIs, VALUES),
    st.builds(FolderContains, VALUES),
    st.builds(NameContains, VALUES),
    st.builds(CameraContains, VALUES),
    st.builds(MediaTypeIs, st.sampled_from(MediaType)),
    st.builds(RatingCompares, st.sampled_from(Comparison), st.integers(0, 5)),
    st.builds(Has, st.sampled_from(Trait)),
    st.tuples(DAYS, DAYS).map(lambda days: DateBetween(min(days), max(days))),
    DAYS.map(DateBetween),
    DAYS.map(lambda day: DateBetween(None, day)),
    st.just(IsMissing()),
)
WEIGHTS = st.integers(1, 99999).map(lambda n: n / 100) | st.just(1.0)
PARTS = st.one_of(
    st.builds(Text, WORDS, weight=WEIGHTS | WEIGHTS.map(lambda weight: -weight)),
    st.builds(Text, VALUES, quoted=st.just(True), weight=WEIGHTS),
    st.builds(Filter, SIMPLE | st.builds(Not, SIMPLE)),
)


@settings(deadline=None)
@given(st.lists(PARTS).map(tuple).map(Query))
def test_printed_queries_read_the_same(query: Query) -> None:
    assert parse(str(query)) == query


def test_all_filters_are_one_condition() -> None:
    assert parse("beach").condition is None
    assert parse("beach tag:dog").condition == TagIs("dog")
    both = parse("tag:dog has:gps").condition
    assert both == AllOf((TagIs("dog"), Has(Trait.GPS)))
    assert format_condition(both) == "(tag:dog and has:gps)"
    either = Not(AnyOf((TagIs("my dog"), IsMissing())))
    assert format_condition(either) == '-(tag:"my dog" or is:missing)'
