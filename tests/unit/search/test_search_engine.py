import numpy as np
import pytest
from search_world import FakeCatalog, FakeEncoder, FakeModel, picture

from photoorg.core.errors import QuerySyntaxError, WorkerUnavailable
from photoorg.core.ids import PhotoId
from photoorg.core.records import PhotoScope, SearchResults
from photoorg.search.engine import SearchEngine
from photoorg.search.parser import parse


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


def engine_for(
    catalog: FakeCatalog, encoder: FakeEncoder | None = None, *, ready: bool = True
) -> SearchEngine:
    return SearchEngine(
        catalog,
        catalog.index(),
        catalog.index(similar=True),
        FakeModel() if ready else None,
        (encoder or FakeEncoder()) if ready else None,
        FakeModel() if ready else None,
    )


def ask(catalog: FakeCatalog, text: str, scope: PhotoScope | None = None) -> SearchResults:
    return engine_for(catalog).search(text, scope or PhotoScope())


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
}


def test_free_text_is_one_caption(encoder: FakeEncoder) -> None:
    catalog = FakeCatalog(pictures=PLACES)
    results = engine_for(catalog, encoder).search("dog on the beach")
    assert encoder.asked == ["dog on the beach"]
    assert every(results)[0] == 2
    assert set(relevant(results)) == {1, 2, 3} | ({4} & set(relevant(results)))
    assert why(results)[2] == "looks like “dog on the beach”"
    assert why(results)[6] == "looks a little like “dog on the beach”"
    scores = [hit.score for hit in results.hits]
    assert scores == sorted(scores, reverse=True)


def test_texts_are_embedded_once(encoder: FakeEncoder) -> None:
    engine = engine_for(FakeCatalog(pictures=PLACES), encoder)
    engine.search("dog -cat")
    engine.search("dog -beach")
    assert encoder.asked == ["dog", "cat", "beach"]


def test_the_tail_is_cut_but_handed_out() -> None:
    results = ask(FakeCatalog(pictures=PLACES), "night")
    assert relevant(results) == [5]
    assert len(results.hits) == 6


def test_minus_drops_what_strongly_shows_it() -> None:
    catalog = FakeCatalog(pictures=PLACES)
    assert 4 in relevant(ask(catalog, "beach"))
    results = ask(catalog, "beach -people")
    assert 4 not in relevant(results)
    assert 3 in relevant(results)
    # also where the photo shows much more of what is wanted than of what is not
    catalog.pictures = {**PLACES, 7: picture(beach=1, people=0.85), 8: picture(beach=1, snow=0.85)}
    found = ask(catalog, "beach -people")
    assert 7 not in relevant(found)
    assert 8 in relevant(found)


def test_minus_reaches_words_too() -> None:
    catalog = FakeCatalog(pictures=PLACES, captions={3: "with people"})
    catalog.confirmed = {2: {"People"}}
    assert not {2, 3} & set(relevant(ask(catalog, "beach -people")))


def test_weights_lean_the_ranking() -> None:
    catalog = FakeCatalog(pictures={1: picture(dog=1, snow=0.5), 2: picture(dog=0.5, snow=1)})
    assert every(ask(catalog, "dog 3*snow")) == [2, 1]
    assert every(ask(catalog, "3*dog snow")) == [1, 2]


def test_a_confirmed_tag_outranks_any_lookalike() -> None:
    catalog = FakeCatalog(pictures=dict(PLACES), confirmed={6: {"Dog"}})
    results = ask(catalog, "dog")
    assert relevant(results)[:2] == [6, 1]
    assert why(results)[6] == "tag dog"
    catalog.confirmed[1] = {"dog"}
    results = ask(catalog, "dog")
    assert relevant(results)[:2] == [1, 6]
    assert why(results)[1] == "tag dog, looks like “dog”"


def test_a_rejected_tag_pushes_out_for_that_tag_only() -> None:
    catalog = FakeCatalog(pictures=PLACES, rejected={2: {"dog"}}, confirmed={1: {"dog"}})
    results = ask(catalog, "dog")
    assert relevant(results)[0] == 1
    assert 2 not in relevant(results)
    assert 2 in relevant(ask(catalog, "beach"))


def test_a_tag_of_several_words() -> None:
    catalog = FakeCatalog(pictures=PLACES, confirmed={6: {"dog beach"}})
    assert relevant(ask(catalog, "Dog beach"))[0] == 6


