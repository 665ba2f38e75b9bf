"""What is drawn from a large library to learn from."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from photoorg.catalog.records import SaidOfTags
from photoorg.jobs import personal_evidence
from photoorg.jobs.personal_evidence import among, choose_photos, digest_of, lot, said_matrix
from photoorg.models.personal_fit import NO, UNSAID, YES


def said(rows: list[tuple[int, int, bool]], tags: int) -> SaidOfTags:
    ordered = sorted({(photo, tag): yes for photo, tag, yes in rows}.items())
    return SaidOfTags(
        tuple(f"tag {tag}" for tag in range(tags)),
        np.array([photo for (photo, _), _ in ordered], dtype=np.int64),
        np.array([tag for (_, tag), _ in ordered], dtype=np.int64),
        np.array([yes for _, yes in ordered], dtype=np.bool_),
    )


ROWS = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 3), st.booleans()), min_size=1)


@given(ROWS)
def test_the_matrix_says_what_was_said(rows: list[tuple[int, int, bool]]) -> None:
    given_ = said(rows, 4)
    place = np.array([2, -1, 0, 1])
    photos = np.array([3, 5, 8, 13, 21], dtype=np.int64)
    matrix = said_matrix(given_, place, photos, 3)
    expected = np.full((5, 3), UNSAID)
    for photo, tag, yes in zip(given_.photo_ids, given_.tags, given_.confirmed, strict=True):
        if place[tag] >= 0 and photo in photos:
            expected[photos.tolist().index(photo), place[tag]] = YES if yes else NO
    assert matrix.tolist() == expected.tolist()
    assert said_matrix(given_, place, photos[:0], 3).shape == (0, 3)


@given(ROWS, st.lists(st.integers(1, 60), unique=True).map(sorted))
def test_what_is_said_of_some_photos(rows: list[tuple[int, int, bool]], photos: list[int]) -> None:
    found = among(said(rows, 4), np.array(photos, dtype=np.int64))
    assert set(found.photo_ids.tolist()) == {photo for photo, _, _ in rows} & set(photos)
    assert len(found.photo_ids) == len(found.tags) == len(found.confirmed)


def test_photos_are_drawn_with_some_of_each_answer(monkeypatch) -> None:
    monkeypatch.setattr(personal_evidence, "MOST_PHOTOS", 100)
    monkeypatch.setattr(personal_evidence, "MOST_EXAMPLES", 10)
    usual = [(photo, 0, True) for photo in range(1, 1001)]
    rare = [(photo, 1, photo < 1505) for photo in range(1500, 1510)]
    left_out = [(photo, 2, True) for photo in range(3000, 3400)]
    given_ = said([*usual, *rare, *left_out], 3)
    chosen = choose_photos(given_, np.array([0, 1, -1]))
    assert len(chosen) == 100
    assert chosen.tolist() == sorted(set(chosen.tolist()))
    assert set(range(1500, 1510)) <= set(chosen.tolist())
    assert chosen.max() < 3000
    # The next time most are the same, though one photo came and one went.
    changed = said([*usual[1:], *rare, (2000, 0, True)], 3)
    again = choose_photos(changed, np.array([0, 1, -1]))
    assert len(set(chosen.tolist()) & set(again.tolist())) >= 97


def test_few_photos_are_all_taken() -> None:
    given_ = said([(photo, 0, True) for photo in (5, 3, 9)], 1)
    assert choose_photos(given_, np.array([0])).tolist() == [3, 5, 9]


def test_lots_are_spread_evenly() -> None:
    drawn = lot(np.arange(1, 20_001))
    assert len(set(drawn.tolist())) == 20_000
    shares = np.histogram(drawn / 2.0**64, bins=10, range=(0, 1))[0] / 20_000
    np.testing.assert_allclose(shares, 0.1, atol=0.01)
    neighbours = np.corrcoef(drawn[:-1].astype(float), drawn[1:].astype(float))[0, 1]
    assert abs(neighbours) < 0.03


def test_the_digest_changes_with_every_answer_and_hardly_with_the_library() -> None:
    base = said([(1, 0, True), (2, 1, True)], 2)
    digests = {
        digest_of(base, 1000),
        digest_of(said([(1, 0, True), (2, 1, False)], 2), 1000),
        digest_of(said([(1, 0, True), (3, 1, True)], 2), 1000),
        digest_of(said([(1, 0, True)], 2), 1000),
        digest_of(SaidOfTags(("tag 0", "other"), base.photo_ids, base.tags, base.confirmed), 1000),
        digest_of(base, 2000),
    }
    assert len(digests) == 6
    assert digest_of(base, 1000) == digest_of(base, 1001)
    assert digest_of(base, 0)
