"""What happens to photos and their tags when files are renamed, edited, copied and lost."""

from __future__ import annotations

import numpy as np
import pytest
from catalog_builders import ROOT, START_NS, Shelf, digest, found, photo

from photoorg.catalog.records import (
    FailedFile,
    FileOutcome,
    FileStatus,
    PreparedFile,
)
from photoorg.core.changes import AddTag, ChangeKind, RejectTag, RemoveTag, SetRating
from photoorg.core.errors import UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.core.records import PhotoState, TagSource

MODEL = ModelKey("model")


def test_a_registered_file_shows_at_once_as_a_pending_photo(shelf: Shelf) -> None:
    shelf.register("a.jpg")
    (row,) = shelf.catalog.grid_rows(shelf.shown())
    assert (row.name, row.state, row.thumbnail_key) == ("a.jpg", PhotoState.PENDING, "")
    assert row.taken_at is not None


def test_reading_a_new_file_makes_its_photo_ready(shelf: Shelf) -> None:
    stored = shelf.read("a.jpg", photo("bytes"))
    assert stored.outcome == FileOutcome.NEW
    (row,) = shelf.catalog.grid_rows([stored.photo_id])
    assert (row.state, row.thumbnail_key, row.width) == (PhotoState.READY, digest("bytes"), 4000)
    assert shelf.catalog.pending_files() == []


def test_registering_a_known_path_again_makes_no_second_photo(shelf: Shelf) -> None:
    (first,) = shelf.register("a.jpg")
    other, again = shelf.register("b.jpg", "a.jpg")
    assert again == first != other
    assert len(shelf.shown()) == 2


def test_registering_a_known_path_with_another_time_reads_it_again(shelf: Shelf) -> None:
    shelf.read("a.jpg", photo("bytes"))
    shelf.register("a.jpg", second=5)
    (pending,) = shelf.catalog.pending_files()
    assert pending.found.modified_ns == START_NS + 5_000_000_000


def test_a_renamed_file_keeps_its_photo_and_tags(shelf: Shelf) -> None:
    before = shelf.read("old.jpg", photo("bytes")).photo_id
    shelf.catalog.apply(AddTag("beach", (before,)))
    shelf.vanish("old.jpg")
    after = shelf.read("sub/new.jpg", photo("bytes"))
    assert (after.photo_id, after.outcome) == (before, FileOutcome.MOVED)
    assert shelf.shown() == [before]
    assert shelf.tags_of(before) == ("beach",)
    details = shelf.catalog.details(before)
    assert details is not None
    assert details.paths == (ROOT / "sub" / "new.jpg",)
    assert not details.missing


def test_a_recognised_file_is_joined_without_decoding(shelf: Shelf) -> None:
    before = shelf.read("old.jpg", photo("bytes")).photo_id
    shelf.vanish("old.jpg")
    assert shelf.catalog.missing_hashes() == {(1000, START_NS): frozenset({digest("bytes")})}
    (after,) = shelf.recognise("new.jpg", "bytes")
    assert (after.photo_id, after.outcome) == (before, FileOutcome.MOVED)


def test_a_file_that_is_not_recognised_after_all_stays_pending(shelf: Shelf) -> None:
    assert shelf.recognise("new.jpg", "unheard of") == ()
    assert len(shelf.catalog.pending_files()) == 1


def test_a_copy_is_a_duplicate_of_one_photo(shelf: Shelf) -> None:
    first = shelf.read("a.jpg", photo("bytes"))
    second = shelf.read("b.jpg", photo("bytes"))
    assert (second.photo_id, second.outcome) == (first.photo_id, FileOutcome.DUPLICATE)
    details = shelf.catalog.details(first.photo_id)
    assert details is not None
    assert details.paths == (ROOT / "a.jpg", ROOT / "b.jpg")
    assert shelf.shown() == [first.photo_id]


def test_a_rename_seen_before_its_old_path_vanished_ends_the_same(shelf: Shelf) -> None:
    before = shelf.read("old.jpg", photo("bytes")).photo_id
    shelf.read("new.jpg", photo("bytes"))
    shelf.vanish("old.jpg")
    details = shelf.catalog.details(before)
    assert details is not None
    assert (details.paths, details.missing) == ((ROOT / "new.jpg",), False)


