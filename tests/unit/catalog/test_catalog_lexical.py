"""Words found in tags, captions, names and folders."""

from __future__ import annotations

from catalog_builders import ROOT, Shelf, found, photo
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photoorg.catalog import lexical
from photoorg.core.changes import AddTag, RejectTag, RemoveTag, RenameTag
from photoorg.core.ids import PhotoId


def hits(shelf: Shelf, *words: str) -> list[tuple[PhotoId, str]]:
    return [(hit.photo_id, hit.where) for hit in shelf.catalog.lexical_search(words)]


def test_every_place_is_found_and_the_best_comes_first(shelf: Shelf) -> None:
    by_folder = shelf.read("beach/1.jpg", photo("1")).photo_id
    by_name = shelf.read("beach.jpg", photo("2")).photo_id
    by_caption = shelf.read("3.jpg", photo("3", caption="two beaches")).photo_id
    by_tag = shelf.read("4.jpg", photo("4")).photo_id
    shelf.read("5.jpg", photo("5", caption="a mountain"))
    shelf.catalog.apply(AddTag("Beach", (by_tag,)))
    assert hits(shelf, "beach") == [
        (by_tag, "tag Beach"),
        (by_caption, "caption"),
        (by_name, "name"),
        (by_folder, "folder"),
    ]
    assert len(shelf.catalog.lexical_search(["beach"], limit=2)) == 2


def test_photos_with_more_of_the_words_come_first(shelf: Shelf) -> None:
    shelf.read("1.jpg", photo("1", caption="a dog"))
    both = shelf.read("2.jpg", photo("2", caption="a dog on the beach")).photo_id
    shelf.read("3.jpg", photo("3", caption="the beach"))
    assert hits(shelf, "dog", "beach")[0] == (both, "caption")


def test_an_entry_of_several_words_is_a_phrase(shelf: Shelf) -> None:
    right = shelf.read("1.jpg", photo("1", caption="a hot dog")).photo_id
    shelf.read("2.jpg", photo("2", caption="a dog on a hot day"))
    assert hits(shelf, "hot dog") == [(right, "caption")]


def test_the_words_follow_what_changes(shelf: Shelf) -> None:
    photo_id = shelf.read("IMG_0042.jpg", photo("v1", "looks", caption="sunrise")).photo_id
    assert hits(shelf, "0042") == [(photo_id, "name")]
    shelf.change("IMG_0042.jpg", 1)
    shelf.read("IMG_0042.jpg", photo("v2", "looks", caption="sunset"), second=1)
    assert hits(shelf, "sunrise") == []
    assert hits(shelf, "sunset") == [(photo_id, "caption")]
    shelf.catalog.apply(AddTag("sea", (photo_id,)))
    shelf.catalog.apply(RenameTag("sea", "ocean"))
    assert hits(shelf, "sea") == []
    assert hits(shelf, "ocean") == [(photo_id, "tag ocean")]
    shelf.catalog.apply(RemoveTag("ocean", (photo_id,)))
    shelf.catalog.apply(RejectTag("ocean", (photo_id,)))
    assert hits(shelf, "ocean") == []
    shelf.catalog.remove_folder(ROOT)
    assert hits(shelf, "sunset") == hits(shelf, "0042") == hits(shelf, "photos") == []


def test_accents_and_letter_case_do_not_count(shelf: Shelf) -> None:
    photo_id = shelf.read("CAFÉ.jpg", photo("1")).photo_id
    assert hits(shelf, "cafe") == [(photo_id, "name")]


def test_of_a_word_in_very_many_photos_the_newest_are_looked_at(shelf: Shelf) -> None:
    count = lexical.BOUND + 10
    shelf.catalog.register_files(ROOT, [found(ROOT / f"IMG_{i}.jpg") for i in range(count)])
    result = shelf.catalog.lexical_search(["img"], limit=10 * count)
    assert len(result) == lexical.BOUND
    assert max(hit.photo_id for hit in result) == count


@given(st.lists(st.text(max_size=12), max_size=4))
@settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_text_is_a_syntax_error(shelf: Shelf, words: list[str]) -> None:
    shelf.catalog.lexical_search(['"', "AND", "NEAR(", "*", "a:b", "\udcff", "\0", *words])