def test_names_and_captions_are_found() -> None:
    catalog = FakeCatalog(
        pictures=PLACES, names={9: "rome-trip.jpg"}, captions={6: "the rome marathon"}
    )
    results = ask(catalog, "rome")
    assert relevant(results) == [6, 9]
    assert why(results)[6] == "caption"
    assert why(results)[9] == "name"


def test_a_photo_with_all_words_comes_before_one_with_some() -> None:
    catalog = FakeCatalog(captions={1: "red boat", 2: "red house", 3: "old boat"})
    catalog.names = dict.fromkeys((1, 2, 3), "x")
    assert every(ask(catalog, "red boat"))[0] == 1


def test_filler_words_are_not_looked_up() -> None:
    catalog = FakeCatalog(captions={1: "the end", 2: "boat"}, names={1: "x", 2: "x"})
    assert every(ask(catalog, "the boat")) == [2]
    assert every(ask(catalog, "the")) == [1]


def test_a_quoted_phrase_that_is_found_is_required() -> None:
    catalog = FakeCatalog(pictures=PLACES, captions={6: "best dog ever"})
    assert 1 in relevant(ask(catalog, "best dog"))
    assert relevant(ask(catalog, '"best dog"')) == [6]
    assert 1 in relevant(ask(catalog, '"worst dog"')), "a phrase that is nowhere is only meant"


def test_filters_and_scope_limit_the_ranking() -> None:
    catalog = FakeCatalog(pictures=PLACES, confirmed={2: {"mine"}, 5: {"mine"}})
    assert every(ask(catalog, "dog tag:mine")) == [2, 5]
    assert 2 not in every(ask(catalog, "dog -tag:mine"))
    assert every(ask(catalog, "dog", PhotoScope(tag="mine"))) == [2, 5]
    assert every(ask(catalog, "dog -tag:mine", PhotoScope(tag="mine"))) == []


def test_nothing_to_rank_keeps_the_order_of_the_scope() -> None:
    catalog = FakeCatalog(pictures=PLACES, confirmed={2: {"mine"}, 5: {"mine"}})
    everything = ask(catalog, "  ")
    assert relevant(everything) == every(everything) == [6, 5, 4, 3, 2, 1]
    assert relevant(ask(catalog, "tag:mine")) == [5, 2]
    assert relevant(ask(catalog, "", PhotoScope(tag="mine", newest_first=False))) == [2, 5]
    assert relevant(ask(catalog, "sort:date", PhotoScope(tag="mine"))) == [5, 2]
    assert relevant(ask(catalog, "sort:-date", PhotoScope(tag="mine"))) == [2, 5]


def test_only_minus_leaves_all_the_others_in_order() -> None:
    catalog = FakeCatalog(pictures=PLACES, names={9: "unseen", 10: "people.jpg"})
    results = ask(catalog, "-people")
    assert relevant(results) == [9, 6, 5, 3, 2, 1]
    assert set(every(results)[6:]) == {4, 10}
    assert why(results)[9] == "without “people”"
    nothing = SearchEngine(FakeCatalog(), *[FakeCatalog().index()] * 2, None, None, None)
    assert relevant(nothing.search("-x")) == []


def test_without_a_model_words_answer_and_it_says_so() -> None:
    catalog = FakeCatalog(pictures=PLACES, confirmed={6: {"dog"}})
    results = engine_for(catalog, ready=False).search("dog")
    assert relevant(results) == every(results) == [6]
    assert "names, captions and tags only" in results.notice


def test_a_text_encoder_that_fails_is_named() -> None:
    catalog = FakeCatalog(pictures=PLACES, confirmed={6: {"dog"}})
    encoder = FakeEncoder(failure=WorkerUnavailable("The worker died."))
    results = engine_for(catalog, encoder).search("dog")
    assert relevant(results) == [6]
    assert "The worker died." in results.notice


def test_an_empty_library_answers_with_nothing() -> None:
    results = ask(FakeCatalog(), "dog")
    assert list(results.hits) == []
    assert "no photo has been looked at yet" in results.notice


def test_a_text_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(QuerySyntaxError):
        ask(FakeCatalog(), "date:banana")


# -- similar ------------------------------------------------------------------------------------
def test_similar_photos_without_the_photo_itself() -> None:
    catalog = FakeCatalog(pictures=PLACES)
    results = engine_for(catalog).similar(PhotoId(1))
    assert every(results)[0] == 2
    assert 1 not in every(results)
    assert relevant(results) == [2]
    assert why(results)[2] == "looks alike"


