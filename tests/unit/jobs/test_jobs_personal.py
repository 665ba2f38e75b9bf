"""The person's tags are learned in the background, judged, and asked about."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from personal_world import KINDS, ROOT, ToyEncoder, ToyModel, World, until

from photoorg.core.changes import (
    AddTag,
    ChangeKind,
    ChangeSet,
    MergeTags,
    RemoveTag,
    RenameTag,
    SetParent,
)
from photoorg.core.errors import Cancelled, EnvironmentProblem, UsageProblem
from photoorg.core.ids import PhotoId
from photoorg.core.progress import CancelToken
from photoorg.core.quality import DEFAULT_TARGET, TagTrust
from photoorg.jobs import personal, personal_shelf
from photoorg.jobs.quiet import Pace
from photoorg.models.personal import KIND

NEVER = Pace(quiet=1e6, patience=1e6)


def suggested(world: World, learner: personal.PersonalLearning, photo: PhotoId) -> dict[str, float]:
    return {
        each.tag: each.probability
        for each in world.suggester(learner).suggest([photo])[photo]
        if each.source == KIND
    }


# -- learning ---------------------------------------------------------------------------------
def test_tags_are_learned_and_suggested(world: World) -> None:
    world.tag_all()
    learner = world.learner()
    assert learner.learn(CancelToken()) is not None
    for kind in KINDS:
        best = max(suggested(world, learner, world.of(kind)[30]).items(), key=lambda pair: pair[1])
        assert best[0] == kind
        assert best[1] > 0.5


@pytest.mark.parametrize("tagged", [0, 1, 4])
def test_a_tag_with_few_examples_is_not_suggested(world: World, tagged: int) -> None:
    world.tag("cat", world.of("cat")[:tagged])
    learner = world.learner()
    learner.catch_up()
    found = world.suggester(learner).suggest(world.photos)
    assert {each.tag for row in found.values() for each in row} == {"thing"}
    assert [(q.tag, q.trust, q.needed) for q in learner.report().tags] == (
        [("cat", TagTrust.TOO_FEW, 5 - tagged)] if tagged else []
    )


def test_a_private_word_works_from_five_examples(world: World) -> None:
    world.tag("Grandma's garden", world.of("garden")[:5])
    learner = world.learner()
    learner.learn(CancelToken())
    scores = {photo: suggested(world, learner, photo) for photo in world.photos}
    ranked = sorted(scores, key=lambda photo: -scores[photo].get("Grandma's garden", 0))
    assert len(set(ranked[:30]) & set(world.of("garden"))) >= 28


def test_what_a_photo_has_or_had_rejected_is_not_suggested(world: World) -> None:
    world.tag_all()
    photo = world.of("cat")[30]
    world.reject("CAT", [photo])
    learner = world.learner()
    learner.learn(CancelToken())
    assert "cat" not in suggested(world, learner, photo)
    assert "cat" not in suggested(world, learner, world.of("cat")[0])
    again = world.suggester(learner).suggest([world.of("cat")[0]], decided=True)
    assert "cat" in {each.tag for each in again[world.of("cat")[0]]}


def test_nothing_is_learned_where_nothing_changed(world: World) -> None:
    world.tag_all()
    learner = world.learner()
    learner.catch_up()
    looked, first = world.model.looked, learner._current()
    learner.catch_up()
    world.learner().catch_up()
    assert learner._current() is first
    assert world.model.looked == looked


def test_a_change_that_says_nothing_of_tags_is_no_reason_to_learn(world: World) -> None:
    world.tag_all()
    learner = world.learner()
    learner.catch_up()
    first = learner._current()
    world.add(3, seed=5)
    learner.catch_up()
    assert learner._current() is first
    # It was looked up once, and is known from then on.
    assert not learner._behind()


def test_many_new_photos_are_a_reason_to_learn(world: World) -> None:
    world.tag_all()
    learner = world.learner()
    learner.catch_up()
    first = learner._current()
    world.add(400, seed=6)
    learner.catch_up()
    assert learner._current() is not first


def test_photos_that_are_looked_at_after_they_were_tagged_are_learned_from(world: World) -> None:
    late = world.add(8, seed=7, look=False)
    world.tag("late", late)
    learner = world.learner()
    learner.catch_up()
    assert learner.model() is None
    world.look_at(late, seed=7)
    learner.catch_up()
    assert learner.model().names == ("late",)
    assert learner.model().examples.tolist() == [8]


def test_the_second_time_photos_are_not_looked_at_again_unless_they_changed(world: World) -> None:
    world.tag_all()
    learner = world.learner()
    learner.learn(CancelToken())
    before = world.model.looked
    world.tag("cat", world.of("cat")[20:25])
    learner.learn(CancelToken())
    assert world.model.looked == before
    world.look_at(world.photos[:4], seed=77)
    learner.learn(CancelToken())
    assert world.model.looked == before + 4


def test_names_are_encoded_once_for_all_times(world: World, monkeypatch) -> None:
    world.tag_all()
    world.learner().learn(CancelToken())
    asked: list[str] = []
    encode = ToyEncoder.encode

    def listen(self: ToyEncoder, texts: list[str]) -> np.ndarray:
        asked.extend(texts)
        return encode(self, texts)

    monkeypatch.setattr(ToyEncoder, "encode", listen)
    world.tag("new", world.photos[:5])
    world.learner().learn(CancelToken())
    assert asked
    assert all("new" in text for text in asked)


def test_a_large_library_is_sampled_with_some_of_each_tag(world: World, monkeypatch) -> None:
    from photoorg.jobs import personal_evidence

    for name, value in (("MOST_PHOTOS", 60), ("MOST_EXAMPLES", 7), ("LIBRARY_PHOTOS", 50)):
        monkeypatch.setattr(personal_evidence, name, value)
    world.tag("cat", world.photos)
    world.tag("rare", world.photos[:7])
    world.reject("dog", world.photos[:100])
    world.tag("dog", world.photos[100:120])
    learner = world.learner()
    made = learner.learn(CancelToken())
    assert made.held_out == 60
    assert dict(zip(made.model.names, made.model.examples.tolist(), strict=True)) == {
        "cat": 200,
        "rare": 7,
        "dog": 20,
    }
    assert set(world.photos[:7]) <= set(made.held_out_rows.tolist())
    for tag in ("cat", "rare"):
        assert made.figures[made.model.names.index(tag)].trust is not TagTrust.TOO_FEW


def test_one_photo_and_twins_and_all_photos_tagged(tmp_path: Path) -> None:
    small = World(tmp_path / "small", count=1)
    try:
        small.tag("cat", small.photos)
        assert small.learner().learn(CancelToken()) is not None
        twins = small.add(9, seed=3, look=False)
        small.catalog.store_vectors(
            ToyModel.visual_key, twins, np.ones((9, 16), dtype=np.float32) / 4
        )
        small.tag("twin", twins)
        learner = small.learner()
        learner.learn(CancelToken())
        answers = small.suggester(learner).suggest([*small.photos, *twins], decided=True)
        values = [each.probability for row in answers.values() for each in row]
        assert np.isfinite(values).all()
        learner.report(), learner.review(None), learner.doubts(None)
    finally:
        small.close()


# -- in the background ------------------------------------------------------------------------
def test_changes_are_learned_in_the_background(world: World) -> None:
    learner = world.learner()
    learner.follow()
    assert learner.model() is None
    world.tag_all()
    until(lambda: learner.model() is not None and len(learner.model().names) == len(KINDS))
    world.tag("cat", world.of("cat")[12:20])
    until(lambda: learner.model().examples.max() == 20)
    assert world.news


def test_what_an_earlier_run_did_not_get_to_is_learned_at_the_start(world: World) -> None:
    world.tag_all()
    learner = world.learner()
    learner.follow()
    until(lambda: learner.model() is not None)


def test_changes_that_may_teach_something_are_noticed_whoever_made_them(
    world: World, monkeypatch
) -> None:
    learner = world.learner(NEVER)
    learner.follow()
    noticed: list[str] = []
    monkeypatch.setattr(learner._worker, "notice", lambda: noticed.append("change"))
    revision = world.catalog.revision()
    learner.notice(ChangeSet(frozenset(ChangeKind), revision, everything=True))
    assert noticed == ["change"]
    learner.notice(ChangeSet(frozenset({ChangeKind.FAILURES}), revision))
    assert noticed == ["change"]
    world.tag("cat", world.photos[:1])
    assert noticed == ["change"] * 2


def test_closing_ends_learning_half_way(world: World, monkeypatch) -> None:
    world.tag_all()
    inside = threading.Event()

    def slow(evidence, spread, check):
        inside.set()
        while True:
            check()
            time.sleep(0.001)

    monkeypatch.setattr(personal, "fit_personal", slow)
    learner = world.learner()
    learner.follow()
    assert inside.wait(10)
    learner.close()
    assert learner.model() is None
    assert not (world.folder / "personal").exists()


def test_a_cancelled_call_says_so_and_the_next_one_learns(world: World) -> None:
    world.tag_all()
    learner = world.learner()
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        learner.learn(token)
    assert learner.report().learning is False
    assert learner.learn(CancelToken()) is not None


def test_suggestions_are_of_one_model_while_another_takes_over(world: World) -> None:
    world.tag_all(6)
    learner = world.learner()
    learner.learn(CancelToken())
    done = threading.Event()

    def ask() -> int:
        suggester, rounds = world.suggester(learner), 0
        while not done.is_set():
            for row in suggester.suggest(world.photos[:40]).values():
                assert all(0 <= each.probability <= 1 for each in row)
            learner.report()
            rounds += 1
        return rounds

    with ThreadPoolExecutor(3) as threads:
        asking = [threads.submit(ask) for _ in range(3)]
        for number in range(8):
            world.tag(f"new {number}", world.photos[number : 60 + number])
            learner.learn(CancelToken())
        done.set()
        assert all(each.result() > 0 for each in asking)
    assert len(learner.model().names) == len(KINDS) + 8


def test_a_full_disk_is_told_in_the_log_and_the_old_model_stays(
    world: World, monkeypatch, caplog
) -> None:
    world.tag_all()
    learner = world.learner()
    learner.catch_up()
    old = learner.model()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(personal_shelf, "write_in_one_step", full)
    world.tag("cat", world.of("cat")[12:20])
    with caplog.at_level(logging.WARNING):
        learner.catch_up()
    assert "No space left on device" in caplog.text
    assert learner.model() is old
    with pytest.raises(EnvironmentProblem):
        learner.learn(CancelToken())
    monkeypatch.undo()
    learner.catch_up()
    assert learner.model().examples.max() == 20


def test_rejections_alone_are_learned_from_and_asked_about(world: World) -> None:
    world.reject("dog", world.of("cat")[:3])
    learner = world.learner()
    generation = learner.learn(CancelToken())
    assert generation is not None
    assert generation.model.names == ("dog",)
    asked = learner.review(None, 5)
    assert {item.tag for item in asked} == {"dog"}
    assert not {item.photo_id for item in asked} & set(world.of("cat")[:3])


def test_without_a_model_to_look_nothing_is_learned_and_it_is_said(world: World) -> None:
    world.tag_all()
    blind = personal.PersonalLearning(world.catalog, lambda: None, world.news.append)
    assert blind.learn(CancelToken()) is None
    assert [blind.review(None), blind.doubts(None), blind.go_back()] == [(), (), False]
    report = blind.report()
    assert {each.tag for each in report.tags} == set(KINDS)
    assert (report.model, report.target) == ("", DEFAULT_TARGET)
    with pytest.raises(UsageProblem, match="No model is ready"):
        blind.set_target(0.7)


def test_another_model_under_it_has_everything_learned_anew(world: World) -> None:
    world.tag_all()
    world.learner().catch_up()
    world.model = ToyModel("another")
    learner = world.learner()
    assert learner.model() is None
    learner.catch_up()
    assert learner.model() is not None


# -- tags and photos that are no longer what they were ------------------------------------------
def test_a_renamed_tag_is_not_suggested_by_its_old_name(world: World) -> None:
    world.tag_all()
    learner = world.learner(NEVER)
    learner.learn(CancelToken())
    photo = world.of("cat")[30]
    world.catalog.apply(RenameTag("cat", "kitty"))
    learner.follow()
    assert "cat" not in suggested(world, learner, photo)
    assert all(item.tag != "cat" for item in learner.review(None))
    assert learner.review("cat") == ()
    learner.learn(CancelToken())
    assert "kitty" in suggested(world, learner, photo)


def test_a_tag_that_is_written_otherwise_is_suggested_as_it_is_written_now(world: World) -> None:
    world.tag_all()
    learner = world.learner(NEVER)
    learner.learn(CancelToken())
    learner.follow()
    world.catalog.apply(RenameTag("cat", "CAT"))
    assert "CAT" in suggested(world, learner, world.of("cat")[30])
    assert {item.tag for item in learner.review("cat")} == {"CAT"}


def test_a_merged_tag_is_not_suggested(world: World) -> None:
    world.tag_all()
    learner = world.learner(NEVER)
    learner.learn(CancelToken())
    learner.follow()
    world.catalog.apply(MergeTags("cat", "dog"))
    assert "cat" not in suggested(world, learner, world.of("cat")[30])
    assert learner.doubts("cat") == ()


def test_a_tag_taken_off_all_photos_is_not_suggested(world: World) -> None:
    world.tag_all()
    learner = world.learner(NEVER)
    learner.learn(CancelToken())
    learner.follow()
    world.catalog.apply(RemoveTag("cat", tuple(world.of("cat"))))
    assert "cat" not in suggested(world, learner, world.of("cat")[30])
    assert "cat" not in {each.tag for each in learner.report().tags}
    learner.learn(CancelToken())
    assert "cat" not in learner.model().names


def test_photos_that_left_are_neither_asked_about_nor_doubted(world: World) -> None:
    world.tag_all()
    world.tag("cat", world.of("dog")[:2])
    learner = world.learner(NEVER)
    learner.learn(CancelToken())
    learner.follow()
    assert learner.doubts(None)
    assert learner.review(None)
    world.catalog.remove_folder(ROOT)
    assert learner.doubts(None) == ()
    assert list(learner.review(None)) == []
    learner.learn(CancelToken())
    assert learner.report().tags == ()


def test_tags_above_those_of_a_photo_are_told_as_they_were_taught(world: World) -> None:
    for kind in ("cat", "dog"):
        world.catalog.apply(AddTag(kind, tuple(world.of(kind)[:20])))
        world.catalog.apply(SetParent(kind, "pet"))
    # Photos of the sea where there is a pet are rainy, whichever pet it is.
    world.tag("cat", world.of("sea")[:9])
    world.tag("dog", world.of("sea")[9:18])
    world.tag("rainy", world.of("sea")[:18])
    world.tag("sea", world.of("sea")[:36])
    learner = world.learner()
    learner.catch_up()
    photo = world.of("sea")[38]
    suggester = world.suggester(learner)

    def rainy() -> float:
        found = suggester.suggest([photo], 20)[photo]
        assert not {each.tag for each in found} & {"pet", "cat"}
        # What is too improbable is not told at all.
        return next((each.probability for each in found if each.tag == "rainy"), 0.0)

    world.tag("cat", [photo])
    by_tree = rainy()
    assert by_tree > 0
    world.tag("pet", [photo])
    assert rainy() == by_tree
    world.catalog.apply(RemoveTag("pet", (photo,)))
    world.reject("pet", [photo])
    assert rainy() < by_tree