def test_writing_metadata_into_a_file_keeps_photo_tags_and_vector(shelf: Shelf) -> None:
    before = shelf.read("a.jpg", photo("v1", "looks")).photo_id
    shelf.catalog.apply(AddTag("beach", (before,)))
    shelf.catalog.store_vectors(MODEL, [before], np.ones((1, 4), np.float32))
    shelf.change("a.jpg", 1)
    after = shelf.read("a.jpg", photo("v2", "looks"), second=1)
    assert (after.photo_id, after.outcome) == (before, FileOutcome.CHANGED)
    assert shelf.tags_of(before) == ("beach",)
    assert shelf.catalog.vector_count(MODEL) == 1
    assert shelf.catalog.grid_rows([before])[0].thumbnail_key == digest("v2")


def test_a_moved_file_into_which_metadata_was_written_is_still_known(shelf: Shelf) -> None:
    before = shelf.read("old.jpg", photo("v1", "looks")).photo_id
    shelf.vanish("old.jpg")
    after = shelf.read("new.jpg", photo("v2", "looks"))
    assert (after.photo_id, after.outcome) == (before, FileOutcome.MOVED)


def test_the_same_looks_of_a_file_that_is_there_are_another_photo(shelf: Shelf) -> None:
    first = shelf.read("a.jpg", photo("v1", "looks"))
    second = shelf.read("b.jpg", photo("v2", "looks"))
    assert second.outcome == FileOutcome.NEW
    assert second.photo_id != first.photo_id


def test_an_edited_photo_keeps_its_tags_but_not_its_vector(shelf: Shelf) -> None:
    before = shelf.read("a.jpg", photo("v1")).photo_id
    shelf.catalog.apply(AddTag("beach", (before,)))
    stored = shelf.catalog.store_vectors(MODEL, [before], np.ones((1, 4), np.float32))
    shelf.change("a.jpg", 1)
    after = shelf.read("a.jpg", photo("v2"), second=1)
    assert (after.photo_id, after.outcome) == (before, FileOutcome.CHANGED)
    assert shelf.tags_of(before) == ("beach",)
    (batch,) = shelf.catalog.vectors_since(MODEL, stored.revision)
    assert batch.removed.tolist() == [before]
    assert shelf.catalog.photos_without_vector(MODEL) == [(before, ROOT / "a.jpg")]


def test_editing_one_of_two_copies_splits_them_and_both_keep_the_tags(shelf: Shelf) -> None:
    both = shelf.read("a.jpg", photo("v1", rating=2)).photo_id
    shelf.read("b.jpg", photo("v1", rating=2))
    shelf.catalog.apply(AddTag("beach", (both,)))
    shelf.catalog.apply(SetRating(5, (both,)))
    shelf.change("a.jpg", 1)
    edited = shelf.read("a.jpg", photo("v2"), second=1)
    assert edited.outcome == FileOutcome.CHANGED
    assert edited.photo_id != both == shelf.photo_id("b.jpg")
    rows = shelf.catalog.grid_rows([both, edited.photo_id])
    assert [(row.tags, row.rating, row.name) for row in rows] == [
        (("beach",), 5, "b.jpg"),
        (("beach",), 5, "a.jpg"),
    ]


def test_a_vanished_copy_of_the_old_picture_does_not_return_as_the_edited_one(
    shelf: Shelf,
) -> None:
    edited = shelf.read("a.jpg", photo("v1")).photo_id
    shelf.read("copy.jpg", photo("v1"))
    shelf.vanish("copy.jpg")
    shelf.change("a.jpg", 1)
    shelf.read("a.jpg", photo("v2"), second=1)
    assert shelf.read("copy.jpg", photo("v1")).photo_id != edited


def test_two_files_that_swap_names_keep_their_tags(shelf: Shelf) -> None:
    cat = shelf.read("1.jpg", photo("cat")).photo_id
    dog = shelf.read("2.jpg", photo("dog")).photo_id
    shelf.catalog.apply(AddTag("cat", (cat,)))
    shelf.catalog.apply(AddTag("dog", (dog,)))
    shelf.change("1.jpg", 1)
    shelf.change("2.jpg", 1)
    assert shelf.read("1.jpg", photo("dog"), second=1).photo_id == dog
    assert shelf.read("2.jpg", photo("cat"), second=1).photo_id == cat
    assert (shelf.tags_of(cat), shelf.tags_of(dog)) == (("cat",), ("dog",))
    assert sorted(shelf.shown()) == [cat, dog]


def test_a_photo_whose_file_was_overwritten_returns_with_its_tags(shelf: Shelf) -> None:
    lost = shelf.read("a.jpg", photo("precious")).photo_id
    shelf.catalog.apply(AddTag("keep", (lost,)))
    shelf.read("b.jpg", photo("other"))
    shelf.change("a.jpg", 1)
    shelf.read("a.jpg", photo("other"), second=1)
    assert lost not in shelf.shown()
    found_again = shelf.read("from backup.jpg", photo("precious"))
    assert (found_again.photo_id, found_again.outcome) == (lost, FileOutcome.MOVED)
    assert shelf.tags_of(lost) == ("keep",)


