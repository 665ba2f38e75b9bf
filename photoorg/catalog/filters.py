"""Filters of a query, compiled to SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final, assert_never

import numpy as np
from numpy.typing import NDArray

from photoorg.catalog.encoding import clean_text, decode_ids, encode_ids, encode_time, fold, tag_key
from photoorg.catalog.tag_tree import BELOW_NAMED
from photoorg.core.conditions import (
    AllOf,
    AnyOf,
    CameraContains,
    Condition,
    DateBetween,
    FolderContains,
    Has,
    InAlbum,
    IsMissing,
    MediaTypeIs,
    NameContains,
    Not,
    OneOf,
    OpenAlbum,
    RatingCompares,
    TagIs,
    Trait,
)

_DAY_US: Final = 24 * 60 * 60 * 1_000_000

_TRAITS: Final = {
    Trait.GPS: "p.latitude IS NOT NULL",
    Trait.TAGS: "p.id IN (SELECT photo_id FROM photo_tags WHERE state = 1)",
    Trait.CAPTION: "p.caption <> ''",
    Trait.RATING: "COALESCE(p.rating, p.file_rating, 0) > 0",
}

Parameter = str | int | bytes


@dataclass(frozen=True, slots=True)
class Clause:
    """An SQL expression on a row `p` of photos, and its parameters in order."""

    sql: str
    parameters: tuple[Parameter, ...] = ()


def select(db: sqlite3.Connection, condition: Condition) -> NDArray[np.int64]:
    """Return the photos in the library that pass a filter, int64 [n], ascending."""
    clause = compile_condition(condition)
    rows = db.execute(
        f"SELECT p.id FROM photos p WHERE p.shown AND {clause.sql} ORDER BY p.id",  # noqa: S608
        clause.parameters,
    )
    return decode_ids(rows)


def count(db: sqlite3.Connection, condition: Condition) -> int:
    """Return how many photos in the library pass a filter."""
    clause = compile_condition(condition)
    row = db.execute(
        f"SELECT COUNT(*) FROM photos p WHERE p.shown AND {clause.sql}",  # noqa: S608
        clause.parameters,
    ).fetchone()
    return int(row[0])


def compile_condition(condition: Condition) -> Clause:
    """Return a condition as SQL: texts of the person only ever become parameters."""
    match condition:
        case TagIs(name):
            return Clause(f"p.id IN ({BELOW_NAMED})", (tag_key(name),) * 2)
        case FolderContains(text):
            return Clause(
                "p.id IN (SELECT f.photo_id FROM files f JOIN folders d ON d.id = f.folder_id "
                "JOIN photos q ON q.id = f.photo_id WHERE d.covered AND f.missing = q.missing "
                "AND instr(d.label, ?) > 0)",
                (fold(text),),
            )
        case NameContains(text):
            return Clause(
                "p.id IN (SELECT f.photo_id FROM files f WHERE instr(f.name_key, ?) > 0)",
                (fold(text),),
            )
        case MediaTypeIs(media_type):
            return Clause("p.media_type IS ?", (media_type.value,))
        case RatingCompares(comparison, rating):
            return Clause(f"COALESCE(p.rating, p.file_rating, 0) {comparison.value} ?", (rating,))
        case DateBetween():
            return _between(condition)
        case CameraContains(text):
            return Clause("instr(lower(p.camera), ?) > 0", (clean_text(text).lower(),))
        case Has(trait):
            return Clause(f"({_TRAITS[trait]})")
        case IsMissing():
            return Clause("p.missing")
        case InAlbum():
            # What an album holds is for the search layer to say, which puts OpenAlbum in its place.
            return Clause("0")
        case OneOf(photo_ids):
            return Clause("p.id IN (SELECT value FROM json_each(?))", (encode_ids(photo_ids),))
        case OpenAlbum(_, inner):
            return compile_condition(inner)
        case Not(inner):
            clause = compile_condition(inner)
            return Clause(f"NOT ({clause.sql})", clause.parameters)
        case AllOf(conditions):
            return _joined(conditions, " AND ", "1")
        case AnyOf(conditions):
            return _joined(conditions, " OR ", "0")
    assert_never(condition)


def _between(condition: DateBetween) -> Clause:
    limits: list[str] = []
    parameters: list[Parameter] = []
    if condition.first is not None:
        limits.append("p.dated_at >= ?")
        parameters.append(encode_time(datetime.combine(condition.first, time.min)))
    if condition.last is not None:
        limits.append("p.dated_at < ?")
        parameters.append(encode_time(datetime.combine(condition.last, time.min)) + _DAY_US)
    return Clause(f"({' AND '.join(limits) or '1'})", tuple(parameters))


def _joined(conditions: Sequence[Condition], operator: str, empty: str) -> Clause:
    clauses = [compile_condition(each) for each in conditions]
    return Clause(
        f"({operator.join(clause.sql for clause in clauses) or empty})",
        tuple(parameter for clause in clauses for parameter in clause.parameters),
    )
