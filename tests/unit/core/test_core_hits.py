"""Hits made when they are looked at are the same as if they were made at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from photoorg.core.hits import Hits, ids_of
from photoorg.core.records import SearchHit

COUNT = 700


@pytest.fixture
def eager() -> list[SearchHit]:
    return [SearchHit(10 * n, 1 - n / COUNT, f"why {n + 3}") for n in range(COUNT)]


@pytest.fixture
def lazy() -> Hits:
    def words(places: NDArray[np.intp]) -> Sequence[str]:
        return [f"why {place}" for place in places.tolist()]

    numbers = np.arange(COUNT)
    return Hits(10 * numbers, 1 - numbers / COUNT, words, numbers + 3)


def test_each_hit_is_there(lazy, eager) -> None:
    assert len(lazy) == COUNT
    assert list(lazy) == eager
    assert [lazy[place] for place in (0, 255, 256, COUNT - 1, -1, -COUNT)] == [
        eager[place] for place in (0, 255, 256, COUNT - 1, -1, -COUNT)
    ]
    for beyond in (COUNT, -COUNT - 1):
        with pytest.raises(IndexError):
            lazy[beyond]


@pytest.mark.parametrize("part", [slice(0), slice(5), slice(250, 520), slice(-3, None), slice(900)])
def test_a_part_is_the_same_part(lazy, eager, part) -> None:
    assert list(lazy[part]) == eager[part]
    assert list(lazy[part][1:]) == eager[part][1:]
    assert ids_of(lazy[part]).tolist() == [hit.photo_id for hit in eager[part]]


def test_words_are_only_found_for_what_is_looked_at() -> None:
    asked: list[int] = []

    def words(places: NDArray[np.intp]) -> Sequence[str]:
        asked.extend(places.tolist())
        return [""] * len(places)

    hits = Hits(np.arange(100_000), np.ones(100_000), words)
    assert len(hits[:50_000]) == 50_000
    assert asked == []
    for place in range(40, 80):
        assert hits[place].photo_id == place
    assert len(asked) < 1000, "and only once"


def test_where_there_is_nothing_to_say_nothing_is_said() -> None:
    assert list(Hits(np.array([4]), np.array([0.5]))) == [SearchHit(4, 0.5, "")]
    assert list(Hits(np.empty(0, np.int64), np.empty(0))) == []


def test_ids_of_ready_made_hits(eager) -> None:
    assert ids_of(tuple(eager)).tolist() == [hit.photo_id for hit in eager]
    assert ids_of(()).dtype == np.int64
