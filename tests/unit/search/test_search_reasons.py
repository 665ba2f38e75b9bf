"""Why a search found a photo, part by part."""

from __future__ import annotations

import pytest
from search_world import FakeCatalog, FakeEncoder, FakeModel, picture

from photoorg.core.ids import PhotoId
from photoorg.core.reasons import Effect, FoundReasons
from photoorg.search.parser import parse
from photoorg.search.reasons import Evidence, EvidenceFinder, found_reasons


@pytest.fixture
def catalog() -> FakeCatalog:
    return FakeCatalog(
        pictures={1: picture(dog=1.0, beach=0.6), 2: picture(city=1.0, people=0.9)},
        names={1: "IMG_1.jpg", 2: "berlin.jpg", 3: "dog on snow.jpg"},
        captions={2: "a city by night"},
        confirmed={1: {"Rex"}, 2: {"city"}},
    )


def why(catalog: FakeCatalog, text: str, photo: int) -> FoundReasons:
    finder = EvidenceFinder(catalog, catalog.index(), FakeModel(), FakeEncoder())
    return found_reasons(PhotoId(photo), text, finder.find(parse(text), PhotoId(photo)))


def test_each_part_says_what_it_makes_of_the_photo(catalog: FakeCatalog) -> None:
    found = why(catalog, "dog -people tag:Rex", 1)
    assert [(each.part, each.effect) for each in found.parts] == [
        ("dog", Effect.FOR),
        ("-people", Effect.FOR),
        ("tag:Rex", Effect.FOR),
    ]
    assert [each.words for each in found.parts] == [
        "looks like it, 99 %",
        "does not look like it, 1 %",
        "the photo passes",
    ]
    assert found.parts[0].strength > 0.99
    assert [each.asks for each in found.parts] == ["dog", "people", None]
    assert found.strongest == "dog"
    assert found.notes == ()


def test_words_looked_for_as_one_come_first_as_a_whole(catalog: FakeCatalog) -> None:
    found = why(catalog, "dog beach", 1)
    assert [each.part for each in found.parts] == ["dog beach", "dog", "beach"]
    assert found.strongest == "dog beach"


def test_tags_captions_and_names_are_reasons(catalog: FakeCatalog) -> None:
    words = [each.words for each in why(catalog, "Rex", 1).parts]
    assert words[0].startswith("carries the tag “Rex”")
    assert why(catalog, "night", 2).parts[0].words.startswith("the caption says it")
    assert why(catalog, "berlin", 2).parts[0].words.startswith("the file's name says it")
    assert why(catalog, "Rex", 1).parts[0].strength > 0.9


def test_what_speaks_against_says_so(catalog: FakeCatalog) -> None:
    found = why(catalog, "-city tag:Rex dog", 2)
    assert [each.effect for each in found.parts] == [
        Effect.AGAINST,
        Effect.AGAINST,
        Effect.NEITHER,
    ]
    assert found.parts[1].words == "the photo does not pass"
    assert found.strongest == ""


def test_a_photo_that_was_not_looked_at_is_found_by_its_words(catalog: FakeCatalog) -> None:
    found = why(catalog, "snow night", 3)
    assert found.notes == ("This photo was not looked at yet: only words and filters count.",)
    assert [each.words for each in found.parts[1:]] == [
        "the file's name says it",
        "no word of the photo says it",
    ]
    assert [each.asks for each in found.parts] == [None] * 3
    assert found.strongest == ""


def test_filters_alone_need_no_model(catalog: FakeCatalog) -> None:
    query = parse("tag:city")
    evidence = EvidenceFinder(catalog).find(query, PhotoId(2))
    found = found_reasons(PhotoId(2), "tag:city", evidence)
    assert found.parts[0].words == "the photo passes"
    assert found.notes == ()


def test_words_that_the_model_never_met(catalog: FakeCatalog) -> None:
    class Choosy(FakeEncoder):
        def unknown_words(self, texts: list[str]) -> tuple[str, ...]:
            return tuple(text for text in texts if text == "quux")

    finder = EvidenceFinder(catalog, catalog.index(), FakeModel(), Choosy())
    found = found_reasons(PhotoId(1), "quux", finder.find(parse("quux"), PhotoId(1)))
    assert found.parts[0].words == "the model does not know this word"
    assert found.parts[0].effect is Effect.NEITHER
    assert found.notes == ()


@pytest.mark.parametrize(
    ("shows", "words"),
    [(0.83, "looks like it, 83"), (0.12, "looks a little like it, 12"), (0.0, "does not look")],
)
def test_probabilities_are_words(shows: float, words: str) -> None:
    found = found_reasons(PhotoId(1), "dog", [Evidence("dog", "dog", shows=shows)])
    assert found.parts[0].words.startswith(words)


def test_alternatives_that_do_not_hold_are_no_fault(catalog: FakeCatalog) -> None:
    found = why(catalog, "dog or tag:city", 1)
    assert [(each.part, each.effect) for each in found.parts] == [
        ("dog", Effect.FOR),
        ("tag:city", Effect.NEITHER),
    ]
    excluded = why(catalog, "dog -(people or tag:city)", 1)
    assert [(each.part, each.effect) for each in excluded.parts] == [
        ("dog", Effect.FOR),
        ("-people", Effect.FOR),
        ("-tag:city", Effect.FOR),
    ]


def test_a_photo_to_be_like_tells_its_likeness(catalog: FakeCatalog) -> None:
    catalog.pictures[4] = picture(dog=1.0, beach=0.5)
    found = why(catalog, "like:#4 dog", 1)
    assert found.parts[0].words == "likeness 1.00"
    assert found.parts[0].effect is Effect.FOR
    assert why(catalog, "like:#99", 1).parts[0].words == "it cannot be compared with that photo"


def test_looks_as_if_it_had_a_tag(catalog: FakeCatalog) -> None:
    assert why(catalog, "looks:dog", 1).parts[0].words.startswith("looks like it")
    carried = why(catalog, "looks:Rex", 1).parts[0]
    assert carried.effect is Effect.AGAINST
    assert carried.words == "the photo carries that tag already"
