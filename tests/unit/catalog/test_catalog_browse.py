"""Grid, inspector, tags and paths."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from catalog_builders import ROOT, Shelf, digest, photo

from photoorg.catalog import browse
from photoorg.catalog.encoding import encode_modified, encode_time
from photoorg.core.changes import AddTag, RejectTag
from photoorg.core.ids import PhotoId
from photoorg.core.records import (
    NO_DAY,
    FoundFile,
    GeoPoint,
    MediaType,
    PhotoMetadata,
    PhotoScope,
    PhotoState,
)


def test_the_grid_is_ordered_by_date_taken_or_else_modified(shelf: Shelf) -> None:
    old = shelf.read("old.jpg", photo("1", taken_at=datetime(1999, 1, 1))).photo_id
    new = shelf.read("new.jpg", photo("2", taken_at=datetime(2024, 1, 1))).photo_id
    undated = shelf.read("undated.jpg", photo("3")).photo_id  # modified in 2020
    assert shelf.catalog.photo_ids(PhotoScope()).tolist() == [new, undated, old]
    assert shelf.catalog.photo_ids(PhotoScope(newest_first=False)).tolist() == [old, undated, new]
    some = np.array([old, new, 99], dtype=np.int64)
    assert shelf.catalog.in_date_order(some, newest_first=True).tolist() == [new, old]
    assert shelf.catalog.in_date_order(some, newest_first=False).tolist() == [old, new]


def test_photos_on_which_a_tag_was_rejected(shelf: Shelf) -> None:
    a, b, c = (shelf.read(f"{name}.jpg", photo(name)).photo_id for name in "abc")
    shelf.catalog.apply(RejectTag("Sea", (c, a)))
    shelf.catalog.apply(RejectTag("moon", (b,)))
    shelf.catalog.apply(AddTag("sea", (b,)))
    assert shelf.catalog.photos_rejecting(["sea"]).tolist() == [a, c]
    assert shelf.catalog.photos_rejecting(["SEA", "moon", "x"]).tolist() == [a, b, c]
    assert shelf.catalog.photos_rejecting(["x"]).dtype == np.int64


def test_scopes_by_tag_and_folder_combine(shelf: Shelf) -> None:
    ids = [shelf.read(f"{name}.jpg", photo(name)).photo_id for name in ("a", "x/b", "x/c")]
    shelf.catalog.apply(AddTag("beach", (ids[0], ids[1])))
    shelf.catalog.apply(RejectTag("beach", (ids[2],)))
    assert set(shelf.catalog.photo_ids(PhotoScope(tag="BEACH")).tolist()) == set(ids[:2])
    assert shelf.catalog.photo_ids(PhotoScope(ROOT / "x", "beach")).tolist() == [ids[1]]
    assert shelf.catalog.photo_ids(PhotoScope(tag="unheard of")).dtype == np.int64


def test_rows_come_in_the_order_asked_for_and_unknown_ids_are_left_out(shelf: Shelf) -> None:
    a, b = (shelf.read(f"{name}.jpg", photo(name)).photo_id for name in "ab")
    rows = shelf.catalog.grid_rows([b, PhotoId(999), a])
    assert [row.photo_id for row in rows] == [b, a]
    assert shelf.catalog.grid_rows([]) == []


def test_the_outline_is_aligned_with_the_ids(shelf: Shelf) -> None:
    taken = datetime(1969, 12, 31, 23)
    ready = shelf.read("a.jpg", photo("a", taken_at=taken)).photo_id
    (pending,) = (shelf.photo_id("b.jpg") for _ in shelf.register("b.jpg"))
    outline = shelf.catalog.grid_outline(np.array([pending, 999, ready]))
    assert outline.aspects.tolist() == pytest.approx([0, 0, 4 / 3])
    assert outline.days.tolist()[1:] == [NO_DAY, -1]
    assert outline.colors.tolist() == [0, 0, 0x336699]
    assert len(shelf.catalog.grid_outline(np.empty(0, np.int64)).days) == 0


def test_details_give_back_what_the_file_said(shelf: Shelf) -> None:
    told = photo(
        "bytes",
        taken_at=datetime(2021, 5, 6, 7, 8, 9, 123456),
        camera="X-T4",
        gps=GeoPoint(-41.0, 174.5),
        rating=3,
        caption="at sea",
        keywords=["b", "a"],
        media_type=MediaType.HEIF,
    )
    stored = shelf.read("a.jpg", told)
    details = shelf.catalog.details(stored.photo_id)
    assert details is not None
    assert details.metadata == told.metadata
    assert (details.media_type, details.width, details.state, details.thumbnail_key) == (
        MediaType.HEIF, 4000, PhotoState.READY, digest("bytes"),
    )  # fmt: skip
    assert shelf.catalog.details(PhotoId(999)) is None


def test_texts_that_sqlite_cannot_hold_are_made_storable(shelf: Shelf) -> None:
    stored = shelf.read("a.jpg", photo("bytes", camera="a\0b\udc80", keywords=["k\udc80\0"]))
    details = shelf.catalog.details(stored.photo_id)
    assert details is not None
    assert details.metadata.camera == "ab?"
    assert shelf.tags_of(stored.photo_id) == ("k?",)
    assert details.metadata.keywords == ("k\udc80\0",)


@pytest.mark.skipif(sys.platform == "win32", reason="names are bytes on POSIX only")
def test_a_name_of_odd_bytes_goes_in_and_out(shelf: Shelf) -> None:
    odd = Path(os.fsdecode(b"/photos/caf\xe9 \xff/\xfe.jpg"))
    shelf.catalog.register_files(ROOT, [FoundFile(odd, 1, 1)])
    assert list(shelf.catalog.known_files(ROOT)) == [str(odd)]
    assert shelf.catalog.pending_files()[0].found.path == odd
    photo_id = shelf.catalog.photo_by_path(odd)
    assert photo_id is not None
    details = shelf.catalog.details(photo_id)
    assert details is not None
    assert details.paths == (odd,)
    assert shelf.catalog.paths_of([photo_id]) == {photo_id: odd}
    assert shelf.catalog.grid_rows([photo_id])[0].name == "?.jpg"
    assert shelf.catalog.photo_ids(PhotoScope(folder=odd.parent)).tolist() == [photo_id]


def test_any_modification_time_can_be_shown(shelf: Shelf) -> None:
    files = [
        FoundFile(ROOT / f"{i}.jpg", 1, ns)
        for i, ns in enumerate((-(2**62), 2**62, 0, -1, 10**18 + 123_456_789))
    ]
    shelf.catalog.register_files(ROOT, files)
    assert len(shelf.catalog.grid_rows(shelf.shown())) == len(files)


def test_a_modification_time_is_shown_on_this_machines_clock() -> None:
    moment = datetime(2021, 7, 1, 12, 30)
    assert encode_modified(int(moment.timestamp()) * 10**9) == encode_time(moment)


def test_pending_files_come_newest_first_and_can_be_limited(shelf: Shelf) -> None:
    shelf.register("old.jpg", second=1)
    shelf.register("new.jpg", second=2)
    assert [each.found.path.name for each in shelf.catalog.pending_files()] == [
        "new.jpg", "old.jpg",
    ]  # fmt: skip
    assert [each.found.path.name for each in shelf.catalog.pending_files(1)] == ["new.jpg"]


def test_tags_are_counted_in_the_library_and_among_selected(shelf: Shelf) -> None:
    a, b, c = (shelf.read(f"{name}.jpg", photo(name)).photo_id for name in "abc")
    shelf.catalog.apply(AddTag("sea", (a, b, c)))
    shelf.catalog.apply(AddTag("sun", (a,)))
    shelf.catalog.apply(RejectTag("moon", (a,)))
    assert [(tag.name, tag.count) for tag in shelf.catalog.tags()] == [("sea", 3), ("sun", 1)]
    assert shelf.catalog.tag_states([a, b]) == {"sea": 2, "sun": 1}
    assert shelf.catalog.decided_tags([a, b, PhotoId(99)]) == {
        a: {"sea", "sun", "moon"},
        b: {"sea"},
        PhotoId(99): frozenset(),
    }


def test_completion_puts_beginnings_first_and_knows_letter_case(shelf: Shelf) -> None:
    a, b = (shelf.read(f"{name}.jpg", photo(name)).photo_id for name in "ab")
    for tag, ids in {"seaside": (a,), "Sea": (a, b), "Red Sea": (a, b), "Érica": (a,)}.items():
        shelf.catalog.apply(AddTag(tag, ids))
    assert shelf.catalog.complete_tag("SEA") == ["Sea", "seaside", "Red Sea"]
    assert shelf.catalog.complete_tag("sea", limit=1) == ["Sea"]
    assert shelf.catalog.complete_tag("é") == ["Érica"]
    assert shelf.catalog.complete_tag("%") == []


def test_perceptual_hashes_are_unsigned(shelf: Shelf) -> None:
    prepared = [photo(str(i)) for i in range(8)]
    ids = [shelf.read(f"{i}.jpg", each).photo_id for i, each in enumerate(prepared)]
    assert any(each.perceptual_hash >= 2**63 for each in prepared), "no case of the sign bit"
    wanted = dict(zip(ids, (each.perceptual_hash for each in prepared), strict=True))
    for asked in (None, ids):
        found_ids, hashes = shelf.catalog.perceptual_hashes(asked)
        assert hashes.dtype == np.uint64
        assert dict(zip(found_ids.tolist(), hashes.tolist(), strict=True)) == wanted
    assert shelf.catalog.perceptual_hashes([])[0].shape == (0,)


def test_an_unread_file_has_no_metadata(shelf: Shelf) -> None:
    shelf.register("a.jpg")
    details = shelf.catalog.details(shelf.photo_id("a.jpg"))
    assert details is not None
    assert details.metadata == PhotoMetadata()
    assert details.media_type is None


@pytest.mark.parametrize("many", [0, 10_000])
def test_the_order_of_dates_is_the_same_for_few_and_for_many(shelf, monkeypatch, many) -> None:
    monkeypatch.setattr(browse, "_MANY", many)
    days = (3, 1, 2, 1, 3, 2)
    ids = [
        shelf.read(f"{n}.jpg", photo(str(n), taken_at=datetime(2024, 1, day))).photo_id
        for n, day in enumerate(days)
    ]
    newest = [ids[n] for n in (4, 0, 5, 2, 3, 1)]
    catalog = shelf.catalog
    for newest_first, expected in ((True, newest), (False, newest[::-1])):
        scope = PhotoScope(newest_first=newest_first)
        assert catalog.photo_ids(scope).tolist() == expected
        some = np.array([ids[1], ids[5], 987_654, ids[4]])
        ordered = catalog.in_date_order(some, newest_first=newest_first).tolist()
        assert ordered == [each for each in expected if each in some]
    assert catalog.in_date_order(np.empty(0, np.int64), newest_first=True).tolist() == []
    latest = shelf.read("6.jpg", photo("6", taken_at=datetime(2024, 1, 4))).photo_id
    assert catalog.photo_ids(PhotoScope()).tolist() == [latest, *newest]
    assert catalog.in_date_order(np.array([ids[4], latest]), newest_first=True).tolist() == [
        latest,
        ids[4],
    ]
    catalog.remove_folder(shelf.root)
    assert catalog.photo_ids(PhotoScope()).tolist() == []
    assert catalog.in_date_order(np.array(ids), newest_first=True).tolist() == []


def test_what_is_kept_for_everybody_cannot_be_changed(shelf) -> None:
    shelf.read("a.jpg", photo("a"))
    with pytest.raises(ValueError, match="read-only"):
        shelf.catalog.photo_ids(PhotoScope()).sort()
