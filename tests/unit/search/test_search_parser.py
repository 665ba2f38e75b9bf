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
    InAlbum,
    IsMissing,
    MediaTypeIs,
    NameContains,
    Not,
    RatingCompares,
    TagIs,
    Trait,
)
from photoorg.core.errors import QuerySyntaxError
from photoorg.core.ids import PhotoId
from photoorg.core.query import (
    Filter,
    Group,
    Join,
    Like,
    Looks,
    Order,
    Part,
    Query,
    Sort,
    Span,
    Text,
    condition_of,
    format_condition,
)
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
        ' album:"Best of"'
    ) == [
        TagIs("dog"),
        Not(TagIs("my dog")),
        FolderContains("Rome"),
        NameContains("IMG_"),
        MediaTypeIs(MediaType.HEIF),
        CameraContains("X-T4"),
        Has(Trait.GPS),
        IsMissing(),
        InAlbum("Best of"),
    ]
    assert conditions("is:untagged -is:unrated") == [Not(Has(Trait.TAGS)), Has(Trait.RATING)]


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
        ("cat -", ["cat"]),
        ("+ cat + dog +", ["cat", "dog"]),
        ("IMG(1) :) (smile", ["IMG(1)", ":", "smile"]),
        ("a(b", ["a", "b"]),
        ('"golden gate', ["golden", "gate"]),
        ("foo:bar", ["foo:bar"]),
        ("http://x", ["http://x"]),
        ('5" screen', ['5"', "screen"]),
        ("--x", ["x"]),
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
    assert parse("beach like:# looks:") == parse("beach")


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
        ("dog (sort:size)", 6, "sort:relevance"),
        ("like:#x", 1, "like:#12"),
    ],
)
def test_impossible_values_say_where_and_what_would_do(
    typed: str, position: int, hint: str
) -> None:
    with pytest.raises(QuerySyntaxError) as raised:
        parse(typed)
    assert f"character {position} " in raised.value.message
    assert hint in raised.value.remedy


# -- photos, looks and order --------------------------------------------------------------------
def test_photos_and_tags_to_look_like() -> None:
    parts = parse('2*like:#12 -like:"/my photos/a.jpg" looks:"red bus" -0.5*looks:dog + snow').parts
    assert parts == (
        Like(PhotoId(12), weight=2),
        Like("/my photos/a.jpg", weight=-1),
        Looks("red bus"),
        Looks("dog", weight=-0.5),
        Text("snow"),
    )
    assert parse('like:"#12"').parts == (Like("#12"),)


def test_order() -> None:
    query = parse("dog sort:date cat sort:oldest")
    assert query.sort == Sort(Order.OLDEST)
    assert [text.text for text in query.texts] == ["dog", "cat"]
    assert str(query) == "dog cat sort:-date"


# -- operators and brackets ---------------------------------------------------------------------
def two(join: Join, *parts: Part, weight: float = 1.0) -> Group:
    return Group(join, parts, weight)


DOG, CAT, RED = Text("dog"), Text("cat"), Text("red")


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("dog or cat", (two(Join.OR, DOG, CAT),)),
        ("red dog or cat", (two(Join.OR, two(Join.NEXT, RED, DOG), CAT),)),
        ("(dog or cat) red", (two(Join.OR, DOG, CAT), RED)),
        ("dog AND cat", (two(Join.AND, DOG, CAT),)),
        ('dog and "x"', (two(Join.AND, DOG, Text("x", quoted=True)),)),
        ("tag:x and dog", (two(Join.AND, Filter(TagIs("x")), DOG),)),
        ("dog and -cat", (two(Join.AND, DOG, Text("cat", weight=-1)),)),
        ("dog or cat and tag:x", (two(Join.OR, DOG, two(Join.AND, CAT, Filter(TagIs("x")))),)),
        ("not dog", (Text("dog", weight=-1),)),
        ("not tag:x", (Filter(Not(TagIs("x"))),)),
        ("not not dog", (DOG,)),
        ("NOT (dog or cat)", (two(Join.OR, DOG, CAT, weight=-1),)),
        ("2*(red dog) cat", (two(Join.NEXT, RED, DOG, weight=2), CAT)),
        ("-(2*dog)", (Text("dog", weight=-2),)),
        ("dog - cat", (DOG, Text("cat", weight=-1))),
        ("dog - red cat + red", (DOG, two(Join.NEXT, RED, CAT, weight=-1), RED)),
        ("dog -red cat", (DOG, Text("red", weight=-1), CAT)),
        ("dog - tag:x cat", (DOG, Filter(Not(TagIs("x"))), CAT)),
        # forgiving
        ("or dog or", (DOG,)),
        ("((dog)", (DOG,)),
        ("(dog or", (DOG,)),
        ("dog) cat", (DOG, CAT)),
        ("() dog not", (DOG,)),
        # no operators
        ("dog Or cat", (DOG, Text("Or"), CAT)),
        ("+or", (Text("or"),)),
        ("dog and", (DOG, Text("and"))),
    ],
)
def test_operators_and_brackets(typed: str, parts: tuple[Part, ...]) -> None:
    assert parse(typed).parts == parts


