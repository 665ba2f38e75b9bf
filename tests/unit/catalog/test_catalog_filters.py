"""Filters: each alone, and all combined against a plain evaluation in Python."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from catalog_builders import ROOT, Shelf, photo
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photoorg.catalog.catalog import Catalog
from photoorg.core.changes import AddTag, RejectTag, SetRating
from photoorg.core.conditions import (
    AllOf,
    AnyOf,
    CameraContains,
    Comparison,
    Condition,
    DateBetween,
    FolderContains,
    Has,
    IsMissing,
    MediaTypeIs,
    NameContains,
    Not,
    RatingCompares,
    TagIs,
    Trait,
)
from photoorg.core.ids import PhotoId
from photoorg.core.paths import CatalogPaths
from photoorg.core.records import GeoPoint, MediaType


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder: Path = tmp_path_factory.mktemp("filters")
    with Catalog.open(CatalogPaths(folder)) as catalog:
        shelf = Shelf(catalog)
        shelf.read(
            "Rome 2021/Forum_100%.jpg",
            photo("1", taken_at=datetime(2021, 12, 31, 23, 59, 59), camera="FUJIFILM X-T4"),
        )
        shelf.read(
            "Rome 2021/sub/Straße.heic",
            photo("2", taken_at=datetime(2022, 1, 1), media_type=MediaType.HEIF, rating=4),
        )
        shelf.read("sea.jpg", photo("3", gps=GeoPoint(0.0, 0.0), caption="x", keywords=["Öl"]))
        shelf.read("gone.jpg", photo("4", taken_at=datetime(1999, 5, 5)))
        shelf.vanish("gone.jpg")
        shelf.register("pending.jpg")
        catalog.apply(AddTag("sea", (PhotoId(1), PhotoId(3))))
        catalog.apply(RejectTag("sea", (PhotoId(2),)))
        catalog.apply(SetRating(2, (PhotoId(1),)))
        yield shelf


CASES: dict[Condition, set[int]] = {
    TagIs("SEA"): {1, 3},
    TagIs("se"): set(),
    TagIs(" öl "): {3},
    FolderContains("rome"): {1, 2},
    FolderContains("SUB"): {2},
    FolderContains(ROOT.name): {1, 2, 3, 4, 5},
    NameContains("STRASSE"): {2},
    NameContains("_"): {1},
    NameContains("100%"): {1},
    NameContains("'; DROP TABLE photos; --"): set(),
    MediaTypeIs(MediaType.HEIF): {2},
    MediaTypeIs(MediaType.JPEG): {1, 3, 4},
    RatingCompares(Comparison.AT_LEAST, 2): {1, 2},
    RatingCompares(Comparison.MORE, 2): {2},
    RatingCompares(Comparison.EQUAL, 0): {3, 4, 5},
    RatingCompares(Comparison.LESS, 4): {1, 3, 4, 5},
    RatingCompares(Comparison.AT_MOST, 4): {1, 2, 3, 4, 5},
    DateBetween(date(2021, 1, 1), date(2021, 12, 31)): {1},
    DateBetween(date(2022, 1, 1), None): {2},
    DateBetween(None, date(1999, 5, 5)): {4},
    DateBetween(date(2020, 1, 1), date(2020, 12, 31)): {3, 5},  # when their files were modified
    DateBetween(): {1, 2, 3, 4, 5},
    DateBetween(date.min, date.max): {1, 2, 3, 4, 5},
    CameraContains("x-t4"): {1},
    CameraContains(""): {1, 2, 3, 4, 5},
    Has(Trait.GPS): {3},
    Has(Trait.TAGS): {1, 3},
    Has(Trait.CAPTION): {3},
    Has(Trait.RATING): {1, 2},
    IsMissing(): {4},
}


@pytest.mark.parametrize(("condition", "expected"), CASES.items(), ids=map(str, CASES))
def test_each_condition(filled: Shelf, condition: Condition, expected: set[int]) -> None:
    assert filled.catalog.select(condition).tolist() == sorted(expected)


def conditions() -> st.SearchStrategy[Condition]:
    return st.recursive(
        st.sampled_from(list(CASES)),
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(AllOf, st.lists(inner, max_size=3).map(tuple)),
            st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple)),
        ),
        max_leaves=6,
    )


def evaluate(condition: Condition) -> set[int]:
    match condition:
        case Not(inner):
            return {1, 2, 3, 4, 5} - evaluate(inner)
        case AllOf(inner):
            return {1, 2, 3, 4, 5}.intersection(*map(evaluate, inner))
        case AnyOf(inner):
            return set().union(*map(evaluate, inner))
    return CASES[condition]


@given(conditions())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_combination(filled: Shelf, condition: Condition) -> None:
    assert filled.catalog.select(condition).tolist() == sorted(evaluate(condition))
