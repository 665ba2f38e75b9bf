import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from photoorg.core.errors import EnvironmentProblem
from photoorg.core.ids import ModelKey, Revision
from photoorg.index import IndexProblem, VectorIndex, snapshot

KEY = ModelKey("test-key")


def vectors(count: int, seed: int = 0) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.random.default_rng(seed).standard_normal((count, 8)).astype(np.float32)


def filled(count: int, *, graph: bool = False) -> VectorIndex:
    index = VectorIndex(8, model_key=KEY, exact_limit=50 if graph else 100_000)
    index.add(np.arange(count), vectors(count))
    while index.build_step():
        pass
    return index


def load(folder: Path, exact_limit: int = 50) -> tuple[VectorIndex, Revision] | None:
    return VectorIndex.load(folder, 8, model_key=KEY, exact_limit=exact_limit)


@pytest.mark.parametrize("graph", [False, True])
def test_what_is_saved_comes_back(tmp_path: Path, graph: bool) -> None:
    index = filled(5000, graph=graph)
    index.remove(np.array([3, 4]))
    index.add(np.array([7]), vectors(1, seed=1))
    index.save(tmp_path / "index", Revision(12))
    loaded = load(tmp_path / "index")
    assert loaded is not None
    copy, revision = loaded
    assert revision == 12
    assert len(copy) == 4998
    assert (copy._graph is not None) == graph
    for query in vectors(20, seed=2):
        for one, other in zip(index.search(query, 10), copy.search(query, 10), strict=True):
            assert one == pytest.approx(other)
    # and it goes on living
    copy.remove(np.array([3, 10]))
    copy.add(np.array([6000]), vectors(1, seed=3))
    while copy.build_step():
        pass
    assert copy.search(vectors(1, seed=3)[0], 1)[0].tolist() == [6000]


def test_nothing_saved_is_no_problem(tmp_path: Path) -> None:
    assert load(tmp_path) is None
    assert load(tmp_path / "nowhere") is None


def test_an_empty_index_can_be_saved(tmp_path: Path) -> None:
    VectorIndex(8, model_key=KEY).save(tmp_path, Revision(1))
    loaded = load(tmp_path)
    assert loaded is not None
    assert len(loaded[0]) == 0


def test_another_models_snapshot_is_named_as_such(tmp_path: Path) -> None:
    filled(5).save(tmp_path, Revision(1))
    with pytest.raises(IndexProblem, match="other-key"):
        VectorIndex.load(tmp_path, 8, model_key=ModelKey("other-key"))
    with pytest.raises(IndexProblem, match="made for"):
        VectorIndex.load(tmp_path, 9, model_key=KEY)


def damage_byte(role: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (path,) = folder.glob(f"*.{role}")
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)

    return damage


def cut(role: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (path,) = folder.glob(f"*.{role}")
        path.write_bytes(path.read_bytes()[:-8])

    return damage


def lose(role: str) -> Callable[[Path], None]:
    return lambda folder: next(folder.glob(f"*.{role}")).unlink()


def change(**values: object) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        path = folder / snapshot.MANIFEST
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))

    return damage


def garble(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / snapshot.MANIFEST).write_text(text) and None


@pytest.mark.parametrize(
    "damage",
    [
        *(make(role) for make in (damage_byte, cut, lose) for role in ("ids", "vectors", "graph")),
        change(count=3),
        change(rows=-1),
        change(rows=10**12),
        change(graph_rows=10**9),
        change(format=99),
        change(metric="l2"),
        change(files={}),
        change(surprise=1),
        change(
            files={"ids": {"name": "../ids", "size": 1, "crc32": 0}},
        ),
        garble(""),
        garble("[]"),
        garble("{}"),
        garble('{"files": 3}'),
    ],
)
def test_damage_is_noticed(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    filled(200, graph=True).save(tmp_path, Revision(1))
    damage(tmp_path)
    with pytest.raises(IndexProblem):
        load(tmp_path)


def test_repeated_ids_are_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(4).save(tmp_path, Revision(1))
    (path,) = tmp_path.glob("*.ids")
    path.write_bytes(np.zeros(4, dtype=np.int64).tobytes())
    monkeypatch.setattr(snapshot, "_check_sum", lambda *_: None)
    with pytest.raises(IndexProblem, match="two living rows"):
        load(tmp_path)


class PowerCut(BaseException):
    """Not an Exception, so that nothing can tidy up in a way that a dead process cannot."""


@pytest.mark.parametrize("graph", [False, True])
def test_a_crash_at_any_point_leaves_the_old_snapshot_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, graph: bool
) -> None:
    """Die at the first, second, third... touch of the disk, and look what is there."""
    seen = set()
    for death in range(40):
        folder = tmp_path / str(death)
        filled(200, graph=graph).save(folder, Revision(1))
        newer = filled(300, graph=graph)
        touches = iter(range(10**6))

        def dying(
            call: Callable[..., object],
            touches: object = touches,
            death: int = death,
        ) -> Callable[..., object]:
            def wrapped(*args: object, **kwargs: object) -> object:
                if next(touches) >= death:  # type: ignore[call-overload]
                    raise PowerCut
                return call(*args, **kwargs)

            return wrapped

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", dying(os.fsync))
            patch.setattr(Path, "open", dying(Path.open))
            patch.setattr(Path, "replace", dying(Path.replace))
            patch.setattr(Path, "unlink", dying(Path.unlink))
            patch.setattr(snapshot.SnapshotWriter, "__exit__", lambda *_: None)
            try:
                newer.save(folder, Revision(2))
                ended = True
            except PowerCut:
                ended = False
        loaded = load(folder)
        assert loaded is not None
        assert (len(loaded[0]), loaded[1]) in {(200, 1), (300, 2)}
        seen.add(len(loaded[0]))
        newer.save(folder, Revision(3))
        assert len(list(folder.iterdir())) == (4 if graph else 3), "leftovers were not deleted"
        if ended:
            break
    else:
        pytest.fail("saving touches the disk more often than this test allows for")
    assert seen == {200, 300}


def test_a_full_disk_is_told_and_leaves_the_old_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(5).save(tmp_path, Revision(1))
    before = sorted(path.name for path in tmp_path.iterdir())

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(EnvironmentProblem, match="No space left"):
            filled(6).save(tmp_path, Revision(2))
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    loaded = load(tmp_path)
    assert loaded is not None
    assert len(loaded[0]) == 5


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.ids").write_text("mine")
    filled(5).save(tmp_path, Revision(1))
    assert (tmp_path / "notes.ids").exists()


def test_a_newer_snapshot_that_comes_while_reading_is_read_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line may save beside the window: its write deletes the files of the older one."""
    filled(5).save(tmp_path, Revision(1))
    newer = filled(6)
    parse = snapshot._parse_manifest

    def overtaken(text: bytes) -> snapshot.Manifest:
        monkeypatch.setattr(snapshot, "_parse_manifest", parse)
        newer.save(tmp_path, Revision(2))
        return parse(text)

    monkeypatch.setattr(snapshot, "_parse_manifest", overtaken)
    loaded = load(tmp_path)
    assert loaded is not None
    assert (len(loaded[0]), loaded[1]) == (6, 2)
