"""What is reported of tags, asked of the person, and doubted."""

from __future__ import annotations

import numpy as np
import pytest
from personal_world import KINDS, World, until

from photoorg.core.changes import KeepTag
from photoorg.core.errors import UsageProblem
from photoorg.core.ids import PhotoId
from photoorg.core.progress import CancelToken
from photoorg.core.quality import TagTrust
from photoorg.jobs.quiet import Pace
from photoorg.models.personal import KIND


def test_the_report_tells_of_each_tag(world: World) -> None:
    world.tag_all(30)
    world.reject("cat", world.of("dog")[:3])
    world.tag("rare", world.photos[:2])
    learner = world.learner()
    report = learner.report()
    by_name = {each.tag: each for each in report.tags}
    assert set(by_name) == {*KINDS, "rare"}
    cat = by_name["cat"]
    assert (cat.confirmed, cat.rejected, cat.trust) == (30, 3, TagTrust.TRUSTED)
    assert cat.precision.value > 0.8
    assert cat.recall.value > 0.6
    assert 0 < cat.threshold < 1
    assert 0 <= cat.waiting <= 25
    assert by_name["rare"].trust is TagTrust.TOO_FEW
    assert by_name["rare"].needed == 3
    assert (report.model, report.held_out, report.learning) == (KIND, 150, False)
    assert report.reliability
    assert report.learned_at


def test_a_higher_target_raises_thresholds(world: World) -> None:
    world.tag_all(20)
    random = np.random.default_rng(0)
    wrong = [world.photos[i] for i in random.choice(200, 30, replace=False)]
    world.tag("cat", wrong)
    learner = world.learner()
    thresholds = []
    for target in (0.6, 0.95):
        learner.set_target(target)
        assert learner.report().target == target
        thresholds.append(learner.model().thresholds)
    assert (thresholds[1] >= thresholds[0]).all()
    assert (thresholds[1] > thresholds[0]).any()
    for target in (0.5, 0.96, float("nan")):
        with pytest.raises(UsageProblem):
            learner.set_target(target)
    assert learner.report().target == 0.95


def test_a_target_is_heard_in_the_background_too(world: World) -> None:
    world.tag_all(20)
    learner = world.learner(Pace(quiet=0, patience=0, rest=0))
    learner.follow()
    until(lambda: learner.model() is not None)
    before = learner._current()
    learner.set_target(0.95)
    until(lambda: learner._current().number > before.number)


def test_going_back_lasts_until_something_is_said(world: World) -> None:
    world.tag_all(10)
    learner = world.learner()
    assert learner.go_back() is False
    learner.catch_up()
    first = learner.model()
    world.tag("cat", world.of("cat")[10:20])
    learner.catch_up()
    assert learner.go_back() is True
    learner.catch_up()
    assert learner.model().examples.tolist() == first.examples.tolist()
    other = world.learner()
    other.catch_up()
    assert other.model().examples.tolist() == first.examples.tolist()
    world.tag("cat", world.of("cat")[20:21])
    learner.catch_up()
    assert learner.model().examples.max() == 21


def test_questions_are_about_what_nobody_decided_each_photo_once(world: World) -> None:
    world.tag_all(8)
    world.reject("dog", world.of("cat")[8:30])
    learner = world.learner()
    items = learner.review(None, 40)
    assert len(items) == 40
    assert len({item.photo_id for item in items}) == 40
    decided = world.catalog.decided_tags([item.photo_id for item in items])
    for item in items:
        assert item.tag not in decided[item.photo_id]
        assert 0 <= item.probability <= 1
        assert 0 <= item.usefulness <= 1
    useful = [item.usefulness for item in items]
    assert useful == sorted(useful, reverse=True)


def test_questions_that_are_skipped_are_not_asked(world: World) -> None:
    world.tag_all(8)
    learner = world.learner()
    first = learner.review("cat", 10)
    assert {item.tag for item in first} == {"cat"}
    skip = [(item.photo_id, "CAT") for item in first]
    second = learner.review("cat", 10, skip)
    assert not {item.photo_id for item in first} & {item.photo_id for item in second}
    assert learner.review("never heard of") == ()


def test_all_questions_of_a_small_library_come_to_an_end(world: World) -> None:
    world.tag_all(8)
    learner = world.learner()
    skip: list[tuple[PhotoId, str]] = []
    while items := learner.review("sea", 50, skip):
        skip += [(item.photo_id, item.tag) for item in items]
    assert sorted(photo for photo, _ in skip) == sorted(
        set(world.photos) - set(world.of("sea")[:8])
    )


def test_questions_help_more_than_any_photo_would(world: World) -> None:
    world.tag("cat", world.of("cat")[:5])
    world.tag("dog", world.of("dog")[:5])
    learner = world.learner()
    asked = {item.photo_id for item in learner.review("cat", 20)}
    assert len(asked & set(world.of("cat"))) > 8, "at random it would be four"


def test_planted_mistakes_are_doubted_first(world: World) -> None:
    world.tag_all(25)
    planted = world.of("dog")[30:33]
    world.tag("cat", planted)
    learner = world.learner()
    doubts = learner.doubts(None)
    assert {doubt.photo_id for doubt in doubts[:4]} >= set(planted)
    for doubt in doubts:
        assert doubt.tag in world.catalog.confirmed_tags([doubt.photo_id])[doubt.photo_id]
        assert doubt.probability <= 0.1
        for near in doubt.near:
            assert near != doubt.photo_id
            assert doubt.tag not in world.catalog.confirmed_tags([near])[near]
    mine = next(doubt for doubt in doubts if doubt.photo_id == planted[0])
    assert mine.tag == "cat"
    assert mine.near
    assert set(mine.near) <= set(world.of("dog"))
    assert learner.doubts("cat", 1) == learner.doubts("CAT")[:1]
    assert learner.doubts("sea", 5) == tuple(d for d in doubts if d.tag == "sea")[:5]


def test_what_was_kept_is_not_doubted_again_until_it_is_undone(world: World) -> None:
    world.tag_all(25)
    planted = world.of("dog")[30]
    world.tag("cat", [planted])
    learner = world.learner()
    assert planted in {doubt.photo_id for doubt in learner.doubts("cat")}
    change = world.catalog.apply(KeepTag("cat", (planted,)))
    assert planted not in {doubt.photo_id for doubt in learner.doubts("cat")}
    learner.learn(CancelToken())
    assert planted not in {doubt.photo_id for doubt in learner.doubts("cat")}
    world.catalog.apply(change.inverse)
    assert planted in {doubt.photo_id for doubt in learner.doubts("cat")}