def test_similar_to_a_photo_from_outside() -> None:
    catalog = FakeCatalog(pictures=PLACES)
    engine = engine_for(catalog)
    assert every(engine.similar(picture(dog=3)))[:2] == [1, 2]
    assert every(engine.similar(picture(dog=3), exclude=PhotoId(1)))[0] == 2
    assert len(engine.similar(picture(dog=3), limit=3).hits) == 3


def test_near_identical_photos_are_marked_and_first() -> None:
    catalog = FakeCatalog(
        pictures={
            1: picture(dog=1),
            2: picture(dog=1, cat=0.01),
            3: picture(dog=1, cat=0.3),
            4: picture(dog=1, cat=0.35),
            5: picture(city=1),
        },
        hashes={1: 0b1111, 3: 0b0111, 4: 0xFFFFFFFF, 5: 0b1111},
    )
    results = engine_for(catalog).similar(PhotoId(1))
    assert every(results) == [2, 3, 4, 5]
    assert [hit.why for hit in results.hits] == [
        "near-identical",  # by its vector, without any hash
        "near-identical",  # by its hash
        "looks alike",
        "looks a little alike",  # the same hash of quite another picture
    ]
    outside = engine_for(catalog).similar(picture(dog=1, cat=0.3), perceptual_hash=0b0111)
    assert outside.hits[0].why == "near-identical"


def test_a_photo_that_was_not_looked_at_yet() -> None:
    catalog = FakeCatalog(pictures=PLACES, names={9: "new"})
    assert "not been looked at" in engine_for(catalog).similar(PhotoId(9)).notice
    assert "not ready" in engine_for(catalog, ready=False).similar(PhotoId(1)).notice
    assert FakeCatalog().index().search(np.ones(8, dtype=np.float32), 1)[0].size == 0


# -- words that nobody knows ----------------------------------------------------------------------
NOBODY = "No photo, no tag and no dictionary knows “florbax”."


def test_nothing_is_found_for_a_word_that_nobody_knows(encoder: FakeEncoder) -> None:
    catalog = FakeCatalog({1: picture(dog=1), 2: picture(cat=1)})
    results = engine_for(catalog, encoder).search("florbax")
    assert (len(results.hits), results.relevant, results.notice) == (0, 0, NOBODY)
    assert encoder.asked == [], "the model would make something of any letters"


def test_the_other_words_are_looked_for_without_it(encoder: FakeEncoder) -> None:
    catalog = FakeCatalog({1: picture(dog=1), 2: picture(cat=1)})
    engine = engine_for(catalog, encoder)
    results = engine.search("dog florbax")
    assert [hit.photo_id for hit in results.hits[: results.relevant]] == [1]
    assert results.notice == NOBODY
    assert "dog" in encoder.asked
    either = engine.search("florbax or cat")
    assert [hit.photo_id for hit in either.hits[: either.relevant]] == [2]
    catalog.confirmed[1] = {"dog"}
    filtered = engine.search("florbax tag:dog")
    assert filtered.relevant == 0
    assert [each.query for each in engine.alternatives("florbax tag:dog")] == ["tag:dog"]


def test_it_is_found_as_soon_as_the_library_knows_it(encoder: FakeEncoder) -> None:
    catalog = FakeCatalog({1: picture(dog=1), 2: picture(cat=1)})
    engine = engine_for(catalog, encoder)
    assert engine.search("florbax").relevant == 0
    catalog.confirmed[2] = {"Florbax"}
    results = engine.search("florbax")
    assert [hit.photo_id for hit in results.hits[: results.relevant]] == [2]
    assert results.notice == ""


def test_in_quotes_it_is_as_strange(encoder: FakeEncoder) -> None:
    results = engine_for(FakeCatalog({1: picture(dog=1)}), encoder).search('"florbax"')
    assert (results.relevant, results.notice) == (0, NOBODY)


def test_what_it_resembles_is_offered(encoder: FakeEncoder) -> None:
    catalog = FakeCatalog({1: picture(dog=1)}, confirmed={1: {"Trixibelle"}})
    engine = engine_for(catalog, encoder)
    assert engine.search("trixbello").relevant == 0
    assert [(each.query, each.count) for each in engine.alternatives("trixbello")] == [
        ("trixibelle", 1)
    ]


def test_a_reason_says_that_nobody_knows_it(encoder: FakeEncoder) -> None:
    catalog = FakeCatalog({1: picture(dog=1)})
    finder = engine_for(catalog, encoder).evidence(lambda _: None)
    whole, dog, strange = finder.find(parse("dog florbax"), PhotoId(1))
    assert (whole.unknown, dog.unknown, strange.unknown) == (False, False, True)
    assert whole.shows == dog.shows
    assert strange.shows is None
