"""Which photos a tag is passed on to."""

from __future__ import annotations

import numpy as np
import pytest
from search_world import FakeCatalog, picture

from photoorg.index import VectorIndex
from photoorg.search import spread
from photoorg.search.spread import LikenessRanker


def ids(*photos: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(photos, dtype=np.int64)


NONE = ids()


@pytest.fixture
def index() -> VectorIndex:
    return FakeCatalog(
        {
            1: picture(dog=1.0),
            2: picture(dog=1.0, beach=0.4),
            3: picture(dog=1.0, beach=0.2),
            4: picture(dog=1.0, snow=0.8),
            5: picture(cat=1.0, dog=0.3),
            6: picture(city=1.0),
            7: picture(beach=1.0),
        }
    ).index()


def test_the_most_alike_come_first(index: VectorIndex) -> None:
    found = LikenessRanker(index).rank("dog", ids(1, 2), NONE, NONE, 10)
    assert found.ids.tolist()[:3] == [3, 4, 5]
    assert not set(found.ids.tolist()) & {1, 2}
    assert (np.diff(found.scores) <= 0).all()


def test_a_score_is_the_mean_cosine_with_the_seeds(index: VectorIndex) -> None:
    found = LikenessRanker(index).rank("dog", ids(1, 2), NONE, NONE, 10)
    one, two, three = (index.vectors(ids(photo))[1][0] for photo in (1, 2, 3))
    assert found.scores[0] == pytest.approx((one @ three + two @ three) / 2, abs=1e-6)


def test_photos_left_out_make_room_for_others(index: VectorIndex) -> None:
    found = LikenessRanker(index).rank("dog", ids(1), NONE, ids(2, 3), 2)
    assert found.ids.tolist() == [4, 5]


def test_denied_photos_count_against_what_is_like_them(index: VectorIndex) -> None:
    plain = LikenessRanker(index).rank("dog", ids(1), NONE, ids(2, 3), 10)
    wary = LikenessRanker(index).rank("dog", ids(1), ids(5), ids(2, 3), 10)
    assert 5 in plain.ids
    assert 5 not in wary.ids
    four, other = plain.ids.tolist().index(4), wary.ids.tolist().index(4)
    assert wary.scores[other] < plain.scores[four]


def test_the_cut_is_what_half_of_the_seeds_reach(index: VectorIndex) -> None:
    seeds = ids(1, 2, 3)
    found = LikenessRanker(index).rank("dog", seeds, NONE, NONE, 10)
    rows = index.vectors(seeds)[1]
    each = [float(np.mean([rows[i] @ rows[j] for j in range(3) if j != i])) for i in range(3)]
    assert found.cut == pytest.approx(sorted(each)[1], abs=1e-6)


def test_a_single_seed_has_a_cut_of_its_own(index: VectorIndex) -> None:
    assert LikenessRanker(index).rank("dog", ids(1), NONE, NONE, 10).cut == pytest.approx(0.6)


def test_without_seeds_in_the_index_there_is_nothing(index: VectorIndex) -> None:
    for seeds in (NONE, ids(99)):
        assert len(LikenessRanker(index).rank("dog", seeds, NONE, NONE, 10).ids) == 0


def test_of_very_many_seeds_some_speak_for_all(
    index: VectorIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spread, "_MOST", 2)
    found = LikenessRanker(index).rank("dog", ids(1, 2, 3, 4), NONE, NONE, 10)
    assert not set(found.ids.tolist()) & {1, 2, 3, 4}
    assert spread._spread(ids(1, 2, 3, 4, 5)).tolist() == [1, 4]
