from search_world import FakeCatalog, FakeEncoder, FakeModel, picture

from photoorg.core.ids import PhotoId
from photoorg.models.vocabulary import phrases
from photoorg.search.suggest import LEAST, Suggester

PICTURES = {
    1: picture(dog=1),
    2: picture(dog=1, cat=1),
    3: picture(beach=1, grandma=1),
    4: picture(night=1),
}


def tags(catalog: FakeCatalog, photo_id: int, limit: int = 10) -> list[str]:
    answer = Suggester(catalog, FakeModel(), FakeEncoder()).suggest([PhotoId(photo_id)], limit)
    return [suggestion.tag for suggestion in answer[PhotoId(photo_id)]]


def test_probable_tags_best_first() -> None:
    catalog = FakeCatalog(pictures=PICTURES)
    answer = Suggester(catalog, FakeModel(), None).suggest(
        [PhotoId(key) for key in (1, 2, 3, 4, 9)]
    )
    assert list(answer) == [1, 2, 3, 4], "9 has no vector yet"
    assert [s.tag for s in answer[PhotoId(1)]] == ["dog"]
    assert {s.tag for s in answer[PhotoId(2)]} == {"dog", "cat"}
    assert answer[PhotoId(4)] == ()
    for suggestions in answer.values():
        assert all(s.probability >= LEAST and s.source == "fake" for s in suggestions)
        ranked = [s.probability for s in suggestions]
        assert ranked == sorted(ranked, reverse=True)


def test_own_tags_are_tried_by_their_names() -> None:
    catalog = FakeCatalog(pictures=PICTURES, confirmed={1: {"Grandma"}})
    assert set(tags(catalog, 3)) == {"Beach", "Grandma"}
    assert tags(catalog, 3, limit=1)[0] in {"Beach", "Grandma"}
    assert tags(catalog, 3, limit=0) == []


def test_an_own_tag_of_the_vocabulary_is_not_there_twice() -> None:
    catalog = FakeCatalog(pictures=PICTURES, confirmed={1: {"DOG", "beach"}})
    assert tags(catalog, 2).count("dog") == 1
    assert tags(catalog, 3) == ["Beach"]


def test_a_word_that_is_another_name_of_a_tag_stands_for_it() -> None:
    catalog = FakeCatalog(
        pictures=PICTURES, confirmed={1: {"Pussycat", "beach"}}, aliases={"Pussycat": ("Cat",)}
    )
    assert sorted(tags(catalog, 2)) == ["Pussycat", "dog"]
    assert tags(catalog, 3) == ["Beach"]


def test_decided_tags_are_left_out_whatever_their_case() -> None:
    catalog = FakeCatalog(pictures=PICTURES, confirmed={2: {"Dog"}}, rejected={2: {"CAT"}})
    assert tags(catalog, 2) == []
    assert tags(catalog, 1) == ["dog"]


def test_own_tags_are_embedded_once_and_follow_the_library() -> None:
    catalog = FakeCatalog(pictures=PICTURES, confirmed={1: {"grandma"}})
    encoder = FakeEncoder()
    suggester = Suggester(catalog, FakeModel(), encoder)
    suggester.suggest([PhotoId(3)])
    suggester.suggest([PhotoId(3)])
    catalog.confirmed[2] = {"night sky"}
    answer = suggester.suggest([PhotoId(4)])
    assert encoder.asked == [*phrases("grandma"), *phrases("night sky")]
    assert [s.tag for s in answer[PhotoId(4)]] == ["night sky"]
    catalog.confirmed.clear()
    assert suggester.suggest([PhotoId(4)])[PhotoId(4)] == ()


def test_thousands_of_photos_at_once() -> None:
    catalog = FakeCatalog(
        pictures=dict.fromkeys(range(2500), picture(cat=1)), rejected={7: {"cat"}}
    )
    answer = Suggester(catalog, FakeModel(), None).suggest([PhotoId(key) for key in range(2500)])
    assert len(answer) == 2500
    assert answer[PhotoId(7)] == ()
    assert all(len(answer[PhotoId(key)]) == 1 for key in range(2500) if key != 7)


def test_nothing_is_made_of_the_names_of_tags_that_were_learned() -> None:
    learned: set[str] = set()
    encoder = FakeEncoder()
    catalog = FakeCatalog(pictures=PICTURES, confirmed={1: {"Pinecone"}})
    suggester = Suggester(catalog, FakeModel(), encoder, lambda: learned)
    learned.add("pinecone")
    suggester.suggest([PhotoId(3)])
    assert encoder.asked == []
    learned.clear()
    suggester.suggest([PhotoId(3)])
    assert encoder.asked != []
