from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from photoorg.core.errors import Cancelled
from photoorg.core.ids import ModelKey, Revision
from photoorg.core.progress import CancelToken
from photoorg.index import IndexKeeper, Target
from photoorg.index.rows import FloatArray, IdArray

SOURCE = ModelKey("pooled")


@dataclass(frozen=True)
class FakeBatch:
    ids: IdArray
    matrix: FloatArray
    revision: Revision
    removed: IdArray


@dataclass
class FakeSource:
    """Vectors with the revision at which each was stored; None for a removed one."""

    rows: dict[int, tuple[Revision, FloatArray | None]] = field(default_factory=dict)
    now: Revision = field(default_factory=lambda: Revision(0))
    asked: list[Revision] = field(default_factory=list)

    def put(self, photo_id: int, vector: list[float] | None) -> None:
        self.now = Revision(self.now + 1)
        row = None if vector is None else np.array(vector, dtype=np.float32)
        self.rows[photo_id] = (self.now, row)

    def revision(self) -> Revision:
        return self.now

    def vectors_since(self, model_key: ModelKey, revision: Revision) -> Iterator[FakeBatch]:
        assert model_key == SOURCE
        self.asked.append(revision)
        newer = {key: row for key, (at, row) in self.rows.items() if at > revision}
        there = {key: row for key, row in newer.items() if row is not None}
        removed = np.array([key for key in newer if key not in there], dtype=np.int64)
        keys = np.array(list(there), dtype=np.int64)
        for start in range(0, max(len(keys), 1), 2):
            part = keys[start : start + 2]
            matrix = np.array([there[key] for key in part.tolist()], dtype=np.float32)
            yield FakeBatch(part, matrix, self.now, removed)
            removed = removed[:0]


TARGETS = (
    Target("joint", 3, ModelKey("joint-1"), lambda pooled: pooled),
    Target("similar", 2, ModelKey("similar-1"), lambda pooled: pooled[:, :2]),
)


def source() -> FakeSource:
    made = FakeSource()
    for photo_id in range(5):
        made.put(photo_id, [1, photo_id, 0])
    return made


def ids(keeper: IndexKeeper) -> list[list[int]]:
    return [sorted(index.ids().tolist()) for index in keeper.indexes.values()]


def test_takes_in_drops_and_replaces() -> None:
    catalog = source()
    keeper = IndexKeeper(catalog, SOURCE, TARGETS, None)
    assert keeper.catch_up() == 5
    assert ids(keeper) == [[0, 1, 2, 3, 4]] * 2
    catalog.put(1, None)
    catalog.put(2, [0, 0, 1])
    assert keeper.catch_up() == 2
    assert ids(keeper) == [[0, 2, 3, 4]] * 2
    assert keeper.indexes["joint"].vectors(np.array([2]))[1].tolist() == [[0, 0, 1]]
    assert keeper.indexes["similar"].vectors(np.array([2]))[1].tolist() == [[0, 0]]
    assert keeper.catch_up() == 0
    assert catalog.asked == [0, 5, 7]
    keeper.build()
    keeper.save()


def test_goes_on_from_its_snapshot(tmp_path: Path) -> None:
    catalog = source()
    keeper = IndexKeeper(catalog, SOURCE, TARGETS, tmp_path)
    keeper.catch_up()
    keeper.save()
    catalog.put(4, None)
    catalog.put(9, [1, 1, 1])
    again = IndexKeeper(catalog, SOURCE, TARGETS, tmp_path)
    assert not again.problems
    assert again.revision == 5
    assert again.catch_up() == 2
    assert ids(again) == [[0, 1, 2, 3, 9]] * 2


def test_starts_anew_where_a_snapshot_is_of_no_use(tmp_path: Path) -> None:
    catalog = source()
    keeper = IndexKeeper(catalog, SOURCE, TARGETS, tmp_path)
    keeper.catch_up()
    keeper.save()
    next((tmp_path / "joint").glob("*.vectors")).unlink()
    again = IndexKeeper(catalog, SOURCE, TARGETS, tmp_path)
    assert len(again.problems) == 1
    assert again.revision == 0
    again.catch_up()
    assert ids(again) == [[0, 1, 2, 3, 4]] * 2


def test_a_catalog_put_back_to_an_older_state_is_followed(tmp_path: Path) -> None:
    keeper = IndexKeeper(source(), SOURCE, TARGETS, tmp_path)
    keeper.catch_up()
    keeper.save()
    older = FakeSource()
    older.put(77, [1, 0, 0])
    again = IndexKeeper(older, SOURCE, TARGETS, tmp_path)
    again.catch_up()
    assert ids(again) == [[77]] * 2


def test_can_be_cancelled_and_goes_on() -> None:
    catalog = source()
    keeper = IndexKeeper(catalog, SOURCE, TARGETS, None)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        keeper.catch_up(token)
    assert keeper.revision == 0
    assert keeper.catch_up() == 5


def test_saves_only_when_something_changed(tmp_path: Path) -> None:
    keeper = IndexKeeper(source(), SOURCE, TARGETS, tmp_path)
    keeper.catch_up()
    keeper.save()
    before = {path.name for path in (tmp_path / "joint").iterdir()}
    keeper.save()
    assert {path.name for path in (tmp_path / "joint").iterdir()} == before