def test_what_was_said_of_an_unread_file_goes_over_to_the_photo_it_shows(shelf: Shelf) -> None:
    known = shelf.read("old.jpg", photo("bytes", keywords=["sea"])).photo_id
    shelf.catalog.apply(AddTag("old", (known,)))
    shelf.vanish("old.jpg")
    shelf.register("new.jpg")
    provisional = shelf.photo_id("new.jpg")
    added = shelf.catalog.apply(AddTag("new", (provisional,)))
    shelf.catalog.apply(RejectTag("sea", (provisional,)))
    shelf.catalog.apply(SetRating(4, (provisional,)))
    item = PreparedFile(shelf.file_id("new.jpg"), found(ROOT / "new.jpg"), photo("bytes"))
    outcome = shelf.catalog.store_prepared([item])
    assert outcome.outcomes[0].photo_id == known
    assert {provisional, known} <= outcome.changes.photo_ids
    assert ChangeKind.PHOTOS_REMOVED in outcome.changes.kinds
    details = shelf.catalog.details(known)
    assert details is not None
    assert [name for name, _ in details.confirmed] == ["new", "old"]
    assert details.rejected == ("sea",)
    assert details.metadata.rating == 4
    assert shelf.catalog.details(provisional) is None
    # Undo remembers the old id.
    assert added.inverse is not None
    shelf.catalog.apply(added.inverse)
    assert shelf.tags_of(known) == ("old",)
    shelf.catalog.apply(AddTag("again", (provisional,)))
    assert shelf.tags_of(known) == ("again", "old")


@pytest.mark.parametrize(
    ("known_says", "seconds_later", "holds"),
    [
        ("file", 100, "rejected"),  # the person's word holds over the file's, however late
        ("person", 100, "confirmed"),
        ("person", -100, "rejected"),
    ],
)
def test_of_two_words_on_one_tag_the_persons_last_one_holds(
    shelf: Shelf, known_says: str, seconds_later: int, holds: str
) -> None:
    keywords = ["sea"] if known_says == "file" else []
    known = shelf.read("old.jpg", photo("bytes", keywords=keywords)).photo_id
    if known_says == "person":
        shelf.catalog.apply(AddTag("sea", (known,)))
    shelf.vanish("old.jpg")
    shelf.register("new.jpg")
    shelf.catalog.apply(RejectTag("sea", (shelf.photo_id("new.jpg"),)))
    shelf.catalog._write(
        lambda tx: tx.db.execute(
            "UPDATE photo_tags SET decided_at = decided_at + ? WHERE photo_id = ?",
            (seconds_later, known),
        )
    )
    shelf.read("new.jpg", photo("bytes"))
    details = shelf.catalog.details(known)
    assert details is not None
    assert details.rejected == (("sea",) if holds == "rejected" else ())


def test_a_touched_file_is_unchanged(shelf: Shelf) -> None:
    before = shelf.read("a.jpg", photo("bytes")).photo_id
    shelf.change("a.jpg", 1)
    assert shelf.catalog.grid_rows([before])[0].state == PhotoState.PENDING
    after = shelf.read("a.jpg", photo("bytes"), second=1)
    assert (after.photo_id, after.outcome) == (before, FileOutcome.UNCHANGED)
    assert shelf.catalog.grid_rows([before])[0].state == PhotoState.READY


def test_a_reading_that_was_overtaken_by_a_change_is_dropped(shelf: Shelf) -> None:
    (file_id,) = shelf.register("a.jpg")
    shelf.change("a.jpg", 9)
    stale = PreparedFile(file_id, found(ROOT / "a.jpg"), photo("stale"))
    assert shelf.catalog.store_prepared([stale]).outcomes == ()
    failed = FailedFile(file_id, found(ROOT / "a.jpg"), "stale")
    assert shelf.catalog.store_failures([failed]).kinds == frozenset()
    assert len(shelf.catalog.pending_files()) == 1


# -- keywords ---------------------------------------------------------------------------------
def test_keywords_become_confirmed_tags_of_the_file(shelf: Shelf) -> None:
    stored = shelf.read("a.jpg", photo("v1", keywords=["Beach", "beach", "  ", "two  words"]))
    details = shelf.catalog.details(stored.photo_id)
    assert details is not None
    assert details.confirmed == (("Beach", TagSource.FILE), ("two words", TagSource.FILE))


