"""What is said of tags as long as nothing was learned from them."""

from __future__ import annotations

import pytest

from photoorg.core.errors import UsageProblem
from photoorg.core.ids import TagId
from photoorg.core.quality import TagTrust
from photoorg.core.records import TagCount
from photoorg.jobs.unlearned import UnlearnedQuality


@pytest.fixture
def quality():
    return UnlearnedQuality(lambda: [TagCount(TagId(1), "cat", 7), TagCount(TagId(2), "dog", 2)])


def test_examples_are_counted_and_nothing_is_judged(quality) -> None:
    report = quality.report()
    assert [(t.tag, t.confirmed, t.needed) for t in report.tags] == [("cat", 7, 0), ("dog", 2, 3)]
    assert {tag.trust for tag in report.tags} == {TagTrust.TOO_FEW}
    assert all(tag.precision is None and tag.threshold is None for tag in report.tags)
    assert report.model == ""
    assert not quality.review(None)
    assert not quality.doubts("cat")
    assert quality.go_back() is False


def test_the_wanted_precision_is_kept_within_its_bounds(quality) -> None:
    quality.set_target(0.9)
    assert quality.report().target == 0.9
    with pytest.raises(UsageProblem, match="60% to 95%"):
        quality.set_target(0.5)
    assert quality.report().target == 0.9


def test_there_is_nothing_that_could_learn(quality) -> None:
    with pytest.raises(UsageProblem):
        quality.learn_now()
