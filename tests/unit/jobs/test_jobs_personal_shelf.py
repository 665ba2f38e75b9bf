"""What was learned, on disk: whole, replaced in one step, and never believed when damaged."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photoorg.core.errors import EnvironmentProblem
from photoorg.core.ids import ModelKey
from photoorg.core.quality import DEFAULT_TARGET, Estimate, ReliabilityBin, TagTrust
from photoorg.jobs import personal_shelf
from photoorg.jobs.personal_shelf import Generation, PersonalShelf, Seen
from photoorg.models.personal import PersonalModel
from photoorg.models.personal_quality import TagFigures

KEY = ModelKey("pooled")
D, E = 6, 3


def generation(seed: int = 0, tags: int = 3, photos: int = 4, revision: int = 7) -> Generation:
    random = np.random.default_rng(seed)

    def floats(*shape: int) -> np.ndarray:
        return random.normal(size=shape).astype(np.float32)

    thresholds = random.uniform(0.2, 0.9, tags).astype(np.float32)
    thresholds[tags // 2 :] = np.inf
    trust = [TagTrust.TRUSTED if np.isfinite(t) else TagTrust.TOO_FEW for t in thresholds]
    estimate = Estimate(0.8, 0.7, 0.875)
    return Generation(
        number=0,
        model=PersonalModel(
            names=tuple(f"tag {seed} ü{number}" for number in range(tags)),
            words=floats(tags, E),
            word_mean=floats(tags),
            word_scale=floats(tags),
            mean=floats(D),
            look=floats(tags, D),
            company=floats(tags, tags),
            company_mean=floats(tags),
            company_scale=floats(tags),
            usual=floats(tags),
            weights=floats(tags, 3),
            company_offset=floats(tags),
            seen_again=floats(tags),
            offset=floats(tags),
            examples=random.integers(0, 50, tags),
            thresholds=thresholds,
        ),
        figures=tuple(
            TagFigures(t, float(thresholds[i]), estimate if i else None, None, 0.25)
            for i, t in enumerate(trust)
        ),
        reliability=(ReliabilityBin(0.5, estimate, 9),),
        held_out=photos,
        learned_at="2026-11-25T21:04:00.000+01:00",
        revision=revision,
        taught=f"digest {seed}",
        sight="digest",
        waiting=tuple(range(tags)),
        held_out_rows=np.arange(photos),
        held_out_probability=random.random((photos, tags)).astype(np.float16),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "personal"


def shelf(folder: Path) -> PersonalShelf:
    return PersonalShelf(folder, KEY)


def same(one: Generation, other: Generation) -> None:
    for name, tensor in one.model.tensors().items():
        np.testing.assert_array_equal(tensor, other.model.tensors()[name])
    np.testing.assert_array_equal(one.model.thresholds, other.model.thresholds)
    np.testing.assert_array_equal(one.held_out_rows, other.held_out_rows)
    np.testing.assert_array_equal(one.held_out_probability, other.held_out_probability)
    plain = {"model": None, "held_out_rows": None, "held_out_probability": None}
    assert replace(one, **plain) == replace(other, **plain)
    assert one.model.names == other.model.names


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(seed=st.integers(0, 10**6), tags=st.integers(1, 9), photos=st.integers(0, 9))
def test_a_model_that_is_read_again_answers_the_same(
    folder: Path, seed: int, tags: int, photos: int
) -> None:
    kept = shelf(folder).keep(generation(seed, tags, photos))
    found = shelf(folder).current()
    assert found is not None
    same(kept, found)
    random = np.random.default_rng(1)
    traits = random.normal(size=(5, D)).astype(np.float32)
    carried = random.random((5, tags)) < 0.5
    for one, other in ((kept.model, found.model),):
        np.testing.assert_array_equal(
            one.probabilities(one.witnesses(traits, carried)),
            other.probabilities(other.witnesses(traits, carried)),
        )


def test_an_empty_shelf_has_nothing(folder: Path) -> None:
    empty = shelf(folder)
    assert empty.current() is None
    assert empty.go_back() is False
    assert (empty.target, empty.seen) == (DEFAULT_TARGET, Seen())
    assert not folder.exists()


def test_to_go_back_twice_is_to_return(folder: Path) -> None:
    used = shelf(folder)
    first = used.keep(generation(1))
    assert used.go_back() is False
    second = used.keep(generation(2, revision=9))
    for expected in (first, second, first):
        assert used.go_back() is True
        for each in (used, shelf(folder)):
            found = each.current()
            assert found is not None
            same(found, expected)
    assert used.seen == Seen(9, "digest 2"), "what was seen stays, or it would be learned anew"


def test_the_target_and_what_was_seen_outlive_learning(folder: Path) -> None:
    used = shelf(folder)
    used.set_target(0.9)
    used.set_seen(Seen(3, "x"))
    assert (shelf(folder).target, shelf(folder).seen) == (0.9, Seen(3, "x"))
    used.keep(generation(1))
    assert (shelf(folder).target, shelf(folder).seen) == (0.9, Seen(7, "digest 1"))
    used.set_target(0.7)
    assert used.current() is not None


def test_old_generations_are_deleted_but_never_one_that_is_just_being_written(
    folder: Path,
) -> None:
    used = shelf(folder)
    for seed in range(4):
        used.keep(generation(seed))
    assert len(list(folder.glob("learned-*"))) == 8, "all are fresh"
    for path in folder.glob("learned-*"):
        os.utime(path, (time.time() - 3600,) * 2)
    used.keep(generation(9))
    left = sorted(path.name for path in folder.glob("learned-*"))
    assert left == [f"learned-{n}.{end}" for n in (4, 5) for end in ("json", "safetensors")]
    assert used.go_back() is True


def test_two_processes_see_what_the_other_learned(folder: Path) -> None:
    one, other = shelf(folder), shelf(folder)
    for seed in range(6):
        writer, reader = (one, other) if seed % 2 else (other, one)
        kept = writer.keep(generation(seed))
        found = reader.current()
        assert found is not None
        same(kept, found)


def test_several_at_once_leave_a_whole_model(folder: Path) -> None:
    def work(seed: int) -> list[int]:
        mine, made = shelf(folder), []
        for round_ in range(6):
            made.append(mine.keep(generation(10 * seed + round_)).number)
            assert mine.current() is not None
            mine.go_back()
            mine.set_target(0.8)
        return made

    with ThreadPoolExecutor(4) as threads:
        numbers = [number for made in threads.map(work, range(4)) for number in made]
    assert len(set(numbers)) == 24, "no two generations have one number"
    assert shelf(folder).current() is not None
    assert not list(folder.glob("*.part"))


# -- damage -----------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["tensors", "manifest", "pointer"])
def test_a_crash_while_it_is_written_leaves_the_old_model(
    folder: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    used = shelf(folder)
    old = used.keep(generation(1))
    write = personal_shelf.write_in_one_step

    def crash(*_: object) -> None:
        raise SystemExit

    from photoorg.features import storage

    def crash_at_manifest(path: Path, blob: bytes) -> None:
        if path.suffix == ".json":
            raise SystemExit
        write(path, blob)

    if at == "pointer":
        monkeypatch.setattr(personal_shelf, "write_in_one_step", crash)
    else:
        monkeypatch.setattr(
            storage, "write_in_one_step", crash if at == "tensors" else crash_at_manifest
        )
    with pytest.raises(SystemExit):
        used.keep(generation(2))
    monkeypatch.undo()
    found = shelf(folder).current()
    assert found is not None
    same(found, old)
    same(shelf(folder).keep(generation(3)), shelf(folder).current())


@pytest.mark.parametrize("where", ["storage", "personal_shelf"])
def test_a_full_disk_is_told_and_leaves_the_old_model_and_no_rest(
    folder: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    used = shelf(folder)
    old = used.keep(generation(1))
    before = sorted(folder.iterdir())
    from photoorg.features import storage

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    module = storage if where == "storage" else personal_shelf
    monkeypatch.setattr(module, "write_in_one_step", full)
    with pytest.raises(EnvironmentProblem, match="No space left"):
        used.keep(generation(2))
    found = used.current()
    assert found is not None
    same(found, old)
    assert sorted(folder.iterdir()) == before
    if where == "personal_shelf":
        with pytest.raises(EnvironmentProblem, match="No space left"):
            used.set_target(0.7)


SEEN = '{"current": 1, "before": 0, "newest": %s, "target": %s, "seen": {"revision":1,"digest":""}}'


def damaged(folder: Path) -> None:
    """Nothing raises, whatever is asked; and learning anew mends it."""
    used = shelf(folder)
    used.current()
    used.go_back()
    assert 0.6 <= used.target <= 0.95
    kept = used.keep(generation(5))
    found = shelf(folder).current()
    assert found is not None
    same(found, kept)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "7",
        '{"current": 1}',
        '{"current": [], "before": 0, "newest": 0, "target": 0.8, "seen": {}}',
        '{"current": -5, "before": "../../x", "newest": 0, "target": 0.8, "seen": {}}',
        '{"current": 1, "before": 0, "newest": 1e999, "target": 0.8, "seen": {}}',
        '{"current": 1, "before": 0, "newest": 9, "target": NaN, "seen": {"revision": "x"}}',
        SEEN % ("1e999", "0.8"),
        SEEN % ("99999999999999999999", "NaN"),
        "[" * 100_000,
        "\0" * 5000,
    ],
)
def test_a_forged_pointer_leads_to_learning_anew(folder: Path, text: str) -> None:
    shelf(folder).keep(generation(1))
    (folder / "current.json").write_text(text)
    damaged(folder)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    name=st.sampled_from(["current.json", "learned-1.json", "learned-1.safetensors"]),
    cut=st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), max_size=4),
)
def test_files_that_were_cut_or_changed_never_crash(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    cut: float,
    flips: list[tuple[float, int]],
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    shelf(folder).keep(generation(1))
    blob = bytearray((folder / name).read_bytes())
    for place, change in flips:
        blob[int(place * (len(blob) - 1))] ^= change
    (folder / name).write_bytes(blob[: len(blob) if cut > 0.7 else int(cut * len(blob))])
    damaged(folder)


FORGERIES = {
    "no tags": ("config", "tags", None),
    "tags that are none": ("config", "tags", [1, 2, 3]),
    "a tag more": ("config", "tags", ["a", "b", "c", "d"]),
    "slope a word": ("config", "slope", "steep"),
    "slope endless": ("config", "slope", float("inf")),
    "slope nothing": ("config", "slope", float("nan")),
    "slope huge": ("config", "slope", 1e300),
    "trust unknown": ("config", "trust", ["x", "y", "z"]),
    "trust short": ("config", "trust", ["trusted"]),
    "precision words": ("config", "precision", ["x", "yyy", "z"]),
    "precision beyond 1": ("config", "precision", [[2.0, 1.0, 3.0]] * 3),
    "precision a number": ("config", "precision", [1, 2, 3]),
    "gain nothing": ("config", "gain", [float("nan")] * 3),
    "reliability empty": ("config", "reliability", [[]]),
    "reliability endless": ("config", "reliability", [[0.5, 0.5, 0.4, 0.6, float("inf")]]),
    "reliability without": ("config", "reliability", [[0.5]]),
    "waiting short": ("config", "waiting", [1]),
    "waiting words": ("config", "waiting", ["x", "y", "z"]),
    "held out": ("training", "held_out", None),
    "held out endless": ("training", "held_out", float("inf")),
    "revision": ("training", "revision", {}),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_manifest_is_not_believed(folder: Path, forgery: str) -> None:
    shelf(folder).keep(generation(1))
    part, key, value = FORGERIES[forgery]
    path = folder / "learned-1.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest[part][key] = value
    path.write_text(json.dumps(manifest), encoding="utf-8")
    assert shelf(folder).current() is None
    damaged(folder)


TENSORS = {
    "look narrow": ("look", np.zeros((3, 1), np.float32)),
    "look flat": ("look", np.zeros(3, np.float32)),
    "mean long": ("mean", np.zeros(99, np.float32)),
    "words wider than looks": ("words", np.zeros((3, 99), np.float32)),
    "company": ("company", np.zeros((3, 2), np.float32)),
    "company offset": ("company_offset", np.zeros(9, np.float32)),
    "examples floats": ("examples", np.zeros(3, np.float32)),
    "nothing": ("offset", np.full(3, np.nan, np.float32)),
    "rows floats": ("held_out.rows", np.zeros(4, np.float32)),
    "rows short": ("held_out.rows", np.zeros(1, np.int64)),
    "held out": ("held_out.probability", np.zeros((4, 9), np.float16)),
}


@pytest.mark.parametrize("forgery", TENSORS)
def test_forged_tensors_are_not_believed(folder: Path, forgery: str) -> None:
    from photoorg.features.storage import save_model

    kept = shelf(folder).keep(generation(1))
    manifest, tensors = personal_shelf._describe(kept, KEY)
    name, tensor = TENSORS[forgery]
    save_model(folder / "learned-1", manifest, {**tensors, name: tensor})
    assert shelf(folder).current() is None
    damaged(folder)


def test_a_model_of_the_first_builds_answers_as_it_did(folder: Path) -> None:
    """It had one slope for all tags, and nothing of its own for photos that have other tags."""
    from photoorg.features.storage import save_model

    kept = shelf(folder).keep(generation(1, tags=4))
    manifest, tensors = personal_shelf._describe(kept, KEY)
    del tensors["company_offset"], tensors["seen_again"]
    old = replace(manifest, config={**manifest.config, "slope": 0.25})
    save_model(folder / "learned-1", old, tensors)
    found = shelf(folder).current()
    assert found is not None
    random = np.random.default_rng(2)
    traits = random.normal(size=(6, D)).astype(np.float32)
    carried = random.random((6, 4)) < 0.5
    heard = found.model.witnesses(traits, carried)
    weights = kept.model.weights
    total = heard.word * weights[:, 0] + heard.look * weights[:, 1] + heard.company * weights[:, 2]
    expected = 0.25 * total + kept.model.offset
    np.testing.assert_allclose(found.model.log_odds(heard), expected, rtol=1e-4, atol=1e-5)


def test_a_model_for_other_vectors_is_not_used(folder: Path) -> None:
    shelf(folder).keep(generation(1))
    assert PersonalShelf(folder, ModelKey("other")).current() is None


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "personal").write_text("a file")
    with pytest.raises(EnvironmentProblem, match="cannot be written"):
        shelf(tmp_path / "personal").keep(generation(1))