def test_a_keyword_taken_out_of_the_file_takes_only_its_own_tag(shelf: Shelf) -> None:
    photo_id = shelf.read("a.jpg", photo("v1", "looks", keywords=["sea", "sun", "sand"])).photo_id
    shelf.catalog.apply(AddTag("sun", (photo_id,)))
    shelf.change("a.jpg", 1)
    shelf.read("a.jpg", photo("v2", "looks", keywords=["sand"]), second=1)
    assert shelf.tags_of(photo_id) == ("sand", "sun")


def test_what_the_person_said_of_a_keyword_stays(shelf: Shelf) -> None:
    photo_id = shelf.read("a.jpg", photo("v1", "looks", keywords=["sea", "sun"])).photo_id
    shelf.catalog.apply(RejectTag("sea", (photo_id,)))
    shelf.catalog.apply(RemoveTag("sun", (photo_id,)))
    shelf.change("a.jpg", 1)
    shelf.read("a.jpg", photo("v2", "looks", keywords=["sea", "sun", "sand"]), second=1)
    assert shelf.tags_of(photo_id) == ("sand",)
    assert shelf.catalog.decided_tags([photo_id]) == {photo_id: frozenset({"sea", "sand"})}


def test_the_persons_rating_holds_over_the_files(shelf: Shelf) -> None:
    photo_id = shelf.read("a.jpg", photo("v1", "looks", rating=3)).photo_id
    assert shelf.catalog.grid_rows([photo_id])[0].rating == 3
    shelf.catalog.apply(SetRating(0, (photo_id,)))
    shelf.change("a.jpg", 1)
    shelf.read("a.jpg", photo("v2", "looks", rating=5), second=1)
    assert shelf.catalog.grid_rows([photo_id])[0].rating == 0


# -- missing and failing ----------------------------------------------------------------------
def test_a_vanished_photo_stays_as_missing_and_returns(shelf: Shelf) -> None:
    photo_id = shelf.read("a.jpg", photo("bytes")).photo_id
    shelf.vanish("a.jpg")
    assert shelf.catalog.grid_rows([photo_id])[0].missing
    assert shelf.catalog.known_files(ROOT)[str(ROOT / "a.jpg")].missing
    shelf.catalog.mark_present([shelf.file_id("a.jpg")])
    assert not shelf.catalog.grid_rows([photo_id])[0].missing


def test_a_failed_file_tells_its_reason_and_is_tried_again_on_demand(shelf: Shelf) -> None:
    (file_id,) = shelf.register("broken.jpg")
    shelf.catalog.store_failures([FailedFile(file_id, found(ROOT / "broken.jpg"), "It is cut.")])
    (row,) = shelf.catalog.grid_rows(shelf.shown())
    assert (row.state, row.reason) == (PhotoState.FAILED, "It is cut.")
    (failure,) = shelf.catalog.failures()
    assert (failure.path, failure.reason) == (ROOT / "broken.jpg", "It is cut.")
    shelf.catalog.retry_failures()
    assert shelf.catalog.failures() == []
    assert [pending.file_id for pending in shelf.catalog.pending_files()] == [file_id]


def test_a_file_that_is_no_photo_leaves_the_grid_and_is_not_tried_again(shelf: Shelf) -> None:
    (file_id,) = shelf.register("notes.txt")
    item = FailedFile(file_id, found(ROOT / "notes.txt"), "Not a photo.", unsupported=True)
    changes = shelf.catalog.store_failures([item])
    assert ChangeKind.PHOTOS_REMOVED in changes.kinds
    assert shelf.shown() == []
    assert shelf.catalog.failures()[0].unsupported
    shelf.catalog.retry_failures()
    assert shelf.catalog.pending_files() == []
    assert shelf.catalog.known_files(ROOT)[str(ROOT / "notes.txt")].status == (
        FileStatus.UNSUPPORTED
    )


def test_a_file_outside_the_folder_is_refused(shelf: Shelf) -> None:
    with pytest.raises(UsageProblem, match="does not lie in"):
        shelf.catalog.register_files(ROOT, [found(ROOT.parent / "elsewhere" / "a.jpg")])
    with pytest.raises(UsageProblem, match="not in the library"):
        shelf.catalog.register_files(ROOT.parent / "elsewhere", [])
    with pytest.raises(UsageProblem, match="not in the library"):
        shelf.catalog.update_files([found(ROOT / "unheard of.jpg")])
