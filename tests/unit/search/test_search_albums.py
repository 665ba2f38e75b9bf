"""Albums in searches: opened, nested, renamed, and never within themselves."""

from __future__ import annotations

import numpy as np
import pytest

from photoorg.core.albums import Album
from photoorg.core.conditions import AllOf, AnyOf, Has, Not, OneOf, OpenAlbum, TagIs, Trait
from photoorg.core.errors import QuerySyntaxError
from photoorg.core.ids import PhotoId
from photoorg.core.query import Query
from photoorg.search.albums import AlbumOpener, contains_itself, mentions, renamed
from photoorg.search.parser import parse
from photoorg.search.ports import IdArray

ALBUMS = (
    Album("Dogs", "tag:dog -has:gps"),
    Album("Beach", "beach sunset"),
    Album("Both", "album:dogs album:beach"),
    Album("Loop", "album:Circle"),
    Album("Circle", "dog or album:loop"),
    Album("Odd", "date:banana"),
)


class Judge:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, query: Query) -> IdArray:
        self.asked.append(str(query))
        return np.array([3, 1], dtype=np.int64)


@pytest.fixture
def judge() -> Judge:
    return Judge()


@pytest.fixture
def opener() -> AlbumOpener:
    return AlbumOpener(lambda: ALBUMS)


def test_an_album_of_filters_alone_is_opened_without_looking_at_photos(
    opener: AlbumOpener, judge: Judge
) -> None:
    opened = opener.opened(parse("album:dogs"), judge)
    inside = AllOf((TagIs("dog"), Not(Has(Trait.GPS))))
    assert opened.condition == OpenAlbum("dogs", inside)
    assert judge.asked == []
    assert str(opened) == "album:dogs"


def test_an_album_that_ranks_holds_the_relevant_photos(opener: AlbumOpener, judge: Judge) -> None:
    opened = opener.opened(parse("cat -album:Beach"), judge)
    held = OneOf((PhotoId(3), PhotoId(1)))
    assert opened.condition == Not(OpenAlbum("Beach", held))
    assert judge.asked == ["beach sunset"]


def test_albums_within_albums_and_within_brackets(opener: AlbumOpener, judge: Judge) -> None:
    opened = opener.opened(parse("(album:both or tag:x) cat"), judge)
    condition = opened.condition
    assert isinstance(condition, AnyOf)
    (both, _) = condition.conditions
    assert isinstance(both, OpenAlbum)
    assert isinstance(both.condition, AllOf)
    assert [getattr(each, "name", "") for each in both.condition.conditions] == ["dogs", "beach"]
    assert judge.asked == ["beach sunset"]


def test_an_album_is_judged_once_in_a_search(opener: AlbumOpener, judge: Judge) -> None:
    opener.opened(parse("album:beach album:both"), judge)
    assert judge.asked == ["beach sunset"]


def test_an_unknown_album_holds_nothing(opener: AlbumOpener, judge: Judge) -> None:
    assert opener.opened(parse("album:nowhere"), judge).condition == OpenAlbum("nowhere", AnyOf(()))


def test_what_names_no_album_is_handed_back_as_it_is(opener: AlbumOpener, judge: Judge) -> None:
    query = parse('dog (tag:x or "album:Dogs")')
    assert opener.opened(query, judge) is query


@pytest.mark.parametrize("text", ["album:loop", "album:CIRCLE dog"])
def test_an_album_that_contains_itself_is_an_error_in_words(
    opener: AlbumOpener, judge: Judge, text: str
) -> None:
    with pytest.raises(QuerySyntaxError, match="contains itself"):
        opener.opened(parse(text), judge)


def test_counting_is_left_out_where_photos_must_be_judged(
    opener: AlbumOpener, judge: Judge
) -> None:
    assert opener.as_filter("tag:dog") == TagIs("dog")
    assert opener.as_filter("beach") is None
    assert opener.as_filter("album:both") is None
    assert opener.as_filter("-album:dogs") is not None
    assert judge.asked == []


def test_an_album_whose_search_cannot_be_read_says_so(opener: AlbumOpener, judge: Judge) -> None:
    with pytest.raises(QuerySyntaxError, match="banana"):
        opener.opened(parse("album:odd"), judge)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("album:Trip beach", 'album:"Sea side" beach'),
        ("dog  (-album:trip or x)", 'dog  (-album:"Sea side" or x)'),
        ('ALBUM:"TRIP"', 'album:"Sea side"'),
        ('"album:trip" name:album:trip trip', '"album:trip" name:album:trip trip'),
    ],
)
def test_a_new_name_is_written_where_the_album_is_named(text: str, expected: str) -> None:
    assert renamed(text, "trip", "Sea side") == expected
    assert mentions(text, "Trip") is (text != expected)


def test_a_circle_is_seen_before_it_is_saved() -> None:
    assert contains_itself("Dogs", "album:both", ALBUMS)
    assert contains_itself("New", "cat album:new", ALBUMS)
    assert not contains_itself("New", "album:both album:loop", ALBUMS)