def test_a_query_of_everything() -> None:
    query = parse("(beach or mountain) and not (people or tag:dog) rating:>=3")
    either = two(Join.OR, Text("beach"), Text("mountain"))
    unwanted = two(Join.OR, Text("people"), Filter(TagIs("dog")), weight=-1)
    rated = Filter(RatingCompares(Comparison.AT_LEAST, 3))
    assert query.parts == (two(Join.AND, either, two(Join.NEXT, unwanted, rated)),)
    assert str(query) == "(beach or mountain) and -(people or tag:dog) rating:>=3"


def test_thousands_of_brackets_are_read() -> None:
    assert parse("(" * 5000 + "dog").parts == (DOG,)


def test_parts_know_where_they_stand() -> None:
    typed = 'red dog - (cat or 2*"x y") tag:a sort:date'
    query = parse(typed)

    def of(span: Span) -> str:
        return typed[span.start : span.end]

    assert [of(part.span) for part in query.parts] == ["red", "dog", '- (cat or 2*"x y")', "tag:a"]
    assert [of(leaf.span) for leaf in query.leaves()] == ["red", "dog", "cat", '2*"x y"', "tag:a"]
    assert query.sort is not None
    assert of(query.sort.span) == "sort:date"
    run = "dog - red cat + x"
    assert [run[p.span.start : p.span.end] for p in parse(run).parts] == ["dog", "- red cat", "+ x"]


SYNTAX = ["(", ")", " ", "-", "+", "2*", "0.5*", '"', "and", "or", "not", "AND", "OR", "a", "b"]
SYNTAX += ["tag:", "like:#", "like:", "looks:", "sort:date", "rating:>=", "3", " and ", " or "]
TYPED = st.lists(st.sampled_from(SYNTAX), max_size=25).map("".join)


@settings(deadline=None, max_examples=500)
@given(st.text() | st.text(alphabet='-+*"“”„ 123.:ab()\u2212', max_size=40) | TYPED)
def test_never_crashes_and_prints_what_it_read(typed: str) -> None:
    try:
        query = parse(typed)
    except QuerySyntaxError:
        return
    assert parse(str(query)) == query
    for leaf in query.leaves():
        assert 0 <= leaf.span.start < leaf.span.end <= len(typed)


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
    st.builds(InAlbum, VALUES),
)
WEIGHTS = st.integers(1, 99999).map(lambda n: n / 100) | st.just(1.0)
SIGNED = WEIGHTS | WEIGHTS.map(lambda weight: -weight)
LEAVES = st.one_of(
    st.builds(Text, WORDS | st.sampled_from(["and", "or", "not", "AND"]), weight=SIGNED),
    st.builds(Text, VALUES, quoted=st.just(True), weight=SIGNED),
    st.builds(Like, st.integers(0, 10**9).map(PhotoId) | VALUES, weight=SIGNED),
    st.builds(Looks, VALUES, weight=SIGNED),
    st.builds(Filter, SIMPLE | st.builds(Not, SIMPLE)),
)
PARTS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        Group, st.sampled_from(Join), st.lists(inner, min_size=2, max_size=4).map(tuple), SIGNED
    ),
    max_leaves=8,
)
SORTS = st.none() | st.builds(Sort, st.sampled_from(Order))


def flat(query: Query) -> Query:
    """A single unweighted group of neighbours is the query itself."""
    match query.parts:
        case (Group(join=Join.NEXT, weight=1.0, parts=parts),):
            return Query(parts, query.sort)
    return query


@settings(deadline=None)
@given(st.builds(Query, st.lists(PARTS).map(tuple), SORTS).map(flat))
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
    mixed = parse("tag:dog (beach or has:gps) -(is:missing or (tag:a has:gps))")
    assert mixed.condition == AllOf(
        (TagIs("dog"), Not(AnyOf((IsMissing(), AllOf((TagIs("a"), Has(Trait.GPS)))))))
    )
    assert [condition_of(part) is None for part in mixed.parts] == [False, True, False]
